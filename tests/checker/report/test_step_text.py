from __future__ import annotations

import pytest

from checker.load import load
from checker.model.system import System
from checker.model.trace import Trace
from checker.report.property_text import short_trace
from checker.report.step_text import told_changes, told_choices
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
        for text in (*told_choices(step), *told_changes(system, step, before, after))
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
