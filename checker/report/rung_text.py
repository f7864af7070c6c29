"""The methods that were tried one after the other, and what each gave, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from checker.report.cells import pad, width, wrap
from proofs.prove import EachSize, EverySize, OneSystem
from proofs.rungs import Outcome

if TYPE_CHECKING:
    from checker.report.ink import Ink
    from checker.report.values_json import Json
    from proofs.prove import Domain
    from proofs.rungs import Rung


def rung_lines(rungs: Sequence[Rung], ink: Ink) -> list[str]:
    """Return one entry for each method."""
    if not rungs:
        return []
    words = max(width(each.outcome.value) for each in rungs)
    lines = ["what was tried"]
    for each in rungs:
        style = {Outcome.PROVED: "good", Outcome.VIOLATED: "bad"}.get(each.outcome, "doubt")
        head = f"  {ink.paint(style, pad(each.outcome.value, words))}  "
        told = f"{each.method}{_where(each.domain)}: {each.text}"
        first, *others = wrap(told, ink.width - words - 4, hang=2)
        lines.append(head + first)
        lines += [" " * (words + 4) + line for line in others]
    return lines


def _where(domain: Domain | None) -> str:
    match domain:
        case None | OneSystem():
            return ""
        case EverySize():
            return ", at every size"
        case EachSize(most):
            return f", at each size from 1 to {most}"
        case _:
            assert_never(domain)


def json_of_rungs(rungs: Sequence[Rung]) -> Json:
    """Return the methods in order."""
    return [
        {
            "method": each.method,
            "outcome": each.outcome.value,
            "domain": None if each.domain is None else json_of_domain(each.domain),
            "text": each.text,
        }
        for each in rungs
    ]


def json_of_domain(domain: Domain) -> Json:
    """Return for which sizes something is said."""
    match domain:
        case EverySize():
            return {"kind": "every size"}
        case EachSize(most, reasons):
            return {"kind": "each size", "most": most, "reasons": list(reasons)}
        case OneSystem():
            return {"kind": "one system"}
        case _:
            assert_never(domain)
