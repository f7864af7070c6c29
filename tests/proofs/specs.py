"""Specifications as text, loaded at any size."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from checker.cli.session import library
from checker.load import load
from checker.model.system import System
from proofs.prove import Options, Report, prove

SPECS = Path(__file__).parents[2] / "spec"
LEMMA = re.compile(r"\n(///[^\n]*\n)*lemma .*?(?=\n\n|\nlemma|\nreachable|\Z)", re.DOTALL)


def bare(tmp_path: Path, name: str) -> Path:
    """Return a proof specification without its lemmas."""
    text = (SPECS / "proofs" / f"{name}.k42").read_text(encoding="utf-8")
    path = tmp_path / f"{name}.k42"
    path.write_text(LEMMA.sub("", text), encoding="utf-8")
    assert "lemma" not in path.read_text(encoding="utf-8")
    return path


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
