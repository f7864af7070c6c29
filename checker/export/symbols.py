"""Parameters and choices that stay symbols: every combination of their values is a way of its own.

A composite value stays symbolic as one symbol for each of its scalars, where every combination of
these is a value: maps, sets, records and tuples, but not options and sequences.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from checker.export.views import (
    NumberView,
    ProductView,
    SetView,
    TruthView,
    View,
    parts_of,
    values_of,
)
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
    from checker.export.names import Namer
    from checker.export.paths import Path
    from checker.export.scalars import Formula, Symbol, TruthSymbol
    from checker.export.views import Views
    from checker.model.ir import Local
    from checker.model.types import Type

MAX_SYMBOLS: Final = 64
"""A value made of more scalars than these is not made of symbols."""


def can_be_symbolic(of: Type) -> bool:
    """Tell whether a value of the type can be made of symbols."""
    return 0 < _symbols_in(of) <= MAX_SYMBOLS


def _symbols_in(of: Type) -> int:
    """Return how many symbols make up a value; far too many if they cannot."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            return 1
        case MapType(key, value):
            return min(cardinality(key), MAX_SYMBOLS + 1) * _symbols_in(value)
        case SetType(element):
            return cardinality(element)
        case RecordType() | TupleType():
            return sum(map(_symbols_in, parts_of(of)))
        case OptionType() | SeqType():
            return MAX_SYMBOLS + 1
        case _:
            assert_never(of)


def symbolic(views: Views, namer: Namer, local: Local, path: Path) -> tuple[View, Path]:
    """Return a view of new symbols for a local, and the path with these."""
    maker = _Maker(views, namer, local.name)
    view = maker.view(local.type)
    return view, replace(path, symbols=(*path.symbols, *maker.made))


class _Maker:
    def __init__(self, views: Views, namer: Namer, name: str) -> None:
        self._views = views
        self._namer = namer
        self._name = name
        self.made: list[Symbol | TruthSymbol] = []

    def view(self, of: Type) -> View:
        match of:
            case BoolType():
                return TruthView(self._truth())
            case IntType() | EnumType() | SortType():
                symbol = self._views.scalars.symbol(self._namer.fresh(self._name), of)
                self.made.append(symbol)
                return NumberView(symbol)
            case MapType(key, value):
                return self._views.table(key, value, [self.view(value) for _ in values_of(key)])
            case RecordType() | TupleType():
                return ProductView(tuple(map(self.view, parts_of(of))))
            case SetType():
                return self._set(of)
            case OptionType() | SeqType():
                raise AssertionError("not every combination of scalars is a value")
            case _:
                assert_never(of)

    def _truth(self) -> Formula:
        symbol = self._views.scalars.truth_symbol(self._namer.fresh(self._name))
        self.made.append(symbol)
        return symbol

    def _set(self, of: SetType) -> View:
        s = self._views.scalars
        bits = [(*each, self._truth()) for each in self._views.universe(of)]

        def has(member_type: Type, member: View) -> Formula:
            return s.any_of(
                s.all_of((self._views.equal(member_type, member, t, element), bit))
                for t, element, bit in bits
            )

        return SetView(has)
