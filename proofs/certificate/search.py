"""Whether ground formulas have a model: propositional search, with two theories beside it.

An assignment is extended as far as clauses force it, and shown to the theories; whatever
contradicts itself is learnt as a clause, and the search goes back to where it is not yet wrong
(Marques-Silva and Sakallah, 1996; with theories: Nieuwenhuis, Oliveras and Tinelli, JACM 2006).
Everything that is learnt follows from what was given, so that the answer *no model* is right
whatever the order of decisions. The answer *a model* is not used for anything, and may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from proofs.certificate.clauses import FALSE, TRUE, Bound, Clauses, Equation, clauses_of
from proofs.certificate.congruence import Congruence, Literal
from proofs.certificate.differences import Constraint, contradiction
from proofs.logic.terms import Term

MAX_CONFLICTS: Final = 5_000
_NEVER: Final = frozenset[int]()


class OutsideError(Exception):
    """What was not found to contradict itself has parts outside of the fragment."""


class Finding(Enum):
    """What is known of formulas."""

    REFUTED = "refuted"
    OPEN = "open"
    EXHAUSTED = "exhausted"


def refute(formulas: Iterable[Term]) -> Finding:
    """Tell whether formulas are found to have no model.

    Raises:
        OutsideError: they are not, but they are not about equality and differences only.
    """
    given = list(formulas)
    clauses = clauses_of(given)
    found = Search(clauses).run()
    if found is Finding.OPEN:
        # That a term is one of the members of its sort is seldom needed, and much to look at.
        clauses = clauses_of(given)
        clauses.enumerate_members()
        found = Search(clauses).run()
    if found is Finding.OPEN and clauses.outside:
        raise OutsideError(", ".join(sorted(clauses.outside)))
    return found


@dataclass(frozen=True, slots=True)
class _Assigned:
    """A literal that was made true: at which level, and by which clause if by any."""

    level: int
    reason: tuple[Literal, ...] | None


class Search:
    """Searches an assignment for clauses."""

    def __init__(self, clauses: Clauses) -> None:
        """Watch two literals of each clause."""
        self._given = clauses
        self._clauses = [tuple(dict.fromkeys(clause)) for clause in clauses.clauses]
        self._watched: dict[Literal, list[list[Literal]]] = {}
        self._assigned: dict[Literal, _Assigned] = {}
        self._trail: list[Literal] = []
        self._next = 0
        self._level = 0
        self._weights: dict[Literal, int] = {}

    def run(self) -> Finding:
        """Search."""
        for clause in self._clauses:
            if not self._add(clause):
                return Finding.REFUTED
        for _ in range(MAX_CONFLICTS):
            conflict = self._settled()
            while conflict is None:
                if not self._decide():
                    return Finding.OPEN
                conflict = self._settled()
            if not self._learn(conflict):
                return Finding.REFUTED
        return Finding.EXHAUSTED

    # --- assignments

    def _value(self, literal: Literal) -> bool | None:
        if literal in self._assigned:
            return True
        return False if -literal in self._assigned else None

    def _assign(self, literal: Literal, reason: tuple[Literal, ...] | None) -> None:
        self._assigned[literal] = _Assigned(self._level, reason)
        self._trail.append(literal)

    def _add(self, clause: tuple[Literal, ...]) -> bool:
        """Watch a clause before the search; return False if it cannot be satisfied."""
        if len(clause) == 1:
            if self._value(clause[0]) is None:
                self._assign(clause[0], clause)
            return self._value(clause[0]) is True
        self._watch(list(clause))
        return bool(clause)

    def _watch(self, clause: list[Literal]) -> None:
        for literal in clause[:2]:
            self._watched.setdefault(literal, []).append(clause)

    def _decide(self) -> bool:
        """Make a literal true that some clause still needs; return False if none does."""
        best: Literal | None = None
        for clause in self._clauses:
            open_: Literal | None = None
            for literal in clause:
                value = self._value(literal)
                if value:
                    break
                if value is None and (
                    open_ is None
                    or self._weights.get(abs(literal), 0) > self._weights.get(abs(open_), 0)
                ):
                    open_ = literal
            else:
                assert open_ is not None
                if best is None or self._weights.get(abs(open_), 0) > self._weights.get(
                    abs(best), 0
                ):
                    best = open_
        if best is None:
            return False
        self._level += 1
        self._assign(best, None)
        return True

    # --- what follows

    def _settled(self) -> tuple[Literal, ...] | None:
        """Extend the assignment; return a clause that it contradicts, if there is one."""
        conflict = self._propagated()
        if conflict is not None:
            return conflict
        found = inconsistency(self._given, self._trail)
        return None if found is None else tuple(-literal for literal in found)

    def _propagated(self) -> tuple[Literal, ...] | None:
        while self._next < len(self._trail):
            false = -self._trail[self._next]
            self._next += 1
            watching, self._watched[false] = self._watched.get(false, []), []
            for number, clause in enumerate(watching):
                if clause[0] == false:
                    clause[0], clause[1] = clause[1], clause[0]
                conflict = self._moved(clause, false)
                if conflict is not None:
                    self._watched[false] += watching[number + 1 :]
                    return conflict
        return None

    def _moved(self, clause: list[Literal], false: Literal) -> tuple[Literal, ...] | None:
        """Watch another literal of a clause instead of a false one, or draw the consequence."""
        if self._value(clause[0]) is not True:
            for place in range(2, len(clause)):
                if self._value(clause[place]) is not False:
                    clause[1], clause[place] = clause[place], clause[1]
                    self._watched.setdefault(clause[1], []).append(clause)
                    return None
        self._watched[false].append(clause)
        match self._value(clause[0]):
            case None:
                self._assign(clause[0], tuple(clause))
            case False:
                return tuple(clause)
            case True:
                pass
        return None

    # --- going back

    def _learn(self, conflict: tuple[Literal, ...]) -> bool:
        """Learn from a conflict, and go back to where that forces something.

        Returns:
            Whether there was a decision to go back on.
        """
        self._return_to(max((self._assigned[-each].level for each in conflict), default=0))
        if self._level == 0:
            return False
        learnt = self._resolved(conflict)
        levels = sorted((self._assigned[-literal].level for literal in learnt), reverse=True)
        self._return_to(levels[1] if len(levels) > 1 else 0)
        self._clauses.append(learnt)
        forced = learnt[0]
        if len(learnt) > 1:
            rest = sorted(learnt[1:], key=lambda each: -self._assigned[-each].level)
            self._watch([forced, *rest])
        self._assign(forced, learnt)
        return True

    def _resolved(self, conflict: tuple[Literal, ...]) -> tuple[Literal, ...]:
        """Return a clause with one literal of the present level, which comes first."""
        clause = set(conflict)
        for literal in reversed(self._trail):
            here = [each for each in clause if self._assigned[-each].level == self._level]
            if len(here) == 1:
                return (here[0], *sorted(clause - {here[0]}))
            if -literal in clause:
                reason = self._assigned[literal].reason
                assert reason is not None, "the decision of a level is resolved last"
                clause = (clause - {-literal}) | (set(reason) - {literal})
                self._weights[abs(literal)] = self._weights.get(abs(literal), 0) + 1
        raise AssertionError("a conflict without the present level")

    def _return_to(self, level: int) -> None:
        while self._trail and self._assigned[self._trail[-1]].level > level:
            del self._assigned[self._trail.pop()]
        self._level = level
        self._next = min(self._next, len(self._trail))


# --- the theories ---------------------------------------------------------------------------------


def inconsistency(clauses: Clauses, literals: Iterable[Literal]) -> set[Literal] | None:
    """Return literals, out of those that hold, that cannot hold together; None if all may."""
    atoms = clauses.atoms
    equations: list[tuple[int, int, Literal]] = []
    distinct: list[tuple[int, int, Literal]] = []
    constraints: list[Constraint] = [(f.x, f.y, f.most, _NEVER) for f in clauses.facts]
    for literal in literals:
        match atoms.get(abs(literal)):
            case Equation(left, right):
                (equations if literal > 0 else distinct).append((left, right, literal))
            case Bound(x, y, most):
                why = frozenset({literal})
                constraints.append((x, y, most, why) if literal > 0 else (y, x, -most - 1, why))
            case None:
                pass
    congruence = Congruence(clauses.nodes, clauses.applications, frozenset(clauses.constants))
    found = congruence.conflict([*equations, *_truths(distinct)])
    if found is not None:
        return found
    for left, right, literal in distinct:
        if congruence.find(left) == congruence.find(right):
            return congruence.reasons(left, right) | {literal}
    if not constraints:
        return None
    return contradiction([*constraints, *_shared(congruence, constraints)])


def _truths(
    distinct: Iterable[tuple[int, int, Literal]],
) -> Iterable[tuple[int, int, Literal]]:
    """Yield that what is not true is false."""
    for left, right, literal in distinct:
        if TRUE in {left, right}:
            yield (right if left == TRUE else left), FALSE, literal


def _shared(congruence: Congruence, constraints: Iterable[Constraint]) -> Iterable[Constraint]:
    """Yield that numbers in one class are equal."""
    nodes = dict.fromkeys(node for x, y, _, _ in constraints for node in (x, y))
    first: dict[int, int] = {}
    for node in nodes:
        other = first.setdefault(congruence.find(node), node)
        if other != node:
            why = frozenset(congruence.reasons(node, other))
            yield node, other, 0, why
            yield other, node, 0, why
