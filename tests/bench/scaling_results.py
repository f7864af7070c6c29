"""How the kernel scales, as a page (Markdown), as data (JSON) and as pictures (SVG)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kernel_impl.kernel.measure import Cost, Swapped
from kernel_impl.kernel.scaling import CLUSTERED, SHARED, SHARED_MCS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = tuple[str, str]
Costs = Mapping[Kind, Sequence[Cost]]

OBJECTS: Final = ("counter", "lock", "table")
COLOURS: Final = {SHARED: "#c0392b", SHARED_MCS: "#d68910", CLUSTERED: "#1b6ca8"}
TIMELINE: Final = "timeline.svg"
BATCHES: Final = "--batches=60"
"""Of the run whose timeline is drawn: enough for two swaps, and not too many marks."""
LEAST: Final = 1e-3
"""Fewer accesses per call than this are drawn as none."""

HEAD: Final = """\
# How the kernel scales

Written by `make bench`. The same calls are made from every processor to an object that is shared or
clustered, through a reference, on the simulated machine of `kernel_impl`; four processors are a
node. An access is *remote* when it leaves the node, and *waits* when its cache line is on the move.
Counts are per call, of all accesses of the machine, after each processor has warmed up: they say
where accesses go, not how long a real machine would take. *counter*: one word against a word for
each processor. *lock*: two words under one lock (ticket or MCS) against a lock for each processor.
*table*: pages by number, one table under a lock against copies of its entries on each processor; no
entry is ever taken away, which is the best case for copies.
"""


@dataclass(frozen=True, slots=True)
class Scaled:
    """Everything that was measured, and the processor time that the largest runs took."""

    costs: Costs
    swapped: Swapped
    logged: Mapping[str, Cost]
    seconds: Mapping[Kind, float]


def page(scaled: Scaled, pictures: Mapping[str, str]) -> str:
    """Return the whole page; the pictures are given as file by title, none if not drawn."""
    lines = [HEAD]
    if "scaling" in pictures:
        lines += [f"![remote accesses and waits per call]({pictures['scaling']})", ""]
    for what in OBJECTS:
        lines += _table(what, scaled)
    lines += [
        "## A swap in the middle",
        "",
        f"{scaled.swapped.periods[0].processors} processors call a shared counter all the time; "
        "after a while it is swapped for a distributed one.",
        "While the swap waits until the calls inside have left, calls pay for the mediator as",
        "well, and those that come late wait for its end. Afterwards each processor misses once,",
        "and the collector goes round to free the old implementation.",
        "",
    ]
    if "swap" in pictures:
        lines += [f"![costs over the run]({pictures['swap']})", ""]
    lines += ["## Tracing", "", "| an event of one value | ticks |", "|---|--:|"]
    lines += [f"| {how} | {each.ticks / each.calls:.1f} |" for how, each in scaled.logged.items()]
    lines += [
        "",
        "## A whole kernel",
        "",
        f"The trace of `python -m kernel_impl {BATCHES}`: marks are batches of calls, misses, and",
        "what is made or destroyed; bars are swaps. The counter that everybody calls is swapped",
        "when the monitor sees that it is counted up from everywhere, and back when it is mostly",
        "asked. Between these two swaps a factory converts its instances.",
        "",
        f"![timeline]({TIMELINE})",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _table(what: str, scaled: Scaled) -> list[str]:
    kinds = [kind for kind in scaled.costs if kind[0] == what]
    head = [f"{how}: {unit}" for _, how in kinds for unit in ("remote", "waits")]
    lines = [f"## {what}", "", f"| processors | {' | '.join(head)} |"]
    lines.append(f"|--:|{'--:|' * len(head)}")
    for row in zip(*(scaled.costs[kind] for kind in kinds), strict=True):
        cells = [f"{count / each.calls:.3f}" for each in row for count in _counts(each)]
        lines.append(f"| {row[0].processors} | {' | '.join(cells)} |")
    largest = scaled.costs[kinds[0]][-1].processors
    took = ", ".join(f"{how} {scaled.seconds[what, how]:.1f} s" for _, how in kinds)
    lines += ["", f"Processor time of the runs with {largest} processors: {took}.", ""]
    return lines


def _counts(cost: Cost) -> tuple[int, int]:
    return cost.remote, cost.contended


def data(scaled: Scaled) -> str:
    """Return everything as JSON."""
    document = {
        "scaling": [
            {"object": what, "kind": how, **asdict(cost)}
            for (what, how), costs in scaled.costs.items()
            for cost in costs
        ],
        "swap": asdict(scaled.swapped),
        "log": {how: asdict(cost) for how, cost in scaled.logged.items()},
    }
    return json.dumps(document, indent=1) + "\n"


# --- the pictures ---------------------------------------------------------------------------------


def draw(scaled: Scaled, folder: Path) -> dict[str, str]:
    """Draw both pictures; return their files, none if matplotlib is not there."""
    try:
        import matplotlib as mpl
    except ImportError:
        return {}
    mpl.use("svg")
    # The same picture for the same numbers, and text that stays text.
    mpl.rcParams.update({"svg.hashsalt": "k42", "svg.fonttype": "none", "font.size": 8})
    _draw_scaling(scaled.costs, folder / "scaling.svg")
    _draw_swap(scaled.swapped, folder / "swap.svg")
    return {"scaling": "scaling.svg", "swap": "swap.svg"}


def _draw_scaling(costs: Costs, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(9, 5.2), sharex=True, sharey="row")
    for column, what in enumerate(OBJECTS):
        for row, unit in enumerate(("remote accesses per call", "waits per call")):
            at = axes[row][column]
            for (object_, how), found in costs.items():
                if object_ == what:
                    _line(at, found, how, row)
            at.set_xscale("log", base=2)
            at.set_yscale("log")
            at.grid(visible=True, alpha=0.25)
            at.spines[["top", "right"]].set_visible(False)
            if column == 0:
                at.set_ylabel(f"{unit}\n(at the bottom: none)")
        sizes = [cost.processors for cost in next(iter(costs.values()))]
        axes[1][column].set_xticks(sizes, [str(size) for size in sizes])
        axes[1][column].set_xlabel("processors")
        axes[0][column].set_title(what)
        axes[0][column].legend(frameon=False)
    for row in axes:
        row[0].set_ylim(bottom=LEAST * 0.7)  # now that all lines of the row are drawn
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _line(axes: Axes, costs: Sequence[Cost], how: str, row: int) -> None:
    counts = [max(LEAST, _counts(cost)[row] / cost.calls) for cost in costs]
    sizes = [cost.processors for cost in costs]
    axes.plot(sizes, counts, marker="o", markersize=3, color=COLOURS[how], label=how)


def _draw_swap(swapped: Swapped, path: Path) -> None:
    import matplotlib.pyplot as plt

    periods = [each for each in swapped.periods if each.calls]
    ends = list(accumulate(each.calls for each in periods))
    rows = (
        ("remote accesses\nper call", [each.remote / each.calls for each in periods]),
        ("waits per call", [each.contended / each.calls for each in periods]),
    )
    figure, axes = plt.subplots(2, 1, figsize=(7, 4.2), sharex=True)
    for at, (unit, values) in zip(axes, rows, strict=True):
        at.axvspan(swapped.begin, swapped.end, color="#d68910", alpha=0.18, linewidth=0)
        at.step(ends, [max(LEAST, value) for value in values], color="#1b6ca8", where="pre")
        at.set_yscale("log")
        at.set_ylabel(unit)
        at.grid(visible=True, alpha=0.25)
        at.spines[["top", "right"]].set_visible(False)
    axes[0].set_title(
        f"a counter on {periods[0].processors} processors is swapped (shaded) from shared to "
        "distributed"
    )
    axes[-1].set_xlabel("calls done")
    axes[-1].set_xlim(0, ends[-1])
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
