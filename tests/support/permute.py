"""Renaming the elements of symmetric sorts in values and states, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from checker.explicit.reductions.permute import Renaming as Orders
from checker.explicit.reductions.permute import renamed
from checker.model.system import State, System
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
)

Renaming = Mapping[str, str]
"""Element to element, one-to-one; what is not mentioned keeps its name."""


def renamed_state(system: System, state: State, orders: Orders) -> State:
    """Return a state with the elements of sorts renamed as `checker` renames values."""
    pairs = zip(system.variables, state, strict=True)
    return tuple(renamed(variable.type, value, orders) for variable, value in pairs)


def permuted_state(system: System, state: State, renaming: Renaming) -> State:
    """Return a state with the elements of sorts renamed, in keys as well as in values."""
    pairs = zip(system.variables, state, strict=True)
    return tuple(permuted(variable.type, value, renaming) for variable, value in pairs)


def permuted(of: Type, value: Value, renaming: Renaming) -> Value:
    """Return a value with the elements of sorts renamed."""
    match of:
        case BoolType() | IntType() | EnumType():
            return value
        case SortType():
            return renaming.get(str(value), value)
        case OptionType(element):
            return None if value is None else permuted(element, value, renaming)
        case SetType(element):
            assert isinstance(value, frozenset)
            return frozenset(permuted(element, part, renaming) for part in value)
        case SeqType(_, element):
            assert isinstance(value, tuple)
            return tuple(permuted(element, part, renaming) for part in value)
        case MapType(key, element):
            assert isinstance(value, tuple)
            moved = {
                permuted(key, k, renaming): permuted(element, part, renaming)
                for k, part in zip(elements(key), value, strict=True)
            }
            return tuple(moved[k] for k in elements(key))
        case RecordType(_, fields):
            return _each(tuple(field for _, field in fields), value, renaming)
        case TupleType(components):
            return _each(components, value, renaming)
        case _:
            assert_never(of)


def _each(types: tuple[Type, ...], value: Value, renaming: Renaming) -> Value:
    assert isinstance(value, tuple)
    return tuple(permuted(of, part, renaming) for of, part in zip(types, value, strict=True))
