"""Parking: how a thread blocks and is unblocked, whatever comes first.

Two bits for each thread, touched only while the dispatcher of the thread is disabled. `block` ends
at once when an unblock came before it, and consumes it; so an unblock is never lost. The price: a
*stale permit* may be left over by somebody who unblocked late, and makes a later `block` return for
nothing. **Every wait is therefore a loop over its own condition.** Tests leave stale permits
everywhere on purpose.

Source: K42 lib/libc/scheduler/DispatcherDefault.C (`disabledBlock`, `disabledUnblock`).
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.steps import Cell, Memory, atomic, await_equal
from kernel_impl.system import BIT, Layout


@dataclass(frozen=True, slots=True, eq=False)
class Parking:
    """The blocking state of every thread, by its number."""

    # Touched with the dispatcher of the thread disabled: one atomic step.
    is_blocked: tuple[Cell, ...]
    was_unblocked: tuple[Cell, ...]

    @classmethod
    def declare(cls, layout: Layout, homes: tuple[int, ...]) -> Parking:
        """Declares the state of threads 1, 2, …, whose processors are `homes`."""
        places = (0, *homes)
        return cls(
            layout.padded("is_blocked", places, BIT),
            layout.padded("was_unblocked", places, BIT),
        )

    async def block(self, me: int) -> None:
        """Waits for an unblock, or takes the one that is already there."""
        if await atomic(disabled_block, self, me):
            await await_equal(self.is_blocked[me], 0)

    async def unblock(self, thread: int) -> None:
        """Lets a thread go on, now or at its next block."""
        await atomic(disabled_unblock, self, thread)


def disabled_block(memory: Memory, parking: Parking, me: int) -> bool:
    """Blocks the thread unless it was unblocked before; tells whether it is blocked."""
    if memory.read(parking.was_unblocked[me]):
        memory.write(parking.was_unblocked[me], 0)
        return False
    memory.write(parking.is_blocked[me], 1)
    return True


def disabled_unblock(memory: Memory, parking: Parking, thread: int) -> None:
    """Makes a blocked thread runnable, or leaves it a permit."""
    if memory.read(parking.is_blocked[thread]):
        memory.write(parking.is_blocked[thread], 0)
    else:
        memory.write(parking.was_unblocked[thread], 1)
