"""Interrupts: when they come, whom they hold off, and what is an end with them."""

from __future__ import annotations

from checker.explicit.search import check
from checker.model.verdict import FindingKind, Verdict
from tests.support.texts import exploration_of, loaded, system_of

TRACE = """
processors Cpu[1]
var log: seq[4] of 0..3 = []
"""
TICK = "interrupt tick on Cpu <= 1 { atomic log := append(log, 0) }\n"


def logs(text: str) -> set[tuple[object, ...]]:
    """Return what is in `log` in the states in which all is done."""
    system = system_of(text)
    at = next(n for n, v in enumerate(system.variables) if v.name == "log")
    ends = [n for n, v in enumerate(system.variables) if v.name == "worker.at"]
    found = exploration_of(text)
    assert not found.findings
    return {state[at] for state in found.states if all(state[end] == ("end",) for end in ends)}  # type: ignore[misc]  # a sequence


def worker(*lines: str) -> str:
    return "process worker on Cpu {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def put(number: int) -> str:
    return f"atomic log := append(log, {number})"


def test_an_interrupt_comes_between_any_two_steps_and_need_not_come() -> None:
    found = logs(TRACE + TICK + worker(put(1), put(2)))
    assert found == {(1, 2), (0, 1, 2), (1, 0, 2), (1, 2, 0)}


def test_it_does_not_come_between_disable_and_enable() -> None:
    found = logs(TRACE + TICK + worker("disable", put(1), put(2), "enable"))
    assert found == {(1, 2), (0, 1, 2), (1, 2, 0)}


def test_enable_before_the_last_store_is_too_early() -> None:
    found = logs(TRACE + TICK + worker("disable", put(1), "enable", put(2)))
    assert (1, 0, 2) in found


def test_the_thread_goes_on_only_when_the_handler_is_done() -> None:
    slow = f"interrupt tick on Cpu <= 1 {{\n  {put(3)}\n  {put(0)}\n}}\n"
    found = logs(TRACE + slow + worker(put(1), put(2)))
    assert found == {(1, 2), (3, 0, 1, 2), (1, 3, 0, 2), (1, 2, 3, 0)} | {(1, 2, 3)}


def test_handlers_do_not_interrupt_each_other_and_come_one_after_the_other() -> None:
    other = f"interrupt disk on Cpu <= 1 {{\n  {put(3)}\n  {put(2)}\n}}\n"
    found = logs(TRACE + TICK + other + worker(put(1)))
    assert (3, 0, 2, 1) not in found
    assert {(3, 2, 0, 1), (0, 3, 2, 1), (0, 1, 3, 2)} <= found


def test_a_handler_may_call_what_switches_interrupts() -> None:
    careful = f"procedure store() {{\n  disable\n  {put(3)}\n  enable\n}}\n"
    tick = f"interrupt tick on Cpu <= 1 {{\n  store()\n  {put(0)}\n}}\n"
    found = logs(TRACE + careful + tick + worker("store()", put(1)))
    assert (3, 3, 0, 1) in found
    assert all(log[log.index(0) - 1] == 3 for log in found if 0 in log)


def test_an_interrupt_with_a_cause_comes_only_then() -> None:
    tick = "interrupt tick on Cpu <= 1 requires log = [1] { atomic log := append(log, 0) }\n"
    assert logs(TRACE + tick + worker(put(1), put(2))) == {(1, 2), (1, 0, 2)}


def test_a_cause_that_is_gone_hides_no_deadlock() -> None:
    text = "processors Cpu[1]\nvar wanted: bool = true\n"
    text += "interrupt device on Cpu requires wanted { wanted := false }\n"
    text += worker("await not wanted", "await wanted")
    result = check(system_of(text))
    assert [finding.kind for finding in result.findings] == [FindingKind.DEADLOCK]


def test_other_processors_do_not_wait() -> None:
    text = TRACE.replace("Cpu[1]", "Cpu[2]")
    text += "interrupt tick on Cpu <= 1 {\n  seen: skip\n  await false\n}\n"
    text += "process worker on Cpu {\n  skip\n}\nreachable one: exists c: Cpu. tick[c] at seen\n"
    assert check(system_of(text)).verdict is Verdict.VIOLATED
    step = worker(put(1)) + "reachable one: log = [1] and exists c: Cpu. tick[c] at seen\n"
    result = check(system_of(text.split("process worker")[0].replace("await false", "skip") + step))
    assert result.witnesses[0].trace is not None


def test_any_number_of_interrupts_is_a_finite_system() -> None:
    text = "var ticks: mod 3 = 0\ninterrupt tick { atomic ticks := ticks + 1 }\n"
    text += "process main {\n  a: skip\n  b: skip\n}\n"
    result = check(system_of(text))
    assert result.verdict is Verdict.HOLDS
    assert result.statistics.distinct == 3 * 3 * 2


def test_when_all_is_done_but_for_interrupts_that_do_not_come_any_more_it_is_an_end() -> None:
    text = "processors Cpu[2]\ninterrupt tick on Cpu <= 0 { skip }\n" + worker("done: skip")
    assert check(system_of(text)).verdict is Verdict.HOLDS


MUTEX = """
import lib.mutex as Lock
processors Cpu[1]
interrupt tick on Cpu <= 1 {
  Lock.acquire()
  Lock.release()
}
"""


def test_a_handler_that_waits_for_the_thread_it_interrupts_is_a_deadlock() -> None:
    result = check(system_of(MUTEX + worker("Lock.acquire()", "Lock.release()")))
    assert [finding.kind for finding in result.findings] == [FindingKind.DEADLOCK]
    careful = worker("disable", "Lock.acquire()", "Lock.release()", "enable")
    assert check(system_of(MUTEX + careful)).verdict is Verdict.HOLDS


def test_interrupts_that_never_end_starve_a_thread_that_is_only_weakly_fair() -> None:
    text = "var n: mod 2 = 0\ninterrupt tick {{ atomic n := n + 1 }}\n"
    text += "{}process main {{\n  here: skip\n}}\nproperty gets_on: eventually main at end\n"
    assert check(system_of(text.format(""))).verdict is Verdict.VIOLATED
    assert check(system_of(text.format("strong fair "))).verdict is Verdict.HOLDS


def test_to_switch_interrupts_that_do_not_exist_is_a_mistake() -> None:
    for text in (
        "process main { disable }\n",
        "processors Cpu\ninterrupt tick on Cpu { skip }\nprocess main { enable }\n",
        "action a() { disable }\n",
    ):
        system, diagnostics = loaded(text)
        assert system is None
        assert [each.code for each in diagnostics] == ["K247"]
