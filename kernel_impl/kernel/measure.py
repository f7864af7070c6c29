"""Measurements: what a call costs, by the number of processors, and over time when it is swapped.

Counts are those of the cost model (`kernel_impl.machine.coherence`), so they say where accesses go
and not how long a real machine would take.

Source: as `kernel_impl.kernel.scaling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.config import Costs
from kernel_impl.errors import require
from kernel_impl.kernel.scaling import BATCH, BEGUN, Swapping, logging, scaling, swapping
from kernel_impl.machine.coherence import Traffic
from kernel_impl.machine.simulator import Machine, Runner
from kernel_impl.steps import Cell, Observation

LINT_DRIVER = True
MOST_STEPS: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost: memory accesses of the whole machine, and its time.

    Attributes:
        contended: accesses that had to wait for a line on the move.
    """

    processors: int
    calls: int
    remote: int
    contended: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Swapped:
    """A run with a swap in the middle.

    Attributes:
        begin: the calls that were done when the swap began; `end`, when it was complete.
        periods: what calls cost, one short period after another.
    """

    begin: int
    end: int
    periods: tuple[Cost, ...]


class _Start:
    """Notes the books of a machine when the last processor begins with the calls that count."""

    def __init__(self, processors: int, done: tuple[Cell, ...]) -> None:
        self.machine: Machine | None = None
        self.missing = processors
        self.done = done
        self.ticks, self.calls, self.traffic = 0, 0, Traffic()

    def watch(self, time: int, _: Runner, event: Observation) -> None:
        if event.name == BEGUN.name and self.machine is not None:
            self.missing -= 1
            if self.missing == 0:
                view = self.machine.view
                self.ticks, self.traffic = time, self.machine.traffic.copy()
                self.calls = BATCH * sum(view.read(cell) for cell in self.done)


def measure(what: str, how: str, processors: int, *, calls: int, seed: int = 1) -> Cost:
    """Measures calls of one object from all processors, after each has warmed up.

    Args:
        calls: of each processor, a multiple of `BATCH`.
    """
    system, done = scaling(what, how, processors, calls)
    start = _Start(processors, done)
    machine = Machine(system, seed=seed, costs=Costs(), watcher=start.watch)
    start.machine = machine
    require(machine.run(MOST_STEPS).is_finished, "every caller finishes")
    traffic = machine.traffic.minus(start.traffic)
    made = BATCH * sum(machine.view.read(cell) for cell in done) - start.calls
    ticks = machine.ticks - start.ticks
    machine.close()
    return Cost(processors, made, traffic.remote, traffic.contended, ticks)


def measure_swap(processors: int, *, batches: int, every: int, seed: int = 1) -> Swapped:
    """Measures calls of a counter that is swapped in the middle.

    Args:
        batches: of each processor.
        every: steps of a period.
    """
    system, pieces = swapping(processors, batches)
    moments: dict[str, int] = {}

    def watch(_: int, __: Runner, event: Observation) -> None:
        if event.name in {"switch_begin", "switch_end"}:
            moments[event.name] = calls_of(machine, pieces)

    machine = Machine(system, seed=seed, costs=Costs(), watcher=watch)
    periods: list[Cost] = []
    calls, traffic, ticks = 0, Traffic(), 0
    is_finished = False
    while not is_finished:
        is_finished = machine.run(every).is_finished
        now = calls_of(machine, pieces)
        added = machine.traffic.minus(traffic)
        periods.append(
            Cost(processors, now - calls, added.remote, added.contended, machine.ticks - ticks)
        )
        calls, traffic, ticks = now, machine.traffic.copy(), machine.ticks
    machine.close()
    return Swapped(moments["switch_begin"], moments["switch_end"], tuple(periods))


def measure_log(events: int, *, is_on: bool) -> Cost:
    """Measures how long it takes to log events of one value, or not to log them."""
    machine = Machine(logging(events, is_on=is_on), seed=1, costs=Costs())
    require(machine.run(MOST_STEPS).is_finished, "the logger finishes")
    traffic, ticks = machine.traffic, machine.ticks
    machine.close()
    return Cost(1, events, traffic.remote, traffic.contended, ticks)


def calls_of(machine: Machine, pieces: Swapping) -> int:
    """Returns how many calls are done."""
    view = machine.view
    return BATCH * sum(view.read(cell) for cell in pieces.done)
