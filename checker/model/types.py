"""The closed set of types and what a value of each looks like.

A value is the plainest Python object that can stand for it:

    bool            bool
    lo..hi, mod n   int
    enum            str, the member's name
    sort            str, the sort's name and an index: "Cpu0"
    T?              None, or a value of T
    [K] V           tuple of V values in the order of `elements(K)`
    set of T        frozenset of T values
    seq[n] of T     tuple of at most n T values
    record          tuple of the field values in the order of declaration
    tuple(A, B)     tuple

Values carry no type: everything that handles one knows the type from the system. Types are frozen
and compare by content. A sort is symmetric by construction: no operator of the language tells one
of its elements from another (Ip and Dill, "Better verification through symmetry", 1996), so
permuting them maps behaviours to behaviours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Sequence

Value: TypeAlias = "bool | int | str | tuple[Value, ...] | frozenset[Value] | None"


@dataclass(frozen=True, slots=True)
class BoolType:
    """Truth values."""


@dataclass(frozen=True, slots=True)
class IntType:
    """Integers `low..high`; a stored value outside is a model error unless `wraps`.

    Expressions have such a type too, computed by interval arithmetic, so every intermediate value
    has known bounds. `wraps` marks `mod n` (then low is 0): what is stored is reduced modulo n.
    """

    low: int
    high: int
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class EnumType:
    """Named alternatives; also the control points of a process."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SortType:
    """`size` interchangeable elements."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class OptionType:
    """An element or none; never directly an option of an option."""

    element: Type


@dataclass(frozen=True, slots=True)
class MapType:
    """A total function from a finite key type."""

    key: Type
    value: Type


@dataclass(frozen=True, slots=True)
class SetType:
    """Finite subsets."""

    element: Type


@dataclass(frozen=True, slots=True)
class SeqType:
    """Sequences of at most `bound` elements."""

    bound: int
    element: Type


@dataclass(frozen=True, slots=True)
class RecordType:
    """Named fields, nominal: two records of different names are different types."""

    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class TupleType:
    """Unnamed fields."""

    elements: tuple[Type, ...]


Type: TypeAlias = (
    BoolType
    | IntType
    | EnumType
    | SortType
    | OptionType
    | MapType
    | SetType
    | SeqType
    | RecordType
    | TupleType
)

BOOL = BoolType()


def cardinality(of: Type) -> int:
    """Return the number of values of the type."""
    match of:
        case BoolType():
            return 2
        case IntType(low, high):
            return high - low + 1
        case EnumType(_, members):
            return len(members)
        case SortType(_, size):
            return size
        case OptionType(element):
            return 1 + cardinality(element)
        case MapType(key, value):
            return int(cardinality(value) ** cardinality(key))
        case SetType(element):
            return int(2 ** cardinality(element))
        case SeqType(bound, element):
            base = cardinality(element)
            return sum(int(base**length) for length in range(bound + 1))
        case RecordType(_, fields):
            result = 1
            for _, field in fields:
                result *= cardinality(field)
            return result
        case TupleType(elements):
            result = 1
            for component in elements:
                result *= cardinality(component)
            return result
        case _:
            assert_never(of)


def elements(of: Type) -> Iterator[Value]:
    """Yield the values of the type in canonical order.

    The order is the one in which `choose` and parameters are tried and sets are listed: false
    before true, integers ascending, declaration order, none first, sequences and sets by length,
    then lexicographic.
    """
    match of:
        case BoolType():
            yield from (False, True)
        case IntType(low, high):
            yield from range(low, high + 1)
        case EnumType(_, members):
            yield from members
        case SortType(name, size):
            yield from (f"{name}{index}" for index in range(size))
        case OptionType(element):
            yield None
            yield from elements(element)
        case MapType(key, value):
            yield from product(*(tuple(elements(value)) for _ in range(cardinality(key))))
        case SetType(element):
            universe = tuple(elements(element))
            for length in range(len(universe) + 1):
                yield from map(frozenset, combinations(universe, length))
        case SeqType(bound, element):
            for length in range(bound + 1):
                yield from product(tuple(elements(element)), repeat=length)
        case RecordType(_, fields):
            yield from product(*(tuple(elements(field)) for _, field in fields))
        case TupleType(components):
            yield from product(*(tuple(elements(component)) for component in components))
        case _:
            assert_never(of)


def default(of: Type) -> Value:
    """Return the value that an uninitialised local has: the first, or the empty one."""
    match of:
        case MapType(key, value):
            return (default(value),) * cardinality(key)
        case SetType():
            return frozenset()
        case SeqType():
            return ()
        case RecordType(_, fields):
            return tuple(default(field) for _, field in fields)
        case TupleType(components):
            return tuple(default(component) for component in components)
        case BoolType() | IntType() | EnumType() | SortType() | OptionType():
            return next(elements(of))
        case _:
            assert_never(of)


def position(of: Type, value: Value) -> int:
    """Return the index of `value` among `elements(of)`: the slot it selects in a map's tuple."""
    match of:
        case BoolType():
            return int(bool(value))
        case IntType(low, _):
            assert isinstance(value, int)
            return value - low
        case EnumType(_, members):
            assert isinstance(value, str)
            return members.index(value)
        case SortType(name, _):
            assert isinstance(value, str)
            return int(value[len(name) :])
        case OptionType(element):
            return 0 if value is None else 1 + position(element, value)
        case RecordType(_, fields):
            return _mixed(tuple(field for _, field in fields), value)
        case TupleType(components):
            return _mixed(components, value)
        case MapType(key, element):
            return _mixed((element,) * cardinality(key), value)
        case SetType() | SeqType():
            return next(i for i, each in enumerate(elements(of)) if each == value)
        case _:
            assert_never(of)


def _mixed(components: Sequence[Type], value: Value) -> int:
    assert isinstance(value, tuple)
    result = 0
    for component, part in zip(components, value, strict=True):
        result = result * cardinality(component) + position(component, part)
    return result


def contains(of: Type, value: Value) -> bool:
    """Tell whether `value` is a value of the type."""
    match of:
        case BoolType():
            return isinstance(value, bool)
        case IntType(low, high):
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        case EnumType(_, members):
            return value in members
        case SortType():
            return value in tuple(elements(of))
        case OptionType(element):
            return value is None or contains(element, value)
        case MapType(key, element):
            return (
                isinstance(value, tuple)
                and len(value) == cardinality(key)
                and all(contains(element, part) for part in value)
            )
        case SetType(element):
            return isinstance(value, frozenset) and all(contains(element, part) for part in value)
        case SeqType(bound, element):
            return (
                isinstance(value, tuple)
                and len(value) <= bound
                and all(contains(element, part) for part in value)
            )
        case RecordType(_, fields):
            return _holds(tuple(field for _, field in fields), value)
        case TupleType(components):
            return _holds(components, value)
        case _:
            assert_never(of)


def _holds(components: Sequence[Type], value: Value) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == len(components)
        and all(contains(each, part) for each, part in zip(components, value, strict=True))
    )


def sorts_in(of: Type) -> frozenset[SortType]:
    """Return the symmetric sorts that occur in the type."""
    match of:
        case SortType():
            return frozenset({of})
        case BoolType() | IntType() | EnumType():
            return frozenset()
        case OptionType(element) | SetType(element) | SeqType(_, element):
            return sorts_in(element)
        case MapType(key, value):
            return sorts_in(key) | sorts_in(value)
        case RecordType(_, fields):
            return frozenset().union(*(sorts_in(field) for _, field in fields))
        case TupleType(components):
            return frozenset().union(*(sorts_in(component) for component in components))
        case _:
            assert_never(of)


def describe(of: Type) -> str:
    """Render the type as the language writes it."""
    match of:
        case BoolType():
            return "bool"
        case IntType(_, high, True):
            return f"mod {high + 1}"
        case IntType(low, high):
            return f"{low}..{high}"
        case EnumType(name) | SortType(name) | RecordType(name):
            return name
        case OptionType(MapType() | SetType() | SeqType() as element):
            return f"({describe(element)})?"
        case OptionType(element):
            return f"{describe(element)}?"
        case MapType(key, value):
            return f"[{describe(key)}] {describe(value)}"
        case SetType(element):
            return f"set of {describe(element)}"
        case SeqType(bound, element):
            return f"seq[{bound}] of {describe(element)}"
        case TupleType(components):
            return f"tuple({', '.join(map(describe, components))})"
        case _:
            assert_never(of)


def show(of: Type, value: Value) -> str:
    """Render a value for people: `Cpu0`, `none`, `{Cpu0, Cpu1}`, `[Cpu0: 1, Cpu1: 2]`."""
    match of:
        case BoolType():
            return "true" if value else "false"
        case IntType() | EnumType() | SortType():
            return str(value)
        case OptionType(element):
            return "none" if value is None else show(element, value)
        case MapType(key, element):
            assert isinstance(value, tuple)
            pairs = zip(elements(key), value, strict=True)
            return f"[{', '.join(f'{show(key, k)}: {show(element, v)}' for k, v in pairs)}]"
        case SetType(element):
            assert isinstance(value, frozenset)
            ordered = sorted(value, key=lambda part: position(element, part))
            return f"{{{', '.join(show(element, part) for part in ordered)}}}"
        case SeqType(_, element):
            assert isinstance(value, tuple)
            return f"[{', '.join(show(element, part) for part in value)}]"
        case RecordType(name, fields):
            assert isinstance(value, tuple)
            parts = zip(fields, value, strict=True)
            return f"{name}({', '.join(f'{f} = {show(t, v)}' for (f, t), v in parts)})"
        case TupleType(components):
            assert isinstance(value, tuple)
            inner = (show(t, v) for t, v in zip(components, value, strict=True))
            return f"({', '.join(inner)})"
        case _:
            assert_never(of)
