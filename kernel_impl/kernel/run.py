"""A run: a booted kernel under its workload on a simulated machine, and what came of it.

Everything is a function of the sizes, the load and the seed. While the kernel runs, a watcher keeps
what the consumers of the trace hand on, and notes the memory traffic whenever the watched object
begins or ends a swap; so the periods between can be compared. At the end the daemons are left
alone until the collector has nothing to do any more, and the books are checked.

Source: none in K42; a victim machine and its console are another program there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kernel_impl.cobj.counter import LocalCounter, SharedCounter
from kernel_impl.config import Costs, Sizes
from kernel_impl.kernel.boot import WATCHED, Kernel, boot
from kernel_impl.kernel.log import Heard
from kernel_impl.kernel.workload import Load, loaded
from kernel_impl.machine.coherence import Traffic
from kernel_impl.machine.simulator import Machine, Runner, RunResult
from kernel_impl.steps import Observation
from kernel_impl.trace.reader import TraceEvent, decode, merged, unread_events

LINT_DRIVER = True
MOST_STEPS: Final = 1 << 40
IDLE_SLICE: Final = 1_000
IDLE_SLICES: Final = 200
"""How long the collector may take at the end."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The state of the books at a moment: the time, the calls so far and what they cost."""

    ticks: int
    calls: int
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Period:
    """The time between two swaps of the watched object, or that of a swap."""

    what: str
    begin: Mark
    end: Mark

    @property
    def calls(self) -> int:
        """Calls of the watched object."""
        return self.end.calls - self.begin.calls

    @property
    def traffic(self) -> Traffic:
        """All memory accesses of the machine."""
        return self.end.traffic.minus(self.begin.traffic)


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that is over.

    Attributes:
        claims: what must hold, and whether it does.
        heard: the observations that were asked for.
    """

    threads: int
    cells: int
    result: RunResult
    events: tuple[TraceEvent, ...]
    periods: tuple[Period, ...]
    claims: tuple[tuple[str, bool], ...]
    heard: tuple[Heard, ...]


@dataclass(slots=True)
class Books:
    """What is noted while a kernel runs.

    Attributes:
        wanted: names of the observations to keep.
    """

    kernel: Kernel
    wanted: frozenset[str] = frozenset()
    heard: list[Heard] = field(default_factory=list)
    machine: Machine | None = None
    events: list[TraceEvent] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    last: Mark = field(default_factory=lambda: Mark(0, 0, Traffic()))
    what: str = "shared"

    def watch(self, time: int, runner: Runner, event: Observation) -> None:
        """Is told every observation."""
        if event.name in self.wanted:
            thread = runner.thread
            self.heard.append(Heard(time, thread.processor, thread.name, event.name, event.values))
        match event.name, event.values:
            case "trace", (cpu, _, *words):
                self.events += decode(cpu, words)
            case "switch_begin", (ref,) if ref == WATCHED:
                self.close(time, f"to {self.other}")
            case "switch_end", (ref,) if ref == WATCHED:
                self.close(time, self.what.removeprefix("to "))
            case _:
                pass

    @property
    def other(self) -> str:
        """The implementation that comes next."""
        return "shared" if self.what == "distributed" else "distributed"

    def close(self, time: int, following: str) -> None:
        """Ends a period."""
        assert self.machine is not None
        meter, view = self.kernel.watched.meter, self.machine.view
        calls = sum(view.read(cell) for cell in (*meter.changes, *meter.totals))
        now = Mark(time, calls, self.machine.traffic.copy())
        self.periods.append(Period(self.what, self.last, now))
        self.last, self.what = now, following


def run_kernel(
    sizes: Sizes, load: Load, *, seed: int, wanted: frozenset[str] = frozenset()
) -> Finished:
    """Boots a kernel, runs a workload on it to its end, and checks the books.

    Args:
        wanted: names of the observations to keep.
    """
    kernel = boot(sizes)
    system = loaded(kernel, load)
    books = Books(kernel, wanted)
    clock = kernel.ground.clock
    machine = Machine(system, seed=seed, costs=Costs(), clock=clock, watcher=books.watch)
    books.machine = machine
    result = machine.run(MOST_STEPS)
    books.close(result.ticks, "")
    settle(kernel, machine)
    events = books.events + [
        event
        for cpu in range(sizes.processors)
        for event in unread_events(machine.view, kernel.ground.log, cpu)
    ]
    finished = Finished(
        len(system.threads()),
        len(system.cells()),
        result,
        tuple(merged(events)),
        tuple(books.periods),
        claims_of(kernel, machine, result),
        tuple(books.heard),
    )
    machine.close()
    return finished


def settle(kernel: Kernel, machine: Machine) -> None:
    """Lets the daemons work until the collector is idle; the monitor never is."""
    outstanding = kernel.ground.collector.outstanding
    slices = 0
    while machine.view.read(outstanding) and slices < IDLE_SLICES:
        machine.run_idle(IDLE_SLICE)
        slices += 1
    machine.run_idle(IDLE_SLICE)


def claims_of(kernel: Kernel, machine: Machine, result: RunResult) -> tuple[tuple[str, bool], ...]:
    """Tells what must hold at the end, and whether it does."""
    view, ground = machine.view, kernel.ground
    meter, tables = kernel.watched.meter, ground.collector.tables
    added = sum(view.read(cell) for cell in meter.changes)
    counted = sum(view.read(rep.value) for rep in watched_reps(kernel))
    free = sum(view.read(cell) for cell in ground.collector.lists.free)
    everything = (1 << tables.refs + 1) - 1 & ~(1 | 1 << WATCHED)
    return (
        ("every thread of the workload has finished", result.is_finished),
        (f"all {added:,} additions are counted, through every swap", counted == added),
        (
            "the update of the factory was completed once",
            view.read(kernel.factory.completions) == 1,
        ),
        ("every reference but that of the watched object is free again", free == everything),
    )


def watched_reps(kernel: Kernel) -> tuple[SharedCounter | LocalCounter, ...]:
    """Returns the representatives of every implementation of the watched object."""
    names = ("shared", "spread")
    return tuple(
        rep
        for rep in kernel.ground.collector.directory.reps
        if isinstance(rep, SharedCounter | LocalCounter) and rep.value.name.startswith(names)
    )
