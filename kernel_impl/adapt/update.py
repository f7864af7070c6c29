"""Dynamic update: a factory knows its instances and converts them to a new version.

A factory makes objects of its current version and keeps the set of instances on their home
processor. `update` moves the factory to the next version, so that objects made from then on are of
the new version, and then converts the old instances:

    eagerly   a thread on each home processor swaps its instances one after another; the last one
              to finish reports completion, once
    lazily    the instances are only marked stale and their translations flushed; whoever misses on
              a stale instance first begins its swap and goes on, through the mediator; a miss that
              was under way sees to it that its translation does not outlive the flush

Completion is counted in `remaining`. Defects DU-B1 and DU-B2 of the 2005 tree, by switch: each
thread counts itself when it starts, so that the first can finish before the second counts, and
completion is reported twice; a thread without instances counts itself and never out. Repaired: the
processors with work are counted before any of them starts.

Rules kept: versions go up by one; `lock` is held for making, destroying, and for the change of
version with the snapshot of instances, so that none is missed; an instance that is destroyed
meanwhile refuses its swap and is left alone.

Source: K42 lib/libc/cobj/Factory.C, TypeFactory.H; lazy conversion: Baumann et al., "Reboots are
    for hardware", USENIX 2007 (not in the 2005 tree).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.adapt.flush import Flusher
from kernel_impl.adapt.swap import Switch
from kernel_impl.cobj.collect import Collector
from kernel_impl.cobj.miss import Objects
from kernel_impl.cobj.root import CLEANED, FREE, Cleanup
from kernel_impl.errors import Status
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    await_not,
    fetch_add,
    fetch_and,
    fetch_or,
    load,
    observe,
    store,
)
from kernel_impl.system import Event, Layout

NO_WORK: Final = 0
EVENTS: Final = (
    Event("create", 2),
    Event("update", 1),
    Event("convert", 2),
    Event("update_complete", 0),
)
"""Of a reference and a version."""


@dataclass(frozen=True, slots=True, eq=False)
class Factory:
    """Makes objects of one type and converts them to its next version."""

    collector: Collector
    flusher: Flusher
    switches: tuple[Switch, ...]  # one for each processor
    pools: tuple[tuple[int, ...], ...]  # by version: numbers of roots
    lock: Lock
    # Under `lock`.
    version: Cell
    instances: tuple[Cell, ...]  # by home processor
    # Instances to convert: written by the update, taken by the updater of the processor.
    old: tuple[Cell, ...]
    remaining: Cell
    completions: Cell
    # Instances to convert on their next miss.
    stale: Cell

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        collector: Collector,
        flusher: Flusher,
        *,
        switches: tuple[Switch, ...],
        pools: tuple[tuple[int, ...], ...],
        lock: Lock,
    ) -> Factory:
        """Declares a factory at version 0, without instances."""
        vps, refs = collector.tables.vps, collector.tables.refs
        some = range(1 << refs + 1)
        return cls(
            collector,
            flusher,
            switches,
            pools,
            lock,
            layout.cell(f"{name}.version", range(len(pools))),
            layout.padded(f"{name}.instances", range(vps), some),
            layout.padded(f"{name}.old", range(vps), some),
            layout.cell(f"{name}.remaining", range(vps + 1)),
            layout.cell(f"{name}.completions", range(2 * vps + 1)),
            layout.cell(f"{name}.stale", some),
        )

    # ----------------------------------------------------------------------------------- instances

    async def create(self, who: Context) -> int:
        """Makes an object of the current version; its reference, or NO_MEMORY."""
        await self.lock.acquire(who)
        version = await load(self.version)
        root = await self.make_root(who, version)
        ref = int(Status.NO_MEMORY)
        if root > 0:
            ref = await self.collector.allocate(who, root)
        if ref > 0:
            await fetch_or(self.instances[who.vp], 1 << ref)
            await observe("create", ref, version)
        await self.lock.release(who)
        return ref

    async def destroy(self, who: Context, ref: int) -> Status:
        """Destroys an object of this factory."""
        await self.lock.acquire(who)
        home = self.collector.tables.home(ref)
        await fetch_and(self.instances[home], ~(1 << ref))
        await fetch_and(self.stale, ~(1 << ref))
        await self.lock.release(who)
        return await self.collector.destroy(who, ref)

    async def make_root(self, who: Context, version: int) -> int:
        """Takes a free root of a version and prepares it; NO_MEMORY if there is none."""
        directory = self.collector.directory
        states = tuple((number, directory.root(number).state) for number in self.pools[version])
        number = await atomic(take_root, states)
        if number > 0:
            await directory.root(number).prepare(who)
        return number

    # ------------------------------------------------------------------------------------ updating

    async def update(self, who: Context, version: int, *, is_lazy: bool = False) -> Status:
        """Moves the factory to the next version and has its instances converted.

        Returns:
            OK when the update goes on by itself; INVALID for any version but the next.
        """
        await self.lock.acquire(who)
        if await load(self.version) + 1 != version:
            await self.lock.release(who)
            return Status.INVALID
        await store(self.version, version)
        await observe("update", version)
        everything = await atomic(mark_stale if is_lazy else count_work, self)
        await self.lock.release(who)
        if is_lazy:
            while everything:
                await self.flusher.flush_everywhere(who, lowest(everything))
                everything &= everything - 1
        elif everything == 0:
            await self.report(who)
        return Status.OK

    async def updater(self, who: Context) -> None:
        """Converts the instances of one home processor, update after update."""
        counts_first = self.collector.generations.repairs.updates_are_counted_first
        while True:
            old = await await_not(self.old[who.vp], NO_WORK)
            if not counts_first:
                await fetch_add(self.remaining, 1)
            version = await load(self.version)
            while old:
                await self.convert(who, lowest(old), version)
                old &= old - 1
            await store(self.old[who.vp], NO_WORK)
            if await fetch_add(self.remaining, -1) == 1:
                await self.report(who)

    async def report(self, who: Context) -> None:
        """Tells that an update is complete."""
        await fetch_add(self.completions, 1)
        await observe("update_complete")

    async def convert(self, who: Context, ref: int, version: int) -> None:
        """Swaps one instance to a version, and waits until it is done."""
        switch = self.switches[who.vp]
        if await self.begin_conversion(who, ref, version) is Status.OK:
            await switch.wait_done()
            await switch.recycle()

    async def begin_conversion(self, who: Context, ref: int, version: int) -> Status:
        """Begins the swap of one instance; BUSY if it is being destroyed."""
        root = await self.make_root(who, version)
        if root < 0:
            return Status.NO_MEMORY
        status = await self.switches[who.vp].switch(who, ref, root)
        if status is Status.OK:
            await observe("convert", ref, version)
        else:
            await self.collector.directory.root(root).cleanup(who, Cleanup.START)
        return status


@dataclass(frozen=True, slots=True, eq=False)
class UpdatableObjects(Objects):
    """Objects whose misses convert stale instances."""

    factory: Factory

    async def miss(self, who: Context, ref: int) -> int:
        """Begins the conversion of a stale instance before answering the miss.

        The instance may become stale during the miss, and the flush come before the translation
        that the miss installs: so the miss looks again at the end.
        """
        may_convert = True
        while True:
            if may_convert and await load(self.factory.stale) >> ref & 1:
                may_convert = await self.convert_stale(who, ref)
            if not await self.tables.read_enter(ref):
                return Status.DELETED
            root = await load(self.tables.handler[ref])
            rep = await self.directory.root(root).handle_miss(who, ref)
            await self.tables.read_exit(ref)
            if not may_convert or not await load(self.factory.stale) >> ref & 1:
                return rep
            await self.tables.reset(who.vp, ref)

    async def convert_stale(self, who: Context, ref: int) -> bool:
        """Begins the conversion of an instance, unless somebody else does; False when refused."""
        factory = self.factory
        before = await fetch_and(factory.stale, ~(1 << ref))
        if before >> ref & 1:
            version = await load(factory.version)
            if await factory.begin_conversion(who, ref, version) is not Status.OK:
                await fetch_or(factory.stale, 1 << ref)
                return False
        return True


def take_root(memory: Memory, states: tuple[tuple[int, Cell], ...]) -> int:
    """Claims the first free root of a pool, or returns NO_MEMORY."""
    for number, state in states:
        if memory.read(state) == FREE:
            memory.write(state, CLEANED)
            return number
    return Status.NO_MEMORY


def count_work(memory: Memory, factory: Factory) -> int:
    """Gives every processor its instances to convert; repaired, counts the processors first."""
    everything = 0
    for instances, old in zip(factory.instances, factory.old, strict=True):
        refs = memory.read(instances)
        everything |= refs
        memory.write(old, refs)
        if refs and factory.collector.generations.repairs.updates_are_counted_first:
            memory.write(factory.remaining, memory.read(factory.remaining) + 1)
    return everything


def mark_stale(memory: Memory, factory: Factory) -> int:
    """Marks every instance stale and returns them."""
    everything = memory.read(factory.stale)
    for instances in factory.instances:
        everything |= memory.read(instances)
    memory.write(factory.stale, everything)
    return everything
