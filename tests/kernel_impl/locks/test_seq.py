from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kernel_impl.locks.interface import PromisedLock
from kernel_impl.locks.seq import SequenceLock
from kernel_impl.machine.context import Context
from kernel_impl.scenarios.locks import read_pair, sequence, write_pair
from kernel_impl.steps import load
from kernel_impl.system import Layout, System, Thread
from tests.support.mini_explorer import explore


def test_consistent_read_is_never_torn() -> None:
    found = explore(sequence(readers=2, writes=2))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_circle_shorter_than_a_read_lets_a_torn_read_through() -> None:
    found = explore(sequence(circle=2)).failure
    assert found is not None
    assert found.text == "a consistent read is not torn"


@dataclass(frozen=True, eq=False)
class ReadsWhileOdd(SequenceLock):
    """Starts to read while a write is under way."""

    async def read_begin(self) -> int:
        return await load(self.sequence)


def test_reader_that_starts_during_a_write_is_refuted() -> None:
    layout = Layout()
    lock = ReadsWhileOdd.declare(layout, "lock", PromisedLock.declare(layout, "writers"), circle=8)
    halves = (layout.cell("left", range(3)), layout.cell("right", range(3)))
    system = System(
        layout.cells,
        (
            Thread("writer", 0, partial(write_pair, lock, Context.of(1, 0), halves, 2)),
            Thread("reader", 1, partial(read_pair, lock, halves)),
        ),
    )
    found = explore(system).failure
    assert found is not None
    assert found.text == "a consistent read is not torn"
