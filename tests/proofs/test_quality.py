"""Vacuous proofs, redundant lemmas."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.prove import Prover, Refuted, prove
from proofs.quality import Emptiness, Vacuity, needs, vacuities
from tests.proofs.specs import SPECS, loaded, loader


def _vacuities(tmp_path: Path, text: str) -> tuple[Vacuity, ...]:
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    return vacuities(Prover(loaded(path), loader(path)))


LOCK = """
spec lock
sort Node
var holder: Node? = none
action take(n: Node) requires holder = none { holder := n }
"""


def test_a_proof_of_something_is_not_vacuous(tmp_path: Path) -> None:
    text = f"{LOCK} invariant one: forall a, b: Node. holder = a and holder = b -> a = b"
    assert _vacuities(tmp_path, text) == ()


def test_no_initial_state(tmp_path: Path) -> None:
    (found,) = _vacuities(tmp_path, f"{LOCK} initially never: holder != none")
    assert found.kind is Emptiness.START


def test_an_action_that_the_claims_rule_out(tmp_path: Path) -> None:
    text = f"{LOCK} action give(n: Node) requires holder = n and holder = none {{ holder := none }}"
    (found,) = _vacuities(tmp_path, text)
    assert (found.kind, found.name) == (Emptiness.ACTION, "give")


def test_a_left_side_that_never_holds(tmp_path: Path) -> None:
    text = f"{LOCK} invariant odd: forall a: Node. holder = a and holder = none -> a != a"
    (found,) = _vacuities(tmp_path, text)
    assert (found.kind, found.name) == (Emptiness.ANTECEDENT, "odd")


def test_dropping_a_needed_lemma_gives_a_confirmed_counterexample() -> None:
    path = SPECS / "proofs" / "lock_server.k42"
    system, load_at = loaded(path), loader(path)
    found = needs(prove(system, load_at), load_at)
    assert [each.lemma for each in found] == [p.name for p in system.properties if p.is_lemma]
    for need in found:
        assert not need.is_redundant
        for each in need.broken:
            assert isinstance(each.fate, Refuted)
            assert each.fate.counterexample.is_confirmed


@pytest.mark.slow
def test_dropping_any_lemma_of_mcs_gives_a_confirmed_counterexample() -> None:
    path = SPECS / "proofs" / "mcs.k42"
    load_at = loader(path)
    for need in needs(prove(loaded(path), load_at), load_at):
        assert not need.is_redundant, need.lemma
        for each in need.broken:
            assert isinstance(each.fate, Refuted), each.name
            assert each.fate.counterexample.is_confirmed, each.name


def test_a_lemma_that_says_nothing_new_is_redundant(tmp_path: Path) -> None:
    path = tmp_path / "some.k42"
    text = (SPECS / "proofs" / "lock_server.k42").read_text(encoding="utf-8")
    path.write_text(f"{text}\nlemma again: forall c: Client. is_free -> not holds[c]\n", "utf-8")
    load_at = loader(path)
    found = needs(prove(loaded(path), load_at), load_at)
    assert [each.lemma for each in found if each.is_redundant] == ["again"]
