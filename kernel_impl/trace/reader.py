"""Reading traces: the consumer, and what is made of the words afterwards.

The consumer of a processor looks at its buffers in turn and hands on each complete one, as an
observation `trace(cpu, first index, words…)`: that is its output, and the driver keeps it. It stops
at the current buffer and at one that is not complete, and skips ahead when the producer has lapped
it. Everything else here is plain: words to events, events of all processors merged by time, text.

Source: K42 os/servers/traced/traced.C, lib/libc/trace/traceLib.C (`tracePrint…`). Limit, as there:
    a buffer may be written again while it is handed on (no check afterwards).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kernel_impl.steps import Cell, Memory, atomic, fetch_add, load, observe, store
from kernel_impl.trace.buffer import TraceBuffers
from kernel_impl.trace.events import FILLER, Header, Major, event_type


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One event of one processor."""

    time: int
    cpu: int
    major: int
    minor: int
    values: tuple[int, ...]

    @property
    def name(self) -> str:
        """The name of its kind, or its number."""
        kind = event_type(self.major, self.minor)
        return f"{kind.major.name.lower()}.{kind.name}" if kind else f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        kind = event_type(self.major, self.minor)
        names = kind.fields if kind else tuple(f"w{n}" for n in range(len(self.values)))
        values = " ".join(f"{n}={v}" for n, v in zip(names, self.values, strict=False))
        return f"{self.time:>10}  cpu {self.cpu:<3} {self.name:<20} {values}".rstrip()


async def consume(buffers: TraceBuffers, cpu: int) -> int:
    """Hands on the buffers of a processor that are complete; returns how many."""
    produced = await load(buffers.produced[cpu])
    consumed = await load(buffers.consumed[cpu])
    if produced - consumed >= buffers.buffers:
        await fetch_add(buffers.lost[cpu], produced - consumed - 1)
        consumed = produced - 1
    handed = 0
    while True:
        mine = consumed % buffers.buffers
        index = await load(buffers.index[cpu])
        if mine == buffers.buffer_of(index):
            break
        if await load(buffers.committed[cpu][mine]) != buffers.buffer_words:
            break
        first = mine * buffers.buffer_words
        cells = buffers.words[cpu][first : first + buffers.buffer_words]
        words = await atomic(read_all, cells)
        await observe("trace", cpu, first, *words)
        handed += 1
        consumed += 1
        await store(buffers.consumed[cpu], consumed)
    return handed


def read_all(memory: Memory, cells: tuple[Cell, ...]) -> tuple[int, ...]:
    """Copies a buffer that nobody writes any more."""
    return tuple(memory.read(cell) for cell in cells)


# ------------------------------------------------------------------------------------- afterwards


def decode(cpu: int, words: Iterable[int]) -> Iterator[TraceEvent]:
    """Takes one buffer apart; fillers are left out.

    Raises:
        ValueError: when a header does not fit; the buffer was not complete.
    """
    rest = tuple(words)
    while rest:
        header = Header.unpack(rest[0])
        if not 1 <= header.length <= len(rest):
            raise ValueError(f"cpu {cpu}: a header of length {header.length} in {len(rest)} words")
        if (header.major, header.minor) != (Major.CONTROL, FILLER):
            values = rest[1 : header.length]
            yield TraceEvent(header.time, cpu, header.major, header.minor, values)
        rest = rest[header.length :]


def current_events(memory: Memory, buffers: TraceBuffers, cpu: int) -> Iterator[TraceEvent]:
    """Takes the words of the current buffer apart, when nobody logs any more."""
    index = memory.read(buffers.index[cpu])
    first = index // buffers.buffer_words * buffers.buffer_words
    words = [memory.read(buffers.word_at(cpu, at)) for at in range(first, index)]
    yield from decode(cpu, words)


def unread_events(memory: Memory, buffers: TraceBuffers, cpu: int) -> Iterator[TraceEvent]:
    """Takes apart what the consumer has not handed on, when nobody logs any more."""
    consumed, produced = memory.read(buffers.consumed[cpu]), memory.read(buffers.produced[cpu])
    size = buffers.buffer_words
    for number in range(consumed, produced):
        first = number % buffers.buffers * size
        yield from decode(cpu, read_all(memory, buffers.words[cpu][first : first + size]))
    yield from current_events(memory, buffers, cpu)


def merged(events: Iterable[TraceEvent]) -> list[TraceEvent]:
    """Orders the events of all processors by time, then processor."""
    return sorted(events, key=lambda event: (event.time, event.cpu))


def as_text(events: Iterable[TraceEvent]) -> str:
    """Writes one line for each event."""
    return "".join(f"{event}\n" for event in events)
