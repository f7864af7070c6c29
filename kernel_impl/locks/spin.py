"""Spin lock: one word, tested before it is set.

Waiters read their own copy of the line while the lock is held and compete for it when it is freed,
so a release costs one miss for each waiter, and nothing says who wins. For short sections between
few processors, and for code that must not block.

Source: K42 lib/libc/sync/BLock.H (BitSLock: a lock bit in a word, spinning only).
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, await_equal, cas, observe, store
from kernel_impl.system import BIT, Layout

FREE = 0
HELD = 1


@dataclass(frozen=True, slots=True, eq=False)
class SpinLock:
    """A test-and-test-and-set lock."""

    word: Cell
    label: int = 0

    @classmethod
    def declare(cls, layout: Layout, name: str, *, label: int = 0, home: int = 0) -> SpinLock:
        """Declares a free lock."""
        return cls(layout.cell(f"{name}.word", BIT, home=home), label)

    async def acquire(self, who: Context) -> None:
        """Takes the lock; any waiter may be first."""
        await await_equal(self.word, FREE)
        while not await cas(self.word, FREE, HELD):
            await await_equal(self.word, FREE)
        await observe("acquire", self.label, who.thread)

    async def release(self, who: Context) -> None:
        """Frees the lock."""
        await store(self.word, FREE)
        await observe("release", self.label, who.thread)
