"""Crashes and restarts: when they come, what they take away, and what is an end with them."""

from __future__ import annotations

import pytest

from checker.explicit.search import SearchOptions, check
from checker.model.explore import explore
from checker.model.verdict import FindingKind, Verdict
from tests.support.texts import loaded, system_of

LOG = "processors Cpu[1]\nvar log: seq[6] of 0..3 = []\n"


def put(number: int) -> str:
    return f"atomic log := append(log, {number})"


def worker(*lines: str) -> str:
    return "process worker on Cpu {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def logs(text: str, point: str = "end") -> set[object]:
    """Return what is in `log` in the states in which the worker is at a point."""
    system = system_of(text)
    names = [variable.name for variable in system.variables]
    found = explore(system)
    assert not found.findings
    log, at = names.index("log"), names.index("worker.at")
    return {state[log] for state in found.states if state[at] == (point,)}


def test_a_crash_comes_at_any_step_and_stops_the_processor_for_good() -> None:
    text = LOG + worker(put(1), put(2)) + "crash on Cpu <= 1 { skip }\n"
    assert logs(text) == {(1, 2)}
    assert logs(text, "crashed") == {(), (1,)}


def test_a_restart_begins_at_the_beginning_and_comes_so_often_at_most() -> None:
    text = LOG + worker(put(1), put(2)) + "reboot on Cpu <= 1 { skip }\n"
    assert logs(text) == {(1, 2), (1, 1, 2), (1, 2, 1, 2)}


def test_what_is_private_is_lost_and_what_is_shared_is_not_unless_the_block_says_so() -> None:
    program = worker("var seen: 0..1 = 0", "a: assert seen = 0", "seen := 1", "b: skip", put(1))
    lost = LOG + program + "reboot on Cpu <= 1 { log := [3] }\n"
    assert logs(lost) == {(1,), (3, 1)}


def test_the_block_sees_where_control_was() -> None:
    program = worker("a: skip", "b: skip", "c: skip")
    block = "{\n  if worker[self] at b { log := [2] } else { log := [3] }\n}\n"
    text = LOG + program + f"crash on Cpu <= 1 {block}"
    assert logs(text, "crashed") == {(2,), (3,)}


def test_all_that_runs_on_a_processor_fails_together() -> None:
    text = "processors Cpu[2]\n" + worker("a: skip") + worker("b: skip").replace("worker", "other")
    text += "interrupt tick on Cpu <= 1 { seen: skip }\ncrash on Cpu { skip }\n"
    text += "invariant together: forall c: Cpu. worker[c] at crashed <-> other[c] at crashed\n"
    text += "invariant tick_too: forall c: Cpu. worker[c] at crashed <-> tick[c] at crashed\n"
    text += "reachable one_of_two: exists a, b: Cpu. worker[a] at crashed and worker[b] at end\n"
    assert check(system_of(text)).verdict is Verdict.HOLDS


def test_who_waits_for_the_dead_is_deadlocked_but_the_dead_are_not() -> None:
    held = "import lib.mutex as Lock\nprocessors Cpu[2]\n"
    held += worker("Lock.acquire()", "critical: skip", "Lock.release()")
    assert check(system_of(held + "crash on Cpu <= 0 { skip }\n")).verdict is Verdict.HOLDS
    result = check(system_of(held + "crash on Cpu <= 1 { skip }\n"))
    assert [finding.kind for finding in result.findings] == [FindingKind.DEADLOCK]
    freed = "crash on Cpu <= 1 {\n  if worker[self] at critical { Lock.taken := false }\n}\n"
    with_release = held.replace(
        "  critical: skip\n  Lock.release()\n", "  critical: Lock.release()\n"
    )
    assert check(system_of(with_release + freed)).verdict is Verdict.HOLDS


def test_processes_that_never_end_end_by_crashing() -> None:
    text = "processors Cpu[2]\n" + worker("loop { work: skip }") + "crash on Cpu { skip }\n"
    assert check(system_of(text)).verdict is Verdict.HOLDS


def test_without_a_type_it_is_the_one_machine() -> None:
    text = "var boots: 0..3 = 0\nprocess main {\n  let seen = boots\n  boots := seen + 1\n}\n"
    text += "reboot <= 2 { skip }\nreachable thrice: boots = 3\n"
    assert check(system_of(text)).verdict is Verdict.HOLDS


def test_a_restart_forgets_locks_and_switches_interrupts_on() -> None:
    text = """
object Lock {
  var taken: bool = false
  procedure acquire() {
    atomic {
      await not taken
      taken := true
    }
  }
  procedure release() { taken := false }
}
processors Cpu[1]
lock order Lock
interrupt tick on Cpu <= 1 { seen: skip }
reboot on Cpu <= 1 { Lock.taken := false }
reachable interrupted: exists c: Cpu. worker[c] at start and tick[c] at seen
"""
    text += worker("start: skip", "disable", "Lock.acquire()", "Lock.release()", "enable")
    assert check(system_of(text)).verdict is Verdict.HOLDS


@pytest.mark.parametrize("declared", ["crash on Cpu <= 1 { skip }", "reboot on Cpu <= 2 { skip }"])
def test_engines_agree(declared: str) -> None:
    text = (
        f"processors Cpu[2]\n{worker('var n: 0..2 = 1', 'a: skip', 'n := 2', 'b: skip')}{declared}"
    )
    system = system_of(text + "\n")
    counts = check(system, SearchOptions()).statistics
    assert counts.distinct == explore(system).distinct


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("processors Cpu\nprocess main { skip }\ncrash on Cpu { skip }\n", "K239"),
        ("process main { crashed: skip }\ncrash { skip }\n", "K249"),
    ],
)
def test_mistakes(text: str, code: str) -> None:
    system, diagnostics = loaded(text)
    assert system is None
    assert [each.code for each in diagnostics] == [code]
