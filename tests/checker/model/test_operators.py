"""Every operator on plain values: a table of results and a table of failures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.ir import Apply, Literal, Op
from checker.model.operators import OPERATORS, EvaluationError, convert
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
    Value,
    contains,
    elements,
)

INT = IntType(-9, 9)
INTS = SetType(INT)
SEQ = SeqType(3, INT)
MAYBE = OptionType(INT)


def applied(op: Op, of: Type, args: tuple[tuple[Value, Type], ...]) -> Value:
    """Evaluate an operator on constants."""
    term = Apply(op, tuple(Literal(value, arg) for value, arg in args), of)
    return OPERATORS[op].evaluate(term, tuple(value for value, _ in args))


def s(*values: Value) -> frozenset[Value]:
    """Abbreviate a set."""
    return frozenset(values)


RESULTS: list[tuple[Op, Type, tuple[Value, ...], Value]] = [
    (Op.NOT, BOOL, (True,), False),
    (Op.NOT, BOOL, (False,), True),
    (Op.IFF, BOOL, (True, True), True),
    (Op.IFF, BOOL, (True, False), False),
    (Op.IFF, BOOL, (False, False), True),
    (Op.NEG, INT, (3,), -3),
    (Op.ADD, INT, (2, -5), -3),
    (Op.SUB, INT, (2, 5), -3),
    (Op.MUL, INT, (-2, 4), -8),
    (Op.DIV, INT, (7, 2), 3),
    (Op.DIV, INT, (-7, 2), -4),
    (Op.DIV, INT, (7, -2), -4),
    (Op.DIV, INT, (-7, -2), 3),
    (Op.MOD, INT, (7, 3), 1),
    (Op.MOD, INT, (-1, 3), 2),
    (Op.MOD, INT, (7, -3), -2),
    (Op.MOD, INT, (-7, -3), -1),
    (Op.EQ, INT, (1, 1), True),
    (Op.EQ, INT, (1, 2), False),
    (Op.EQ, MAYBE, (None, 0), False),
    (Op.EQ, MAYBE, (None, None), True),
    (Op.EQ, INTS, (s(1, 2), s(2, 1)), True),
    (Op.EQ, SEQ, ((1, 2), (2, 1)), False),
    (Op.LT, INT, (1, 1), False),
    (Op.LT, INT, (-1, 1), True),
    (Op.LE, INT, (1, 1), True),
    (Op.LE, INT, (2, 1), False),
    (Op.IN, INTS, (1, s(1, 2)), True),
    (Op.IN, INTS, (3, s(1, 2)), False),
    (Op.SUBSET, INTS, (s(1), s(1, 2)), True),
    (Op.SUBSET, INTS, (s(1, 2), s(1, 2)), True),
    (Op.SUBSET, INTS, (s(1, 3), s(1, 2)), False),
    (Op.UNION, INTS, (s(1), s(2)), s(1, 2)),
    (Op.INTERSECT, INTS, (s(1, 2), s(2, 3)), s(2)),
    (Op.MINUS, INTS, (s(1, 2), s(2, 3)), s(1)),
    (Op.RANGE, INTS, (1, 3), s(1, 2, 3)),
    (Op.RANGE, INTS, (2, 2), s(2)),
    (Op.RANGE, INTS, (3, 1), s()),
    (Op.SIZE, INT, (s(4, 5, 6),), 3),
    (Op.LEN, INT, ((4, 4),), 2),
    (Op.FIRST, INT, ((4, 5, 6),), 4),
    (Op.LAST, INT, ((4, 5, 6),), 6),
    (Op.REST, SEQ, ((4, 5, 6),), (5, 6)),
    (Op.REST, SEQ, ((4,),), ()),
    (Op.FRONT, SEQ, ((4, 5, 6),), (4, 5)),
    (Op.APPEND, SEQ, ((4, 5), 6), (4, 5, 6)),
    (Op.CONCAT, SEQ, ((4,), (5, 6)), (4, 5, 6)),
    (Op.CONCAT, SEQ, ((), ()), ()),
    (Op.ELEMENTS, INTS, ((4, 5, 4),), s(4, 5)),
    (Op.WRAP, MAYBE, (0,), 0),
    (Op.UNWRAP, INT, (0,), 0),
    (Op.CONVERT, IntType(0, 5), (3,), 3),
]


@pytest.mark.parametrize(("op", "of", "args", "result"), RESULTS)
def test_operator_gives(op: Op, of: Type, args: tuple[Value, ...], result: Value) -> None:
    found = applied(op, of, tuple((arg, of) for arg in args))
    assert found == result
    assert type(found) is type(result)


FAILURES: list[tuple[Op, Type, tuple[Value, ...], str]] = [
    (Op.DIV, INT, (1, 0), "division by zero"),
    (Op.MOD, INT, (1, 0), "modulo zero"),
    (Op.FIRST, SEQ, ((),), "`first` of an empty sequence"),
    (Op.LAST, SEQ, ((),), "`last` of an empty sequence"),
    (Op.REST, SEQ, ((),), "`rest` of an empty sequence"),
    (Op.FRONT, SEQ, ((),), "`front` of an empty sequence"),
    (Op.APPEND, SEQ, ((1, 2, 3), 4), "a sequence of length 4 is too long for seq[3] of -9..9"),
    (Op.CONCAT, SEQ, ((1, 2), (3, 4)), "a sequence of length 4 is too long for seq[3] of -9..9"),
    (Op.UNWRAP, INT, (None,), "none where a value of type -9..9 is needed"),
    (Op.CONVERT, IntType(0, 5), (6,), "6 is outside 0..5"),
]


@pytest.mark.parametrize(("op", "of", "args", "text"), FAILURES)
def test_operator_fails(op: Op, of: Type, args: tuple[Value, ...], text: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        applied(op, of, tuple((arg, of) for arg in args))
    assert str(caught.value) == text


def test_the_tables_cover_every_operator() -> None:
    assert {op for op, *_ in RESULTS} == set(Op)
    assert {op for op, *_ in FAILURES} == {row.op for row in OPERATORS.values() if row.fails}


@pytest.mark.parametrize("op", Op)
def test_arity_is_that_of_the_examples(op: Op) -> None:
    assert {len(args) for each, _, args, _ in RESULTS if each is op} == {OPERATORS[op].arity}


@given(st.integers(-20, 20), st.integers(-20, 20).filter(bool))
def test_division_and_modulo_belong_together(dividend: int, divisor: int) -> None:
    args = ((dividend, INT), (divisor, INT))
    quotient, rest = applied(Op.DIV, INT, args), applied(Op.MOD, INT, args)
    assert isinstance(quotient, int)
    assert isinstance(rest, int)
    assert quotient * divisor + rest == dividend
    assert 0 <= rest < divisor or divisor < rest <= 0


CPU = SortType("Cpu", 2)
WORD = IntType(0, 2, wraps=True)
SMALL = IntType(0, 2)
CONVERSIONS: list[tuple[Type, Type, Value, Value | str]] = [
    (INT, SMALL, 2, 2),
    (INT, SMALL, -1, "-1 is outside 0..2"),
    (INT, WORD, 5, 2),
    (INT, WORD, -1, 2),
    (WORD, IntType(1, 2), 0, "0 is outside 1..2"),
    (MAYBE, OptionType(SMALL), None, None),
    (MAYBE, OptionType(SMALL), 1, 1),
    (MAYBE, OptionType(SMALL), 3, "3 is outside 0..2"),
    (MapType(BOOL, INT), MapType(BOOL, WORD), (3, 4), (0, 1)),
    (MapType(BOOL, INT), MapType(BOOL, SMALL), (8, 9), "8 is outside 0..2"),
    (INTS, SetType(SMALL), s(0, 2), s(0, 2)),
    (INTS, SetType(SMALL), s(9, 7, 8, 1), "7 is outside 0..2"),
    (INTS, SetType(WORD), s(1, 4, 5), s(1, 2)),
    (SEQ, SeqType(1, SMALL), (1,), (1,)),
    (SEQ, SeqType(1, SMALL), (7, 8), "a sequence of length 2 is too long for seq[1] of 0..2"),
    (SEQ, SeqType(5, SMALL), (1, 7), "7 is outside 0..2"),
    (TupleType((INT, BOOL)), TupleType((WORD, BOOL)), (3, True), (0, True)),
    (
        RecordType("R", (("a", INT), ("b", CPU))),
        RecordType("R", (("a", SMALL), ("b", CPU))),
        (1, "Cpu1"),
        (1, "Cpu1"),
    ),
    (EnumType("K", ("a",)), EnumType("K", ("a",)), "a", "a"),
    (
        MapType(CPU, SeqType(2, MAYBE)),
        MapType(CPU, SeqType(1, MAYBE)),
        ((), (None,)),
        ((), (None,)),
    ),
]


@pytest.mark.parametrize(("source", "target", "value", "result"), CONVERSIONS)
def test_convert(source: Type, target: Type, value: Value, result: Value | str) -> None:
    if isinstance(result, str) and not contains(target, result):
        with pytest.raises(EvaluationError) as caught:
            convert(source, target, value)
        assert str(caught.value) == result
    else:
        assert convert(source, target, value) == result


@pytest.mark.parametrize(
    ("source", "target"), [(source, target) for source, target, _, _ in CONVERSIONS]
)
def test_what_is_converted_is_a_value_of_the_target(source: Type, target: Type) -> None:
    for number, value in enumerate(elements(source)):
        if number == 300:
            break
        try:
            result = convert(source, target, value)
        except EvaluationError:
            assert not contains(target, value)
        else:
            assert contains(target, result)
            assert result == value or not contains(target, value)
