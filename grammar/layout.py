"""Text that may be broken into lines, and how it is broken.

A `Layout` is a piece of text with marked places where a line may end. A group is set on one line
if it fits there, and else broken at all of its own places, never at some of them; inner groups
decide for themselves. What holds a comment or a line end that must stay is always broken. Comments
end their line wherever they stand, so no combination of pieces can lose one or swallow what
follows it.

Source: Wadler, "A prettier printer", 2003; the renderer is the iterative one of Lindig, "Strictly
pretty", 2000.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, assert_never

WIDTH: Final = 100
INDENT: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Characters without a line end."""

    text: str


class Break(Enum):
    """A place where a line may end, by what stands there in a group that is not broken."""

    BLANK = " "
    NOTHING = ""


@dataclass(frozen=True, slots=True, eq=False)
class LineEnd:
    """A line end that always is one; with `is_double`, an empty line follows."""

    is_double: bool


@dataclass(frozen=True, slots=True, eq=False)
class Remark:
    """A comment: on a line of its own or at the end of one. Nothing follows it on its line.

    Attributes:
        column: where it stands at the end of a line, if that is short enough.
    """

    text: str
    owns_line: bool
    column: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Pieces in order; `must_break` if one of them must."""

    pieces: tuple[Layout, ...]
    must_break: bool


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """On one line or broken at all of its places."""

    body: Layout
    must_break: bool


@dataclass(frozen=True, slots=True, eq=False)
class Indented:
    """Lines that begin inside are indented by `INDENT` more."""

    body: Layout
    must_break: bool


@dataclass(frozen=True, slots=True, eq=False)
class Hanging:
    """What follows a sign: on its line after a blank, or else indented on the next one.

    Attributes:
        hugs: if it fits neither here nor on the next line, it begins here (as brackets do).
        is_below: it begins on the next line anyway.
    """

    body: Layout
    must_break: bool
    hugs: bool
    is_below: bool


Layout: TypeAlias = Text | Break | LineEnd | Remark | Joined | Group | Indented | Hanging

NOTHING: Final = Joined((), must_break=False)
BLANK: Final = Text(" ")


def must_break(layout: Layout) -> bool:
    """Whether no line can hold it."""
    match layout:
        case Text() | Break():
            return False
        case LineEnd() | Remark():
            return True
        case Joined() | Group() | Indented() | Hanging():
            return layout.must_break
        case _:
            assert_never(layout)


def join(pieces: Iterable[Layout]) -> Layout:
    """Set pieces one after the other."""
    whole = tuple(pieces)
    return Joined(whole, any(map(must_break, whole)))


def group(*pieces: Layout) -> Layout:
    """Keep pieces on one line if they fit."""
    body = join(pieces)
    return Group(body, must_break(body))


def broken(layout: Layout) -> Layout:
    """Break a group at its own places though it may fit."""
    return Group(layout, must_break=True)


def indent(*pieces: Layout) -> Layout:
    """Indent the lines that begin inside."""
    body = join(pieces)
    return Indented(body, must_break(body))


def hang(body: Layout, *, hugs: bool, is_below: bool) -> Layout:
    """Set what follows a sign."""
    return Hanging(body, is_below or must_break(body), hugs, is_below)


def render(layout: Layout, width: int = WIDTH) -> str:
    """Return the text, every line ended and without blanks at its end."""
    renderer = _Renderer(width)
    renderer.run(layout)
    return renderer.finish()


@dataclass(frozen=True, slots=True)
class _Task:
    layout: Layout
    indentation: int
    is_flat: bool


class _Renderer:
    """Lines so far, and the one being written.

    A line is indented as the place where the one before it ended. `_is_closed` says that the line
    ends in a comment, so that nothing can follow.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[str] = []
        self._line = ""
        self._indentation = 0
        self._is_closed = False

    def run(self, layout: Layout) -> None:
        """Set a whole layout."""
        tasks = [_Task(layout, 0, is_flat=False)]
        while tasks:
            task = tasks.pop()
            match task.layout:
                case Text(text):
                    self._write(text, task.indentation)
                case Break() as place:
                    if task.is_flat:
                        self._write(place.value, task.indentation)
                    else:
                        self._end_line(task.indentation)
                case LineEnd(is_double):
                    self._end_line(task.indentation)
                    if is_double:
                        self._lines.append("")
                case Remark() as remark:
                    self._remark(remark, task.indentation)
                case Joined(pieces):
                    tasks.extend(
                        _Task(piece, task.indentation, task.is_flat) for piece in reversed(pieces)
                    )
                case Indented(body):
                    tasks.append(_Task(body, task.indentation + INDENT, task.is_flat))
                case Group(body):
                    is_flat = task.is_flat or self._fits(task.layout, self._room(task), tasks)
                    tasks.append(_Task(body, task.indentation, is_flat))
                case Hanging() as hanging:
                    self._hang(hanging, task, tasks)
                case _:
                    assert_never(task.layout)

    def finish(self) -> str:
        """Return what was set."""
        self._end_line(0)
        return "\n".join([*self._lines, ""])

    def _room(self, task: _Task) -> int:
        """Return how many characters fit on the line on which the task's text would begin."""
        if self._is_closed:
            return self._width - task.indentation
        return self._width - self._indentation - len(self._line)

    def _write(self, text: str, indentation: int) -> None:
        if self._is_closed:
            self._end_line(indentation)
        self._line += text if self._line else text.lstrip(" ")

    def _remark(self, remark: Remark, indentation: int) -> None:
        if self._is_closed or remark.owns_line:
            self._end_line(indentation)
        if self._line:
            code = self._line.rstrip()
            gap = remark.column - self._indentation - len(code)
            self._line = code + " " * (gap if gap > 0 else 2)
        self._line += remark.text
        self._is_closed = True

    def _end_line(self, indentation: int) -> None:
        """End the line, unless nothing was written since the last one ended."""
        if self._line:
            self._lines.append(" " * self._indentation + self._line.rstrip())
        self._line = ""
        self._indentation = indentation
        self._is_closed = False

    def _hang(self, layout: Hanging, task: _Task, tasks: list[_Task]) -> None:
        inner = task.indentation + INDENT
        here = self._room(task) - 1
        is_below = layout.is_below
        is_flat = task.is_flat
        if not (is_below or is_flat):
            is_flat = self._fits(layout.body, here, tasks)
            fits_below = self._fits(layout.body, self._width - inner, tasks)
            is_below = not is_flat and (fits_below or not layout.hugs)
        if is_below:
            self._end_line(inner)
            tasks.append(_Task(layout.body, inner, is_flat=False))
        else:
            self._write(" ", inner)
            tasks.append(_Task(layout.body, task.indentation, is_flat))

    def _fits(self, layout: Layout, room: int, rest: Sequence[_Task]) -> bool:
        """Whether a layout, and what follows it up to the next line end, has room on a line."""
        if must_break(layout):
            return False
        pending = [_Task(layout, 0, is_flat=True)]
        following = len(rest)
        while room >= 0:
            if not pending:
                if not following:
                    return True
                following -= 1
                pending.append(rest[following])
            current = pending.pop()
            match current.layout:
                case Text(text):
                    room -= len(text)
                case Break() as place:
                    if not current.is_flat:
                        return True
                    room -= len(place.value)
                case LineEnd() | Remark():
                    return True
                case Joined(pieces):
                    pending.extend(_Task(p, 0, current.is_flat) for p in reversed(pieces))
                case Indented(body) | Group(body):  # one that follows may break at its own places
                    pending.append(_Task(body, 0, current.is_flat))
                case Hanging(body):
                    if not current.is_flat:
                        return True
                    room -= 1
                    pending.append(_Task(body, 0, is_flat=True))
                case _:
                    assert_never(current.layout)
        return False
