"""Processors: interrupts that are pending, and code that must not be interrupted.

Each processor has a word of pending interrupt bits, which any processor may set (that is all an
*inter-processor interrupt* is), and a *level*: 0 when interrupts are on, else the number of the
thread that turned them off, or HANDLER while a handler runs. Every thread of the processor stands
behind the gate `level in {0, itself}`, so with interrupts off nobody else moves there. Code that
runs so has the prefix `disabled_`, shares no data with other processors, takes no lock and
never blocks; a plain function with this prefix is one atomic step of its own processor.

Source: K42 os/kernel/exception/ExceptionLocal.H, HWInterrupt.H and MPMsgMgrException.C; kernel
    discipline in doc/Style.sgml.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    atomic_when,
    fetch_or,
    observe,
)
from kernel_impl.system import Gate, Layout

HANDLER: Final = -1
ON: Final = 0
Handler: TypeAlias = Callable[[int, int], Awaitable[None]]
"""Handles the interrupt bits of a processor: `await handler(processor, bits)`."""


@dataclass(frozen=True, slots=True, eq=False)
class Processors:
    """All processors of the machine."""

    count: int
    # Any processor sets bits of `pending`; only its own clears them.
    pending: tuple[Cell, ...]
    # Only code of the processor itself touches `level`.
    level: tuple[Cell, ...]

    @classmethod
    def declare(cls, layout: Layout, count: int, *, threads: int, lines: int = 4) -> Processors:
        """Declares processors.

        Args:
            threads: highest number of a thread that may turn interrupts off.
            lines: number of interrupt bits.
        """
        return cls(
            count,
            layout.padded("pending", range(count), range(1 << lines)),
            layout.padded("level", range(count), range(HANDLER, threads + 1)),
        )

    def gate(self, processor: int, thread: int) -> Gate:
        """Returns the gate behind which a thread of a processor stands."""
        return Gate(self.level[processor], frozenset({ON, thread}))

    async def disable(self, processor: int, thread: int) -> None:
        """Turns interrupts off. The caller is behind its gate, so the level is ON or its own."""
        await atomic(disabled_set_level, self.level[processor], thread)

    async def enable(self, processor: int) -> None:
        """Turns interrupts on again."""
        await atomic(disabled_set_level, self.level[processor], ON)

    async def interrupt(self, target: int, line: int) -> None:
        """Makes an interrupt pending on a processor, the own one included."""
        await fetch_or(self.pending[target], 1 << line)

    async def interrupt_loop(self, processor: int, handler: Handler) -> None:
        """Takes interrupts of one processor for ever; the body of its handler thread."""
        while True:
            bits = await atomic_when(is_interrupted, take_interrupts, self, processor)
            await observe("interrupt", processor, bits)
            await handler(processor, bits)
            await atomic(disabled_set_level, self.level[processor], ON)


def disabled_set_level(memory: Memory, level: Cell, value: int) -> None:
    """Turns interrupts of the own processor on or off."""
    memory.write(level, value)


def is_interrupted(memory: Memory, processors: Processors, processor: int) -> bool:
    """Tells whether an interrupt is to be taken now."""
    return (
        memory.read(processors.level[processor]) == ON
        and memory.read(processors.pending[processor]) != 0
    )


def take_interrupts(memory: Memory, processors: Processors, processor: int) -> int:
    """Enters the handler: takes all pending bits and turns interrupts off, as the hardware does."""
    bits = memory.read(processors.pending[processor])
    memory.write(processors.pending[processor], 0)
    memory.write(processors.level[processor], HANDLER)
    return bits
