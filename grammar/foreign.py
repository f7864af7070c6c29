"""How other languages say it, and the words that this one keeps for later."""

from __future__ import annotations

from typing import Final

SYMBOLS: Final = {
    "≠": ("UNEQUAL", "!="),
    "≤": ("AT_MOST", "<="),
    "≥": ("AT_LEAST", ">="),
    "∧": ("AND", "and"),
    "∨": ("OR", "or"),
    "¬": ("NOT", "not"),
    "→": ("IMPLIES", "->"),
    "⇒": ("IMPLIES", "->"),
    "↔": ("IFF", "<->"),
    "⇔": ("IFF", "<->"),
    "∈": ("IN", "in"),
    "∉": ("IN", "not in"),
    "⊆": ("SUBSET", "subset"),
    "∪": ("UNION", "union"),
    "∩": ("INTERSECT", "intersect"),
    "∖": ("MINUS", "minus"),
    "∀": ("FORALL", "forall"),
    "∃": ("EXISTS", "exists"),
    "×": ("STAR", "*"),
    "−": ("DASH", "-"),
    "…": ("_RANGE", ".."),
}
"""Mathematical and typographical signs, with the token that is written instead."""

BACKSLASHED: Final = {
    "/": "or",
    "A": "forall",
    "E": "exists",
    "in": "in",
    "notin": "not in",
    "cup": "union",
    "union": "union",
    "cap": "intersect",
    "intersect": "intersect",
    "subseteq": "subset",
    "lnot": "not",
    "neg": "not",
    "div": "/",
}
"""What TLA+ writes behind a backslash, and what is written here."""

TYPES_OF_C: Final = {
    "int": "0..N",
    "integer": "0..N",
    "byte": "0..255",
    "short": "0..N",
    "long": "0..N",
    "unsigned": "0..N",
    "char": "0..255",
    "bool": "bool",
    "boolean": "bool",
    "bit": "0..1",
}
"""Types that C and Promela write before the name of a variable, and what stands behind it here."""

NAMES: Final = {
    "null": "write `none`",
    "nil": "write `none`",
    "undefined": "write `none`",
    "head": "write `first(...)`",
    "tail": "write `rest(...)`",
    "length": "write `len(...)` of a sequence, `size(...)` of a set",
    "cardinality": "write `size(...)`",
    "card": "write `size(...)`",
    "push": "write `append(...)`",
    "this": "write `self`",
    "_pid": "write `self`",
    "pid": "write `self`",
}
"""Names that other languages have, in small letters, with what to do about them."""

WORDS: Final = {
    "elif": "else if",
    "elsif": "else if",
    "elseif": "else if",
    "wait": "await",
    "when": "await",
    "do": "{",
    "begin": "{",
    "end": "}",
    "done": "}",
    "fi": "}",
    "od": "}",
    "repeat": "loop",
    "forever": "loop",
    "foreach": "for",
    "switch": "if",
    "case": "if",
    "proctype": "process",
    "thread": "process",
    "proc": "procedure",
    "void": "procedure",
    "fn": "function",
    "func": "function",
    "fun": "function",
    "def": "function",
    "define": "function",
    "rule": "action",
    "struct": "record",
    "typedef": "type",
    "module": "spec",
    "constant": "const",
    "constants": "const",
    "variable": "var",
    "variables": "var",
    "static": "var",
    "scalarset": "sort",
    "include": "import",
    "use": "import",
    "using": "import",
    "extends": "import",
    "boolean": "bool",
    "integer": "int",
    "array": "[K] V",
    "map": "[K] V",
    "null": "none",
    "nil": "none",
    "implies": "->",
    "iff": "<->",
    "xor": "!=",
    "all": "forall",
    "ensures": "assert",
    "require": "requires",
    "guard": "requires",
    "invariants": "invariant",
    "assertion": "invariant",
    "init": "initially",
}
"""Words of other languages, and what stands for them here."""

RESERVED: Final = frozenset(
    {
        "fence",
        "read_section",
        "quiescent",
    }
)
"""Words of constructs that are planned."""
