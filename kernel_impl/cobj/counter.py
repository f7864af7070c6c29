"""Counters: the smallest clustered objects, shared and distributed.

`SharedCounter` is one word for everybody: exact at every moment, and every increment takes the line
away from the last processor. `LocalCounter` is the representative of a distributed counter: each
processor adds to a word of its own, and a reader adds up all words. The sum is exact when nobody
adds meanwhile; during additions it lies between the totals at the beginning and at the end.

Source: K42 lib/libc/cobj/Example.H; doc/white-papers/ClusteredObject.sgml (the counter example).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kernel_impl.cobj.root import LIVE, STATES, check_alive
from kernel_impl.errors import Status
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, Memory, atomic, observe, store
from kernel_impl.system import Layout


class Method(IntEnum):
    """The methods of a counter."""

    ADD = 0
    TOTAL = 1


@dataclass(frozen=True, slots=True, eq=False)
class SharedCounter:
    """The one representative of a shared counter."""

    state: Cell
    value: Cell

    @classmethod
    def declare(
        cls, layout: Layout, name: str, *, limit: int, state: int = LIVE, home: int = 0
    ) -> SharedCounter:
        """Declares a counter that counts up to `limit`."""
        return cls(
            layout.cell(f"{name}.rep_state", STATES, initial=state, home=home),
            layout.cell(f"{name}.value", range(limit + 1), home=home),
        )

    async def open(self, who: Context) -> None:
        """Makes the counter live, at 0."""
        await store(self.value, 0)
        await store(self.state, LIVE)

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Adds, or returns the total."""
        match method:
            case Method.ADD:
                total = await atomic(add, self.state, self.value, argument)
                await observe("add", who.thread, argument)
                return total
            case Method.TOTAL:
                return await atomic(read_alive, self.state, self.value)
            case _:
                return Status.INVALID


@dataclass(frozen=True, slots=True, eq=False)
class LocalCounter:
    """The representative of a distributed counter on one processor."""

    state: Cell
    value: Cell
    everywhere: tuple[tuple[Cell, Cell], ...]
    """State and value of every representative of the object, for the total."""

    @classmethod
    def declare_all(
        cls, layout: Layout, name: str, *, vps: int, limit: int, live: int = 0
    ) -> tuple[LocalCounter, ...]:
        """Declares the representatives of one counter; those of the set `live` are there."""
        pairs = tuple(
            (
                layout.cell(f"{name}.rep_state[{vp}]", STATES, initial=live >> vp & 1, home=vp),
                layout.cell(f"{name}.value[{vp}]", range(limit + 1), home=vp),
            )
            for vp in range(vps)
        )
        return tuple(cls(state, value, pairs) for state, value in pairs)

    async def open(self, who: Context) -> None:
        """Makes the representative live, at 0."""
        await store(self.value, 0)
        await store(self.state, LIVE)

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Adds to the own word, or adds up all words."""
        match method:
            case Method.ADD:
                total = await atomic(add, self.state, self.value, argument)
                await observe("add", who.thread, argument)
                return total
            case Method.TOTAL:
                return await self.total()
            case _:
                return Status.INVALID

    async def total(self) -> int:
        """Adds up what every live representative holds, one after another."""
        total = 0
        position = 0
        while position < len(self.everywhere):
            state, value = self.everywhere[position]
            here = await atomic(read_if_alive, state, value)
            total += here
            position += 1
        return total


def add(memory: Memory, state: Cell, value: Cell, amount: int) -> int:
    """Fetch-and-add on the data of a live representative; returns the new value."""
    check_alive(memory, state)
    total = memory.read(value) + amount
    memory.write(value, total)
    return total


def read_alive(memory: Memory, state: Cell, value: Cell) -> int:
    """Returns the value of a live representative."""
    check_alive(memory, state)
    return memory.read(value)


def read_if_alive(memory: Memory, state: Cell, value: Cell) -> int:
    """Returns the value of a representative, 0 if it was never made."""
    return memory.read(value) if memory.read(state) == LIVE else 0
