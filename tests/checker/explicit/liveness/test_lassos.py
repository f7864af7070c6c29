"""The lassos that are shown: a shortest stem, a short way round, and what is told with them."""

from __future__ import annotations

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import Progress, SearchOptions, check
from checker.model.lasso import closes, neglected
from checker.model.trace import Trace
from checker.model.verdict import FindingKind, Result, Verdict
from checker.report.itf import itf_trace
from tests.support.texts import system_of

RING = """
var x: 0..5 = 0
fair action up() {
  await x < 5
  x := x + 1
}
fair action down() {
  await x = 5
  x := 2
}
action reset() {
  await x = 5
  x := 1
}
property back: x = 1 ~> x = 0
"""


def violated(text: str, engine: str = "python") -> tuple[Result, Trace]:
    result = check(system_of(text), make_engine=engine_maker(EngineOptions(engine)))
    assert result.verdict is Verdict.VIOLATED
    (finding,) = result.findings
    assert finding.kind is FindingKind.LIVENESS
    assert finding.trace is not None
    return result, finding.trace


def loop_of(trace: Trace) -> list[str]:
    assert trace.loop is not None
    return [step.action.name for step in trace.steps[trace.loop :]]


@pytest.mark.parametrize("engine", ["python", "native"])
def test_the_stem_and_the_way_round_are_short(engine: str) -> None:
    result, trace = violated(RING, engine)
    assert trace.states == ((0,), (1,), (2,), (3,), (4,), (5,), (2,))
    assert loop_of(trace) == ["up", "up", "up", "down"]
    assert closes(trace)
    assert not neglected(result.system, trace)


def test_both_engines_show_the_same_run() -> None:
    _, one = violated(RING, "python")
    _, other = violated(RING, "native")
    assert [step.action.name for step in one.steps] == [step.action.name for step in other.steps]
    assert (one.states, one.loop) == (other.states, other.loop)


def test_the_run_may_rest() -> None:
    text = """
    var x: 0..3 = 0
    fair action up() {
      await x < 3
      x := x + 1
    }
    terminal x = 3
    property back: x = 1 ~> x = 0
    """
    _, trace = violated(text)
    assert trace.loop == len(trace.states) - 1 == 3


def test_what_fairness_excludes_is_not_shown() -> None:
    text = """
    var x: bool = false
    var done: bool = false
    fair action toggle() { x := not x }
    {fairness} action finish() {
      await x and not done
      done := true
    }
    property finishes: eventually done
    """
    strong = check(system_of(text.replace("{fairness}", "strong fair")))
    assert strong.verdict is Verdict.HOLDS
    result, trace = violated(text.replace("{fairness}", "fair"))
    assert loop_of(trace) == ["toggle", "toggle"]
    assert any("strong" in remark for remark in result.findings[0].remarks)


def test_a_run_in_itf_says_where_it_repeats_itself() -> None:
    result, trace = violated(RING)
    document = itf_trace(result.system, trace, {})
    assert isinstance(document, dict)
    assert document["loop"] == trace.loop


# --- around the judging ---------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", list(Reduction))
def test_nothing_is_reduced_and_that_is_said(reduction: Reduction) -> None:
    system = system_of(RING)
    result = check_reduced(system, [reduction])
    assert result.notes == ("nothing is reduced: claims about whole runs are judged on all states",)
    assert result.statistics.distinct == 6
    assert result.verdict is Verdict.VIOLATED


def test_what_is_judged_is_told() -> None:
    told: list[Progress] = []
    check(system_of(RING), SearchOptions(interval=0), told.append)
    doing = [each.doing for each in told if each.doing]
    assert doing[0] == "graph of states for claims about runs: 0 of 6"
    assert doing[-2:] == ["evaluating the conditions of claims about runs", "judging back"]


@pytest.mark.parametrize(
    ("options", "what"),
    [(SearchOptions(max_states=3), "states"), (SearchOptions(max_depth=2), "depth")],
)
def test_claims_are_not_judged_on_a_part(options: SearchOptions, what: str) -> None:
    result = check(system_of(RING), options)
    assert result.verdict is Verdict.BOUNDED, what
    assert result.undecided == ("back",)
    assert result.notes == ("not judged, since not all states were searched: back",)
