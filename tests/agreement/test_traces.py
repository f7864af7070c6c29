"""Traces against a search of all shortest ways by the interpreter: shortest, fewest switches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings

from checker.explicit import traces
from checker.explicit.search import check
from checker.model.explore import finding_length
from checker.model.findings import end_findings, failure_finding, state_findings, step_findings
from checker.model.interpret import Holds, Moved, initial_states, judge_state, successors
from checker.model.ir import Local
from checker.model.system import Property, PropertyKind, State, System
from checker.model.types import IntType
from checker.model.verdict import Finding
from tests.support.builder import Builder
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.system_strategies import seeded_system, systems
from tests.support.systems import Crash, counter_ring, crasher, deadlocker, digraph, spin_lock

KNOWN = {
    "digraph": digraph([[0, 1, 2, 3], [0, 2], [3, 1]], bad=3),
    "counter_ring": counter_ring(3, 4),
    "deadlocker": deadlocker(3),
    "spin_lock broken": spin_lock(3, broken=True),
    "mcs": mcs_benchmark(2),
    **{f"crasher {how.value}": crasher(how) for how in Crash},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a trace is to show: a finding of this kind and name, or a `reachable`."""

    system: System
    wanted: Finding | Property

    def shows(self, found: Iterator[Finding]) -> bool:
        """Tell whether the finding is among others."""
        wanted = self.wanted
        return isinstance(wanted, Finding) and any(
            (each.kind, each.name) == (wanted.kind, wanted.name) for each in found
        )

    def is_shown_in(self, state: State) -> bool:
        """Tell whether a state shows it, by itself or because nothing follows."""
        if isinstance(self.wanted, Property):
            condition = self.wanted.conjuncts[0].expression
            return judge_state(self.system, condition, state) == Holds()
        return self.shows(state_findings(self.system, state)) or (
            next(successors(self.system, state), None) is None
            and self.shows(end_findings(self.system, state))
        )


def shortest(question: Question) -> tuple[int, int]:
    """Returns the length of the shortest ways there, and the fewest context switches on them."""
    system = question.system
    starts = {o.state for o in initial_states(system) if isinstance(o, Moved)}
    # By state and who acted last, the fewest switches so far.
    ways: dict[tuple[State, str | None], int] = {(state, None): 0 for state in starts}
    seen, length = set(starts), 0
    while ways:
        here = [cost for (state, _), cost in ways.items() if question.is_shown_in(state)]
        onward: dict[tuple[State, str | None], int] = {}
        beyond: list[int] = []
        for (state, last), cost in ways.items():
            for outcome in successors(system, state):
                actor = outcome.step.actor
                total = cost + (last is not None and last != actor)
                match outcome:
                    case Moved(_, after):
                        if question.shows(step_findings(system, state, after)):
                            beyond.append(total)
                        if after not in seen:
                            key = (after, actor)
                            onward[key] = min(total, onward.get(key, total))
                    case failure:
                        if question.shows(iter([failure_finding(failure)])):
                            beyond.append(total)
        if here:
            return length, min(here)
        if beyond:
            return length + 1, min(beyond)
        ways, length = onward, length + 1
        seen.update(state for state, _ in ways)
    raise AssertionError("there is no way")


def assert_traces_are_best(system: System) -> None:
    """Compares every trace of a check."""
    result = check(system)
    for finding in result.findings:
        if finding.trace is not None:
            found = finding_length(finding), finding.trace.context_switches()
            assert found == shortest(Question(system, finding)), finding.name
    for witness in result.witnesses:
        if witness.trace is not None:
            found = len(witness.trace.steps), witness.trace.context_switches()
            assert found == shortest(Question(system, witness.property)), witness.property.name


LAYERS, WIDTH, ACTORS = 7, 4, 4


def railway(seed: int) -> System:
    """Random layers of nodes with many ways of equal length through them, by several actors.

    Some edges lead back, so that not every way is a shortest one; two nodes at the end are bad.
    """
    random = Random(seed)
    b = Builder("railway")
    node = b.variable("node", IntType(0, LAYERS * WIDTH - 1))
    here = b.read(node)
    for number in range(LAYERS * WIDTH * 3):
        layer = random.randrange(LAYERS - 1)
        source = layer * WIDTH + random.randrange(WIDTH)
        onto = max(layer + random.choice((0, 1, 1, 1, 1, -1)), 0)
        target = onto * WIDTH + random.randrange(WIDTH)
        actor = random.randrange(ACTORS)
        b.action(
            f"edge_{number}",
            b.assign(node, b.number(target)),
            params=(Local("who", IntType(actor, actor)),),
            guard=b.eq(here, b.number(source)),
        )
    last = (LAYERS - 1) * WIDTH
    bad = (b.eq(here, b.number(last + random.randrange(WIDTH))) for _ in range(2))
    b.require(PropertyKind.INVARIANT, "safe", b.negate(b.any_of(*bad)))
    starts = b.either(*(b.assign(node, b.number(start)) for start in range(WIDTH)))
    return b.build(starts, terminal=b.true)


@pytest.mark.parametrize("name", KNOWN)
def test_traces_of_known_systems(name: str) -> None:
    assert_traces_are_best(KNOWN[name])


@settings(max_examples=30)
@given(systems(budget=100))
def test_traces_of_random_systems(system: System) -> None:
    assert_traces_are_best(system)


@pytest.mark.parametrize("seed", range(25))
def test_traces_among_many_ways(seed: int) -> None:
    assert_traces_are_best(railway(seed))


def test_the_cost_of_switches_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracer that counts none is found out by these systems."""
    monkeypatch.setattr(traces, "_least", lambda onward, _: min(onward.values()))
    wrong = 0
    for seed in range(40):
        with suppress(AssertionError):
            assert_traces_are_best(railway(seed))
            continue
        wrong += 1
    assert wrong > 5


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 1_000, 100))
def test_traces_of_many_random_systems(start: int) -> None:
    for seed in range(start, start + 100):
        assert_traces_are_best(seeded_system(seed))
