"""Where states are kept: which were seen, and which make up a level.

Two stores with one interface: this one in memory, and the one on disk (see `disk.store`) that
takes over from it when memory does not suffice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from checker.explicit.native.pieces import Held, Piece

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array
    from checker.explicit.native.sieve import Sieve
    from checker.explicit.native.table import Run
    from checker.explicit.native.worker import Worker
    from checker.explicit.usage import Allowance

Judge: TypeAlias = "Callable[[Array], None]"
"""Inspects states, given by their rows."""


class Store(Protocol):
    """The states seen, and those of the level that is being found."""

    sieve: Sieve

    def admit(self, states: Array, run: Run) -> Piece:
        """Take states from outside; return those that are new, as a level of their own."""
        ...

    def reserve(self, keys: int, run: Run) -> bool:
        """Make room for so many states from outside; tell whether there was memory for that."""
        ...

    def prepare(self, workers: Sequence[Worker], run: Run) -> bool:
        """Make room for a round and give budgets; tell whether there was memory for that."""
        ...

    def close(self, judge: Judge, run: Run) -> list[Piece]:
        """End a level; return the states found in it, all of them judged."""
        ...


class MemoryStore:
    """All keys in one table."""

    def __init__(self, sieve: Sieve, allowance: Allowance) -> None:
        """Keep what the sieve has seen."""
        self.sieve = sieve
        self._allowance = allowance

    def admit(self, states: Array, run: Run) -> Piece:
        """Take states from outside."""
        rows, width = self.sieve.admit(states, run), self.sieve.seen.width
        return Piece(Held(rows, width), 0, len(rows) // width)

    def reserve(self, keys: int, run: Run) -> bool:
        """Grow if so many more keys would not fit."""
        seen = self.sieve.seen
        self.sieve.count()
        if seen.room >= keys:
            return True
        for states, more, grow in seen.growth(seen.count + keys):
            # What is found until the table is full stands in blocks, too.
            found = 8 * seen.width * (states - seen.count)
            if self._allowance.allows(more + found):
                grow(run)
                return True
        return False

    def prepare(self, workers: Sequence[Worker], run: Run) -> bool:
        """Grow if a batch of each thread would not fit well."""
        is_ready = self.reserve(2 * sum(worker.room for worker in workers), run)
        if is_ready:
            self.sieve.give_budgets(workers, run)
        return is_ready

    def close(self, judge: Judge, run: Run) -> list[Piece]:
        """End a level; what has passed is judged already."""
        return self.sieve.drain()
