"""Bugs in generations, table entries, destruction, dynamic update and tracing."""

from __future__ import annotations

from checker.conform.findings import FailureKind
from kernel_impl.adapt import update
from kernel_impl.adapt.flush import Flusher
from kernel_impl.adapt.update import Factory, UpdatableObjects
from kernel_impl.cobj import table
from kernel_impl.cobj.collect import Collector, disabled_begin_dwell
from kernel_impl.cobj.generation import Generations
from kernel_impl.cobj.root import Cleanup, MultiRepRoot
from kernel_impl.cobj.table import DESTROYED, READER, Tables
from kernel_impl.errors import Status
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest
from kernel_impl.steps import (
    Memory,
    atomic,
    await_not,
    cas,
    fetch_add,
    fetch_or,
    load,
    observe,
    store,
    swap,
)
from kernel_impl.trace.buffer import TraceBuffers
from kernel_impl.trace.events import Header, Major
from tests.conformance.bugs import Bug, Patch

# --- generations ----------------------------------------------------------------------------------


def note_generation(memory: Memory, generations: Generations, who: Context, index: int) -> None:
    word = memory.read(generations.word[who.vp])
    memory.write(generations.word[who.vp], word + 1)
    memory.write(generations.active_in[who.thread], 1 + index)


async def activates_in_two_steps(self: Generations, who: Context) -> None:
    word = await load(self.word[who.vp])
    await atomic(note_generation, self, who, word // self.span)
    await observe("activate", who.vp, who.thread)


async def advances_over_the_active(self: Generations, vp: int) -> bool:
    word = await load(self.word[vp])
    current = word // self.span
    old = await swap(self.word[vp], (1 - current) * self.span + self.huge)
    await fetch_add(self.left[vp][current], old % self.span)
    await fetch_add(self.word[vp], -self.huge)
    await fetch_add(self.count[vp], 1)
    return True


async def one_generation_is_enough(self: Generations, vp: int, marker: int) -> bool:
    return await load(self.count[vp]) >= marker + 1


async def counts_before_it_closes(self: Generations, vp: int) -> bool:
    word = await load(self.word[vp])
    current = word // self.span
    await fetch_add(self.count[vp], 1)
    if await load(self.left[vp][1 - current]) != 0:
        return False
    old = await swap(self.word[vp], (1 - current) * self.span + self.huge)
    await fetch_add(self.left[vp][current], old % self.span)
    await fetch_add(self.word[vp], -self.huge)
    return True


# --- table entries --------------------------------------------------------------------------------


async def miss_is_not_counted(self: Tables, ref: int) -> bool:
    word = await load(self.word[ref])
    if word & DESTROYED or await load(self.handler[ref]) == 0:
        return False
    await observe("miss_enter", ref)
    return True


async def exit_of_miss_not_counted(self: Tables, ref: int) -> None:
    await load(self.word[ref])
    await observe("miss_exit", ref)


async def miss_is_counted_in_two_steps(self: Tables, ref: int) -> bool:
    word = await load(self.word[ref])
    if word & DESTROYED or await load(self.handler[ref]) == 0:
        return False
    await store(self.word[ref], word + READER)
    await observe("miss_enter", ref)
    return True


def switch_ignores_misses(word: int) -> bool:
    return word >= 0


async def switch_takes_what_is_pending(self: Tables, ref: int) -> bool:
    while True:
        word = await load(self.word[ref])
        if word & DESTROYED:
            return False
        if await cas(self.word[ref], word, word | 3):
            await observe("switch_enter", ref)
            return True


async def destroy_does_not_wait_for_misses(self: Tables, ref: int) -> Status:
    while True:
        word = await load(self.word[ref])
        if word & DESTROYED:
            return Status.DESTROY_IN_PROGRESS
        if await cas(self.word[ref], word, word | DESTROYED):
            await observe("destroy_enter", ref)
            return Status.OK


async def closed_entry_lets_misses_in(self: Tables, ref: int) -> bool:
    while True:
        word = await load(self.word[ref])
        if await load(self.handler[ref]) == 0:
            return False
        if await cas(self.word[ref], word, word + READER):
            await observe("miss_enter", ref)
            return True


async def rep_is_made_without_the_lock(self: MultiRepRoot, who: Context, ref: int) -> int:
    number = await self.locked_rep(who)
    translated = await load(self.translated)
    if not translated >> who.vp & 1:
        await store(self.translated, translated | 1 << who.vp)
    await self.tables.install(who.vp, ref, number)
    return number


# --- destruction ----------------------------------------------------------------------------------


async def everything_is_local(self: Collector, who: Context, ref: int) -> None:
    await fetch_or(self.lists.new_local[who.vp], 1 << ref)
    await fetch_add(self.outstanding, 1)


async def token_does_not_dwell(self: Collector, who: Context) -> None:
    vp = who.vp
    if not await load(self.has_seen[vp]):
        freed = await atomic(disabled_begin_dwell, self, vp)
        while freed:
            await observe("free", lowest(freed))
            freed &= freed - 1
    await self.locked_end_dwell(who)


async def visit_forgets_the_translation(self: Collector, who: Context, ref: int) -> None:
    vp = who.vp
    to_visit = await load(self.travel.to_visit[ref])
    if to_visit >> vp & 1:
        to_visit &= ~(1 << vp)
        await store(self.travel.to_visit[ref], to_visit)
        root = await load(self.travel.root[ref])
        if to_visit == 0:
            await self.directory.root(root).cleanup(who, Cleanup.START)
        elif await load(self.travel.to_clean[ref]) >> vp & 1:
            await fetch_or(self.lists.here[vp], 1 << root)
    if self.tables.home(ref) == vp and await load(self.travel.is_unclaimed[ref]):
        await store(self.travel.is_unclaimed[ref], 0)
        await fetch_or(self.lists.reclaim[vp], 1 << ref)
    if to_visit or await load(self.travel.is_unclaimed[ref]):
        await fetch_or(self.lists.carried[vp], 1 << ref)


async def last_representative_frees_nothing(
    self: MultiRepRoot, who: Context, command: Cleanup
) -> bool:
    if command is Cleanup.START:
        await store(self.is_starting, 1)
    elif await load(self.is_starting) == 0:
        return False
    mine = 1 << self.cluster(who.vp)
    represented = await load(self.represented)
    if represented & mine:
        await store(self.directory.rep(self.reps[self.cluster(who.vp)]).state, 2)
    # Two processors that clean up at the same time both see the other one's bit.
    await store(self.represented, represented & ~mine)
    if represented == mine:
        await store(self.state, 0)
    return True


# --- update ---------------------------------------------------------------------------------------


async def version_changes_outside_the_lock(
    self: Factory, who: Context, version: int, *, is_lazy: bool = False
) -> Status:
    everything = await atomic(update.count_work, self)
    await self.lock.acquire(who)
    await store(self.version, version)
    await observe("update", version)
    await self.lock.release(who)
    if everything == 0:
        await self.report(who)
    return Status.OK


async def new_object_is_not_listed(self: Factory, who: Context) -> int:
    await self.lock.acquire(who)
    version = await load(self.version)
    root = await self.make_root(who, version)
    ref = int(Status.NO_MEMORY)
    if root > 0:
        ref = await self.collector.allocate(who, root)
        await observe("create", ref, version)
    await self.lock.release(who)
    return ref


async def everybody_reports(self: Factory, who: Context) -> None:
    while True:
        old = await await_not(self.old[who.vp], 0)
        version = await load(self.version)
        while old:
            await self.convert(who, lowest(old), version)
            old &= old - 1
        await store(self.old[who.vp], 0)
        await self.report(who)


async def flush_does_not_wait(self: Flusher, who: Context, ref: int) -> None:
    await self.tables.reset(who.vp, ref)


async def miss_looks_at_stale_once(self: UpdatableObjects, who: Context, ref: int) -> int:
    if await load(self.factory.stale) >> ref & 1:
        await self.convert_stale(who, ref)
    if not await self.tables.read_enter(ref):
        return Status.DELETED
    root = await load(self.tables.handler[ref])
    rep = await self.directory.root(root).handle_miss(who, ref)
    await self.tables.read_exit(ref)
    return rep


# --- tracing --------------------------------------------------------------------------------------


async def commits_before_it_writes(
    self: TraceBuffers, cpu: int, major: Major, minor: int, *payload: int
) -> None:
    length = 1 + len(payload)
    start, time = await self.reserve(cpu, length)
    await self.commit(cpu, start, length)
    position = 0
    while position < len(payload):
        await store(self.word_at(cpu, start + 1 + position), payload[position])
        position += 1
    await store(self.word_at(cpu, start), Header(time, length, 0, major, minor).pack())


async def crosses_the_end(self: TraceBuffers, cpu: int, length: int) -> tuple[int, int]:
    while True:
        old = await load(self.index[cpu])
        if await cas(self.index[cpu], old, old + length):
            await observe("reserve", cpu, old, length)
            return old, 0


async def reserves_in_two_steps(self: TraceBuffers, cpu: int, length: int) -> tuple[int, int]:
    old = await load(self.index[cpu])
    await store(self.index[cpu], old + length)
    await observe("reserve", cpu, old, length)
    return old, 0


async def leaves_the_rest_uncovered(  # noqa: PLR0917  # as the method that it replaces
    self: TraceBuffers, cpu: int, old: int, start: int, length: int, time: int
) -> None:
    following = self.buffer_of(start + length)
    await fetch_add(self.committed[cpu][following], -self.buffer_words)
    await fetch_add(self.produced[cpu], 1)


async def sets_the_count_to_zero(  # noqa: PLR0917  # as the method that it replaces
    self: TraceBuffers, cpu: int, old: int, start: int, length: int, time: int
) -> None:
    await store(self.committed[cpu][self.buffer_of(start + length)], 0)
    if start > old:
        filler = Header(time, start - old, 0, Major.CONTROL, 0).pack()
        await store(self.word_at(cpu, old), filler)
        await self.commit(cpu, old, start - old)
    await fetch_add(self.produced[cpu], 1)


ENTRY = "kernel/cobj/entry_promise.k42"
GENERATIONS = "kernel/cobj/generations_promise.k42"
OBJECT_BUGS = (
    Bug(
        "activates_in_two_steps",
        "generations",
        "generation",
        (Patch(Generations, "activate", activates_in_two_steps),),
        FailureKind.REFINEMENT,
        says="elapsed(0, 3)",
        at=(
            "writer in Generations.locked_has_elapsed: return await load(self.count[vp]) >= "
            "marker + ELAPSED_AFTER"
        ),
    ),
    Bug(
        "advances_over_the_active",
        "generations",
        "generation",
        (Patch(Generations, "locked_advance", advances_over_the_active),),
        FailureKind.REFINEMENT,
        says="elapsed(0, 3)",
        at=(
            "writer in Generations.locked_has_elapsed: return await load(self.count[vp]) >= "
            "marker + ELAPSED_AFTER"
        ),
    ),
    Bug(
        "one_generation_is_enough",
        "generations",
        "generation",
        (Patch(Generations, "locked_has_elapsed", one_generation_is_enough),),
        FailureKind.REFINEMENT,
        says="elapsed(0, 3)",
        at="writer in one_generation_is_enough: return await load(self.count[vp]) >= marker + 1",
    ),
    Bug(
        "counts_before_it_closes",
        "generations",
        "generation",
        (Patch(Generations, "locked_advance", counts_before_it_closes),),
        FailureKind.REFINEMENT,
        says="elapsed(0, 3)",
        at=(
            "writer in Generations.locked_has_elapsed: return await load(self.count[vp]) >= "
            "marker + ELAPSED_AFTER"
        ),
    ),
    Bug(
        "miss_is_not_counted",
        "table entry",
        "interpose",
        (
            Patch(Tables, "read_enter", miss_is_not_counted),
            Patch(Tables, "read_exit", exit_of_miss_not_counted),
        ),
        FailureKind.REFINEMENT,
        says="miss_enter(1)",
        at=(
            "caller1 in miss_is_not_counted: if word & DESTROYED or await "
            "load(self.handler[ref]) == 0:"
        ),
        spec=ENTRY,
    ),
    Bug(
        "miss_is_counted_in_two_steps",
        "table entry",
        "miss",
        (Patch(Tables, "read_enter", miss_is_counted_in_two_steps),),
        FailureKind.CONTRACT,
        says="word[1] := -16 is outside its domain range(0, 48)",
        at="caller2 in Tables.read_exit: before = await fetch_add(self.word[ref], -READER)",
    ),
    Bug(
        "switch_ignores_misses",
        "table entry",
        "interpose",
        (Patch(table, "is_decided_for_switch", switch_ignores_misses),),
        FailureKind.REFINEMENT,
        says="switch_enter(1)",
        at=(
            "observer in Tables.switch_enter: if await cas(self.word[ref], word, word | "
            "SWITCHING | WRITING):"
        ),
        spec=ENTRY,
    ),
    Bug(
        "switch_takes_what_is_pending",
        "table entry",
        "swap",
        (Patch(Tables, "switch_enter", switch_takes_what_is_pending),),
        FailureKind.REFINEMENT,
        says="switch_enter(1)",
        at=(
            "switcher in switch_takes_what_is_pending: if await cas(self.word[ref], word, word | "
            "3):"
        ),
        sizes={"clients": 1, "is_late": True, "destroys": True},
        spec=ENTRY,
    ),
    Bug(
        "destroy_does_not_wait_for_misses",
        "table entry",
        "destroy",
        (Patch(Tables, "destroy_enter", destroy_does_not_wait_for_misses),),
        FailureKind.REFINEMENT,
        says="destroy_enter(1)",
        at=(
            "owner in destroy_does_not_wait_for_misses: if await cas(self.word[ref], word, word "
            "| DESTROYED):"
        ),
        spec=ENTRY,
    ),
    Bug(
        "closed_entry_lets_misses_in",
        "table entry",
        "destroy",
        (Patch(Tables, "read_enter", closed_entry_lets_misses_in),),
        FailureKind.REFINEMENT,
        says="miss_enter(1)",
        at=(
            "reader1 in closed_entry_lets_misses_in: if await cas(self.word[ref], word, word + "
            "READER):"
        ),
        spec=ENTRY,
    ),
    Bug(
        "rep_is_made_without_the_lock",
        "roots",
        "miss",
        (Patch(MultiRepRoot, "handle_miss", rep_is_made_without_the_lock),),
        FailureKind.LEAK,
        says="no call is lost",
        at="caller2 in Generations.deactivate: await atomic(disabled_deactivate, self, who)",
        sizes={"vps": 1, "callers_per_vp": 2},
    ),
    Bug(
        "everything_is_local",
        "destruction",
        "destroy",
        (Patch(Collector, "retire", everything_is_local),),
        FailureKind.INVARIANT,
        says="a free reference is translated nowhere",
        at=(
            "daemon1 in Collector.locked_serve_token: freed = await atomic(disabled_begin_dwell, "
            "self, vp)"
        ),
    ),
    Bug(
        "token_does_not_dwell",
        "destruction",
        "destroy",
        (Patch(Collector, "locked_serve_token", token_does_not_dwell),),
        FailureKind.CONTRACT,
        says="counter.rep_state[1]: a representative is used only while alive",
        at=(
            "reader1 in LocalCounter.call: total = await atomic(add, self.state, self.value, "
            "argument)"
        ),
    ),
    Bug(
        "visit_forgets_the_translation",
        "destruction",
        "destroy",
        (Patch(Collector, "locked_visit", visit_forgets_the_translation),),
        FailureKind.INVARIANT,
        says="a free reference is translated nowhere",
        at=(
            "daemon1 in Collector.locked_serve_token: freed = await atomic(disabled_begin_dwell, "
            "self, vp)"
        ),
    ),
    Bug(
        "destruction_waits_one_generation",
        "destruction",
        "destroy",
        (Patch(Generations, "locked_has_elapsed", one_generation_is_enough),),
        FailureKind.CONTRACT,
        says="counter.rep_state[0]: a representative is used only while alive",
        at=(
            "reader1 in LocalCounter.call: total = await atomic(add, self.state, self.value, "
            "argument)"
        ),
        sizes={"vps": 1},
    ),
    Bug(
        "last_representative_frees_nothing",
        "destruction",
        "destroy",
        (Patch(MultiRepRoot, "cleanup", last_representative_frees_nothing),),
        FailureKind.LEAK,
        says="nothing leaks",
        at="daemon1 in PromisedLock.release: await atomic(leave, self.is_held)",
    ),
    Bug(
        "version_changes_outside_the_lock",
        "dynamic update",
        "update",
        (Patch(Factory, "update", version_changes_outside_the_lock),),
        FailureKind.REFINEMENT,
        says="convert(2, 0)",
        at="thread0 in PromisingFactory.convert: await pause()",
    ),
    Bug(
        "new_object_is_not_listed",
        "dynamic update",
        "update",
        (Patch(Factory, "create", new_object_is_not_listed),),
        FailureKind.REFINEMENT,
        says="update_complete()",
        at="thread1 in Factory.report: await fetch_add(self.completions, 1)",
    ),
    Bug(
        "everybody_reports",
        "dynamic update",
        "update",
        (Patch(Factory, "updater", everybody_reports),),
        FailureKind.REFINEMENT,
        says="update_complete()",
        at="thread0 in Factory.report: await fetch_add(self.completions, 1)",
    ),
    Bug(
        "miss_looks_at_stale_once",
        "lazy update",
        "lazy",
        (Patch(UpdatableObjects, "miss", miss_looks_at_stale_once),),
        FailureKind.LEAK,
        says="no processor translates to the old version",
        at="caller1 in Generations.deactivate: await atomic(disabled_deactivate, self, who)",
        sizes={"callers": 1},
    ),
    Bug(
        "flush_does_not_wait",
        "interposition",
        "interpose",
        (Patch(Flusher, "flush_everywhere", flush_does_not_wait),),
        FailureKind.REFINEMENT,
        says="add(1, 1)",
        at=(
            "caller1 in SharedCounter.call: total = await atomic(add, self.state, self.value, "
            "argument)"
        ),
    ),
    Bug(
        "commits_before_it_writes",
        "tracing",
        "trace",
        (Patch(TraceBuffers, "log", commits_before_it_writes),),
        FailureKind.CONTRACT,
        says="the events of a complete buffer are whole",
        at=(
            "consumer in check_complete: words = await atomic(read_all, log.words[0][: "
            "log.buffer_words])"
        ),
    ),
    Bug(
        "crosses_the_end",
        "tracing",
        "trace",
        (Patch(TraceBuffers, "reserve", crosses_the_end),),
        FailureKind.REFINEMENT,
        says="reserve(0, 2, 3)",
        at="logger1 in crosses_the_end: if await cas(self.index[cpu], old, old + length):",
    ),
    Bug(
        "reserves_in_two_steps",
        "tracing",
        "trace",
        (Patch(TraceBuffers, "reserve", reserves_in_two_steps),),
        FailureKind.REFINEMENT,
        says="reserve(0, 0, 2)",
        at="logger2 in reserves_in_two_steps: await store(self.index[cpu], old + length)",
    ),
    Bug(
        "leaves_the_rest_uncovered",
        "tracing",
        "trace",
        (Patch(TraceBuffers, "cross", leaves_the_rest_uncovered),),
        FailureKind.LEAK,
        says="times do not decrease, and nothing is lost",
        at=(
            "logger2 in TraceBuffers.commit: await "
            "fetch_add(self.committed[cpu][self.buffer_of(start)], length)"
        ),
    ),
    Bug(
        "sets_the_count_to_zero",
        "tracing",
        "trace",
        (Patch(TraceBuffers, "cross", sets_the_count_to_zero),),
        FailureKind.LEAK,
        says="all that was reserved is committed",
        at=(
            "logger2 in TraceBuffers.commit: await "
            "fetch_add(self.committed[cpu][self.buffer_of(start)], length)"
        ),
    ),
)
