"""The mediator: stands before an object while its implementation is being swapped.

A mediator is a root with one representative on each processor. Its phases never go back:

    FORWARD    calls pass to the old implementation and are counted
    BLOCK      new calls wait; counted calls finish; a call that belongs to one of them passes
    COMPLETED  calls go to the new implementation

Each representative has a phase of its own and turns to BLOCK when its processor is ready; the root
turns last. `in_flight` counts the representatives that block and still have calls inside. Who sees
it reach 0 with the root in BLOCK takes the *ticket* and begins the transfer: the last worker (see
`kernel_impl.adapt.swap`) or the call that leaves last. The order is essential: the worker writes
the phase and then reads the count, the call writes the count and then reads the phase.

Defects of the 2005 tree, by switch (`config.Repairs`), all shown by exploring this code:
A  the ticket is won with `phase_lock` held, and only a worker that won releases it: when a call
   wins, nobody does. Repaired: the worker that completes the switch releases it.
B  a call that saw the count at 0 too early acts on it later, when another representative has calls
   inside again. Repaired: it looks at the count once more after the phase.
C  a call inside that calls the same object on another processor, on another thread, is not known
   there and blocks, and the switch waits for it. Repaired: calls are known by their chain, and no
   representative blocks before untracked calls have drained on every processor.

Source: K42 lib/libc/cobj/CObjRootMediator.C, CObjRepMediator.C, mediateMethods.H. Differs: the
    return address is not hijacked, the call is wrapped; sections under `switchPhaseLock`, a lock
    of one processor, are single steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.cobj.root import FREE, LIVE, STATES, Cleanup, Directory
from kernel_impl.cobj.table import Tables
from kernel_impl.config import REPAIRED, Repairs
from kernel_impl.errors import require
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Cell, Memory, atomic, load, observe, store, swap
from kernel_impl.system import BIT, Layout

FORWARD: Final = 0
BLOCK: Final = 1
COMPLETED: Final = 2
PHASES: Final = range(3)

# What the prolog of a call decides.
TRACKED: Final = 0
WAITS: Final = 1
PASSES: Final = 2

# Jobs for the worker of a processor.
NO_JOB: Final = 0
FULL: Final = 1  # the processor translated to the old root
LATE: Final = 2  # it came while untracked calls were still draining elsewhere
PARTIAL: Final = 3  # it came after that


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What all representatives of a mediator share: the fields of its root."""

    # Written under `phase_lock`; read by calls that leave.
    phase: Cell
    phase_lock: Lock
    # Atomic counters: representatives that block with calls inside; workers in each stage.
    in_flight: Cell
    gathering: Cell
    in_phase: Cell
    barrier: Cell
    workers: Cell
    busy: Cell  # workers that have not finished with the mediator
    # Won once: the right to begin the transfer; then `may_transfer` lets the workers go.
    ticket: Cell
    may_transfer: Cell
    # Under `phase_lock`: processors with a worker, processors with a representative.
    working: Cell
    mediating: Cell
    # What is swapped: numbers of roots.
    old: Cell
    new: Cell
    # Calls inside by chain, each touched by one thread at a time (repair of C).
    inside: tuple[Cell, ...]
    repairs: Repairs

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        *,
        vps: int,
        roots: int,
        threads: int,
        phase_lock: Lock,
        repairs: Repairs = REPAIRED,
    ) -> Shared:
        """Declares the fields of a mediator that mediates nothing."""
        count, some = range(vps + 1), range(1 << vps)
        return cls(
            layout.cell(f"{name}.phase", PHASES, initial=COMPLETED),
            phase_lock,
            layout.cell(f"{name}.in_flight", count),
            layout.cell(f"{name}.gathering", count),
            layout.cell(f"{name}.in_phase", count),
            layout.cell(f"{name}.barrier", count),
            layout.cell(f"{name}.workers", count),
            layout.cell(f"{name}.busy", count),
            layout.cell(f"{name}.ticket", BIT),
            layout.cell(f"{name}.may_transfer", BIT),
            layout.cell(f"{name}.working", some),
            layout.cell(f"{name}.mediating", some),
            layout.cell(f"{name}.old", range(roots + 1)),
            layout.cell(f"{name}.new", range(roots + 1)),
            layout.packed(f"{name}.inside", threads + 1, range(threads + 1)),
            repairs,
        )

    async def finish_block(self, who: Context) -> bool:
        """Begins the transfer if this is the first to find all calls gone; keeps `phase_lock`."""
        if not await swap(self.ticket, 0):
            return False
        await self.phase_lock.acquire(who)
        workers = await load(self.workers)
        await store(self.in_phase, workers)
        await store(self.barrier, workers)
        await store(self.may_transfer, 1)
        await observe("drained", who.thread)
        return True


@dataclass(frozen=True, slots=True, eq=False)
class MediatorRep:
    """The representative of a mediator on one processor."""

    shared: Shared
    directory: Directory
    parking: Parking
    ref: Cell
    # Under the switch phase lock of the representative, here one step each.
    state: Cell
    phase: Cell
    calls: Cell  # counted calls inside
    original: Cell  # the old representative
    waiting: Cell  # a set of threads
    depth: tuple[Cell, ...]  # calls inside by thread; as built only

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        shared: Shared,
        directory: Directory,
        parking: Parking,
        *,
        ref: Cell,
        vp: int,
        reps: int,
    ) -> MediatorRep:
        """Declares a representative that mediates nothing."""
        threads = len(shared.inside) - 1
        return cls(
            shared,
            directory,
            parking,
            ref,
            layout.cell(f"{name}.state", STATES, initial=LIVE, home=vp),
            layout.cell(f"{name}.phase", PHASES, initial=COMPLETED, home=vp),
            layout.cell(f"{name}.calls", range(2 * threads + 1), home=vp),
            layout.cell(f"{name}.original", range(reps + 1), home=vp),
            layout.cell(f"{name}.waiting", range(1 << threads + 1), home=vp),
            ()
            if shared.repairs.chains_are_known
            else layout.packed(f"{name}.depth", threads + 1, range(threads + 1), home=vp),
        )

    async def open(self, who: Context) -> None:
        """Never called: the root of a mediator opens its representatives itself."""
        require(condition=False, rule="a mediator is opened by its root")

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Wraps a call: to the old implementation, counted, or after a wait to the new one."""
        decision = await atomic(disabled_prolog, self, who)
        if decision == WAITS:
            while await load(self.waiting) >> who.thread & 1:
                await self.parking.block(who.thread)
        if decision != TRACKED:
            new = await load(self.shared.new)
            ref = await load(self.ref)
            rep = await self.directory.root(new).handle_miss(who, ref)
            return await self.directory.rep(rep).call(who, method, argument)
        original = await load(self.original)
        result = await self.directory.rep(original).call(who, method, argument)
        await self.epilog(who)
        return result

    async def epilog(self, who: Context) -> None:
        """Counts a call out; the last one of a switch that blocks begins the transfer."""
        shared = self.shared
        if not await atomic(disabled_epilog, self, who):
            return
        if await load(shared.phase) != BLOCK:
            return
        if shared.repairs.zero_is_tested_again and await load(shared.in_flight) != 0:
            return
        await shared.finish_block(who)

    def inside(self, who: Context) -> Cell:
        """Returns the count of calls by which a call of the same chain, or thread, is known."""
        if self.shared.repairs.chains_are_known:
            return self.shared.inside[who.chain]
        return self.depth[who.thread]


def disabled_prolog(memory: Memory, rep: MediatorRep, who: Context) -> int:
    """Decides about a call: TRACKED and counted, WAITS and listed, or PASSES to the new root."""
    phase = memory.read(rep.phase)
    inside = rep.inside(who)
    if phase == COMPLETED:
        return PASSES
    if phase == BLOCK and memory.read(inside) == 0:
        memory.write(rep.waiting, memory.read(rep.waiting) | 1 << who.thread)
        return WAITS
    calls = memory.read(rep.calls)
    if phase == BLOCK and calls == 0:
        in_flight = memory.read(rep.shared.in_flight)
        require(
            in_flight > 0 or memory.read(rep.shared.phase) < BLOCK,
            "a call that is known is counted somewhere",
        )
        memory.write(rep.shared.in_flight, in_flight + 1)
    memory.write(rep.calls, calls + 1)
    memory.write(inside, memory.read(inside) + 1)
    return TRACKED


def disabled_epilog(memory: Memory, rep: MediatorRep, who: Context) -> bool:
    """Counts a call out; True when it was the last one inside any representative that blocks."""
    inside = rep.inside(who)
    memory.write(inside, memory.read(inside) - 1)
    calls = memory.read(rep.calls) - 1
    memory.write(rep.calls, calls)
    if memory.read(rep.phase) != BLOCK or calls > 0:
        return False
    in_flight = memory.read(rep.shared.in_flight) - 1
    memory.write(rep.shared.in_flight, in_flight)
    return in_flight == 0


def disabled_begin_block(memory: Memory, rep: MediatorRep) -> None:
    """Turns a representative to BLOCK, and counts it if it has calls inside."""
    if memory.read(rep.phase) != FORWARD:
        return
    if memory.read(rep.calls) > 0:
        memory.write(rep.shared.in_flight, memory.read(rep.shared.in_flight) + 1)
    memory.write(rep.phase, BLOCK)


def disabled_complete(memory: Memory, rep: MediatorRep) -> int:
    """Turns a representative to COMPLETED and returns the threads that wait, still listed."""
    memory.write(rep.phase, COMPLETED)
    return memory.read(rep.waiting)


def disabled_unlist(memory: Memory, rep: MediatorRep, thread: int) -> None:
    """Takes a thread off the list of those that wait."""
    memory.write(rep.waiting, memory.read(rep.waiting) & ~(1 << thread))


@dataclass(frozen=True, slots=True, eq=False)
class MediatorRoot:
    """The root of a mediator: answers misses of an object that is being swapped."""

    shared: Shared
    tables: Tables
    directory: Directory
    reps: tuple[MediatorRep, ...]  # by processor
    rep_numbers: tuple[int, ...]
    ref: Cell
    jobs: tuple[Cell, ...]  # by processor: written once to start its worker
    state: Cell
    translated: Cell

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        shared: Shared,
        tables: Tables,
        *,
        directory: Directory,
        parking: Parking,
        reps: int,
    ) -> MediatorRoot:
        """Declares a mediator with a representative on each processor."""
        vps = tables.vps
        ref = layout.cell(f"{name}.ref", range(tables.refs + 1))
        mediators = tuple(
            MediatorRep.declare(
                layout, f"{name}[{vp}]", shared, directory, parking, ref=ref, vp=vp, reps=reps
            )
            for vp in range(vps)
        )
        return cls(
            shared,
            tables,
            directory,
            mediators,
            tuple(directory.add_rep(rep) for rep in mediators),
            ref,
            layout.padded(f"{name}.job", range(vps), range(PARTIAL + 1)),
            layout.cell(f"{name}.state", STATES, initial=FREE),
            layout.cell(f"{name}.translated", range(1 << vps)),
        )

    async def handle_miss(self, who: Context, ref: int) -> int:
        """Installs a mediating representative, or the new one when the switch is complete."""
        await self.shared.phase_lock.acquire(who)
        if await load(self.shared.phase) == COMPLETED:
            await self.shared.phase_lock.release(who)
            new = await load(self.shared.new)
            return await self.directory.root(new).handle_miss(who, ref)
        number = await self.rep_here(who)
        await self.tables.install(who.vp, ref, number)
        await self.shared.phase_lock.release(who)
        return number

    async def rep_here(self, who: Context) -> int:
        """Makes the representative of a processor, and a worker if there is none; under lock."""
        shared, rep = self.shared, self.reps[who.vp]
        mediating = await load(shared.mediating)
        if mediating >> who.vp & 1:
            return self.rep_numbers[who.vp]
        working = await load(shared.working)
        if not working >> who.vp & 1:
            job = await atomic(join_workers, shared, who.vp)
            await store(rep.phase, FORWARD if job == LATE else BLOCK)
            await store(self.jobs[who.vp], job)
        old = await load(shared.old)
        original = await self.directory.root(old).rep_here(who)
        await store(rep.original, original)
        await store(shared.mediating, mediating | 1 << who.vp)
        return self.rep_numbers[who.vp]

    async def prepare(self, who: Context) -> None:
        """Never called: a switch prepares its mediator itself."""
        require(condition=False, rule="a mediator is prepared by a switch")

    async def represented_on(self) -> int:
        """Returns none: a mediator is not destroyed but used again."""
        return 0

    async def cleanup(self, who: Context, command: Cleanup) -> bool:
        """Never called: a mediator is not destroyed."""
        require(condition=False, rule="a mediator is not destroyed")
        return True


def join_workers(memory: Memory, shared: Shared, vp: int) -> int:
    """Adds a processor to the switch and returns the job of its worker."""
    memory.write(shared.working, memory.read(shared.working) | 1 << vp)
    memory.write(shared.workers, memory.read(shared.workers) + 1)
    memory.write(shared.busy, memory.read(shared.busy) + 1)
    gathering = memory.read(shared.gathering)
    if not shared.repairs.chains_are_known or gathering == 0:
        return PARTIAL
    memory.write(shared.gathering, gathering + 1)
    memory.write(shared.in_phase, memory.read(shared.in_phase) + 1)
    return LATE
