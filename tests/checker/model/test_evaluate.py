"""Every construct of expressions, evaluated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checker.model.evaluate import Scope, evaluate
from checker.model.ir import Expr, Implies, Local, Op, Quantifier
from checker.model.operators import EvaluationError
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Value,
)
from tests.support.builder import Builder

B = Builder("expressions")
CPU = SortType("Cpu", 3)
SMALL = IntType(0, 3)
PAIR = RecordType("Pair", (("n", SMALL), ("b", BOOL)))

N = B.variable("n", SMALL)
MAP = B.variable("m", MapType(CPU, SMALL))
QUEUE = B.variable("q", SeqType(3, SMALL))
RECORD = B.variable("r", PAIR)
MAYBE = B.variable("o", OptionType(SMALL))
STATE: dict[str, Value] = {"n": 2, "m": (3, 1, 2), "q": (3, 0), "r": (1, True), "o": None}
VARIABLES = (N, MAP, QUEUE, RECORD, MAYBE)

C, X = Local("c", CPU), Local("x", SMALL)
BOUND: dict[Local, Value] = {C: "Cpu2"}
TRUE, FALSE = B.literal(True, BOOL), B.literal(False, BOOL)
FAILS = B.eq(B.op(Op.DIV, B.number(1), B.number(0)), B.number(1))
BIG = B.op(Op.LT, B.number(1), B.ref(X))


def scope() -> Scope:
    """Return a scope in which the old state differs in `n` only."""
    now = {variable: STATE[variable.name] for variable in VARIABLES}
    return Scope(now, BOUND, old={**now, N: 0})


def fold(quantifier: Quantifier, body: Expr, domain: Expr | None = None) -> Expr:
    """Quantify over `x`."""
    return B.fold(quantifier, X, body, domain=domain)


def numbers(*values: int) -> Expr:
    """Make a set of numbers."""
    return B.literal(frozenset(values), SetType(SMALL))


VALUES: list[tuple[str, Expr, Value]] = [
    ("literal", B.number(3), 3),
    ("read", B.read(N), 2),
    ("old", B.old(N), 0),
    ("local", B.ref(C), "Cpu2"),
    ("strict operator", B.op(Op.ADD, B.read(N), B.number(1)), 3),
    ("and", B.all_of(TRUE, TRUE), True),
    ("and of nothing", B.all_of(), True),
    ("and stops", B.all_of(FALSE, FAILS), False),
    ("or", B.any_of(FALSE, FALSE), False),
    ("or of nothing", B.any_of(), False),
    ("or stops", B.any_of(TRUE, FAILS), True),
    ("implies", B.implies(TRUE, FALSE), False),
    ("implies stops", B.implies(FALSE, FAILS), True),
    ("then", B.select(TRUE, B.number(1), B.op(Op.MOD, B.number(1), B.number(0))), 1),
    ("otherwise", B.select(FALSE, B.number(1), B.number(2)), 2),
    ("map at key", B.read(MAP, B.ref(C)), 2),
    ("sequence at position", B.read(QUEUE, B.number(1)), 0),
    ("field", B.read(RECORD, 1), True),
    ("component", B.at(B.literal((4, 5), TupleType((INT9 := IntType(0, 9), INT9))), 1), 5),
    ("forall", fold(Quantifier.FORALL, BIG), False),
    ("forall of nothing", fold(Quantifier.FORALL, FAILS, numbers()), True),
    ("forall in domain", fold(Quantifier.FORALL, BIG, numbers(2, 3)), True),
    ("forall stops", fold(Quantifier.FORALL, B.all_of(BIG, FAILS)), False),
    ("exists", fold(Quantifier.EXISTS, BIG), True),
    ("exists of nothing", fold(Quantifier.EXISTS, FAILS, numbers()), False),
    ("exists stops", fold(Quantifier.EXISTS, B.any_of(B.negate(BIG), FAILS)), True),
    ("count", fold(Quantifier.COUNT, BIG), 2),
    ("sum", fold(Quantifier.SUM, B.ref(X)), 6),
    ("sum in domain", fold(Quantifier.SUM, B.ref(X), numbers(1, 3)), 4),
    ("sum of nothing", fold(Quantifier.SUM, B.ref(X), numbers()), 0),
    ("sum over a sort", B.fold(Quantifier.SUM, C, B.read(MAP, B.ref(C))), 6),
    ("min", fold(Quantifier.MIN, B.op(Op.NEG, B.ref(X))), -3),
    ("max", fold(Quantifier.MAX, B.op(Op.NEG, B.ref(X)), numbers(1, 2)), -1),
    ("set", B.construct(SetType(SMALL), B.read(N), B.number(2), B.number(1)), frozenset({1, 2})),
    ("sequence", B.construct(SeqType(3, SMALL), B.number(1), B.read(N)), (1, 2)),
    ("record", B.construct(PAIR, B.read(N), TRUE), (2, True)),
    ("tuple", B.construct(TupleType((BOOL, SMALL)), FALSE, B.read(N)), (False, 2)),
    ("filter", B.set_of(X, BIG, B.ref(X)), frozenset({2, 3})),
    (
        "filter in domain with image",
        B.set_of(X, BIG, B.op(Op.MUL, B.ref(X), B.number(2)), domain=numbers(0, 1, 2)),
        frozenset({4}),
    ),
    ("image only where it holds", B.set_of(X, FALSE, FAILS), frozenset()),
    ("map", B.map_of(C, B.op(Op.ADD, B.read(MAP, B.ref(C)), B.number(1))), (4, 2, 3)),
    ("let", B.let(X, B.read(N), B.op(Op.MUL, B.ref(X), B.ref(X))), 4),
    ("inner binding hides", B.let(X, B.number(1), B.let(X, B.number(2), B.ref(X))), 2),
]


@pytest.mark.parametrize(("expr", "value"), [pytest.param(e, v, id=name) for name, e, v in VALUES])
def test_expression_gives(expr: Expr, value: Value) -> None:
    found = evaluate(expr, scope())
    assert found == value
    assert type(found) is type(value)


ERRORS: list[tuple[str, Expr, str]] = [
    ("operator", FAILS, "division by zero: `1 / 0`"),
    (
        "local is shown by value",
        B.op(Op.MOD, B.number(1), B.op(Op.SUB, B.read(N), B.number(2))),
        "modulo zero: `1 % (n - 2)`",
    ),
    ("position", B.read(QUEUE, B.read(N)), "position 2 is outside a sequence of length 2: `q[n]`"),
    (
        "negative",
        B.read(QUEUE, B.number(-1)),
        "position -1 is outside a sequence of length 2: `q[-1]`",
    ),
    ("unwrap", B.op(Op.UNWRAP, B.read(MAYBE)), "none where a value of type 0..3 is needed: `o`"),
    (
        "convert",
        B.convert(B.op(Op.ADD, B.read(N), B.number(2)), SMALL),
        "4 is outside 0..3: `n + 2`",
    ),
    ("min", fold(Quantifier.MIN, B.ref(X), numbers()), "`min` of nothing: `min x in {}. x`"),
    ("max", fold(Quantifier.MAX, B.ref(X), numbers()), "`max` of nothing: `max x in {}. x`"),
    ("and goes on", B.all_of(TRUE, FAILS), "division by zero: `1 / 0`"),
    (
        "first failure",
        B.op(Op.IFF, B.eq(B.op(Op.MOD, B.number(1), B.number(0)), B.number(1)), FAILS),
        "modulo zero: `1 % 0`",
    ),
    (
        "let is strict",
        B.let(X, B.op(Op.DIV, B.number(1), B.number(0)), TRUE),
        "division by zero: `1 / 0`",
    ),
    (
        "forall",
        fold(Quantifier.FORALL, B.eq(B.op(Op.DIV, B.number(3), B.ref(X)), B.number(3))),
        "division by zero: `3 / 0`",
    ),
    ("iff is strict", B.op(Op.IFF, FALSE, FAILS), "division by zero: `1 / 0`"),
]


@pytest.mark.parametrize(("expr", "text"), [pytest.param(e, t, id=name) for name, e, t in ERRORS])
def test_expression_fails(expr: Expr, text: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(expr, scope())
    assert str(caught.value) == text


BUGS: list[Callable[[], Expr]] = [
    lambda: B.ref(X),
    lambda: B.read(MAP, B.literal("Cpu3", CPU)),
    lambda: B.op(Op.NOT, B.number(1)),
    lambda: B.op(Op.ADD, TRUE, B.number(1)),
]


@pytest.mark.parametrize("make", BUGS)
def test_ill_typed_expressions_are_our_bugs(make: Callable[[], Expr]) -> None:
    with pytest.raises(AssertionError):
        evaluate(make(), scope())


def test_old_values_exist_in_step_properties_only() -> None:
    with pytest.raises(AssertionError, match="outside a step property"):
        evaluate(B.old(N), Scope({N: 1}, {}))


def test_implications_are_watched() -> None:
    inner = B.implies(BIG, TRUE)
    outer = B.implies(fold(Quantifier.EXISTS, inner), FALSE)
    skipped = B.implies(TRUE, TRUE)
    tested: set[Implies] = set()
    evaluate(B.any_of(outer, TRUE, skipped), Scope({}, {}, tested=tested))
    # The quantifier stops at x = 0, for which the left side of the inner one is false.
    assert tested == {outer}
    evaluate(fold(Quantifier.FORALL, inner), Scope({}, {}, tested=tested))
    assert tested == {outer, inner}


def test_long_sums_do_not_exhaust_the_stack() -> None:
    total = B.number(0)
    for _ in range(250):
        total = B.op(Op.ADD, total, B.number(1))
    assert evaluate(total, Scope({}, {})) == 250
