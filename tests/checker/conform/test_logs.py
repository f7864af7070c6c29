from __future__ import annotations

import json
from random import Random

import pytest

from checker.conform.logs import Entry, read_log
from checker.conform.monitor import SpecMonitor
from checker.conform.refusal import Refusal
from checker.conform.validate import Mismatch, Validation, validate
from checker.model.interpret import Moved, initial_states, successors
from checker.report.values_json import Json
from grammar.diagnostics import Diagnostic
from tests.checker.conform.specs import LOCK, monitor_of

TAKE, DROP = {"event": "take", "thread": 0}, {"event": "drop", "thread": 0}
OTHER = {"event": "take", "thread": 1}


def entries_of(monitor: SpecMonitor, *lines: object) -> tuple[Entry, ...]:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    found = read_log(texts, monitor.binding, monitor.system)
    assert not isinstance(found, Diagnostic), found
    return found


def validated(*lines: object) -> Validation:
    monitor = monitor_of(LOCK)
    return validate(monitor, entries_of(monitor, *lines))


def test_log_of_a_behaviour_is_accepted() -> None:
    done = validated(TAKE, DROP, "", OTHER, {"event": "drop", "args": [1], "time": 17})
    assert (done.accepted, done.states, done.impossible) == (4, 1, None)


def test_first_impossible_line_is_told() -> None:
    done = validated(TAKE, DROP, TAKE, OTHER, DROP)
    assert done.impossible is not None
    assert (done.accepted, done.impossible.line) == (3, 4)
    assert isinstance(done.objection, Refusal)
    assert done.objection.reasons[0].text == "needs `owner = none`"


def test_elements_go_by_name_or_number() -> None:
    assert validated(
        {"event": "take", "thread": "Thread1"}, {"event": "drop", "thread": 1}
    ).accepted


def test_missing_fields_may_be_anything() -> None:
    assert validated({}, {"event": "drop"}, {"event": "take"}).states == 2
    assert validated({"event": "take"}, OTHER).impossible is not None
    assert validated({"event": "take", "thread": None}, {"event": "drop", "thread": 1}).states == 1


@pytest.mark.parametrize(
    "state",
    [
        {"owner": "Thread0"},
        {"owner": 0, "turns": 0},
        {},
    ],
)
def test_state_after_an_event_must_fit(state: Json) -> None:
    assert validated({**TAKE, "state": state}).impossible is None


def test_state_that_does_not_fit_is_told_part_by_part() -> None:
    done = validated({**TAKE, "state": {"owner": None, "turns": 0}})
    assert isinstance(done.objection, Mismatch)
    assert done.objection.differing == (("owner", "null", "Thread0"),)


def test_state_narrows_what_is_possible() -> None:
    done = validated({"event": "take"}, {"event": None, "state": {"owner": 1}}, DROP)
    assert done.impossible is not None
    assert done.accepted == 2


def test_hidden_steps_may_come_before_a_state() -> None:
    hidden = "spec hidden\nvar x: 0..3 = 0\naction bump() requires x < 3 { x := x + 1 }\n"
    hidden += "action show() { x := 0 }\n"
    monitor = monitor_of(hidden, '[events]\n"show" = "show"')
    done = validate(monitor, entries_of(monitor, {"event": None, "state": {"x": 2}}))
    assert done.impossible is None
    done = validate(
        monitor,
        entries_of(monitor, {"event": None, "state": {"x": 2}}, {"event": None, "state": {"x": 1}}),
    )
    assert done.accepted == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: is not JSON"),
        ("[]", "line 1: is not an object"),
        ({"event": 3}, "`event` is not a name"),
        ({"event": "grab"}, "no event `grab`"),
        ({"event": "take", "args": [1, 2]}, "has 1 values"),
        ({"event": "take", "thread": "Cpu7"}, '`thread` cannot be "Cpu7"'),
        ({"event": "take", "state": []}, "`state` is not an object"),
        ({"event": "take", "state": {"y": 1}}, "has no variable `y`"),
    ],
)
def test_lines_that_cannot_be_read_are_told(line: object, message: str) -> None:
    monitor = monitor_of(LOCK)
    text = line if isinstance(line, str) else json.dumps(line)
    found = read_log([text], monitor.binding, monitor.system)
    assert isinstance(found, Diagnostic)
    assert found.code == "K314"
    assert message in found.message


PARTS = """
spec parts
processors Cpu[2]
enum Phase { idle, busy }
record Page { owner: Cpu?, number: 0..3 }
var mode: [Cpu] Phase = idle
var page: Page = Page(owner = none, number = 0)
var queue: seq[3] of Cpu = []
var waiting: set of Cpu = {}
action go(cpu: Cpu) requires mode[cpu] = idle {
  mode[cpu] := busy
  page := Page(owner = cpu, number = page.number + 1)
  queue := append(queue, cpu)
  waiting := waiting union {cpu}
}
"""


@pytest.mark.parametrize(
    ("state", "differing"),
    [
        ({"mode": {"Cpu0": "busy"}}, ()),
        ({"mode": {"0": "busy", "1": "idle"}}, ()),
        ({"mode": ["busy", "idle"]}, ()),
        ({"mode": {"Cpu1": "busy"}}, (("mode[Cpu1]", '"busy"', "idle"),)),
        ({"mode": {"Cpu7": "busy"}}, (("mode[Cpu7]", '"busy"', "no such key"),)),
        ({"page": {"number": 1}}, ()),
        ({"page": {"owner": "Cpu0", "number": None}}, ()),
        ({"page": {"owner": None}}, (("page.owner", "null", "Cpu0"),)),
        ({"page": {"nubmer": 1}}, (("page.nubmer", "1", "no such field"),)),
        ({"queue": ["Cpu0"], "waiting": [0]}, ()),
        ({"queue": []}, (("queue", "[]", "[Cpu0]"),)),
        ({"waiting": ["Cpu1"]}, (("waiting", '["Cpu1"]', "{Cpu0}"),)),
    ],
)
def test_parts_of_every_type_are_compared(state: Json, differing: object) -> None:
    monitor = monitor_of(PARTS)
    done = validate(monitor, entries_of(monitor, {"event": "go", "cpu": 0, "state": state}))
    found = done.objection.differing if isinstance(done.objection, Mismatch) else ()
    assert found == differing


@pytest.mark.parametrize("seed", range(20))
def test_random_behaviours_are_accepted_with_any_fields_missing(seed: int) -> None:
    monitor = monitor_of(LOCK)
    random = Random(seed)
    start = initial_states(monitor.system)[0]
    assert isinstance(start, Moved)
    state, lines = start.state, []
    for _ in range(30):
        moved = [each for each in successors(monitor.system, state) if isinstance(each, Moved)]
        chosen = moved[random.randrange(len(moved))]
        line: dict[str, Json] = {"event": chosen.step.action.name}
        if chosen.step.params:
            line["thread"] = int(str(chosen.step.params[0])[-1])
        line["state"] = {"turns": chosen.state[1]}  # type: ignore[dict-item]  # an integer
        lines.append({k: v for k, v in line.items() if random.random() < 0.7})
        state = chosen.state
    done = validate(monitor, entries_of(monitor, *lines))
    assert done.impossible is None
