"""Tokens, and what stands between them.

Comments are no tokens: they are found again in the gaps between tokens, by `comments_between`. A
run of `///` lines right before a declaration is its documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_COMMENT: Final = re.compile(r"//[^\n]*")
_DOC: Final = re.compile(r"///(?!/)")
END: Final = "$END"
OPENING: Final = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING: Final = frozenset(OPENING.values())


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign.

    Attributes:
        kind: name of its terminal in `k42.lark`; `$END` after the last one.
        starts_line: only blanks stand before it on its line.
        blank_before: an empty line stands before it, after any comments.
    """

    kind: str
    text: str
    start: int
    end: int
    starts_line: bool
    blank_before: bool

    @property
    def is_word(self) -> bool:
        """Whether it is a keyword."""
        return self.kind == self.text.upper() and self.text.isalpha()


def pairs_of(tokens: Sequence[Token]) -> dict[int, int]:
    """Map the index of every closing bracket to that of its opening one, as far as they match.

    A brace closes whatever round and square brackets were left open inside; the other way round, a
    round or square bracket closes nothing across a brace.
    """
    pairs = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind in OPENING:
            opened.append(index)
        elif token.kind in CLOSING:
            if token.kind == "RBRACE":
                while opened and tokens[opened[-1]].kind != "LBRACE":
                    opened.pop()
            if opened and OPENING[tokens[opened[-1]].kind] == token.kind:
                pairs[index] = opened.pop()
    return pairs


@dataclass(frozen=True, slots=True)
class Comment:
    """One `//` or `///` comment; `text` includes the slashes but no blanks at the end.

    Attributes:
        owns_line: only blanks stand before it on its line.
        blank_before: an empty line stands before it.
        column: how many characters stand before it on its line, with tabs expanded.
    """

    text: str
    start: int
    owns_line: bool
    blank_before: bool
    column: int

    @property
    def doc(self) -> str | None:
        """The text after `///` and one blank; None for an ordinary comment."""
        if not _DOC.match(self.text):
            return None
        return self.text[3:].removeprefix(" ")


def comments_between(text: str, start: int, end: int) -> Iterator[Comment]:
    """Yield the comments of a gap between two tokens, in order."""
    before = start
    for found in _COMMENT.finditer(text, start, end):
        blanks = text[before : found.start()]
        line_start = text.rfind("\n", 0, found.start()) + 1
        yield Comment(
            text=found.group().rstrip(),
            start=found.start(),
            owns_line="\n" in blanks or found.start() == 0 or text[found.start() - 1] == "\n",
            blank_before=blanks.count("\n") > 1,
            column=len(text[line_start : found.start()].expandtabs()),
        )
        before = found.end()


def docs_between(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the first free-standing run of `///` lines in a gap, and the run that ends it.

    A run ends the gap when the next token follows it without an empty line. Only that one documents
    a declaration; the other can document the specification whose header stands before the gap.
    """
    runs: list[list[str]] = []
    is_open = False
    last = start
    for comment in comments_between(text, start, end):
        doc = comment.doc if comment.owns_line else None
        if doc is None:
            is_open = False
        elif is_open and not comment.blank_before:
            runs[-1].append(doc)
        else:
            runs.append([doc])
            is_open = True
        last = comment.start
    ends_gap = is_open and end < len(text) and text.count("\n", last, end) == 1
    attached = runs.pop() if ends_gap else []
    free = runs[0] if runs else []
    return "\n".join(free), "\n".join(attached)
