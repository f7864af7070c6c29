"""Different things, numbered in the order in which they come: the states of a graph, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.native.kernels import graph as kernels
from checker.explicit.native.memory import reserve, unpack, zeros

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array

FIRST_SLOTS: Final = 1 << 17


class Numbering:
    """Things of so many words each.

    Attributes:
        things: all of them, side by side, with room for more.
        table: see `kernels.graph`.
        count: how many there are.
    """

    def __init__(self, words: int) -> None:
        """Begin with none."""
        self.words = words
        self._area = reserve()
        self.things = self._area.array
        self.table = zeros(FIRST_SLOTS)
        self.count = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return self.count

    def make_room(self, more: int) -> None:
        """Make the table large enough for so many more."""
        slots = len(self.table)
        while 2 * (self.count + more) > slots:
            slots *= 2
        if slots > len(self.table):
            self.table = zeros(slots)
            kernels.enter_all(self.things, self.count, self.words, self.table)

    def add(self, things: Array) -> None:
        """Number things."""
        count = len(things) // self.words
        self.make_room(count)
        numbers = np.empty(count, np.int32)
        self.count = kernels.number_all(
            things, count, self.words, self.things, self.count, self.table, numbers
        )

    def close(self) -> None:
        """Forget the table: nothing more will come."""
        self.table = zeros(0)

    def unpacked(self, low: int, high: int) -> list[int]:
        """Return some of them as integers."""
        return unpack(self.things[low * self.words : high * self.words], self.words)
