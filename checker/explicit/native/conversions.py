"""Values of one type as values of another, where the types differ in bounds at most; positions.

`adapted` is for a value that is known to belong to the target, `converted` checks, and `belonging`
converts without reducing integers that wrap: it fails exactly if the target has no such value.

Agrees with: checker.explicit.python.conversions (tests/agreement/test_native.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from checker.explicit.layout import (
    codes,
    components,
    is_dense,
    is_scalar,
    length_width,
    positions,
    width,
)
from checker.explicit.native.assembly import WORD, Number, known
from checker.explicit.native.cells import code_of, code_width, number_of, number_width
from checker.explicit.native.values import MAX_WIDTH, Unsupported
from checker.explicit.python.conversions import conversion, identity
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
)

if TYPE_CHECKING:
    from checker.explicit.native.terms import Terms
    from checker.model.types import Type

MAX_TABLE: Final = 1 << 16
"""Tables of codes and positions are no longer than this."""

MAX_PARTS: Final = 256
"""Conversions of maps and sequences longer than this are left to Python."""


def adapted(terms: Terms, number: Number, source: Type, target: Type) -> Number:
    """Return a value as one of a type that it belongs to."""
    return converted(terms, number, source, target, None)


def converted(terms: Terms, number: Number, source: Type, target: Type, fail: str | None) -> Number:
    """Return a value as one of another type; go to `fail` if it does not fit, None for never."""
    return _Converter(terms, fail, reduces=True).value(number, source, target)


def belonging(terms: Terms, number: Number, source: Type, target: Type, fail: str) -> Number:
    """Return a value as one of another type; go to `fail` if it is none of that type."""
    return _Converter(terms, fail, reduces=False).value(number, source, target)


class _Converter:
    def __init__(self, terms: Terms, fail: str | None, *, reduces: bool) -> None:
        self.terms = terms
        self.code = terms.code
        self.fail = fail
        self.reduces = reduces

    def value(self, number: Number, source: Type, target: Type) -> Number:
        if isinstance(source, IntType) and isinstance(target, IntType):
            return self._integer(number, source, target)
        if source == target or (self.reduces and conversion(source, target) is identity):
            return self.code.resize(number, _width(target), is_signed=False)
        return self._composite(number, source, target)

    def stored(self, code: Number, source: Type, target: Type) -> Number:
        """Convert a code to a code."""
        number = self.value(number_of(self.code, code, source), source, target)
        return code_of(self.code, number, target)

    def _composite(self, number: Number, source: Type, target: Type) -> Number:
        match source, target:
            case OptionType(), OptionType():
                return self._option(number, source, target)
            case MapType(key, a), MapType(_, b):
                count = cardinality(key)
                return self._parts(number, (a,) * count, (b,) * count, target)
            case RecordType() | TupleType(), RecordType() | TupleType():
                return self._parts(number, components(source), components(target), target)
            case SetType(a), SetType(b):
                return self._members(number, a, b)
            case SeqType(), SeqType():
                return self._sequence(number, source, target)
            case _:
                raise AssertionError(f"no conversion from {source} to {target}")

    def _require(self, test: Number) -> None:
        if self.fail is not None:
            self.code.fail_unless(test, self.fail)

    def _integer(self, number: Number, source: IntType, target: IntType) -> Number:
        fits = target.low <= source.low and source.high <= target.high
        if not fits and target.wraps and self.reduces:
            modulus = known(target.high + 1, max(number.width, number_width(target)))
            wide = self.code.resize(number, modulus.width, is_signed=True)
            number = self.terms.division(wide, modulus, natural=source.low >= 0)[1]
        elif not fits:
            if source.low < target.low:
                self._require(self.code.test("sle", known(target.low, number.width), number))
            if source.high > target.high:
                self._require(self.code.test("sle", number, target.high))
        return self.code.resize(number, number_width(target), is_signed=True)

    def _option(self, number: Number, source: OptionType, target: OptionType) -> Number:
        def some() -> Number:
            inner = self.terms.payload(number, source)
            return self.terms.wrapped(self.stored(inner, source.element, target.element), target)

        is_none = self.code.test("eq", number, 0)
        return self.code.conditional(is_none, lambda: known(0, code_width(target)), some)

    def _parts(
        self, number: Number, sources: tuple[Type, ...], targets: tuple[Type, ...], of: Type
    ) -> Number:
        if len(sources) > MAX_PARTS or width(of) > MAX_WIDTH:
            raise Unsupported(f"a value of {len(sources)} parts is converted")
        result, at, to = known(0, code_width(of)), 0, 0
        for source, target in zip(sources, targets, strict=True):
            part = self.stored(self._slice(number, known(at), source), source, target)
            result = self._with(result, part, known(to))
            at += width(source)
            to += width(target)
        return result

    def _slice(self, number: Number, offset: Number, of: Type) -> Number:
        shifted = self.code.resize(self.code.shr(number, offset), code_width(of), is_signed=False)
        return self.code.conj(shifted, (1 << width(of)) - 1)

    def _with(self, whole: Number, part: Number, offset: Number) -> Number:
        wide = self.code.resize(part, whole.width, is_signed=False)
        return self.code.disj(whole, self.code.shl(wide, offset))

    def _sequence(self, number: Number, source: SeqType, target: SeqType) -> Number:
        head, size = length_width(source), width(source.element)
        to, new = length_width(target), width(target.element)
        length = self.code.conj(number, (1 << head) - 1)
        if source.bound > target.bound:
            self._require(self.code.test("ule", length, target.bound))
        count = min(source.bound, target.bound)
        if count > MAX_PARTS:
            raise Unsupported(f"a sequence of {count} elements is converted")
        result = self.code.resize(length, code_width(target), is_signed=False)

        def nothing() -> Number:
            return known(0, code_width(target.element))

        for at in range(count):

            def element(at: int = at) -> Number:
                inner = self._slice(number, known(head + at * size), source.element)
                return self.stored(inner, source.element, target.element)

            exists = self.code.test("ult", known(at, length.width), length)
            part = self.code.conditional(exists, element, nothing)
            result = self._with(result, part, known(to + at * new))
        return result

    def _members(self, number: Number, source: Type, target: Type) -> Number:
        """Convert a set: as a whole if its members only move, else member by member."""
        count = cardinality(source)
        if isinstance(source, IntType) and isinstance(target, IntType):
            fits = target.low <= source.low and source.high <= target.high
            if fits or not (target.wraps and self.reduces):
                return self._moved(number, source.low - target.low, SetType(target))
        if count > MAX_PARTS:
            raise Unsupported(f"a set of {count} possible members is converted")
        of = SetType(target)
        result = known(0, code_width(of))
        bit = known(1, result.width)
        for at, stored in enumerate(codes(source)):

            def member(stored: int = stored) -> Number:
                inner = known(stored, code_width(source))
                place = position(self.terms, self.stored(inner, source, target), target)
                return self.code.shl(bit, place)

            has = self.code.resize(self.code.shr(number, at), 1, is_signed=False)
            more = self.code.conditional(has, member, lambda: known(0, bit.width))
            result = self.code.disj(result, more)
        return result

    def _moved(self, number: Number, by: int, target: SetType) -> Number:
        size, wide = width(target), code_width(target)
        most = max(wide, number.width + WORD * (by > 0))
        if by < 0:
            lost = self.code.conj(number, (1 << -by) - 1)
            self._require(self.code.test("eq", lost, 0))
            moved = self.code.shr(number, -by)
        else:
            moved = self.code.shl(self.code.resize(number, most, is_signed=False), by)
        if moved.width > size:
            self._require(self.code.test("eq", self.code.shr(moved, size), 0))
        return self.code.resize(moved, wide, is_signed=False)


def _width(of: Type) -> int:
    return 1 if isinstance(of, BoolType) else code_width(of)


# --- positions ------------------------------------------------------------------------------------


def position(terms: Terms, stored: Number, of: Type) -> Number:
    """Return the position among all values of the type of the one with the given code."""
    if is_dense(of):
        return stored
    if stored.known is not None:
        return known(_position_of(stored.known, of))
    match of:
        case RecordType() | TupleType():
            return _mixed(terms, stored, components(of))
        case MapType(key, value) if cardinality(key) <= MAX_PARTS:
            return _mixed(terms, stored, (value,) * cardinality(key))
        case OptionType(element):
            assert not is_scalar(element)
            inner = position(terms, terms.payload(stored, of), element)
            is_none = terms.code.test("eq", stored, 0)
            return terms.code.select(is_none, known(0), terms.code.add(inner, 1))
        case MapType() | SetType() | SeqType():
            return _looked_up(terms, stored, of)
        case BoolType() | IntType() | EnumType() | SortType():
            raise AssertionError(f"{of} is dense")
        case _:
            assert_never(of)


def _position_of(code: int, of: Type) -> int:
    """Return the position of a known code; any, if it is none, since that is never reached."""
    try:
        return positions(of)[code]
    except LookupError:
        return 0


def _mixed(terms: Terms, stored: Number, types: tuple[Type, ...]) -> Number:
    code = terms.code
    result, at = known(0), 0
    for of in types:
        shifted = code.resize(code.shr(stored, at), code_width(of), is_signed=False)
        part = position(terms, code.conj(shifted, (1 << width(of)) - 1), of)
        result = code.add(code.mul(result, cardinality(of)), part)
        at += width(of)
    return result


def _looked_up(terms: Terms, stored: Number, of: Type) -> Number:
    if 1 << width(of) > MAX_TABLE:
        raise Unsupported(f"values of {width(of)} bits are members of sets or keys of maps")
    known_positions = positions(of)
    table = [0] * (1 << width(of))
    for stored_code in codes(of):
        table[stored_code] = known_positions[stored_code]
    return terms.unit.look_up(terms.code, table, stored)


def code_at(terms: Terms, at: Number, of: Type) -> Number:
    """Return the code of the value at a position; the inverse of `position`."""
    wide = code_width(of)
    if is_dense(of):
        return terms.code.resize(at, wide, is_signed=False)
    if at.known is not None and 0 <= at.known < cardinality(of):
        return known(codes(of)[at.known], wide)
    if cardinality(of) > MAX_TABLE or wide > WORD:
        raise Unsupported(f"{cardinality(of)} values are tried in a loop")
    return terms.unit.look_up(terms.code, codes(of), at)
