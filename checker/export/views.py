"""Values taken apart: how to ask for the scalars that a composite value is made of.

A view stands for a value that is known only when the other tool runs. It answers questions (the
value at this key, whether that is a member) with scalars and further views, so that a set
comprehension or a sequence with its first element taken off is never built as such: only the
questions that are asked of it are written out.

What a view says about something that is not there (the content of no value, an element beyond the
end) means nothing and must be asked only after it was found to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from checker.export.scalars import (
    Bit,
    Content,
    Flag,
    Key,
    Length,
    Operation,
    Part,
    Refused,
    Relation,
    Slot,
    Truth,
)
from checker.model.sizes import count_up_to
from checker.model.types import (
    BOOL,
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
    cardinality,
    default,
    describe,
    elements,
    position,
)

if TYPE_CHECKING:
    from checker.export.folding import Scalars
    from checker.export.scalars import Formula, Location, Number
    from checker.model.types import Value

MAX_ELEMENTS: Final = 1_024
"""So many keys, members or values are the most that are written out one by one."""


@dataclass(frozen=True, slots=True)
class NumberView:
    """An integer, an enum member or an element of a sort."""

    number: Number


@dataclass(frozen=True, slots=True)
class TruthView:
    """A boolean."""

    formula: Formula


@dataclass(frozen=True, slots=True)
class OptionView:
    """An option: whether it holds a value, and which."""

    present: Formula
    content: View


@dataclass(frozen=True, slots=True)
class ProductView:
    """A record or tuple."""

    parts: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class MapView:
    """A map, asked with a view of a key of its key type."""

    at: Callable[[View], View]


@dataclass(frozen=True, slots=True)
class SetView:
    """A set, asked with any value that may be a member, and its type, which may be wider."""

    has: Callable[[Type, View], Formula]


@dataclass(frozen=True, slots=True)
class SeqView:
    """A sequence, asked with positions."""

    length: Number
    item: Callable[[Number], View]


View: TypeAlias = NumberView | TruthView | OptionView | ProductView | MapView | SetView | SeqView


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar of a composite value: where it belongs, whether it is there, and its value."""

    location: Location
    present: Formula
    value: Number | Formula


def number_of(view: View) -> Number:
    """Return the number that a view is."""
    assert isinstance(view, NumberView), f"not a number: {view}"
    return view.number


def formula_of(view: View) -> Formula:
    """Return the formula that a view is."""
    assert isinstance(view, TruthView), f"not a formula: {view}"
    return view.formula


def parts_of(of: Type) -> tuple[Type, ...]:
    """Return the types of the components of a record or tuple."""
    match of:
        case RecordType(_, fields):
            return tuple(each for _, each in fields)
        case TupleType(components):
            return components
        case _:
            raise AssertionError(f"no components: {of}")


def is_scalar(of: Type) -> bool:
    """Tell whether a value of the type is one number or truth value."""
    return isinstance(of, BoolType | IntType | EnumType | SortType)


@cache
def values_of(of: Type) -> tuple[Value, ...]:
    """Return all values of a type.

    Raises:
        Refused: there are too many.
    """
    if count_up_to(of, MAX_ELEMENTS) > MAX_ELEMENTS:
        raise Refused(
            f"the values of {describe(of)} are more than the {MAX_ELEMENTS:,} that can be written "
            "out one by one"
        )
    return tuple(elements(of))


class Views:
    """Makes views and asks them."""

    def __init__(self, scalars: Scalars) -> None:
        """Make scalars with the given maker."""
        self.scalars = scalars

    # --- values that are known, and values that are stored

    def constant(self, of: Type, value: Value) -> View:
        """Return the view of a known value."""
        s = self.scalars
        match of:
            case BoolType():
                return TruthView(s.truth(bool(value)))
            case IntType():
                assert isinstance(value, int)
                return NumberView(s.number(value))
            case EnumType() | SortType():
                return NumberView(s.number(position(of, value), of))
            case OptionType(element):
                inner = default(element) if value is None else value
                return OptionView(s.truth(value is not None), self.constant(element, inner))
            case RecordType() | TupleType():
                assert isinstance(value, tuple)
                each = zip(parts_of(of), value, strict=True)
                return ProductView(tuple(self.constant(part, inner) for part, inner in each))
            case MapType(key, element):
                assert isinstance(value, tuple)
                return self.table(key, element, [self.constant(element, v) for v in value])
            case SetType(element):
                assert isinstance(value, frozenset)
                return self.set_of(element, [self.constant(element, part) for part in value])
            case SeqType(_, element):
                assert isinstance(value, tuple)
                return self.sequence(element, [self.constant(element, part) for part in value])
            case _:
                assert_never(of)

    def stored(self, location: Location) -> View:
        """Return the view of what is at a location."""
        s = self.scalars
        match location.type:
            case BoolType():
                return TruthView(s.holds(location))
            case IntType() | EnumType() | SortType():
                return NumberView(s.stored(location))
            case OptionType(element):
                present = s.holds(s.within(location, Flag(), BOOL))
                return OptionView(present, self.stored(s.within(location, Content(), element)))
            case RecordType() | TupleType() as of:
                inner = (s.within(location, Part(i), part) for i, part in enumerate(parts_of(of)))
                return ProductView(tuple(map(self.stored, inner)))
            case MapType(key, element):
                return MapView(
                    lambda k: self.stored(s.within(location, Key(self.position(key, k)), element))
                )
            case SetType():
                return SetView(lambda of, member: self._stored_member(location, of, member))
            case SeqType(bound, element):
                length = s.stored(s.within(location, Length(), IntType(0, bound)))
                return SeqView(length, lambda at: self._stored_item(location, at))

    def _stored_member(self, location: Location, of: Type, member: View) -> Formula:
        assert isinstance(location.type, SetType)
        element = location.type.element
        possible = self.fits(element, of, member)
        if isinstance(possible, Truth) and not possible.value:
            return possible
        bit = Bit(self.position(element, member))
        held = self.scalars.holds(self.scalars.within(location, bit, BOOL))
        return self.scalars.all_of((possible, held))

    def _stored_item(self, location: Location, at: Number) -> View:
        assert isinstance(location.type, SeqType)
        bound, element = location.type.bound, location.type.element
        if at.low >= bound or at.high < 0:
            return self.constant(element, default(element))
        return self.stored(self.scalars.within(location, Slot(at), element))

    # --- composite values made of parts

    def table(self, key: Type, element: Type, values: Sequence[View]) -> View:
        """Return the map with these values at the keys in order."""
        return MapView(lambda k: self._picked(element, self.position(key, k), values))

    def sequence(self, element: Type, values: Sequence[View]) -> View:
        """Return the sequence of these values."""
        length = self.scalars.number(len(values))
        padded = values or [self.constant(element, default(element))]
        return SeqView(length, lambda at: self._picked(element, at, padded))

    def set_of(self, element: Type, values: Sequence[View]) -> View:
        """Return the set of these values, which are of the type `element`."""
        return SetView(
            lambda of, member: self.scalars.any_of(
                self.equal(of, member, element, value) for value in values
            )
        )

    def _picked(self, of: Type, at: Number, values: Sequence[View]) -> View:
        """Return the value at a position, of which at least one is possible."""
        low, high = max(at.low, 0), min(at.high, len(values) - 1)
        if low > high:
            return values[0]
        result = values[high]
        for i in range(high - 1, low - 1, -1):
            here = self.scalars.equal(at, self.scalars.number(i))
            result = self.either(of, here, values[i], result)
        return result

    def updated(self, of: MapType, whole: View, key: View, value: View) -> View:
        """Return a map with another value at one key."""
        assert isinstance(whole, MapView)
        return MapView(
            lambda k: self.either(of.value, self.equal(of.key, k, of.key, key), value, whole.at(k))
        )

    # --- choosing and comparing

    def either(self, of: Type, condition: Formula, one: View, other: View) -> View:
        """Return one of two views of a type."""
        s = self.scalars
        if isinstance(condition, Truth):
            return one if condition.value else other
        if one is other:
            return one
        match one, other:
            case TruthView(a), TruthView(b):
                return TruthView(s.either(condition, a, b))
            case NumberView(m), NumberView(n):
                return NumberView(s.choice(condition, m, n))
            case SeqView(), SeqView():
                return self._either_sequence(of, condition, one, other)
            case OptionView(a, x), OptionView(b, y):
                assert isinstance(of, OptionType)
                content = self._content(of.element, condition, (a, x), (b, y))
                return OptionView(s.either(condition, a, b), content)
            case ProductView(xs), ProductView(ys):
                each = zip(parts_of(of), xs, ys, strict=True)
                return ProductView(tuple(self.either(t, condition, x, y) for t, x, y in each))
            case MapView(f), MapView(g):
                assert isinstance(of, MapType)
                inner = of.value
                return MapView(lambda k: self.either(inner, condition, f(k), g(k)))
            case SetView(p), SetView(q):
                return SetView(lambda t, member: s.either(condition, p(t, member), q(t, member)))
            case _:
                raise AssertionError(f"views of different shape: {one}, {other}")

    def _either_sequence(
        self, of: Type, condition: Formula, one: SeqView, other: SeqView
    ) -> SeqView:
        assert isinstance(of, SeqType)
        element = of.element
        return SeqView(
            self.scalars.choice(condition, one.length, other.length),
            lambda at: self.either(element, condition, one.item(at), other.item(at)),
        )

    def _content(
        self,
        of: Type,
        condition: Formula,
        one: tuple[Formula, View],
        other: tuple[Formula, View],
    ) -> View:
        """Return the content of one of two options; that of none does not matter."""
        if one[0] is self.scalars.false:
            return other[1]
        if other[0] is self.scalars.false:
            return one[1]
        return self.either(of, condition, one[1], other[1])

    def equal(self, of_one: Type, one: View, of_other: Type, other: View) -> Formula:
        """Return whether two values are equal, whose types may differ in bounds."""
        s = self.scalars
        match one, other:
            case TruthView(a), TruthView(b):
                return s.same(a, b)
            case NumberView(m), NumberView(n):
                return s.equal(m, n)
            case OptionView(a, x), OptionView(b, y):
                assert isinstance(of_one, OptionType)
                assert isinstance(of_other, OptionType)
                inner = self.equal(of_one.element, x, of_other.element, y)
                return s.any_of(
                    (
                        s.all_of((a, b, inner)),
                        s.all_of((s.negate(a), s.negate(b))),
                    )
                )
            case ProductView(xs), ProductView(ys):
                each = zip(parts_of(of_one), xs, parts_of(of_other), ys, strict=True)
                return s.all_of(self.equal(*pair) for pair in each)
            case MapView(f), MapView(g):
                assert isinstance(of_one, MapType)
                assert isinstance(of_other, MapType)
                keys = [self.constant(of_one.key, value) for value in values_of(of_one.key)]
                return s.all_of(
                    self.equal(of_one.value, f(key), of_other.value, g(key)) for key in keys
                )
            case SetView(p), SetView(q):
                return s.all_of(
                    s.same(p(t, m), q(t, m)) for t, m in self.universe(of_one, of_other)
                )
            case SeqView(m, f), SeqView(n, g):
                return self._equal_sequences((of_one, m, f), (of_other, n, g))
            case _:
                raise AssertionError(f"views of different shape: {one}, {other}")

    def universe(self, *sets: Type) -> list[tuple[Type, View]]:
        """Return every value that may be in one of several sets, with its type."""
        values: dict[Value, Type] = {}
        for of in sets:
            assert isinstance(of, SetType)
            for value in values_of(of.element):
                values.setdefault(value, of.element)
        return [(of, self.constant(of, value)) for value, of in values.items()]

    def _equal_sequences(
        self,
        one: tuple[Type, Number, Callable[[Number], View]],
        other: tuple[Type, Number, Callable[[Number], View]],
    ) -> Formula:
        s = self.scalars
        (of_one, m, f), (of_other, n, g) = one, other
        assert isinstance(of_one, SeqType)
        assert isinstance(of_other, SeqType)
        conditions = [s.equal(m, n)]
        for i in range(min(of_one.bound, of_other.bound, m.high, n.high)):
            at = s.number(i)
            inner = self.equal(of_one.element, f(at), of_other.element, g(at))
            conditions.append(s.implies(s.compare(Relation.LT, at, m), inner))
        return s.all_of(conditions)

    # --- positions

    def position(self, of: Type, view: View) -> Number:
        """Return a number that tells the values of a type apart, from 0, without gaps.

        For sets and sequences it is not their place in canonical order; any will do, since all
        that a position is good for is to select within something stored.
        """
        s = self.scalars
        match of:
            case BoolType():
                return s.one_if(formula_of(view))
            case IntType(low, high):
                number = s.arithmetic(Operation.SUB, number_of(view), s.number(low))
                return s.narrowed(number, 0, high - low)
            case EnumType() | SortType():
                return number_of(view)
            case OptionType(element):
                assert isinstance(view, OptionView)
                inner = self.position(element, view.content)
                beyond = s.arithmetic(Operation.ADD, inner, s.number(1))
                return s.choice(view.present, beyond, s.number(0))
            case RecordType() | TupleType():
                assert isinstance(view, ProductView)
                return self._mixed(parts_of(of), view.parts)
            case MapType(key, element):
                assert isinstance(view, MapView)
                each = [view.at(self.constant(key, value)) for value in values_of(key)]
                return self._mixed([element] * len(each), each)
            case SetType(element):
                assert isinstance(view, SetView)
                bits = [TruthView(view.has(t, m)) for t, m in self.universe(of)]
                return self._mixed([BOOL] * len(bits), bits)
            case SeqType(bound, element):
                return self._sequence_position(bound, element, view)
            case _:
                assert_never(of)

    def _mixed(self, components: Sequence[Type], parts: Sequence[View]) -> Number:
        s = self.scalars
        result = s.number(0)
        for component, part in zip(components, parts, strict=True):
            scaled = s.arithmetic(Operation.MUL, result, s.number(cardinality(component)))
            result = s.arithmetic(Operation.ADD, scaled, self.position(component, part))
        return result

    def _sequence_position(self, bound: int, element: Type, view: View) -> Number:
        """Shorter sequences come first, then the order is lexicographic."""
        s = self.scalars
        assert isinstance(view, SeqView)
        offset, result = 0, s.number(0)
        for length in range(bound + 1):
            inside = self._mixed(
                [element] * length, [view.item(s.number(i)) for i in range(length)]
            )
            here = s.arithmetic(Operation.ADD, inside, s.number(offset))
            result = s.choice(s.equal(view.length, s.number(length)), here, result)
            offset += cardinality(element) ** length
        return result

    def fits(self, of: Type, source: Type, view: View) -> Formula:
        """Return whether a value of a type with maybe wider bounds, `source`, is one of `of`."""
        s = self.scalars
        if of == source or isinstance(of, BoolType | EnumType | SortType):
            return s.true
        match of, source, view:
            case IntType(low, high), _, NumberView(number):
                above = s.compare(Relation.LE, s.number(low), number)
                return s.all_of((above, s.compare(Relation.LE, number, s.number(high))))
            case OptionType(element), OptionType(wider), OptionView(present, content):
                return s.implies(present, self.fits(element, wider, content))
            case RecordType() | TupleType(), _, ProductView(parts):
                each = zip(parts_of(of), parts_of(source), parts, strict=True)
                return s.all_of(self.fits(*part) for part in each)
            case MapType(key, element), MapType(_, wider), MapView(at):
                keys = (self.constant(key, value) for value in values_of(key))
                return s.all_of(self.fits(element, wider, at(k)) for k in keys)
            case SetType(element), SetType(), SetView(has):
                return s.all_of(
                    s.implies(has(t, member), self.fits(element, t, member))
                    for t, member in self.universe(source)
                )
            case SeqType(bound, element), SeqType(_, wider), SeqView(length, item):
                conditions = [s.compare(Relation.LE, length, s.number(bound))]
                for i in range(min(bound, length.high)):
                    is_there = s.compare(Relation.LT, s.number(i), length)
                    inner = self.fits(element, wider, item(s.number(i)))
                    conditions.append(s.implies(is_there, inner))
                return s.all_of(conditions)
            case _:
                raise AssertionError(f"{describe(source)} can never be a {describe(of)}")

    # --- leaves

    def leaves(self, location: Location, view: View, present: Formula) -> Iterator[Leaf]:
        """Yield every scalar of a value that is to be stored at a location, if it is there."""
        s = self.scalars
        match view:
            case TruthView(formula):
                yield Leaf(location, present, formula)
            case NumberView(number):
                yield Leaf(location, present, number)
            case OptionView(is_there, content):
                assert isinstance(location.type, OptionType)
                element = location.type.element
                if not is_scalar(element):
                    flag = s.within(location, Flag(), BOOL)
                    yield Leaf(flag, present, is_there)
                inside = s.within(location, Content(), element)
                yield from self.leaves(inside, content, s.all_of((present, is_there)))
            case ProductView(parts):
                each = zip(parts_of(location.type), parts, strict=True)
                for i, (of, part) in enumerate(each):
                    yield from self.leaves(s.within(location, Part(i), of), part, present)
            case MapView(at):
                assert isinstance(location.type, MapType)
                of = location.type
                for value in values_of(of.key):
                    key = self.constant(of.key, value)
                    place = s.within(location, Key(self.position(of.key, key)), of.value)
                    yield from self.leaves(place, at(key), present)
            case SetView(has):
                assert isinstance(location.type, SetType)
                for of, member in self.universe(location.type):
                    place = s.within(location, Bit(self.position(of, member)), BOOL)
                    yield Leaf(place, present, has(of, member))
            case SeqView(length, item):
                yield from self._sequence_leaves(location, length, item, present)
            case _:
                assert_never(view)

    def _sequence_leaves(
        self,
        location: Location,
        length: Number,
        item: Callable[[Number], View],
        present: Formula,
    ) -> Iterator[Leaf]:
        s = self.scalars
        assert isinstance(location.type, SeqType)
        bound, element = location.type.bound, location.type.element
        yield Leaf(s.within(location, Length(), IntType(0, bound)), present, length)
        for i in range(bound):
            at = s.number(i)
            is_there = s.all_of((present, s.compare(Relation.LT, at, length)))
            place = s.within(location, Slot(at), element)
            yield from self.leaves(place, item(at), is_there)
