"""The levels of a search, and how much of them is kept.

A level is a handle. The states of old ones are kept up to so many bytes; beyond that the oldest are
dropped, to be found again when they are asked for, or moved to a file where they could not be found
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.explicit.native.pieces import Piece

if TYPE_CHECKING:
    from checker.explicit.native.disk.files import Filed


@dataclass(slots=True)
class NativeLevel:
    """One level; `pieces` is None once its states are forgotten."""

    number: int
    size: int
    pieces: list[Piece] | None

    @property
    def nbytes(self) -> int:
        """The memory that the states take."""
        return sum(piece.source.nbytes for piece in self.pieces or ())


class Levels:
    """All levels of a search, or those of the part of it that one engine made.

    Attributes:
        keeps_all: whether none is dropped any more.
    """

    def __init__(self, kept: int, attic: Filed | None = None) -> None:
        """Keep so many bytes of old levels; the others go to the attic, if there is one."""
        self.all: list[NativeLevel] = []
        self.keeps_all = False
        self._kept = kept
        self._attic = attic
        self._held = 0
        self._oldest = 0

    def add(self, pieces: list[Piece], number: int | None = None) -> NativeLevel:
        """Add a level, by default the one that follows the last."""
        if number is None:
            number = self.all[-1].number + 1 if self.all else 0
        level = NativeLevel(number, sum(piece.size for piece in pieces), pieces)
        self.all.append(level)
        self._held += level.nbytes
        return level

    def shrink(self, *, is_short: bool = False) -> Iterator[Piece]:
        """Drop the oldest levels beyond what may be kept, never the last; yield what they had.

        Args:
            is_short: whether memory is short, so that nothing may be kept.
        """
        if self.keeps_all:
            return
        kept = 0 if is_short else self._kept
        # A search may have as many levels as states: none is looked at twice.
        while self._held > kept and self._oldest < len(self.all) - 1:
            level = self.all[self._oldest]
            self._oldest += 1
            if level.nbytes:
                self._held -= level.nbytes
                pieces = level.pieces or []
                level.pieces = None if self._attic is None else [*map(self._filed, pieces)]
                yield from pieces

    def _filed(self, piece: Piece) -> Piece:
        assert self._attic is not None
        first = self._attic.append(piece.rows())
        return Piece(self._attic, first, first + piece.size)
