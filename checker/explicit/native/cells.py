"""Where codes lie: in a register, in the one word of a narrow state, or in an array of words.

A field of a wide state is read from the words that hold it, never from the whole state, so that the
price of an access does not depend on the width of the state. A field at a known offset takes the
words that it touches; one at a computed offset takes one word if no element can straddle two, else
as many as it could. Reading may then touch words behind the state: arrays of states have `SPARE`
words at their end.

A `Located` value has not been read yet. It is, as soon as a number is needed; but an element of it
can be located further without reading the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from checker.explicit.layout import width
from checker.explicit.native.assembly import WORD, Number, known, words
from checker.model.types import BoolType, IntType

if TYPE_CHECKING:
    from checker.explicit.native.assembly import Function
    from checker.model.types import Type

SPARE: Final = 64
"""Words that arrays of states have behind the last one; wider elements are not located."""


@dataclass(frozen=True, slots=True)
class Register:
    """A code in a register."""

    number: Number


@dataclass(frozen=True, slots=True)
class Cell:
    """A state of one word in memory."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Words:
    """A state of many words; `slot` holds its address."""

    slot: str


Memory: TypeAlias = Register | Cell | Words


@dataclass(frozen=True, slots=True)
class Located:
    """A value of a type somewhere in memory.

    Attributes:
        offset: its first bit.
        straddles: whether it may lie across words, where the offset is not known.
    """

    memory: Memory
    offset: Number
    type: Type
    straddles: bool = True

    def inner(
        self, code: Function, offset: Number, of: Type, *, stride: int = 0, count: int = 0
    ) -> Located:
        """Return a part of the value.

        Args:
            stride: distance of the `count` elements of which one is meant, where the offset is not
                known.
        """
        at = code.add(self.offset, offset)
        straddles = self._may_straddle(offset, of, stride=stride, count=count)
        return Located(self.memory, at, of, straddles)

    def _may_straddle(self, offset: Number, of: Type, *, stride: int, count: int) -> bool:
        if self.offset.known is None:
            # What lies in one word has all its parts there.
            return self.straddles
        size = width(of)
        if offset.known is not None or not stride or size > WORD:
            return True
        starts = (self.offset.known + k * stride for k in range(min(count, WORD)))
        return any(start % WORD + size > WORD for start in starts)


def number_width(of: IntType) -> int:
    """Return the width in which an integer of the type is computed."""
    need = max((of.high if of.high >= 0 else ~of.high), (of.low if of.low >= 0 else ~of.low))
    return WORD * words(need.bit_length() + 1)


def register_width(of: Type) -> int:
    """Return the width of a register for a value of the type."""
    match of:
        case BoolType():
            return 1
        case IntType():
            return number_width(of)
        case _:
            return code_width(of)


def code_width(of: Type) -> int:
    """Return the width of a register for a code of the type."""
    return WORD * words(width(of))


def number_of(code: Function, stored: Number, of: Type) -> Number:
    """Return the value that a code stands for: an integer itself, a truth value, else the code."""
    match of:
        case BoolType():
            return code.resize(stored, 1, is_signed=False)
        case IntType(low):
            wide = code.resize(stored, number_width(of), is_signed=False)
            return code.add(wide, low)
        case _:
            return stored


def code_of(code: Function, number: Number, of: Type) -> Number:
    """Return the code of a value; the inverse of `number_of`."""
    match of:
        case BoolType():
            return code.resize(number, WORD, is_signed=False)
        case IntType(low):
            return code.resize(code.sub(number, low), code_width(of), is_signed=True)
        case _:
            return number


# --- reading --------------------------------------------------------------------------------------


def fetch(code: Function, place: Located) -> Number:
    """Return the code that lies at a place."""
    return read(code, place.memory, place.offset, width(place.type), straddles=place.straddles)


def read(
    code: Function, memory: Memory, offset: Number, size: int, *, straddles: bool = True
) -> Number:
    """Return `size` bits from bit `offset`, in as many words as they need."""
    if size == 0:
        return known(0)
    match memory:
        case Register(number):
            return _cut(code, number, offset, size)
        case Cell(pointer):
            return _cut(code, code.load(pointer), offset, size)
        case Words():
            pointer, within, span = _window(code, memory, offset, size, straddles=straddles)
            return _cut(code, code.load(pointer, WORD * span), within, size)
        case _:
            assert_never(memory)


def _cut(code: Function, whole: Number, offset: Number, size: int) -> Number:
    shifted = code.shr(whole, offset)
    fitting = code.resize(shifted, WORD * words(size), is_signed=False)
    if offset.known is not None and offset.known + size >= whole.width:
        return fitting
    if size == fitting.width:
        return fitting
    return code.conj(fitting, (1 << size) - 1)


def _window(
    code: Function, memory: Words, offset: Number, size: int, *, straddles: bool
) -> tuple[str, Number, int]:
    """Return the address of the words that hold a field, the offset in them, and their number."""
    base = code.let(f"load ptr, ptr {memory.slot}, align 8")
    if offset.known is not None:
        first, last = offset.known // WORD, (offset.known + size - 1) // WORD
        return code.at(base, known(first)), known(offset.known % WORD), last - first + 1
    span = (size + WORD - 2) // WORD + 1 if straddles else 1
    assert span <= SPARE, "so wide an element is not read at a computed offset"
    return code.at(base, code.shr(offset, 6)), code.conj(offset, WORD - 1), span


# --- writing --------------------------------------------------------------------------------------


def write(code: Function, place: Located, value: Number) -> None:
    """Replace the code at a place in memory."""
    size = width(place.type)
    if size == 0:
        return
    match place.memory:
        case Cell(pointer):
            _merge(code, pointer, place.offset, size=size, value=value, span=1)
        case Words() as memory:
            window = _window(code, memory, place.offset, size, straddles=place.straddles)
            pointer, within, span = window
            _merge(code, pointer, within, size=size, value=value, span=span)
        case Register():
            raise AssertionError("a register is not written to")
        case _:
            assert_never(place.memory)


def _merge(
    code: Function, pointer: str, offset: Number, *, size: int, value: Number, span: int
) -> None:
    width_ = WORD * span
    wide = code.resize(value, width_, is_signed=False)
    if size == width_:
        code.store(wide, pointer)
        return
    hole = code.flip(code.shl(known((1 << size) - 1, width_), offset))
    rest = code.conj(code.load(pointer, width_), hole)
    code.store(code.disj(rest, code.shl(wide, offset)), pointer)
