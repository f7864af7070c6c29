"""That a system does only what another one allows, for every size; and what breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.cli.classifying import standings
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from checker.model.verdict import Verdict
from proofs.classify import Real
from proofs.obligation import Goal
from proofs.prove import EverySize, Refuted, Undecided
from tests.proofs.specs import SPECS, loaded, loader, prove_file

SPIN = SPECS / "proofs" / "spin_refined.k42"
BROKEN = SPECS / "proofs" / "spin_refined_broken.k42"

ABSTRACT = """spec abstract
sort Node
var inside: set of Node = {}
action take(n: Node) requires inside = {} { inside := {n} }
action give(n: Node) requires n in inside { inside := {} }
"""

CONCRETE = """spec concrete
import "abstract.k42" as Abstract(Node = Node)
sort Node
var waits: set of Node = {}
var inside: set of Node = {}
action ask(n: Node) requires n not in inside { waits := waits union {n} }
action enter(n: Node) requires n in waits and inside = {} {
  waits := waits minus {n}
  inside := inside union {n}
}
action leave(n: Node) requires n in inside { inside := inside minus {n} }
lemma alone: forall a, b: Node. a in inside and b in inside -> a = b
refines Abstract with { inside = inside }
"""

CHANGES = [
    (" and inside = {}", ""),
    ("n in waits and ", ""),
    (" requires n in inside", ""),
    ("  waits := waits minus {n}\n", ""),
    ("inside union {n}", "{n}"),
    ("inside minus {n}", "{}"),
]


def test_a_spin_lock_is_a_lock_for_every_number_of_processors() -> None:
    report = prove_file(SPIN)
    assert report.domain == EverySize()
    assert report.is_proved
    assert {each.goal for each in report.judged} == {Goal.REFINEMENT}
    assert "init/refines Abstract" in {each.name for each in report.judged}


def test_the_broken_lock_is_refuted_and_really_wrong() -> None:
    report = prove_file(BROKEN)
    assert {each.name for each in report.of(Refuted)} == {"worker.spin/refines Abstract"}
    found = standings(report, loader(BROKEN), 100_000)
    assert all(isinstance(each, Real) for each in found.values())


def test_an_image_of_the_start_that_is_no_start(tmp_path: Path) -> None:
    path = tmp_path / "some.k42"
    text = SPIN.read_text(encoding="utf-8")
    path.write_text(text.replace("free = not taken", "free = taken"), encoding="utf-8")
    refuted = {each.name: each.fate for each in prove_file(path).of(Refuted)}
    fate = refuted["init/refines Abstract"]
    assert isinstance(fate, Refuted)
    assert fate.counterexample.is_confirmed
    assert fate.counterexample.before is None


def _concrete(tmp_path: Path, text: str) -> Path:
    (tmp_path / "abstract.k42").write_text(ABSTRACT, encoding="utf-8")
    path = tmp_path / "concrete.k42"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lemma_is_assumed_before_the_step(tmp_path: Path) -> None:
    assert prove_file(_concrete(tmp_path, CONCRETE)).is_proved
    lemma = next(line for line in CONCRETE.splitlines() if line.startswith("lemma"))
    report = prove_file(_concrete(tmp_path, CONCRETE.replace(lemma, "")))
    assert {each.name for each in report.of(Refuted)} == {"leave/refines Abstract"}


def test_steps_that_choose_have_counterparts(tmp_path: Path) -> None:
    text = CONCRETE.replace(
        "action enter(n: Node) requires n in waits and inside = {} {",
        "action enter() requires inside = {} {\n  choose n in waits",
    )
    assert prove_file(_concrete(tmp_path, text)).is_proved


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_proofs_agree_with_the_search(tmp_path: Path, number: int) -> None:
    """Changes of the concrete system: what is proved holds, and what is violated is not proved."""
    text = CONCRETE.replace(*CHANGES[number])
    path = _concrete(tmp_path, text)
    report = prove_file(path)
    assert not report.of(Undecided)
    verdicts = set()
    for size in (1, 2, 3):
        options = SearchOptions(deadlock=False)
        engine = engine_maker(EngineOptions(workers=1))
        verdicts.add(check(loaded(path, Node=size), options, make_engine=engine).verdict)
    assert report.is_proved == (verdicts == {Verdict.HOLDS})
