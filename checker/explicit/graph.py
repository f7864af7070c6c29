"""The whole state graph of a system that fits, for looking at and for other tools.

Nodes are numbered breadth first, in the order of the interpreter but for choices: initial states as
`init` yields them, then successors by action, parameters and execution. Several executions that
lead from one state to the same are several edges, so the number of edges is that of transitions.

What is wrong is marked and stops nothing: a graph is for seeing what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from checker.explicit.depth import room_for
from checker.explicit.engine import Subject
from checker.explicit.layout import Layout
from checker.explicit.python.exact import Exact, conjuncts
from checker.model.system import PropertyKind
from checker.model.trace import Step
from checker.model.types import show

if TYPE_CHECKING:
    from checker.model.system import State, System

NetworkX: TypeAlias = Any
"""A `networkx.MultiDiGraph`."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step between two nodes, by their numbers; which choices it made is not kept."""

    source: int
    target: int
    step: Step


@dataclass(frozen=True, slots=True)
class StateGraph:
    """States and the steps between them.

    Attributes:
        initial: how many of the first nodes are initial.
        wrong: what is wrong in a node, or in a step tried there; nodes that are right are left out.
        reached: names of the `reachable` properties that hold in a node.
        unexpanded: the first node whose steps are not in the graph; their number if all are.
    """

    system: System
    states: tuple[State, ...]
    edges: tuple[Edge, ...]
    initial: int
    wrong: dict[int, tuple[Subject, ...]]
    reached: dict[int, tuple[str, ...]]
    unexpanded: int

    @property
    def is_complete(self) -> bool:
        """Whether every reachable state is in it, with all of its steps."""
        return self.unexpanded == len(self.states)


def state_graph(system: System, limit: int | None = None) -> StateGraph:
    """Explore breadth first, until there are more than `limit` states."""
    with room_for(system):
        return _Builder(system).build(limit)


class _Builder:
    def __init__(self, system: System) -> None:
        self.system = system
        self.layout = Layout(system)
        self.exact = Exact(system, self.layout)
        self.reachables = [each.name for each in conjuncts(system, PropertyKind.REACHABLE)]
        self.steps: dict[tuple[int, tuple[int, ...]], Step] = {}
        self.wrong: dict[int, tuple[Subject, ...]] = {}
        self.reached: dict[int, tuple[str, ...]] = {}

    def build(self, limit: int | None) -> StateGraph:
        starts, _ = self.exact.initial()
        numbers = {state: number for number, state in enumerate(dict.fromkeys(starts))}
        packed = list(numbers)
        initial, expanded = len(packed), 0
        edges: list[Edge] = []
        while expanded < len(packed) and (limit is None or len(packed) <= limit):
            account = self.exact.account(packed[expanded])
            for action, params, after in account.transitions:
                if after not in numbers:
                    numbers[after] = len(packed)
                    packed.append(after)
                edges.append(Edge(expanded, numbers[after], self.step(action, params)))
            self.judge(expanded, packed[expanded], [subject for subject, _ in account.sightings])
            expanded += 1
        for number in range(expanded, len(packed)):
            self.judge(number, packed[number], [])
        return StateGraph(
            system=self.system,
            states=tuple(map(self.layout.decode, packed)),
            edges=tuple(edges),
            initial=initial,
            wrong=self.wrong,
            reached=self.reached,
            unexpanded=expanded,
        )

    def step(self, action: int, params: tuple[int, ...]) -> Step:
        found = self.steps.get((action, params))
        if found is None:
            values = self.exact.values(action, params)
            found = self.steps[action, params] = Step(self.system.actions[action], values, ())
        return found

    def judge(self, number: int, state: int, seen: list[Subject]) -> None:
        wrong = (*self.exact.judge(state)[0], *dict.fromkeys(seen))
        reached = tuple(
            name for at, name in enumerate(self.reachables) if self.exact.reaches(at, state)
        )
        if wrong:
            self.wrong[number] = wrong
        if reached:
            self.reached[number] = reached


def to_networkx(graph: StateGraph) -> NetworkX:
    """Return the graph for networkx, which is imported only then.

    Returns:
        Nodes with `state` (variable name to shown value), `initial`, `expanded`, `reached` and
        `wrong` (names); edges with `action`, `actor`, `process` and `params` (name to shown value).
    """
    from networkx import MultiDiGraph

    result = MultiDiGraph(name=graph.system.name)
    for number, state in enumerate(graph.states):
        values = zip(graph.system.variables, state, strict=True)
        result.add_node(
            number,
            state={variable.name: show(variable.type, value) for variable, value in values},
            initial=number < graph.initial,
            expanded=number < graph.unexpanded,
            reached=list(graph.reached.get(number, ())),
            wrong=[subject.name for subject in graph.wrong.get(number, ())],
        )
    for edge in graph.edges:
        action = edge.step.action
        result.add_edge(
            edge.source,
            edge.target,
            action=action.name,
            actor=edge.step.actor,
            process=None if action.process is None else action.process.name,
            params={
                local.name: show(local.type, value)
                for local, value in zip(action.params, edge.step.params, strict=True)
            },
        )
    return result
