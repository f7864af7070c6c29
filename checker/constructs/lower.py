"""Constructs to the plain language: `lower`.

A specification with interfaces, clustered objects, swap protocols and a check becomes one without
them, before anything is typed. So no engine hears of K42's notions: what they mean is code and
properties in the language that everybody else writes.

An interface and a swap protocol are gone afterwards; a clustered object is an object of its name; a
check is an object called `check`. One run tells all mistakes that have nothing to do with each
other: what mentions a construct with a mistake is left out of what is looked at further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from checker.constructs.channel import channel_object
from checker.constructs.check import SCOPE, check_of_object, settings_of
from checker.constructs.cluster import Cluster, cluster_of, from_outside, lowered
from checker.constructs.interface import Interface, interface_of
from checker.constructs.kinds import is_construct
from checker.constructs.monitor import NAMES
from checker.constructs.swap import check_of_swap, check_swapped
from checker.constructs.trees import names_in, walk
from grammar import syntax
from grammar.diagnostics import Collector, Note
from grammar.spelling import did_you_mean


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
    """One specification.

    Attributes:
        faulty: the names of constructs with a mistake; what mentions one is not judged by it.
    """

    whole: syntax.Specification
    imported: Mapping[str, syntax.Specification]
    collector: Collector
    interfaces: dict[str, Interface] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)

    def specification(self) -> syntax.Specification:
        """Return the specification without constructs."""
        declarations = self.whole.declarations
        for decl in declarations:
            if isinstance(decl, syntax.InterfaceDecl):
                with self._blamed(decl.name.text):
                    self.interfaces[decl.name.text] = interface_of(decl, self.collector)
        for decl in declarations:
            if isinstance(decl, syntax.ClusterDecl):
                with self._blamed(decl.name.text):
                    self._open(decl)
            if isinstance(decl, syntax.ProtocolDecl):
                with self._blamed(decl.name.text):
                    self._check_protocol(decl)
        plain = [new for decl in declarations for new in self._lowered(decl)]
        return replace(self.whole, declarations=tuple(filter(self._is_sound, plain)))

    @contextmanager
    def _blamed(self, name: str) -> Iterator[None]:
        """Note a name as faulty if mistakes are found meanwhile."""
        before = len(self.collector.sorted())
        yield
        if len(self.collector.sorted()) > before:
            self.faulty.add(name)

    def _is_sound(self, decl: syntax.Decl) -> bool:
        """Tell whether a declaration can be judged although others have mistakes.

        A clustered object that does not fit its interface has code that can be looked at.
        """
        own = decl.name.text if isinstance(decl, syntax.ObjectDecl) else ""
        return self.faulty.isdisjoint(names_in(decl) - {own})

    def _open(self, decl: syntax.ClusterDecl) -> None:
        interface = self.interfaces.get(decl.interface.text)
        processors = self._processors(decl)
        if interface is None:
            self.collector.error(
                "K183",
                decl.interface.span,
                f"there is no interface `{decl.interface.text}` here",
                remedy=did_you_mean(decl.interface.text, self.interfaces),
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
        before = len(self.collector.sorted())
        found: syntax.Decl | None
        match decl:
            case syntax.InterfaceDecl() | syntax.ProtocolDecl():
                return
            case syntax.ClusterDecl(name=syntax.Name(name)):
                cluster = self.clusters.get(name)
                found = None if cluster is None else lowered(cluster, self.collector)
            case syntax.ChannelDecl(name=syntax.Name(name)):
                found = channel_object(decl, self.collector)
            case syntax.CheckDecl():
                name = SCOPE
                found = self._check(decl)
            case _:
                yield from_outside(decl, self.clusters.values())
                return
        if found is None or len(self.collector.sorted()) > before:
            self.faulty.add(name)
        else:
            yield found

    # --- the check

    def _check(self, decl: syntax.CheckDecl) -> syntax.Decl | None:
        """Return the object that a check is; None if something that it is about has a mistake."""
        settings_of(decl, self.collector)
        self._check_only(decl)
        self._check_names()
        self._check_transfers(decl)
        protocol = None if decl.protocol is None else self._protocol(decl.protocol)
        clusters = [each for name in decl.objects if (each := self._cluster(name)) is not None]
        if len(clusters) < len(decl.objects):
            return None
        if decl.protocol is not None:
            check_swapped(decl, clusters, self.collector)
        about = {each.name for each in clusters} | {each.interface.name for each in clusters}
        if about & self.faulty:
            return None
        plain = from_outside(decl, self.clusters.values())
        if decl.protocol is None:
            return check_of_object(plain, clusters[0], self.collector)
        if protocol is None or not _is_protocol(protocol):
            return None
        return check_of_swap(plain, protocol, clusters, self.collector)

    def _cluster(self, name: syntax.Name) -> Cluster | None:
        """Find a clustered object; one that is there but has a mistake is not reported again."""
        declared = [
            each.name.text
            for each in self.whole.declarations
            if isinstance(each, syntax.ClusterDecl)
        ]
        if name.text not in declared:
            self.collector.error(
                "K185",
                name.span,
                f"there is no clustered object `{name.text}` here",
                remedy=did_you_mean(name.text, declared),
            )
        return self.clusters.get(name.text)

    def _check_only(self, decl: syntax.CheckDecl) -> None:
        first = next(e for e in self.whole.declarations if isinstance(e, syntax.CheckDecl))
        if decl is not first:
            self.collector.error(
                "K185",
                decl.name.span,
                "a specification has one check",
                notes=(Note(first.name.span, "the other one"),),
                remedy="write another specification, which imports what both need",
            )

    def _check_transfers(self, decl: syntax.CheckDecl) -> None:
        """Report what no processor is there to do."""
        methods = {
            (c.name, method.name.text) for c in self.clusters.values() for method in c.methods
        }
        bodies = [part.body for part in decl.parts if isinstance(part, syntax.Transfer)]
        for node in (node for body in bodies for node in walk(body)):
            match node:
                case syntax.SelfRef(span=span):
                    self.collector.error(
                        "K186",
                        span,
                        "`self` is nobody in a transfer, which is done once for all processors",
                        remedy="name the processor, as in `for c in Cpu { A.rep[c].x := ... }`",
                    )
                case syntax.Call(syntax.FieldAccess(syntax.NameRef(owner), name), span=span) if (
                    owner,
                    name.text,
                ) in methods:
                    self.collector.error(
                        "K186",
                        span,
                        "a transfer calls no method: it moves what the objects store, in one step",
                        remedy=f"read and assign `{owner}.root.x` or `{owner}.rep[c].x`",
                    )
                case _:
                    pass

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
        known = [
            ".".join((*prefix, each.name.text))
            for each in (where.declarations if where is not None else ())
            if isinstance(each, syntax.ProtocolDecl)
        ]
        self.collector.error(
            "K185",
            path.span,
            f"there is no swap protocol `{path.text}` here",
            remedy=did_you_mean(path.text, known)
            or (known and f"there is `{known[0]}`")
            or "import one: `import lib.mediated as Swaps`, and then `check swap Swaps.Mediated`",
        )
        return None


def _is_protocol(decl: syntax.ProtocolDecl) -> bool:
    """Tell whether a protocol has what is needed to apply it."""
    return sum(isinstance(part, syntax.OnCall) for part in decl.parts) == 1
