"""From fair cycles to a run that can be read: a shortest way to one, and a short way round.

The way round visits what the conditions ask for, the nearest first, and comes back; detours that
turn out to be needless are cut out. It is short, not always the shortest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from checker.explicit.liveness.components import WORD
from checker.explicit.liveness.conditions import instance_of
from checker.explicit.liveness.paths import Finder, Path, Steps
from checker.model.interpret import Moved, perform
from checker.model.trace import Trace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.liveness.graph import StateGraph
    from checker.explicit.liveness.paths import Array
    from checker.explicit.liveness.product import Cycles, Product
    from checker.explicit.liveness.widened import Label


def lasso(product: Product) -> Trace | None:
    """Return a fair run that the automaton accepts; None if there is none."""
    if not product.goals.any():
        return None
    graph = product.graph
    finder = Finder(graph, product, graph.labels, lambda node: node % graph.nodes)
    stem = finder.shortest(product.initial(), lambda nodes: product.goals[nodes])
    if stem is None:
        return None
    end = stem.nodes[-1]
    nodes = [node % graph.nodes for node in stem.nodes]
    if product.resting[end]:
        return trace_of(graph, nodes, stem.edges, loop=len(nodes) - 1)
    for cycles in product.cycles:
        state, place = divmod(end, graph.nodes)
        if state in cycles.states:
            start = cycles.states.index(state) * graph.nodes + place
            if cycles.component[start] >= 0:
                round_ = Round.through(graph, cycles, start)
                nodes += [node % graph.nodes for node in round_.nodes[1:]]
                edges = [*stem.edges, *cycles.edges[round_.edges].tolist()]
                return trace_of(graph, nodes, edges, loop=len(stem.nodes) - 1)
    raise AssertionError("a goal lies on a cycle, or the run may rest there")


def trace_of(
    graph: StateGraph, nodes: Sequence[int], edges: Sequence[int], loop: int | None
) -> Trace:
    """Return nodes and edges as a trace, with the first choices that lead there."""
    states = tuple(graph.layout.decode(graph.states.packed(node)) for node in nodes)
    steps = []
    for edge, before, after in zip(edges, states, states[1:], strict=False):
        instance = instance_of(graph.system, graph.names[graph.labels[edge]])
        outcomes = perform(graph.system, before, *instance)
        steps.append(next(o.step for o in outcomes if isinstance(o, Moved) and o.state == after))
    return Trace(states, tuple(steps), loop=loop)


# --- the way round --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Inside:
    """One component of an arena as a graph to walk in."""

    cycles: Cycles
    number: int

    @property
    def nodes(self) -> int:
        """The number of nodes of the arena."""
        return self.cycles.arena.nodes

    @cached_property
    def edges(self) -> Array:
        """The edges within the component, by their sources."""
        arena, component = self.cycles.arena, self.cycles.component
        is_inside = (component[arena.sources] == self.number) & (
            component[arena.targets] == self.number
        )
        return np.flatnonzero(is_inside)

    @cached_property
    def sources(self) -> NDArray[np.int32]:
        """Where they come from, ascending."""
        found: NDArray[np.int32] = self.cycles.arena.sources[self.edges]
        return found

    def out(self, nodes: Array) -> tuple[Array, Array]:
        """Return all edges out of nodes: for each the position of its node, and the edge."""
        first = np.searchsorted(self.sources, nodes, side="left")
        count = np.searchsorted(self.sources, nodes, side="right") - first
        which = np.repeat(np.arange(len(nodes)), count)
        before = np.cumsum(count) - count
        at = np.arange(len(which)) - np.repeat(before - first, count)
        return which, self.edges[at]

    def expand(self, nodes: Array) -> Steps:
        """Return the steps out of nodes."""
        which, edges = self.out(nodes)
        return Steps(which, edges, self.cycles.arena.targets[edges].astype(np.int64))


class Round:
    """A walk that begins at a node of the arena and grows until it can be repeated for ever."""

    def __init__(self, graph: StateGraph, cycles: Cycles, start: int) -> None:
        """Begin with no step."""
        self._arena = cycles.arena
        self._inside = _Inside(cycles, int(cycles.component[start]))
        labels = graph.labels[cycles.edges]
        self._finder = Finder(graph, self._inside, labels, lambda node: node % graph.nodes)
        self._weak, self._strong = number(cycles.arena.weak), number(cycles.arena.strong)
        self.nodes = [start]
        self.edges: list[int] = []

    @staticmethod
    def through(graph: StateGraph, cycles: Cycles, start: int) -> Round:
        """Return a way round that meets all conditions."""
        found = Round(graph, cycles, start)
        while True:
            unmet = found.unmet(found.nodes, found.edges)
            if unmet:
                found.serve(unmet)
            elif not found.edges or found.nodes[-1] != start:
                found.come_back(start)
            else:
                break
        found.shorten()
        return found

    def unmet(self, nodes: Sequence[int], edges: Sequence[int]) -> int:
        """Return the conditions that going round does not meet, as bits."""
        always, asked, served = self._weak, 0, 0
        for node in nodes:
            asks = number(self._arena.asks[node])
            always &= asks
            asked |= asks
        for edge in edges:
            served |= number(self._arena.serves[self._arena.kinds[edge]])
        return (always | asked & self._strong) & ~served

    def serve(self, unmet: int) -> None:
        """Go on to the nearest place where one of some conditions is met."""
        wanted = _row(unmet, self._arena.asks.shape[1])
        weak = wanted & self._arena.weak
        serves = (self._arena.serves & wanted != 0).any(axis=1)
        is_goal = np.zeros(self._arena.nodes, np.bool_)
        is_goal[self._inside.sources[serves[self._arena.kinds[self._inside.edges]]]] = True
        silent = (~self._arena.asks & weak != 0).any(axis=1)
        here = np.array([self.nodes[-1]])
        path = self._finder.shortest(here, lambda nodes: is_goal[nodes] | silent[nodes])
        assert path is not None, "a component that is fair meets its conditions"
        self._append(path)
        if is_goal[self.nodes[-1]] and not silent[self.nodes[-1]]:
            self._take(lambda edge: bool(serves[self._arena.kinds[edge]]))

    def come_back(self, start: int) -> None:
        """Go on to the beginning, by one step at least."""
        if self.nodes[-1] == start:
            following = self._finder.moves.expand(np.array([start])).targets
            back = self._finder.shortest(following, lambda nodes: nodes == start)
            assert back is not None, "a component is strongly connected"
            first = back.nodes[0]
            self._take(lambda edge: int(self._arena.targets[edge]) == first)
        path = self._finder.shortest(np.array([self.nodes[-1]]), lambda nodes: nodes == start)
        assert path is not None, "a component is strongly connected"
        self._append(path)

    def shorten(self) -> None:
        """Leave out detours that return to where they began and are not needed."""
        is_shorter = True
        while is_shorter:
            is_shorter = False
            for first, last in self._detours():
                nodes = self.nodes[:first] + self.nodes[last:]
                edges = self.edges[:first] + self.edges[last:]
                if edges and not self.unmet(nodes, edges):
                    self.nodes, self.edges = nodes, edges
                    is_shorter = True
                    break

    def _detours(self) -> list[tuple[int, int]]:
        """Return the first and last positions of walks between equal nodes, longest first."""
        places: dict[int, list[int]] = {}
        for at, node in enumerate(self.nodes):
            places.setdefault(node, []).append(at)
        found = [
            (first, last)
            for each in places.values()
            for at, first in enumerate(each)
            for last in each[at + 1 :]
            if last - first < len(self.edges)
        ]
        return sorted(found, key=lambda pair: (pair[0] - pair[1], pair))

    def _append(self, path: Path) -> None:
        self.nodes += path.nodes[1:]
        self.edges += path.edges

    def _take(self, is_meant: Callable[[int], bool]) -> None:
        """Take the first edge out of the last node that is meant."""
        _, edges = self._inside.out(np.array([self.nodes[-1]]))
        edge = min(filter(is_meant, edges.tolist()), key=self._order)
        self.edges.append(edge)
        self.nodes.append(int(self._arena.targets[edge]))

    def _order(self, edge: int) -> tuple[Label, tuple[int, int]]:
        target = int(self._arena.targets[edge])
        return self._finder.label(edge), self._finder.order(target)


def number(bits: NDArray[np.uint64]) -> int:
    """Return a row of words as one number."""
    return sum(int(word) << WORD * at for at, word in enumerate(bits.tolist()))


def _row(bits: int, size: int) -> NDArray[np.uint64]:
    mask = (1 << WORD) - 1
    return np.array([bits >> WORD * at & mask for at in range(size)], np.uint64)
