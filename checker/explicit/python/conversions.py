"""Codes of one type as codes of another, where the types differ in bounds of integers or sequences.

Such conversions of composite values are rare, so they are not generated but composed of closures.
A conversion that can fail raises `Fault`; the interpreter then says how.

Agrees with: checker.model.operators.convert (tests/checker/explicit/test_conversions.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from checker.explicit.layout import (
    codes,
    components,
    encode,
    is_scalar,
    length_width,
    ones,
    positions,
    width,
)
from checker.model.types import (
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    cardinality,
    contains,
    elements,
)

if TYPE_CHECKING:
    from checker.model.types import Type

Conversion: TypeAlias = Callable[[int], int]


class Fault(Exception):  # noqa: N818  # not an error of ours: an execution of the system fails
    """An execution fails here; the interpreter knows how.

    Generated code raises it instead of a reason, since it must be fast, not articulate. It never
    leaves `checker.explicit`.
    """


def identity(code: int) -> int:
    """Return the code as it is."""
    return code


@cache
def conversion(source: Type, target: Type) -> Conversion:
    """Return the function from codes of one type to those of another; `identity` if they agree."""
    if source == target:
        return identity
    match source, target:
        case IntType(), IntType():
            return _integer(source, target)
        case OptionType(a), OptionType(b):
            return _option(a, b, conversion(a, b))
        case MapType(key, a), MapType(_, b):
            return _parts((a,) * cardinality(key), (b,) * cardinality(key))
        case RecordType() | TupleType(), RecordType() | TupleType():
            return _parts(components(source), components(target))
        case SetType(a), SetType(b):
            return _members(a, b, conversion(a, b))
        case SeqType(), SeqType():
            return _sequence(source, target, conversion(source.element, target.element))
        case _:
            raise AssertionError(f"no conversion from {source} to {target}")


def _integer(source: IntType, target: IntType) -> Conversion:
    shift = source.low - target.low
    count = target.high - target.low + 1
    if target.wraps:
        return lambda code: (code + shift) % count
    if shift == 0 and source.high <= target.high:
        return identity
    if shift >= 0 and source.high <= target.high:
        return lambda code: code + shift

    def checked(code: int) -> int:
        if not 0 <= code + shift < count:
            raise Fault
        return code + shift

    return checked


def _option(source: Type, target: Type, inner: Conversion) -> Conversion:
    if inner is identity:
        return identity
    if is_scalar(source):
        return lambda code: 1 + inner(code - 1) if code else 0
    return lambda code: 1 | inner(code >> 1) << 1 if code else 0


def _parts(sources: tuple[Type, ...], targets: tuple[Type, ...]) -> Conversion:
    plan = [
        (width(source), width(target), conversion(source, target))
        for source, target in zip(sources, targets, strict=True)
    ]
    if all(before == after and inner is identity for before, after, inner in plan):
        return identity

    def convert(code: int) -> int:
        result = at = 0
        for before, after, inner in plan:
            result |= inner(code & ((1 << before) - 1)) << at
            code >>= before
            at += after
        return result

    return convert


def _members(source: Type, target: Type, inner: Conversion) -> Conversion:
    members = codes(source)
    places = positions(target)

    def convert(mask: int) -> int:
        result = 0
        for at in ones(mask):
            result |= 1 << places[inner(members[at])]
        return result

    return convert


def _sequence(source: SeqType, target: SeqType, inner: Conversion) -> Conversion:
    head, size = length_width(source), width(source.element)
    new_head, new_size = length_width(target), width(target.element)
    if inner is identity and (head, size) == (new_head, new_size) and source.bound <= target.bound:
        return identity

    def convert(code: int) -> int:
        length = code & ((1 << head) - 1)
        if length > target.bound:
            raise Fault
        slots = code >> head
        result = 0
        for at in range(length):
            result |= inner(slots >> at * size & ((1 << size) - 1)) << at * new_size
        return length | result << new_head

    return convert


def hull(left: Type, right: Type) -> Type:
    """Return a type that holds the values of both, which differ in bounds at most."""
    match left, right:
        case IntType(), IntType():
            return IntType(min(left.low, right.low), max(left.high, right.high))
        case OptionType(a), OptionType(b):
            return OptionType(hull(a, b))
        case MapType(key, a), MapType(_, b):
            return MapType(key, hull(a, b))
        case SetType(a), SetType(b):
            return SetType(hull(a, b))
        case SeqType(n, a), SeqType(m, b):
            return SeqType(max(n, m), hull(a, b))
        case TupleType(parts), TupleType(others):
            return TupleType(tuple(hull(a, b) for a, b in zip(parts, others, strict=True)))
        case _:
            assert left == right, f"{left} and {right} are not compared"
            return left


@cache
def places(source: Type, target: Type) -> Mapping[int, int]:
    """Return, by codes of `source`, the positions of those values that `target` has too."""
    return {
        encode(source, value): at
        for at, value in enumerate(elements(target))
        if contains(source, value)
    }


@cache
def members(source: Type, target: Type) -> Conversion:
    """Return the function from a sequence to the set of its elements, which `target` holds."""
    assert isinstance(source, SeqType)
    assert isinstance(target, SetType)
    head, size = length_width(source), width(source.element)
    found = places(source.element, target.element)

    def gather(code: int) -> int:
        slots = code >> head
        result = 0
        for at in range(code & ((1 << head) - 1)):
            result |= 1 << found[slots >> at * size & ((1 << size) - 1)]
        return result

    return gather
