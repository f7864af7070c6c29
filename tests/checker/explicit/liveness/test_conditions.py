"""Many conditions of fairness at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checker.explicit.search import check
from checker.model.fairness import requirements
from checker.model.verdict import Verdict
from checker.oracle.process import Limits, run
from tests.support.fair import THIRTY
from tests.support.texts import system_of

GIB = 2**30
SPEC = THIRTY.partition("\n")[2]


@pytest.mark.slow
def test_thirty_conditions_take_less_than_a_gibibyte(tmp_path: Path) -> None:
    (tmp_path / "many.k42").write_text(THIRTY, encoding="utf-8")
    command = [sys.executable, "-m", "checker.cli.main", "check", "many.k42"]
    finished = run(command, tmp_path, "out.txt", Limits())
    assert finished.code == 0, finished.why("the check failed")
    assert 0 < finished.peak_bytes < GIB


@pytest.mark.parametrize("count", [3, 6])
def test_each_condition_is_needed(count: int) -> None:
    text = SPEC.replace("Cpu[15]", f"Cpu[{count}]")
    whole = system_of(text)
    assert sum(each.is_strong for each in requirements(whole)) == 2 * count
    assert check(whole).verdict is Verdict.HOLDS
    less = check(system_of(text.replace("strong fair out", "unfair out")))
    assert less.verdict is Verdict.VIOLATED
    assert [finding.name for finding in less.findings] == ["enters"]
