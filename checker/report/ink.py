"""Colour and width: what the place that a report is written to can show.

Colours are plain ANSI sequences around finished text, so that they never disturb alignment. Each
actor of a trace has one colour in all that concerns it; red is kept for what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_CODES: Final = {
    "bold": "1",
    "dim": "2",
    "good": "1;32",
    "bad": "1;31",
    "doubt": "1;33",
    "caret": "1;31",
}
_ACTORS: Final = ("1;36", "1;35", "1;34", "1;33", "1;32")

PLAIN_WIDTH: Final = 100
"""Width of a report that no terminal shows."""


@dataclass(frozen=True, slots=True)
class Ink:
    """How to write: cells in a line, and whether colours are understood."""

    width: int = PLAIN_WIDTH
    has_colour: bool = False

    def paint(self, style: str, text: str) -> str:
        """Return `text` in one of the named styles."""
        return self._wrapped(_CODES[style], text)

    def paint_actor(self, number: int, text: str) -> str:
        """Return `text` in the colour of the actor with that number."""
        return self._wrapped(_ACTORS[number % len(_ACTORS)], text)

    def _wrapped(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_colour and text else text
