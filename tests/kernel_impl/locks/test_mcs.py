from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.locks.interface import NOBODY
from kernel_impl.locks.mcs import McsLock
from kernel_impl.machine.context import Context
from kernel_impl.scenarios.locks import mcs, mcs_threads
from kernel_impl.steps import await_equal, await_not, cas, load, observe, pause, store, swap
from kernel_impl.system import Layout, System, Thread
from tests.kernel_impl.specs import EXCLUSIVE, ORDERED
from tests.support.mini_explorer import Explored, Monitor, explore

PREDECESSOR = {(McsLock.acquire.__code__, "predecessor"): 0}
"""The benchmark keeps `pred` in a variable; our frame is gone after the acquire."""


@pytest.mark.parametrize(
    ("threads", "states", "transitions"), [(2, 62, 108), (3, 893, 2247), (4, 15_920, 52_544)]
)
def test_live_locals_give_the_counts_of_cleared_locals(
    threads: int, states: int, transitions: int
) -> None:
    # 893 and 15,920: the MCS benchmark lock with dead locals cleared.
    found = explore(mcs(threads), monitor=EXCLUSIVE)
    assert (found.states, found.transitions, found.failure) == (states, transitions, None)


@pytest.mark.parametrize(("threads", "states", "transitions"), [(2, 157, 284), (3, 7147, 19_389)])
def test_registers_give_the_counts_of_the_flat_benchmark(
    threads: int, states: int, transitions: int
) -> None:
    # The same two numbers were found by rumur, TLC and two searches for a flat model.
    found = explore(mcs(threads), registers=PREDECESSOR)
    assert (found.states, found.transitions, found.failure) == (states, transitions, None)


async def flat_benchmark(lock: McsLock, me: int) -> None:
    predecessor = NOBODY
    while True:
        await store(lock.next[me], NOBODY)
        predecessor = await swap(lock.tail, me)
        if predecessor != NOBODY:
            await store(lock.locked[me], 1)
            await store(lock.next[predecessor], me)
            await await_equal(lock.locked[me], 0)
        await pause()
        await release_of_benchmark(lock, me)


async def release_of_benchmark(lock: McsLock, me: int) -> None:
    successor = await load(lock.next[me])
    if successor == NOBODY:
        if await cas(lock.tail, me, NOBODY):
            return
        successor = await await_not(lock.next[me], NOBODY)
    await store(lock.locked[successor], 0)


def test_flat_code_with_all_locals_kept_gives_the_same_counts_without_registers() -> None:
    layout = Layout()
    lock = McsLock.declare(layout, "lock", homes=(0, 1, 2))
    threads = tuple(Thread(f"t{n}", n - 1, partial(flat_benchmark, lock, n)) for n in (1, 2, 3))
    found = explore(System(layout.cells, threads), keeps_locals=True)
    assert (found.states, found.transitions) == (7147, 19_389)


def test_lock_is_taken_in_the_order_of_requests() -> None:
    assert explore(mcs(3), monitor=ORDERED).failure is None


@dataclass(frozen=True, eq=False)
class LosesHandOver(McsLock):
    """Does not wait for a successor that is between its swap and its link."""

    async def release(self, who: Context) -> None:
        successor = await load(self.next[who.thread])
        if successor == NOBODY:
            await cas(self.tail, who.thread, NOBODY)
            await observe("release", self.label, who.thread)
            return
        await store(self.locked[successor], 0)
        await observe("release", self.label, who.thread)


@dataclass(frozen=True, eq=False)
class LinksTooEarly(McsLock):
    """Raises its flag after the link, when the predecessor may have cleared it already."""

    async def acquire(self, who: Context) -> None:
        me = who.thread
        await store(self.next[me], NOBODY)
        predecessor = await swap(self.tail, me)
        await observe("request", self.label, me)
        if predecessor != NOBODY:
            await store(self.next[predecessor], me)
            await store(self.locked[me], 1)
            await await_equal(self.locked[me], 0)
        await observe("acquire", self.label, me)


@dataclass(frozen=True, eq=False)
class ClearsItsNodeTooLate(McsLock):
    """Clears `next` after the swap, and with it perhaps a link that was just made."""

    async def acquire(self, who: Context) -> None:
        me = who.thread
        predecessor = await swap(self.tail, me)
        await observe("request", self.label, me)
        await store(self.next[me], NOBODY)
        if predecessor != NOBODY:
            await store(self.locked[me], 1)
            await store(self.next[predecessor], me)
            await await_equal(self.locked[me], 0)
        await observe("acquire", self.label, me)


@dataclass(frozen=True, eq=False)
class FreesBlindly(McsLock):
    """Clears the tail without looking whether it is still the last."""

    async def release(self, who: Context) -> None:
        successor = await load(self.next[who.thread])
        if successor == NOBODY:
            await store(self.tail, NOBODY)
            await observe("release", self.label, who.thread)
            return
        await store(self.locked[successor], 0)
        await observe("release", self.label, who.thread)


def explore_mutant(kind: type[McsLock], monitor: Monitor) -> Explored:
    layout = Layout()
    lock = kind.declare(layout, "lock", homes=(0, 1, 2))
    return explore(System(layout.cells, mcs_threads(lock, 3)), monitor=monitor)


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (LosesHandOver, "deadlock"),
        (LinksTooEarly, "deadlock"),
        (ClearsItsNodeTooLate, "deadlock"),
        (FreesBlindly, "refinement"),
    ],
)
def test_broken_lock_is_refuted(kind: type[McsLock], failure: str) -> None:
    monitor = ORDERED if kind is FreesBlindly else EXCLUSIVE  # its victim starves, others go on
    found = explore_mutant(kind, monitor).failure
    assert found is not None
    assert found.kind == failure
