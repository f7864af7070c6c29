"""Hot swap: the root of an object is replaced while it is being called.

`switch` checks that the two roots have a common format, takes the global entry, puts the mediator
in place of the old root and starts a *worker* on every processor that translated to it. The rest
goes on without the caller. A worker of a processor

    flush      sends calls to the mediator from now on, and waits two generations: after that no
               untracked call is inside the old object on this processor
    gather     waits until every worker is so far (repair of C)
    block      turns its representative to BLOCK; the last one turns the root, and begins the
               transfer if no call is inside
    transfer   when all calls have left: gives the old state to the new root, in parallel
    complete   the last one makes the new root the root and ends the switch
    release    when all are done: removes the mediator from its processor, wakes who waited there

A destroy that comes during the switch is done at its end. Defect J: as built, before `phase_lock`
is released, so that it waits for a miss that waits for the lock. Defect F: as built, the old root
is read before the entry is taken, and may be another one by then.

Source: K42 lib/libc/cobj/sys/COSMgrObject.C (`switchCObj`), CObjRootMediator.C (workers). Differs:
    workers are threads that wait for a job; the transfer is of small numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.adapt.mediator import (
    BLOCK,
    COMPLETED,
    FORWARD,
    FULL,
    NO_JOB,
    PARTIAL,
    MediatorRoot,
    Shared,
    disabled_begin_block,
    disabled_complete,
    disabled_unlist,
)
from kernel_impl.adapt.transfer import NO_FORMAT, Swappable, common_format
from kernel_impl.cobj.collect import Collector
from kernel_impl.cobj.root import FREE, LIVE
from kernel_impl.errors import Status, require
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest, members
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    await_equal,
    await_not,
    cas,
    fetch_add,
    load,
    observe,
    store,
)
from kernel_impl.system import Layout


class Catalogue:
    """The roots that can be swapped, by number. Filled while a system is declared."""

    def __init__(self) -> None:
        self._entries: tuple[tuple[int, Swappable], ...] = ()

    def add(self, number: int, swappable: Swappable) -> None:
        """Adds a root by its number."""
        self._entries += ((number, swappable),)

    def find(self, number: int) -> Swappable:
        """Returns the root of a number."""
        found = next((entry for known, entry in self._entries if known == number), None)
        require(found is not None, f"root {number} can be swapped")
        assert found is not None
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    """One mediator with its workers: performs one switch at a time."""

    collector: Collector
    catalogue: Catalogue
    mediator: MediatorRoot
    number: int
    is_taken: Cell
    destroys_old: bool

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        collector: Collector,
        catalogue: Catalogue,
        *,
        parking: Parking,
        phase_lock: Lock,
        threads: int,
        roots: int,
        reps: int,
        destroys_old: bool = False,
    ) -> Switch:
        """Declares a mediator, with a worker slot on each processor.

        Args:
            destroys_old: whether the old root is destroyed when a switch is complete.
        """
        tables, directory = collector.tables, collector.directory
        shared = Shared.declare(
            layout,
            name,
            vps=tables.vps,
            roots=roots,
            threads=threads,
            phase_lock=phase_lock,
            repairs=collector.generations.repairs,
        )
        root = MediatorRoot.declare(
            layout, name, shared, tables, directory=directory, parking=parking, reps=reps
        )
        is_taken = layout.cell(f"{name}.is_taken", range(2))
        number = directory.add_root(root)
        return cls(collector, catalogue, root, number, is_taken, destroys_old)

    # -------------------------------------------------------------------------------- the beginning

    async def switch(self, who: Context, ref: int, new: int) -> Status:
        """Begins to replace the root of an object by a prepared one.

        Returns:
            OK when the switch goes on by itself; INVALID without a common format; BUSY when the
            object is being switched or destroyed. Nothing is changed unless OK.
        """
        tables, shared = self.collector.tables, self.mediator.shared
        old = await load(tables.handler[ref])
        if common_format(self.catalogue.find(old), self.catalogue.find(new)) == NO_FORMAT:
            return Status.INVALID
        if not await cas(self.is_taken, 0, 1):
            return Status.BUSY
        if not await tables.switch_enter(ref):
            await store(self.is_taken, 0)
            return Status.BUSY
        if shared.repairs.root_is_read_inside:
            old = await load(tables.handler[ref])
        await shared.phase_lock.acquire(who)
        await atomic(begin, self.mediator, ref, old, new)
        await store(tables.handler[ref], self.number)
        await tables.write_complete(ref)
        await observe("switch_begin", ref)
        await self.locked_start_workers(who, ref)
        return Status.OK

    async def locked_start_workers(self, who: Context, ref: int) -> None:
        """Starts a worker on each processor that translated to the old root, or does it all."""
        shared = self.mediator.shared
        old = await load(shared.old)
        translated = await load(self.collector.directory.root(old).translated)
        if translated == 0:
            await self.locked_switch_alone(who, ref)
            return
        workers = await atomic(count_workers, self.mediator, translated)
        await observe("workers", workers)
        while translated:
            await store(self.mediator.jobs[lowest(translated)], FULL)
            translated &= translated - 1
        await shared.phase_lock.release(who)

    async def locked_switch_alone(self, who: Context, ref: int) -> None:
        """Swaps an object that nobody has called yet: there is nothing to wait for."""
        shared = self.mediator.shared
        await store(shared.phase, BLOCK)
        await store(shared.ticket, 0)
        await self.transfer(who)
        is_pending = await self.locked_complete(who, ref)
        await shared.phase_lock.release(who)
        await self.finish(who, ref, is_pending=is_pending)

    # ---------------------------------------------------------------------------------- the workers

    async def worker(self, who: Context) -> None:
        """Does the jobs of one processor for ever; the thread is never active."""
        while True:
            job = await await_not(self.mediator.jobs[who.vp], NO_JOB)
            await store(self.mediator.jobs[who.vp], NO_JOB)
            ref = await load(self.mediator.ref)
            won = False
            if job == FULL:
                await self.flush(who, ref)
            if job != PARTIAL:
                await self.gather(who)
                won = await self.block(who)
            await await_equal(self.mediator.shared.may_transfer, 1)
            await self.transfer(who)
            await self.complete(who, ref, won=won)

    async def flush(self, who: Context, ref: int) -> None:
        """Sends new calls to the mediator and waits until untracked ones have left."""
        generations = self.collector.generations
        await self.collector.tables.reset(who.vp, ref)
        marker = await generations.marker(who)
        await generations.wait_elapsed(who, marker)

    async def gather(self, who: Context) -> None:
        """Waits until untracked calls have left on every processor."""
        shared = self.mediator.shared
        if shared.repairs.chains_are_known:
            await fetch_add(shared.gathering, -1)
            await await_equal(shared.gathering, 0)

    async def block(self, who: Context) -> bool:
        """Lets new calls wait; the last worker turns the root and may begin the transfer."""
        shared = self.mediator.shared
        await atomic(disabled_begin_block, self.mediator.reps[who.vp])
        if await fetch_add(shared.in_phase, -1) != 1:
            return False
        await shared.phase_lock.acquire(who)
        await store(shared.phase, BLOCK)
        await shared.phase_lock.release(who)
        if await load(shared.in_flight) != 0:
            return False
        return await shared.finish_block(who)

    async def transfer(self, who: Context) -> None:
        """Gives what the old root holds on this processor to the new root."""
        shared = self.mediator.shared
        old = await load(shared.old)
        new = await load(shared.new)
        piece = await self.catalogue.find(old).give(who)
        await self.catalogue.find(new).take(who, piece)
        await observe("transfer", who.vp, piece)

    async def complete(self, who: Context, ref: int, *, won: bool) -> None:
        """Ends the switch, if last, and then removes the mediator from this processor."""
        shared = self.mediator.shared
        is_last = await fetch_add(shared.in_phase, -1) == 1
        is_pending = False
        if is_last:
            is_pending = await self.locked_complete(who, ref)
            if is_pending and not shared.repairs.destroy_is_after_unlock:
                await self.collector.destroy(who, ref)
        await fetch_add(shared.barrier, -1)
        await await_equal(shared.barrier, 0)
        releases = is_last if shared.repairs.phase_lock_is_released else won
        if releases:
            await shared.phase_lock.release(who)
        await self.leave_processor(who, ref)
        if await fetch_add(shared.busy, -1) == 1:
            await self.finish(who, ref, is_pending=False)
        if is_pending and shared.repairs.destroy_is_after_unlock:
            await self.collector.destroy(who, ref)

    async def locked_complete(self, who: Context, ref: int) -> bool:
        """Makes the new root the root; True when a destroy is to be done now."""
        shared, tables = self.mediator.shared, self.collector.tables
        new = await load(shared.new)
        await store(tables.handler[ref], new)
        # A miss that was let in and looks at the handler only now goes to the new root already.
        await observe("switch_end", ref)
        is_pending = await tables.switch_exit(ref)
        await store(shared.phase, COMPLETED)
        return is_pending

    async def leave_processor(self, who: Context, ref: int) -> None:
        """Removes the mediator from this processor and wakes those who waited there."""
        rep = self.mediator.reps[who.vp]
        await self.collector.tables.reset(who.vp, ref)
        waiting = await atomic(disabled_complete, rep)
        while waiting:
            thread = lowest(waiting)
            waiting &= waiting - 1
            await atomic(disabled_unlist, rep, thread)
            await rep.parking.unblock(thread)

    async def finish(self, who: Context, ref: int, *, is_pending: bool) -> None:
        """Disposes of the old root, once no worker needs the mediator any more."""
        shared = self.mediator.shared
        old = await load(shared.old)
        if self.destroys_old:
            fresh = await self.collector.allocate(who, old)
            require(fresh > 0, "there is a reference for the old root")
            await self.collector.destroy(who, fresh)
        await store(self.mediator.state, FREE)
        if is_pending:
            await self.collector.destroy(who, ref)

    # ------------------------------------------------------------------------------------- the end

    async def wait_done(self) -> None:
        """Waits until the switch is over and the mediator left all processors."""
        await await_equal(self.mediator.state, FREE)

    async def recycle(self) -> None:
        """Makes the mediator free for another switch, once no thread can still be inside it."""
        marker = await self.collector.global_marker()
        await self.collector.wait_global(marker)
        await store(self.is_taken, 0)


def begin(memory: Memory, mediator: MediatorRoot, ref: int, old: int, new: int) -> None:
    """Makes a mediator ready for a switch; nobody else sees it yet."""
    shared = mediator.shared
    for cell in (shared.in_flight, shared.gathering, shared.in_phase, shared.barrier):
        memory.write(cell, 0)
    for cell in (shared.workers, shared.may_transfer, shared.working, shared.mediating):
        memory.write(cell, 0)
    memory.write(shared.phase, FORWARD)
    memory.write(shared.ticket, 1)
    memory.write(shared.old, old)
    memory.write(shared.new, new)
    memory.write(mediator.ref, ref)
    memory.write(mediator.state, LIVE)
    for rep in mediator.reps:
        memory.write(rep.phase, FORWARD)


def count_workers(memory: Memory, mediator: MediatorRoot, translated: int) -> int:
    """Sets all counters to the number of processors that take part from the beginning."""
    shared, workers = mediator.shared, len(tuple(members(translated)))
    memory.write(shared.working, translated)
    for cell in (shared.workers, shared.in_phase, shared.busy):
        memory.write(cell, workers)
    if shared.repairs.chains_are_known:
        memory.write(shared.gathering, workers)
    return workers
