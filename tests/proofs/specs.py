"""Specifications as text, loaded at any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from checker.cli.session import library
from checker.load import load
from checker.model.system import System
from proofs.prove import Options, Report, prove

SPECS = Path(__file__).parents[2] / "spec"


def loader(path: Path, **constants: int) -> Callable[[Mapping[str, int]], System | None]:
    """Return what loads a file at given sizes."""

    def load_at(sizes: Mapping[str, int]) -> System | None:
        given = {name: str(value) for name, value in (constants | dict(sizes)).items()}
        return load(path, given, library())[0]

    return load_at


def loaded(path: Path, **constants: int) -> System:
    """Return the system of a file."""
    given = {name: str(value) for name, value in constants.items()}
    system, diagnostics = load(path, given, library())
    assert system is not None, diagnostics
    return system


def prove_file(path: Path, options: Options | None = None, **constants: int) -> Report:
    """Prove a file."""
    return prove(loaded(path, **constants), loader(path, **constants), options)


def prove_text(tmp_path: Path, text: str, options: Options | None = None) -> Report:
    """Prove a text."""
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    return prove_file(path, options)
