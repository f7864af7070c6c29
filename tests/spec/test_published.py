"""Every specification that comes with the tool has the published counts and verdict."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.explicit.search import check
from checker.load import load
from checker.model.verdict import Verdict

SPECS = Path(__file__).parents[2] / "spec"
TABLE = Path(__file__).with_name("published.toml")
KERNEL = TABLE.with_name("kernel.toml")  # read by test_kernel.py


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; see the comment at its head."""

    path: str
    verdict: str
    source: str
    constants: dict[str, int]
    counts: tuple[int, int, int, int] | None
    finding: str | None
    length: int | None
    vacuities: int
    warnings: tuple[str, ...]
    slow: bool

    @property
    def title(self) -> str:
        """The name under which pytest lists the row."""
        sizes = ",".join(f"{name}={value}" for name, value in self.constants.items())
        return f"{Path(self.path).stem}-{sizes}" if sizes else Path(self.path).stem


def _rows() -> list[Row]:
    with TABLE.open("rb") as file:
        table = tomllib.load(file)["spec"]
    return [
        Row(
            path=row["path"],
            verdict=row["verdict"],
            source=row["source"],
            constants=row.get("constants", {}),
            counts=(row["distinct"], row["transitions"], row["initial"], row["depth"])
            if "distinct" in row
            else None,
            finding=row.get("finding"),
            length=row.get("length"),
            vacuities=row.get("vacuities", 0),
            warnings=tuple(row.get("warnings", ())),
            slow=row.get("slow", False),
        )
        for row in table
    ]


ROWS = _rows()


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.title, marks=[pytest.mark.slow] if row.slow else []) for row in ROWS],
)
def test_counts_and_verdict_are_the_published_ones(row: Row) -> None:
    system, diagnostics = load(
        SPECS / row.path, {name: str(value) for name, value in row.constants.items()}, (SPECS,)
    )
    assert system is not None, diagnostics
    assert tuple(each.code for each in diagnostics) == row.warnings

    result = check(system)

    assert result.verdict is Verdict(row.verdict)
    assert len(result.vacuities) == row.vacuities, result.vacuities
    found = result.statistics
    if row.counts is not None:
        counts = (found.distinct, found.transitions, found.initial, found.depth)
        assert counts == row.counts, row.source
    if row.finding is not None:
        first = result.findings[0]
        assert f"{first.kind.value} {first.name}" == row.finding
        assert first.trace is not None
        assert len(first.trace.states) == row.length


def test_every_specification_has_a_row() -> None:
    with KERNEL.open("rb") as file:
        kernel = {f"kernel/{row['path']}" for row in tomllib.load(file)["repaired"]}
    listed = {row.path for row in ROWS}
    shipped = {str(path.relative_to(SPECS)) for path in SPECS.rglob("*.k42")}
    libraries = {path for path in shipped if path.startswith("lib/")}
    assert shipped - libraries == listed | kernel


def test_every_row_names_its_source() -> None:
    assert all(row.source for row in ROWS)
