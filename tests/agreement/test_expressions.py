"""Generated expressions against `evaluate`: every operator, on every value of small variables."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from checker.explicit.layout import Layout, encode
from checker.explicit.python.budget import Budget
from checker.explicit.python.conversions import Fault
from checker.explicit.python.expressions import ExpressionWriter, View, low_of
from checker.explicit.python.fragments import value
from checker.explicit.python.unit import Unit
from checker.model.evaluate import Scope, evaluate
from checker.model.interpret import environment
from checker.model.ir import Apply, Expr, Local, Op, Quantifier, Variable
from checker.model.operators import EvaluationError
from checker.model.system import System
from checker.model.types import (
    BOOL,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    elements,
)
from tests.support.budgets import BUDGETS
from tests.support.builder import Builder

CPU = SortType("Cpu", 2)
KIND = EnumType("Kind", ("a", "b", "c"))
LOW, HIGH = IntType(-2, 2), IntType(1, 5)
PAIR = TupleType((BOOL, IntType(1, 3)))
REC = RecordType("Rec", (("k", KIND), ("o", OptionType(CPU))))

TYPES: dict[str, Type] = {
    "p": BOOL,
    "m": LOW,
    "n": HIGH,
    "k": KIND,
    "c": CPU,
    "o": OptionType(CPU),
    "oi": OptionType(HIGH),
    "op": OptionType(PAIR),
    "pair": PAIR,
    "rec": REC,
    "map": MapType(LOW, IntType(0, 1)),
    "pmap": MapType(PAIR, BOOL),
    "s": SetType(LOW),
    "t": SetType(IntType(0, 3)),
    "ps": SetType(PAIR),
    "q": SeqType(2, LOW),
    "r": SeqType(3, IntType(0, 1)),
    "pq": SeqType(2, PAIR),
}

Make = Callable[[Builder, Callable[[str], Expr]], Expr]


def op(code: Op, *names: str) -> Make:
    return lambda b, v: b.op(code, *(v(name) for name in names))


def number(value: int) -> Callable[[Builder], Expr]:
    return lambda b: b.number(value)


def folded(quantifier: Quantifier, domain: str | None = None) -> Make:
    def make(b: Builder, v: Callable[[str], Expr]) -> Expr:
        of = IntType(0, 3) if domain == "t" else LOW
        x = Local("x", of)
        body = b.op(Op.MUL, b.ref(x), v("m"))
        if quantifier in {Quantifier.FORALL, Quantifier.EXISTS, Quantifier.COUNT}:
            body = b.op(Op.LE, body, b.number(1))
        return b.fold(quantifier, x, body, domain=v(domain) if domain else None)

    return make


def unvaried(quantifier: Quantifier, domain: str | None = None) -> Make:
    """Fold a body that does not read the bound value."""

    def make(b: Builder, v: Callable[[str], Expr]) -> Expr:
        is_test = quantifier in {Quantifier.FORALL, Quantifier.EXISTS, Quantifier.COUNT}
        body = v("p") if is_test else v("m")
        return b.fold(quantifier, Local("x", LOW), body, domain=v(domain) if domain else None)

    return make


def failing_fold(quantifier: Quantifier) -> Make:
    def make(b: Builder, v: Callable[[str], Expr]) -> Expr:
        x = Local("x", LOW)
        body = b.op(Op.LT, b.op(Op.DIV, b.number(4), b.ref(x)), v("m"))
        return b.fold(quantifier, x, body)

    return make


def comprehension(b: Builder, v: Callable[[str], Expr]) -> Expr:
    x = Local("x", LOW)
    image = b.op(Op.ADD, b.op(Op.MUL, b.ref(x), b.ref(x)), v("m"))
    return b.set_of(x, b.op(Op.LT, b.ref(x), v("m")), image, domain=v("s"))


def pairs(b: Builder, v: Callable[[str], Expr]) -> Expr:
    x = Local("x", PAIR)
    return b.set_of(x, b.eq(b.at(b.ref(x), 0), v("p")), b.ref(x), domain=v("ps"))


def all_pairs(b: Builder, v: Callable[[str], Expr]) -> Expr:
    x = Local("x", PAIR)
    return b.set_of(x, b.eq(b.at(b.ref(x), 0), v("p")), b.at(b.ref(x), 1))


def mapped(b: Builder, v: Callable[[str], Expr]) -> Expr:
    x = Local("x", PAIR)
    return b.map_of(x, b.op(Op.ADD, b.at(b.ref(x), 1), v("m")))


def let(b: Builder, v: Callable[[str], Expr]) -> Expr:
    x = Local("x", IntType(-9, 9))
    return b.let(x, b.op(Op.DIV, v("n"), v("m")), b.op(Op.MUL, b.ref(x), b.ref(x)))


def unused_let(b: Builder, v: Callable[[str], Expr]) -> Expr:
    return b.let(Local("x", IntType(-9, 9)), b.op(Op.DIV, v("n"), v("m")), v("p"))


def guarded(b: Builder, v: Callable[[str], Expr]) -> Expr:
    quotient = b.op(Op.DIV, v("n"), v("m"))
    return b.all_of(b.negate(b.eq(v("m"), b.number(0))), b.eq(quotient, b.number(1)), v("p"))


def converted(name: str, of: Type) -> Make:
    return lambda b, v: b.convert(v(name), of)


def grown(b: Builder, v: Callable[[str], Expr]) -> Expr:
    longer = b.op(Op.APPEND, v("q"), v("m"))
    return b.convert(longer, SeqType(2, LOW))


def index(name: str, key: Callable[[Builder, Callable[[str], Expr]], Expr]) -> Make:
    return lambda b, v: b.at(v(name), key(b, v))


EXPRESSIONS: dict[str, Make] = {
    **{
        f"{code.value} {' '.join(names)}": op(code, *names)
        for code, *names in (
            (Op.NOT, "p"),
            (Op.NEG, "m"),
            (Op.ADD, "m", "n"),
            (Op.SUB, "m", "n"),
            (Op.MUL, "m", "n"),
            (Op.DIV, "n", "m"),
            (Op.MOD, "n", "m"),
            (Op.DIV, "m", "n"),
            (Op.EQ, "m", "n"),
            (Op.EQ, "s", "t"),
            (Op.EQ, "o", "o"),
            (Op.LT, "m", "n"),
            (Op.LE, "n", "m"),
            (Op.IN, "m", "s"),
            (Op.IN, "n", "s"),
            (Op.IN, "m", "t"),
            (Op.IN, "pair", "ps"),
            (Op.SUBSET, "s", "t"),
            (Op.SUBSET, "t", "s"),
            (Op.UNION, "s", "t"),
            (Op.INTERSECT, "s", "t"),
            (Op.MINUS, "s", "t"),
            (Op.MINUS, "t", "s"),
            (Op.RANGE, "m", "n"),
            (Op.RANGE, "n", "m"),
            (Op.SIZE, "s"),
            (Op.SIZE, "ps"),
            (Op.LEN, "q"),
            (Op.FIRST, "q"),
            (Op.LAST, "q"),
            (Op.REST, "q"),
            (Op.FRONT, "q"),
            (Op.FIRST, "pq"),
            (Op.LAST, "pq"),
            (Op.REST, "pq"),
            (Op.FRONT, "pq"),
            (Op.APPEND, "q", "n"),
            (Op.APPEND, "r", "m"),
            (Op.CONCAT, "q", "r"),
            (Op.ELEMENTS, "q"),
            (Op.ELEMENTS, "pq"),
            (Op.WRAP, "n"),
            (Op.WRAP, "pair"),
            (Op.UNWRAP, "o"),
            (Op.UNWRAP, "oi"),
            (Op.UNWRAP, "op"),
        )
    },
    **{f"{each.value}": folded(each) for each in Quantifier},
    **{f"{each.value} in s": folded(each, "s") for each in Quantifier},
    **{f"{each.value} in t": folded(each, "t") for each in Quantifier},
    **{f"{each.value} of one": unvaried(each) for each in Quantifier},
    **{f"{each.value} of one in s": unvaried(each, "s") for each in Quantifier},
    "failing forall": failing_fold(Quantifier.FORALL),
    "failing exists": failing_fold(Quantifier.EXISTS),
    "iff": lambda b, v: b.op(Op.IFF, v("p"), b.op(Op.LT, v("m"), v("n"))),
    "iff constant": lambda b, v: b.op(Op.IFF, b.negate(b.true), v("p")),
    "in literal": lambda b, v: b.op(Op.IN, v("m"), b.literal(frozenset({0, 2}), SetType(LOW))),
    "outside literal": lambda b, v: b.op(Op.IN, b.number(7), v("s")),
    "range literal": lambda b, v: b.op(Op.RANGE, b.number(-1), v("m")),
    "comprehension": comprehension,
    "pairs": pairs,
    "all pairs": all_pairs,
    "map": mapped,
    "let": let,
    "unused let": unused_let,
    "guarded": guarded,
    "implies": lambda b, v: b.implies(b.op(Op.LT, b.number(0), v("m")), guarded(b, v)),
    "or": lambda b, v: b.any_of(b.eq(v("m"), b.number(0)), guarded(b, v)),
    "select": lambda b, v: b.select(v("p"), v("m"), v("n")),
    "select sets": lambda b, v: b.select(v("p"), v("s"), v("t")),
    "select option": lambda b, v: b.select(v("p"), v("o"), b.literal(None, OptionType(CPU))),
    "map at": index("map", lambda _, v: v("m")),
    "map at known": index("map", lambda b, _: b.number(1)),
    "map at pair": index("pmap", lambda _, v: v("pair")),
    "sequence at": index("q", lambda _, v: v("m")),
    "sequence at known": index("pq", lambda b, _: b.number(1)),
    "sequence at negative": index("q", lambda b, _: b.number(-1)),
    "field": lambda b, v: b.at(v("rec"), 1),
    "field of field": lambda b, v: b.at(b.op(Op.UNWRAP, v("op")), 1),
    "record": lambda b, v: b.construct(REC, v("k"), v("c")),
    "tuple": lambda b, v: b.construct(TupleType((LOW, BOOL)), v("m"), v("p")),
    "set": lambda b, v: b.construct(SetType(IntType(-2, 5)), v("m"), v("n"), b.number(0)),
    "set of pairs": lambda b, v: b.construct(SetType(PAIR), v("pair")),
    "sequence": lambda b, v: b.construct(SeqType(3, IntType(-2, 5)), v("m"), v("n")),
    "empty": lambda b, v: b.op(Op.UNION, b.construct(SetType(LOW)), v("s")),
    "narrow": converted("m", IntType(0, 5)),
    "narrow modulo": converted("m", IntType(0, 2, wraps=True)),
    "narrow above": converted("n", IntType(1, 3)),
    "narrow set": converted("s", SetType(IntType(-1, 1))),
    "wide set": converted("t", SetType(LOW)),
    "narrow sequence": converted("r", SeqType(2, IntType(0, 1))),
    "narrow elements": converted("q", SeqType(2, IntType(0, 1))),
    "narrow option": converted("oi", OptionType(IntType(2, 3))),
    "grown": grown,
    "failing constant": lambda b, _: b.convert(b.number(7), LOW),
    "nobody": lambda b, _: b.op(Op.UNWRAP, b.literal(None, OptionType(CPU))),
    "somebody": lambda b, _: b.op(Op.UNWRAP, b.literal(3, OptionType(HIGH))),
}


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression_agrees(name: str, budget: str) -> None:
    system, expr = _system(EXPRESSIONS[name])
    layout = Layout(system)
    function = _compiled(expr, layout, BUDGETS[budget])
    for state in product(*(tuple(elements(each.type)) for each in system.variables)):
        packed = layout.encode(state)
        try:
            expected = evaluate(expr, Scope(environment(system, state), {}))
        except EvaluationError:
            with pytest.raises(Fault):
                function(packed)
        else:
            assert function(packed) == encode(expr.type, expected) + low_of(expr.type)


def test_every_operator_is_among_them() -> None:
    found = set()
    for make in EXPRESSIONS.values():
        _, expr = _system(make)
        if isinstance(expr, Apply):
            found.add(expr.op)
    assert found >= set(Op) - {Op.IFF}


def _system(make: Make) -> tuple[System, Expr]:
    """Return the expression, and a system that has just the variables that it reads."""
    b = Builder("expression")
    made: dict[str, Variable] = {}

    def read(name: str) -> Expr:
        if name not in made:
            made[name] = b.variable(name, TYPES[name])
        return b.read(made[name])

    expr = make(b, read)
    return b.build(), expr


def _compiled(expr: Expr, layout: Layout, budget: Budget) -> Callable[[int], int]:
    unit = Unit(layout, budget)
    text = value(ExpressionWriter(unit).render(expr, View()))
    unit.define([f"def evaluated(s): return {text}"])
    result: Callable[[int], int] = unit.compile()["evaluated"]
    return result
