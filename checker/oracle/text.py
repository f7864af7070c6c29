"""A comparison for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.oracle.answers import Answer, Cut, Missing, Refusal, Statement, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model.system import System
    from checker.oracle.tools import Comparison

OURS = "k42"


def render_comparison(system: System, comparison: Comparison, kept: str | None) -> str:
    """Return the table, and what follows from it."""
    at = ", ".join(f"{each.name} = {each.value}" for each in system.settings)
    heading = f"{system.name} at {at}" if at else system.name
    rows = [("", "distinct states", "seconds", "MiB", ""), (OURS, *_cells(comparison.own))]
    for each in comparison.testimonies:
        cells = _cells(each.statement)
        if isinstance(each.statement, Answer):
            cells = (*cells[:3], "disagrees" if each.differences else "agrees")
        rows.append((each.tool, *cells))
    lines = [heading, "", *_table(rows), "", *_conclusion(comparison)]
    if kept is not None:
        lines += ["", f"the specification, the models and all output are in {kept}"]
    return "\n".join(lines) + "\n"


def _cells(statement: Statement) -> tuple[str, str, str, str]:
    match statement:
        case Answer(states, _, _, seconds, peak):
            return f"{states:,}", f"{seconds:.2f}", _mebibytes(peak), ""
        case Cut(why):
            return "", "", "", why
        case Refusal(what, site):
            return "", "", "", f"cannot express {what}{f' ({site})' if site else ''}"
        case Missing(programs):
            return "", "", "", f"not installed: {', '.join(programs)}"
        case _:
            assert_never(statement)


def _mebibytes(amount: int) -> str:
    return f"{amount / 2**20:,.0f}" if amount else ""


def _table(rows: list[tuple[str, str, str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(row[at].rjust(widths[at]) for at in (1, 2, 3)), row[4]]
        yield f"  {'  '.join(cells)}".rstrip()


def _conclusion(comparison: Comparison) -> Iterator[str]:
    for doubt in comparison.doubts:
        yield f"contradiction within k42: {doubt}"
    for each in comparison.testimonies:
        for difference in each.differences:
            yield f"contradiction with {each.tool}: {difference}"
    if comparison.is_contradicted:
        yield "one of these programs is wrong; please report it"
    elif comparison.is_confirmed and isinstance(comparison.own, Answer):
        wrongs = sorted(map(told, comparison.own.wrongs))
        yield (
            f"all find the same wrong: {', '.join(wrongs)}" if wrongs else "all find nothing wrong"
        )
    else:
        yield "nothing was compared"
