"""Why a condition does not hold: the values of its deciding parts.

The explanation of a false `forall` is the first value for which the body is false, and why it is;
of a false `and`, its first false part; of a false `->`, why the left holds and the right does not;
and so on down to comparisons, of which the values of both sides are told and, where a side is
compound, the values of what it reads. Nothing is explained of an `exists` that is false but its
text: any value would do as a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.model.evaluate import Scope, candidates, evaluate, holds
from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Construct,
    Field,
    Fold,
    Implies,
    Index,
    Let,
    Literal,
    LocalRef,
    MapOf,
    Op,
    Or,
    Quantifier,
    Read,
    ReadOld,
    Role,
    SetFilter,
)
from checker.model.operators import EvaluationError
from checker.model.render import Words, is_whole, render
from checker.model.types import BoolType, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.model.ir import Expr, Local
    from checker.model.types import Value

Part = tuple[str, str]
"""A piece of the condition as text, and its value as text."""


def explain(expr: Expr, scope: Scope, *, wanted: bool = True) -> tuple[Part, ...]:
    """Return the parts that decide why the condition is not `wanted`, outermost first, each once.

    A condition that has no value is explained by the bindings that lead to the failure.
    """
    context = _Context(scope, frozenset(scope.locals))
    return tuple(dict.fromkeys(_decided(expr, context, value=not wanted)))


@dataclass(frozen=True, slots=True)
class _Context:
    """What names stand for; `given` are the locals bound outside, whose values are told."""

    scope: Scope
    given: frozenset[Local]

    def bind(self, local: Local, value: Value) -> _Context:
        return replace(self, scope=self.scope.bind(local, value))

    def text(self, expr: Expr) -> str:
        return render(expr, Words(self.scope.processes, self.scope.locals))

    def part(self, expr: Expr) -> Iterator[Part]:
        """Yield the expression with its value, nothing if it has none or is its own value."""
        try:
            shown = show(expr.type, evaluate(expr, self.scope))
        except EvaluationError:
            return
        text = self.text(expr)
        if text != shown:
            yield text, shown

    def is_not(self, expr: Expr, *, value: bool) -> bool:
        """Tell whether the condition differs from `value`; what fails differs from both."""
        try:
            return holds(expr, self.scope) is not value
        except EvaluationError:
            return True


def _decided(expr: Expr, context: _Context, *, value: bool) -> Iterator[Part]:
    """Yield the parts that make the condition `value` (or fail)."""
    match expr:
        case Fold(Quantifier.FORALL | Quantifier.EXISTS):
            yield from _quantified(expr, context, value=value)
        case Apply(Op.NOT, (operand,)):
            yield from _decided(operand, context, value=not value)
        case And(args):
            yield from _several(args, context, value=value, decisive=False)
        case Or(args):
            yield from _several(args, context, value=value, decisive=True)
        case Implies(left, right):
            yield from _implied(left, right, context, value=value)
        case Let(local, bound, body):
            yield from _let(local, bound, body, context, value=value)
        case Conditional(condition, then, otherwise):
            yield from _conditional((condition, then, otherwise), context, value=value)
        case _:
            yield from _atom(expr, context)


def _quantified(expr: Fold, context: _Context, *, value: bool) -> Iterator[Part]:
    # The value that one instance suffices to give: false to `forall`, true to `exists`.
    decisive = expr.quantifier is Quantifier.EXISTS
    try:
        values = candidates(expr.local, expr.domain, context.scope)
    except EvaluationError:
        return
    for each in values:
        inner = context.bind(expr.local, each)
        if inner.is_not(expr.body, value=not decisive):
            yield expr.local.name, show(expr.local.type, each)
            yield from _decided(expr.body, inner, value=decisive)
            return
    yield context.text(expr), "true" if value else "false"


def _several(
    args: Iterable[Expr], context: _Context, *, value: bool, decisive: bool
) -> Iterator[Part]:
    """Yield why a conjunction or disjunction has its value: one part decides it, or all do."""
    for arg in args:
        if context.is_not(arg, value=not decisive):
            yield from _decided(arg, context, value=decisive)
            return
    for arg in args:
        yield from _decided(arg, context, value=value)


def _implied(left: Expr, right: Expr, context: _Context, *, value: bool) -> Iterator[Part]:
    if context.is_not(left, value=True):
        yield from _decided(left, context, value=False)
    else:
        yield from _decided(left, context, value=True)
        yield from _decided(right, context, value=value)


def _let(
    local: Local, bound: Expr, body: Expr, context: _Context, *, value: bool
) -> Iterator[Part]:
    try:
        found = evaluate(bound, context.scope)
    except EvaluationError:
        yield from _inside(bound, context)
        return
    # `it` is what a test of an option in a set calls the value that the author wrote out.
    text = context.text(bound) if local.name == "it" else local.name
    yield text, show(local.type, found)
    yield from _decided(body, context.bind(local, found), value=value)


def _conditional(
    parts: tuple[Expr, Expr, Expr], context: _Context, *, value: bool
) -> Iterator[Part]:
    condition, then, otherwise = parts
    try:
        is_then = holds(condition, context.scope)
    except EvaluationError:
        yield from _decided(condition, context, value=True)
        return
    yield from _decided(condition, context, value=is_then)
    yield from _decided(then if is_then else otherwise, context, value=value)


# --- below the connectives ------------------------------------------------------------------------


def _atom(expr: Expr, context: _Context) -> Iterator[Part]:
    """Yield a condition without connectives: its own value if it is a place, else its sides'."""
    if isinstance(expr, Apply) and not _is_control(expr):
        for arg in expr.args:
            yield from _side(arg, context)
    else:
        yield from _side(expr, context)


def _side(expr: Expr, context: _Context) -> Iterator[Part]:
    match expr:
        case LocalRef(local) if local in context.given:
            yield local.name, show(local.type, context.scope.locals[local])
        case Literal() | LocalRef():
            return
        case Apply(Op.WRAP | Op.UNWRAP | Op.CONVERT, (operand,)):
            yield from _side(operand, context)
        case Read() | ReadOld() | Index() | Field():
            yield from context.part(expr)
            yield from _keys(expr, context)
        case Apply() if isinstance(expr.type, BoolType) and not _is_control(expr):
            yield from _atom(expr, context)
        case SetFilter() if is_whole(expr):
            return
        case Fold() | SetFilter() | MapOf():
            yield from context.part(expr)
        case Apply() | And() | Or() | Implies() | Conditional() | Construct() | Let():
            yield from context.part(expr)
            yield from _inside(expr, context)


def _keys(expr: Expr, context: _Context) -> Iterator[Part]:
    """Yield what the keys of an access read."""
    match expr:
        case Index(base, key):
            yield from _keys(base, context)
            yield from _side(key, context)
        case Field(base, _):
            yield from _keys(base, context)
        case _:
            return


def _inside(expr: Expr, context: _Context) -> Iterator[Part]:
    """Yield what the operands of a compound expression read; nothing below a binder."""
    match expr:
        case Apply(_, args) | And(args) | Or(args) | Construct(args, _):
            if not (isinstance(expr, Apply) and _is_control(expr)):
                for arg in args:
                    yield from _side(arg, context)
        case Implies(left, right):
            yield from _side(left, context)
            yield from _side(right, context)
        case Conditional(condition, _, _):
            yield from _atom(condition, context)
        case Let(_, value, _):
            yield from _side(value, context)
        case _:
            return


def _is_control(expr: Apply) -> bool:
    """Tell whether the condition asks where a process rests."""
    return expr.op in {Op.EQ, Op.IN} and any(_reads_control(arg) for arg in expr.args)


def _reads_control(expr: Expr) -> bool:
    match expr:
        case Read(variable) | ReadOld(variable):
            return variable.role is Role.CONTROL
        case Index(base, _):
            return _reads_control(base)
        case _:
            return False
