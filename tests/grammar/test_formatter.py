"""The layout of texts: what is set how, and that nothing is ever lost."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grammar import syntax
from grammar.formatter import format_source
from grammar.parser import tokenize
from grammar.printer import print_specification
from grammar.source import SourceFile
from tests.grammar.texts import SPECIFICATIONS, diagnose, specification
from tests.support.syntax_strategies import specifications

SHIPPED = [path.read_text(encoding="utf-8") for path in SPECIFICATIONS]

LONG = "a" * 28  # three fit on a line of 100, and four do not

# What stands below `spec test`, and how it is set.
CASES: list[tuple[str, str]] = [
    ("var  x :T=1", "var x: T = 1"),
    ("process p{skip}", "process p { skip }"),
    ("process p {\nskip }", "process p {\n  skip\n}"),
    ("process p { skip skip }", "process p {\n  skip\n  skip\n}"),
    ("process p {}", "process p { }"),
    ("process p {\n\n\nskip\n\n\n\nskip\n\n}", "process p {\n  skip\n\n  skip\n}"),
    (
        "process p {\nif a { skip }\nelse\n{ skip } }",
        "process p {\n  if a { skip } else { skip }\n}",
    ),
    ("process p { if a { skip }\nelse { skip } }", "process p {\n  if a { skip } else { skip }\n}"),
    ("process p { if a { skip } else { skip } }", "process p { if a { skip } else { skip } }"),
    (
        "process p {\natomic a := b\natomic { a := b } }",
        "process p {\n  atomic a := b\n  atomic { a := b }\n}",
    ),
    ("process p {\nif a { } else if b { } }", "process p {\n  if a { } else if b { }\n}"),
    ("process p {\nif a { } else { if b { } } }", "process p {\n  if a { } else { if b { } }\n}"),
    ("invariant i : (a)and((b))", "invariant i: (a) and ((b))"),
    ("invariant i:\na", "invariant i:\n  a"),
    ("invariant i: a\nand b", "invariant i:\n  a\n  and b"),
    ("invariant i: a and\nb and c", "invariant i:\n  a\n  and b\n  and c"),
    ("invariant i: forall x: T.\na", "invariant i:\n  forall x: T.\n    a"),
    ("invariant i: f(a,\nb)", "invariant i: f(a, b)"),
    ("const N = 1_000", "const N = 1_000"),
    ("enum E {\na, b }", "enum E {\n  a,\n  b\n}"),
    ("enum E {\na, b, }", "enum E {\n  a,\n  b,\n}"),
    ("enum E { a,\tb }", "enum E {\n  a,\n  b\n}".replace("\n  a,\n  b\n", " a, b ")),
    ("action a() requires b { }", "action a() requires b { }"),
    ("action a()\nrequires b { skip }", "action a()\n  requires b\n{ skip }"),
    ('import "a.k42"as M( N=1 )', 'import "a.k42" as M(N = 1)'),
    ("import a.b as b", "import a.b as b"),
    ("import a.b", "import a.b"),
    # What does not fit behind its sign stands below it; brackets open if it does not fit there.
    (f"invariant i: f({LONG}, {LONG}, {LONG}, b)", f"invariant i:\n  f({LONG}, {LONG}, {LONG}, b)"),
    (
        f"invariant i: f({LONG}, {LONG}, {LONG}, {LONG})",
        f"invariant i: f(\n  {LONG},\n  {LONG},\n  {LONG},\n  {LONG}\n)",
    ),
    (f"invariant i: {LONG} and {LONG} and {LONG}", f"invariant i:\n  {LONG} and {LONG} and {LONG}"),
    (
        f"invariant i: {LONG} or {LONG} and {LONG} or bb",
        f"invariant i:\n  {LONG}\n  or {LONG} and {LONG}\n  or bb",
    ),
    (
        f"function f(): bool = {{{LONG} for {LONG}: T where bbbbbbbb}}",
        f"function f(): bool =\n  {{{LONG} for {LONG}: T where bbbbbbbb}}",
    ),
    (
        f"function f(): bool = {{{LONG} for {LONG}: T where {LONG}}}",
        f"function f(): bool = {{\n  {LONG}\n  for {LONG}: T\n    where {LONG}\n}}",
    ),
]

# Comments stay where they are.
COMMENTED = """\
/// Before.
spec test  // after the name

// alone

/// One.
var a: T      // aligned
var bb: set of T  // with the next
// before a process

process p {  // behind a brace
  // first

  // second
  skip  // behind a statement

  if a
      // inside
      and b {
    // before an end
  } else {
    skip
  }
  // at the end
}

enum E {
  a,  // one
  b  // two
}

invariant i:  // behind a sign
  a
  // between
  and b
// last
"""


@pytest.mark.parametrize(("text", "formatted"), CASES)
def test_text_is_set(text: str, formatted: str) -> None:
    source = SourceFile("test.k42", f"spec test\n\n{text}\n")
    assert format_source(source) == f"spec test\n\n{formatted}\n"


def test_comments_stay_where_they_are() -> None:
    assert format_source(SourceFile("test.k42", COMMENTED)) == COMMENTED


def test_text_with_mistakes_is_left_alone() -> None:
    text = "spec   test\nvar x = )\n"
    assert format_source(SourceFile("test.k42", text)) == text


def test_line_ends_are_made_uniform() -> None:
    source = SourceFile("test.k42", "spec test  \r\n\r\nvar x: T // c \r\n\r\n\r\n")
    assert format_source(source) == "spec test\n\nvar x: T // c\n"


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.stem)
def test_shipped_specification_is_kept(path: object) -> None:
    check_kept(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]


@given(tree=specifications(2), seed=st.integers(0, 999), rate=st.sampled_from([0.02, 0.1, 0.5]))
@settings(max_examples=40)
def test_everything_is_kept(tree: syntax.Specification, seed: int, rate: float) -> None:
    text = print_specification(tree)
    assert format_source(SourceFile("test.k42", text)) == text
    check_kept(sprinkled(text, Random(seed), rate))


@given(text=st.sampled_from(SHIPPED), seed=st.integers(0, 999))
@settings(max_examples=25)
def test_comments_anywhere_are_kept(text: str, seed: int) -> None:
    check_kept(sprinkled(text, Random(seed), 0.1))


def check_kept(text: str) -> None:
    """Asserts that formatting keeps tree and comments, is idempotent and leaves tidy lines."""
    once = format_source(SourceFile("test.k42", text))
    assert diagnose(once)[0] == specification(text)
    assert comments(once) == comments(text)
    assert format_source(SourceFile("test.k42", once)) == once
    assert [line for line in once.split("\n") if line != line.rstrip()] == []
    assert "\n\n\n" not in once
    assert once.endswith("\n")


def comments(text: str) -> list[str]:
    """Lists the comments of a text without the blanks at their ends."""
    without_strings = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    return [found.rstrip() for found in re.findall(r"//[^\n]*", without_strings)]


def sprinkled(text: str, random: Random, rate: float) -> str:
    """Puts comments and empty lines between tokens, wherever blanks may stand."""
    pieces: list[str] = []
    end = 0
    for token in tokenize(SourceFile("test.k42", text)):
        gap = text[end : token.start]
        may_change = bool(pieces) and not pieces[-1].endswith((".", "/"))
        if may_change and random.random() < rate:
            gap += random.choice(
                [
                    f"  // {end}\n",
                    f"\n  // {end}\n",
                    f"\n\n// {end}\n\n",
                    f"// {end}\n// again\n",
                    f"\n\n///{end}\n\n   ///again  \n",
                    "\n \n\n",
                ]
            )
        pieces += [gap, token.text]
        end = token.end
    return "".join(pieces)
