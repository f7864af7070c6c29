"""Scaling: the same calls from every processor, to an object that is shared or clustered.

Three objects, each called through a reference like any other:

    counter    one word, or a word for each processor
    lock       two words under a lock; one lock for all (ticket or MCS), or one for each processor
    table      pages by number, as a page cache: looked up, counted as used, and filled on the first
               use; one table under a lock, or one with copies of its entries on every processor

A clustered object is not free of charge: its representatives are made on the first call of each
processor, which is why every thread calls some times before the measurement begins. All begin it
together.

Source: K42 doc/white-papers/ClusteredObject.sgml (the counter); Gamsa, Krieger, Appavoo, Stumm,
    "Tornado: maximizing locality and concurrency in a shared memory multiprocessor operating
    system", OSDI 1999 (the same comparison, measured on hardware).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from kernel_impl.cobj.counter import Method
from kernel_impl.cobj.root import FREE, LIVE, STATES, MultiRepRoot, Rep, SingleRepRoot
from kernel_impl.config import Sizes
from kernel_impl.errors import require
from kernel_impl.kernel.boot import (
    FIRST_ROOT,
    WATCHED,
    Ground,
    Staff,
    declare_ground,
    declare_shared,
    declare_spread,
    declare_switch,
)
from kernel_impl.kernel.traced import TracedSwitch
from kernel_impl.kernel.workload import has_reached, nothing
from kernel_impl.locks.interface import Lock
from kernel_impl.locks.mcs import McsLock
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, atomic_when, await_equal, fetch_add, load, observe, store
from kernel_impl.system import Event, System, Thread
from kernel_impl.trace.buffer import TraceBuffers
from kernel_impl.trace.events import Major

KEYS: Final = 16
BATCH: Final = 4
WARM: Final = 4
"""Batches before the measurement: enough to use every key once."""
SHARED: Final = "shared"
SHARED_MCS: Final = "shared, MCS"
CLUSTERED: Final = "clustered"
KINDS: Final = (
    ("counter", SHARED),
    ("counter", CLUSTERED),
    ("lock", SHARED),
    ("lock", SHARED_MCS),
    ("lock", CLUSTERED),
    ("table", SHARED),
    ("table", CLUSTERED),
)
"""What is called, and how it is made."""
BEGUN: Final = Event("begun", 1)
"""A processor has called often enough, and knows that all others have."""


def scaling_sizes(processors: int) -> Sizes:
    """Returns the sizes of a kernel that is measured: no factory, and tracing switched off."""
    return Sizes(processors, makers=1, trace_buffers=2, trace_words=8, traces=False)


# ------------------------------------------------------------------------------------- the objects


@dataclass(frozen=True, slots=True, eq=False)
class GuardedPair:
    """Two words that change together, under a lock."""

    state: Cell
    lock: Lock
    words: tuple[Cell, ...]

    async def open(self, who: Context) -> None:
        """Makes the pair live."""
        await store(self.state, LIVE)

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Adds to both words."""
        await self.lock.acquire(who)
        first = await load(self.words[0])
        await store(self.words[0], first + 1)
        second = await load(self.words[1])
        require(first == second, "both words change together")
        await store(self.words[1], second + 1)
        await self.lock.release(who)
        return first


@dataclass(frozen=True, slots=True, eq=False)
class PageTable:
    """Frames by the number of their page, with counts of use, under a lock."""

    state: Cell
    lock: Lock
    frames: tuple[Cell, ...]
    uses: tuple[Cell, ...]

    async def open(self, who: Context) -> None:
        """Makes the table live; it is empty."""
        await store(self.state, LIVE)

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Looks a page up, fills it if it is not there, and counts its use."""
        key = argument % KEYS
        await self.lock.acquire(who)
        frame = await load(self.frames[key])
        if frame == 0:
            frame = 1 + key
            await store(self.frames[key], frame)
        await fetch_add(self.uses[key], 1)
        await self.lock.release(who)
        return frame


@dataclass(frozen=True, slots=True, eq=False)
class PageTableCopy:
    """The representative of a clustered table: copies of the entries that its processor uses."""

    here: PageTable
    everywhere: PageTable

    @property
    def state(self) -> Cell:
        """The state of the copy."""
        return self.here.state

    async def open(self, who: Context) -> None:
        """Makes the copy live; it is empty."""
        await self.here.open(who)

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Looks a page up here, or else in the table that all copies are made from."""
        key = argument % KEYS
        await self.here.lock.acquire(who)
        frame = await load(self.here.frames[key])
        if frame == 0:
            frame = await self.everywhere.call(who, method, argument)
            await store(self.here.frames[key], frame)
        await fetch_add(self.here.uses[key], 1)
        await self.here.lock.release(who)
        return frame


def declare_pair(ground: Ground, name: str, lock: Lock, *, home: int) -> GuardedPair:
    """Declares a pair that is not live yet."""
    forever = range(ground.sizes.forever)
    return GuardedPair(
        ground.layout.cell(f"{name}.state", STATES, home=home),
        lock,
        ground.layout.packed(f"{name}.words", 2, forever, home=home),
    )


def declare_table(ground: Ground, name: str, *, home: int) -> PageTable:
    """Declares an empty table that is not live yet."""
    return PageTable(
        ground.layout.cell(f"{name}.state", STATES, home=home),
        ground.lock(f"{name}.lock", home=home),
        ground.layout.packed(f"{name}.frames", KEYS, range(KEYS + 1), home=home),
        ground.layout.packed(f"{name}.uses", KEYS, range(ground.sizes.forever), home=home),
    )


def declare_reps(ground: Ground, what: str, how: str) -> tuple[Rep, ...]:
    """Declares the representatives of a pair or a table: one, or one for each processor."""
    homes = range(ground.sizes.processors if how == CLUSTERED else 1)
    if what == "table":
        tables = tuple(declare_table(ground, f"table{home}", home=home) for home in homes)
        if how == SHARED:
            return tables
        origin = declare_table(ground, "origin", home=0)
        return tuple(PageTableCopy(table, origin) for table in tables)
    if how == SHARED_MCS:
        mcs = McsLock.declare(ground.layout, "mcs", homes=ground.staff.homes)
        return (declare_pair(ground, "pair", mcs, home=0),)
    return tuple(
        declare_pair(ground, f"pair{home}", ground.lock(f"lock{home}", home=home), home=home)
        for home in homes
    )


def declare_object(ground: Ground, what: str, how: str) -> None:
    """Declares the object that is measured; it is what the first reference leads to."""
    tables, directory = ground.collector.tables, ground.collector.directory
    if what == "counter" and how == SHARED:
        declare_shared(ground, "counter", state=LIVE)
    elif what == "counter":
        declare_spread(ground, "counter", state=LIVE)
    else:
        numbers = tuple(directory.add_rep(rep) for rep in declare_reps(ground, what, how))
        if how == CLUSTERED:
            lock = ground.lock("root.lock")
            directory.add_root(
                MultiRepRoot.declare(
                    ground.layout, "root", tables, directory, reps=numbers, lock=lock
                )
            )
        else:
            directory.add_root(
                SingleRepRoot.declare(ground.layout, "root", tables, directory, numbers[0])
            )
    require(len(directory.roots) == FIRST_ROOT, "the object is bound to the first root")


# ----------------------------------------------------------------------------------- who calls them


def scaling(what: str, how: str, processors: int, calls: int) -> tuple[System, tuple[Cell, ...]]:
    """Makes a system in which every processor calls one object so many times.

    Returns:
        also the cells in which each processor counts the batches that are measured.
    """
    staff = Staff()
    callers = staff.hire_everywhere("caller", processors)
    ground = declare_ground(scaling_sizes(processors), staff)
    declare_object(ground, what, how)
    arrived = ground.layout.cell("arrived", range(processors + 1))
    batches = calls // BATCH
    done = ground.layout.padded("done", range(processors), range(batches + 1))
    running = tuple(
        staff.thread(
            who,
            partial(call_often, ground, who, (arrived, done[who.vp]), batches),
            is_daemon=False,
        )
        for who in callers
    )
    return System(ground.layout.cells, running, vocabulary=(BEGUN,)), done


async def call_often(ground: Ground, who: Context, counts: tuple[Cell, Cell], batches: int) -> None:
    """Calls some times, waits for all others, and makes the calls that are measured.

    Args:
        counts: who has arrived, of all; and the batches done since then, of this processor.
    """
    arrived, mine = counts
    done = 0
    while done < WARM:
        await call_batch(ground, who, done)
        done += 1
    await fetch_add(arrived, 1)
    await await_equal(arrived, ground.sizes.processors)
    await observe("begun", who.vp)
    done = 0
    while done < batches:
        await call_batch(ground, who, done)
        done += 1
        await store(mine, done)


async def call_batch(ground: Ground, who: Context, number: int) -> None:
    """Calls the object, active all the while; each batch and processor has arguments of its own."""
    generations = ground.collector.generations
    await generations.activate(who)
    argument = BATCH * (number + who.vp)
    end = argument + BATCH
    while argument < end:
        await ground.objects.call(who, WATCHED, Method.ADD, argument)
        argument += 1
    await generations.deactivate(who)


async def log_often(log: TraceBuffers, events: int) -> None:
    """Logs events of one value, one after another."""
    done = 0
    while done < events:
        await log.log(0, Major.TEST, 1, done)
        done += 1


def logging(events: int, *, is_on: bool) -> System:
    """Makes a system of one processor that does nothing but log."""
    staff = Staff()
    logger = staff.hire("logger", 0)
    ground = declare_ground(replace(scaling_sizes(1), traces=is_on, trace_words=128), staff)
    running = staff.thread(logger, partial(log_often, ground.log, events), is_daemon=False)
    return System(ground.layout.cells, (running,))


# ------------------------------------------------------------------------- a swap in the middle


@dataclass(frozen=True, slots=True, eq=False)
class Swapping:
    """A counter that is called all the time, and its distributed successor."""

    ground: Ground
    switch: TracedSwitch
    successor: int
    done: tuple[Cell, ...]
    """Batches by processor, written there only."""


def swapping(processors: int, batches: int) -> tuple[System, Swapping]:
    """Makes a system in which a shared counter is swapped when a quarter of the calls are done."""
    staff = Staff()
    callers = staff.hire_everywhere("caller", processors)
    cleaners = staff.hire_everywhere("cleaner", processors)
    movers = staff.hire_everywhere("mover", processors)
    switcher = staff.hire("switcher", 0)
    ground = declare_ground(scaling_sizes(processors), staff)
    shared = declare_shared(ground, "shared", state=LIVE)
    require(shared == FIRST_ROOT, "the object is bound to the first root")
    successor = declare_spread(ground, "spread", state=FREE)
    switch = declare_switch(ground, "mediator")
    done = ground.layout.padded("done", range(processors), range(batches + 1))
    pieces = Swapping(ground, switch, successor, done)
    running: list[Thread] = [
        staff.thread(who, partial(call_and_count, pieces, who, batches), is_daemon=False)
        for who in callers
    ]
    running.append(
        staff.thread(switcher, partial(swap_at, pieces, switcher, batches // 4), is_daemon=False)
    )
    running += [staff.thread(who, partial(ground.collector.daemon, who)) for who in cleaners]
    running += [staff.thread(who, partial(switch.worker, who)) for who in movers]
    return System(ground.layout.cells, tuple(running)), pieces


async def call_and_count(pieces: Swapping, who: Context, batches: int) -> None:
    """Calls batch after batch, and tells how many are done."""
    done = 0
    while done < batches:
        await call_batch(pieces.ground, who, done)
        done += 1
        await store(pieces.done[who.vp], done)


async def swap_at(pieces: Swapping, who: Context, batches: int) -> None:
    """Swaps the counter when its own processor has done so many batches."""
    await atomic_when(has_reached, nothing, pieces.done[who.vp], batches)
    await pieces.ground.collector.directory.root(pieces.successor).prepare(who)
    await pieces.switch.switch(who, WATCHED, pieces.successor)
    await pieces.switch.wait_done()
