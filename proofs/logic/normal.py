"""Normal form: universally quantified formulas without existential quantifiers.

A formula becomes a set of `Universal`s that has a model exactly if the formula has one: negations
go inwards, existential quantifiers become Skolem functions of the universal variables on which they
depend, and universal quantifiers come to the front. A quantifier that stands inside a term (in the
condition of a choice between integers) gets a name first.

Skolem functions are numbered within one `Skolemizer`, by sort, so that the same goal gives the same
names in every run, and different goals share them where each is used by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofs.logic.terms import BOOL, Kind, Logic, Sort, Term
from proofs.logic.text import sort_name

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, eq=False)
class Universal:
    """`forall variables. body`; the body has no quantifier."""

    variables: tuple[Term, ...]
    body: Term


class Skolemizer:
    """Turns formulas into universals; `prefix` tells its functions from those of others."""

    def __init__(self, logic: Logic, prefix: str) -> None:
        """Start numbering from one."""
        self._logic = logic
        self._prefix = prefix
        self._counts: dict[str, int] = {}
        self._names = 0

    def universals(self, formula: Term) -> tuple[Universal, ...]:
        """Return universals that have a model exactly if the formula has one."""
        if not formula.has_quantifier:
            return (Universal((), formula),) if formula is not self._logic.true else ()
        plain, definitions = self._named(formula)
        found: list[Universal] = []
        for part in (plain, *definitions):
            found += self._split(self._inwards(part, is_positive=True))
        return tuple(found)

    # --- quantifiers inside terms

    def _named(self, formula: Term) -> tuple[Term, list[Term]]:
        """Give names to conditions with quantifiers that stand inside terms."""
        definitions: list[Term] = []

        def inside(term: Term) -> Term:
            """Return a term in which no quantifier is left."""
            if not term.has_quantifier:
                return term
            if term.sort is BOOL:
                return self._definition(connective(term), definitions)
            return self._logic.rebuild(term, tuple(inside(arg) for arg in term.args))

        def connective(term: Term) -> Term:
            """Return a formula in which quantifiers stand below connectives only."""
            if not term.has_quantifier:
                return term
            is_atom = term.kind in {Kind.APPLY, Kind.AT_MOST}
            is_atom |= term.kind is Kind.EQUAL and term.args[0].sort is not BOOL
            visit = inside if is_atom else connective
            return self._logic.rebuild(term, tuple(visit(arg) for arg in term.args))

        return connective(formula), definitions

    def _definition(self, condition: Term, definitions: list[Term]) -> Term:
        variables = tuple(sorted(condition.free, key=lambda each: each.serial))
        self._names += 1
        symbol = self._logic.symbol(
            f"{self._prefix}.condition{self._names}{_signature(variables)}",
            [each.sort for each in variables],
            BOOL,
        )
        name = self._logic.apply(symbol, variables)
        equivalence = self._logic.equal(name, condition)
        definitions.append(self._logic.forall(variables, equivalence))
        return name

    # --- negations

    def _inwards(self, term: Term, *, is_positive: bool) -> Term:
        """Return the term, or its negation, with no negation above a quantifier."""
        logic = self._logic
        if not term.has_quantifier:
            return term if is_positive else logic.negate(term)
        match term.kind:
            case Kind.NOT:
                return self._inwards(term.args[0], is_positive=not is_positive)
            case Kind.AND | Kind.OR:
                args = [self._inwards(arg, is_positive=is_positive) for arg in term.args]
                is_and = (term.kind is Kind.AND) == is_positive
                return logic.conjunction(args) if is_and else logic.disjunction(args)
            case Kind.FORALL | Kind.EXISTS:
                body = self._inwards(term.args[0], is_positive=is_positive)
                is_all = (term.kind is Kind.FORALL) == is_positive
                bind = logic.forall if is_all else logic.exists
                return bind(term.variables, body)
            case Kind.ITE:
                condition, then, otherwise = term.args
                return logic.both(
                    logic.either(
                        self._inwards(condition, is_positive=False),
                        self._inwards(then, is_positive=is_positive),
                    ),
                    logic.either(
                        self._inwards(condition, is_positive=True),
                        self._inwards(otherwise, is_positive=is_positive),
                    ),
                )
            case Kind.EQUAL:
                left, right = term.args
                return logic.both(
                    logic.either(
                        self._inwards(left, is_positive=False),
                        self._inwards(right, is_positive=is_positive),
                    ),
                    logic.either(
                        self._inwards(left, is_positive=True),
                        self._inwards(right, is_positive=not is_positive),
                    ),
                )
            case _:
                raise AssertionError(f"a quantifier inside {term.kind}")

    # --- Skolem functions

    def _split(self, term: Term) -> Iterable[Universal]:
        """Return one universal for each conjunct."""
        if term.kind is Kind.AND:
            return [each for arg in term.args for each in self._split(arg)]
        if term.kind is Kind.FORALL:
            variables, body = self._renamed(term)
            inner = body.args if body.kind is Kind.AND else (body,)
            return [self._prenex(part, variables) for part in inner]
        return [self._prenex(term, ())]

    def _prenex(self, term: Term, scope: tuple[Term, ...]) -> Universal:
        variables: list[Term] = list(scope)

        def visit(each: Term, scope: tuple[Term, ...]) -> Term:
            if not each.has_quantifier:
                return each
            match each.kind:
                case Kind.AND | Kind.OR:
                    return self._logic.rebuild(each, tuple(visit(arg, scope) for arg in each.args))
                case Kind.FORALL:
                    bound, body = self._renamed(each)
                    variables.extend(bound)
                    return visit(body, scope + bound)
                case Kind.EXISTS:
                    needed = tuple(v for v in scope if v in each.free)
                    values = {v: self._value(v.sort, needed) for v in each.variables}
                    return visit(self._logic.substitute(each.args[0], values), scope)
                case _:
                    raise AssertionError(f"a quantifier inside {each.kind}")

        body = visit(term, scope)
        return Universal(tuple(v for v in variables if v in body.free), body)

    def _renamed(self, quantified: Term) -> tuple[tuple[Term, ...], Term]:
        fresh = {v: self._logic.fresh_variable(v.sort) for v in quantified.variables}
        return tuple(fresh.values()), self._logic.substitute(quantified.args[0], dict(fresh))

    def _value(self, sort: Sort, scope: tuple[Term, ...]) -> Term:
        name = sort_name(sort)
        number = self._counts.get(name, 0) + 1
        self._counts[name] = number
        label = f"{self._prefix}.{name}{number}{_signature(scope)}"
        symbol = self._logic.symbol(label, [each.sort for each in scope], sort)
        return self._logic.apply(symbol, scope)


def _signature(scope: tuple[Term, ...]) -> str:
    """Return what tells functions of different arguments apart that have one number."""
    return "/" + "/".join(sort_name(each.sort) for each in scope) if scope else ""
