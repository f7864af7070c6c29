"""Random types and values, and the dice that decide.

Randomness comes from a `Source`, a function that returns a number below its argument, so that
Hypothesis can shrink what a plain generator merely draws: 0 always stands for the simplest way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar, assert_never

from checker.model.ir import Local, Variable
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
    Value,
    cardinality,
)

Source: TypeAlias = Callable[[int], int]
"""Returns a number from 0 up to, and not including, its argument."""

T = TypeVar("T")

MAX_BINDER = 9
"""No quantifier runs over more values than these."""


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may mention.

    Attributes:
        has_old: whether values before the step may be read.
    """

    variables: tuple[Variable, ...]
    locals: tuple[Local, ...] = ()
    has_old: bool = False

    def with_local(self, local: Local) -> Names:
        """Return the names with one more local."""
        return replace(self, locals=(*self.locals, local))


@dataclass(frozen=True, slots=True)
class Dice:
    """Ways to use a source."""

    below: Source

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the simplest."""
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        """Return true that often; false is simpler."""
        return self.below(100) >= 100 - percent


@dataclass(frozen=True, slots=True)
class Universe:
    """The named types of one system."""

    sorts: tuple[SortType, ...]
    numbers: tuple[IntType, ...]
    kind: EnumType
    record: RecordType

    def atoms(self) -> tuple[Type, ...]:
        """Return types without parts, the simplest first."""
        return (BOOL, *self.numbers, self.kind, *self.sorts)


def type_below(dice: Dice, universe: Universe, cap: int) -> Type:
    """Return a type with at most `cap` values, which is at least 2."""
    atoms = [of for of in universe.atoms() if cardinality(of) <= cap]
    if not dice.chance(60):
        return dice.pick(atoms)
    element, key = dice.pick(atoms), dice.pick(atoms)
    options: list[Type] = [
        OptionType(element),
        SetType(element),
        MapType(key, element),
        TupleType((element, key)),
        universe.record,
        SeqType(2, element),
        SeqType(2, key),
        SeqType(1, OptionType(element)),
        OptionType(universe.record),
        MapType(key, OptionType(element)),
        MapType(OptionType(key), BOOL),
        MapType(BOOL, SeqType(1, element)),
        SetType(OptionType(element)),
        TupleType((BOOL, SetType(element))),
        MapType(BOOL, universe.record),
        MapType(TupleType((BOOL, key)), BOOL),
    ]
    fitting = [of for of in options if cardinality(of) <= cap]
    return dice.pick(fitting) if fitting else dice.pick(atoms)


def random_value(dice: Dice, of: Type) -> Value:
    """Return a value of a type without sorts."""
    match of:
        case BoolType():
            return bool(dice.below(2))
        case IntType(low, high):
            return low + dice.below(high - low + 1)
        case EnumType(_, members):
            return dice.pick(members)
        case OptionType(element):
            return None if dice.below(2) == 0 else random_value(dice, element)
        case MapType(key, element):
            return tuple(random_value(dice, element) for _ in range(cardinality(key)))
        case SetType(element):
            return frozenset(random_value(dice, element) for _ in range(dice.below(3)))
        case SeqType(bound, element):
            return tuple(random_value(dice, element) for _ in range(dice.below(bound + 1)))
        case RecordType(_, fields):
            return tuple(random_value(dice, field) for _, field in fields)
        case TupleType(components):
            return tuple(random_value(dice, each) for each in components)
        case SortType():
            raise AssertionError("no literal names an element of a sort")
        case _:
            assert_never(of)
