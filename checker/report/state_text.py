"""One state for people: where every process rests, then the data.

Maps over the same keys become one table with a column for each key, which is how one compares
processors at a glance. What does not fit is written on a line of its own and wrapped.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from checker.model.ir import Assign, Bind, Choose, Role, Variable
from checker.model.rewrite import expressions, free_locals, parts, variables_read
from checker.model.types import MapType, Type, Value, cardinality, default, elements, show
from checker.report.cells import clip, pad, width, wrap
from checker.report.ink import Ink
from checker.report.places import Thread, is_label, line_of, threads, told_statement

if TYPE_CHECKING:
    from checker.model.ir import Effect, Local
    from checker.model.system import State, System

MAX_LISTED = 8
"""Process instances that get a line each; more are grouped by place."""
MAX_NAMED = 6
"""Of those that rest at one place, so many are named."""
MAX_CELL = 16
MAX_KEYS = 24
MAX_START = 12
"""Lines of the data at the start; of more, what is at the default of its type is left out."""
MAX_LINES = 6
"""Lines that one value may take."""


def render_rests(system: System, state: State, spec: str, ink: Ink) -> list[str]:
    """Return where the processes rest and what the next step of each would be."""
    everyone = threads(system)
    if len(everyone) > MAX_LISTED:
        return _rests_by_place(system, state, everyone, ink)
    rows: list[tuple[str, str, str, str]] = []
    labelled: list[bool] = []
    for thread in everyone:
        point = thread.point(system, state)
        has_ended = point.name == "end"
        text = "" if has_ended else told_statement(point.site)
        line = "" if has_ended else line_of(point.site, spec)
        where = f"at {point.name}"
        rows.append((thread.name, where, line, text))
        labelled.append(is_label(point))
    widths = [max(width(row[i]) for row in rows) if rows else 0 for i in range(3)]
    lines = []
    for number, (name, where, line, text) in enumerate(rows):
        head = ink.paint_actor(number, pad(name, widths[0]))
        place = pad(where, widths[1])
        at = ink.paint("bold", place) if labelled[number] else place
        used = sum(widths) + 5
        tail = clip(text, max(ink.width - used - 4, 12))
        lines.append(f"{head} {at}  {line:>{widths[2]}}  {tail}".rstrip())
    return lines


def _rests_by_place(
    system: System, state: State, everyone: Sequence[Thread], ink: Ink
) -> list[str]:
    """Return one line for each place, the places where few rest first."""

    def key(thread: Thread) -> tuple[str, int]:
        point = thread.point(system, state)
        return thread.process.name, thread.process.points.index(point)

    groups = [(k, list(group)) for k, group in groupby(sorted(everyone, key=key), key=key)]
    lines = []
    for (name, number), members in sorted(groups, key=lambda item: len(item[1])):
        process = members[0].process
        text = f"{name} at {process.points[number].name}"
        if process.index is not None:
            shown = [show(process.index, t.index) for t in members[:MAX_NAMED]]
            rest = len(members) - len(shown)
            text += f": {', '.join(shown)}{f' and {rest} more' if rest else ''}"
        lines += wrap(text, ink.width - 4)
    return lines


def render_start(system: System, state: State, ink: Ink) -> list[str]:
    """Return the data of an initial state; of much data, what one would not expect to be there."""
    everything = render_data(system, state, ink)
    if len(everything) <= MAX_START:
        return everything
    telling = _chosen_at_start(system) | {
        variable
        for variable, value in zip(system.variables, state, strict=True)
        if value != default(variable.type)
    }
    lines = render_data(system, state, ink, only=telling)
    if len(lines) + 1 >= len(everything):
        return everything
    return [*lines, "everything else as declared: none, false, empty, or the least value"]


def _chosen_at_start(system: System) -> frozenset[Variable]:
    """Return the variables that need not begin with the value that they have in this run."""
    chosen: set[Variable] = set()
    picked: set[Local] = set()

    def visit(effect: Effect) -> None:
        values = expressions(effect)
        depends = any(free_locals(e) & picked or variables_read(e) & chosen for e in values)
        match effect:
            case Choose(local):
                picked.add(local)
            case Bind(local) if depends:
                picked.add(local)
            case Assign(place) if depends:
                chosen.add(place.variable)
            case _:
                pass
        for part in parts(effect):
            visit(part)

    visit(system.init)
    return frozenset(chosen)


def render_data(
    system: System, state: State, ink: Ink, *, only: Collection[Variable] | None = None
) -> list[str]:
    """Return the values of all variables, or only of some, but never the control points."""
    scalars: list[tuple[Variable, Value]] = []
    tables: dict[Type, list[tuple[Variable, Value]]] = {}
    for variable, value in zip(system.variables, state, strict=True):
        if variable.role is Role.CONTROL or (only is not None and variable not in only):
            continue
        if isinstance(variable.type, MapType) and cardinality(variable.type.key) <= MAX_KEYS:
            tables.setdefault(variable.type.key, []).append((variable, value))
        else:
            scalars.append((variable, value))
    lines = [line for variable, value in scalars for line in _inline(variable, value, ink)]
    for key, rows in tables.items():
        lines += _table(key, rows, ink)
    return lines


def _inline(variable: Variable, value: Value, ink: Ink) -> list[str]:
    text = f"{variable.name} = {show(variable.type, value)}"
    lines = wrap(text, ink.width - 4)
    if len(lines) > 1 and isinstance(variable.type, MapType):
        lines = _cells(variable.name, variable.type, value, ink)
    if len(lines) > MAX_LINES:
        rest = len(lines) - MAX_LINES
        lines = [*lines[:MAX_LINES], f"  ... ({rest} more lines; all of it with --format json)"]
    return lines


def _cells(name: str, of: MapType, value: Value, ink: Ink) -> list[str]:
    assert isinstance(value, tuple)
    pairs = zip(elements(of.key), value, strict=True)
    texts = (f"{name}[{show(of.key, key)}] = {show(of.value, part)}" for key, part in pairs)
    return [line for text in texts for line in wrap(text, ink.width - 4)]


def _table(key: Type, rows: list[tuple[Variable, Value]], ink: Ink) -> list[str]:
    keys = [show(key, k) for k in elements(key)]
    fitting: list[tuple[str, list[str]]] = []
    others: list[str] = []
    for variable, value in rows:
        assert isinstance(variable.type, MapType)
        assert isinstance(value, tuple)
        cells = [show(variable.type.value, part) for part in value]
        if max(map(width, cells)) <= MAX_CELL:
            fitting.append((variable.name, cells))
        else:
            others += _inline(variable, value, ink)
    columns = [
        max(width(row[i]) for row in (keys, *(c for _, c in fitting))) for i in range(len(keys))
    ]
    names = max((width(name) for name, _ in fitting), default=0)
    total = names + sum(columns) + 2 * len(columns)
    if len(fitting) < 2 or total > ink.width - 4:
        inline = (line for v, value in rows for line in _inline(v, value, ink))
        return list(inline)
    lines = [ink.paint("dim", _row(names, "", columns, keys))]
    lines += [_row(names, name, columns, cells) for name, cells in fitting]
    return lines + others


def _row(names: int, name: str, columns: list[int], cells: list[str]) -> str:
    padded = (pad(cell, w) for cell, w in zip(cells, columns, strict=True))
    return f"{pad(name, names)}  {'  '.join(padded)}".rstrip()
