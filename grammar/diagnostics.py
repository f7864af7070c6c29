"""Diagnostics: what is wrong with a text, where, and what to do about it.

A diagnostic is a value. Passes add them to a `Collector` and go on, so that one run tells
everything; nobody raises one. Its code leads to a longer explanation (`k42 explain K012`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grammar.source import Span


class Severity(Enum):
    """Errors stop before any checking; warnings are said and remembered by the verdict."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that matters, and why."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake.

    Attributes:
        code: `K` and three digits; K001-K099 the text itself, K100-K299 its meaning.
        span: None only when there is no text to point at (a missing file, a bad `-c`).
        message: one sentence, lower case, in the user's words.
        remedy: what to write instead, when that is certain or likely.
    """

    code: str
    severity: Severity
    span: Span | None
    message: str
    notes: tuple[Note, ...] = ()
    remedy: str | None = None


class Collector:
    """Gathers diagnostics in the order of discovery; equal ones are kept once."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._found: dict[Diagnostic, None] = {}

    def error(
        self,
        code: str,
        span: Span | None,
        message: str,
        *,
        notes: tuple[Note, ...] = (),
        remedy: str | None = None,
    ) -> None:
        """Record a mistake that forbids going on to a search."""
        self._found[Diagnostic(code, Severity.ERROR, span, message, notes, remedy)] = None

    def warning(
        self,
        code: str,
        span: Span | None,
        message: str,
        *,
        notes: tuple[Note, ...] = (),
        remedy: str | None = None,
    ) -> None:
        """Record something that is said but does not stop the run."""
        self._found[Diagnostic(code, Severity.WARNING, span, message, notes, remedy)] = None

    def add(self, diagnostic: Diagnostic) -> None:
        """Record a diagnostic made elsewhere."""
        self._found[diagnostic] = None

    @property
    def has_errors(self) -> bool:
        """Whether any error was recorded."""
        return any(d.severity is Severity.ERROR for d in self._found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return all of them by file and place, those without a place first."""
        return tuple(
            sorted(
                self._found,
                key=lambda d: _order(d.span),
            )
        )


def _order(span: Span | None) -> tuple[str, int]:
    return ("", -1) if span is None else (span.written.source.name, span.written.start)
