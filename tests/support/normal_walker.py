"""Searches a normal form: the meaning of guarded moves of scalars, as other tools have it.

Stores take place one after the other, in the order of the schedule. Reading what is not there, and
storing a number outside its bounds, is an assertion here, as it is an error in rumur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias, assert_never

from checker.export.exported import Wrong
from checker.export.names import Namer
from checker.export.normal import NormalForm, normal_form
from checker.export.scalars import (
    All,
    AnyOf,
    Arithmetic,
    Bit,
    Choice,
    Compare,
    Constant,
    Content,
    Flag,
    Formula,
    Holds,
    Key,
    Length,
    Location,
    Narrowed,
    Not,
    Number,
    OneIf,
    Operation,
    Part,
    Quantified,
    Relation,
    Same,
    Slot,
    Stored,
    Symbol,
    Truth,
    TruthSymbol,
    bounds,
    is_number,
)
from checker.export.views import is_scalar
from checker.export.writes import scheduled
from checker.model.system import System
from checker.model.types import BoolType, OptionType
from checker.model.verdict import FindingKind

Cell: TypeAlias = tuple[object, ...]
State: TypeAlias = frozenset[tuple[Cell, int]]
"""What is there; cells that hold nothing are left out."""

Names: TypeAlias = Mapping[str, int]

DEADLOCK: Final = Wrong(FindingKind.DEADLOCK, "deadlock")


@dataclass(frozen=True, slots=True)
class Walked:
    """What a search of the normal form finds."""

    states: int
    wrongs: frozenset[Wrong]


def walk(system: System, *, keeps_symbols: bool) -> Walked:
    """Makes the normal form of a system and visits all its states."""
    namer = Namer(())
    return _Walker(normal_form(system, namer, keeps_symbols=keeps_symbols)).run()


class _Walker:
    def __init__(self, form: NormalForm) -> None:
        self.form = form
        self.scalars = form.views.scalars
        self.schedules = [scheduled(self.scalars, move.stores) for move in form.moves]
        self.wrongs: set[Wrong] = set()

    def run(self) -> Walked:
        frontier = set(self.initial())
        seen = set(frontier)
        while frontier:
            following = {after for state in frontier for after in self.expand(state)}
            frontier = following - seen
            seen |= frontier
        return Walked(len(seen), frozenset(self.wrongs))

    def initial(self) -> Iterator[State]:
        for start in self.form.starts:
            for names in _choices(start.symbols):
                reader = _Reader({}, names)
                state: dict[Cell, int] = {}
                for leaf in start.leaves:
                    if reader.truth(leaf.present):
                        state[reader.cell(leaf.location)] = reader.stored(leaf.location, leaf.value)
                yield frozenset(state.items())

    def expand(self, state: State) -> Iterator[State]:
        is_stuck = True
        for move, schedule in zip(self.form.moves, self.schedules, strict=True):
            for names in _choices(move.symbols):
                reader = _Reader(dict(state), names)
                if not reader.truth(move.guard):
                    continue
                is_stuck = False
                kept = dict(names)
                for save in schedule.saves:
                    kept[save.symbol.name] = reader.value(save.value)
                after = _Reader(dict(state), kept)
                for store in schedule.stores:
                    if after.truth(store.when):
                        cell = after.cell(store.location)
                        if after.truth(store.present):
                            after.state[cell] = after.stored(store.location, store.value)
                        else:
                            after.state.pop(cell, None)
                yield frozenset(after.state.items())
        self.judge(state, is_stuck=is_stuck)

    def judge(self, state: State, *, is_stuck: bool) -> None:
        for alarm in self.form.alarms:
            for names in _choices(alarm.symbols):
                if _Reader(dict(state), names).truth(alarm.when):
                    self.wrongs.add(Wrong(alarm.kind, alarm.name))
                    is_stuck = False
        reader = _Reader(dict(state), {})
        for claim in self.form.claims:
            if not reader.truth(claim.holds):
                self.wrongs.add(Wrong(claim.kind, claim.name))
        if is_stuck and not reader.truth(self.form.ends):
            self.wrongs.add(DEADLOCK)


def _choices(symbols: tuple[Symbol | TruthSymbol, ...]) -> Iterator[Names]:
    ranges = [
        range(2) if isinstance(each, TruthSymbol) else range(each.low, each.high + 1)
        for each in symbols
    ]
    for values in product(*ranges):
        yield dict(zip((each.name for each in symbols), values, strict=True))


class _Reader:
    """Evaluates scalars in a state."""

    def __init__(self, state: dict[Cell, int], names: Names) -> None:
        self.state = state
        self.names = names

    def cell(self, location: Location) -> Cell:
        path: list[object] = [location.variable]
        for selector, above in zip(location.selectors, location.types, strict=False):
            match selector:
                case Key(index) | Bit(index) | Slot(index):
                    path.append((type(selector).__name__, self.number(index)))
                case Part(index):
                    path.append(index)
                case Length():
                    path.append("length")
                case Flag() | Content():
                    assert isinstance(above, OptionType)
                    if not is_scalar(above.element):
                        path.append(type(selector).__name__)
                case _:
                    assert_never(selector)
        return tuple(path)

    def stored(self, location: Location, value: Number | Formula) -> int:
        found = self.value(value)
        of = location.type
        low, high = (0, 1) if isinstance(of, BoolType) else bounds(of)  # type: ignore[arg-type]
        assert low <= found <= high, f"{found} is stored in {of}"
        return found

    def value(self, scalar: Number | Formula) -> int:
        return self.number(scalar) if is_number(scalar) else int(self.truth(scalar))  # type: ignore[arg-type]

    def truth(self, formula: Formula) -> bool:
        match formula:
            case Truth(value):
                return value
            case TruthSymbol(name):
                return bool(self.names[name])
            case Holds(location):
                return self.holds(location)
            case Compare(relation, left, right):
                a, b = self.number(left), self.number(right)
                match relation:
                    case Relation.EQ:
                        return a == b
                    case Relation.LT:
                        return a < b
                    case Relation.LE:
                        return a <= b
                    case _:
                        assert_never(relation)
            case Same(left, right):
                return self.truth(left) == self.truth(right)
            case Not(inner):
                return not self.truth(inner)
            case All(args):
                return all(map(self.truth, args))
            case AnyOf(args):
                return any(map(self.truth, args))
            case Quantified(is_forall, symbol, body):
                each = (
                    _Reader(self.state, {**self.names, **names}).truth(body)
                    for names in _choices((symbol,))
                )
                return all(each) if is_forall else any(each)
            case _:
                assert_never(formula)

    def holds(self, location: Location) -> bool:
        cell = self.cell(location)
        if location.selectors:
            last, above = location.selectors[-1], location.types[-2]
            if (
                isinstance(last, Flag)
                and isinstance(above, OptionType)
                and is_scalar(above.element)
            ):
                return cell in self.state
        assert cell in self.state, "what is not there is read"
        return bool(self.state[cell])

    def number(self, number: Number) -> int:
        value = self._number(number)
        assert number.low <= value <= number.high, f"{value} is not in the bounds of {number}"
        return value

    def _number(self, number: Number) -> int:
        match number:
            case Constant(value):
                return value
            case Symbol(name):
                return self.names[name]
            case Stored(location):
                cell = self.cell(location)
                assert cell in self.state, "what is not there is read"
                return self.state[cell]
            case Narrowed(inner):
                return self.number(inner)
            case OneIf(formula):
                return int(self.truth(formula))
            case Choice(condition, then, otherwise):
                return self.number(then if self.truth(condition) else otherwise)
            case Arithmetic(operation, left, right):
                return _calculated(operation, self.number(left), self.number(right))
            case _:
                assert_never(number)


def _calculated(operation: Operation, left: int, right: int) -> int:
    match operation:
        case Operation.ADD:
            return left + right
        case Operation.SUB:
            return left - right
        case Operation.MUL:
            return left * right
        case Operation.DIV:
            return left // right
        case Operation.MOD:
            return left % right
        case _:
            assert_never(operation)
