"""TLC as a witness: how it is found, and how its answers are read. A script stands in for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.export.exported import Wrong
from checker.export.tla import to_tla
from checker.model.verdict import FindingKind
from checker.oracle import tlc
from checker.oracle.answers import DEADLOCK, Answer, Cut
from checker.oracle.process import Limits
from tests.support.texts import system_of

TEXT = """
var n: 0..3 = 0
action up() requires n < 3 { n := n + 1 }
invariant low: n < 2
invariant lower: n < 1
step still: n = old(n)
"""
DONE = """Model checking completed. No error has been found.
7 states generated, 4 distinct states found, 0 states left on queue."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, and a `java` to be written there, first on the path."""
    (tmp_path / tlc.JAR).write_bytes(b"")
    monkeypatch.setenv(tlc.VARIABLE, str(tmp_path / tlc.JAR))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def java(folder: Path, script: str) -> None:
    """Writes a program that looks at its arguments and at `model.cfg`."""
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho run >> runs\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def asked(folder: Path) -> Answer | Cut:
    system = system_of(TEXT)
    return tlc.ask(system, to_tla(system), folder, Limits(seconds=60), 4)


def test_nothing_wrong_takes_one_search(folder: Path) -> None:
    java(folder, f'echo "{DONE}"')
    answer = asked(folder)
    assert isinstance(answer, Answer)
    assert (answer.states, answer.wrongs) == (4, frozenset())
    assert (folder / "runs").read_text(encoding="utf-8") == "run\n"
    assert "-- MODULE model --" in (folder / "model.tla").read_text(encoding="utf-8")


def test_all_that_is_wrong_is_found_one_by_one(folder: Path) -> None:
    number = 1 + next(
        i
        for i, line in enumerate(to_tla(system_of(TEXT)).text.splitlines())
        if line.startswith("still ==")
    )
    place = f"line {number}, col 10 to line {number}, col 20"
    java(
        folder,
        f"""says() {{ grep -q "$1$" model.cfg && echo "Error: $2" && exit; }}
        says 'INVARIANT lower' 'Invariant lower is violated.'
        says 'INVARIANT low' 'The invariant of low is equal to FALSE'
        says 'PROPERTY still' 'Action property {place} is violated.'
        if echo "$@" | grep -qv -e -deadlock; then echo 'Error: Deadlock reached.'
        else echo "{DONE}"; fi""",
    )
    answer = asked(folder)
    assert isinstance(answer, Answer)
    assert answer.states == 4
    assert answer.wrongs == {
        Wrong(FindingKind.INVARIANT, "low"),
        Wrong(FindingKind.INVARIANT, "lower"),
        Wrong(FindingKind.STEP, "still"),
        Wrong(FindingKind.DEADLOCK, DEADLOCK),
    }
    assert (folder / "runs").read_text(encoding="utf-8").count("run") == 5


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Error: Invariant TypeOK is violated.", "Invariant TypeOK is violated."),
        ("Error: In evaluation, the identifier n is undefined.", "is undefined"),
        ("Java was not made for this.", "Java was not made for this."),
    ],
)
def test_a_model_that_fails_is_no_answer(folder: Path, words: str, why: str) -> None:
    java(folder, f"echo '{words}'; exit 1")
    answer = asked(folder)
    assert isinstance(answer, Cut)
    assert why in answer.why


def test_where_the_archive_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / tlc.JAR
    monkeypatch.setenv(tlc.VARIABLE, str(archive))
    assert tlc.lacking() == ("tla2tools.jar (name it in TLA2TOOLS)",)
    archive.write_bytes(b"")
    assert tlc.jar() == archive
    assert tlc.lacking() == ()
    monkeypatch.delenv(tlc.VARIABLE)
    monkeypatch.setenv("CLASSPATH", f"{tmp_path}{os.pathsep}{archive}")
    assert tlc.jar() == archive.resolve()
