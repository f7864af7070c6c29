"""Parse trees to the nodes of types and expressions; see `grammar.build`.

A tree is named after its rule or alias in `k42.lark`, and its children are trees, tokens (strings)
and None for what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from grammar import syntax
from grammar.diagnostics import Collector
from grammar.source import SourceFile, Span

_ESCAPES: Final = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


class Place(Protocol):
    """Where a tree stands, in character offsets."""

    start_pos: int
    end_pos: int


class Tree(Protocol):
    """A parse tree."""

    data: str
    children: list[Any]

    @property
    def meta(self) -> Place:
        """Its place in the text."""


@dataclass(frozen=True, slots=True)
class TermBuilder:
    """Makes the types and expressions of one file."""

    source: SourceFile
    collector: Collector

    # --- names ------------------------------------------------------------------------------------

    def _span(self, tree: Tree) -> Span:
        return Span(self.source, tree.meta.start_pos, tree.meta.end_pos)

    def _token_span(self, token: Any) -> Span:
        return Span(self.source, token.start_pos, token.end_pos)

    def _name(self, token: Any) -> syntax.Name:
        return syntax.Name(str(token), span=self._token_span(token))

    def _path(self, tree: Tree) -> syntax.Path:
        return syntax.Path(tuple(map(self._name, tree.children)), span=self._span(tree))

    def _string(self, token: Any) -> str:
        pieces = str(token)[1:-1].split("\\")
        result = pieces[0]
        rest = iter(pieces[1:])
        for piece in rest:
            if piece == "":  # an escaped backslash splits into two pieces
                result += "\\" + next(rest, "")
            elif piece[0] in _ESCAPES:
                result += _ESCAPES[piece[0]] + piece[1:]
            else:
                self.collector.error(
                    "K008",
                    self._token_span(token),
                    f"`\\{piece[0]}` means nothing in a string",
                    remedy='a string knows \\", \\\\, \\n and \\t',
                )
        return result

    # --- types ------------------------------------------------------------------------------------

    def _type(self, tree: Tree) -> syntax.TypeExpr:
        span = self._span(tree)
        children = tree.children
        match tree.data:
            case "bool_type":
                return syntax.BoolTypeExpr(span=span)
            case "int_type":
                return syntax.IntTypeExpr(span=span)
            case "named":
                return syntax.NamedTypeExpr(self._named(tree), span=span)
            case "range_type":
                low, high = map(self._expression, children)
                return syntax.RangeTypeExpr(low, high, span=span)
            case "mod_type":
                return syntax.ModTypeExpr(self._expression(children[0]), span=span)
            case "option_type":
                return syntax.OptionTypeExpr(self._type(children[0]), span=span)
            case "map_type":
                key, value = map(self._type, children)
                return syntax.MapTypeExpr(key, value, span=span)
            case "set_type":
                return syntax.SetTypeExpr(self._type(children[0]), span=span)
            case "seq_type":
                bound, element = children
                return syntax.SeqTypeExpr(self._expression(bound), self._type(element), span=span)
            case "tuple_type":
                elements = tuple(map(self._type, children[0].children))
                return syntax.TupleTypeExpr(elements, span=span)
            case "group":
                return replace(self._type(children[0]), span=span)
            case other:
                raise AssertionError(f"no type is made from `{other}`")

    def _named(self, tree: Tree) -> syntax.Path:
        while tree.data == "named":
            tree = tree.children[0]
        return self._path(tree)

    def _optional_type(self, tree: Tree | None) -> syntax.TypeExpr | None:
        return None if tree is None else self._type(tree)

    # --- expressions ------------------------------------------------------------------------------

    def _expressions(self, tree: Tree | None) -> tuple[syntax.Expr, ...]:
        return () if tree is None else tuple(map(self._expression, tree.children))

    def _optional(self, tree: Tree | None) -> syntax.Expr | None:
        return None if tree is None else self._expression(tree)

    def _number(self, token: Any) -> int:
        return int(str(token).replace("_", ""))

    def _expression(self, tree: Tree) -> syntax.Expr:
        span = self._span(tree)
        children = tree.children
        match tree.data:
            case "name":
                return syntax.NameRef(str(children[0]), span=span)
            case "number":
                return syntax.IntLit(self._number(children[0]), span=span)
            case "binary":
                left, operator, right = children
                return syntax.Binary(
                    str(operator), self._expression(left), self._expression(right), span=span
                )
            case "not_in":
                left, _not, _in, right = children
                return syntax.Binary(
                    "not in", self._expression(left), self._expression(right), span=span
                )
            case "unary":
                operator, operand = children
                return syntax.Unary(str(operator), self._expression(operand), span=span)
            case "group":
                return replace(self._expression(children[0]), span=span)
            case "true" | "false":
                return syntax.BoolLit(tree.data == "true", span=span)
            case "none":
                return syntax.NoneLit(span=span)
            case "any":
                return syntax.AnyLit(span=span)
            case "self":
                return syntax.SelfRef(span=span)
            case "named":
                return replace(self._reference(self._named(tree)), span=span)
            case "range":
                low, high = map(self._expression, children)
                return syntax.RangeExpr(low, high, span=span)
            case "at":
                process, place = children
                return syntax.At(self._expression(process), self._path(place), span=span)
            case "taken":
                _word, action, taken_at = children
                return syntax.Taken(
                    self._expression(action),
                    None if taken_at is None else self._path(taken_at),
                    span=span,
                )
            case "old":
                return syntax.Old(self._expression(children[0]), span=span)
            case "member" | "component" | "index" | "call":
                return self._suffixed(tree, span)
            case "quantified" | "conditional" | "let_in" | "temporal":
                return self._open(tree, span)
            case _:
                return self._bracketed(tree, span)

    def _reference(self, path: syntax.Path) -> syntax.Expr:
        """Read a path as an expression, in the bounds of a type."""
        first, *rest = path.parts
        result: syntax.Expr = syntax.NameRef(first.text, span=first.span)
        for part in rest:
            result = syntax.FieldAccess(result, part, span=first.span.to(part.span))
        return result

    def _suffixed(self, tree: Tree, span: Span) -> syntax.Expr:
        base, suffix = tree.children
        match tree.data:
            case "member":
                return syntax.FieldAccess(self._expression(base), self._name(suffix), span=span)
            case "component":
                return syntax.TupleAccess(self._expression(base), self._number(suffix), span=span)
            case "index":
                return syntax.IndexAccess(
                    self._expression(base), self._expression(suffix), span=span
                )
            case _:
                return self._call(tree)

    def _call(self, tree: Tree) -> syntax.Call:
        callee, arguments = tree.children
        return syntax.Call(
            self._expression(callee),
            tuple(map(self._argument, arguments.children if arguments else ())),
            span=self._span(tree),
        )

    def _argument(self, tree: Tree) -> syntax.Argument:
        name, value = tree.children
        return syntax.Argument(
            None if name is None else self._name(name),
            self._expression(value),
            span=self._span(tree),
        )

    def _open(self, tree: Tree, span: Span) -> syntax.Expr:
        children = tree.children
        match tree.data:
            case "quantified":
                kind, binder, condition, body = children
                return syntax.Quantified(
                    str(kind),
                    self._binder(binder),
                    self._optional(condition),
                    self._expression(body),
                    span=span,
                )
            case "conditional":
                condition, then, otherwise = map(self._expression, children)
                return syntax.Conditional(condition, then, otherwise, span=span)
            case "temporal":
                operator, operand = children
                return syntax.Temporal(str(operator), self._expression(operand), span=span)
            case _:
                name, value, body = children
                return syntax.LetIn(
                    self._name(name),
                    self._expression(value),
                    self._expression(body),
                    span=span,
                )

    def _binder(self, tree: Tree) -> syntax.Binder:
        names, domain = tree.children
        is_typed = tree.data == "typed_binder"
        return syntax.Binder(
            tuple(map(self._name, names.children)),
            self._type(domain) if is_typed else None,
            None if is_typed else self._expression(domain),
            span=self._span(tree),
        )

    def _bracketed(self, tree: Tree, span: Span) -> syntax.Expr:
        children = tree.children
        match tree.data:
            case "tuple":
                return syntax.TupleLit(tuple(map(self._expression, children)), span=span)
            case "set":
                return syntax.SetLit(self._expressions(children[0]), span=span)
            case "sequence":
                return syntax.SeqLit(self._expressions(children[0]), span=span)
            case "comprehension":
                element, binder, condition = children
                return syntax.SetComprehension(
                    self._expression(element),
                    self._binder(binder),
                    self._optional(condition),
                    span=span,
                )
            case "typed_selection":
                names, domain, condition = children
                binder = syntax.Binder(
                    self._selected(self._expressions(names)),
                    self._type(domain),
                    None,
                    span=self._span(names).to(self._span(domain)),
                )
                return syntax.SetComprehension(None, binder, self._optional(condition), span=span)
            case "set_selection":
                return self._set_selection(tree, span)
            case "map":
                name, domain, value = children
                binder = syntax.Binder(
                    (self._name(name),),
                    self._type(domain),
                    None,
                    span=self._token_span(name).to(self._span(domain)),
                )
                return syntax.MapComprehension(binder, self._expression(value), span=span)
            case other:
                raise AssertionError(f"no expression is made from `{other}`")

    def _set_selection(self, tree: Tree, span: Span) -> syntax.Expr:
        """`{x in s where p}`: what stands before `where` was read as an expression."""
        names, condition = tree.children
        *others, last = self._expressions(names)
        match last:
            case syntax.Binary("in", first, domain) if first.span.start == last.span.start:
                binder = syntax.Binder(
                    self._selected((*others, first)), None, domain, span=self._span(names)
                )
            case _:
                self._not_a_binder(self._span(names))
                binder = syntax.Binder((), None, last, span=self._span(names))
        return syntax.SetComprehension(None, binder, self._expression(condition), span=span)

    def _selected(self, expressions: Sequence[syntax.Expr]) -> tuple[syntax.Name, ...]:
        names = []
        for expression in expressions:
            match expression:
                case syntax.NameRef(text) if expression.span.text == text:
                    names.append(syntax.Name(text, span=expression.span))
                case _:
                    self._not_a_binder(expression.span)
        return tuple(names)

    def _not_a_binder(self, span: Span) -> None:
        self.collector.error(
            "K022",
            span,
            "a selection begins with plain names",
            remedy="write `{x: T where p}`, `{x in s where p}` or `{e for x: T where p}`",
        )
