"""Object handles: how one process may use an object of another one, and with which rights.

A handle is the number of an entry in the table of the process that exports the object, and the
entry's *sequence number*. A call is let in when the entry is valid, has the method, has the number
that the handle has, and grants the rights that the method needs: to the process that the handle was
made for, or to anybody.

    free list ──pop──► filled ──publish──► valid ──free──► removed ──two generations──► free list

Popping is a compare-and-swap that has read `next` before: it is right only because no entry comes
back to the list while a thread that popped it is still active. For the same reason a call that has
been let in may go on although the handle is freed meanwhile: its entry is not filled again before
the thread that runs it has deactivated.

Freeing changes the sequence number, so that old handles fit no later use of the entry. The tree of
2005 compares the number in three places and never changes it (IPC-B1, `handles_are_numbered`).

Source: K42 lib/libc/cobj/XHandleTrans.C, XBaseObj.H, XObjectList.H. Differs: a table of fixed size;
    the generations of one processor instead of all; no list of handles by client process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from kernel_impl.cobj.generation import Generations
from kernel_impl.config import REPAIRED, Repairs
from kernel_impl.errors import Status
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest
from kernel_impl.steps import (
    Cell,
    await_not,
    cas,
    fence,
    fetch_or,
    load,
    observe,
    store,
    swap,
)
from kernel_impl.system import BIT, Event, Layout

NO_ENTRY: Final = 0
NOBODY: Final = 0
INVALID: Final = 0
"""The count of methods of an entry that is not valid."""
EVENTS: Final = (Event("opened", 3), Event("freed", 2), Event("entered", 3), Event("pooled", 1))
"""A handle (entry, number) with its object; freed and pooled without."""


class Rights(IntFlag):
    """What a handle allows."""

    NONE = 0
    READ = 1
    WRITE = 2
    CONTROL = 4


@dataclass(frozen=True, slots=True)
class Grant:
    """What an entry allows, and whom."""

    pid: int  # NOBODY: nobody in particular
    matched: Rights  # to that process
    others: Rights = Rights.NONE  # to everybody else


@dataclass(frozen=True, slots=True, eq=False)
class HandleTable:
    """The handles of the objects of one process."""

    generations: Generations
    # Held while a handle of any object is made or freed.
    lock: Lock
    head: Cell  # of the free list
    next: tuple[Cell, ...]
    removed: Cell  # set of entries that wait for their generations
    # By entry; filled by who popped it, before it is valid.
    methods: tuple[Cell, ...]  # how many; written last and cleared first
    number: tuple[Cell, ...]
    target: tuple[Cell, ...]
    pid: tuple[Cell, ...]
    matched: tuple[Cell, ...]
    others: tuple[Cell, ...]
    # By object, under `lock`.
    exported: tuple[Cell, ...]  # set of entries
    is_closing: tuple[Cell, ...]
    numbers: int
    repairs: Repairs

    @classmethod
    def declare(
        cls,
        layout: Layout,
        generations: Generations,
        lock: Lock,
        *,
        entries: int,
        objects: int,
        pids: int,
        numbers: int = 256,
        repairs: Repairs = REPAIRED,
    ) -> HandleTable:
        """Declares a table whose entries are all on the free list."""
        some, places = range(1 << entries + 1), range(entries + 1)
        rights = range(int(Rights.READ | Rights.WRITE | Rights.CONTROL) + 1)

        def column(name: str, domain: range) -> tuple[Cell, ...]:
            return layout.packed(f"handle.{name}", entries + 1, domain)

        following = (*range(1, entries + 1), NO_ENTRY)  # entry n leads to n + 1
        return cls(
            generations,
            lock,
            layout.cell("handle.head", places, initial=1),
            layout.packed("handle.next", entries + 1, places, initial=(0, *following[1:])),
            layout.cell("handle.removed", some),
            column("methods", range(256)),
            column("number", range(numbers)),
            column("target", range(objects + 1)),
            column("pid", range(pids + 1)),
            column("matched", rights),
            column("others", rights),
            layout.packed("handle.exported", objects + 1, some),
            layout.packed("handle.is_closing", objects + 1, BIT),
            numbers,
            repairs,
        )

    # -------------------------------------------------------------------------- making and freeing

    async def open(self, who: Context, target: int, grant: Grant, *, methods: int = 1) -> int:
        """Makes a handle for an object; NO_MEMORY, or NOT_PERMITTED when the object is closing."""
        entry = await self.pop()
        if entry == NO_ENTRY:
            return Status.NO_MEMORY
        await self.lock.acquire(who)
        if await load(self.is_closing[target]):
            await self.lock.release(who)
            await fetch_or(self.removed, 1 << entry)
            return Status.NOT_PERMITTED
        await store(self.target[entry], target)
        await store(self.pid[entry], grant.pid)
        await store(self.matched[entry], int(grant.matched))
        await store(self.others[entry], int(grant.others))
        await fetch_or(self.exported[target], 1 << entry)
        number = await load(self.number[entry])
        await fence()
        await store(self.methods[entry], methods)
        await observe("opened", entry, number, target)
        await self.lock.release(who)
        return entry * self.numbers + number

    async def pop(self) -> int:
        """Takes an entry from the free list, NO_ENTRY if it is empty; the caller is active."""
        while True:
            entry = await load(self.head)
            if entry == NO_ENTRY:
                return NO_ENTRY
            following = await load(self.next[entry])
            if await cas(self.head, entry, following):
                return entry

    async def free(self, who: Context, handle: int) -> Status:
        """Makes a handle invalid for good; DELETED if it was already."""
        entry, number = divmod(handle, self.numbers)
        await self.lock.acquire(who)
        is_it = await load(self.number[entry]) == number
        if not is_it or await load(self.methods[entry]) == INVALID:
            await self.lock.release(who)
            return Status.DELETED
        await self.locked_invalidate(entry, number)
        await self.lock.release(who)
        await fetch_or(self.removed, 1 << entry)
        return Status.OK

    async def locked_invalidate(self, entry: int, number: int) -> None:
        """Lets no call in any more, and makes old handles fit no later use of the entry."""
        await store(self.methods[entry], INVALID)
        await observe("freed", entry, number)
        target = await load(self.target[entry])
        exported = await load(self.exported[target])
        await store(self.exported[target], exported & ~(1 << entry))
        if self.repairs.handles_are_numbered:
            await store(self.number[entry], (number + 1) % self.numbers)

    async def close(self, who: Context, target: int) -> None:
        """Frees all handles of an object; no new one is made afterwards (IPC-11)."""
        await self.lock.acquire(who)
        await store(self.is_closing[target], 1)
        rest = await load(self.exported[target])
        freed = rest
        while rest:
            entry = lowest(rest)
            rest &= rest - 1
            number = await load(self.number[entry])
            await self.locked_invalidate(entry, number)
        await self.lock.release(who)
        if freed:
            await fetch_or(self.removed, freed)

    async def reclaim_loop(self, who: Context) -> None:
        """Gives removed entries back when nobody can still use them, for ever; never active."""
        while True:
            await await_not(self.removed, 0)
            entries = await swap(self.removed, 0)
            marker = await self.generations.marker(who)
            await self.generations.wait_elapsed(who, marker)
            while entries:
                await self.push(lowest(entries))
                entries &= entries - 1

    async def push(self, entry: int) -> None:
        """Puts an entry back on the free list."""
        while True:
            following = await load(self.head)
            await store(self.next[entry], following)
            if await cas(self.head, following, entry):
                await observe("pooled", entry)
                return

    # --------------------------------------------------------------------------------------- calls

    async def validate(self, handle: int, method: int, pid: int, needed: Rights) -> int:
        """Returns the object of a handle for a call; the caller is active and stays so.

        Returns:
            DELETED when the handle or the method is not valid, NOT_PERMITTED without the rights.
        """
        entry, number = divmod(handle, self.numbers)
        if not 0 < entry < len(self.methods):
            return Status.DELETED
        if await load(self.methods[entry]) <= method:
            return Status.DELETED
        await fence()
        if await load(self.number[entry]) != number:
            return Status.DELETED
        owner = await load(self.pid[entry])
        if owner == pid:
            granted = await load(self.matched[entry])
        else:
            granted = await load(self.others[entry])
        if needed & ~granted:
            return Status.NOT_PERMITTED
        target = await load(self.target[entry])
        await observe("entered", entry, number, target)
        return target
