"""Which expressions can fail, as far as their text tells.

`UNWRAP` of none, `first` of nothing, a full sequence: whether such a thing can happen is decided
from the operators and from conditions that are known to hold where the expression is evaluated,
such as the left side of an implication, or the guard of a step. An answer of yes may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Construct,
    Expr,
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
    SetFilter,
)
from checker.model.rewrite import children
from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
)

if TYPE_CHECKING:
    from checker.model.types import Type

Facts: TypeAlias = frozenset[tuple[Expr, bool]]
"""Conditions that are known, and whether they hold."""

NO_FACTS: Final[Facts] = frozenset()


def given(condition: Expr, facts: Facts = NO_FACTS, *, holds: bool = True) -> Facts:
    """Return the facts with one more condition known, taken apart."""
    match condition:
        case And(args) if holds:
            return facts.union(*(given(each) for each in args))
        case Or(args) if not holds:
            return facts.union(*(given(each, holds=False) for each in args))
        case Implies(left, right) if not holds:
            return facts | given(left) | given(right, holds=False)
        case Apply(Op.NOT, (inner,)):
            return given(inner, facts, holds=not holds)
        case _:
            return facts | {(condition, holds)}


def may_fail(expr: Expr, facts: Facts = NO_FACTS) -> bool:
    """Tell whether evaluating an expression might fail where the facts hold."""
    match expr:
        case Literal() | Read() | ReadOld() | LocalRef():
            return False
        case And(args):
            return _in_turn(args, facts, holds=True)
        case Or(args):
            return _in_turn(args, facts, holds=False)
        case Implies(left, right):
            return may_fail(left, facts) or may_fail(right, given(left, facts))
        case Conditional(condition, then, otherwise):
            return (
                may_fail(condition, facts)
                or may_fail(then, given(condition, facts))
                or may_fail(otherwise, given(condition, facts, holds=False))
            )
        case SetFilter(_, domain, condition, image):
            return (
                (domain is not None and may_fail(domain, facts))
                or may_fail(condition, facts)
                or may_fail(image, given(condition, facts))
            )
        case Apply():
            return any(may_fail(each, facts) for each in expr.args) or _fails(expr, facts)
        case Index(base, _):
            return isinstance(base.type, SeqType) or any(may_fail(x, facts) for x in children(expr))
        case Fold(quantifier, _, domain, _):
            is_empty = domain is not None and quantifier in {Quantifier.MIN, Quantifier.MAX}
            return is_empty or any(may_fail(each, facts) for each in children(expr))
        case Field() | Construct() | MapOf() | Let():
            return any(may_fail(each, facts) for each in children(expr))
        case _:
            assert_never(expr)


def _in_turn(args: Iterable[Expr], facts: Facts, *, holds: bool) -> bool:
    for each in args:
        if may_fail(each, facts):
            return True
        facts = given(each, facts, holds=holds)
    return False


def _fails(term: Apply, facts: Facts) -> bool:
    """Tell whether an operator might fail on values of its arguments."""
    match term.op:
        case Op.UNWRAP:
            return not _is_some(term.args[0], facts)
        case Op.FIRST | Op.LAST | Op.REST | Op.FRONT:
            return lengths(term.args[0], facts)[0] < 1
        case Op.DIV | Op.MOD:
            divisor = term.args[1].type
            return not isinstance(divisor, IntType) or divisor.low <= 0 <= divisor.high
        case Op.APPEND | Op.CONCAT:
            assert isinstance(term.type, SeqType)
            return lengths(term, facts)[1] > term.type.bound
        case Op.CONVERT:
            return _is_narrowed(term.args[0], term.type, facts)
        case _:
            return False


def _is_some(expr: Expr, facts: Facts) -> bool:
    if isinstance(expr, Apply) and expr.op is Op.WRAP:
        return True
    for condition, holds in facts:
        match condition:
            case Apply(Op.EQ, (left, Literal(None))) | Apply(Op.EQ, (Literal(None), left)):
                if left is expr and not holds:
                    return True
            case _:
                pass
    return False


def lengths(expr: Expr, facts: Facts) -> tuple[int, int]:
    """Return the least and the greatest length that a sequence might have."""
    assert isinstance(expr.type, SeqType)
    low, high = 0, expr.type.bound
    match expr:
        case Literal(tuple() as value):
            return len(value), len(value)
        case Construct(components, _):
            return len(components), len(components)
        case Apply(Op.APPEND, (shorter, _)):
            low, high = lengths(shorter, facts)
            return low + 1, high + 1
        case Apply(Op.CONCAT, (left, right)):
            (low, high), (more, most) = lengths(left, facts), lengths(right, facts)
            return low + more, high + most
        case _:
            pass
    for condition, holds in facts:
        least, most = _lengths_if(condition, expr, holds=holds)
        low, high = max(low, least), min(high, most)
    return low, high


def _lengths_if(condition: Expr, of: Expr, *, holds: bool) -> tuple[int, int]:
    """Return the bounds that one fact puts on the length of a sequence."""
    assert isinstance(of.type, SeqType)
    bound = of.type.bound
    match condition:
        case Apply(Op.EQ, (left, Literal(()))) | Apply(Op.EQ, (Literal(()), left)) if left is of:
            return (0, 0) if holds else (1, bound)
        case Apply(Op.EQ, (Apply(Op.LEN, (seq,)), Literal(int() as n))) | Apply(
            Op.EQ, (Literal(int() as n), Apply(Op.LEN, (seq,)))
        ) if seq is of:
            if holds:
                return n, n
            # To differ from an extreme is to lie on one side of it.
            return (1 if n == 0 else 0), (bound - 1 if n == bound else bound)
        case Apply((Op.LT | Op.LE) as op, (Apply(Op.LEN, (seq,)), Literal(int() as n))) if (
            seq is of
        ):
            most = n - 1 if op is Op.LT else n
            return (0, most) if holds else (most + 1, bound)
        case Apply((Op.LT | Op.LE) as op, (Literal(int() as n), Apply(Op.LEN, (seq,)))) if (
            seq is of
        ):
            least = n + 1 if op is Op.LT else n
            return (least, bound) if holds else (0, least - 1)
        case _:
            return 0, bound


def _is_narrowed(value: Expr, target: Type, facts: Facts) -> bool:
    """Tell whether a conversion might find that a value does not fit."""
    source = value.type
    if isinstance(target, SeqType) and isinstance(source, SeqType):
        high = lengths(value, facts)[1]
        return high > target.bound or _does_not_fit(source.element, target.element)
    return _does_not_fit(source, target)


def _does_not_fit(source: Type, target: Type) -> bool:
    match target, source:
        case IntType(low, high, wraps), IntType():
            return not wraps and (source.low < low or source.high > high)
        case (OptionType(to), OptionType(of)) | (SetType(to), SetType(of)):
            return _does_not_fit(of, to)
        case MapType(_, to), MapType(_, of):
            return _does_not_fit(of, to)
        case SeqType(bound, to), SeqType(length, of):
            return length > bound or _does_not_fit(of, to)
        case RecordType(_, wanted), RecordType(_, there):
            return any(_does_not_fit(b, a) for (_, a), (_, b) in zip(wanted, there, strict=True))
        case TupleType(wanted_parts), TupleType(parts_there):
            pairs = zip(wanted_parts, parts_there, strict=True)
            return any(_does_not_fit(b, a) for a, b in pairs)
        case ((BoolType() | EnumType() | SortType()), _):
            return False
        case _:
            return True
