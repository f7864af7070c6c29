"""Messages between the processors of a process, and from the kernel to a dispatcher.

`MessageQueue`: senders push onto a list by compare-and-swap; who finds it empty interrupts the
receiver, who takes the whole list at once: last in, first out, in batches. A *synchronous* message
lies on the stack of its sender, who sleeps until the reply. The reply is pushed onto the list of
the sender's processor in the same way, and there the sender is let go. From that moment on its
message is gone; whoever walks the list has read the link before.

`AsyncBuffer`: a ring of words that the kernel fills for the dispatcher of the same processor, and
may fill between any two steps of its reader. When it finds the ring empty, it sets both counts back
to 0, so that they need no modulus. The order of the reader's loads is all that protects it:
`delivered`, then `accepted`; and `accepted` is stored last.

Source: K42 lib/libc/sync/MPMsgMgr.C, MPMsgMgrDisabled.C (lists); os/kernel/sys/Dispatcher.H
    (`AsyncBufferLocal`). Differs: a message has one word of content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.errors import require
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import (
    Cell,
    Memory,
    atomic,
    atomic_when,
    await_not,
    cas,
    load,
    observe,
    store,
    swap,
)
from kernel_impl.system import BIT, Event, Layout

NOTHING: Final = 0
LINK_LOST: Final = "a message is walked over only while its sender waits"
EVENTS: Final = (
    Event("sent", 2),
    Event("handled", 2),
    Event("answered", 2),
    Event("stored", 1),
    Event("fetched", 1),
)
"""Of a sender and its round; of the number of an asynchronous message."""


@dataclass(frozen=True, slots=True, eq=False)
class MessageQueue:
    """Synchronous messages to one processor; the message of a sender has its number."""

    parking: Parking
    # Lists that any processor pushes to and the own one takes.
    to_do: Cell
    replies: Cell
    # Of a message, written by its sender; the link by whoever pushes it.
    next: tuple[Cell, ...]
    content: tuple[Cell, ...]
    waits: tuple[Cell, ...]  # 1 until the reply; the message exists no longer than that

    @classmethod
    def declare(
        cls, layout: Layout, name: str, parking: Parking, *, content: range
    ) -> MessageQueue:
        """Declares empty lists for the threads that can park."""
        senders = len(parking.is_blocked) - 1
        names, places = range(senders + 1), (0,) * (senders + 1)
        return cls(
            parking,
            layout.cell(f"{name}.to_do", names),
            layout.cell(f"{name}.replies", names),
            layout.padded(f"{name}.next", places, names),
            layout.padded(f"{name}.content", places, content),
            layout.padded(f"{name}.waits", places, BIT),
        )

    async def send(self, who: Context, content: int) -> int:
        """Sends a message and returns its reply."""
        me = who.thread
        await store(self.content[me], content)
        await store(self.waits[me], 1)
        await self.push(self.to_do, me)
        await observe("sent", me, content)
        while await load(self.waits[me]):
            await self.parking.block(me)
        reply = await load(self.content[me])
        await observe("answered", me, reply)
        return reply

    async def push(self, head: Cell, message: int) -> None:
        """Puts a message in front of a list."""
        while True:
            first = await load(head)
            await store(self.next[message], first)
            if await cas(head, first, message):
                return

    async def receive_loop(self) -> None:
        """Handles messages of this processor, a batch at a time, for ever."""
        while True:
            await await_not(self.to_do, NOTHING)
            message = await swap(self.to_do, NOTHING)
            while message != NOTHING:
                following = await load(self.next[message])  # before the reply uses the link
                await self.handle(message)
                message = following

    async def handle(self, message: int) -> None:
        """Handles one message and pushes its reply."""
        await atomic(check_exists, self.waits[message])
        content = await load(self.content[message])
        await observe("handled", message, content)
        await store(self.content[message], content + 1)
        await self.push(self.replies, message)

    async def reply_loop(self) -> None:
        """Lets senders go on, on their own processor, for ever."""
        while True:
            await await_not(self.replies, NOTHING)
            message = await swap(self.replies, NOTHING)
            while message != NOTHING:
                following = await atomic(read_link, self, message)
                await store(self.waits[message], 0)
                await self.parking.unblock(message)
                message = following


def check_exists(memory: Memory, waits: Cell) -> None:
    """Stops the kernel when a message is used whose sender has gone on."""
    require(memory.read(waits) == 1, LINK_LOST)


def read_link(memory: Memory, queue: MessageQueue, message: int) -> int:
    """Returns the link of a message that must still exist."""
    check_exists(memory, queue.waits[message])
    return memory.read(queue.next[message])


# ----------------------------------------------------------------------------- from the kernel


@dataclass(frozen=True, slots=True, eq=False)
class AsyncBuffer:
    """Messages of two or three words, the first of which holds the length and the number."""

    # Written by the kernel, in one step each time.
    delivered: Cell
    words: tuple[Cell, ...]
    # Written by the reader; set back by the kernel, which may interrupt it anywhere.
    accepted: Cell

    @classmethod
    def declare(cls, layout: Layout, name: str, *, words: int, messages: int) -> AsyncBuffer:
        """Declares an empty ring for messages 1, 2, …."""
        counts = range(words + 3 * messages + 1)
        return cls(
            layout.cell(f"{name}.delivered", counts),
            layout.packed(f"{name}.words", words, range(4 * (messages + 1))),
            layout.cell(f"{name}.accepted", counts),
        )

    async def send(self, number: int, length: int) -> None:
        """The kernel stores a message as soon as there is room."""
        await atomic_when(has_room, disabled_store, self, number, length)
        await observe("stored", number)

    async def fetch(self) -> int:
        """Takes the next message and returns its number, NOTHING if there is none."""
        before = await load(self.delivered)
        accepted = await load(self.accepted)
        now = await load(self.delivered)
        if accepted >= before:
            return NOTHING
        head = await load(self.words[accepted % len(self.words)])
        number, length = divmod(head, 4)
        read = 1
        while read < length:
            word = await load(self.words[(accepted + read) % len(self.words)])
            require(word == head, "a message is whole")
            read += 1
        require(accepted + length <= now, "a message was delivered before it was fetched")
        await store(self.accepted, accepted + length)
        await observe("fetched", number)
        return number


def has_room(memory: Memory, buffer: AsyncBuffer, number: int, length: int) -> bool:
    """Tells whether a message fits."""
    waiting = memory.read(buffer.delivered) - memory.read(buffer.accepted)
    return waiting + length <= len(buffer.words)


def disabled_store(memory: Memory, buffer: AsyncBuffer, number: int, length: int) -> None:
    """Stores a message, from the beginning again when all before were taken."""
    delivered = memory.read(buffer.delivered)
    if delivered == memory.read(buffer.accepted):
        delivered = 0
        memory.write(buffer.accepted, 0)
    for position in range(length):
        memory.write(buffer.words[(delivered + position) % len(buffer.words)], 4 * number + length)
    memory.write(buffer.delivered, delivered + length)
