"""What the author says of mutants that survive, in comments of the specification.

    // survives split: the owner alone writes this word while the lock is held
    next := self

    if seen = none { ... }      // survives branch, weaken: it is never anything else

A comment belongs to the code in its own line or, if there is none, in the next line that has some.
It speaks of the kinds of mutants that it names, and may go on in comments that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.analysis.mutants import MutationKind
from grammar.diagnostics import Collector
from grammar.source import Span

if TYPE_CHECKING:
    from grammar.source import SourceFile

UNREADABLE: Final = "K351"
_MARK: Final = re.compile(r"^(?P<code>.*?)(?P<mark>///?\s*survives\b)(?P<rest>.*)$")
_FORM: Final = re.compile(r"\s+(?P<kinds>[a-z]+(?:\s*,\s*[a-z]+)*):\s*(?P<reason>\S.*)")
_REMARK: Final = re.compile(r"\s*//(?!/)\s?(?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why mutants of some kinds, at one line, are not noticed."""

    kinds: tuple[MutationKind, ...]
    line: int
    reason: str
    span: Span


def explanations(source: SourceFile, collector: Collector) -> tuple[Explanation, ...]:
    """Return what a text explains; what cannot be read becomes an error."""
    found = []
    lines = source.text.splitlines()
    for number, text in enumerate(lines, start=1):
        mark = _MARK.match(text)
        if mark is None or (mark["code"].strip() and not mark["code"].endswith(" ")):
            continue
        start = source.line_starts[number - 1] + mark.start("mark")
        span = Span(source, start, source.line_starts[number - 1] + len(text.rstrip()))
        form = _FORM.fullmatch(mark["rest"].rstrip())
        kinds = _kinds(form["kinds"]) if form is not None else None
        if form is None or kinds is None:
            known = ", ".join(kind.value for kind in MutationKind)
            message = "this does not say which mutants survive, and why"
            collector.error(
                UNREADABLE,
                span,
                message,
                remedy=f"write `// survives KIND: why`; KIND is of {known}",
            )
            continue
        is_trailing = bool(mark["code"].strip())
        reason, after = _continued(form["reason"], lines, number)
        line = number if is_trailing else _code_line(lines, after)
        found.append(Explanation(kinds, line, reason, span))
    return tuple(found)


def _kinds(text: str) -> tuple[MutationKind, ...] | None:
    words = {kind.value: kind for kind in MutationKind}
    named = [word.strip() for word in text.split(",")]
    return tuple(words[word] for word in named) if all(word in words for word in named) else None


def _continued(reason: str, lines: list[str], number: int) -> tuple[str, int]:
    """Return a reason with the lines in which it goes on, and the number of the last of them."""
    parts = [reason]
    for text in lines[number:]:
        remark = _REMARK.fullmatch(text)
        if remark is None or _MARK.match(text):
            break
        parts.append(remark["text"].strip())
        number += 1
    return " ".join(parts), number


def _code_line(lines: list[str], number: int) -> int:
    """Return the number of the first line after `number` that has code."""
    for text in lines[number:]:
        number += 1
        if text.strip() and not text.strip().startswith("//"):
            break
    return number


def explained(
    explanation: Explanation, places: Iterable[tuple[MutationKind, Span]]
) -> tuple[int, ...]:
    """Return the positions of those places that an explanation speaks of."""
    return tuple(
        number
        for number, (kind, span) in enumerate(places)
        if kind in explanation.kinds
        and span.source is explanation.span.source
        and span.line == explanation.line
    )
