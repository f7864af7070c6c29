"""Reader-writer lock over any lock, with one queue of both.

Under the inner lock: the number of readers (WRITER while somebody writes) and one queue of waiters,
each with a slot that is cleared to wake it. A reader waits while somebody writes *or any writer
waits*; woken, it tries again. A writer that must wait is woken as the owner: whoever wakes it
clears its slot and **leaves the inner lock held on its behalf**, so nobody comes between.

Known properties, kept: writers starve readers; to read twice deadlocks with a waiting writer.

Source: K42 lib/libc/sync/RWLock.H (`TmpRWLock`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.errors import require
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import (
    EMPTY,
    appended,
    entries,
    first,
    queue_domain,
    rest,
    without,
)
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Cell, load, observe, store
from kernel_impl.system import BIT, Layout

WRITER: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class ReadWriteLock:
    """Many readers or one writer."""

    inner: Lock
    # Protected by `inner`: `queue` holds 2 * thread, plus 1 for a writer.
    readers: Cell
    queue: Cell
    base: int
    # Set by the waiter under `inner`, cleared by whoever wakes it.
    is_waiting: tuple[Cell, ...]
    parking: Parking

    @classmethod
    def declare(cls, layout: Layout, name: str, inner: Lock, parking: Parking) -> ReadWriteLock:
        """Declares a free lock for the threads that can park."""
        threads = len(parking.is_blocked) - 1
        base = 2 * threads + 2
        return cls(
            inner,
            layout.cell(f"{name}.readers", range(WRITER, threads + 1)),
            layout.cell(f"{name}.queue", queue_domain(threads, base)),
            base,
            layout.packed(f"{name}.is_waiting", threads + 1, BIT),
            parking,
        )

    async def acquire_read(self, who: Context) -> None:
        """Enters as one of the readers."""
        await self.inner.acquire(who)
        readers = await load(self.readers)
        queue = await load(self.queue)
        while readers == WRITER or first_writer(queue, self.base) != EMPTY:
            await self.locked_enqueue(who, queue, 2 * who.thread)
            await self.inner.release(who)
            await self.wait(who)
            await self.inner.acquire(who)
            readers = await load(self.readers)
            queue = await load(self.queue)
        await store(self.readers, readers + 1)
        await observe("read_acquire", who.thread)
        await self.inner.release(who)

    async def acquire_write(self, who: Context) -> None:
        """Enters as the only writer."""
        await self.inner.acquire(who)
        if await load(self.readers) != 0:
            queue = await load(self.queue)
            await self.locked_enqueue(who, queue, 2 * who.thread + 1)
            await self.inner.release(who)
            await self.wait(who)  # comes back with `inner` held on its behalf
        await store(self.readers, WRITER)
        await observe("write_acquire", who.thread)
        await self.inner.release(who)

    async def release_read(self, who: Context) -> None:
        """Leaves as a reader; the last one lets the first waiter in."""
        await self.inner.acquire(who)
        readers = await load(self.readers)
        require(readers > 0, "only a reader leaves as a reader")
        await store(self.readers, readers - 1)
        await observe("read_release", who.thread)
        queue = await load(self.queue)
        if readers > 1 or queue == EMPTY:
            await self.inner.release(who)
            return
        head = first(queue, self.base)
        require(head % 2 == 1, "only a writer waits at the head while others read")
        await store(self.queue, rest(queue, self.base))
        await self.wake(head // 2)  # `inner` is its now

    async def release_write(self, who: Context) -> None:
        """Leaves as the writer: to the first waiting writer, else to all readers."""
        await self.inner.acquire(who)
        await store(self.readers, 0)
        await observe("write_release", who.thread)
        queue = await load(self.queue)
        heir = first_writer(queue, self.base)
        if heir != EMPTY:
            await store(self.queue, without(queue, heir, self.base))
            await self.wake(heir // 2)  # `inner` is its now
            return
        await store(self.queue, EMPTY)
        while queue != EMPTY:
            await self.wake(first(queue, self.base) // 2)
            queue = rest(queue, self.base)
        await self.inner.release(who)

    async def locked_enqueue(self, who: Context, queue: int, entry: int) -> None:
        """Joins the queue."""
        await store(self.is_waiting[who.thread], 1)
        await store(self.queue, appended(queue, entry, self.base))

    async def wait(self, who: Context) -> None:
        """Blocks until the own slot is cleared."""
        while await load(self.is_waiting[who.thread]):
            await self.parking.block(who.thread)

    async def wake(self, thread: int) -> None:
        """Clears a slot; after that store nothing of the waiter is touched but its permit."""
        await store(self.is_waiting[thread], 0)
        await self.parking.unblock(thread)


def first_writer(queue: int, base: int) -> int:
    """Returns the entry of the first waiting writer, EMPTY if none waits."""
    return next((entry for entry in entries(queue, base) if entry % 2 == 1), EMPTY)
