"""What the documents show is what the commands say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from checker.cli.main import main
from grammar.foreign import RESERVED
from grammar.parser import keywords

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
