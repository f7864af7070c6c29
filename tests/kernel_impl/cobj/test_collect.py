"""Misses and destruction: reps alive when used, everything freed, references come home."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.cobj.collect import Collector
from kernel_impl.cobj.counter import LocalCounter, Method
from kernel_impl.cobj.generation import Generations
from kernel_impl.cobj.root import LIVE, MultiRepRoot
from kernel_impl.errors import Status
from kernel_impl.locks.interface import PromisedLock
from kernel_impl.machine.context import Context
from kernel_impl.machine.simulator import Machine
from kernel_impl.scenarios.cobj import (
    REF,
    Kinds,
    add_once,
    declare_counter,
    destroy,
    miss,
    nothing_lives,
    object_space,
    total,
)
from kernel_impl.steps import fetch_or, load, store
from kernel_impl.system import Layout, System, Thread
from tests.support.mini_explorer import explore


@pytest.mark.parametrize(
    ("vps", "callers", "is_clustered"), [(2, 1, True), (2, 1, False), (1, 3, True), (3, 1, True)]
)
def test_every_first_call_reaches_a_representative(
    vps: int, callers: int, is_clustered: bool
) -> None:
    found = explore(miss(vps=vps, callers_per_vp=callers, is_clustered=is_clustered))
    assert (found.failure, found.is_exhaustive) == (None, True)


@pytest.mark.parametrize(
    ("vps", "readers", "is_clustered"),
    [(1, 2, True), (1, 1, False), (2, 1, True), (2, 1, False)],
)
def test_destroyed_object_is_freed_under_nobody(vps: int, readers: int, is_clustered: bool) -> None:
    found = explore(destroy(vps=vps, readers=readers, is_clustered=is_clustered))
    assert (found.failure, found.is_exhaustive) == (None, True)


@dataclass(frozen=True, eq=False)
class DoesNotWait(Generations):
    """Thinks that everybody has gone at once."""

    async def locked_has_elapsed(self, vp: int, marker: int) -> bool:
        return await load(self.count[vp]) >= marker


@dataclass(frozen=True, eq=False)
class WaitsForOne(Generations):
    """Takes one advance for enough."""

    async def locked_has_elapsed(self, vp: int, marker: int) -> bool:
        return await load(self.count[vp]) >= marker + 1


@dataclass(frozen=True, eq=False)
class TreatsAllAsLocal(Collector):
    """Frees without asking the other processors."""

    async def retire(self, who: Context, ref: int) -> None:
        await fetch_or(self.lists.new_local[who.vp], 1 << ref)


@dataclass(frozen=True, eq=False)
class LeavesEntries(Collector):
    """Visits without resetting the local entry."""

    async def locked_visit(self, who: Context, ref: int) -> None:
        handler = await load(self.tables.handler[ref])
        entry = await load(self.tables.local[who.vp][ref])
        await super().locked_visit(who, ref)
        if handler and entry:
            await self.tables.install(who.vp, ref, entry)


@pytest.mark.parametrize(
    ("kinds", "vps", "readers"),
    [
        (Kinds(generations=DoesNotWait), 1, 1),
        (Kinds(generations=WaitsForOne), 1, 2),
        (Kinds(collector=TreatsAllAsLocal), 2, 1),
        (Kinds(collector=LeavesEntries), 2, 1),
    ],
)
def test_broken_destruction_is_refuted(kinds: Kinds, vps: int, readers: int) -> None:
    assert explore(destroy(vps=vps, readers=readers, kinds=kinds)).failure is not None


@pytest.mark.parametrize("seed", range(6))
def test_destruction_on_more_processors_frees_everything(seed: int) -> None:
    system = destroy(vps=5, readers=10, advances=1000)
    machine = Machine(system, seed=seed, switch_chance=0.3)
    assert machine.run().is_finished
    machine.run_idle()
    assert [
        claim.name for claim in system.final_invariants() if not claim.holds(machine.view)
    ] == []
    machine.close()


def test_reference_is_used_again_by_its_home() -> None:
    layout = Layout()
    space = object_space(layout, vps=2, threads=2, refs=4, free=0b11110)
    got = []

    async def take(vp: int) -> None:
        for_good = Context.of(vp + 1, vp)
        first = await space.collector.allocate(for_good, 1)
        second = await space.collector.allocate(for_good, 1)
        third = await space.collector.allocate(for_good, 1)
        got.append((vp, first, second, third))

    machine = Machine(
        System(layout.cells, tuple(Thread(f"t{vp}", vp, partial(take, vp)) for vp in (0, 1))),
        seed=1,
    )
    assert machine.run().is_finished
    assert sorted(got) == [(0, 2, 4, Status.NO_MEMORY), (1, 1, 3, Status.NO_MEMORY)]


def test_cluster_shares_a_representative() -> None:
    layout = Layout()
    space = object_space(layout, vps=4, threads=4, reps=2)
    counters = LocalCounter.declare_all(layout, "counter", vps=2, limit=4)
    reps = tuple(space.directory.add_rep(counter) for counter in counters)
    lock = PromisedLock.declare(layout, "root_lock")
    root = space.directory.add_root(
        MultiRepRoot.declare(
            layout,
            "root",
            space.tables,
            space.directory,
            reps=reps,
            lock=lock,
            cluster_vps=2,
        )
    )

    async def boot() -> None:
        await store(space.tables.handler[REF], root)

    threads = [Thread("boot", 0, boot)]
    threads += [
        Thread(f"t{vp}", vp, partial(add_once, space, Context.of(vp + 1, vp))) for vp in (0, 1, 2)
    ]
    machine = Machine(System(layout.cells, tuple(threads)), seed=0)
    assert machine.run().is_finished
    assert [machine.view.read(counter.value) for counter in counters] == [2, 1]
    assert [machine.view.read(counter.state) for counter in counters] == [LIVE, LIVE]


def test_call_after_destruction_is_refused() -> None:
    layout = Layout()
    space = object_space(layout, vps=1, threads=3)
    root = declare_counter(space, is_clustered=False, limit=3)
    results = []

    async def run() -> None:
        me = Context.of(1, 0)
        await store(space.tables.handler[REF], root)
        await space.generations.activate(me)
        results.append(await space.objects.call(me, REF, Method.ADD, 1))
        await space.generations.deactivate(me)
        results.append(await space.collector.destroy(me, REF))
        await space.collector.wait_idle()
        results.append(await space.objects.call(me, REF, Method.ADD, 1))

    threads = (
        Thread("run", 0, run),
        Thread("daemon", 0, partial(space.collector.daemon, Context.of(2, 0)), is_daemon=True),
    )
    machine = Machine(System(layout.cells, threads), seed=0)
    assert machine.run().is_finished
    assert results == [1, Status.OK, Status.DELETED]
    assert nothing_lives(machine.view, space)
    assert total(machine.view, space) == 1
    machine.close()
