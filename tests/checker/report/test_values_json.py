from __future__ import annotations

import json

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
)
from checker.report.values_json import Json, UnreadableError, from_json, to_json
from tests.checker.report.strategies import small_types, typed_values

CPU = SortType("Cpu", 2)
ROW = RecordType("Row", (("owner", OptionType(CPU)), ("count", IntType(0, 3))))


@pytest.mark.parametrize(
    ("of", "value", "written"),
    [
        (BOOL, True, True),
        (IntType(-3, 3), -3, -3),
        (EnumType("Phase", ("a", "b")), "b", "b"),
        (OptionType(CPU), None, None),
        (OptionType(CPU), "Cpu1", "Cpu1"),
        (MapType(CPU, BOOL), (True, False), {"Cpu0": True, "Cpu1": False}),
        (MapType(IntType(-1, 0), BOOL), (True, False), {"-1": True, "0": False}),
        (MapType(TupleType((BOOL, CPU)), BOOL), (True, False, False, True),
         {"(false, Cpu0)": True, "(false, Cpu1)": False,
          "(true, Cpu0)": False, "(true, Cpu1)": True}),
        (SetType(CPU), frozenset({"Cpu1", "Cpu0"}), ["Cpu0", "Cpu1"]),
        (SeqType(3, CPU), ("Cpu1", "Cpu0"), ["Cpu1", "Cpu0"]),
        (ROW, ("Cpu0", 2), {"owner": "Cpu0", "count": 2}),
        (TupleType((BOOL, CPU)), (True, "Cpu0"), [True, "Cpu0"]),
    ],
)  # fmt: skip
def test_notation(of: Type, value: Value, written: Json) -> None:
    assert to_json(of, value) == written
    assert from_json(of, written, "x") == value


@given(typed_values())
def test_round_trip_through_text(case: tuple[Type, Value]) -> None:
    of, value = case
    assert from_json(of, json.loads(json.dumps(to_json(of, value))), "x") == value


@pytest.mark.parametrize(
    ("of", "written", "complaint"),
    [
        (BOOL, 1, "`x` is not a value of bool"),
        (IntType(0, 3), 4, "`x` is not a value of 0..3"),
        (IntType(0, 3), True, "`x` is not a value of 0..3"),
        (IntType(0, 3), 1.0, "`x` is not a value of 0..3"),
        (CPU, "Cpu2", "`x` is not a value of Cpu"),
        (MapType(CPU, BOOL), {"Cpu0": True}, "`x` is not an object with Cpu0, Cpu1"),
        (MapType(CPU, BOOL), {"Cpu0": True, "Cpu1": 0}, "`x.Cpu1` is not a value of bool"),
        (ROW, {"owner": None, "count": "2"}, "`x.count` is not a value of 0..3"),
        (SeqType(1, BOOL), [True, True], "`x` is not a value of seq[1] of bool"),
        (SetType(BOOL), "true", "`x` is not an array"),
        (TupleType((BOOL, BOOL)), [True], "`x` is not an array of 2"),
    ],
)
def test_what_is_no_value_is_named(of: Type, written: Json, complaint: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        from_json(of, written, "x")
    assert str(caught.value) == complaint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(small_types, json_values)
def test_whatever_is_read_is_a_value(of: Type, written: Json) -> None:
    from checker.model.types import contains

    try:
        value = from_json(of, written, "x")
    except UnreadableError:
        return
    assert contains(of, value)
