"""The lock graph, and the circles in it that threads can close.

An edge says that a thread waits for one lock while it holds another. A circle of such edges is a
deadlock if different threads can stand on all of its edges at once. They cannot if two of them hold
locks that exclude each other (a *gate lock* around both), or if two edges need one and the same
thread. What is left is an error of the order in which locks are taken, whether or not it is reached
with the values that a specification happens to choose.

Source: K. Havelund, "Using runtime analysis to guide model checking of Java programs", SPIN 2000
    (gate locks); R. Agarwal, L. Wang, S. Stoller, "Detecting potential deadlocks with static
    analysis and run-time monitoring", HVC 2005. Here the edges are those of all code, not of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Final

from checker.discipline.locks import Hold

if TYPE_CHECKING:
    from grammar.source import Span

MOST_CIRCLES: Final = 100
"""Circles looked at; more than a few are one mistake told in many ways."""

MOST_WAYS: Final = 10_000
"""Combinations of places looked at for one circle; it is reported when none of them was wrong."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A thread holds `held`, taken at `first`, and waits for `wanted` at `second`.

    Attributes:
        guards: all that it holds.
        thread: the process, for messages.
        only: the processes of which there is one thread and no more that this needs.
        handler: the interrupt that comes between and waits, if it is not the thread itself.
    """

    held: Hold
    wanted: Hold
    guards: frozenset[Hold]
    thread: str
    only: frozenset[str]
    first: Span
    second: Span
    handler: str | None = None


Circle = tuple[Edge, ...]
"""Edges, each of which waits for a lock that the next one holds."""


def circles(edges: Iterable[Edge], alone: Set[str]) -> Iterator[Circle]:
    """Yield the circles that threads can close, each set of locks once, in the order of the text.

    Args:
        alone: the locks that somebody takes alone. Who shares one of these is taken to hold off
            others who share it, since one who waits to have it alone may stand between them.
    """
    import networkx

    known = sorted(set(edges), key=_place)
    by_held: dict[Hold, list[Edge]] = {}
    for edge in known:
        by_held.setdefault(edge.held, []).append(edge)
    links: dict[tuple[Hold, Hold], list[Edge]] = {}
    for edge in known:
        for target in by_held:
            if edge.wanted.lock == target.lock and (
                edge.wanted.excludes(target) or target.lock in alone
            ):
                links.setdefault((edge.held, target), []).append(edge)
    graph = networkx.DiGraph()
    graph.add_edges_from(links)
    found: dict[frozenset[str], Circle] = {}
    for holds in islice(networkx.simple_cycles(graph), MOST_CIRCLES):
        locks = frozenset(hold.lock for hold in holds)
        circle = None if locks in found else _closed(holds, links)
        if circle is not None:
            found[locks] = circle
    yield from sorted(found.values(), key=lambda circle: tuple(map(_place, circle)))


def _closed(holds: Sequence[Hold], links: Mapping[tuple[Hold, Hold], list[Edge]]) -> Circle | None:
    """Return edges of a circle on which different threads can be at once."""
    pairs = zip(holds, (*holds[1:], holds[0]), strict=True)
    ways = product(*(links[pair] for pair in pairs))
    for number, circle in enumerate(ways):
        if number == MOST_WAYS or all(_can_be_at_once(a, b) for a, b in combinations(circle, 2)):
            return _from_first(circle)
    return None


def _can_be_at_once(one: Edge, other: Edge) -> bool:
    if one.only & other.only:
        return False
    return not any(a.excludes(b) for a in one.guards for b in other.guards)


def _from_first(circle: Circle) -> Circle:
    start = min(range(len(circle)), key=lambda at: _place(circle[at]))
    return (*circle[start:], *circle[:start])


def _place(edge: Edge) -> tuple[str, int, str, int, str]:
    second, first = edge.second, edge.first
    return (second.source.name, second.start, first.source.name, first.start, edge.thread)
