"""Text measured in terminal cells: width, padding, clipping and wrapping.

A character takes no cell (combining), one, or two (East Asian wide and full-width); a tab reaches
the next multiple of `TAB`. Everything that aligns one thing below another goes through here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

TAB = 4
MORE = "..."


def width(text: str) -> int:
    """Return the number of cells that `text` takes, which holds no tab and no line end."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def flat(text: str) -> str:
    """Return `text` with tabs expanded by cells and other control characters made visible."""
    parts: list[str] = []
    column = 0
    for char in text:
        if char == "\t":
            shown = " " * (TAB - column % TAB)
        elif unicodedata.category(char) == "Cc":
            shown = char.encode("unicode_escape").decode("ascii")
        else:
            shown = char
        parts.append(shown)
        column += width(shown)
    return "".join(parts)


def pad(text: str, cells: int) -> str:
    """Return `text` filled up with blanks on the right to at least `cells`."""
    return text + " " * (cells - width(text))


def clip(text: str, cells: int) -> str:
    """Return `text`, or its beginning and `...` when it is wider than `cells`."""
    if width(text) <= cells:
        return text
    room = max(cells - len(MORE), 1)
    return text[: _fitting(text, room)].rstrip() + MORE


def _fitting(text: str, cells: int) -> int:
    """Return how many characters of `text` fit into `cells`."""
    used = 0
    for index, char in enumerate(text):
        used += _cells(char)
        if used > cells:
            return index
    return len(text)


def wrap(text: str, cells: int, *, hang: int = 2) -> list[str]:
    """Break `text` at blanks into lines of at most `cells`, the later ones indented by `hang`.

    The first line keeps its own indentation. A word that is wider than a line is cut, so that
    nothing is lost and nothing sticks out.
    """
    bare = text.lstrip(" ")
    margin = text[: len(text) - len(bare)]
    room = max(cells - max(hang, len(margin)), 8)
    lines: list[str] = []
    words: list[str] = []
    for word in _pieces(bare.split(" "), room):
        if words and width(margin) + width(" ".join([*words, word])) > cells:
            lines.append(margin + " ".join(words))
            margin, words = " " * hang, []
        words.append(word)
    return [*lines, margin + " ".join(words)]


def _pieces(words: Iterable[str], cells: int) -> Iterable[str]:
    for word in words:
        rest = word
        while width(rest) > cells:
            count = max(_fitting(rest, cells), 1)
            yield rest[:count]
            rest = rest[count:]
        yield rest
