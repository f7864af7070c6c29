from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.report.cells import clip, flat, pad, width, wrap

# Text with blanks, wide, combining and control characters.
texts = st.text(alphabet="ab \t\x07é\u0301漢ｆ", max_size=40)


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("é", 1), ("e\u0301", 1), ("漢字", 4), ("ｆ", 2), ("\u200b", 0)],
)
def test_width_counts_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\tb", "a   b"), ("\tb", "    b"), ("漢\tb", "漢  b"), ("a\x07b", "a\\x07b")],
)
def test_tabs_and_control_characters_become_visible(text: str, shown: str) -> None:
    assert flat(text) == shown


def test_clip_keeps_what_fits() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abc..."
    assert clip("漢字漢字", 6) == "漢..."


@given(texts, st.integers(12, 30))
def test_no_line_is_too_wide_and_no_word_is_lost(text: str, cells: int) -> None:
    lines = wrap(flat(text), cells)
    assert all(width(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(flat(text).split(" ")).strip()


@given(texts, st.integers(0, 30))
def test_pad_fills_up(text: str, cells: int) -> None:
    assert width(pad(flat(text), cells)) == max(width(flat(text)), cells)
