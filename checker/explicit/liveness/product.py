"""The graph read by an automaton: which runs of the system it accepts.

A node of the product is a node of the graph with a state of the automaton, as one number:
`state * nodes + node`. It means that the run has come to the node and that what is left of it must
be accepted from the state. The product is never built as a whole. For cycles it is enough to look
at the states of the automaton among which it can accept; a path is searched step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from checker.explicit.liveness.automaton import accepting_components
from checker.explicit.liveness.components import (
    NONE,
    Arena,
    fair_components,
    row,
    words,
)
from checker.explicit.liveness.paths import Steps, out_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.liveness.automaton import Automaton, Transition
    from checker.explicit.liveness.conditions import Conditions
    from checker.explicit.liveness.formulas import Claim
    from checker.explicit.liveness.graph import Mask, Nodes, StateGraph


@dataclass(frozen=True, slots=True)
class Valuation:
    """What propositions are true where.

    Attributes:
        conditions: of each condition, the nodes in which it holds.
        steps: of each set of steps, the edges in it.
    """

    conditions: Sequence[Mask]
    steps: Sequence[Mask]


class Cycles(NamedTuple):
    """Fair cycles among some states of the automaton.

    Attributes:
        states: of the automaton, in the order of the arena: node `at * nodes + node` of the arena
            stands for `states[at]`.
        component: the fair component of each node of the arena, NONE if there is none.
        edges: of each edge of the arena the one of the graph that it comes from.
    """

    states: tuple[int, ...]
    arena: Arena
    component: NDArray[np.int32]
    edges: NDArray[np.int64]


@dataclass(frozen=True)
class Product:
    """The runs of a graph that an automaton accepts."""

    graph: StateGraph
    automaton: Automaton
    valuation: Valuation
    conditions: Conditions
    _guards: dict[frozenset[Claim], Mask] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return self.automaton.states * self.graph.nodes

    def initial(self) -> NDArray[np.int64]:
        """Return the nodes where runs begin."""
        return np.arange(self.graph.initial)

    # --- reading

    def allows_node(self, claims: frozenset[Claim]) -> Mask:
        """Return the nodes of the graph in which what is claimed of the state holds."""
        if claims not in self._guards:
            found = np.ones(self.graph.nodes, np.bool_)
            for (number, is_step), holds in claims:
                if not is_step:
                    truths = self.valuation.conditions[number]
                    found &= truths if holds else ~truths
            self._guards[claims] = found
        return self._guards[claims]

    def allows_edges(
        self, claims: frozenset[Claim], edges: NDArray[np.int64] | slice
    ) -> Mask | None:
        """Tell of which edges what is claimed of the step holds; None if nothing is claimed."""
        found: Mask | None = None
        for (number, is_step), holds in claims:
            if is_step:
                members = self.valuation.steps[number][edges]
                allowed = members if holds else ~members
                found = allowed if found is None else found & allowed
        return found

    def expand(self, nodes: NDArray[np.int64]) -> Steps:
        """Return the steps out of nodes of the product."""
        size = self.graph.nodes
        states, places = np.divmod(nodes, size)
        origins, edges, targets = [], [], []
        for each in self.automaton.transitions:
            here = np.flatnonzero((states == each.source) & self.allows_node(each.claims)[places])
            if not len(here):
                continue
            which, found = out_of(self.graph, places[here])
            is_meant = self.allows_edges(each.claims, found)
            if is_meant is not None:
                which, found = which[is_meant], found[is_meant]
            origins.append(here[which])
            edges.append(found)
            targets.append(self.graph.targets[found] + np.int64(each.target * size))
        return Steps.joined(origins, edges, targets)

    # --- accepting

    @cached_property
    def cycles(self) -> list[Cycles]:
        """The fair cycles on which the automaton accepts."""
        found = []
        for component in self.automaton.accepting():
            inner = [
                each
                for each in self.automaton.transitions
                if each.source in component and each.target in component
            ]
            found.append(self._cycles(tuple(sorted(component)), inner))
        return found

    def _cycles(self, states: tuple[int, ...], inner: list[Transition]) -> Cycles:
        """Search for fair cycles along some transitions of the automaton."""
        size = self.graph.nodes
        place = {state: np.int32(at * size) for at, state in enumerate(states)}
        pieces = [self._reading(each) for each in inner]
        edges = _joined(pieces)
        which = np.repeat(np.arange(len(inner), dtype=np.int32), [len(each) for each in pieces])
        first = np.array([place[each.source] for each in inner], np.int32)
        last = np.array([place[each.target] for each in inner], np.int32)
        sources = self.graph.sources[edges] + first[which]
        targets = self.graph.targets[edges] + last[which]
        kinds = self.graph.labels[edges] * np.int32(len(inner)) + which
        if len(inner) > 1:
            order = np.argsort(sources, kind="stable")
            sources, targets, kinds = sources[order], targets[order], kinds[order]
            edges = edges[order]
        needed = [u for u in range(self.automaton.untils) if any(u in t.postponed for t in inner)]
        arena = self._arena(states, inner, needed, (sources, targets, kinds))
        return Cycles(states, arena, fair_components(arena), edges)

    def _arena(
        self,
        states: tuple[int, ...],
        inner: Sequence[Transition],
        needed: Sequence[int],
        edges: tuple[Nodes, Nodes, Nodes],
    ) -> Arena:
        """Put fairness and the untils that some transition puts off together as conditions."""
        known, size = self.conditions, self.graph.nodes
        wide = len(known.requirements) + len(needed)
        width = words(wide)
        serves = np.zeros((len(known.serves), len(inner), width), np.uint64)
        serves[:, :, : known.serves.shape[1]] = known.serves[:, np.newaxis]
        for at, each in enumerate(inner):
            kept = [
                len(known.requirements) + number
                for number, until in enumerate(needed)
                if until not in each.postponed
            ]
            serves[:, at] |= row(kept, width)
        always = row(list(range(len(known.requirements), wide)), width)
        asks = np.zeros((size, width), np.uint64)
        asks[:, : known.asks.shape[1]] = known.asks
        sources, targets, kinds = edges
        return Arena(
            nodes=len(states) * size,
            sources=sources,
            targets=targets,
            kinds=kinds,
            asks=np.tile(asks | always, (len(states), 1)),
            serves=serves.reshape(-1, width),
            weak=_widened(known.weak, width) | always,
            strong=_widened(known.strong, width),
        )

    def _reading(self, transition: Transition) -> NDArray[np.int64]:
        """Return the edges that a transition can read."""
        allowed = self.allows_node(transition.claims)[self.graph.sources]
        is_meant = self.allows_edges(transition.claims, slice(None))
        if is_meant is not None:
            allowed &= is_meant
        return np.flatnonzero(allowed)

    @cached_property
    def resting(self) -> Mask:
        """Nodes of the product from which doing nothing for ever is fair and accepted."""
        found = np.zeros((self.automaton.states, self.graph.nodes), np.bool_)
        rests = np.flatnonzero(self.conditions.resting)
        if len(rests):
            table = np.array([each[rests] for each in self.valuation.conditions], np.bool_)
            columns = table.reshape(len(self.valuation.conditions), len(rests)).T
            kinds, which = np.unique(columns, axis=0, return_inverse=True)
            accepted = np.array([self._accepts_rest(kind) for kind in kinds], np.bool_)
            found[:, rests] = accepted[which.reshape(-1)].T
        return found.reshape(-1)

    def _accepts_rest(self, truths: Mask) -> list[bool]:
        """Tell for each state of the automaton if it accepts that one state is repeated."""
        possible = [
            each
            for each in self.automaton.transitions
            if all(
                holds != is_step if is_step else bool(truths[number]) == holds
                for (number, is_step), holds in each.claims
            )
        ]
        states, untils = self.automaton.states, self.automaton.untils
        good = {s for part in accepting_components(states, possible, untils) for s in part}
        is_growing = True
        while is_growing:
            more = {each.source for each in possible if each.target in good} - good
            good |= more
            is_growing = bool(more)
        return [state in good for state in range(states)]

    @cached_property
    def goals(self) -> Mask:
        """Nodes of the product that lie on a fair cycle, or where the run may rest."""
        found = self.resting.copy()
        size = self.graph.nodes
        for each in self.cycles:
            for at, state in enumerate(each.states):
                part = each.component[at * size : (at + 1) * size]
                found[state * size : (state + 1) * size] |= part != NONE
        return found


def _joined(pieces: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _widened(bits: NDArray[np.uint64], width: int) -> NDArray[np.uint64]:
    return np.concatenate([bits, np.zeros(width - len(bits), np.uint64)])
