from __future__ import annotations

from pathlib import Path

import pytest

from checker.explicit.search import check
from checker.load import load
from checker.model.system import System
from checker.model.trace import Trace
from checker.report.property_text import short_trace
from checker.report.step_text import told_failure, told_step
from tests.checker.report.samples import shortest

SPEC = """\
spec steps
processors Cpu[2]
record Node { next: Cpu?, ready: bool }
var tail: Cpu? = none
var node: [Cpu] Node = [c: Cpu => Node(next = none, ready = false)]
var seen: set of Cpu = {}
procedure acquire() {
  let pred = swap(tail, self)
  if pred != none {
    node[pred].next := self
  }
}
process worker on Cpu {
  var total: 0..3 = 0
  acquire()
  choose x: 1..2
  total := total + x
  either { seen := {self} } or { seen := {c: Cpu where c != self} }
  done: skip
}
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The specification above."""
    path = tmp_path_factory.mktemp("specs") / "steps.k42"
    path.write_text(SPEC, encoding="utf-8")
    found, diagnostics = load(path, {})
    assert found is not None, diagnostics
    return found


@pytest.fixture(scope="module")
def trace(system: System) -> Trace:
    """A shortest run in which both processors are done and everyone was seen last by Cpu1."""
    control = [v.name for v in system.variables].index("worker.at")
    return shortest(system, lambda state: state[control] == ("done", "done"))


def told(system: System, trace: Trace) -> list[str]:
    return [
        f"{step.actor}: {text}"
        for step, before, after in zip(trace.steps, trace.states, trace.states[1:], strict=False)
        for statement in told_step(system, step, before, after)
        for text in statement.details
    ]


def test_what_steps_tell(system: System, trace: Trace) -> None:
    assert sorted(told(system, trace)) == sorted(
        [
            "worker[Cpu0]: tail: none -> Cpu0",
            "worker[Cpu0]: pred: none, as before",
            "worker[Cpu1]: tail: Cpu0 -> Cpu1",
            "worker[Cpu1]: pred: none -> Cpu0",
            "worker[Cpu1]: node[Cpu0].next: none -> Cpu1",
            "worker[Cpu0]: chooses x = 1",
            "worker[Cpu1]: chooses x = 1",
            "worker[Cpu0]: total: 0 -> 1",
            "worker[Cpu1]: total: 0 -> 1",
            "worker[Cpu0]: takes branch 1",
            "worker[Cpu1]: takes branch 1",
            "worker[Cpu0]: seen: added Cpu0",
            "worker[Cpu1]: seen: added Cpu1, removed Cpu0",
            "worker[Cpu0]: now at done",
            "worker[Cpu1]: now at done",
        ]
    )


def test_names_that_count_on_are_joined(trace: Trace) -> None:
    text = short_trace(trace)
    assert "worker[Cpu0] acquire.1" in text
    assert "1-2" in text


STATEMENTS = """\
spec statements
var lock: bool = false
var hits: 0..9 = 0
var seen: 0..9 = 0
procedure inner() {
  let x = fetch_add(hits, 1)
  seen := x
}
process main {
  var total: 0..9 = 3
  hits := 0
  atomic {
    await not lock
    lock := true
    hits := hits + 2   // and again below, so that the whole does not fit into one line
    seen := hits
    if seen > 1 { lock := false }
  }
  var x: 0..9 = 0
  x := hits
  total := total + x
  inner()
  let y = hits
  if y > 3 { skip }
  done: skip
}
"""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[int, str]]]:
    """What each step of `STATEMENTS` tells, with its line."""
    path = tmp_path_factory.mktemp("specs") / "statements.k42"
    path.write_text(STATEMENTS, encoding="utf-8")
    system, diagnostics = load(path, {})
    assert system is not None, diagnostics
    control = [v.name for v in system.variables].index("main.at")
    trace = shortest(system, lambda state: state[control] == "end")
    steps = zip(trace.steps, trace.states, trace.states[1:], strict=False)
    return [
        [
            (statement.site.line, text)
            for statement in told_step(system, *step)
            for text in (statement.text, *statement.details)
        ]
        for step in steps
    ]


def test_an_assignment_that_changes_nothing_is_told(
    statements: list[list[tuple[int, str]]],
) -> None:
    assert statements[0] == [(11, "hits := 0"), (11, "hits: 0, as before")]


def test_each_statement_of_an_atomic_step_is_told(statements: list[list[tuple[int, str]]]) -> None:
    assert statements[1] == [
        (12, "atomic { await not lock"),
        (14, "lock := true"),
        (14, "lock: false -> true"),
        (15, "hits := hits + 2"),
        (15, "hits: 0 -> 2"),
        (16, "seen := hits"),
        (16, "seen: 0 -> 2"),
        (17, "if seen > 1 { lock := false }"),
        (17, "holds"),
        (17, "lock: true -> false"),
    ]


def test_private_statements_after_the_first_are_told(
    statements: list[list[tuple[int, str]]],
) -> None:
    assert statements[2] == [
        (20, "x := hits"),
        (20, "x: 0 -> 2"),
        (21, "total := total + x"),
        (21, "total: 3 -> 5"),
    ]


def test_a_local_that_ends_with_the_step_is_told_with_the_value_that_it_had(
    statements: list[list[tuple[int, str]]],
) -> None:
    assert statements[-2] == [
        (23, "let y = hits"),
        (23, "y = 3"),
        (23, "now at done"),
    ]


def test_the_statement_that_fails_is_told_below_those_before_it(tmp_path: Path) -> None:
    path = tmp_path / "fails.k42"
    path.write_text(
        STATEMENTS.replace("seen := hits\n", 'assert hits = 0, "none yet"\n'), encoding="utf-8"
    )
    system, diagnostics = load(path, {})
    assert system is not None, diagnostics
    (finding,) = check(system).findings
    trace = finding.trace
    assert trace is not None
    assert trace.failed is not None
    *_, before, failing = told_failure(system, trace.failed, trace.states[-1], "fails")
    assert (before.site.line, before.details) == (15, ("hits: 0 -> 2",))
    assert (failing.text, failing.details) == ('assert hits = 0, "none yet"', ("fails",))
