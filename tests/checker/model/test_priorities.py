"""Probabilistic concurrency testing: what it draws, what it finds, and what it promises."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings

from checker.model.priorities import Priorities, chances, threads
from checker.model.replay import replay
from checker.model.simulate import Ending, Walk, simulate
from checker.model.system import System
from checker.model.verdict import Finding, FindingKind
from tests.support.system_strategies import systems
from tests.support.systems import spin_lock
from tests.support.texts import system_of

WINDOW = """
var raised: bool = false
var seen: 0..12 = 0

process writer {
  var k: 0..10 = 0
  loop {
    if k = 10 { break }
    k := k + 1
  }
  raised := true
  raised := false
}

process reader {
  var j: 0..12 = 0
  loop {
    if j = 12 { break }
    atomic { if raised { seen := seen + 1 } }
    j := j + 1
  }
  assert seen < 12, "the whole reading fits into the window"
}
"""
"""Two orderings: the reader begins after `raised` is set, and ends before it is cleared."""

BUDGET = 300


def walk(system: System, seed: str, steps: int, depth: int | None) -> Walk:
    random = Random(seed)
    pick = None if depth is None else Priorities(random, threads(system), steps, depth).pick
    return simulate(system, random, steps, pick)


def found(system: System, depth: int | None, *, walks: int = BUDGET) -> list[Finding]:
    """Return what walks of at most 80 steps find."""
    made = (walk(system, f"9/{number}", 80, depth) for number in range(walks))
    return [each.finding for each in made if each.finding is not None]


def test_a_bug_of_depth_two_is_found_where_uniform_walks_miss_it() -> None:
    system = system_of(WINDOW)
    assert chances(2, 80, 2) == 160
    findings = found(system, 2)
    assert len(findings) >= BUDGET / chances(2, 80, 2)
    assert {each.kind for each in findings} == {FindingKind.ASSERTION}
    assert found(system, None) == []


def test_one_ordering_is_not_enough_for_it() -> None:
    assert found(system_of(WINDOW), 1, walks=50) == []


@settings(max_examples=15)
@given(systems(budget=200))
def test_walks_are_accepted_by_replay(system: System) -> None:
    made = walk(system, "7", 20, 3)
    if made.trace is not None:
        assert replay(system, made.trace, made.finding) is None
        assert len(made.trace.steps) <= 20


def test_a_walk_depends_on_the_seed_alone() -> None:
    system = spin_lock(3)
    first, again = ([walk(system, str(seed), 30, 3).trace for seed in range(5)] for _ in range(2))
    assert first == again
    assert len({each.steps for each in first if each is not None}) > 1


def test_without_changes_who_acts_goes_on_as_long_as_it_can() -> None:
    text = """
    processors Cpu[3]
    process worker on Cpu {
      a: skip
      b: skip
      c: skip
    }
    """
    made = walk(system_of(text), "3", 20, 1)
    assert made.ending is Ending.END
    assert made.trace is not None
    assert len(made.trace.steps) == 9
    assert made.trace.context_switches() == 2


def test_every_change_is_a_switch_to_somebody_else() -> None:
    text = """
    processors Cpu[2]
    process worker on Cpu {
      var k: 0..10 = 0
      loop { if k = 10 { break } go: k := k + 1 }
    }
    """
    switches = set()
    for seed in range(20):
        made = walk(system_of(text), str(seed), 60, 2)
        assert made.trace is not None
        switches.add(made.trace.context_switches())
    # From the first to the second, and back when that has come to its end.
    assert switches == {1, 2}


def test_who_spins_lets_others_act() -> None:
    text = """
    var open: bool = false
    process waiter {
      loop {
        look: if open { break }
        pause: skip
      }
    }
    process opener { open := true }
    """
    for seed in range(6):
        made = walk(system_of(text), str(seed), 40, 1)
        assert made.ending is Ending.END


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("processors Cpu[2]\nprocess w on Cpu { a: skip }", ("w[Cpu0]", "w[Cpu1]")),
        ("process w { a: skip }\nprocess v { a: skip }", ("w", "v")),
        ("action a() { skip }\naction b() { skip }", ("system",)),
        ("type T = 0..1\naction a(t: T) { skip }\naction b(t: T) { skip }", ("t=0", "t=1")),
    ],
)
def test_who_can_act(text: str, names: tuple[str, ...]) -> None:
    assert threads(system_of(text)) == names
