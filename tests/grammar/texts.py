"""Short ways to parse texts in tests."""

from __future__ import annotations

from pathlib import Path

from grammar import syntax
from grammar.diagnostics import Collector, Diagnostic
from grammar.parser import parse
from grammar.source import SourceFile

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATIONS = tuple(sorted((ROOT / "spec").glob("**/*.k42")))


def diagnose(text: str) -> tuple[syntax.Specification | None, tuple[Diagnostic, ...]]:
    """Parses a whole text."""
    collector = Collector()
    tree = parse(SourceFile("test.k42", text), collector)
    return tree, collector.sorted()


def specification(text: str) -> syntax.Specification:
    """Parses a whole text that has no mistakes."""
    tree, found = diagnose(text)
    assert tree is not None, [f"{d.span}: {d.message}" for d in found]
    return tree


def declaration(text: str) -> syntax.Decl:
    """Parses one declaration."""
    (decl,) = specification(f"spec test\n{text}").declarations
    return decl


def type_(text: str) -> syntax.TypeExpr:
    """Parses a type."""
    decl = declaration(f"type T = {text}")
    assert isinstance(decl, syntax.TypeDecl)
    return decl.type


def expression(text: str) -> syntax.Expr:
    """Parses an expression."""
    decl = declaration(f"invariant test: {text}")
    assert isinstance(decl, syntax.PropertyDecl)
    return decl.expression


def statements(text: str) -> tuple[syntax.Stmt, ...]:
    """Parses the statements of a block."""
    decl = declaration(f"process test {{ {text} }}")
    assert isinstance(decl, syntax.ProcessDecl)
    return decl.body.statements


def statement(text: str) -> syntax.Stmt:
    """Parses one statement."""
    (stmt,) = statements(text)
    return stmt
