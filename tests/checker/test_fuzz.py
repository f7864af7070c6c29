"""Spoilt specifications are refused with diagnostics, or searched; nothing else ever happens."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.cli.main import main
from checker.cli.session import library
from checker.load import load
from checker.model.verdict import EXIT_INTERNAL
from checker.report.diagnostics import render_diagnostics
from checker.report.ink import Ink
from grammar.diagnostics import Severity
from tests.support.mutations import mutant, seeds

Captured = pytest.CaptureFixture[str]


def assert_is_met(data: bytes, path: Path) -> None:
    """Read a specification; what is wrong with it must be said, with places inside the text."""
    path.write_bytes(data)
    system, diagnostics = load(path, {}, library())
    has_errors = any(each.severity is Severity.ERROR for each in diagnostics)
    assert (system is None) == has_errors
    for each in diagnostics:
        if each.span is not None:
            assert 0 <= each.span.start <= each.span.end <= len(each.span.source.text)
    assert render_diagnostics(diagnostics, Ink()).count("more: k42 explain") == len(diagnostics)


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_mutants_are_met(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 50):
        assert_is_met(mutant(Random(f"mutant/{seed}")), tmp_path / "mutant.k42")


def test_mutants_are_checked_without_a_defect(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mutant.k42"
    command = ["check", str(path), "--max-states=300", "--time=2s", "--engine=python"]
    for seed in range(1_000, 1_150):
        path.write_bytes(mutant(Random(f"mutant/{seed}")))
        assert main(command) != EXIT_INTERNAL, (seed, capsys.readouterr().err)


@settings(max_examples=60)
@given(
    text=st.sampled_from(seeds()),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), st.text(max_size=8)), max_size=4),
)
def test_edited_texts_are_met(
    text: str, edits: list[tuple[float, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for where, removed, put in edits:
        at = int(where * len(text))
        text = text[:at] + put + text[at + removed :]
    assert_is_met(text.encode("utf-8"), tmp_path_factory.getbasetemp() / "edited.k42")


@settings(max_examples=60)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_met(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert_is_met(data, tmp_path_factory.getbasetemp() / "bytes.k42")


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100_000, 110_000, 1_000))
def test_many_mutants_are_met(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 1_000):
        assert_is_met(mutant(Random(f"mutant/{seed}")), tmp_path / "mutant.k42")


@pytest.mark.slow
@pytest.mark.parametrize("start", range(200_000, 204_000, 500))
def test_many_mutants_are_checked_without_a_defect(
    start: int, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "mutant.k42"
    command = ["check", str(path), "--max-states=2000", "--time=5s", "--engine=python"]
    for seed in range(start, start + 500):
        path.write_bytes(mutant(Random(f"mutant/{seed}")))
        assert main(command) != EXIT_INTERNAL, (seed, capsys.readouterr().err)
