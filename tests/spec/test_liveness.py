"""Every specification says what comes in the end, or why it does not say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from checker.model.system import System
from tests.spec.test_published import TABLE as PUBLISHED
from tests.support.claims_page import SPECS, TABLES, page, read_tables, system_of
from tests.support.expected import compare

WITHOUT = tomllib.loads((TABLES / "liveness.toml").read_text())["without"]
LIBRARY = "lib/"


def violated() -> set[str]:
    """Return the specifications that only show what goes wrong."""
    return {
        path
        for path, rows in read_tables().rows.items()
        if all(row["verdict"] != "holds" for row in rows)
    }


def claimants(path: Path) -> list[Path]:
    """Return the specifications that can speak for one: a module of the library has users."""
    if path.parent.name != "lib":
        return [path]
    users = [TABLES / "library" / path.name, *SPECS.glob(f"kernel/*/{path.name}")]
    return [each for each in users if each.exists()]


def claims_progress(system: System) -> bool:
    return bool(system.temporal) or any(each.is_fair for each in system.refinements)


def test_every_specification_claims_progress_or_says_why_not() -> None:
    silent = []
    for path in sorted(SPECS.rglob("*.k42")):
        name = path.relative_to(SPECS).as_posix()
        claims = any(claims_progress(system_of(each)) for each in claimants(path))
        excused = any(fnmatch(name, row["path"]) for row in WITHOUT)
        if not (claims or excused or name in violated()):
            silent.append(name)
    assert silent == []


@pytest.mark.parametrize("row", WITHOUT, ids=lambda row: row["path"])
def test_only_those_are_excused_who_do_not_claim_it(row: Mapping[str, Any]) -> None:
    paths = list(SPECS.glob(row["path"]))
    assert paths
    assert row["reason"]
    if "*" not in row["path"] and "lasso" not in row:
        assert not any(claims_progress(system_of(each)) for each in claimants(paths[0]))


@pytest.mark.parametrize(
    "row", [row for row in WITHOUT if "lasso" in row], ids=lambda row: row["path"]
)
def test_who_does_not_have_progress_is_shown_a_lasso(row: Mapping[str, Any]) -> None:
    lasso = row["lasso"]
    published = tomllib.loads(PUBLISHED.read_text())["spec"]
    shown = [each["path"] for each in published if each.get("finding", "").startswith("liveness")]
    tables = read_tables()
    shown += [f"kernel/{each['path']}" for each in tables.starves]
    shown += [
        f"{LIBRARY}{name}.k42"
        for name, rows in tables.library.items()
        if any(each.get("finding", "").startswith("liveness") for each in rows)
    ]
    assert lasso in shown


def test_the_page_tells_what_the_specifications_claim(*, update_expected: bool) -> None:
    compare(SPECS / "README.md", page(), update=update_expected)
