"""Protected procedure calls: a thread goes on in another process, and comes back with an answer.

The client traps with the call in its registers. On its own processor the kernel hands the call to
the dispatcher of the server at once, unless that is *disabled*: then the call is *refused*, the
client is noted, and when the dispatcher enables again all who were refused are told to try once
more. A call is therefore retried only before anybody has run it.

A call to another processor goes into the one *slot* that the target has there; while it is taken,
calls are refused as well. The target accepts what is in the slot when it comes by.

A worker of the server takes the call, enables, is active while it runs the method, and traps with
the reply. The client's dispatcher takes a reply only while its thread waits for it. The tree of
2005 compares the process only (IPC-B5): a second reply of the same server answers the client's next
call. Repaired: calls have numbers.

Source: K42 os/kernel/exception/ExceptionLocal.C (`IPC`), IPCRetryManager.C,
    lib/libc/scheduler/DispatcherDefaultExp.C (`PPCServerOnThread`), PROC/ProcessVPList.C (remote).
    Differs: arguments are numbers in cells; the borrowed share of the processor is not modelled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from kernel_impl.cobj.generation import Generations
from kernel_impl.machine.context import Context
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    atomic_when,
    await_equal,
    await_not,
    cas,
    load,
    observe,
    store,
)
from kernel_impl.system import BIT, Event, Layout

NOBODY: Final = 0
Method: TypeAlias = Callable[[Context, int, int], Awaitable[int]]
"""What a server does: `await method(who, client, argument)`, active, on one of its threads."""
EVENTS: Final = (
    Event("call", 2),
    Event("refused", 1),
    Event("run", 2),
    Event("reply", 2),
)
"""Of a client and the number of its call."""


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """A process that can be called: its dispatcher on one processor, as callers see it."""

    # Touched in traps and by the disabled dispatcher.
    is_disabled: Cell
    arrived: Cell  # the client whose call was handed over
    refused: Cell  # set of clients
    notified: Cell  # set of clients that may try again
    slot: Cell  # the client of a remote call; clients of any processor compete
    # By client thread: its registers while it calls.
    waits: tuple[Cell, ...]
    number: tuple[Cell, ...]
    argument: tuple[Cell, ...]
    answer: tuple[Cell, ...]
    circle: int
    numbers_calls: bool

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        *,
        clients: int,
        arguments: range,
        circle: int = 4,
        numbers_calls: bool = True,
    ) -> Server:
        """Declares a server that is enabled, for client threads 1, 2, ….

        Args:
            circle: how many numbers calls have before they come again.
        """
        names, some = range(clients + 1), range(1 << clients + 1)
        places = (0,) * (clients + 1)
        return cls(
            layout.cell(f"{name}.is_disabled", BIT),
            layout.cell(f"{name}.arrived", names),
            layout.cell(f"{name}.refused", some),
            layout.cell(f"{name}.notified", some),
            layout.cell(f"{name}.slot", names),
            layout.padded(f"{name}.waits", places, BIT),
            layout.padded(f"{name}.number", places, range(circle)),
            layout.padded(f"{name}.argument", places, arguments),
            layout.padded(f"{name}.answer", places, arguments),
            circle,
            numbers_calls,
        )

    # --------------------------------------------------------------------------------- the client

    async def call(self, who: Context, argument: int) -> int:
        """Calls the server on the own processor and returns its answer."""
        number = await self.begin_call(who, argument)
        while not await atomic(disabled_trap_call, self, who.thread, number):
            await observe("refused", who.thread)
            await atomic_when(is_notified, take_notice, self, who.thread)
        await observe("call", who.thread, number)
        return await self.wait_for_answer(who)

    async def call_remotely(self, who: Context, argument: int) -> int:
        """Calls the server on another processor and returns its answer."""
        number = await self.begin_call(who, argument)
        await store(self.waits[who.thread], 1)
        while not await cas(self.slot, NOBODY, who.thread):
            await observe("refused", who.thread)
            await await_equal(self.slot, NOBODY)
        await observe("call", who.thread, number)
        return await self.wait_for_answer(who)

    async def begin_call(self, who: Context, argument: int) -> int:
        """Loads the registers of the call; returns its number."""
        before = await load(self.number[who.thread])
        number = (before + 1) % self.circle
        await store(self.number[who.thread], number)
        await store(self.argument[who.thread], argument)
        return number

    async def wait_for_answer(self, who: Context) -> int:
        """Waits until the dispatcher has taken a reply."""
        await await_equal(self.waits[who.thread], 0)
        return await load(self.answer[who.thread])

    # --------------------------------------------------------------------------------- the server

    async def worker(self, who: Context, generations: Generations, method: Method) -> None:
        """A thread of the server: takes one call after another, for ever."""
        while True:
            client = await await_not(self.arrived, NOBODY)
            if not await cas(self.arrived, client, NOBODY):
                continue  # another worker took it
            number = await load(self.number[client])
            argument = await load(self.argument[client])
            await atomic(disabled_enable, self)
            await generations.activate(who)
            await observe("run", client, number)
            answer = await method(who, client, argument)
            await generations.deactivate(who)
            await self.reply(client, number, answer)

    async def reply(self, client: int, number: int, answer: int) -> None:
        """Traps with a reply; the client's dispatcher drops it if nobody waits for it."""
        if await atomic(disabled_trap_return, self, client, number, answer):
            await observe("reply", client, number)

    async def accept_loop(self) -> None:
        """Accepts remote calls when the dispatcher is enabled, for ever."""
        while True:
            await atomic_when(can_accept, disabled_accept, self)


def disabled_trap_call(memory: Memory, server: Server, client: int, number: int) -> bool:
    """The trap of a call: hands it over, or notes who was refused."""
    memory.write(server.waits[client], 1)
    if memory.read(server.is_disabled):
        memory.write(server.refused, memory.read(server.refused) | 1 << client)
        return False
    memory.write(server.is_disabled, 1)
    memory.write(server.arrived, client)
    return True


def is_notified(memory: Memory, server: Server, client: int) -> bool:
    """Tells whether a client that was refused may try again."""
    return bool(memory.read(server.notified) >> client & 1)


def take_notice(memory: Memory, server: Server, client: int) -> None:
    """Takes the notice."""
    memory.write(server.notified, memory.read(server.notified) & ~(1 << client))


def disabled_enable(memory: Memory, server: Server) -> None:
    """Enables the dispatcher and notifies everybody who was refused meanwhile."""
    memory.write(server.is_disabled, 0)
    memory.write(server.notified, memory.read(server.notified) | memory.read(server.refused))
    memory.write(server.refused, 0)


def disabled_trap_return(
    memory: Memory, server: Server, client: int, number: int, answer: int
) -> bool:
    """The trap of a reply: resumes the client if it waits for this one; tells whether it did."""
    if not memory.read(server.waits[client]):
        return False
    if server.numbers_calls and memory.read(server.number[client]) != number:
        return False
    memory.write(server.answer[client], answer)
    memory.write(server.waits[client], 0)
    return True


def can_accept(memory: Memory, server: Server) -> bool:
    """Tells whether a remote call can be handed over."""
    return memory.read(server.slot) != NOBODY and not memory.read(server.is_disabled)


def disabled_accept(memory: Memory, server: Server) -> None:
    """Hands the call in the slot over, as a local one."""
    memory.write(server.is_disabled, 1)
    memory.write(server.arrived, memory.read(server.slot))
    memory.write(server.slot, NOBODY)
