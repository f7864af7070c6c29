"""Large arrays straight from the operating system.

They are zero, take memory page by page as they are touched, give it back as soon as the last view
of them is gone, and ask for huge pages, without which half of the time of random access is spent
on address translation.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from os import sysconf
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.uint64]"

HUGE: Final = 1 << 21
"""Bytes of a huge page."""


class Area:
    """An array of words that are zero, and that begins at a page."""

    def __init__(self, words: int, *, reserved: bool = False) -> None:
        """Map memory.

        Args:
            reserved: whether this is address space that need not ever be backed by memory.

        Raises:
            MemoryError: there is not so much.
        """
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        if reserved:
            flags |= getattr(mmap, "MAP_NORESERVE", 0)
        try:
            area = mmap.mmap(-1, max(8 * words, mmap.PAGESIZE), flags=flags)
        except OSError as error:
            raise MemoryError(f"{8 * words:,} bytes") from error
        if 8 * words >= HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # A kernel without huge pages: slower, nothing else.
                area.madvise(mmap.MADV_HUGEPAGE)
        self._map = area
        self.array: Array = np.frombuffer(area, dtype=np.uint64, count=words)

    def give_back(self) -> None:
        """Set all words to zero and give their memory back."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
        else:
            self.array[:] = 0


def reserve() -> Area:
    """Return an area as large as the memory of the machine, or as large as it may be."""
    words = sysconf("SC_PHYS_PAGES") * sysconf("SC_PAGE_SIZE") // 8
    while True:
        try:
            return Area(words, reserved=True)
        except MemoryError:
            words //= 2


def zeros(words: int) -> Array:
    """Return an array of words that are zero, in which lines of eight are lines of the cache."""
    return Area(words).array


def pack(states: Sequence[int], words: int) -> Array:
    """Return states as words, lowest first."""
    if words == 1:
        return np.array(states, dtype=np.uint64)
    joined = b"".join(state.to_bytes(8 * words, "little") for state in states)
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def unpack(array: Array, words: int) -> list[int]:
    """Return words as states; the inverse of `pack`."""
    if words == 1:
        return [int(state) for state in array.tolist()]
    joined = array.astype("<u8").tobytes()
    size = 8 * words
    return [int.from_bytes(joined[at : at + size], "little") for at in range(0, len(joined), size)]
