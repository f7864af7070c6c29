"""Sequence lock: readers that write nothing.

A writer makes the sequence odd, writes, and makes it even again; writers exclude one another with a
lock. A reader notes an even sequence, reads, and keeps what it read only if the sequence is still
the same. Readers cost the writer nothing and touch no shared line for writing; they may repeat.

The sequence goes round in a circle. A reader that sleeps through a whole circle would believe a
torn read; the circle must be longer than any read can last. The exploration shows both sides.

Source: none in K42, which copies under a lock (os/kernel/sys/KernelInfo.H); kept because the kernel
    above it wants readers of the clock and of statistics without traffic. Name: Linux, `seqlock`.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, await_until, fence, load, observe, store
from kernel_impl.system import Layout


@dataclass(frozen=True, slots=True, eq=False)
class SequenceLock:
    """Protects data that is read often and written seldom."""

    writers: Lock
    # Written under `writers`; odd while data is being written.
    sequence: Cell
    circle: int

    @classmethod
    def declare(
        cls, layout: Layout, name: str, writers: Lock, *, circle: int = 1 << 32, home: int = 0
    ) -> SequenceLock:
        """Declares a lock; `circle` is even."""
        return cls(writers, layout.cell(f"{name}.sequence", range(circle), home=home), circle)

    async def write_begin(self, who: Context) -> None:
        """Starts a write: readers that come now wait."""
        await self.writers.acquire(who)
        sequence = await load(self.sequence)
        await store(self.sequence, (sequence + 1) % self.circle)
        await fence()

    async def write_end(self, who: Context) -> None:
        """Ends a write."""
        await fence()
        sequence = await load(self.sequence)
        await store(self.sequence, (sequence + 1) % self.circle)
        await observe("written", who.thread)
        await self.writers.release(who)

    async def read_begin(self) -> int:
        """Waits until nobody writes and returns the sequence, for `is_consistent`."""
        return await await_until(self.sequence, is_even)

    async def is_consistent(self, begun: int) -> bool:
        """Tells whether what was read since `read_begin` is one consistent state."""
        await fence()
        return await load(self.sequence) == begun


def is_even(sequence: int) -> bool:
    """Tells whether no write is under way."""
    return sequence % 2 == 0
