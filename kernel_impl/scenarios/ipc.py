"""Communication: protected calls, handles that are made and freed, messages.

Source: K42 os/kernel/exception/ExceptionLocal.C, lib/libc/cobj/XHandleTrans.C,
    lib/libc/sync/MPMsgMgr.C, os/kernel/sys/Dispatcher.H.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from kernel_impl.cobj.generation import EVENTS as GENERATION_EVENTS
from kernel_impl.cobj.generation import Generations, PromisedGenerations
from kernel_impl.config import REPAIRED
from kernel_impl.errors import require
from kernel_impl.ipc.handles import EVENTS as HANDLE_EVENTS
from kernel_impl.ipc.handles import Grant, HandleTable, Rights
from kernel_impl.ipc.message import EVENTS as MESSAGE_EVENTS
from kernel_impl.ipc.message import NOTHING, AsyncBuffer, MessageQueue
from kernel_impl.ipc.ppc import EVENTS as CALL_EVENTS
from kernel_impl.ipc.ppc import Server
from kernel_impl.locks.interface import PromisedLock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.scenarios.common import LOCK_EVENTS, each_on_its_own, numbers
from kernel_impl.steps import Cell, Memory, atomic, await_not, choose, fetch_add, load
from kernel_impl.system import Invariant, Layout, System, Thread


@dataclass(frozen=True, slots=True)
class IpcKinds:
    """The classes to build from; a test puts a broken one in its place."""

    server: type[Server] = Server
    handles: type[HandleTable] = HandleTable
    queue: type[MessageQueue] = MessageQueue
    buffer: type[AsyncBuffer] = AsyncBuffer


def promised_generations(layout: Layout, threads: int) -> PromisedGenerations:
    """Declares generations of one processor as their specification has them."""
    real = Generations.declare(
        layout,
        vps=1,
        threads=threads,
        activations=threads,
        advances=1,
        locks=(PromisedLock.declare(layout, "gen_lock"),),
    )
    return PromisedGenerations.declare_over(layout, real)


# ---------------------------------------------------------------------------------- protected calls


def ppc(
    clients: int = 2,
    workers: int = 1,
    calls: int = 2,
    *,
    is_remote: bool = False,
    replies_twice: bool = False,
    as_built: bool = False,
    kinds: IpcKinds | None = None,
) -> System:
    """Protected calls: every call runs once and gets its own answer, refused or not.

    Args:
        is_remote: the first client calls from another processor.
        replies_twice: the server may answer once more than it was asked.
        as_built: replies are checked against the process only (IPC-B5).
    """
    layout = Layout()
    threads = clients + workers
    server = (kinds or IpcKinds()).server.declare(
        layout,
        "server",
        clients=clients,
        arguments=range(2 * calls + 2),
        circle=calls + 1,
        numbers_calls=not as_built,
    )
    generations = promised_generations(layout, threads)
    ran = layout.cell("ran", range(clients * calls + 1))
    method = partial(add_one_twice, server, ran) if replies_twice else partial(add_one, ran)

    def client(n: int) -> Thread:
        far = is_remote and n == 1
        calling = partial(call_often, server, Context.of(n, 0), calls, is_remote=far)
        return Thread(f"client{n}", 0, calling)

    def worker(n: int) -> Thread:
        working = partial(server.worker, Context.of(n, 0), generations, method)
        return Thread(f"worker{n}", 0, working, is_daemon=True)

    running = [client(n) for n in numbers(clients)]
    running += [worker(n) for n in numbers(threads)[clients:]]
    if is_remote:
        running.append(Thread("acceptor", 0, server.accept_loop, is_daemon=True))

    def all_ran(memory: Memory) -> bool:
        return memory.read(ran) == clients * calls

    return System(
        layout.cells,
        tuple(running),
        (),
        (Invariant("every call has run once", all_ran),),
        (*CALL_EVENTS, *GENERATION_EVENTS),
    )


async def call_often(server: Server, who: Context, calls: int, *, is_remote: bool) -> None:
    """Calls some times, each time with another argument, and checks the answers."""
    done = 0
    while done < calls:
        if is_remote:
            answer = await server.call_remotely(who, done)
        else:
            answer = await server.call(who, done)
        require(answer == done + 1, "a call is answered by the answer to it")
        done += 1


async def add_one(ran: Cell, who: Context, client: int, argument: int) -> int:
    """The method: counts that it ran, and returns one more than it was given."""
    await fetch_add(ran, 1)
    return argument + 1


async def add_one_twice(server: Server, ran: Cell, who: Context, client: int, argument: int) -> int:
    """The method, by a server that also answers the last call of the client again, or does not."""
    await fetch_add(ran, 1)
    if await choose(2):
        number = await load(server.number[client])
        await server.reply(client, (number - 1) % server.circle, argument)
    return argument + 1


# ------------------------------------------------------------------------------------------ handles


def handles(
    threads: int = 2,
    entries: int = 2,
    rounds: int = 1,
    *,
    as_built: bool = False,
    closes: bool = False,
    kinds: IpcKinds | None = None,
) -> System:
    """Object handles: an entry has one owner at a time, and a call runs in its own object.

    Args:
        as_built: freeing a handle does not change its number (IPC-B1).
        closes: somebody closes the first object meanwhile.
    """
    layout = Layout()
    count = threads + 2
    generations = promised_generations(layout, count)
    table = (kinds or IpcKinds()).handles.declare(
        layout,
        generations,
        PromisedLock.declare(layout, "handle_lock"),
        entries=entries,
        objects=threads,
        pids=2,
        numbers=threads * rounds + 1,
        repairs=replace(REPAIRED, handles_are_numbered=not as_built),
    )
    given = layout.cell("given", range((threads * rounds + 1) * (entries + 1)))
    given_target = layout.cell("given_target", range(threads + 1))
    running = [
        Thread(
            f"owner{n}",
            0,
            partial(own_handle, table, Context.of(n, 0), (given, given_target), rounds),
        )
        for n in numbers(threads)
    ]
    caller, reclaimer = Context.of(threads + 1, 0), Context.of(threads + 2, 0)
    running.append(Thread("caller", 0, partial(use_handle, table, caller, (given, given_target))))
    running.append(Thread("reclaimer", 0, partial(table.reclaim_loop, reclaimer), is_daemon=True))
    if closes:
        running.append(Thread("closer", 0, partial(close_first, table, caller)))
    return System(
        layout.cells,
        tuple(running),
        vocabulary=(*HANDLE_EVENTS, *GENERATION_EVENTS, *LOCK_EVENTS),
    )


async def own_handle(
    table: HandleTable, who: Context, given: tuple[Cell, Cell], rounds: int
) -> None:
    """Makes a handle for its own object, hands the first one out, and frees it."""
    done = 0
    while done < rounds:
        await table.generations.activate(who)
        handle = await table.open(who, who.thread, Grant(1, Rights.READ))
        if handle > 0:
            await atomic(hand_out, given, handle, who.thread)
            await table.free(who, handle)
        await table.generations.deactivate(who)
        done += 1


def hand_out(memory: Memory, given: tuple[Cell, Cell], handle: int, target: int) -> None:
    """Gives a handle away, if none was given yet."""
    if memory.read(given[0]) == 0:
        memory.write(given[0], handle)
        memory.write(given[1], target)


async def use_handle(table: HandleTable, who: Context, given: tuple[Cell, Cell]) -> None:
    """Calls with the handle that was handed out, twice, whether it is still valid or not."""
    await await_not(given[0], 0)
    called = 0
    while called < 2:
        await table.generations.activate(who)
        handle = await load(given[0])
        target = await table.validate(handle, 0, 1, Rights.READ)
        if target > 0:
            meant = await load(given[1])
            require(target == meant, "a call runs in the object of its handle or nowhere")
        await table.generations.deactivate(who)
        called += 1


async def close_first(table: HandleTable, who: Context) -> None:
    """Closes the first object."""
    await table.close(who, 1)


# ----------------------------------------------------------------------------------------- messages


def messages(senders: int = 2, rounds: int = 1, *, kinds: IpcKinds | None = None) -> System:
    """Synchronous messages: each is handled once, and not touched when its sender has gone on."""
    layout = Layout()
    parking = Parking.declare(layout, each_on_its_own(senders))
    queue = (kinds or IpcKinds()).queue.declare(
        layout, "queue", parking, content=range(2 * rounds + 2)
    )
    running = [
        Thread(f"sender{n}", 0, partial(send_often, queue, Context.of(n, 0), rounds))
        for n in numbers(senders)
    ]
    running.append(Thread("receiver", 1, queue.receive_loop, is_daemon=True))
    running.append(Thread("replier", 0, queue.reply_loop, is_daemon=True))
    return System(layout.cells, tuple(running), vocabulary=MESSAGE_EVENTS)


async def send_often(queue: MessageQueue, who: Context, rounds: int) -> None:
    """Sends some messages and checks the replies."""
    done = 0
    while done < rounds:
        reply = await queue.send(who, 2 * done)
        require(reply == 2 * done + 1, "a message is answered by the reply to it")
        done += 1


def asynchronous(count: int = 3, words: int = 5, *, kinds: IpcKinds | None = None) -> System:
    """Asynchronous messages: every one is fetched once, in order and whole."""
    layout = Layout()
    buffer = (kinds or IpcKinds()).buffer.declare(layout, "async", words=words, messages=count)
    running = (
        Thread("kernel", 0, partial(store_messages, buffer, count)),
        Thread("reader", 0, partial(fetch_messages, buffer, count)),
    )
    return System(layout.cells, running, vocabulary=MESSAGE_EVENTS)


async def store_messages(buffer: AsyncBuffer, count: int) -> None:
    """Stores messages of two or three words, as the driver chooses."""
    number = 1
    while number <= count:
        longer = await choose(2)
        await buffer.send(number, 2 + longer)
        number += 1


async def fetch_messages(buffer: AsyncBuffer, count: int) -> None:
    """Fetches until all have come, and checks their order."""
    fetched = 0
    while fetched < count:
        number = await buffer.fetch()
        if number != NOTHING:
            require(number == fetched + 1, "messages are fetched once, in order")
            fetched += 1
