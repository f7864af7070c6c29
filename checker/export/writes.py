"""What a step writes, scalar by scalar, in an order in which nothing is overwritten too early.

All that a path writes is given in terms of the state before the step, so that the writes take
place at once. Targets that assign one after the other need an order in which nothing is written
that is still to be read; where there is none, as in an exchange, values are saved first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from checker.export.scalars import (
    Bit,
    Content,
    Flag,
    Holds,
    Key,
    Length,
    Location,
    Narrowed,
    Relation,
    Slot,
    Stored,
    Symbol,
    TruthSymbol,
    indices,
    is_number,
    locations_read,
    named_type,
)
from checker.export.views import is_scalar
from checker.model.types import BOOL, IntType, OptionType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.export.folding import Scalars
    from checker.export.paths import Write
    from checker.export.scalars import Formula, Number, Scalar, Selector
    from checker.export.views import Views


_S = TypeVar("_S", bound="Scalar")


@dataclass(frozen=True, slots=True)
class Store:
    """One scalar to be stored: a value, or that there is none, if `when` holds."""

    location: Location
    present: Formula
    value: Number | Formula
    when: Formula


@dataclass(frozen=True, slots=True)
class Save:
    """A value to be kept, under the symbol's name, until the step is over."""

    symbol: Symbol | TruthSymbol
    value: Scalar


@dataclass(frozen=True, slots=True)
class Schedule:
    """What to save first, and what to store then, in this order."""

    saves: tuple[Save, ...]
    stores: tuple[Store, ...]


# --- from writes to scalars -----------------------------------------------------------------------


def stores_of(views: Views, writes: Sequence[Write]) -> tuple[Store, ...]:
    """Return the scalars that are written, without those that stay what they are."""
    s = views.scalars
    found: list[Store] = []
    for write in writes:
        for leaf in views.leaves(write.location, write.view, s.true):
            store = Store(leaf.location, leaf.present, leaf.value, write.when)
            if _changes_nothing(s, store, found):
                continue
            if store.when is s.true:
                found = [each for each in found if each.location is not store.location]
            found.append(store)
    return tuple(found)


def _changes_nothing(s: Scalars, store: Store, before: list[Store]) -> bool:
    if any(may_meet(cell(s, each.location), cell(s, store.location)) for each in before):
        return False
    value = store.value.number if isinstance(store.value, Narrowed) else store.value
    return (
        isinstance(value, Holds | Stored)
        and value.location is store.location
        and store.present is presence(s, store.location)
    )


def presence(s: Scalars, location: Location) -> Formula:
    """Return the condition under which there is something at a location in the present state."""
    here = s.location(location.variable)
    conditions: list[Formula] = []
    for selector, of in zip(location.selectors, location.types[1:], strict=True):
        if isinstance(selector, Content):
            conditions.append(s.holds(s.within(here, Flag(), BOOL)))
        if isinstance(selector, Slot):
            bound = getattr(here.type, "bound", 0)
            length = s.stored(s.within(here, Length(), IntType(0, bound)))
            conditions.append(s.compare(Relation.LT, selector.index, length))
        here = s.within(here, selector, of)
    return s.all_of(conditions)


# --- which places may be one ----------------------------------------------------------------------


def cell(s: Scalars, location: Location) -> Location:
    """Return the place as it is stored: the flag and the content of a small option are one."""
    if location.selectors and isinstance(location.selectors[-1], Flag | Content):
        above = location.types[-2]
        if isinstance(above, OptionType) and is_scalar(above.element):
            result = s.location(location.variable)
            for selector, of in zip(location.selectors[:-1], location.types[1:-1], strict=True):
                result = s.within(result, selector, of)
            return result
    return location


def may_meet(one: Location, other: Location) -> bool:
    """Tell whether two places, given as cells, may be the same."""
    if one.variable is not other.variable or len(one.selectors) != len(other.selectors):
        return False
    pairs = zip(one.selectors, other.selectors, strict=True)
    return all(_selectors_may_meet(*pair) for pair in pairs)


def _selectors_may_meet(one: Selector, other: Selector) -> bool:
    match one, other:
        case (Key(m), Key(n)) | (Bit(m), Bit(n)) | (Slot(m), Slot(n)):
            return m.low <= n.high and n.low <= m.high
        case _:
            return one == other


# --- order ----------------------------------------------------------------------------------------


def scheduled(s: Scalars, stores: Sequence[Store], name: str = "saved") -> Schedule:
    """Put stores that take place at once into an order, saving what must be."""
    return _Scheduler(s, list(stores), name).run()


class _Scheduler:
    def __init__(self, s: Scalars, stores: list[Store], name: str) -> None:
        self._s = s
        self._stores = stores
        self._name = name
        self._saves: list[Save] = []
        self._cells = [cell(s, store.location) for store in stores]

    def run(self) -> Schedule:
        left = list(range(len(self._stores)))
        order: list[int] = []
        while left:
            free = [i for i in left if not any(self._must_precede(j, i) for j in left if j != i)]
            if free:
                order.append(free[0])
                left.remove(free[0])
            else:
                # Whatever is saved reads nothing any more, so this comes to an end.
                self._save(next(i for i in left if self._reads_any(i, left)))
        return Schedule(tuple(self._saves), tuple(self._stores[i] for i in order))

    def _must_precede(self, first: int, second: int) -> bool:
        """Tell whether one store has to be done before another."""
        if first < second and may_meet(self._cells[first], self._cells[second]):
            return True
        return any(may_meet(place, self._cells[second]) for place in self._reads(first))

    def _reads_any(self, number: int, others: list[int]) -> bool:
        return any(
            may_meet(place, self._cells[j])
            for place in self._reads(number)
            for j in others
            if j != number
        )

    def _reads(self, number: int) -> frozenset[Location]:
        store = self._stores[number]
        scalars = (store.present, store.value, store.when, *indices(store.location))
        found = frozenset[Location]().union(*map(locations_read, scalars))
        return frozenset(cell(self._s, place) for place in found)

    def _save(self, number: int) -> None:
        """Make a store that reads nothing, by reading all before the first store."""
        store = self._stores[number]
        location = self._s.location(store.location.variable)
        types = store.location.types[1:]
        for selector, of in zip(store.location.selectors, types, strict=True):
            location = self._s.within(location, self._saved_selector(selector, store.when), of)
        is_needed = self._s.all_of((store.when, store.present))
        self._stores[number] = replace(
            store,
            location=location,
            present=self._saved(store.present, store.when),
            value=self._saved(store.value, is_needed),
            when=self._saved(store.when, self._s.true),
        )

    def _saved_selector(self, selector: Selector, when: Formula) -> Selector:
        match selector:
            case Key(index):
                return Key(self._saved(index, when))
            case Bit(index):
                return Bit(self._saved(index, when))
            case Slot(index):
                return Slot(self._saved(index, when))
            case _:
                return selector

    def _saved(self, scalar: _S, when: Formula) -> _S:
        """Return a symbol whose value is that of the scalar, where it has one; or a constant."""
        if not locations_read(scalar):
            return scalar
        s = self._s
        if is_number(scalar):
            return cast(
                "_S", self._kept(s.choice(when, scalar, s.number(scalar.low, named_type(scalar))))
            )
        return cast("_S", self._kept(s.all_of((when, cast("Formula", scalar)))))

    def _kept(self, scalar: Scalar) -> Scalar:
        for save in self._saves:
            if save.value is scalar:
                return save.symbol
        name = f"{self._name}_{len(self._saves)}"
        symbol: Symbol | TruthSymbol
        if is_number(scalar):
            symbol = self._s.symbol(name, IntType(scalar.low, scalar.high))
        else:
            symbol = self._s.truth_symbol(name)
        self._saves.append(Save(symbol, scalar))
        return symbol
