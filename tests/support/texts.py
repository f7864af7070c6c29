"""From a text to what the tests ask about."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from checker.cli.session import library
from checker.load import load
from checker.model.explore import Exploration, explore
from checker.model.system import System
from grammar.diagnostics import Diagnostic


def loaded(
    text: str, settings: Mapping[str, str] | None = None, **files: str
) -> tuple[System | None, tuple[Diagnostic, ...]]:
    """Load a specification, whose first line may be left out, and other files beside it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / f"{name}.k42").write_text(content, encoding="utf-8")
        path = Path(folder) / "example.k42"
        path.write_text(f"spec example\n{text}", encoding="utf-8")
        return load(path, settings or {}, library())


def system_of(text: str, settings: Mapping[str, str] | None = None, **files: str) -> System:
    """Return the system of a text in which nothing is wrong."""
    system, diagnostics = loaded(text, settings, **files)
    assert system is not None, diagnostics
    assert not diagnostics, diagnostics
    return system


def exploration_of(text: str, settings: Mapping[str, str] | None = None) -> Exploration:
    """Explore a text by the reference interpreter."""
    return explore(system_of(text, settings))
