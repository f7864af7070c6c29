"""The gallery of defects shows every defect, as it is today."""

from __future__ import annotations

import pytest

from tests.support.gallery import FOLDER, Entry, entries, page, sections_of, shown

ENTRIES = entries()
QUICK = ("request-count-rc-2", "locks-test-and-set-broken")
"""Entries that are made anew on every run; the others by the slow tests."""
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")


def _parameter(entry: Entry) -> object:
    marks = [] if entry.name.startswith(QUICK) else [pytest.mark.slow]
    return pytest.param(entry, id=entry.name, marks=marks)


def test_every_defect_has_a_section_and_a_picture_and_nothing_else_has() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert list(sections_of(PAGE)) == names
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(names)
    assert page(sections_of(PAGE)) == PAGE


def test_each_section_says_what_it_is_and_how_it_is_repaired() -> None:
    for name, section in sections_of(PAGE).items():
        paragraphs = section.split("\n\n")
        assert len(paragraphs[1]) > 40, name
        diff = section.partition("```diff\n")[2].partition("\n```")[0]
        assert any(line.startswith(("+", "-")) for line in diff.splitlines()), name


@pytest.mark.parametrize("entry", [_parameter(entry) for entry in ENTRIES])
def test_the_page_shows_what_the_checker_finds(entry: Entry) -> None:
    made = shown(entry)
    remedy = "`make gallery` makes the page anew"
    assert sections_of(PAGE)[entry.name].rstrip() == made.section.rstrip(), remedy
    picture = FOLDER / f"{entry.name}.svg"
    assert picture.read_text(encoding="utf-8") == made.picture, remedy
