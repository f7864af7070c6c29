"""Whether the claims can always be decided, and if not, which functions lead round in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.report.cells import wrap
from proofs.fragment import NUMBERS, Link

if TYPE_CHECKING:
    from checker.report.ink import Ink
    from checker.report.values_json import Json
    from proofs.fragment import Edge, Fragment

_REMEDIES = {
    Link.MAP: "hold `{name}` as a relation (`[{source}] set of {target}`), or give the elements "
    "numbers in a ghost and state the lemmas about these",
    Link.EXISTS: "keep who it is in a ghost variable, instead of the `exists` in `{name}`",
    Link.ARITHMETIC: "compare numbers in `{name}` instead of computing with them, or choose a type "
    "of at most 16 values, which is written out",
}


def fragment_lines(fragment: Fragment, ink: Ink) -> list[str]:
    """Return one paragraph."""
    if fragment.is_decidable:
        text = (
            "decidable: functions do not lead from a sort back to it, so that the solver always "
            "answers" + (f" ({_all(fragment)})" if fragment.edges else "")
        )
        return wrap(text, ink.width)
    lines: list[str] = []
    if fragment.circle:
        place = "" if fragment.obligation is None else f", in {fragment.obligation}"
        steps = ", ".join(_said(edge) for edge in fragment.circle)
        lines += wrap(f"not decidable in general: a circle of functions{place}: {steps}", ink.width)
        for edge in fragment.circle:
            lines += wrap(f"  {_remedy(edge)}", ink.width)
    for name in fragment.integers:
        text = f"not decidable in general: `{name}` speaks of all numbers of a large type"
        lines += wrap(text, ink.width)
        lines += wrap("  choose a type of at most 16 values, which is written out", ink.width)
    return lines


def _all(fragment: Fragment) -> str:
    return "; ".join(_said(edge) for edge in fragment.edges)


def _said(edge: Edge) -> str:
    match edge.link:
        case Link.MAP:
            return f"`{edge.name}` from {_sort(edge.source)} to {_sort(edge.target)}"
        case Link.EXISTS:
            what = f"the `exists` in `{edge.name}`"
            return f"{what} from {_sort(edge.source)} to {_sort(edge.target)}"
        case Link.ARITHMETIC:
            return f"arithmetic in `{edge.name}`"


def _sort(name: str) -> str:
    return "numbers" if name == NUMBERS else name


def _remedy(edge: Edge) -> str:
    if edge.link is Link.MAP and NUMBERS in {edge.source, edge.target}:
        return (
            f"give the numbers of `{edge.name}` a type of at most 16 values, which is written out"
        )
    values = {"name": edge.name, "source": edge.source, "target": edge.target}
    return _REMEDIES[edge.link].format(**values)


def json_of_fragment(fragment: Fragment | None) -> Json:
    """Return the functions and the circle; None where no sort is open."""
    if fragment is None:
        return None
    return {
        "decidable": fragment.is_decidable,
        "circle": [_edge(edge) for edge in fragment.circle],
        "integers": list(fragment.integers),
        "obligation": fragment.obligation,
        "remedies": [_remedy(edge) for edge in fragment.circle],
    }


def _edge(edge: Edge) -> Json:
    return {
        "from": edge.source,
        "to": edge.target,
        "by": edge.link.value,
        "name": edge.name,
    }
