"""Expressions as text."""

from __future__ import annotations

import pytest

from checker.model.ir import Expr, Local, Op, Quantifier, Role
from checker.model.render import Words, render, render_place
from checker.model.system import control_type
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
)
from tests.support.builder import Builder

B = Builder("texts")
CPU = SortType("Cpu", 2)
INT = IntType(0, 9)
PAIR = RecordType("Pair", (("n", INT), ("b", BOOL)))
N, M = B.variable("n", INT), B.variable("Lock.waiting", MapType(CPU, BOOL))
TAIL = B.variable("tail", OptionType(CPU))
QUEUE, RECORD = B.variable("q", SeqType(2, INT)), B.variable("r", PAIR)
WORKER = B.process(
    "worker",
    CPU,
    ("idle", "Lock.acquire.1@Lock.acquire", "Lock.acquire.2@Lock.acquire", "critical"),
)
MAIN = B.process("main", None, ("start", "end"))
PRED = B.variable("worker.pred", MapType(CPU, OptionType(CPU)), role=Role.LOCAL, owner="worker")
HELD = B.variable("main.held", MapType(CPU, BOOL), role=Role.LOCAL, owner="main")
SEEN = B.variable("worker.seen", MapType(CPU, SeqType(2, INT)), role=Role.LOCAL, owner="worker")
A, C, X, Y = Local("a", CPU), Local("b", CPU), Local("x", INT), Local("y", INT)
now, a, c, x, y = B.read(N), B.ref(A), B.ref(C), B.ref(X), B.ref(Y)
p, q, r = (B.eq(now, B.number(i)) for i in range(3))
TRUE = B.literal(True, BOOL)


def op(which: Op, *args: Expr) -> Expr:
    """Abbreviate an operator."""
    return B.op(which, *args)


def at(point: str, *, old: bool = False) -> Expr:
    """Return that the worker of `a` rests at a point."""
    control = B.old(WORKER.control, a) if old else B.read(WORKER.control, a)
    return B.eq(control, B.literal(point, control_type(WORKER)))


def within(*points: str) -> Expr:
    """Return that the worker of `a` rests at one of the points."""
    of = control_type(WORKER)
    return op(Op.IN, B.read(WORKER.control, a), B.literal(frozenset(points), SetType(of)))


TEXTS: list[tuple[str, Expr]] = [
    ("n + 1 + 2", op(Op.ADD, op(Op.ADD, now, B.number(1)), B.number(2))),
    ("n + (1 + 2)", op(Op.ADD, now, op(Op.ADD, B.number(1), B.number(2)))),
    ("n - (x - 2)", op(Op.SUB, now, op(Op.SUB, x, B.number(2)))),
    ("(n + 1) * x", op(Op.MUL, op(Op.ADD, now, B.number(1)), x)),
    ("n + 1 * x", op(Op.ADD, now, op(Op.MUL, B.number(1), x))),
    ("-n % 2", op(Op.MOD, op(Op.NEG, now), B.number(2))),
    ("-(n % 2)", op(Op.NEG, op(Op.MOD, now, B.number(2)))),
    ("n / -1", op(Op.DIV, now, B.number(-1))),
    ("n != 0", B.negate(p)),
    ("not n != 0", B.negate(B.negate(p))),
    ("n not in {1}", B.negate(op(Op.IN, now, B.literal(frozenset({1}), SetType(INT))))),
    ("not n < x", B.negate(op(Op.LT, now, x))),
    ("not (n = 0 and n = 1)", B.negate(B.all_of(p, q))),
    ("n = 0 and n = 1 or n = 2", B.any_of(B.all_of(p, q), r)),
    ("n = 0 and (n = 1 or n = 2)", B.all_of(p, B.any_of(q, r))),
    ("n = 0 -> n = 1 -> n = 2", B.implies(p, B.implies(q, r))),
    ("(n = 0 -> n = 1) -> n = 2", B.implies(B.implies(p, q), r)),
    ("n = 0 <-> (n = 1 <-> n = 2)", op(Op.IFF, p, op(Op.IFF, q, r))),
    ("(n = 0) = (n = 1)", B.eq(p, q)),
    ("true", B.all_of()),
    ("false", B.any_of()),
    ("n = 0", B.all_of(p)),
    ("0..n", op(Op.RANGE, B.number(0), now)),
    ("n in 0..x + 1", op(Op.IN, now, op(Op.RANGE, B.number(0), op(Op.ADD, x, B.number(1))))),
    (
        "{1} union ({2} minus {3})",
        op(
            Op.UNION,
            *(
                [
                    B.literal(frozenset({1}), SetType(INT)),
                    op(
                        Op.MINUS,
                        B.literal(frozenset({2}), SetType(INT)),
                        B.literal(frozenset({3}), SetType(INT)),
                    ),
                ]
            ),
        ),
    ),
    ("append(q, n)", op(Op.APPEND, B.read(QUEUE), now)),
    ("len(rest(q))", op(Op.LEN, op(Op.REST, B.read(QUEUE)))),
    ("q[n + 1]", B.read(QUEUE, op(Op.ADD, now, B.number(1)))),
    ("r.b", B.read(RECORD, 1)),
    ("(1, true).0", B.at(B.literal((1, True), TupleType((INT, BOOL))), 0)),
    ("Lock.waiting[a]", B.read(M, a)),
    ("tail", op(Op.UNWRAP, B.read(TAIL))),
    ("tail = a", B.eq(B.read(TAIL), B.convert(a, OptionType(CPU)))),
    ("tail != none", B.negate(B.eq(B.read(TAIL), B.literal(None, OptionType(CPU))))),
    ("n + 1", B.convert(op(Op.ADD, now, B.number(1)), INT)),
    ("old(n) < n", op(Op.LT, B.old(N), now)),
    ("old(Lock.waiting)[a]", B.old(M, a)),
    ("if n = 0 then 1 else n", B.select(p, B.number(1), now)),
    ("(if n = 0 then 1 else 2) + n", op(Op.ADD, B.select(p, B.number(1), B.number(2)), now)),
    ("let x = n in x = 0", B.let(X, now, B.eq(x, B.number(0)))),
    ("forall a: Cpu. Lock.waiting[a]", B.fold(Quantifier.FORALL, A, B.read(M, a))),
    (
        "forall a, b: Cpu. a != b",
        B.fold(Quantifier.FORALL, A, B.fold(Quantifier.FORALL, C, B.negate(B.eq(a, c)))),
    ),
    (
        "forall a: Cpu. exists b: Cpu. a = b",
        B.fold(Quantifier.FORALL, A, B.fold(Quantifier.EXISTS, C, B.eq(a, c))),
    ),
    (
        "forall a: Cpu. forall x: 0..9. n = x",
        B.fold(Quantifier.FORALL, A, B.fold(Quantifier.FORALL, X, B.eq(now, x))),
    ),
    (
        "exists x in 0..n. x = 0",
        B.fold(Quantifier.EXISTS, X, B.eq(x, B.number(0)), domain=op(Op.RANGE, B.number(0), now)),
    ),
    (
        "(count a: Cpu. Lock.waiting[a]) <= 1",
        op(Op.LE, B.fold(Quantifier.COUNT, A, B.read(M, a)), B.number(1)),
    ),
    (
        "n = 0 -> (exists a: Cpu. Lock.waiting[a])",
        B.implies(p, B.fold(Quantifier.EXISTS, A, B.read(M, a))),
    ),
    ("{n, 1}", B.construct(SetType(INT), now, B.number(1))),
    ("[n]", B.construct(SeqType(2, INT), now)),
    ("Pair(n = n, b = true)", B.construct(PAIR, now, TRUE)),
    ("(n, true)", B.construct(TupleType((INT, BOOL)), now, TRUE)),
    ("{x: 0..9 where x < n}", B.set_of(X, op(Op.LT, x, now), x)),
    (
        "{x for x in {1} where x < n}",
        B.set_of(X, op(Op.LT, x, now), x, domain=B.literal(frozenset({1}), SetType(INT))),
    ),
    ("{x + 1 for x: 0..9}", B.set_of(X, TRUE, op(Op.ADD, x, B.number(1)))),
    ("[a: Cpu => n]", B.map_of(A, now)),
    ("worker[a] at critical", at("critical")),
    ("not worker[a] at critical", B.negate(at("critical"))),
    ("worker[a] at Lock.acquire.1", at("Lock.acquire.1")),
    ("old(worker[a] at idle)", at("idle", old=True)),
    ("worker[a] at Lock.acquire", within("Lock.acquire.1", "Lock.acquire.2")),
    ("not worker[a] at Lock.acquire", B.negate(within("Lock.acquire.2", "Lock.acquire.1"))),
    ("worker[a] at critical or worker[a] at idle", within("idle", "critical")),
    ("not (worker[a] at critical or worker[a] at idle)", B.negate(within("idle", "critical"))),
    (
        "size(Cpu)",
        op(Op.SIZE, B.set_of(A, TRUE, a)),
    ),
    ("n in 0..9", op(Op.IN, now, B.set_of(X, TRUE, x))),
    ("worker[a].pred", B.read(PRED, a)),
    ("old(worker[a].pred) = b", B.eq(B.old(PRED, a), B.convert(c, OptionType(CPU)))),
    ("main.held[a]", B.read(HELD, a)),
    ("main at end", B.eq(B.read(MAIN.control), B.literal("end", control_type(MAIN)))),
    (
        "red = blue",
        B.eq(
            B.literal("red", EnumType("E", ("red", "blue"))),
            B.literal("blue", EnumType("E", ("red", "blue"))),
        ),
    ),
]


@pytest.mark.parametrize(("text", "expr"), TEXTS)
def test_expression_is_rendered(text: str, expr: Expr) -> None:
    assert render(expr, Words((WORKER, MAIN))) == text


def test_known_locals_are_shown_as_values() -> None:
    words = Words((WORKER,), {A: "Cpu1", X: 3})
    assert render(at("critical"), words) == "worker[Cpu1] at critical"
    assert render(op(Op.LT, x, y), words) == "3 < y"
    assert render(B.read(M, a), words) == "Lock.waiting[Cpu1]"


def test_points_go_by_name_without_processes() -> None:
    assert render(at("critical")) == "worker[a] at critical"
    assert render(within("Lock.acquire.1")) == "worker[a] at Lock.acquire.1"


def test_places_are_rendered() -> None:
    effect = B.assign(QUEUE, B.number(1), op(Op.ADD, now, B.number(1)))
    part = B.assign(RECORD, B.number(1), 0)
    assert [render_place(each.place) for each in (effect, part)] == ["q[n + 1]", "r.n"]  # type: ignore[union-attr]  # assignments by construction


def test_places_in_locals_of_threads_are_rendered_as_properties_name_them() -> None:
    effect = B.assign(SEEN, B.number(1), a, now)
    assert render_place(effect.place, Words((WORKER, MAIN))) == "worker[a].seen[n]"  # type: ignore[union-attr]  # an assignment by construction


def test_only_control_variables_are_at_somewhere() -> None:
    phase = EnumType("Phase", ("idle", "busy"))
    variable = B.variable("phase", phase, role=Role.SHARED)
    assert render(B.eq(B.read(variable), B.literal("idle", phase))) == "phase = idle"
