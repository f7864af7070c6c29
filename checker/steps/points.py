"""Names of control points.

A labelled point has its label's name, any other one its number among the points of its procedure
body; points in a procedure stand behind the procedure's name (`Lock.acquire.3`), and those of a
second inlined copy behind a numbered one (`Lock.acquire#2.3`).

`at` may use every procedure that control is in, and every label: in full (`Lock.acquire.spin`),
without the procedure (`Lock.spin`), or alone (`spin`), as long as no other label of the process can
be meant; a label of the process's own body always wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checker.model.system import ControlPoint
from checker.steps.promotion import unique

if TYPE_CHECKING:
    from checker.steps.flow import Call, Flow, Node
    from grammar.source import Span

END = "end"


def name_points(points: Sequence[Node], flow: Flow, site: Span) -> dict[Node, ControlPoint]:
    """Return the control point of each node where control rests, in the same order."""
    prefixes = _prefixes(flow)
    meanings = _meanings(flow)
    found: dict[Node, ControlPoint] = {}
    names: set[str] = {END}
    counts: dict[Call | None, int] = {}
    for node in points:
        if node is flow.end:
            found[node] = ControlPoint(END, frozenset({END}), site)
            continue
        counts[node.call] = counts.get(node.call, 0) + 1
        own = node.labels[0] if node.labels else str(counts[node.call])
        name = unique(f"{prefixes[node.call]}{own}", names)
        names.add(name)
        found[node] = ControlPoint(name, frozenset(_places(node, meanings)), node.site)
    return found


def _prefixes(flow: Flow) -> dict[Call | None, str]:
    """Return what stands before the names of points in the process's body and each inlined copy."""
    copies: dict[str, int] = {}
    found: dict[Call | None, str] = {None: ""}
    for node in flow.nodes:
        if node.call is not None and node.call not in found:
            place = node.call.place
            copies[place] = copies.get(place, 0) + 1
            found[node.call] = f"{place}." if copies[place] == 1 else f"{place}#{copies[place]}."
    return found


def _places(node: Node, meanings: dict[str, str]) -> Iterator[str]:
    call = node.call
    while call is not None:
        yield call.place
        call = call.outer
    for label in node.labels:
        full = _full(node, label)
        for name in _spellings(node, label):
            if meanings[name] == full:
                yield name


def _full(node: Node, label: str) -> str:
    return label if node.call is None else f"{node.call.place}.{label}"


def _spellings(node: Node, label: str) -> tuple[str, ...]:
    """Return the names by which a label may be known, the full one first."""
    if node.call is None:
        return (label,)
    outer, dot, _ = node.call.place.rpartition(".")
    return (_full(node, label), *((f"{outer}{dot}{label}",) if dot else ()), label)


def _meanings(flow: Flow) -> dict[str, str]:
    """Return the label, by its full name, that each spelling stands for; "" if more than one."""
    found = {node.call.place: "" for node in flow.nodes if node.call is not None}
    labelled = [(node, label) for node in flow.nodes for label in node.labels]
    for node, label in labelled:
        for name in _spellings(node, label)[1:]:
            full = _full(node, label)
            found[name] = full if found.get(name, full) == full else ""
    found.update((_full(node, label), _full(node, label)) for node, label in labelled)
    return found
