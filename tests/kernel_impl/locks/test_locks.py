"""Every lock against what it promises, and mutants that break the promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.locks.fair import FREE, HELD, Elements, FairBLock
from kernel_impl.locks.interface import NOBODY, Lock, PromisedLock
from kernel_impl.locks.spin import SpinLock
from kernel_impl.locks.ticket import TicketLock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.scenarios.common import meddle
from kernel_impl.scenarios.locks import contenders, fair, lock_system, spin, ticket, unfair
from kernel_impl.steps import await_not, cas, load, observe, store
from kernel_impl.system import Layout, Thread
from tests.kernel_impl.specs import EXCLUSIVE, ORDERED
from tests.support.mini_explorer import explore


def test_spin_lock_excludes() -> None:
    found = explore(spin(threads=3), monitor=EXCLUSIVE)
    assert (found.failure, found.states) == (None, 200)


def test_spin_lock_does_not_keep_order_of_arrival_but_ticket_lock_does() -> None:
    assert explore(ticket(threads=3), monitor=ORDERED).failure is None


def test_fair_lock_excludes_in_order() -> None:
    found = explore(fair(threads=3), monitor=ORDERED)
    assert found.failure is None
    assert found.is_exhaustive


def test_fair_lock_bears_stale_permits() -> None:
    assert explore(fair(threads=3, stale_permits=True), monitor=EXCLUSIVE).failure is None


def test_fair_lock_is_taken_again_and_again() -> None:
    assert explore(fair(threads=2, rounds=3), monitor=ORDERED).failure is None


def test_spinning_before_queueing_changes_nothing_but_the_order() -> None:
    layout = Layout()
    parking = Parking.declare(layout, (0, 1))
    lock = FairBLock.declare(layout, "lock", Elements.declare(layout, parking, (0, 1)), spins=2)
    system = lock_system(layout, contenders(layout, lock, 2, 2))
    assert explore(system, monitor=EXCLUSIVE).failure is None


def test_unfair_lock_bears_stale_permits_when_it_waits_for_the_release() -> None:
    assert explore(unfair(threads=3), monitor=EXCLUSIVE).failure is None


def test_unfair_lock_as_built_is_clean_without_stale_permits_for_two() -> None:
    found = explore(unfair(threads=2, stale_permits=False, as_built=True), monitor=EXCLUSIVE)
    assert found.failure is None


def test_unfair_lock_as_built_pushes_a_node_twice() -> None:
    found = explore(unfair(threads=3, as_built=True)).failure
    assert found is not None
    assert found.text == "a waiter pushes its node only while it is on no stack"


# ------------------------------------------------------------------------------------------ mutants


@dataclass(frozen=True, eq=False)
class TestsAndSetsApart(SpinLock):
    """Another thread can come between the test and the set."""

    __test__ = False

    async def acquire(self, who: Context) -> None:
        while await load(self.word) != 0:
            pass
        await store(self.word, 1)
        await observe("acquire", self.label, who.thread)


@dataclass(frozen=True, eq=False)
class ReadsAndStoresApart(TicketLock):
    """Two threads can draw the same number."""

    async def acquire(self, who: Context) -> None:
        number = await load(self.drawn)
        await store(self.drawn, (number + 1) % self.circle)
        while await load(self.served) != number:
            pass
        await observe("acquire", self.label, who.thread)


@dataclass(frozen=True, eq=False)
class PromisesNothing(PromisedLock):
    """Takes the lock whether it is free or not."""

    async def acquire(self, who: Context) -> None:
        await store(self.is_held, 1)
        await observe("acquire", self.label, who.thread)


@dataclass(frozen=True, eq=False)
class BlocksOnce(FairBLock):
    """Takes any permit for its turn."""

    async def wait_for_turn(self, who: Context, last: int) -> None:
        me = who.thread
        await store(self.next if last == HELD else self.elements.next[last], me)
        await self.elements.parking.block(me)
        await store(self.next, NOBODY)
        if not await cas(self.tail, me, HELD):
            following = await await_not(self.elements.next[me], NOBODY)
            await store(self.next, following)


@dataclass(frozen=True, eq=False)
class ForgetsUnblock(FairBLock):
    """Passes the lock to a thread that sleeps, and lets it sleep."""

    async def release(self, who: Context) -> None:
        if await cas(self.tail, HELD, FREE):
            await observe("release", self.label, who.thread)
            return
        heir = await await_not(self.next, NOBODY)
        await store(self.elements.waiter[heir], NOBODY)
        await observe("release", self.label, who.thread)


@dataclass(frozen=True, eq=False)
class LeavesItselfInTheQueue(FairBLock):
    """The new owner forgets to put the lock in place of its own element."""

    async def wait_for_turn(self, who: Context, last: int) -> None:
        me = who.thread
        await store(self.next if last == HELD else self.elements.next[last], me)
        while await load(self.elements.waiter[me]) != NOBODY:
            await self.elements.parking.block(me)


def declare_spin(layout: Layout) -> Lock:
    return TestsAndSetsApart.declare(layout, "lock")


def declare_ticket(layout: Layout) -> Lock:
    return ReadsAndStoresApart.declare(layout, "lock", threads=2)


def declare_promised(layout: Layout) -> Lock:
    return PromisesNothing.declare(layout, "lock")


def declare_fair(kind: type[FairBLock]) -> Callable[[Layout], Lock]:
    def declare(layout: Layout) -> Lock:
        parking = Parking.declare(layout, (0, 1))
        return kind.declare(layout, "lock", Elements.declare(layout, parking, (0, 1)))

    return declare


def test_fair_lock_that_takes_any_permit_for_its_turn_is_refuted() -> None:
    layout = Layout()
    parking = Parking.declare(layout, (0, 1))
    lock = BlocksOnce.declare(layout, "lock", Elements.declare(layout, parking, (0, 1)))
    threads = contenders(layout, lock, 2, 1)
    meddler = Thread("meddler", 0, partial(meddle, parking, 2))
    found = explore(lock_system(layout, (*threads, meddler)), monitor=EXCLUSIVE).failure
    assert found is not None
    assert found.kind in {"refinement", "contract"}


@pytest.mark.parametrize(
    ("declare", "rounds", "kinds"),
    [
        (declare_spin, 1, {"contract", "refinement"}),
        (declare_ticket, 1, {"contract", "refinement"}),
        (declare_promised, 1, {"contract", "refinement"}),
        (declare_fair(ForgetsUnblock), 1, {"deadlock"}),
        (declare_fair(LeavesItselfInTheQueue), 2, {"deadlock", "contract", "refinement"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_broken_lock_is_refuted(
    declare: Callable[[Layout], Lock], rounds: int, kinds: set[str]
) -> None:
    layout = Layout()
    lock = declare(layout)
    found = explore(
        lock_system(layout, contenders(layout, lock, 2, rounds)), monitor=EXCLUSIVE
    ).failure
    assert found is not None
    assert found.kind in kinds
