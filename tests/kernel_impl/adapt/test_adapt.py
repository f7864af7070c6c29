"""Interposition, dynamic update and the monitor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.adapt.flush import Flusher
from kernel_impl.adapt.interpose import Arbiter
from kernel_impl.adapt.monitor import Decision, decide
from kernel_impl.adapt.transfer import NO_FORMAT, SwappableSharedCounter, common_format
from kernel_impl.adapt.update import Factory
from kernel_impl.cobj.counter import SharedCounter
from kernel_impl.cobj.root import SingleRepRoot
from kernel_impl.errors import Status
from kernel_impl.locks.interface import PromisedLock
from kernel_impl.machine.context import Context
from kernel_impl.machine.simulator import Machine
from kernel_impl.scenarios.adapt import repairs_without
from kernel_impl.scenarios.cobj import REF, add_once, declare_counter, object_space, total
from kernel_impl.steps import load, pause, store
from kernel_impl.system import Invariant, Layout, System, Thread
from tests.support.mini_explorer import explore

# ---------------------------------------------------------------------------------- interposition


def captured(callers: int) -> tuple[System, Arbiter]:
    layout = Layout()
    threads = callers + 4
    space = object_space(layout, vps=2, threads=threads, roots=2, reps=3)
    root = declare_counter(space, is_clustered=False, limit=callers)
    flusher = Flusher.declare(layout, space.tables, PromisedLock.declare(layout, "flush_lock"))
    arbiter = Arbiter.declare(
        layout, "arbiter", space.collector, flusher, roots=2, calls=2 * callers
    )
    number = space.directory.add_root(arbiter)

    async def observe_for_a_while() -> None:
        me = Context.of(threads, 0)
        await store(space.tables.handler[REF], root)
        await arbiter.capture(me, REF, number)
        await arbiter.release(me, REF)

    running = [Thread("observer", 0, observe_for_a_while)]
    running += [
        Thread(f"c{n}", n % 2, partial(add_once, space, Context.of(n, n % 2)))
        for n in range(1, callers + 1)
    ]
    running += [
        Thread(
            f"f{vp}", vp, partial(flusher.daemon, Context.of(callers + 1 + vp, vp)), is_daemon=True
        )
        for vp in (0, 1)
    ]
    handler = space.tables.handler[REF]
    claims = (
        Invariant("no call is lost", lambda memory: total(memory, space) == callers),
        Invariant("the object has its root again", lambda memory: memory.read(handler) == root),
    )
    return System(layout.cells, tuple(running), final_claims=claims), arbiter


def test_interposed_object_loses_no_call() -> None:
    found = explore(captured(callers=1)[0])
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_arbiter_sees_calls_while_it_stands_before_the_object() -> None:
    seen = []
    for seed in range(10):
        system, arbiter = captured(callers=6)
        machine = Machine(system, seed=seed, switch_chance=0.5)
        assert machine.run().is_finished
        seen.append(sum(machine.view.read(rep.calls) for rep in arbiter.reps))
        machine.close()
    assert max(seen) > 0


# ------------------------------------------------------------------------------------------ update


@dataclass(frozen=True, eq=False)
class CountingFactory(Factory):
    """A factory whose conversions are one silent step: only the counting is explored."""

    async def convert(self, who: Context, ref: int, version: int) -> None:
        await pause()


def counted_update(faults: str, instances: tuple[int, int]) -> System:
    layout = Layout()
    repairs = repairs_without("")
    if faults:
        repairs = type(repairs)(updates_are_counted_first=False)
    space = object_space(layout, vps=2, threads=3, refs=4, repairs=repairs)
    flusher = Flusher.declare(layout, space.tables, PromisedLock.declare(layout, "flush_lock"))
    factory = CountingFactory.declare(
        layout,
        "factory",
        space.collector,
        flusher,
        switches=(),
        pools=((), ()),
        lock=PromisedLock.declare(layout, "lock"),
    )

    async def update() -> None:
        await store(factory.instances[0], instances[0])
        await store(factory.instances[1], instances[1])
        await factory.update(Context.of(3, 0), 1)

    running = [Thread("update", 0, update)]
    running += [
        Thread(f"u{vp}", vp, partial(factory.updater, Context.of(vp + 1, vp)), is_daemon=True)
        for vp in (0, 1)
    ]
    return System(
        layout.cells,
        tuple(running),
        final_claims=(
            Invariant(
                "completion is reported once", lambda memory: memory.read(factory.completions) == 1
            ),
        ),
    )


@pytest.mark.parametrize("instances", [(0b10100, 0b01010), (0b00100, 0), (0, 0)])
def test_completion_of_an_update_is_reported_once(instances: tuple[int, int]) -> None:
    found = explore(counted_update("", instances))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_update_that_counts_late_reports_twice() -> None:
    found = explore(counted_update("late", (0b00100, 0b00010))).failure
    assert found is not None
    assert found.text == "completion is reported once"


def test_version_goes_up_by_one() -> None:
    layout = Layout()
    space = object_space(layout, vps=1, threads=1, refs=2)
    factory = Factory.declare(
        layout,
        "factory",
        space.collector,
        Flusher.declare(layout, space.tables, PromisedLock.declare(layout, "flush_lock")),
        switches=(),
        pools=((), (), ()),
        lock=PromisedLock.declare(layout, "lock"),
    )
    outcomes: list[int] = []

    async def run() -> None:
        me = Context.of(1, 0)
        outcomes.append(await factory.update(me, 2))
        outcomes.append(await factory.update(me, 1))
        outcomes.append(await factory.update(me, 1))
        outcomes.append(await load(factory.version))

    assert Machine(System(layout.cells, (Thread("t", 0, run),)), seed=0).run().is_finished
    assert outcomes == [Status.INVALID, Status.OK, Status.INVALID, 1]


# ----------------------------------------------------------------------------- transfer and monitor


def test_formats_are_negotiated_before_anything_is_changed() -> None:
    layout = Layout()
    space = object_space(layout, vps=1, threads=1)
    counter = SharedCounter.declare(layout, "counter", limit=1)
    rep = space.directory.add_rep(counter)
    root = SingleRepRoot.declare(layout, "root", space.tables, space.directory, rep)
    gives, takes = 0b110, 0b101
    giver = SwappableSharedCounter(root, counter, exports=gives)
    taker = SwappableSharedCounter(root, counter, imports=takes)
    assert common_format(giver, taker) == 2
    assert common_format(giver, SwappableSharedCounter(root, counter, imports=1)) == NO_FORMAT


@pytest.mark.parametrize(
    ("changes", "totals", "is_spread", "decision"),
    [
        ((50, 50, 0), 1, False, Decision.SPREAD),
        ((100, 0, 0), 1, False, Decision.KEEP),
        ((5, 5, 0), 0, False, Decision.KEEP),
        ((50, 50, 0), 90, False, Decision.KEEP),
        ((50, 50, 0), 1, True, Decision.KEEP),
        ((10, 10, 0), 90, True, Decision.GATHER),
    ],
)
def test_monitor_decides_by_use(
    changes: tuple[int, ...], totals: int, is_spread: bool, decision: Decision
) -> None:
    assert decide(changes, totals, is_spread=is_spread, enough=20) is decision
