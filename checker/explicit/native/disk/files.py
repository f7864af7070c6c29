"""Words in a temporary file that has no name: it is gone with the process, however that ends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import TYPE_CHECKING
from weakref import finalize

import numpy as np

from checker.explicit.engine import Exhausted

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array


class WordFile:
    """A file of words, to which words are added at the end.

    Attributes:
        length: words in it.
    """

    def __init__(self, folder: Path) -> None:
        """Make a file in a folder.

        Raises:
            Exhausted: the folder takes no file.
        """
        try:
            self._handle, name = mkstemp(prefix="k42-", dir=folder)
            Path(name).unlink()
        except OSError as error:
            raise Exhausted(f"no room in {folder}: {error.strerror}") from None
        self._end = finalize(self, os.close, self._handle)
        self._folder = folder
        self._lock = Lock()
        self.length = 0

    @property
    def nbytes(self) -> int:
        """The memory that it takes: none."""
        return 0

    def append(self, words: Array) -> int:
        """Add words; return the number of the first.

        Raises:
            Exhausted: the disk is full.
        """
        data = words.view(np.uint8).data
        with self._lock:
            first = self.length
            at = 8 * first
            try:
                while data:
                    written = os.pwrite(self._handle, data, at)
                    data, at = data[written:], at + written
            except OSError as error:
                raise Exhausted(f"no room in {self._folder}: {error.strerror}") from None
            self.length += len(words)
        return first

    def read(self, low: int, high: int) -> Array:
        """Return the words from `low` to `high`."""
        words = np.empty(high - low, np.uint64)
        self.read_into(words, low)
        return words

    def read_into(self, words: Array, low: int) -> None:
        """Fill an array with the words from `low` on."""
        data = words.view(np.uint8).data
        at = 8 * low
        while data:
            read = os.preadv(self._handle, [data], at)
            assert read > 0, "a word is read that was never written"
            data, at = data[read:], at + read

    def close(self) -> None:
        """Give the disk back; nothing is read any more."""
        self._end()


@dataclass(frozen=True, slots=True)
class Filed:
    """Rows of so many words in a file that has nothing else."""

    file: WordFile
    width: int

    def read(self, low: int, high: int) -> Array:
        """Return the words of the rows from `low` to `high`."""
        return self.file.read(low * self.width, high * self.width)

    @property
    def nbytes(self) -> int:
        """The memory that it takes: none."""
        return 0

    def append(self, rows: Array) -> int:
        """Add rows; return the number of the first."""
        return self.file.append(rows) // self.width
