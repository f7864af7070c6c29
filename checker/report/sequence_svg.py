"""A trace as a sequence diagram: a column for each actor, time runs down, data as arrows.

An arrow goes from the step that wrote a value to the first step of another actor that reads it, and
there the value is told, so that one sees by which memory the actors got in each other's way. At the
bottom stands where everybody is, and what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from checker.model.ir import Role
from checker.model.types import default, show
from checker.model.verdict import FindingKind
from checker.report.cells import clip, width, wrap
from checker.report.dataflow import flows
from checker.report.finding_text import headline
from checker.report.places import Thread, actor_order, is_label, statement_at, threads
from checker.report.svg import CELL, Canvas
from checker.report.trace_text import Block, Row, trace_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model.system import System
    from checker.model.trace import Trace
    from checker.model.verdict import Finding

INK: Final = "#1f2328"
PAPER: Final = "#ffffff"
DIM: Final = "#6e7781"
RULE: Final = "#d0d7de"
BAD: Final = "#b42318"
BAD_FILL: Final = "#fef3f2"
ACTORS: Final = ("#0969da", "#9a3ba0", "#1a7f37", "#b35900", "#0b7285", "#7a4f01", "#57606a")

MARGIN: Final = 14.0
GUTTER: Final = 46.0
"""Before the first column: the number of the step."""
LINE: Final = 16.0
GAP: Final = 5.0
SWITCH: Final = 9.0
"""More room where another actor goes on."""
BAR: Final = 6.0
INSET: Final = 12.0
"""From the line of an actor to its text."""
MAX_CELLS: Final = {1: 88, 2: 52, 3: 38, 4: 31}
"""Characters in a column, by the number of columns."""
LEAST_CELLS: Final = 28
MAX_LINES: Final = 4
MAX_FLOWS: Final = 3
MAX_START: Final = 3
MAX_VALUES: Final = 6
MAX_NAME: Final = 60
"""Of what explains a violation, longer expressions are left out: the text report has them."""


@dataclass(frozen=True, slots=True)
class _Column:
    actor: str
    x: float
    cells: int
    colour: str


@dataclass(frozen=True, slots=True)
class _Text:
    """One line of a step."""

    text: str
    colour: str


def sequence_svg(
    system: System, trace: Trace, finding: Finding | None, *, spec: str, title: str = ""
) -> str:
    """Return the picture of a trace.

    Args:
        finding: what the trace shows, if anything is wrong.
        spec: the file that lines are numbered in.
    """
    drawing = _Drawing(system, trace, finding, spec)
    return drawing.drawn(title or system.name)


class _Drawing:
    def __init__(self, system: System, trace: Trace, finding: Finding | None, spec: str) -> None:
        self.system = system
        self.trace = trace
        self.finding = finding
        self.blocks = trace_blocks(system, trace, finding.message if finding else "", spec)
        self.flows = flows(system, trace)
        self.columns = _columns(system, trace, self.blocks)
        last = self.columns[-1]
        self.width = last.x + INSET + last.cells * CELL + MARGIN
        self.rows: dict[int, float] = {}
        """The middle of the first line of each step, by its number from 0."""
        self.y = MARGIN
        self.texts = Canvas(self.width)
        self.lines = Canvas(self.width)

    def drawn(self, title: str) -> str:
        self.head(title)
        top = self.y
        self.names()
        for number, block in enumerate(self.blocks):
            self.step(number, block)
        self.rests()
        for column in self.columns:
            self.lines.line((column.x, top + LINE), (column.x, self.y), RULE)
        self.bars()
        self.arrows()
        self.verdict()
        whole = Canvas(self.width, [*self.lines.parts, *self.texts.parts])
        return whole.document(self.y + MARGIN, title)

    # --- the parts, from top to bottom

    def head(self, title: str) -> None:
        cells = int((self.width - 2 * MARGIN) / CELL)
        self.write(MARGIN, title, INK, is_bold=True)
        settings = ", ".join(f"{s.name} = {s.value}" for s in self.system.settings)
        about = f"{self.system.name} at {settings}" if settings else self.system.name
        for line in wrap(about, cells)[:MAX_START]:
            self.write(MARGIN, line, DIM)
        start = [
            f"{variable.name} = {show(variable.type, value)}"
            for variable, value in zip(self.system.variables, self.trace.states[0], strict=True)
            if variable.role is Role.SHARED and value != default(variable.type)
        ]
        lines = wrap(f"at the start: {', '.join(start)}", cells) if start else []
        if len(lines) > MAX_START:
            lines = [*lines[: MAX_START - 1], clip(lines[MAX_START - 1] + " ...", cells)]
        for line in lines:
            self.write(MARGIN, line, DIM)
        self.y += GAP

    def names(self) -> None:
        for column in self.columns:
            wide = width(column.actor) * CELL + 14
            self.texts.box(column.x - 7, self.y, (wide, LINE + 6), fill=column.colour)
            self.texts.text(column.x, self.y + LINE - 1, column.actor, PAPER, is_bold=True)
        self.y += LINE + 6 + SWITCH

    def step(self, number: int, block: Block) -> None:
        column = self.column(block.actor)
        previous = self.blocks[number - 1].actor if number else block.actor
        self.y += SWITCH if previous != block.actor else 0.0
        if self.trace.loop is not None and number == self.trace.loop:
            self.again("from here on again and again")
        self.rows[number] = self.y + LINE / 2
        self.texts.text(
            MARGIN + 22,
            self.y + LINE - 4,
            str(block.number),
            BAD if block.fails else DIM,
            anchor="end",
        )
        for each in self.step_texts(number, block, column):
            self.write(column.x + INSET, each.text, each.colour, is_veiled=True)
        self.y += GAP

    def step_texts(self, number: int, block: Block, column: _Column) -> list[_Text]:
        """Return the code of a step, what it reads of others, and what it changes."""
        head, *others = block.rows
        texts = _code(head, column)
        mine = [flow for flow in self.flows if flow.reader == number]
        for flow in mine[:MAX_FLOWS]:
            writer = self.column(self.blocks[flow.writer].actor)
            text = f"  \N{LEFTWARDS ARROW} {flow.what}, of step {flow.writer + 1}"
            texts += [_Text(each, writer.colour) for each in wrap(text, column.cells)[:2]]
        texts += _details(head, column)
        file = head.line.rpartition(":")[0]
        for row in others:
            other, _, line = row.line.rpartition(":")
            place = f":{line}" if file and other == file else row.line
            texts += [*_code(replace(row, line=place), column), *_details(row, column)]
            file = other
        return texts

    def again(self, text: str) -> None:
        right = self.width - MARGIN
        self.lines.line((MARGIN, self.y), (right, self.y), DIM, is_dashed=True)
        self.y += 2
        self.write(MARGIN, text, DIM, is_bold=True)

    def rests(self) -> None:
        """Tell where everybody is at the end."""
        if self.trace.loop is not None:
            goes_on = self.trace.loop < len(self.trace.steps)
            text = "and so on, for ever" if goes_on else "and then nothing happens any more"
            self.y += GAP
            self.again(text)
        is_stuck = self.finding is not None and self.finding.kind is FindingKind.DEADLOCK
        self.y += SWITCH
        top = deepest = self.y
        for column in self.columns:
            self.y = top
            thread = next((t for t in threads(self.system) if t.name == column.actor), None)
            if thread is not None:
                for each in self.rest_texts(thread, column, is_stuck=is_stuck):
                    self.write(column.x + INSET, each.text, each.colour)
            deepest = max(deepest, self.y)
        self.y = deepest + GAP

    def rest_texts(self, thread: Thread, column: _Column, *, is_stuck: bool) -> list[_Text]:
        point = thread.point(self.system, self.trace.states[-1])
        if point.name == "end":
            return [_Text("has ended", DIM)]
        statement = statement_at(point.site)
        where = "at " if is_label(point) and statement.startswith(point.name) else "next: "
        text = f"{'waits: ' if is_stuck else where}{statement}"
        return [_Text(each, BAD if is_stuck else DIM) for each in _cut(wrap(text, column.cells))]

    def bars(self) -> None:
        """Mark the stretches in which an actor acts."""
        start = 0
        for number, block in enumerate(self.blocks):
            is_last = number + 1 == len(self.blocks)
            if is_last or self.blocks[number + 1].actor != block.actor:
                column = self.column(block.actor)
                top, bottom = self.rows[start] - LINE / 2 + 1, self.rows[number] + LINE / 2 - 1
                size = BAR, bottom - top
                self.lines.box(column.x - BAR / 2, top, size, fill=column.colour)
                start = number + 1

    def arrows(self) -> None:
        drawn: set[tuple[int, int]] = set()
        for flow in self.flows:
            if (flow.writer, flow.reader) in drawn:
                continue
            drawn.add((flow.writer, flow.reader))
            writer = self.column(self.blocks[flow.writer].actor)
            reader = self.column(self.blocks[flow.reader].actor)
            side = BAR / 2 if reader.x > writer.x else -BAR / 2
            self.lines.arrow(
                (writer.x + side, self.rows[flow.writer]),
                (reader.x - side, self.rows[flow.reader]),
                writer.colour,
            )

    def verdict(self) -> None:
        """Say what is wrong."""
        if self.finding is None:
            return
        cells = int((self.width - 2 * MARGIN - 20) / CELL)
        lines = [(each, True) for each in wrap(headline(self.finding), cells)]
        told = [each for each in self.finding.values if width(each[0]) <= MAX_NAME]
        for name, value in told[:MAX_VALUES]:
            is_place = value.startswith("at ")
            text = f"  {name} {value}" if is_place else f"  {name} = {value}"
            lines += [(each, False) for each in _cut(wrap(text, cells))]
        for remark in self.finding.remarks:
            lines += [(each, False) for each in wrap(remark, cells)]
        high = len(lines) * LINE + 12
        size = self.width - 2 * MARGIN, high
        self.lines.box(MARGIN, self.y, size, fill=BAD_FILL, stroke=BAD)
        self.y += 6
        for text, is_bold in lines:
            self.write(MARGIN + 10, text, BAD, is_bold=is_bold)
        self.y += 6

    # --- tools

    def write(
        self, x: float, text: str, colour: str, *, is_bold: bool = False, is_veiled: bool = False
    ) -> None:
        """Write a line and go to the next one."""
        if is_veiled:
            bare = text.lstrip(" ")
            start = x + (width(text) - width(bare)) * CELL
            self.texts.veil(start - 2, self.y, width(bare) * CELL + 4, LINE)
        self.texts.text(x, self.y + LINE - 4, text, colour, is_bold=is_bold)
        self.y += LINE

    def column(self, actor: str) -> _Column:
        return next(column for column in self.columns if column.actor == actor)


def _code(row: Row, column: _Column) -> list[_Text]:
    code = wrap(f"{row.line.strip()}  {row.text}", column.cells)
    return [_Text(each, INK) for each in _cut(code)]


def _details(row: Row, column: _Column) -> list[_Text]:
    texts = []
    for detail in row.details:
        colour = BAD if detail.startswith("fails:") else column.colour
        shown = detail.replace("->", "\N{RIGHTWARDS ARROW}")
        texts += [_Text(each, colour) for each in _cut(wrap(f"  {shown}", column.cells))]
    return texts


def _cut(lines: Sequence[str]) -> list[str]:
    if len(lines) <= MAX_LINES:
        return list(lines)
    return [*lines[: MAX_LINES - 1], f"{lines[MAX_LINES - 1]} ..."]


def _columns(system: System, trace: Trace, blocks: Sequence[Block]) -> tuple[_Column, ...]:
    """Place the actors of the trace, and in a deadlock all who wait."""
    steps = trace.steps if trace.failed is None else (*trace.steps, trace.failed)
    order = {step.actor: actor_order(system, step) for step in steps}
    actors = [name for name, _ in sorted(order.items(), key=lambda item: item[1])]
    most = MAX_CELLS.get(len(actors), LEAST_CELLS)
    columns = []
    x = MARGIN + GUTTER
    for number, actor in enumerate(actors or ["nobody"]):
        texts = [
            text
            for block in blocks
            if block.actor == actor
            for row in block.rows
            for text in (f"{row.line}  {row.text}", *(f"  {each}" for each in row.details))
        ]
        widest = max(map(width, texts), default=0)
        cells = max(min(widest + 2, most), LEAST_CELLS, width(actor))
        columns.append(_Column(actor, x, cells, ACTORS[number % len(ACTORS)]))
        x += INSET + cells * CELL + INSET
    return tuple(columns)
