"""The states of a level, piece by piece: keys in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array

CHUNK: Final = 8_192
"""States handed to a thread at a time."""


class Source(Protocol):
    """Something that has rows: a key, or all words of a state."""

    def read(self, low: int, high: int) -> Array:
        """Return the words of the rows from `low` to `high`."""
        ...

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of so many words in memory."""

    array: Array
    width: int = 1

    def read(self, low: int, high: int) -> Array:
        """Return a view of the rows."""
        return self.array[low * self.width : high * self.width]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return int(self.array.nbytes)


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows from `low` to `high` of a source."""

    source: Source
    low: int
    high: int

    @property
    def size(self) -> int:
        """The number of states."""
        return self.high - self.low

    def rows(self) -> Array:
        """Return the words of all rows."""
        return self.source.read(self.low, self.high)

    def chunks(self) -> Iterator[Piece]:
        """Yield parts for one thread each."""
        for low in range(self.low, self.high, CHUNK):
            yield Piece(self.source, low, min(low + CHUNK, self.high))

    def behind(self, done: int) -> Piece:
        """Return what follows the first rows."""
        return Piece(self.source, self.low + done, self.high)

    def moved(self, before: Piece, after: Piece) -> Piece:
        """Return where the rows are when those of another piece of the source have been moved."""
        by = after.low - before.low
        return Piece(after.source, self.low + by, self.high + by)
