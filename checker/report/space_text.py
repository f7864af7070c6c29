"""Where the states of a system come from, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.report.cells import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.analysis.savings import Saving
    from checker.analysis.space import Growth, Part, Sample
    from checker.model.system import System

WIDTH = 100
SHOWN = 12
"""Variables that get a line."""

_LEGEND = (
    "A factor of 4 says that there are four times as many states with it as without it; 1 says "
    "that the other variables determine it. Factors do not multiply up."
)


@dataclass(frozen=True, slots=True)
class Space:
    """All that is known of the states of a system, each list in the order in which it is told."""

    system: System
    taken: Sample
    variables: list[Part]
    groups: list[Part]
    savings: list[Saving]
    growths: list[Growth]


def space_text(space: Space) -> str:
    """Return the whole text."""
    system, taken, variables = space.system, space.taken, space.variables
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
    if space.groups:
        lines += ["", *_table("together", space.groups)]
    lines += ["", *(f"  {line}" for line in wrap(_LEGEND, WIDTH - 2, hang=0))]
    lines += ["", *_savings(space)]
    grown = [line for each in space.growths for line in _growth(each)]
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


# --- reductions -----------------------------------------------------------------------------------


def _savings(space: Space) -> Iterator[str]:
    """Yield what each reduction would come to."""
    yield "reductions (`k42 check --reduce`)"
    size = max(len(each.name) for each in space.savings)
    for each in space.savings:
        told = wrap(_saving(each, space.taken), WIDTH - size - 4, hang=0)
        for number, line in enumerate(told):
            yield f"  {'' if number else each.name:<{size}}  {line}"
    if space.system.speaks_of_runs:
        note = "Nothing is reduced while claims about whole runs are checked; `--props` chooses."
        yield from ("", *(f"  {line}" for line in wrap(note, WIDTH - 2, hang=0)))


def _saving(saving: Saving, taken: Sample) -> str:
    """Return a clause on one reduction."""
    if saving.why_not:
        return f"not used: {saving.why_not}"
    whole = len(taken.states)
    if saving.states is not None:
        of = f" of {whole:,} ({_percent(saving.states / whole)})" if taken.is_complete else ""
        return f"{saving.states:,} states{of}, verified by a search"
    if saving.share is not None:
        return f"about {_percent(saving.share)} of the states, estimated from {whole:,} of them"
    if saving.left is not None:
        return f"leaves out {_percent(saving.left)} of the steps, estimated from some states"
    return "too many states to count here"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _growth(growth: Growth) -> Iterator[str]:
    told = ", ".join(
        f"{value}: {'too many to count here' if count is None else f'{count:,}'}"
        for value, count in growth.counts
    )
    factor = growth.factor
    last = "" if factor is None else f"; the last step multiplied the states by {factor:.1f}"
    yield f"  {growth.name} = {told}{last}"
