"""Terms: what the constructors simplify stays the same; normal forms; text."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product

import pytest

from proofs.logic.compiled import Compiler, Table
from proofs.logic.evaluate import Constant, Structure, evaluate
from proofs.logic.normal import Skolemizer, Universal
from proofs.logic.terms import BOOL, INT, FiniteSort, Kind, Logic, OpenSort, Term
from proofs.logic.text import text

COLOUR = FiniteSort("Colour", ("red", "green"))
NODE = OpenSort("Node")


class _Raw(Logic):
    """A logic whose terms are never simplified: the slow twin."""

    def negate(self, arg: Term) -> Term:
        return self._make(Kind.NOT, (arg,), BOOL, None)

    def conjunction(self, args: Iterable[Term]) -> Term:
        return self._make(Kind.AND, tuple(args), BOOL, None)

    def disjunction(self, args: Iterable[Term]) -> Term:
        return self._make(Kind.OR, tuple(args), BOOL, None)

    def ite(self, condition: Term, then: Term, otherwise: Term) -> Term:
        return self._make(Kind.ITE, (condition, then, otherwise), then.sort, None)

    def equal(self, left: Term, right: Term) -> Term:
        return self._make(Kind.EQUAL, (left, right), BOOL, None)

    def at_most(self, left: Term, right: Term) -> Term:
        return self._make(Kind.AT_MOST, (left, right), BOOL, None)

    def sum(self, args: Iterable[Term]) -> Term:
        return self._make(Kind.SUM, tuple(args), INT, None)


def _term(logic: Logic, rng: random.Random, sort: object, depth: int) -> Term:
    """Return a random ground term; the same dice give the same term in another logic."""
    if depth == 0:
        if sort is BOOL:
            names = ["p", "q"]
            pick = rng.randrange(4)
            if pick < 2:
                return logic.truth(pick == 0)
            return logic.apply(logic.symbol(names[pick - 2], (), BOOL))
        if sort is INT:
            pick = rng.randrange(4)
            return logic.number(pick) if pick < 2 else logic.apply(logic.symbol("m", (), INT))
        pick = rng.randrange(3)
        if pick < 2:
            return logic.member(COLOUR, COLOUR.members[pick])
        return logic.apply(logic.symbol("c", (), COLOUR))

    def sub(of: object) -> Term:
        return _term(logic, rng, of, depth - 1)

    if rng.random() < 0.3:
        return logic.ite(sub(BOOL), sub(sort), sub(sort))
    if sort is INT:
        return logic.sum([sub(INT), sub(INT)])
    if sort is BOOL:
        match rng.randrange(5):
            case 0:
                return logic.negate(sub(BOOL))
            case 1:
                return logic.conjunction([sub(BOOL), sub(BOOL), sub(BOOL)])
            case 2:
                return logic.disjunction([sub(BOOL), sub(BOOL)])
            case 3:
                return logic.at_most(sub(INT), sub(INT))
            case _:
                of = rng.choice([BOOL, INT, COLOUR])
                return logic.equal(sub(of), sub(of))
    return _term(logic, rng, sort, 0)


def _structure(values: dict[str, Constant]) -> Structure:
    return lambda symbol, _: values[symbol.name]


def test_simplification_keeps_the_value() -> None:
    structures: list[dict[str, Constant]] = [
        dict(zip("pqmc", values, strict=True))
        for values in product((False, True), (False, True), (0, 1, 2), COLOUR.members)
    ]
    for seed in range(400):
        simple = _term(Logic(), random.Random(seed), BOOL, 4)
        raw = _term(_Raw(), random.Random(seed), BOOL, 4)
        for values in structures:
            structure = _structure(values)
            assert evaluate(simple, structure) == evaluate(raw, structure), seed


def test_compiled_universals_have_the_value_of_their_terms() -> None:
    for seed in range(100):
        logic = Logic()
        term = _term(logic, random.Random(seed), BOOL, 4)
        compiler = Compiler()
        function = compiler.compiled(Universal((), term))
        for p, q in product((False, True), repeat=2):
            values: dict[str, Constant] = {"p": p, "q": q, "m": 1, "c": "red"}
            expected = evaluate(term, _structure(values))
            assert function([values[symbol.name] for symbol in compiler.symbols]) == expected


def test_tables_look_up_and_work_out() -> None:
    logic = Logic()
    f = logic.symbol("f", (NODE, NODE), BOOL)
    x, y = (logic.fresh_variable(NODE) for _ in range(2))
    compiler = Compiler()
    function = compiler.compiled(Universal((x, y), logic.apply(f, (x, y))))
    table = Table(lambda key: key == ("a", "b"))
    assert function([table], "a", "b")
    assert not function([table], "b", "a")


@pytest.fixture
def logic() -> Logic:
    return Logic()


def _relation(logic: Logic, *args: Term) -> Term:
    return logic.apply(logic.symbol("r", [NODE] * len(args), BOOL), args)


def test_exists_below_forall_becomes_a_function(logic: Logic) -> None:
    x, y = logic.variable("x", NODE), logic.variable("y", NODE)
    formula = logic.forall([x], logic.exists([y], _relation(logic, x, y)))
    (found,) = Skolemizer(logic, "s").universals(formula)
    (variable,) = found.variables
    assert text(found.body) == f"r({variable.head}, s.Node1/Node({variable.head}))"


def test_negation_turns_quantifiers(logic: Logic) -> None:
    x, y = logic.variable("x", NODE), logic.variable("y", NODE)
    formula = logic.negate(logic.exists([x], logic.forall([y], _relation(logic, x, y))))
    (found,) = Skolemizer(logic, "s").universals(formula)
    assert len(found.variables) == 1
    assert found.body.kind is Kind.NOT


def test_conjuncts_become_universals_of_their_own(logic: Logic) -> None:
    x, y = logic.variable("x", NODE), logic.variable("y", NODE)
    both = logic.both(logic.forall([x], _relation(logic, x, x)), _relation(logic, x, x))
    found = Skolemizer(logic, "s").universals(logic.forall([x], both))
    assert len(found) == 2
    either = logic.either(_relation(logic, x, x), logic.forall([y], _relation(logic, x, y)))
    (one,) = Skolemizer(logic, "s").universals(logic.forall([x], either))
    assert len(one.variables) == 2


def test_a_quantifier_inside_a_number_gets_a_name(logic: Logic) -> None:
    x = logic.variable("x", NODE)
    some = logic.exists([x], _relation(logic, x, x))
    number = logic.ite(some, logic.number(1), logic.number(2))
    formula = logic.equal(number, logic.apply(logic.symbol("n", (), INT)))
    found = Skolemizer(logic, "s").universals(formula)
    assert not any(each.body.has_quantifier for each in found)
    assert any("s.condition1" in text(each.body) for each in found)


def test_text_does_not_depend_on_the_order_of_making() -> None:
    first, second = Logic(), Logic()
    a, b = (first.apply(first.symbol(name, (), BOOL)) for name in "ab")
    d, c = (second.apply(second.symbol(name, (), BOOL)) for name in "ba")
    assert text(first.both(a, b)) == text(second.both(d, c))
    assert text(first.equal(a, b)) == text(second.equal(d, c))


def test_an_unchanged_claim_is_the_same_term(logic: Logic) -> None:
    x = logic.variable("x", NODE)
    made = [logic.forall([x], _relation(logic, x, x)) for _ in range(2)]
    assert made[0] is made[1]
