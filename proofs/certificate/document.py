"""Certificates as files that can be reviewed: for each obligation the instances that it needs.

An obligation has one list for each way through its action, and in it what is said of whom:
`holder_is_first(some.Cpu1, param.Cpu1)` is the lemma of that name, said of these two elements.
Where a hypothesis is divided into several universals, the second is written `name#2(...)`. What
holds by rewriting needs nothing and is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from proofs.archive import Use

FORMAT: Final = "k42-certificate"
VERSION: Final = 1
_USE: Final = re.compile(r"(?P<label>[^#(]+)(?:#(?P<number>\d+))?\((?P<terms>.*)\)", re.DOTALL)

EVERY_SIZE: Final = "every size"
"""The part of a certificate that holds whatever the sizes; other parts are named by the size."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a proof rests on.

    Attributes:
        settings: the constants, as texts.
        parts: by size, then by obligation, for each of its queries in order.
    """

    system: str
    settings: Mapping[str, str]
    parts: Mapping[str, Mapping[str, tuple[tuple[Use, ...], ...]]]

    @property
    def count(self) -> int:
        """How many instances there are in it."""
        return sum(
            len(uses)
            for part in self.parts.values()
            for queries in part.values()
            for uses in queries
        )


def certificate_text(certificate: Certificate) -> str:
    """Return the text of a certificate; an obligation is one line."""
    lines = [
        "{",
        f' "format": "{FORMAT}", "version": {VERSION},',
        f' "system": {json.dumps(certificate.system)},',
        f' "settings": {json.dumps(dict(certificate.settings))},',
        ' "parts": {',
    ]
    parts = []
    for size, obligations in certificate.parts.items():
        rows = [
            f"   {json.dumps(name)}: {json.dumps([[_text(u) for u in uses] for uses in queries])}"
            for name, queries in obligations.items()
        ]
        parts.append(f"  {json.dumps(size)}: {{\n" + ",\n".join(rows) + "\n  }")
    return "\n".join([*lines, ",\n".join(parts), " }", "}"]) + "\n"


def _text(use: Use) -> str:
    number = f"#{use.number}" if use.number != 1 else ""
    return f"{use.label}{number}({', '.join(use.terms)})"


def read_certificate(text: str) -> Certificate:
    """Read a certificate.

    Raises:
        ValueError: the text is none.
    """
    document: Any = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it is not of the format `{FORMAT}`")
    if document.get("version") != VERSION:
        raise ValueError(f"its version is not {VERSION}")
    try:
        parts = {
            size: {
                name: tuple(tuple(_use(use) for use in uses) for uses in queries)
                for name, queries in obligations.items()
            }
            for size, obligations in document["parts"].items()
        }
        return Certificate(document["system"], dict(document["settings"]), parts)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it is damaged") from error


def _use(text: str) -> Use:
    found = _USE.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no instance")
    return Use(found["label"], int(found["number"] or 1), _split(found["terms"]))


def _split(text: str) -> tuple[str, ...]:
    """Return the arguments that commas outside of brackets separate."""
    found, depth, begin = [], 0, 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append(text[begin:place].strip())
            begin = place + 1
    return (*found, text[begin:].strip()) if text else ()
