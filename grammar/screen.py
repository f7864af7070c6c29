"""What is decided token by token, before the grammar sees them.

Signs of other languages are reported and replaced by what they mean here, so that one of them
gives one message. Numbers and nesting are bounded. The name of a named argument, which only what
follows it tells from the left side of an equation, becomes a token of its own kind: `FIELD`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from grammar.diagnostics import Collector
from grammar.foreign import BACKSLASHED, RESERVED, SYMBOLS
from grammar.source import SourceFile, Span
from grammar.tokens import CLOSING, OPENING, Token

MAX_BRACKETS: Final = 200
MAX_REPORTS: Final = 100
MAX_DIGITS: Final = 100
_NUMBER: Final = re.compile(r"[0-9]+(_[0-9]+)*")
_CALLEE_ENDS: Final = CLOSING | {"NAME", "NUMBER", "SELF", "NONE", "ANY", "TRUE", "FALSE"}

_STEPS: Final = frozenset({"++", "+=", "-=", "*=", "/="})
_INSTEAD: Final = {
    "'": "a step assigns: write `x := x + 1` for `x' = x + 1`",
    "@": "a place is told by `at`, as in `worker[c] at critical`",
}
_HEAD_OF_C: Final = frozenset({";", "++", "--", "+="})
_ARGUMENT_STARTS: Final = frozenset({"LPAR", "COMMA"})
_OPERAND_STARTS: Final = frozenset(
    {
        *("NAME", "TRUE", "FALSE", "NONE", "SELF", "NUMBER", "LPAR", "LBRACE", "OLD", "IF"),
        *("FORALL", "EXISTS", "ALWAYS", "EVENTUALLY"),
    }
)
"""What only a new operand begins with: `not` and `[` may also go on after one."""
_LOGIC: Final = frozenset({"<>", "~", "!"})
"""Operators of other languages that stand before an operand."""


def screen(source: SourceFile, tokens: Sequence[Token], collector: Collector) -> list[Token] | None:
    """Return the tokens for the grammar; None when nesting or nonsense forbid to go on."""
    screening = _Screening(source, collector)
    for token, following in pairwise((*tokens, tokens[-1])):
        screening.add(token, following)
        if screening.reports > MAX_REPORTS:
            return None
        if len(screening.opened) > MAX_BRACKETS:
            collector.error(
                "K006",
                Span(source, token.start, token.end),
                f"brackets are nested more than {MAX_BRACKETS} deep",
                remedy="name the parts: a `function` for expressions, a `procedure` for code",
            )
            return None
    return screening.result


@dataclass(slots=True)
class _Screening:
    """The tokens so far, and for each open bracket whether it begins the arguments of a call."""

    source: SourceFile
    collector: Collector
    result: list[Token] = field(default_factory=list)
    opened: list[bool] = field(default_factory=list)
    reports: int = 0
    in_for: bool = False
    in_bars: bool = False

    def add(self, token: Token, following: Token) -> None:
        """Add what a token stands for, if anything."""
        span = Span(self.source, token.start, token.end)
        before = self.result[-1].kind if self.result else ""
        meant: Token | None = token
        self.in_for = token.kind == "FOR" or (
            self.in_for and token.kind != "LBRACE" and not token.starts_line
        )
        match token.kind:
            case "FOREIGN" | "ERROR":
                meant = self._sign(token, span, is_operand_before=before in _CALLEE_ENDS)
            case "RSQB" if self._is_always(token, following):
                self.opened.pop()
                self.reports += 1
                first = self.result.pop()
                self.collector.error(
                    "K012",
                    replace(span, start=first.start),
                    "`[]` is written `always`",
                    remedy="write `always`",
                )
                meant = replace(token, kind="ALWAYS", text="always", start=first.start)
            case "DASH" if self._is_step(token, following):
                first = self.result.pop()
                self.reports += 1
                self._step(replace(token, text="--"), replace(span, start=first.start))
                meant = None
            case "NUMBER":
                meant = _number(token, span, self.collector)
            case "NAME":
                if token.text in RESERVED:
                    _report_reserved(token, span, self.collector)
                is_argument = bool(self.opened) and self.opened[-1] and before in _ARGUMENT_STARTS
                if is_argument and following.kind == "EQUAL":
                    meant = replace(token, kind="FIELD")
            case kind if kind in OPENING:
                self.opened.append(kind == "LPAR" and before in _CALLEE_ENDS)
            case kind if kind in CLOSING and self.opened:
                self.opened.pop()
        if meant is not None:
            self.result.append(meant)

    def _sign(self, token: Token, span: Span, *, is_operand_before: bool) -> Token | None:
        """Report a sign of another language, and return what it means."""
        if self.in_for and token.text in _HEAD_OF_C:
            return None  # the head of a loop as in C gets one message of its own
        if token.text == "|" and self.in_bars:
            self.in_bars = False
            return None
        self.reports += 1
        if token.text in _STEPS:
            return self._step(token, span)
        self.in_bars = token.text == "|" and not is_operand_before
        return _foreign(token, span, self.collector, is_operand_before=is_operand_before)

    def _is_step(self, token: Token, following: Token) -> bool:
        """Tell `x--` and `--x` from the difference with a negative number."""
        before = self.result[-1] if self.result else None
        if before is None or before.kind != "DASH" or before.end != token.start:
            return False
        is_rule = len(self.result) > 1 and self.result[-2].end == before.start
        if following.kind == "DASH" or (is_rule and self.result[-2].kind == "DASH"):
            return False  # a line of dashes
        is_last = following.starts_line or following.kind in CLOSING or following.text == ";"
        return before.starts_line or is_last

    def _is_always(self, token: Token, following: Token) -> bool:
        """Tell the sign of temporal logic from an empty sequence, which no operand follows."""
        if len(self.result) < 2 or self.result[-1].kind != "LSQB" or following.starts_line:
            return False
        if following.kind not in _OPERAND_STARTS and following.text not in _LOGIC:
            return False
        is_one_sign = self.result[-1].end == token.start
        return is_one_sign and self.result[-2].kind in ("COLON", "IMPLIES", "NOT", "EVENTUALLY")

    def _step(self, token: Token, span: Span) -> Token | None:
        """Report `++`, `+=` and the like; return `:=` for those with a value on the right."""
        before = self.result[-1] if self.result else None
        is_whole = before is not None and before.starts_line and not token.starts_line
        name = (
            before.text if before is not None and is_whole and before.text.isidentifier() else "x"
        )
        value = "..." if token.text[1] == "=" else "1"
        self.collector.error(
            "K016",
            span,
            f"there is no `{token.text}`",
            remedy=f"write `{name} := {name} {token.text[0]} {value}`",
        )
        return replace(token, kind="_ASSIGN", text=":=") if token.text[1] == "=" else None


def _number(token: Token, span: Span, collector: Collector) -> Token:
    if not _NUMBER.fullmatch(token.text):
        collector.error(
            "K004",
            span,
            f"`{_short(token.text)}` is not a number",
            remedy="write it with decimal digits; `_` may stand between them",
        )
    elif len(token.text) > MAX_DIGITS:
        collector.error("K005", span, f"this number has more than {MAX_DIGITS} digits", remedy=None)
    else:
        return token
    return replace(token, text="0")


def _report_reserved(token: Token, span: Span, collector: Collector) -> None:
    collector.error(
        "K026",
        span,
        f"`{token.text}` is reserved for a construct that this version does not have",
        remedy=f"as a name, write `{token.text}_` or another word",
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _foreign(
    token: Token, span: Span, collector: Collector, *, is_operand_before: bool
) -> Token | None:
    """Report a token that is none of the language's; return the one that was meant."""
    text = token.text
    meant: tuple[str, str] | None = None
    match text:
        case "==":
            collector.error("K012", span, "equality is written `=`", remedy="write `=`")
            meant = ("EQUAL", "=")
        case "&&" | "&" | "||" | "|" if text != "|" or is_operand_before:
            word = "and" if text[0] == "&" else "or"
            where = ", of sets `union`; in a set, `{x: T where p}`" if text == "|" else ""
            remedy = f"write `{word}`{where}"
            collector.error("K013", span, f"`{text}` is written `{word}`", remedy=remedy)
            meant = (word.upper(), word)
        case "!":
            collector.error("K014", span, "`!` is written `not`", remedy="write `not`")
            meant = ("NOT", "not")
        case "<>" if not is_operand_before:
            remedy = "write `eventually`"
            collector.error("K012", span, "`<>` is written `eventually`", remedy=remedy)
            meant = ("EVENTUALLY", "eventually")
        case "|" if not is_operand_before:
            collector.error("K013", span, "`|x|` is written `size(x)`", remedy="write `size(x)`")
        case "<>":
            collector.error("K012", span, "`<>` is written `!=`", remedy="write `!=`")
            meant = ("UNEQUAL", "!=")
        case ";":
            collector.error(
                "K015",
                span,
                "`;` has no use here: a statement ends where the next begins",
                remedy="remove it",
            )
        case _ if text.startswith("/*"):
            collector.error(
                "K017",
                span,
                "comments begin with `//` and end with the line",
                remedy="write `//` on every line",
            )
        case _ if text.startswith('"'):
            collector.error(
                "K003", span, "this string is not closed on its line", remedy='end it with `"`'
            )
            meant = ("STRING", '""')
        case _ if text in SYMBOLS:
            meant = SYMBOLS[text]
            collector.error(
                "K002", span, f"`{text}` is written `{meant[1]}`", remedy=f"write `{meant[1]}`"
            )
        case _:
            message = f"{_character(text)} is not used in the language"
            instead = _after_backslash(span) if text == "\\" else _INSTEAD.get(text)
            collector.error("K002", span, message, remedy=instead)
    return None if meant is None else replace(token, kind=meant[0], text=meant[1])


def _after_backslash(span: Span) -> str:
    """Return what stands instead of an operator of TLA+."""
    text = span.source.text
    if text[: span.start].endswith("/"):
        return "write `and`"
    rest = re.match(r"/|\w*", text[span.end :])
    word = BACKSLASHED.get(rest.group() if rest else "")
    return "of sets, write `minus`" if word is None else f"write `{word}`"


def _character(text: str) -> str:
    if text.isprintable() and not text.isspace():
        return f"`{_short(text)}`"
    return f"the character U+{ord(text[0]):04X}"
