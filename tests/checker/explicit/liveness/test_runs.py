"""Judging claims about runs within limits: what was not judged is said."""

from __future__ import annotations

import pytest

from checker.explicit.liveness.graph import Goes, StateGraph, StoppedError
from checker.explicit.liveness.python_graph import python_graph
from checker.explicit.liveness.runs import RunOptions, check_runs
from checker.explicit.search import check
from checker.model.system import System
from checker.model.verdict import EXIT_UNFINISHED, FindingKind, Result, Verdict, exit_code
from tests.support.texts import system_of

COUNTER = """
var x: 0..2 = 0
fair action up() {
  await x < 2
  x := x + 1
}
terminal x = 2
property reaches: eventually x = 2
"""


def judged(options: RunOptions, text: str = COUNTER) -> Result:
    """Judge after a search without limits."""
    system = system_of(text)
    return check_runs(system, check(system), options)


def interrupted(_text: str) -> None:
    raise KeyboardInterrupt


def without_memory(_system: System, _goes: Goes) -> StateGraph:
    raise MemoryError


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (RunOptions(seconds=0), "the time limit of 0 s"),
        (RunOptions(memory_bytes=1 << 20), "the memory limit of 1 MiB"),
        (RunOptions(told=interrupted), "the interrupt"),
        (RunOptions(builder=without_memory), "the end of memory"),
    ],
    ids=["time", "memory", "interrupt", "no memory"],
)
def test_what_was_cut_short_is_incomplete(options: RunOptions, why: str) -> None:
    result = judged(options)
    assert result.verdict is Verdict.INCOMPLETE
    assert [limit.what for limit in result.limits] == [why]
    assert result.undecided == ("reaches",)
    assert exit_code(result, strict=False) == EXIT_UNFINISHED


def test_within_the_limits_it_holds() -> None:
    result = judged(RunOptions(seconds=1000, memory_bytes=1 << 40))
    assert result.verdict is Verdict.HOLDS
    assert (result.limits, result.undecided) == ((), ())


def test_what_is_wrong_otherwise_comes_first() -> None:
    result = check(system_of(f"{COUNTER}\ninvariant small: x < 2"))
    assert [finding.kind for finding in result.findings] == [FindingKind.INVARIANT]
    assert result.undecided == ("reaches",)


def test_a_condition_without_a_value_is_an_error() -> None:
    text = COUNTER + "\nproperty divided: x = 0 ~> 2 / x = 1\nproperty wrong: eventually x = 1 + x"
    result = check(system_of(text))
    assert result.verdict is Verdict.ERROR
    assert [f.kind for f in result.findings] == [FindingKind.EVALUATION, FindingKind.LIVENESS]
    assert result.findings[0].name == "divided"
    assert result.findings[0].trace is not None
    assert len(result.findings[0].trace.steps) == 0


def test_building_the_graph_can_be_stopped() -> None:
    with pytest.raises(StoppedError):
        python_graph(system_of(COUNTER), lambda _done, _known: False)
