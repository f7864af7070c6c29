"""What an exploration is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from checker.conform.frames import Naming

if TYPE_CHECKING:
    from checker.conform.automata import Word


class FailureKind(Enum):
    """What an exploration can find wrong, in the order in which it is reported."""

    UNSOUND = "unsound"
    CONTRACT = "contract"
    CRASH = "crash"
    REFINEMENT = "refinement"
    INVARIANT = "invariant"
    DEADLOCK = "deadlock"
    LEAK = "leak"


@dataclass(frozen=True, slots=True)
class Move:
    """A step of a schedule: the thread, and which of its choices it takes."""

    thread: int
    choice: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong, and a shortest schedule that shows it; the last move is the one that fails.

    Attributes:
        text: the rule, claim or threads concerned.
        spec: the state of the monitor before the last move.
        word: what the last move observed.
    """

    kind: FailureKind
    text: str
    schedule: tuple[Move, ...]
    spec: int = 0
    word: Word = ()


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration found.

    Attributes:
        depth: states on the longest of all shortest paths.
        nodes: of all automata together.
        runs: how often a coroutine was started to learn.
        events: names of what was observed.
        limit: the bound that ended the search, if one did.
    """

    states: int
    transitions: int
    depth: int
    nodes: int
    runs: int
    seconds: float
    events: frozenset[str]
    failure: Failure | None
    limit: str = ""

    @property
    def is_exhaustive(self) -> bool:
        """Whether every reachable state was visited."""
        return self.failure is None and not self.limit


class Monitor(Protocol):
    """A specification that follows the observations, one access at a time."""

    def step(self, spec: int, word: Word) -> int | None:
        """Return the state after a word that is not empty, None if it cannot happen.

        The first state is 0, the others are numbered as they are found.
        """
        ...

    def listens(self, name: str) -> bool:
        """Tell whether an observation of this name is any of its business."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How to explore.

    Attributes:
        monitor: the specification to hold every transition against.
        audits: whether what was learned is learned again at the end.
    """

    naming: Naming = field(default_factory=Naming)
    monitor: Monitor | None = None
    max_states: int | None = None
    max_depth: int | None = None
    audits: bool = True
