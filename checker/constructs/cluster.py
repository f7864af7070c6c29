"""Clustered objects: one root, and a representative for each processor that uses the object.

A clustered object becomes an ordinary object. The root's variables stay as they are; those of the
representatives become maps from processors. Each processor has an entry in its translation table,
empty at first: a call looks into it, and if it is empty the root answers the miss, once for each
processor and in one step, before the method goes on. Methods get one more parameter, `here`, the
processor that runs them: `rep.x` is the representative of that processor, `rep[c].x` any one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from checker.constructs.interface import Interface
from checker.constructs.template import Template
from checker.constructs.trees import rewritten
from grammar import syntax
from grammar.diagnostics import Collector, Note
from grammar.printer import print_type
from grammar.source import Span
from grammar.spelling import closest, did_you_mean

N = TypeVar("N", bound=syntax.Node)
HERE = "here"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A clustered object, taken apart."""

    decl: syntax.ClusterDecl
    interface: Interface
    processors: syntax.TypeExpr
    represented: dict[str, syntax.Expr]

    @property
    def name(self) -> str:
        """Its name."""
        return self.decl.name.text

    @property
    def methods(self) -> tuple[syntax.MethodDecl, ...]:
        """What can be called."""
        return tuple(part for part in self.decl.parts if isinstance(part, syntax.MethodDecl))


def cluster_of(
    decl: syntax.ClusterDecl,
    interface: Interface,
    processors: syntax.TypeExpr,
    collector: Collector,
) -> Cluster:
    """Take a clustered object apart, and hold it to its interface."""
    represented = {}
    for part in decl.parts:
        if isinstance(part, syntax.RepresentsPart):
            for binding in part.bindings:
                represented[binding.name.text] = binding.value
                _check_represented(binding, interface, collector)
    cluster = Cluster(decl, interface, processors, represented)
    _check_methods(cluster, collector)
    return cluster


def _check_represented(binding: syntax.Binding, interface: Interface, collector: Collector) -> None:
    if all(binding.name.text != variable.name.text for variable in interface.variables):
        collector.error(
            "K183",
            binding.name.span,
            f"`{interface.name}` has no variable `{binding.name.text}`",
            notes=(Note(interface.decl.name.span, "declared here"),),
            remedy=did_you_mean(
                binding.name.text, [variable.name.text for variable in interface.variables]
            ),
        )


def _check_methods(cluster: Cluster, collector: Collector) -> None:
    """Report operations without a method, methods without an operation, and those that differ."""
    operations = {operation.name: operation.decl for operation in cluster.interface.operations}
    methods = {method.name.text: method for method in cluster.methods}
    missing = [name for name in operations if name not in methods]
    # What is misspelt is reported where it is written, and not as missing as well.
    meant = {name: closest(name, missing) for name in methods if name not in operations}
    for name in missing:
        if name not in meant.values():
            collector.error(
                "K183",
                cluster.decl.name.span,
                f"`{cluster.name}` has no method `{name}`",
                notes=(Note(operations[name].name.span, "the interface has this operation"),),
                remedy=f"write `method {name}{_signature(operations[name])} {{ ... }}` in it",
            )
    for name, method in methods.items():
        if name not in operations:
            collector.error(
                "K183",
                method.name.span,
                f"`{cluster.interface.name}` has no operation `{name}`",
                remedy=f"did you mean `{meant[name]}`?"
                if meant[name]
                else "make it a `procedure`, which only the object itself calls",
            )
        elif _signature(method) != _signature(operations[name]):
            collector.error(
                "K183",
                method.name.span,
                f"`{name}` takes or returns something else than the operation",
                notes=(Note(operations[name].name.span, "the operation"),),
                remedy=f"write `{name}{_signature(operations[name])}`",
            )


def _signature(decl: syntax.MethodDecl | syntax.OperationDecl) -> str:
    fields = ", ".join(f"{field.name.text}: {print_type(field.type)}" for field in decl.parameters)
    return f"({fields})" + ("" if decl.result is None else f": {print_type(decl.result)}")


# --- lowering -------------------------------------------------------------------------------------


def lowered(cluster: Cluster, collector: Collector) -> syntax.ObjectDecl:
    """Return the object that a clustered object is."""
    decl = cluster.decl
    lowering = _Lowering(cluster, collector, _own_procedures(decl))
    template = Template(f"clustered object {cluster.name}", decl.name.span)
    processors = template.type(cluster.processors)
    misses = [part.body for part in decl.parts if isinstance(part, syntax.MissPart)]
    answers = "\n".join(template.block(lowering.code(body)) for body in misses)
    table = template.declarations(
        f"""
        var installed: [{processors}] bool = false
        procedure locate({HERE}: {processors}) {{
          if not installed[{HERE}] {{
            atomic {{
              {answers}
              installed[{HERE}] := true
            }}
          }}
        }}
        """
    )
    members: list[syntax.Decl] = [*lowering.storage(), *table]
    members += [lowering.member(part) for part in decl.parts if not isinstance(part, _TAKEN)]
    members += [_abstraction(cluster, lowering, variable) for variable in _represented(cluster)]
    return syntax.ObjectDecl(decl.name, tuple(members), doc=decl.doc, span=decl.span)


_TAKEN = (syntax.RootPart, syntax.RepPart, syntax.MissPart, syntax.RepresentsPart)


def _own_procedures(decl: syntax.ClusterDecl) -> frozenset[str]:
    return frozenset(
        part.name.text
        for part in decl.parts
        if isinstance(part, syntax.MethodDecl | syntax.ProcedureDecl)
    )


def _represented(cluster: Cluster) -> Iterable[syntax.VarDecl]:
    return (v for v in cluster.interface.variables if v.name.text in cluster.represented)


def abstraction(variable: str) -> str:
    """Return the name of the function that tells what a variable of the interface is."""
    return f"abstract_{variable}"


def _abstraction(
    cluster: Cluster, lowering: _Lowering, variable: syntax.VarDecl
) -> syntax.FunctionDecl:
    value = cluster.represented[variable.name.text]
    return syntax.FunctionDecl(
        syntax.Name(abstraction(variable.name.text), span=value.span),
        (),
        None,
        lowering.expression(value),
        span=value.span,
    )


@dataclass(frozen=True, slots=True)
class _Lowering:
    cluster: Cluster
    collector: Collector
    own: frozenset[str]

    def storage(self) -> tuple[syntax.ObjectDecl, ...]:
        """Return the objects `root` and `rep` with the variables of both."""
        parts = self.cluster.decl.parts
        roots = [v for part in parts if isinstance(part, syntax.RootPart) for v in part.variables]
        reps = [v for part in parts if isinstance(part, syntax.RepPart) for v in part.variables]
        spread = tuple(map(self._spread, reps))
        span = self.cluster.decl.name.span
        return (
            syntax.ObjectDecl(syntax.Name("root", span=span), tuple(roots), span=span),
            syntax.ObjectDecl(syntax.Name("rep", span=span), spread, span=span),
        )

    def _spread(self, variable: syntax.VarDecl) -> syntax.VarDecl:
        """Return the variable of all representatives for that of one."""
        processors = self.cluster.processors
        of = syntax.MapTypeExpr(processors, variable.type, span=variable.type.span)
        if variable.choices is not None:
            self.collector.error(
                "K184",
                variable.span,
                "a variable of a representative begins with one value",
                remedy="write `= value`; what the first call decides belongs into `miss`",
            )
        value = variable.value
        if value is not None:
            binder = syntax.Binder((syntax.Name("each_"),), processors, None, span=value.span)
            value = syntax.MapComprehension(binder, value, span=value.span)
        return syntax.VarDecl(
            variable.name, of, value, None, variable.is_ghost, doc=variable.doc, span=variable.span
        )

    def member(self, part: syntax.ClusterPart) -> syntax.Decl:
        """Return a method or another member."""
        match part:
            case syntax.MethodDecl(name, parameters, result, body):
                span = name.span
                locate = syntax.CallStmt(
                    syntax.Call(
                        syntax.NameRef("locate", span=span),
                        (syntax.Argument(None, syntax.NameRef(HERE, span=span), span=span),),
                        span=span,
                    ),
                    span=span,
                )
                inside = syntax.Block((locate, *self.code(body).statements), span=body.span)
                return syntax.ProcedureDecl(
                    name, self._with_here(parameters), result, inside, doc=part.doc, span=part.span
                )
            case syntax.ProcedureDecl(name, parameters, result, body):
                return syntax.ProcedureDecl(
                    name,
                    self._with_here(parameters),
                    result,
                    self.code(body),
                    doc=part.doc,
                    span=part.span,
                )
            case syntax.RootPart() | syntax.RepPart() | syntax.MissPart() | syntax.RepresentsPart():
                raise AssertionError("no member")
            case _:
                return rewritten(part, lambda node: self._changed(node, has_here=False))

    def _with_here(self, parameters: tuple[syntax.FieldDecl, ...]) -> tuple[syntax.FieldDecl, ...]:
        span = self.cluster.processors.span
        return (
            syntax.FieldDecl(syntax.Name(HERE, span=span), self.cluster.processors),
            *parameters,
        )

    def code(self, body: syntax.Block) -> syntax.Block:
        """Return code that a processor runs."""
        return rewritten(body, lambda node: self._changed(node, has_here=True))

    def expression(self, value: syntax.Expr) -> syntax.Expr:
        """Return an expression that speaks of no particular processor."""
        return rewritten(value, lambda node: self._changed(node, has_here=False))

    def _changed(self, node: syntax.Node, *, has_here: bool) -> syntax.Node | None:
        def again(part: N) -> N:
            return rewritten(part, lambda found: self._changed(found, has_here=has_here))

        match node:
            case syntax.FieldAccess(syntax.NameRef("rep") as rep, name, span=span):
                here = self._here(span, has_here=has_here)
                return syntax.IndexAccess(syntax.FieldAccess(rep, name, span=span), here, span=span)
            case syntax.FieldAccess(
                syntax.IndexAccess(syntax.NameRef("rep") as rep, index), name, span=span
            ):
                return syntax.IndexAccess(
                    syntax.FieldAccess(rep, name, span=span), again(index), span=span
                )
            case syntax.NameRef("rep", span=span):
                self.collector.error(
                    "K184",
                    span,
                    "a representative is no value of its own",
                    remedy="write `rep.x` or `rep[c].x`",
                )
                return node
            case syntax.SelfRef(span=span):
                return self._here(span, has_here=has_here)
            case syntax.Call(syntax.NameRef(name) as callee, arguments, span=span) if (
                name in self.own
            ):
                runner = syntax.Argument(None, self._here(span, has_here=has_here), span=span)
                return syntax.Call(callee, (runner, *map(again, arguments)), span=span)
            case _:
                return None

    def _here(self, span: Span, *, has_here: bool) -> syntax.Expr:
        if not has_here:
            self.collector.error(
                "K184",
                span,
                "no processor runs this, so that there is no representative of its own",
                remedy="say whose it is: `rep[c].x`",
            )
        return syntax.NameRef(HERE, span=span)


def from_outside(node: N, clusters: Iterable[Cluster]) -> N:
    """Write out what code outside of clustered objects says about them.

    A call gets the processor that makes it, which is `self`; `C.rep[c].x` is an element of a map.
    """
    methods = {(each.name, method.name.text) for each in clusters for method in each.methods}
    names = {each.name for each in clusters}

    def change(found: syntax.Node) -> syntax.Node | None:
        match found:
            case syntax.Call(
                syntax.FieldAccess(syntax.NameRef(owner), name) as callee, arguments, span=span
            ) if (owner, name.text) in methods:
                place = callee.span
                runner = syntax.Argument(None, syntax.SelfRef(span=place), span=place)
                given = tuple(rewritten(each, change) for each in arguments)
                return syntax.Call(callee, (runner, *given), span=span)
            case syntax.FieldAccess(
                syntax.IndexAccess(
                    syntax.FieldAccess(syntax.NameRef(owner), syntax.Name("rep")) as reps, index
                ),
                name,
                span=span,
            ) if owner in names:
                variable = syntax.FieldAccess(reps, name, span=span)
                return syntax.IndexAccess(variable, rewritten(index, change), span=span)
            case _:
                return None

    return rewritten(node, change)
