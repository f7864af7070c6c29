"""Renaming the elements of symmetric sorts in values: what a permutation does, written out.

Slow and obvious; `canonical` does the same to packed states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

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
    Type,
    Value,
    elements,
    position,
    sorts_in,
)

Renaming: TypeAlias = "Mapping[SortType, Sequence[int]]"
"""By sort, the new index of each element; sorts that are not mentioned stay as they are."""


def renamed(of: Type, value: Value, renaming: Renaming) -> Value:
    """Return a value of a type with elements renamed, in keys as well as in values."""
    match of:
        case BoolType() | IntType() | EnumType():
            return value
        case SortType(name, _):
            if of not in renaming:
                return value
            return f"{name}{renaming[of][position(of, value)]}"
        case OptionType(element):
            return None if value is None else renamed(element, value, renaming)
        case SetType(element):
            assert isinstance(value, frozenset)
            return frozenset(renamed(element, part, renaming) for part in value)
        case SeqType(_, element):
            assert isinstance(value, tuple)
            return tuple(renamed(element, part, renaming) for part in value)
        case MapType(key, element):
            assert isinstance(value, tuple)
            moved: dict[int, Value] = {}
            for at, part in zip(elements(key), value, strict=True):
                moved[position(key, renamed(key, at, renaming))] = renamed(element, part, renaming)
            return tuple(moved[at] for at in range(len(value)))
        case RecordType(_, fields):
            return _each(tuple(field for _, field in fields), value, renaming)
        case TupleType(components):
            return _each(components, value, renaming)
        case _:
            assert_never(of)


def _each(types: tuple[Type, ...], value: Value, renaming: Renaming) -> Value:
    assert isinstance(value, tuple)
    return tuple(renamed(of, part, renaming) for of, part in zip(types, value, strict=True))


def is_symmetric(of: Type, value: Value, sort: SortType) -> bool:
    """Tell whether no permutation of a sort changes a value."""
    if sort not in sorts_in(of):
        return True
    return all(
        renamed(of, value, {sort: swap(sort.size, at, at + 1)}) == value
        for at in range(sort.size - 1)
    )


def swap(size: int, first: int, second: int) -> tuple[int, ...]:
    """Return the permutation of `range(size)` that exchanges two elements."""
    order = list(range(size))
    order[first], order[second] = second, first
    return tuple(order)
