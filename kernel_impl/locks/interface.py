"""What a lock is to its users, and a lock that is nothing but its promise.

A lock is asked for by a context and is released by whoever holds it, not necessarily the same
thread: the reader-writer lock hands its inner lock over. Locks of this package observe

    request(label, thread)    the thread has its place, if the lock keeps places
    acquire(label, thread)    the thread owns the lock
    release(label, thread)    it no longer does

`PromisedLock` takes and leaves in one step each. It stands for any real lock when something above
it is explored: the composition of a subsystem with the specification of its neighbour.

Source: K42 lib/libc/sync/Lock.H (the interface and its calling contexts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kernel_impl.errors import require
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, Memory, atomic, atomic_when, observe
from kernel_impl.system import BIT, Layout

NOBODY = 0


class Lock(Protocol):
    """A mutual exclusion lock."""

    async def acquire(self, who: Context) -> None:
        """Returns when `who` owns the lock."""
        ...

    async def release(self, who: Context) -> None:
        """Gives the lock up; it is held."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PromisedLock:
    """A lock as its specification has it: one step to take it, one to leave it."""

    is_held: Cell
    label: int = 0

    @classmethod
    def declare(cls, layout: Layout, name: str, *, label: int = 0, home: int = 0) -> PromisedLock:
        """Declares a free lock."""
        return cls(layout.cell(f"{name}.is_held", BIT, home=home), label)

    async def acquire(self, who: Context) -> None:
        """Waits until the lock is free and takes it, in one step."""
        await atomic_when(is_free, take, self.is_held)
        await observe("acquire", self.label, who.thread)

    async def release(self, who: Context) -> None:
        """Frees the lock."""
        await atomic(leave, self.is_held)
        await observe("release", self.label, who.thread)


def is_free(memory: Memory, is_held: Cell) -> bool:
    """Tells whether the lock can be taken."""
    return memory.read(is_held) == 0


def take(memory: Memory, is_held: Cell) -> None:
    """Takes the lock."""
    memory.write(is_held, 1)


def leave(memory: Memory, is_held: Cell) -> None:
    """Frees the lock, which must be held."""
    require(memory.read(is_held) == 1, "a lock is released only while it is held")
    memory.write(is_held, 0)
