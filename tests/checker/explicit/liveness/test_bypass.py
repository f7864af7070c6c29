"""How often others can overtake: of known locks, and what counts as overtaking."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.cli.session import library
from checker.explicit.search import SearchOptions, check
from checker.load import load
from checker.model.fairness import Scheduling
from checker.model.verdict import Figure, FindingKind, Result, Verdict
from tests.support.texts import system_of

LOCKS = Path(__file__).parents[4] / "spec/protocols/locks"


def figure_of(spec: str, name: str, **sizes: str) -> Figure:
    system, _ = load(LOCKS / f"{spec}.k42", sizes, library())
    assert system is not None
    (figure,) = (each for each in check(system).figures if each.name == name)
    return figure


def result_of(text: str, scheduling: Scheduling = Scheduling.WEAK) -> Result:
    return check(system_of(text), SearchOptions(scheduling=scheduling))


@pytest.mark.parametrize("size", ["2", "3", "4"])
def test_nobody_overtakes_who_has_a_ticket(size: str) -> None:
    figure = figure_of("ticket", "in_order", Cpu=size)
    assert (figure.value, figure.trace) == (0, None)


def test_petersons_lock_for_two() -> None:
    figure = figure_of("peterson", "overtaken")
    assert figure.value == 1
    assert figure.trace is not None
    assert figure.trace.loop is None
    assert figure_of("peterson", "in_order").value == 0


def test_a_test_and_set_lock_starves_somebody() -> None:
    figure = figure_of("test_and_set_starving", "overtaken")
    assert figure.value is None
    assert figure.trace is not None
    assert figure.trace.loop is not None
    assert figure.remark == "for c = Cpu0 this can go on for ever: starvation"


def test_the_filter_lock_lets_everybody_in_and_knows_no_bound() -> None:
    figure = figure_of("n_peterson", "overtaken", N="3")
    assert figure.value is None
    assert figure.trace is not None
    assert figure.trace.loop is not None
    assert figure.remark == (
        "though every waiting process gets in: for p = Pid0 it goes on like this only as long as "
        "user[Pid0] does not act"
    )


QUEUE = """
type Who = 0..2
var waits: [Who] bool = false
var inside: Who? = none
var budget: 0..4 = {budget}

action ask(w: Who) {{
  await not waits[w] and inside != w
  waits[w] := true
}}
action enter(w: Who) {{
  await waits[w] and budget > 0
  waits[w] := false
  inside := w
  budget := budget - 1
}}
action leave() {{
  await inside != none
  inside := none
}}
bypass order{bound}: forall w: Who. waits[w] ~> inside = w
terminal true
"""


@pytest.mark.parametrize(("budget", "most"), [(0, 0), (1, 1), (3, 3), (4, 4)])
def test_everybody_may_overtake_as_often_as_there_are_entries(budget: int, most: int) -> None:
    result = result_of(QUEUE.format(budget=budget, bound=f" <= {most}"))
    assert result.verdict is Verdict.HOLDS
    assert result.figures[0].value == most


def test_a_bound_that_is_exceeded_is_a_finding() -> None:
    result = result_of(QUEUE.format(budget=3, bound=" <= 2"))
    assert result.verdict is Verdict.VIOLATED
    (finding,) = result.findings
    assert finding.kind is FindingKind.BYPASS
    assert finding.message == "others can overtake 3 times, and at most twice is claimed"
    assert finding.trace == result.figures[0].trace


FIRST = """
type Who = 0..1
var place: [Who] 0..2 = 0
action ask(w: Who) {{
  await place[w] = 0{ask}
  place[w] := 1
}}
action enter(w: Who) {{
  await place[w] = 1{enter}
  place[w] := 2
}}
action leave(w: Who) {{
  await place[w] = 2{leave}
  place[w] := {after}
}}
bypass order: forall w: Who. place[w] = 1 ~> place[w] = 2
terminal true
"""


def first(ask: str = "", enter: str = "", leave: str = "", after: str = "0") -> int | None:
    text = FIRST.format(ask=ask, enter=enter, leave=leave, after=after)
    return result_of(text).figures[0].value


def test_who_waited_before_does_not_overtake() -> None:
    # 0 waits first and enters first; then 1 may enter.
    in_order = (" and (w = 0 or place[0] = 1)", " and (w = 0 or place[0] = 2)")
    assert first(*in_order, leave=" and false") == 0


def test_who_waits_again_has_lost_its_place() -> None:
    # Who leaves waits again at once.
    assert first(after="1") is None


def test_who_begins_later_overtakes() -> None:
    assert first(after="2", leave=" and false", ask=" and (w = 0 or place[0] = 1)") == 1


def test_entering_together_is_not_overtaking() -> None:
    text = """
    type Who = 0..1
    var place: [Who] 0..2 = 0
    action ask(w: Who) {
      await place[w] = 0
      place[w] := 1
    }
    action open() {
      await place[0] = 1 and place[1] = 1
      place[0] := 2
      place[1] := 2
    }
    terminal true
    bypass order <= 0: forall w: Who. place[w] = 1 ~> place[w] = 2
    """
    result = result_of(text)
    assert result.verdict is Verdict.HOLDS
    assert result.figures[0].value == 0


def test_a_wait_without_a_bound_that_need_not_end() -> None:
    text = """
    type Who = 0..1
    var place: [Who] 0..2 = 0
    fair action ask(w: Who) {
      await place[w] = 0
      place[w] := 1
    }
    fair action enter(w: Who) {
      await place[w] = 1 and w = 1
      place[w] := 2
    }
    action leave(w: Who) {
      await place[w] = 2
      place[w] := 0
    }
    bypass order: forall w: Who. place[w] = 1 ~> place[w] = 2
    """
    figure = result_of(text).figures[0]
    assert figure.value is None
    assert figure.remark == "for w = 0 this can go on for ever: starvation"


def test_waiting_without_an_end_though_nobody_overtakes_for_ever() -> None:
    # Others overtake while `enter(0)` is put off unfairly; but once it is blocked it stays so.
    text = """
    type Who = 0..1
    var place: [Who] 0..2 = 0
    var blocked: bool = false
    fair action ask(w: Who) {
      await place[w] = 0
      place[w] := 1
    }
    fair action enter(w: Who) {
      await place[w] = 1 and not blocked
      place[w] := 2
    }
    action leave(w: Who) {
      await place[w] = 2
      place[w] := 0
    }
    action block() {
      await not blocked
      blocked := true
    }
    terminal true
    bypass order: forall w: Who. place[w] = 1 ~> place[w] = 2
    """
    figure = result_of(text).figures[0]
    assert figure.value is None
    assert figure.remark.startswith("and who waits need not get in; for w = 0 it goes on")


def test_fairness_decides_whether_it_is_starvation() -> None:
    system, _ = load(LOCKS / "n_peterson.k42", {}, library())
    assert system is not None
    remarks = [
        check(system, SearchOptions(scheduling=each)).figures[0].remark
        for each in (Scheduling.WEAK, Scheduling.NONE)
    ]
    assert remarks[0].startswith("though every waiting process gets in")
    assert remarks[1].endswith("starvation")


def test_nobody_waits() -> None:
    text = """
    type Who = 0..1
    var x: bool = false
    action toggle() { x := not x }
    bypass order: forall w: Who. x and not x and w = 0 ~> x
    """
    result = result_of(text)
    assert result.idle == ("in `order`, nobody ever waits",)
