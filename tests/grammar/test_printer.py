"""Syntax to text: as few parentheses as possible, and the same tree when read again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from grammar import syntax
from grammar.printer import (
    print_expression,
    print_specification,
    print_statement,
    print_type,
)
from tests.grammar.texts import (
    SPECIFICATIONS,
    diagnose,
    expression,
    specification,
    statement,
    type_,
)
from tests.support.syntax_strategies import expressions, specifications

# Printed as they are: no pair of parentheses is superfluous, none is missing.
EXPRESSIONS = [
    "a and b or c",
    "a and (b or c)",
    "a -> b -> c",
    "(a -> b) -> c",
    "(a <-> b) <-> c",
    "a - b - c",
    "a - (b - c)",
    "(a < b) = c",
    "not a = b",
    "(not a) = b",
    "not (a and b)",
    "-a * b",
    "-(a * b)",
    "a + b..c",
    "(a at b) = c",
    "a.b[c](d).0",
    "(a + b).c",
    "(a, b).0",
    "{a}(b)",
    "a and forall x: T. b and c",
    "(forall x: T. b) and c",
    "a + (sum x: T. b) + c",
    "not forall x: T. a",
    "if a then b else c and d",
    "(if a then b else c) and d",
    "if if a then b else c then d else e",
    "let x = a and b in c in d",
    "let x = (a in b) in c",
    "let x = {a in b} in c",
    "let x = f(a in b) in c",
    "let x = forall y in s. (y in a) in c",
    "f((a = b))",
    "f((a = b and c))",
    "f(a.b = c)",
    "f(a = b)",
    "[x: T => a -> b]",
    "{x in (a or b) where c}",
    "{x: T where a}",
    "{a for x in s where b}",
    "forall x in a or b. c",
    "a not in b",
    "not a in b",
    "[]",
    "{}",
    "old(a) and self = none",
]

TYPES = [
    "[Cpu] Cpu?",
    "([Cpu] Cpu)?",
    "set of [T] bool",
    "(set of T)?",
    "seq[N + 1] of set of T",
    "(0..N - 1)?",
    "(a + b) * 2..-1",
    "mod 2 * N",
    "tuple(A, [B] C)",
    "T??",
]

STATEMENTS = [
    "a := b",
    "a, b.c[d] := 1, 2",
    "a.b(c = d)",
    "let x = let y = a in b",
    "atomic {\n  a := b\n}",
    "if a {\n  skip\n} else if b { } else {\n  skip\n}",
    "either { } or {\n  return\n}",
    "label: for x in s { }",
    'assert a, "b \\"c\\"\\\\\\n"',
    "{ }",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expression_keeps_its_parentheses(text: str) -> None:
    assert print_expression(expression(text)) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("((a))", "a"),
        ("(a and b) or c", "a and b or c"),
        ("f((a) = b)", "f((a = b))"),
        ("f(a = (b = c))", "f(a = b = c)"),
        ("(a + b)..c", "a + b..c"),
        ("(a..b) at c", "a..b at c"),
        ("a + (b * c)", "a + b * c"),
        ("forall x: T. (a -> b)", "forall x: T. a -> b"),
        ("1_000", "1000"),
        ("a and (not (b))", "a and not b"),
    ],
)
def test_expression_loses_superfluous_parentheses(text: str, printed: str) -> None:
    assert print_expression(expression(text)) == printed


@pytest.mark.parametrize("text", TYPES)
def test_type_keeps_its_parentheses(text: str) -> None:
    assert print_type(type_(text)) == text


@pytest.mark.parametrize("text", STATEMENTS)
def test_statement_is_printed(text: str) -> None:
    assert print_statement(statement(text)) == text


def test_documentation_is_printed() -> None:
    text = "spec test\n/// The file.\n\n/// One\n///\n/// two.\nvar a: T\n"
    assert print_specification(specification(text)) == text


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.stem)
def test_shipped_specification_survives_printing(path: object) -> None:
    tree = specification(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert specification(print_specification(tree)) == tree


@given(tree=specifications())
@settings(max_examples=60)
def test_printed_tree_is_read_as_the_same(tree: syntax.Specification) -> None:
    text = print_specification(tree)
    again, found = diagnose(text)
    assert [d.message for d in found] == []
    assert again == tree


@given(tree=expressions())
@settings(max_examples=150)
def test_printed_expression_is_read_as_the_same(tree: syntax.Expr) -> None:
    text = print_expression(tree)
    assert "\n" not in text
    assert expression(text) == tree
