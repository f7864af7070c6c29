"""The whole state graph of a small system, for looking at and for other tools.

Nodes are numbered in breadth-first order, which is the order of the interpreter: initial states as
`init` yields them, then successors by action, parameters and execution. Several executions that
lead from one state to the same are several edges, so the number of edges is that of transitions.

What is wrong is told by labels and stops nothing: a graph is for seeing what is there.

networkx is imported only when a graph is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from checker.explicit.depth import room_for
from checker.explicit.layout import Layout
from checker.explicit.python.exact import Exact, conjuncts
from checker.model.system import PropertyKind
from checker.model.trace import Step
from checker.model.types import show
from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from checker.explicit.engine import Subject
    from checker.explicit.python.exact import Transition
    from checker.model.system import System

Graph: TypeAlias = Any
"""A `networkx.MultiDiGraph`."""

MAX_STATES: Final = 20_000
"""Nobody can look at more than this; other uses may say so."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The graph was not made: there are more states than `limit`."""

    limit: int

    def __str__(self) -> str:
        """Say so in a sentence."""
        return f"the graph has more than {self.limit:,} states"


def state_graph(system: System, limit: int = MAX_STATES) -> Graph | TooLarge:
    """Return the graph of all reachable states.

    Returns:
        Nodes with `state` (variable name to shown value), `initial` and `labels` (names of the
        `reachable` properties that hold and of what is wrong there); edges with `action`, `actor`
        and `params` (name to shown value).
    """
    with room_for(system):
        return _Builder(system, limit).build()


class _Builder:
    def __init__(self, system: System, limit: int) -> None:
        self.system = system
        self.limit = limit
        self.layout = Layout(system)
        self.exact = Exact(system, self.layout)
        self.reachables = [each.name for each in conjuncts(system, PropertyKind.REACHABLE)]
        self.numbers: dict[int, int] = {}

    def build(self) -> Graph | TooLarge:
        from networkx import MultiDiGraph

        graph = MultiDiGraph(name=self.system.name)
        initial, _ = self.exact.initial()
        self.numbers = {state: number for number, state in enumerate(dict.fromkeys(initial))}
        waiting = list(self.numbers)
        starts = len(waiting)
        # The list grows while it is read: it is the queue.
        for number, state in enumerate(waiting):
            if len(waiting) > self.limit:
                return TooLarge(self.limit)
            account = self.exact.account(state)
            graph.add_node(
                number,
                state=self.shown(state),
                initial=number < starts,
                labels=[
                    *self.labels(state),
                    *(_label(subject) for subject, _ in account.sightings),
                ],
            )
            for step in account.transitions:
                if step.after not in self.numbers:
                    self.numbers[step.after] = len(waiting)
                    waiting.append(step.after)
                graph.add_edge(number, self.numbers[step.after], **self.told(step))
        return graph

    def shown(self, state: int) -> dict[str, str]:
        values = zip(self.system.variables, self.layout.decode(state), strict=True)
        return {variable.name: show(variable.type, value) for variable, value in values}

    def labels(self, state: int) -> Iterator[str]:
        for number, name in enumerate(self.reachables):
            if self.exact.reaches(number, state):
                yield name
        for subject in self.exact.judge(state)[0]:
            yield _label(subject)

    def told(self, step: Transition) -> dict[str, Any]:
        action = self.system.actions[step.action]
        values = self.exact.values(step.action, step.params)
        params = {
            local.name: show(local.type, value)
            for local, value in zip(action.params, values, strict=True)
        }
        return {
            "action": action.name,
            "actor": Step(action, values, ()).actor,
            "params": params,
        }


def _label(subject: Subject) -> str:
    kind, name = subject
    if kind is FindingKind.DEADLOCK:
        return name
    return f"{kind.value}: {name}" if kind is not None else name


# --- other notations ------------------------------------------------------------------------------


def to_dot(graph: Graph) -> str:
    """Return the graph for Graphviz; initial states have a double border."""
    lines = [f"digraph {_quoted(graph.graph['name'])} {{", "  node [shape=box];"]
    for number, node in graph.nodes(data=True):
        text = "\n".join([*(f"{k} = {v}" for k, v in node["state"].items()), *node["labels"]])
        border = ", peripheries=2" if node["initial"] else ""
        lines.append(f"  {number} [label={_quoted(text)}{border}];")
    for source, target, edge in graph.edges(data=True):
        lines.append(f"  {source} -> {target} [label={_quoted(edge_text(edge))}];")
    return "\n".join([*lines, "}"]) + "\n"


def edge_text(edge: dict[str, Any]) -> str:
    """Return an edge in one line: `worker.link(self = Cpu0)`."""
    params = ", ".join(f"{name} = {value}" for name, value in edge["params"].items())
    return f"{edge['action']}({params})" if params else str(edge["action"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def to_graphml(graph: Graph) -> str:
    """Return the graph as GraphML; composite attributes are written out as JSON."""
    from networkx import MultiDiGraph, write_graphml_xml

    flat = MultiDiGraph()
    for number, node in graph.nodes(data=True):
        flat.add_node(
            number,
            state=json.dumps(node["state"]),
            initial=node["initial"],
            labels=json.dumps(node["labels"]),
        )
    for source, target, edge in graph.edges(data=True):
        flat.add_edge(source, target, **{**edge, "params": json.dumps(edge["params"])})
    stream = BytesIO()
    write_graphml_xml(flat, stream)
    return stream.getvalue().decode("utf-8") + "\n"


def to_json(graph: Graph) -> str:
    """Return the graph in networkx' node-link form."""
    from networkx import node_link_data

    return json.dumps(node_link_data(graph, edges="edges"), indent=1) + "\n"
