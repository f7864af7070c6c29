"""Pieces that several scenarios are made of.

Source: none in K42; its tests are programs under kitch-linux/, ours are systems to explore.
"""

from __future__ import annotations

from kernel_impl.errors import require
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Cell, fetch_add, pause
from kernel_impl.system import Event, Layout

LOCK_EVENTS = (Event("request", 2), Event("acquire", 2), Event("release", 2))


def numbers(threads: int) -> range:
    """Returns the numbers of so many threads."""
    return range(1, threads + 1)


def each_on_its_own(threads: int) -> tuple[int, ...]:
    """Places threads 1, 2, … on processors 0, 1, …."""
    return tuple(range(threads))


async def contend(lock: Lock, who: Context, inside: Cell, rounds: int) -> None:
    """Takes and leaves a lock, for ever when `rounds` is 0, and checks that nobody else is in."""
    done = 0
    while rounds == 0 or done < rounds:
        await lock.acquire(who)
        others = await fetch_add(inside, 1)
        require(others == 0, "mutual exclusion")
        await fetch_add(inside, -1)
        await lock.release(who)
        if rounds:
            done += 1


async def cycle(lock: Lock, who: Context) -> None:
    """Takes and leaves a lock for ever, with a critical section of one silent step."""
    while True:
        await lock.acquire(who)
        await pause()
        await lock.release(who)


async def meddle(parking: Parking, threads: int) -> None:
    """Leaves every thread one stale permit, at any time."""
    thread = 1
    while thread <= threads:
        await parking.unblock(thread)
        thread += 1


def occupancy(layout: Layout, threads: int) -> Cell:
    """Declares the cell in which `contend` counts who is inside."""
    return layout.cell("inside", range(threads + 1))
