"""Specifications spoilt at random, the same for equal seeds: by token, by byte, and by splicing.

The result is close enough to the language to get far into every pass, and wrong in ways that no
author of tests thinks of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from grammar.parser import tokenize
from grammar.source import SourceFile

ROOT: Final = Path(__file__).resolve().parents[2]

ODD: Final = (
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "9_223_372_036_854_775_808",
    "1000000",
    "int",
    "any",
    "none",
    "{}",
    "[]",
    "()",
    "..",
    "mod 1",
    "seq[2] of",
    "set of",
    "old(",
    "self",
    "end",
    "atomic",
    "label:",
    "? ",
    "\0",
    "\ufeff",
    "é",
    '"',
    "//",
    "///",
)
"""Texts that specifications hold seldom, put between the tokens."""


@cache
def seeds() -> tuple[str, ...]:
    """Return the specifications to begin with: those that are shipped, and the cases."""
    paths = [*ROOT.glob("spec/**/*.k42"), *ROOT.glob("tests/cases/**/*.k42")]
    return tuple(path.read_text(encoding="utf-8") for path in sorted(paths))


def _parts(text: str) -> list[str]:
    tokens = tokenize(SourceFile("seed.k42", text))
    ends = [0, *(token.end for token in tokens)]
    return [text[end : token.end] for end, token in zip(ends, tokens, strict=False)]


@cache
def _pool() -> tuple[str, ...]:
    found = {part.strip().split("\n")[-1] for text in seeds() for part in _parts(text)}
    return (*sorted(found), *ODD)


def mutant(random: Random) -> bytes:
    """Return a spoilt specification."""
    text = random.choice(seeds())
    parts = _parts(text)
    # Half of them stay within the grammar for the most part, so that they reach what comes after.
    mutations = random.choice((_GENTLE_MUTATIONS, _TOKEN_MUTATIONS))
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 10))):
        random.choice(mutations)(parts, random)
    data = bytearray("".join(parts).encode("utf-8"))
    if random.random() < 0.1:
        random.choice(_BYTE_MUTATIONS)(data, random)
    return bytes(data)


# --- by token -------------------------------------------------------------------------------------


def _range(parts: list[str], random: Random, most: int) -> slice:
    start = random.randrange(len(parts) + 1)
    return slice(start, start + random.randint(1, most))


def _delete(parts: list[str], random: Random) -> None:
    del parts[_range(parts, random, 6)]


def _insert(parts: list[str], random: Random) -> None:
    parts.insert(random.randrange(len(parts) + 1), f" {random.choice(_pool())} ")


def _replace(parts: list[str], random: Random) -> None:
    if parts:
        parts[random.randrange(len(parts))] = f" {random.choice(_pool())} "


def _exchange(parts: list[str], random: Random) -> None:
    """Exchange two tokens of the same text: names and operators that exist, in wrong places."""
    if parts:
        i, j = random.randrange(len(parts)), random.randrange(len(parts))
        parts[i], parts[j] = parts[j], parts[i]


def _repeat(parts: list[str], random: Random) -> None:
    part = _range(parts, random, 12)
    parts[part] = parts[part] * random.choice((2, 2, 3, 50))


def _move(parts: list[str], random: Random) -> None:
    part = _range(parts, random, 30)
    taken = parts[part]
    del parts[part]
    at = random.randrange(len(parts) + 1)
    parts[at:at] = taken


def _splice(parts: list[str], random: Random) -> None:
    """Put a piece of another specification in."""
    other = _parts(random.choice(seeds()))
    at = random.randrange(len(parts) + 1)
    parts[at:at] = other[_range(other, random, 40)]


def _nest(parts: list[str], random: Random) -> None:
    """Wrap a piece in brackets, sometimes absurdly often."""
    opening, closing = random.choice(("()", "{}", "[]"))
    depth = random.choice((1, 1, 2, 300))
    part = _range(parts, random, 8)
    parts[part] = [opening * depth, *parts[part], closing * depth]


_TOKEN_MUTATIONS: Final[tuple[Callable[[list[str], Random], None], ...]] = (
    _delete,
    _insert,
    _replace,
    _replace,
    _exchange,
    _exchange,
    _repeat,
    _move,
    _splice,
    _nest,
)


def _replace_alike(parts: list[str], random: Random) -> None:
    """Replace a token by one of its kind: a name by a name, a number, an operator, a type."""
    places = [i for i, part in enumerate(parts) if _kind(part) is not None]
    if places:
        at = random.choice(places)
        kind = _kind(parts[at])
        own = [each.strip() for each in parts if _kind(each) is kind]
        wide = random.random() < 0.3
        parts[at] = f" {random.choice(_pool_of(kind) if wide and kind else own)} "


@cache
def _pool_of(kind: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(text for text in _pool() if kind.fullmatch(text))


def _kind(part: str) -> re.Pattern[str] | None:
    text = part.strip()
    return next((kind for kind in _KINDS if kind.fullmatch(text)), None)


_KINDS: Final = (
    re.compile(r"[0-9_]+"),
    re.compile(r"or|and|->|<->"),
    re.compile(r"!?=|<=?|>=?|in|subset"),
    re.compile(r"[-+*/%]|union|minus|intersect"),
    re.compile(r"forall|exists|sum|count|min|max"),
    re.compile(r"invariant|step|reachable|assume|initially|terminal"),
    re.compile(r"bool|int|any|none|self|true|false"),
    re.compile(r"break|continue|skip|return|await|atomic"),
    re.compile(
        r"(?!(?:spec|import|as|const|var|ghost|process|on|action|requires|if|else|while|for|"
        r"loop|either|choose|where|let|then|set|seq|of|tuple|record|enum|type|object|"
        r"procedure|function|processors|sort|not|at|mod|old|assert)\b)[A-Za-z_]\w*"
    ),
)
"""Kinds of tokens of which one may stand where another does."""

_GENTLE_MUTATIONS: Final[tuple[Callable[[list[str], Random], None], ...]] = (
    _replace_alike,
    _replace_alike,
    _replace_alike,
    _replace_alike,
    _exchange,
    _nest,
)


# --- by byte --------------------------------------------------------------------------------------


def _flip(data: bytearray, random: Random) -> None:
    for _ in range(random.randint(1, 4)):
        if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _cut(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data) + 1) :]


def _litter(data: bytearray, random: Random) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.randbytes(random.randint(1, 4))


_BYTE_MUTATIONS: Final[tuple[Callable[[bytearray, Random], None], ...]] = (_flip, _cut, _litter)
