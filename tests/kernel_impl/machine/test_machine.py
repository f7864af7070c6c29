from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.config import Costs
from kernel_impl.errors import ContractViolation, require
from kernel_impl.locks.mcs import McsLock
from kernel_impl.machine.clock import Clock
from kernel_impl.machine.coherence import Coherence, Traffic
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import appended, entries, members, pushed_front, without
from kernel_impl.machine.parking import Parking
from kernel_impl.machine.processor import Processors
from kernel_impl.machine.simulator import Machine, RunResult
from kernel_impl.scenarios.common import contend, occupancy
from kernel_impl.steps import Cell, await_equal, fetch_add, load, observe, pause, store
from kernel_impl.system import BIT, Layout, System, Thread
from tests.support.mini_explorer import Explored, explore


def contended_run(seed: int) -> tuple[RunResult, Traffic, list[tuple[int, str]]]:
    layout = Layout()
    lock = McsLock.declare(layout, "lock", homes=tuple(range(8)))
    inside = occupancy(layout, 8)
    threads = tuple(
        Thread(f"t{n}", n - 1, partial(contend, lock, Context.of(n, n - 1), inside, 20))
        for n in range(1, 9)
    )
    events: list[tuple[int, str]] = []
    machine = Machine(
        System(layout.cells, threads),
        seed=seed,
        costs=Costs(),
        watcher=lambda time, runner, _: events.append((time, runner.thread.name)),
    )
    return machine.run(), machine.traffic, events


def test_run_is_a_function_of_the_seed() -> None:
    assert contended_run(3) == contended_run(3)


def test_run_finishes_and_costs() -> None:
    result, traffic, _ = contended_run(1)
    assert result.is_finished
    assert traffic.remote > 0
    assert traffic.accesses > result.steps / 2


def test_lost_wake_up_is_reported_as_stuck() -> None:
    layout = Layout()
    word = layout.cell("word", BIT)

    async def wait() -> None:
        await await_equal(word, 1)

    machine = Machine(System(layout.cells, (Thread("waiter", 0, wait),)), seed=0)
    assert machine.run().stuck == ("waiter",)
    machine.close()


def test_broken_rule_names_thread_and_time() -> None:
    async def fail() -> None:
        await pause()
        require(condition=False, rule="never")

    machine = Machine(System((), (Thread("culprit", 0, fail),)), seed=0)
    with pytest.raises(ContractViolation, match=r"never \(culprit at tick 0, step 1\)"):
        machine.run()


# --------------------------------------------------------------------------------------- coherence


def cells(count: int, *, homes: tuple[int, ...]) -> tuple[Cell, ...]:
    layout = Layout()
    assert len(homes) == count
    return layout.padded("word", homes, BIT)


def test_own_line_costs_a_hit_and_a_shared_line_a_remote_miss() -> None:
    mine, shared = cells(2, homes=(0, 0))
    memory = Coherence((mine, shared), Costs(processors_per_node=1))
    memory.write(0, mine, 0)
    before = memory.traffic.copy()
    for now in range(1000, 2000, 100):
        memory.write(0, mine, now)
    assert memory.traffic.minus(before) == Traffic(hits=10)
    before = memory.traffic.copy()
    for turn in range(10):
        memory.write(turn % 2, shared, 10_000 * turn)
    assert memory.traffic.minus(before).remote == 9  # the first is local: it is at home


def test_line_on_the_move_makes_others_wait() -> None:
    (word,) = cells(1, homes=(0,))
    memory = Coherence((word,), Costs(processors_per_node=1, remote=100, local=30))
    assert memory.write(1, word, 0) == 100
    assert memory.write(2, word, 10) == 190
    assert (memory.traffic.contended, memory.traffic.waited_ticks) == (1, 90)


def test_readers_share_until_a_write() -> None:
    (word,) = cells(1, homes=(0,))
    memory = Coherence((word,), Costs(processors_per_node=1))
    for processor in (0, 1, 2, 1, 2):
        memory.read(processor, word, 0)
    assert memory.traffic.hits == 2
    memory.write(0, word, 1000)
    assert memory.read(1, word, 2000) == Costs().remote


# ------------------------------------------------------------------------------------------- time


def test_idle_machine_moves_on_to_the_next_deadline() -> None:
    layout = Layout()
    clock = Clock.declare(layout, 2)
    woken = []

    async def sleep(processor: int, ticks: int) -> None:
        await clock.delay(processor, ticks)
        await pause()
        woken.append((processor, await clock.now(processor)))

    system = System(
        layout.cells,
        (Thread("late", 0, partial(sleep, 0, 5000)), Thread("early", 1, partial(sleep, 1, 300))),
    )
    machine = Machine(system, seed=0, clock=clock)
    assert machine.run().is_finished
    assert [processor for processor, _ in woken] == [1, 0]
    assert [time // 100 for _, time in woken] == [3, 50]


def test_untimed_clock_stands_still() -> None:
    clock = Clock.untimed()

    async def sleep() -> None:
        await clock.delay(0, 100)
        assert await clock.now(0) == 0

    assert explore(System((), (Thread("t", 0, sleep),))).states == 2


# -------------------------------------------------------------------------------------- interrupts


@dataclass(frozen=True, eq=False)
class Counted:
    """A counter of one processor that code and an interrupt handler both change."""

    processors: Processors
    count: Cell

    async def handle(self, processor: int, _: int) -> None:
        seen = await load(self.count)
        await store(self.count, seen + 1)
        await observe("handled", processor)

    async def disabled_count(self, *, disables: bool) -> None:
        if disables:
            await self.processors.disable(0, 1)
        else:
            await pause()
        seen = await load(self.count)
        await store(self.count, seen + 1)
        if disables:
            await self.processors.enable(0)

    async def check(self) -> None:
        await await_equal(self.count, 2)

    async def poke(self) -> None:
        await self.processors.interrupt(0, 1)


def interrupted(*, disables: bool) -> Explored:
    layout = Layout()
    processors = Processors.declare(layout, 2, threads=2)
    counted = Counted(processors, layout.cell("count", range(3)))
    gate = processors.gate(0, 1)
    return explore(
        System(
            layout.cells,
            (
                Thread("code", 0, partial(counted.disabled_count, disables=disables), (gate,)),
                Thread("poker", 1, counted.poke),
                Thread("checker", 1, counted.check),
                Thread(
                    "handler",
                    0,
                    partial(processors.interrupt_loop, 0, counted.handle),
                    (processors.gate(0, -1),),
                    is_daemon=True,
                ),
            ),
        )
    )


def test_disabled_code_is_not_interrupted() -> None:
    assert interrupted(disables=True).failure is None


def test_enabled_code_is_interrupted_and_loses_an_update() -> None:
    found = interrupted(disables=False).failure
    assert found is not None
    assert found.text == "checker"


def test_block_and_unblock_commute() -> None:
    layout = Layout()
    parking = Parking.declare(layout, (0, 1))
    turns = layout.cell("turns", range(3))

    async def sleeper() -> None:
        while await load(turns) < 2:
            await parking.block(1)

    async def waker() -> None:
        await fetch_add(turns, 1)
        await parking.unblock(1)
        await fetch_add(turns, 1)
        await parking.unblock(1)

    system = System(layout.cells, (Thread("s", 0, sleeper), Thread("w", 1, waker)))
    assert explore(system).failure is None


def test_waking_before_the_change_loses_the_wake_up() -> None:
    layout = Layout()
    parking = Parking.declare(layout, (0, 1))
    word = layout.cell("word", BIT)

    async def sleeper() -> None:
        while await load(word) == 0:
            await parking.block(1)

    async def waker() -> None:
        await parking.unblock(1)
        await store(word, 1)

    found = explore(System(layout.cells, (Thread("s", 0, sleeper), Thread("w", 1, waker))))
    assert found.failure is not None
    assert found.failure.kind == "deadlock"


def test_queue_in_a_word() -> None:
    queue = appended(appended(appended(0, 3, 5), 1, 5), 3, 5)
    assert list(entries(queue, 5)) == [3, 1, 3]
    assert list(entries(without(queue, 3, 5), 5)) == [1, 3]
    assert list(entries(pushed_front(queue, 2, 5), 5)) == [2, 3, 1, 3]
    assert list(members(0b1011)) == [0, 1, 3]
