"""`k42 prove`: exit codes, the words of the report, and the document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.model.verdict import (
    EXIT_CONTRADICTORY,
    EXIT_HOLDS,
    EXIT_INPUT,
    EXIT_LIMIT,
    EXIT_NOT_INDUCTIVE,
    EXIT_SAFETY,
    EXIT_UNFINISHED,
    EXIT_UNKNOWN,
    EXIT_VACUOUS,
)

LOCK = """spec lock
sort Node
var holder: Node? = none
action take(n: Node) requires holder = none { holder := n }
action give(n: Node) requires holder = n { holder := none }
"""
COUNTER = """spec counter
sort Node
var x: [Node] 0..9 = 0
action bump(n: Node) requires x[n] < 5 { x[n] := x[n] + 1 }
"""


def _prove(tmp_path: Path, text: str, *flags: str) -> int:
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    return main(["prove", str(path), *flags])


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [
        (
            f"{LOCK} invariant one: forall a, b: Node. holder = a and holder = b -> a = b",
            (),
            EXIT_HOLDS,
        ),
        (f"{COUNTER} invariant low: forall n: Node. x[n] < 3", (), EXIT_SAFETY),
        (f"{COUNTER} invariant odd: forall n: Node. x[n] != 7", (), EXIT_HOLDS),
        (
            COUNTER.replace("x[n] < 5", "x[n] != 5").replace("x[n] + 1", "(x[n] + 1) % 10")
            + "invariant odd: forall n: Node. x[n] != 7",
            (),
            EXIT_NOT_INDUCTIVE,
        ),
        (f"{LOCK} action never(n: Node) requires false {{ skip }}", (), EXIT_VACUOUS),
        (f"{LOCK} initially never: holder != none", (), EXIT_CONTRADICTORY),
        (
            f"{LOCK} invariant few: (count n: Node. holder = n) <= 7",
            ("--scope", "1"),
            EXIT_UNFINISHED,
        ),
        (
            "spec big sort Node var s: [Node] set of set of Node = {} "
            "action a(n: Node) { s[n] := {} } invariant i: forall n: Node. size(s[n]) <= 9",
            (),
            EXIT_UNKNOWN,
        ),
        (f"{COUNTER} invariant odd: forall n: Node. x[n] != 7", ("--limit", "1"), EXIT_LIMIT),
        ("spec wrong var", (), EXIT_INPUT),
    ],
    ids=[
        "proved",
        "real",
        "strong",
        "not inductive",
        "vacuous",
        "contradictory",
        "each size",
        "unknown",
        "limit",
        "input",
    ],
)
def test_each_outcome_has_its_exit_code(
    tmp_path: Path, text: str, flags: tuple[str, ...], code: int
) -> None:
    assert _prove(tmp_path, text, "--quiet", *flags) == code


def test_the_report_names_the_domain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _prove(tmp_path, f"{LOCK} const MAX = 3 invariant fine: MAX = 3")
    text = capsys.readouterr().out
    assert text.startswith("proved  lock for every number of Node, at MAX = 3: ")
    assert "not covered: deadlock freedom" in text


def test_the_report_tells_what_the_solver_took_unless_nothing_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    text = f"{LOCK} invariant one: forall a, b: Node. holder = a and holder = b -> a = b"
    for is_asked in (True, False):
        _prove(tmp_path, text)
        assert ("; the solver took 0." in capsys.readouterr().out) is is_asked
    for is_asked in (True, False):
        _prove(tmp_path, text, "--format", "json", *(["--no-cache"] if is_asked else []))
        (run,) = json.loads(capsys.readouterr().out)["runs"]
        assert (run["solver"]["questions"] > 0) is is_asked
        assert (run["solver"]["seconds"] > 0) is is_asked


def test_a_proof_at_some_sizes_is_not_called_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{LOCK} invariant few: (count n: Node. holder = n) <= 7"
    assert _prove(tmp_path, text, "--scope", "2") == EXIT_UNFINISHED
    shown = capsys.readouterr().out
    assert shown.startswith("bounded  lock for 1 to 2 Node: ")
    assert "not for every size: " in shown
    _prove(tmp_path, text, "--scope", "2", "--format", "json")
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["verdict"], run["exit_code"]) == ("bounded", EXIT_UNFINISHED)


def test_the_report_shows_old_and_new_values_and_a_lemma(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = COUNTER.replace("x[n] < 5", "x[n] != 5").replace("x[n] + 1", "(x[n] + 1) % 10")
    _prove(tmp_path, f"{text} invariant odd: forall n: Node. x[n] != 7")
    shown = capsys.readouterr().out
    assert "bump does not preserve odd, at Node = 1" in shown
    assert "x[Node0]: 6 -> 7" in shown
    assert "this state cannot be reached: all 6 states" in shown
    assert "lemma candidate: forall n0: Node. x[n0] != 6" in shown


def test_a_real_violation_is_shown_with_its_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _prove(tmp_path, f"{COUNTER} invariant low: forall n: Node. x[n] < 3")
    shown = capsys.readouterr().out
    assert shown.startswith("violated  counter")
    assert "trace: 3 steps" in shown


def test_the_document_has_an_entry_for_each_obligation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{LOCK} lemma one: forall a, b: Node. holder = a and holder = b -> a = b"
    _prove(tmp_path, text, "--format", "json", "--lemmas")
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["version"]) == ("k42-proof", 1)
    (run,) = document["runs"]
    assert run["domain"] == {"kind": "every size"}
    assert [each["name"] for each in run["obligations"]] == ["init/one", "take/one", "give/one"]
    assert all(each["result"] == "proved" for each in run["obligations"])
    assert run["lemmas"] == [{"name": "one", "needed_for": []}]


def test_the_document_holds_the_states_of_a_counterexample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{COUNTER} invariant low: forall n: Node. x[n] < 3"
    _prove(tmp_path, text, "--format", "json")
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (refuted,) = [each for each in run["obligations"] if each["result"] == "refuted"]
    assert refuted["name"] == "bump/low"
    assert refuted["is_confirmed"] is True
    assert refuted["standing"]["kind"] == "real"
    assert refuted["params"] == {"n": "Node0"}
