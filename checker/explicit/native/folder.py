"""Folding states of several words into keys of one; see `kernels.fold` for how and why."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.native.kernels import fold as kernels
from checker.explicit.native.memory import Area, reserve
from checker.explicit.native.table import LOAD

if TYPE_CHECKING:
    from checker.explicit.native.compiler import Folding
    from checker.explicit.native.memory import Array
    from checker.explicit.native.table import Run
    from checker.explicit.native.worker import Numbers, Worker

MOST_NUMBERS: Final = 1 << 31
"""The left half of a key is a number of 31 bits."""

FIRST_SLOTS: Final = 1 << 16
GROWTH: Final = 2
MOVED: Final = 1 << 20
"""Slots that one thread moves at a time."""

HANDOUT: Final = 1 << 14
HANDOUTS: Final = 16
"""Numbers that a thread is given at a time: so many, and so many times what it needs, at least."""


class Folder:
    """Numbers for the halves of states.

    Attributes:
        words: of a state; `half_words` those of a half.
        given: numbers given out.
    """

    def __init__(self, words: int, half_words: int, code: Folding) -> None:
        """Start empty; `code` is for states and halves of so many words."""
        self.words = words
        self.half_words = half_words
        self._code = code
        self.given = 0
        self._nodes = reserve()
        self._most = min(MOST_NUMBERS, len(self._nodes.array) // half_words)
        self._finder = Area(FIRST_SLOTS)

    @property
    def nodes(self) -> Array:
        """Halves by number, for kernels."""
        return self._nodes.array

    @property
    def finder(self) -> Array:
        """The table of numbers, for kernels."""
        return self._finder.array

    @property
    def nbytes(self) -> int:
        """The memory in use."""
        return 8 * self.half_words * self.given + int(self.finder.nbytes)

    def hand_out(self, cursor: Numbers, need: int, run: Run) -> None:
        """Give numbers to a thread that has too few left; those left are lost if others follow.

        Args:
            need: numbers that it must have.

        Raises:
            MemoryError: there are no more numbers.
        """
        if cursor[1] - cursor[0] >= need:
            return
        amount = max(HANDOUT, HANDOUTS * need, self.given // 32)
        if self.given + amount > self._most:
            raise MemoryError("states have too many different halves")
        if cursor[1] != self.given:
            cursor[0] = self.given
        self.given += amount
        cursor[1] = self.given
        if self.given > LOAD * len(self.finder):
            self._grow(run)

    def _grow(self, run: Run) -> None:
        old, slots = self._finder, len(self.finder)
        while self.given > LOAD * slots:
            slots *= GROWTH
        self._finder = Area(slots)
        bounds = [*range(0, len(old.array), MOVED), len(old.array)]
        is_shared = len(bounds) > 2

        def move(low: int, high: int) -> None:
            kernels.move_numbers(old.array, low, high, self.finder, is_shared)

        run([partial(move, low, high) for low, high in pairwise(bounds)])

    def fold(self, states: Array, cursor: Numbers) -> Array:
        """Return the keys of states; the cursor must have two numbers for each."""
        count = len(states) // self.words
        halves, keys = np.empty(2 * count * self.half_words, np.uint64), np.empty(count, np.uint64)
        kernels.convert(self._code.gather, states, count, halves)
        kernels.fold_all(halves, self.half_words, self.nodes, self.finder, cursor, keys)
        return keys

    def unfold(self, keys: Array) -> Array:
        """Return the states of keys."""
        halves = np.empty(2 * len(keys) * self.half_words, np.uint64)
        states = np.empty(len(keys) * self.words, np.uint64)
        kernels.unfold_all(keys, 0, len(keys), self.half_words, self.nodes, halves)
        kernels.convert(self._code.scatter, halves, len(keys), states)
        return states

    def for_worker(self, worker: Worker) -> tuple[object, ...]:
        """Return what kernels need to fold.

        These are the words of a state and of a half, the addresses of two functions (see
        `halves`), the interned halves, the table of them, numbers to give, and room: for the states
        of a batch and their halves; for which halves of successors have changed, and these; for new
        states.
        """
        code = self._code
        return (
            self.words,
            self.half_words,
            (code.scatter, code.step),
            self.nodes,
            self.finder,
            worker.cursor,
            worker.folding,
        )
