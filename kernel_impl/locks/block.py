"""BLock without fairness: waiters on a stack, all woken by a release.

The word is FREE, HELD, or names the waiter on top of a stack of waiters, which also means held. A
release takes the whole stack and unblocks everybody; they compete anew.

As built, a waiter blocks *once* and then tries again. A stale permit (see `machine.parking`) lets
it return while its node is still on the stack. Still held, so the node is pushed again and its
`next` becomes itself: the release walks for ever. The repaired lock waits until a release has taken
its node. `waits_for_release` switches between the two.

Source: K42 lib/libc/sync/BLockImp.C and BLock.H (`BaseUnFairBLock`).
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.errors import require
from kernel_impl.locks.interface import NOBODY
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Cell, cas, load, observe, store, swap
from kernel_impl.system import BIT, Layout

FREE = 0
HELD = -1


@dataclass(frozen=True, slots=True, eq=False)
class UnfairBLock:
    """A blocking lock whose waiters race."""

    word: Cell
    # The stack node of thread t: t writes it before its push; `is_queued` is cleared by a release.
    next: tuple[Cell, ...]
    is_queued: tuple[Cell, ...]
    parking: Parking
    waits_for_release: bool = True
    label: int = 0

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        parking: Parking,
        *,
        homes: tuple[int, ...],
        waits_for_release: bool = True,
    ) -> UnfairBLock:
        """Declares a free lock for threads 1, 2, …, whose processors are `homes`."""
        places = (0, *homes)
        words = range(HELD, len(places))
        return cls(
            layout.cell(f"{name}.word", words),
            layout.padded(f"{name}.next", places, words),
            layout.padded(f"{name}.is_queued", places, BIT),
            parking,
            waits_for_release,
        )

    async def acquire(self, who: Context) -> None:
        """Takes the lock, in no particular order."""
        while True:
            head = await load(self.word)
            if head == FREE:
                if await cas(self.word, FREE, HELD):
                    await observe("acquire", self.label, who.thread)
                    return
            elif await self.push(who, head):
                await self.wait(who)

    async def push(self, who: Context, head: int) -> bool:
        """Puts the own node on the stack, if the stack is still as it was seen."""
        me = who.thread
        require(head != me, "a waiter pushes its node only while it is on no stack")
        await store(self.next[me], head)
        if self.waits_for_release:
            await store(self.is_queued[me], 1)
        return await cas(self.word, head, me)

    async def wait(self, who: Context) -> None:
        """Blocks until a release has taken the node; as built, until any permit comes."""
        if not self.waits_for_release:
            await self.parking.block(who.thread)
            return
        while await load(self.is_queued[who.thread]):
            await self.parking.block(who.thread)

    async def release(self, who: Context) -> None:
        """Frees the lock and unblocks everybody on the stack."""
        if await cas(self.word, HELD, FREE):
            await observe("release", self.label, who.thread)
            return
        node = await swap(self.word, FREE)
        await observe("release", self.label, who.thread)
        while node not in {NOBODY, HELD}:
            following = await load(self.next[node])  # before the node may be used again
            if self.waits_for_release:
                await store(self.is_queued[node], 0)
            await self.parking.unblock(node)
            node = following
