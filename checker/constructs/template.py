"""Declarations from text: what the lowering adds is written in the language itself.

A template is a text with *holes*, names that stand for trees: `expression`, `type` and `block` make
one. So generated code reads like code, and what the author wrote keeps its place in the author's
file. The text itself, with the holes printed out, is a source of its own, which traces and messages
quote; as its place they tell that of the construct it was generated for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from textwrap import dedent

from checker.constructs.trees import respanned, rewritten
from grammar import syntax
from grammar.diagnostics import Collector
from grammar.kept import syntax_of
from grammar.printer import print_expression, print_type
from grammar.source import SourceFile, Span


@dataclass(slots=True)
class Template:
    """The holes of one generated text.

    Attributes:
        title: what the text is called in messages: the construct, as in `check Counter`.
        origin: the place of the construct.
    """

    title: str
    origin: Span
    _holes: dict[str, syntax.Node] = field(default_factory=dict)
    _shown: dict[str, str] = field(default_factory=dict)

    def expression(self, node: syntax.Expr) -> str:
        """Return the name that stands for an expression."""
        return self._hole(node, print_expression(node))

    def type(self, node: syntax.TypeExpr) -> str:
        """Return the name that stands for a type."""
        return self._hole(node, print_type(node))

    def block(self, node: syntax.Block) -> str:
        """Return the statement that stands for a block."""
        return f"{self._hole(node, '...')}()"

    def _hole(self, node: syntax.Node, shown: str) -> str:
        name = f"hole_{len(self._holes)}_"
        self._holes[name] = node
        self._shown[name] = shown
        return name

    def declarations(self, text: str) -> tuple[syntax.Decl, ...]:
        """Return the declarations of a text, its holes filled."""
        text = f"spec generated\n{dedent(text)}"
        collector = Collector()
        specification = syntax_of(SourceFile(self.title, text, self.origin), collector)
        assert specification is not None, (text, collector.sorted())
        source = SourceFile(self.title, "", self.origin)
        printed = respanned(specification, _Printed(source, text, self._shown).span)
        return rewritten(printed, self._fill).declarations

    def _fill(self, node: syntax.Node) -> syntax.Node | None:
        match node:
            case syntax.NameRef(name):
                return self._holes.get(name)
            case syntax.NamedTypeExpr(syntax.Path((only,))):
                return self._holes.get(only.text)
            case syntax.CallStmt(syntax.Call(syntax.NameRef(name), ())):
                return self._holes.get(name)
            case _:
                return None


class _Printed:
    """A text with its holes printed out, and where each place of the text is in it."""

    def __init__(self, empty: SourceFile, text: str, shown: dict[str, str]) -> None:
        pieces: list[str] = []
        self._moves: list[tuple[int, int]] = []  # from this offset on, places move by so much
        end = 0
        for hole in re.finditer(r"hole_\d+_", text):
            pieces += [text[end : hole.start()], shown[hole.group()]]
            end = hole.end()
            before = self._moves[-1][1] if self._moves else 0
            self._moves.append((end, before + len(shown[hole.group()]) - len(hole.group())))
        pieces.append(text[end:])
        self._source = replace(empty, text="".join(pieces))

    def span(self, span: Span) -> Span:
        """Return the place of what stands at a place of the text with holes."""
        return Span(self._source, self._moved(span.start), self._moved(span.end))

    def _moved(self, offset: int) -> int:
        return offset + next((by for at, by in reversed(self._moves) if at <= offset), 0)
