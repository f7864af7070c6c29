"""Whole specifications with what the command says of them; adding a test is adding a file.

A file in `cases/` begins with comments that tell what to do and what to expect:

    // expect: exit 12 from check -c Cpu=3 --strict
    //   says invariant mutual_exclusion does not hold
    //   never says holds

`from ...` may be left out and is `check` then. Each `says` is a part of a line of the output,
stdout and stderr together. A file may hold several expectations; each is one test.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
CASES = sorted((ROOT / "tests" / "cases").glob("**/*.k42"))
EXPECT = re.compile(r"// expect: exit (?P<code>\d+)(?: from (?P<command>.+))?")
SAYS = re.compile(r"//   (?P<never>never )?says (?P<text>.+)")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One run of the command on one file."""

    path: str
    code: int
    command: tuple[str, ...]
    says: tuple[str, ...]
    never_says: tuple[str, ...]

    @property
    def arguments(self) -> list[str]:
        """The command line, the file after the command's name."""
        return [self.command[0], self.path, *self.command[1:]]

    def __str__(self) -> str:
        return f"{Path(self.path).stem}: {shlex.join(self.command)}"


def expectations(path: str, text: str) -> list[Expectation]:
    """Reads the comments at the beginning of a file."""
    found: list[Expectation] = []
    for line in text.splitlines():
        expect, says = EXPECT.fullmatch(line), SAYS.fullmatch(line)
        if expect is not None:
            command = tuple(shlex.split(expect["command"] or "check"))
            found.append(Expectation(path, int(expect["code"]), command, (), ()))
        elif says is not None:
            last = found.pop()
            texts = (last.never_says if says["never"] else last.says) + (says["text"],)
            kept = (last.path, last.code, last.command)
            pair = (last.says, texts) if says["never"] else (texts, last.never_says)
            found.append(Expectation(*kept, *pair))
        else:
            break
    return found


ALL = [
    each
    for path in CASES
    for each in expectations(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
]


def test_every_case_expects_something() -> None:
    told = {each.path for each in ALL}
    assert [path for path in map(str, CASES) if str(Path(path).relative_to(ROOT)) not in told] == []


@pytest.mark.parametrize("case", ALL, ids=str)
def test_case(
    case: Expectation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(case.arguments)
    captured = capsys.readouterr()
    output = captured.out + captured.err
    assert code == case.code, output
    squeezed = re.sub(r" {2,}", "  ", output)
    missing = [text for text in case.says if text not in output and text not in squeezed]
    assert missing == [], output
    assert [text for text in case.never_says if text in output] == [], output
