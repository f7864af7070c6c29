"""Verdicts: what a run found, what it covers, and the exit code that says so.

The six verdicts never stand for one another. HOLDS means that every reachable state at the sizes on
the scope line was visited and every property evaluated in it; anything less is BOUNDED (the user
set a limit on depth or states and nothing was found within it) or INCOMPLETE (time, memory, an
interrupt or a failure cut the run short).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from checker.model.system import Action, Property, System
    from checker.model.trace import Trace
    from grammar.source import Span


class Verdict(Enum):
    """The answer of a run."""

    PROVED = "proved"
    HOLDS = "holds"
    BOUNDED = "bounded"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"
    ERROR = "error"


class FindingKind(Enum):
    """What was found to be wrong; findings of equal trace length are preferred in this order."""

    ASSUMPTION = "assumption"
    EVALUATION = "evaluation"
    ASSERTION = "assertion"
    DEADLOCK = "deadlock"
    INVARIANT = "invariant"
    STEP = "step"
    REFINEMENT = "refinement"
    BYPASS = "bypass"
    LIVENESS = "liveness"


_ABOUT_RUNS = frozenset({FindingKind.LIVENESS, FindingKind.BYPASS, FindingKind.REFINEMENT})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the evidence.

    Attributes:
        name: the property, conjunct or action concerned.
        message: one sentence in the user's words.
        values: the parts of the failed expression with their values, for `name: value` lines.
        trace: how to get there; None only for assumptions and errors before the first state.
        remarks: sentences about the run as a whole: who starves in it, what would exclude it.
    """

    kind: FindingKind
    name: str
    message: str
    site: Span
    values: tuple[tuple[str, str], ...]
    trace: Trace | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """Why a run did not finish: a user's bound (`is_bound`) or a cut.

    `what` completes the sentence "searched up to ...", `left` says what was not searched.
    """

    what: str
    left: str
    is_bound: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a search.

    `distinct` states; `transitions` out of expanded states, self-loops and repetitions included;
    `initial` states; `depth` as TLC counts it: states on the longest of the shortest paths.
    TLC's "generated" is `transitions + initial`.
    """

    distinct: int
    transitions: int
    initial: int
    depth: int
    seconds: float
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a finished or unfinished search exercised.

    Attributes:
        actions: every action with the number of its transitions.
        branches: (site, description) of branches of `if` and `either` that no execution took.
        implications: (property, text, site) of implications whose left side never held.
    """

    actions: tuple[tuple[Action, int], ...]
    branches: tuple[tuple[Span, str], ...]
    implications: tuple[tuple[str, str, Span], ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A `reachable` property and a shortest trace to it, or None when there is none."""

    property: Property
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class Figure:
    """What was computed for a `bypass`.

    Attributes:
        value: the greatest number of overtakings in one wait; None if there is none.
        remark: one sentence about it.
        trace: a run that attains it, or one that can overtake again and again.
    """

    name: str
    value: int | None
    remark: str
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class Result:
    """All that a run has to say; reports are views of it.

    Attributes:
        figures: of each `bypass` that was computed.
        idle: sentences about claims on runs that hold only because nothing happens.
        undecided: names of claims about runs that were not judged.
    """

    system: System
    verdict: Verdict
    findings: tuple[Finding, ...]
    witnesses: tuple[Witness, ...]
    limits: tuple[Limit, ...]
    statistics: Statistics
    coverage: Coverage | None
    engine: str
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    idle: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def only_runs_fail(self) -> bool:
        """Whether all that is wrong was found by judging claims about whole runs.

        They are judged after a complete search, each by itself, so that all else is decided.
        """
        return bool(self.findings) and all(f.kind in _ABOUT_RUNS for f in self.findings)

    @property
    def unreached(self) -> tuple[Property, ...]:
        """`reachable` properties without a witness after a complete search."""
        if self.verdict is not Verdict.HOLDS:
            return ()
        return tuple(w.property for w in self.witnesses if w.trace is None)

    @property
    def vacuities(self) -> tuple[str, ...]:
        """Sentences about what was true only because nothing happened; empty unless it HOLDS."""
        if self.verdict is not Verdict.HOLDS or self.coverage is None:
            return ()
        lines = [f"`reachable {p.name}` was never reached" for p in self.unreached]
        lines += [
            f"action `{action.name}` at {action.site} is never enabled"
            for action, count in self.coverage.actions
            if count == 0
        ]
        lines += [f"{what} at {site} is never taken" for site, what in self.coverage.branches]
        lines += [
            f"in `{name}`, the left side of `{text}` never holds"
            for name, text, _ in self.coverage.implications
        ]
        return (*lines, *self.idle)


EXIT_HOLDS = 0
EXIT_ASSUMPTION = 10
EXIT_DEADLOCK = 11
EXIT_SAFETY = 12
EXIT_LIVENESS = 13
EXIT_ASSERTION = 14
EXIT_UNFINISHED = 20
EXIT_NOT_INDUCTIVE = 21
EXIT_VACUOUS = 22
EXIT_CONTRADICTORY = 23
EXIT_UNKNOWN = 24
EXIT_LIMIT = 25
EXIT_DISAGREEMENT = 26
EXIT_UNEXPECTED = 27
EXIT_EVALUATION = 75
EXIT_INPUT = 150
EXIT_INTERNAL = 255


def exit_code(result: Result, *, strict: bool) -> int:
    """Return the process's exit code.

    A bound that the user asked for exits 0 unless `strict`; a run that was cut short exits 20
    always. An unreached `reachable` exits 22 always, any other vacuity only under `strict`.
    """
    match result.verdict:
        case Verdict.VIOLATED | Verdict.ERROR:
            return _finding_code(result.findings[0].kind)
        case Verdict.INCOMPLETE:
            return EXIT_UNFINISHED
        case Verdict.BOUNDED:
            return EXIT_UNFINISHED if strict else EXIT_HOLDS
        case Verdict.PROVED | Verdict.HOLDS:
            if result.unreached or (strict and result.vacuities):
                return EXIT_VACUOUS
            return EXIT_HOLDS
        case _:
            assert_never(result.verdict)


def _finding_code(kind: FindingKind) -> int:
    match kind:
        case FindingKind.ASSUMPTION:
            return EXIT_ASSUMPTION
        case FindingKind.EVALUATION:
            return EXIT_EVALUATION
        case FindingKind.ASSERTION:
            return EXIT_ASSERTION
        case FindingKind.DEADLOCK:
            return EXIT_DEADLOCK
        case FindingKind.INVARIANT | FindingKind.STEP | FindingKind.REFINEMENT:
            return EXIT_SAFETY
        case FindingKind.LIVENESS | FindingKind.BYPASS:
            return EXIT_LIVENESS
        case _:
            assert_never(kind)
