"""Whether the state of a counterexample to induction can be reached, and what would exclude it.

If it could be reached, so could the broken state one step later, and a search of all states at
these sizes would find something wrong: then the counterexample is a real bug, with the trace that
the search gives. If the search comes to its end and finds nothing, the state cannot be reached and
the claims only say too little. Then a *candidate lemma* is made of the state: as few of its facts
as will do so that no reachable state has them all, over any choice of elements. It is true in every
reachable state at these sizes and one larger, and it excludes the counterexample; whether it is
inductive is another question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from proofs.facts import Fact, Places, Vocabulary

if TYPE_CHECKING:
    from checker.model.system import State, System
    from checker.model.verdict import Result
    from proofs.counterexample import Counterexample

MAX_STATES: Final = 200_000
MAX_MASKS: Final = 400_000
"""Pairs of a reachable state and a choice of elements that a candidate is tried on."""


@dataclass(frozen=True, slots=True)
class Real:
    """The search found something wrong at these sizes."""

    result: Result


@dataclass(frozen=True, slots=True)
class Unreachable:
    """All states at these sizes were searched, and nothing is wrong in them."""

    states: int
    candidate: str | None = None


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The search did not come to its end."""

    states: int


@dataclass(frozen=True, slots=True)
class Harmless:
    """The state can be reached, and nothing is wrong at these sizes: the argument does not fit."""

    states: int


Standing: TypeAlias = Real | Unreachable | NotKnown | Harmless


def candidate(
    system: System,
    counterexample: Counterexample,
    spaces: Iterable[tuple[System, Sequence[State]]],
) -> str | None:
    """Return a lemma that excludes a state and holds in all reachable ones, if there is one.

    Args:
        spaces: the reachable states at the size of the counterexample and at larger ones.
    """
    assert counterexample.before is not None
    vocabulary = Vocabulary(system, {sort.name: sort.size for sort in system.sorts})
    facts = vocabulary.about(counterexample.before)
    masks: set[int] = set()
    tried = 0
    for larger, states in spaces:
        choices = list(vocabulary.choices(larger))
        tried += len(choices) * len(states)
        if tried > MAX_MASKS:
            return None
        for state in states:
            for places in choices:
                masks.add(_mask(facts, state, places))
    kept = _fewest(len(facts), masks)
    if kept is None:
        return None
    return vocabulary.text(vocabulary.never_together([facts[i] for i in kept]))


def _mask(facts: Sequence[tuple[Fact, bool]], state: State, places: Places) -> int:
    """Return as bits which of the facts are as they are said to be."""
    return sum(1 << i for i, (f, truth) in enumerate(facts) if f.holds(state, places) is truth)


def _fewest(count: int, masks: set[int]) -> list[int] | None:
    """Return few bits that no mask has all of, dropping the last ones first."""
    kept = (1 << count) - 1
    if any(mask & kept == kept for mask in masks):
        return None
    for bit in reversed(range(count)):
        fewer = kept & ~(1 << bit)
        if not any(mask & fewer == fewer for mask in masks):
            kept = fewer
    return [bit for bit in range(count) if kept & 1 << bit]
