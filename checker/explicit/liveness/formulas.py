"""From formulas of the system to linear temporal logic over numbered propositions.

Quantifiers are written out. Negation stands before propositions only; what remains are conjunction,
disjunction, *until* and its dual, *release*. A proposition says something about the state, or about
the step that is about to be taken: it is one of a set of labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from checker.explicit.layout import encode
from checker.model import terms
from checker.model.evaluate import Scope, evaluate
from checker.model.ir import Literal, Quantifier
from checker.model.operators import EvaluationError
from checker.model.rewrite import substitute, variables_read
from checker.model.temporal import (
    AllOf,
    Always,
    AnyOf,
    Each,
    Eventually,
    Formula,
    Implication,
    LeadsTo,
    Negation,
    Now,
    TakesStep,
    Until,
)
from checker.model.types import elements, show

if TYPE_CHECKING:
    from checker.explicit.liveness.graph import StateGraph
    from checker.explicit.liveness.widened import Label
    from checker.model.ir import Expr, Local
    from checker.model.types import Value
    from grammar.source import Span


# --- linear temporal logic ------------------------------------------------------------------------


class Proposition(NamedTuple):
    """One thing that holds or not at a position: a condition, or a set of steps, by number."""

    number: int
    is_step: bool


class Claim(NamedTuple):
    """A proposition, or its negation."""

    proposition: Proposition
    holds: bool


@dataclass(frozen=True, slots=True)
class Both:
    """All of some formulas; true if there are none."""

    parts: frozenset[Ltl]


@dataclass(frozen=True, slots=True)
class Either:
    """One of some formulas; false if there are none."""

    parts: frozenset[Ltl]


@dataclass(frozen=True, slots=True)
class Strive:
    """*Until*: `right` at last, and `left` up to then."""

    left: Ltl
    right: Ltl


@dataclass(frozen=True, slots=True)
class Release:
    """`right` for ever, or up to and including the moment when `left` holds."""

    left: Ltl
    right: Ltl


Ltl: TypeAlias = Claim | Both | Either | Strive | Release

TRUE = Both(frozenset())
FALSE = Either(frozenset())


def both(*given: Ltl) -> Ltl:
    """Return the conjunction, flattened."""
    parts: set[Ltl] = set()
    for each in given:
        parts |= each.parts if isinstance(each, Both) else {each}
    if FALSE in parts:
        return FALSE
    return next(iter(parts)) if len(parts) == 1 else Both(frozenset(parts))


def either(*given: Ltl) -> Ltl:
    """Return the disjunction, flattened."""
    parts: set[Ltl] = set()
    for each in given:
        parts |= each.parts if isinstance(each, Either) else {each}
    if TRUE in parts:
        return TRUE
    return next(iter(parts)) if len(parts) == 1 else Either(frozenset(parts))


def strive(left: Ltl, right: Ltl) -> Ltl:
    """Return `left until right`, or something simpler that means the same."""
    if right in {TRUE, FALSE} or left == FALSE:
        return right
    if isinstance(right, Strive) and right.left == left == TRUE:
        return right
    return Strive(left, right)


def release(left: Ltl, right: Ltl) -> Ltl:
    """Return the dual of `strive`."""
    if right in {TRUE, FALSE} or left == TRUE:
        return right
    if isinstance(right, Release) and right.left == left == FALSE:
        return right
    return Release(left, right)


def negated(formula: Ltl) -> Ltl:
    """Return the negation."""
    match formula:
        case Claim(proposition, holds):
            return Claim(proposition, not holds)
        case Both(parts):
            return either(*map(negated, parts))
        case Either(parts):
            return both(*map(negated, parts))
        case Strive(left, right):
            return release(negated(left), negated(right))
        case Release(left, right):
            return strive(negated(left), negated(right))
        case _:
            assert_never(formula)


# --- writing out ----------------------------------------------------------------------------------

Values: TypeAlias = "Mapping[Local, Value]"


@dataclass(frozen=True, slots=True)
class Case:
    """A property for given values of its outermost quantifiers, and one of its conjuncts.

    Attributes:
        values: of the locals; `formula` has no others free.
    """

    formula: Formula
    values: Values

    @property
    def shown(self) -> str:
        """Return `for c = Cpu0`, or nothing."""
        parts = [f"{local.name} = {show(local.type, v)}" for local, v in self.values.items()]
        return f"for {', '.join(parts)}" if parts else ""


def cases(formula: Formula, values: Values | None = None) -> Iterator[Case]:
    """Yield what has to hold, all of it, for the formula to hold."""
    known = values or {}
    match formula:
        case AllOf(parts):
            for part in parts:
                yield from cases(part, known)
        case Each(Quantifier.FORALL, local, body):
            for value in elements(local.type):
                yield from cases(body, {**known, local: value})
        case _:
            yield Case(formula, known)


@dataclass(slots=True)
class Propositions:
    """The numbers of conditions and of sets of steps.

    Attributes:
        conditions: by number.
        steps: labels of the graph, as a set of bits, by number.
    """

    graph: StateGraph
    conditions: list[Expr] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    _numbers: dict[Expr, int] = field(default_factory=dict)

    def condition(self, expr: Expr, values: Values) -> Ltl:
        """Return the proposition that a condition holds for given values of its locals."""
        table = self.graph.system.terms
        replacements: dict[Local, Expr] = {
            local: terms.literal(table, value, local.type) for local, value in values.items()
        }
        found = substitute(expr, replacements, table)
        if not variables_read(found):
            found = _folded(found)
        if isinstance(found, Literal):
            return TRUE if found.value else FALSE
        if found not in self._numbers:
            self._numbers[found] = len(self.conditions)
            self.conditions.append(found)
        return Claim(Proposition(self._numbers[found], is_step=False), holds=True)

    def step(self, taken: TakesStep, arguments: tuple[Value, ...]) -> Ltl:
        """Return the proposition that a step with given first parameters is taken."""
        bits = sum(
            1 << number
            for number, label in enumerate(self.graph.names)
            if self._is_meant(taken, arguments, label)
        )
        if bits == 0:
            return FALSE
        if bits not in self.steps:
            self.steps.append(bits)
        return Claim(Proposition(self.steps.index(bits), is_step=True), holds=True)

    def _is_meant(self, taken: TakesStep, arguments: tuple[Value, ...], label: Label) -> bool:
        action = self.graph.system.actions[label.action]
        if not taken.is_by(action):
            return False
        codes = [
            encode(local.type, value)
            for local, value in zip(action.params, arguments, strict=False)
        ]
        return list(label.params[: len(codes)]) == codes

    def ltl(self, formula: Formula, values: Values) -> Ltl:
        """Return a formula with all names replaced by their values."""
        match formula:
            case Now(expression):
                return self.condition(expression, values)
            case TakesStep():
                return self._taken(formula, values)
            case Negation(operand):
                return negated(self.ltl(operand, values))
            case AllOf(parts):
                return both(*(self.ltl(part, values) for part in parts))
            case AnyOf(parts):
                return either(*(self.ltl(part, values) for part in parts))
            case Implication(left, right):
                return either(negated(self.ltl(left, values)), self.ltl(right, values))
            case Always(operand):
                return release(FALSE, self.ltl(operand, values))
            case Eventually(operand):
                return strive(TRUE, self.ltl(operand, values))
            case Until(left, right):
                return strive(self.ltl(left, values), self.ltl(right, values))
            case LeadsTo(left, right):
                later = strive(TRUE, self.ltl(right, values))
                return release(FALSE, either(negated(self.ltl(left, values)), later))
            case Each(quantifier, local, body):
                every = (self.ltl(body, {**values, local: v}) for v in elements(local.type))
                return both(*every) if quantifier is Quantifier.FORALL else either(*every)
            case _:
                assert_never(formula)

    def _taken(self, taken: TakesStep, values: Values) -> Ltl:
        """Distinguish the values that arguments may have."""

        def choose(at: int, chosen: tuple[Value, ...]) -> Ltl:
            if at == len(taken.arguments):
                return self.step(taken, chosen)
            argument = taken.arguments[at]
            table = self.graph.system.terms
            found = []
            for value in elements(argument.type):
                here = terms.literal(table, value, argument.type)
                is_it = self.condition(terms.equal(table, argument, here), values)
                if is_it != FALSE:
                    found.append(both(is_it, choose(at + 1, (*chosen, value))))
            return either(*found)

        return choose(0, ())


def _folded(expr: Expr) -> Expr:
    """Return the value of an expression without variables, or itself if it has none."""
    try:
        return Literal(evaluate(expr, Scope({}, {})), expr.type)
    except EvaluationError:
        return expr


# --- what may be vacuous --------------------------------------------------------------------------


def antecedents(formula: Formula) -> Iterator[tuple[Span, Now, tuple[Local, ...]]]:
    """Yield the left sides of implications and `~>` that are conditions, with the names around."""
    pending: list[tuple[Formula, tuple[Local, ...]]] = [(formula, ())]
    while pending:
        each, locals_ = pending.pop(0)
        match each:
            case Now() | TakesStep():
                pass
            case Negation(inner) | Always(inner) | Eventually(inner):
                pending.append((inner, locals_))
            case AllOf(parts) | AnyOf(parts):
                pending += [(part, locals_) for part in parts]
            case Implication(left, right, site) | LeadsTo(left, right, site):
                if isinstance(left, Now):
                    yield site, left, locals_
                pending += [(left, locals_), (right, locals_)]
            case Until(left, right):
                pending += [(left, locals_), (right, locals_)]
            case Each(_, local, body):
                pending.append((body, (*locals_, local)))
            case _:
                assert_never(each)
