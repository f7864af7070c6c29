"""MCS lock: a queue of waiters, each spinning on a word of its own.

Life of a request. The thread clears its `next` and swaps itself into `tail`; what it gets back is
its predecessor. With none it owns the lock. Else it sets its own `locked`, links itself behind the
predecessor and waits until `locked` is cleared; order matters: the flag is set before the link is
made, for the predecessor may clear it at once. To release, the holder looks for a successor. If
there is none it tries to swing `tail` from itself back to nobody; if that fails, a successor is
between its swap and its link, and the holder waits for the link. Then it clears the successor's
flag. A release costs one remote access, whatever the number of waiters.

Source: K42 lib/libc/sync/SLock.C, a variant of the same queue. Algorithm: Mellor-Crummey, Scott,
    "Algorithms for scalable synchronization on shared-memory multiprocessors", ACM TOCS 1991.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.locks.interface import NOBODY
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, await_equal, await_not, cas, load, observe, store, swap
from kernel_impl.system import BIT, Layout


@dataclass(frozen=True, slots=True, eq=False)
class McsLock:
    """A fair queue lock; the queue node of a thread is its number."""

    tail: Cell
    # The node of thread t: written by t, and by its neighbours while t waits for or holds the lock.
    next: tuple[Cell, ...]
    locked: tuple[Cell, ...]
    label: int = 0

    @classmethod
    def declare(
        cls, layout: Layout, name: str, *, homes: tuple[int, ...], label: int = 0, home: int = 0
    ) -> McsLock:
        """Declares a free lock for threads 1, 2, …, whose processors are `homes`."""
        places = (home, *homes)
        threads = range(len(places))
        return cls(
            layout.cell(f"{name}.tail", threads, home=home),
            layout.padded(f"{name}.next", places, threads),
            layout.padded(f"{name}.locked", places, BIT),
            label,
        )

    async def acquire(self, who: Context) -> None:
        """Takes the lock in the order of the swaps."""
        me = who.thread
        await store(self.next[me], NOBODY)
        predecessor = await swap(self.tail, me)
        await observe("request", self.label, me)
        if predecessor != NOBODY:
            await store(self.locked[me], 1)
            await store(self.next[predecessor], me)
            await await_equal(self.locked[me], 0)
        await observe("acquire", self.label, me)

    async def release(self, who: Context) -> None:
        """Passes the lock to the successor, or frees it."""
        me = who.thread
        successor = await load(self.next[me])
        if successor == NOBODY:
            if await cas(self.tail, me, NOBODY):
                await observe("release", self.label, me)
                return
            successor = await await_not(self.next[me], NOBODY)
        await store(self.locked[successor], 0)
        await observe("release", self.label, me)
