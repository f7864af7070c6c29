"""Layout of a text as `k42 fmt` does it: `format_source`.

The syntax tree says what belongs together, `StatementPrinter` where lines may break, and `_Written`
provides the tokens from the text, with the comments between them. So no token and no comment can be
lost or changed: every one is taken in turn, and the last is checked to be the end of the file.

What the author decided is kept where it helps the reader: parentheses, empty lines (one at most),
the line of a single statement in braces, the columns of comments, and lines broken before or after
`and`, `or`, `->` and `<->`, before `requires`, after `=`, `:=` and `:`, and after the dot of a
quantifier. All other breaking and all blanks are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from grammar import syntax
from grammar.diagnostics import Collector
from grammar.layout import NOTHING, Layout, LineEnd, Remark, Text, join, render
from grammar.parser import parse, tokenize
from grammar.print_expressions import Bracketable, ExpressionPrinter
from grammar.printer import StatementPrinter
from grammar.source import SourceFile
from grammar.tokens import END, Comment, Token, comments_between, pairs_of


def format_source(source: SourceFile) -> str:
    """Return the text in its standard layout; a text that does not parse is returned as it is.

    Formatting the result again changes nothing.
    """
    tree = parse(source, Collector())
    if tree is None:
        return source.text
    tokens = _Written(source.text, tokenize(source))
    layout = StatementPrinter(tokens, ExpressionPrinter(tokens)).specification(tree)
    tokens.check_end()
    return render(layout)


class _Written:
    """The tokens of a text in order, each with the comments before it.

    The comments before token i are set by `before` when it begins an item, by `at_end` when it ends
    the surroundings, and else by `take`. A comment at the end of a line belongs to the token before
    it: `after` sets it when that one ends an item, else `take` does.
    """

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0
        self._comments = _comments(text, tokens)
        self._closing = {opening: closing for closing, opening in pairs_of(tokens).items()}
        self._item_ends: list[int] = []

    def check_end(self) -> None:
        """Hold that everything was taken."""
        rest = self._tokens[self._next]
        assert rest.kind == END, f"not set: {rest}"
        assert not any(self._comments), f"comments not set: {self._comments}"

    def take(self, text: str) -> Layout:
        token = self._tokens[self._next]
        is_spelt_freely = token.kind in ("NUMBER", "STRING")
        assert token.text == text or is_spelt_freely, f"`{text}` expected: {token}"
        comments = [_remark(comment) for comment in self._comments[self._next]]
        self._comments[self._next].clear()
        self._next += 1
        if token.end not in self._item_ends:
            return join((*comments, Text(token.text), self._trailing()))
        return join((*comments, Text(token.text))) if comments else Text(token.text)

    def sees(self, text: str, *, otherwise: bool) -> bool:
        return self._tokens[self._next].text == text

    def starts_line(self) -> bool:
        return self._tokens[self._next].starts_line

    def parentheses(self, node: Bracketable, *, needed: bool) -> int:
        first, last = self._next, self._closing.get(self._next)
        if last is None or self._tokens[last].end != node.span.end:
            return 0
        pairs = 0
        while self._tokens[first].kind == "LPAR" and self._closing.get(first) == last:
            pairs, first, last = pairs + 1, first + 1, last - 1
        return pairs - isinstance(node, syntax.TupleLit)

    def before(self, item: syntax.Node, previous: syntax.Node | None) -> Layout:
        self._item_ends.append(item.span.end)
        return self._lines(is_first=previous is None)

    def after(self) -> Layout:
        self._item_ends.pop()
        return self._trailing()

    def documentation(self, doc: str) -> Layout:
        return NOTHING  # a comment like any other

    def at_end(self) -> Layout:
        if not self._comments[self._next]:
            return NOTHING
        return self._lines(is_first=False)

    def is_on_line(self, *, otherwise: bool) -> bool:
        closing = self._tokens[self._closing[self._next]]
        return "\n" not in self._text[self._tokens[self._next].start : closing.end]

    def _trailing(self) -> Layout:
        """Set the comment at the end of the line of the token that was taken last."""
        comments = self._comments[self._next]
        if comments and not comments[0].owns_line:
            return _remark(comments.pop(0))
        return NOTHING

    def _lines(self, *, is_first: bool) -> Layout:
        """Set the comments before the next token on lines of their own, and begin its line."""
        token = self._tokens[self._next]
        comments = self._comments[self._next]
        pieces: list[Layout] = []
        for comment in comments:
            pieces += [LineEnd(comment.blank_before and not is_first), _remark(comment)]
            is_first = False
        comments.clear()
        if token.kind in (END, "RBRACE"):
            return join(pieces)
        return join((*pieces, LineEnd(token.blank_before and not is_first)))


def _remark(comment: Comment) -> Remark:
    return Remark(comment.text, comment.owns_line, comment.column)


def _comments(text: str, tokens: Sequence[Token]) -> list[list[Comment]]:
    """List the comments before each token."""
    ends = [0, *(token.end for token in tokens)]
    return [
        list(comments_between(text, end, token.start))
        for end, token in zip(ends, tokens, strict=False)
    ]
