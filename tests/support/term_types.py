"""The types of terms by the rules of `checker.model.operators`.

Integers by interval arithmetic, composite types widened to hold both sides.
"""

from __future__ import annotations

from typing import assert_never

from checker.model.ir import Expr, Op, Quantifier
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Type,
    cardinality,
)


def component(of: Type, selector: Expr | int) -> Type:
    """Return the type of the part that one selector reaches."""
    match of:
        case MapType(_, element) | SeqType(_, element):
            return element
        case RecordType(_, fields):
            assert isinstance(selector, int)
            return fields[selector][1]
        case TupleType(components):
            assert isinstance(selector, int)
            return components[selector]
        case _:
            raise AssertionError(f"no part of {of}")


def part_type(of: SetType | SeqType | RecordType | TupleType, number: int) -> Type:
    """Return the type of a part that constructs a value."""
    match of:
        case SetType(element) | SeqType(_, element):
            return element
        case RecordType(_, fields):
            return fields[number][1]
        case TupleType(components):
            return components[number]
        case _:
            assert_never(of)


def hull(left: Type, right: Type) -> Type:
    """Return the smallest type that holds the values of both."""
    match left, right:
        case IntType(a, b), IntType(c, d):
            return left if left == right else IntType(min(a, c), max(b, d))
        case OptionType(a), OptionType(b):
            return OptionType(hull(a, b))
        case OptionType(a), _:
            return OptionType(hull(a, right))
        case _, OptionType(b):
            return OptionType(hull(left, b))
        case MapType(key, a), MapType(_, b):
            return MapType(key, hull(a, b))
        case SetType(a), SetType(b):
            return SetType(hull(a, b))
        case SeqType(n, a), SeqType(m, b):
            return SeqType(max(n, m), hull(a, b))
        case RecordType(), _:
            return left
        case TupleType(a), TupleType(b):
            return TupleType(tuple(hull(x, y) for x, y in zip(a, b, strict=True)))
        case _:
            assert left == right, f"{left} and {right}"
            return left


def result_type(op: Op, args: tuple[Expr, ...]) -> Type:
    """Return the type of an operator by the rules of `checker.model.operators`."""
    first, last = args[0].type, args[-1].type
    match op:
        case Op.NOT | Op.IFF | Op.EQ | Op.LT | Op.LE | Op.IN | Op.SUBSET:
            return BOOL
        case Op.NEG | Op.ADD | Op.SUB | Op.MUL | Op.DIV | Op.MOD:
            return interval(op, first, last)
        case Op.UNION | Op.INTERSECT | Op.MINUS:
            return hull(first, last)
        case Op.RANGE:
            assert isinstance(first, IntType)
            assert isinstance(last, IntType)
            return SetType(IntType(first.low, max(first.low, last.high)))
        case Op.SIZE:
            assert isinstance(first, SetType)
            return IntType(0, cardinality(first.element))
        case Op.LEN:
            assert isinstance(first, SeqType)
            return IntType(0, first.bound)
        case Op.FIRST | Op.LAST:
            assert isinstance(first, SeqType)
            return first.element
        case Op.REST | Op.FRONT:
            return first
        case Op.APPEND:
            assert isinstance(first, SeqType)
            return SeqType(first.bound + 1, hull(first.element, last))
        case Op.CONCAT:
            assert isinstance(first, SeqType)
            assert isinstance(last, SeqType)
            return SeqType(first.bound + last.bound, hull(first.element, last.element))
        case Op.ELEMENTS:
            assert isinstance(first, SeqType)
            return SetType(first.element)
        case Op.WRAP:
            return OptionType(first)
        case Op.UNWRAP:
            assert isinstance(first, OptionType)
            return first.element
        case Op.CONVERT:
            raise AssertionError("the type of a conversion is given, see Builder.convert")
        case _:
            assert_never(op)


def interval(op: Op, left: Type, right: Type) -> IntType:
    """Return bounds of an arithmetic result."""
    assert isinstance(left, IntType)
    assert isinstance(right, IntType)
    lefts, rights = (left.low, left.high), (right.low, right.high)
    match op:
        case Op.NEG:
            results = [-left.high, -left.low]
        case Op.ADD:
            results = [left.low + right.low, left.high + right.high]
        case Op.SUB:
            results = [left.low - right.high, left.high - right.low]
        case Op.MUL:
            results = [a * b for a in lefts for b in rights]
        case Op.DIV:
            # The extremes are at the ends of the dividend and at the divisors nearest to zero.
            divisors = [d for d in (*rights, -1, 1) if d != 0 and right.low <= d <= right.high]
            results = [a // b for a in lefts for b in divisors] or [0]
        case Op.MOD:
            results = [min(0, right.low + 1), max(0, right.high - 1)]
        case _:
            raise AssertionError(op)
    return IntType(min(results), max(results))


def fold_type(quantifier: Quantifier, values: int, body: Type) -> Type:
    """Return the type of a quantifier over a number of values."""
    match quantifier:
        case Quantifier.FORALL | Quantifier.EXISTS:
            return BOOL
        case Quantifier.COUNT:
            return IntType(0, values)
        case Quantifier.SUM:
            assert isinstance(body, IntType)
            return IntType(min(0, values * body.low), max(0, values * body.high))
        case Quantifier.MIN | Quantifier.MAX:
            assert isinstance(body, IntType)
            return IntType(body.low, body.high)
        case _:
            assert_never(quantifier)
