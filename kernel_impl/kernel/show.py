"""A run as text: the timeline, the events, and what the watched object cost before and after.

Source: K42 tools/trace (the columns of its listing); the timeline of letters is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kernel_impl.config import Sizes
from kernel_impl.kernel.run import Finished, Period
from kernel_impl.trace.events import BATCH, CREATE, DESTROY, MISS, Major
from kernel_impl.trace.reader import TraceEvent

WIDTH: Final = 72
LETTERS: Final = (
    ("S", "swap, update or decision"),
    ("o", "object made or destroyed"),
    ("m", "miss"),
    (".", "calls"),
)
"""By rank: of several events in one column the first of these is shown."""


def text_of(sizes: Sizes, seed: int, done: Finished, *, shows_all: bool) -> str:
    """Returns the whole report."""
    result = done.result
    sections = (
        [
            f"booted: {sizes.processors} processors, {done.threads} threads, {done.cells:,} cells; "
            f"seed {seed}",
            f"ran: {result.steps:,} steps, {result.ticks:,} ticks",
        ],
        list(chart(done.events, sizes.processors, result.ticks)),
        list(listing(done.events, shows_all=shows_all)),
        list(periods(done.periods)),
        [f"{'holds' if holds else 'BROKEN':<8}{text}" for text, holds in done.claims],
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def chart(events: Sequence[TraceEvent], processors: int, ticks: int) -> Iterator[str]:
    """Yields one row of letters for each processor, over the time of the run."""
    rows = [[" "] * WIDTH for _ in range(processors)]
    order = [letter for letter, _ in LETTERS]
    for event in events:
        column = min(WIDTH - 1, event.time * WIDTH // max(1, ticks))
        letter, there = letter_of(event), rows[event.cpu][column]
        if there == " " or order.index(letter) < order.index(there):
            rows[event.cpu][column] = letter
    width = len(f"cpu {processors - 1}")
    for cpu, row in enumerate(rows):
        yield f"{f'cpu {cpu}':<{width}} |{''.join(row)}|"
    yield f"{'':<{width}}  0{f'{ticks:,} ticks':>{WIDTH - 1}}"
    yield f"{'':<{width}}  " + "   ".join(f"{letter} {name}" for letter, name in LETTERS)


def letter_of(event: TraceEvent) -> str:
    """Returns the letter of an event in the chart."""
    match event.major, event.minor:
        case Major.SWAP, _:
            return "S"
        case Major.CLUSTERED, minor if minor in {CREATE, DESTROY}:
            return "o"
        case Major.CLUSTERED, minor if minor == MISS:
            return "m"
        case _:
            return "."


def listing(events: Sequence[TraceEvent], *, shows_all: bool) -> Iterator[str]:
    """Yields a line for each event; for misses and batches only if all are wanted."""
    frequent = {(Major.CLUSTERED, MISS), (Major.CLUSTERED, BATCH)}
    left_out = 0
    for event in events:
        if shows_all or (event.major, event.minor) not in frequent:
            yield str(event)
        else:
            left_out += 1
    if left_out:
        yield f"{'':>10}  and {left_out:,} misses and batches of calls (--events shows them)"


def periods(found: Sequence[Period]) -> Iterator[str]:
    """Yields a table of what calls of the watched object cost in each period."""
    yield (
        f"{'the watched object':<20}{'from tick':>12}{'to':>12}{'calls':>9}"
        f"{'remote/call':>13}{'waits/call':>12}{'ticks/call':>12}"
    )
    for each in found:
        calls = max(1, each.calls)
        ticks = each.end.ticks - each.begin.ticks
        yield (
            f"{each.what:<20}{each.begin.ticks:>12,}{each.end.ticks:>12,}{each.calls:>9,}"
            f"{each.traffic.remote / calls:>13.2f}{each.traffic.contended / calls:>12.2f}"
            f"{ticks / calls:>12.1f}"
        )
