"""Fair cycles: strongly connected components that meet conditions of recurrence.

A *weak* condition is met by a set of edges if one of them serves it, or if it does not ask in some
node. A *strong* condition is met if one serves it, or if it asks in no node at all. (A pair of
Streett: if it asks again and again, it is served again and again.) Conditions that always ask are
those of Büchi.

The search is that of Emerson and Lei, "Modalities for model checking", 1987: a component that fails
a weak condition can be dropped, since every part of it fails as well; from one that fails a strong
condition the nodes where that asks are removed, and what is left is taken apart again. So the
effort grows with the number of conditions, not with that of their subsets, as it would if each
could be met in either way separately.

This is the one door to SciPy. Its components (Pearce, "A space-efficient algorithm for finding
strongly connected components", 2016) take 45 ns per edge as long as they are handed what they work
on, the rows of a matrix of doubles; from a list of edges SciPy takes three times as long to make
these rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.liveness.graph import Mask, Nodes

Bits: TypeAlias = "NDArray[np.uint64]"
"""Sets of conditions, one row of words per node or edge."""

WORD: Final = 64
NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Arena:
    """A graph with conditions.

    Attributes:
        sources, targets: of the edges, by ascending sources.
        kinds: of the edges, those that serve the same conditions.
        asks: conditions that ask in a node, as bits.
        serves: conditions that an edge of a kind serves.
        weak, strong: the conditions that are so, one row.
    """

    nodes: int
    sources: Nodes
    targets: Nodes
    kinds: Nodes
    asks: Bits
    serves: Bits
    weak: Bits
    strong: Bits


def words(count: int) -> int:
    """Return how many words sets of so many conditions take."""
    return max(1, -(-count // WORD))


def row(numbers: list[int], size: int) -> Bits:
    """Return a set of conditions as one row."""
    found = np.zeros(size, np.uint64)
    for number in numbers:
        found[number // WORD] |= np.uint64(1 << number % WORD)
    return found


def components(nodes: int, sources: Nodes, targets: Nodes) -> Nodes:
    """Return the number of the strongly connected component of each node.

    Args:
        sources: of the edges, ascending.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    starts = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(sources, minlength=nodes), out=starts[1:])
    rows = (np.ones(len(targets)), targets.astype(np.int32), starts)
    matrix = csr_array(rows, shape=(nodes, nodes))
    # With two edges between the same nodes SciPy may go round for ever. This sorts in place.
    matrix.sum_duplicates()
    found: Nodes = connected_components(matrix, directed=True, connection="strong")[1]
    return found


def fair_components(arena: Arena) -> Nodes:
    """Return the number of the fair component that each node is in, NONE where it is in none.

    A component is fair if going round on all of its edges meets every condition. Each fair cycle
    lies in one of those returned.
    """
    result = np.full(arena.nodes, NONE, np.int32)
    count = 0
    edges = np.arange(len(arena.sources))
    while len(edges):
        part = _Part.of(arena, edges)
        good, troubled = part.judged()
        fair = part.numbers_of(good)
        is_fair = fair != NONE
        result[part.members[is_fair]] = fair[is_fair] + count
        count += int(good.sum())
        edges = part.remaining(troubled)
    return result


@dataclass(frozen=True, slots=True)
class _Part:
    """The components of what is left of a graph, without edges between them.

    Attributes:
        members: nodes of the arena with an edge left, by their numbers here.
        component: of each member.
        edges: numbers of the edges within components.
        sources, targets: of these, as numbers of members.
    """

    arena: Arena
    members: NDArray[np.int64]
    component: Nodes
    edges: NDArray[np.int64]
    sources: Nodes
    targets: Nodes

    @staticmethod
    def of(arena: Arena, edges: NDArray[np.int64]) -> _Part:
        """Find the components of some edges."""
        sources, targets = arena.sources[edges], arena.targets[edges]
        is_member = np.zeros(arena.nodes, np.bool_)
        is_member[sources] = is_member[targets] = True
        members = np.flatnonzero(is_member)
        numbers = np.cumsum(is_member, dtype=np.int32) - np.int32(1)
        first, last = numbers[sources], numbers[targets]
        component = components(len(members), first, last)
        inside = component[first] == component[last]
        return _Part(arena, members, component, edges[inside], first[inside], last[inside])

    def judged(self) -> tuple[Mask, Bits]:
        """Return which components are fair, and the strong conditions that the others fail.

        Those that can be dropped fail none.
        """
        arena = self.arena
        count = int(self.component.max()) + 1
        of_edges = self.component[self.sources]
        size = arena.asks.shape[1]
        served = np.zeros((count, size), np.uint64)
        asked = np.zeros((count, size), np.uint64)
        always = np.full((count, size), ~np.uint64(0), np.uint64)
        for at in range(size):
            serves = arena.serves[:, at][arena.kinds[self.edges]]
            np.bitwise_or.at(served[:, at], of_edges, serves)
            asks = arena.asks[self.members, at]
            np.bitwise_or.at(asked[:, at], self.component, asks)
            np.bitwise_and.at(always[:, at], self.component, asks)
        is_cyclic = np.zeros(count, np.bool_)
        is_cyclic[of_edges] = True
        meets_weak = ((always & arena.weak & ~served) == 0).all(axis=1)
        failed = asked & arena.strong & ~served
        can_be_fair = is_cyclic & meets_weak
        failed[~can_be_fair] = 0
        return can_be_fair & (failed == 0).all(axis=1), failed

    def numbers_of(self, good: Mask) -> Nodes:
        """Number the components that are good; return the number for each member, or NONE."""
        numbers = np.where(good, np.cumsum(good) - 1, NONE).astype(np.int32)
        found: Nodes = numbers[self.component]
        return found

    def remaining(self, failed: Bits) -> NDArray[np.int64]:
        """Return the edges between nodes in which no failed condition of their component asks."""
        is_troubled = (failed != 0).any(axis=1)
        asking = (self.arena.asks[self.members] & failed[self.component] != 0).any(axis=1)
        stays = is_troubled[self.component] & ~asking
        found: NDArray[np.int64] = self.edges[stays[self.sources] & stays[self.targets]]
        return found
