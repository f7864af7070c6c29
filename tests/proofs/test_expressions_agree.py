"""The translation of random expressions agrees with the interpreter; a wrong one does not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from checker.model.evaluate import Scope, evaluate
from checker.model.ir import Expr, Op, Variable
from checker.model.operators import EvaluationError
from checker.model.types import Value, cardinality, default, elements
from proofs.encode.expressions import Expressions
from proofs.encode.expressions import Names as Symbols
from proofs.encode.operators import Operators
from proofs.encode.symbols import declare, decode
from proofs.encode.universe import Universe
from proofs.encode.values import Members, Row
from proofs.logic.evaluate import evaluate as evaluate_term
from proofs.logic.terms import Logic
from tests.proofs.structures import structure_of
from tests.support.builder import Builder
from tests.support.dice import Dice, Names, type_below
from tests.support.dice import Universe as Types
from tests.support.random_systems import random_universe
from tests.support.random_terms import Terms

FAILS = "no value"
SEEDS = range(600)


def _random_expression(rng: random.Random) -> tuple[Expr, dict[Variable, Value]]:
    """Return an expression and values of the variables that it may read."""
    dice = Dice(rng.randrange)
    b = Builder("agreement")
    types: Types = random_universe(dice)
    terms = Terms(b, dice, types, risky=rng.random() < 0.5)
    variables = [b.variable(f"some{i}", sort) for i, sort in enumerate(types.sorts)]
    variables += [b.variable(f"v{i}", type_below(dice, types, 40)) for i in range(3)]
    names = Names(tuple(variables))
    expr = terms.term(terms.some_type(names), names, 3)
    return expr, {v: _random_value(rng, v) for v in variables}


def _random_value(rng: random.Random, variable: Variable) -> Value:
    if cardinality(variable.type) > 200:
        return default(variable.type)
    return rng.choice(list(elements(variable.type)))


def _expected(expr: Expr, state: dict[Variable, Value]) -> Value:
    try:
        return evaluate(expr, Scope(state, {}))
    except EvaluationError:
        return FAILS


def _found(expr: Expr, state: dict[Variable, Value]) -> Value:
    universe = Universe(Logic(), is_open=False)
    symbols = {v: declare(universe, v.name, v.type) for v in state}
    demands: list = []  # type: ignore[type-arg]
    value = Expressions(universe).value(expr, Symbols(symbols, {}), demands)
    structure = structure_of(universe, symbols, state)
    if not evaluate_term(universe.logic.conjunction(demands), structure):
        return FAILS
    return decode(universe, expr.type, value, lambda term: evaluate_term(term, structure))


def _disagreements(seeds: range) -> Iterator[int]:
    for seed in seeds:
        expr, state = _random_expression(random.Random(seed))
        expected, value = _expected(expr, state), _found(expr, state)
        # A quantifier may be stricter than evaluation, which stops early; never the other way.
        if value not in {expected, FAILS}:
            yield seed


def test_values_agree() -> None:
    assert list(_disagreements(SEEDS)) == []


def test_what_has_a_value_seldom_has_none_in_the_logic() -> None:
    strict = 0
    for seed in SEEDS:
        expr, state = _random_expression(random.Random(seed))
        strict += _expected(expr, state) != FAILS and _found(expr, state) == FAILS
    assert strict <= len(SEEDS) // 100


@pytest.mark.parametrize("mistake", ["first", "union", "less", "modulo", "unwrap"])
def test_a_planted_mistake_is_caught(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Operators.apply
    monkeypatch.setattr(Operators, "apply", _wrong(original, mistake))
    assert next(_disagreements(range(3_000)), None) is not None


def _wrong(original: Callable[..., object], mistake: str) -> Callable[..., object]:
    """Return an `apply` that gets one operator wrong."""

    def apply(self: Operators, expr, args, demands):  # type: ignore[no-untyped-def]
        match mistake, expr.op, args:
            case "first", Op.FIRST, [Row(length, items)] if len(items) > 1:
                return original(self, expr, [Row(length, items[1:] + items[:1])], demands)
            case "union", Op.UNION, [Members() as left, Members() as right]:
                return Members(left.element, lambda v: self.logic.both(left.has(v), right.has(v)))
            case "less", Op.LT, [left, right]:
                return original(self, expr, [right, left], demands)
            case "modulo", Op.MOD, [left, right]:
                return left
            case "unwrap", Op.UNWRAP, [option]:
                # Forgets that there must be something.
                return original(self, expr, [option], [])
            case _:
                return original(self, expr, args, demands)

    return apply
