"""Interfaces: what each operation does to the variables, as expressions.

An operation is a sequential piece of code, performed in one step. Run symbolically, it gives a
value for each variable afterwards, and one for the result, in terms of the variables before and the
arguments. Branches become `if then else`; what could not be said in one step is a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checker.constructs.trees import bound_names, replaced
from grammar import syntax
from grammar.diagnostics import Collector

ELEMENT = "element_"
"""The binder of a map in which one element was assigned."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation and what it does.

    Attributes:
        after: the value of each variable afterwards; those before stand in it by their names.
        returned: None if it returns nothing.
    """

    decl: syntax.OperationDecl
    after: Mapping[str, syntax.Expr]
    returned: syntax.Expr | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.decl.name.text


@dataclass(frozen=True, slots=True)
class Interface:
    """A sequential object."""

    decl: syntax.InterfaceDecl
    variables: tuple[syntax.VarDecl, ...]
    operations: tuple[Operation, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.decl.name.text


def interface_of(decl: syntax.InterfaceDecl, collector: Collector) -> Interface:
    """Return what an interface says; what is wrong with it is reported."""
    variables = tuple(part for part in decl.parts if isinstance(part, syntax.VarDecl))
    for variable in variables:
        if variable.value is None or variable.is_ghost:
            collector.error(
                "K180",
                variable.span,
                f"`{variable.name.text}` of an interface begins with one value",
                remedy=f"write `var {variable.name.text}: T = value`",
            )
    operations = tuple(
        _Run(decl, part, {v.name.text: v for v in variables}, collector).operation()
        for part in decl.parts
        if isinstance(part, syntax.OperationDecl)
    )
    return Interface(decl, variables, operations)


@dataclass(frozen=True, slots=True)
class _Outcome:
    values: Mapping[str, syntax.Expr]
    returned: syntax.Expr | None


@dataclass(frozen=True, slots=True)
class _Run:
    interface: syntax.InterfaceDecl
    decl: syntax.OperationDecl
    variables: Mapping[str, syntax.VarDecl]
    collector: Collector

    def operation(self) -> Operation:
        """Run the operation from the variables as they are."""
        self._check_names()
        values: dict[str, syntax.Expr] = {name: syntax.NameRef(name) for name in self.variables}
        before = len(self.collector.sorted())
        outcome = self._run(self.decl.body.statements, values)
        is_said = len(self.collector.sorted()) == before
        if outcome.returned is None and self.decl.result is not None and is_said:
            self._mistake(self.decl, f"`{self.decl.name.text}` must return a value on every way")
        after = {name: outcome.values[name] for name in self.variables}
        return Operation(self.decl, after, outcome.returned)

    def _check_names(self) -> None:
        own = {field.name.text for field in self.decl.parameters} | self.variables.keys()
        declared = [
            field.name for field in self.decl.parameters if field.name.text in self.variables
        ]
        for name in (*declared, *(n for n in bound_names(self.decl.body) if n.text in own)):
            self.collector.error(
                "K181", name.span, f"`{name.text}` is a name of this operation already"
            )

    def _mistake(self, node: syntax.Node, message: str) -> None:
        self.collector.error(
            "K182",
            node.span,
            message,
            remedy="an operation assigns, branches on what it sees, and returns",
        )

    def _run(
        self, statements: tuple[syntax.Stmt, ...], values: Mapping[str, syntax.Expr]
    ) -> _Outcome:
        """Run statements one after the other, and each branch to the end."""
        if not statements:
            return _Outcome(values, None)
        first, rest = statements[0], statements[1:]
        match first:
            case syntax.Skip():
                return self._run(rest, values)
            case syntax.Block(inner):
                return self._run((*inner, *rest), values)
            case syntax.AtomicStmt(body):
                return self._run((*body.statements, *rest), values)
            case syntax.ReturnStmt(value):
                return _Outcome(values, None if value is None else replaced(value, values))
            case syntax.LetStmt(name, value) | syntax.VarStmt(name, _, value) if value is not None:
                return self._run(rest, {**values, name.text: replaced(value, values)})
            case syntax.Assign(targets, assigned):
                found = [replaced(value, values) for value in assigned]
                after = dict(values)
                for target, value in zip(targets, found, strict=False):
                    self._assign(target, value, after)
                return self._run(rest, after)
            case syntax.IfStmt(condition, then, otherwise):
                ways = (then, otherwise or syntax.Block(()))
                yes, no = (self._run((*way.statements, *rest), values) for way in ways)
                return _merged(replaced(condition, values), yes, no)
            case _:
                self._mistake(first, "this cannot be said in an operation, which is one step")
                return self._run(rest, values)

    def _assign(
        self, target: syntax.Expr, value: syntax.Expr, values: dict[str, syntax.Expr]
    ) -> None:
        match target:
            case syntax.NameRef(name) if name in values:
                values[name] = value
            case syntax.IndexAccess(syntax.NameRef(name), index) if name in values:
                of = self.variables[name].type if name in self.variables else None
                if isinstance(of, syntax.MapTypeExpr):
                    element = syntax.NameRef(ELEMENT, span=target.span)
                    is_it = syntax.Binary("=", element, replaced(index, values), span=target.span)
                    before = syntax.IndexAccess(values[name], element, span=target.span)
                    values[name] = syntax.MapComprehension(
                        syntax.Binder((syntax.Name(ELEMENT),), of.key, None, span=target.span),
                        syntax.Conditional(is_it, value, before, span=target.span),
                        span=target.span,
                    )
                    return
                self._mistake(target, f"`{name}` is no map, so that no element can be assigned")
            case _:
                self._mistake(target, "an operation assigns variables of its interface")


def _merged(condition: syntax.Expr, yes: _Outcome, no: _Outcome) -> _Outcome:
    def either(one: syntax.Expr, other: syntax.Expr) -> syntax.Expr:
        if one == other:
            return one
        return syntax.Conditional(condition, one, other, span=condition.span)

    names = [name for name in yes.values if name in no.values]
    values = {name: either(yes.values[name], no.values[name]) for name in names}
    if yes.returned is None or no.returned is None:
        return _Outcome(values, None)
    return _Outcome(values, either(yes.returned, no.returned))
