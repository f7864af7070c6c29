"""Dead variables cleared: states that differ only in values that nobody reads become one.

While a thread rests at a control point at which a variable is dead, its part of the variable has
the default of its type: the step that comes there puts it there, and writes by others are dropped.
The result is a system like any other, with the same actions, parameters and choices. Its states
simulate those of the original one by one: verdicts, lengths of traces and the transitions out of
corresponding states are the same, and there are never more states.

A private variable whose default would be some element of a symmetric sort becomes an option that is
none while it is dead, so that clearing it does not single out that element.

Source: Bozga, Fernandez, Ghirvu, "State space reduction based on live variables analysis", Science
of Computer Programming 47, 2003.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.explicit.reductions.clearing import Clearer, Clearing, Plan, part_type
from checker.explicit.reductions.liveness import OwnParts, assignments, effects_in, liveness
from checker.explicit.reductions.permute import is_symmetric
from checker.model.ir import Literal, MapOf, Role, Variable
from checker.model.rewrite import expressions, variables_read
from checker.model.system import control_type
from checker.model.types import MapType, OptionType, default, sorts_in

if TYPE_CHECKING:
    from checker.explicit.reductions.liveness import Liveness
    from checker.model.system import Process, System
    from checker.model.types import Type

PRIVATE_ROLES: Final = frozenset({Role.LOCAL})
"""Locals of processes."""

ALL_ROLES: Final = frozenset({Role.LOCAL, Role.SHARED, Role.GHOST})
"""Also whatever else happens to be read by one thread only."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleared:
    """A system in which dead variables are cleared, and what is cleared where."""

    system: System
    clearings: tuple[Clearing, ...]


def clear_dead(system: System, *, roles: frozenset[Role] = PRIVATE_ROLES) -> Cleared:
    """Return the system with the dead variables of the given roles cleared."""
    return _cleared(system, roles, lambda _: True)


def hide_elements(system: System) -> Cleared:
    """Clear only private variables whose default would be an element of a symmetric sort."""
    return _cleared(system, PRIVATE_ROLES, _names_element)


def _cleared(system: System, roles: frozenset[Role], is_wanted: Callable[[Type], bool]) -> Cleared:
    clearings: list[Clearing] = []
    for of in liveness(system, roles=roles):
        plan = _plan(of, system, is_wanted)
        if plan.clearings:
            clearings += plan.clearings
            system = Clearer(plan, system.terms).system(system)
    return Cleared(system, tuple(clearings))


def _plan(of: Liveness, system: System, is_wanted: Callable[[Type], bool]) -> Plan:
    wanted = 0
    hidden: dict[Variable, Variable] = {}
    for number, variable in enumerate(of.variables):
        part = part_type(variable, of.process)
        if not is_wanted(part):
            continue
        if not _names_element(part):
            wanted |= 1 << number
        elif _can_be_hidden(of, number, system):
            wanted |= 1 << number
            hidden[variable] = _as_option(variable, of.process)
    points = [point.name for point in of.process.points]
    dead = {point: wanted & ~of.live[point] for point in points}
    clearings = tuple(
        Clearing(variable, of.process, where)
        for number, variable in enumerate(of.variables)
        if (where := tuple(point for point in points if dead[point] >> number & 1))
    )
    return Plan(of, dead, hidden, clearings)


def _names_element(of: Type) -> bool:
    """Tell whether the default of a type names an element of a symmetric sort."""
    return not all(is_symmetric(of, default(of), sort) for sort in sorts_in(of))


# --- variables that become options ----------------------------------------------------------------


def _can_be_hidden(of: Liveness, number: int, system: System) -> bool:
    """Tell whether a variable can be none wherever it is dead and when the system starts."""
    variable, bit = of.variables[number], 1 << number
    if not of.private & bit or isinstance(part_type(variable, of.process), OptionType):
        return False
    for action in of.actions:
        own = OwnParts(action, of.process)
        if not all(own.covers(each.place) for each in assignments(action.body, variable)):
            return False
    for effect in effects_in(system.init):
        if any(variable in variables_read(expr) for expr in expressions(effect)):
            return False
    given = [each.place for each in assignments(system.init, variable)]
    if any(len(place.path) > (of.process.index is not None) for place in given):
        return False
    is_given = any(not place.path for place in given)
    return is_given or not any(of.live[point] & bit for point in _first_points(of, system))


def _first_points(of: Liveness, system: System) -> frozenset[str]:
    """Return the control points at which threads may rest at first, or more than these."""
    found = {control_type(of.process).members[0]}
    for each in assignments(system.init, of.process.control):
        value = each.value.body if isinstance(each.value, MapOf) else each.value
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            return frozenset(of.live)
        found.add(value.value)
    return frozenset(found)


def _as_option(variable: Variable, process: Process) -> Variable:
    of: Type = OptionType(part_type(variable, process))
    if process.index is not None:
        of = MapType(process.index, of)
    return Variable(variable.name, of, variable.role, variable.owner, variable.site)
