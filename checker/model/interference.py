"""What a step may read and write, and which steps disturb which.

The answer is read off the code, not the state: parts of maps are told apart where their keys are
constants or parameters of the step, other parts of a variable are taken as the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from checker.model.ir import Assign, Index, Literal, LocalRef, Read
from checker.model.rewrite import children, expressions, parts

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local, Place, Variable
    from checker.model.system import Action, System
    from checker.model.types import Value

Cell: TypeAlias = "tuple[Variable, Value | None]"
"""A variable and a key of it; the key None stands for all of it."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The cells that a step may read, and those that it may write."""

    reads: frozenset[Cell]
    writes: frozenset[Cell]


def footprint(system: System, action: Action, params: tuple[Value, ...]) -> Footprint:
    """Return what an action with given parameters may touch, ghosts left out."""
    values = dict(zip(action.params, params, strict=True))
    ghosts = frozenset(system.ghosts)
    reads = set(_reads(action.guard, values))
    writes: set[Cell] = set()
    pending = [action.body]
    while pending:
        effect = pending.pop()
        pending += parts(effect)
        match effect:
            case Assign(place) if place.variable in ghosts:
                continue
            case Assign(place):
                writes.add(_cell(place, values))
            case _:
                pass
        for expr in expressions(effect):
            reads |= set(_reads(expr, values))
    return Footprint(frozenset(reads), frozenset(writes))


def interferes(other: Footprint, step: Footprint) -> bool:
    """Tell whether one step may disturb another: it writes what that one reads or writes."""
    return any(
        _overlap(written, touched)
        for written in other.writes
        for touched in (*step.reads, *step.writes)
    )


def _overlap(left: Cell, right: Cell) -> bool:
    if left[0] is not right[0]:
        return False
    return left[1] is None or right[1] is None or left[1] == right[1]


def _reads(expr: Expr, values: Mapping[Local, Value]) -> Iterator[Cell]:
    match expr:
        case Read(variable):
            yield variable, None
        case Index(Read(variable), key):
            known, value = _constant(key, values)
            yield variable, value if known else None
            yield from _reads(key, values)
        case _:
            for child in children(expr):
                yield from _reads(child, values)


def _cell(place: Place, values: Mapping[Local, Value]) -> Cell:
    match place.path:
        case (first, *_) if not isinstance(first, int):
            known, value = _constant(first, values)
            return place.variable, value if known else None
        case _:
            return place.variable, None


def _constant(expr: Expr, values: Mapping[Local, Value]) -> tuple[bool, Value]:
    match expr:
        case Literal(value):
            return True, value
        case LocalRef(local) if local in values:
            return True, values[local]
        case _:
            return False, None
