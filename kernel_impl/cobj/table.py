"""Translation tables, and the word that says who may change an entry.

A *reference* is a small number. Each virtual processor translates it by its own *local* entry: the
number of a representative, or DEFAULT, which sends the call to the miss path. The *global* entry is
the authority: the number of the root that answers misses (`handler`), and one word of flags:

    readers       threads that are between the beginning and the end of a miss, on any processor
    WRITING       somebody is about to change the root: readers wait
    SWITCHING     a hot swap owns the entry
    PENDING       a destroy came during a switch and is to be done at its end
    DESTROYED     no new miss is let in, ever

Every change of the word is one compare-and-swap, so it needs no lock. SWITCHING and DESTROYED are
never set together; WRITING is set only while nobody reads. A local entry is written only by threads
of its own processor, one word at a time, and may be reset to DEFAULT at any moment: it is a cache.

Source: K42 lib/libc/cobj/sys/TransEntry.H. Differs: the root number has a cell of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.errors import Status, require
from kernel_impl.steps import (
    Cell,
    await_until,
    cas,
    fetch_add,
    fetch_and,
    load,
    observe,
    store,
)
from kernel_impl.system import Event, Layout

DEFAULT: Final = 0
NO_ROOT: Final = 0

WRITING: Final = 1
SWITCHING: Final = 2
PENDING: Final = 4
DESTROYED: Final = 8
READER: Final = 16

EVENTS: Final = tuple(
    Event(name, 1)
    for name in (
        "miss_enter",
        "miss_exit",
        "switch_enter",
        "switch_admits",
        "switch_exit",
        "destroy_enter",
        "destroy_pends",
    )
)
"""Each with the reference."""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The local tables of all virtual processors and the global table."""

    vps: int
    refs: int
    # local[vp][ref]: written by threads of that processor only.
    local: tuple[tuple[Cell, ...], ...]
    # handler[ref] changes only with WRITING set, or under the protocol of the root that is there.
    handler: tuple[Cell, ...]
    word: tuple[Cell, ...]

    @classmethod
    def declare(
        cls,
        layout: Layout,
        *,
        vps: int,
        refs: int,
        roots: int,
        reps: int,
        threads: int,
        bound: tuple[int, ...] = (),
        mapped: tuple[tuple[int, ...], ...] = (),
    ) -> Tables:
        """Declares tables for references 1 to `refs`.

        Args:
            bound: roots of the first references; the others are free.
            mapped: for each processor the representatives of the first references.
        """
        return cls(
            vps,
            refs,
            tuple(
                layout.packed(
                    f"local[{vp}]",
                    refs + 1,
                    range(reps + 1),
                    initial=(DEFAULT, *(mapped[vp] if mapped else ())),
                    home=vp,
                )
                for vp in range(vps)
            ),
            layout.packed("handler", refs + 1, range(roots + 1), initial=(NO_ROOT, *bound)),
            layout.padded("word", (0,) * (refs + 1), range(READER * (threads + 1))),
        )

    def home(self, ref: int) -> int:
        """Returns the virtual processor to whose partition a reference belongs."""
        return ref % self.vps

    # ------------------------------------------------------------------------------------- misses

    async def read_enter(self, ref: int) -> bool:
        """Counts a miss in; False when the object is gone."""
        while True:
            word = await await_until(self.word[ref], lets_readers_in)
            if word & DESTROYED or await load(self.handler[ref]) == NO_ROOT:
                return False
            if await cas(self.word[ref], word, word + READER):
                await observe("miss_enter", ref)
                return True

    async def read_exit(self, ref: int) -> None:
        """Counts a miss out."""
        before = await fetch_add(self.word[ref], -READER)
        await observe("miss_exit", ref)
        require(before >= READER, "a miss ends once")
        require(not before & WRITING, "nobody writes while a miss is under way")

    # ----------------------------------------------------------------------------------- switches

    async def switch_enter(self, ref: int) -> bool:
        """Takes the entry for a switch, WRITING; False when it is being switched or destroyed."""
        while True:
            word = await await_until(self.word[ref], is_decided_for_switch)
            if word & (DESTROYED | PENDING | SWITCHING):
                return False
            if await cas(self.word[ref], word, word | SWITCHING | WRITING):
                await observe("switch_enter", ref)
                return True

    async def write_complete(self, ref: int) -> None:
        """Lets readers in again; the switch goes on."""
        before = await fetch_and(self.word[ref], ~WRITING)
        await observe("switch_admits", ref)
        require(bool(before & WRITING), "only a writer ends a write")

    async def switch_exit(self, ref: int) -> bool:
        """Ends a switch; True when a destroy came meanwhile and is to be done now.

        PENDING stays set, so that no later switch can begin before the destroy.
        """
        before = await fetch_and(self.word[ref], ~SWITCHING)
        await observe("switch_exit", ref)
        require(bool(before & SWITCHING), "only a switch ends a switch")
        return bool(before & PENDING)

    # ---------------------------------------------------------------------------------- destroying

    async def destroy_enter(self, ref: int) -> Status:
        """Closes the entry to misses for ever.

        Returns:
            OK when this caller has closed it, with no miss under way; DESTROY_IN_PROGRESS when it
            was closed; DESTROY_PENDING when a switch will do it.
        """
        while True:
            word = await await_until(self.word[ref], is_decided_for_destroy)
            if word & DESTROYED:
                return Status.DESTROY_IN_PROGRESS
            if word & SWITCHING:
                if await cas(self.word[ref], word, word | PENDING):
                    await observe("destroy_pends", ref)
                    return Status.DESTROY_PENDING
            elif await cas(self.word[ref], word, word | DESTROYED):
                await observe("destroy_enter", ref)
                return Status.OK

    # --------------------------------------------------------------------------------- local entry

    async def install(self, vp: int, ref: int, rep: int) -> None:
        """Translates a reference on the own processor."""
        await store(self.local[vp][ref], rep)

    async def reset(self, vp: int, ref: int) -> None:
        """Sends the next call on the own processor to the miss path."""
        await store(self.local[vp][ref], DEFAULT)


def lets_readers_in(word: int) -> bool:
    """Tells whether a miss need not wait for a writer."""
    return not word & WRITING or bool(word & DESTROYED)


def is_decided_for_switch(word: int) -> bool:
    """Tells whether a switch is refused, or no miss is under way."""
    return bool(word & (DESTROYED | PENDING | SWITCHING)) or word < READER


def is_decided_for_destroy(word: int) -> bool:
    """Tells whether a destroy is decided elsewhere, or no miss is under way."""
    return bool(word & (DESTROYED | SWITCHING)) or word < READER
