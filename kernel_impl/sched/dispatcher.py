"""Dispatchers: the schedulers of a process, one on each of its processors.

The kernel never sees threads. It gives a processor to a *dispatcher*, which runs one of its threads
at a time. A dispatcher is *disabled* while its own code runs: nothing is delivered to it then.
When it is enabled, the kernel may enter it anew, between any two steps of its current thread, to
tell it of *soft interrupts*: bits of a word that anybody may set.

Life of a thread: READY in the queue, CURRENT, or blocked. It blocks by giving up being current; who
unblocks it puts it into the queue: directly if both belong to one dispatcher, else by a message
that its own dispatcher reads. Block and unblock commute, as in `machine.parking`.

    enter (kernel) ──► handle interrupts ──► pop a ready thread ──► resume it, enabled
                                                │ none                      │ blocks, is interrupted
                                                ▼                           ▼
                                         yield the processor        enter (kernel)

Every step of a thread stands behind two gates: its dispatcher holds a processor, and it is the
current thread.

Source: K42 lib/libc/scheduler/DispatcherDefault.C (`disabledBlock`, `disabledUnblock`, `RunEntry`,
    `InterruptEntry`), os/kernel/sys/SoftIntr.H. Differs: threads are numbered over all dispatchers;
    to enable and to look at the interrupts once more is one step, since the kernel enters again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from kernel_impl.errors import require
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import (
    EMPTY,
    appended,
    first,
    members,
    pushed_front,
    queue_domain,
    rest,
)
from kernel_impl.machine.parking import Parking
from kernel_impl.sched.processor import KernelProcessors
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    atomic_when,
    await_equal,
    fetch_or,
    observe,
    swap,
)
from kernel_impl.system import BIT, Event, Gate, Layout

DISPATCHER: Final = 0
"""`current` while the dispatcher's own code runs."""


class SoftInterrupt(IntEnum):
    """The bits of the interrupt word."""

    PREEMPT = 0  # give up the processor soon
    MESSAGE = 1  # threads to unblock
    ASYNC = 2  # asynchronous messages
    RETRY = 3  # who refused a call may accept it now


EVENTS: Final = (
    Event("block", 1),
    Event("unblock", 1),
    Event("give_way", 1),
    Event("exit", 1),
    Event("resume", 2),
    Event("enter", 2),
    Event("soft_set", 2),
    Event("soft_taken", 2),
)
"""Of threads, and of dispatchers with a thread, a bit or the bits taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Dispatchers:
    """The dispatchers of the system, by number from 1; `homes` tells whose thread is whose."""

    processors: KernelProcessors
    homes: tuple[int, ...]  # dispatcher of each thread, from thread 1
    parking: Parking
    # Of one dispatcher, touched while it is disabled or by the kernel of its processor.
    disabled: tuple[Cell, ...]
    current: tuple[Cell, ...]
    ready: tuple[Cell, ...]
    # Threads to unblock; any processor adds, the dispatcher takes all.
    wakeups: tuple[Cell, ...]
    base: int

    @classmethod
    def declare(
        cls, layout: Layout, processors: KernelProcessors, *, homes: tuple[int, ...]
    ) -> Dispatchers:
        """Declares dispatchers whose threads are all ready; `homes` of threads 1, 2, …."""
        count = len(processors.place) - 1
        threads = len(homes)
        base = threads + 1
        queue, some = queue_domain(threads, base), range(1 << threads + 1)
        beginning = [EMPTY] * (count + 1)
        for thread, home in enumerate(homes, start=1):
            beginning[home] = appended(beginning[home], thread, base)
        return cls(
            processors,
            homes,
            Parking.declare(layout, tuple(0 for _ in homes)),
            layout.padded("disabled", (0,) * (count + 1), BIT, initial=1),
            layout.padded("current", (0,) * (count + 1), range(base)),
            tuple(
                layout.cell(f"ready[{number}]", queue, initial=value)
                for number, value in enumerate(beginning)
            ),
            layout.padded("wakeups", (0,) * (count + 1), some),
            base,
        )

    def gates(self, thread: int) -> tuple[Gate, ...]:
        """Returns the gates behind which a thread stands."""
        home = self.homes[thread - 1]
        return (
            self.processors.gate(home),
            Gate(self.current[home], frozenset({thread})),
        )

    # ------------------------------------------------------------------------------ for threads

    async def block(self, who: Context) -> None:
        """Gives up the processor until an unblock comes, or takes the one that is there."""
        home = self.homes[who.thread - 1]
        blocked = await atomic(disabled_block_thread, self, home, who.thread)
        if blocked:
            await observe("block", who.thread)
            # Behind its gates a thread that is not current does not get even this far.
            await await_equal(self.parking.is_blocked[who.thread], 0)

    async def unblock(self, who: Context, thread: int) -> None:
        """Lets a thread go on: in one step if it is at home here, else by a message."""
        mine, its = self.homes[who.thread - 1], self.homes[thread - 1]
        if mine == its:
            await atomic(disabled_unblock_thread, self, its, thread)
            await observe("unblock", thread)
            return
        await fetch_or(self.wakeups[its], 1 << thread)
        await observe("unblock", thread)
        await self.interrupt(its, SoftInterrupt.MESSAGE)

    async def yield_thread(self, who: Context) -> None:
        """Lets the other threads of the dispatcher run first."""
        home = self.homes[who.thread - 1]
        await atomic(disabled_yield_thread, self, home, who.thread)
        await observe("give_way", who.thread)
        await await_equal(self.current[home], who.thread)

    async def exit_thread(self, who: Context) -> None:
        """Gives up the processor for good; the thread returns after this."""
        await atomic(leave_thread, self, self.homes[who.thread - 1])
        await observe("exit", who.thread)

    async def interrupt(self, dispatcher: int, bit: SoftInterrupt) -> None:
        """Sets a soft interrupt; who sets the first bit sees to it that somebody looks."""
        await self.processors.interrupt(dispatcher, bit)

    # --------------------------------------------------------------------- the dispatcher's code

    async def run(self, dispatcher: int) -> None:
        """The code of a dispatcher: entered by the kernel, disabled, for ever."""
        while True:
            await await_equal(self.current[dispatcher], DISPATCHER)
            bits = await swap(self.processors.interrupts[dispatcher], 0)
            if bits:
                await observe("soft_taken", dispatcher, bits)
                await self.disabled_handle(dispatcher, bits)
            if bits >> SoftInterrupt.PREEMPT & 1:
                await self.processors.yield_processor(dispatcher, self.ready[dispatcher])
                continue
            thread = await atomic(disabled_resume, self, dispatcher)
            if thread == DISPATCHER:
                await self.processors.yield_processor(dispatcher, self.ready[dispatcher])
            else:
                await observe("resume", dispatcher, thread)

    async def disabled_handle(self, dispatcher: int, bits: int) -> None:
        """Does what soft interrupts ask for; the dispatcher is disabled."""
        if bits >> SoftInterrupt.MESSAGE & 1:
            woken = await swap(self.wakeups[dispatcher], 0)
            await atomic(disabled_wake, self, dispatcher, woken)

    async def upcalls(self, dispatcher: int) -> None:
        """The kernel's part: enters an enabled dispatcher that has interrupts, for ever."""
        while True:
            thread = await atomic_when(is_interruptible, disabled_enter, self, dispatcher)
            await observe("enter", dispatcher, thread)


def is_interruptible(memory: Memory, dispatchers: Dispatchers, dispatcher: int) -> bool:
    """Tells whether the kernel may enter a dispatcher: it runs, is enabled, has interrupts."""
    kernel = dispatchers.processors
    return (
        memory.read(kernel.holds[dispatcher]) == 1
        and memory.read(dispatchers.disabled[dispatcher]) == 0
        and memory.read(kernel.interrupts[dispatcher]) != 0
    )


def disabled_block_thread(
    memory: Memory, dispatchers: Dispatchers, dispatcher: int, thread: int
) -> bool:
    """Blocks the current thread unless it was unblocked before; tells whether it is blocked."""
    parking = dispatchers.parking
    if memory.read(parking.was_unblocked[thread]):
        memory.write(parking.was_unblocked[thread], 0)
        return False
    memory.write(parking.is_blocked[thread], 1)
    leave_thread(memory, dispatchers, dispatcher)
    return True


def leave_thread(memory: Memory, dispatchers: Dispatchers, dispatcher: int) -> None:
    """Goes from the current thread into the dispatcher, which is disabled then."""
    memory.write(dispatchers.disabled[dispatcher], 1)
    memory.write(dispatchers.current[dispatcher], DISPATCHER)


def disabled_unblock_thread(
    memory: Memory, dispatchers: Dispatchers, dispatcher: int, thread: int
) -> None:
    """Makes a blocked thread ready, or leaves it a permit."""
    parking = dispatchers.parking
    if memory.read(parking.is_blocked[thread]):
        memory.write(parking.is_blocked[thread], 0)
        ready = dispatchers.ready[dispatcher]
        memory.write(ready, appended(memory.read(ready), thread, dispatchers.base))
    else:
        memory.write(parking.was_unblocked[thread], 1)


def disabled_wake(memory: Memory, dispatchers: Dispatchers, dispatcher: int, woken: int) -> None:
    """Unblocks a set of threads of this dispatcher."""
    for thread in members(woken):
        disabled_unblock_thread(memory, dispatchers, dispatcher, thread)


def disabled_yield_thread(
    memory: Memory, dispatchers: Dispatchers, dispatcher: int, thread: int
) -> None:
    """Puts the current thread at the end of the queue and goes into the dispatcher."""
    ready = dispatchers.ready[dispatcher]
    memory.write(ready, appended(memory.read(ready), thread, dispatchers.base))
    leave_thread(memory, dispatchers, dispatcher)


def disabled_resume(memory: Memory, dispatchers: Dispatchers, dispatcher: int) -> int:
    """Makes the first ready thread current and enables; DISPATCHER when none is ready."""
    ready = dispatchers.ready[dispatcher]
    queue = memory.read(ready)
    if queue == EMPTY:
        return DISPATCHER
    thread = first(queue, dispatchers.base)
    memory.write(ready, rest(queue, dispatchers.base))
    memory.write(dispatchers.current[dispatcher], thread)
    memory.write(dispatchers.disabled[dispatcher], 0)
    return thread


def disabled_enter(memory: Memory, dispatchers: Dispatchers, dispatcher: int) -> int:
    """Enters a dispatcher: its thread, which is returned, is saved in front of the queue."""
    thread = memory.read(dispatchers.current[dispatcher])
    require(thread != DISPATCHER, "an enabled dispatcher has a current thread (SC4)")
    ready = dispatchers.ready[dispatcher]
    memory.write(ready, pushed_front(memory.read(ready), thread, dispatchers.base))
    leave_thread(memory, dispatchers, dispatcher)
    return thread
