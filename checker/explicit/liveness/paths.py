"""Shortest paths in graphs that are given by their steps, told the same way every time.

A search goes out level by level until it meets a goal. Of the goals met first the one with the
smallest state is taken; among the shortest paths to it one with the fewest context switches, and
among those the first in the order of states, actions and parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

import numpy as np

from checker.explicit.liveness.conditions import instance_of
from checker.model.trace import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.liveness.graph import StateGraph
    from checker.explicit.liveness.widened import Label

CONE: Final = 5_000
"""So many nodes of a level are looked at for the fewest context switches."""

Array: TypeAlias = "NDArray[np.int64]"
_Switches: TypeAlias = "dict[str | None, int]"


class Steps(NamedTuple):
    """Steps out of given nodes: from which (by position), by which edge, to where."""

    origins: Array
    edges: Array
    targets: Array

    @staticmethod
    def joined(origins: Sequence[Array], edges: Sequence[Array], targets: Sequence[Array]) -> Steps:
        """Return several together."""
        if not origins:
            nothing = np.zeros(0, np.int64)
            return Steps(nothing, nothing, nothing)
        return Steps(np.concatenate(origins), np.concatenate(edges), np.concatenate(targets))


class Moves(Protocol):
    """A graph, whose nodes are numbers below `nodes`."""

    @property
    def nodes(self) -> int:
        """The number of nodes."""

    def expand(self, nodes: Array) -> Steps:
        """Return the steps out of nodes."""


@dataclass(frozen=True, slots=True)
class Path:
    """Nodes and the edges between them."""

    nodes: list[int]
    edges: list[int]


def out_of(graph: StateGraph, nodes: Array) -> tuple[Array, Array]:
    """Return all edges out of nodes: for each the position of its node, and the edge."""
    first = graph.starts[nodes]
    count = graph.starts[nodes + 1] - first
    which = np.repeat(np.arange(len(nodes)), count)
    before = np.cumsum(count) - count
    edges = np.arange(len(which)) - np.repeat(before - first, count)
    return which, edges


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The state graph itself."""

    graph: StateGraph

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return self.graph.nodes

    def expand(self, nodes: Array) -> Steps:
        """Return the steps out of nodes."""
        which, edges = out_of(self.graph, nodes)
        return Steps(which, edges, self.graph.targets[edges].astype(np.int64))


def nearest(graph: StateGraph, goals: Collection[int]) -> Path:
    """Return a shortest path from an initial node to one of some nodes."""
    is_goal = np.zeros(graph.nodes, np.bool_)
    is_goal[list(goals)] = True
    finder = Finder(graph, Everywhere(graph), graph.labels, lambda node: node)
    path = finder.shortest(np.arange(graph.initial), lambda nodes: is_goal[nodes])
    assert path is not None, "every node can be reached"
    return path


@dataclass(frozen=True)
class Finder:
    """Finds paths.

    Attributes:
        labels: of the edges, by their numbers in `moves`.
        place: the node of the state graph that a node stands for.
    """

    graph: StateGraph
    moves: Moves
    labels: NDArray[np.int32]
    place: Callable[[int], int]

    def shortest(self, sources: Array, goals: Callable[[Array], NDArray[np.bool_]]) -> Path | None:
        """Return a shortest path to a goal, which may be a source itself; None if there is none."""
        levels = self.levels(sources, goals)
        if levels is None:
            return None
        met = levels[-1][goals(levels[-1])]
        end = min(met.tolist(), key=self.order)
        return self.traced(levels[:-1], end)

    def levels(
        self, sources: Array, goals: Callable[[Array], NDArray[np.bool_]]
    ) -> list[Array] | None:
        """Return the nodes at each distance, up to the first with a goal among them."""
        seen = np.zeros(self.moves.nodes, np.bool_)
        level = np.unique(sources)
        found = []
        while len(level):
            found.append(level)
            seen[level] = True
            if goals(level).any():
                return found
            targets = self.moves.expand(level).targets
            level = np.unique(targets[~seen[targets]])
        return None

    def order(self, node: int) -> tuple[int, int]:
        """Return by what nodes are ordered."""
        return self.graph.states.packed(self.place(node)), node

    def traced(self, levels: Sequence[Array], end: int) -> Path:
        """Return the best path through levels, from the first of them to a node after the last."""
        costs: list[dict[int, _Switches]] = [{end: {None: 0}}]
        leading: list[dict[int, list[tuple[int, int]]]] = []
        for level in reversed(levels):
            leading.append(self._leading(level, costs[-1].keys()))
            costs.append(self._costs(leading[-1], costs[-1]))
        costs.reverse()
        leading.reverse()
        start = min(costs[0], key=lambda each: (min(costs[0][each].values()), self.order(each)))
        path = Path([start], [])
        for steps, after in zip(leading, costs[1:], strict=True):
            edge, target = self._best(steps[path.nodes[-1]], after, path)
            path.edges.append(edge)
            path.nodes.append(target)
        return path

    def _leading(self, level: Array, wanted: Collection[int]) -> dict[int, list[tuple[int, int]]]:
        """Return the steps from a level to wanted nodes, by node, of the smallest nodes."""
        targets = np.array(list(wanted), np.int64)
        steps = self.moves.expand(level)
        hits = np.flatnonzero(np.isin(steps.targets, targets))
        found: dict[int, list[tuple[int, int]]] = {}
        for at in hits.tolist():
            node = int(level[steps.origins[at]])
            found.setdefault(node, []).append((int(steps.edges[at]), int(steps.targets[at])))
        if len(found) <= CONE:
            return found
        kept = sorted(found, key=self.order)[:CONE]
        return {node: found[node] for node in kept}

    def _costs(
        self, leading: dict[int, list[tuple[int, int]]], after: dict[int, _Switches]
    ) -> dict[int, _Switches]:
        """Return for each node the fewest switches to the end, by who acts first."""
        result: dict[int, _Switches] = {}
        for node, steps in leading.items():
            costs: _Switches = {}
            for edge, target in steps:
                actor = self.actor(edge)
                cost = _least(after[target], actor)
                costs[actor] = min(cost, costs.get(actor, cost))
            result[node] = costs
        return result

    def _best(
        self, steps: list[tuple[int, int]], after: dict[int, _Switches], path: Path
    ) -> tuple[int, int]:
        before = self.actor(path.edges[-1]) if path.edges else None

        def cost(step: tuple[int, int]) -> tuple[int, Label, tuple[int, int]]:
            edge, target = step
            actor = self.actor(edge)
            switches = (before is not None and before != actor) + _least(after[target], actor)
            return switches, self.label(edge), self.order(target)

        return min(steps, key=cost)

    def label(self, edge: int) -> Label:
        """Return what an edge is."""
        return self.graph.names[int(self.labels[edge])]

    def actor(self, edge: int) -> str:
        """Return who takes an edge."""
        return self._actors[int(self.labels[edge])]

    @cached_property
    def _actors(self) -> list[str]:
        system = self.graph.system
        return [Step(*instance_of(system, label), ()).actor for label in self.graph.names]


def _least(onward: _Switches, actor: str) -> int:
    return min(
        cost + (following is not None and following != actor) for following, cost in onward.items()
    )
