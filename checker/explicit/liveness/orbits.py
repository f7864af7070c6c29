"""Cases that differ by a renaming only: one of them is judged for all.

If the elements of a sort can be renamed, a renaming maps the graph to itself, fair runs to fair
runs, and a run that violates a property for some values to one that violates it for their images
(Emerson and Sistla, "Symmetry and model checking", 1996). So of the values of names that a property
quantifies one choice is enough of all that are the same up to renaming: the first one, in which new
elements of a sort come in their order. Nothing is left out of the graph for that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from checker.explicit.reductions.plan import symmetric_sorts
from checker.model.system import Conjunct, Property, PropertyKind
from checker.model.temporal import (
    AllOf,
    Always,
    AnyOf,
    Each,
    Eventually,
    Implication,
    LeadsTo,
    Negation,
    Now,
    TakesStep,
    Until,
)
from checker.model.types import SortType, position
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checker.model.ir import Expr, Local
    from checker.model.system import System
    from checker.model.temporal import Formula
    from checker.model.types import Value


def renamable(system: System, mentioned: Sequence[Expr]) -> frozenset[SortType]:
    """Return the sorts whose elements neither the system nor some expressions tell apart."""
    conjuncts = tuple(Conjunct("claim", each, NOWHERE) for each in mentioned)
    claim = Property(PropertyKind.INVARIANT, "claim", conjuncts, "", NOWHERE)
    sorts, _ = symmetric_sorts(replace(system, properties=(claim,)))
    return frozenset(sorts)


def is_first(values: Mapping[Local, Value], sorts: frozenset[SortType]) -> bool:
    """Tell whether values of names come before all others that they can be renamed to."""
    counts: dict[SortType, int] = {}
    for local, value in values.items():
        if isinstance(local.type, SortType) and local.type in sorts:
            at, count = position(local.type, value), counts.get(local.type, 0)
            if at > count:
                return False
            counts[local.type] = max(count, at + 1)
    return True


def expressions_of(formula: Formula) -> Iterator[Expr]:
    """Yield the expressions in a formula."""
    match formula:
        case Now(expression):
            yield expression
        case TakesStep(arguments=arguments):
            yield from arguments
        case Negation(inner) | Always(inner) | Eventually(inner):
            yield from expressions_of(inner)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from expressions_of(part)
        case Implication(left, right) | LeadsTo(left, right) | Until(left, right):
            yield from expressions_of(left)
            yield from expressions_of(right)
        case Each(_, _, body):
            yield from expressions_of(body)
        case _:
            assert_never(formula)
