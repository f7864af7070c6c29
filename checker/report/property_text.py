"""One row for each property: its result, what it is, and for what is reachable a short way."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from checker.report.cells import pad, width, wrap
from checker.report.ink import Ink
from checker.report.places import step_name
from checker.report.standing import Row, Standing, standings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.model.trace import Trace
    from checker.model.verdict import Result

MAX_WAY_LINES = 2
MAX_FIGURE_LINES = 4
MIN_ROOM = 34
"""With fewer cells beside the name the way stands below it."""
_CHECKS = {"assertion": "assertions", "deadlock": "deadlock freedom"}


def render_properties(result: Result, ink: Ink) -> list[str]:
    """Return the rows in the order of declaration, assertions and deadlock last."""
    rows = standings(result)
    words = max(width(row.standing.value) for row in rows)
    names = max(width(_name(row)) for row in rows)
    return [line for row in rows for line in _lines(row, words, names, ink)]


def _name(row: Row) -> str:
    return _CHECKS.get(row.kind, f"{row.kind} {row.name}")


def _lines(row: Row, words: int, names: int, ink: Ink) -> list[str]:
    word = ink.paint(_style(row.standing), pad(row.standing.value, words))
    detail = _detail(row)
    if not detail:
        return [f"  {word}  {_name(row)}"]
    start = words + names + 6
    most = MAX_FIGURE_LINES if row.figure else MAX_WAY_LINES
    if ink.width - start < MIN_ROOM:
        below = wrap(detail, ink.width - words - 6, hang=0)
        margin = " " * (words + 6)
        return [f"  {word}  {_name(row)}", *(margin + line for line in _first(below, most))]
    lines = _first(wrap(detail, ink.width - start, hang=0), most)
    first = f"  {word}  {pad(_name(row), names)}  {lines[0]}"
    return [first, *(" " * start + line for line in lines[1:])]


def _first(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    kept = lines[:most]
    last = kept[-1].rpartition(" ")[0].rstrip(",;")
    return [*kept[:-1], f"{last} ..."]


def _style(standing: Standing) -> str:
    match standing:
        case Standing.PROVED | Standing.HOLDS | Standing.REACHED:
            return "good"
        case Standing.VIOLATED | Standing.UNREACHED | Standing.ERROR:
            return "bad"
        case Standing.UNVIOLATED | Standing.UNDECIDED:
            return "doubt"
        case _:
            assert_never(standing)


def _detail(row: Row) -> str:
    if row.parts:
        return f"part {', '.join(row.parts)}"
    if row.witness is None:
        return row.figure
    return f"{row.figure}; {_way(row.witness)}" if row.figure else _way(row.witness)


def _way(trace: Trace) -> str:
    count = len(trace.steps) if trace.loop is None else trace.loop
    way = replace(trace, steps=trace.steps[:count])
    steps = f"{count} step{'' if count == 1 else 's'}"
    if trace.loop is None:
        return f"in {steps}: {short_trace(way)}" if count else "in an initial state"
    again = f"again and again: {short_trace(replace(trace, steps=trace.steps[count:]))}"
    return f"after {steps} {again}" if count else again


def short_trace(trace: Trace) -> str:
    """Return the steps by name, those of one actor together: `worker[Cpu0] idle, acquire.1-3`."""
    groups = groupby(trace.steps, key=lambda step: step.actor)
    return "; ".join(
        f"{actor} {', '.join(_ranges(step_name(step.action) for step in steps))}"
        for actor, steps in groups
    )


def _ranges(names: Iterable[str]) -> Iterator[str]:
    """Join names that count on: `acquire.1`, `acquire.2` become `acquire.1-2`."""
    first = last = ""
    for name in names:
        stem, _, number = name.rpartition(".")
        counts_on = number.isdecimal() and last == f"{stem}.{int(number) - 1}"
        if first and not counts_on:
            yield _range(first, last)
        first, last = first if counts_on else name, name
    if first:
        yield _range(first, last)


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}-{last.rpartition('.')[2]}"
