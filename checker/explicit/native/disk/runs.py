"""Sorted keys, in memory or on disk, of which every so many is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.native.pieces import Held

if TYPE_CHECKING:
    from checker.explicit.native.disk.files import WordFile
    from checker.explicit.native.memory import Array
    from checker.explicit.native.pieces import Source

FENCE: Final = 1 << 10
"""Of so many keys the first is remembered."""

READ: Final = 1 << 16
"""Keys read at a time, at most."""


@dataclass(frozen=True, slots=True)
class Run:
    """The keys from `low` to `high` of a source, ascending; `fences` are each of the first keys."""

    source: Source
    low: int
    high: int
    fences: Array

    @property
    def size(self) -> int:
        """The number of keys."""
        return self.high - self.low

    def between(self, first: int, last: int | None) -> Array:
        """Return the keys from `first` on and before `last`, None for the end."""
        low = self._block(first)
        high = len(self.fences) if last is None else self._block(last) + 1
        keys = self._read(low, high)
        start = int(np.searchsorted(keys, np.uint64(first)))
        stop = len(keys) if last is None else int(np.searchsorted(keys, np.uint64(last)))
        return keys[start:stop]

    def around(self, keys: Array) -> Iterator[Array]:
        """Yield parts, ascending, in which all those of the sorted keys are that are in the run."""
        places = np.append(np.searchsorted(keys, self.fences), len(keys))
        blocks = np.flatnonzero(np.diff(places))
        # Neighbours are read at once, but not without end.
        breaks = np.flatnonzero(np.diff(blocks) != 1) + 1
        for group in np.split(blocks, breaks) if len(blocks) else ():
            for low in range(int(group[0]), int(group[-1]) + 1, READ // FENCE):
                yield self._read(low, min(low + READ // FENCE, int(group[-1]) + 1))

    def _block(self, key: int) -> int:
        """Return the number of the block in which a key is, if it is there."""
        return max(0, int(np.searchsorted(self.fences, np.uint64(key), side="right")) - 1)

    def _read(self, low: int, high: int) -> Array:
        start = self.low + FENCE * low
        return self.source.read(start, min(self.low + FENCE * high, self.high))


class RunWriter:
    """Makes a run of ascending keys that are written to a file piece by piece."""

    def __init__(self, file: WordFile) -> None:
        """Begin at the end of a file, which nobody else writes to."""
        self._file = file
        self._low = file.length
        self._fences: list[Array] = []

    def add(self, keys: Array) -> None:
        """Add keys."""
        at = self._file.length - self._low
        self._file.append(keys)
        self._fences.append(keys[-at % FENCE :: FENCE].copy())

    def finish(self) -> Run:
        """Return the run."""
        fences = np.concatenate([*self._fences, np.empty(0, np.uint64)])
        return Run(self._file, self._low, self._file.length, fences)


def held(keys: Array) -> Run:
    """Return sorted keys in memory as a run."""
    return Run(Held(keys), 0, len(keys), keys[::FENCE].copy())
