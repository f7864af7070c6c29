"""Trace validation: is a log a behaviour of the specification?

The log is followed by the monitor, line by line; the set of states that are consistent with it so
far makes up for what the log leaves out. The first line for which the set becomes empty is
impossible, given everything before it. Accepting a log says nothing about other runs of the
program that wrote it.

Source: Cirstea, Kuppe, Loillier, Merz, "Validating traces of distributed programs against TLA+
    specifications", SEFM 2024; Howard et al., "Smart casual verification of the confidential
    consortium framework", NSDI 2025.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from checker.conform.refusal import Refusal, refusal
from checker.model.types import (
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    contains,
    elements,
    position,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.conform.binding import Binding
    from checker.conform.logs import Entry
    from checker.conform.monitor import SpecMonitor, Wanted
    from checker.model.system import State, System
    from checker.model.types import Type, Value
    from checker.report.values_json import Json


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A line whose event is possible, but not with the state that it tells.

    Attributes:
        differing: the part of the state, what the log says, and what the specification has in the
            state that fits best.
    """

    differing: tuple[tuple[str, str, str], ...]
    states: int


Objection: TypeAlias = Refusal | Mismatch


@dataclass(frozen=True, slots=True)
class Validation:
    """What came of a log.

    Attributes:
        accepted: how many lines are a behaviour of the specification.
        states: how many states were consistent with them.
        impossible: the first line that is not, if there is one.
    """

    entries: tuple[Entry, ...]
    accepted: int
    states: int
    impossible: Entry | None = None
    objection: Objection | None = None


def validate(monitor: SpecMonitor, entries: tuple[Entry, ...]) -> Validation:
    """Follow a log to its end or to the first line that is impossible."""
    spec = 0
    for number, entry in enumerate(entries):
        after = _after(monitor, spec, entry)
        if after is None:
            return Validation(
                entries,
                number,
                len(monitor.states_of(spec)),
                entry,
                _objection(monitor, spec, entry),
            )
        spec = after
    return Validation(entries, len(entries), len(monitor.states_of(spec)))


def _after(monitor: SpecMonitor, spec: int, entry: Entry) -> int | None:
    def is_seen(state: State) -> bool:
        return not any(differences(monitor.system, monitor.binding, state, entry.state))

    if not entry.happened:
        return monitor.narrowed(spec, is_seen)
    word = _word(entry)
    return monitor.after(spec, word, is_seen) if entry.state else monitor.step(spec, word)


def _word(entry: Entry) -> tuple[Wanted, ...]:
    return ((entry.name, entry.values),)


def _objection(monitor: SpecMonitor, spec: int, entry: Entry) -> Objection:
    """Explain why a line is impossible."""
    if entry.happened:
        possible = monitor.step(spec, _word(entry))
        if possible is None:
            return refusal(monitor, spec, _word(entry))
    else:
        possible = monitor.narrowed(spec, lambda _: True)
    assert possible is not None
    states = monitor.states_of(possible)
    told = [
        tuple(differences(monitor.system, monitor.binding, monitor.states[each], entry.state))
        for each in sorted(states)
    ]
    return Mismatch(min(told, key=len), len(states))


def differences(
    system: System, binding: Binding, state: State, told: object
) -> Iterator[tuple[str, str, str]]:
    """Yield the parts of a state that a log tells otherwise: name, as told, as it is."""
    if not isinstance(told, dict):
        return
    for variable, value in zip(system.variables, state, strict=True):
        if variable.name in told:
            yield from _differ(variable.name, variable.type, value, told[variable.name], binding)


def _differ(
    path: str, of: Type, value: Value, told: Json, binding: Binding
) -> Iterator[tuple[str, str, str]]:
    """Yield where a value differs from JSON, in which parts of maps and records may be missing."""
    match of, told:
        case MapType(key, element), dict():
            assert isinstance(value, tuple)
            names = {show(key, each): each for each in elements(key)}
            names |= {str(binding.number(key, each)): each for each in elements(key)}
            for name, said in told.items():
                if name not in names:
                    yield f"{path}[{name}]", _shown(said), "no such key"
                else:
                    part = value[position(key, names[name])]
                    yield from _differ(f"{path}[{name}]", element, part, said, binding)
        case RecordType(_, fields), dict():
            assert isinstance(value, tuple)
            for name in told.keys() - {name for name, _ in fields}:
                yield f"{path}.{name}", _shown(told[name]), "no such field"
            for (name, inner), part in zip(fields, value, strict=True):
                if name in told:
                    yield from _differ(f"{path}.{name}", inner, part, told[name], binding)
        case SeqType(_, element) | MapType(_, element), list():
            assert isinstance(value, tuple)
            assert isinstance(told, list)
            if len(value) != len(told):
                yield path, _shown(told), show(of, value)
                return
            for at, (part, said) in enumerate(zip(value, told, strict=True)):
                yield from _differ(f"{path}[{at}]", element, part, said, binding)
        case TupleType(types), list() if len(types) == len(told):
            assert isinstance(value, tuple)
            for at, (inner, part, said) in enumerate(zip(types, value, told, strict=True)):
                yield from _differ(f"{path}.{at}", inner, part, said, binding)
        case SetType(element), list():
            assert isinstance(value, frozenset)
            meant = {_meant(element, each, binding) for each in told}
            if None in meant or meant != set(value):
                yield path, _shown(told), show(of, value)
        case _:
            if told is None and not isinstance(of, OptionType):
                return  # not known
            if not _is(of, value, told, binding):
                yield path, _shown(told), show(of, value)


def _is(of: Type, value: Value, told: Json, binding: Binding) -> bool:
    if isinstance(of, OptionType) and (value is None or told is None):
        return value is None and told is None
    inner = of.element if isinstance(of, OptionType) else of
    return _meant(inner, told, binding) == value


def _meant(of: Type, told: Json, binding: Binding) -> Value:
    """Return the value that a scalar stands for: itself, or an element by its number."""
    if isinstance(told, bool | str) and contains(of, told):
        return told
    if isinstance(told, int) and not isinstance(told, bool):
        if not isinstance(of, SortType):
            return told
        return next((each for each in elements(of) if binding.number(of, each) == told), None)
    return None


def _shown(told: Json) -> str:
    return json.dumps(told, ensure_ascii=False)
