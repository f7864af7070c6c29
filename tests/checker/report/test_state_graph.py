from __future__ import annotations

import io
import json

import networkx
import pytest

from checker.explicit.graph import StateGraph, state_graph
from checker.model.types import show
from checker.report.state_graph import graph_json, to_dot, to_graphml
from tests.checker.report.samples import race
from tests.support.systems import deadlocker, digraph


def test_dot() -> None:
    assert to_dot(state_graph(digraph([[0, 1]], bad=1), 1000)) == (
        'digraph "digraph" {\n'
        "  node [shape=box, fontsize=10];\n"
        '  s0 [label="node = 0", style="bold"];\n'
        '  s1 [label="node = 1", color=red];\n'
        '  s0 -> s1 [label="edge_0_1"];\n'
        "}\n"
    )


def test_dot_of_processes() -> None:
    text = to_dot(state_graph(race(), 1000))
    label = r"worker[Cpu0]: acquire.1\nworker[Cpu1]: acquire.1\ntaken = false"
    assert f'  s0 [label="{label}", style="bold"];\n' in text
    assert '  s0 -> s1 [label="worker[Cpu0] acquire.1"];\n' in text


@pytest.mark.parametrize("graph", [state_graph(race(), 1000), state_graph(deadlocker(3), 10)])
def test_networkx_reads_graphml(graph: StateGraph) -> None:
    read = networkx.read_graphml(io.BytesIO(to_graphml(graph).encode()), force_multigraph=True)
    assert read.number_of_nodes() == len(graph.states)
    assert read.number_of_edges() == len(graph.edges)
    for number in range(len(graph.states)):
        data = read.nodes[f"s{number}"]
        assert data["initial"] == (number < graph.initial)
        assert data["bad"] == (number in graph.wrong)
        assert data["unexpanded"] == (number >= graph.unexpanded)
        shown = {
            f"state.{variable.name}": show(variable.type, value)
            for variable, value in zip(graph.system.variables, graph.states[number], strict=True)
        }
        assert {key: text for key, text in data.items() if key.startswith("state.")} == shown
    told = sorted(
        (data["action"], data["actor"], data["process"]) for *_, data in read.edges(data=True)
    )
    steps = [edge.step for edge in graph.edges]
    assert told == sorted(
        (step.action.name, step.actor, step.action.process.name if step.action.process else "")
        for step in steps
    )
    ends = sorted((int(a[1:]), int(b[1:])) for a, b in read.edges())
    assert ends == sorted((edge.source, edge.target) for edge in graph.edges)


def test_json() -> None:
    graph = state_graph(race(), 1000)
    written = json.loads(json.dumps(graph_json(graph)))
    assert written["is_complete"] is True
    assert len(written["states"]) == len(graph.states)
    assert written["states"][0]["values"]["taken"] is False
    first = written["edges"][0]
    assert (first["source"], first["target"], first["action"]) == (0, 1, "worker.acquire.1")
