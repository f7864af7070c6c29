"""What the search asks of an engine, and what an engine answers.

An engine knows how states follow one another and which it has seen. It decides nothing: when to
stop, what to report first and how to get there is the business of `search` and `traces`, which are
the same for all engines.

What is wrong is told as *sightings*: a subject (which property or action, and how it fails) and the
evidence (where). Of each subject every sighting in a level is told, so that the choice among them
does not depend on the order in which states are visited.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from checker.explicit.checkpoint import SavedLevel
    from checker.model.verdict import FindingKind, Limit


class Subject(NamedTuple):
    """What was seen; `name` as in `checker.model.findings`, and no kind for a `reachable`."""

    kind: FindingKind | None
    name: str


class Evidence(NamedTuple):
    """Where it was seen: in a state, or in a step out of it.

    Attributes:
        action: number of the action that was tried and failed; -1 otherwise.
        params: codes of its parameters.
        after: the state after the step, for step properties.
    """

    state: int
    action: int = -1
    params: tuple[int, ...] = ()
    after: int | None = None

    @property
    def is_step(self) -> bool:
        """Tell whether it takes one more step to show this."""
        return self.action >= 0 or self.after is not None


Sightings: TypeAlias = dict[Subject, list[Evidence]]


class Pulse(NamedTuple):
    """How far an engine is within a level.

    Attributes:
        expanded: states of the level that are done.
        transitions: out of these.
        distinct: states seen in all.
    """

    expanded: int
    transitions: int
    distinct: int


Level = TypeVar("Level")


@dataclass(slots=True)
class Expansion:
    """What an engine found in one level, or in the part of it that it came to.

    Attributes:
        new: number of states not seen before.
        transitions: by action, out of the states that were expanded.
        sightings: failures, deadlocks and broken step properties of the states expanded; broken
            invariants and reached `reachable`s of the new states.
        taken: branches taken so far, as bits by number.
        tested: implications tested so far, as bits by number.
        finished: whether all states of the level were expanded.
        interrupted: whether KeyboardInterrupt ended it.
    """

    new: int = 0
    transitions: list[int] = field(default_factory=list)
    sightings: Sightings = field(default_factory=dict)
    taken: int = 0
    tested: int = 0
    finished: bool = True
    interrupted: bool = False

    def see(self, subject: Subject, evidence: Evidence) -> None:
        """Add a sighting."""
        self.sightings.setdefault(subject, []).append(evidence)


class Exhausted(Exception):  # noqa: N818  # not an error: the search tells how far it came
    """The engine cannot go on, since there is no memory or no disk left; the text says what."""


class Engine(Protocol[Level]):
    """Expands a state space level by level; states are integers of the system's `Layout`.

    Laws:
        * `admit` is called once, before anything else, with the initial states; or else `restore`.
        * The levels that `admit` and `expand` return hold each reachable state once, at its
          distance from the initial states, in any order. What a level is only the engine knows; it
          must stay valid as long as somebody holds it.
        * An execution that fails yields a sighting and no transition; other executions of the same
          action count as always.
        * `expand` calls `pulse` every few milliseconds, and stops early when it returns False or
          when KeyboardInterrupt is raised. All that is told then is true of the states expanded so
          far, and `new` counts the states seen for the first time.
        * `expand` may raise Exhausted; then nothing of the level counts as expanded.
        * Nothing that is returned depends on time, memory or the order of visiting, unless `expand`
          was stopped early.
    """

    name: str

    def admit(self, states: Sequence[int]) -> tuple[Level, Expansion]:
        """Take the initial states, repetitions included; return the first level."""
        ...

    def expand(self, level: Level, pulse: Callable[[Pulse], bool]) -> tuple[Level, Expansion]:
        """Return the states that follow those of a level and were not seen before."""
        ...

    def pack(self, level: Level) -> Iterator[bytes]:
        """Yield the states of a level as `SavedLevel.chunks` does."""
        ...

    def restore(self, levels: Sequence[SavedLevel], reached: Collection[str]) -> list[Level]:
        """Take the levels of an earlier run, instead of `admit`.

        Args:
            levels: all from the first on; the last one is to be expanded next.
            reached: names of `reachable`s that need not be looked for any more.
        """
        ...

    def loss(self, distinct: int) -> Limit | None:
        """Return what may have been overlooked among so many states, None if nothing."""
        ...

    def predecessors(self, level: Level, targets: Collection[int]) -> list[int]:
        """Return the states of a level that have a step into one of the targets, in any order."""
        ...

    def members(self, level: Level) -> Sequence[int]:
        """Return the states of a level as integers, in any order."""
        ...
