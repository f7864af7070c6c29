from __future__ import annotations

import copy
import json
from typing import cast

import pytest

from checker.model.replay import replay
from checker.model.system import System
from checker.model.trace import Trace
from checker.report.itf import itf_trace
from checker.report.json_doc import document, run_of_result, trace_json
from checker.report.recording import Impossible, read_recording, realise
from checker.report.values_json import Json, UnreadableError
from tests.checker.report.samples import explored, race, race_result, race_trace, shortest
from tests.support.systems import Crash, composite, crasher, deadlocker

JsonObject = dict[str, Json]


def text_round_trip(value: Json) -> JsonObject:
    return cast("JsonObject", json.loads(json.dumps(value)))


def systems() -> list[tuple[str, System, Trace]]:
    result = []
    for system in (race(), race(3)):
        result.append((f"race {system.sorts[0].size}", system, race_trace(system)))
    mail = composite()
    result.append(("composite", mail, shortest(mail, lambda s: s[2] == (True, 1))))
    stuck = deadlocker()
    found = explored(stuck).findings[0].trace
    assert found is not None
    result.append(("deadlocker", stuck, found))
    for how in (Crash.ASSERTION, Crash.DIVISION):
        crashing = crasher(how)
        found = explored(crashing).findings[0].trace
        assert found is not None
        result.append((how.value, crashing, found))
    return result


SYSTEMS = systems()


@pytest.mark.parametrize("number", range(len(SYSTEMS)), ids=[name for name, _, _ in SYSTEMS])
@pytest.mark.parametrize("form", ["json", "itf", "itf without steps"])
def test_a_written_trace_is_read_and_replayed(number: int, form: str) -> None:
    _, system, trace = SYSTEMS[number]
    written = text_round_trip(
        trace_json(system, trace) if form == "json" else itf_trace(system, trace, {})
    )
    if form == "itf without steps":
        written["states"] = [
            {k: v for k, v in state.items() if k != "#meta"}
            for state in cast("list[JsonObject]", written["states"])
        ]
    found = realise(system, read_recording(system, written))
    assert isinstance(found, Trace)
    assert found.states == trace.states
    assert replay(system, found, None) is None
    if form != "itf without steps":
        assert found == trace


def test_a_document_yields_the_trace_of_its_finding() -> None:
    result = race_result()
    run = run_of_result(result, spec="x", reproduce="k42", is_strict=False)
    whole = text_round_trip(document([run], "0"))
    found = realise(result.system, read_recording(result.system, whole))
    assert found == result.findings[0].trace


def damaged(path: list[str | int], value: Json) -> JsonObject:
    system = race()
    written = text_round_trip(trace_json(system, race_trace(system)))
    place: Json = written
    for key in path[:-1]:
        place = cast("JsonObject", place)[cast("str", key)]
    cast("JsonObject", place)[cast("str", path[-1])] = copy.deepcopy(value)
    return written


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (["states"], [], "`steps` is not an array of 0"),
        (["states", 0, "taken"], 3, "`states[0].taken` is not a value of bool"),
        (["states", 0], {}, "`states[0]` is not a state with the variable `taken`"),
        (["steps"], 7, "`steps` is not an array of objects"),
    ],
)
def test_damage_is_named(path: list[str | int], value: Json, complaint: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_recording(race(), damaged(path, value))
    assert str(caught.value) == complaint


@pytest.mark.parametrize("value", [3, [], {}, {"format": "k42-result", "version": 1, "runs": []}])
def test_what_is_no_recording_is_refused(value: Json) -> None:
    with pytest.raises(UnreadableError):
        read_recording(race(), value)


@pytest.mark.parametrize(
    ("path", "value", "number", "message"),
    [
        (["states", 0, "taken"], True, 0, "the first state is not an initial state"),
        (["states", 3, "taken"], False, 3,
         "`worker.acquire.2(self = Cpu0)` leads elsewhere: "
         "`taken` differs from the recorded state"),
        (["steps", 1, "params", "self"], "Cpu0", 2,
         "`worker.acquire.1(self = Cpu0)` is not possible here; possible: "
         "`worker.acquire.1 by worker[Cpu1]`, `worker.acquire.2 by worker[Cpu0]`"),
        (["steps", 0, "action"], "init", 1,
         "`init(self = Cpu0)` is not possible here; possible: "
         "`worker.acquire.1 by worker[Cpu0]`, `worker.acquire.1 by worker[Cpu1]`"),
        (["failed"], {"action": "worker.critical", "params": {"self": "Cpu0"}}, 5,
         "`worker.critical(self = Cpu0)` does not fail here"),
    ],
)  # fmt: skip
def test_the_first_impossible_step_is_named(
    path: list[str | int], value: Json, number: int, message: str
) -> None:
    system = race()
    found = realise(system, read_recording(system, damaged(path, value)))
    assert isinstance(found, Impossible)
    assert (found.number, found.message) == (number, message)
