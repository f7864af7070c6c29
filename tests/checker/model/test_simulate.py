"""Random walks: real traces, decided by the seed alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings

from checker.model.replay import replay
from checker.model.simulate import Ending, simulate
from checker.model.system import System
from checker.model.types import BOOL
from checker.model.verdict import FindingKind
from tests.support.builder import Builder
from tests.support.system_strategies import systems
from tests.support.systems import Crash, clock, crasher, deadlocker, digraph, spin_lock


@settings(max_examples=60)
@given(systems(budget=200))
def test_walks_are_accepted_by_replay(system: System) -> None:
    walk = simulate(system, Random(7), 20)
    if walk.trace is not None:
        assert replay(system, walk.trace, walk.finding) is None
        assert len(walk.trace.steps) <= 20


def test_walk_depends_on_the_seed_alone() -> None:
    walks = [simulate(spin_lock(3), Random(seed), 30).trace for seed in (1, 1, 2)]
    assert walks[0] is not None
    assert walks[1] is not None
    assert walks[2] is not None
    assert walks[0].states == walks[1].states
    assert walks[0].states != walks[2].states


def test_walk_of_a_seed_is_the_same_everywhere() -> None:
    walk = simulate(clock(7), Random(42), 3)
    assert walk.trace is not None
    assert walk.trace.states == ((6,), (7,), (1,), (2,))


def test_only_counts_are_drawn() -> None:
    class Counts(Random):
        def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
            assert (stop, step) == (None, 1)
            drawn.append(start)
            return start - 1

        def random(self) -> float:
            raise AssertionError("not the same on every platform")

    drawn: list[int] = []
    simulate(spin_lock(2), Counts(), 4)
    assert drawn == [1, 2, 2, 2, 2]


ENDINGS: list[tuple[System, int, Ending, FindingKind | None]] = [
    (clock(), 50, Ending.STEPS, None),
    (digraph([[0, 1, 2]], final=2), 50, Ending.END, None),
    (digraph([[0, 1, 2]]), 50, Ending.FINDING, FindingKind.DEADLOCK),
    (digraph([[0, 1, 2]]), 2, Ending.STEPS, None),
    (digraph([[0, 1, 2]], bad=2), 50, Ending.FINDING, FindingKind.INVARIANT),
    (digraph([[0, 1, 2]], bad=0), 0, Ending.FINDING, FindingKind.INVARIANT),
    (deadlocker(1), 50, Ending.END, None),
    (crasher(Crash.ASSERTION), 50, Ending.FINDING, FindingKind.ASSERTION),
    (crasher(Crash.LENGTH), 50, Ending.FINDING, FindingKind.EVALUATION),
    (crasher(Crash.INIT), 50, Ending.FINDING, FindingKind.EVALUATION),
]


@pytest.mark.parametrize(("system", "steps", "ending", "kind"), ENDINGS)
def test_walk_ends(system: System, steps: int, ending: Ending, kind: FindingKind | None) -> None:
    walk = simulate(system, Random(0), steps)
    assert walk.ending is ending
    assert (walk.finding.kind if walk.finding else None) is kind
    if walk.finding is not None:
        assert walk.finding.trace is walk.trace


def test_walk_needs_a_beginning() -> None:
    b = Builder("empty")
    walk = simulate(b.build(b.guard(b.literal(False, BOOL))), Random(0), 5)
    assert walk.trace is None
    assert walk.finding is not None
    assert walk.finding.message == "there is no initial state: no values satisfy this `initially`"


def test_walk_needs_its_assumptions() -> None:
    b = Builder("assuming")
    b.assume("small", b.literal(False, BOOL))
    walk = simulate(b.build(), Random(0), 5)
    assert walk.finding is not None
    assert walk.finding.kind is FindingKind.ASSUMPTION
