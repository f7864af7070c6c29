"""What a witness says about a system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from checker.export.exported import Wrong
    from checker.model.system import System
    from grammar.source import Span

DEADLOCK = "deadlock"
"""The name under which a deadlock is found."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a complete search.

    Attributes:
        states: distinct states.
        wrongs: all that is wrong anywhere.
        looks_on: whether the search went on beyond states that break an invariant.
        seconds: of the search, without making the program that searched.
    """

    states: int
    wrongs: frozenset[Wrong]
    looks_on: bool
    seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The search did not come to an end: out of time or memory, or the tool failed."""

    why: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The tool's language cannot express the system."""

    what: str
    site: Span | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Programs that would be needed are not installed."""

    programs: tuple[str, ...]


Statement: TypeAlias = Answer | Cut | Refusal | Missing


def differences(system: System, ours: Answer, theirs: Answer) -> tuple[str, ...]:
    """Return in which points two complete searches contradict each other."""
    found = []
    if ours.states != theirs.states:
        found.append(f"distinct states: {ours.states:,} here, {theirs.states:,} there")
    mine, other = ours.wrongs, theirs.wrongs
    if claims_of(system, mine):
        # Whether a state that breaks an invariant is stuck as well, nobody looks.
        mine, other = _without_deadlock(mine), _without_deadlock(other)
        if not theirs.looks_on:
            mine = mine & other if other else mine
    found += [f"{told(wrong)}: only here" for wrong in sorted(mine - other, key=told)]
    found += [f"{told(wrong)}: only there" for wrong in sorted(other - mine, key=told)]
    return tuple(found)


def claims_of(system: System, wrongs: frozenset[Wrong]) -> frozenset[Wrong]:
    """Return what is wrong with states, by which a search may be stopped from looking further."""
    names = {conjunct.name for each in system.properties for conjunct in each.conjuncts}
    return frozenset(
        wrong for wrong in wrongs if wrong.name in names and wrong.kind is not FindingKind.STEP
    )


def _without_deadlock(wrongs: frozenset[Wrong]) -> frozenset[Wrong]:
    return frozenset(wrong for wrong in wrongs if wrong.kind is not FindingKind.DEADLOCK)


def told(wrong: Wrong) -> str:
    """Return what is wrong in words."""
    return wrong.name if wrong.name == wrong.kind.value else f"{wrong.kind.value} {wrong.name}"
