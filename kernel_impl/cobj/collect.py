"""Destruction: when may the memory of an object, and its reference, be used again?

Contract. Before an object is destroyed, all *persistent* references to it are gone; threads that
are active may still hold *temporary* ones. So the object may be freed when every thread that was
active anywhere has deactivated, and nobody is asked to count or to take a lock for that.

An object that only this processor ever translated is *local*: after two generations here, its local
entry is reset and it is cleaned. Any other object waits for the *token*, which goes round the
processors. Its holder keeps it for at least two of its own generations, then resets the local
entries of all objects that travel with the token, and hands both on. The last processor of an
object's visit tells it to START; the others clean their representatives afterwards. References
come home and are free again one more circulation later.

    new_local ──► aging ──────────────► emptied | returning
    new_remote ─► dwelling ─► carried ─► … visits … ─► reclaim ─► free

each arrow a generation, or a visit of the token.

Every circulation of the token also counts for *global markers*: `global_count` grows when the
token comes to processor 0, and a marker has elapsed two counts later.

Rules kept: the daemon is not active; a list is touched by its own processor only, except that the
successor of the token reads `carried`; all under the generation lock of the processor.

Source: K42 lib/libc/cobj/sys/COSMgrObject.C (`destroyCOInternal`, `checkCleanup`,
    `checkCleanupObj`, `cleanupDaemon`). Differs: lists are sets of bits; a daemon with nothing to
    do waits instead of polling.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.cobj.generation import ELAPSED_AFTER, Generations
from kernel_impl.cobj.root import Cleanup, Directory
from kernel_impl.cobj.table import DEFAULT, NO_ROOT, Tables
from kernel_impl.errors import Status, require
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest, members
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    atomic_when,
    await_until,
    fetch_add,
    fetch_and,
    fetch_or,
    load,
    observe,
    store,
)
from kernel_impl.system import BIT, Layout


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Where references are on their way to being free; sets of references, by processor."""

    # Any thread of the processor adds; the daemon takes.
    new_local: tuple[Cell, ...]
    new_remote: tuple[Cell, ...]
    # The daemon of the processor only, under its generation lock.
    aging: tuple[Cell, ...]
    emptied: tuple[Cell, ...]
    returning: tuple[Cell, ...]
    reclaim: tuple[Cell, ...]
    dwelling: tuple[Cell, ...]
    here: tuple[Cell, ...]  # a set of roots: representatives to clean on this processor
    # Written by the holder of the token, read by its successor while that holds the token.
    carried: tuple[Cell, ...]
    free: tuple[Cell, ...]

    @classmethod
    def declare(cls, layout: Layout, *, vps: int, refs: int, roots: int, free: int) -> Lists:
        """Declares empty lists; `free` is the set of references that are free at first."""
        each = range(vps)
        some = range(1 << refs + 1)

        def lists(name: str, domain: range = some) -> tuple[Cell, ...]:
            return layout.padded(name, each, domain)

        return cls(
            lists("new_local"),
            lists("new_remote"),
            lists("aging"),
            lists("emptied"),
            lists("returning"),
            lists("reclaim"),
            lists("dwelling"),
            lists("here", range(1 << roots + 1)),
            lists("carried"),
            tuple(
                layout.cell(f"free[{vp}]", some, initial=free & partition(vp, vps, refs), home=vp)
                for vp in each
            ),
        )


def partition(vp: int, vps: int, refs: int) -> int:
    """Returns the set of references whose home is a processor."""
    return sum(1 << ref for ref in range(1, refs + 1) if ref % vps == vp)


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """What travels with the token about each reference; written by the holder of the token."""

    to_visit: tuple[Cell, ...]  # processors whose local entry may be set
    to_clean: tuple[Cell, ...]  # processors with a representative
    root: tuple[Cell, ...]
    is_unclaimed: tuple[Cell, ...]  # the reference itself travels home

    @classmethod
    def declare(cls, layout: Layout, *, vps: int, refs: int, roots: int) -> Travel:
        """Declares records for references 1 to `refs`."""
        return cls(
            layout.packed("to_visit", refs + 1, range(1 << vps)),
            layout.packed("to_clean", refs + 1, range(1 << vps)),
            layout.packed("travel_root", refs + 1, range(roots + 1)),
            layout.packed("is_unclaimed", refs + 1, BIT),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Collector:
    """Destroys objects and gives their references back."""

    tables: Tables
    directory: Directory
    generations: Generations
    lists: Lists
    travel: Travel
    # Marker of each aging reference; marker and state of each processor's dwell.
    age: tuple[Cell, ...]
    dwell_marker: tuple[Cell, ...]
    has_seen: tuple[Cell, ...]
    # The processor that holds the token, and the circulations so far.
    token: Cell
    global_count: Cell
    outstanding: Cell  # how much the token is needed for

    @classmethod
    def declare(
        cls,
        layout: Layout,
        tables: Tables,
        directory: Directory,
        generations: Generations,
        *,
        roots: int,
        free: int,
        circulations: int,
    ) -> Collector:
        """Declares the collector; `free` is the set of references that are free at first."""
        vps, refs = tables.vps, tables.refs
        each = range(vps)
        markers = generations.count[0].domain
        return cls(
            tables,
            directory,
            generations,
            Lists.declare(layout, vps=vps, refs=refs, roots=roots, free=free),
            Travel.declare(layout, vps=vps, refs=refs, roots=roots),
            layout.packed("age", refs + 1, markers),
            layout.padded("dwell_marker", each, markers),
            layout.padded("has_seen", each, BIT),
            layout.cell("token", each),
            layout.cell("global_count", range(circulations + 1)),
            layout.cell("outstanding", range(2 * refs + 2)),
        )

    # ----------------------------------------------------------------------------------- references

    async def allocate(self, who: Context, root: int) -> int:
        """Gives a root a reference of this processor's partition, or returns NO_MEMORY."""
        ref = await atomic(take_free, self.lists.free[who.vp])
        if ref == 0:
            return Status.NO_MEMORY
        await store(self.tables.handler[ref], root)
        await store(self.tables.word[ref], 0)
        local = await load(self.tables.local[who.vp][ref])
        require(local == DEFAULT, "a reference that is allocated is translated nowhere")
        return ref

    async def destroy(self, who: Context, ref: int) -> Status:
        """Closes an object and has it freed later; OK, DESTROY_PENDING or DESTROY_IN_PROGRESS."""
        status = await self.tables.destroy_enter(ref)
        if status is Status.OK:
            await observe("destroy", ref)
            await self.retire(who, ref)
        return status

    async def retire(self, who: Context, ref: int) -> None:
        """Puts a closed object on its way."""
        root = await load(self.tables.handler[ref])
        translated = await load(self.directory.root(root).translated)
        is_local = translated & ~(1 << who.vp) == 0
        lists = self.lists.new_local if is_local else self.lists.new_remote
        await fetch_or(lists[who.vp], 1 << ref)
        await fetch_add(self.outstanding, 1)  # from now on the token is needed

    # ------------------------------------------------------------------------------- global markers

    async def global_marker(self) -> int:
        """Takes a marker of all processors, and keeps the token going until it is waited for."""
        await fetch_add(self.outstanding, 1)
        return await load(self.global_count)

    async def wait_global(self, marker: int) -> None:
        """Waits until whoever was active anywhere at the marker is gone; be not active."""
        seen = await load(self.global_count)
        while seen < marker + ELAPSED_AFTER:
            seen = await atomic_when(has_passed, read_count, self.global_count, seen)
        await fetch_add(self.outstanding, -1)

    # ----------------------------------------------------------------------------------- the daemon

    async def daemon(self, who: Context) -> None:
        """Cleans up on one processor for ever; the thread is never active."""
        while True:
            await atomic_when(has_work, nothing, self, who.vp)
            await self.check_cleanup(who)

    async def check_cleanup(self, who: Context) -> None:
        """Moves everything on this processor as far as it can go."""
        vp = who.vp
        lock = self.generations.locks[vp]
        await lock.acquire(who)
        if await load(self.lists.aging[vp]) or await load(self.has_seen[vp]):
            await self.generations.locked_update(vp)
        await atomic(disabled_begin_aging, self, vp)
        await self.locked_end_aging(who)
        await self.locked_clean_here(who)
        if await load(self.token) == vp:
            await self.locked_serve_token(who)
        await lock.release(who)

    async def locked_end_aging(self, who: Context) -> None:
        """Cleans the local objects whose two generations are over."""
        rest = await load(self.lists.aging[who.vp])
        while rest:
            ref = lowest(rest)
            rest &= rest - 1
            marker = await load(self.age[ref])
            if await self.generations.locked_has_elapsed(who.vp, marker):
                await self.tables.reset(who.vp, ref)
                root = await load(self.tables.handler[ref])
                await self.directory.root(root).cleanup(who, Cleanup.START)
                is_home = self.tables.home(ref) == who.vp
                lists = self.lists.emptied if is_home else self.lists.returning
                await fetch_or(lists[who.vp], 1 << ref)
                await fetch_and(self.lists.aging[who.vp], ~(1 << ref))

    async def locked_clean_here(self, who: Context) -> None:
        """Asks roots to clean their representative of this processor; some must be asked again."""
        rest = await load(self.lists.here[who.vp])
        while rest:
            root = lowest(rest)
            rest &= rest - 1
            if await self.directory.root(root).cleanup(who, Cleanup.HERE):
                await fetch_and(self.lists.here[who.vp], ~(1 << root))

    # ------------------------------------------------------------------------------------ the token

    async def locked_serve_token(self, who: Context) -> None:
        """Begins or ends the dwell of the token."""
        vp = who.vp
        if not await load(self.has_seen[vp]):
            freed = await atomic(disabled_begin_dwell, self, vp)
            while freed:
                await observe("free", lowest(freed))
                freed &= freed - 1
            return
        marker = await load(self.dwell_marker[vp])
        if await self.generations.locked_has_elapsed(vp, marker):
            await self.locked_end_dwell(who)

    async def locked_end_dwell(self, who: Context) -> None:
        """Visits all travelling objects, and hands the token on."""
        vp = who.vp
        rest = await load(self.lists.dwelling[vp])
        while rest:
            ref = lowest(rest)
            rest &= rest - 1
            await self.locked_write_record(who, ref)
            await self.locked_visit(who, ref)
        await store(self.lists.dwelling[vp], 0)
        if self.tables.vps > 1:
            rest = await load(self.lists.carried[(vp - 1) % self.tables.vps])
            while rest:
                await self.locked_visit(who, lowest(rest))
                rest &= rest - 1
        await store(self.has_seen[vp], 0)
        await store(self.token, (vp + 1) % self.tables.vps)

    async def locked_write_record(self, who: Context, ref: int) -> None:
        """Begins the journey of an object that was destroyed here."""
        root = await load(self.tables.handler[ref])
        translated = await load(self.directory.root(root).translated)
        represented = await self.directory.root(root).represented_on()
        await store(self.travel.root[ref], root)
        await store(self.travel.to_visit[ref], translated)
        await store(self.travel.to_clean[ref], represented)
        await store(self.travel.is_unclaimed[ref], 1)

    async def locked_visit(self, who: Context, ref: int) -> None:
        """Does what a travelling object needs on this processor; carries on what is left of it."""
        vp = who.vp
        to_visit = await load(self.travel.to_visit[ref])
        if to_visit >> vp & 1:
            to_visit &= ~(1 << vp)
            await self.tables.reset(vp, ref)
            await store(self.travel.to_visit[ref], to_visit)
            root = await load(self.travel.root[ref])
            if to_visit == 0:
                await self.directory.root(root).cleanup(who, Cleanup.START)
            elif await load(self.travel.to_clean[ref]) >> vp & 1:
                await fetch_or(self.lists.here[vp], 1 << root)
        if self.tables.home(ref) == vp and await load(self.travel.is_unclaimed[ref]):
            await store(self.travel.is_unclaimed[ref], 0)
            await fetch_or(self.lists.reclaim[vp], 1 << ref)
        if to_visit or await load(self.travel.is_unclaimed[ref]):
            await fetch_or(self.lists.carried[vp], 1 << ref)

    async def wait_idle(self) -> None:
        """Waits until nothing is on its way any more."""
        await await_until(self.outstanding, is_zero)


def disabled_begin_aging(memory: Memory, collector: Collector, vp: int) -> None:
    """Marks the objects that were destroyed here; the marker is taken after they are moved."""
    lists = collector.lists
    new = memory.read(lists.new_local[vp])
    if new == 0:
        return
    memory.write(lists.new_local[vp], 0)
    memory.write(lists.aging[vp], memory.read(lists.aging[vp]) | new)
    marker = memory.read(collector.generations.count[vp])
    for ref in members(new):
        memory.write(collector.age[ref], marker)


def disabled_begin_dwell(memory: Memory, collector: Collector, vp: int) -> int:
    """Frees what came home a circulation ago and takes in what is to travel; returns the freed."""
    lists = collector.lists
    if vp == 0:
        memory.write(collector.global_count, memory.read(collector.global_count) + 1)
    freed = memory.read(lists.reclaim[vp])
    for ref in members(freed):
        memory.write(collector.tables.handler[ref], NO_ROOT)
    memory.write(lists.free[vp], memory.read(lists.free[vp]) | freed)
    memory.write(collector.outstanding, memory.read(collector.outstanding) - freed.bit_count())
    memory.write(lists.reclaim[vp], memory.read(lists.emptied[vp]))
    memory.write(lists.emptied[vp], 0)
    returning = memory.read(lists.returning[vp])
    for ref in members(returning):
        memory.write(collector.travel.to_visit[ref], 0)
        memory.write(collector.travel.is_unclaimed[ref], 1)
    memory.write(lists.carried[vp], returning)
    memory.write(lists.returning[vp], 0)
    memory.write(lists.dwelling[vp], memory.read(lists.new_remote[vp]))
    memory.write(lists.new_remote[vp], 0)
    memory.write(collector.dwell_marker[vp], memory.read(collector.generations.count[vp]))
    memory.write(collector.has_seen[vp], 1)
    return freed


def take_free(memory: Memory, free: Cell) -> int:
    """Pops the lowest free reference, 0 if there is none."""
    refs = memory.read(free)
    if refs == 0:
        return 0
    memory.write(free, refs & refs - 1)
    return lowest(refs)


def has_work(memory: Memory, collector: Collector, vp: int) -> bool:
    """Tells whether the daemon of a processor has anything to do."""
    lists = collector.lists
    if memory.read(lists.new_local[vp]) or memory.read(lists.aging[vp]):
        return True
    if memory.read(lists.here[vp]):
        return True
    return memory.read(collector.token) == vp and memory.read(collector.outstanding) > 0


def nothing(memory: Memory, collector: Collector, vp: int) -> None:
    """Does nothing: the guard was all."""


def has_passed(memory: Memory, count: Cell, seen: int) -> bool:
    """Tells whether a count is beyond what was seen."""
    return memory.read(count) > seen


def read_count(memory: Memory, count: Cell, _: int) -> int:
    """Reads a count."""
    return memory.read(count)


def is_zero(value: int) -> bool:
    """Tells whether nothing is left."""
    return value == 0
