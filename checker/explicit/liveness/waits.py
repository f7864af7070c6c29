"""Waits and overtakings: how often others can come first, counted on the graph.

A *wait* of one value is a path through states in which it waits and has not entered. An entry of
another one is a step by which that comes to have entered. It is an *overtaking* unless the other
one has waited from before the wait up to now. So the search walks through the graph together with
the set of those who are still *ahead*: at the beginning of a wait all who wait as well, and later
those of them that have waited ever since. If a step lets several enter it counts as many; if it is
an entry of the one who waits, too, nobody comes first.

On a cycle within a wait nobody who enters can be ahead, since who enters has ended its wait. So
there is no greatest number exactly if some entry lies on a cycle of waiting states; and if there
is none, the longest path through pairs of a node and a set is found by counting up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from checker.explicit.liveness.components import components
from checker.explicit.liveness.lassos import trace_of
from checker.explicit.liveness.paths import Finder, Steps, out_of

if TYPE_CHECKING:
    from checker.explicit.liveness.graph import Mask, StateGraph
    from checker.explicit.liveness.paths import Array
    from checker.model.trace import Trace

OVER: Final = 0
"""The set that stands for a wait that has ended with an overtaking."""


class Kinds(NamedTuple):
    """A set for each of many things.

    Attributes:
        numbers: of the set of each thing.
        sets: by number, as bits.
    """

    numbers: Array
    sets: list[int]

    def having(self, member: int) -> Mask:
        """Return the things with a member."""
        table = np.array([each >> member & 1 for each in self.sets], np.bool_)
        found: Mask = table[self.numbers]
        return found


def kinds(masks: Sequence[Mask]) -> Kinds:
    """Return for each thing the set of the masks in which it is."""
    numbers: Array = np.zeros(len(masks[0]), np.int64)
    sets = [0]
    for at, mask in enumerate(masks):
        numbers = 2 * numbers + mask
        is_used = np.zeros(2 * len(sets), np.bool_)
        is_used[numbers] = True
        sets = [sets[old // 2] | (old % 2) << at for old in np.flatnonzero(is_used).tolist()]
        numbers = (np.cumsum(is_used) - 1)[numbers]
    return Kinds(numbers, sets)


def computed(codes: Array, of_code: Callable[[int], int]) -> Array:
    """Apply a function to each of many numbers, of which few are different."""
    found, which = np.unique(codes, return_inverse=True)
    results: Array = np.array([of_code(code) for code in found.tolist()], np.int64)
    return results[which]


@dataclass(frozen=True)
class Census:
    """Who waits in each node, and who enters by each edge; members are numbers of values."""

    graph: StateGraph
    waiting: Kinds
    entries: Kinds

    @staticmethod
    def of(graph: StateGraph, waiting: Sequence[Mask], entered: Sequence[Mask]) -> Census:
        """Count from the nodes in which each value waits, and has entered."""
        waits = [w & ~e for w, e in zip(waiting, entered, strict=True)]
        inside = kinds(entered)
        before, after = inside.numbers[graph.sources], inside.numbers[graph.targets]
        size = len(inside.sets)
        entries: dict[int, int] = {}

        def number(code: int) -> int:
            first, last = divmod(code, size)
            entering = inside.sets[last] & ~inside.sets[first]
            return entries.setdefault(entering, len(entries))

        numbers = computed(before * size + after, number)
        return Census(graph, kinds(waits), Kinds(numbers, list(entries)))


class _Pairs(NamedTuple):
    """The graph of nodes with sets, within waits.

    Attributes:
        starts: pairs with which a wait begins, by node, -1 where none does.
        places: the node of each pair.
        first: where the steps out of each pair begin; one entry more than there are pairs.
        edges, targets, weights: of the steps: edge of the graph, pair, overtakings.
    """

    starts: Array
    places: Array
    first: Array
    edges: Array
    targets: Array
    weights: Array


@dataclass(frozen=True)
class Wait:
    """The waits of one value."""

    census: Census
    number: int

    @property
    def graph(self) -> StateGraph:
        """The state graph."""
        return self.census.graph

    @cached_property
    def waiting(self) -> Mask:
        """Nodes in which it waits."""
        return self.census.waiting.having(self.number)

    @cached_property
    def entering(self) -> Mask:
        """Edges by which others enter while it waits."""
        graph, entries = self.graph, self.census.entries
        is_entry = np.array([bool(each & ~(1 << self.number)) for each in entries.sets], np.bool_)
        found: Mask = is_entry[entries.numbers] & self.waiting[graph.sources]
        return found

    @cached_property
    def is_unbounded(self) -> bool:
        """Whether others can enter again and again in one wait."""
        graph, waiting = self.graph, self.waiting
        inner = np.flatnonzero(waiting[graph.sources] & waiting[graph.targets])
        sources, targets = graph.sources[inner], graph.targets[inner]
        component = components(graph.nodes, sources, targets)
        return bool((self.entering[inner] & (component[sources] == component[targets])).any())

    @cached_property
    def most(self) -> int:
        """The greatest number of overtakings, where there is one."""
        assert not self.is_unbounded
        pairs = self._pairs
        reached: dict[int, Mask] = {0: np.zeros(len(pairs.places), np.bool_)}
        reached[0][pairs.starts[pairs.starts >= 0]] = True
        count = 0
        while count <= max(reached):
            if count in reached:
                self._pass_on(count, self._closed(reached[count]), reached)
            count += 1
        return max(reached)

    def _closed(self, found: Mask) -> Mask:
        """Add the pairs that can be reached without another overtaking."""
        level = np.flatnonzero(found)
        while len(level):
            _, at = _steps_out(self._pairs, level)
            targets = self._pairs.targets[at[self._pairs.weights[at] == 0]]
            level = np.unique(targets[~found[targets]])
            found[level] = True
        return found

    def _pass_on(self, count: int, here: Mask, reached: dict[int, Mask]) -> None:
        """Note what the next overtakings lead to."""
        pairs = self._pairs
        _, at = _steps_out(pairs, np.flatnonzero(here))
        at = at[pairs.weights[at] > 0]
        for weight in np.unique(pairs.weights[at]).tolist():
            nodes = reached.setdefault(count + weight, np.zeros(len(pairs.places), np.bool_))
            nodes[pairs.targets[at[pairs.weights[at] == weight]]] = True

    def trace(self) -> Trace:
        """Return a shortest run with the greatest number of overtakings."""
        size, pairs = self.graph.nodes, self._pairs
        moves = _Counting(self, self.most)

        def place(node: int) -> int:
            return node if node < size else int(pairs.places[(node - size) % len(pairs.places)])

        finder = Finder(self.graph, moves, self.graph.labels, place)
        goal = size + self.most * len(pairs.places)
        path = finder.shortest(moves.initial(), lambda nodes: nodes >= goal)
        assert path is not None, "what is counted can be reached"
        return trace_of(self.graph, [*map(place, path.nodes)], path.edges, loop=None)

    # --- pairs

    @cached_property
    def _pairs(self) -> _Pairs:
        return _Pairing(self).pairs()


def _steps_out(pairs: _Pairs, some: Array) -> tuple[Array, Array]:
    """Return all steps out of pairs: for each the position of its pair, and the step."""
    first = pairs.first[some]
    count = pairs.first[some + 1] - first
    which = np.repeat(np.arange(len(some)), count)
    before = np.cumsum(count) - count
    return which, np.arange(len(which)) - np.repeat(before - first, count)


class _Pairing:
    """Explores nodes together with the sets of those ahead.

    A pair is known by its key, `set * nodes + node`, until all are found.
    """

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        self.graph = wait.graph
        self.others = ~(1 << wait.number)
        self.sets = [0]
        self.numbers: dict[int, int] = {}

    def pairs(self) -> _Pairs:
        """Explore everything."""
        size = self.graph.nodes
        begun = self._beginnings()
        ahead = computed(
            self.wait.census.waiting.numbers[begun],
            lambda kind: self._number(self.wait.census.waiting.sets[kind] & self.others),
        )
        starting = ahead * size + begun
        known = level = np.unique(starting)
        pieces = []
        while len(level):
            pieces.append(self._expanded(level))
            targets = np.unique(pieces[-1][2])
            places = np.searchsorted(known, targets)
            is_known = known[np.minimum(places, len(known) - 1)] == targets
            level, places = targets[~is_known], places[~is_known]
            known = np.insert(known, places, level)
        sources, edges, targets, weights = (
            (np.concatenate([np.zeros(0, np.int64), *part]) for part in zip(*pieces, strict=True))
            if pieces
            else (np.zeros(0, np.int64),) * 4
        )
        order = np.argsort(sources, kind="stable")
        first = np.searchsorted(sources[order], known)
        starts = np.full(size, -1, np.int64)
        starts[begun] = np.searchsorted(known, starting)
        return _Pairs(
            starts=starts,
            places=known % size,
            first=np.append(first, len(sources)),
            edges=edges[order],
            targets=np.searchsorted(known, targets[order]),
            weights=weights[order],
        )

    def _beginnings(self) -> Array:
        """Return the nodes in which a wait can begin."""
        graph, waiting = self.graph, self.wait.waiting
        begins = np.zeros(graph.nodes, np.bool_)
        begins[: graph.initial] = True
        begins[graph.targets[~waiting[graph.sources]]] = True
        return np.flatnonzero(begins & waiting)

    def _number(self, ahead: int) -> int:
        """Return the number of a set; the first one is left free for OVER."""
        if ahead not in self.numbers:
            self.numbers[ahead] = len(self.sets)
            self.sets.append(ahead)
        return self.numbers[ahead]

    def _expanded(self, keys: Array) -> tuple[Array, Array, Array, Array]:
        """Return the steps out of pairs: their keys, edges, target keys and weights."""
        graph, size = self.graph, self.graph.nodes
        keys = keys[keys >= (OVER + 1) * size]
        ahead, places = np.divmod(keys, size)
        which, edges = out_of(graph, places)
        targets = graph.targets[edges].astype(np.int64)
        before = ahead[which]
        weights = self._weights(before, edges)
        goes_on = self.wait.waiting[targets]
        kept = goes_on | (weights > 0)
        after = self._after(before[kept], targets[kept])
        after[~goes_on[kept]] = OVER
        return (
            keys[which[kept]],
            edges[kept],
            after * size + targets[kept],
            weights[kept],
        )

    def _weights(self, ahead: Array, edges: Array) -> Array:
        """Return how many overtakings steps are."""
        entries = self.wait.census.entries
        own = 1 << self.wait.number

        def weight(code: int) -> int:
            number, kind = divmod(code, len(entries.sets))
            entering = entries.sets[kind]
            return 0 if entering & own else (entering & ~self.sets[number]).bit_count()

        return computed(ahead * len(entries.sets) + entries.numbers[edges], weight)

    def _after(self, ahead: Array, targets: Array) -> Array:
        """Return who is still ahead: those who wait in the target, too."""
        waiting = self.wait.census.waiting

        def remaining(code: int) -> int:
            number, kind = divmod(code, len(waiting.sets))
            return self._number(self.sets[number] & waiting.sets[kind])

        return computed(ahead * len(waiting.sets) + waiting.numbers[targets], remaining)


@dataclass(frozen=True)
class _Counting:
    """Runs with a count: node `n` before the wait, then `nodes + count * pairs + pair`.

    Attributes:
        most: count at which the search ends; further overtakings are not counted.
    """

    wait: Wait
    most: int

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return self.wait.graph.nodes + (self.most + 1) * len(self.wait._pairs.places)

    def initial(self) -> Array:
        """Return the nodes where runs begin."""
        size = self.wait.graph.nodes
        begun = self.wait._pairs.starts[: self.wait.graph.initial]
        return np.concatenate([np.arange(self.wait.graph.initial), begun[begun >= 0] + size])

    def expand(self, nodes: Array) -> Steps:
        """Return the steps out of nodes."""
        size = self.wait.graph.nodes
        parts = [self._outside(np.flatnonzero(nodes < size), nodes)]
        parts.append(self._inside(np.flatnonzero(nodes >= size), nodes))
        origins, edges, targets = zip(*parts, strict=True)
        return Steps.joined(origins, edges, targets)

    def _outside(self, some: Array, nodes: Array) -> Steps:
        graph, waiting, pairs = self.wait.graph, self.wait.waiting, self.wait._pairs
        which, edges = out_of(graph, nodes[some])
        targets = graph.targets[edges].astype(np.int64)
        begins = waiting[targets] & ~waiting[nodes[some][which]]
        return Steps.joined(
            [some[which], some[which[begins]]],
            [edges, edges[begins]],
            [targets, pairs.starts[targets[begins]] + graph.nodes],
        )

    def _inside(self, some: Array, nodes: Array) -> Steps:
        size, pairs = self.wait.graph.nodes, self.wait._pairs
        counts, here = np.divmod(nodes[some] - size, len(pairs.places))
        which, at = _steps_out(pairs, here)
        after = np.minimum(counts[which] + pairs.weights[at], self.most)
        return Steps(
            some[which], pairs.edges[at], size + after * len(pairs.places) + pairs.targets[at]
        )
