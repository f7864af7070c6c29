"""Claims about runs against a textbook algorithm over the interpreter's graph.

The other side knows no automata and no packed states. It builds the graph with the interpreter, and
looks for a fair cycle by taking strongly connected components apart (Emerson and Lei, "Modalities
for model checking", 1987): a component is fair when each requirement is met somewhere in it, and
where a strong one is not, the states that ask for it are left out.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import networkx
import pytest

from checker.explicit.search import SearchOptions, check
from checker.model.evaluate import evaluate
from checker.model.fairness import Requirement, Scheduling, requirements
from checker.model.interpret import Moved, initial_states, state_scope, successors
from checker.model.ir import Expr
from checker.model.lasso import is_possible
from checker.model.operators import EvaluationError
from checker.model.system import State, System
from checker.model.temporal import (
    Always,
    Eventually,
    Fairness,
    Formula,
    LeadsTo,
    Now,
    TemporalProperty,
)
from checker.model.verdict import FindingKind, Verdict
from grammar.source import NOWHERE
from tests.support.system_strategies import seeded_system

SYSTEMS = 40
MOST_STATES = 300


def graph_of(system: System) -> networkx.MultiDiGraph:
    """Build the graph; every state may also be repeated, which nobody does."""
    graph = networkx.MultiDiGraph()
    starts = [o.state for o in initial_states(system) if isinstance(o, Moved)]
    waiting = list(dict.fromkeys(starts))
    graph.add_nodes_from(waiting)
    for state in waiting:
        graph.add_edge(state, state, by=None)
        for outcome in successors(system, state):
            if isinstance(outcome, Moved):
                if outcome.state not in graph:
                    waiting.append(outcome.state)
                graph.add_edge(state, outcome.state, by=(outcome.step.action, outcome.step.params))
        if len(graph) > MOST_STATES:
            return networkx.MultiDiGraph()
    graph.graph["starts"] = starts
    return graph


def has_fair_cycle(
    graph: networkx.MultiDiGraph, needs: list[tuple[Requirement, set[State]]], must: set[State]
) -> bool:
    """Tell whether some fair cycle visits one of the states in `must`."""
    for nodes in networkx.strongly_connected_components(graph):
        part = graph.subgraph(nodes)
        taken = {by for _, _, by in part.edges(data="by")}
        left_out: set[State] = set()
        is_unfair = not nodes & must
        for each, possible in needs:
            if taken & set(each.taken):
                continue
            if each.is_strong:
                left_out |= possible & nodes
            elif nodes <= possible:
                is_unfair = True
        if is_unfair:
            continue
        if not left_out or has_fair_cycle(part.subgraph(nodes - left_out), needs, must):
            return True
    return False


def reachable(graph: networkx.MultiDiGraph, starts: set[State]) -> networkx.MultiDiGraph:
    found = {start for start in starts if start in graph}
    for start in list(found):
        found |= networkx.descendants(graph, start)
    return graph.subgraph(found)


class Twin:
    """Judges properties of one shape each, by the negation written out by hand."""

    def __init__(self, system: System, scheduling: Scheduling) -> None:
        self.system = system
        self.graph = graph_of(system)
        self.all = set(self.graph)
        self.needs = [
            (each, {s for s in self.all if is_possible(system, s, each)})
            for each in requirements(system, scheduling)
        ]

    def where(self, expr: Expr) -> set[State]:
        return {s for s in self.all if evaluate(expr, state_scope(self.system, s))}

    def holds(self, shape: str, p: set[State], q: set[State]) -> bool:
        starts = set(self.graph.graph["starts"])
        match shape:
            case "leads to":  # somewhere p, and from there on never q
                inside = reachable(self.graph.subgraph(self.all - q), p - q)
                return not has_fair_cycle(inside, self.needs, self.all)
            case "again and again":  # from some point on never p
                inside = self.graph.subgraph(self.all - p)
                return not has_fair_cycle(inside, self.needs, self.all)
            case "eventually":  # never p
                inside = reachable(self.graph.subgraph(self.all - p), starts - p)
                return not has_fair_cycle(inside, self.needs, self.all)
            case "in the end always":  # again and again not p
                return not has_fair_cycle(self.graph, self.needs, self.all - p)
            case _:
                raise AssertionError(shape)


def formula(shape: str, p: Expr, q: Expr) -> Formula:
    left, right = Now(p, NOWHERE), Now(q, NOWHERE)
    match shape:
        case "leads to":
            return LeadsTo(left, right, NOWHERE)
        case "again and again":
            return Always(Eventually(left))
        case "eventually":
            return Eventually(left)
        case "in the end always":
            return Eventually(Always(left))
        case _:
            raise AssertionError(shape)


SHAPES = ["leads to", "again and again", "eventually", "in the end always"]


def with_fairness(system: System, random: Random) -> System:
    """Return the system with actions that are fair in one way or another."""
    kinds = [None, None, Fairness.WEAK, Fairness.STRONG, Fairness.UNFAIR]
    return replace(
        system,
        actions=tuple(replace(each, fairness=random.choice(kinds)) for each in system.actions),
    )


def disagreements(seed: int) -> tuple[int, int]:
    """Compare a random system's properties; return how many hold and how many do not."""
    random = Random(seed)
    system = with_fairness(seeded_system(seed), random)
    scheduling = random.choice(list(Scheduling))
    twin = Twin(system, scheduling)
    found = [each.expression for p in system.properties for each in p.conjuncts]
    conditions = []
    for each in found:
        try:
            conditions.append((each, twin.where(each)))
        except (EvaluationError, AssertionError):
            continue
    if not twin.all or not conditions:
        return 0, 0
    counts = [0, 0]
    for shape in SHAPES:
        (p, in_p), (q, in_q) = random.choice(conditions), random.choice(conditions)
        claim = TemporalProperty("claim", formula(shape, p, q), "", NOWHERE)
        claiming = replace(system, properties=(), temporal=(claim,))
        result = check(claiming, SearchOptions(deadlock=False, scheduling=scheduling))
        if any(f.kind is not FindingKind.LIVENESS for f in result.findings):
            continue
        expected = twin.holds(shape, in_p, in_q)
        assert (result.verdict is Verdict.HOLDS) == expected, (seed, shape, scheduling)
        counts[not expected] += 1
    return counts[0], counts[1]


def test_random_systems_and_properties() -> None:
    both = [disagreements(seed) for seed in range(SYSTEMS)]
    assert sum(holds for holds, _ in both) > SYSTEMS // 2
    assert sum(fails for _, fails in both) > SYSTEMS // 2


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_many_random_systems_and_properties(block: int) -> None:
    for seed in range(SYSTEMS + 100 * block, SYSTEMS + 100 * (block + 1)):
        disagreements(seed)
