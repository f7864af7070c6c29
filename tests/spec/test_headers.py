"""Each specification says what it promises, where it comes from, and what it takes to be atomic."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

SPECS = Path(__file__).resolve().parents[2] / "spec"
FILES = sorted(SPECS.rglob("*.k42"))
KERNEL = SPECS / "kernel"

PARTS: Final = {
    "promise": re.compile(r"\b(?:Promises|Violates|Deadlocks)\b"),
    "source": re.compile(r"\bSource\b(?P<others>[^.:\"]*):(?P<said>[^:]*)"),
    "atomicity": re.compile(r"\b[Aa]tomicity\b(?P<others>[^.:\"]*):(?P<said>[^:]*)"),
}
LEFT_OUT: Final = re.compile(r"\b(?:Leaves out|left out):(?P<said>[^:]*)")
KERNEL_PATH: Final = re.compile(r"\bK42 (?:lib|os|doc)/[\w/]+")
"""A path in the source of K42; a bare name after it is in the same folder."""
NOT_FROM_K42: Final = {"adapt/monitor_promise.k42", "locks/sequence_promise.k42"}
"""Specifications of what K42 describes in a paper only, or does not have."""
REFERENCE: Final = re.compile(r"\s*see (?P<path>[\w/]+\.k42)")


def header(path: Path) -> str:
    """Return the comment that a specification opens with, as one line."""
    comment = re.match(r"(?:///.*\n)*", path.read_text(encoding="utf-8"))
    assert comment is not None
    return " ".join(comment.group().replace("///", "").split())


def lacks(path: Path) -> list[str]:
    """Return the parts that the header of a specification does not have.

    A part may be told elsewhere: `Atomicity: see lib/fair_block.k42`.
    """
    parts = PARTS | ({"left out": LEFT_OUT} if KERNEL in path.parents else {})
    return [name for name, form in parts.items() if not _says(path, name, form)]


def _says(path: Path, name: str, form: re.Pattern[str]) -> bool:
    found = form.search(header(path))
    if found is None or "said" not in found.groupdict():
        return found is not None
    if not found["said"].strip():
        return False
    reference = REFERENCE.match(found["said"])
    if reference is None:
        return True
    there = [folder / reference["path"] for folder in (path.parent, SPECS)]
    told = [file for file in there if file.exists() and file != path]
    return bool(told) and _says(told[0], name, form)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SPECS)))
def test_the_header_is_complete(path: Path) -> None:
    assert lacks(path) == []


def test_the_kernels_specifications_name_their_source_in_k42() -> None:
    unnamed = {
        str(path.relative_to(KERNEL))
        for path in KERNEL.rglob("*.k42")
        if KERNEL_PATH.search(header(path)) is None
    }
    assert unnamed == NOT_FROM_K42


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("/// A lock.\n", ["promise", "source", "atomicity"]),
        ("/// Promises it.\n/// Source: a book, 1991.\n", ["atomicity"]),
        ("/// Promises it.\n/// Source: a book.\n/// Atomicity:\n", ["atomicity"]),
        ("/// Promises it.\n/// Source and atomicity: see nowhere.k42.\n", ["source", "atomicity"]),
        ("/// Promises it.\n/// Source and atomicity: see twin.k42.\n", ["source", "atomicity"]),
        ("/// Violates it.\n/// Source and atomicity: see other.k42.\n", ["source"]),
        ("/// Violates it.\n/// Source: none.\n/// Atomicity: see other.k42.\n", []),
        ("// Promises it.\n/// Source: a book.\n", ["promise", "source", "atomicity"]),
    ],
)
def test_what_is_missing_is_found(tmp_path: Path, text: str, missing: list[str]) -> None:
    path = tmp_path / "twin.k42"
    path.write_text(f"{text}spec twin\n", encoding="utf-8")
    (tmp_path / "other.k42").write_text("/// Atomicity: one access a step.\n", encoding="utf-8")
    assert lacks(path) == missing
