"""How the tables of this folder are written."""

from __future__ import annotations

from textwrap import dedent

from grammar.codes import CodeInfo


def entry(code: str, title: str, explanation: str, *, wrong: str = "", right: str = "") -> CodeInfo:
    """Return one row; the examples are indented and lack their first line."""
    wrong, right = (
        f"spec example\n{dedent(text).lstrip()}" if text else "" for text in (wrong, right)
    )
    return CodeInfo(code, title, " ".join(explanation.split()), wrong, right)
