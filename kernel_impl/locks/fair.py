"""FairBLock: a blocking lock that passes ownership in the order of arrival.

The lock is itself an element {next, tail}; each waiter brings one {next, waiter} from its stack,
here the element of its thread: a thread waits for one lock at a time. `tail` is FREE, or HELD with
nobody waiting, or names the last waiter. `next` of the lock names the first waiter, but lags behind
`tail`: whoever enqueues links itself afterwards.

Ownership passes at one store, the release that clears `waiter` of the first element. From then on
the new owner may leave and its element may be used again, so the release touches no element after
that store; its late unblock may reach a thread that does not wait any more and leaves a stale
permit, which every waiting loop absorbs.

Source: K42 lib/libc/sync/FairBLock.C and FairBLock.H.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.locks.interface import NOBODY
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Cell, await_not, cas, load, observe, store
from kernel_impl.system import Layout

FREE: Final = 0
HELD: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """The queue element of every thread, and how threads block."""

    # Element of thread t: t enqueues it; then its neighbours write it, until t owns the lock.
    next: tuple[Cell, ...]
    waiter: tuple[Cell, ...]
    parking: Parking

    @classmethod
    def declare(cls, layout: Layout, parking: Parking, homes: tuple[int, ...]) -> Elements:
        """Declares the elements of threads 1, 2, …, whose processors are `homes`."""
        places = (0, *homes)
        threads = range(len(places))
        return cls(
            layout.padded("element.next", places, threads),
            layout.padded("element.waiter", places, threads),
            parking,
        )


@dataclass(frozen=True, slots=True, eq=False)
class FairBLock:
    """A fair blocking lock. Callers are enabled: they may block."""

    tail: Cell
    next: Cell  # written by the owner, and by the first to enqueue behind HELD
    elements: Elements
    spins: int = 0
    label: int = 0

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        elements: Elements,
        *,
        spins: int = 0,
        label: int = 0,
        home: int = 0,
    ) -> FairBLock:
        """Declares a free lock.

        Args:
            spins: how often to try before queueing; K42 tries 201 times.
        """
        threads = len(elements.next) - 1
        return cls(
            layout.cell(f"{name}.tail", range(HELD, threads + 1), home=home),
            layout.cell(f"{name}.next", range(threads + 1), home=home),
            elements,
            spins,
            label,
        )

    async def acquire(self, who: Context) -> None:
        """Takes the lock; waits in order of arrival behind those who have queued."""
        if await self.try_spinning(who):
            return
        last = await self.enqueue(who)
        if last != FREE:
            await self.wait_for_turn(who, last)
        await observe("acquire", self.label, who.thread)

    async def try_acquire(self, who: Context) -> bool:
        """Takes the lock if it is free; one step."""
        if not await cas(self.tail, FREE, HELD):
            return False
        await observe("request", self.label, who.thread)
        await observe("acquire", self.label, who.thread)
        return True

    async def try_spinning(self, who: Context) -> bool:
        """Tries a few times to find the lock free; gives up when others queue already."""
        rounds = 0
        while rounds < self.spins:
            rounds += 1
            tail = await load(self.tail)
            if tail == FREE:
                if await self.try_acquire(who):
                    return True
            elif tail != HELD:
                return False
        return False

    async def enqueue(self, who: Context) -> int:
        """Takes a free lock and returns FREE, or joins the queue and returns the one before."""
        me = who.thread
        while True:
            last = await load(self.tail)
            if last == FREE:
                if await cas(self.tail, FREE, HELD):
                    await observe("request", self.label, me)
                    return FREE
                continue
            await store(self.elements.next[me], NOBODY)
            await store(self.elements.waiter[me], me)
            if await cas(self.tail, last, me):
                await observe("request", self.label, me)
                return last

    async def wait_for_turn(self, who: Context, last: int) -> None:
        """Links the own element behind `last`, blocks until first, leaves the queue as owner."""
        me = who.thread
        await store(self.next if last == HELD else self.elements.next[last], me)
        while await load(self.elements.waiter[me]) != NOBODY:
            await self.elements.parking.block(me)
        # Owner now, but still an element of the queue: put the lock itself in its place.
        await store(self.next, NOBODY)
        if not await cas(self.tail, me, HELD):
            following = await await_not(self.elements.next[me], NOBODY)
            await store(self.next, following)

    async def release(self, who: Context) -> None:
        """Frees the lock, or passes it to the first waiter."""
        if await cas(self.tail, HELD, FREE):
            await observe("release", self.label, who.thread)
            return
        heir = await await_not(self.next, NOBODY)
        await store(self.elements.waiter[heir], NOBODY)
        await observe("release", self.label, who.thread)
        await self.elements.parking.unblock(heir)
