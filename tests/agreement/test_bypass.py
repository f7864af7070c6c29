"""The greatest number of overtakings against a longest path over the interpreter's states.

The other side walks through pairs of a state and the set of those who wait ahead, one by one, and
takes the longest path through its strongly connected components.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import networkx
import pytest

from checker.explicit.search import SearchOptions, check
from checker.model import terms
from checker.model.evaluate import evaluate
from checker.model.interpret import Moved, initial_states, state_scope, successors
from checker.model.ir import Expr
from checker.model.system import State, System
from checker.model.temporal import Bypass
from checker.model.types import IntType
from checker.model.verdict import FindingKind
from grammar.source import NOWHERE
from tests.support.system_strategies import seeded_system

SYSTEMS = 24
MOST_STATES = 200
VALUES = IntType(0, 2)
Who = frozenset[int]
"""Some of the values."""


def reached(system: System) -> list[State]:
    """Return the reachable states, or a few too many of them."""
    found = dict.fromkeys(o.state for o in initial_states(system) if isinstance(o, Moved))
    waiting = list(found)
    for state in waiting:
        if len(found) > MOST_STATES:
            break
        for outcome in successors(system, state):
            if isinstance(outcome, Moved) and outcome.state not in found:
                found[outcome.state] = None
                waiting.append(outcome.state)
    return list(found)


class Twin:
    """Counts by the definition."""

    def __init__(self, system: System, waiting: list[Expr], entered: list[Expr]) -> None:
        self.system = system
        self.starts = [o.state for o in initial_states(system) if isinstance(o, Moved)]
        self.states = {
            state: [o.state for o in successors(system, state) if isinstance(o, Moved)]
            for state in reached(system)
        }
        self.entered = {s: self.where(entered, s) for s in self.states}
        self.waits = {s: self.where(waiting, s) - self.entered[s] for s in self.states}

    def where(self, conditions: list[Expr], state: State) -> Who:
        scope = state_scope(self.system, state)
        return frozenset(at for at, each in enumerate(conditions) if evaluate(each, scope))

    def most(self) -> int | None:
        found = [self.most_of(value) for value in range(3)]
        return None if None in found else max(each for each in found if each is not None)

    def most_of(self, value: int) -> int | None:
        graph = networkx.DiGraph()
        pending = [
            (state, self.waits[state] - {value})
            for state in self.beginnings(value)
            if value in self.waits[state]
        ]
        graph.add_nodes_from(pending)
        while pending:
            state, ahead = pending.pop()
            for after in self.states[state]:
                new = self.entered[after] - self.entered[state]
                weight = 0 if value in new else len(new - ahead)
                if value in self.waits[after]:
                    target = (after, ahead & self.waits[after])
                    if target not in graph:
                        pending.append(target)
                    graph.add_edge((state, ahead), target, weight=weight)
                elif weight:
                    graph.add_edge((state, ahead), ("over", after, weight), weight=weight)
        return longest(graph)

    def beginnings(self, value: int) -> set[State]:
        found = set(self.starts)
        for state, following in self.states.items():
            if value not in self.waits[state]:
                found |= set(following)
        return found


def longest(graph: networkx.DiGraph) -> int | None:
    """Return the greatest weight of a path, None if there is none."""
    whole = networkx.condensation(graph)
    place = whole.graph["mapping"]
    for first, last, weight in graph.edges(data="weight"):
        if place[first] == place[last] and weight:
            return None
    best = dict.fromkeys(whole, 0)
    for part in reversed(list(networkx.topological_sort(whole))):
        for node in whole.nodes[part]["members"]:
            for _, last, weight in graph.out_edges(node, data="weight"):
                best[part] = max(best[part], weight + best[place[last]])
    return max(best.values(), default=0)


def of_values(system: System, local_is: list[Expr], expressions: list[Expr]) -> Expr:
    """Return the condition that is one of three for each value of the local."""
    pairs = zip(local_is, expressions, strict=True)
    return terms.disjunction(
        system.terms, tuple(terms.conjunction(system.terms, pair) for pair in pairs)
    )


def some_condition(system: System, states: list[State], random: Random) -> Expr:
    """Return that one or two variables are what they are in some state, or that they are not."""
    parts = []
    state = random.choice(states)
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(system.variables))
        variable = system.variables[at]
        value = terms.literal(system.terms, state[at], variable.type)
        parts.append(terms.equal(system.terms, terms.read(system.terms, variable), value))
    found = terms.conjunction(system.terms, tuple(parts))
    return terms.negation(system.terms, found) if random.random() < 0.3 else found


def compared(seed: int) -> int | str | None:
    """Compare one random bypass; return what came out."""
    random = Random(seed)
    system = seeded_system(seed)
    states = reached(system)
    if not 2 <= len(states) <= MOST_STATES:
        return "too small or too large"
    some = [some_condition(system, states, random) for _ in range(6)]
    local = terms.fresh("c", VALUES)
    here = terms.reference(system.terms, local)
    is_it = [
        terms.equal(system.terms, here, terms.literal(system.terms, value, VALUES))
        for value in range(3)
    ]
    sides = [of_values(system, is_it, part) for part in (some[:3], some[3:])]
    claim = Bypass("claim", local, sides[0], sides[1], None, "", NOWHERE)
    result = check(replace(system, properties=(), bypasses=(claim,)), SearchOptions(deadlock=False))
    if any(f.kind is not FindingKind.BYPASS for f in result.findings):
        return "something else is wrong"
    assert result.figures[0].value == Twin(system, some[:3], some[3:]).most(), seed
    return result.figures[0].value


def test_random_systems() -> None:
    found = [compared(seed) for seed in range(SYSTEMS)]
    assert found.count(None) > 3
    assert found.count(0) > 3
    assert found.count(1) + found.count(2) > 1


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_many_random_systems(block: int) -> None:
    for seed in range(1000 + 200 * block, 1000 + 200 * (block + 1)):
        compared(seed)
