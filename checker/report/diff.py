"""Deep differences between states: only what changed, named by the path that leads to it.

A map is compared key by key, a record field by field, a set by what came and went, a sequence by
its ends or positions. So one step of a lock reads `Lock.next[Cpu1]: none -> Cpu0`, however large
the map is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

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
    elements,
    position,
    show,
)

SHORT = 32
"""A sequence whose values before and after are both at most this long is shown whole."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A part that has another value."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A set or sequence described by what happened to it, as in `added Cpu1`."""

    path: str
    what: str


Change = Replaced | Edited


def changes(of: Type, path: str, before: Value, after: Value) -> Iterator[Change]:
    """Yield the differences between two values of one type, in the order of the type's parts."""
    if before == after:
        return
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            yield Replaced(path, show(of, before), show(of, after))
        case OptionType(element):
            if before is None or after is None:
                yield Replaced(path, show(of, before), show(of, after))
            else:
                yield from changes(element, path, before, after)
        case MapType(key, element):
            keys = (f"{path}[{show(key, k)}]" for k in elements(key))
            for cell, old, new in zip(keys, _parts(before), _parts(after), strict=True):
                yield from changes(element, cell, old, new)
        case RecordType(_, fields):
            for (name, field), old, new in zip(fields, _parts(before), _parts(after), strict=True):
                yield from changes(field, f"{path}.{name}", old, new)
        case TupleType(components):
            parts = zip(components, _parts(before), _parts(after), strict=True)
            for index, (component, old, new) in enumerate(parts):
                yield from changes(component, f"{path}.{index}", old, new)
        case SetType(element):
            yield Edited(path, _came_and_went(element, before, after))
        case SeqType(_, element):
            yield from _sequence(of, element, path, _parts(before), _parts(after))
        case _:
            assert_never(of)


def _parts(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, tuple)
    return value


def _came_and_went(element: Type, before: Value, after: Value) -> str:
    assert isinstance(before, frozenset)
    assert isinstance(after, frozenset)
    texts = []
    for verb, values in (("added", after - before), ("removed", before - after)):
        if values:
            ordered = sorted(values, key=lambda value: position(element, value))
            texts.append(f"{verb} {', '.join(show(element, value) for value in ordered)}")
    return ", ".join(texts)


def _sequence(
    of: SeqType, element: Type, path: str, before: tuple[Value, ...], after: tuple[Value, ...]
) -> Iterator[Change]:
    whole = Replaced(path, show(of, before), show(of, after))
    if max(len(whole.before), len(whole.after)) <= SHORT:
        yield whole
    elif len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from changes(element, f"{path}[{index}]", old, new)
    elif after[: len(before)] == before:
        yield Edited(path, f"appended {_listed(element, after[len(before) :])}")
    elif after and before[-len(after) :] == after:
        yield Edited(path, f"took {_listed(element, before[: -len(after)])} off the front")
    elif after and before[: len(after)] == after:
        yield Edited(path, f"took {_listed(element, before[len(after) :])} off the end")
    else:
        yield whole


def _listed(element: Type, values: tuple[Value, ...]) -> str:
    return ", ".join(show(element, value) for value in values)
