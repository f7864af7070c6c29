"""Trace buffers: any context of a processor logs without a lock.

Each processor has a ring of buffers and one `index` that only grows. To log, a thread *reserves*
words by a compare-and-swap of the index, writes them, and *commits* them by adding their number to
the count of the buffer. The time is read again for every attempt, so times do not decrease along
the index. An event never crosses the end of a buffer: whoever would cross takes the start of the
next one, empties its count, and covers the rest of the old one with a filler. A buffer is complete
when it is not the current one and its count equals its size; a thread that was interrupted between
reserving and committing leaves a buffer incomplete, but never blocks another.

The counts of all buffers but the first start full; the crossing *subtracts* a buffer's size, as
others may have committed to the new buffer before the crosser gets to it.

When a class is masked off, logging is one load of a line that is never written.

Source: K42 lib/libc/trace/traceReserve.H, traceLib.H. Limits, as there: a logger that sleeps for a
    whole round of the ring commits to a buffer that is used anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.errors import require
from kernel_impl.steps import Cell, cas, fetch_add, load, observe, store
from kernel_impl.system import Event, Layout
from kernel_impl.trace.events import FILLER, MAX_LENGTH, WORD, Header, Major

EVENTS: Final = (Event("reserve", 3), Event("commit", 3), Event("consumed", 2))
"""Words are reserved and committed (processor, index of the first one, number), and a complete
buffer is taken (processor, index of its first word)."""


@dataclass(frozen=True, slots=True, eq=False)
class TraceBuffers:
    """The trace buffers of all processors."""

    mask: Cell  # bits of majors; written seldom
    clocks: tuple[Cell, ...]  # none: all times are 0
    # Of one processor, by any of its contexts: atomic operations only.
    index: tuple[Cell, ...]
    committed: tuple[tuple[Cell, ...], ...]
    produced: tuple[Cell, ...]
    words: tuple[tuple[Cell, ...], ...]
    # Of the consumer of the processor.
    consumed: tuple[Cell, ...]
    lost: tuple[Cell, ...]
    buffers: int
    buffer_words: int

    @classmethod
    def declare(
        cls,
        layout: Layout,
        processors: int,
        *,
        buffers: int,
        buffer_words: int,
        clocks: tuple[Cell, ...] = (),
        mask: int = 0,
        limit: int = 1 << 40,
    ) -> TraceBuffers:
        """Declares empty buffers.

        Args:
            limit: the most words that a processor will ever log.
        """
        each = range(processors)
        return cls(
            layout.cell("trace.mask", range(1 << 64), initial=mask),
            clocks,
            layout.padded("trace.index", each, range(limit + 1)),
            tuple(
                layout.packed(
                    f"trace.committed[{cpu}]",
                    buffers,
                    range(-buffer_words, 2 * buffer_words + 1),
                    initial=(0, *(buffer_words,) * (buffers - 1)),
                    home=cpu,
                )
                for cpu in each
            ),
            layout.padded("trace.produced", each, range(limit + 1)),
            tuple(
                layout.packed(f"trace.words[{cpu}]", buffers * buffer_words, WORD, home=cpu)
                for cpu in each
            ),
            layout.padded("trace.consumed", each, range(limit + 1)),
            layout.padded("trace.lost", each, range(limit + 1)),
            buffers,
            buffer_words,
        )

    def buffer_of(self, index: int) -> int:
        """Returns the buffer in which an index lies."""
        return index // self.buffer_words % self.buffers

    def word_at(self, cpu: int, index: int) -> Cell:
        """Returns the word at an index."""
        return self.words[cpu][index % (self.buffers * self.buffer_words)]

    async def log(self, cpu: int, major: Major, minor: int, *payload: int) -> None:
        """Logs an event on the own processor, if its class is not masked off."""
        if not await load(self.mask) >> major & 1:
            return
        length = 1 + len(payload)
        require(length <= min(MAX_LENGTH, self.buffer_words), "an event fits into a buffer")
        start, time = await self.reserve(cpu, length)
        position = 0
        while position < len(payload):
            await store(self.word_at(cpu, start + 1 + position), payload[position])
            position += 1
        await store(self.word_at(cpu, start), Header(time, length, 0, major, minor).pack())
        await self.commit(cpu, start, length)

    async def reserve(self, cpu: int, length: int) -> tuple[int, int]:
        """Reserves words; returns the index of the first one, and the time."""
        while True:
            old = await load(self.index[cpu])
            start = old
            beyond = (old + length) % self.buffer_words
            if 0 < beyond < length:
                start = old + length - beyond  # the start of the next buffer
            time = 0
            if self.clocks:
                time = await load(self.clocks[cpu])
            if await cas(self.index[cpu], old, start + length):
                await observe("reserve", cpu, start, length)
                break
        if beyond < length:
            await self.cross(cpu, old, start, length, time)
        return start, time

    async def cross(self, cpu: int, old: int, start: int, length: int, time: int) -> None:
        """Opens the next buffer, and covers with a filler what is left of the old one."""
        following = self.buffer_of(start + length)
        await fetch_add(self.committed[cpu][following], -self.buffer_words)
        rest = start - old
        if rest > 0:
            filler = Header(time, rest, 0, Major.CONTROL, FILLER).pack()
            await store(self.word_at(cpu, old), filler)
            await self.commit(cpu, old, rest)
        await fetch_add(self.produced[cpu], 1)

    async def commit(self, cpu: int, start: int, length: int) -> None:
        """Counts words that are written to their buffer."""
        await fetch_add(self.committed[cpu][self.buffer_of(start)], length)
        await observe("commit", cpu, start, length)
