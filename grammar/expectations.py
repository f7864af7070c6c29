"""What could have stood somewhere, in the words of the language reference.

The grammar answers with the kinds of all tokens that fit; a reader wants to hear of an expression,
a type, a statement or a declaration, and of the few signs that are left.
"""

from __future__ import annotations

from typing import Final

from grammar.tokens import END, Token

FOLDS: Final = frozenset({"FORALL", "EXISTS", "SUM", "COUNT", "MIN", "MAX"})
EXPRESSION_STARTS: Final = FOLDS | {
    "NAME",
    "ROOT",
    "REP",
    "NUMBER",
    "TRUE",
    "FALSE",
    "NONE",
    "ANY",
    "SELF",
    "OLD",
    "LPAR",
    "LBRACE",
    "LSQB",
    "NOT",
    "DASH",
    "IF",
    "LET",
    "ALWAYS",
    "EVENTUALLY",
    "STEP",
}
TYPE_STARTS: Final = frozenset(
    {"BOOL", "INT", "SET", "SEQ", "TUPLE", "MOD", "LSQB", "NAME", "NUMBER", "LPAR", "DASH"}
)
SIMPLE_STARTS: Final = frozenset(
    {"SKIP", "CHOOSE", "BREAK", "CONTINUE", "AWAIT", "DISABLE", "ENABLE", "ASSERT", "RETURN"}
    | {"VAR", "LET"}
)
COMPOUND_STARTS: Final = frozenset({"IF", "WHILE", "LOOP", "FOR", "EITHER", "ATOMIC", "LBRACE"})
FAIRNESS_STARTS: Final = frozenset({"FAIR", "STRONG", "UNFAIR"})
STATEMENT_STARTS: Final = (
    SIMPLE_STARTS | COMPOUND_STARTS | FAIRNESS_STARTS | {"NAME", "ROOT", "REP"}
)
PROPERTY_STARTS: Final = frozenset(
    {
        "INVARIANT",
        "LEMMA",
        "STEP",
        "REACHABLE",
        "ASSUME",
        "INITIALLY",
        "TERMINAL",
        "PROPERTY",
        "BYPASS",
    }
)
MEMBER_STARTS: Final = (
    PROPERTY_STARTS | FAIRNESS_STARTS | {"VAR", "GHOST", "PROCEDURE", "FUNCTION", "ACTION"}
)
DECLARATION_STARTS: Final = MEMBER_STARTS | {
    "IMPORT",
    "CONST",
    "PROCESSORS",
    "SORT",
    "ENUM",
    "TYPE",
    "RECORD",
    "OBJECT",
    "PROCESS",
    "INTERRUPT",
    "CRASH",
    "REBOOT",
    "LOCK_ORDER",
    "REFINES",
    "RANK_OF",
    "INTERFACE",
    "CLUSTERED",
    "SWAP_PROTOCOL",
    "CHECK",
    "CHANNEL",
}
RELATIONS: Final = frozenset(
    {"EQUAL", "UNEQUAL", "LESS", "AT_MOST", "GREATER", "AT_LEAST", "IN", "SUBSET", "AT"}
)
ARITHMETIC: Final = frozenset({"PLUS", "DASH", "STAR", "SLASH", "PERCENT"})
OPERATORS: Final = (
    RELATIONS
    | ARITHMETIC
    | {"LEADS_TO", "UNTIL", "IFF", "IMPLIES", "OR", "AND", "NOT"}
    | {"UNION", "INTERSECT", "MINUS", "_RANGE"}
)

_SUFFIX_STARTS: Final = frozenset({"LPAR", "LSQB", "_MEMBER_DOT", "QMARK"})
_SIGNS: Final = {
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "COLON": ":",
    "COMMA": ",",
    "EQUAL": "=",
    "DASH": "-",
    "QMARK": "?",
    "_ASSIGN": ":=",
    "_DOT": ".",
    "_MEMBER_DOT": ".",
    "_RANGE": "..",
    "_SENDS": "=>",
}
_CLASSES: Final = {
    "NAME": "a name",
    "FIELD": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    END: "the end of the file",
}
_MOST_NAMED: Final = 4


def describe(token: Token) -> str:
    """Name a token that was found."""
    if token.kind == END:
        return "the end of the file"
    if token.kind == "STRING":
        return "a string"
    return f"`{token.text}`"


def expectation(expected: frozenset[str]) -> str:
    """Name what could have stood there: `an expression`, `` `,` or `)` ``."""
    rest = set(expected)
    names: list[str] = []
    for marker, name, starts in (
        ("PROCEDURE", "a declaration", DECLARATION_STARTS),
        ("SKIP", "a statement", STATEMENT_STARTS),
        ("NONE", "an expression", EXPRESSION_STARTS),
        ("BOOL", "a type", TYPE_STARTS),
    ):
        if marker in rest:
            names.append(name)
            rest -= starts
    is_operator = "AND" in rest or "PLUS" in rest
    if is_operator:
        rest -= OPERATORS | _SUFFIX_STARTS
    if len(rest) + len(names) > 1:
        rest.discard(END)  # seldom what was meant
    names = sorted(_CLASSES[kind] for kind in rest if kind in _CLASSES) + names
    signs = sorted(f"`{_SIGNS.get(kind, kind.lower())}`" for kind in rest - _CLASSES.keys())
    choices = [*signs, *names]
    if is_operator and (not choices or len(choices) > _MOST_NAMED):
        choices = ["an operator", *choices]
    return _listed(choices[:_MOST_NAMED])


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"
