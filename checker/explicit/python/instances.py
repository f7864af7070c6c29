"""The instances of actions: which values of parameters get code of their own, and where.

An action is unrolled over its parameters from the first on, as far as the budget allows; the values
of the others are run through by loops. The instances that belong to one process at one value of its
index are found by the control point, others are tried one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from checker.explicit.layout import codes, positions, width
from checker.explicit.python.binders import local_values
from checker.explicit.python.fragments import Constant
from checker.model.ir import And, Apply, Index, Literal, LocalRef, Op, Read
from checker.model.system import control_type
from checker.model.types import IntType, cardinality

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.python.budget import Budget
    from checker.explicit.python.shape import Shapes
    from checker.model.ir import Expr, Local
    from checker.model.system import Action, Process, System

Bindings: TypeAlias = "dict[Local, Constant]"


class Field(NamedTuple):
    """Where a control point lies in a state."""

    offset: int
    width: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One action for given values of its first parameters.

    Attributes:
        number: of the action.
        field: the control field that decides, if the guard asks for a control point.
        code: the code that the field must have.
    """

    action: Action
    number: int
    bindings: Bindings
    field: Field | None
    code: int


def instances(system: System, layout: Layout, shapes: Shapes, budget: Budget) -> Iterator[Instance]:
    """Yield the instances that get code of their own, in the order of actions and parameters."""
    unrolled = _plan(system, shapes, budget)
    for number, action in enumerate(system.actions):
        params = action.params[: unrolled[number]]
        for chosen in product(*(local_values(local.type) for local in params)):
            bindings = dict(zip(params, chosen, strict=True))
            field, code = _control(action, bindings, layout)
            yield Instance(action, number, bindings, field, code)


# --- how far to unroll ----------------------------------------------------------------------------


def _plan(system: System, shapes: Shapes, budget: Budget) -> list[int]:
    """Return how many parameters of each action are unrolled."""
    weights = [
        shapes.term(action.guard).weight + shapes.effect(action.body).weight
        for action in system.actions
    ]
    limit = budget.action_weight
    while True:
        plan = [
            _unrollable(action.params, weight, limit)
            for action, weight in zip(system.actions, weights, strict=True)
        ]
        total = sum(
            weight * _count(action.params[:unrolled])
            for action, weight, unrolled in zip(system.actions, weights, plan, strict=True)
        )
        if total <= budget.system_weight or limit <= 1:
            return plan
        limit //= 2


def _unrollable(params: Sequence[Local], weight: int, limit: int) -> int:
    for unrolled in range(len(params), 0, -1):
        if weight * _count(params[:unrolled]) <= limit:
            return unrolled
    return 0


def _count(params: Sequence[Local]) -> int:
    result = 1
    for local in params:
        result *= cardinality(local.type)
    return result


# --- by control point -----------------------------------------------------------------------------


def _control(action: Action, bindings: Bindings, layout: Layout) -> tuple[Field | None, int]:
    """Return the control field of a step and the code of its point, if the guard asks for it."""
    process = action.process
    if process is None or action.source is None:
        return None, 0
    points = control_type(process)
    code = points.members.index(action.source.name)
    slot = layout.slots[process.control]
    parts = action.guard.args if isinstance(action.guard, And) else (action.guard,)
    for part in parts:
        point, index = _tested_point(part, process)
        if point != action.source.name:
            continue
        if index is None:
            return Field(slot.offset, slot.width), code
        if index in bindings:
            at = _position(index, bindings[index])
            return Field(slot.offset + at * width(points), width(points)), code
    return None, 0


def _position(local: Local, bound: Constant) -> int:
    if isinstance(local.type, IntType):
        return bound.value - local.type.low
    return positions(local.type)[bound.value]


def _tested_point(test: Expr, process: Process) -> tuple[str | None, Local | None]:
    """Return point and index if this is `control[index] = point`, or the point of the only one."""
    match test:
        case Apply(Op.EQ, (subject, Literal(str() as point))) | Apply(
            Op.EQ, (Literal(str() as point), subject)
        ):
            pass
        case _:
            return None, None
    match subject:
        case Read(variable) if variable is process.control:
            return point, None
        case Index(Read(variable), LocalRef(local)) if (
            variable is process.control and local.type == process.index
        ):
            return point, local
        case _:
            return None, None


def parameters(action: Action) -> Iterator[tuple[int, ...]]:
    """Yield the codes of all parameters of an action, in canonical order."""
    yield from product(*(codes(local.type) for local in action.params))
