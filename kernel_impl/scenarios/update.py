"""Dynamic update and interposition: what stands around a swap.

Conversions are promised ones here, a single silent step each: what is explored is the factory,
which counts them. The swap itself has scenarios of its own (`scenarios.adapt`).

Source: K42 lib/libc/cobj/Factory.C, CObjRootArbiter.C, contrib/neamtiu/dynamic_update.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from kernel_impl.adapt.flush import Flusher
from kernel_impl.adapt.interpose import Arbiter
from kernel_impl.adapt.update import EVENTS as UPDATE_EVENTS
from kernel_impl.adapt.update import Factory, UpdatableObjects
from kernel_impl.cobj.counter import SharedCounter
from kernel_impl.cobj.root import FREE, LIVE, SingleRepRoot
from kernel_impl.config import REPAIRED
from kernel_impl.errors import Status
from kernel_impl.locks.interface import PromisedLock
from kernel_impl.machine.context import Context
from kernel_impl.scenarios.cobj import (
    EVENTS,
    REF,
    Space,
    add_once,
    declare_counter,
    object_space,
    total,
    word_claims,
)
from kernel_impl.steps import Cell, Memory, atomic, await_equal, observe, pause, store
from kernel_impl.system import BIT, Event, Invariant, Layout, System, Thread


@dataclass(frozen=True, slots=True, eq=False)
class PromisingFactory(Factory):
    """A factory whose conversions are promised: one step, and the instance is of the version."""

    async def convert(self, who: Context, ref: int, version: int) -> None:
        """Converts an instance."""
        await pause()
        await observe("convert", ref, version)


def update(
    here: int = 1,
    there: int = 1,
    *,
    creates: bool = True,
    as_built: bool = False,
    kind: type[Factory] = PromisingFactory,
) -> System:
    """Dynamic update: every instance is converted once, and completion is reported once, last.

    Args:
        here: instances on the processor of the update; `there` on the other one.
        creates: somebody makes an object meanwhile, on the other processor.
        as_built: processors count themselves in when they start (DU-B1, DU-B2).
    """
    layout = Layout()
    space = object_space(
        layout,
        vps=2,
        threads=4,
        refs=6,
        roots=2,
        reps=2,
        free=0b0100000,
        repairs=replace(REPAIRED, updates_are_counted_first=not as_built),
    )
    for version in (0, 1):
        counter = SharedCounter.declare(layout, f"counter{version}", limit=1)
        rep = space.directory.add_rep(counter)
        name = f"root{version}"
        root = SingleRepRoot.declare(layout, name, space.tables, space.directory, rep, state=FREE)
        space.directory.add_root(root)
    factory = declare_factory(layout, space, kind)
    running = [
        Thread("updater", 0, partial(update_once, factory, here, there)),
        *(
            Thread(
                f"thread{vp}", vp, partial(factory.updater, Context.of(vp + 1, vp)), is_daemon=True
            )
            for vp in (0, 1)
        ),
    ]
    if creates:
        running.append(Thread("creator", 1, partial(create_once, factory)))
    reported = factory.completions
    return System(
        layout.cells,
        tuple(running),
        (),
        (Invariant("completion is reported once", lambda memory: memory.read(reported) == 1),),
        (*EVENTS, *UPDATE_EVENTS, Event("adopt", 1)),
    )


def declare_factory(layout: Layout, space: Space, kind: type[Factory]) -> Factory:
    """Declares a factory of two versions, each with one root, that starts no switches."""
    return kind.declare(
        layout,
        "factory",
        space.collector,
        declare_flusher(layout, space),
        switches=(),
        pools=((1,), (2,)),
        lock=PromisedLock.declare(layout, "factory_lock", label=7),
    )


def declare_flusher(layout: Layout, space: Space) -> Flusher:
    """Declares a flusher under a promised lock."""
    return Flusher.declare(layout, space.tables, PromisedLock.declare(layout, "flush_lock"))


def flusher_daemons(flusher: Flusher, first: int) -> list[Thread]:
    """Returns the daemon of each processor, with threads from `first` on."""
    return [
        Thread(
            f"flusher{vp}", vp, partial(flusher.daemon, Context.of(first + vp, vp)), is_daemon=True
        )
        for vp in (0, 1)
    ]


async def update_once(factory: Factory, here: int, there: int) -> None:
    """Takes over some instances of version 0, and updates to version 1."""
    who = Context.of(3, 0)
    adopted = 0
    while adopted < here + there:
        # References 2 and 4 are at home on processor 0, 1 and 3 on processor 1.
        vp = int(adopted >= here)
        ref = 2 * (adopted + 1) if vp == 0 else 2 * (adopted - here) + 1
        await atomic(adopt, factory, vp, ref)
        await observe("adopt", ref)
        adopted += 1
    await factory.update(who, 1)


def adopt(memory: Memory, factory: Factory, vp: int, ref: int) -> None:
    """Adds an instance to the list of a processor."""
    instances = factory.instances[vp]
    memory.write(instances, memory.read(instances) | 1 << ref)


async def create_once(factory: Factory) -> None:
    """Makes one object, of whatever version is current."""
    await factory.create(Context.of(4, 1))


# -------------------------------------------------------------------------------------- lazy update


@dataclass(frozen=True, slots=True, eq=False)
class FlushingFactory(Factory):
    """A factory that converts an instance as an arbiter replaces a root: without a mediator."""

    async def begin_conversion(self, who: Context, ref: int, version: int) -> Status:
        """Converts an instance; calls that are inside go on with the old version."""
        tables = self.collector.tables
        if not await tables.switch_enter(ref):
            return Status.BUSY
        root = await self.make_root(who, version)
        await store(tables.handler[ref], root)
        await tables.write_complete(ref)
        await self.flusher.flush_everywhere(who, ref)
        await tables.switch_exit(ref)
        await observe("convert", ref, version)
        return Status.OK


def lazy(callers: int = 2) -> System:
    """Lazy update: who first misses on a stale instance converts it; nobody misses that."""
    layout = Layout()
    threads = callers + 3
    space = object_space(layout, vps=2, threads=threads, refs=1, roots=2, reps=2)
    counters = tuple(
        SharedCounter.declare(layout, f"counter{version}", limit=2 * callers, state=1 - version)
        for version in (0, 1)
    )
    for version, counter in enumerate(counters):
        rep = space.directory.add_rep(counter)
        name, state = f"root{version}", FREE if version else LIVE
        root = SingleRepRoot.declare(layout, name, space.tables, space.directory, rep, state=state)
        space.directory.add_root(root)
    factory = declare_factory(layout, space, FlushingFactory)
    space = replace(space, objects=UpdatableObjects(space.tables, space.directory, factory))
    is_over = layout.cell("is_over", BIT)
    running = [Thread("updater", 0, partial(update_lazily, space, factory, is_over, threads))]
    running += [
        Thread(f"caller{n}", n % 2, partial(call_twice, space, Context.of(n, n % 2), is_over))
        for n in range(1, callers + 1)
    ]
    running += flusher_daemons(factory.flusher, callers + 1)
    tables = space.tables

    def all_counted(memory: Memory) -> bool:
        return sum(memory.read(counter.value) for counter in counters) == 2 * callers

    def is_new_everywhere(memory: Memory) -> bool:
        return memory.read(tables.handler[REF]) == 2 and not any(
            memory.read(local[REF]) == 1 for local in tables.local
        )

    return System(
        layout.cells,
        tuple(running),
        word_claims(space),
        (
            Invariant("no call is lost", all_counted),
            Invariant("no processor translates to the old version", is_new_everywhere),
            Invariant("nothing stays stale", lambda memory: memory.read(factory.stale) == 0),
        ),
        (*EVENTS, *UPDATE_EVENTS, Event("adopt", 1)),
    )


async def update_lazily(space: Space, factory: Factory, is_over: Cell, thread: int) -> None:
    """Publishes an instance of version 0, updates to version 1, and says so."""
    await atomic(adopt, factory, space.tables.home(REF), REF)
    await observe("adopt", REF)
    await store(space.tables.handler[REF], 1)
    await factory.update(Context.of(thread, 0), 1, is_lazy=True)
    await store(is_over, 1)


async def call_twice(space: Space, who: Context, is_over: Cell) -> None:
    """Calls the instance at any time, and once more when the update has returned."""
    await add_once(space, who)
    await await_equal(is_over, 1)
    await add_once(space, who)


# ------------------------------------------------------------------------------------ interposition


def interpose(callers: int = 1, calls: int = 2) -> System:
    """Interposition: an arbiter stands before an object for a while, and no call is lost."""
    layout = Layout()
    threads = callers + 4
    space = object_space(layout, vps=2, threads=threads, roots=2, reps=3)
    root = declare_counter(space, is_clustered=False, limit=callers * calls)
    flusher = declare_flusher(layout, space)
    arbiter = Arbiter.declare(
        layout, "arbiter", space.collector, flusher, roots=2, calls=callers * calls
    )
    number = space.directory.add_root(arbiter)
    observer = Context.of(threads, 0)
    running = [
        Thread("observer", 0, partial(watch_for_a_while, space, arbiter, observer, (root, number)))
    ]
    running += [
        Thread(f"caller{n}", n % 2, partial(add_often, space, Context.of(n, n % 2), calls))
        for n in range(1, callers + 1)
    ]
    running += flusher_daemons(flusher, callers + 1)
    handler = space.tables.handler[REF]
    return System(
        layout.cells,
        tuple(running),
        word_claims(space),
        (
            Invariant("no call is lost", lambda memory: total(memory, space) == callers * calls),
            Invariant("the object has its root again", lambda m: m.read(handler) == root),
        ),
        (
            *EVENTS,
            Event("capture", 1),
            Event("release_capture", 1),
            Event("interposed", 2),
        ),
    )


async def add_often(space: Space, who: Context, calls: int) -> None:
    """Adds one, several times."""
    done = 0
    while done < calls:
        await add_once(space, who)
        done += 1


async def watch_for_a_while(
    space: Space, arbiter: Arbiter, who: Context, roots: tuple[int, int]
) -> None:
    """Publishes the object, stands before it, and steps aside."""
    await store(space.tables.handler[REF], roots[0])
    await arbiter.capture(who, REF, roots[1])
    await arbiter.release(who, REF)
