from __future__ import annotations

from checker.conform.monitor import SpecMonitor, Wanted
from checker.conform.refusal import refusal
from tests.checker.conform.specs import LOCK, WORKER, monitor_of

MOVES = """
[events]
"take(cpu)" = "worker[cpu] enters critical"
"drop(cpu)" = "worker[cpu] leaves critical"
"""
HIDDEN = """
spec hidden
var x: 0..3 = 0
action bump() requires x < 3 { x := x + 1 }
action show(value: 0..3) requires x = value { x := value }
"""
SHOWN = '[events]\n"show(value)" = "show(value)"'
TWICE = """
[events]
"asked(thread)" = "take(thread)"
"got(thread)" = "take(thread)"
"drop(thread)" = "drop(thread)"
"""


def after(monitor: SpecMonitor, *words: tuple[Wanted, ...]) -> int | None:
    spec: int | None = 0
    for word in words:
        assert spec is not None
        spec = monitor.step(spec, word)
    return spec


def event(name: str, *values: int | None) -> tuple[Wanted, ...]:
    return ((name, values),)


def test_events_are_followed_and_refused() -> None:
    monitor = monitor_of(LOCK)
    assert after(monitor, event("take", 0), event("drop", 0)) is not None
    assert after(monitor, event("take", 0), event("take", 1)) is None
    assert after(monitor, event("take", 0), event("drop", 1)) is None


def test_hidden_steps_may_come_before_an_event() -> None:
    monitor = monitor_of(HIDDEN, SHOWN)
    assert after(monitor, event("show", 2)) is not None
    assert after(monitor, event("show", 2), event("show", 1)) is None


def test_unknown_values_keep_all_possibilities() -> None:
    monitor = monitor_of(HIDDEN, SHOWN)
    spec = after(monitor, event("show", None))
    assert spec is not None
    assert len(monitor.states_of(spec)) == 4
    assert monitor.step(0, ((None, None),)) == spec


def test_one_step_can_be_two_events_of_one_access() -> None:
    monitor = monitor_of(LOCK, TWICE)
    both = (("asked", (0,)), ("got", (0,)))
    assert monitor.step(0, both) is not None
    assert monitor.step(0, both[:1]) is None
    # Two steps can be the events of one access, too.
    assert monitor.step(0, (*both, ("drop", (0,)))) is not None


def test_moves_of_processes_are_events() -> None:
    monitor = monitor_of(WORKER, MOVES)
    assert after(monitor, event("take", 0), event("drop", 0), event("take", 1)) is not None
    assert after(monitor, event("take", 0), event("take", 1)) is None


def test_what_no_accepted_path_needs_is_not_covered() -> None:
    monitor = monitor_of(HIDDEN, SHOWN)
    assert monitor.step(0, event("show", 0)) is not None
    assert {action.name for action in monitor.covered} == {"show"}
    assert monitor.step(0, event("show", 1)) is not None
    assert {action.name for action in monitor.covered} == {"show", "bump"}


def test_refusal_names_the_guard_and_what_is_allowed() -> None:
    monitor = monitor_of(LOCK)
    spec = after(monitor, event("take", 0))
    assert spec is not None
    found = refusal(monitor, spec, event("take", 1))
    assert found.event == "take(1)"
    assert found.reasons[0].way == "take(thread = Thread1)"
    assert found.reasons[0].text == "needs `owner = none`"
    assert found.reasons[0].values == (("owner", "Thread0"),)
    assert found.allowed == ("drop(0)",)


def test_refusal_of_a_move_tells_where_the_process_rests() -> None:
    monitor = monitor_of(WORKER, MOVES)
    spec = after(monitor, event("take", 0))
    assert spec is not None
    found = refusal(monitor, spec, event("take", 1))
    assert found.reasons[0].way == "worker[Cpu1] enters critical"
    assert "its next step `atomic {" in found.reasons[0].text
    assert found.reasons[0].text.endswith("needs `not taken`")
    assert found.reasons[0].states == 1


def test_refusal_in_the_middle_of_an_access_tells_which_event() -> None:
    monitor = monitor_of(LOCK)
    found = refusal(monitor, 0, (("take", (0,)), ("take", (1,))))
    assert (found.position, found.event) == (1, "take(1)")
