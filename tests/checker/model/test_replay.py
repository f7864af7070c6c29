"""Real traces are accepted; traces that were tampered with are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from checker.model.explore import explore
from checker.model.replay import Disagreement, replay, shown_findings
from checker.model.system import State, System
from checker.model.trace import Choice, Trace
from checker.model.types import IntType
from checker.model.verdict import Finding, FindingKind
from grammar.source import NOWHERE
from tests.support.system_strategies import systems
from tests.support.systems import Crash, clock, crasher, deadlocker, digraph, spin_lock

BROKEN = spin_lock(2, broken=True)


def first_finding(system: System) -> tuple[Finding, Trace]:
    """Return the preferred finding that has a trace, with the trace."""
    finding = next(each for each in explore(system).findings if each.trace is not None)
    assert finding.trace is not None
    return finding, finding.trace


@settings(max_examples=60)
@given(systems(budget=200))
def test_every_finding_and_witness_is_accepted(system: System) -> None:
    found = explore(system)
    for finding in found.findings:
        if finding.trace is not None:
            assert replay(system, finding.trace, finding) is None
    for witness in found.witnesses:
        if witness.trace is not None:
            assert replay(system, witness.trace, witness.property) is None


@pytest.mark.parametrize("how", [how for how in Crash if how is not Crash.INIT])
def test_every_kind_of_failure_is_accepted(how: Crash) -> None:
    system = crasher(how)
    finding, trace = first_finding(system)
    assert replay(system, trace, finding) is None


@pytest.mark.parametrize("system", [deadlocker(), BROKEN, digraph([[0, 1]], bad=1)])
def test_every_kind_of_state_finding_is_accepted(system: System) -> None:
    finding, trace = first_finding(system)
    assert replay(system, trace, finding) is None


Tamper = Callable[[Trace], Trace]
STEP = 2
TAMPERED: list[tuple[str, Tamper, Disagreement]] = [
    (
        "a state too many",
        lambda t: replace(t, states=(*t.states, t.states[-1])),
        Disagreement(0, "8 states for 6 steps"),
    ),
    (
        "no type",
        lambda t: with_state(t, STEP, (("idle", "nowhere"), False)),
        Disagreement(STEP, "not a state of this system"),
    ),
    (
        "a variable too few",
        lambda t: with_state(t, STEP, (("idle", "idle"),)),
        Disagreement(STEP, "not a state of this system"),
    ),
    (
        "not initial",
        lambda t: Trace(t.states[1:], t.steps[1:]),
        Disagreement(0, "not an initial state"),
    ),
    (
        "another state",
        lambda t: with_state(t, STEP, (("idle", "idle"), True)),
        Disagreement(STEP, "step `worker.idle` leads to another state"),
    ),
    (
        "another actor",
        lambda t: with_step_params(t, 1, "Cpu0"),
        Disagreement(2, "step `worker.idle` is not possible"),
    ),
    (
        "no such parameter",
        lambda t: with_step_params(t, 1, "Cpu7"),
        Disagreement(2, "`worker.idle` is not a step of this system"),
    ),
    (
        "an action of another system",
        lambda t: replace(
            t,
            steps=(replace(t.steps[0], action=spin_lock(2).actions[0]), *t.steps[1:]),
        ),
        Disagreement(1, "`worker.idle` is not a step of this system"),
    ),
    (
        "choices that are none",
        lambda t: replace(
            t, steps=(replace(t.steps[0], choices=(Choice("branch", None, 0),)), *t.steps[1:])
        ),
        Disagreement(1, "step `worker.idle` is not possible"),
    ),
    (
        "a step left out",
        lambda t: Trace(t.states[:1] + t.states[2:], t.steps[1:]),
        Disagreement(1, "step `worker.idle` leads to another state"),
    ),
    (
        "end too early",
        lambda t: Trace(t.states[:-1], t.steps[:-1]),
        Disagreement(6, "the end does not show invariant `mutual_exclusion`"),
    ),
    (
        "a failure that is none",
        lambda t: replace(t, failed=t.steps[0]),
        Disagreement(7, "step `worker.idle` does not fail"),
    ),
]


def with_state(trace: Trace, number: int, state: State) -> Trace:
    """Put another state into a trace."""
    states = list(trace.states)
    states[number] = state
    return replace(trace, states=tuple(states))


def with_step_params(trace: Trace, number: int, param: str) -> Trace:
    """Give a step another parameter."""
    steps = list(trace.steps)
    steps[number] = replace(steps[number], params=(param,))
    return replace(trace, steps=tuple(steps))


@pytest.mark.parametrize(
    ("tamper", "expected"), [pytest.param(t, d, id=name) for name, t, d in TAMPERED]
)
def test_tampered_trace_is_rejected(tamper: Tamper, expected: Disagreement) -> None:
    finding, trace = first_finding(BROKEN)
    assert replay(BROKEN, tamper(trace), finding) == expected


CLAIMS: list[tuple[str, Callable[[Finding], Finding]]] = [
    ("another kind", lambda f: replace(f, kind=FindingKind.DEADLOCK, name="deadlock")),
    ("another name", lambda f: replace(f, name="held_inside")),
    ("another place", lambda f: replace(f, site=NOWHERE)),
    ("an evaluation", lambda f: replace(f, kind=FindingKind.EVALUATION)),
    ("a step property", lambda f: replace(f, kind=FindingKind.STEP)),
]


@pytest.mark.parametrize("change", [pytest.param(c, id=name) for name, c in CLAIMS])
def test_false_claim_is_rejected(change: Callable[[Finding], Finding]) -> None:
    finding, trace = first_finding(BROKEN)
    assert replay(BROKEN, trace, change(finding)) is not None


def test_steps_can_be_checked_without_a_claim() -> None:
    _, trace = first_finding(BROKEN)
    assert replay(BROKEN, Trace(trace.states[:3], trace.steps[:2]), None) is None


def test_failure_with_other_parameters_is_rejected() -> None:
    system = crasher(Crash.DIVISION)
    finding, trace = first_finding(system)
    assert trace.failed is not None
    other = replace(trace.failed, params=(IntType(0, 1),))  # type: ignore[arg-type]  # no value on purpose
    assert replay(system, replace(trace, failed=other), finding) is not None
    assert replay(system, replace(trace, failed=None), finding) is not None


def test_step_that_fails_cannot_be_taken() -> None:
    system = crasher(Crash.ASSERTION)
    _, trace = first_finding(system)
    assert trace.failed is not None
    taken = Trace((*trace.states, trace.states[-1]), (*trace.steps, trace.failed))
    assert replay(system, taken, None) == Disagreement(3, "step `crash` fails")


def test_witness_must_reach_its_property() -> None:
    system = spin_lock(2)
    [witness] = explore(system).witnesses
    assert witness.trace is not None
    assert replay(system, witness.trace, witness.property) is None
    shorter = Trace(witness.trace.states[:-1], witness.trace.steps[:-1])
    assert replay(system, shorter, witness.property) == Disagreement(
        2, "`entered` does not hold in the last state"
    )
    invariant = system.properties[0]
    assert replay(system, witness.trace, invariant) == Disagreement(
        3, "`mutual_exclusion` asks for no witness"
    )


def test_end_shows_findings_in_the_order_of_preference() -> None:
    system = digraph([[0, 1]], bad=1)
    found = shown_findings(system, Trace(((0,), (1,)), explore(system).findings[0].trace.steps))  # type: ignore[union-attr]  # found in a state
    assert [each.kind for each in found] == [FindingKind.DEADLOCK, FindingKind.INVARIANT]
    assert shown_findings(clock(2), Trace(((1,),), ())) == ()
