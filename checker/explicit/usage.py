"""How much memory the process occupies, and how much more it may."""

from __future__ import annotations

from pathlib import Path
from resource import RUSAGE_SELF, getpagesize, getrusage
from typing import Final

SHARE: Final = 0.94
"""The part of a limit that is planned with; the rest is for what nobody counts."""


def memory_in_use() -> int:
    """Return the bytes of memory that this process occupies, or did at its peak where unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return getrusage(RUSAGE_SELF).ru_maxrss * 1024
    return pages * getpagesize()


class Allowance:
    """A limit on the memory of the process, None for no limit."""

    def __init__(self, limit: int | None) -> None:
        """Take the limit in bytes."""
        self.limit = limit

    def allows(self, more: int) -> bool:
        """Tell whether so many more bytes may be used."""
        return self.limit is None or memory_in_use() + more <= SHARE * self.limit

    def bytes_left(self) -> int | None:
        """Return the bytes that may still be used, None for no limit."""
        return None if self.limit is None else self.left(at_least=0)

    def left(self, *, at_least: int) -> int:
        """Return the bytes that may still be used, or what is needed at the least."""
        assert self.limit is not None
        return max(at_least, int(SHARE * self.limit) - memory_in_use())
