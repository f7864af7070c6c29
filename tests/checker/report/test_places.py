from __future__ import annotations

import pytest

from checker.report.places import line_of, statement_at
from grammar.source import SourceFile, Span


def span(line: str, part: str) -> Span:
    source = SourceFile("x.k42", f"spec x\n{line}\n")
    start = source.text.index(part, len("spec x\n"))
    return Span(source, start, start + len(part))


@pytest.mark.parametrize(
    ("line", "part", "shown"),
    [
        ("  taken := true     // comment", "taken := true", "taken := true"),
        ("  let pred = swap(tail, self)  // one step", "swap(tail, self)",
         "let pred = swap(tail, self)"),
        ("  pred := swap(tail, self)", "swap(tail, self)", "pred := swap(tail, self)"),
        ("  critical: skip", "skip", "critical: skip"),
        ("  l: x := true  y := false", "x := true", "l: x := true"),
        ("  l: x := true  y := false", "y := false", "y := false"),
        ("  if cas(tail, self, none) { return }", "cas(tail, self, none)",
         "if cas(tail, self, none) { return }"),
        ("  } else if not test_and_set(x) {", "test_and_set(x)", "else if not test_and_set(x) {"),
        ("  if not test_and_set(x) { y := 1 }", "y := 1", "y := 1"),
        ("  while x {", "while x {\n", "while x {"),
        ("  loop { x := 1 }", "x := 1", "x := 1"),
        ("  atomic { await x  y := 1 }  z := 2", "atomic { await x  y := 1 }",
         "atomic { await x  y := 1 }"),
        ('  assert x, "see // there"', 'assert x, "see // there"', 'assert x, "see // there"'),
        ("  return p(x)", "p(x)", "return p(x)"),
        ("\tx := 1", "x := 1", "x := 1"),
    ],
)  # fmt: skip
def test_the_statement_around_a_place(line: str, part: str, shown: str) -> None:
    assert statement_at(span(line, part)) == shown


def test_an_atomic_block_is_one_line() -> None:
    text = "atomic { // both\n    await x\n\n    y := 1 // now\n  }"
    source = SourceFile("x.k42", f"spec x\nprocess p {{\n  {text}\n}}\n")
    start = source.text.index(text)
    site = Span(source, start, start + len(text))
    assert statement_at(site) == "atomic { await x  y := 1 }"


def test_places_in_other_files_carry_their_name() -> None:
    place = span("x := 1", "x := 1")
    assert line_of(place, "x.k42") == "2"
    assert line_of(place, "spec/x.k42") == "x.k42:2"
