"""Bugs in hot swap, scheduling and communication."""

from __future__ import annotations

from checker.conform.findings import FailureKind
from kernel_impl.adapt.mediator import (
    BLOCK,
    TRACKED,
    MediatorRep,
    disabled_begin_block,
    disabled_complete,
    disabled_prolog,
    disabled_unlist,
)
from kernel_impl.adapt.monitor import Decision, Monitor, read_meter
from kernel_impl.adapt.swap import Switch
from kernel_impl.errors import Status, require
from kernel_impl.ipc import ppc
from kernel_impl.ipc.handles import INVALID, NO_ENTRY, HandleTable
from kernel_impl.ipc.message import NOTHING, AsyncBuffer, MessageQueue
from kernel_impl.ipc.ppc import Server
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import EMPTY, appended, lowest
from kernel_impl.sched import dispatcher, processor
from kernel_impl.sched.dispatcher import Dispatchers
from kernel_impl.sched.processor import (
    NOWHERE,
    KernelProcessors,
    disabled_make_ready,
    release_processor,
)
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    await_not,
    fetch_add,
    fetch_or,
    load,
    observe,
    store,
    swap,
)
from tests.conformance.bugs import Bug, Patch

# --- hot swap -------------------------------------------------------------------------------------


async def root_blocks_after_the_test(self: Switch, who: Context) -> bool:
    shared = self.mediator.shared
    await atomic(disabled_begin_block, self.mediator.reps[who.vp])
    if await fetch_add(shared.in_phase, -1) != 1:
        return False
    in_flight = await load(shared.in_flight)
    await shared.phase_lock.acquire(who)
    await store(shared.phase, BLOCK)
    await shared.phase_lock.release(who)
    if in_flight != 0:
        return False
    return await shared.finish_block(who)


async def flush_waits_for_nobody(self: Switch, who: Context, ref: int) -> None:
    await self.collector.tables.reset(who.vp, ref)


async def call_leaves_before_it_is_done(
    self: MediatorRep, who: Context, method: int, argument: int
) -> int:
    decision = await atomic(disabled_prolog, self, who)
    while await load(self.waiting) >> who.thread & 1:
        await self.parking.block(who.thread)
    if decision != TRACKED:
        new = await load(self.shared.new)
        ref = await load(self.ref)
        rep = await self.directory.root(new).handle_miss(who, ref)
        return await self.directory.rep(rep).call(who, method, argument)
    original = await load(self.original)
    await self.epilog(who)
    return await self.directory.rep(original).call(who, method, argument)


async def waiters_are_woken_while_listed(self: Switch, who: Context, ref: int) -> None:
    rep = self.mediator.reps[who.vp]
    await self.collector.tables.reset(who.vp, ref)
    waiting = await atomic(disabled_complete, rep)
    while waiting:
        thread = lowest(waiting)
        waiting &= waiting - 1
        await rep.parking.unblock(thread)
        await atomic(disabled_unlist, rep, thread)


async def mediator_stays_in_the_table(self: Switch, who: Context, ref: int) -> None:
    rep = self.mediator.reps[who.vp]
    waiting = await atomic(disabled_complete, rep)
    while waiting:
        thread = lowest(waiting)
        waiting &= waiting - 1
        await atomic(disabled_unlist, rep, thread)
        await rep.parking.unblock(thread)


# --- monitor --------------------------------------------------------------------------------------


async def monitor_acts_on_the_first_wish(self: Monitor, who: Context) -> None:
    before = await atomic(read_meter, self.watched.meter)
    while True:
        await self.clock.delay(who.vp, self.interval_ticks)
        now = await atomic(read_meter, self.watched.meter)
        wanted = await self.judge(before, now)
        await observe("judged", wanted)
        if wanted != Decision.KEEP:
            await self.act(who, wanted)
        before = now


# --- scheduling -----------------------------------------------------------------------------------


async def sender_looks_before_it_sets(self: KernelProcessors, dispatcher: int, bit: int) -> None:
    place = await load(self.place[dispatcher])
    before = await fetch_or(self.interrupts[dispatcher], 1 << bit)
    await observe("soft_set", dispatcher, bit)
    if before == 0 and place != NOWHERE:
        await fetch_or(self.messages[place - 1], 1 << dispatcher)


async def mover_trusts_old_bits(self: KernelProcessors, dispatcher: int, cpu: int) -> None:
    bits = await load(self.interrupts[dispatcher])
    await store(self.place[dispatcher], 1 + cpu)
    if bits:
        await atomic(disabled_make_ready, self, cpu, dispatcher)
    await observe("attach", dispatcher, cpu)


def early_unblock_leaves_no_permit(
    memory: Memory, dispatchers: Dispatchers, dispatcher: int, thread: int
) -> None:
    parking = dispatchers.parking
    if memory.read(parking.is_blocked[thread]):
        memory.write(parking.is_blocked[thread], 0)
        ready = dispatchers.ready[dispatcher]
        memory.write(ready, appended(memory.read(ready), thread, dispatchers.base))


def yield_ignores_soft_interrupts(
    memory: Memory, kernel: KernelProcessors, dispatcher: int, ready: Cell
) -> int:
    cpu = memory.read(kernel.place[dispatcher]) - 1
    release_processor(memory, kernel, cpu, dispatcher)
    if memory.read(ready) == EMPTY:
        memory.write(kernel.ring[cpu], memory.read(kernel.ring[cpu]) & ~(1 << dispatcher))
    return cpu


# --- communication --------------------------------------------------------------------------------


async def link_is_read_after_the_reply(self: MessageQueue) -> None:
    while True:
        await await_not(self.replies, NOTHING)
        message = await swap(self.replies, NOTHING)
        while message != NOTHING:
            await store(self.waits[message], 0)
            await self.parking.unblock(message)
            message = await load(self.next[message])


def enabling_notifies_nobody(memory: Memory, server: Server) -> None:
    memory.write(server.is_disabled, 0)


async def free_looks_before_it_locks(self: HandleTable, who: Context, handle: int) -> Status:
    entry, number = divmod(handle, self.numbers)
    is_it = await load(self.number[entry]) == number
    if not is_it or await load(self.methods[entry]) == INVALID:
        return Status.DELETED
    await self.lock.acquire(who)
    await self.locked_invalidate(entry, number)
    await self.lock.release(who)
    await fetch_or(self.removed, 1 << entry)
    return Status.OK


async def entries_come_back_at_once(self: HandleTable, who: Context) -> None:
    while True:
        await await_not(self.removed, 0)
        entries = await swap(self.removed, 0)
        while entries:
            await self.push(lowest(entries))
            entries &= entries - 1


async def pops_in_two_steps(self: HandleTable) -> int:
    entry = await load(self.head)
    if entry == NO_ENTRY:
        return NO_ENTRY
    following = await load(self.next[entry])
    await store(self.head, following)
    return entry


async def count_is_read_before_the_limit(self: AsyncBuffer) -> int:
    accepted = await load(self.accepted)
    before = await load(self.delivered)
    now = await load(self.delivered)
    if accepted >= before:
        return NOTHING
    head = await load(self.words[accepted % len(self.words)])
    number, length = divmod(head, 4)
    require(accepted + length <= now, "a message was delivered before it was fetched")
    await store(self.accepted, accepted + length)
    await observe("fetched", number)
    return number


async def room_is_given_before_the_copy(self: AsyncBuffer) -> int:
    before = await load(self.delivered)
    accepted = await load(self.accepted)
    if accepted >= before:
        return NOTHING
    head = await load(self.words[accepted % len(self.words)])
    number, length = divmod(head, 4)
    await store(self.accepted, accepted + length)
    await observe("fetched", number)
    read = 1
    while read < length:
        word = await load(self.words[(accepted + read) % len(self.words)])
        require(word == head, "a message is whole")
        read += 1
    return number


SERVICE_BUGS = (
    Bug(
        "root_blocks_after_the_test",
        "hot swap",
        "mediated",
        (Patch(Switch, "block", root_blocks_after_the_test),),
        FailureKind.DEADLOCK,
        says="client2, switcher",
        at=(
            "client2 in call_inside > Objects.call > MediatorRep.call > Parking.block; switcher "
            "in begin_inside > Switch.wait_done"
        ),
    ),
    Bug(
        "flush_waits_for_nobody",
        "hot swap",
        "swap",
        (Patch(Switch, "flush", flush_waits_for_nobody),),
        FailureKind.CONTRACT,
        says="old.rep_state[0]: a representative is used only while alive",
        at=(
            "client1 in LocalCounter.call: total = await atomic(add, self.state, self.value, "
            "argument)"
        ),
        sizes={"clients": 1},
    ),
    Bug(
        "call_leaves_before_it_is_done",
        "hot swap",
        "mediated",
        (Patch(MediatorRep, "call", call_leaves_before_it_is_done),),
        FailureKind.CONTRACT,
        says="old.rep_state[0]: a representative is used only while alive",
        at=(
            "client1 in LocalCounter.call: total = await atomic(add, self.state, self.value, "
            "argument)"
        ),
        sizes={"clients": 1},
    ),
    Bug(
        "waiters_are_woken_while_listed",
        "hot swap",
        "mediated",
        (Patch(Switch, "leave_processor", waiters_are_woken_while_listed),),
        FailureKind.DEADLOCK,
        says="client1",
        at="client1 in call_inside > Objects.call > MediatorRep.call > Parking.block",
        sizes={"clients": 1},
    ),
    Bug(
        "mediator_stays_in_the_table",
        "hot swap",
        "swap",
        (Patch(Switch, "leave_processor", mediator_stays_in_the_table),),
        FailureKind.LEAK,
        says="no processor translates to the mediator or the old object",
        at="switcher in Switch.wait_done: await await_equal(self.mediator.state, FREE)",
        sizes={"clients": 1},
    ),
    Bug(
        "monitor_acts_on_the_first_wish",
        "monitor",
        "monitor",
        (Patch(Monitor, "daemon", monitor_acts_on_the_first_wish),),
        FailureKind.REFINEMENT,
        says="decided(2)",
        at=(
            "monitor in PromisingMonitor.act: await "
            "store(self.switch.collector.tables.handler[REF], pool[0])"
        ),
    ),
    Bug(
        "sender_looks_before_it_sets",
        "migration",
        "migrate",
        (Patch(KernelProcessors, "interrupt", sender_looks_before_it_sets),),
        FailureKind.LEAK,
        says="no soft interrupt is lost",
        at=(
            "sender0 in sender_looks_before_it_sets: before = await "
            "fetch_or(self.interrupts[dispatcher], 1 << bit)"
        ),
    ),
    Bug(
        "mover_trusts_old_bits",
        "migration",
        "migrate",
        (Patch(KernelProcessors, "attach", mover_trusts_old_bits),),
        FailureKind.LEAK,
        says="no soft interrupt is lost",
        at="mover in mover_trusts_old_bits: await store(self.place[dispatcher], 1 + cpu)",
    ),
    Bug(
        "early_unblock_leaves_no_permit",
        "dispatchers",
        "dispatch",
        (Patch(dispatcher, "disabled_unblock_thread", early_unblock_leaves_no_permit),),
        FailureKind.DEADLOCK,
        says="thread3",
        at="thread3 in pass_turn > Dispatchers.block",
        sizes={"preempts": True},
    ),
    Bug(
        "yield_ignores_soft_interrupts",
        "dispatchers",
        "migrate",
        (Patch(processor, "disabled_yield", yield_ignores_soft_interrupts),),
        FailureKind.LEAK,
        says="no soft interrupt is lost",
        at=(
            "dispatcher1 in KernelProcessors.yield_processor: cpu = await atomic(disabled_yield, "
            "self, dispatcher, ready)"
        ),
    ),
    Bug(
        "link_is_read_after_the_reply",
        "messages",
        "messages",
        (Patch(MessageQueue, "reply_loop", link_is_read_after_the_reply),),
        FailureKind.CONTRACT,
        says="a message is answered by the reply to it",
        at="sender2 in MessageQueue.send: reply = await load(self.content[me])",
        sizes={"rounds": 2},
    ),
    Bug(
        "enabling_notifies_nobody",
        "protected calls",
        "ppc",
        (Patch(ppc, "disabled_enable", enabling_notifies_nobody),),
        FailureKind.DEADLOCK,
        says="client2",
        at="client2 in call_often > Server.call",
    ),
    Bug(
        "free_looks_before_it_locks",
        "object handles",
        "handles",
        (Patch(HandleTable, "free", free_looks_before_it_locks),),
        FailureKind.REFINEMENT,
        says="freed(1, 0)",
        at="owner1 in HandleTable.locked_invalidate: await store(self.methods[entry], INVALID)",
        sizes={"closes": True},
    ),
    Bug(
        "entries_come_back_at_once",
        "object handles",
        "handles",
        (Patch(HandleTable, "reclaim_loop", entries_come_back_at_once),),
        FailureKind.REFINEMENT,
        says="pooled(1)",
        at="reclaimer in HandleTable.push: if await cas(self.head, following, entry):",
    ),
    Bug(
        "pops_in_two_steps",
        "object handles",
        "handles",
        (Patch(HandleTable, "pop", pops_in_two_steps),),
        FailureKind.REFINEMENT,
        says="opened(1, 0, 2)",
        at="owner2 in HandleTable.open: await store(self.methods[entry], methods)",
    ),
    Bug(
        "count_is_read_before_the_limit",
        "asynchronous messages",
        "async",
        (Patch(AsyncBuffer, "fetch", count_is_read_before_the_limit),),
        FailureKind.CONTRACT,
        says="a message was delivered before it was fetched",
        at=(
            "reader in count_is_read_before_the_limit: head = await load(self.words[accepted % "
            "len(self.words)])"
        ),
    ),
    Bug(
        "room_is_given_before_the_copy",
        "asynchronous messages",
        "async",
        (Patch(AsyncBuffer, "fetch", room_is_given_before_the_copy),),
        FailureKind.CONTRACT,
        says="a message is whole",
        at=(
            "reader in room_is_given_before_the_copy: word = await load(self.words[(accepted + "
            "read) % len(self.words)])"
        ),
    ),
)
