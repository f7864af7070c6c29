"""Where the states of a system come from, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.report.cells import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.analysis.space import Growth, Part, Sample
    from checker.model.system import System

WIDTH = 100
SHOWN = 12
"""Variables that get a line."""

_LEGEND = (
    "A factor of 4 says that there are four times as many states with it as without it; 1 says "
    "that the other variables determine it. Factors do not multiply up."
)


def space_text(
    system: System, taken: Sample, variables: list[Part], groups: list[Part], growths: list[Growth]
) -> str:
    """Return the whole text."""
    at = ", ".join(f"{each.name} = {each.value}" for each in system.settings)
    name = f"{system.name} at {at}" if at else system.name
    count, depth = f"{len(taken.states):,} states", len(taken.levels)
    extent = (
        f"{count} in {depth} levels, which are all"
        if taken.is_complete
        else f"the first {count}, in {depth} levels; factors are estimates from these"
    )
    lines = [f"{name}: {taken.layout.bits} bits a state; {extent}", ""]
    lines += _table("variables", variables[:SHOWN])
    if len(variables) > SHOWN:
        lines.append(f"  and {len(variables) - SHOWN} more with a factor of {_least(variables)}")
    if groups:
        lines += ["", *_table("together", groups)]
    lines += ["", *(f"  {line}" for line in wrap(_LEGEND, WIDTH - 2, hang=0))]
    grown = [line for each in growths for line in _growth(each)]
    if grown:
        lines += ["", "growth", *grown]
    return "\n".join(lines) + "\n"


def _least(variables: list[Part]) -> str:
    return f"{variables[SHOWN].factor:.1f} or less"


def _table(title: str, parts: list[Part]) -> Iterator[str]:
    rows = [(part.name, _values(part), f"{part.bits}", f"{part.factor:.1f}") for part in parts]
    heads = (title, "values seen", "bits", "factor")
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(4)]
    for number, row in enumerate((heads, *rows)):
        name = f"{'  ' if number else ''}{row[0]}".ljust(widths[0] + 2)
        yield "  ".join([name, *(row[at].rjust(widths[at]) for at in (1, 2, 3))]).rstrip()


def _values(part: Part) -> str:
    return f"{part.seen:,}" if part.possible is None else f"{part.seen:,} of {part.possible:,}"


def _growth(growth: Growth) -> Iterator[str]:
    told = ", ".join(
        f"{value}: {'too many to count here' if count is None else f'{count:,}'}"
        for value, count in growth.counts
    )
    factor = growth.factor
    last = "" if factor is None else f"; the last step multiplied the states by {factor:.1f}"
    yield f"  {growth.name} = {told}{last}"
