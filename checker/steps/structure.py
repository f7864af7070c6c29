"""From acyclic graphs of moves to effects.

Control may come together again in a step, and a tree has no way to say so but order: after the
effect that branches stands, once, what all of its ways go on with. Where some of the ways end
instead (control rests, or leaves a loop), a flag tells whether there is something to go on with; if
that is a few effects only, they are repeated in each way. So the tree is never much larger than the
graph.

What stands where is read off the dominator tree: a vertex with several sources belongs after the
branch that dominates it, and needs no flag if it post-dominates that branch. Branches that nest
very deep (a long table of cases) are unrolled by flags at the outermost level, since those who walk
over effects recurse.

Synthetic branches have the site NOWHERE: coverage does not count them.

Source: Ramsey, "Beyond Relooper: recursive translation of unstructured control flow to structured
control flow", ICFP 2022. Differs: our trees have no labelled exits, hence the flags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from checker.model.ir import NOTHING, Bind, Effect, If, Literal, Local, LocalRef, TermTable
from checker.model.rewrite import parts
from checker.model.types import BOOL
from checker.steps.promotion import sequence
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SMALL = 8
"""A common rest of at most so many effects is repeated rather than flagged."""

_DEEP = 24
"""Branches nested deeper than this are unrolled."""


@dataclass(frozen=True, slots=True)
class Move:
    """What one vertex does.

    Attributes:
        effect: carried out first.
        combine: makes one effect of what follows in each direction; None if there is one direction
            only, and what follows stands behind `effect`.
    """

    effect: Effect
    combine: Callable[[Sequence[Effect]], Effect] | None = None


@dataclass(frozen=True, slots=True)
class Vertex:
    """A move and what follows in each direction: a later vertex, or the effect of ending."""

    move: Move
    targets: tuple[int | Effect, ...]


def structure(vertices: Sequence[Vertex], terms: TermTable) -> Effect:
    """Return the effect of a graph that begins at its first vertex.

    The vertices must be in topological order, and all reachable.
    """
    return _Structurer(vertices, terms).effect()


class _Structurer:
    def __init__(self, vertices: Sequence[Vertex], terms: TermTable) -> None:
        self._vertices = vertices
        self._terms = terms
        sources: list[list[int]] = [[] for _ in vertices]
        for number, vertex in enumerate(vertices):
            for target in _numbers(vertex):
                assert target > number, "the piece of a step has a cycle"
                sources[target].append(number)
        self._dominator = _dominators(sources)
        self._post_dominator = _post_dominators(vertices)
        self._joins = [number for number, found in enumerate(sources) if len(found) > 1]
        self._hoisted = self._too_deep(sources)
        self._merges: list[list[int]] = [[] for _ in vertices]
        for number in self._joins:
            if number not in self._hoisted:
                self._merges[self._dominator[number]].append(number)

    def effect(self) -> Effect:
        before, after, resolved = self._flagged(self._hoisted, {})
        return sequence((*before, self._from(0, resolved), *after))

    def _from(self, number: int, resolved: Mapping[int, Effect]) -> Effect:
        """Return the effect from a vertex on; `resolved` says how to go to those outside."""
        found: list[Effect] = []
        while True:
            vertex = self._vertices[number]
            found.append(vertex.move.effect)
            combine = vertex.move.combine
            if combine is None:
                onward = vertex.targets[0] if vertex.targets else NOTHING
            else:
                join = self._post_dominator[number]
                onward = join if join in self._merges[number] else NOTHING
                found += self._branching(number, combine, resolved, onward)
            if isinstance(onward, int) and onward not in resolved:
                number = onward
            else:
                found.append(self._go(onward, resolved))
                return sequence(found)

    def _branching(
        self,
        number: int,
        combine: Callable[[Sequence[Effect]], Effect],
        resolved: Mapping[int, Effect],
        onward: int | Effect,
    ) -> list[Effect]:
        """Return the effects of a branch, up to the vertex, if any, to which all its ways come."""
        inner = dict(resolved)
        apart = self._merges[number]
        if isinstance(onward, int):
            assert onward == apart[-1], "a post-dominator is the last of the vertices dominated"
            inner[onward] = NOTHING
            apart = apart[:-1]
        before, after, inner = self._flagged(apart, inner)
        targets = self._vertices[number].targets
        return [*before, combine([self._go(target, inner) for target in targets]), *after]

    def _go(self, target: int | Effect, resolved: Mapping[int, Effect]) -> Effect:
        if not isinstance(target, int):
            return target
        return resolved[target] if target in resolved else self._from(target, resolved)

    def _flagged(
        self, merges: Sequence[int], resolved: Mapping[int, Effect]
    ) -> tuple[list[Effect], list[Effect], dict[int, Effect]]:
        """Say how to go to vertices that stand after what is being built.

        Return what clears their flags before it, what follows under their flags after it, and how
        to go to them and to those that were resolved already.
        """
        before: list[Effect] = []
        after: list[Effect] = []
        inner = dict(resolved)
        for merge in reversed(merges):
            rest = self._from(merge, inner)
            if _is_small(rest):
                inner[merge] = rest
                continue
            flag = Local("joined", BOOL)
            ref = self._terms.intern(LocalRef(flag, BOOL))
            inner[merge] = self._set(flag, True)
            before.insert(0, self._set(flag, False))
            after.insert(0, If(ref, rest, NOTHING, NOWHERE))
        return before, after, inner

    def _set(self, flag: Local, value: bool) -> Effect:  # noqa: FBT001  # a value of the language
        return Bind(flag, self._terms.intern(Literal(value, BOOL)), NOWHERE)

    # --- depth

    def _too_deep(self, sources: Sequence[Sequence[int]]) -> list[int]:
        """Return the vertices to be put at the outermost level, in order.

        With one of them go those to which control can leave the vertices that it dominates: they
        must come after it.
        """
        depths = [0] * len(self._vertices)
        frontiers: list[set[int]] | None = None
        hoisted: set[int] = set()
        for number in range(1, len(self._vertices)):
            depths[number] = self._depth(number, depths, is_join=len(sources[number]) > 1)
            if depths[number] > _DEEP or number in hoisted:
                frontiers = frontiers or self._frontiers(sources)
                hoisted |= {number, *frontiers[number]}
                depths[number] = 1
        return sorted(hoisted)

    def _depth(self, number: int, depths: Sequence[int], *, is_join: bool) -> int:
        above = self._dominator[number]
        if is_join:
            return depths[above] + (self._post_dominator[above] != number)
        return depths[above] + (self._vertices[above].move.combine is not None)

    def _frontiers(self, sources: Sequence[Sequence[int]]) -> list[set[int]]:
        """Return, for each vertex, the first ones after those that it dominates."""
        found: list[set[int]] = [set() for _ in self._vertices]
        for number in self._joins:
            for source in sources[number]:
                runner = source
                while runner != self._dominator[number] and number not in found[runner]:
                    found[runner].add(number)
                    runner = self._dominator[runner]
        return found


def _numbers(vertex: Vertex) -> Iterable[int]:
    return (target for target in vertex.targets if isinstance(target, int))


def _dominators(sources: Sequence[Sequence[int]]) -> list[int]:
    """Return the nearest vertex that every way to a vertex passes; the first one's is itself.

    Source: Cooper, Harvey, Kennedy, "A simple, fast dominance algorithm", 2001; one round is enough
    in a topological order.
    """
    found = [0] * len(sources)
    for number in range(1, len(sources)):
        found[number] = reduce(lambda a, b: _meet(a, b, found, upward=False), sources[number])
    return found


def _post_dominators(vertices: Sequence[Vertex]) -> list[int]:
    """Return the nearest vertex that every way from a vertex passes, `len(vertices)` if none."""
    nowhere = len(vertices)
    found = [nowhere] * (nowhere + 1)
    for number in range(nowhere - 1, -1, -1):
        targets = [t if isinstance(t, int) else nowhere for t in vertices[number].targets]
        found[number] = reduce(lambda a, b: _meet(a, b, found, upward=True), targets or [nowhere])
    return found


def _meet(one: int, other: int, parents: Sequence[int], *, upward: bool) -> int:
    """Return the nearest common ancestor; parents have larger numbers if `upward`, else smaller."""
    while one != other:
        if (one < other) == upward:
            one = parents[one]
        else:
            other = parents[other]
    return one


def _is_small(effect: Effect) -> bool:
    left = _SMALL
    pending = [effect]
    while pending:
        left -= 1
        if left < 0:
            return False
        pending += parts(pending.pop())
    return True
