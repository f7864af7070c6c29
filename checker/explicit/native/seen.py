"""What is remembered of the states seen.

Exactly: a state of one word is its own key, one of several words is folded into a key of one; the
keys of all states seen stand in a table, and keys are also what levels are made of. What is
remembered less exactly is in `lossy`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from checker.explicit.native.kernels import expand as kernels
from checker.explicit.native.kernels.table import RECENT
from checker.explicit.native.table import Table

if TYPE_CHECKING:
    from checker.explicit.native.folder import Folder
    from checker.explicit.native.memory import Array
    from checker.explicit.native.table import Run
    from checker.explicit.native.worker import Worker


class Seen(Protocol):
    """States that were seen, and how to find new ones.

    Attributes:
        width: words of what stands for a state in a level, its row.
        count: states.
    """

    width: int
    count: int

    @property
    def nbytes(self) -> int:
        """The memory in use."""
        ...

    @property
    def room(self) -> int:
        """How many more states fit."""
        ...

    def growth(self, states: int) -> Sequence[tuple[int, int, Callable[[Run], None]]]:
        """Return ways to grow until so many states fit in all.

        Returns:
            for each way how many states fit then, the additional bytes, and what does it; in the
            order in which they are to be tried.
        """
        ...

    def admit(self, states: Array, run: Run) -> Array:
        """Take states from outside, for which there is room; return the rows of the new ones."""
        ...

    def states(self, rows: Array) -> Array:
        """Return the states of some rows."""
        ...

    def begin(self, workers: Sequence[Worker], run: Run) -> None:
        """Get ready for a round of work."""
        ...

    def may_go_on(self, worker: Worker) -> bool:
        """Tell whether a thread has what it needs for another batch, room in the table aside."""
        ...

    def expand(
        self, worker: Worker, before: Sequence[Any], after: Sequence[Any]
    ) -> tuple[int, int, int, int]:
        """Call the kernel, with its arguments before and after the table; see `kernels.expand`."""
        ...


class Keys:
    """All states, as keys in a table."""

    width = 1

    def __init__(self, words: int, folder: Folder | None) -> None:
        """Start empty, for states of so many words, which are folded if they are several."""
        self._words = words
        self.folder = folder
        self.table = Table()
        self._cursor = np.zeros(2, np.int64)
        self._met: dict[int, Array] = {}

    @property
    def count(self) -> int:
        """The number of states."""
        return self.table.count

    @count.setter
    def count(self, states: int) -> None:
        self.table.count = states

    @property
    def nbytes(self) -> int:
        """The memory in use."""
        folded = 0 if self.folder is None else self.folder.nbytes
        return folded + int(self.table.array.nbytes)

    @property
    def room(self) -> int:
        """How many more states fit."""
        return self.table.room

    def growth(self, states: int) -> list[tuple[int, int, Callable[[Run], None]]]:
        """Return ways to make the table larger."""
        return self.table.growth(states)

    def admit(self, states: Array, run: Run) -> Array:
        """Put their keys into the table."""
        keys = self.keys(states, run)
        out = np.empty(len(keys), np.uint64)
        return out[: self.table.admit(keys, out)]

    def keys(self, states: Array, run: Run) -> Array:
        """Return the keys of some states."""
        if self.folder is None:
            return states
        self.folder.hand_out(self._cursor, 2 * len(states) // self._words, run)
        return self.folder.fold(states, self._cursor)

    def states(self, rows: Array) -> Array:
        """Return the states of some keys."""
        return rows if self.folder is None else self.folder.unfold(rows)

    def begin(self, workers: Sequence[Worker], run: Run) -> None:
        """Hand out numbers for halves."""
        if self.folder is not None:
            for worker in workers:
                self.folder.hand_out(worker.cursor, 2 * worker.room, run)
                self._met.setdefault(id(worker), np.zeros(RECENT, np.uint64))

    def may_go_on(self, worker: Worker) -> bool:
        """Tell whether there are numbers left."""
        return self.folder is None or bool(worker.cursor[1] - worker.cursor[0] >= 2 * worker.room)

    def expand(
        self, worker: Worker, before: Sequence[Any], after: Sequence[Any]
    ) -> tuple[int, int, int, int]:
        """Expand by keys."""
        folder = self.folder
        if folder is None:
            told: tuple[int, int, int, int] = kernels.expand_narrow(
                *before, self.table.array, *after
            )
        else:
            folding, met = folder.for_worker(worker), self._met[id(worker)]
            told = kernels.expand_folded(*before, self.table.array, *after, folding, met)
        return told
