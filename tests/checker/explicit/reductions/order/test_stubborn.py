"""What each condition on the steps that are taken is good for, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.cli.session import library
from checker.explicit.reductions.order.stubborn import ALL_CONDITIONS, Conditions
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import SearchOptions, check
from checker.load import load
from checker.model.system import System
from checker.model.verdict import FindingKind, Verdict
from tests.support.texts import system_of
from tests.support.whole_search import by_partial_order, whole

SPECS = Path(__file__).parents[5] / "spec"
PARTIAL_ORDER = [Reduction.PARTIAL_ORDER]


def spec(path: str, **constants: int) -> System:
    """Returns a system without its claims about whole runs, for which nothing is reduced."""
    settings = {name: str(value) for name, value in constants.items()}
    system, diagnostics = load(SPECS / path, settings, library())
    assert system is not None, diagnostics
    return replace(system, temporal=(), bypasses=(), refinements=())


# --- the conditions -------------------------------------------------------------------------------

UNSEEN = """
var x: bool = false
var y: bool = false
process second { y := true }
process first { x := true }
invariant never_alone: x -> y
"""

FOR_EVER = """
var ticking: bool = false
var broken: bool = false
process clock { loop { atomic { ticking := not ticking } } }
process worker { broken := true }
invariant whole: not broken
"""


@pytest.mark.parametrize(
    ("text", "broken"),
    [(UNSEEN, Conditions(visibility=False)), (FOR_EVER, Conditions(progress=False))],
)
def test_without_a_condition_a_violation_is_missed(text: str, broken: Conditions) -> None:
    system = system_of(text)
    assert check(system).verdict is Verdict.VIOLATED
    assert by_partial_order(system, ALL_CONDITIONS).wrong
    assert not by_partial_order(system, broken).wrong


MAY_FAIL = """
var done: bool = false
var go: bool = false
var q: seq[1] of 0..1 = [1]
action finish() { done := true }
action empty() requires len(q) > 0 { q := rest(q) }
action look() requires not done and first(q) = 1 and go { skip }
"""


def test_a_step_waits_for_what_could_make_it_fail_as_well() -> None:
    """`look` is not possible because of `go`, but without `q` it fails before it comes to that."""
    system = system_of(MAY_FAIL)
    expected = whole(system)
    assert expected is not None
    assert FindingKind.EVALUATION in {each.kind for each in expected.wrong}
    assert by_partial_order(system).wrong == expected.wrong


# --- what it comes to -----------------------------------------------------------------------------

INDEPENDENT = """
type Thread = 1..4
var x: [Thread] 0..2 = 0
process worker on Thread {
  x[self] := 1
  x[self] := 2
}
"""


def test_of_steps_that_share_nothing_one_order_is_tried() -> None:
    result = check_reduced(system_of(INDEPENDENT), PARTIAL_ORDER)
    assert check(system_of(INDEPENDENT)).statistics.distinct == 3**4
    assert result.statistics.distinct == 2 * 4 + 1
    (note,) = result.notes
    assert note == (
        "reduced by partial order: those searched stand for all; in 7 of 9 states some steps were "
        "left out, 18 in all"
    )


@pytest.mark.parametrize(
    ("path", "constants", "states", "searched"),
    [
        ("protocols/messages/leader_election.k42", {"N": 5}, 10_959, 68),
        ("protocols/sync/sort.k42", {"N": 7}, 36_400, 120),
        pytest.param(
            "protocols/messages/leader_election.k42",
            {"N": 7},
            414_149,
            94,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_one_percent_of_a_pipeline_is_enough(
    path: str, constants: dict[str, int], states: int, searched: int
) -> None:
    """Rows 217 to 227 of SPIN's README_tests tell of the same: 15,779 to 97, 107,713 to 135."""
    system = spec(path, **constants)
    full, found = check(system), check_reduced(system, PARTIAL_ORDER)
    assert (full.statistics.distinct, found.statistics.distinct) == (states, searched)
    assert found.verdict is full.verdict is Verdict.HOLDS
    assert found.vacuities == full.vacuities
    assert searched <= states / 100


def test_a_deadlock_is_found_on_one_of_many_ways() -> None:
    system = spec("protocols/messages/leader_election_broken.k42", N=4)
    found = check_reduced(system, PARTIAL_ORDER)
    assert found.verdict is Verdict.VIOLATED
    assert [each.kind for each in found.findings] == [FindingKind.DEADLOCK]
    assert found.findings[0].trace is not None
    assert found.statistics.distinct * 20 < check(system).statistics.distinct
    assert "by partial order a trace need not be a shortest one" in found.notes


@pytest.mark.parametrize(
    "path",
    [
        "kernel/adapt/interposition.k42",
        "proofs/big_reader.k42",
        "proofs/lock_server_broken.k42",
        "proofs/ticket_broken.k42",
        "protocols/locks/peterson_asserted.k42",
        "protocols/messages/chang_roberts.k42",
        "protocols/messages/chang_roberts_broken.k42",
        "protocols/sync/philosophers.k42",
        "protocols/sync/philosophers_deadlock.k42",
        "protocols/sync/sense_barrier_broken.k42",
    ],
)
def test_the_same_is_found_in_specifications(path: str) -> None:
    """Those of the small ones that come with the tool of which some steps are left out."""
    system = spec(path)
    expected, found = whole(system, limit=50_000), by_partial_order(system)
    assert expected is not None
    assert (found.wrong, found.covered) == (expected.wrong, expected.covered)
    assert found.transitions < expected.transitions


# --- where it is not used -------------------------------------------------------------------------

RESTLESS = """
var x: 0..3 = 0
var y: 0..3 = 0
process a { x := 1 }
process b { y := 1 }
step changes: x != old(x)
"""


@pytest.mark.parametrize(
    ("text", "options", "note"),
    [
        (
            RESTLESS,
            SearchOptions(),
            "partial order is not used: `changes` may fail on a step that changes nothing it reads",
        ),
        (
            UNSEEN,
            SearchOptions(max_depth=3),
            "partial order is not used: it would make `--max-depth` say less",
        ),
        (
            "var x: 0..99 = 0\naction many(a: 0..99, b: 0..99) { x := a }",
            SearchOptions(max_states=50),
            "partial order is not used: 10,000 steps are too many to compare with one another",
        ),
        (
            "var x: bool = false\nprocess a { x := true }\nproperty later: eventually x",
            SearchOptions(),
            "nothing is reduced: claims about whole runs are judged on all states",
        ),
    ],
)
def test_it_is_told_why_it_is_not_used(text: str, options: SearchOptions, note: str) -> None:
    system = system_of(text)
    found = check_reduced(system, PARTIAL_ORDER, options)
    assert note in found.notes
    assert found.statistics.distinct == check(system, options).statistics.distinct


CALM = """
var x: 0..3 = 0
var y: 0..3 = 0
process a { x := 1 }
process b { y := 1 }
step grows: x >= old(x) and (old(y) = 3 -> y = 3) and y in 0..3
"""


def test_a_step_property_that_nothing_happening_keeps_is_no_hindrance() -> None:
    found = check_reduced(system_of(CALM), PARTIAL_ORDER)
    assert not any("is not used" in note for note in found.notes)
