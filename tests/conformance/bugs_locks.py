"""Bugs in locks, request counts and parking."""

from __future__ import annotations

from checker.conform.findings import FailureKind
from kernel_impl.locks.block import UnfairBLock
from kernel_impl.locks.fair import HELD, FairBLock
from kernel_impl.locks.interface import NOBODY
from kernel_impl.locks.mcs import McsLock
from kernel_impl.locks.request_count import RequestCount, StoppableCount
from kernel_impl.locks.rw import WRITER, ReadWriteLock, first_writer
from kernel_impl.locks.seq import SequenceLock
from kernel_impl.locks.spin import FREE, SpinLock
from kernel_impl.locks.ticket import TicketLock
from kernel_impl.machine import parking
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import EMPTY, rest
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import (
    Memory,
    await_equal,
    await_not,
    cas,
    fetch_add,
    load,
    observe,
    store,
    swap,
)
from tests.conformance.bugs import Bug, Patch

# --- spin and ticket ------------------------------------------------------------------------------


async def spin_tests_then_sets(self: SpinLock, who: Context) -> None:
    await await_equal(self.word, FREE)
    await store(self.word, 1)
    await observe("acquire", self.label, who.thread)


async def ticket_draws_in_two_steps(self: TicketLock, who: Context) -> None:
    number = await load(self.drawn)
    await store(self.drawn, (number + 1) % self.circle)
    await observe("request", self.label, who.thread)
    await await_equal(self.served, number)
    await observe("acquire", self.label, who.thread)


async def ticket_enters_when_served_changes(self: TicketLock, who: Context) -> None:
    number = await fetch_add(self.drawn, 0)
    await store(self.drawn, (number + 1) % self.circle)
    await observe("request", self.label, who.thread)
    await await_not(self.served, (number + 1) % self.circle)
    await observe("acquire", self.label, who.thread)


# --- MCS ------------------------------------------------------------------------------------------


async def mcs_loses_hand_over(self: McsLock, who: Context) -> None:
    successor = await load(self.next[who.thread])
    if successor == NOBODY:
        await cas(self.tail, who.thread, NOBODY)
        await observe("release", self.label, who.thread)
        return
    await store(self.locked[successor], 0)
    await observe("release", self.label, who.thread)


async def mcs_raises_flag_after_link(self: McsLock, who: Context) -> None:
    me = who.thread
    await store(self.next[me], NOBODY)
    predecessor = await swap(self.tail, me)
    await observe("request", self.label, me)
    if predecessor != NOBODY:
        await store(self.next[predecessor], me)
        await store(self.locked[me], 1)
        await await_equal(self.locked[me], 0)
    await observe("acquire", self.label, me)


async def mcs_clears_link_after_swap(self: McsLock, who: Context) -> None:
    me = who.thread
    predecessor = await swap(self.tail, me)
    await observe("request", self.label, me)
    await store(self.next[me], NOBODY)
    if predecessor != NOBODY:
        await store(self.locked[me], 1)
        await store(self.next[predecessor], me)
        await await_equal(self.locked[me], 0)
    await observe("acquire", self.label, me)


async def mcs_frees_blindly(self: McsLock, who: Context) -> None:
    successor = await load(self.next[who.thread])
    if successor == NOBODY:
        await store(self.tail, NOBODY)
        await observe("release", self.label, who.thread)
        return
    await store(self.locked[successor], 0)
    await observe("release", self.label, who.thread)


# --- blocking locks -------------------------------------------------------------------------------


async def fair_forgets_late_link(self: FairBLock, who: Context, last: int) -> None:
    me = who.thread
    await store(self.next if last == HELD else self.elements.next[last], me)
    while await load(self.elements.waiter[me]) != NOBODY:
        await self.elements.parking.block(me)
    await store(self.next, NOBODY)
    if not await cas(self.tail, me, HELD):
        following = await load(self.elements.next[me])
        await store(self.next, following)


async def fair_wakes_before_it_passes(self: FairBLock, who: Context) -> None:
    if await cas(self.tail, HELD, 0):
        await observe("release", self.label, who.thread)
        return
    heir = await await_not(self.next, NOBODY)
    await self.elements.parking.unblock(heir)
    await store(self.elements.waiter[heir], NOBODY)
    await observe("release", self.label, who.thread)


async def fair_blocks_once(self: FairBLock, who: Context, last: int) -> None:
    me = who.thread
    await store(self.next if last == HELD else self.elements.next[last], me)
    if await load(self.elements.waiter[me]) != NOBODY:
        await self.elements.parking.block(me)
    await store(self.next, NOBODY)
    if not await cas(self.tail, me, HELD):
        following = await await_not(self.elements.next[me], NOBODY)
        await store(self.next, following)


async def unfair_reads_link_too_late(self: UnfairBLock, who: Context) -> None:
    if await cas(self.word, -1, 0):
        await observe("release", self.label, who.thread)
        return
    node = await swap(self.word, 0)
    await observe("release", self.label, who.thread)
    while node not in {NOBODY, -1}:
        if self.waits_for_release:
            await store(self.is_queued[node], 0)
        await self.parking.unblock(node)
        node = await load(self.next[node])


async def unblock_forgets_who_is_awake(self: Parking, thread: int) -> None:
    await store(self.is_blocked[thread], 0)


def block_takes_no_permit(memory: Memory, of: Parking, me: int) -> bool:
    memory.write(of.was_unblocked[me], 0)
    memory.write(of.is_blocked[me], 1)
    return True


# --- readers and writers --------------------------------------------------------------------------


async def reader_looks_at_the_queue_only(self: ReadWriteLock, who: Context) -> None:
    await self.inner.acquire(who)
    queue = await load(self.queue)
    while first_writer(queue, self.base) != EMPTY:
        await self.locked_enqueue(who, queue, 2 * who.thread)
        await self.inner.release(who)
        await self.wait(who)
        await self.inner.acquire(who)
        queue = await load(self.queue)
    readers = await load(self.readers)
    await store(self.readers, max(readers, 0) + 1)
    await observe("read_acquire", who.thread)
    await self.inner.release(who)


async def last_reader_wakes_nobody(self: ReadWriteLock, who: Context) -> None:
    await self.inner.acquire(who)
    readers = await load(self.readers)
    await store(self.readers, readers - 1)
    await observe("read_release", who.thread)
    await self.inner.release(who)


async def waker_unblocks_first(self: ReadWriteLock, thread: int) -> None:
    await self.parking.unblock(thread)
    await store(self.is_waiting[thread], 0)


async def writer_leaves_inner_lock_free(self: ReadWriteLock, who: Context) -> None:
    await self.inner.acquire(who)
    readers = await load(self.readers)
    await store(self.readers, readers - 1)
    await observe("read_release", who.thread)
    queue = await load(self.queue)
    if readers > 1 or queue == EMPTY:
        await self.inner.release(who)
        return
    head = queue % self.base
    await store(self.queue, rest(queue, self.base))
    await self.inner.release(who)
    await self.wake(head // 2)


async def writer_enters_among_readers(self: ReadWriteLock, who: Context) -> None:
    await self.inner.acquire(who)
    if await load(self.readers) == WRITER:
        queue = await load(self.queue)
        await self.locked_enqueue(who, queue, 2 * who.thread + 1)
        await self.inner.release(who)
        await self.wait(who)
    await store(self.readers, WRITER)
    await observe("write_acquire", who.thread)
    await self.inner.release(who)


async def sequence_stays_even(self: SequenceLock, who: Context) -> None:
    await self.writers.acquire(who)


async def sequence_end_alone(self: SequenceLock, who: Context) -> None:
    sequence = await load(self.sequence)
    await store(self.sequence, (sequence + 2) % self.circle)
    await observe("written", who.thread)
    await self.writers.release(who)


async def read_is_always_consistent(self: SequenceLock, begun: int) -> bool:
    await load(self.sequence)
    return begun >= 0


# --- request counts -------------------------------------------------------------------------------


async def shutdown_does_not_wait(self: RequestCount, who: Context) -> bool:
    if await load(self.count) < 0:
        await cas(self.closer, who.thread, NOBODY)
        return False
    await fetch_add(self.count, -self.large)
    await cas(self.closer, who.thread, NOBODY)
    return True


async def refused_request_stays_counted(self: RequestCount, who: Context) -> bool:
    if await fetch_add(self.count, 1) < 0:
        return False
    await observe("enter", who.thread)
    return True


async def request_enters_in_two_steps(self: RequestCount, who: Context) -> bool:
    if await load(self.count) < 0:
        return False
    await fetch_add(self.count, 1)
    await observe("enter", who.thread)
    return True


async def restart_forgets_the_lock(self: StoppableCount, who: Context) -> None:
    await fetch_add(self.requests.count, self.requests.large)
    await observe("restarted", who.thread)


LOCK_BUGS = (
    Bug(
        "spin_tests_then_sets",
        "spin lock",
        "spin",
        (Patch(SpinLock, "acquire", spin_tests_then_sets),),
        FailureKind.REFINEMENT,
        says="acquire(0, 2)",
        at="t2 in spin_tests_then_sets: await store(self.word, 1)",
    ),
    Bug(
        "ticket_draws_in_two_steps",
        "ticket lock",
        "ticket",
        (Patch(TicketLock, "acquire", ticket_draws_in_two_steps),),
        FailureKind.REFINEMENT,
        says="acquire(0, 2)",
        at="t2 in ticket_draws_in_two_steps: await await_equal(self.served, number)",
    ),
    Bug(
        "ticket_enters_when_served_changes",
        "ticket lock",
        "ticket",
        (Patch(TicketLock, "acquire", ticket_enters_when_served_changes),),
        FailureKind.REFINEMENT,
        says="acquire(0, 2)",
        at=(
            "t2 in ticket_enters_when_served_changes: await await_not(self.served, (number + 1) "
            "% self.circle)"
        ),
    ),
    Bug(
        "mcs_loses_hand_over",
        "MCS lock",
        "mcs",
        (Patch(McsLock, "release", mcs_loses_hand_over),),
        FailureKind.DEADLOCK,
        says="t1, t2, t3",
        at=(
            "t1 in cycle > McsLock.acquire; t2 in cycle > McsLock.acquire; t3 in cycle > "
            "McsLock.acquire"
        ),
    ),
    Bug(
        "mcs_raises_flag_after_link",
        "MCS lock",
        "mcs",
        (Patch(McsLock, "acquire", mcs_raises_flag_after_link),),
        FailureKind.DEADLOCK,
        says="t1, t2, t3",
        at=(
            "t1 in cycle > mcs_raises_flag_after_link; t2 in cycle > mcs_raises_flag_after_link; "
            "t3 in cycle > mcs_raises_flag_after_link"
        ),
    ),
    Bug(
        "mcs_clears_link_after_swap",
        "MCS lock",
        "mcs",
        (Patch(McsLock, "acquire", mcs_clears_link_after_swap),),
        FailureKind.DEADLOCK,
        says="t1, t2, t3",
        at=(
            "t1 in cycle > McsLock.release; t2 in cycle > mcs_clears_link_after_swap; t3 in "
            "cycle > mcs_clears_link_after_swap"
        ),
    ),
    Bug(
        "mcs_frees_blindly",
        "MCS lock",
        "mcs",
        (Patch(McsLock, "release", mcs_frees_blindly),),
        FailureKind.REFINEMENT,
        says="acquire(0, 1)",
        at="t1 in McsLock.acquire: predecessor = await swap(self.tail, me)",
    ),
    Bug(
        "fair_forgets_late_link",
        "FairBLock",
        "fair",
        (Patch(FairBLock, "wait_for_turn", fair_forgets_late_link),),
        FailureKind.DEADLOCK,
        says="t2, t3",
        at=(
            "t2 in contend > FairBLock.release; t3 in contend > FairBLock.acquire > "
            "fair_forgets_late_link > Parking.block"
        ),
    ),
    Bug(
        "fair_wakes_before_it_passes",
        "FairBLock",
        "fair",
        (Patch(FairBLock, "release", fair_wakes_before_it_passes),),
        FailureKind.DEADLOCK,
        says="t3",
        at="t3 in contend > FairBLock.acquire > FairBLock.wait_for_turn > Parking.block",
    ),
    Bug(
        "fair_blocks_once",
        "FairBLock",
        "fair",
        (Patch(FairBLock, "wait_for_turn", fair_blocks_once),),
        FailureKind.REFINEMENT,
        says="acquire(0, 1)",
        at="t1 in fair_blocks_once: if not await cas(self.tail, me, HELD):",
        sizes={"stale_permits": True, "threads": 2},
    ),
    Bug(
        "unfair_reads_link_too_late",
        "UnfairBLock",
        "unfair",
        (Patch(UnfairBLock, "release", unfair_reads_link_too_late),),
        FailureKind.CONTRACT,
        says="a waiter pushes its node only while it is on no stack",
        at="t4 in UnfairBLock.acquire: head = await load(self.word)",
        sizes={"threads": 4, "stale_permits": False},
    ),
    Bug(
        "unblock_forgets_who_is_awake",
        "parking",
        "fair",
        (Patch(Parking, "unblock", unblock_forgets_who_is_awake),),
        FailureKind.DEADLOCK,
        says="t3",
        at="t3 in contend > FairBLock.acquire > FairBLock.wait_for_turn > Parking.block",
    ),
    Bug(
        "block_takes_no_permit",
        "parking",
        "fair",
        (Patch(parking, "disabled_block", block_takes_no_permit),),
        FailureKind.DEADLOCK,
        says="t3",
        at="t3 in contend > FairBLock.acquire > FairBLock.wait_for_turn > Parking.block",
    ),
    Bug(
        "reader_looks_at_the_queue_only",
        "reader-writer lock",
        "read_write",
        (Patch(ReadWriteLock, "acquire_read", reader_looks_at_the_queue_only),),
        FailureKind.REFINEMENT,
        says="read_acquire(1)",
        at="r1 in reader_looks_at_the_queue_only: await store(self.readers, max(readers, 0) + 1)",
    ),
    Bug(
        "last_reader_wakes_nobody",
        "reader-writer lock",
        "read_write",
        (Patch(ReadWriteLock, "release_read", last_reader_wakes_nobody),),
        FailureKind.DEADLOCK,
        says="r2, w3",
        at=(
            "r2 in read_once > ReadWriteLock.acquire_read > ReadWriteLock.wait > Parking.block; "
            "w3 in write_once > ReadWriteLock.acquire_write > ReadWriteLock.wait > Parking.block"
        ),
    ),
    Bug(
        "waker_unblocks_first",
        "reader-writer lock",
        "read_write",
        (Patch(ReadWriteLock, "wake", waker_unblocks_first),),
        FailureKind.DEADLOCK,
        says="r2, w3",
        at=(
            "r2 in read_once > ReadWriteLock.acquire_read > PromisedLock.acquire; w3 in "
            "write_once > ReadWriteLock.acquire_write > ReadWriteLock.wait > Parking.block"
        ),
    ),
    Bug(
        "writer_leaves_inner_lock_free",
        "reader-writer lock",
        "read_write",
        (Patch(ReadWriteLock, "release_read", writer_leaves_inner_lock_free),),
        FailureKind.CONTRACT,
        says="a lock is released only while it is held",
        at="w3 in PromisedLock.release: await atomic(leave, self.is_held)",
    ),
    Bug(
        "writer_enters_among_readers",
        "reader-writer lock",
        "read_write",
        (Patch(ReadWriteLock, "acquire_write", writer_enters_among_readers),),
        FailureKind.REFINEMENT,
        says="write_acquire(3)",
        at="w3 in writer_enters_among_readers: await store(self.readers, WRITER)",
    ),
    Bug(
        "sequence_stays_even",
        "sequence lock",
        "sequence",
        (
            Patch(SequenceLock, "write_begin", sequence_stays_even),
            Patch(SequenceLock, "write_end", sequence_end_alone),
        ),
        FailureKind.CONTRACT,
        says="a consistent read is not torn",
        at="reader1 in SequenceLock.is_consistent: return await load(self.sequence) == begun",
    ),
    Bug(
        "read_is_always_consistent",
        "sequence lock",
        "sequence",
        (Patch(SequenceLock, "is_consistent", read_is_always_consistent),),
        FailureKind.CONTRACT,
        says="a consistent read is not torn",
        at="reader1 in read_is_always_consistent: await load(self.sequence)",
    ),
    Bug(
        "shutdown_does_not_wait",
        "RequestCount",
        "shutdown",
        (Patch(RequestCount, "close", shutdown_does_not_wait),),
        FailureKind.REFINEMENT,
        says="shut(2)",
        at="s2 in shutdown_does_not_wait: await cas(self.closer, who.thread, NOBODY)",
    ),
    Bug(
        "refused_request_stays_counted",
        "RequestCount",
        "shutdown",
        (Patch(RequestCount, "enter", refused_request_stays_counted),),
        FailureKind.DEADLOCK,
        says="s3",
        at="s3 in shut_once > RequestCount.shutdown > RequestCount.close > Parking.block",
        sizes={"clients": 2, "closers": 1},
    ),
    Bug(
        "request_enters_in_two_steps",
        "RequestCount",
        "shutdown",
        (Patch(RequestCount, "enter", request_enters_in_two_steps),),
        FailureKind.REFINEMENT,
        says="shut(2)",
        at="s2 in RequestCount.close: await cas(self.closer, who.thread, NOBODY)",
    ),
    Bug(
        "restart_forgets_the_lock",
        "StoppableCount",
        "stop",
        (Patch(StoppableCount, "restart", restart_forgets_the_lock),),
        FailureKind.DEADLOCK,
        says="c1, c2, stopper",
        at=(
            "c1 in use_once > StoppableCount.enter > PromisedLock.acquire; c2 in use_once > "
            "StoppableCount.enter > PromisedLock.acquire; stopper in stop_often > "
            "StoppableCount.stop > PromisedLock.acquire"
        ),
    ),
)
