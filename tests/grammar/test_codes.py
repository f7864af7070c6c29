"""The codes of syntax: complete, and their examples show what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grammar.codes import SYNTAX_CODES, CodeInfo
from grammar.diagnostics import Collector, Diagnostic
from grammar.modules import load_modules

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_EXAMPLE = ["K006", "K007", "K052", "K055"]


def diagnostics_of(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    collector = Collector()
    file = folder / "example.k42"
    file.write_text(text, encoding="utf-8")
    load_modules(file, collector)
    return collector.sorted()


def example_params() -> list[object]:
    return [pytest.param(info, id=info.code) for info in SYNTAX_CODES if info.wrong]


def test_every_code_in_use_is_explained() -> None:
    used = {
        code
        for path in (ROOT / "grammar").glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"(K\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert sorted(used) == [info.code for info in SYNTAX_CODES]


def test_codes_without_example_are_known() -> None:
    assert [info.code for info in SYNTAX_CODES if not info.wrong] == WITHOUT_EXAMPLE


@pytest.mark.parametrize("info", example_params())
def test_wrong_example_gives_only_its_code(info: CodeInfo, tmp_path: Path) -> None:
    assert {d.code for d in diagnostics_of(info.wrong, tmp_path)} == {info.code}


@pytest.mark.parametrize("info", example_params())
def test_right_example_is_accepted(info: CodeInfo, tmp_path: Path) -> None:
    assert diagnostics_of(info.right, tmp_path) == ()


@pytest.mark.parametrize("info", SYNTAX_CODES, ids=lambda info: info.code)
def test_title_and_explanation_are_prose(info: CodeInfo) -> None:
    assert info.title == info.title.strip()
    assert not info.title.endswith(".")
    assert info.explanation.endswith(".")
