"""Locks under contention, each with the claim that it must satisfy.

Source: K42 lib/libc/sync/lockTest.C (the same idea, as a program).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from kernel_impl.config import AS_BUILT, REPAIRED
from kernel_impl.errors import require
from kernel_impl.locks.block import UnfairBLock
from kernel_impl.locks.fair import Elements, FairBLock
from kernel_impl.locks.interface import Lock, PromisedLock
from kernel_impl.locks.mcs import McsLock
from kernel_impl.locks.request_count import LOST, WON, RequestCount, StoppableCount
from kernel_impl.locks.rw import ReadWriteLock
from kernel_impl.locks.seq import SequenceLock
from kernel_impl.locks.spin import SpinLock
from kernel_impl.locks.ticket import TicketLock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.scenarios.common import (
    LOCK_EVENTS,
    contend,
    cycle,
    each_on_its_own,
    meddle,
    numbers,
    occupancy,
)
from kernel_impl.steps import Cell, fetch_add, load, observe, store
from kernel_impl.system import BIT, Event, Layout, System, Thread


def contenders(layout: Layout, lock: Lock, threads: int, rounds: int) -> tuple[Thread, ...]:
    """Makes the threads that compete for a lock, each on its own processor."""
    inside = occupancy(layout, threads)
    return tuple(
        Thread(f"t{n}", n - 1, partial(contend, lock, Context.of(n, n - 1), inside, rounds))
        for n in numbers(threads)
    )


def lock_system(layout: Layout, threads: tuple[Thread, ...]) -> System:
    """Makes a system of competing threads."""
    return System(layout.cells, threads, vocabulary=LOCK_EVENTS)


def spin(threads: int = 3, rounds: int = 0) -> System:
    """Spin lock: mutual exclusion, no order."""
    layout = Layout()
    return lock_system(
        layout, contenders(layout, SpinLock.declare(layout, "lock"), threads, rounds)
    )


def ticket(threads: int = 3, rounds: int = 0) -> System:
    """Ticket lock: mutual exclusion in the order of requests."""
    layout = Layout()
    lock = TicketLock.declare(layout, "lock", threads=threads)
    return lock_system(layout, contenders(layout, lock, threads, rounds))


def mcs(threads: int = 3) -> System:
    """MCS lock in the granularity of the benchmark: a critical section of one silent step."""
    layout = Layout()
    lock = McsLock.declare(layout, "lock", homes=each_on_its_own(threads))
    return lock_system(layout, mcs_threads(lock, threads))


def mcs_threads(lock: McsLock, threads: int) -> tuple[Thread, ...]:
    """Makes the threads of the benchmark."""
    return tuple(
        Thread(f"t{n}", n - 1, partial(cycle, lock, Context.of(n, n - 1))) for n in numbers(threads)
    )


def fair(threads: int = 3, rounds: int = 1, *, stale_permits: bool = False) -> System:
    """FairBLock: mutual exclusion in the order of requests, whatever permits are about."""
    layout = Layout()
    parking = Parking.declare(layout, each_on_its_own(threads))
    elements = Elements.declare(layout, parking, each_on_its_own(threads))
    lock = FairBLock.declare(layout, "lock", elements)
    running = contenders(layout, lock, threads, rounds)
    if stale_permits:
        running += (Thread("meddler", 0, partial(meddle, parking, threads)),)
    return lock_system(layout, running)


def unfair(
    threads: int = 3, rounds: int = 1, *, stale_permits: bool = True, as_built: bool = False
) -> System:
    """Unfair BLock: mutual exclusion; as built, a stale permit breaks its stack."""
    layout = Layout()
    homes = each_on_its_own(threads)
    parking = Parking.declare(layout, homes)
    lock = UnfairBLock.declare(layout, "lock", parking, homes=homes, waits_for_release=not as_built)
    running = contenders(layout, lock, threads, rounds)
    if stale_permits:
        running += (Thread("meddler", 0, partial(meddle, parking, threads)),)
    return lock_system(layout, running)


# ------------------------------------------------------------------------------ readers and writers


def read_write(readers: int = 2, writers: int = 1) -> System:
    """Reader-writer lock: a writer is alone."""
    layout = Layout()
    threads = readers + writers
    parking = Parking.declare(layout, each_on_its_own(threads))
    lock = ReadWriteLock.declare(layout, "lock", PromisedLock.declare(layout, "inner"), parking)
    inside = layout.cell("inside", range(-1, threads + 1))
    running = [
        Thread(f"r{n}", n - 1, partial(read_once, lock, Context.of(n, n - 1), inside))
        for n in numbers(readers)
    ]
    running += [
        Thread(f"w{n}", n - 1, partial(write_once, lock, Context.of(n, n - 1), inside))
        for n in numbers(threads)[readers:]
    ]
    return System(layout.cells, tuple(running), vocabulary=RW_EVENTS)


RW_EVENTS = (
    *LOCK_EVENTS,
    Event("read_acquire", 1),
    Event("read_release", 1),
    Event("write_acquire", 1),
    Event("write_release", 1),
)


async def read_once(lock: ReadWriteLock, who: Context, inside: Cell) -> None:
    """Enters as a reader and checks that no writer is in."""
    await lock.acquire_read(who)
    present = await fetch_add(inside, 1)
    require(present >= 0, "a reader and a writer are inside together")
    await fetch_add(inside, -1)
    await lock.release_read(who)


async def write_once(lock: ReadWriteLock, who: Context, inside: Cell) -> None:
    """Enters as a writer and checks that it is alone."""
    await lock.acquire_write(who)
    present = await fetch_add(inside, -1)
    require(present == 0, "a writer is not alone")
    await fetch_add(inside, 1)
    await lock.release_write(who)


def sequence(readers: int = 1, writes: int = 2, circle: int = 8) -> System:
    """Sequence lock: a read is never torn while the circle is longer than it."""
    layout = Layout()
    lock = SequenceLock.declare(
        layout, "lock", PromisedLock.declare(layout, "writers"), circle=circle
    )
    halves = (layout.cell("left", range(writes + 1)), layout.cell("right", range(writes + 1)))
    running = [Thread("writer", 0, partial(write_pair, lock, Context.of(1, 0), halves, writes))]
    running += [
        Thread(f"reader{n}", n, partial(read_pair, lock, halves)) for n in range(1, readers + 1)
    ]
    events = (*LOCK_EVENTS, Event("written", 1), Event("read", 2))
    return System(layout.cells, tuple(running), vocabulary=events)


async def write_pair(
    lock: SequenceLock, who: Context, halves: tuple[Cell, Cell], writes: int
) -> None:
    """Writes 1, 2, … to both halves."""
    value = 1
    while value <= writes:
        await lock.write_begin(who)
        await store(halves[0], value)
        await store(halves[1], value)
        await lock.write_end(who)
        value += 1


async def read_pair(lock: SequenceLock, halves: tuple[Cell, Cell]) -> None:
    """Reads both halves until they are consistent, and checks that they are equal."""
    begun = await lock.read_begin()
    left = await load(halves[0])
    right = await load(halves[1])
    while not await lock.is_consistent(begun):
        begun = await lock.read_begin()
        left = await load(halves[0])
        right = await load(halves[1])
    await observe("read", left, right)
    require(left == right, "a consistent read is not torn")


# --------------------------------------------------------------------------------- request counts

COUNT_EVENTS = (*LOCK_EVENTS, *(Event(name, 1) for name in ("enter", "leave", "shut")))


def shutdown(
    clients: int = 1, closers: int = 2, *, as_built: bool = False, rc3_only: bool = False
) -> System:
    """RequestCount: one caller wins the shutdown, and then nobody is inside (RC-2, RC-3)."""
    repairs = replace(REPAIRED, count_is_read_again=not rc3_only)
    layout = Layout()
    threads = clients + closers
    parking = Parking.declare(layout, each_on_its_own(threads))
    requests = RequestCount.declare(
        layout, "requests", parking, repairs=AS_BUILT if as_built else repairs
    )
    inside = layout.cell("inside", range(threads + 1))
    winners = layout.cell("winners", range(closers + 1))
    running = [
        Thread(f"c{n}", n - 1, partial(request_once, requests, Context.of(n, n - 1), inside))
        for n in numbers(clients)
    ]
    running += [
        Thread(
            f"s{n}",
            n - 1,
            partial(shut_once, requests, Context.of(n, n - 1), inside, winners),
        )
        for n in numbers(threads)[clients:]
    ]
    return System(layout.cells, tuple(running), vocabulary=COUNT_EVENTS)


async def request_once(requests: RequestCount, who: Context, inside: Cell) -> None:
    """Makes a request, if the count lets it in."""
    if await requests.enter(who):
        await fetch_add(inside, 1)
        await fetch_add(inside, -1)
        await requests.leave(who)


async def shut_once(requests: RequestCount, who: Context, inside: Cell, winners: Cell) -> None:
    """Shuts down; the winner checks that it is the only one and that nobody is inside."""
    outcome = await requests.shutdown(who)
    require(outcome in {WON, LOST} or outcome < 0, "a shutdown is won or lost")
    if outcome == WON:
        earlier = await fetch_add(winners, 1)
        require(earlier == 0, "one caller wins the shutdown")
        present = await load(inside)
        require(present == 0, "after a shutdown no request is inside")


def stop(clients: int = 2, stops: int = 2, *, as_built: bool = False) -> System:
    """StoppableCount: while it is stopped nobody is inside (RC-1)."""
    layout = Layout()
    threads = clients + 1
    parking = Parking.declare(layout, each_on_its_own(threads))
    requests = RequestCount.declare(
        layout, "requests", parking, repairs=AS_BUILT if as_built else REPAIRED
    )
    count = StoppableCount(requests, PromisedLock.declare(layout, "lock"))
    is_stopped = layout.cell("is_stopped", BIT)
    running = [
        Thread(f"c{n}", n - 1, partial(use_once, count, Context.of(n, n - 1), is_stopped))
        for n in numbers(clients)
    ]
    who = Context.of(threads, clients)
    running.append(Thread("stopper", clients, partial(stop_often, count, who, is_stopped, stops)))
    return System(
        layout.cells,
        tuple(running),
        vocabulary=(*COUNT_EVENTS, Event("stopped", 1), Event("restarted", 1)),
    )


async def use_once(count: StoppableCount, who: Context, is_stopped: Cell) -> None:
    """Makes one request and checks that the count is not stopped meanwhile."""
    await count.enter(who)
    stopped = await load(is_stopped)
    require(stopped == 0, "while the count is stopped no request is inside")
    await count.leave(who)


async def stop_often(count: StoppableCount, who: Context, is_stopped: Cell, stops: int) -> None:
    """Stops and restarts the count some times."""
    done = 0
    while done < stops:
        await count.stop(who)
        await store(is_stopped, 1)
        await store(is_stopped, 0)
        await count.restart(who)
        done += 1
