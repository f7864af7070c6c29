"""The modules of `spec/lib`, each used by a small specification, and each broken in some way."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.model.verdict import FindingKind
from tests.support.spec_rows import SPECS, Row, parameters, rows

TABLE = Path(__file__).with_name("library.toml")
USERS = Path(__file__).with_name("library")
HOLDS = rows(TABLE, USERS, "holds")
BROKEN = rows(TABLE, USERS, "broken")
STARVES = rows(TABLE, USERS, "starves")


@pytest.mark.parametrize("row", parameters(HOLDS))
def test_it_keeps_its_promise(row: Row, tmp_path: Path) -> None:
    assert row.verdict == "holds"
    row.compare(row.result(tmp_path))


@pytest.mark.parametrize("row", parameters(BROKEN))
def test_it_is_refuted_when_it_is_broken(row: Row, tmp_path: Path) -> None:
    assert row.length is not None
    row.compare(row.result(tmp_path))


@pytest.mark.parametrize("row", parameters(STARVES))
def test_what_it_does_not_promise_need_never_come(row: Row, tmp_path: Path) -> None:
    assert row.length is not None
    result = row.result(tmp_path)
    row.compare(result)
    assert [finding.kind for finding in result.findings] == [FindingKind.LIVENESS]


def test_every_module_is_used_here_or_by_a_protocol_of_the_kernel() -> None:
    modules = {path.stem for path in (SPECS / "lib").glob("*.k42")}
    used = {Path(row.path).stem for row in HOLDS} & {Path(row.path).stem for row in BROKEN}
    protocols = {"fair_block", "generations", "table_entry", "mediated"}  # tests/checker/constructs
    assert modules == used | protocols
