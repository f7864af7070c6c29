"""The layout of a state in one integer.

Every type has a width in bits, and each of its values is an unsigned number of that width, its
*code*:

    bool, lo..hi, enum, sort   the position among the values of the type (an integer minus `lo`)
    T? of one of those         0 for none, else 1 + code
    T? of a composite          0 for none, else 1 + 2 * code: a flag in the lowest bit
    [K] V                      the codes of the values side by side, the first key's lowest
    record, tuple              the codes of the components side by side, the first lowest
    set of T                   one bit for each value of T, by position in canonical order
    seq[n] of T                the length, then n slots, the unused ones 0

Codes are canonical: two values of a type are equal exactly if their codes are. So a state needs
no comparison deeper than that of two integers, and a field can be compared where it lies.

A state is the codes of its variables side by side. Those that hold control points come first: they
are tested most, and a mask of the lowest bits is the cheapest one. The others follow by width, so
that small ones stay within the lowest digits of a long integer.

Where an element or key type is itself composite, its positions (in sets and maps) and its codes are
different numbers, related by the tables `codes` and `positions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, assert_never

from checker.model.ir import Role
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
    cardinality,
    default,
    elements,
    position,
)

if TYPE_CHECKING:
    from checker.model.ir import Variable
    from checker.model.system import State, System
    from checker.model.types import Type, Value


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value lies: `width` bits from bit `offset`."""

    offset: int
    width: int

    @property
    def mask(self) -> int:
        """The bits of the slot, in place."""
        return ((1 << self.width) - 1) << self.offset


def is_scalar(of: Type) -> bool:
    """Tell whether an option of the type needs no flag of its own."""
    return isinstance(of, BoolType | IntType | EnumType | SortType)


def is_dense(of: Type) -> bool:
    """Tell whether codes are positions in canonical order."""
    return is_scalar(of) or (isinstance(of, OptionType) and is_scalar(of.element))


@cache
def width(of: Type) -> int:
    """Return the number of bits of a code."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            return (cardinality(of) - 1).bit_length()
        case OptionType(element):
            return cardinality(element).bit_length() if is_scalar(element) else 1 + width(element)
        case MapType(key, value):
            return cardinality(key) * width(value)
        case SetType(element):
            return cardinality(element)
        case SeqType(bound, element):
            return length_width(of) + bound * width(element)
        case RecordType() | TupleType():
            return sum(width(part) for part in components(of))
        case _:
            assert_never(of)


def length_width(of: SeqType) -> int:
    """Return the width of the length of a sequence."""
    return of.bound.bit_length()


def components(of: RecordType | TupleType) -> tuple[Type, ...]:
    """Return the types of the parts, in order."""
    match of:
        case RecordType(_, fields):
            return tuple(part for _, part in fields)
        case TupleType(parts):
            return parts


@cache
def offsets(of: RecordType | TupleType) -> tuple[int, ...]:
    """Return where each part begins within the code."""
    found = []
    at = 0
    for part in components(of):
        found.append(at)
        at += width(part)
    return tuple(found)


# --- values and codes -----------------------------------------------------------------------------


def encode(of: Type, value: Value) -> int:
    """Return the code of a value of the type."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            return position(of, value)
        case OptionType(element):
            if value is None:
                return 0
            inner = encode(element, value)
            return 1 + inner if is_scalar(element) else 1 | inner << 1
        case MapType(_, element):
            return _side_by_side(((element, part) for part in _parts(value)), 0)
        case SetType(element):
            assert isinstance(value, frozenset)
            places = positions(element)
            return sum(1 << places[encode(element, part)] for part in value)
        case SeqType(_, element):
            parts = _parts(value)
            slots = _side_by_side(((element, part) for part in parts), 0)
            return len(parts) | slots << length_width(of)
        case RecordType() | TupleType():
            return _side_by_side(zip(components(of), _parts(value), strict=True), 0)
        case _:
            assert_never(of)


def _side_by_side(parts: Iterable[tuple[Type, Value]], at: int) -> int:
    result = 0
    for of, value in parts:
        result |= encode(of, value) << at
        at += width(of)
    return result


def _parts(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, tuple)
    return value


def decode(of: Type, code: int) -> Value:
    """Return the value of a code; the inverse of `encode`."""
    match of:
        case BoolType():
            return bool(code)
        case IntType(low, _):
            return low + code
        case EnumType(_, members):
            return members[code]
        case SortType(name, _):
            return f"{name}{code}"
        case OptionType(element):
            if code == 0:
                return None
            return decode(element, code - 1 if is_scalar(element) else code >> 1)
        case MapType(key, element):
            return _apart((element,) * cardinality(key), code)
        case SetType(element):
            inner = codes(element)
            return frozenset(decode(element, inner[at]) for at in ones(code))
        case SeqType(_, element):
            size = length_width(of)
            return _apart((element,) * (code & ((1 << size) - 1)), code >> size)
        case RecordType() | TupleType():
            return _apart(components(of), code)
        case _:
            assert_never(of)


def _apart(types: tuple[Type, ...], code: int) -> tuple[Value, ...]:
    found = []
    for of in types:
        size = width(of)
        found.append(decode(of, code & ((1 << size) - 1)))
        code >>= size
    return tuple(found)


def ones(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@cache
def codes(of: Type) -> Sequence[int]:
    """Return the codes of all values of the type, by position."""
    if is_dense(of):
        return range(cardinality(of))
    return tuple(encode(of, value) for value in elements(of))


@cache
def positions(of: Type) -> Mapping[int, int] | Sequence[int]:
    """Return the position of every code of the type; the inverse of `codes`."""
    if is_dense(of):
        return range(cardinality(of))
    return {code: at for at, code in enumerate(codes(of))}


# --- states ---------------------------------------------------------------------------------------


class Layout:
    """Where each variable of a system lies, and the way between states and integers.

    Attributes:
        slots: the place of every variable.
        bits: the width of a state.
    """

    def __init__(self, system: System) -> None:
        """Lay out the variables of a system."""
        self.variables = system.variables
        self.slots: dict[Variable, Slot] = {}
        at = 0
        for variable in sorted(system.variables, key=_closeness):
            self.slots[variable] = Slot(at, width(variable.type))
            at += width(variable.type)
        self.bits = at

    @property
    def mask(self) -> int:
        """The bits of a state."""
        return (1 << self.bits) - 1

    def encode(self, state: State) -> int:
        """Return a state as one integer."""
        return sum(
            encode(variable.type, value) << self.slots[variable].offset
            for variable, value in zip(self.variables, state, strict=True)
        )

    def decode(self, packed: int) -> State:
        """Return the state that an integer stands for; the inverse of `encode`."""
        return tuple(
            decode(variable.type, packed >> slot.offset & ((1 << slot.width) - 1))
            for variable in self.variables
            for slot in (self.slots[variable],)
        )

    def default(self) -> int:
        """Return the state from which `init` starts: every variable at its type's default."""
        return self.encode(tuple(default(variable.type) for variable in self.variables))


def _closeness(variable: Variable) -> tuple[bool, int]:
    return variable.role is not Role.CONTROL, width(variable.type)
