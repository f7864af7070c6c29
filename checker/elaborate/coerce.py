"""Making a value of one type stand where another is wanted.

Four things happen without being written: a `T` becomes a `T?`; a `T?` becomes a `T`, which fails on
none; an integer is checked against narrower bounds (or reduced, for `mod n`); and composite values
are checked part by part. Whatever can be seen to fail always is a mistake in the text already.

After `fit`, an integer has an interval inside the target's, and any other value has exactly the
target's type; engines rely on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.model import terms
from checker.model.intervals import disjoint, hull, within
from checker.model.ir import Literal, Op
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
    describe,
)
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.elaborate.context import Build
    from checker.model.ir import Expr
    from checker.model.types import Type
    from grammar.source import Span


def fit(build: Build, value: Expr | None, target: Type | None, span: Span) -> Expr | None:
    """Return `value` as one of `target`, or report why it cannot be."""
    if value is None or target is None:
        return None
    source = value.type
    if source == target:
        return value
    match source, target:
        case IntType(), IntType():
            return _fit_integer(build, value, source, target, span)
        case OptionType(), OptionType() if isinstance(value, Literal) and value.value is None:
            return terms.literal(build.terms, None, target)
        case OptionType(), OptionType():
            return _converted(build, value, target, span)
        case _, OptionType(element):
            inner = fit(build, value, element, span)
            return None if inner is None else terms.wrapped(build.terms, inner, target)
        case OptionType(element), _:
            return _fit_option(build, value, element, target, span)
        case _:
            return _converted(build, value, target, span)


def _fit_integer(
    build: Build, value: Expr, source: IntType, target: IntType, span: Span
) -> Expr | None:
    if target.wraps:
        return _wrapped_around(build, value, target)
    if within(source, target):
        return value
    if disjoint(source, target) and not build.is_dead:
        found = "is" if source.low == source.high else "lies in"
        build.collector.error(
            "K132",
            span,
            f"this {found} {_interval(source)}, never within {describe(target)}",
            remedy="widen the range, or correct the value",
        )
        return None
    return terms.apply(build.terms, Op.CONVERT, (value,), target)


def _wrapped_around(build: Build, value: Expr, target: IntType) -> Expr:
    """Return a number as a `mod n`; it keeps that type, so that arithmetic with it wraps."""
    reduced = terms.apply(build.terms, Op.CONVERT, (value,), target)
    assert reduced.type == target
    return reduced


def _interval(of: IntType) -> str:
    return str(of.low) if of.low == of.high else f"{of.low}..{of.high}"


def _fit_option(build: Build, value: Expr, element: Type, target: Type, span: Span) -> Expr | None:
    if isinstance(value, Literal) and value.value is None:
        build.collector.error(
            "K135",
            span,
            f"`none` is no value of {describe(target)}",
            remedy=f"declare the place as `{describe(OptionType(target))}` if it may be empty",
        )
        return None
    if not is_convertible(element, target):
        mismatch(build, value.type, target, span)
        return None
    return fit(build, terms.unwrapped(build.terms, value, element), target, span)


def _converted(build: Build, value: Expr, target: Type, span: Span) -> Expr | None:
    if not is_convertible(value.type, target):
        mismatch(build, value.type, target, span)
        return None
    return terms.apply(build.terms, Op.CONVERT, (value,), target)


def mismatch(build: Build, found: Type, wanted: Type, span: Span) -> None:
    """Report that a value of one type stands where another is wanted."""
    remedy = None
    match found, wanted:
        case IntType(), SortType(name):
            remedy = f"elements of `{name}` have no names: take `any`, or a range instead of a sort"
        case SetType(), MapType(_, BoolType()):
            remedy = "write `[x: T => x in s]` to make a map of a set"
        case IntType(), BoolType():
            remedy = "compare it: `... != 0`"
        case BoolType(), IntType():
            remedy = "write `if ... then 1 else 0`"
        case _, SetType(element) if is_convertible(found, element):
            remedy = "write `{...}` around it for the set with this one element"
        case _, SeqType(_, element) if is_convertible(found, element):
            remedy = "write `[...]` around it for the sequence with this one element"
        case _:
            pass
    build.collector.error(
        "K130", span, f"this is {kind_of(found)}, not {kind_of(wanted)}", remedy=remedy
    )


def kind_of(of: Type) -> str:
    """Name a type as messages do: `a number (0..3)`."""
    match of:
        case IntType(low, high) if low == high:
            return f"the number {low}"
        case IntType():
            return f"a number ({describe(of)})"
        case BoolType():
            return "a truth value (bool)"
        case EnumType() | SortType() | RecordType():
            return f"a `{describe(of)}`"
        case _:
            return f"a value of type `{describe(of)}`"


def is_convertible(source: Type, target: Type) -> bool:
    """Tell whether the types differ at most in the bounds of integers and sequences."""
    match source, target:
        case IntType(), IntType():
            return True
        case OptionType(a), OptionType(b):
            return is_convertible(a, b)
        case MapType(key, a), MapType(other, b):
            return key == other and is_convertible(a, b)
        case SetType(a), SetType(b):
            return is_convertible(a, b)
        case SeqType(_, a), SeqType(_, b):
            return is_convertible(a, b)
        case TupleType(a), TupleType(b):
            return len(a) == len(b) and all(map(is_convertible, a, b))
        case _:
            return source == target


def join(left: Type, right: Type) -> Type | None:
    """Return the narrowest type that both fit without failing, None when there is none."""
    if left == right:
        return left
    match left, right:
        case IntType(), IntType():
            return hull(left, right)
        case OptionType(a), OptionType(b):
            return _optional(join(a, b))
        case (OptionType(a), b) | (b, OptionType(a)):
            return _optional(join(a, b))
        case MapType(key, a), MapType(other, b) if key == other:
            value = join(a, b)
            return None if value is None else MapType(key, value)
        case SetType(a), SetType(b):
            element = join(a, b)
            return None if element is None else SetType(element)
        case SeqType(n, a), SeqType(m, b):
            element = join(a, b)
            return None if element is None else SeqType(max(n, m), element)
        case TupleType(a), TupleType(b) if len(a) == len(b):
            parts = tuple(part for part in map(join, a, b) if part is not None)
            return TupleType(parts) if len(parts) == len(a) else None
        case _:
            return None


def _optional(element: Type | None) -> Type | None:
    if element is None or isinstance(element, OptionType):
        return element
    return OptionType(element)


def raised(build: Build, value: Expr, to: Type) -> Expr:
    """Return `value` as one of a joined type, which it always fits."""
    found = fit(build, value, to, NOWHERE)
    assert found is not None, f"{value.type} does not fit the join {to}"
    return found


def compared(build: Build, left: Expr, right: Expr, span: Span) -> tuple[Expr, Expr] | None:
    """Return two values as ones that can be compared, or report why they cannot.

    Integers stay as they are, since equality looks at their value alone.
    """
    joined = join(left.type, right.type)
    if joined is None:
        build.collector.error(
            "K131",
            span,
            f"{kind_of(left.type)} cannot be compared with {kind_of(right.type)}",
        )
        return None
    if isinstance(joined, IntType):
        return left, right
    return raised(build, left, joined), raised(build, right, joined)
