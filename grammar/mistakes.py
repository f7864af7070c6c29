"""Syntax errors by example: what somebody meant who wrote this.

A rule looks at the place where the grammar could not go on and either recognises a mistake or
passes. The first one that recognises it speaks; `_unexpected` always does. A rule that is sure of
the token that was meant names it in `meant`, and parsing goes on with that one. The texts that the
rules were made for stand in `grammar.codes`, and a test holds that each is explained by its own
code.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from grammar.diagnostics import Note
from grammar.expectations import (
    ARITHMETIC,
    COMPOUND_STARTS,
    DECLARATION_STARTS,
    FOLDS,
    OPERATORS,
    PROPERTY_STARTS,
    RELATIONS,
    SIMPLE_STARTS,
    STATEMENT_STARTS,
    describe,
    expectation,
)
from grammar.foreign import TYPES_OF_C, WORDS
from grammar.source import SourceFile, Span
from grammar.tokens import CLOSING, END, OPENING, Token

_NAME_LIKE: Final = frozenset({"SUM", "COUNT", "MIN", "MAX", *PROPERTY_STARTS})


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the grammar could not go on; `expected` are the kinds of token that could."""

    source: SourceFile
    tokens: Sequence[Token]
    index: int
    expected: frozenset[str]

    @property
    def found(self) -> Token:
        """The token that does not fit."""
        return self.tokens[self.index]

    def before(self, distance: int = 1) -> Token | None:
        """The token that many places before."""
        index = self.index - distance
        return self.tokens[index] if index >= 0 else None

    def kinds_before(self, count: int) -> tuple[str, ...]:
        """The kinds of the last tokens, oldest first."""
        return tuple(token.kind for token in self.tokens[max(0, self.index - count) : self.index])

    def after(self, distance: int = 1) -> Token:
        """The token that many places later, at most the end."""
        return self.tokens[min(self.index + distance, len(self.tokens) - 1)]

    def backwards(self) -> Iterator[Token]:
        """The tokens before, the nearest first."""
        for index in range(self.index - 1, -1, -1):
            yield self.tokens[index]

    def rest_of_line(self) -> Iterator[Token]:
        """The tokens after the one found, up to the end of its line."""
        for token in self.tokens[self.index + 1 :]:
            if token.starts_line:
                return
            yield token

    def opened(self) -> list[Token]:
        """The brackets that are open here, the outermost first."""
        result: list[Token] = []
        for token in self.tokens[: self.index]:
            if token.kind in OPENING:
                result.append(token)
            elif token.kind in CLOSING and result:
                result.pop()
        return result

    def span(self, token: Token | None = None) -> Span:
        """The place of a token, by default of the one found."""
        token = token or self.found
        return Span(self.source, token.start, token.end)

    def meant(self, kind: str, text: str) -> Token:
        """The token found, put right."""
        return replace(self.found, kind=kind, text=text)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What to say; `meant` is the token with which parsing can go on."""

    code: str
    span: Span
    message: str
    remedy: str | None = None
    notes: tuple[Note, ...] = ()
    meant: Token | None = None


def explain(situation: Situation) -> Mistake:
    """Return what is wrong, by the first rule that knows."""
    for rule in _RULES:
        mistake = rule(situation)
        if mistake is not None:
            return mistake
    return _unexpected(situation)


def _unexpected(at: Situation) -> Mistake:
    notes: tuple[Note, ...] = ()
    opened = at.opened()
    if opened and OPENING[opened[-1].kind] in at.expected:
        opening = at.span(opened[-1])
        if opening.line != at.span().line:
            notes = (Note(opening, f"`{opened[-1].text}` opened here"),)
    message = f"found {describe(at.found)} where {expectation(at.expected)} was expected"
    return Mistake("K001", at.span(), message, notes=notes)


# --- signs --------------------------------------------------------------------------------------


def _assignment(at: Situation) -> Mistake | None:
    if "_ASSIGN" not in at.expected:
        return None
    is_arrow = at.found.kind == "LESS" and at.after().kind == "DASH"
    if at.found.kind == "EQUAL" or is_arrow:
        return Mistake(
            "K010",
            at.span(),
            "assignment is written `:=`",
            "write `:=`; `=` compares",
            meant=at.meant("_ASSIGN", ":="),
        )
    return None


def _equality(at: Situation) -> Mistake | None:
    if at.found.kind != "_ASSIGN" or "EQUAL" not in at.expected:
        return None
    meant = at.meant("EQUAL", "=")
    if "UNEQUAL" in at.expected:
        return Mistake(
            "K011", at.span(), "`:=` assigns; equality is written `=`", "write `=`", meant=meant
        )
    return Mistake(
        "K011", at.span(), "a declaration gives its value with `=`", "write `=`", meant=meant
    )


def _arrows(at: Situation) -> Mistake | None:
    if at.found.kind == "_SENDS" and "IMPLIES" in at.expected:
        meant = at.meant("IMPLIES", "->")
        return Mistake("K042", at.span(), "implication is written `->`", "write `->`", meant=meant)
    if at.found.kind == "IMPLIES" and "_SENDS" in at.expected:
        meant = at.meant("_SENDS", "=>")
        message = "a map sends its keys with `=>`"
        return Mistake("K042", at.span(), message, "write `[x: T => e]`", meant=meant)
    return None


def _member_dot(at: Situation) -> Mistake | None:
    is_followed = at.after().kind in ("NAME", "NUMBER")
    if at.found.kind == "_DOT" and "_MEMBER_DOT" in at.expected and is_followed:
        return Mistake(
            "K027",
            at.span(),
            "a blank after the dot makes it the dot of a binder",
            f"write `.{at.after().text}` without a blank",
            meant=at.meant("_MEMBER_DOT", "."),
        )
    return None


def _binder_colon(at: Situation) -> Mistake | None:
    """`forall x in s: p`, as in TLA+ and Python."""
    if at.found.kind != "COLON" or not {"_DOT", "WHERE"} <= at.expected:
        return None
    return Mistake(
        "K028",
        at.span(),
        "after a binder stands a dot",
        "write `.` and a blank: `forall x in s. p`",
    )


def _binder_dot(at: Situation) -> Mistake | None:
    """`forall x: T.p` was read as a member `p` of `T`."""
    dot: Token | None = None
    for token in at.backwards():
        if token.kind == "_MEMBER_DOT" and dot is None:
            dot = token
        elif token.kind in FOLDS:
            break
        elif token.kind in ("_DOT", "LBRACE", "RBRACE", "_ASSIGN"):
            return None
    else:
        return None
    if dot is None or not ("_DOT" in at.expected or at.kinds_before(1) == ("_MEMBER_DOT",)):
        return None
    if at.found.kind == "COMMA":
        return None
    return Mistake(
        "K028",
        at.span(dot),
        "the dot after a binder is followed by a blank",
        "write a blank after the dot",
    )


# --- expressions --------------------------------------------------------------------------------


def _chain(at: Situation) -> Mistake | None:
    kind = at.found.kind
    is_not_in = kind == "NOT" and at.after().kind == "IN"
    if (kind in RELATIONS or is_not_in) and "AND" in at.expected:
        text = "not in" if is_not_in else at.found.text
        return Mistake(
            "K029",
            at.span(),
            f"comparisons do not chain, and this `{text}` follows another one",
            "write `a < b and b < c`, or put the first comparison in parentheses",
        )
    if kind in ("LEADS_TO", "UNTIL", "IFF", "_RANGE") and at.expected & OPERATORS:
        return Mistake("K029", at.span(), f"`{at.found.text}` does not chain", "use parentheses")
    return None


def _negated_operand(at: Situation) -> Mistake | None:
    before = at.before()
    if at.found.kind == "NOT" and before is not None and before.kind in RELATIONS | ARITHMETIC:
        return Mistake(
            "K037",
            at.span(),
            f"`not` binds looser than `{before.text}`",
            f"write `{before.text} (not ...)`",
        )
    return None


def _several_binders(at: Situation) -> Mistake | None:
    if at.found.kind == "COMMA" and "_DOT" in at.expected:
        return Mistake(
            "K031",
            at.span(),
            "a quantifier has one binder",
            "nest them: `forall a: A. forall b: B. ...`; names of one type share a binder",
        )
    return None


def _conditional(at: Situation) -> Mistake | None:
    if at.found.kind == "LBRACE" and "THEN" in at.expected:
        remedy = "write `if c then a else b`"
        return Mistake("K038", at.span(), "inside an expression `if` has no braces", remedy)
    if at.found.kind == "THEN" and "LBRACE" in at.expected:
        return Mistake(
            "K038", at.span(), "the statement `if` has braces, not `then`", "write `if c { ... }`"
        )
    if "ELSE" in at.expected and "AND" in at.expected:
        word = next(token for token in at.backwards() if token.kind == "IF")
        return Mistake(
            "K039",
            at.span(word),
            "this `if` is inside an expression and has no `else`",
            "write `if c then a else b`",
        )
    return None


# --- statements ---------------------------------------------------------------------------------


def _loop_of_c(at: Situation) -> Mistake | None:
    is_loop = at.kinds_before(1) == ("FOR",) and at.found.kind == "LPAR"
    is_counting = at.kinds_before(2) == ("FOR", "NAME") and at.found.kind in ("EQUAL", "_ASSIGN")
    if is_loop or is_counting:
        return Mistake(
            "K018",
            at.span(),
            "`for` goes through a type or a set",
            "write `for i in 0..N - 1 { ... }`",
        )
    return None


def _body(at: Situation) -> Mistake | None:
    starts = (SIMPLE_STARTS | COMPOUND_STARTS | {"NAME"}) - {"LBRACE"}
    if "LBRACE" not in at.expected or "SKIP" in at.expected or at.found.kind not in starts:
        return None
    is_declaration = "EQUAL" in at.expected and "UNEQUAL" not in at.expected
    if "NONE" in at.expected or is_declaration:
        return None
    if at.found.text in WORDS or any(token.kind == "LBRACE" for token in at.rest_of_line()):
        return None
    return Mistake(
        "K038", at.span(), "a body stands in braces", "write `{` before it and `}` after it"
    )


def _after_return(at: Situation) -> Mistake | None:
    if "SKIP" in at.expected or at.found.kind in CLOSING or at.found.kind == END:
        return None
    for token in at.backwards():
        if token.kind == "RETURN":
            break
        if token.kind in ("LBRACE", "RBRACE"):
            return None
    else:
        return None
    before = at.before()
    is_taken_for_value = at.found.kind in ("_ASSIGN", "COLON") and before and before.starts_line
    if "RBRACE" not in at.expected or not (at.found.starts_line or is_taken_for_value):
        return None
    return Mistake(
        "K030",
        at.span(token),
        "`return` ends its block, and something follows it",
        "remove what follows, or put the `return` in braces of its own",
    )


def _idle(at: Situation) -> Mistake | None:
    """An expression where a statement should be."""
    goes_on = "_ASSIGN" in at.expected and at.found.kind in OPERATORS
    starts = "SKIP" in at.expected and at.found.kind in ("NUMBER", "STRING", "LPAR", "LSQB")
    if not (goes_on or starts):
        return None
    if at.found.text == "->" and not at.after().starts_line and at.after().kind == "NAME":
        return Mistake(
            "K032",
            at.span(),
            "`->` is implication, and no statement",
            f"a field is selected by a dot: `.{at.after().text}`",
        )
    return Mistake(
        "K032",
        at.span(),
        "an expression alone is no statement",
        "assign it with `x := ...`, wait for it with `await`, or claim it with `assert`",
    )


def _unfinished(at: Situation) -> Mistake | None:
    """An assignment whose target was read as the end of the expression before."""
    before, operator = at.before(), at.before(2)
    if at.found.kind != "_ASSIGN" or before is None or not before.starts_line or operator is None:
        return None
    if operator.kind not in OPERATORS | {"COMMA"}:
        return None
    return Mistake(
        "K043",
        at.span(operator),
        f"the expression before the next statement ends in `{operator.text}`",
        "finish it, or remove that sign",
    )


# --- brackets -----------------------------------------------------------------------------------


def _unclosed(at: Situation) -> Mistake | None:
    opened = at.opened()
    begins = at.found.kind in DECLARATION_STARTS - {"VAR"} and at.found.starts_line
    if not opened or not (at.found.kind == END or begins):
        return None
    opening = opened[-1]
    if begins and (opening.kind == "LBRACE" and "SKIP" not in at.expected):
        return None
    what = "the file ends" if at.found.kind == END else "this declaration begins"
    notes = [Note(at.span(), f"{what} before it is closed")]
    notes += _misplaced_closing(at, opening)
    return Mistake(
        "K019",
        at.span(opening),
        f"this `{opening.text}` is not closed",
        f"write the missing `{_closing_text(opening)}`",
        tuple(notes),
    )


def _misplaced_closing(at: Situation, opening: Token) -> list[Note]:
    """Find the first brace after `opening` that is indented otherwise than the one it closes."""
    opened: list[Token] = []
    for token in at.tokens[: at.index]:
        if token.start < opening.start:
            continue
        if token.kind == "LBRACE":
            opened.append(token)
        elif token.kind == "RBRACE" and opened:
            other = opened.pop()
            is_new_line = token.starts_line and at.span(other).line != at.span(token).line
            if is_new_line and _indentation(at, other) != _indentation(at, token):
                line = at.span(other).line
                text = f"this closes the `{{` of line {line}, which is indented otherwise"
                return [Note(at.span(token), text)]
    return []


def _indentation(at: Situation, token: Token) -> int:
    line = at.source.line(at.span(token).line)
    return len(line) - len(line.lstrip())


def _closing_text(opening: Token) -> str:
    return {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}[opening.kind]


def _wrong_closing(at: Situation) -> Mistake | None:
    if at.found.kind not in CLOSING:
        return None
    opened = at.opened()
    if not opened:
        message = f"this `{at.found.text}` closes nothing"
        return Mistake("K023", at.span(), message, "remove it, or write the bracket that it closes")
    opening = opened[-1]
    if OPENING[opening.kind] == at.found.kind:
        return None
    return Mistake(
        "K023",
        at.span(),
        f"`{opening.text}` is closed by `{_closing_text(opening)}`, not by `{at.found.text}`",
        f"write the missing `{_closing_text(opening)}`",
        (Note(at.span(opening), f"`{opening.text}` opened here"),),
    )


# --- words --------------------------------------------------------------------------------------


def _other_word(at: Situation) -> Mistake | None:
    """A misspelt word of the language, or one of another language."""
    for token in (at.found, at.before()):
        if token is None or token.kind != "NAME":
            continue
        if token is not at.found and not token.starts_line:
            continue
        if token.text in WORDS:
            is_guard = "REQUIRES" in at.expected and WORDS[token.text] == "await"
            word = "requires" if is_guard else WORDS[token.text]
            message = f"`{token.text}` is no word of the language"
            return Mistake("K024", at.span(token), message, f"write `{word}`")
        words = _words(at.expected if token is at.found else STATEMENT_STARTS | DECLARATION_STARTS)
        close = difflib.get_close_matches(token.text, words, n=1, cutoff=0.75)
        if close:
            message = f"`{token.text}` is no word of the language"
            return Mistake("K024", at.span(token), message, f"did you mean `{close[0]}`?")
    return None


def _words(kinds: frozenset[str]) -> list[str]:
    signs = ("NAME", "FIELD", "NUMBER", "STRING", "COLON", "COMMA", "EQUAL", "DASH")
    return [kind.lower() for kind in sorted(kinds) if kind.isalpha() and kind not in signs]


def _word_as_name(at: Situation) -> Mistake | None:
    found = at.found
    if not found.is_word:
        before = at.before()
        if before is None or before.kind not in _NAME_LIKE or "NAME" not in at.expected:
            return None
        return _taken(at, before, None)
    is_name_only = "NAME" in at.expected and not at.expected & {"NUMBER", "SKIP"}
    is_used = at.after().kind in ("_ASSIGN", "EQUAL", "LSQB", "_MEMBER_DOT", "COLON", "COMMA")
    is_operand = "NUMBER" in at.expected and not found.starts_line
    if found.kind in _NO_OPERANDS and is_operand and not is_used:
        return None  # as an operand it is no name, and `_misplaced` says so
    if is_name_only or (is_used and "SKIP" in at.expected) or is_operand:
        return _taken(at, found, at.meant("NAME", found.text))
    return None


def _taken(at: Situation, token: Token, meant: Token | None) -> Mistake:
    return Mistake(
        "K025",
        at.span(token),
        f"`{token.text}` is a word of the language and cannot be a name",
        f"write `{token.text}_` or another name",
        meant=meant,
    )


# --- declarations -------------------------------------------------------------------------------


def _header(at: Situation) -> Mistake | None:
    if at.index == 0:
        return Mistake(
            "K035", at.span(), "a file begins with `spec` and its name", "write `spec some_name`"
        )
    if at.found.text == "spec":
        return Mistake("K035", at.span(), "a file has one `spec` line, its first", "remove it")
    return None


def _parameters(at: Situation) -> Mistake | None:
    match at.kinds_before(2):
        case ("PROCEDURE" | "FUNCTION" | "ACTION" as kind, "NAME") if at.found.kind != "LPAR":
            name = at.before()
            assert name is not None
            return Mistake(
                "K034",
                at.span(name),
                f"this {kind.lower()} has no parameter list",
                f"write `{name.text}()`",
            )
    return None


def _untyped(at: Situation) -> Mistake | None:
    is_list_over = at.found.kind in ("RPAR", "COMMA") and at.expected == {"COLON"}
    if is_list_over and at.kinds_before(1) == ("NAME",):
        name = at.before()
        assert name is not None
        return Mistake(
            "K040",
            at.span(name),
            f"the parameter `{name.text}` has no type",
            f"write `{name.text}: T`",
        )
    if at.kinds_before(2) == ("VAR", "NAME") and at.expected == {"COLON"}:
        name = at.before()
        assert name is not None
        return Mistake(
            "K040",
            at.span(name),
            f"the variable `{name.text}` has no type",
            f"write `var {name.text}: T = ...`",
        )
    return None


def _typed_first(at: Situation) -> Mistake | None:
    """`int x = 0`, as in C and Promela."""
    type_name, name = at.found, at.after()
    is_place = "VAR" in at.expected and type_name.starts_line
    if not is_place or not name.text.isidentifier() or name.starts_line:
        return None
    of = TYPES_OF_C.get(type_name.text)
    if of is None:
        return None
    return Mistake(
        "K040",
        at.span(),
        "the name of a variable stands before its type",
        f"write `var {name.text}: {of} = ...`",
    )


def _length(at: Situation) -> Mistake | None:
    """`seq of T`, as sets are written."""
    if at.kinds_before(1) == ("SEQ",) and at.expected == {"LSQB"}:
        return Mistake(
            "K001", at.span(), "a sequence says how long it can be", "write `seq[n] of T`"
        )
    return None


def _array(at: Situation) -> Mistake | None:
    if at.found.kind == "LSQB" and "QMARK" in at.expected and at.before() is not None:
        before = at.before()
        assert before is not None
        return Mistake(
            "K041",
            at.span(),
            "the index of a map type stands before the type of its values",
            f"write `[K] {before.text}`",
        )
    return None


def _misplaced(at: Situation) -> Mistake | None:
    found = at.found
    if found.kind in _NO_OPERANDS and "NUMBER" in at.expected and "SKIP" not in at.expected:
        return Mistake(
            "K033",
            at.span(),
            f"found {describe(found)} where an expression was expected",
            f"`{found.text}` begins a statement; expressions only tell what is",
        )
    if "IMPORT" in at.expected and found.kind in STATEMENT_STARTS:
        return Mistake(
            "K033",
            at.span(),
            f"found {describe(found)} where a declaration was expected",
            "statements stand in procedures, actions and processes",
        )
    is_in_object = "PROCEDURE" in at.expected and "IMPORT" not in at.expected
    if is_in_object and found.kind in DECLARATION_STARTS:
        return Mistake(
            "K036",
            at.span(),
            f"an object has no `{found.text}`",
            "declare it outside of the object",
        )
    return None


_NO_OPERANDS: Final = frozenset({"AWAIT", "ASSERT", "CHOOSE", "SKIP", "WHILE", "LOOP", "ATOMIC"})


def _jump(at: Situation) -> Mistake | None:
    before = at.before()
    if before is None or before.text != "goto":
        return None
    return Mistake(
        "K024",
        at.span(before),
        "`goto` is no word of the language",
        "write `loop` or `while` with `break` and `continue`",
    )


_RULES: Final[tuple[Callable[[Situation], Mistake | None], ...]] = (
    _header,
    _jump,
    _after_return,
    _unfinished,
    _assignment,
    _equality,
    _arrows,
    _loop_of_c,
    _parameters,
    _untyped,
    _typed_first,
    _length,
    _binder_colon,
    _binder_dot,
    _array,
    _member_dot,
    _several_binders,
    _negated_operand,
    _conditional,
    _chain,
    _word_as_name,
    _unclosed,
    _wrong_closing,
    _other_word,
    _misplaced,
    _idle,
    _body,
)
