"""Requirements of fairness as conditions on the edges and nodes of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from checker.explicit.layout import decode
from checker.explicit.liveness.components import Bits, row, words

if TYPE_CHECKING:
    from checker.explicit.liveness.graph import Mask, StateGraph
    from checker.explicit.liveness.widened import Label
    from checker.model.fairness import Instance, Requirement
    from checker.model.system import System


@dataclass(frozen=True, slots=True)
class Conditions:
    """All requirements of fairness, by number.

    Attributes:
        asks: of each node, those of which a step is possible there.
        serves: of each label, those that such a step meets.
    """

    requirements: tuple[Requirement, ...]
    asks: Bits
    serves: Bits

    @property
    def weak(self) -> Bits:
        """The weak ones."""
        return self._row(is_strong=False)

    @property
    def strong(self) -> Bits:
        """The strong ones."""
        return self._row(is_strong=True)

    @property
    def resting(self) -> Mask:
        """Nodes that a fair run may stay in for ever, without taking a step."""
        found: Mask = (self.asks == 0).all(axis=1)
        return found

    def _row(self, *, is_strong: bool) -> Bits:
        numbers = [at for at, each in enumerate(self.requirements) if each.is_strong == is_strong]
        return row(numbers, self.asks.shape[1])


def conditions(graph: StateGraph, requirements: Sequence[Requirement]) -> Conditions:
    """Find out where requirements ask, and who serves them."""
    size = words(len(requirements))
    steps = [instance_of(graph.system, label) for label in graph.names]
    asking = np.zeros((len(steps), size), np.uint64)
    serves = np.zeros((len(steps), size), np.uint64)
    for number, each in enumerate(requirements):
        bit = row([number], size)
        for at, step in enumerate(steps):
            if step in each.possible:
                asking[at] |= bit
            if step in each.taken:
                serves[at] |= bit
    asks = np.zeros((graph.nodes, size), np.uint64)
    has_edges = np.flatnonzero(np.diff(graph.starts))
    if len(has_edges):
        firsts = graph.starts[has_edges]
        for at in range(size):
            by_edge = asking[:, at][graph.labels]
            asks[has_edges, at] = np.bitwise_or.reduceat(by_edge, firsts)
    return Conditions(tuple(requirements), asks, serves)


def instance_of(system: System, label: Label) -> Instance:
    """Return the action and the values of its parameters."""
    action = system.actions[label.action]
    values = tuple(
        decode(local.type, code) for local, code in zip(action.params, label.params, strict=True)
    )
    return action, values


def without(given: Conditions, ignored: frozenset[int]) -> Conditions:
    """Return the conditions without some of them, the others with their numbers."""
    kept = [at for at in range(len(given.requirements)) if at not in ignored]
    mask = row(kept, given.asks.shape[1])
    return replace(given, asks=given.asks & mask, serves=given.serves & mask)
