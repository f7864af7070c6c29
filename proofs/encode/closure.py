"""Something is so for some values of what was picked: parameters and choices become quantifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checker.model.types import describe
from proofs.encode.universe import Universe, Unsupported
from proofs.encode.values import Maybe, Members, Parts, Row, Scalar, Symbolic, Table
from proofs.logic.terms import BOOL, INT, Kind, OpenSort, Term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model.types import Type
    from proofs.encode.effects import Pick


def for_some(universe: Universe, picks: Sequence[Pick], formula: Term) -> Term:
    """Return that a formula holds for some values of the picks.

    Raises:
        Unsupported: a pick is a map, a set or a sequence, over which no quantifier ranges.
    """
    for pick in picks:
        for constant in _constants(pick.type, pick.value):
            formula = _for_some(universe, constant, formula)
    return formula


def _constants(of: Type, value: Symbolic) -> Iterator[Term]:
    match value:
        case Scalar(term):
            yield term
        case Maybe(is_some, inner):
            yield is_some
            yield from _constants(of, inner)
        case Parts(parts):
            for part in parts:
                yield from _constants(of, part)
        case Table() | Members() | Row():
            raise Unsupported(f"a step chooses a value of `{describe(of)}`")


def _for_some(universe: Universe, constant: Term, formula: Term) -> Term:
    logic, sort = universe.logic, constant.sort

    def with_value(value: Term) -> Term:
        return logic.map(formula, lambda each: value if each is constant else None)

    assert constant.kind is Kind.APPLY
    if sort is BOOL:
        return logic.either(with_value(logic.true), with_value(logic.false))
    if sort is INT or isinstance(sort, OpenSort):
        # A name of its own, for the formula binds variables that are named by their depth.
        variable = logic.fresh_variable(sort)
        return logic.exists((variable,), with_value(variable))
    return logic.disjunction(with_value(logic.member(sort, each)) for each in sort.members)
