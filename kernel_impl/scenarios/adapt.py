"""Hot swap under load: no call lost, none in the old object after its state has left.

Generations and locks are promised ones unless defect E is left in: what is explored is the swap.
A swap of a counter of two processors, with clients that call it meanwhile, possibly from within a
call: *directly* on the same thread, or *across*, on another processor and another thread.

Source: K42 lib/libc/cobj/missHandlingtest.C, lib/libc/cobj/sys/COSMgrObject.C (`switchCObj`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final

from kernel_impl.adapt.mediator import LATE
from kernel_impl.adapt.monitor import EVENTS as MONITOR_EVENTS
from kernel_impl.adapt.monitor import Decision, Meter, MeteredObject, Monitor
from kernel_impl.adapt.swap import Catalogue, Switch, begin, count_workers
from kernel_impl.adapt.transfer import SwappableLocalCounter, SwappableSharedCounter
from kernel_impl.cobj.counter import LocalCounter, Method, SharedCounter
from kernel_impl.cobj.miss import Objects
from kernel_impl.cobj.root import FREE, MultiRepRoot, SingleRepRoot
from kernel_impl.cobj.table import DESTROYED, SWITCHING, Tables
from kernel_impl.config import REPAIRED, Repairs
from kernel_impl.errors import require
from kernel_impl.locks.interface import PromisedLock
from kernel_impl.machine.clock import Clock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.scenarios.cobj import EVENTS as OBJECT_EVENTS
from kernel_impl.scenarios.cobj import (
    REF,
    Kinds,
    Space,
    object_space,
    table_claims,
    total,
    word_claims,
)
from kernel_impl.steps import Body, Cell, Memory, atomic, await_equal, await_not, observe, store
from kernel_impl.system import Event, Invariant, Layout, System, Thread

NO_RECURSION: Final = 0
DIRECT: Final = 1
ACROSS: Final = 2

EVENTS = (
    *OBJECT_EVENTS,
    Event("switch_begin", 1),
    Event("workers", 1),
    Event("drained", 1),
    Event("transfer", 2),
    Event("switch_end", 1),
)

FAULTS: Final = (
    ("A", "phase_lock_is_released"),
    ("B", "zero_is_tested_again"),
    ("C", "chains_are_known"),
    ("E", "marker_is_locked"),
    ("F", "root_is_read_inside"),
    ("J", "destroy_is_after_unlock"),
)


def repairs_without(faults: str) -> Repairs:
    """Returns the repairs with the defects of these letters left as they were built."""
    names = {name: False for letter, name in FAULTS if letter in faults}
    require({f.name for f in fields(Repairs)} >= set(names), "a fault names a repair")
    return replace(REPAIRED, **names)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line to the other processor: one request at a time, served by a thread of its own."""

    request: Cell  # the chain that calls, 0 when idle
    objects: Objects
    vp: int

    async def call(self, who: Context) -> None:
        """Has the other processor add one on behalf of the chain of `who`, and waits."""
        await store(self.request, who.chain)
        await await_equal(self.request, 0)

    async def serve(self, space: Space, thread: int) -> None:
        """Serves requests for ever, active while it works."""
        while True:
            chain = await await_not(self.request, 0)
            who = Context(thread, self.vp, chain)
            await space.generations.activate(who)
            await self.objects.call(who, REF, Method.ADD, 1)
            await space.generations.deactivate(who)
            await store(self.request, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """A representative whose additions call the object once more from within."""

    inner: LocalCounter
    objects: Objects
    line: Line
    recursion: int

    @property
    def state(self) -> Cell:
        """The state of the counter."""
        return self.inner.state

    async def open(self, who: Context) -> None:
        """Opens the counter."""
        await self.inner.open(who)

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Performs a method of the counter; an addition of 2 is two calls, one inside the other."""
        if method == Method.ADD and argument == 2:
            if self.recursion == DIRECT:
                await self.objects.call(who, REF, Method.ADD, 1)
            else:
                await self.line.call(who)
            argument = 1
        return await self.inner.call(who, method, argument)


@dataclass(frozen=True, slots=True, eq=False)
class SwapSystem:
    """The pieces of a swap scenario."""

    space: Space
    switch: Switch
    old: int
    new: int
    shared: SharedCounter


def declare_swap(
    layout: Layout, *, threads: int, recursion: int, is_late: bool, faults: str, limit: int
) -> tuple[SwapSystem, Line]:
    """Declares a counter with a representative on each of two processors, and its successor."""
    mapped = 0b01 if is_late else 0b11
    tables = Tables.declare(
        layout,
        vps=2,
        refs=1,
        roots=3,
        reps=5,
        threads=threads,
        bound=(1,),
        mapped=((1,), (0 if is_late else 2,)),
    )
    space = object_space(
        layout,
        vps=2,
        threads=threads,
        roots=3,
        repairs=repairs_without(faults),
        tables=tables,
        kinds=Kinds(promises_generations="E" not in faults),
    )
    line = Line(layout.cell("line", range(threads + 1)), space.objects, 0 if is_late else 1)
    counters = LocalCounter.declare_all(layout, "old", vps=2, limit=limit, live=mapped)
    callers = tuple(Caller(counter, space.objects, line, recursion) for counter in counters)
    old = MultiRepRoot.declare(
        layout,
        "old",
        tables,
        space.directory,
        reps=tuple(space.directory.add_rep(caller) for caller in callers),
        lock=PromisedLock.declare(layout, "old_lock", label=8),
        translated=mapped,
        represented=mapped,
    )
    shared = SharedCounter.declare(layout, "new", limit=limit)
    rep = space.directory.add_rep(shared)
    new = SingleRepRoot.declare(layout, "new", tables, space.directory, rep)
    old_number, new_number = space.directory.add_root(old), space.directory.add_root(new)
    catalogue = Catalogue()
    catalogue.add(old_number, SwappableLocalCounter(old, counters))
    catalogue.add(new_number, SwappableSharedCounter(new, shared))
    switch = Switch.declare(
        layout,
        "mediator",
        space.collector,
        catalogue,
        parking=Parking.declare(layout, (0,) * threads),
        phase_lock=PromisedLock.declare(layout, "phase_lock", label=9),
        threads=threads,
        roots=3,
        reps=5,
    )
    return SwapSystem(space, switch, old_number, new_number, shared), line


def cast(
    pieces: SwapSystem,
    line: Line,
    *,
    clients: int,
    recursion: int,
    call: Callable[[Context, int], Body],
    begin: Callable[[Context], Body],
    is_late: bool = False,
) -> list[Thread]:
    """Returns the threads of a swap: clients, the switcher, workers, and perhaps the server.

    Args:
        call: what a client does with its argument; the first adds 2 if it is to call again.
        begin: what the switcher does.
        is_late: clients begin with the second processor.
    """

    def client(n: int) -> Thread:
        vp = (n - 1 + is_late) % 2
        argument = 2 if recursion and n == 1 else 1
        return Thread(f"client{n}", vp, partial(call, Context.of(n, vp), argument))

    def worker(vp: int) -> Thread:
        who = Context.of(clients + 2 + vp, vp)
        return Thread(f"worker{vp}", vp, partial(pieces.switch.worker, who), is_daemon=True)

    running = [client(n) for n in range(1, clients + 1)]
    running.append(Thread("switcher", 0, partial(begin, Context.of(clients + 1, 0))))
    running += [worker(vp) for vp in (0, 1)]
    if recursion == ACROSS:
        serve = partial(line.serve, pieces.space, clients + 4)
        running.append(Thread("server", line.vp, serve, is_daemon=True))
    return running


def swap(
    clients: int = 2,
    recursion: int = NO_RECURSION,
    *,
    is_late: bool = False,
    destroys: bool = False,
    faults: str = "",
) -> System:
    """Hot swap: every call happens once, and none in the old object after its state has left.

    Args:
        recursion: whether the first client calls again from within its call, and how.
        is_late: the processor of the first client calls the object only during the swap.
        destroys: somebody destroys the object meanwhile.
        faults: letters of defects of the 2005 tree that are left in.
    """
    layout = Layout()
    calls = clients + (recursion != NO_RECURSION)
    pieces, line = declare_swap(
        layout,
        threads=clients + 4,
        recursion=recursion,
        is_late=is_late,
        faults=faults,
        limit=calls,
    )
    space = pieces.space
    running = cast(
        pieces,
        line,
        clients=clients,
        recursion=recursion,
        call=partial(call_once, space),
        begin=partial(switch_once, pieces),
        is_late=is_late,
    )
    if destroys:
        owner = Context.of(clients + 1, 0)
        running.append(Thread("destroyer", 0, partial(destroy_once, space, owner)))
    final = () if destroys else final_claims(pieces, calls)
    return System(
        layout.cells,
        tuple(running),
        (*word_claims(space), *table_claims(space)),
        (*final, *quiet_claims(pieces)),
        EVENTS,
    )


def mediated(clients: int = 2, recursion: int = NO_RECURSION, *, faults: str = "") -> System:
    """The inner part of a hot swap: mediators stand on both processors, workers are to block."""
    layout = Layout()
    calls = clients + (recursion != NO_RECURSION)
    pieces, line = declare_swap(
        layout,
        threads=clients + 4,
        recursion=recursion,
        is_late=False,
        faults=faults,
        limit=calls,
    )
    running = cast(
        pieces,
        line,
        clients=clients,
        recursion=recursion,
        call=partial(call_inside, pieces),
        begin=partial(begin_inside, pieces),
    )
    return System(
        layout.cells,
        tuple(running),
        word_claims(pieces.space),
        (*final_claims(pieces, calls), *quiet_claims(pieces)),
        EVENTS,
    )


async def call_inside(pieces: SwapSystem, who: Context, argument: int) -> None:
    """Calls the object once the mediators stand."""
    await await_not(pieces.space.tables.handler[REF], pieces.old)
    await pieces.space.objects.call(who, REF, Method.ADD, argument)


async def begin_inside(pieces: SwapSystem, who: Context) -> None:
    """Puts the mediators in place in one step, and waits until the switch is over."""
    await atomic(put_mediators, pieces)
    await observe("switch_begin", REF)
    await pieces.switch.wait_done()


def put_mediators(memory: Memory, pieces: SwapSystem) -> None:
    """The state of a switch whose workers have flushed and all found their mediators made."""
    mediator, tables = pieces.switch.mediator, pieces.space.tables
    begin(memory, mediator, REF, pieces.old, pieces.new)
    count_workers(memory, mediator, 0b11)
    memory.write(mediator.shared.mediating, 0b11)
    memory.write(tables.word[REF], SWITCHING)
    memory.write(tables.handler[REF], pieces.switch.number)
    for vp, rep in enumerate(mediator.reps):
        memory.write(tables.local[vp][REF], mediator.rep_numbers[vp])
        memory.write(rep.original, vp + 1)
        memory.write(mediator.jobs[vp], LATE)


async def call_once(space: Space, who: Context, argument: int) -> None:
    """Calls the object once."""
    await space.generations.activate(who)
    await space.objects.call(who, REF, Method.ADD, argument)
    await space.generations.deactivate(who)


async def switch_once(pieces: SwapSystem, who: Context) -> None:
    """Begins the switch, and waits until it is over."""
    await pieces.switch.switch(who, REF, pieces.new)
    await pieces.switch.wait_done()


async def destroy_once(space: Space, who: Context) -> None:
    """Destroys the object, or leaves the destroy to a switch."""
    await space.collector.destroy(who, REF)


def final_claims(pieces: SwapSystem, calls: int) -> tuple[Invariant, ...]:
    """What must hold after a swap without a destroy."""
    space = pieces.space
    handler = space.tables.handler[REF]
    return (
        Invariant("every call happened once", lambda memory: total_of(memory, pieces) == calls),
        Invariant("the new root is the root", lambda memory: memory.read(handler) == pieces.new),
    )


def quiet_claims(pieces: SwapSystem) -> tuple[Invariant, ...]:
    """What must hold after any swap: the mediator is out of the way."""
    space, mediator = pieces.space, pieces.switch.mediator
    word = space.tables.word[REF]
    lock = mediator.shared.phase_lock
    leftover = {*mediator.rep_numbers, 1, 2}

    def holds_nothing(memory: Memory) -> bool:
        closed = memory.read(word) & DESTROYED
        return bool(closed) or not any(
            memory.read(local[REF]) in leftover for local in space.tables.local
        )

    def is_unlocked(memory: Memory) -> bool:
        return not isinstance(lock, PromisedLock) or memory.read(lock.is_held) == 0

    return (
        Invariant("no processor translates to the mediator or the old object", holds_nothing),
        Invariant("the phase lock is free", is_unlocked),
        Invariant("the switch is over", lambda memory: not memory.read(word) & SWITCHING),
        Invariant(
            "nobody waits at the mediator",
            lambda memory: (
                not any(memory.read(rep.waiting) for rep in mediator.reps)
                and memory.read(mediator.state) == FREE
            ),
        ),
    )


def total_of(memory: Memory, pieces: SwapSystem) -> int:
    """Adds up both implementations."""
    callers = (rep.inner for rep in pieces.space.directory.reps if isinstance(rep, Caller))
    return total(memory, pieces.space) + sum(memory.read(inner.value) for inner in callers)


# ------------------------------------------------------------------------------------ the monitor


@dataclass(frozen=True, slots=True, eq=False)
class PromisingMonitor(Monitor):
    """A monitor whose swaps are promised: one step, and the object has another root."""

    async def act(self, who: Context, wanted: int) -> None:
        """Gives the object a root of the wanted kind."""
        pool = self.spread_roots if wanted == Decision.SPREAD else self.shared_roots
        await store(self.switch.collector.tables.handler[REF], pool[0])
        await observe("decided", wanted)


def monitor(adds: int = 2, asks: int = 2) -> System:
    """The monitor: a swap follows two judgements that agree, and only if it changes something."""
    layout = Layout()
    pieces, _ = declare_swap(
        layout, threads=2, recursion=NO_RECURSION, is_late=False, faults="", limit=2 * adds
    )
    space = pieces.space
    ref = layout.cell("watched", range(2), initial=REF)
    meter = Meter.declare(layout, "meter", vps=2)
    watched = MeteredObject(space.objects, meter, ref)
    # The object is distributed at first, and the successor of the swap scenarios is shared.
    watcher = PromisingMonitor(
        watched, pieces.switch, (pieces.new,), (pieces.old,), Clock.untimed(), 0, 2
    )
    running = [
        Thread(
            f"client{n}", n - 1, partial(change_and_ask, watched, Context.of(n, n - 1), adds, asks)
        )
        for n in (1, 2)
    ]
    running.append(Thread("monitor", 0, partial(watcher.daemon, Context.of(3, 0)), is_daemon=True))
    return System(layout.cells, tuple(running), (), (), (*EVENTS, *MONITOR_EVENTS))


async def change_and_ask(watched: MeteredObject, who: Context, adds: int, asks: int) -> None:
    """Asks for the total of the object some times, and then changes it as often as told."""
    done = 0
    while done < asks:
        await watched.call(who, Method.TOTAL)
        done += 1
    while done < asks + adds:
        await watched.call(who, Method.ADD, 1)
        done += 1
