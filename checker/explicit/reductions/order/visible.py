"""Which steps a property can see.

A step is *visible* if it may change what an invariant, a `reachable` or a step property reads. Of
control points properties mostly ask one thing, whether a thread is at some of them; only steps that
enter or leave these change the answer, so control is looked at by the question, not by the bit.

A step property is asked of every step. Only if it is true whenever nothing changes does it see
nothing of the steps that leave alone what it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final

from checker.explicit.reductions.failing import NO_FACTS, given, may_fail
from checker.explicit.reductions.order.places import Places
from checker.explicit.reductions.order.steps import point_test
from checker.model.evaluate import Scope, holds
from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Fold,
    Implies,
    Literal,
    Op,
    Or,
    Quantifier,
    Read,
    ReadOld,
)
from checker.model.operators import EvaluationError
from checker.model.rewrite import children, map_children, variables_read
from checker.model.system import PropertyKind
from checker.model.types import cardinality, elements

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.reductions.failing import Facts
    from checker.explicit.reductions.order.steps import OneStep
    from checker.model.ir import Expr, TermTable
    from checker.model.system import Conjunct, System

TRIED: Final = 20_000
"""A step property is tried on all values of its variables if they are no more than these."""


@dataclass(slots=True)
class _Questions:
    """What properties ask of a state.

    Attributes:
        bits: what they read as it is.
        points: by the bits of control, the sets of codes that they tell from the others.
    """

    bits: int = 0
    points: set[tuple[int, frozenset[int]]] = field(default_factory=set)

    def can_tell(self, step: OneStep) -> bool:
        """Tell whether a step may change an answer."""
        if step.footprint.changed & self.bits:
            return True
        for mask, codes in self.points:
            if step.footprint.changed & mask:
                if step.leaves is None or step.footprint.changed & mask & ~step.leaves.mask:
                    return True
                if any((step.leaves.code in codes) != (to in codes) for to in step.arrives):
                    return True
        return False


def visible(system: System, layout: Layout, every: Sequence[OneStep]) -> int:
    """Return the steps that some property may see."""
    asked = _Questions()
    places = Places(layout, system.terms, {})
    for each in system.properties:
        for conjunct in each.conjuncts:
            _ask(places.fold(conjunct.expression), system, places, asked)
    return sum(1 << number for number, each in enumerate(every) if asked.can_tell(each))


def _ask(expr: Expr, system: System, places: Places, asked: _Questions) -> None:
    """Take note of what an expression reads."""
    pending: list[Expr] = [expr]
    seen: set[Expr] = set()
    while pending:
        term = pending.pop()
        if term in seen:
            continue
        seen.add(term)
        tests = (point_test(term, process, places) for process in system.processes)
        test = next((each for each in tests if each is not None), None)
        selected = places.looked_at(term)
        if test is not None:
            asked.points.add((test.mask, test.codes))
            asked.bits |= places.keys(test.subject)
        elif selected is not None:
            asked.bits |= selected
        else:
            pending += children(term)


# --- step properties ------------------------------------------------------------------------------


def restless(system: System) -> Conjunct | None:
    """Return a step property that may fail on a step that changes nothing it reads, if any."""
    for each in system.properties:
        if each.kind is PropertyKind.STEP:
            for conjunct in each.conjuncts:
                if not _holds_at_rest(conjunct.expression, system.terms):
                    return conjunct
    return None


def _holds_at_rest(expr: Expr, terms: TermTable) -> bool:
    """Tell whether a step property is true wherever nothing changes."""

    def present(term: Expr) -> Expr:
        if isinstance(term, ReadOld):
            return terms.intern(Read(term.variable, term.type))
        return map_children(term, present, terms)

    at_rest = present(expr)
    if _is_true(at_rest, NO_FACTS) and not may_fail(at_rest):
        return True
    read = tuple(variables_read(at_rest))
    if prod(cardinality(each.type) for each in read) > TRIED:
        return False
    try:
        return all(
            holds(at_rest, Scope(dict(zip(read, values, strict=True)), {}))
            for values in product(*(tuple(elements(each.type)) for each in read))
        )
    except EvaluationError:
        return False


def _is_true(expr: Expr, facts: Facts) -> bool:
    """Tell whether a condition is true by its form, given what is known."""
    if (expr, True) in facts:
        return True
    match expr:
        case Literal(value):
            return value is True
        case Apply(Op.EQ | Op.LE | Op.IFF | Op.SUBSET, (left, right)):
            return left is right
        case Apply(Op.NOT, (inner,)):
            return (inner, False) in facts
        case And(args):
            return all(_is_true(each, facts) for each in args)
        case Or(args):
            return any(
                _is_true(each, facts.union(*(given(e, holds=False) for e in args if e is not each)))
                for each in args
            )
        case Implies(left, right):
            return _is_true(right, given(left, facts))
        case Conditional(condition, then, otherwise):
            return _is_true(then, given(condition, facts)) and _is_true(
                otherwise, given(condition, facts, holds=False)
            )
        case Fold(Quantifier.FORALL, _, _, body):
            return _is_true(body, facts)
        case _:
            return False
