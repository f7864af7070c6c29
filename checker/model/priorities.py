"""Probabilistic concurrency testing: walks by random priorities.

Each thread gets a priority at random, and of the threads that can go on the one of the highest
priority does. At `depth - 1` steps, drawn at random, the thread that has just acted falls below all
others that have not. A bug has depth `d` if `d` orderings between steps suffice to bring it about;
one that some run of at most `k` steps of `n` threads has is found by each walk with a probability
of at least 1 / (n * k ** (d - 1)), while that of a uniform walk may vanish with the number of
steps (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic
guarantees of finding bugs", ASPLOS 2010). It holds for the order of steps; where a step itself has
several ways to go one is drawn uniformly.

A thread that comes back to a state in which it was since it began to act is spinning: it falls
below all others, as theirs does that yields, lest nobody else gets to act.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checker.model.trace import Step
from checker.model.types import IntType, SortType, elements

if TYPE_CHECKING:
    from random import Random

    from checker.model.interpret import Outcome
    from checker.model.system import Action, State, System
    from checker.model.types import Type


def threads(system: System) -> tuple[str, ...]:
    """Return all who can act, in the order of the system."""
    return tuple(dict.fromkeys(who for each in system.actions for who in _actors(each)))


def _actors(action: Action) -> list[str]:
    first = action.params[0].type if action.params else None
    is_indexed = action.process is not None and action.process.index is not None
    if first is None or not (is_indexed or _names_actor(action, first)):
        return [Step(action, (), ()).actor]
    return [Step(action, (value,), ()).actor for value in elements(first)]


def _names_actor(action: Action, first: Type) -> bool:
    """Tell whether the first parameter of a declared action says who acts; see `Step.actor`."""
    return action.process is None and isinstance(first, SortType | IntType)


def chances(threads: int, steps: int, depth: int) -> int:
    """Return `c` where each walk finds a bug with a probability of at least 1 / c."""
    return threads * int(steps ** (depth - 1))


class Priorities:
    """Picks the ways on of one walk."""

    def __init__(self, random: Random, threads: Sequence[str], steps: int, depth: int) -> None:
        """Draw priorities, and the steps at which they change.

        Args:
            steps: of the longest run that is asked about.
        """
        self._random = random
        rising = list(range(depth, depth + len(threads)))
        self._priorities = {who: rising.pop(random.randrange(len(rising))) for who in threads}
        drawn = [random.randrange(steps) + 1 for _ in range(depth - 1)]
        self._changes = {step: low for low, step in enumerate(drawn, start=1)}
        self._steps = 0
        self._last: str | None = None
        self._passed: set[State] = set()
        self._lowest = 0

    def pick(self, state: State, outcomes: Sequence[Outcome]) -> int:
        """Return the position of the way to go."""
        if state in self._passed and self._last is not None:
            self._lowest -= 1
            self._priorities[self._last] = self._lowest
        who = max({each.step.actor for each in outcomes}, key=self._priorities.__getitem__)
        if who != self._last:
            self._last = who
            self._passed.clear()
        self._passed.add(state)
        self._steps += 1
        if self._steps in self._changes:
            self._priorities[who] = self._changes[self._steps]
        own = [at for at, each in enumerate(outcomes) if each.step.actor == who]
        return own[self._random.randrange(len(own))] if len(own) > 1 else own[0]
