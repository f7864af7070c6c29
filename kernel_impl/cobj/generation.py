"""Thread generations: when has every thread that was active then become inactive?

On each virtual processor a thread *activates* before it may hold a pointer to a representative, and
deactivates when it holds none. Active threads are counted in two generations. `advance` closes the
current generation if the other one is empty, so two advances after a moment prove that whoever was
active at that moment is gone: the first closes the generation that may hold them, the second waits
for it.

The current generation's count stands in one word with its index, so that to activate is one atomic
step. Deactivations go to `left[index]`, which is therefore at most 0 while the generation is open;
when it closes, the count of the word is added. In between, HUGE in the new word keeps `any_active`
from missing somebody.

A *marker* is the number of advances at some moment; it has elapsed when two more have happened.
Whoever waits for a marker must not be active himself. Taking a marker without the lock of advance
is defect E of the 2005 tree: between the two writes of an advance it comes out one too small.

Source: K42 lib/libc/cobj/sys/ActiveThrdCnt.C, COSMgrObject.C (`updateTheGen`,
    `setVPThreadMarker`). Differs: no notify bit; counts go by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.config import REPAIRED, Repairs
from kernel_impl.errors import require
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    await_equal,
    fetch_add,
    load,
    observe,
    swap,
)
from kernel_impl.system import Event, Layout

INACTIVE: Final = 0
ELAPSED_AFTER: Final = 2
EVENTS: Final = (
    Event("activate", 2),
    Event("deactivate", 2),
    Event("marker", 2),
    Event("elapsed", 2),
)
"""Each with the processor and the thread."""


@dataclass(frozen=True, slots=True, eq=False)
class Generations:
    """The active threads of every virtual processor."""

    # Touched by threads of the processor only: word = index * span + activations.
    word: tuple[Cell, ...]
    left: tuple[tuple[Cell, Cell], ...]
    # Private to the thread: 1 + the generation in which it is active.
    active_in: tuple[Cell, ...]
    # Advanced under the lock of the processor.
    count: tuple[Cell, ...]
    locks: tuple[Lock, ...]
    span: int
    repairs: Repairs

    @classmethod
    def declare(
        cls,
        layout: Layout,
        *,
        vps: int,
        threads: int,
        activations: int,
        advances: int,
        locks: tuple[Lock, ...],
        repairs: Repairs = REPAIRED,
    ) -> Generations:
        """Declares empty generations.

        Args:
            activations: the most that a processor sees while a generation is open.
            advances: the most that a processor will ever make.
        """
        span = 4 * (activations + 1)
        balance = range(-activations, activations + 1)
        each = range(vps)
        return cls(
            layout.padded("generation", each, range(2 * span)),
            tuple(
                (
                    layout.cell(f"left[{vp}][0]", balance, home=vp),
                    layout.cell(f"left[{vp}][1]", balance, home=vp),
                )
                for vp in each
            ),
            layout.padded("active_in", (0,) * (threads + 1), range(max(3, vps + 1))),
            layout.padded("advances", each, range(advances + 1)),
            locks,
            span,
            repairs,
        )

    @property
    def huge(self) -> int:
        """More than all activations, and less than a span."""
        return self.span // 2

    async def activate(self, who: Context) -> None:
        """Joins the current generation; the thread may look at objects from here."""
        await atomic(disabled_activate, self, who)
        await observe("activate", who.vp, who.thread)

    async def deactivate(self, who: Context) -> None:
        """Leaves the generation that was joined; the thread holds no pointer any more."""
        await atomic(disabled_deactivate, self, who)
        await observe("deactivate", who.vp, who.thread)

    async def locked_advance(self, vp: int) -> bool:
        """Closes the current generation if the other one is empty, and tells whether it did."""
        word = await load(self.word[vp])
        current = word // self.span
        other = 1 - current
        if await load(self.left[vp][other]) != 0:
            return False
        old = await swap(self.word[vp], other * self.span + self.huge)
        await fetch_add(self.left[vp][current], old % self.span)
        await fetch_add(self.word[vp], -self.huge)
        await fetch_add(self.count[vp], 1)
        return True

    async def locked_update(self, vp: int) -> None:
        """Advances as far as can be, at most twice."""
        if await self.locked_advance(vp):
            await self.locked_advance(vp)

    async def marker(self, who: Context) -> int:
        """Takes a marker of the own processor, under the lock unless built as in 2005."""
        if not self.repairs.marker_is_locked:
            marker = await load(self.count[who.vp])
            await observe("marker", who.vp, who.thread)
            return marker
        await self.locks[who.vp].acquire(who)
        marker = await load(self.count[who.vp])
        await observe("marker", who.vp, who.thread)
        await self.locks[who.vp].release(who)
        return marker

    async def locked_has_elapsed(self, vp: int, marker: int) -> bool:
        """Tells whether whoever was active at the marker is gone."""
        return await load(self.count[vp]) >= marker + ELAPSED_AFTER

    async def wait_elapsed(self, who: Context, marker: int) -> None:
        """Waits until whoever was active at the marker is gone; the caller is not active."""
        while True:
            await self.locks[who.vp].acquire(who)
            await self.locked_update(who.vp)
            elapsed = await self.locked_has_elapsed(who.vp, marker)
            if elapsed:
                await observe("elapsed", who.vp, who.thread)
            word = await load(self.word[who.vp])
            await self.locks[who.vp].release(who)
            if elapsed:
                return
            # K42 delays and polls; here we look again when the other generation is empty.
            await await_equal(self.left[who.vp][1 - word // self.span], 0)


@dataclass(frozen=True, slots=True, eq=False)
class PromisedGenerations(Generations):
    """Generations as their specification has them: a marker is the set of threads active then.

    Stands for the real ones when something above them is explored. One marker at a time on each
    processor.
    """

    awaited: tuple[Cell, ...] = ()
    """By processor: threads whose present activation is older than the marker."""

    @classmethod
    def declare_over(cls, layout: Layout, real: Generations) -> PromisedGenerations:
        """Declares a stand-in that shares the cells of real generations."""
        threads = len(real.active_in)
        awaited = layout.padded("awaited", range(len(real.word)), range(1 << threads))
        parts = (real.word, real.left, real.active_in, real.count, real.locks, real.span)
        return cls(*parts, real.repairs, awaited)

    async def activate(self, who: Context) -> None:
        """Becomes active."""
        await atomic(promised_activate, self, who)
        await observe("activate", who.vp, who.thread)

    async def deactivate(self, who: Context) -> None:
        """Stops being active, and is awaited no more."""
        await atomic(promised_deactivate, self, who)
        await observe("deactivate", who.vp, who.thread)

    async def marker(self, who: Context) -> int:
        """Notes who is active on the processor."""
        await atomic(promised_marker, self, who.vp)
        await observe("marker", who.vp, who.thread)
        return 0

    async def wait_elapsed(self, who: Context, marker: int) -> None:
        """Waits until all who were noted have deactivated."""
        await await_equal(self.awaited[who.vp], 0)
        await observe("elapsed", who.vp, who.thread)


def promised_activate(memory: Memory, generations: PromisedGenerations, who: Context) -> None:
    """Notes on which processor a thread is active."""
    require(memory.read(generations.active_in[who.thread]) == INACTIVE, "a thread activates once")
    memory.write(generations.active_in[who.thread], 1 + who.vp)


def promised_deactivate(memory: Memory, generations: PromisedGenerations, who: Context) -> None:
    """Forgets a thread."""
    memory.write(generations.active_in[who.thread], INACTIVE)
    awaited = generations.awaited[who.vp]
    memory.write(awaited, memory.read(awaited) & ~(1 << who.thread))


def promised_marker(memory: Memory, generations: PromisedGenerations, vp: int) -> None:
    """Notes who is active on a processor."""
    active = sum(
        1 << thread
        for thread, cell in enumerate(generations.active_in)
        if memory.read(cell) == 1 + vp
    )
    memory.write(generations.awaited[vp], active)


def disabled_activate(memory: Memory, generations: Generations, who: Context) -> None:
    """Counts a thread into the current generation: index and count together."""
    require(memory.read(generations.active_in[who.thread]) == INACTIVE, "a thread activates once")
    word = memory.read(generations.word[who.vp])
    memory.write(generations.word[who.vp], word + 1)
    memory.write(generations.active_in[who.thread], 1 + word // generations.span)


def disabled_deactivate(memory: Memory, generations: Generations, who: Context) -> None:
    """Counts a thread out of the generation that it is in."""
    generation = memory.read(generations.active_in[who.thread]) - 1
    require(generation >= 0, "only an active thread deactivates")
    left = generations.left[who.vp][generation]
    memory.write(left, memory.read(left) - 1)
    memory.write(generations.active_in[who.thread], INACTIVE)


def any_active(memory: Memory, generations: Generations, vp: int) -> bool:
    """Tells whether a thread of a processor may be active; never wrongly says no."""
    word = memory.read(generations.word[vp]) % generations.span
    left = sum(memory.read(cell) for cell in generations.left[vp])
    return word + left >= 1
