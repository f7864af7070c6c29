from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.locks.interface import PromisedLock
from kernel_impl.locks.rw import ReadWriteLock, first_writer
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import EMPTY
from kernel_impl.machine.parking import Parking
from kernel_impl.scenarios.locks import read_once, read_write, write_once
from kernel_impl.steps import load, observe, store
from kernel_impl.system import Layout, System, Thread
from tests.support.mini_explorer import Explored, explore


@pytest.mark.parametrize(("readers", "writers"), [(2, 1), (1, 2), (3, 0)])
def test_writers_are_alone_and_everybody_gets_in(readers: int, writers: int) -> None:
    found = explore(read_write(readers=readers, writers=writers))
    assert found.failure is None
    assert found.is_exhaustive


def test_readers_read_together() -> None:
    together = explore(two_together(ReadWriteLock))
    assert together.failure is None


@dataclass(frozen=True, eq=False)
class WakesNobody(ReadWriteLock):
    """A writer that leaves forgets the readers that wait."""

    async def release_write(self, who: Context) -> None:
        await self.inner.acquire(who)
        await store(self.readers, 0)
        await self.inner.release(who)


@dataclass(frozen=True, eq=False)
class FreesInnerLock(ReadWriteLock):
    """Wakes a writer, but frees the inner lock that was to be the writer's."""

    async def wake(self, thread: int) -> None:
        await store(self.is_waiting[thread], 0)
        await self.parking.unblock(thread)
        await self.inner.release(Context.of(thread, 0))


@dataclass(frozen=True, eq=False)
class IgnoresReaders(ReadWriteLock):
    """A writer that does not look at the readers."""

    async def acquire_write(self, who: Context) -> None:
        await self.inner.acquire(who)
        await store(self.readers, -1)
        await observe("write_acquire", who.thread)
        await self.inner.release(who)


def reader_and_writers(kind: type[ReadWriteLock]) -> System:
    layout = Layout()
    parking = Parking.declare(layout, (0, 1, 2))
    lock = kind.declare(layout, "lock", PromisedLock.declare(layout, "inner"), parking)
    inside = layout.cell("inside", range(-2, 4))
    reader, first, second = (Context.of(n, n - 1) for n in (1, 2, 3))
    return System(
        layout.cells,
        (
            Thread("reader", 0, partial(read_once, lock, reader, inside)),
            Thread("writer1", 1, partial(write_once, lock, first, inside)),
            Thread("writer2", 2, partial(write_once, lock, second, inside)),
        ),
    )


def two_together(kind: type[ReadWriteLock]) -> System:
    layout = Layout()
    parking = Parking.declare(layout, (0, 1))
    lock = kind.declare(layout, "lock", PromisedLock.declare(layout, "inner"), parking)

    async def meet(who: Context) -> None:
        await lock.acquire_read(who)
        await load(lock.readers)
        await lock.release_read(who)

    return System(
        layout.cells,
        tuple(Thread(f"r{n}", n - 1, partial(meet, Context.of(n, n - 1))) for n in (1, 2)),
    )


@pytest.mark.parametrize("kind", [WakesNobody, FreesInnerLock, IgnoresReaders])
def test_broken_lock_is_refuted(kind: type[ReadWriteLock]) -> None:
    found: Explored = explore(reader_and_writers(kind))
    assert found.failure is not None


def test_first_writer_is_found_behind_readers() -> None:
    base = 10
    assert first_writer(2 + 4 * base + 7 * base**2 + 5 * base**3, base) == 7
    assert first_writer(2 + 4 * base, base) == EMPTY
