"""From a formula to an automaton that reads runs: a generalised Büchi automaton.

A state is the set of formulas that the rest of the run must satisfy. Each transition reads one
position: it claims what must hold there (`claims`), leaves other formulas for the rest, and may put
off what some *untils* strive for (`postponed`). A run is accepted if it can be read so that no
until is put off from some point on for ever. So the acceptance sets, one for each until, are sets
of transitions.

Couvreur, "On-the-fly verification of linear temporal logic", FM 1999, in the simplest form; the
tableau goes back to Gerth, Peled, Vardi and Wolper, "Simple on-the-fly automatic verification of
linear temporal logic", PSTV 1995.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from checker.explicit.liveness.formulas import Both, Claim, Either, Release, Strive

if TYPE_CHECKING:
    from checker.explicit.liveness.formulas import Ltl


class Transition(NamedTuple):
    """Reads one position.

    Attributes:
        postponed: numbers of the untils that are put off.
    """

    source: int
    claims: frozenset[Claim]
    target: int
    postponed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Automaton:
    """Accepts the runs of a formula; state 0 is where it begins."""

    states: int
    transitions: tuple[Transition, ...]
    untils: int

    def accepting(self) -> list[frozenset[int]]:
        """Return the strongly connected sets of states in which a run can be accepted."""
        return accepting_components(self.states, self.transitions, self.untils)


def accepting_components(
    states: int, transitions: Iterable[Transition], untils: int
) -> list[frozenset[int]]:
    """Return the strongly connected sets of states within which nothing need be put off for ever.

    A set qualifies if for each until some transition inside does not postpone it.
    """
    known = tuple(transitions)
    found = []
    for component in _components(states, known):
        inner = [t for t in known if t.source in component and t.target in component]
        if inner and all(any(u not in t.postponed for t in inner) for u in range(untils)):
            found.append(component)
    return found


def _components(states: int, transitions: Sequence[Transition]) -> list[frozenset[int]]:
    """Return the strongly connected components; automata are small."""
    reached = [{state} for state in range(states)]
    is_growing = True
    while is_growing:
        is_growing = False
        for each in transitions:
            missing = reached[each.target] - reached[each.source]
            if missing:
                reached[each.source] |= missing
                is_growing = True
    found = {
        frozenset(other for other in reached[state] if state in reached[other])
        for state in range(states)
    }
    return sorted(found, key=min)


# --- construction ---------------------------------------------------------------------------------


class _Cover(NamedTuple):
    """One way to satisfy some formulas: what must hold now, what is left, what is put off."""

    claims: frozenset[Claim]
    left: frozenset[Ltl]
    postponed: frozenset[Strive]


_Covers: TypeAlias = "tuple[_Cover, ...]"

_NOTHING = _Cover(frozenset(), frozenset(), frozenset())


def automaton(formula: Ltl) -> Automaton:
    """Return an automaton that accepts exactly the runs that satisfy a formula."""
    builder = _Builder()
    start = frozenset({formula})
    numbers = {start: 0}
    pending = [start]
    found: list[tuple[int, _Cover, int]] = []
    while pending:
        state = pending.pop()
        for cover in builder.covers(Both(state)):
            if cover.left not in numbers:
                numbers[cover.left] = len(numbers)
                pending.append(cover.left)
            found.append((numbers[state], cover, numbers[cover.left]))
    untils = {each: at for at, each in enumerate(builder.untils)}
    transitions = tuple(
        Transition(
            source, cover.claims, target, frozenset(untils[each] for each in cover.postponed)
        )
        for source, cover, target in found
    )
    return _merged(Automaton(len(numbers), transitions, len(untils)))


def _merged(given: Automaton) -> Automaton:
    """Make one of states that behave alike: those of one class of the coarsest bisimulation."""
    classes = [0] * given.states
    while True:
        signatures: dict[object, int] = {}
        found = []
        for state in range(given.states):
            outgoing = frozenset(
                (each.claims, classes[each.target], each.postponed)
                for each in given.transitions
                if each.source == state
            )
            found.append(signatures.setdefault((classes[state], outgoing), len(signatures)))
        if found == classes:
            break
        classes = found
    merged = (
        each._replace(source=classes[each.source], target=classes[each.target])
        for each in given.transitions
    )
    return Automaton(len(set(classes)), tuple(dict.fromkeys(merged)), given.untils)


class _Builder:
    def __init__(self) -> None:
        self.untils: dict[Strive, None] = {}
        self._known: dict[Ltl, _Covers] = {}

    def covers(self, formula: Ltl) -> _Covers:
        """Return the ways to satisfy a formula, without those that another one makes needless."""
        if formula not in self._known:
            self._known[formula] = _least(self._ways(formula))
        return self._known[formula]

    def _ways(self, formula: Ltl) -> list[_Cover]:
        match formula:
            case Claim():
                return [_Cover(frozenset({formula}), frozenset(), frozenset())]
            case Both(parts):
                ways = [_NOTHING]
                for part in sorted(parts, key=repr):
                    ways = _joined(ways, self.covers(part))
                return ways
            case Either(parts):
                return [way for part in sorted(parts, key=repr) for way in self.covers(part)]
            case Strive(left, right):
                self.untils.setdefault(formula)
                later = [
                    _Cover(way.claims, way.left | {formula}, way.postponed | {formula})
                    for way in self.covers(left)
                ]
                return [*self.covers(right), *later]
            case Release(left, right):
                later = [_Cover(frozenset(), frozenset({formula}), frozenset())]
                return _joined(self.covers(right), (*self.covers(left), *later))
            case _:
                assert_never(formula)


def _joined(left: Iterable[_Cover], right: Iterable[_Cover]) -> list[_Cover]:
    """Return the ways to satisfy both sides at once."""
    others = tuple(right)
    found = []
    for one in left:
        for other in others:
            claims = one.claims | other.claims
            if not any(Claim(each.proposition, not each.holds) in claims for each in claims):
                postponed = one.postponed | other.postponed
                found.append(_Cover(claims, one.left | other.left, postponed))
    return found


def _least(ways: Iterable[_Cover]) -> _Covers:
    kept: list[_Cover] = []
    for way in dict.fromkeys(ways):
        if any(_is_below(other, way) for other in kept):
            continue
        kept = [other for other in kept if not _is_below(way, other)]
        kept.append(way)
    return tuple(kept)


def _is_below(one: _Cover, other: _Cover) -> bool:
    """Tell whether one way demands and puts off nothing that the other does not."""
    return (
        one.claims <= other.claims and one.left <= other.left and one.postponed <= other.postponed
    )
