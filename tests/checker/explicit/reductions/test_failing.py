"""Which expressions can fail: the answer no must never be wrong."""

from __future__ import annotations

import pytest

from checker.explicit.reductions.failing import given, may_fail
from checker.model.explore import explore
from checker.model.interpret import Undefined, judge_state
from checker.model.ir import And, Expr, Op
from checker.model.types import IntType, OptionType, SeqType
from tests.support.builder import Builder
from tests.support.system_strategies import seeded_system

SMALL = IntType(0, 2)
B = Builder("failing")
MAYBE = B.read(B.variable("maybe", OptionType(SMALL)))
QUEUE = B.read(B.variable("queue", SeqType(2, SMALL)))
NUMBER = B.read(B.variable("number", SMALL))
NONE = B.literal(None, OptionType(SMALL))
NOTHING = B.literal((), SeqType(2, SMALL))
VALUE = B.op(Op.UNWRAP, MAYBE)
FIRST = B.op(Op.FIRST, QUEUE)
LENGTH = B.op(Op.LEN, QUEUE)
LONGER = B.convert(B.op(Op.APPEND, QUEUE, NUMBER), SeqType(2, SMALL))
IS_ONE = B.eq(VALUE, B.number(1))


@pytest.mark.parametrize(
    ("expr", "fails"),
    [
        (VALUE, True),
        (B.implies(B.negate(B.eq(MAYBE, NONE)), IS_ONE), False),
        (B.implies(B.eq(MAYBE, NONE), IS_ONE), True),
        (B.any_of(B.eq(MAYBE, NONE), IS_ONE), False),
        (B.all_of(IS_ONE, B.negate(B.eq(MAYBE, NONE))), True),
        (B.select(B.eq(MAYBE, NONE), NUMBER, VALUE), False),
        (B.select(B.eq(MAYBE, NONE), VALUE, NUMBER), True),
        (B.op(Op.DIV, NUMBER, B.number(2)), False),
        (B.op(Op.DIV, NUMBER, NUMBER), True),
        (B.convert(B.op(Op.ADD, NUMBER, B.number(1)), SMALL), True),
        (B.convert(B.op(Op.ADD, NUMBER, B.number(1)), IntType(0, 2, wraps=True)), False),
        (B.at(QUEUE, NUMBER), True),
    ],
)
def test_what_an_expression_says_by_itself(expr: Expr, fails: bool) -> None:
    assert may_fail(expr) is fails


@pytest.mark.parametrize(
    ("fact", "holds", "first_fails", "append_fails"),
    [
        (B.eq(QUEUE, NOTHING), False, False, True),
        (B.eq(QUEUE, NOTHING), True, True, False),
        (B.op(Op.LT, B.number(0), LENGTH), True, False, True),
        (B.op(Op.LE, B.number(1), LENGTH), True, False, True),
        (B.op(Op.LE, LENGTH, B.number(0)), False, False, True),
        (B.op(Op.LT, LENGTH, B.number(2)), True, True, False),
        (B.op(Op.LT, LENGTH, B.number(3)), True, True, True),
        (B.eq(LENGTH, B.number(2)), False, True, False),
        (B.eq(LENGTH, B.number(1)), True, False, False),
        (B.eq(LENGTH, B.number(0)), False, False, True),
        (B.negate(B.eq(LENGTH, B.number(0))), True, False, True),
    ],
)
def test_lengths_that_are_known(
    fact: Expr, holds: bool, first_fails: bool, append_fails: bool
) -> None:
    facts = given(fact, holds=holds)
    assert may_fail(FIRST, facts) is first_fails
    assert may_fail(LONGER, facts) is append_fails


def test_a_conjunction_is_taken_apart() -> None:
    both = B.all_of(B.negate(B.eq(MAYBE, NONE)), B.op(Op.LT, B.number(0), LENGTH))
    assert isinstance(both, And)
    assert not may_fail(VALUE, given(both))
    assert may_fail(VALUE, given(both, holds=False))


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_what_cannot_fail_does_not(start: int) -> None:
    judged = 0
    for seed in range(start, start + 50):
        system = seeded_system(seed, budget=60)
        safe = [
            conjunct.expression
            for each in system.properties
            for conjunct in each.conjuncts
            if each.kind.value != "step" and not may_fail(conjunct.expression)
        ]
        for state in explore(system).states if safe else ():
            for expr in safe:
                assert not isinstance(judge_state(system, expr, state), Undefined)
                judged += 1
    assert judged > 100
