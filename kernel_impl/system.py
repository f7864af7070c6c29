"""Systems: the cells, threads and claims that make one configuration of the kernel.

A `Layout` hands out cells while kernel objects are declared; nothing is declared once the kernel
runs, so what looks like allocation at run time takes an entry from a pool that was declared. A
`Thread` knows how to start a fresh coroutine over the same objects any number of times: an explorer
runs it again and again, a machine once. A *gate* says when the processor belongs to the thread at
all: with interrupts off nobody else on the processor moves, and a dispatcher moves only its current
thread. A step is enabled when its gates and its own guard hold.

Source: K42 lib/libc/scheduler/Thread.H, os/kernel/init/KernelInit.C (what exists before the first
    thread runs). Differs: pools instead of allocators, so that the store has one fixed shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernel_impl.errors import require
from kernel_impl.steps import Body, Cell, Domain, Memory

BIT: Domain = range(2)


class Layout:
    """Collects the cells of a system while its objects are declared."""

    def __init__(self) -> None:
        self._cells: list[Cell] = []
        self._lines = 0

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells declared so far, in order of their index."""
        return tuple(self._cells)

    def cell(self, name: str, domain: Domain, *, initial: int = 0, home: int = 0) -> Cell:
        """Declares one cell, alone on its cache line.

        Args:
            home: the processor whose memory holds the line.
        """
        self._lines += 1
        return self._append(name, domain, initial, home)

    def padded(
        self, name: str, homes: range | tuple[int, ...], domain: Domain, *, initial: int = 0
    ) -> tuple[Cell, ...]:
        """Declares one cell for each of `homes`, in its memory and on its own cache line."""
        return tuple(
            self.cell(f"{name}[{position}]", domain, initial=initial, home=home)
            for position, home in enumerate(homes)
        )

    def packed(
        self,
        name: str,
        count: int,
        domain: Domain,
        *,
        initial: int | tuple[int, ...] = 0,
        home: int = 0,
    ) -> tuple[Cell, ...]:
        """Declares an array whose neighbours share cache lines of sixteen words.

        Args:
            initial: one value for all, or the first values; the others are 0 then.
        """
        cells = []
        for position in range(count):
            if position % 16 == 0:
                self._lines += 1
            value = initial
            if isinstance(value, tuple):
                value = value[position] if position < len(value) else 0
            cells.append(self._append(f"{name}[{position}]", domain, value, home))
        return tuple(cells)

    def _append(self, name: str, domain: Domain, initial: int, home: int) -> Cell:
        require(initial in domain, f"{name} starts at {initial}, outside its domain {domain}")
        cell = Cell(len(self._cells), name, domain, initial, home, self._lines)
        self._cells.append(cell)
        return cell


@dataclass(frozen=True, slots=True)
class Gate:
    """A thread behind this gate moves only while the cell holds one of the allowed values."""

    cell: Cell
    allowed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of the system; `start` makes its coroutine afresh."""

    name: str
    processor: int
    start: Callable[[], Body]
    gates: tuple[Gate, ...] = ()
    is_daemon: bool = False
    """A daemon may wait for ever: it is no deadlock when only daemons are left."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A claim about the memory: `holds(memory)` in every state, or in final ones only."""

    name: str
    holds: Callable[[Memory], bool]


@dataclass(frozen=True, slots=True)
class Event:
    """An observation that threads may make: its name and how many values it carries."""

    name: str
    arity: int


@dataclass(frozen=True, slots=True)
class System:
    """One configuration, ready to run or to be explored; satisfies `port.Configuration`."""

    declared: tuple[Cell, ...]
    running: tuple[Thread, ...]
    claims: tuple[Invariant, ...] = ()
    final_claims: tuple[Invariant, ...] = ()
    vocabulary: tuple[Event, ...] = ()

    def cells(self) -> tuple[Cell, ...]:
        """All cells; a store is a list of values in this order."""
        return self.declared

    def threads(self) -> tuple[Thread, ...]:
        """All threads."""
        return self.running

    def invariants(self) -> tuple[Invariant, ...]:
        """What must hold in every state."""
        return self.claims

    def final_invariants(self) -> tuple[Invariant, ...]:
        """What must hold once every thread but the daemons has finished: no leak, no lost work."""
        return self.final_claims

    def observations(self) -> tuple[Event, ...]:
        """The events that threads may observe, for the alphabet of a specification."""
        return self.vocabulary
