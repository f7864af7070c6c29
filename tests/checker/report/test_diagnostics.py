from __future__ import annotations

import pytest

from checker.report.diagnostics import excerpt, render_diagnostics, summary
from checker.report.ink import Ink
from grammar.diagnostics import Diagnostic, Note, Severity
from grammar.source import SourceFile, Span

SOURCE = SourceFile("swap.k42", "spec swap\n\tlet 漢字 = table[cpu] // é\nend\n")
INK = Ink(100)


def span(text: str, source: SourceFile = SOURCE) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def rendered(*diagnostics: Diagnostic, ink: Ink = INK) -> list[str]:
    return render_diagnostics(diagnostics, ink).splitlines()


def test_shape() -> None:
    diagnostic = Diagnostic(
        "K112",
        Severity.ERROR,
        span("table[cpu]"),
        "action `finish` changes `table`, declared unchanged",
        (Note(span("swap"), "declared here"),),
        "remove `table` from the list",
    )
    assert rendered(diagnostic) == [
        "swap.k42:2:11: error K112: action `finish` changes `table`, declared unchanged",
        "    2 |     let 漢字 = table[cpu] // é",
        "      |                ^^^^^^^^^^",
        " note: swap.k42:1:6: declared here",
        "  fix: remove `table` from the list               more: k42 explain K112",
    ]


def test_without_place_and_remedy() -> None:
    diagnostic = Diagnostic("K301", Severity.WARNING, None, "nothing to point at")
    assert rendered(diagnostic) == [
        "warning K301: nothing to point at",
        " more: k42 explain K301",
    ]


def test_long_remedy_is_wrapped() -> None:
    remedy = "write the name of the constant, an equals sign, and the value without blanks"
    lines = rendered(Diagnostic("K301", Severity.ERROR, None, "no", remedy=remedy), ink=Ink(60))
    assert lines[1:] == [
        "  fix: write the name of the constant, an equals sign, and",
        "       the value without blanks",
        " more: k42 explain K301",
    ]


@pytest.mark.parametrize(
    ("text", "marked", "carets"),
    [
        ("a b c", "b", "  ^"),
        ("\tx := y", "x", "    ^"),
        ("漢 := 字", "字", "      ^^"),
        ("e\u0301 := y", "y", "     ^"),
    ],
)
def test_carets_stand_below_the_cells(text: str, marked: str, carets: str) -> None:
    lines = excerpt(span(marked, SourceFile("x.k42", text)), INK)
    assert lines[1] == f"      | {carets}"


def test_end_of_text_and_lines() -> None:
    source = SourceFile("x.k42", "spec x\nab\n")
    assert excerpt(Span(source, 9, 9), INK) == ["    2 | ab", "      |   ^"]
    assert excerpt(Span(source, 10, 10), INK) == ["    3 |", "      | ^"]
    assert excerpt(Span(source, 5, 9), INK) == ["    1 | spec x", "      |      ^"]


def test_windows_line_ends() -> None:
    source = SourceFile("x.k42", "spec x\r\nab\r\n")
    assert excerpt(Span(source, 5, 10), INK) == ["    1 | spec x", "      |      ^"]


@pytest.mark.parametrize("start", [0, 40, 100, 190])
def test_long_line_is_cut_around_the_mark(start: int) -> None:
    text = "".join(f"{number:03}." for number in range(50))
    source = SourceFile("x.k42", text)
    shown, carets = excerpt(Span(source, start, start + 3), Ink(60))
    assert len(shown) <= 60
    at = carets.index("^")
    assert shown[at : at + 3] == text[start : start + 3]


def test_colour_changes_nothing_else() -> None:
    import re

    diagnostic = Diagnostic("K112", Severity.ERROR, span("cpu"), "bad", remedy="good")
    coloured = rendered(diagnostic, ink=Ink(100, has_colour=True))
    assert [re.sub("\x1b\\[[0-9;]*m", "", line) for line in coloured] == rendered(diagnostic)
    assert coloured != rendered(diagnostic)


@pytest.mark.parametrize(
    ("severities", "text"),
    [("", ""), ("e", "1 error"), ("eww", "1 error, 2 warnings"), ("w", "1 warning")],
)
def test_summary(severities: str, text: str) -> None:
    kinds = {"e": Severity.ERROR, "w": Severity.WARNING}
    found = [Diagnostic("K001", kinds[s], None, "x") for s in severities]
    assert summary(found) == text
