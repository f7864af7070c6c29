"""Traces in the Informal Trace Format, for the tools around Apalache and Quint.

    bool, enum, sort    true, "forward", "Cpu0"
    integer             {"#bigint": "3"}
    T?                  {"#set": []} or {"#set": [value]}
    [K] V               {"#map": [[key, value], ...]}
    set of T            {"#set": [...]}, in canonical order
    seq[n] of T         [...]
    tuple(A, B)         {"#tup": [...]}
    record              {"field": value, ...}

An option is a set of at most one element and not a variant `Some | None`: that reads the same in
every tool, while readers in Python trip over a variant whose name is a keyword or whose content is
not a record.

What the format does not know goes into `#meta`: of the file the specification, the verdict, sizes
and `varTypes` (from which Apalache reads a trace back); of each state the step that led to it, with
action, parameters, choices, process, source line and what changed.

Source: Apalache ADR-015, revision of 2025-11-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.model.types import (
    BoolType,
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
    describe,
    elements,
)
from checker.report.json_doc import changed_names, step_json
from checker.report.values_json import Json, UnreadableError, in_order, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.model.system import State, System
    from checker.model.trace import Trace


def itf_trace(system: System, trace: Trace, about: Mapping[str, Json]) -> Json:
    """Return the trace as an ITF document; `about` is added to its `#meta`."""
    meta: dict[str, Json] = {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "spec": system.name,
        "settings": {s.name: s.value for s in system.settings},
        "varTypes": {v.name: itf_type(v.type) for v in system.variables},
        **about,
    }
    if trace.failed is not None:
        meta["failed"] = step_json(system, trace.failed, None, None)
    count, loop = len(trace.states), trace.loop
    goes_round = loop is not None and loop < count - 1
    if goes_round:
        # The last state is the first of the loop, which the format does not write again.
        meta["closing"] = step_json(system, trace.steps[-1], trace.states[-2], trace.states[-1])
        count -= 1
    result: dict[str, Json] = {
        "#meta": meta,
        "vars": [variable.name for variable in system.variables],
        "states": [_state(system, trace, index) for index in range(count)],
    }
    return result if loop is None else {**result, "loop": loop}


def _state(system: System, trace: Trace, index: int) -> Json:
    state = trace.states[index]
    meta: dict[str, Json] = {"index": index}
    if index > 0:
        before = trace.states[index - 1]
        step = step_json(system, trace.steps[index - 1], before, state)
        assert isinstance(step, dict)
        meta |= step
        meta["changed"] = list(changed_names(system, before, state))
    values = {
        v.name: to_itf(v.type, value) for v, value in zip(system.variables, state, strict=True)
    }
    return {"#meta": meta, **values}


def to_itf(of: Type, value: Value) -> Json:
    """Return the value in the notation of the format."""
    match of:
        case BoolType() | EnumType() | SortType():
            assert isinstance(value, bool | str)
            return value
        case IntType():
            return {"#bigint": str(value)}
        case OptionType(element):
            return {"#set": [] if value is None else [to_itf(element, value)]}
        case MapType(key, element):
            assert isinstance(value, tuple)
            pairs = zip(elements(key), value, strict=True)
            return {"#map": [[to_itf(key, k), to_itf(element, v)] for k, v in pairs]}
        case SetType(element):
            return {"#set": [to_itf(element, part) for part in in_order(element, value)]}
        case SeqType(_, element):
            assert isinstance(value, tuple)
            return [to_itf(element, part) for part in value]
        case RecordType(_, fields):
            assert isinstance(value, tuple)
            parts = zip(fields, value, strict=True)
            return {name: to_itf(field, part) for (name, field), part in parts}
        case TupleType(components):
            assert isinstance(value, tuple)
            return {"#tup": [to_itf(c, v) for c, v in zip(components, value, strict=True)]}
        case _:
            assert_never(of)


def itf_type(of: Type) -> str:
    """Return the type as Apalache writes it."""
    match of:
        case BoolType():
            return "Bool"
        case IntType():
            return "Int"
        case EnumType() | SortType():
            return "Str"
        case OptionType(element) | SetType(element):
            return f"Set({itf_type(element)})"
        case MapType(key, element):
            return f"({itf_type(key)} -> {itf_type(element)})"
        case SeqType(_, element):
            return f"Seq({itf_type(element)})"
        case RecordType(_, fields):
            return f"{{ {', '.join(f'{name}: {itf_type(t)}' for name, t in fields)} }}"
        case TupleType(components):
            return f"<<{', '.join(map(itf_type, components))}>>"
        case _:
            assert_never(of)


# --- reading --------------------------------------------------------------------------------------


def from_itf(of: Type, json: Json, where: str) -> Value:
    """Read a value of the type; `where` names it in the message.

    Raises:
        UnreadableError: it denotes none.
    """
    match of:
        case BoolType() | EnumType() | SortType():
            return scalar(of, json, where)
        case IntType():
            return _integer(of, json, where)
        case OptionType(element):
            items = _special("#set", json, where)
            if len(items) > 1:
                raise UnreadableError(where, "a set of at most one element")
            return from_itf(element, items[0], where) if items else None
        case MapType():
            return _map(of, _special("#map", json, where), where)
        case SetType(element):
            return frozenset(_items(element, _special("#set", json, where), where))
        case SeqType(bound, element):
            if not isinstance(json, list) or len(json) > bound:
                raise UnreadableError(where, f"a value of {describe(of)}")
            return _items(element, json, where)
        case RecordType(_, fields):
            if not isinstance(json, dict) or set(json) != {name for name, _ in fields}:
                raise UnreadableError(where, f"a value of {describe(of)}")
            return tuple(from_itf(t, json[name], f"{where}.{name}") for name, t in fields)
        case TupleType(components):
            items = _special("#tup", json, where)
            if len(items) != len(components):
                raise UnreadableError(where, f"a value of {describe(of)}")
            pairs = enumerate(zip(components, items, strict=True))
            return tuple(from_itf(t, item, f"{where}.{i}") for i, (t, item) in pairs)
        case _:
            assert_never(of)


def _special(tag: str, json: Json, where: str) -> list[Json]:
    """Return the items below a tag that the format reserves."""
    items = json.get(tag) if isinstance(json, dict) else None
    if not isinstance(items, list):
        raise UnreadableError(where, f'an object with "{tag}"')
    return items


def _integer(of: IntType, json: Json, where: str) -> int:
    text = json.get("#bigint") if isinstance(json, dict) else json
    try:
        number = int(text) if isinstance(text, str | int) else None
    except ValueError:
        number = None
    if number is None or not contains(of, number):
        raise UnreadableError(where, f"a value of {describe(of)}")
    return number


def _items(element: Type, items: Sequence[Json], where: str) -> tuple[Value, ...]:
    return tuple(from_itf(element, item, f"{where}[{i}]") for i, item in enumerate(items))


def _map(of: MapType, pairs: Sequence[Json], where: str) -> Value:
    found: dict[Value, Value] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise UnreadableError(where, "a list of pairs")
        key = from_itf(of.key, pair[0], f"{where} (key)")
        found[key] = from_itf(of.value, pair[1], f"{where}[{pair[0]}]")
    if len(found) != len(pairs) or len(found) != cardinality(of.key):
        raise UnreadableError(where, f"a value of {describe(of)}, one for every key")
    return tuple(found[key] for key in elements(of.key))


def read_states(system: System, json: Json) -> tuple[State, ...]:
    """Read the states of an ITF document; it may tell of more variables than the system has.

    Raises:
        UnreadableError: a variable is missing, or its value is none of its type.
    """
    states = json.get("states") if isinstance(json, dict) else None
    if not isinstance(states, list) or not states:
        raise UnreadableError("states", "an array with at least one state")
    return tuple(_read_state(system, state, f"states[{i}]") for i, state in enumerate(states))


def _read_state(system: System, json: Json, where: str) -> State:
    if not isinstance(json, dict):
        raise UnreadableError(where, "an object")
    for variable in system.variables:
        if variable.name not in json:
            raise UnreadableError(where, f"a state with the variable `{variable.name}`")
    return tuple(from_itf(v.type, json[v.name], f"{where}.{v.name}") for v in system.variables)
