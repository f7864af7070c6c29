"""A name for what a system is, the same in every process, and different where it may behave so."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from checker.model.system import System

_PARTS: Final = ("name", "variables", "processes", "init", "actions", "properties", "terminal")
_TEXTUAL: Final = frozenset({"site", "doc"})
"""Where something is written, and what is said about it, do not matter."""


def identity(system: System) -> str:
    """Return the name of a system."""
    memo: dict[int, bytes] = {}
    whole = [_digest(getattr(system, name), memo) for name in _PARTS]
    return sha256(b"".join(whole)).hexdigest()


def _digest(thing: object, memo: dict[int, bytes]) -> bytes:
    """Hash a tree of dataclasses; parts that occur many times are looked at once."""
    match thing:
        case Enum():
            return _hashed(type(thing).__name__, thing.name)
        case bool() | int() | str() | None:
            return _hashed(type(thing).__name__, repr(thing))
        case tuple():
            return sha256(b"(" + b"".join(_digest(part, memo) for part in thing)).digest()
        case frozenset():
            return sha256(b"{" + b"".join(sorted(_digest(part, memo) for part in thing))).digest()
        case _:
            if id(thing) not in memo:
                named = [
                    _digest(getattr(thing, field.name), memo)
                    for field in fields(thing)  # type: ignore[arg-type]  # the rest are dataclasses
                    if field.name not in _TEXTUAL
                ]
                head = _hashed("dataclass", type(thing).__name__)
                memo[id(thing)] = sha256(head + b"".join(named)).digest()
            return memo[id(thing)]


def _hashed(kind: str, text: str) -> bytes:
    return sha256(f"{kind} {text}".encode()).digest()
