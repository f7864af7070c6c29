"""Source text and places in it.

A `Span` is a half-open range of character offsets in one `SourceFile`. Lines and columns are
derived on demand and count from 1, as editors do. Syntax nodes carry spans but never compare by
them, so that two texts which differ only in layout give equal trees.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

MAX_LENGTH: Final = 1_000_000
"""Characters of a text that is read."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """One text and the name under which messages quote it; compared by identity.

    Attributes:
        origin: of a text that nobody wrote, the place of the construct that it was generated for.
    """

    name: str
    text: str
    origin: Span | None = None
    line_starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the beginning of every line once."""
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        object.__setattr__(self, "line_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of `offset`, both from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line `number` (from 1) without its line end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text) + 1
        return self.text[start : end - 1].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of `source`."""

    source: SourceFile = field(repr=False)
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def written(self) -> Span:
        """The place itself; of generated code, that of the construct it was generated for."""
        origin = self.source.origin
        return self if origin is None else origin.written

    def to(self, other: Span) -> Span:
        """Return the smallest span that covers this one and `other`."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        """Render as `file:line:column`, in the text that somebody wrote."""
        span = self.written
        line, column = span.source.position(span.start)
        return f"{span.source.name}:{line}:{column}"


NOWHERE = Span(SourceFile("<none>", ""), 0, 0)
"""The place of nodes that no text wrote (tests and generated systems)."""
