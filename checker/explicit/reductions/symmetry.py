"""Which sorts of a system are symmetric, and why others are not.

By typing no expression of the language tells one element of a sort from another, so that permuting
them maps behaviours to behaviours (Ip and Dill, "Better verification through symmetry", 1996). Two
things are left to be looked at, because a typed system may hold them all the same:

* a constant that names elements, as in a system made by hand, or where a local begins with the
  first element of its type;
* a quantifier over elements that stops early, so that it depends on their order whether it comes
  to one for which its body fails.

That the initial states are symmetric is left to `canonical`, which looks at them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.explicit.reductions.failing import Facts, given, may_fail
from checker.explicit.reductions.liveness import effects_in
from checker.explicit.reductions.permute import is_symmetric
from checker.model.ir import And, Conditional, Fold, Implies, Literal, Or, Quantifier, SetFilter
from checker.model.rewrite import children, expressions
from checker.model.types import show, sorts_in

if TYPE_CHECKING:
    from checker.model.ir import Expr
    from checker.model.system import System
    from checker.model.types import SortType


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """A sort that is not permuted, and a clause that says why."""

    sort: SortType
    reason: str


@dataclass(frozen=True, slots=True)
class Symmetry:
    """The sorts that may be permuted, and those that may not."""

    sorts: tuple[SortType, ...]
    broken: tuple[Asymmetry, ...]


def symmetry(system: System) -> Symmetry:
    """Return what is symmetric; sorts of one element are not worth mentioning."""
    broken: dict[SortType, Asymmetry] = {}
    for where, expr in _expressions(system):
        for found in _asymmetries(expr, where):
            broken.setdefault(found.sort, found)
    sorts = [sort for sort in system.sorts if sort.size > 1]
    return Symmetry(
        sorts=tuple(sort for sort in sorts if sort not in broken),
        broken=tuple(broken[sort] for sort in sorts if sort in broken),
    )


def _expressions(system: System) -> Iterator[tuple[str, Expr]]:
    """Yield what is evaluated after the beginning, with a name for where it stands."""
    for action in system.actions:
        where = f"action `{action.name}`"
        yield where, action.guard
        for effect in effects_in(action.body):
            yield from ((where, expr) for expr in expressions(effect))
    for each in system.properties:
        for conjunct in each.conjuncts:
            yield f"{each.kind.value} `{conjunct.name}`", conjunct.expression
    if system.terminal is not None:
        yield "`terminal`", system.terminal


def _asymmetries(expr: Expr, where: str) -> Iterator[Asymmetry]:
    seen: set[tuple[Expr, Facts]] = set()
    pending: list[tuple[Expr, Facts]] = [(expr, frozenset())]
    while pending:
        term, facts = pending.pop()
        if (term, facts) in seen:
            continue
        seen.add((term, facts))
        yield from _asymmetries_at(term, facts, where)
        pending += _below(term, facts)


def _asymmetries_at(term: Expr, facts: Facts, where: str) -> Iterator[Asymmetry]:
    match term:
        case Literal(value, of):
            for sort in sorts_in(of):
                if not is_symmetric(of, value, sort):
                    yield Asymmetry(sort, f"{where} names {show(of, value)}")
        case Fold(Quantifier.FORALL | Quantifier.EXISTS as quantifier, local, _, body):
            sorts = sorts_in(local.type)
            if sorts and may_fail(body, facts):
                for sort in sorts:
                    word = f"a `{quantifier.value}` over `{local.name}`"
                    reason = f"{word} in {where} may fail, or not, depending on the order"
                    yield Asymmetry(sort, reason)
        case _:
            return


def _below(term: Expr, facts: Facts) -> Iterator[tuple[Expr, Facts]]:
    """Yield the parts of an expression with what is known where they are evaluated."""
    match term:
        case And(args) | Or(args):
            for each in args:
                yield each, facts
                facts = given(each, facts, holds=isinstance(term, And))
        case Implies(left, right):
            yield left, facts
            yield right, given(left, facts)
        case Conditional(condition, then, otherwise):
            yield condition, facts
            yield then, given(condition, facts)
            yield otherwise, given(condition, facts, holds=False)
        case SetFilter(_, domain, condition, image):
            if domain is not None:
                yield domain, facts
            yield condition, facts
            yield image, given(condition, facts)
        case _:
            for each in children(term):
                yield each, facts
