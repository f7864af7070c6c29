"""Runs of bounded length, induction over several states, and Spacer, at one size."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from checker.model.replay import replay
from checker.model.verdict import Verdict
from proofs.bounded import (
    Bounded,
    Exhausted,
    GaveUp,
    Inductive,
    Violated,
    check_bounded,
    confirmed,
    induct,
)
from proofs.encode.model import encode
from proofs.encode.universe import Unsupported
from proofs.finite import Finite
from proofs.reachability import reach
from proofs.solver.horn import Invariant, NoAnswer, Reached
from proofs.solver.settings import Settings
from tests.proofs.specs import SPECS, bare, loaded
from tests.support.random_systems import random_system

BROKEN = ["ticket", "lock_server", "two_phase", "generations", "big_reader", "mcs"]


def _finite(path: Path, **sizes: int) -> Finite:
    return Finite(encode(loaded(path, **sizes), is_open=False))


def _text(tmp_path: Path, text: str) -> Finite:
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    return _finite(path)


COUNTER = """spec counter
var x: 0..9 = 0
action bump() requires x < 9 { x := x + 1 }
"""
ROUND = """spec round
var x: 0..7 = 0
action bump() { x := if x = 5 then 0 else if x = 7 then 6 else x + 1 }
"""

# --- bounded model checking -----------------------------------------------------------------------


@pytest.mark.parametrize("name", BROKEN)
def test_a_violation_is_a_shortest_trace_that_the_interpreter_repeats(name: str) -> None:
    path = SPECS / "proofs" / f"{name}_broken.k42"
    (sort,) = loaded(path).sorts
    system = loaded(path, **{sort.name: 2})
    searched = check(
        system, SearchOptions(deadlock=False), make_engine=engine_maker(EngineOptions(workers=1))
    )
    expected = searched.findings[0].trace
    assert expected is not None

    found = check_bounded(_finite(path, **{sort.name: 2}), 20, Settings())

    assert isinstance(found, Violated)
    finding = confirmed(system, found.states)
    assert finding is not None
    assert finding.trace is not None
    assert replay(system, finding.trace, finding) is None
    assert len(finding.trace.steps) == len(expected.steps)


def test_what_is_not_reached_within_the_bound_is_bounded(tmp_path: Path) -> None:
    finite = _text(tmp_path, f"{COUNTER} invariant low: x < 6")
    assert check_bounded(finite, 5, Settings()) == Bounded(5)
    assert isinstance(check_bounded(finite, 6, Settings()), Violated)


def test_when_no_run_goes_on_everything_was_looked_at(tmp_path: Path) -> None:
    finite = _text(tmp_path, f"{COUNTER} invariant low: x <= 9")
    assert check_bounded(finite, 20, Settings()) == Exhausted(9)


def test_steps_that_fail_and_step_properties_are_faults(tmp_path: Path) -> None:
    falls = _text(tmp_path, f"{COUNTER} step jumps: x != old(x) -> x != 4")
    found = check_bounded(falls, 9, Settings())
    assert isinstance(found, Violated)
    assert len(found.states) == 4
    asserted = _text(tmp_path, COUNTER.replace("{ x :=", "{ assert x != 3  x :="))
    found = check_bounded(asserted, 9, Settings())
    assert isinstance(found, Violated)
    finding = confirmed(asserted.model.system, found.states)
    assert finding is not None
    assert finding.kind.value == "assertion"


def test_a_limit_is_no_answer(tmp_path: Path) -> None:
    path = SPECS / "proofs" / "mcs.k42"
    found = check_bounded(_finite(path, Cpu=3), 8, Settings(limit=2_000))
    assert isinstance(found, GaveUp)


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(s, marks=pytest.mark.slow) for s in range(6, 60))]
)
def test_random_systems_agree_with_the_search(seed: int) -> None:
    system = random_system(random.Random(seed).randrange, budget=40)
    try:
        finite = Finite(encode(system, is_open=False))
    except Unsupported:
        pytest.skip("the logic cannot state it")
    found = check_bounded(finite, 4, Settings())
    searched = check(
        system,
        SearchOptions(deadlock=False, max_states=20_000),
        make_engine=engine_maker(EngineOptions(workers=1)),
    )
    is_broken = searched.verdict in {Verdict.VIOLATED, Verdict.ERROR}
    assert isinstance(found, Violated | Bounded | Exhausted | GaveUp)
    if isinstance(found, Violated):
        assert is_broken
    if isinstance(found, Exhausted):
        assert not is_broken


# --- k-induction ----------------------------------------------------------------------------------


def test_two_states_prove_what_one_does_not(tmp_path: Path) -> None:
    # From 6 only 7 is reached, and 7 is excluded; different states cannot go round for ever.
    finite = _text(tmp_path, f"{ROUND} invariant low: x != 7")
    assert induct(finite, 1, Settings()) == Bounded(0)
    assert induct(finite, 4, Settings()) == Inductive(2)


def test_k_induction_proves_nothing_that_is_wrong(tmp_path: Path) -> None:
    assert isinstance(
        induct(_text(tmp_path, f"{ROUND} invariant low: x != 5"), 8, Settings()), Violated
    )


# --- Spacer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "sort"), [("generations", "Thread"), ("ticket", "Cpu")])
def test_spacer_finds_an_invariant_without_lemmas(tmp_path: Path, name: str, sort: str) -> None:
    path = bare(tmp_path, name)
    found = reach(_finite(path, **{sort: 2}), Settings())
    assert isinstance(found, Invariant)


@pytest.mark.slow
def test_spacer_proves_peterson_as_it_is() -> None:
    assert isinstance(reach(_finite(SPECS / "protocols/locks/peterson.k42"), Settings()), Invariant)


def test_spacer_says_that_a_fault_is_reached(tmp_path: Path) -> None:
    assert (
        reach(_finite(SPECS / "proofs/generations_broken.k42", Thread=2), Settings()) == Reached()
    )


def test_spacer_is_stopped_at_its_limit() -> None:
    found = reach(_finite(SPECS / "proofs/ticket.k42", Cpu=3), Settings(limit=100))
    assert found == NoAnswer("the solver was stopped at its limit")
