"""The random systems that engines are compared on: well typed, symmetric, small and diverse."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given, settings

from checker.model import evaluate as evaluation
from checker.model.evaluate import Scope, evaluate
from checker.model.explore import Exploration, explore
from checker.model.interpret import successors
from checker.model.ir import Apply, Effect, Expr, Fold, Op, Quantifier
from checker.model.rewrite import children, expressions, parts
from checker.model.system import PropertyKind, System
from checker.model.types import Type, Value, cardinality, contains, elements
from tests.support.permute import permuted_state
from tests.support.random_systems import BUDGETS
from tests.support.show import show_system
from tests.support.system_strategies import seeded_system, systems
from tests.support.systems import composite

SEEDS = range(100)


@pytest.fixture(scope="module")
def explored() -> list[tuple[System, Exploration]]:
    """Explore the systems of some seeds."""
    return [(system, explore(system)) for system in map(seeded_system, SEEDS)]


def test_states_keep_to_the_budget(explored: list[tuple[System, Exploration]]) -> None:
    for system, found in explored:
        bound = 1
        for variable in system.variables:
            bound *= cardinality(variable.type)
        assert found.distinct <= bound <= max(BUDGETS)


def test_systems_are_diverse(explored: list[tuple[System, Exploration]]) -> None:
    shares: Counter[str] = Counter()
    for system, found in explored:
        shares.update({finding.kind.value for finding in found.findings})
        shares["clean"] += not found.findings
        shares["many states"] += found.distinct > 10
        shares["deep"] += found.depth > 3
        shares["late"] += any(f.trace is not None and f.trace.steps for f in found.findings)
        shares["sorts"] += bool(system.sorts)
        shares["processes"] += bool(system.processes)
        shares["witness"] += any(each.trace is not None for each in found.witnesses)
    wanted = {
        "clean": 30,
        "many states": 30,
        "deep": 10,
        "late": 8,
        "sorts": 40,
        "processes": 20,
        "witness": 10,
        "invariant": 8,
        "deadlock": 3,
        "evaluation": 3,
        "assertion": 2,
        "step": 2,
    }
    found_shares = {name: 100 * shares[name] / len(explored) for name in wanted}
    assert {n: s for n, s in found_shares.items() if s < wanted[n]} == {}, found_shares


def test_everything_of_the_language_occurs() -> None:
    seen: set[object] = set()
    for system in map(seeded_system, range(300)):
        for action in system.actions:
            pending = [action.body]
            while pending:
                effect = pending.pop()
                seen.add(type(effect))
                pending.extend(parts(effect))
                for expr in expressions(effect):
                    seen |= kinds_in(expr)
        for each in system.properties:
            seen |= {each.kind}
            for conjunct in each.conjuncts:
                seen |= kinds_in(conjunct.expression)
        seen |= {type(variable.type) for variable in system.variables}
    wanted: list[object] = [*Op, *Quantifier, *PropertyKind]
    wanted += [*get_args(Effect), *get_args(Expr), *get_args(Type)]
    assert [each for each in wanted if each not in seen] == []


def kinds_in(expr: Expr) -> set[object]:
    """Return the classes, operators and quantifiers in an expression."""
    found: set[object] = set()
    pending = [expr]
    while pending:
        term = pending.pop()
        found.add(type(term))
        if isinstance(term, Apply):
            found.add(term.op)
        if isinstance(term, Fold):
            found.add(term.quantifier)
        pending.extend(children(term))
    return found


@settings(max_examples=50)
@given(systems(budget=40))
def test_reachable_states_are_symmetric(system: System) -> None:
    states = explore(system).states
    for sort in system.sorts:
        names = [str(name) for name in elements(sort)]
        for order in permutations(names):
            renaming = dict(zip(names, order, strict=True))
            assert {permuted_state(system, state, renaming) for state in states} == states


@pytest.mark.parametrize("seed", range(0, 60, 2))
def test_every_value_has_the_type_of_its_expression(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = evaluation.evaluate

    def checked(expr: Expr, scope: Scope) -> Value:
        value = original(expr, scope)
        assert contains(expr.type, value), f"{value!r} is no {expr.type}: {expr}"
        return value

    monkeypatch.setattr(evaluation, "evaluate", checked)
    system = seeded_system(seed, budget=60)
    assert explore(system).distinct <= 400
    assert evaluate is original


def test_systems_of_a_seed_are_the_same() -> None:
    assert show_system(seeded_system(11)) == show_system(seeded_system(11))
    assert show_system(seeded_system(11)) != show_system(seeded_system(12))


@settings(max_examples=30)
@given(systems(budget=40))
def test_successors_come_in_a_fixed_order(system: System) -> None:
    for state in sorted(explore(system).states, key=repr)[:5]:
        found = [outcome.step for outcome in successors(system, state)]
        order = [system.actions.index(step.action) for step in found]
        assert order == sorted(order)
        assert found == [o.step for o in successors(system, state)]


def test_composite_system_keeps_its_types_and_its_symmetry() -> None:
    system = composite(2)
    states = explore(system).states
    renaming = {"Node0": "Node1", "Node1": "Node0"}
    assert {permuted_state(system, state, renaming) for state in states} == states
    for state in states:
        pairs = zip(system.variables, state, strict=True)
        assert all(contains(variable.type, value) for variable, value in pairs)
