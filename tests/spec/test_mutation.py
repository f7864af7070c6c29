"""The claims of the specifications notice small mistakes: scores, and who explains the rest."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.analysis.mutation import Fate, Options, Report, mutate

SPECS = Path(__file__).parents[2] / "spec"
TABLE = Path(__file__).with_name("mutation.toml")
PAGE = Path(__file__).parents[2] / "docs" / "mutation.md"
LEAST = 0.85
"""Below this, claims are missing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; see the comment at its head."""

    path: str
    also: tuple[dict[str, str], ...]
    constants: dict[str, str]
    imports: bool
    killed: int
    survived: int
    equivalent: int
    undecided: int
    slow: bool

    @property
    def is_of_the_kernel(self) -> bool:
        """Whether survivors must be explained."""
        return self.path.startswith("kernel/")

    @property
    def score(self) -> float:
        """The share of the killed."""
        return self.killed / (self.killed + self.survived)

    def report(self) -> Report:
        """Judge the mutants."""
        settings = tuple({**self.constants, **more} for more in self.also)
        report = mutate(
            SPECS / self.path,
            Options(
                settings=(*settings, self.constants),
                library=(SPECS / "lib", SPECS),
                has_imports=self.imports,
            ),
        )
        assert isinstance(report, Report), report
        return report


def _rows() -> list[Row]:
    with TABLE.open("rb") as file:
        listed = tomllib.load(file)["spec"]
    return [
        Row(
            path=row["path"],
            also=tuple(_written(each) for each in row.get("also", ())),
            constants=_written(row.get("constants", {})),
            imports=row.get("imports", False),
            killed=row["killed"],
            survived=row["survived"],
            equivalent=row["equivalent"],
            undecided=row.get("undecided", 0),
            slow=row.get("slow", True),
        )
        for row in listed
    ]


def _written(constants: Mapping[str, int | bool | str]) -> dict[str, str]:
    """Return values of constants as one writes them in a specification."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in constants.items()
    }


ROWS = _rows()


def page() -> str:
    """Return the page that shows the table."""
    lines = [
        "# Do the claims notice?",
        "",
        "`k42 mutate` puts small mistakes into a specification, one at a time: a guard or effect",
        "left out, a condition weakened, a branch always taken, two statements exchanged, one step",
        "made several. The score is the share of those that some claim notices. Mutants that no",
        "claim could tell from the specification are not counted. Those of K42's protocols that",
        "survive are explained in the file, beside the line that they change.",
        "The promises that code is checked against are not listed: they are the claim themselves.",
        "",
        "| specification | noticed | of | score | equivalent |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| [{row.path}](../spec/{row.path}) | {row.killed} | {row.killed + row.survived} "
            f"| {int(100 * row.score)} % | {row.equivalent} |"
            for row in ROWS
        ),
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.path, marks=[pytest.mark.slow] if row.slow else []) for row in ROWS],
)
def test_the_claims_notice_as_much_as_the_table_says(row: Row) -> None:
    report = row.report()
    assert report.is_sound
    counts = {fate: len(report.of(fate)) for fate in Fate}
    assert counts[Fate.KILLED] == row.killed
    assert counts[Fate.SURVIVED] == row.survived
    assert counts[Fate.EQUIVALENT] == row.equivalent
    assert counts[Fate.UNDECIDED] == row.undecided
    if row.is_of_the_kernel:
        assert [each.name for each in report.unexplained] == []
    assert {each.code for each in report.diagnostics} <= {"K250"}


def test_every_score_is_high_enough() -> None:
    assert [row.path for row in ROWS if row.score < LEAST] == []


def test_every_protocol_of_the_kernel_has_a_row() -> None:
    files = {path.relative_to(SPECS).as_posix() for path in SPECS.glob("kernel/*/*.k42")}
    promises = {path for path in files if path.endswith("_promise.k42")}
    assert files - promises == {row.path for row in ROWS if row.is_of_the_kernel}


def test_the_page_shows_the_table(*, update_expected: bool) -> None:
    if update_expected:
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()
