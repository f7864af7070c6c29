"""What is proved, what is not, and with which evidence."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from checker.model.explore import explore
from checker.model.system import PropertyKind
from checker.model.verdict import FindingKind
from proofs.induction import Method
from proofs.obligation import Goal
from proofs.prove import (
    EachSize,
    EverySize,
    OneSystem,
    Options,
    Proved,
    Prover,
    Refuted,
    Report,
    Undecided,
    Why,
)
from proofs.solver.settings import Settings
from tests.proofs.specs import SPECS, prove_file, prove_text
from tests.support.random_systems import random_system

FOR_EVERY_SIZE = [
    "ticket",
    "lock_server",
    "two_phase",
    "generations",
    "big_reader",
    "hot_swap",
    "leader_votes",
    "sharded_store",
    "table_entry",
    "trace_log",
]
BROKEN = [*FOR_EVERY_SIZE, "fair_block", "mcs"]


@pytest.mark.parametrize(
    "name", [*FOR_EVERY_SIZE, pytest.param("fair_block", marks=pytest.mark.slow)]
)
def test_proved_for_every_size(name: str) -> None:
    report = prove_file(SPECS / "proofs" / f"{name}.k42")
    assert report.domain == EverySize()
    assert report.is_proved
    assert all(
        isinstance(each.fate, Proved) and each.fate.method is not Method.NATIVE
        for each in report.judged
    )


def test_mcs_is_proved_for_every_size_with_little_work_for_the_solver() -> None:
    report = prove_file(SPECS / "proofs" / "mcs.k42")
    assert report.domain == EverySize()
    assert report.is_proved
    # Elementary steps; a million are about half a second.
    assert sum(e.fate.spent for e in report.judged if isinstance(e.fate, Proved)) < 500_000


@pytest.mark.parametrize("name", BROKEN)
def test_broken_twin_has_a_confirmed_counterexample_of_few_processors(name: str) -> None:
    report = prove_file(SPECS / "proofs" / f"{name}_broken.k42")
    refuted = report.of(Refuted)
    assert refuted
    assert not report.of(Undecided)
    for each in refuted:
        assert isinstance(each.fate, Refuted)
        assert each.fate.counterexample.is_confirmed
        assert all(size <= 3 for _, size in each.fate.counterexample.sizes)


def _fate(report: Report, name: str) -> Proved | Refuted | Undecided:
    return next(each.fate for each in report.judged if each.name == name)


COUNTER = """
spec counter
sort Node
var x: [Node] 0..9 = 0
var total: 0..9 = 0
action bump(n: Node) requires x[n] < 5 { x[n] := x[n] + 1 }
"""


def test_a_weak_claim_fails_with_the_state_before_and_after(tmp_path: Path) -> None:
    report = prove_text(tmp_path, f"{COUNTER} invariant small: forall n: Node. x[n] != 4")
    fate = _fate(report, "bump/small")
    assert isinstance(fate, Refuted)
    example = fate.counterexample
    assert example.sizes == (("Node", 1),)
    assert example.before == ((3,), 0)
    assert example.after == ((4,), 0)
    assert example.params == ("Node0",)


def test_a_claim_that_fails_at_the_start(tmp_path: Path) -> None:
    report = prove_text(tmp_path, f"{COUNTER} invariant one: forall n: Node. x[n] = 1")
    fate = _fate(report, "init/one")
    assert isinstance(fate, Refuted)
    assert fate.counterexample.before is None
    assert fate.counterexample.after == ((0,), 0)


def test_all_failing_pairs_are_listed(tmp_path: Path) -> None:
    text = f"{COUNTER} invariant a: forall n: Node. x[n] < 3 invariant b: forall n: Node. x[n] < 4"
    report = prove_text(tmp_path, text)
    assert [each.name for each in report.of(Refuted)] == ["bump/a"]
    text = f"{COUNTER} invariant a: forall n: Node. x[n] < 3 invariant b: total = 1"
    report = prove_text(tmp_path, text)
    assert {each.name for each in report.of(Refuted)} == {"bump/a", "init/b"}


def test_a_step_that_may_leave_its_type_is_found(tmp_path: Path) -> None:
    text = COUNTER.replace(" requires x[n] < 5", "")
    report = prove_text(tmp_path, text)
    (refuted,) = report.of(Refuted)
    assert refuted.goal is Goal.EVALUATION
    assert isinstance(refuted.fate, Refuted)
    assert refuted.fate.counterexample.after is None


def test_assertions_and_step_properties_are_goals(tmp_path: Path) -> None:
    text = f"""{COUNTER}
    action test(n: Node) {{ assert x[n] < 5, "too much" }}
    step grows: forall n: Node. x[n] >= old(x[n])
    """
    report = prove_text(tmp_path, text)
    assert isinstance(_fate(report, "bump/grows"), Proved)
    assert isinstance(_fate(report, "test/assert.1"), Refuted)
    report = prove_text(tmp_path, f"{text} invariant most: forall n: Node. x[n] <= 5")
    assert isinstance(_fate(report, "test/assert.1"), Refuted)
    text = text.replace("x[n] < 5, ", "x[n] < 6, ")
    report = prove_text(tmp_path, f"{text} lemma most: forall n: Node. x[n] <= 5")
    assert report.is_proved


def test_what_counts_elements_is_proved_at_each_size_only(tmp_path: Path) -> None:
    text = """
    spec counted
    sort Node
    var inside: set of Node = {}
    var count_: 0..9 = 0
    action enter(n: Node) requires n not in inside and count_ < 9 {
      inside := inside union {n}
      count_ := count_ + 1
    }
    invariant counted: count_ = size(inside)
    """
    report = prove_text(tmp_path, text, Options(max_scope=3))
    assert isinstance(report.domain, EachSize)
    assert report.domain.most == 3
    assert report.is_proved


def test_a_constant_that_depends_on_a_size_forbids_every_size(tmp_path: Path) -> None:
    text = """
    spec sized
    sort Node
    const MOST = size(Node)
    var x: 0..MOST = 0
    action bump() { x := MOST }
    invariant low: x >= 0
    """
    report = prove_text(tmp_path, text)
    assert isinstance(report.domain, EachSize)


def test_stored_counts_must_fit_at_every_size(tmp_path: Path) -> None:
    # At the default size the count fits by its interval; with more elements it does not.
    text = """
    spec overflowing
    sort Node
    var marked: set of Node = {}
    var x: 0..3 = 0
    action mark(n: Node) { marked := marked union {n} }
    action store() { x := size(marked) }
    invariant low: x >= 0
    """
    report = prove_text(tmp_path, text)
    assert not report.is_proved
    assert report.of(Refuted)[0].goal is Goal.EVALUATION


def test_a_system_without_sorts_is_proved_as_it_is() -> None:
    report = prove_file(SPECS / "protocols" / "locks" / "peterson_atomic.k42")
    assert report.domain == OneSystem()


def test_a_limit_is_unknown_and_says_so() -> None:
    options = Options(Settings(limit=1), max_scope=1)
    report = prove_file(SPECS / "proofs" / "ticket.k42", options)
    assert not report.is_proved
    fates = [each.fate for each in report.of(Undecided)]
    assert fates
    assert any(isinstance(fate, Undecided) and fate.why is Why.LIMIT for fate in fates)


@pytest.mark.parametrize("seed", range(3))
def test_seeds_flip_no_verdict(seed: int) -> None:
    options = Options(Settings(seed=seed))
    for name in ("ticket", "lock_server_broken"):
        path = SPECS / "proofs" / f"{name}.k42"
        first = [type(each.fate) for each in prove_file(path).judged]
        assert [type(each.fate) for each in prove_file(path, options).judged] == first


def test_what_is_proved_of_random_systems_for_every_size_is_true_of_them() -> None:
    broken = {
        FindingKind.INVARIANT,
        FindingKind.STEP,
        FindingKind.ASSERTION,
        FindingKind.EVALUATION,
    }
    proved = refuted = 0
    for seed in range(70):
        system = random_system(random.Random(seed).randrange, budget=40)
        prover = Prover(system, lambda _: None, Options(max_scope=1, is_native=False))
        fates = [prover.fate(each) for each in prover.obligations]
        if prover.unstated() or not all(isinstance(fate, Proved) for fate in fates):
            refuted += 1
            continue
        exploration = explore(system)
        if not exploration.initial:
            continue
        proved += 1
        others = {p.name for p in system.properties if p.kind is PropertyKind.REACHABLE}
        wrong = [
            each
            for each in exploration.findings
            if each.kind in broken and each.name not in {*others, "terminal"}
        ]
        assert not wrong, (seed, wrong)
    assert proved > 5
    assert refuted > 5
