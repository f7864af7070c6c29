"""Sizes and switches: what one build of the kernel is made with.

Everything that K42 would allocate comes from a pool whose size stands here. An exploration uses the
smallest sizes that show the mechanism; a running kernel uses `running(processors)`.

`Repairs` says which of the defects that were found in the 2005 tree are repaired. `REPAIRED` is the
kernel; `AS_BUILT` is the same code with the old decisions, so that every defect can be shown.

Source: K42 lib/libc/cobj/sys/COSconsts.h, lib/libc/scheduler/VPSet.H (`VPLimit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices of memory accesses in ticks, and the shape of the memory."""

    processors_per_node: int = 4
    hit: int = 1
    local: int = 30
    remote: int = 100
    step: int = 1
    """What a step costs besides its memory accesses."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of a kernel that runs; what follows from others is a property."""

    processors: int
    makers: int
    """Processors with objects of a factory: the first ones."""
    refs_per_processor: int = 4
    trace_buffers: int = 8
    trace_words: int = 128
    traces: bool = True
    interval_ticks: int = 10_000
    """How often the monitor looks."""
    enough_calls: int = 20
    """Fewer calls than this in an interval prove nothing to it."""
    forever: int = 1 << 40
    """More than anything that is counted in a run."""

    @property
    def refs(self) -> int:
        """References, a part of them at home on each processor."""
        return self.refs_per_processor * self.processors

    @property
    def roots(self) -> int:
        """Roots at most: of the watched object, of both versions of instances, of mediators."""
        return 4 + 3 * self.makers + 1

    @property
    def reps(self) -> int:
        """Representatives at most: one for each root and processor."""
        return self.roots * self.processors


def running(processors: int) -> Sizes:
    """Returns the sizes of a kernel that runs on so many processors."""
    return Sizes(processors, makers=min(processors, 4))


@dataclass(frozen=True, slots=True)
class Repairs:
    """Which known defects are repaired; the letters are those of the dossier."""

    # Hot swapping.
    phase_lock_is_released: bool = True  # A: whoever wins the ticket, the last worker unlocks
    zero_is_tested_again: bool = True  # B: the epilog looks at the counter after the phase
    chains_are_known: bool = True  # C: a call chain is recognised on every processor
    destroy_is_after_unlock: bool = True  # J: a pending destroy waits for the end of the switch
    root_is_read_inside: bool = True  # F, COS-B1: the old root is read after switchEntry
    # Generations.
    marker_is_locked: bool = True  # E: the thread marker is taken under the lock
    # Request counts.
    stop_is_tested_again: bool = True  # RC-1: a woken stopper looks at the count
    loser_is_told: bool = True  # RC-2: the loser of a shutdown never returns 0
    count_is_read_again: bool = True  # RC-3: who is named as the closer looks at the count again
    # Dynamic update.
    updates_are_counted_first: bool = True  # DU-B1, DU-B2
    # Object handles.
    handles_are_numbered: bool = True  # IPC-B1: freeing a handle changes its sequence number


REPAIRED: Final = Repairs()
AS_BUILT: Final = Repairs(
    phase_lock_is_released=False,
    zero_is_tested_again=False,
    chains_are_known=False,
    destroy_is_after_unlock=False,
    root_is_read_inside=False,
    marker_is_locked=False,
    stop_is_tested_again=False,
    loser_is_told=False,
    count_is_read_again=False,
    updates_are_counted_first=False,
    handles_are_numbered=False,
)
