"""The kernel part of scheduling: which dispatcher holds which processor.

Each processor has a *ring* of the dispatchers that it may run and the one that holds it. Both are
touched only by code of the processor itself with interrupts off, here one step each. A dispatcher
is on one processor at a time (`place`) or on none while it moves.

A soft interrupt is set from anywhere. Who sets the first bit of the word is responsible: he looks
where the dispatcher is, and has that processor put it into its ring *if it is still there*; on a
remote processor that is a message. Moving works the other way round: place is written first, and
then the dispatcher is put into the ring in any case. Whatever the order, one of them sees the other
(a Dekker handshake):

    sender    set the bit;      look at the place; make it ready there
    mover     write the place;  make it ready, whatever the bits are

A dispatcher that yields without work and without bits leaves the ring.

Source: K42 os/kernel/exception/ProcessAnnex.C (`sendInterrupt`, `attach`, `detach`),
    DispatchQueue.C. Differs: reserved threads are not modelled here; they are one more reason not
    to move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.errors import require
from kernel_impl.machine.packed import EMPTY, members
from kernel_impl.sched.domain import NOBODY, Domains, charge, choose_dispatcher
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    atomic_when,
    await_equal,
    fetch_or,
    load,
    observe,
    store,
)
from kernel_impl.system import Event, Gate, Layout

NOWHERE: Final = 0
EVENTS: Final = (Event("dispatch", 2), Event("yield", 2), Event("detach", 1), Event("attach", 2))
"""Of a processor and a dispatcher, or of a dispatcher alone."""


@dataclass(frozen=True, slots=True, eq=False)
class KernelProcessors:
    """The scheduling state of all processors, and what the kernel knows of each dispatcher."""

    domains: Domains
    # Of one processor, with its interrupts off.
    ring: tuple[Cell, ...]  # set of dispatchers
    running: tuple[Cell, ...]  # the dispatcher that holds the processor
    since: tuple[Cell, ...]  # when it got it, in ticks
    # Dispatchers to look at; any processor adds, the own one takes all.
    messages: tuple[Cell, ...]
    # By dispatcher, from 1.
    place: tuple[Cell, ...]  # NOWHERE, or 1 + the processor
    holds: tuple[Cell, ...]  # whether it holds that processor
    interrupts: tuple[Cell, ...]  # soft interrupts; any processor sets bits
    clocks: tuple[Cell, ...]  # none when untimed

    @classmethod
    def declare(
        cls,
        layout: Layout,
        domains: Domains,
        *,
        places: tuple[int, ...],
        interrupts: int = 4,
        clocks: tuple[Cell, ...] = (),
    ) -> KernelProcessors:
        """Declares processors; dispatchers 1, 2, … are ready on `places`."""
        cpus, count = len(domains.used), len(places)
        some, numbers = range(1 << count + 1), range(count + 1)
        rings = [0] * cpus
        for dispatcher, cpu in enumerate(places, start=1):
            rings[cpu] |= 1 << dispatcher
        ticks = range(1 << 48) if clocks else range(1)
        return cls(
            domains,
            tuple(
                layout.cell(f"ring[{cpu}]", some, initial=ring, home=cpu)
                for cpu, ring in enumerate(rings)
            ),
            layout.padded("running", range(cpus), numbers),
            layout.padded("since", range(cpus), ticks),
            layout.padded("messages", range(cpus), some),
            (
                layout.cell("place[0]", range(cpus + 1)),
                *(
                    layout.cell(f"place[{n}]", range(cpus + 1), initial=1 + cpu)
                    for n, cpu in enumerate(places, start=1)
                ),
            ),
            layout.padded("holds", (0, *places), range(2)),
            layout.padded("interrupts", (0, *places), range(1 << interrupts)),
            clocks,
        )

    def gate(self, dispatcher: int) -> Gate:
        """Returns the gate that a dispatcher and its threads are behind: it holds a processor."""
        return Gate(self.holds[dispatcher], frozenset({1}))

    # ------------------------------------------------------------------------- the processor's loop

    async def kernel_loop(self, cpu: int) -> None:
        """The kernel of a processor: reads messages and gives the processor away, for ever."""
        while True:
            dispatched = await atomic_when(has_kernel_work, disabled_schedule, self, cpu)
            if dispatched != NOBODY:
                await observe("dispatch", cpu, dispatched)

    async def yield_processor(self, dispatcher: int, ready: Cell) -> None:
        """Gives the processor back; the dispatcher stays in the ring only if it has work."""
        cpu = await atomic(disabled_yield, self, dispatcher, ready)
        await observe("yield", cpu, dispatcher)

    # ----------------------------------------------------------------------------- soft interrupts

    async def interrupt(self, dispatcher: int, bit: int) -> None:
        """Sets a soft interrupt from any processor."""
        before = await fetch_or(self.interrupts[dispatcher], 1 << bit)
        await observe("soft_set", dispatcher, bit)
        if before != 0:
            return  # whoever set the first bit is responsible
        place = await load(self.place[dispatcher])
        if place != NOWHERE:
            await fetch_or(self.messages[place - 1], 1 << dispatcher)

    # ------------------------------------------------------------------------------------- moving

    async def detach(self, dispatcher: int) -> int:
        """Takes a dispatcher off its processor, when it does not hold it; returns where it was."""
        cpu = await atomic_when(holds_nothing, disabled_detach, self, dispatcher)
        await observe("detach", dispatcher)
        return cpu

    async def attach(self, dispatcher: int, cpu: int) -> None:
        """Puts a dispatcher on a processor, and makes it ready there in any case."""
        await store(self.place[dispatcher], 1 + cpu)
        await atomic(disabled_make_ready, self, cpu, dispatcher)
        await observe("attach", dispatcher, cpu)

    # ----------------------------------------------------------------------------------- preemption

    async def preempt_loop(self, cpu: int, bit: int) -> None:
        """Asks whoever holds a processor to give it up when others wait for it, for ever."""
        while True:
            asked = await atomic_when(others_wait, read_running, self, cpu)
            await self.interrupt(asked, bit)
            await await_equal(self.holds[asked], 0)


def has_kernel_work(memory: Memory, kernel: KernelProcessors, cpu: int) -> bool:
    """Tells whether a processor has messages, or is free and has somebody to run."""
    if memory.read(kernel.messages[cpu]):
        return True
    return memory.read(kernel.running[cpu]) == NOBODY and memory.read(kernel.ring[cpu]) != 0


def disabled_schedule(memory: Memory, kernel: KernelProcessors, cpu: int) -> int:
    """Reads all messages, then gives a free processor away; returns to whom."""
    ring = memory.read(kernel.ring[cpu])
    for dispatcher in members(memory.read(kernel.messages[cpu])):
        if memory.read(kernel.place[dispatcher]) == 1 + cpu:
            ring |= 1 << dispatcher
    memory.write(kernel.messages[cpu], 0)
    memory.write(kernel.ring[cpu], ring)
    if memory.read(kernel.running[cpu]) != NOBODY:
        return NOBODY
    chosen = choose_dispatcher(memory, kernel.domains, cpu, ring)
    if chosen != NOBODY:
        require(memory.read(kernel.place[chosen]) == 1 + cpu, "a ring holds who is there (SC1)")
        require(not memory.read(kernel.holds[chosen]), "a dispatcher holds one processor (SC8)")
        memory.write(kernel.running[cpu], chosen)
        memory.write(kernel.holds[chosen], 1)
        if kernel.clocks:
            memory.write(kernel.since[cpu], memory.read(kernel.clocks[cpu]))
    return chosen


def disabled_yield(memory: Memory, kernel: KernelProcessors, dispatcher: int, ready: Cell) -> int:
    """Frees the processor of a dispatcher, which leaves the ring if it has nothing to do."""
    cpu = memory.read(kernel.place[dispatcher]) - 1
    release_processor(memory, kernel, cpu, dispatcher)
    if memory.read(ready) == EMPTY and memory.read(kernel.interrupts[dispatcher]) == 0:
        memory.write(kernel.ring[cpu], memory.read(kernel.ring[cpu]) & ~(1 << dispatcher))
    return cpu


def release_processor(memory: Memory, kernel: KernelProcessors, cpu: int, dispatcher: int) -> None:
    """Takes the processor from a dispatcher and charges its domain."""
    require(memory.read(kernel.running[cpu]) == dispatcher, "who yields holds the processor")
    ticks = 1
    if kernel.clocks:
        ticks = max(1, memory.read(kernel.clocks[cpu]) - memory.read(kernel.since[cpu]))
    charge(memory, kernel.domains, cpu, dispatcher, ticks=ticks)
    memory.write(kernel.running[cpu], NOBODY)
    memory.write(kernel.holds[dispatcher], 0)


def holds_nothing(memory: Memory, kernel: KernelProcessors, dispatcher: int) -> bool:
    """Tells whether a dispatcher may be moved."""
    return memory.read(kernel.holds[dispatcher]) == 0


def disabled_detach(memory: Memory, kernel: KernelProcessors, dispatcher: int) -> int:
    """Takes a dispatcher out of the ring of its processor; it is nowhere then."""
    cpu = memory.read(kernel.place[dispatcher]) - 1
    memory.write(kernel.ring[cpu], memory.read(kernel.ring[cpu]) & ~(1 << dispatcher))
    memory.write(kernel.place[dispatcher], NOWHERE)
    return cpu


def disabled_make_ready(
    memory: Memory, kernel: KernelProcessors, cpu: int, dispatcher: int
) -> None:
    """Puts a dispatcher into the ring of its processor."""
    memory.write(kernel.ring[cpu], memory.read(kernel.ring[cpu]) | 1 << dispatcher)


def others_wait(memory: Memory, kernel: KernelProcessors, cpu: int) -> bool:
    """Tells whether somebody else could run on a processor that is held."""
    running = memory.read(kernel.running[cpu])
    return running != NOBODY and memory.read(kernel.ring[cpu]) & ~(1 << running) != 0


def read_running(memory: Memory, kernel: KernelProcessors, cpu: int) -> int:
    """Returns who holds a processor."""
    return memory.read(kernel.running[cpu])
