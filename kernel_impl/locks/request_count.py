"""RequestCount: many requests and one who closes the door, without a lock for the requests.

One signed word counts the requests inside. Whoever closes subtracts LARGE, so that the word turns
negative and later requests are refused; then it waits until those inside have left. A refused
request counts itself out again, and whoever brings the word to exactly -LARGE is the last one out
and wakes the closer, whose number stands in `closer`.

`RequestCount.shutdown` closes for good; exactly one caller gets WON. `StoppableCount` can be
stopped and restarted: the stopper keeps a lock, on which refused requests wait.

Three defects of the 2005 tree, by switch (`config.Repairs`):
RC-1  a refused request can take the last-one-out branch of one stop, sleep, and wake the stopper
      of the *next* stop while a request is inside. Repair: a woken stopper looks at the count.
RC-2  the loser of two shutdowns returns the count that it read, which is 0 when the winner has
      named itself but not yet subtracted; 0 also means "you won". Repair: a loser returns LOST.
RC-3  a caller that read the count before the winner subtracted, and `closer` after the winner
      cleared it, names itself and subtracts a second time: two winners, or a wait for ever. Found
      by exploring this module. Repair: who has named itself looks at the count again, which
      nobody else can close meanwhile, and waits only while `closer` is still its own number.

Source: K42 lib/libc/sync/RequestCount.C and RequestCount.H.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.config import REPAIRED, Repairs
from kernel_impl.locks.interface import NOBODY, Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Cell, cas, fetch_add, load, observe, store, swap
from kernel_impl.system import Layout

WON: Final = 0
LOST: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class RequestCount:
    """A count of requests that can be shut down once."""

    count: Cell
    closer: Cell
    large: int
    parking: Parking
    repairs: Repairs = REPAIRED

    @classmethod
    def declare(
        cls, layout: Layout, name: str, parking: Parking, *, repairs: Repairs = REPAIRED
    ) -> RequestCount:
        """Declares a count for the threads that can park; LARGE is more than they are."""
        threads = len(parking.is_blocked) - 1
        large = 2 * threads + 1
        return cls(
            layout.cell(f"{name}.count", range(-2 * large, large + 1)),
            layout.cell(f"{name}.closer", range(threads + 1)),
            large,
            parking,
            repairs,
        )

    async def enter(self, who: Context) -> bool:
        """Counts a request in; False when the count is closed."""
        if await fetch_add(self.count, 1) < 0:
            await self.leave(who)
            return False
        await observe("enter", who.thread)
        return True

    async def leave(self, who: Context) -> None:
        """Counts a request out; the last one out wakes the closer."""
        before = await fetch_add(self.count, -1)
        await observe("leave", who.thread)
        if before == 1 - self.large:
            closer = await swap(self.closer, NOBODY)
            if closer != NOBODY:
                await self.parking.unblock(closer)

    async def shutdown(self, who: Context) -> int:
        """Closes for good and waits for the requests inside; WON for exactly one caller."""
        while True:
            count = await load(self.count)
            if count < 0 or await load(self.closer) != NOBODY:
                return LOST if self.repairs.loser_is_told else count
            if await cas(self.closer, NOBODY, who.thread):
                break
        if self.repairs.count_is_read_again and not await self.close(who):
            return LOST
        if not self.repairs.count_is_read_again:
            await self.drain(who)
        await observe("shut", who.thread)
        return WON

    async def close(self, who: Context) -> bool:
        """Closes the count and waits until nobody is inside; False if it was closed already.

        The caller stands in `closer`. Not by compare-and-swap: requests that come and go could make
        it fail for ever.
        """
        if await load(self.count) < 0:
            await cas(self.closer, who.thread, NOBODY)
            return False
        if await fetch_add(self.count, -self.large) == 0:
            await cas(self.closer, who.thread, NOBODY)
            return True
        while await load(self.closer) == who.thread:
            await self.parking.block(who.thread)
        return True

    async def drain(self, who: Context) -> None:
        """Closes the count and waits until nobody is inside; the caller stands in `closer`."""
        if await fetch_add(self.count, -self.large) == 0:
            await swap(self.closer, NOBODY)
            return
        while await load(self.closer) != NOBODY:
            await self.parking.block(who.thread)


@dataclass(frozen=True, slots=True, eq=False)
class StoppableCount:
    """A count of requests that can be stopped and restarted; refused requests wait."""

    requests: RequestCount
    # Held by the stopper from `stop` to `restart`.
    lock: Lock

    async def enter(self, who: Context) -> None:
        """Counts a request in; waits while the count is stopped."""
        while not await self.requests.enter(who):
            await self.lock.acquire(who)
            await self.lock.release(who)

    async def leave(self, who: Context) -> None:
        """Counts a request out."""
        await self.requests.leave(who)

    async def stop(self, who: Context) -> None:
        """Returns when no request is inside and none can come in; keeps the lock."""
        requests = self.requests
        await self.lock.acquire(who)
        await store(requests.closer, who.thread)
        await requests.drain(who)
        if requests.repairs.stop_is_tested_again:
            await self.locked_wait_until_empty(who)
        await observe("stopped", who.thread)

    async def locked_wait_until_empty(self, who: Context) -> None:
        """Looks at the count itself: the wake-up may have been meant for an earlier stop."""
        requests = self.requests
        while await load(requests.count) != -requests.large:
            await store(requests.closer, who.thread)
            if await load(requests.count) == -requests.large:
                await store(requests.closer, NOBODY)
                return
            while await load(requests.closer) != NOBODY:
                await requests.parking.block(who.thread)

    async def restart(self, who: Context) -> None:
        """Lets requests in again."""
        await fetch_add(self.requests.count, self.requests.large)
        await observe("restarted", who.thread)
        await self.lock.release(who)
