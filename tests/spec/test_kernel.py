"""K42's protocols: refuted as built in 2005, right as repaired, and every part of them needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.model.verdict import FindingKind
from tests.support.spec_rows import SPECS, Row, parameters, rows

TABLE = Path(__file__).with_name("kernel.toml")
REPAIRED = rows(TABLE, SPECS / "kernel", "repaired")
BUILT = rows(TABLE, SPECS / "kernel", "built")
WITHOUT = rows(TABLE, SPECS / "kernel", "without")
STARVES = rows(TABLE, SPECS / "kernel", "starves")


@pytest.mark.parametrize("row", parameters(REPAIRED))
def test_as_repaired_it_holds(row: Row, tmp_path: Path) -> None:
    assert row.verdict == "holds"
    assert row.counts is not None
    row.compare(row.result(tmp_path))


@pytest.mark.parametrize("row", parameters(BUILT))
def test_as_built_it_is_refuted_by_a_shortest_trace(row: Row, tmp_path: Path) -> None:
    assert row.length is not None
    row.compare(row.result(tmp_path))


@pytest.mark.parametrize("row", parameters(WITHOUT))
def test_no_part_can_be_left_out(row: Row, tmp_path: Path) -> None:
    assert row.edits or row.constants
    assert row.length is not None
    row.compare(row.result(tmp_path))


@pytest.mark.parametrize("row", parameters(STARVES))
def test_what_is_not_promised_need_never_come(row: Row, tmp_path: Path) -> None:
    assert row.added
    assert row.length is not None
    result = row.result(tmp_path)
    row.compare(result)
    assert [finding.kind for finding in result.findings] == [FindingKind.LIVENESS]
    trace = result.findings[0].trace
    assert trace is not None
    assert trace.loop is not None


def test_every_protocol_has_a_row_that_holds_and_one_that_does_not() -> None:
    assert {row.path for row in REPAIRED} == {row.path for row in (*BUILT, *WITHOUT)}
