"""A trace for people: time runs down, every actor has a column, only what changed is told.

        worker[Cpu0]
   1    14  await not taken                                                      acquire.1

                              worker[Cpu1]
   2                          14  await not taken                                acquire.1
   3                          15  taken := true                                  acquire.2
                                    taken: false -> true
                                    now at critical

This is the picture that kernel programmers draw of a race. One actor moves at a time, so a column
may reach to the right below its neighbours; columns only move closer together when there are many
actors or the terminal is narrow, down to one common column. A gap and the actor's name mark each
context switch. In the right margin, where there is room, stands the name of the step, as in
coverage and `at`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from checker.report.cells import clip, width, wrap
from checker.report.ink import Ink
from checker.report.places import actor_order, line_of, step_name
from checker.report.step_text import told_failure, told_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model.system import System
    from checker.model.trace import Step, Trace
    from checker.report.step_text import Told

GUTTER = 8
"""Cells before the first column: the number of the step."""
MIN_ROOM = 40
"""Cells that the last column gets, unless the terminal is narrower still."""
MIN_APART = 12
"""Columns keep this distance even if that makes long texts wrap, as long as there is MIN_ROOM."""
MAX_DETAIL_LINES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A statement of a step, with its line, and what it did."""

    line: str
    text: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One step, laid out relative to its column.

    Attributes:
        rows: first the statement at which control rested, then what else the step carried out.
    """

    number: int
    actor: str
    name: str
    rows: tuple[Row, ...]
    fails: bool = False

    @property
    def inset(self) -> int:
        """Cells from the column to the statements."""
        return max(width(row.line) for row in self.rows) + 2

    @property
    def detail_inset(self) -> int:
        """Cells from the column to what changed: a little more, but never far from the column."""
        return min(self.inset + 2, 8)

    @property
    def reach(self) -> int:
        """Cells from the column to the right end."""
        texts = (self.inset + width(row.text) for row in self.rows)
        details = (self.detail_inset + width(each) for row in self.rows for each in row.details)
        return max(*texts, *details, 0)


def render_trace(system: System, trace: Trace, failure: str, spec: str, ink: Ink) -> list[str]:
    """Return the lines of all steps, without the states at the ends.

    `failure` is said of the step that fails, if there is one.
    """
    blocks = trace_blocks(system, trace, failure, spec)
    if not blocks:
        return []
    steps = trace.steps if trace.failed is None else (*trace.steps, trace.failed)
    actors = sorted(
        {s.actor: actor_order(system, s) for s in steps}.items(), key=lambda item: item[1]
    )
    lines = render_blocks(blocks, [name for name, _ in actors], ink, loop=trace.loop)
    return lines if trace.loop is None else [*lines, "", *_again(trace.loop, len(blocks), ink)]


def _again(loop: int, count: int, ink: Ink) -> list[str]:
    """Say how a run goes on that goes on for ever."""
    if loop == count:
        return [ink.paint("bold", "   and then nothing happens any more")]
    steps = f"step {count}" if loop + 1 == count else f"steps {loop + 1} to {count}"
    return [ink.paint("bold", f"   and so on: {steps} again and again, for ever")]


def render_blocks(
    blocks: list[Block], actors: list[str], ink: Ink, *, loop: int | None = None
) -> list[str]:
    """Return the lines of blocks, each in the column of its actor, actors from left to right.

    Args:
        loop: the number of the step after which those begin that are repeated.
    """
    blocks = _aligned(blocks)
    columns = _columns(actors, blocks, ink.width)
    numbers = {name: number for number, name in enumerate(actors)}
    lines: list[str] = []
    previous = None
    for block in blocks:
        start = columns[block.actor]
        if loop is not None and block.number == loop + 1:
            lines += [""] if previous is not None else []
            lines.append(ink.paint("bold", "   from here on again and again"))
            previous = None
        if block.actor != previous:
            lines += [""] if lines and previous is not None else []
            lines.append(" " * start + ink.paint_actor(numbers[block.actor], block.actor))
        lines += _block_lines(block, start, numbers[block.actor], ink)
        previous = block.actor
    return lines


def _columns(actors: list[str], blocks: list[Block], total: int) -> dict[str, int]:
    """Place the columns: apart by their contents if there is room, else as far apart as fits."""
    reach = {actor: max(b.reach for b in blocks if b.actor == actor) for actor in actors}
    room = total - GUTTER
    gaps = max(len(actors) - 1, 1)
    least = max(min(MIN_APART, (room - MIN_ROOM) // gaps), 0)
    apart = max((room - max(reach.values())) // gaps, least)
    columns = {actors[0]: GUTTER}
    for left, right in pairwise(actors):
        columns[right] = columns[left] + min(apart, max(reach[left], width(left)) + 3)
    return columns


def _block_lines(block: Block, start: int, actor: int, ink: Ink) -> list[str]:
    room = max(ink.width - start, 24)
    number = ink.paint("bad", f"{block.number:>4} !") if block.fails else f"{block.number:>4}  "
    lines = []
    for row in block.rows:
        text = clip(row.text, room - block.inset)
        line = f"{number}{' ' * (start - 6)}{ink.paint('dim', row.line)}  {text}"
        used = start + block.inset + width(text)
        if row is block.rows[0] and block.name and used + 2 + width(block.name) <= ink.width:
            gap = ink.width - used - width(block.name)
            line += " " * gap + ink.paint("dim", block.name)
        lines.append(line)
        for detail in row.details:
            margin = " " * (start + block.detail_inset)
            wrapped = _wrapped(detail, room - block.detail_inset)
            lines += [margin + ink.paint_actor(actor, line) for line in wrapped]
        number = " " * 6
    return lines


def _wrapped(detail: str, cells: int) -> list[str]:
    lines = wrap(detail, cells)
    return lines if len(lines) <= MAX_DETAIL_LINES else [*lines[: MAX_DETAIL_LINES - 1], "  ..."]


def trace_blocks(system: System, trace: Trace, failure: str, spec: str) -> list[Block]:
    """Return a block for each step; `failure` is said of the one that fails."""
    blocks = []
    for number, step in enumerate(trace.steps, start=1):
        told = told_step(system, step, trace.states[number - 1], trace.states[number])
        blocks.append(_block(number, step, spec, told))
    if trace.failed is not None:
        told = told_failure(system, trace.failed, trace.states[-1], f"fails: {failure}")
        blocks.append(replace(_block(len(blocks) + 1, trace.failed, spec, told), fails=True))
    return blocks


def _block(number: int, step: Step, spec: str, told: tuple[Told, ...]) -> Block:
    rows = tuple(Row(line_of(each.site, spec), each.text, each.details) for each in told)
    name = "" if step.action.process is None else step_name(step.action)
    return Block(number, step.actor, name, rows)


def _aligned(blocks: list[Block]) -> list[Block]:
    """Pad line numbers of one actor to the same width."""
    widest: dict[str, int] = {}
    for b in blocks:
        widest[b.actor] = max(widest.get(b.actor, 0), *(width(row.line) for row in b.rows))

    def padded(b: Block) -> Iterator[Row]:
        for row in b.rows:
            yield replace(row, line=" " * (widest[b.actor] - width(row.line)) + row.line)

    return [replace(b, rows=tuple(padded(b))) for b in blocks]
