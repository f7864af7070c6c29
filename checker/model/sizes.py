"""How big types are, without ever computing a number too big to compute.

`types.cardinality` is exact and may be astronomic; the questions asked before a type is admitted
are "more than a million?", so the answers here stop counting at a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

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
    from collections.abc import Iterable

    from checker.model.types import Type

MAX_VALUES: Final = 1_000_000
"""The most values that a quantifier, a choice, a key or a sort may run through."""

MAX_BITS: Final = 32_768
"""The widest value, and the widest state, that is taken seriously: 4 KiB for each state."""


def count_up_to(of: Type, limit: int = MAX_VALUES) -> int:
    """Return the number of values of the type, or `limit + 1` when there are more.

    Cost: at most about `log2(limit)` multiplications for each part of the type.
    """
    match of:
        case BoolType():
            return 2
        case IntType(low, high):
            return min(high - low + 1, limit + 1)
        case EnumType(_, members):
            return len(members)
        case SortType(_, size):
            return min(size, limit + 1)
        case OptionType(element):
            return min(1 + count_up_to(element, limit), limit + 1)
        case MapType(key, value):
            return _power(count_up_to(value, limit), count_up_to(key, limit), limit)
        case SetType(element):
            return _power(2, count_up_to(element, limit), limit)
        case SeqType(bound, element):
            return _sequences(count_up_to(element, limit), bound, limit)
        case RecordType(_, fields):
            return _product((count_up_to(field, limit) for _, field in fields), limit)
        case TupleType(elements):
            return _product((count_up_to(element, limit) for element in elements), limit)
        case _:
            assert_never(of)


def _product(factors: Iterable[int], limit: int) -> int:
    result = 1
    for factor in factors:
        result = min(result * factor, limit + 1)
    return result


def _power(base: int, exponent: int, limit: int) -> int:
    if base <= 1:
        return base
    result = 1
    for _ in range(exponent):
        result *= base
        if result > limit:
            return limit + 1
    return result


def _sequences(base: int, bound: int, limit: int) -> int:
    if base == 1:
        return min(bound + 1, limit + 1)
    total, power = 0, 1
    for _ in range(bound + 1):
        total += power
        power *= base
        if total > limit:
            return limit + 1
    return total


def bits(of: Type, limit: int = MAX_BITS) -> int:
    """Return about how many bits a value takes in a packed state, or `limit + 1` when more."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            return min((_count(of) - 1).bit_length(), limit + 1)
        case OptionType(element):
            return min(1 + bits(element, limit), limit + 1)
        case MapType(key, value):
            return min(count_up_to(key, limit) * bits(value, limit), limit + 1)
        case SetType(element):
            return count_up_to(element, limit)
        case SeqType(bound, element):
            return min(bound.bit_length() + bound * bits(element, limit), limit + 1)
        case RecordType(_, fields):
            return min(sum(bits(field, limit) for _, field in fields), limit + 1)
        case TupleType(elements):
            return min(sum(bits(element, limit) for element in elements), limit + 1)
        case _:
            assert_never(of)


def _count(of: BoolType | IntType | EnumType | SortType) -> int:
    match of:
        case BoolType():
            return 2
        case IntType(low, high):
            return high - low + 1
        case EnumType(_, members):
            return len(members)
        case SortType(_, size):
            return size
