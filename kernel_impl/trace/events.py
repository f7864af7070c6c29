"""Trace events: what can be logged, and how an event is packed into words.

An event is a header word and payload words. The header holds, from the top, the time, the length in
words with the header, the layer, the *major* (the class, which can be switched off by a bit of a
mask) and the *minor* (the event in its class). A filler is an event of the control class whose
length covers words that nothing else uses.

Source: K42 lib/libc/trace/traceCore.H, traceOSClasses.xml. Differs: 40 bits of time instead of 32
    and a heartbeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

WORD: Final = range(1 << 72)
LENGTH_BITS, LAYER_BITS, MAJOR_BITS, MINOR_BITS = 8, 4, 6, 14
MAX_LENGTH: Final = (1 << LENGTH_BITS) - 1
FILLER: Final = 0
# Minors of the classes below.
MISS, CREATE, DESTROY, BATCH = 1, 2, 3, 4
SWAP_BEGIN, SWAP_END, UPDATE, DECISION, UPDATED = 1, 2, 3, 4, 5


class Major(IntEnum):
    """The classes of events, numbered as in K42."""

    TEST = 1
    LOCK = 3
    PROC = 8
    CLUSTERED = 10
    EXCEPTION = 11
    SCHEDULER = 12
    CONTROL = 16
    SWAP = 18


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: its class, its number there, its name and the names of its values."""

    major: Major
    minor: int
    name: str
    fields: tuple[str, ...]


EVENT_TYPES: Final = (
    EventType(Major.CONTROL, FILLER, "filler", ()),
    EventType(Major.TEST, 1, "mark", ("value",)),
    EventType(Major.LOCK, 1, "contended", ("lock", "thread")),
    EventType(Major.CLUSTERED, MISS, "miss", ("ref", "thread")),
    EventType(Major.CLUSTERED, CREATE, "create", ("ref", "version")),
    EventType(Major.CLUSTERED, DESTROY, "destroy", ("ref",)),
    EventType(Major.CLUSTERED, BATCH, "batch", ("thread", "calls")),
    EventType(Major.SCHEDULER, 1, "run", ("thread",)),
    EventType(Major.SCHEDULER, 2, "idle", ()),
    EventType(Major.SWAP, SWAP_BEGIN, "begin", ("ref", "root")),
    EventType(Major.SWAP, SWAP_END, "end", ("ref",)),
    EventType(Major.SWAP, UPDATE, "update", ("version",)),
    EventType(Major.SWAP, DECISION, "decision", ("wanted", "ref")),
    EventType(Major.SWAP, UPDATED, "updated", ("version",)),
)
"""All events of the kernel; the decoder knows these and shows others by number."""


def event_type(major: int, minor: int) -> EventType | None:
    """Finds the kind of an event."""
    found = (kind for kind in EVENT_TYPES if (kind.major, kind.minor) == (major, minor))
    return next(found, None)


@dataclass(frozen=True, slots=True)
class Header:
    """A header word, unpacked."""

    time: int
    length: int
    layer: int
    major: int
    minor: int

    def pack(self) -> int:
        """Returns the word."""
        word = self.time << LENGTH_BITS | self.length
        word = word << LAYER_BITS | self.layer
        return (word << MAJOR_BITS | self.major) << MINOR_BITS | self.minor

    @staticmethod
    def unpack(word: int) -> Header:
        """Reads a header word."""
        minor = word & (1 << MINOR_BITS) - 1
        word >>= MINOR_BITS
        major = word & (1 << MAJOR_BITS) - 1
        word >>= MAJOR_BITS
        layer = word & (1 << LAYER_BITS) - 1
        word >>= LAYER_BITS
        return Header(word >> LENGTH_BITS, word & MAX_LENGTH, layer, major, minor)
