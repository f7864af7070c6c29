from __future__ import annotations

from itertools import product

import pytest

from checker.explicit.python.fragments import (
    FALSE,
    TRUE,
    Bits,
    Constant,
    FieldTest,
    Fragment,
    Text,
    comparison,
    condition,
    conjunction,
    disjunction,
    equality,
    merged,
    negation,
    part,
    value,
)

X, Y, FLAG = Bits("s", 0, 2), Bits("s", 2, 3, -1), Bits("s", 5, 1)
STATES = range(64)


def x(state: int) -> int:
    return state & 3


def y(state: int) -> int:
    return (state >> 2 & 7) - 1


def flag(state: int) -> int:
    return state >> 5 & 1


def of(fragment: Fragment, state: int) -> int:
    found = eval(value(fragment), {"s": state, "v": 2})
    assert isinstance(found, int)
    assert bool(eval(condition(fragment), {"s": state, "v": 2})) is bool(found)
    return found


@pytest.mark.parametrize("state", STATES)
def test_fields_and_comparisons(state: int) -> None:
    assert of(X, state) == x(state)
    assert of(Y, state) == y(state)
    for number in range(-2, 9):
        known = Constant(number)
        assert of(equality(X, known), state) == (x(state) == number)
        assert of(equality(known, Y), state) == (y(state) == number)
        assert of(comparison(Y, "<", known), state) == (y(state) < number)
        assert of(comparison(known, "<=", X), state) == (number <= x(state))
    assert of(equality(X, Y), state) == (x(state) == y(state))
    assert of(comparison(X, "<=", Y), state) == (x(state) <= y(state))


@pytest.mark.parametrize("word", ["and", "or"])
def test_junctions_of_tests(word: str) -> None:
    join = conjunction if word == "and" else disjunction
    fold = all if word == "and" else any
    atoms: list[tuple[Fragment, list[bool]]] = [
        (equality(X, Constant(1)), [x(s) == 1 for s in STATES]),
        (negation(equality(X, Constant(2))), [x(s) != 2 for s in STATES]),
        (equality(Y, Constant(3)), [y(s) == 3 for s in STATES]),
        (negation(equality(Y, Constant(-1))), [y(s) != -1 for s in STATES]),
        (FLAG, [flag(s) == 1 for s in STATES]),
        (negation(FLAG), [flag(s) == 0 for s in STATES]),
        (Text("(s == 7)"), [s == 7 for s in STATES]),
    ]
    for chosen in product(atoms, repeat=3):
        found = join(fragment for fragment, _ in chosen)
        expected = [fold(column) for column in zip(*(truth for _, truth in chosen), strict=True)]
        assert [bool(of(found, state)) for state in STATES] == expected
        opposite = negation(found)
        assert [not of(opposite, state) for state in STATES] == expected


def test_neighbouring_tests_become_one() -> None:
    both = conjunction([equality(X, Constant(1)), equality(Y, Constant(3))])
    assert condition(both) == "((s & 31 == 17))"


def test_tests_with_something_in_common_begin_with_it() -> None:
    pairs = [
        negation(conjunction([FieldTest("s", 15, 5), FieldTest("s", 15 << 4 * n, 5 << 4 * n)]))
        for n in (1, 2)
    ]
    text = condition(conjunction(pairs))
    assert text == "(((s & 15 != 5) or ((s & 240 != 80) and (s & 3840 != 1280))))"


def test_repetitions_are_left_out() -> None:
    failing = Text("(s or fault())")
    assert conjunction([failing, FLAG, failing]) == conjunction([failing, FLAG])


def test_what_decides_ends_a_junction() -> None:
    assert conjunction([FLAG, FALSE, Text("fault()")]) == FALSE
    assert disjunction([FLAG, TRUE, Text("fault()")]) == TRUE
    # What may fail stays, since it is evaluated first.
    assert "fault" in value(conjunction([Text("fault()"), FALSE]))


def test_parts_of_parts() -> None:
    whole = part(Bits("s", 2, 4), 1, 2)
    assert whole == Bits("s", 3, 2)
    assert part(Constant(0b1101), 2, 2) == Constant(0b11)
    assert value(part(Text("v"), "n", 2, 5)) == "((v >> n & 3) + 5)"
    assert part(Bits("s", 2, 4), 1, 0, 7) == Constant(7)


def test_numbers_side_by_side() -> None:
    assert merged([(Constant(1), 0), (Constant(3), 4)]) == Constant(0b110001)
    assert value(merged([(Constant(1), 0), (Text("v"), 4)])) == "(v << 4 | 1)"
