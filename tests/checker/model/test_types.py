"""Laws of types: order, number and membership of values agree."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    cardinality,
    contains,
    default,
    describe,
    elements,
    position,
    show,
    sorts_in,
)

CPU = SortType("Cpu", 3)
KIND = EnumType("Kind", ("ask", "answer"))
MESSAGE = RecordType("Msg", (("kind", KIND), ("source", CPU)))
MANY = 400


def types() -> st.SearchStrategy[Type]:
    """Types with at most MANY values, an option never of an option."""
    atoms: list[Type] = [BOOL, IntType(0, 2), IntType(-2, 1), IntType(0, 3, wraps=True), KIND, CPU]

    def composite(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
        pairs = st.tuples(inner, inner)
        return st.one_of(
            inner.filter(lambda of: not isinstance(of, OptionType)).map(OptionType),
            pairs.map(lambda pair: MapType(*pair)),
            inner.map(SetType),
            st.builds(SeqType, st.integers(0, 3), inner),
            pairs.map(lambda pair: RecordType("R", (("f", pair[0]), ("g", pair[1])))),
            pairs.map(TupleType),
        ).filter(is_small)

    return st.recursive(st.sampled_from(atoms), composite, max_leaves=4)


def is_small(of: Type) -> bool:
    """Tell whether all values can be listed in a test, without computing huge powers."""
    match of:
        case MapType(key, value):
            keys, values = cardinality(key), cardinality(value)
            return keys <= 8 and values**keys <= MANY
        case SetType(element):
            return cardinality(element) <= 8
        case _:
            return cardinality(of) <= MANY


@given(types())
def test_cardinality_counts_the_elements(of: Type) -> None:
    values = list(elements(of))
    assert len(values) == len(set(values)) == cardinality(of)


@given(types())
def test_position_is_the_index_in_the_canonical_order(of: Type) -> None:
    assert [position(of, value) for value in elements(of)] == list(range(cardinality(of)))


@given(types())
def test_type_contains_its_elements_and_its_default(of: Type) -> None:
    assert all(contains(of, value) for value in elements(of))
    assert contains(of, default(of))


@given(types())
def test_values_are_shown_differently(of: Type) -> None:
    assert len({show(of, value) for value in elements(of)}) == cardinality(of)


@given(types(), types())
def test_contains_is_membership_in_the_elements(of: Type, other: Type) -> None:
    # Python takes True for 1; the values of a type of the language are never mixed with it.
    listed = [(type(value), value) for value in elements(of)]
    for value in islice(elements(other), 50):
        if not isinstance(value, bool | tuple | frozenset):
            assert contains(of, value) == ((type(value), value) in listed)


NO_MEMBERS: list[tuple[Type, Value]] = [
    (BOOL, 1),
    (IntType(0, 1), True),
    (IntType(0, 1), 2),
    (IntType(0, 1), -1),
    (KIND, "Cpu0"),
    (CPU, "Cpu3"),
    (OptionType(KIND), "other"),
    (MapType(BOOL, BOOL), (True,)),
    (MapType(BOOL, BOOL), (True, 1)),
    (SetType(KIND), frozenset({"other"})),
    (SetType(KIND), ("ask",)),
    (SeqType(1, BOOL), (True, True)),
    (SeqType(1, BOOL), (1,)),
    (MESSAGE, ("ask",)),
    (MESSAGE, ("ask", "ask")),
    (TupleType((BOOL, KIND)), ("ask", True)),
]


@pytest.mark.parametrize(("of", "value"), NO_MEMBERS)
def test_type_does_not_contain(of: Type, value: Value) -> None:
    assert not contains(of, value)


FIRST_ELEMENTS: list[tuple[Type, list[Value]]] = [
    (BOOL, [False, True]),
    (IntType(-1, 1), [-1, 0, 1]),
    (KIND, ["ask", "answer"]),
    (CPU, ["Cpu0", "Cpu1", "Cpu2"]),
    (OptionType(BOOL), [None, False, True]),
    (MapType(KIND, BOOL), [(False, False), (False, True), (True, False), (True, True)]),
    (
        SetType(KIND),
        [frozenset(), frozenset({"ask"}), frozenset({"answer"}), frozenset({"ask", "answer"})],
    ),
    (SeqType(2, BOOL), [(), (False,), (True,), (False, False)]),
    (MESSAGE, [("ask", "Cpu0"), ("ask", "Cpu1"), ("ask", "Cpu2"), ("answer", "Cpu0")]),
    (TupleType((BOOL, BOOL)), [(False, False), (False, True)]),
]


@pytest.mark.parametrize(("of", "first"), FIRST_ELEMENTS)
def test_elements_come_in_canonical_order(of: Type, first: list[Value]) -> None:
    assert list(islice(elements(of), len(first))) == first


DEFAULTS: list[tuple[Type, Value]] = [
    (BOOL, False),
    (IntType(2, 5), 2),
    (KIND, "ask"),
    (CPU, "Cpu0"),
    (OptionType(CPU), None),
    (MapType(CPU, IntType(1, 2)), (1, 1, 1)),
    (SetType(CPU), frozenset()),
    (SeqType(2, CPU), ()),
    (MESSAGE, ("ask", "Cpu0")),
    (TupleType((SetType(CPU), BOOL)), (frozenset(), False)),
]


@pytest.mark.parametrize(("of", "value"), DEFAULTS)
def test_default(of: Type, value: Value) -> None:
    assert default(of) == value


TEXTS: list[tuple[Type, str]] = [
    (IntType(0, 3), "0..3"),
    (IntType(0, 3, wraps=True), "mod 4"),
    (OptionType(CPU), "Cpu?"),
    (OptionType(SetType(CPU)), "(set of Cpu)?"),
    (MapType(CPU, OptionType(CPU)), "[Cpu] Cpu?"),
    (SeqType(2, MESSAGE), "seq[2] of Msg"),
    (TupleType((BOOL, KIND)), "tuple(bool, Kind)"),
]


@pytest.mark.parametrize(("of", "text"), TEXTS)
def test_describe(of: Type, text: str) -> None:
    assert describe(of) == text


SHOWN: list[tuple[Type, Value, str]] = [
    (BOOL, True, "true"),
    (IntType(-1, 1), -1, "-1"),
    (OptionType(CPU), None, "none"),
    (MapType(KIND, IntType(0, 9)), (1, 2), "[ask: 1, answer: 2]"),
    (SetType(CPU), frozenset({"Cpu2", "Cpu0"}), "{Cpu0, Cpu2}"),
    (SeqType(2, BOOL), (True, False), "[true, false]"),
    (MESSAGE, ("answer", "Cpu1"), "Msg(kind = answer, source = Cpu1)"),
    (TupleType((BOOL, KIND)), (False, "ask"), "(false, ask)"),
]


@pytest.mark.parametrize(("of", "value", "text"), SHOWN)
def test_show(of: Type, value: Value, text: str) -> None:
    assert show(of, value) == text


def test_sorts_are_found_at_any_depth() -> None:
    node = SortType("Node", 2)
    of = MapType(CPU, RecordType("R", (("q", SeqType(1, OptionType(node))), ("b", BOOL))))
    assert sorts_in(of) == {CPU, node}
    assert sorts_in(MapType(BOOL, KIND)) == frozenset()
