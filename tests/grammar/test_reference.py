"""Every block of the language reference is parsed, typed, formatted and checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.cli.main import main
from grammar.formatter import format_source
from grammar.source import SourceFile

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```k42(?: exit=(\d+))?(?: warnings=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
DOCUMENTS = ("grammar/LANGUAGE.md", "README.md")


def _blocks() -> list[tuple[str, int, str, str]]:
    """Return the place of every block, the exit code and warnings of its mark, and its text."""
    found = []
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 2
            code, warnings, block = match.groups()
            found.append((f"{name}:{line}", int(code or 0), warnings or "", block))
    return found


def _complete(block: str) -> str:
    return block if re.search(r"^spec ", block, re.MULTILINE) else f"spec example\n{block}"


@pytest.mark.parametrize(
    ("place", "expected", "warnings", "block"),
    [pytest.param(*each, id=each[0]) for each in _blocks()],
)
def test_block_is_checked_as_it_says(
    place: str,
    expected: int,
    warnings: str,
    block: str,
    *,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "example.k42"
    path.write_text(_complete(block), encoding="utf-8")

    code = main(["check", str(path)])

    output = capsys.readouterr()
    assert code == expected, f"{place}\n{output.out}\n{output.err}"
    told = set(re.findall(r"warning (K\d+)", output.out + output.err))
    assert ",".join(sorted(told)) == warnings, place


@pytest.mark.parametrize(
    ("place", "block"), [pytest.param(each[0], each[3], id=each[0]) for each in _blocks()]
)
def test_block_can_be_formatted(place: str, block: str) -> None:
    source = SourceFile(place, _complete(block))
    once = format_source(source)
    assert isinstance(once, str), place
    assert format_source(SourceFile(place, once)) == once, place
