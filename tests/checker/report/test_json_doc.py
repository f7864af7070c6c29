from __future__ import annotations

import json
from dataclasses import replace

import pytest

from checker.model.trace import Trace
from checker.model.verdict import FindingKind, Limit, Result, Verdict
from checker.report.json_doc import document, dump, run_of_mistakes, run_of_result
from checker.report.schema import schema
from checker.report.values_json import Json
from grammar.diagnostics import Diagnostic, Note, Severity
from grammar.source import NOWHERE
from tests.checker.report.mini_schema import violations
from tests.checker.report.samples import explored, race_result, span
from tests.support.systems import Crash, composite, crasher, deadlocker

WARNING = Diagnostic("K250", Severity.WARNING, span("taken"), "w", (Note(span("Cpu"), "n"),), "r")


def written(result: Result, *diagnostics: Diagnostic) -> dict[str, Json]:
    """Writes the document and reads it back as another program would."""
    run = run_of_result(
        result, spec="x.k42", reproduce="k42 check x.k42", is_strict=False, diagnostics=diagnostics
    )
    json_value = json.loads(dump(document([run], "1.2.3")))
    assert isinstance(json_value, dict)
    return json_value


def only_run(whole: dict[str, Json]) -> dict[str, Json]:
    runs = whole["runs"]
    assert isinstance(runs, list)
    assert len(runs) == 1
    run = runs[0]
    assert isinstance(run, dict)
    return run


RESULTS = {
    "violated": race_result(),
    "holds": explored(composite()),
    "deadlock": explored(deadlocker()),
    "bounded": replace(
        race_result(),
        verdict=Verdict.BOUNDED,
        findings=(),
        limits=(Limit("depth 3", "deeper states were not searched", is_bound=True),),
    ),
    **{f"crash {how.value}": explored(crasher(how)) for how in Crash},
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_document_satisfies_the_schema(name: str) -> None:
    whole = written(RESULTS[name], WARNING)
    assert list(violations(whole, schema(), schema())) == []


def test_mistakes_satisfy_the_schema() -> None:
    run = run_of_mistakes([WARNING], spec="x.k42", reproduce="k42", code=150, is_strict=True)
    whole = document([run], "0")
    assert list(violations(whole, schema(), schema())) == []
    assert isinstance(whole, dict)
    assert only_run(whole)["exit_code"] == 150


def test_the_schema_rejects_what_is_wrong() -> None:
    whole = written(race_result())
    assert list(violations({**whole, "version": 2}, schema(), schema())) == ["$.version: not 1"]
    assert list(violations({**whole, "extra": 2}, schema(), schema())) == ["$: unknown extra"]
    del whole["runs"]
    assert list(violations(whole, schema(), schema())) == ["$: without runs"]


def test_steps_carry_all_that_a_replay_needs() -> None:
    run = only_run(written(race_result()))
    assert run["verdict"] == "violated"
    assert run["exit_code"] == 12
    findings = run["findings"]
    assert isinstance(findings, list)
    assert isinstance(findings[0], dict)
    trace = findings[0]["trace"]
    assert isinstance(trace, dict)
    states, steps = trace["states"], trace["steps"]
    assert isinstance(states, list)
    assert isinstance(steps, list)
    assert len(states) == len(steps) + 1
    assert states[0] == {"taken": False, "worker": {"Cpu0": "acquire.1", "Cpu1": "acquire.1"}}
    assert steps[-1] == {
        "action": "worker.acquire.2",
        "actor": "worker[Cpu1]",
        "process": "worker",
        "params": {"self": "Cpu1"},
        "choices": [],
        "site": {"file": "race.k42", "line": 9, "column": 3, "end_line": 9, "end_column": 16},
        "text": "taken := true",
        "changed": [],
    }
    assert findings[0]["values"] == [
        {"text": "a", "value": "Cpu0"},
        {"text": "b", "value": "Cpu1"},
        {"text": "worker[Cpu0] at critical", "value": "true"},
        {"text": "worker[Cpu1] at critical", "value": "true"},
    ]


def test_a_failing_step_stands_by_itself() -> None:
    result = RESULTS["crash assertion"]
    trace = result.findings[0].trace
    assert isinstance(trace, Trace)
    assert trace.failed is not None
    findings = only_run(written(result))["findings"]
    assert isinstance(findings, list)
    assert isinstance(findings[0], dict)
    told = findings[0]["trace"]
    assert isinstance(told, dict)
    assert isinstance(told["failed"], dict)
    assert told["failed"]["action"] == "crash"
    assert findings[0]["message"] == "counted too far"


def test_no_place_is_null() -> None:
    result = race_result()
    deadlock = replace(result.findings[0], kind=FindingKind.DEADLOCK, site=NOWHERE)
    findings = only_run(written(replace(result, findings=(deadlock,))))["findings"]
    assert isinstance(findings, list)
    assert isinstance(findings[0], dict)
    assert findings[0]["site"] is None
