"""The measures as a table (Markdown), as data (JSON) and as a picture (SVG)."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.contenders import Measure
from tests.bench.subjects import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[Subject, Sequence[Measure]]

HEAD: Final = """\
# How fast, against SPIN and rumur

Written by `make bench`; every number of a table comes from one run on one machine. Each search is
a process of its own. The time of `k42` is that of the whole command, with reading and compiling the
specification; that of SPIN and rumur is of the search alone, and what it took to make the searcher
(spin or rumur, and gcc) stands beside it. *by hand* is a model written for that tool, *exported* is
what `k42 export` writes. Nothing is reduced unless the name says so. *times* is the wall time of
the search against the first line, *in all* the same with what it took to make the searcher. Nearly
all of the time of `k42` on the smaller models is that of starting Python and native code.

"""
HEADS: Final = (
    "",
    "states",
    "transitions",
    "seconds",
    "made in",
    "states/s",
    "transitions/s",
    "MiB",
    "bytes/state",
    "times",
    "in all",
)


def table(subject: Subject, measures: Sequence[Measure]) -> Iterator[str]:
    """Yield the lines of one subject."""
    yield f"## {subject.name}"
    yield ""
    yield f"| {' | '.join(HEADS)} |"
    yield f"|---|{'--:|' * (len(HEADS) - 1)}"
    for each in measures:
        yield f"| {' | '.join(_cells(each, measures[0]))} |"
    yield ""


def _cells(measure: Measure, first: Measure) -> list[str]:
    if measure.failure:
        return [measure.contender, measure.failure, *[""] * (len(HEADS) - 2)]
    states, seconds = measure.states, measure.seconds
    return [
        measure.contender,
        f"{states:,}",
        f"{measure.transitions:,}",
        f"{seconds:,.2f}",
        f"{measure.made_in:.1f}" if measure.made_in else "",
        f"{states / seconds:,.0f}",
        f"{measure.transitions / seconds:,.0f}",
        f"{measure.peak_bytes / 2**20:,.0f}",
        f"{measure.peak_bytes / states:,.0f}",
        "" if first.failure else f"{seconds / first.seconds:.1f}",
        "" if first.failure else f"{(seconds + measure.made_in) / first.seconds:.1f}",
    ]


def text_of(results: Results, own: Sequence[tuple[str, str]], picture: str | None) -> str:
    """Return the whole page."""
    lines = [HEAD.rstrip(), "", f"Machine: {machine()}.", ""]
    if picture is not None:
        lines += [f"![states per second]({picture})", ""]
    for subject, measures in results.items():
        lines += table(subject, measures)
    if own:
        lines += ["## By itself", "", "| | |", "|---|--:|"]
        lines += [f"| {what} | {how_much} |" for what, how_much in own]
    return "\n".join(lines).rstrip() + "\n"


def data_of(results: Results, own: Sequence[tuple[str, str]]) -> str:
    """Return everything as JSON."""
    document = {
        "machine": machine(),
        "subjects": {
            subject.name: [asdict(measure) for measure in measures]
            for subject, measures in results.items()
        },
        "own": dict(own),
    }
    return json.dumps(document, indent=2) + "\n"


def machine() -> str:
    """Return what the numbers were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}"


# --- the picture ----------------------------------------------------------------------------------


def draw(results: Results, path: Path) -> bool:
    """Draw states per second; return whether matplotlib is there to do it."""
    try:
        import matplotlib as mpl
        import matplotlib.pyplot as plt
    except ImportError:
        return False
    mpl.use("svg")
    # The same picture for the same numbers, and text that stays text.
    mpl.rcParams.update({"svg.hashsalt": "k42", "svg.fonttype": "none", "font.size": 8})
    rows = -(-len(results) // ACROSS)
    figure, axes = plt.subplots(
        rows, ACROSS, figsize=(2.8 * ACROSS, 2.4 * rows), sharex=True, sharey=True, squeeze=False
    )
    places = list(axes.flat)
    for at, (subject, measures) in zip(places, results.items(), strict=False):
        _bars(at, subject, measures)
    places[0].invert_yaxis()
    places[0].set_xlim(left=LEAST)
    for at in places[len(results) :]:
        at.set_visible(False)
    figure.supxlabel(
        "states per second (logarithmic); paler: without what it took to make the searcher"
    )
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return True


ACROSS: Final = 4
"""Pictures in a row."""

LEAST: Final = 10_000
"""States per second at which the axis begins."""


def _bars(axes: Axes, subject: Subject, measures: Sequence[Measure]) -> None:
    from matplotlib.ticker import NullFormatter

    names = [each.contender for each in measures]
    searching = [0 if each.failure else each.states / each.seconds for each in measures]
    in_all = [
        0 if each.failure else each.states / (each.seconds + each.made_in) for each in measures
    ]
    is_own = [name.startswith("k42") for name in names]
    axes.barh(names, searching, color=["#1b6ca8" if own else "#dcdcdc" for own in is_own])
    axes.barh(names, in_all, color=["#1b6ca8" if own else "#8f8f8f" for own in is_own])
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(labelbottom=True)
    axes.set_title(subject.name)
    axes.spines[["top", "right"]].set_visible(False)
