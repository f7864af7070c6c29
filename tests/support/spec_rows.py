"""Tables of specifications with their verdicts, and of edits that must break them.

A row names a specification, perhaps with constants, and perhaps with `edits` that are made in it,
or in the module `edited` that it imports, and with a claim that is `added` at its end, before it is
checked.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import check
from checker.load import load
from checker.model.verdict import Result, Verdict

SPECS = Path(__file__).parents[2] / "spec"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        path: below the root of the table.
        edited: the file that `edits` are made in, below `spec` or below the root.
        counts: distinct states, transitions, initial states, depth.
        finding: kind and name of what is violated first.
        length: states on the trace to it.
        warnings: codes of what is said of the text.
        native: whether it is searched by native code.
        large: whether it is besides with dead variables cleared, and so without what is claimed
            about whole runs.
        gigabytes: the memory that it takes; it is skipped where there is less.
    """

    root: Path
    path: str
    title: str
    constants: dict[str, int | bool | str]
    edited: str
    edits: tuple[tuple[str, str], ...]
    added: str
    verdict: str
    counts: tuple[int, int, int, int] | None
    finding: str | None
    message: str | None
    length: int | None
    vacuities: int
    warnings: tuple[str, ...]
    slow: bool
    native: bool
    large: bool
    gigabytes: int

    def result(self, folder: Path) -> Result:
        """Check the specification, with changed copies in `folder` of what is changed."""
        path = self.root / self.path
        if self.edits:
            original = path if self.edited == self.path else SPECS / self.edited
            copy = _copy(folder / self.edited, _edited(original.read_text(), self.edits))
            path = copy if self.edited == self.path else path
        if self.added:
            path = _copy(folder / self.path, f"{path.read_text()}\n{self.added}\n")
        settings = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in self.constants.items()
        }
        system, diagnostics = load(path, settings, (folder, SPECS))
        assert system is not None, diagnostics
        assert tuple(each.code for each in diagnostics) == self.warnings
        if self.native:
            return check(system, make_engine=engine_maker(EngineOptions()))
        if not self.large:
            return check(system)
        system = replace(system, temporal=(), bypasses=(), refinements=())
        reductions = (Reduction.DEAD, Reduction.OWNED)
        return check_reduced(system, reductions, make_engine=engine_maker(EngineOptions()))

    def compare(self, result: Result) -> None:
        """Assert that a result is the one in the table."""
        assert result.verdict is Verdict(self.verdict)
        found = result.statistics
        if self.counts is not None:
            counts = (found.distinct, found.transitions, found.initial, found.depth)
            assert counts == self.counts
            assert len(result.vacuities) == self.vacuities, result.vacuities
        if self.finding is not None:
            first = result.findings[0]
            assert f"{first.kind.value} {first.name}" == self.finding
            assert self.message is None or first.message == self.message
            assert first.trace is not None
            assert len(first.trace.states) == self.length


def _copy(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        assert text.count(old) == 1, f"the text to be replaced stands once: {old}"
        text = text.replace(old, new)
    return text


def rows(table: Path, root: Path, kind: str) -> list[Row]:
    """Return the rows of one kind."""
    with table.open("rb") as file:
        listed = tomllib.load(file)[kind]
    return [
        Row(
            root=root,
            path=row["path"],
            title=row["title"],
            constants=row.get("constants", {}),
            edited=row.get("edited", row["path"]),
            edits=tuple((edit[0], edit[1]) for edit in row.get("edits", ())),
            added=row.get("added", ""),
            verdict=row.get("verdict", "violated"),
            counts=tuple(row["counts"]) if "counts" in row else None,
            finding=row.get("finding"),
            message=row.get("message"),
            length=row.get("length"),
            vacuities=row.get("vacuities", 0),
            warnings=tuple(row.get("warnings", ())),
            slow=row.get("slow", False),
            native=row.get("native", False),
            large=row.get("large", False),
            gigabytes=row.get("gigabytes", 0),
        )
        for row in listed
    ]


def parameters(listed: list[Row]) -> list[object]:
    """Return rows as parameters of a test."""
    present = _gigabytes()
    return [
        pytest.param(
            row,
            id=f"{Path(row.path).stem}: {row.title}",
            marks=[
                *([pytest.mark.slow] if row.slow else []),
                pytest.mark.skipif(row.gigabytes > present, reason=f"takes {row.gigabytes} GB"),
            ],
        )
        for row in listed
    ]


def _gigabytes() -> int:
    """Return the memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 10**9
