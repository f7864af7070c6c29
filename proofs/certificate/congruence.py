"""Equality with functions: what follows from equations, and from which.

Equal arguments give equal values. Classes are kept as trees of reasons: an edge joins two terms
that are equal by a literal, or by the congruence of two applications whose arguments were equal
before. Edges join different trees only, so the path between two terms is unique, later edges do not
change it, and collecting the literals on it ends.

Source: Nelson and Oppen, "Fast decision procedures based on congruence closure", JACM 1980; proofs
after Nieuwenhuis and Oliveras, "Proof-producing congruence closure", RTA 2005.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Node = int
Literal = int


@dataclass(frozen=True, slots=True)
class Application:
    """A function at arguments, and the node that stands for its value."""

    function: str
    arguments: tuple[Node, ...]
    value: Node


@dataclass(slots=True)
class Congruence:
    """The classes under some equations.

    Attributes:
        constants: nodes that differ from each other, whatever holds.
    """

    count: int
    applications: Sequence[Application]
    constants: frozenset[Node]
    _root: list[Node] = field(init=False)
    _edges: dict[Node, list[tuple[Node, Literal | tuple[Application, Application]]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        """Put every node into a class of its own."""
        self._root = list(range(self.count))

    def find(self, node: Node) -> Node:
        """Return the representative of a node's class; a constant, if there is one in it."""
        root = self._root
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    def conflict(self, equations: Iterable[tuple[Node, Node, Literal]]) -> set[Literal] | None:
        """Add equations and what follows; return literals that make two constants equal."""
        for left, right, literal in equations:
            clash = self._join(left, right, literal)
            if clash is not None:
                return clash
        is_changed = True
        while is_changed:
            is_changed = False
            known: dict[tuple[str, tuple[Node, ...]], Application] = {}
            for each in self.applications:
                key = (each.function, tuple(map(self.find, each.arguments)))
                other = known.setdefault(key, each)
                if self.find(other.value) != self.find(each.value):
                    clash = self._join(other.value, each.value, (other, each))
                    if clash is not None:
                        return clash
                    is_changed = True
        return None

    def _join(
        self, left: Node, right: Node, reason: Literal | tuple[Application, Application]
    ) -> set[Literal] | None:
        first, second = self.find(left), self.find(right)
        if first == second:
            return None
        self._edges.setdefault(left, []).append((right, reason))
        self._edges.setdefault(right, []).append((left, reason))
        if first in self.constants:
            if second in self.constants:
                return self.reasons(first, second)
            first, second = second, first
        self._root[first] = second
        return None

    def reasons(self, left: Node, right: Node) -> set[Literal]:
        """Return literals from which it follows that two nodes of one class are equal."""
        found: set[Literal] = set()
        pending = [(left, right)]
        seen: set[tuple[Node, Node]] = set()
        while pending:
            pair = pending.pop()
            if pair in seen:
                continue
            seen.add(pair)
            for reason in self._path(*pair):
                if isinstance(reason, tuple):
                    first, second = reason
                    pending += zip(first.arguments, second.arguments, strict=True)
                else:
                    found.add(reason)
        return found

    def _path(self, start: Node, goal: Node) -> list[Literal | tuple[Application, Application]]:
        """Return the reasons on the only path between two nodes."""
        came: dict[Node, tuple[Node, Literal | tuple[Application, Application]] | None]
        came = {start: None}
        pending = [start]
        while goal not in came:
            node = pending.pop()
            for other, reason in self._edges.get(node, ()):
                if other not in came:
                    came[other] = (node, reason)
                    pending.append(other)
        found = []
        step = came[goal]
        while step is not None:
            node, reason = step
            found.append(reason)
            step = came[node]
        return found
