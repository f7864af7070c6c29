"""`k42 prove` with a second opinion and a question for quality; each answer has its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.model.verdict import EXIT_DISAGREEMENT, EXIT_HOLDS, EXIT_UNKNOWN
from proofs import brittleness
from proofs.brittleness import Brittleness
from proofs.certificate import opinion
from proofs.solver.answers import Unknown
from proofs.solver.second import CONTRADICTS

COUNTER = """spec counter
sort Node
var x: [Node] 0..9 = 0
action bump(n: Node) requires x[n] < 5 { x[n] := x[n] + 1 }
action drop(n: Node) requires x[n] > 0 { x[n] := x[n] - 1 }
invariant low: forall n: Node. x[n] <= 5
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "counter.k42"
    path.write_text(COUNTER, encoding="utf-8")
    return str(path)


def test_a_second_opinion_is_told(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cvc5")
    assert main(["prove", spec, "--second-opinion"]) == EXIT_HOLDS
    assert "cvc5 confirms what 4 queries rest on" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("says", "code"), [(CONTRADICTS, EXIT_DISAGREEMENT), ("cvc5 says unknown", EXIT_UNKNOWN)]
)
def test_an_opinion_that_differs_is_no_proof(
    spec: str,
    says: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("cvc5")
    monkeypatch.setattr(opinion, "check", lambda _: Unknown(says, is_limit=False))
    assert main(["prove", spec, "--second-opinion"]) == code
    told = capsys.readouterr().out
    assert told.startswith("unknown  counter")
    assert f"not confirmed: bump/low: {says}" in told


def test_the_quality_of_a_proof_is_told(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", spec, "--quality", "--format", "json"]) == EXIT_HOLDS
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    quality = run["quality"]
    assert (quality["seeds"], quality["flips"]) == (10, [])
    noticed = {each["what"]: each["noticed"] for each in quality["mutants"]}
    assert noticed["requires x[n] < 5"] == "safety"
    assert noticed["x[n] := x[n] + 1"] != "safety"


def test_a_brittle_proof_is_no_proof(
    spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flips = (("bump/low", ("proved", "unknown")),)
    found = Brittleness(10, flips, ("drop/low",), 9.0)
    monkeypatch.setattr(brittleness, "brittleness", lambda *_, **__: found)
    assert main(["prove", spec, "--quality"]) == EXIT_UNKNOWN
    told = capsys.readouterr().out
    assert "brittle: bump/low is proved or unknown, depending on the seed" in told
    assert "fragile: drop/low" in told
