"""The value of an expression: slow, obvious, and the meaning that all engines must agree with.

Evaluation is left to right. `And`, `Or`, `Implies`, `Conditional` and quantifiers stop as soon as
the answer is known; everything else evaluates all its parts, `Let` its value even if nothing reads
it. Values of a binder are tried in canonical order. An expression without a value raises
`EvaluationError`, whose text names the smallest expression that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

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
    Or,
    Quantifier,
    Read,
    ReadOld,
    SetFilter,
)
from checker.model.operators import (
    OPERATORS,
    EvaluationError,
    in_order,
    integer,
    members,
    parts,
    truth,
)
from checker.model.render import Words, render
from checker.model.types import MapType, SeqType, SetType, contains, elements, position

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local, Variable
    from checker.model.system import Process
    from checker.model.types import Type, Value


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names in an expression stand for.

    Attributes:
        old: the state before the step, for step properties.
        tested: gathers the implications whose left side was seen to hold, if anybody asks.
        processes: those whose locals and places are named in messages.
    """

    state: Mapping[Variable, Value]
    locals: Mapping[Local, Value]
    old: Mapping[Variable, Value] | None = None
    tested: set[Implies] | None = None
    processes: tuple[Process, ...] = ()

    def bind(self, local: Local, value: Value) -> Scope:
        """Return the scope in which `local` stands for `value`."""
        return replace(self, locals={**self.locals, local: value})


def evaluate(expr: Expr, scope: Scope) -> Value:
    """Return the value of the expression.

    Raises:
        EvaluationError: the expression has no value in this scope.
    """
    match expr:
        case Literal(value):
            return value
        case Read(variable):
            return scope.state[variable]
        case ReadOld(variable):
            assert scope.old is not None, f"old({variable.name}) outside a step property"
            return scope.old[variable]
        case LocalRef(local):
            assert local in scope.locals, f"local {local.name} is read before it is bound"
            return scope.locals[local]
        case Apply(op, args):
            values = tuple(evaluate(arg, scope) for arg in args)
            try:
                return OPERATORS[op].evaluate(expr, values)
            except EvaluationError as error:
                raise _at(expr, scope, str(error)) from None
        case And(args):
            return all(holds(arg, scope) for arg in args)
        case Or(args):
            return any(holds(arg, scope) for arg in args)
        case Implies(left, right):
            if not holds(left, scope):
                return True
            if scope.tested is not None:
                scope.tested.add(expr)
            return holds(right, scope)
        case Conditional(condition, then, otherwise):
            return evaluate(then if holds(condition, scope) else otherwise, scope)
        case Index(base, key):
            whole = parts(evaluate(base, scope))
            where = evaluate(key, scope)
            try:
                return whole[slot(base.type, whole, where)]
            except EvaluationError as error:
                raise _at(expr, scope, str(error)) from None
        case Field(base, index):
            return parts(evaluate(base, scope))[index]
        case Fold():
            return _fold(expr, scope)
        case Construct(components, of):
            values = tuple(evaluate(component, scope) for component in components)
            return frozenset(values) if isinstance(of, SetType) else values
        case SetFilter(local, domain, condition, image):
            inner = (scope.bind(local, value) for value in candidates(local, domain, scope))
            return frozenset(evaluate(image, each) for each in inner if holds(condition, each))
        case MapOf(local, body):
            return tuple(evaluate(body, scope.bind(local, v)) for v in elements(local.type))
        case Let(local, value_of, body):
            return evaluate(body, scope.bind(local, evaluate(value_of, scope)))
        case _:
            assert_never(expr)


def holds(expr: Expr, scope: Scope) -> bool:
    """Evaluate a boolean expression."""
    return truth(evaluate(expr, scope))


def candidates(local: Local, domain: Expr | None, scope: Scope) -> tuple[Value, ...]:
    """Return the values that a binder runs through, in canonical order."""
    if domain is None:
        return tuple(elements(local.type))
    return in_order(local.type, members(evaluate(domain, scope)))


def slot(of: Type, whole: tuple[Value, ...], key: Value) -> int:
    """Return where in the tuple of a map or sequence the key leads.

    Raises:
        EvaluationError: the position is outside the sequence.
    """
    if isinstance(of, MapType):
        assert contains(of.key, key), f"{key!r} is no key of {of}"
        return position(of.key, key)
    assert isinstance(of, SeqType), f"not indexed: {of}"
    if not 0 <= integer(key) < len(whole):
        raise EvaluationError(f"position {key} is outside a sequence of length {len(whole)}")
    return integer(key)


def _fold(expr: Fold, scope: Scope) -> Value:
    values = candidates(expr.local, expr.domain, scope)
    # Lazy, so that FORALL and EXISTS stop as soon as the answer is known.
    bodies = (evaluate(expr.body, scope.bind(expr.local, value)) for value in values)
    match expr.quantifier:
        case Quantifier.FORALL:
            return all(map(truth, bodies))
        case Quantifier.EXISTS:
            return any(map(truth, bodies))
        case Quantifier.COUNT:
            return sum(map(truth, bodies))
        case Quantifier.SUM:
            return sum(map(integer, bodies))
        case Quantifier.MIN | Quantifier.MAX:
            found = [integer(value) for value in bodies]
            if not found:
                raise _at(expr, scope, f"`{expr.quantifier.value}` of nothing")
            return min(found) if expr.quantifier is Quantifier.MIN else max(found)
        case _:
            assert_never(expr.quantifier)


def _at(expr: Expr, scope: Scope, reason: str) -> EvaluationError:
    text = render(expr, Words(scope.processes, scope.locals))
    return EvaluationError(f"{reason}: `{text}`")
