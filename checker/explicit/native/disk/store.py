"""The store that goes on when memory does not suffice.

The table becomes a cache: it knows some of the states seen, those met last. What passes it is only
perhaps new. It is gathered in sorted blocks, which go to disk when the table is full and is
emptied; when the level ends, all of that is compared with the runs of all states seen. What is new
then is the level, and a run itself. Small runs are merged into larger ones, so that there are never
many.

Judging waits until a state is known to be new, which costs nothing, since nothing is found twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from checker.explicit.native.disk.difference import merged, new_keys
from checker.explicit.native.disk.files import WordFile
from checker.explicit.native.disk.runs import READ, Run, RunWriter, held
from checker.explicit.native.kernels.runs import compact
from checker.explicit.native.pieces import Piece
from checker.explicit.native.table import FIRST_SLOTS

if TYPE_CHECKING:
    from pathlib import Path

    from checker.explicit.native.memory import Array
    from checker.explicit.native.seen import Keys
    from checker.explicit.native.sieve import Sieve
    from checker.explicit.native.stores import Judge
    from checker.explicit.native.table import Run as RunTasks
    from checker.explicit.native.worker import Worker
    from checker.explicit.usage import Allowance

LEAST: Final = 8 << 20
"""Bytes that are used at the least, whatever the limit says."""

TABLE_SHARE: Final = 0.4
"""The part of memory for the table; what passes it until it is full takes nearly as much."""

MERGE_SHARE: Final = 0.05
"""The part of memory for the keys of one range, which are there in up to three copies."""

MAX_RUNS: Final = 6

ROUNDS: Final = 4
"""Batches of each thread for which the table has room at the least."""


class DiskStore:
    """Keys on disk."""

    def __init__(self, sieve: Sieve, seen: Keys, folder: Path) -> None:
        """Take over all that a sieve has seen, of which nothing has passed that was not drained.

        Args:
            seen: what the sieve remembers.

        Raises:
            Exhausted: there is no room on disk.
        """
        self.sieve = sieve
        self._folder = folder
        # Of the levels, which are never removed, and of what passes in one level.
        self._levels = WordFile(folder)
        self._found: list[Run] = []
        self._confirmed: list[Piece] = []
        self._passed = WordFile(folder)
        self._room = LEAST // 8
        self._seen = seen
        count = compact(seen.table.array)
        keys = seen.table.array[:count]
        keys.sort()
        self._runs = [self._written(keys[at : at + READ] for at in range(0, count, READ))]
        sieve.judges = False
        seen.table.empty(FIRST_SLOTS)
        sieve.forget()

    def settle(self, allowance: Allowance, workers: Sequence[Worker]) -> None:
        """Divide the memory that is left among the table and the other uses."""
        available = allowance.left(at_least=LEAST)
        needed = ROUNDS * sum(worker.room for worker in workers)
        self._seen.table.empty(max(int(TABLE_SHARE * available) // 64, needed // 4) * 8)
        self._room = int(MERGE_SHARE * available) // 8

    def _written(self, parts: Iterator[Array]) -> Run:
        """Return a run in a file of its own."""
        writer = RunWriter(WordFile(self._folder))
        for part in parts:
            writer.add(part)
        return writer.finish()

    # --- the interface

    def keep(self, piece: Piece) -> Piece:
        """Move states of a level to disk."""
        first = self._levels.append(piece.rows())
        return Piece(self._levels, first, first + piece.size)

    def confirm(self, pieces: Sequence[Piece]) -> None:
        """Take states found before this store was made, which are known to be new."""
        self._confirmed += [self.keep(piece) for piece in pieces]

    def admit(self, states: Array, run: RunTasks) -> Piece:
        """Take states from outside as a level of their own."""
        keys = self._seen.keys(states, run)
        keys.sort()
        level = self._new([held(keys)], lambda _: None, run)
        return Piece(self._levels, level.low, level.high)

    def reserve(self, keys: int, run: RunTasks) -> bool:
        """Do nothing: there is always room on disk."""
        del keys, run
        return True

    def prepare(self, workers: Sequence[Worker], run: RunTasks) -> bool:
        """Empty the table if a batch of each thread would not fit well."""
        sieve = self.sieve
        sieve.count()
        if self._seen.room < 2 * sum(worker.room for worker in workers):
            for each in self._sorted(sieve.drain()):
                writer = RunWriter(self._passed)
                writer.add(each)
                self._found.append(writer.finish())
            self._seen.table.clear()
            sieve.forget()
        sieve.give_budgets(workers, run)
        return True

    def close(self, judge: Judge, run: RunTasks) -> list[Piece]:
        """End a level: find out what is new."""
        found = [*self._found, *map(held, self._sorted(self.sieve.drain()))]
        level = self._new(found, judge, run)
        pieces = [*self._confirmed, Piece(self._levels, level.low, level.high)]
        self._passed.close()
        self._passed = WordFile(self._folder)
        self._found, self._confirmed = [], []
        return [piece for piece in pieces if piece.size]

    def _new(self, found: Sequence[Run], judge: Judge, run: RunTasks) -> Run:
        """Return what was not seen before, now also a run."""
        writer = RunWriter(self._levels)
        for keys in new_keys(found, self._runs, self._room, run):
            judge(keys)
            writer.add(keys)
        level = writer.finish()
        if level.size:
            self._runs.append(level)
            self._merge()
        return level

    def _sorted(self, pieces: Sequence[Piece]) -> Iterator[Array]:
        for piece in pieces:
            keys = piece.rows()
            keys.sort()
            yield keys

    # --- runs

    def _merge(self) -> None:
        """Merge the smaller half of all runs if there are too many."""
        if len(self._runs) <= MAX_RUNS:
            return
        self._runs.sort(key=lambda each: each.size)
        small, self._runs = self._runs[: MAX_RUNS // 2 + 1], self._runs[MAX_RUNS // 2 + 1 :]
        self._runs.append(self._written(merged(small, self._room)))
        for each in small:
            if isinstance(each.source, WordFile) and each.source is not self._levels:
                each.source.close()
