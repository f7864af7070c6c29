"""`k42 export --claim`: a claim about runs beside the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.cli.main import main

SPEC = """
spec example

var x: bool = false
fair action toggle() { x := not x }
property again: always eventually x
property steps: always eventually step toggle
"""


@pytest.fixture(name="spec")
def written(tmp_path: Path) -> str:
    path = tmp_path / "example.k42"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def test_fairness_is_a_premise(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", spec, "--to", "promela", "--claim", "again"]) == 0
    text = capsys.readouterr().out
    assert "ltl claim { !([]<>(!(true) || (served == 1))) || ([] (<> (x))) }" in text
    assert "served = 1" in text
    assert main(["export", spec, "--to", "promela"]) == 0
    assert "served" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["promela", "--claim", "agian"], "K306: there is no property `agian` about runs"),
        (["promela", "--claim", "steps"], "`step` in a formula; promela cannot express it"),
        (["murphi", "--claim", "again"], "a claim about runs; murphi cannot express it"),
    ],
)
def test_what_cannot_be_written(
    spec: str, arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", spec, "--to", *arguments]) == 150
    assert what in capsys.readouterr().err
