"""The states that compiled loops have found: an array in order of discovery, and the set of them.

A state is one word of 63 bits, which then stands in the set itself, or several words, which the set
knows by their position and some bits of their hash. Nothing is left out: states are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from checker.conform.flat import Tables

ROOM: Final = 1 << 14
"""Successors that are found before they are entered."""
SLACK: Final = 1 << 13
"""Room for the successors of one more state."""


class Arena:
    """All states that were found, in order, and the set of them."""

    def __init__(self, words: int) -> None:
        """Make room for some states."""
        import numpy as np

        from checker.explicit.native.kernels import automata

        self._loops = automata
        self._count = words
        self._states = np.zeros((1 << 16) * words, np.uint64)
        self.origin = np.zeros(1 << 16, np.int32)
        self._table = self._empty(1 << 18)
        self.filled = 0
        self._told = np.zeros(4, np.int64)
        self._no_pairs = np.zeros(0, np.int64)
        self._out = np.zeros((ROOM + SLACK) * words, np.uint64)
        self._parents = np.zeros(ROOM + SLACK, np.int32)
        self._slots = np.zeros(ROOM + SLACK, np.int64)
        self._late = np.zeros(ROOM + SLACK, np.int64)
        self._fresh = np.zeros(ROOM + SLACK, np.int64)
        self._hashes = np.zeros(ROOM + SLACK, np.uint64)
        self._missing = np.zeros(2 * 256, np.int64)
        self._ends = np.zeros(4096, np.int64)
        self._transitions = 0

    def begin(self, words: list[int]) -> None:
        """Enter the first state."""
        for position, word in enumerate(words):
            self._states[position] = word
        self.filled = 1
        self._enter(self._table, 0, 1)

    def words_of(self, index: int) -> list[int]:
        """Return the words of a state."""
        begin = index * self._count
        return [int(word) for word in self._states[begin : begin + self._count]]

    def taken(self) -> int:
        """Return the transitions since this was last asked."""
        count, self._transitions = self._transitions, 0
        return count

    def expand(self, tables: Tables, low: int, high: int) -> tuple[int, Any, Any]:
        """Expand states while there is room; return where it stopped, what was missing, ends."""
        low = self._loops.expand(
            tables.sizes(),
            tables.arrays(),
            self._states,
            self._no_pairs,
            low,
            high,
            self._out,
            self._parents,
            self._missing,
            self._ends,
            self._told,
            ROOM,
        )
        missing, ends = int(self._told[1]), int(self._told[2])
        self._admit()
        return low, self._missing[: 2 * missing].copy().reshape(-1, 2), self._ends[:ends].copy()

    def expand_pairs(self, tables: Tables, pairs: Any) -> Any:
        """Take steps that were missing; return those that still are."""
        flat, low, missing = pairs.reshape(-1).copy(), 0, []
        while low < len(pairs):
            low = self._loops.expand(
                tables.sizes(),
                tables.arrays(),
                self._states,
                flat,
                low,
                len(pairs),
                self._out,
                self._parents,
                self._missing,
                self._ends,
                self._told,
                ROOM,
            )
            missing.append(self._missing[: 2 * int(self._told[1])].copy())
            self._admit()
        import numpy as np

        return np.concatenate(missing).reshape(-1, 2)

    def judge(self, tables: Tables, low: int) -> tuple[int, Any]:
        """Hold claims against states; return where it stopped, and what is unknown."""
        low, count = self._loops.judge(
            tables.tree,
            tables.claims,
            self._states,
            self._count,
            low,
            self.filled,
            self._missing,
        )
        return low, self._missing[: 2 * count].copy().reshape(-1, 2)

    def _admit(self) -> None:
        """Enter the successors that were found."""
        count = int(self._told[3])
        self._transitions += int(self._told[0])
        self._make_room(self.filled + count)
        if self._count == 1:
            self.filled = self._loops.admit_narrow(
                self._table,
                self._out,
                self._parents,
                count,
                self._states,
                self.origin,
                self.filled,
                self._slots,
                self._late,
                self._fresh,
            )
        else:
            self.filled = self._loops.admit_wide(
                self._table,
                self._out,
                self._parents,
                count,
                self._count,
                self._states,
                self.origin,
                self.filled,
                self._hashes,
            )

    def _make_room(self, needed: int) -> None:
        """See that so many states fit into the arena, and into the table at a load below 3/4."""
        import numpy as np

        if needed > len(self.origin):
            size = max(2 * len(self.origin), needed)
            states = np.zeros(size * self._count, np.uint64)
            states[: len(self._states)] = self._states
            origin = np.zeros(size, np.int32)
            origin[: len(self.origin)] = self.origin
            self._states, self.origin = states, origin
        if 4 * needed > 3 * len(self._table):
            table = self._empty(2 * len(self._table))
            self._enter(table, 0, self.filled)
            self._table = table

    def _enter(self, table: Any, low: int, high: int) -> None:
        if self._count == 1:
            self._loops.enter_narrow(table, self._states, low, high)
        else:
            self._loops.enter_wide(table, self._states, self._count, low, high)

    @staticmethod
    def _empty(slots: int) -> Any:
        """Return an empty table whose lines of eight words do not lie across cache lines."""
        import numpy as np

        whole = np.zeros(slots + 8, np.uint64)
        begin = (-whole.ctypes.data // 8) % 8
        return whole[begin : begin + slots]
