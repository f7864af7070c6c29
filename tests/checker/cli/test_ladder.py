"""`k42 prove`: the ladder of methods, bounds, the decidable fragment, and what to do next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.model.verdict import (
    EXIT_ASSERTION,
    EXIT_CONTRADICTORY,
    EXIT_HOLDS,
    EXIT_INPUT,
    EXIT_LIMIT,
    EXIT_LIVENESS,
    EXIT_NOT_INDUCTIVE,
    EXIT_SAFETY,
    EXIT_UNFINISHED,
    EXIT_UNKNOWN,
    EXIT_VACUOUS,
)
from tests.proofs.specs import SPECS, bare

ROUND = """spec round
sort Node
var x: [Node] 0..7 = 0
action bump(n: Node) {
  x[n] := if x[n] = 5 then 0 else if x[n] = 7 then 6 else x[n] + 1
}
invariant low: forall n: Node. x[n] != 7
"""
POINTED = """spec pointed
sort Node
var who: Node? = none
var x: 0..9 = 0
action take(n: Node) requires who = none and x = 0 { who := n }
action go(n: Node) requires who = n and x < 9 { x := if x = 5 then 0 else x + 1 }
"""
ENDLESS = """spec endless
sort Node
var next: [Node] Node = any
var zero: Node = any
var x: bool = false
initially start_injective: forall a, b: Node. next[a] = next[b] -> a = b
initially start_outside: forall a: Node. next[a] != zero
action go() { x := true }
lemma injective: forall a, b: Node. next[a] = next[b] -> a = b
lemma outside: forall a: Node. next[a] != zero
invariant never: not x
"""


def _prove(tmp_path: Path, text: str, *flags: str) -> int:
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    return main(["prove", str(path), "--no-cache", *flags])


# --- five ways not to be proved -------------------------------------------------------------------


CASES = {
    "non-inductive": (ROUND, (), EXIT_NOT_INDUCTIVE),
    "contradictory": (f"{POINTED} initially never: x = 1", (), EXIT_CONTRADICTORY),
    "vacuous": (
        f"{ROUND} lemma most: forall n: Node. x[n] <= 5 "
        "lemma idle: forall n: Node. x[n] = 6 -> x[n] = 0",
        (),
        EXIT_VACUOUS,
    ),
    "undecidable": (ENDLESS, ("--scope", "2"), EXIT_UNKNOWN),
    "timed out": (ROUND, ("--limit", "1"), EXIT_LIMIT),
}


@pytest.mark.parametrize(
    ("case", "word", "next_step"),
    [
        ("non-inductive", "not inductive", "lemma candidate: forall n0: Node."),
        ("contradictory", "contradictory", "relax the initial values"),
        ("vacuous", "vacuous", "see whether it says what is meant"),
        pytest.param(
            "undecidable",
            "unknown",
            "a circle of functions: `next` from Node to Node",
            marks=pytest.mark.slow,
        ),
        ("timed out", "unknown", "raise --limit"),
    ],
)
def test_each_way_not_to_be_proved_has_its_code_word_and_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str, word: str, next_step: str
) -> None:
    text, flags, code = CASES[case]
    assert _prove(tmp_path, text, *flags) == code
    shown = capsys.readouterr().out
    assert shown.startswith(f"{word}  ")
    assert next_step in " ".join(shown.split())


# --- the ladder -----------------------------------------------------------------------------------


def _rungs(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    return [(each["method"], each["outcome"]) for each in run["rungs"]]


def test_induction_alone_is_one_rung(capsys: pytest.CaptureFixture[str]) -> None:
    path = SPECS / "proofs" / "lock_server.k42"
    assert main(["prove", str(path), "--auto", "--no-cache", "--format", "json"]) == EXIT_HOLDS
    assert _rungs(capsys) == [("induction", "proved")]


def test_found_lemmas_are_the_second_rung(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bare(tmp_path, "lock_server")
    assert main(["prove", str(path), "--auto", "--no-cache", "--format", "json"]) == EXIT_HOLDS
    assert _rungs(capsys) == [("induction", "no answer"), ("found lemmas", "proved")]


@pytest.mark.slow
def test_the_ticket_lock_is_proved_for_every_number_of_processors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bare(tmp_path, "ticket")
    assert main(["prove", str(path), "--auto", "--no-cache"]) == EXIT_HOLDS
    assert capsys.readouterr().out.startswith("proved  ticket_proof for every number of Cpu")


@pytest.mark.slow
def test_peterson_and_its_refinement_are_proved_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = SPECS / "protocols" / "locks" / "peterson.k42"
    assert main(["prove", str(path), "--auto", "--no-cache"]) == EXIT_HOLDS
    shown = capsys.readouterr().out
    assert shown.startswith("proved  peterson as it is")
    assert "proved  refines Lock" in shown
    assert "not covered: deadlock freedom" in shown


def test_views_prove_the_generations_for_every_number_of_threads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bare(tmp_path, "generations")
    assert main(["prove", str(path), "--auto", "--no-cache"]) == EXIT_HOLDS
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("proved generations for every number of Thread")
    assert "by view abstraction: 44 views of 1 Thread" in shown


JUMP = "action jump(n: Node) requires x = 6 { x := 7 }"


def test_what_no_rung_proves_of_every_size_is_proved_size_by_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Seven facts would be needed, and a value holds an element; induction over two states does it.
    text = f"{POINTED} {JUMP} invariant low: x != 7"
    assert _prove(tmp_path, text, "--auto", "--format", "json") == EXIT_UNFINISHED
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["verdict"], run["domain"]["kind"]) == ("bounded", "each size")


@pytest.mark.slow
def test_nothing_helps_and_each_rung_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _prove(tmp_path, ENDLESS, "--auto", "--scope", "2")
    shown = capsys.readouterr().out
    assert "view abstraction: it does not fit: `next` holds elements of `Node`" in shown
    assert "k-induction: there is no initial state, at size 1" in shown
    assert "proved  endless" not in shown


def test_a_real_violation_needs_no_ladder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ROUND.replace("!= 7", "!= 5")
    assert _prove(tmp_path, text, "--auto", "--format", "json") == EXIT_SAFETY
    assert _rungs(capsys) == [("induction", "no answer")]


def test_a_violation_too_deep_for_the_search_is_found_by_the_ladder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ROUND.replace("!= 7", "!= 5")
    code = _prove(tmp_path, text, "--auto", "--max-states", "1", "--format", "json")
    assert code == EXIT_SAFETY
    assert _rungs(capsys)[-1][1] == "violated"


# --- bounds ---------------------------------------------------------------------------------------


ENDING = "spec end var x: 0..3 = 0 action a() requires x < 3 { x := x + 1 } invariant i: x <= 3"


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [
        (ROUND, ("--bmc", "5"), EXIT_UNFINISHED),
        (ROUND.replace("!= 7", "!= 4"), ("--bmc", "3"), EXIT_UNFINISHED),
        (ROUND.replace("!= 7", "!= 4"), ("--bmc", "4"), EXIT_SAFETY),
        (ENDING, ("--bmc", "9"), EXIT_HOLDS),
        (ENDING.replace("{ x :=", "{ assert x < 2  x :="), ("--bmc", "9"), EXIT_ASSERTION),
        (ROUND, ("--bmc", "5", "--limit", "1"), EXIT_LIMIT),
        (ROUND, ("--bmc", "5", "--format", "sarif"), EXIT_INPUT),
    ],
)
def test_bounds(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    flags: tuple[str, ...],
    code: int,
) -> None:
    words = {
        EXIT_UNFINISHED: "bounded",
        EXIT_HOLDS: "holds",
        EXIT_LIMIT: "unknown",
        EXIT_INPUT: "",
    }
    assert _prove(tmp_path, text, *flags) == code
    assert capsys.readouterr().out.startswith(words.get(code, "violated"))


def test_constants_that_are_excluded_are_not_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{ENDING} const MAX = 1 assume large: MAX > 1"
    assert _prove(tmp_path, text, "--bmc", "3") == EXIT_UNKNOWN
    assert "assumption `large` does not hold" in " ".join(capsys.readouterr().out.split())


def test_the_document_of_a_bound_tells_its_depth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _prove(
        tmp_path, ROUND.replace("!= 7", "!= 4"), "--bmc", "6", "--format", "json", "-c", "Node=2"
    )
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["domain"] == {"kind": "depth", "depth": 4}
    assert run["scope"] == "Node = 2"
    (finding,) = run["findings"]
    assert finding["name"] == "low"
    assert len(finding["trace"]["steps"]) == 4


# --- runs and refinements -------------------------------------------------------------------------


@pytest.mark.slow
def test_starvation_is_shown_where_fairness_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    path = SPECS / "proofs" / "ticket_progress_broken.k42"
    assert main(["prove", str(path), "--no-cache"]) == EXIT_LIVENESS
    shown = " ".join(capsys.readouterr().out.split())
    assert "progress: fairness demands no step of who is to help, at Cpu = 2" in shown
    assert "in the end nothing happens any more" in shown


def test_a_refinement_shows_the_images(capsys: pytest.CaptureFixture[str]) -> None:
    path = SPECS / "proofs" / "spin_refined_broken.k42"
    assert main(["prove", str(path), "--no-cache"]) == EXIT_SAFETY
    shown = " ".join(capsys.readouterr().out.split())
    assert "worker.spin is no step of Abstract" in shown
    assert "Abstract.user.at: [Cpu0: take] -> [Cpu0: critical]" in shown
    assert "a search at Cpu = 2 finds a real violation" in shown


# --- the decidable fragment -----------------------------------------------------------------------


def test_the_fragment_is_told_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SPECS / "proofs" / "lock_server.k42")
    main(["prove", path, "--no-cache", "--fragment"])
    assert "decidable: functions do not lead from a sort back to it" in capsys.readouterr().out
    main(["prove", path, "--no-cache"])
    assert "decidable" not in capsys.readouterr().out
