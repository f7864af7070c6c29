"""The state graph against the reference interpreter."""

from __future__ import annotations

import pytest

from checker.explicit.graph import StateGraph, state_graph, to_networkx
from checker.model.explore import explore
from checker.model.interpret import Moved, successors
from checker.model.system import State, System
from checker.model.verdict import FindingKind
from tests.support.system_strategies import seeded_system
from tests.support.systems import Crash, clock, crasher, deadlocker, digraph


def steps(graph: StateGraph) -> list[tuple[State, str, object, State]]:
    return sorted(
        (
            (graph.states[e.source], e.step.action.name, e.step.params, graph.states[e.target])
            for e in graph.edges
        ),
        key=repr,
    )


def reference_steps(system: System) -> list[tuple[State, str, object, State]]:
    return sorted(
        (
            (state, outcome.step.action.name, outcome.step.params, outcome.state)
            for state in explore(system).states
            for outcome in successors(system, state)
            if isinstance(outcome, Moved)
        ),
        key=repr,
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_graph_is_that_of_the_interpreter(seed: int) -> None:
    system = seeded_system(seed)
    graph = state_graph(system)
    reference = explore(system)
    assert graph.is_complete
    assert set(graph.states) == reference.states
    assert len(set(graph.states)) == len(graph.states)
    assert steps(graph) == reference_steps(system)


def test_nodes_and_edges_are_all_there() -> None:
    graph = state_graph(clock(12))
    assert (len(graph.states), len(graph.edges), graph.initial) == (12, 12, 12)
    assert graph.is_complete
    assert graph.wrong == {}


def test_what_is_wrong_is_marked_where_it_is() -> None:
    assert {
        n: [s.kind for s in w] for n, w in state_graph(digraph([[0, 1, 2]], bad=2)).wrong.items()
    } == {2: [FindingKind.INVARIANT, FindingKind.DEADLOCK]}
    assert list(state_graph(crasher(Crash.ASSERTION)).wrong) == [2]


def test_a_cut_graph_says_so() -> None:
    graph = state_graph(deadlocker(3), 10)
    assert len(graph.states) > 10
    assert not graph.is_complete
    assert all(edge.source < graph.unexpanded for edge in graph.edges)


def test_networkx_has_states_actions_and_processes() -> None:
    graph = state_graph(deadlocker(2))
    made = to_networkx(graph)
    assert made.number_of_nodes() == len(graph.states)
    assert made.number_of_edges() == len(graph.edges)
    assert made.nodes[0]["initial"] is True
    assert set(made.nodes[0]["state"]) == {each.name for each in graph.system.variables}
    _, _, data = next(iter(made.edges(data=True)))
    assert data["action"] in {each.name for each in graph.system.actions}
    assert data["process"] in {each.name for each in graph.system.processes}
