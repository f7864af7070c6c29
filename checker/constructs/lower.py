"""Constructs to the plain language: `lower`.

A specification with interfaces, clustered objects, swap protocols and a check becomes one without
them, before anything is typed. So no engine hears of K42's notions: what they mean is code and
properties in the language that everybody else writes.

An interface and a swap protocol are gone afterwards; a clustered object is an object of its name; a
check is an object called `check`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from checker.constructs.channel import channel_object
from checker.constructs.check import check_of_object
from checker.constructs.cluster import Cluster, cluster_of, from_outside, lowered
from checker.constructs.interface import Interface, interface_of
from checker.constructs.kinds import is_construct
from checker.constructs.monitor import NAMES
from checker.constructs.swap import check_of_swap
from grammar import syntax
from grammar.diagnostics import Collector, Note


def lower(
    specification: syntax.Specification,
    imported: Mapping[str, syntax.Specification],
    collector: Collector,
) -> syntax.Specification:
    """Return a specification without constructs.

    Args:
        imported: the specifications that it imports, by the names that it gives to them.
    """
    if not any(is_construct(decl) for decl in specification.declarations):
        return specification
    return _Lowering(specification, imported, collector).specification()


@dataclass(slots=True)
class _Lowering:
    whole: syntax.Specification
    imported: Mapping[str, syntax.Specification]
    collector: Collector
    interfaces: dict[str, Interface] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)

    def specification(self) -> syntax.Specification:
        """Return the specification without constructs."""
        declarations = self.whole.declarations
        for decl in declarations:
            if isinstance(decl, syntax.InterfaceDecl):
                self.interfaces[decl.name.text] = interface_of(decl, self.collector)
        for decl in declarations:
            if isinstance(decl, syntax.ClusterDecl):
                self._open(decl)
            if isinstance(decl, syntax.ProtocolDecl):
                self._check_protocol(decl)
        checks = [decl for decl in declarations if isinstance(decl, syntax.CheckDecl)]
        for check in checks[1:]:
            self.collector.error(
                "K185",
                check.name.span,
                "a specification has one check",
                notes=(Note(checks[0].name.span, "the other one"),),
                remedy="write another specification, which imports what both need",
            )
        plain = [new for decl in declarations for new in self._lowered(decl)]
        return replace(self.whole, declarations=tuple(plain))

    def _open(self, decl: syntax.ClusterDecl) -> None:
        interface = self.interfaces.get(decl.interface.text)
        processors = self._processors(decl)
        if interface is None:
            self.collector.error(
                "K183",
                decl.interface.span,
                f"there is no interface `{decl.interface.text}` here",
            )
        if interface is not None and processors is not None:
            self.clusters[decl.name.text] = cluster_of(decl, interface, processors, self.collector)

    def _processors(self, decl: syntax.ClusterDecl) -> syntax.TypeExpr | None:
        """Return the processors of a clustered object: those named, or the only ones."""
        if decl.processors is not None:
            return decl.processors
        sorts = [
            each.name
            for each in self.whole.declarations
            if isinstance(each, syntax.SortDecl) and each.keyword == "processors"
        ]
        if len(sorts) == 1:
            return syntax.NamedTypeExpr(
                syntax.Path((sorts[0],), span=decl.name.span), span=decl.name.span
            )
        self.collector.error(
            "K183",
            decl.name.span,
            f"it is not clear on which processors `{decl.name.text}` lives",
            remedy=f"write `clustered object {decl.name.text} on Cpu implements ...`",
        )
        return None

    def _lowered(self, decl: syntax.Decl) -> Iterator[syntax.Decl]:
        """Yield what stands instead of a declaration."""
        match decl:
            case syntax.InterfaceDecl() | syntax.ProtocolDecl():
                pass
            case syntax.ClusterDecl(name=name):
                if name.text in self.clusters:
                    yield lowered(self.clusters[name.text], self.collector)
            case syntax.ChannelDecl():
                yield channel_object(decl, self.collector)
            case syntax.CheckDecl():
                yield from self._check(from_outside(decl, self.clusters.values()))
            case _:
                yield from_outside(decl, self.clusters.values())

    def _check(self, decl: syntax.CheckDecl) -> Iterator[syntax.Decl]:
        found = [self.clusters.get(name.text) for name in decl.objects]
        clusters = [each for each in found if each is not None]
        for name, cluster in zip(decl.objects, found, strict=True):
            if cluster is None:
                self.collector.error(
                    "K185", name.span, f"there is no clustered object `{name.text}` here"
                )
        self._check_names()
        if len(clusters) < len(found) or self.collector.has_errors:
            return
        if decl.protocol is None:
            yield check_of_object(decl, clusters[0], self.collector)
            return
        protocol = self._protocol(decl.protocol)
        if protocol is not None:
            yield check_of_swap(decl, protocol, clusters, self.collector)

    def _check_names(self) -> None:
        """Report names that would mean something else inside of the check."""
        for decl in self.whole.declarations:
            match decl:
                case (
                    syntax.PropertyDecl()
                    | syntax.CheckDecl()
                    | syntax.RefinementDecl()
                    | syntax.RankingDecl()
                ):
                    pass
                case syntax.ImportDecl(alias=name) | syntax.DeclNode(name=name):
                    if name.text in NAMES:
                        self.collector.error(
                            "K185",
                            name.span,
                            f"a check has a `{name.text}` of its own",
                            remedy="use another name",
                        )

    def _check_protocol(self, decl: syntax.ProtocolDecl) -> None:
        calls = [part for part in decl.parts if isinstance(part, syntax.OnCall)]
        runs = [
            part
            for part in decl.parts
            if isinstance(part, syntax.ProcedureDecl) and part.name.text == "run"
        ]
        for found, what in ((calls, "`on call { ... }`"), (runs, "`procedure run() { ... }`")):
            if len(found) != 1:
                self.collector.error(
                    "K187",
                    found[1].span if found else decl.name.span,
                    f"a swap protocol has one {what}",
                )

    def _protocol(self, path: syntax.Path) -> syntax.ProtocolDecl | None:
        """Find a swap protocol, here or in an import."""
        *prefix, last = (part.text for part in path.parts)
        where = self.imported.get(prefix[0]) if len(prefix) == 1 else None
        if not prefix:
            where = self.whole
        for decl in where.declarations if where is not None else ():
            if isinstance(decl, syntax.ProtocolDecl) and decl.name.text == last:
                return decl
        self.collector.error("K185", path.span, f"there is no swap protocol `{path.text}` here")
        return None
