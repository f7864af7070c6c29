"""Which bits of a wide state make up its left half, and which the right one.

A state is folded well if its halves take few values: each value is kept once, and few lines of
memory are looked at again and again. What belongs to one thread is strongly related, what belongs
to different threads is not; but a layout keeps a variable of all threads together. So each half
first gets half of the values of every index, with all that maps and sets hold for them, and half of
the variables that have no index.

Which index matters cannot be seen from that (copies of a table in each processor are related by
page, not by processor). So parts of the state then change sides as long as that makes the halves
fewer, or steps change fewer halves, among some random steps. In all there are many more halves than
are seen there; how many is estimated from what was seen once and what twice. In a shoot-down of 14
pages by 4 processors 28 million states have 7.6 million halves by processors, and 0.3 million after
that.

Chao, "Nonparametric estimation of the number of classes in a population", 1984; Kernighan, Lin, "An
efficient heuristic procedure for partitioning graphs", 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from checker.explicit.layout import components, is_dense, offsets, width
from checker.explicit.native.assembly import WORD, words
from checker.model.types import MapType, RecordType, SetType, TupleType, cardinality

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from checker.explicit.layout import Layout
    from checker.explicit.native.memory import Array
    from checker.model.system import System
    from checker.model.types import Type

Division: TypeAlias = "tuple[list[int], list[int]]"
"""The bits of both halves."""

ENOUGH: Final = 512
"""From fewer states nothing is learned."""

MOST_HASHES: Final = 1 << 21
"""Of states with many parts fewer are looked at."""

WEIGHT: Final = 2
"""Halves that a step changes are time, halves that there are take memory, and a little time."""

MOST_TRIES: Final = 3_000
"""Changes of sides that are tried, at a quarter of a millisecond each."""

GAIN: Final = 0.98
"""The search goes on while a round makes the halves fewer by this factor."""


@dataclass(frozen=True, slots=True)
class Field:
    """Bits that stay together.

    Attributes:
        places: of which value of which index it is, the outermost first.
    """

    at: int
    width: int
    places: tuple[_Place, ...]

    @property
    def bits(self) -> range:
        """The bits."""
        return range(self.at, self.at + self.width)


_Place: TypeAlias = "tuple[Type, int]"
"""The type of an index, and the number of a value of it."""


def division(system: System, layout: Layout, before: Array, after: Array) -> Division:
    """Divide the bits of a state.

    Args:
        before: states before some random steps, a row of words each; `after` likewise.
    """
    parts = fields(system, layout)
    stride = 1 + len(parts) * len(before) // MOST_HASHES
    search = _Search(parts, before[::stride], after[::stride])
    if search.count < ENOUGH:
        return _bits(parts, by_index(parts, None))
    indices = dict.fromkeys(index for part in parts for index, _ in part.places)
    starts = [by_index(parts, index) for index in (None, *indices)]
    return _bits(parts, search.improved(min(starts, key=search.cost)))


def _bits(parts: Sequence[Field], is_left: Sequence[bool]) -> Division:
    sides: Division = ([], [])
    for part, left in zip(parts, is_left, strict=True):
        sides[0 if left else 1].extend(part.bits)
    return sides


# --- parts of a state -----------------------------------------------------------------------------


def fields(system: System, layout: Layout) -> tuple[Field, ...]:
    """Return the parts that variables consist of."""
    return tuple(
        field
        for variable in system.variables
        for field in _fields(variable.type, layout.slots[variable].offset, ())
        if field.width
    )


def _fields(of: Type, at: int, places: tuple[_Place, ...]) -> Iterator[Field]:
    match of:
        case MapType(key, value) if is_dense(key):
            for number in range(cardinality(key)):
                yield from _fields(value, at + number * width(value), (*places, (key, number)))
        case SetType(element):
            index, stride = _index_of(element)
            for number in range(cardinality(element)):
                own = () if index is None else ((index, number // stride),)
                yield Field(at + number, 1, places + own)
        case RecordType() | TupleType():
            for part, offset in zip(components(of), offsets(of), strict=True):
                yield from _fields(part, at + offset, places)
        case _:
            yield Field(at, width(of), places)


def _index_of(element: Type) -> tuple[Type | None, int]:
    """Return by what the bits of a set are in order, and how many there are of each value."""
    if is_dense(element):
        return element, 1
    if isinstance(element, RecordType | TupleType):
        first = components(element)[0]
        if is_dense(first):
            return first, cardinality(element) // cardinality(first)
    return None, 1


# --- by the values of indices ---------------------------------------------------------------------


def by_index(parts: Sequence[Field], index: Type | None) -> list[bool]:
    """Tell which parts are to be left: those of lower values of an index, or of their first one.

    What is of a middle value, or of none, goes to the side that has fewer bits.
    """
    is_left: list[bool | None] = []
    middle: dict[object, list[int]] = {}
    for number, part in enumerate(parts):
        place = next((each for each in part.places if each[0] == index), (*part.places, None)[0])
        side = None if place is None else _side(*place)
        if side is None:
            middle.setdefault(number if place is None else place[0], []).append(number)
        is_left.append(side)
    sizes = [
        sum(p.width for p, s in zip(parts, is_left, strict=True) if s is w) for w in (True, False)
    ]
    for together in sorted(middle.values(), key=lambda each: -sum(parts[n].width for n in each)):
        goes_left = sizes[0] <= sizes[1]
        sizes[0 if goes_left else 1] += sum(parts[number].width for number in together)
        for number in together:
            is_left[number] = goes_left
    return [bool(side) for side in is_left]


def _side(index: Type, number: int) -> bool | None:
    """Tell whether a value is of the lower half, None for the one in the middle."""
    count = cardinality(index)
    return None if count % 2 and number == count // 2 else number < count // 2


# --- by what is seen ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    """What both halves come to.

    Attributes:
        hashes: of the halves of each state.
        bits: how many they have.
        changed: how many of their parts each step changes.
    """

    hashes: tuple[Array, Array]
    bits: tuple[int, int]
    changed: tuple[NDArray[np.int64], NDArray[np.int64]]

    def cost(self) -> float:
        """Weigh the memory of the halves and how many of them a step changes.

        Both kinds of halves take as many words as the wider one.
        """
        states = _estimated(self.hashes[0]) + _estimated(self.hashes[1])
        steps = sum(np.count_nonzero(each) for each in self.changed) / len(self.changed[0])
        return states * (words(max(self.bits)) + max(self.bits) / WORD) * steps**WEIGHT


class _Search:
    """Looks for sides of the parts of a state that make its halves few.

    Attributes:
        count: states it knows.
    """

    def __init__(self, parts: Sequence[Field], before: Array, after: Array) -> None:
        self._dice = np.random.default_rng(len(parts))
        weights = [self._dice.integers(1 << 63, size=part.width, dtype=np.uint64) for part in parts]
        old, hashes = _hashed(parts, weights, before), _hashed(parts, weights, after)
        self._widths = np.array([part.width for part in parts])
        self._changes = (old != hashes).astype(np.int64)
        _, different = np.unique(hashes.sum(axis=0, dtype=np.uint64), return_index=True)
        self._hashes = hashes[:, different]
        self.count = len(different)

    def cost(self, is_left: Sequence[bool]) -> float:
        """Return what is to be made small."""
        return self._sides(np.array(is_left)).cost()

    def _sides(self, is_left: NDArray[np.bool_]) -> _Sides:
        left, right = is_left, ~is_left
        hashes, widths, changes = self._hashes, self._widths, self._changes
        return _Sides(
            (hashes[left].sum(axis=0), hashes[right].sum(axis=0)),
            (int(widths[left].sum()), int(widths[right].sum())),
            (changes[left].sum(axis=0), changes[right].sum(axis=0)),
        )

    def _moved(self, sides: _Sides, part: int, sign: int) -> _Sides:
        """Move a part to the right, or to the left if the sign is -1."""
        moved = (sign * self._hashes[part].view(np.int64)).view(np.uint64)
        width, changes = sign * int(self._widths[part]), sign * self._changes[part]
        return _Sides(
            (sides.hashes[0] - moved, sides.hashes[1] + moved),
            (sides.bits[0] - width, sides.bits[1] + width),
            (sides.changed[0] - changes, sides.changed[1] + changes),
        )

    def improved(self, start: Sequence[bool]) -> list[bool]:
        """Let parts change sides while that costs less."""
        is_left = np.array(start)
        sides = self._sides(is_left)
        best, before, tries = sides.cost(), np.inf, 0
        while best < GAIN * before and tries < MOST_TRIES:
            before = best
            for part in self._dice.permutation(len(is_left)):
                others = self._moved(sides, part, 1 if is_left[part] else -1)
                cost = others.cost()
                tries += 1
                if cost < best:
                    best, sides = cost, others
                    is_left[part] = not is_left[part]
        return [bool(side) for side in is_left]


def _hashed(parts: Sequence[Field], weights: Sequence[Array], states: Array) -> Array:
    """Return a hash of each part of each state; those of several parts are added up."""
    bits = np.unpackbits(states.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    rows = []
    for part, weight in zip(parts, weights, strict=True):
        own = bits[:, part.at : part.at + part.width].astype(np.uint64)
        rows.append(own @ (weight << np.uint64(1) | np.uint64(1)))
    return np.array(rows)


def _estimated(hashes: Array) -> float:
    """Estimate how many values there are in all, of which those that were drawn have these hashes.

    This is what was seen, and what was not, by Chao's estimator with its correction for bias.
    """
    ordered = np.sort(hashes)
    ends = np.flatnonzero(np.concatenate((ordered[1:] != ordered[:-1], [True])))
    counts: NDArray[np.int64] = np.diff(ends, prepend=-1)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return len(counts) + once * (once - 1) / (2 * (twice + 1))
