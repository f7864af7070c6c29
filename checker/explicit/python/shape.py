"""Facts about terms and effects that decide how code is generated for them.

Systems may nest expressions deeper than Python's stack, so everything here walks with an explicit
stack, children first, and remembers the answer for each node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from checker.model.ir import (
    Assign,
    Bind,
    Choose,
    Either,
    Fold,
    Guard,
    Let,
    Local,
    LocalRef,
    MapOf,
    Read,
    ReadOld,
    Seq,
    SetFilter,
    Variable,
)
from checker.model.rewrite import children, expressions, parts
from checker.model.types import cardinality

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr

MAX_WEIGHT: Final = 1 << 40
"""Weights stop growing here; nothing that heavy is ever unrolled."""


@dataclass(frozen=True, slots=True)
class TermShape:
    """Facts about an expression.

    Attributes:
        height: nesting depth.
        weight: number of operations when every binder is unrolled.
        free: locals that it reads and does not bind.
        reads: variables whose present value it reads.
        reads_old: whether it reads a value before the step.
    """

    height: int
    weight: int
    free: frozenset[Local]
    reads: frozenset[Variable]
    reads_old: bool


@dataclass(frozen=True, slots=True)
class EffectShape:
    """Facts about an effect.

    Attributes:
        is_single: one execution goes in, one comes out (if it does not fail).
        free: locals that it may need from before.
        binds: locals that it may bind.
        writes: variables that it may assign to.
    """

    height: int
    weight: int
    is_single: bool
    free: frozenset[Local]
    binds: frozenset[Local]
    writes: frozenset[Variable]


class Shapes:
    """The facts about each node, computed once."""

    def __init__(self) -> None:
        """Start without any."""
        self._terms: dict[Expr, TermShape] = {}
        self._effects: dict[Effect, EffectShape] = {}

    def term(self, expr: Expr) -> TermShape:
        """Return the facts about an expression."""
        for node in children_first(expr, self._terms, children):
            self._terms[node] = _term_shape(node, [self._terms[each] for each in children(node)])
        return self._terms[expr]

    def effect(self, effect: Effect) -> EffectShape:
        """Return the facts about an effect."""
        for node in children_first(effect, self._effects, parts):
            self._effects[node] = self._effect_shape(node)
        return self._effects[effect]

    def greatest_height(self) -> int:
        """Return how deep the deepest node that was asked for nests."""
        terms = max((shape.height for shape in self._terms.values()), default=0)
        return terms + max((shape.height for shape in self._effects.values()), default=0)

    def _effect_shape(self, effect: Effect) -> EffectShape:
        inner = [self._effects[each] for each in parts(effect)]
        if isinstance(effect, Seq):
            return _sequence(inner)
        terms = [self.term(each) for each in expressions(effect)]
        bound = frozenset({effect.local}) if isinstance(effect, Bind | Choose) else frozenset()
        written = frozenset({effect.place.variable}) if isinstance(effect, Assign) else frozenset()
        below = frozenset[Local]().union(*(shape.free for shape in inner))
        weights = [shape.weight for shape in inner] + [shape.weight for shape in terms]
        return EffectShape(
            height=1 + max((shape.height for shape in inner), default=0),
            weight=_limited(1 + sum(weights)),
            is_single=not isinstance(effect, Choose | Either | Guard)
            and all(shape.is_single for shape in inner),
            free=(below - bound).union(*(shape.free for shape in terms)),
            binds=bound.union(*(shape.binds for shape in inner)),
            writes=written.union(*(shape.writes for shape in inner)),
        )


_Node = TypeVar("_Node")


def children_first(
    root: _Node, known: Mapping[_Node, object], below: Callable[[_Node], tuple[_Node, ...]]
) -> Iterator[_Node]:
    """Yield the nodes that are not known yet, each after its children.

    Args:
        known: to be extended by the caller with each node as it is yielded.
    """
    pending = [root]
    while pending:
        node = pending[-1]
        missing = [each for each in below(node) if each not in known]
        if missing:
            pending.extend(missing)
        else:
            pending.pop()
            if node not in known:
                yield node


def _limited(weight: int) -> int:
    return min(weight, MAX_WEIGHT)


def _term_shape(expr: Expr, inner: list[TermShape]) -> TermShape:
    free = frozenset[Local]().union(*(shape.free for shape in inner))
    weight = 1 + sum(shape.weight for shape in inner)
    reads = frozenset[Variable]().union(*(shape.reads for shape in inner))
    reads_old = any(shape.reads_old for shape in inner)
    match expr:
        case Read(variable):
            reads |= {variable}
        case ReadOld():
            reads_old = True
        case LocalRef(local):
            free |= {local}
        case Fold(_, local, domain, _) | SetFilter(local, domain, _, _):
            outside = frozenset[Local]() if domain is None else inner[0].free
            scoped = inner if domain is None else inner[1:]
            free = frozenset[Local]().union(*(shape.free for shape in scoped)) - {local} | outside
            weight *= cardinality(local.type)
        case MapOf(local, _):
            free -= {local}
            weight *= cardinality(local.type)
        case Let(local, _, _):
            free = inner[0].free | (inner[1].free - {local})
        case _:
            pass
    height = 1 + max((shape.height for shape in inner), default=0)
    return TermShape(height, _limited(weight), free, reads, reads_old)


def _sequence(shapes: list[EffectShape]) -> EffectShape:
    return EffectShape(
        height=1 + max((shape.height for shape in shapes), default=0),
        weight=_limited(sum(shape.weight for shape in shapes)),
        is_single=all(shape.is_single for shape in shapes),
        free=frozenset[Local]().union(*(shape.free for shape in shapes)),
        binds=frozenset[Local]().union(*(shape.binds for shape in shapes)),
        writes=frozenset[Variable]().union(*(shape.writes for shape in shapes)),
    )
