"""Transfer: how the state of one implementation becomes the state of another.

Each root says in which *formats* it can give its state away and in which it can take one, as sets
of bits; both sides prefer the lowest common one, and a swap without a common format is refused
before anything is changed. Once a swap has begun it cannot fail.

The state is handed over in pieces, one on each processor that takes part, in parallel, while nobody
calls: each worker exports what its processor holds and imports it into the new root. To export is
to give up: the old representative is CLEANED and nobody may use it again.

Source: K42 lib/libc/cobj/DTType.H, DataTransfer.H, CObjRoot.H (`getDataTransferExportSet`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from kernel_impl.cobj.counter import LocalCounter, SharedCounter
from kernel_impl.cobj.root import CLEANED, LIVE, MultiRepRoot, Root, SingleRepRoot
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest
from kernel_impl.steps import Cell, Memory, atomic

NO_FORMAT: Final = -1


class Format(IntEnum):
    """Formats of state; smaller is preferred."""

    COUNT = 0  # a number to be added
    NOTHING = 1  # the new implementation starts afresh


class Swappable(Protocol):
    """A root whose object can change its implementation."""

    @property
    def root(self) -> Root:
        """The root itself."""
        ...

    @property
    def exports(self) -> int:
        """The formats that it can give, as bits."""
        ...

    @property
    def imports(self) -> int:
        """The formats that it can take, as bits."""
        ...

    async def give(self, who: Context) -> int:
        """Gives up the state that the processor of `who` holds, and returns it."""
        ...

    async def take(self, who: Context, piece: int) -> None:
        """Takes a piece of state on the processor of `who`."""
        ...


def common_format(old: Swappable, new: Swappable) -> int:
    """Returns the preferred format that both know, or NO_FORMAT."""
    both = old.exports & new.imports
    return lowest(both) if both else NO_FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class SwappableSharedCounter:
    """A shared counter that can be swapped: whoever exports first gives everything."""

    root: SingleRepRoot
    counter: SharedCounter
    exports: int = 1 << Format.COUNT
    imports: int = 1 << Format.COUNT

    async def give(self, who: Context) -> int:
        """Gives up the whole count to the first who asks."""
        return await atomic(give_up, self.counter.state, self.counter.value)

    async def take(self, who: Context, piece: int) -> None:
        """Adds a piece."""
        await atomic(add_piece, self.counter.value, piece)


@dataclass(frozen=True, slots=True, eq=False)
class SwappableLocalCounter:
    """A distributed counter that can be swapped: each processor gives and takes its own word."""

    root: MultiRepRoot
    counters: tuple[LocalCounter, ...]
    exports: int = 1 << Format.COUNT
    imports: int = 1 << Format.COUNT

    async def give(self, who: Context) -> int:
        """Gives up the count of the own processor."""
        counter = self.counters[self.root.cluster(who.vp)]
        return await atomic(give_up, counter.state, counter.value)

    async def take(self, who: Context, piece: int) -> None:
        """Makes the representative of the own processor and adds a piece to it."""
        await self.root.rep_here(who)
        await atomic(add_piece, self.counters[self.root.cluster(who.vp)].value, piece)


def give_up(memory: Memory, state: Cell, value: Cell) -> int:
    """Takes the value out of a representative, which nobody may use any more."""
    piece = memory.read(value) if memory.read(state) == LIVE else 0
    memory.write(value, 0)
    memory.write(state, CLEANED)
    return piece


def add_piece(memory: Memory, value: Cell, piece: int) -> None:
    """Adds to a value."""
    memory.write(value, memory.read(value) + piece)
