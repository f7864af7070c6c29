"""The steps of a system, one by one: actions with values for all their parameters.

The steps of a thread are found by its control point. A process counts as *regular* if the guard of
each of its steps begins with the control point and nobody but the thread moves its control; the
steps of others stand alone, as declared actions do.

Everything here follows from the code and holds in every state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from checker.explicit.layout import decode, encode, width
from checker.explicit.python.instances import parameters
from checker.explicit.reductions.failing import may_fail
from checker.explicit.reductions.liveness import assignments
from checker.explicit.reductions.order.footprints import (
    Footprint,
    conjuncts_of,
    disturbs,
    footprint,
)
from checker.explicit.reductions.order.places import Places
from checker.model.ir import Apply, Literal, Op
from checker.model.rewrite import map_place
from checker.model.system import control_type
from checker.model.types import IntType, cardinality

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.model.ir import Expr, TermTable
    from checker.model.system import Action, Process, System
    from checker.model.types import Value

MOST_STEPS: Final = 4_000
"""More steps than these are not compared with one another."""


class Control(NamedTuple):
    """The control point that a step leaves from: where it lies, and its code there."""

    mask: int
    code: int


@dataclass(frozen=True, slots=True)
class PointTest:
    """The question whether control, wherever it lies, is at one of some points."""

    subject: Expr
    mask: int
    codes: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class OneStep:
    """An action with values for its parameters.

    Attributes:
        number: of the action.
        params: codes of the parameters.
        arguments: the same as generated code takes them.
        leaves: None if the guard does not begin with a control point.
        arrives: codes of the control points to which it may lead.
        waits: by conjunct of the guard, the bits that decide whether it holds, and those that
            decide whether an earlier one fails.
        any_wait: the bits that decide whether the step is possible at all.
    """

    action: Action
    number: int
    params: tuple[int, ...]
    arguments: tuple[int, ...]
    footprint: Footprint
    leaves: Control | None
    arrives: frozenset[int]
    waits: tuple[int, ...]
    any_wait: int


@dataclass(frozen=True, slots=True, eq=False)
class Thread:
    """A thread whose control only it moves.

    Attributes:
        mask: of its control in the state.
        at: the steps that leave from a control point, by code.
        leads: the codes of the control points that can be reached from one, itself included.
    """

    mask: int
    offset: int
    at: dict[int, tuple[int, ...]]
    leads: dict[int, frozenset[int]]


@dataclass(slots=True, eq=False)
class Steps:
    """All steps of a system; sets of them are integers, one bit for each.

    Attributes:
        free: the steps that belong to no thread.
    """

    layout: Layout
    all: tuple[OneStep, ...]
    threads: tuple[Thread, ...]
    free: int
    _disturbed: dict[int, int] = field(default_factory=dict)

    def disturbed_by(self, step: int) -> int:
        """Return the steps that do not commute with one that is possible, itself included."""
        if step not in self._disturbed:
            own = self.all[step].footprint
            self._disturbed[step] = 1 << step | sum(
                1 << number
                for number, other in enumerate(self.all)
                if number != step and disturbs(own, other.footprint)
            )
        return self._disturbed[step]

    def changing(self, bits: int) -> int:
        """Return the steps that may change some bits of the state."""
        return sum(
            1 << number for number, each in enumerate(self.all) if each.footprint.changed & bits
        )


def count_steps(system: System) -> int:
    """Return how many steps a system has."""
    return sum(prod(cardinality(each.type) for each in action.params) for action in system.actions)


def steps(system: System, layout: Layout) -> Steps:
    """Analyse a system that has no more than `MOST_STEPS` steps."""
    found = tuple(_all(system, layout))
    threads = tuple(
        thread for process in system.processes for thread in _threads(process, layout, found)
    )
    in_threads = sum(1 << each for thread in threads for at in thread.at.values() for each in at)
    return Steps(layout, found, threads, ((1 << len(found)) - 1) & ~in_threads)


def _all(system: System, layout: Layout) -> Iterator[OneStep]:
    for number, action in enumerate(system.actions):
        for params in parameters(action):
            values = tuple(
                decode(local.type, code) for local, code in zip(action.params, params, strict=True)
            )
            yield _one(layout, system.terms, action, number, (params, values))


def _one(
    layout: Layout,
    terms: TermTable,
    action: Action,
    number: int,
    given: tuple[tuple[int, ...], tuple[Value, ...]],
) -> OneStep:
    params, values = given
    known = dict(zip(action.params, values, strict=True))
    places = Places(layout, terms, known)
    guard = tuple(map(places.fold, conjuncts_of(action.guard)))
    own = footprint(action, Places(layout, terms, known))
    waits, before = [], 0
    for each in guard:
        waits.append(before | places.reads(each))
        before |= places.reads(each) if may_fail(each) else 0
    leaves = _leaves(action, guard[0], places)
    return OneStep(
        action=action,
        number=number,
        params=params,
        arguments=tuple(
            code + local.type.low if isinstance(local.type, IntType) else code
            for local, code in zip(action.params, params, strict=True)
        ),
        footprint=own,
        leaves=leaves,
        arrives=frozenset() if leaves is None else _arrives(action, leaves, places),
        waits=tuple(waits),
        any_wait=own.touched | waits[-1],
    )


def _leaves(action: Action, first: Expr, places: Places) -> Control | None:
    """Return the control point that a guard begins with, if it does."""
    if action.process is None:
        return None
    found = point_test(first, action.process, places)
    if found is None or len(found.codes) != 1:
        return None
    if found.mask.bit_count() != width(control_type(action.process)):
        return None
    (code,) = found.codes
    return Control(found.mask, code)


def point_test(test: Expr, process: Process, places: Places) -> PointTest | None:
    """Return what a condition asks if it asks whether a process is at some point."""
    match test:
        case Apply(Op.EQ, (subject, Literal(str() as point))) | Apply(
            Op.EQ, (Literal(str() as point), subject)
        ):
            points: frozenset[Value] = frozenset({point})
        case Apply(Op.IN, (subject, Literal(frozenset() as points))):
            pass
        case _:
            return None
    of = control_type(process)
    mask = places.of(subject) if subject.type == of else None
    if not mask or mask & ~places.layout.slots[process.control].mask:
        return None
    return PointTest(subject, mask, frozenset(encode(of, point) for point in points))


def _arrives(action: Action, leaves: Control, places: Places) -> frozenset[int]:
    """Return the control points to which a step may move its thread."""
    assert action.process is not None
    of = control_type(action.process)
    found = set()
    for each in assignments(action.body, action.process.control):
        value = places.fold(each.value)
        place = map_place(each.place, places.fold)
        if places.to(place) != leaves.mask or not isinstance(value, Literal):
            return frozenset(range(len(of.members)))
        found.add(encode(of, value.value))
    return frozenset(found) or frozenset({leaves.code})


# --- threads --------------------------------------------------------------------------------------


def _threads(process: Process, layout: Layout, every: Sequence[OneStep]) -> Iterator[Thread]:
    slot, size = layout.slots[process.control], width(control_type(process))
    for offset in range(slot.offset, slot.offset + slot.width, size) if size else ():
        mask = ((1 << size) - 1) << offset
        own = [number for number, each in enumerate(every) if _is_at(each, mask)]
        movers = {number for number, each in enumerate(every) if each.footprint.changed & mask}
        if own and movers <= set(own):
            yield _thread(mask, offset, {number: every[number] for number in own})


def _is_at(step: OneStep, mask: int) -> bool:
    return step.leaves is not None and step.leaves.mask == mask


def _thread(mask: int, offset: int, own: dict[int, OneStep]) -> Thread:
    at: dict[int, tuple[int, ...]] = {}
    onward: dict[int, set[int]] = {}
    for number, each in own.items():
        assert each.leaves is not None
        code = each.leaves.code
        at[code] = (*at.get(code, ()), number)
        onward.setdefault(code, set()).update(each.arrives)
    codes = {*onward, *(code for found in onward.values() for code in found)}
    return Thread(mask, offset, at, {code: _reachable(code, onward) for code in codes})


def _reachable(code: int, onward: dict[int, set[int]]) -> frozenset[int]:
    found, pending = {code}, [code]
    while pending:
        for each in onward.get(pending.pop(), ()):
            if each not in found:
                found.add(each)
                pending.append(each)
    return frozenset(found)
