"""Why a condition does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker.model.evaluate import Scope
from checker.model.explain import Part, explain
from checker.model.ir import Expr, Local, Op, Quantifier
from checker.model.system import control_type
from checker.model.types import BOOL, IntType, MapType, OptionType, SeqType, SetType, SortType
from tests.support.builder import Builder

B = Builder("reasons")
CPU = SortType("Cpu", 3)
INT = IntType(0, 9)
N, FLAG = B.variable("n", INT), B.variable("flag", BOOL)
WAITING = B.variable("Lock.waiting", MapType(CPU, BOOL))
TAIL, QUEUE = B.variable("tail", OptionType(CPU)), B.variable("q", SeqType(2, INT))
WORKER = B.process("worker", CPU, ("idle", "critical"))
A, C, X = Local("a", CPU), Local("b", CPU), Local("x", INT)
now, a, c, x = B.read(N), B.ref(A), B.ref(C), B.ref(X)
SCOPE = Scope(
    {
        N: 4,
        FLAG: False,
        WAITING: (True, False, True),
        TAIL: "Cpu2",
        QUEUE: (7,),
        WORKER.control: ("idle", "critical", "critical"),
    },
    {},
    old={N: 3},
    processes=(WORKER,),
)


def forall(local: Local, body: Expr) -> Expr:
    """Abbreviate a quantifier."""
    return B.fold(Quantifier.FORALL, local, body)


def at(local: Local) -> Expr:
    """Return that the worker rests at `critical`."""
    critical = B.literal("critical", control_type(WORKER))
    return B.eq(B.read(WORKER.control, B.ref(local)), critical)


def less(left: Expr, number: int) -> Expr:
    """Abbreviate a comparison."""
    return B.op(Op.LT, left, B.number(number))


BIGGER = B.op(Op.LT, B.number(9), B.op(Op.ADD, now, B.read(QUEUE, B.number(0))))
EXCLUSION = forall(A, forall(C, B.implies(B.negate(B.eq(a, c)), B.negate(B.all_of(at(A), at(C))))))
REASONS: list[tuple[str, Expr, list[Part]]] = [
    ("variable", B.read(FLAG), [("flag", "false")]),
    ("negation", B.negate(less(now, 5)), [("n", "4")]),
    ("both sides", B.eq(now, B.read(QUEUE, B.number(0))), [("n", "4"), ("q[0]", "7")]),
    (
        "compound side and its parts",
        less(B.op(Op.ADD, now, B.read(QUEUE, B.number(0))), 9),
        [("n + q[0]", "11"), ("n", "4"), ("q[0]", "7")],
    ),
    (
        "first false conjunct",
        B.all_of(less(now, 5), B.read(FLAG), less(now, 1)),
        [("flag", "false")],
    ),
    ("all disjuncts", B.any_of(B.read(FLAG), less(now, 1)), [("flag", "false"), ("n", "4")]),
    (
        "left and right of an implication",
        B.implies(less(now, 5), B.read(FLAG)),
        [("n", "4"), ("flag", "false")],
    ),
    (
        "first instance",
        forall(A, B.read(WAITING, a)),
        [("a", "Cpu1"), ("Lock.waiting[Cpu1]", "false")],
    ),
    (
        "mutual exclusion",
        EXCLUSION,
        [
            ("a", "Cpu1"),
            ("b", "Cpu2"),
            ("worker[Cpu1] at critical", "true"),
            ("worker[Cpu2] at critical", "true"),
        ],
    ),
    (
        "no instance",
        B.fold(Quantifier.EXISTS, A, B.all_of(B.read(WAITING, a), B.read(FLAG))),
        [("exists a: Cpu. Lock.waiting[a] and flag", "false")],
    ),
    (
        "witness of a negated exists",
        B.negate(B.fold(Quantifier.EXISTS, A, B.read(WAITING, a))),
        [("a", "Cpu0"), ("Lock.waiting[Cpu0]", "true")],
    ),
    (
        "count",
        B.op(Op.LE, B.fold(Quantifier.COUNT, A, at(A)), B.number(1)),
        [("count a: Cpu. worker[a] at critical", "2")],
    ),
    ("old and new", B.op(Op.LE, now, B.old(N)), [("n", "4"), ("old(n)", "3")]),
    ("option", B.eq(B.read(TAIL), B.literal(None, OptionType(CPU))), [("tail", "Cpu2")]),
    (
        "key",
        B.negate(B.read(WAITING, B.op(Op.UNWRAP, B.read(TAIL)))),
        [("Lock.waiting[tail]", "true"), ("tail", "Cpu2")],
    ),
    ("let", B.let(X, B.op(Op.ADD, now, B.number(1)), less(x, 5)), [("x", "5")]),
    ("branch taken", B.select(less(now, 5), B.read(FLAG), B.true), [("n", "4"), ("flag", "false")]),
    ("iff", B.op(Op.IFF, B.read(FLAG), less(now, 5)), [("flag", "false"), ("n", "4")]),
    (
        "set",
        B.op(Op.IN, now, B.set_of(X, less(x, 3), x)),
        [("n", "4"), ("{x: 0..9 where x < 3}", "{0, 1, 2}")],
    ),
    ("each part once", B.any_of(less(now, 1), less(now, 2)), [("n", "4")]),
    ("constants say nothing", B.literal(False, BOOL), []),
    (
        "failing instance",
        forall(A, B.eq(B.op(Op.MOD, now, B.op(Op.LEN, B.op(Op.REST, B.read(QUEUE)))), B.number(0))),
        [("a", "Cpu0"), ("n", "4"), ("len(rest(q))", "0"), ("rest(q)", "[]"), ("q", "[7]")],
    ),
]


@pytest.mark.parametrize(
    ("expr", "parts"), [pytest.param(e, list(p), id=name) for name, e, p in REASONS]
)
def test_reason(expr: Expr, parts: list[Part]) -> None:
    assert list(explain(expr, SCOPE)) == parts


def test_why_something_holds() -> None:
    assert explain(BIGGER, SCOPE, wanted=False) == (("n + q[0]", "11"), ("n", "4"), ("q[0]", "7"))


def test_locals_bound_outside_are_told_by_name() -> None:
    inside = replace(SCOPE, locals={X: 7})
    assert explain(less(B.op(Op.ADD, x, now), 5), inside) == (
        ("7 + n", "11"),
        ("x", "7"),
        ("n", "4"),
    )


def test_domain_without_value_ends_the_reason() -> None:
    domain = B.construct(SetType(INT), B.op(Op.DIV, now, B.number(0)))
    assert explain(B.fold(Quantifier.FORALL, X, less(x, 1), domain=domain), SCOPE) == ()
