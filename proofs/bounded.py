"""Runs of bounded length at one size: bounded model checking, and induction over several steps.

*Bounded model checking* (Biere, Cimatti, Clarke and Zhu, "Symbolic model checking without BDDs",
1999) asks for a run of exactly `d` steps at whose end something is wrong, for `d` = 0, 1, ... A
model is read back as states; the interpreter takes the steps and judges the end, and only then is
it a violation. That there is none says something about the first `d` steps and no more.

*k-induction* (Sheeran, Singh and Stålmarck, "Checking safety properties using induction and a SAT
solver", 2000) adds a step: whatever state one begins in, after `k` states in which nothing is
wrong, all different, nothing is wrong in the next one. Together they prove that nothing is ever
wrong, at this size.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model.findings import failure_finding, preferred, state_findings, step_findings
from checker.model.interpret import Moved, initial_states, successors
from checker.model.replay import replay
from checker.model.trace import Trace
from proofs.solver.answers import Satisfiable, Unknown, Unsatisfiable
from proofs.solver.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checker.model.interpret import Outcome
    from checker.model.system import State, System
    from checker.model.trace import Step
    from checker.model.verdict import Finding
    from proofs.finite import Finite
    from proofs.logic.terms import Term
    from proofs.solver.settings import Settings


AT_LIMIT: Final = "the solver was stopped at its limit"


@dataclass(frozen=True, slots=True)
class Violated:
    """Something is wrong at the end of a run through these states, as the interpreter confirms."""

    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Bounded:
    """Nothing is wrong within the first `depth` steps of any run."""

    depth: int


@dataclass(frozen=True, slots=True)
class Exhausted:
    """No run has more than `depth` steps, and nothing is wrong in any."""

    depth: int


@dataclass(frozen=True, slots=True)
class Inductive:
    """Nothing is ever wrong: induction from `k` states to the next one."""

    k: int


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Nothing is known beyond `depth` steps (-1 for none at all), for this reason."""

    depth: int
    reason: str


Outcomes: TypeAlias = Violated | Bounded | Exhausted | Inductive | GaveUp


def check_bounded(
    finite: Finite,
    depth: int,
    settings: Settings,
    told: Callable[[int], None] = lambda _: None,
) -> Violated | Bounded | Exhausted | GaveUp:
    """Look for something wrong within so many steps.

    Args:
        told: called with each depth before it is looked at.
    """
    runs = _Runs(finite, settings)
    for steps in range(depth + 1):
        told(steps)
        found = runs.look()
        if found is not None:
            return found
        if steps < depth and not runs.extend():
            return Exhausted(steps)
    return Bounded(depth)


def induct(
    finite: Finite, most: int, settings: Settings
) -> Violated | Exhausted | Inductive | Bounded | GaveUp:
    """Try induction from 1, 2, ... up to `most` states."""
    runs = _Runs(finite, settings)
    step = _Steps(finite, settings)
    for k in range(1, most + 1):
        found = runs.look()
        if found is not None:
            return found
        if not runs.extend():
            return Exhausted(k - 1)
        match step.holds():
            case True:
                return Inductive(k)
            case None:
                return GaveUp(k - 1, AT_LIMIT)
            case False:
                pass
    return Bounded(most - 1)


@dataclass(slots=True)
class _Runs:
    """All runs from initial states, step by step."""

    finite: Finite
    settings: Settings
    time: int = 0
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(self.settings)
        self.session.assume([self.finite.start(), self.finite.at(self.finite.typing, 0)])

    def look(self) -> Violated | GaveUp | None:
        """Tell whether something is wrong at the end of a run of the present length."""
        formulas = [self.finite.wrong(self.time)]
        if self.time == 0:
            if isinstance(self.session.check(), Unsatisfiable):
                return GaveUp(-1, "there is no initial state")
            at_start = (self.finite.at(each.formula, 0) for each in self.finite.faults_at_start)
            formulas = [*formulas, *at_start]
        for formula in formulas:
            found = self._models(formula)
            if found is not None:
                return found
        return None

    def _models(self, formula: Term) -> Violated | GaveUp | None:
        self.session.push()
        self.session.assume([formula])
        answer = self.session.check()
        self.session.pop()
        match answer:
            case Unsatisfiable():
                return None
            case Unknown(reason):
                return GaveUp(self.time - 1, reason)
            case Satisfiable():
                times = range(self.time + 1)
                states = tuple(self.finite.state(answer, time) for time in times)
                if confirmed(self.finite.model.system, states) is None:
                    return GaveUp(self.time - 1, "the interpreter does not confirm what was found")
                return Violated(states)

    def extend(self) -> bool:
        """Go one step further; tell whether there is a run that does."""
        self.session.assume([self.finite.step(self.time)])
        self.time += 1
        self.session.assume([self.finite.at(self.finite.typing, self.time)])
        return not isinstance(self.session.check(), Unsatisfiable)


@dataclass(slots=True)
class _Steps:
    """Steps from anywhere, all of whose states are different, and right but for the last."""

    finite: Finite
    settings: Settings
    time: int = 0
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(self.settings)
        self.session.assume([self.finite.at(self.finite.typing, 0)])

    def holds(self) -> bool | None:
        """Tell whether one more state must be right; None if the solver gives up."""
        finite = self.finite
        self.session.assume([finite.logic.negate(finite.wrong(self.time)), finite.step(self.time)])
        self.time += 1
        self.session.assume([finite.at(finite.typing, self.time)])
        self.session.assume(finite.differ(time, self.time) for time in range(self.time))
        self.session.push()
        self.session.assume([finite.wrong(self.time)])
        answer = self.session.check()
        self.session.pop()
        match answer:
            case Unsatisfiable():
                return True
            case Satisfiable():
                return False
            case Unknown():
                return None


# --- back to traces -------------------------------------------------------------------------------


def confirmed(system: System, states: Sequence[State]) -> Finding | None:
    """Return what is wrong at the end of a run through these states, as the interpreter sees it."""
    starts = list(initial_states(system))
    if not any(isinstance(each, Moved) and each.state == states[0] for each in starts):
        failed = next((each for each in starts if not isinstance(each, Moved)), None)
        return None if failed is None else failure_finding(failed)
    steps: list[Step] = []
    for before, after in pairwise(states):
        step = _step(system, before, after)
        if step is None:
            return None
        steps.append(step)
    trace = Trace(tuple(states), tuple(steps))
    for finding, shown in _ends(system, trace):
        assert replay(system, shown, finding) is None, "a confirmed trace cannot be repeated"
        return _with_trace(finding, shown)
    return None


def _step(system: System, before: State, after: State) -> Step | None:
    for outcome in successors(system, before):
        if isinstance(outcome, Moved) and outcome.state == after:
            return outcome.step
    return None


def _ends(system: System, trace: Trace) -> Iterator[tuple[Finding, Trace]]:
    """Yield what is wrong in the last state, or with a step out of it."""
    last = trace.states[-1]
    for finding in preferred(state_findings(system, last)):
        yield finding, trace
    for outcome in successors(system, last):
        yield from _after(system, trace, outcome)


def _after(system: System, trace: Trace, outcome: Outcome) -> Iterator[tuple[Finding, Trace]]:
    if not isinstance(outcome, Moved):
        yield failure_finding(outcome), Trace(trace.states, trace.steps, outcome.step)
        return
    longer = Trace((*trace.states, outcome.state), (*trace.steps, outcome.step))
    for finding in preferred(step_findings(system, trace.states[-1], outcome.state)):
        yield finding, longer


def _with_trace(finding: Finding, trace: Trace) -> Finding:
    return replace(finding, trace=trace)
