"""Virtual time: a clock register for each processor, and waiting for a time.

A machine keeps the register of a processor at the ticks that the processor has spent, and moves an
idle processor on to the next time that somebody waits for. An exploration has no time: an *untimed*
clock stands still and a delay is one step of any length, which covers every possible timing.

Source: K42 os/kernel/exception/KernelTimer.H, lib/libc/scheduler/SchedulerTimer.H. Differs: the
    register is per processor and virtual; nothing is said about drift.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from kernel_impl.steps import Access, Cell, Kind, Memory, load, pause
from kernel_impl.system import Layout

FOREVER: Final = 1 << 48
"""No run lasts as many ticks."""


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """The clock registers, which only the driver writes; none when the clock is untimed."""

    registers: tuple[Cell, ...]

    @classmethod
    def declare(cls, layout: Layout, processors: int) -> Clock:
        """Declares one register for each processor."""
        return cls(layout.padded("clock", range(processors), range(FOREVER)))

    @classmethod
    def untimed(cls) -> Clock:
        """Returns the clock of an exploration."""
        return cls(())

    async def now(self, processor: int) -> int:
        """Returns the time; always 0 when untimed, and then no step."""
        if not self.registers:
            return 0
        return await load(self.registers[processor])

    async def delay(self, processor: int, ticks: int) -> None:
        """Waits for some ticks; one step when untimed."""
        if not self.registers:
            await pause()
            return
        now = await load(self.registers[processor])
        await due(self.registers[processor], now + ticks)


def due(register: Cell, deadline: int) -> Access[int]:
    """Waits until a clock register reaches a time."""
    return Access(Kind.LOAD, _read, (register, deadline), _is_due)


def deadline_of(access: Access[Any]) -> int | None:
    """Returns the time that an access waits for, if it waits for time."""
    return access.args[1] if access.guard is _is_due and isinstance(access.args[1], int) else None


def _read(memory: Memory, register: Cell, _: Hashable) -> int:
    return memory.read(register)


def _is_due(memory: Memory, register: Cell, deadline: int) -> bool:
    return memory.read(register) >= deadline
