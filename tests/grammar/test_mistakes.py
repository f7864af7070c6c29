"""Syntax errors: what is said of each, where, and how many of them one run finds."""

from __future__ import annotations

import pytest

from grammar.diagnostics import Diagnostic
from grammar.expectations import expectation
from tests.grammar.texts import diagnose

IN_CODE = "spec test\nprocess p {\n%s\n}\n"
IN_FILE = "spec test\n%s\n"

# Text in a process, place, code and part of the message or remedy.
STATEMENTS: list[tuple[str, str, str, str]] = [
    ("x = 1", "3:3", "K010", "assignment is written `:=`"),
    ("x <- 1", "3:3", "K010", "write `:=`"),
    ("if x := 1 { }", "3:6", "K011", "equality is written `=`"),
    ("let x := 1", "3:7", "K011", "gives its value with `=`"),
    ("await a == b", "3:9", "K012", "equality is written `=`"),
    ("await a <> b", "3:9", "K012", "write `!=`"),
    ("await a && b", "3:9", "K013", "write `and`"),
    ("await a | b", "3:9", "K013", "write `or`"),
    ("await !a", "3:7", "K014", "write `not`"),
    ("skip;", "3:5", "K015", "remove it"),
    ("x += 1", "3:3", "K016", "write `x := x + ...`"),
    ("x++", "3:2", "K016", "write `x := x + 1`"),
    ("turn--", "3:5", "K016", "write `turn := turn - 1`"),
    ("++turn", "3:1", "K016", "write `x := x + 1`"),
    ("--turn", "3:1", "K016", "write `x := x - 1`"),
    ("if a { turn-- }", "3:12", "K016", "there is no `--`"),
    ("for (i = 0; i < 3; i++) { skip }", "3:5", "K018", "for i in 0..N - 1"),
    ("goto done", "3:1", "K024", "`break`"),
    ("int count = 0", "3:1", "K040", "write `var count: 0..N = ...`"),
    ("x := await a", "3:6", "K033", "begins a statement"),
    ("await forall x in s: a", "3:20", "K028", "after a binder stands a dot"),
    ("node->next := x", "3:5", "K032", "selected by a dot: `.next`"),
    ("await |s| > 1", "3:7", "K013", "write `size(x)`"),
    ("s := s | t", "3:8", "K013", "of sets `union`"),
    ("s := s \\ t", "3:8", "K002", "write `minus`"),
    ("seq++", "3:4", "K016", "write `seq := seq + 1`"),
    ("skip /* no */", "3:6", "K017", "begin with `//`"),
    ("for (i, 3) { }", "3:5", "K018", "for i in 0..N - 1"),
    ("for i = 0 { }", "3:7", "K018", "a type or a set"),
    ("if (a { }", "3:7", "K001", "`)`"),
    ("x := (a]", "3:8", "K023", "`(` is closed by `)`"),
    ("whlie a { }", "3:1", "K024", "did you mean `while`?"),
    ("awiat a", "3:1", "K024", "did you mean `await`?"),
    ("elif a { }", "3:1", "K024", "write `else if`"),
    ("wait a", "3:1", "K024", "write `await`"),
    ("step := 1", "3:1", "K025", "a word of the language"),
    ("x := count + 1", "3:6", "K025", "`count` is a word"),
    ("x.type := 1", "3:3", "K025", "`type` is a word"),
    ("var fence: T", "3:5", "K026", "reserved"),
    ("Lock. acquire()", "3:5", "K027", "`.acquire` without a blank"),
    ("await forall x: T.p(x)", "3:18", "K028", "followed by a blank"),
    ("await forall x: T.not p", "3:18", "K028", "followed by a blank"),
    ("await a < b < c", "3:13", "K029", "do not chain"),
    ("await a not in b in c", "3:18", "K029", "do not chain"),
    ("return a\nskip", "3:1", "K030", "`return` ends its block"),
    ("return\nx := 1", "3:1", "K030", "`return` ends its block"),
    ("await forall a: A, b: B. a", "3:18", "K031", "nest them"),
    ("x + 1", "3:3", "K032", "no statement"),
    ("3", "3:1", "K032", "no statement"),
    ("await a = not b", "3:11", "K037", "binds looser"),
    ("if a then b := 1", "3:6", "K038", "has braces, not `then`"),
    ("while a x := 1", "3:9", "K038", "a body stands in braces"),
    ("x := if a {1} else {2}", "3:11", "K038", "if c then a else b"),
    ("x := if a then b", "3:6", "K039", "no `else`"),
    ("x := [y: T -> 1]", "3:12", "K042", "`=>`"),
    ("await a => b", "3:9", "K042", "write `->`"),
    ("x := a +\ny := b", "3:8", "K043", "ends in `+`"),
    ("x := {a b}", "3:9", "K001", "found `b` where an operator, `,`, `:` or `for` was expected"),
    ("x := (a b)", "3:9", "K001", "found `b` where `)` or `,` was expected"),
    ("x y", "3:3", "K001", "found `y`"),
    ("x := )", "3:6", "K023", "`{` is closed by `}`, not by `)`"),
    ("else { }", "3:1", "K001", "found `else` where `}` or a statement was expected"),
    ('x := "text', "3:6", "K003", "not closed on its line"),
    ("x := 0x1F", "3:6", "K004", "decimal digits"),
    ("x := 1__0", "3:6", "K004", "not a number"),
    ("x := a ∧ b", "3:8", "K002", "write `and`"),
    ("x := a § b", "3:8", "K002", "`§` is not used"),
    ("x := a \x00 b", "3:8", "K002", "U+0000"),
    ('assert a, "\\q"', "3:11", "K008", "`\\q` means nothing"),
    ("x := {a + 1: T}", "3:7", "K022", "plain names"),
    ("x := {(a): T}", "3:7", "K022", "plain names"),
    ("x := {a where b}", "3:7", "K022", "plain names"),
]

# Text at the top of a file, and the same.
DECLARATIONS: list[tuple[str, str, str, str]] = [
    ("proces p { }", "2:1", "K024", "did you mean `process`?"),
    ("action a() when x = 0 { }", "2:12", "K024", "write `requires`"),
    ("var y: set of 0..3 = {c: 0..3 | c > 1}", "2:31", "K013", "{x: T where p}"),
    ("struct S { a: T }", "2:1", "K024", "write `record`"),
    ("var type: T", "2:5", "K025", "write `type_`"),
    ("invariant i: a ~> b ~> c", "2:21", "K029", "`~>` does not chain"),
    ("property a = b", "2:1", "K021", "this `property` has no name"),
    ("strong fair refines A with { x = 1 }", "2:1", "K045", "`strong fair refines`"),
    ("refines A by { x = 1 }", "2:11", "K044", "`by` means nothing here"),
    ("rank of p { step a where b shrinks c }", "2:28", "K044", "`shrinks` means nothing here"),
    ("fair x: 0..3", "2:6", "K001", "`action`, `process` or `refines`"),
    ("var x: T := a", "2:10", "K011", "gives its value with `=`"),
    ("var x = 1", "2:5", "K040", "write `var x: T = ...`"),
    ("var x: T[3]", "2:9", "K041", "write `[K] T`"),
    ("procedure p { }", "2:11", "K034", "write `p()`"),
    ("action a requires b { }", "2:8", "K034", "write `a()`"),
    ("x := 1", "2:1", "K033", "stand in procedures, actions and processes"),
    ("while a { }", "2:1", "K033", "stand in procedures, actions and processes"),
    ("object O {\n  const N = 1\n}", "3:3", "K036", "outside of the object"),
    ("spec again", "2:1", "K035", "one `spec` line"),
    ("invariant a = b", "2:1", "K021", "has no name"),
    ('import "a.k42"', "2:1", "K020", "needs a name"),
    ("}", "2:1", "K023", "closes nothing"),
    ("enum E { a b }", "2:12", "K001", "found `b` where `,` or `}` was expected"),
    ("type T = { a }", "2:10", "K001", "found `{` where a type was expected"),
    ("const N bool", "2:9", "K001", "found `bool` where"),
    ("enum E { }", "2:10", "K001", "found `}` where a name was expected"),
    ("process p {\n  loop {\n    skip\n}", "2:11", "K019", "this `{` is not closed"),
    ("process p {\n  skip\ninvariant i: a", "2:11", "K019", "write the missing `}`"),
    ("invariant i: (a", "2:14", "K019", "this `(` is not closed"),
]


def shown(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    assert span is not None
    return f"{span.line}:{span.column} {diagnostic.code} {diagnostic.message} | {diagnostic.remedy}"


def check(text: str, place: str, code: str, part: str) -> None:
    tree, found = diagnose(text)
    assert tree is None
    assert [shown(d)[: len(place) + len(code) + 1] for d in found] == [f"{place} {code}"]
    assert part in shown(found[0])


@pytest.mark.parametrize(("text", "place", "code", "part"), STATEMENTS)
def test_mistake_in_code_is_explained(text: str, place: str, code: str, part: str) -> None:
    check(IN_CODE % text, place, code, part)


@pytest.mark.parametrize(("text", "place", "code", "part"), DECLARATIONS)
def test_mistake_in_file_is_explained(text: str, place: str, code: str, part: str) -> None:
    check(IN_FILE % text, place, code, part)


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("", "1:1", "begins with `spec`"),
        ("var x: T", "1:1", "begins with `spec`"),
        ("// nothing\n", "2:1", "begins with `spec`"),
    ],
)
def test_missing_header_is_explained(text: str, place: str, part: str) -> None:
    check(text, place, "K035", part)


def test_end_of_file_is_named() -> None:
    check("spec", "1:5", "K001", "found the end of the file where a name was expected")


def test_notes_point_at_the_brace_that_closes_too_early() -> None:
    _, (found,) = diagnose(IN_FILE % "process p {\n  loop {\n    skip\n}\ninvariant i: a")
    assert [(note.span.line, note.message) for note in found.notes] == [
        (6, "this declaration begins before it is closed"),
        (5, "this closes the `{` of line 3, which is indented otherwise"),
    ]


@pytest.mark.parametrize("text", ["[] = q", "not [] = q", "[][0]", "[].first", "len([]) = 0"])
def test_an_empty_sequence_is_not_taken_for_always(text: str) -> None:
    tree, found = diagnose(f"spec s\ninvariant i: {text}\n")
    assert tree is not None
    assert not found


@pytest.mark.parametrize("text", ["[] x", "[]<>x", "not [](x = 0)", "[]~x"])
def test_always_is_recognised(text: str) -> None:
    found = diagnose(f"spec s\nproperty p: {text}\n")[1]
    assert found[0].message == "`[]` is written `always`"


# --- several in one run ---------------------------------------------------------------------------


def places(text: str) -> list[str]:
    return [" ".join(shown(d).split()[:2]) for d in diagnose(text)[1]]


def test_every_statement_is_reported() -> None:
    text = "x = 1\ny == 2\nawait !z && y\nz := := 3\nw := (1 2\nu = 2"
    assert places(IN_CODE % text) == [
        "3:3 K010",
        "4:3 K012",
        "5:7 K014",
        "5:10 K013",
        "6:6 K001",
        "7:9 K001",
        "8:3 K010",
    ]


def test_every_declaration_is_reported() -> None:
    text = "var x\nvar y T\nenum E { a b }\nvar z: T = true\nfunction f() = )\nprocess p { x = 1 }"
    assert places(IN_FILE % text) == [
        "2:5 K040",
        "3:5 K040",
        "4:12 K001",
        "6:16 K023",
        "7:15 K010",
    ]


def test_mistake_inside_an_object_leaves_the_rest_readable() -> None:
    text = "object O {\n  var x T\n  procedure p() { y = 1 }\n}\nvar z: T"
    assert places(IN_FILE % text) == ["3:7 K040", "4:21 K010"]


def test_mistake_in_brackets_gives_no_echo_at_their_end() -> None:
    assert places(IN_CODE % "x := f(a b,\n  c)\nskip") == ["3:10 K001"]


def test_mistake_before_a_body_leaves_the_body_readable() -> None:
    text = "if a b { x = 1 } else { y = 2 }\nwhile { z = 3 }"
    assert places(IN_CODE % text) == ["3:6 K001", "3:12 K010", "3:27 K010"]


def test_messages_are_bounded() -> None:
    assert len(diagnose(IN_CODE % ("x = 1\n" * 500))[1]) == 20


# --- words for what was expected ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"COMMA"}, "`,`"),
        ({"COMMA", "RBRACE"}, "`,` or `}`"),
        ({"NAME"}, "a name"),
        ({"NAME", "NUMBER", "NONE", "LPAR"}, "an expression"),
        ({"NAME", "BOOL", "LSQB"}, "a type"),
        ({"SKIP", "NAME", "RBRACE", "LBRACE"}, "`}` or a statement"),
        ({"PROCEDURE", "VAR", "IMPORT", "$END"}, "a declaration"),
        ({"AND", "PLUS", "LSQB", "EQUAL"}, "an operator"),
        ({"AND", "PLUS", "RPAR"}, "`)`"),
        ({"$END"}, "the end of the file"),
    ],
)
def test_expected_kinds_are_put_into_words(kinds: set[str], words: str) -> None:
    assert expectation(frozenset(kinds)) == words
