"""Systems whose states carry along more than the state: who made the step, what holds in it.

Engines know how to carry out steps of a system on packed states, many at a time. To have them tell
more, we widen the state by variables above its own bits and let the actions assign them:

* `labelled` notes which action made the step, with which parameters: of a successor the lower bits
  are the state, the upper ones the *label* of the step;
* `evaluating` has one action that is always possible and assigns the values of expressions: the
  upper bits of the only successor are what they evaluate to.

Nothing reads the new variables, so the states below are what they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from checker.explicit.layout import Layout, Slot, width
from checker.model import terms
from checker.model.ir import Assign, Place, Role, Seq, Variable
from checker.model.system import Action, System
from checker.model.types import IntType
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr
    from checker.model.types import Type


class Label(NamedTuple):
    """Who made a step: the number of the action and the codes of its parameters."""

    action: int
    params: tuple[int, ...]


class WideLayout(Layout):
    """The layout of a system with more variables from a certain bit on."""

    def __init__(self, base: Layout, more: Sequence[Variable], offset: int) -> None:
        """Add variables to a layout.

        Args:
            offset: bit from which on they lie; those between it and the state stay zero.
        """
        assert offset >= base.bits
        self.variables = (*base.variables, *more)
        self.slots = dict(base.slots)
        for variable in more:
            self.slots[variable] = Slot(offset, width(variable.type))
            offset += width(variable.type)
        self.bits = offset


@dataclass(frozen=True, slots=True)
class Widened:
    """A system with more variables.

    Attributes:
        more: the variables added, in the order in which they lie.
    """

    system: System
    more: tuple[Variable, ...]

    @property
    def bits(self) -> int:
        """How many bits are added."""
        return sum(width(variable.type) for variable in self.more)

    def layout(self, base: Layout, offset: int) -> WideLayout:
        """Return the layout with the added variables from a bit on."""
        return WideLayout(base, self.more, offset)


def labelled(system: System) -> Widened:
    """Let every step leave its label; see `label_of`."""
    more = _label_variables(system)
    actions = tuple(
        replace(
            action,
            body=Seq((*_label_effects(system, number, action, more), action.body)),
        )
        for number, action in enumerate(system.actions)
    )
    return Widened(_bare(system, more, actions), more)


def label_of(system: System, bits: int) -> Label:
    """Read a label."""
    number_variable, *others = _label_variables(system)
    size = width(number_variable.type)
    number = bits & ((1 << size) - 1)
    codes: dict[tuple[int, Type], int] = {}
    for key in _positions(system):
        bits >>= size
        size = width(key[1])
        codes[key] = bits & ((1 << size) - 1)
    assert len(others) == len(codes)
    params = system.actions[number].params
    return Label(number, tuple(codes[at, local.type] for at, local in enumerate(params)))


def bits_of(system: System, label: Label) -> int:
    """Return the bits of a label; the inverse of `label_of`."""
    result, at = label.action, width(_label_variables(system)[0].type)
    locals_ = system.actions[label.action].params
    for place, of in _positions(system):
        if place < len(locals_) and locals_[place].type == of:
            result |= label.params[place] << at
        at += width(of)
    return result


def evaluating(system: System, expressions: Sequence[tuple[Type, Expr]]) -> Widened:
    """Return the system with one action, which evaluates expressions to codes of their types."""
    more = tuple(
        Variable(f"#value{at}", of, Role.SHARED, None, NOWHERE)
        for at, (of, _) in enumerate(expressions)
    )
    body = Seq(
        tuple(
            Assign(Place(variable, (), variable.type), value, NOWHERE)
            for variable, (_, value) in zip(more, expressions, strict=True)
        )
    )
    yes = terms.truth_value(system.terms, True)
    action = Action("#evaluate", None, None, (), yes, body, NOWHERE)
    return Widened(_bare(system, more, (action,)), more)


def _bare(system: System, more: Iterable[Variable], actions: tuple[Action, ...]) -> System:
    """Return the system with other actions and nothing to be checked."""
    return replace(
        system,
        variables=(*system.variables, *more),
        actions=actions,
        properties=(),
        assumptions=(),
        terminal=None,
    )


# --- labels ---------------------------------------------------------------------------------------


def _positions(system: System) -> tuple[tuple[int, Type], ...]:
    """Return the position and type of all parameters, each pair once."""
    pairs = (
        (at, local.type) for action in system.actions for at, local in enumerate(action.params)
    )
    return tuple(dict.fromkeys(pairs))


def _label_variables(system: System) -> tuple[Variable, ...]:
    numbers = IntType(0, max(1, len(system.actions) - 1))
    return (
        Variable("#action", numbers, Role.SHARED, None, NOWHERE),
        *(
            Variable(f"#parameter{at}", of, Role.SHARED, None, NOWHERE)
            for at, of in _positions(system)
        ),
    )


def _label_effects(
    system: System, number: int, action: Action, more: Sequence[Variable]
) -> list[Effect]:
    """Return what notes the label; parameters that the action does not have stay at code 0."""
    first, *others = more
    found: list[Effect] = [
        Assign(Place(first, (), first.type), terms.number(system.terms, number), NOWHERE)
    ]
    for (at, of), variable in zip(_positions(system), others, strict=True):
        if at < len(action.params) and action.params[at].type == of:
            value = terms.reference(system.terms, action.params[at])
            found.append(Assign(Place(variable, (), of), value, NOWHERE))
    return found
