"""Words: the store of a machine, seen by one processor at a time.

The bus performs the reads and writes of one step: it checks domains, charges the cost model, and
remembers which cells a step read (to know what a waiting thread waits for) and wrote (to know whom
to look at again). It is part of a driver; kernel code sees only the `Memory` protocol.

Source: K42 lib/libc/sync/arch/powerpc/atomic.h (aligned words are single-copy atomic).
"""

from __future__ import annotations

from kernel_impl.machine.coherence import Coherence
from kernel_impl.steps import Cell, check_domain
from kernel_impl.system import System

LINT_DRIVER = True


class Bus:
    """The memory during the steps of a machine; satisfies `steps.Memory`."""

    def __init__(self, system: System, coherence: Coherence | None) -> None:
        self.values = [cell.initial for cell in system.cells()]
        self._coherence = coherence
        # The step that is being performed.
        self._processor = 0
        self._now = 0
        self.elapsed = 0
        self.reads: list[Cell] = []
        self.writes: list[Cell] = []

    def begin(self, processor: int, now: int) -> None:
        """Starts a step of a processor at a time."""
        self._processor, self._now, self.elapsed = processor, now, 0
        self.reads.clear()
        self.writes.clear()

    def read(self, cell: Cell) -> int:
        """Returns a value and charges a read."""
        if self._coherence is not None:
            at = self._now + self.elapsed
            self.elapsed += self._coherence.read(self._processor, cell, at)
        self.reads.append(cell)
        return self.values[cell.index]

    def write(self, cell: Cell, value: int) -> None:
        """Changes a value and charges a write."""
        check_domain(cell, value)
        if self._coherence is not None:
            at = self._now + self.elapsed
            self.elapsed += self._coherence.write(self._processor, cell, at)
        self.writes.append(cell)
        self.values[cell.index] = value


class View:
    """The values of a store for looking only: invariants, reports, tests."""

    def __init__(self, values: list[int]) -> None:
        self._values = values

    def read(self, cell: Cell) -> int:
        """Returns the value of a cell without charging anybody."""
        return self._values[cell.index]

    def write(self, cell: Cell, value: int) -> None:
        """Refuses: a view changes nothing."""
        raise TypeError(f"{cell.name} := {value} through a view")
