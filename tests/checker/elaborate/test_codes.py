"""The codes of meaning: complete, and their examples show what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.cli.session import library
from checker.elaborate.codes import MEANING_CODES
from checker.load import load
from checker.steps.codes import STEP_CODES
from grammar.codes import CodeInfo
from grammar.diagnostics import Diagnostic

ROOT = Path(__file__).resolve().parents[3]
CODES = (*MEANING_CODES, *STEP_CODES)
SHOWN_BY_THE_COMMAND_LINE_ONLY = ["K111", "K112", "K113"]


def diagnostics_of(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    file = folder / "example.k42"
    file.write_text(text, encoding="utf-8")
    return load(file, {}, library())[1]


def examples() -> list[object]:
    return [pytest.param(info, id=info.code) for info in CODES if info.wrong]


def test_every_code_in_use_is_explained() -> None:
    used = {
        code
        for folder in ("elaborate", "steps")
        for path in (ROOT / "checker" / folder).glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"(K\d{3})"', path.read_text(encoding="utf-8"))
    }
    explained = [info.code for info in CODES]
    assert used <= set(explained)
    assert explained == sorted(set(explained))


def test_codes_without_an_example_are_few() -> None:
    assert [info.code for info in CODES if not info.wrong] == SHOWN_BY_THE_COMMAND_LINE_ONLY


@pytest.mark.parametrize("info", examples())
def test_the_wrong_example_has_that_mistake_and_no_other(info: CodeInfo, tmp_path: Path) -> None:
    assert {each.code for each in diagnostics_of(info.wrong, tmp_path)} == {info.code}


@pytest.mark.parametrize("info", examples())
def test_the_right_example_has_no_mistake(info: CodeInfo, tmp_path: Path) -> None:
    assert [each.code for each in diagnostics_of(info.right, tmp_path)] == []


@pytest.mark.parametrize("info", examples())
def test_the_mistake_is_told_with_a_place(info: CodeInfo, tmp_path: Path) -> None:
    for each in diagnostics_of(info.wrong, tmp_path):
        assert each.span is not None
        assert info.wrong[each.span.start : each.span.end].strip()
