"""Ticket lock: first come, first served, in two words.

A thread draws a number and waits for it to be served. Fair, and a release writes one word; but all
waiters look at that word, so each release costs every waiter a miss. Numbers go round in a circle
that is larger than the number of threads, so two waiters never have the same one.

Source: none in K42, whose fair locks queue (lib/libc/sync/SLock.C); kept as the simplest fair lock
    to compare with. Algorithm: Mellor-Crummey, Scott, "Algorithms for scalable synchronization on
    shared-memory multiprocessors", ACM TOCS 1991, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, Memory, atomic, await_equal, load, observe, store
from kernel_impl.system import Layout


@dataclass(frozen=True, slots=True, eq=False)
class TicketLock:
    """A fair spinning lock."""

    # Any thread advances `drawn`; only the holder advances `served`.
    drawn: Cell
    served: Cell
    circle: int
    label: int = 0

    @classmethod
    def declare(
        cls, layout: Layout, name: str, *, threads: int, label: int = 0, home: int = 0
    ) -> TicketLock:
        """Declares a free lock for at most so many threads."""
        circle = threads + 1
        return cls(
            layout.cell(f"{name}.drawn", range(circle), home=home),
            layout.cell(f"{name}.served", range(circle), home=home),
            circle,
            label,
        )

    async def acquire(self, who: Context) -> None:
        """Takes the lock in the order of the numbers drawn."""
        number = await atomic(draw_number, self.drawn, self.circle)
        await observe("request", self.label, who.thread)
        await await_equal(self.served, number)
        await observe("acquire", self.label, who.thread)

    async def release(self, who: Context) -> None:
        """Serves the next number."""
        number = await load(self.served)
        await store(self.served, (number + 1) % self.circle)
        await observe("release", self.label, who.thread)


def draw_number(memory: Memory, drawn: Cell, circle: int) -> int:
    """Fetch-and-add on a word that goes round."""
    number = memory.read(drawn)
    memory.write(drawn, (number + 1) % circle)
    return number
