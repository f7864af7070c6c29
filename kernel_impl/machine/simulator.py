"""The simulator: N processors run the threads of a system, in virtual time, from a seed.

Each processor has its own time. The processor that is behind all others takes the next step, so the
order of steps is the order of time; a step takes what its memory accesses cost. A processor goes on
with its thread, and changes to another at random now and then (`switch_chance`), as preemption
does. A thread whose gate or guard does not hold waits on the cells that it looked at, and looks
again, at a price, when one is written: spinning on a line that others write costs what it should.

Everything is a function of the system and the seed. There is no event loop and no real time.

Source: K42 os/kernel/exception/DispatchQueue.C chooses what a processor runs; this is the hardware
    below it. Idea of a seeded scheduler: AWS Labs, Shuttle, scheduler/random.rs.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeAlias

from kernel_impl.config import Costs
from kernel_impl.errors import ContractViolation, require
from kernel_impl.machine.clock import Clock, deadline_of
from kernel_impl.machine.coherence import Coherence, Traffic
from kernel_impl.machine.memory import Bus, View
from kernel_impl.steps import Access, Body, Finished, Kind, Observation, resume
from kernel_impl.system import System, Thread

LINT_DRIVER = True
FREE: Final = Costs(hit=0, local=0, remote=0)
RUN: Final = -1
Watcher: TypeAlias = Callable[[int, "Runner", Observation], None]
"""Is told the time, the thread and what it observed."""


@dataclass(slots=True, eq=False)
class Runner:
    """A thread of the machine with its coroutine."""

    number: int
    thread: Thread
    body: Body
    access: Access[Any] | None = None
    is_waiting: bool = False


@dataclass(slots=True)
class Hart:
    """One processor: its time and the threads that it may run."""

    time: int = 0
    ready: list[Runner] = field(default_factory=list)
    is_queued: bool = False


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended."""

    steps: int
    ticks: int
    is_finished: bool
    """Every thread but the daemons has returned."""
    stuck: tuple[str, ...]
    """Threads that wait for ever, if nothing can move any more."""


class Machine:
    """A machine that runs one system."""

    def __init__(
        self,
        system: System,
        *,
        seed: int,
        costs: Costs | None = None,
        clock: Clock | None = None,
        watcher: Watcher | None = None,
        switch_chance: float = 0.02,
    ) -> None:
        self.coherence = Coherence(system.cells(), costs or FREE)
        self.bus = Bus(system, self.coherence if costs else None)
        self._step_cost = costs.step if costs else 1
        self._registers = clock.registers if clock else ()
        self._random = Random(seed)
        self._watcher = watcher
        self._switch_chance = switch_chance
        processors = 1 + max(thread.processor for thread in system.threads())
        self._harts = [Hart() for _ in range(processors)]
        # What comes next: (time, processor, RUN or the number of the thread whose time comes).
        self._queue: list[tuple[int, int, int]] = []
        # Cell index to those who look at it, in order.
        self._waiting: dict[int, dict[Runner, None]] = {}
        self._unfinished = 0
        self.steps = 0
        self.runners = [self._start(n, thread) for n, thread in enumerate(system.threads())]

    @property
    def traffic(self) -> Traffic:
        """The memory traffic so far."""
        return self.coherence.traffic

    @property
    def view(self) -> View:
        """The present values of all cells."""
        return View(self.bus.values)

    @property
    def ticks(self) -> int:
        """The time of the processor that is furthest."""
        return max(hart.time for hart in self._harts)

    def run(self, max_steps: int = 1_000_000) -> RunResult:
        """Runs until every thread but the daemons has returned, nothing moves, or the bound."""
        end = self.steps + max_steps
        while self._unfinished and self.steps < end and self._queue:
            self._step()
        is_stuck = self._unfinished > 0 and not self._queue and self.steps < end
        stuck = tuple(
            r.thread.name for r in self.runners if is_stuck and r.access and not r.thread.is_daemon
        )
        return RunResult(self.steps, self.ticks, self._unfinished == 0, stuck)

    def run_idle(self, max_steps: int = 1_000_000) -> int:
        """Lets the daemons finish what they have to do, and returns the steps it took."""
        begin = self.steps
        while self._queue and self.steps < begin + max_steps:
            self._step()
        return self.steps - begin

    def close(self) -> None:
        """Ends all coroutines that have not returned."""
        for runner in self.runners:
            runner.body.close()

    def _start(self, number: int, thread: Thread) -> Runner:
        runner = Runner(number, thread, thread.start())
        self._unfinished += not thread.is_daemon
        self._advance(runner, None)
        self._make_ready(runner, 0)
        return runner

    def _advance(self, runner: Runner, value: object) -> None:
        """Gives a thread its result and takes note of what it wants next."""
        paused = resume(runner.body, value)
        for mark in paused.marks:
            if self._watcher is not None and isinstance(mark, Observation):
                self._watcher(self._harts[runner.thread.processor].time, runner, mark)
        if isinstance(paused, Finished):
            runner.access = None
            self._unfinished -= not runner.thread.is_daemon
        else:
            runner.access = paused.access

    def _make_ready(self, runner: Runner, time: int) -> None:
        if runner.access is None:
            return
        processor = runner.thread.processor
        hart = self._harts[processor]
        if not hart.ready:
            hart.time = max(hart.time, time)
        hart.ready.append(runner)
        self._enqueue(processor)

    def _enqueue(self, processor: int) -> None:
        hart = self._harts[processor]
        if hart.ready and not hart.is_queued:
            hart.is_queued = True
            heapq.heappush(self._queue, (hart.time, processor, RUN))

    def _step(self) -> None:
        """Lets the processor that is behind all others try one step of one thread."""
        time, processor, alarm = heapq.heappop(self._queue)
        if alarm != RUN:
            self._wake_runner(self.runners[alarm], time)
            return
        hart = self._harts[processor]
        hart.is_queued = False
        runner = self._pick(hart)
        access = runner.access
        require(access is not None, "a thread that has returned is ready")
        assert access is not None
        if self._registers:
            self.bus.values[self._registers[processor].index] = hart.time
        self.bus.begin(processor, hart.time)
        if self._is_enabled(runner, access):
            self._perform(runner, access, hart)
            hart.time += self._step_cost + self.bus.elapsed
            for cell in self.bus.writes:
                self._wake(cell.index, hart.time)
            if runner.access is None:
                hart.ready.remove(runner)
        else:
            hart.time += self.bus.elapsed
            self._wait(runner, access, hart)
        self._enqueue(processor)

    def _pick(self, hart: Hart) -> Runner:
        """Returns the thread to run: the same again, or by chance another; kept at the front."""
        ready = hart.ready
        if len(ready) > 1 and self._random.random() < self._switch_chance:
            other = self._random.randrange(1, len(ready))
            ready[0], ready[other] = ready[other], ready[0]
        return ready[0]

    def _is_enabled(self, runner: Runner, access: Access[Any]) -> bool:
        for gate in runner.thread.gates:
            self.bus.reads.append(gate.cell)
            if self.bus.values[gate.cell.index] not in gate.allowed:
                return False
        return access.is_enabled(self.bus)

    def _perform(self, runner: Runner, access: Access[Any], hart: Hart) -> None:
        self.steps += 1
        try:
            if access.kind is Kind.CHOOSE:
                result: object = self._random.randrange(int(str(access.args[0])))
            else:
                result = access.perform(self.bus)
            self._advance(runner, result)
        except ContractViolation as broken:
            place = f"{runner.thread.name} at tick {hart.time}, step {self.steps}"
            raise ContractViolation(f"{broken} ({place})") from broken

    def _wait(self, runner: Runner, access: Access[Any], hart: Hart) -> None:
        hart.ready.remove(runner)
        runner.is_waiting = True
        deadline = deadline_of(access)
        if deadline is not None:
            alarm = (max(deadline, hart.time), runner.thread.processor, runner.number)
            heapq.heappush(self._queue, alarm)
        for cell in self.bus.reads:
            self._waiting.setdefault(cell.index, {})[runner] = None

    def _wake(self, index: int, time: int) -> None:
        for runner in self._waiting.pop(index, ()):
            self._wake_runner(runner, time)

    def _wake_runner(self, runner: Runner, time: int) -> None:
        if runner.is_waiting:
            runner.is_waiting = False
            self._make_ready(runner, time)
