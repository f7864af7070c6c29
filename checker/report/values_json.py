"""Values as JSON, by type, and back.

    bool            true, false
    integer         number
    enum, sort      string
    T?              null, or the value
    [K] V           object from each key's text to its value, in canonical order
    set of T        array in canonical order
    seq, tuple      array
    record          object

JSON from outside is not trusted: what denotes no value of the type raises `UnreadableError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

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
    contains,
    describe,
    elements,
    position,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class UnreadableError(Exception):
    """JSON that is not what it should be; the text names the part and what was expected there."""

    def __init__(self, where: str, expected: str) -> None:
        """Take the path of the part and what it should be, as in `a value of 0..3`."""
        super().__init__(f"`{where}` is not {expected}")


def to_json(of: Type, value: Value) -> Json:
    """Return the value as JSON."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            assert isinstance(value, bool | int | str)
            return value
        case OptionType(element):
            return None if value is None else to_json(element, value)
        case MapType(key, element):
            assert isinstance(value, tuple)
            pairs = zip(elements(key), value, strict=True)
            return {show(key, k): to_json(element, v) for k, v in pairs}
        case SetType(element):
            return [to_json(element, part) for part in in_order(element, value)]
        case SeqType(_, element):
            assert isinstance(value, tuple)
            return [to_json(element, part) for part in value]
        case RecordType(_, fields):
            assert isinstance(value, tuple)
            parts = zip(fields, value, strict=True)
            return {name: to_json(field, part) for (name, field), part in parts}
        case TupleType(components):
            assert isinstance(value, tuple)
            return [to_json(c, part) for c, part in zip(components, value, strict=True)]
        case _:
            assert_never(of)


def in_order(element: Type, value: Value) -> list[Value]:
    """Return the elements of a set in canonical order."""
    assert isinstance(value, frozenset)
    return sorted(value, key=lambda part: position(element, part))


def from_json(of: Type, json: Json, where: str) -> Value:
    """Read a value of the type; `where` names it in the message.

    Raises:
        UnreadableError: it denotes none.
    """
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            return scalar(of, json, where)
        case OptionType(element):
            return None if json is None else from_json(element, json, where)
        case MapType(key, element):
            return _fields([(show(key, k), element) for k in elements(key)], json, where)
        case SetType(element):
            return frozenset(_items([element] * length(json, where), json, where))
        case SeqType(bound, element):
            if length(json, where) > bound:
                raise UnreadableError(where, f"a value of {describe(of)}")
            return _items([element] * length(json, where), json, where)
        case RecordType(_, fields):
            return _fields(fields, json, where)
        case TupleType(components):
            return _items(components, json, where)
        case _:
            assert_never(of)


def scalar(of: Type, json: Json, where: str) -> Value:
    """Read a value that JSON writes as it is."""
    if isinstance(json, bool | int | str) and contains(of, json):
        return json
    raise UnreadableError(where, f"a value of {describe(of)}")


def length(json: Json, where: str) -> int:
    """Return the number of items of an array."""
    if not isinstance(json, list):
        raise UnreadableError(where, "an array")
    return len(json)


def _items(types: Sequence[Type], json: Json, where: str) -> tuple[Value, ...]:
    if not isinstance(json, list) or len(json) != len(types):
        raise UnreadableError(where, f"an array of {len(types)}")
    pairs = enumerate(zip(types, json, strict=True))
    return tuple(from_json(of, part, f"{where}[{i}]") for i, (of, part) in pairs)


def _fields(fields: Sequence[tuple[str, Type]], json: Json, where: str) -> tuple[Value, ...]:
    names = [name for name, _ in fields]
    if not isinstance(json, dict) or set(json) != set(names):
        raise UnreadableError(where, f"an object with {', '.join(names)}")
    return tuple(from_json(of, json[name], f"{where}.{name}") for name, of in fields)
