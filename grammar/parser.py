"""Text to syntax trees: `parse`.

This is the one door to lark. Lark makes the LALR tables from `k42.lark`, which takes most of a
second, so they are kept by `grammar.cache`; it also splits the text into tokens and runs the
automaton. What happens at a mistake is decided here:

1. `grammar.mistakes` recognises the mistake, says what is wrong and may name the token that was
   meant. In that case parsing goes on as if that one had been written.
2. Otherwise the stack is cut back to a place where the grammar has `error`, and tokens are skipped
   up to one that begins a line, a statement or a declaration, or closes a bracket, and can follow
   there.

The tree is built only from a text without mistakes. No text makes this module raise: nesting,
lengths and the number of messages are bounded.
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any, Final

import lark
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from grammar.build import Builder
from grammar.build_terms import Tree
from grammar.cache import key_of, read_cached, write_cached
from grammar.diagnostics import Collector
from grammar.expectations import DECLARATION_STARTS
from grammar.mistakes import Mistake, Situation, explain
from grammar.screen import screen
from grammar.source import MAX_LENGTH, SourceFile, Span
from grammar.syntax import Specification
from grammar.tokens import END, Token, docs_between, pairs_of

MAX_DEPTH: Final = 200
MAX_MISTAKES: Final = 20
_MAX_STACK: Final = 10 * MAX_DEPTH  # more than a tree of that depth can need
_RESUMING: Final = frozenset({"LBRACE", "RBRACE", "RPAR", "RSQB", END})
_PUZZLING: Final = frozenset({"K002", "K003", "K026"})
_GRAMMAR: Final = "k42.lark"
_START: Final = "specification"

_Table = dict[Any, dict[str, tuple[Any, Any]]]


def parse(source: SourceFile, collector: Collector) -> Specification | None:
    """Return the syntax tree of a text, or None after adding at least one error to `collector`.

    No tree is deeper than `MAX_DEPTH`, so that passes may recurse.
    """
    found = Collector()
    result = _parse(source, found)
    for diagnostic in found.sorted()[:MAX_MISTAKES]:
        collector.add(diagnostic)
    return None if found.has_errors else result


def _parse(source: SourceFile, found: Collector) -> Specification | None:
    if len(source.text) > MAX_LENGTH:
        found.error("K007", Span(source, 0, 0), f"the text has more than {MAX_LENGTH:,} characters")
        return None
    tokens = screen(source, tokenize(source), found)
    if tokens is None:
        return None
    tree = _Run(source, tokens, found).tree()
    if tree is None or found.has_errors:
        return None
    deep = _too_deep(tree)
    if deep is not None:
        _report_depth(Span(source, deep.meta.start_pos, deep.meta.end_pos), found)
        return None
    return Builder(source, found, _docs(source, tokens)).specification(tree)


def _report_depth(span: Span, found: Collector) -> None:
    found.error(
        "K006",
        span,
        f"this is nested more than {MAX_DEPTH} deep",
        remedy="name the parts: a `function` for expressions, a `procedure` for code",
    )


# --- tables ---------------------------------------------------------------------------------------


@functools.cache
def _tables() -> lark.Lark:
    """The automaton, from the cache or else from the grammar."""
    text = resources.files("grammar").joinpath(_GRAMMAR).read_text(encoding="utf-8")
    key = key_of(text, lark.__version__, sys.version)
    kept = read_cached("grammar", key)
    if kept is not None:
        try:
            return lark.Lark.load(io.BytesIO(kept))
        except (pickle.UnpicklingError, EOFError, AttributeError, KeyError, TypeError, ValueError):
            pass  # written by something else: make it again
    tables = make_tables(text, is_strict=False)
    buffer = io.BytesIO()
    tables.save(buffer)
    write_cached("grammar", key, buffer.getvalue())
    return tables


def make_tables(grammar: str, *, is_strict: bool) -> lark.Lark:
    """Make the automaton; strictly for a test, since that needs one more package."""
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start=_START,
        strict=is_strict,
        propagate_positions=True,
    )


def keywords() -> tuple[str, ...]:
    """Return the words that no name can be, sorted; reserved ones are in `grammar.foreign`."""
    texts = (terminal.pattern.value for terminal in _tables().terminals)
    return tuple(sorted(text for text in texts if text.isalpha()))


# --- tokens ---------------------------------------------------------------------------------------


def tokenize(source: SourceFile) -> list[Token]:
    """Split a text into tokens, the last of kind `$END`; what is none has kind ERROR or FOREIGN."""
    text = source.text
    result: list[Token] = []
    end = 0
    parser: Any = _tables().parse_interactive(text)
    for token in parser.lexer_thread.lex(parser.parser_state):
        start = token.start_pos or 0
        lines = text.count("\n", end, start)
        last_comment = max(end, text.rfind("//", end, start))
        blank_before = lines > 1 and text.count("\n", last_comment, start) > 1
        starts_line = not result or lines > 0
        end = start + len(token)
        result.append(Token(token.type, str(token), start, end, starts_line, blank_before))
    result.append(Token(END, "", len(text), len(text), starts_line=True, blank_before=False))
    return result


def _docs(source: SourceFile, tokens: Sequence[Token]) -> dict[int, str]:
    """Map the start of each declaration to its documentation, and that of the file to its own.

    The file is documented before or after its first line.
    """
    docs: dict[int, str] = {}
    end = 0
    for index, token in enumerate(tokens):
        if source.text.find("///", end, token.start) >= 0:
            free, attached = docs_between(source.text, end, token.start)
            if index == 0:
                docs[token.start] = "\n".join(doc for doc in (free, attached) if doc)
            else:
                docs[token.start] = attached
            if index == 2:  # after `spec name`
                own = (docs.get(tokens[0].start, ""), free)
                docs[tokens[0].start] = "\n".join(doc for doc in own if doc)
        end = token.end
    return docs


# --- the automaton --------------------------------------------------------------------------------


def _lark_token(token: Token) -> lark.Token:
    return lark.Token(token.kind, token.text, token.start, 0, 0, 0, 0, token.end)


@dataclass(slots=True)
class _Run:
    """One run of the automaton over one text."""

    source: SourceFile
    tokens: list[Token]
    found: Collector
    parser: Any = field(init=False)
    table: _Table = field(init=False)
    opening: dict[int, int] = field(init=False)
    puzzling: set[int] = field(init=False)
    resumed: int = 0

    def __post_init__(self) -> None:
        self.parser = _tables().parse_interactive("")
        self.table = self.parser.parser_state.parse_conf.states
        self.opening = pairs_of(self.tokens)
        self.puzzling = {
            diagnostic.span.line
            for diagnostic in self.found.sorted()
            if diagnostic.span is not None
            and (diagnostic.code in _PUZZLING or diagnostic.span.text in ("++", "--"))
        }

    def tree(self) -> Tree | None:
        """Return the tree of the text; None when the end was not reached."""
        state = self.parser.parser_state
        index: int | None = 0
        mistakes = 0
        while index is not None and mistakes <= MAX_MISTAKES:
            token = self.tokens[index]
            states, values = list(state.state_stack), list(state.value_stack)
            if len(states) > _MAX_STACK:
                _report_depth(Span(self.source, token.start, token.end), self.found)
                return None
            try:
                tree: Tree | None = self.parser.feed_token(_lark_token(token))
            except UnexpectedToken:
                state.state_stack[:], state.value_stack[:] = states, values
                mistakes += 1
                index = self._mistake(index)
                continue
            if token.kind == END:
                return tree
            index += 1
        return None

    def _mistake(self, index: int) -> int | None:
        """Report a mistake and return where to go on."""
        token = self.tokens[index]
        stack = self.parser.parser_state.state_stack
        expected = frozenset(
            kind for kind in self.table[stack[-1]] if kind.isupper() and self._after(stack, kind)
        )
        mistake = explain(
            Situation(self.source, self.tokens, index, expected - {"ERROR", "FOREIGN"})
        )
        if mistake.meant is not None and mistake.meant.kind in expected:
            self._report(mistake)
            self.tokens[index] = mistake.meant
            return index
        if not self._is_echo(index):
            self._report(mistake)
        last = self.tokens[index - 1] if token.starts_line and index else token
        self.puzzling |= {self._line(last.start), mistake.span.line}
        return self._resume(index)

    def _report(self, mistake: Mistake) -> None:
        places = (diagnostic.span for diagnostic in self.found.sorted())
        if mistake.span not in places:
            self.found.error(
                mistake.code,
                mistake.span,
                mistake.message,
                notes=mistake.notes,
                remedy=mistake.remedy,
            )

    def _is_echo(self, index: int) -> bool:
        """Whether a mistake probably follows from one that was reported.

        It does on a line that could not be understood, or right after one; and so does a bracket
        that closes what was opened before parsing went on.
        """
        lines = {self._line(token.start) for token in self.tokens[max(0, index - 1) : index + 1]}
        is_leftover = self.opening.get(index, index) < self.resumed
        return is_leftover or not lines.isdisjoint(self.puzzling)

    def _after(self, stack: Sequence[Any], kind: str) -> list[Any] | None:
        """Return the stack of states after a token, or None when it does not fit."""
        states = list(stack)
        while True:
            action, target = self.table[states[-1]].get(kind, (None, None))
            if action is None:
                return None
            if action is Shift:
                states.append(target)
                return states
            size = len(target.expansion)
            if size:
                del states[-size:]
            _, new = self.table[states[-1]][target.origin.name]
            states.append(new)
            if kind == END and len(states) == 2:
                return states

    def _resume(self, index: int) -> int | None:
        """Cut back the stack, skip tokens, and return where parsing can go on.

        Of all ways, the one that skips least is taken, and of these, the one that cuts least.
        """
        state = self.parser.parser_state
        stack = list(state.state_stack)
        cuts = [
            (size, after)
            for size in range(len(stack), 0, -1)
            if (after := self._after(stack[:size], "ERROR")) is not None
        ]
        closing = {opening: closing for closing, opening in self.opening.items()}
        known: dict[tuple[str, int], int | None] = {}
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.starts_line or token.is_word or token.kind in _RESUMING:
                case = token.kind, self._least_size(token)
                if case not in known:
                    known[case] = next(
                        (n for n, after in cuts if n > case[1] and self._after(after, case[0])),
                        None,
                    )
                size = known[case]
                if size is not None:
                    del state.state_stack[size:], state.value_stack[size - 1 :]
                    self.parser.feed_token(_lark_token(replace(token, kind="ERROR", text="")))
                    self.resumed = index
                    return index
            index = closing.get(index, index) + 1
        return None

    def _least_size(self, token: Token) -> int:
        """Return how much of the stack must stay for a declaration that may follow open braces.

        One that is indented more than the line of a brace still stands inside of it.
        """
        if token.kind not in DECLARATION_STARTS or not token.starts_line:
            return 0
        values = self.parser.parser_state.value_stack
        indentation = self._indentation(token.start)
        for index in range(len(values) - 1, -1, -1):
            value = values[index]
            is_brace = isinstance(value, lark.Token) and value.type == "LBRACE"
            if is_brace and self._indentation(value.start_pos) < indentation:
                return index + 1
        return 0

    def _line(self, offset: int) -> int:
        return self.source.position(offset)[0]

    def _indentation(self, offset: int) -> int:
        line = self.source.line(self._line(offset))
        return len(line) - len(line.lstrip())


def _too_deep(tree: Tree) -> Tree | None:
    """Return a tree below more than `MAX_DEPTH` others, without recursion."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for tree in level for child in tree.children if isinstance(child, lark.Tree)]
        if not level:
            return None
    return level[0]
