"""Fair components against the definition, on random graphs."""

from __future__ import annotations

from random import Random

import networkx
import numpy as np
import pytest

from checker.explicit.liveness.components import (
    NONE,
    Arena,
    components,
    fair_components,
    row,
    words,
)

Edge = tuple[int, int, int]
"""Source, target, kind."""

KINDS = 5


def arena(
    nodes: int, edges: list[Edge], asks: list[set[int]], serves: list[set[int]], strong: set[int]
) -> Arena:
    """Make an arena; `serves` is by kind, all conditions that are not strong are weak."""
    count = 1 + max((c for each in (*asks, *serves, strong) for c in each), default=0)
    size = words(count)
    edges = sorted(edges)
    sources, targets, kinds = (np.array(part, np.int32) for part in zip(*edges, strict=True))
    weak = [c for c in range(count) if c not in strong]
    return Arena(
        nodes=nodes,
        sources=sources,
        targets=targets,
        kinds=kinds,
        asks=np.array([row(sorted(each), size) for each in asks]),
        serves=np.array([row(sorted(each), size) for each in serves]),
        weak=row(weak, size),
        strong=row(sorted(strong), size),
    )


def is_fair(
    nodes: set[int],
    inner: list[Edge],
    asks: list[set[int]],
    serves: list[set[int]],
    strong: set[int],
) -> bool:
    """Tell whether going round on all of some edges meets every condition."""
    served = set().union(*(serves[kind] for _, _, kind in inner))
    always = set.intersection(*(asks[node] for node in nodes))
    ever = set().union(*(asks[node] for node in nodes))
    return bool(inner) and not (always - strong | ever & strong) - served


def by_definition(
    nodes: int, edges: list[Edge], asks: list[set[int]], serves: list[set[int]], strong: set[int]
) -> set[int]:
    """Return the nodes on a fair cycle: those of a strongly connected set that is fair."""
    found: set[int] = set()
    for chosen in range(1, 1 << nodes):
        part = {node for node in range(nodes) if chosen >> node & 1}
        inner = [each for each in edges if each[0] in part and each[1] in part]
        graph = networkx.DiGraph([(first, last) for first, last, _ in inner])
        graph.add_nodes_from(part)
        if networkx.is_strongly_connected(graph) and is_fair(part, inner, asks, serves, strong):
            found |= part
    return found


@pytest.mark.parametrize("conditions", [3, 70])
@pytest.mark.parametrize("seed", range(15))
def test_nodes_on_fair_cycles(seed: int, conditions: int) -> None:
    random = Random(seed)
    nodes = random.randrange(2, 8)
    edges = [
        (random.randrange(nodes), random.randrange(nodes), random.randrange(KINDS))
        for _ in range(random.randrange(1, 3 * nodes))
    ]
    # Few conditions ask, but their numbers go as far as they may.
    numbers = random.sample(range(conditions), 3)
    asks = [{c for c in numbers if random.random() < 0.6} for _ in range(nodes)]
    serves = [{c for c in numbers if random.random() < 0.3} for _ in range(KINDS)]
    strong = {c for c in numbers if random.random() < 0.5}
    made = arena(nodes, edges, asks, serves, strong)
    found = fair_components(made)
    expected = by_definition(nodes, edges, asks, serves, strong)
    assert set(np.flatnonzero(found != NONE).tolist()) == expected
    for number in set(found.tolist()) - {NONE}:
        part = set(np.flatnonzero(found == number).tolist())
        inner = [each for each in edges if each[0] in part and each[1] in part]
        assert is_fair(part, inner, asks, serves, strong)


@pytest.mark.parametrize("seed", range(10))
def test_components_are_those_of_networkx(seed: int) -> None:
    random = Random(seed)
    nodes = 40
    pairs = [(random.randrange(nodes), random.randrange(nodes)) for _ in range(60)]
    # Several edges between the same nodes, and from a node to itself.
    pairs = sorted([*pairs, *random.choices(pairs, k=30), (0, 0), (0, 0), (3, 3)])
    sources, targets = (np.array(part, np.int32) for part in zip(*pairs, strict=True))
    before = targets.copy()
    numbers = components(nodes, sources, targets)
    assert (targets == before).all()
    graph = networkx.DiGraph(pairs)
    graph.add_nodes_from(range(nodes))
    found = {frozenset(np.flatnonzero(numbers == n).tolist()) for n in set(numbers.tolist())}
    assert found == {frozenset(each) for each in networkx.strongly_connected_components(graph)}


def test_parallel_edges_in_a_tangle() -> None:
    # From such graphs SciPy did not return before parallel edges were joined.
    random = Random(1)
    pairs = sorted((random.randrange(300), random.randrange(300)) for _ in range(600))
    pairs = sorted([*pairs, *pairs, *((node, node) for node in range(300))])
    sources, targets = (np.array(part, np.int32) for part in zip(*pairs, strict=True))
    count = len(set(components(300, sources, targets).tolist()))
    assert count == networkx.number_strongly_connected_components(networkx.DiGraph(pairs))
