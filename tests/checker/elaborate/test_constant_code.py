"""A condition on constants selects code: what it rules out is no part of the system.

A place in that code may still be named in an expression that the same constants rule out.
"""

from __future__ import annotations

from pathlib import Path

from checker.explicit.search import check
from checker.load import load
from checker.model.verdict import Result, Verdict

TEXT = """spec selected
const REPAIRED = true
var x: 0..2 = 0
process p {
  if REPAIRED {
    x := 1
  } else {
    broken: x := 2
  }
}
invariant small: x < 2
terminal done: REPAIRED or p at broken -> p at end
"""


def result_of(folder: Path, **settings: str) -> Result:
    path = folder / "selected.k42"
    path.write_text(TEXT)
    system, diagnostics = load(path, settings)
    assert system is not None, diagnostics
    assert diagnostics == ()
    return check(system)


def test_code_that_is_ruled_out_is_not_reported_as_never_taken(tmp_path: Path) -> None:
    result = result_of(tmp_path)
    assert result.verdict is Verdict.HOLDS
    assert result.statistics.distinct == 2
    assert not any("broken" in text or "branch" in text for text in map(str, result.vacuities))


def test_the_other_value_selects_the_other_code(tmp_path: Path) -> None:
    assert result_of(tmp_path, REPAIRED="false").verdict is Verdict.VIOLATED
