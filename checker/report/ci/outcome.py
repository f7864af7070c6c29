"""Runs as continuous integration sees them: cases that passed, failed, or ended in an error.

A case is one property of a search or one obligation of a proof. A *failure* is wrong; an *error* is
not known to be right: unknown, incomplete, not decided. Neither is ever a pass, and nothing is
skipped. Everything here is plain data, so that it crosses from one process to another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from grammar.source import NOWHERE

if TYPE_CHECKING:
    from grammar.diagnostics import Diagnostic
    from grammar.source import Span


class Outcome(Enum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


class Kind(Enum):
    """Which command made a run."""

    CHECK = "check"
    PROVE = "prove"


ORDINARY: Final = "by instances"
"""The detail of an obligation that is proved as most are."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a text; lines and columns from 1, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was asked for.

    Attributes:
        name: unique in its run, and the same in every run.
        rule: which kind of thing it is: `invariant`, `obligation`, `deadlock`, ...
        detail: what else distinguishes results: the method of a proof.
        message: one sentence; empty if it passed.
        steps: the run that leads to what is wrong, each with its place.
        is_eclipsed: nothing is known of it only because the search stopped at another case.
    """

    name: str
    rule: str
    outcome: Outcome
    detail: str = ""
    message: str = ""
    site: Site | None = None
    steps: tuple[tuple[str, Site], ...] = ()
    is_eclipsed: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One specification, searched or proved.

    Attributes:
        key: tells the runs of a project apart, also from one version of it to the next.
        verdict: the first word of the report.
        expected: the verdict that was asked for; empty if none was.
        surprise: in which way it is not what was expected; empty if it is.
        counts: figures that do not depend on the machine: states, transitions, obligations.
        remarks: what is no failure and worth telling: vacuities, redundant lemmas.
        report: the report for people.
    """

    kind: Kind
    key: str
    spec: str
    verdict: str
    code: int
    scope: str
    reproduce: str
    cases: tuple[Case, ...]
    counts: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    report: str = ""
    expected: str = ""
    surprise: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it is what was expected, or, without expectation, whether nothing is wrong."""
        return not self.surprise if self.expected else self.code == 0

    @property
    def shown_cases(self) -> tuple[Case, ...]:
        """The cases to tell of: what was to fail and did is one case that passed."""
        if self.surprise:
            return (*self.cases, Case("verdict", "expected", Outcome.FAILED, message=self.surprise))
        if self.expected and any(case.outcome is not Outcome.PASSED for case in self.cases):
            return (Case(f"verdict {self.expected}", "expected", Outcome.PASSED),)
        return self.cases

    @property
    def troubles(self) -> tuple[Case, ...]:
        """The cases to look at: neither passed nor eclipsed."""
        return tuple(
            case
            for case in self.shown_cases
            if case.outcome is not Outcome.PASSED and not case.is_eclipsed
        )


def site_of(span: Span | None) -> Site | None:
    """Return a place as plain data; None of what no text wrote."""
    if span is None or span.source is NOWHERE.source:
        return None
    span = span.written
    return Site(
        span.source.name, *span.source.position(span.start), *span.source.position(span.end)
    )


def cases_of_mistakes(diagnostics: tuple[Diagnostic, ...]) -> tuple[Case, ...]:
    """Return the mistakes in a specification that could not be read."""
    return tuple(
        Case(
            name=f"{each.code}{f' at {each.span}' if each.span is not None else ''}",
            rule=each.code,
            outcome=Outcome.ERROR,
            message=each.message,
            site=site_of(each.span),
        )
        for each in diagnostics
    )
