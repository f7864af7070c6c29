"""What the documents show is what the commands say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from checker.cli.main import main
from grammar.foreign import RESERVED
from grammar.parser import keywords
from tests.repo.files import python_files, repository_files, text_of

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(k42|console)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"\b\d+\.\d+ s\b")


class Dialogue(NamedTuple):
    """A run that the README shows: what is checked, the command, and its output."""

    spec: str
    command: str
    output: str


def _dialogues() -> list[Dialogue]:
    found = []
    spec = ""
    for kind, text in FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        if kind == "k42":
            spec = text
        else:
            command, _, output = text.partition("\n")
            found.append(Dialogue(spec, command.removeprefix("$ "), output))
    return found


@pytest.mark.parametrize("shown", _dialogues(), ids=lambda shown: shown.command)
def test_the_readme_shows_what_the_command_prints(
    shown: Dialogue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tool, *arguments = shown.command.split()
    assert tool == "k42"
    monkeypatch.chdir(tmp_path)
    (tmp_path / arguments[1]).write_text(shown.spec, encoding="utf-8")
    main(arguments)
    told = capsys.readouterr().out
    assert TIME.sub("_", told).rstrip() == TIME.sub("_", shown.output).rstrip()


def test_the_readme_shows_a_violation_and_its_repair() -> None:
    verdicts = [shown.output.split(maxsplit=1)[0] for shown in _dialogues()]
    assert verdicts[:2] == ["violated", "holds"]


def test_the_reference_lists_every_word_that_is_no_name() -> None:
    text = (ROOT / "grammar" / "LANGUAGE.md").read_text(encoding="utf-8")
    chapter = text.partition("\n## Words\n")[2]
    assert re.findall(r"`(\w+)`", chapter) == [*keywords(), *sorted(RESERVED)]


NAMED = re.compile(r"`([\w./-]+(?:/|\.(?:py|lark|k42|toml|md)))`|\]\(([\w./-]+)(?:#[\w-]+)?\)")


def _missing(text: str) -> list[str]:
    """Return the paths that a document of the root names and that are not there.

    A path may be told without its beginning, as `interpret.py` and `native/` are.
    """
    named = {code or link for code, link in NAMED.findall(text)}
    there = [f"/{path}" for path in repository_files()]
    return sorted(
        path
        for path in named
        if not (ROOT / path).exists() and not any(_is_named(path, file) for file in there)
    )


def _is_named(path: str, file: str) -> bool:
    return f"/{path}" in file if path.endswith("/") else file.endswith(f"/{path}")


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_a_document_names_paths_that_are_there(document: str) -> None:
    assert _missing(text_of(document)) == []


def test_a_path_that_is_not_there_is_found() -> None:
    there = "`grammar/`, `native/`, `load.py`, [what](README.md#what-is-there)"
    assert _missing(there) == []
    text = f"{there}, `checker/gone/`, `gone.py`, [more](docs/x)"
    assert _missing(text) == ["checker/gone/", "docs/x", "gone.py"]


def test_the_architecture_lists_every_folder_of_code() -> None:
    """A folder is listed, or is a part of one that is and has no row of its own."""
    table = text_of("ARCHITECTURE.md").partition("\n## The tree\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:4:2] for line in table.splitlines() if line.startswith("| `")]
    folders = {found for cell, _ in rows for found in re.findall(r"`([\w/]+/)`", cell)}
    packages = {
        f"{Path(path).parent}/" for path in python_files("grammar", "checker", "kernel_impl")
    }
    tops = {
        "/".join(package.split("/")[: 1 + package.startswith("checker")]) for package in packages
    }
    assert {f"{top.rstrip('/')}/" for top in tops} - {"checker/"} <= folders
    for cell, begin in rows:
        for name in re.findall(r"`([\w./]+\.\w+)`", begin):
            place = re.findall(r"`([\w/]+/)`", cell)
            assert any((ROOT / folder / name).exists() for folder in place), (cell, name)
