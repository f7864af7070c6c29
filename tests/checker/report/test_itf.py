from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given

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
    Type,
    Value,
    elements,
)
from checker.report.itf import from_itf, itf_trace, itf_type, to_itf
from checker.report.values_json import Json, UnreadableError
from tests.checker.report.samples import race, race_trace, shortest
from tests.checker.report.strategies import typed_values
from tests.support.systems import composite

CPU = SortType("Cpu", 2)
ROW = RecordType("Row", (("owner", OptionType(CPU)), ("count", IntType(0, 3))))

NOTATION: list[tuple[Type, Value, Json, str]] = [
    (BOOL, True, True, "Bool"),
    (IntType(-9, 9), -9, {"#bigint": "-9"}, "Int"),
    (CPU, "Cpu1", "Cpu1", "Str"),
    (OptionType(CPU), None, {"#set": []}, "Set(Str)"),
    (OptionType(CPU), "Cpu1", {"#set": ["Cpu1"]}, "Set(Str)"),
    (MapType(CPU, BOOL), (True, False), {"#map": [["Cpu0", True], ["Cpu1", False]]},
     "(Str -> Bool)"),
    (SetType(CPU), frozenset({"Cpu1", "Cpu0"}), {"#set": ["Cpu0", "Cpu1"]}, "Set(Str)"),
    (SeqType(2, CPU), ("Cpu1",), ["Cpu1"], "Seq(Str)"),
    (TupleType((BOOL, CPU)), (True, "Cpu0"), {"#tup": [True, "Cpu0"]}, "<<Bool, Str>>"),
    (ROW, (None, 2), {"owner": {"#set": []}, "count": {"#bigint": "2"}},
     "{ owner: Set(Str), count: Int }"),
]  # fmt: skip


@pytest.mark.parametrize(("of", "value", "written", "named"), NOTATION)
def test_notation(of: Type, value: Value, written: Json, named: str) -> None:
    assert to_itf(of, value) == written
    assert from_itf(of, written, "x") == value
    assert itf_type(of) == named


@given(typed_values())
def test_round_trip_through_text(case: tuple[Type, Value]) -> None:
    of, value = case
    assert from_itf(of, json.loads(json.dumps(to_itf(of, value))), "x") == value


@pytest.mark.parametrize(
    ("of", "written"),
    [
        (IntType(0, 3), {"#bigint": "4"}),
        (IntType(0, 3), {"#bigint": "x"}),
        (IntType(0, 3), {"#bigint": "²"}),
        (IntType(0, 3), [1]),
        (OptionType(CPU), {"#set": ["Cpu0", "Cpu1"]}),
        (MapType(CPU, BOOL), {"#map": [["Cpu0", True]]}),
        (MapType(CPU, BOOL), {"#map": [["Cpu0", True], ["Cpu0", True]]}),
        (MapType(CPU, BOOL), {"#map": ["Cpu0"]}),
        (TupleType((BOOL, BOOL)), {"#tup": [True]}),
        (SeqType(1, BOOL), [True, True]),
        (ROW, {"owner": {"#set": []}}),
        (SetType(CPU), ["Cpu0"]),
    ],
)
def test_what_is_no_value_is_refused(of: Type, written: Json) -> None:
    with pytest.raises(UnreadableError):
        from_itf(of, written, "x")


def test_file() -> None:
    system = race()
    whole = itf_trace(system, race_trace(system), {"verdict": "violated"})
    assert isinstance(whole, dict)
    assert list(whole) == ["#meta", "vars", "states"]
    meta, states = whole["#meta"], whole["states"]
    assert isinstance(meta, dict)
    assert isinstance(states, list)
    assert meta["varTypes"] == {"taken": "Bool", "worker": "(Str -> Str)"}
    assert meta["verdict"] == "violated"
    assert meta["settings"] == {"Cpu": "2"}
    assert whole["vars"] == ["taken", "worker"]
    third = states[3]
    assert isinstance(third, dict)
    assert third["taken"] is True
    assert third["#meta"] == {
        "index": 3,
        "action": "worker.acquire.2",
        "actor": "worker[Cpu0]",
        "process": "worker",
        "params": {"self": "Cpu0"},
        "choices": [],
        "site": {"file": "race.k42", "line": 9, "column": 3, "end_line": 9, "end_column": 16},
        "text": "taken := true",
        "changed": ["taken"],
    }


# --- the oracle -----------------------------------------------------------------------------------


def python_value(of: Type, value: Value) -> object:
    """Says what itf-py should make of a value; records become tuples with names."""
    match of:
        case OptionType(element):
            return frozenset() if value is None else frozenset({python_value(element, value)})
        case MapType(key, element):
            assert isinstance(value, tuple)
            keys = (python_value(key, k) for k in elements(key))
            return dict(zip(keys, (python_value(element, v) for v in value), strict=True))
        case SetType(element):
            assert isinstance(value, frozenset)
            return frozenset(python_value(element, v) for v in value)
        case SeqType(_, element):
            assert isinstance(value, tuple)
            return [python_value(element, v) for v in value]
        case RecordType(_, fields):
            assert isinstance(value, tuple)
            return tuple(python_value(t, v) for (_, t), v in zip(fields, value, strict=True))
        case TupleType(components):
            assert isinstance(value, tuple)
            return tuple(python_value(t, v) for t, v in zip(components, value, strict=True))
        case _:
            return value


@pytest.fixture
def oracle() -> Callable[[Json], object]:
    """itf-py's reader of values."""
    module = pytest.importorskip("itf_py")
    reader: Callable[[Json], object] = module.value_from_json
    return reader


@pytest.mark.oracle
@pytest.mark.parametrize(("of", "value", "written", "named"), NOTATION)
def test_itf_py_reads_every_form(
    oracle: Callable[[Json], object], of: Type, value: Value, written: Json, named: str
) -> None:
    del named
    assert oracle(written) == python_value(of, value)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["race", "composite"])
def test_itf_py_reads_a_trace(name: str) -> None:
    module = pytest.importorskip("itf_py")
    system = race() if name == "race" else composite()
    trace = race_trace(system) if name == "race" else shortest(system, lambda s: s[3] is not None)
    read = module.trace_from_json(json.loads(json.dumps(itf_trace(system, trace, {}))))
    assert read.vars == [v.name for v in system.variables]
    assert len(read.states) == len(trace.states)
    for state, told in zip(trace.states, read.states, strict=True):
        for variable, value in zip(system.variables, state, strict=True):
            assert told.values[variable.name] == python_value(variable.type, value)
