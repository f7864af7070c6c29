"""Reference exploration of the systems whose numbers are known."""

from __future__ import annotations

import pytest

from checker.model.explore import explore, finding_length
from checker.model.ir import Local
from checker.model.system import PropertyKind, System
from checker.model.types import BOOL, IntType
from checker.model.verdict import FindingKind
from tests.support.builder import Builder
from tests.support.systems import (
    Crash,
    clock,
    composite,
    counter_ring,
    crasher,
    deadlocker,
    digraph,
    spin_lock,
)

DIAMOND = [[0, 1, 3], [0, 2, 3]]

# On paper: spin_lock(n) has 2**n states with the lock free, in which every thread has its step, and
# n * 2**(n-1) with the lock held, in which the idle threads and the holder have theirs.
COUNTS: list[tuple[str, System, tuple[int, ...], int]] = [
    ("clock", clock(), (12,), 12),
    ("clock of one hour", clock(1), (1,), 1),
    ("diamond", digraph(DIAMOND), (1, 2, 1), 4),
    ("two starts", digraph([[0, 2], [1, 2, 0]]), (2, 1), 3),
    ("cycle", digraph([[0, 1, 0]]), (1, 1), 2),
    ("ring", counter_ring(3, 3), (27,), 45),
    ("crasher", crasher(Crash.ASSERTION), (1, 1, 1), 2),
    ("spin lock of 1", spin_lock(1), (1, 1, 1), 3),
    ("spin lock of 2", spin_lock(2), (1, 2, 3, 2), 14),
    ("spin lock of 3", spin_lock(3), (1, 3, 6, 7, 3), 48),
]


@pytest.mark.parametrize(
    ("system", "levels", "transitions"), [pytest.param(*row, id=name) for name, *row in COUNTS]
)
def test_counts(system: System, levels: tuple[int, ...], transitions: int) -> None:
    found = explore(system)
    assert found.levels == levels
    assert sum(found.transitions) == transitions
    assert (found.distinct, found.initial, found.depth) == (sum(levels), levels[0], len(levels))
    assert found.complete


FINDINGS: list[tuple[System, list[tuple[FindingKind, str, int]]]] = [
    (clock(), []),
    (digraph(DIAMOND), [(FindingKind.DEADLOCK, "deadlock", 2)]),
    (digraph(DIAMOND, final=3), []),
    (digraph(DIAMOND, bad=2, final=3), [(FindingKind.INVARIANT, "safe", 1)]),
    (digraph(DIAMOND, bad=0, final=3), [(FindingKind.INVARIANT, "safe", 0)]),
    (deadlocker(), [(FindingKind.DEADLOCK, "deadlock", 2)]),
    (deadlocker(1), []),
    (spin_lock(2), []),
    (
        spin_lock(2, broken=True),
        [(FindingKind.INVARIANT, "mutual_exclusion", 6), (FindingKind.INVARIANT, "held_inside", 7)],
    ),
    (composite(), []),
    (counter_ring(3, 2), []),
]


@pytest.mark.parametrize(("system", "findings"), FINDINGS)
def test_findings(system: System, findings: list[tuple[FindingKind, str, int]]) -> None:
    found = explore(system).findings
    assert [(each.kind, each.name, finding_length(each)) for each in found] == findings


@pytest.mark.parametrize("how", list(Crash))
def test_every_crash_is_found_where_it_happens(how: Crash) -> None:
    [finding] = explore(crasher(how)).findings
    kind = FindingKind.ASSERTION if how is Crash.ASSERTION else FindingKind.EVALUATION
    names = {Crash.INVARIANT: "sound", Crash.INIT: "init"}
    lengths = {Crash.INVARIANT: 2, Crash.INIT: 0}
    assert finding.kind is kind
    assert finding.name == names.get(how, "crash")
    assert finding_length(finding) == lengths.get(how, 3)
    assert (finding.trace is None) == (how is Crash.INIT)


def test_deadlock_tells_where_everybody_rests() -> None:
    [finding] = explore(deadlocker()).findings
    assert finding.values == (("worker[0]", "at second"), ("worker[1]", "at second"))


def test_nothing_to_begin_with_is_an_error() -> None:
    b = Builder("empty")
    found = explore(b.build(b.guard(b.literal(False, BOOL))))
    assert [(f.kind, f.message) for f in found.findings] == [
        (
            FindingKind.EVALUATION,
            "there is no initial state: no values satisfy this `initially`",
        )
    ]
    assert (found.distinct, found.depth, found.initial) == (0, 0, 0)


def test_system_with_nothing_that_could_happen_has_ended() -> None:
    b = Builder("still")
    b.variable("n", IntType(0, 1))
    assert explore(b.build()).findings == ()


def test_system_without_processes_whose_actions_are_impossible_is_a_deadlock() -> None:
    b = Builder("stuck")
    b.variable("n", IntType(0, 1))
    b.action("act", guard=b.literal(False, BOOL))
    assert [f.kind for f in explore(b.build()).findings] == [FindingKind.DEADLOCK]
    assert explore(b.build(terminal=b.true)).findings == ()


def test_step_that_fails_is_no_deadlock() -> None:
    b = Builder("failing")
    b.action("act", b.check(b.literal(False, BOOL)))
    assert [f.kind for f in explore(b.build()).findings] == [FindingKind.ASSERTION]


def test_failed_assumptions_come_before_any_search() -> None:
    b = Builder("assuming")
    b.assume("small", b.eq(b.number(1), b.number(2)))
    b.assume("fine", b.true)
    found = explore(b.build())
    assert [(f.kind, f.name) for f in found.findings] == [(FindingKind.ASSUMPTION, "small")]
    assert not found.complete
    assert found.distinct == 0


def test_equal_initial_states_count_once() -> None:
    b = Builder("twice")
    n = b.variable("n", IntType(0, 1))
    set_one = b.assign(n, b.number(1))
    assert explore(b.build(b.either(set_one, set_one))).initial == 1


def test_step_properties_are_judged_on_known_states_too() -> None:
    b = Builder("back")
    n = b.variable("n", IntType(0, 2))
    pick = Local("next", IntType(0, 2))
    b.action("jump", b.choose(pick, b.assign(n, b.ref(pick))))
    up = b.implies(b.eq(b.old(n), b.number(2)), b.eq(b.read(n), b.number(2)))
    b.require(PropertyKind.STEP, "stays", up)
    [finding] = explore(b.build()).findings
    assert (finding.kind, finding_length(finding)) == (FindingKind.STEP, 2)
    assert finding.trace is not None
    assert finding.trace.states == ((0,), (2,), (0,))


def test_witnesses_are_shortest() -> None:
    system = spin_lock(2)
    [witness] = explore(system).witnesses
    assert witness.property.name == "entered"
    assert witness.trace is not None
    assert len(witness.trace.steps) == 2


def test_limit_stops_after_a_level() -> None:
    found = explore(counter_ring(), limit=10)
    assert not found.complete
    assert found.levels == (27,)
    assert found.transitions == ()
