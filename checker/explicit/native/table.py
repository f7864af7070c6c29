"""The table of the keys of all states seen, and how it grows.

It grows by half, so that it is never less than half full, and in place: the address space that it
could ever need is reserved from the start, and takes no memory before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from checker.explicit.native.kernels import table as kernels
from checker.explicit.native.memory import reserve

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array

LOAD: Final = 0.8
"""The part of a table that is filled at most."""

FIRST_SLOTS: Final = 1 << 16
GROWTH: Final = 1.5
SMALL_SLOTS: Final = 1 << 20
SMALL_GROWTH: Final = 4
"""By how much a table grows; one that is small for the cache anyway need not be spared."""

SMALL_STEP: Final = 1.2
"""By how much it grows where there is no memory for more."""

FEW: Final = 1 << 10
"""So many lines are moved at once."""

MOVED: Final = 1 << 17
"""Lines that one thread moves at a time."""

WINDOW: Final = 1 << 10
"""Lines of which it is known how much of them is filled."""

WAITING: Final = 1 << 12
"""Keys that wait until the lines where they belong are empty."""

Run: TypeAlias = "Callable[[Sequence[Callable[[], None]]], None]"
"""Carries out tasks, possibly several at the same time."""


class Table:
    """Slots for keys.

    Attributes:
        count: slots that are taken.
        array: the slots, for kernels.
    """

    def __init__(self) -> None:
        """Start small."""
        self.count = 0
        self._area = reserve()
        self.array = self._area.array[:FIRST_SLOTS]

    @property
    def room(self) -> int:
        """The number of keys that may still be put in."""
        return capacity(len(self.array)) - self.count

    def growth(self, keys: int) -> list[tuple[int, int, Callable[[Run], None]]]:
        """Return ways to grow until so many keys fit; see `seen.Seen`."""
        now = len(self.array)
        sizes = (self.size_for(keys), int(SMALL_STEP * now) // 8 * 8)
        return [
            (capacity(slots), 8 * (slots - now), partial(self.grow, slots))
            for slots in sizes
            if capacity(slots) >= keys
        ]

    def size_for(self, keys: int) -> int:
        """Return the number of slots to grow to when there are to be so many keys."""
        slots = len(self.array)
        while capacity(slots) < keys:
            slots = int(slots * (SMALL_GROWTH if slots < SMALL_SLOTS else GROWTH)) // 8 * 8
        return slots

    def grow(self, slots: int, run: Run) -> None:
        """Make it so many slots large."""
        before, after = len(self.array) // 8, slots // 8
        self.array = self._area.array[:slots]
        waiting: list[Array] = []
        high = before
        while high > FEW:
            # What lies above moves out of the way of what lies below.
            low = min(high * before // after + 1, high - 1)
            self._spread(low, high, waiting, run)
            high = low
        rest = self.array[: 8 * high]
        waiting.append(rest[rest != 0])
        rest[:] = 0
        for keys in waiting:
            kernels.put_back(self.array, keys)

    def _spread(self, low: int, high: int, waiting: list[Array], run: Run) -> None:
        """Move the keys of some lines to where they belong, behind all of these lines."""
        bounds = [*range(low, high, MOVED), high]
        is_shared = len(bounds) > 2

        def move(at: int, end: int) -> None:
            filled = np.zeros(WINDOW, np.int64)
            while at < end:
                room = np.empty(WAITING, np.uint64)
                at, count = kernels.spread(self.array, at, end, high, room, filled, is_shared)
                waiting.append(room[:count])

        run([partial(move, *each) for each in pairwise(bounds)])

    def clear(self) -> None:
        """Forget everything, but keep the memory."""
        self.array[:] = 0
        self.count = 0

    def empty(self, slots: int) -> None:
        """Forget everything, give all memory back, and go on with so many slots."""
        self._area.give_back()
        self.array = self._area.array[:slots]
        self.count = 0

    def admit(self, keys: Array, out: Array) -> int:
        """Put in keys, for which there must be room; return how many are new and now in `out`."""
        new = int(kernels.admit(self.array, keys, out))
        self.count += new
        return new


def capacity(slots: int) -> int:
    """Return the number of keys that a table holds."""
    return int(LOAD * slots)
