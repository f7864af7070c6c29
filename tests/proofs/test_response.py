"""That what is waited for comes, for every size, by ranks; and what breaks such a proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.cli.classifying import standings
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from checker.model.verdict import Verdict
from proofs.classify import Harmless, Real
from proofs.obligation import Goal
from proofs.prove import EachSize, EverySize, Options, Proved, Prover, Refuted, Report, prove
from proofs.quality import Emptiness, vacuities
from tests.proofs.specs import SPECS, loaded, loader, prove_file, prove_text

TICKET = SPECS / "proofs" / "ticket_progress.k42"

BATON = """
spec baton
sort Node
var asked: set of Node = {}
var served: set of Node = {}
action ask(n: Node) requires n not in asked and n not in served { asked := asked union {n} }
fair action serve(n: Node) requires n in asked {
  asked := asked minus {n}
  served := served union {n}
}
property comes: forall n: Node. n in asked ~> n in served
"""
BY_ITSELF = "rank of comes(n) { step serve(m) where m = n and n in asked decreases n in asked }"


def test_ticket_lock_starves_nobody_whatever_the_number_of_processors() -> None:
    report = prove_file(TICKET)
    assert report.domain == EverySize()
    assert report.is_proved
    assert {each.name for each in report.judged if each.goal is Goal.RESPONSE} == {
        "progress/waiting",
        "progress/possible.1",
        *(f"worker.{at}/progress" for at in ("draw", "wait", "critical", "leave")),
    }


def test_numbers_of_any_size_do_not_matter() -> None:
    assert prove_file(TICKET, MAX=1000).is_proved


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = TICKET.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.k42"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "step",
    [
        "leave: now",
        pytest.param("process worker", marks=pytest.mark.slow),
        pytest.param("wait: await", marks=pytest.mark.slow),
        pytest.param("critical: skip", marks=pytest.mark.slow),
    ],
)
def test_without_one_fairness_assumption_it_is_refuted_and_really_wrong(
    tmp_path: Path, step: str
) -> None:
    path = _changed(tmp_path, step, f"unfair {step}")
    report = prove_file(path)
    assert {each.name for each in report.of(Refuted)} == {"progress/possible.1"}
    (standing,) = standings(report, loader(path), 200_000).values()
    assert isinstance(standing, Real)


@pytest.mark.slow
def test_what_nobody_rests_on_may_be_unfair(tmp_path: Path) -> None:
    path = _changed(tmp_path, "draw: atomic", "unfair draw: atomic")
    assert prove_file(path).is_proved


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        # The holder's own steps are not counted.
        (", worker[d] at wait, worker[d] at critical", "", "worker.critical/progress"),
        # The distance is taken the wrong way round.
        ("worker[c].mine - now_serving", "now_serving", "worker.leave/progress"),
        # Nobody helps while the holder is about to release.
        (" or worker[d] at leave)\n    decreases", ")\n    decreases", "progress/waiting"),
    ],
)
def test_a_rank_that_does_not_fit_is_no_bug(
    tmp_path: Path, old: str, new: str, broken: str
) -> None:
    path = _changed(tmp_path, old, new)
    report = prove_file(path)
    refuted = {each.name: each.fate for each in report.of(Refuted)}
    assert broken in refuted
    fate = refuted[broken]
    assert isinstance(fate, Refuted)
    assert fate.counterexample.is_confirmed
    found = standings(report, loader(path), 200_000)
    assert not any(isinstance(each, Real) for each in found.values())


def test_the_reachable_state_in_which_a_rank_does_not_fit_is_told(tmp_path: Path) -> None:
    path = _changed(tmp_path, "worker[c].mine - now_serving", "now_serving")
    report = prove_file(path)
    found = standings(report, loader(path), 200_000)
    assert any(isinstance(each, Harmless) for each in found.values())


@pytest.mark.slow
def test_a_lemma_that_the_rank_needs_is_missed(tmp_path: Path) -> None:
    path = _changed(tmp_path, "-> exists d: Cpu.", "-> true or exists d: Cpu.")
    assert {each.name for each in prove_file(path).of(Refuted)} == {
        "progress/waiting",
        "worker.leave/progress",
    }


# --- actions, sets, several helpers ---------------------------------------------------------------


def test_a_fair_action_helps(tmp_path: Path) -> None:
    assert prove_text(tmp_path, BATON + BY_ITSELF).is_proved
    unfair = prove_text(tmp_path, BATON.replace("fair action", "action") + BY_ITSELF)
    assert _names(unfair) == {"comes/possible.1"}


def test_a_set_that_loses_elements_decreases(tmp_path: Path) -> None:
    # Whoever is served first is chosen freely; the others wait for all that asked before.
    text = """
    spec rounds
    sort Node
    var left: set of Node = Node
    var is_over: bool = false
    fair action go(n: Node) requires n in left { left := left minus {n} }
    fair action end() requires left = {} { is_over := true }
    property over: not is_over ~> is_over
    rank of over {
      step go(n) where n in left decreases left, 0
      step end() where left = {} and not is_over decreases left, not is_over
    }
    """
    assert prove_text(tmp_path, text).is_proved
    grows = text.replace("is_over := true", "left := Node")
    assert _names(prove_text(tmp_path, grows)) == {"end/over.2"}


def test_a_process_without_an_index_helps(tmp_path: Path) -> None:
    text = """
    spec pump
    sort Node
    var left: set of Node = Node
    process server {
      loop { serve: atomic { choose n in left  left := left minus {n} } }
    }
    property over: forall n: Node. n in left ~> n not in left
    rank of over(n) { step server where n in left decreases left }
    """
    assert prove_text(tmp_path, text).is_proved
    unfair = text.replace("process server", "unfair process server")
    assert _names(prove_text(tmp_path, unfair)) == {"over/possible.1"}


def test_what_grows_again_is_refused(tmp_path: Path) -> None:
    text = BATON + "action steal(n: Node) requires n in asked { asked := asked minus {n} }"
    assert _names(prove_text(tmp_path, text + BY_ITSELF)) == {"steal/comes"}


def test_each_size_where_the_logic_cannot_count(tmp_path: Path) -> None:
    # A number of elements can be told at one size only.
    text = BATON + "rank of comes(n) { step serve(m) where m = n and n in asked decreases "
    report = prove_text(tmp_path, text + "size(Node minus served) }", Options(max_scope=2))
    assert isinstance(report.domain, EachSize)
    assert report.is_proved


def _names(report: Report) -> set[str]:
    return {each.name for each in report.of(Refuted)}


@pytest.mark.slow
@pytest.mark.parametrize("step", ["draw: atomic", "wait: await", "critical: skip", "leave: now"])
@pytest.mark.parametrize("measure", ["worker[c].mine - now_serving", "now_serving", "next_ticket"])
def test_what_is_proved_holds_in_the_search(tmp_path: Path, step: str, measure: str) -> None:
    text = TICKET.read_text(encoding="utf-8").replace(step, f"unfair {step}")
    path = tmp_path / "some.k42"
    path.write_text(text.replace("worker[c].mine - now_serving", measure), encoding="utf-8")
    report = prove(loaded(path), loader(path))
    is_proved = all(
        isinstance(each.fate, Proved) for each in report.judged if each.goal is Goal.RESPONSE
    )
    assert is_proved == (step == "draw: atomic" and measure == "worker[c].mine - now_serving")
    if is_proved:
        options = SearchOptions(deadlock=False)
        for size in (1, 2, 3):
            small = loaded(path, Cpu=size)
            result = check(small, options, make_engine=engine_maker(EngineOptions(workers=1)))
            assert result.verdict is Verdict.HOLDS


def test_waiting_that_never_happens_is_vacuous(tmp_path: Path) -> None:
    never = "invariant nobody: asked = {} "
    text = (
        BATON.replace("requires n not in asked and n", "requires false and n") + never + BY_ITSELF
    )
    assert prove_text(tmp_path, text).is_proved
    path = tmp_path / "some.k42"
    found = vacuities(Prover(loaded(path), loader(path)))
    assert ("comes", Emptiness.ANTECEDENT) in {(each.name, each.kind) for each in found}
    path.write_text(BATON + BY_ITSELF, encoding="utf-8")
    assert vacuities(Prover(loaded(path), loader(path))) == ()
