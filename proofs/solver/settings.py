"""What a session of the solver may spend, and what must not matter for its answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

_T = TypeVar("_T")

DEFAULT_LIMIT: Final = 5_000_000
"""Elementary steps for one question; a million is about half a second."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A limit that is the same in every run, and the seed of the solver's choices.

    Attributes:
        is_shuffled: whether the seed also decides in which order things are asserted.
    """

    limit: int = DEFAULT_LIMIT
    seed: int = 0
    is_shuffled: bool = False

    def ordered(self, items: Iterable[_T]) -> list[_T]:
        """Return items in the order in which they are to be asserted."""
        found = list(items)
        if self.is_shuffled:
            Random(self.seed).shuffle(found)
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What was asked of the solver: how many questions, and the processor time that they took."""

    questions: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Meter:
    """Adds up what sessions ask; for people to read, it decides nothing."""

    questions: int = 0
    seconds: float = 0.0

    def add(self, reading: Reading) -> None:
        """Count what was asked elsewhere."""
        self.questions += reading.questions
        self.seconds += reading.seconds

    def reading(self) -> Reading:
        """Return what was asked so far."""
        return Reading(self.questions, self.seconds)

    def since(self, before: Reading) -> Reading:
        """Return what was asked since a reading."""
        return Reading(self.questions - before.questions, self.seconds - before.seconds)
