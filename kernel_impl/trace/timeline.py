"""The timeline: one row for each processor, one mark for each event, bars for swaps; as SVG.

Written by hand, without a library: a picture that opens in any browser and needs nothing else.
Marks carry their event as a tooltip. Many events in one pixel column are drawn once.

Source: K42 tools/trace (kmon's timeline); the layout is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from kernel_impl.trace.events import SWAP_BEGIN, SWAP_END, Major
from kernel_impl.trace.reader import TraceEvent

WIDTH, ROW, LEFT, TOP = 1000, 22, 70, 46
COLOURS = (
    (Major.LOCK, "#c0392b"),
    (Major.CLUSTERED, "#2471a3"),
    (Major.SCHEDULER, "#7d8a97"),
    (Major.EXCEPTION, "#8e44ad"),
    (Major.SWAP, "#d68910"),
    (Major.TEST, "#27ae60"),
)


def timeline(events: Sequence[TraceEvent], *, processors: int, title: str = "trace") -> str:
    """Draws a trace and returns the text of an SVG file."""
    begin = min((event.time for event in events), default=0)
    end = max((event.time for event in events), default=0)
    scale = (WIDTH - LEFT - 20) / max(1, end - begin)
    height = TOP + ROW * processors + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="16" font-size="13">{escape(title)}</text>',
        *legend(),
        *rows(processors),
        *swap_bars(events, begin, scale, height),
        *marks(events, begin, scale),
        f'<text x="{LEFT}" y="{height - 10}">{begin} ticks</text>',
        f'<text x="{WIDTH - 20}" y="{height - 10}" text-anchor="end">{end} ticks</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def colour(major: int) -> str:
    """Returns the colour of a class of events."""
    return next((code for known, code in COLOURS if known == major), "#444444")


def legend() -> Iterable[str]:
    """Draws the names of the classes in their colours."""
    for position, (major, code) in enumerate(COLOURS):
        x = LEFT + 110 * position
        yield f'<rect x="{x}" y="24" width="10" height="10" fill="{code}"/>'
        yield f'<text x="{x + 14}" y="33">{major.name.lower()}</text>'


def rows(processors: int) -> Iterable[str]:
    """Draws a line for each processor."""
    for cpu in range(processors):
        y = TOP + ROW * cpu + ROW // 2
        yield f'<text x="8" y="{y + 4}">cpu {cpu}</text>'
        yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - 20}" y2="{y}" stroke="#dddddd"/>'


def swap_bars(events: Sequence[TraceEvent], begin: int, scale: float, height: int) -> Iterable[str]:
    """Shades the time between the beginning and the end of each swap."""
    open_since: dict[int, int] = {}
    for event in events:
        if event.major != Major.SWAP or not event.values:
            continue
        if event.minor == SWAP_BEGIN:
            open_since[event.values[0]] = event.time
        elif event.minor == SWAP_END and event.values[0] in open_since:
            since = open_since.pop(event.values[0])
            x, width = LEFT + scale * (since - begin), max(1.0, scale * (event.time - since))
            yield (
                f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{height - TOP - 30}" '
                f'fill="#d68910" fill-opacity="0.18"><title>swap of {event.values[0]}: '
                f"{event.time - since} ticks</title></rect>"
            )


def marks(events: Sequence[TraceEvent], begin: int, scale: float) -> Iterable[str]:
    """Draws each event, once for each pixel, row and class."""
    drawn = set()
    for event in events:
        x = LEFT + scale * (event.time - begin)
        place = (round(x), event.cpu, event.major)
        if place in drawn:
            continue
        drawn.add(place)
        y = TOP + ROW * event.cpu + 4
        yield (
            f'<rect x="{x:.1f}" y="{y}" width="1.5" height="{ROW - 8}" '
            f'fill="{colour(event.major)}"><title>{escape(str(event))}</title></rect>'
        )
