"""`k42 simulate` on a specification with claims about runs, and by priorities."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.cli.main import main

SPEC = """
spec example

processors Cpu[2]
var n: 0..3 = 0

process worker on Cpu {
  loop {
    up: n := (n + 1) % 4
  }
}

property again: n = 1 ~> n = 0
bypass order: forall c: Cpu. worker[c] at up and n = 1 ~> n = 2
"""


@pytest.fixture(name="spec")
def written(tmp_path: Path) -> str:
    path = tmp_path / "example.k42"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("more", [[], ["--pct", "2"]], ids=["uniform", "priorities"])
def test_walks_judge_no_claim_about_runs(
    spec: str, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", spec, "--seed", "1", "--walks", "3", *more]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("bounded  example at Cpu = 2 within 3 random walks")
    for name in ("property again", "bypass order"):
        assert f"  not decided         {name}" in lines


def test_the_reproducing_command_is_whole(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        main(["simulate", spec, "--seed", "1", "--walks", "3", "--pct", "2"])
        texts.append(re.sub(r"[\d.]+ s\b", "", capsys.readouterr().out))
    assert texts[0] == texts[1]
    last = texts[0].strip().splitlines()[-1]
    assert last.endswith("--seed=1 --steps=100 --walks=3 --pct=2")


def test_what_a_walk_promises(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["simulate", spec, "--seed", "1", "--walks", "1", "--steps", "50", "--pct", "3"])
    text = " ".join(capsys.readouterr().out.split())
    assert "what takes 3 orderings of steps in a run of at most 50 steps of 2 threads" in text
    assert "is found by each walk with a probability of at least 1 in 5,000" in text
