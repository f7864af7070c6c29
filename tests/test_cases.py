"""Whole specifications with all that the command says of them; adding a test is adding a file.

A file in `cases/` begins with comments that tell what to do and what exit code to expect:

    // expect: exit 12
    // expect: exit 20 from check --max-depth 3 --strict

What follows `from` is `check` unless told; the file is its first argument. The dialogue of all runs
stands beside the file in a `.txt`, as a terminal would show it, and is compared to the letter.
`pytest --update-expected` writes it anew, to be reviewed as text. The exit codes are not rewritten,
nor are the parts of lines that an expectation names:

    //   says part small.2
    //   never says holds
"""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from checker.cli.main import main
from tests.support.expected import compare

ROOT = Path(__file__).resolve().parents[1]
CASES = sorted((ROOT / "tests" / "cases").glob("**/*.k42"))
EXPECT = re.compile(r"// expect: exit (?P<code>\d+)(?: from (?P<command>.+))?")
SAYS = re.compile(r"//   (?P<never>never )?says (?P<text>.+)")
CODES_OF_A_SEARCH: Final = {0, 10, 11, 12, 14, 20, 22, 75, 150}
"""What a search of states may end with. `checker/cli/test_main.py` provokes a defect (255)."""

# What differs from run to run, and what stands in its place.
VARYING: Final = (
    (re.compile(r"(?m)^(\S+  .*, depth [\d,]+), \d+\.\d+ s\b"), r"\1, 0.00 s"),
    (re.compile(r"(?m)^([a-z]+(?: [a-z]+)?  .*), (?:\d+ min )?[\d.]+ s$"), r"\1, 0.00 s"),
    (re.compile(r"the solver took [\d.]+ s\b"), "the solver took 0.00 s"),
    (re.compile(r'"seconds": [\d.]+'), '"seconds": 0.0'),
    (re.compile(r'"memory_bytes": \d+'), '"memory_bytes": 0'),
    (re.compile(r'(?m)^(    "name": "k42",\n    "version": )"[^"]*"'), r'\1"0"'),
    (re.compile(re.escape(f"{ROOT}/")), ""),
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One run of the command on one file."""

    path: str
    code: int
    command: tuple[str, ...]
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()

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
            found.append(Expectation(path, int(expect["code"]), command))
        elif says is not None and says["never"]:
            found[-1] = replace(found[-1], never_says=(*found[-1].never_says, says["text"]))
        elif says is not None:
            found[-1] = replace(found[-1], says=(*found[-1].says, says["text"]))
        else:
            break
    return found


ALL = {
    path: expectations(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    for path in CASES
}


def carried_out(case: Expectation) -> tuple[int, str]:
    """Runs the command; returns its exit code and what a terminal would show."""
    shown = io.StringIO()
    with redirect_stdout(shown), redirect_stderr(shown):
        code = main(case.arguments)
    output = shown.getvalue()
    for pattern, constant in VARYING:
        output = pattern.sub(constant, output)
    return code, output


def test_every_case_expects_something() -> None:
    assert [path for path, cases in ALL.items() if not cases] == []


def test_every_exit_code_of_a_search_is_produced() -> None:
    assert {case.code for cases in ALL.values() for case in cases} >= CODES_OF_A_SEARCH


@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: str(path.relative_to(ROOT / "tests" / "cases").with_suffix(""))
)
def test_case(path: Path, monkeypatch: pytest.MonkeyPatch, *, update_expected: bool) -> None:
    monkeypatch.chdir(ROOT)
    dialogue = []
    for case in ALL[path]:
        code, output = carried_out(case)
        assert code == case.code, output
        squeezed = re.sub(r" {2,}", "  ", output)
        assert [t for t in case.says if t not in output and t not in squeezed] == [], output
        assert [text for text in case.never_says if text in output] == [], output
        command = shlex.join(["k42", *case.arguments])
        dialogue.append(f"$ {command}\n{output}[exit {code}]\n")
    compare(path.with_suffix(".txt"), "\n".join(dialogue), update=update_expected)
