"""Clustered objects: misses, generations, destruction.

Source: K42 lib/libc/cobj/missHandlingtest.C, lib/libc/cobj/sys/COSMgrObject.C.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kernel_impl.cobj.collect import Collector
from kernel_impl.cobj.counter import LocalCounter, Method, SharedCounter
from kernel_impl.cobj.generation import EVENTS as GENERATION_EVENTS
from kernel_impl.cobj.generation import Generations, PromisedGenerations
from kernel_impl.cobj.miss import Objects
from kernel_impl.cobj.root import FREE, LIVE, Directory, MultiRepRoot, Root, SingleRepRoot
from kernel_impl.cobj.table import DESTROYED, NO_ROOT, READER, SWITCHING, WRITING, Tables
from kernel_impl.cobj.table import EVENTS as TABLE_EVENTS
from kernel_impl.config import AS_BUILT, REPAIRED, Repairs
from kernel_impl.errors import require
from kernel_impl.locks.interface import PromisedLock
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, Memory, await_not, load, store
from kernel_impl.system import BIT, Event, Invariant, Layout, System, Thread

REF = 1
EVENTS = (
    *GENERATION_EVENTS,
    *TABLE_EVENTS,
    Event("acquire", 2),
    Event("release", 2),
    Event("add", 2),
    Event("destroy", 1),
    Event("free", 1),
)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """An object space: tables, roots, generations and a collector."""

    layout: Layout
    tables: Tables
    directory: Directory
    objects: Objects
    generations: Generations
    collector: Collector


@dataclass(frozen=True, slots=True)
class Kinds:
    """The classes to build a space from; a test puts a broken one in its place."""

    generations: type[Generations] = Generations
    collector: type[Collector] = Collector
    promises_generations: bool = False


def object_space(
    layout: Layout,
    *,
    vps: int,
    threads: int,
    refs: int = 1,
    roots: int = 1,
    reps: int = 2,
    free: int = 0,
    advances: int = 15,
    repairs: Repairs = REPAIRED,
    kinds: Kinds | None = None,
    tables: Tables | None = None,
) -> Space:
    """Declares an object space with promised locks, as small as an exploration wants it."""
    kinds = kinds or Kinds()
    tables = tables or Tables.declare(
        layout, vps=vps, refs=refs, roots=roots, reps=reps, threads=threads
    )
    directory = Directory()
    generations = kinds.generations.declare(
        layout,
        vps=vps,
        threads=threads,
        activations=threads,
        advances=advances,
        locks=tuple(PromisedLock.declare(layout, f"gen_lock[{vp}]", label=vp) for vp in range(vps)),
        repairs=repairs,
    )
    if kinds.promises_generations:
        generations = PromisedGenerations.declare_over(layout, generations)
    collector = kinds.collector.declare(
        layout, tables, directory, generations, roots=roots, free=free, circulations=15
    )
    return Space(layout, tables, directory, Objects(tables, directory), generations, collector)


def declare_counter(space: Space, *, is_clustered: bool, limit: int) -> int:
    """Declares a counter object and returns the number of its root."""
    root: Root
    if is_clustered:
        counters = LocalCounter.declare_all(
            space.layout, "counter", vps=space.tables.vps, limit=limit
        )
        reps = tuple(space.directory.add_rep(counter) for counter in counters)
        lock = PromisedLock.declare(space.layout, "root_lock", label=9)
        root = MultiRepRoot.declare(
            space.layout, "root", space.tables, space.directory, reps=reps, lock=lock
        )
    else:
        counter = SharedCounter.declare(space.layout, "counter", limit=limit)
        rep = space.directory.add_rep(counter)
        root = SingleRepRoot.declare(space.layout, "root", space.tables, space.directory, rep)
    return space.directory.add_root(root)


# ------------------------------------------------------------------------------------- generations


def generation(
    readers: int = 2, *, as_built: bool = False, rounds: int = 1, kinds: Kinds | None = None
) -> System:
    """Generations: what was unpublished before a marker is used by nobody when it has elapsed."""
    layout = Layout()
    repairs = AS_BUILT if as_built else REPAIRED
    generations = (kinds or Kinds()).generations.declare(
        layout,
        vps=1,
        threads=readers + 2,
        activations=readers * rounds,
        advances=15,
        locks=(PromisedLock.declare(layout, "gen_lock"),),
        repairs=repairs,
    )
    is_published = layout.cell("is_published", BIT, initial=1)
    is_freed = layout.cell("is_freed", BIT)
    running = [
        Thread(
            f"reader{n}",
            0,
            partial(read_published, generations, Context.of(n, 0), is_published, is_freed, rounds),
        )
        for n in range(1, readers + 1)
    ]
    writer, daemon = Context.of(readers + 1, 0), Context.of(readers + 2, 0)
    running += [
        Thread("writer", 0, partial(retire, generations, writer, is_published, is_freed)),
        Thread("daemon", 0, partial(advance_often, generations, daemon, 2)),
    ]
    return System(layout.cells, tuple(running), vocabulary=EVENTS)


async def read_published(
    generations: Generations, who: Context, is_published: Cell, is_freed: Cell, rounds: int
) -> None:
    """Uses what is published, while active."""
    done = 0
    while done < rounds:
        await generations.activate(who)
        if await load(is_published):
            freed = await load(is_freed)
            require(not freed, "what a thread saw while active is not freed under it")
        await generations.deactivate(who)
        done += 1


async def retire(
    generations: Generations, who: Context, is_published: Cell, is_freed: Cell
) -> None:
    """Unpublishes, waits for everybody who may have seen it, and frees."""
    await store(is_published, 0)
    marker = await generations.marker(who)
    await generations.wait_elapsed(who, marker)
    await store(is_freed, 1)


async def advance_often(generations: Generations, who: Context, times: int) -> None:
    """Advances now and then, as the daemon does."""
    done = 0
    while done < times:
        await generations.locks[who.vp].acquire(who)
        await generations.locked_update(who.vp)
        await generations.locks[who.vp].release(who)
        done += 1


# ------------------------------------------------------------------------------------------ misses


def miss(vps: int = 2, callers_per_vp: int = 1, *, is_clustered: bool = True) -> System:
    """Misses: every call reaches a live representative of its processor; none is made twice."""
    layout = Layout()
    threads = vps * callers_per_vp
    space = object_space(layout, vps=vps, threads=threads, reps=vps)
    root = declare_counter(space, is_clustered=is_clustered, limit=threads)
    running = [Thread("boot", 0, partial(publish, space, root))]
    running += [
        Thread(f"caller{n}", (n - 1) % vps, partial(add_once, space, Context.of(n, (n - 1) % vps)))
        for n in range(1, threads + 1)
    ]
    return System(
        layout.cells,
        tuple(running),
        claims=word_claims(space),
        final_claims=(
            Invariant("no call is lost", lambda memory: total(memory, space) == threads),
        ),
        vocabulary=EVENTS,
    )


async def publish(space: Space, root: int) -> None:
    """Gives the reference its root; until then calls are refused."""
    await store(space.tables.handler[REF], root)


async def add_once(space: Space, who: Context) -> None:
    """Adds one, once there is an object."""
    await await_not(space.tables.handler[REF], NO_ROOT)
    await space.generations.activate(who)
    await space.objects.call(who, REF, Method.ADD, 1)
    await space.generations.deactivate(who)


def total(memory: Memory, space: Space) -> int:
    """Adds up a counter."""
    return sum(
        memory.read(rep.value)
        for rep in space.directory.reps
        if isinstance(rep, SharedCounter | LocalCounter)
    )


# ------------------------------------------------------------------------------------- destruction


def destroy(
    vps: int = 2,
    readers: int = 2,
    *,
    is_clustered: bool = True,
    advances: int = 15,
    kinds: Kinds | None = None,
) -> System:
    """Destruction: nobody uses a freed representative; everything is freed and comes home."""
    layout = Layout()
    threads = readers + 1 + vps
    space = object_space(layout, vps=vps, threads=threads, reps=vps, advances=advances, kinds=kinds)
    root = declare_counter(space, is_clustered=is_clustered, limit=readers)
    published = layout.cell("published", range(2), initial=REF)
    handler = space.tables.handler[REF]
    running = [
        Thread(
            f"reader{n}",
            n % vps,
            partial(use_published, space, Context.of(n, n % vps), published),
        )
        for n in range(1, readers + 1)
    ]
    owner = Context.of(readers + 1, 0)
    running.append(Thread("owner", 0, partial(own, space, owner, root, published)))
    running += [
        Thread(
            f"daemon{vp}",
            vp,
            partial(space.collector.daemon, Context.of(readers + 2 + vp, vp)),
            is_daemon=True,
        )
        for vp in range(vps)
    ]
    return System(
        layout.cells,
        tuple(running),
        claims=(*word_claims(space), *table_claims(space)),
        final_claims=(
            Invariant("the reference is free", lambda memory: memory.read(handler) == 0),
            Invariant("nothing leaks", lambda memory: nothing_lives(memory, space)),
        ),
        vocabulary=EVENTS,
    )


async def use_published(space: Space, who: Context, published: Cell) -> None:
    """Calls the object if it is still published, while active."""
    await space.generations.activate(who)
    ref = await load(published)
    if ref:
        await space.objects.call(who, ref, Method.ADD, 1)
    await space.generations.deactivate(who)


async def own(space: Space, who: Context, root: int, published: Cell) -> None:
    """Makes the object, unpublishes it and destroys it."""
    await store(space.tables.handler[REF], root)
    await store(published, 0)
    await space.collector.destroy(who, REF)


def nothing_lives(memory: Memory, space: Space) -> bool:
    """Tells whether every root is free and every representative is cleaned or was never made."""
    return all(memory.read(root.state) == FREE for root in space.directory.roots) and not any(
        memory.read(rep.state) == LIVE for rep in space.directory.reps
    )


def word_claims(space: Space) -> tuple[Invariant, ...]:
    """What the flags of global entries never do."""
    words = space.tables.word[1:]
    return (
        Invariant(
            "a switch and a destroy never own an entry together",
            lambda memory: (
                not any(
                    memory.read(word) & SWITCHING and memory.read(word) & DESTROYED
                    for word in words
                )
            ),
        ),
        Invariant(
            "nobody reads while somebody writes",
            lambda memory: (
                not any(
                    memory.read(word) & WRITING and memory.read(word) >= READER for word in words
                )
            ),
        ),
    )


def table_claims(space: Space) -> tuple[Invariant, ...]:
    """What local entries never hold."""

    def free_is_default(memory: Memory) -> bool:
        free = 0
        for cell in space.collector.lists.free:
            free |= memory.read(cell)
        return not any(
            memory.read(local[ref])
            for ref in range(1, space.tables.refs + 1)
            if free >> ref & 1
            for local in space.tables.local
        )

    return (Invariant("a free reference is translated nowhere", free_is_default),)
