"""Locks as the discipline sees them: by name, taken in a mode by calls of procedures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Mode(Enum):
    """How a lock is taken: by one thread alone, or together with others who share it."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"


@dataclass(frozen=True, slots=True, order=True)
class Hold:
    """A lock in a mode, held or wanted."""

    lock: str
    is_shared: bool = False

    def __str__(self) -> str:
        """Return the name by which reports and states know it."""
        return f"{self.lock}.shared" if self.is_shared else self.lock

    def excludes(self, other: Hold) -> bool:
        """Tell whether two threads cannot have both at the same time."""
        return self.lock == other.lock and not (self.is_shared and other.is_shared)


class Kind(Enum):
    """What a call does with a lock; to try is to take it without waiting, or not."""

    ACQUIRE = "acquire"
    TRY = "try"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Use:
    """What a call of one procedure does."""

    kind: Kind
    hold: Hold


PROCEDURES = {
    "acquire": (Kind.ACQUIRE, Mode.EXCLUSIVE),
    "acquire_write": (Kind.ACQUIRE, Mode.EXCLUSIVE),
    "acquire_read": (Kind.ACQUIRE, Mode.SHARED),
    "try_acquire": (Kind.TRY, Mode.EXCLUSIVE),
    "try_acquire_write": (Kind.TRY, Mode.EXCLUSIVE),
    "try_acquire_read": (Kind.TRY, Mode.SHARED),
    "release": (Kind.RELEASE, Mode.EXCLUSIVE),
    "release_write": (Kind.RELEASE, Mode.EXCLUSIVE),
    "release_read": (Kind.RELEASE, Mode.SHARED),
}
"""The procedures of a lock, by the names that all locks of the library give to them."""


def use_of(procedure: str, lock: str) -> Use | None:
    """Return what a procedure of a lock does with it; None if it is none of those above."""
    found = PROCEDURES.get(procedure)
    if found is None:
        return None
    kind, mode = found
    return Use(kind, Hold(lock, mode is Mode.SHARED))
