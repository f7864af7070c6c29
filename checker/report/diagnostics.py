"""Diagnostics for people: place, sentence, the line with carets, other places, remedy.

    swap.k42:41:5: error K112: action `finish` changes `table`, declared unchanged
       41 |     table[cpu] := fresh
          |     ^^^^^
     note: swap.k42:12:3: declared here
      fix: remove `table` from the list            more: k42 explain K112

The first line has the form that editors and compilers agree on. Columns count characters, carets
stand below cells, so tabs and wide characters do not displace them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from checker.report.cells import flat, pad, width, wrap
from checker.report.ink import Ink
from checker.report.places import generator_of
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from grammar.source import Span

GUTTER = 5
MORE_COLUMN = 50


def render_diagnostics(diagnostics: Sequence[Diagnostic], ink: Ink) -> str:
    """Return all of them, each ended by a line end, with nothing between."""
    return "".join(f"{line}\n" for each in diagnostics for line in render_diagnostic(each, ink))


def render_diagnostic(diagnostic: Diagnostic, ink: Ink) -> list[str]:
    """Return the lines of one diagnostic."""
    is_error = diagnostic.severity is Severity.ERROR
    word = ink.paint("bad" if is_error else "doubt", diagnostic.severity.value)
    place = f"{diagnostic.span}: " if diagnostic.span else ""
    message = ink.paint("bold", flat(diagnostic.message))
    lines = [f"{ink.paint('bold', place)}{word} {diagnostic.code}: {message}"]
    if diagnostic.span is not None:
        lines += excerpt(diagnostic.span, ink)
        generator = generator_of(diagnostic.span)
        if generator is not None:
            lines.append(f" note: this is code {generator}")
    for note in diagnostic.notes:
        lines.append(f" note: {note.span}: {flat(note.message)}")
    more = f"more: k42 explain {diagnostic.code}"
    if diagnostic.remedy is None:
        lines.append(ink.paint("dim", f" {more}"))
    else:
        lines += _remedy(flat(diagnostic.remedy), more, ink)
    return lines


def _remedy(remedy: str, more: str, ink: Ink) -> list[str]:
    lines = wrap(f"  fix: {remedy}", ink.width, hang=7)
    if len(lines) == 1 and max(width(lines[0]) + 2, MORE_COLUMN) + len(more) <= ink.width:
        start = pad(lines[0], max(width(lines[0]) + 2, MORE_COLUMN))
        return [start + ink.paint("dim", more)]
    return [*lines, ink.paint("dim", f" {more}")]


def excerpt(span: Span, ink: Ink) -> list[str]:
    """Return the line in which `span` begins, numbered, and carets below what it covers of it."""
    line = span.source.line(span.line)
    start = min(span.column - 1, len(line))
    end = min(start + (span.end - span.start), len(line.rstrip()))
    if "\n" in span.text:
        end = len(line.rstrip())
    before = width(flat(line[:start]))
    marked = max(width(flat(line[:end])) - before, 1)
    shown, before, marked = _window(flat(line), before, marked, max(ink.width - GUTTER - 3, 20))
    caret = " " * before + ink.paint("caret", "^" * marked)
    number = span.line if span.source.origin is None else ""
    return [f"{number:>{GUTTER}} | {shown}".rstrip(), f"{'':>{GUTTER}} | {caret}"]


def _window(line: str, before: int, marked: int, room: int) -> tuple[str, int, int]:
    """Cut a long line so that the marked cells stay in view; return the line and where they are."""
    if width(line) <= room:
        return line, before, marked
    skipped = max(0, min(before - room // 3, width(line) - room + 3))
    cut = "..." if skipped else ""
    kept = _from_cell(line, skipped + len(cut)) if skipped else line
    before -= skipped
    tail = _until_cell(kept, room - len(cut) - 3)
    if tail != kept:
        tail += "..."
    return cut + tail, before, max(min(marked, room - before), 1)


def _from_cell(line: str, cells: int) -> str:
    index = 0
    while index < len(line) and width(line[:index]) < cells:
        index += 1
    return " " * (width(line[:index]) - cells) + line[index:]


def _until_cell(line: str, cells: int) -> str:
    if width(line) <= cells + 3:
        return line
    index = len(line)
    while index > 0 and width(line[:index]) > cells:
        index -= 1
    return line[:index]


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return `2 errors, 1 warning`; the empty text for none."""
    found = [each.severity for each in diagnostics]
    counts = ((found.count(severity), severity.value) for severity in Severity)
    return ", ".join(f"{n} {word}{'s' if n != 1 else ''}" for n, word in counts if n)
