"""Differences: whether constraints `x - y <= c` over the integers have a solution.

Each constraint is an edge of a graph; they have no solution exactly if the weights around some
cycle sum to less than nothing, and then the constraints of that cycle are the reason (Bellman,
1958; Ford, 1956).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Constraint: TypeAlias = "tuple[int, int, int, frozenset[int]]"
"""`(x, y, c, literals)`: the literals say that `x - y <= c`."""


def contradiction(constraints: Sequence[Constraint]) -> set[int] | None:
    """Return literals whose constraints have no solution; None if all have one."""
    distance = {node: 0 for x, y, _, _ in constraints for node in (x, y)}
    came: dict[int, Constraint] = {}
    changed: int | None = None
    for _ in range(len(distance) + 1):
        changed = None
        for constraint in constraints:
            x, y, bound, _ = constraint
            if distance[y] + bound < distance[x]:
                distance[x] = distance[y] + bound
                came[x] = constraint
                changed = x
        if changed is None:
            return None
    assert changed is not None
    # So many rounds lead into a cycle.
    node = changed
    for _ in range(len(distance)):
        node = came[node][1]
    found: set[int] = set()
    start = node
    while True:
        _, before, _, literals = came[node]
        found |= literals
        node = before
        if node == start:
            return found
