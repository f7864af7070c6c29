"""Where states are kept: which were seen, and which make up a level.

Two stores with one interface. `NarrowStore` keeps states of one word in the table itself, and
levels in blocks of their own, which can be dropped: 8 bytes per slot and nothing else. `WideStore`
keeps states of several words in an arena in the order in which they were found, and a word per
slot of the table: so a state is stored once, a level is a few ranges of the arena, and neither
ever moves when the table grows.

A table grows between rounds of work, when no thread is in it. Each thread may add `Worker.budget`
states in a round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from checker.explicit.native import kernels
from checker.explicit.native.cells import SPARE
from checker.explicit.native.memory import Array, pack, unpack, zeros

if TYPE_CHECKING:
    from checker.explicit.native.worker import Worker

CHUNK: Final = 8_192
"""States handed to a thread at a time."""

LOAD: Final = 0.85
"""The part of a table that is filled at most."""

FIRST_BITS: Final = 16
"""The logarithm of the size of the first table."""

BLOCK_WORDS: Final = 1 << 16
"""The size of blocks in which new states are gathered."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive states of a level: numbers `low` to `high` of an array."""

    array: Array
    low: int
    high: int

    def chunks(self) -> Iterator[Piece]:
        """Yield parts for one thread each."""
        for low in range(self.low, self.high, CHUNK):
            yield Piece(self.array, low, min(low + CHUNK, self.high))


class Store(Protocol):
    """The interface; `words` is that of a state."""

    words: int
    distinct: int

    def admit(self, states: Sequence[int]) -> list[Piece]:
        """Take states from outside; return those that are new."""
        ...

    def prepare(self, workers: Sequence[Worker], run: Callable[..., None]) -> None:
        """Make room for a round: grow if needed, and give budgets."""
        ...

    def work(self, worker: Worker, piece: Piece, *, shared: bool) -> int:
        """Expand a piece as far as the budget allows; return where it stopped."""
        ...

    def close(self) -> list[Piece]:
        """End a level; return the states found in it."""
        ...


def table_bits(states: int) -> int:
    """Return the logarithm of the size of a table that holds so many states."""
    bits = FIRST_BITS
    while LOAD * (1 << bits) < states:
        bits += 1
    return bits


def _tell(worker: Worker, piece: Piece, told: int) -> None:
    """Keep what is to be said about states expanded."""
    _keep(worker.wrong, worker.notes, told, piece.array, worker.words)


def _keep(
    into: list[tuple[int, int]],
    notes: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    count: int,
    array: Array,
    words: int,
) -> None:
    if count == 0:
        return
    rows = notes[:count, 0]
    if words == 1:
        states = array[rows]
    else:
        states = array[(rows[:, None] * words + np.arange(words)).reshape(-1)]
    into.extend(zip(unpack(states, words), notes[:count, 1].tolist(), strict=True))


# --- narrow states --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """States that one thread has found."""

    array: Array
    filled: int = 0


class NarrowStore:
    """States of one word, in the table itself."""

    words = 1

    def __init__(self) -> None:
        """Start with a small table."""
        self.distinct = 0
        self._bits = FIRST_BITS
        self._table = zeros(1 << FIRST_BITS)
        self._blocks: dict[int, list[_Block]] = {}

    @property
    def bytes_of_table(self) -> int:
        """The memory that the table takes when it is full."""
        return int(self._table.nbytes)

    @property
    def _shift(self) -> np.uint64:
        return np.uint64(64 - self._bits)

    def admit(self, states: Sequence[int]) -> list[Piece]:
        """Take the initial states."""
        given = pack(list(states), 1)
        self._grow(self.distinct + len(given))
        out = np.empty(len(given), np.uint64)
        count = int(kernels.admit_narrow(given, len(given), self._table, self._shift, out))
        self.distinct += count
        return [Piece(out, 0, count)]

    def prepare(self, workers: Sequence[Worker], run: Callable[..., None]) -> None:
        """Grow the table if a batch of each thread would not fit well."""
        slack = sum(worker.room for worker in workers)
        need = self.distinct + 2 * slack
        if need > LOAD * len(self._table):
            self._grow(max(need, int(1.2 * self.distinct)))
        left = int(LOAD * len(self._table)) - self.distinct - slack
        for worker in workers:
            worker.budget = left // len(workers)

    def _grow(self, states: int) -> None:
        bits = table_bits(states)
        if bits <= self._bits:
            return
        old, self._bits = self._table, bits
        self._table = zeros(1 << bits)
        kernels.rehash(old, 0, len(old), self._table, self._shift, False)

    def work(self, worker: Worker, piece: Piece, *, shared: bool) -> int:
        """Expand a piece into blocks of this thread."""
        blocks = self._blocks.setdefault(id(worker), [])
        low = piece.low
        while low < piece.high and worker.budget > 0:
            if not blocks or len(blocks[-1].array) - blocks[-1].filled < worker.room:
                size = max(BLOCK_WORDS, 2 * worker.room)
                blocks.append(_Block(np.empty(size, np.uint64)))
            block = blocks[-1]
            before = block.filled
            stop, block.filled, told, noted = kernels.expand_narrow(
                worker.calls,
                piece.array,
                low,
                piece.high,
                self._table,
                self._shift,
                shared,
                worker.buffers,
                block.array,
                block.filled,
                worker.limits,
                worker.notes,
                worker.findings,
            )
            _tell(worker, piece, told)
            _keep(worker.seen, worker.findings, noted, block.array, 1)
            found = block.filled - before
            worker.new += found
            worker.budget -= found
            worker.expanded += stop - low
            low = stop
        return low

    def close(self) -> list[Piece]:
        """Gather the blocks of all threads."""
        result = [
            Piece(_trimmed(block), 0, block.filled)
            for blocks in self._blocks.values()
            for block in blocks
            if block.filled
        ]
        self._blocks.clear()
        return result


def _trimmed(block: _Block) -> Array:
    """Return the array of a block without room that would be wasted for ever."""
    if block.filled * 2 < len(block.array):
        return block.array[: block.filled].copy()
    return block.array


# --- wide states ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Range:
    """Where in the arena one thread puts what it finds: from `fill` up to `end`."""

    start: int
    fill: int
    end: int


class WideStore:
    """States of several words, in an arena."""

    def __init__(self, words: int, arena_words: int) -> None:
        """Reserve address space for the arena; start with a small table."""
        self.words = words
        self.distinct = 0
        self._arena = zeros(arena_words, reserved=True)
        self._capacity = (arena_words - SPARE) // words
        self._next = 0
        self._bits = FIRST_BITS
        self._table = zeros(1 << FIRST_BITS)
        self._ranges: dict[int, _Range] = {}
        self._closed: list[tuple[int, int]] = []
        self._all: list[tuple[int, int]] = []

    @property
    def _shift(self) -> np.uint64:
        return np.uint64(64 - self._bits)

    def admit(self, states: Sequence[int]) -> list[Piece]:
        """Take the initial states."""
        given = pack(list(states), self.words)
        self._grow(self.distinct + len(states))
        low = self._next
        high = kernels.admit_wide(
            given, len(states), self.words, self._table, self._shift, self._arena, low
        )
        self._next = int(high)
        self.distinct += self._next - low
        self._all.append((low, self._next))
        return [Piece(self._arena, low, self._next)]

    def prepare(self, workers: Sequence[Worker], run: Callable[..., None]) -> None:
        """Grow the table if a batch of each thread would not fit well."""
        slack = sum(worker.room for worker in workers)
        need = self.distinct + 2 * slack
        if need > LOAD * len(self._table):
            self._grow(max(need, int(1.2 * self.distinct)))
        left = int(LOAD * len(self._table)) - self.distinct - slack
        for worker in workers:
            worker.budget = left // len(workers)

    def _grow(self, states: int) -> None:
        bits = table_bits(states)
        if bits <= self._bits:
            return
        self._bits = bits
        # The arena has everything, so that the old table can go before the new one comes.
        del self._table
        self._table = zeros(1 << bits)
        open_ranges = [(each.start, each.fill) for each in self._ranges.values()]
        for low, high in [*self._all, *self._closed, *open_ranges]:
            kernels.rehash_wide(self._arena, low, high, self.words, self._table, self._shift, False)

    def work(self, worker: Worker, piece: Piece, *, shared: bool) -> int:
        """Expand a piece into ranges of this thread."""
        low = piece.low
        while low < piece.high and worker.budget > 0:
            into = self._range(worker)
            before = into.fill
            stop, into.fill, told, noted = kernels.expand_wide(
                worker.calls,
                self._arena,
                self.words,
                low,
                piece.high,
                self._table,
                self._shift,
                shared,
                worker.buffers,
                into.fill,
                into.end,
                worker.limits,
                worker.notes,
                worker.findings,
            )
            _tell(worker, piece, told)
            _keep(worker.seen, worker.findings, noted, self._arena, self.words)
            found = into.fill - before
            worker.new += found
            worker.budget -= found
            worker.expanded += stop - low
            low = stop
        return low

    def _range(self, worker: Worker) -> _Range:
        """Return where the thread has room for a batch."""
        mine = self._ranges.get(id(worker))
        if mine is not None and mine.end - mine.fill >= worker.room:
            return mine
        size = max(BLOCK_WORDS // self.words, 2 * worker.room)
        if mine is not None and mine.end == self._next:
            self._next += size
            mine.end = self._next
        else:
            if mine is not None:
                self._closed.append((mine.start, mine.fill))
            mine = self._ranges[id(worker)] = _Range(self._next, self._next, self._next + size)
            self._next += size
        if self._next > self._capacity:
            raise MemoryError("the arena is full")
        return mine

    def close(self) -> list[Piece]:
        """Gather the ranges of all threads."""
        found = [*self._closed, *((each.start, each.fill) for each in self._ranges.values())]
        found = [(low, high) for low, high in found if high > low]
        for each in self._ranges.values():
            each.start = each.fill
        self._closed.clear()
        self._all.extend(found)
        return [Piece(self._arena, low, high) for low, high in found]
