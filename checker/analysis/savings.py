"""What each reduction would save: estimated from a sample of the states, verified where cheap.

Clearing and symmetry make states fall together, so the sample tells: it is carried over state by
state, and what remains is counted. Of a complete sample that is the exact number. Partial order
makes no states equal but leaves some out, and which is only known once they are; of it the sample
tells how many steps it would leave out.

Where few states are promised the reduced search itself is made, and its states are counted. It
stops for nothing that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from checker.explicit.depth import room_for
from checker.explicit.layout import Layout, encode, width
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact
from checker.explicit.reductions.canonical import Orbits
from checker.explicit.reductions.clearing import part_type
from checker.explicit.reductions.dead import ALL_ROLES, PRIVATE_ROLES, clear_dead
from checker.explicit.reductions.order.engine import PartialOrderEngine
from checker.explicit.reductions.order.stubborn import Stubborn
from checker.explicit.reductions.plan import Plan, Reduction, plan
from checker.model.system import control_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.analysis.space import Sample
    from checker.explicit.reductions.clearing import Clearing
    from checker.model.system import System

CHEAP: Final = 20_000
"""States of a reduced search that is made to verify an estimate."""

LOOKED_AT: Final = 500
"""States of the sample in which partial order chooses."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What a reduction would save.

    Attributes:
        name: as `--reduce` has it, or `all`.
        share: of the states, those that would be searched, by the sample; None if it cannot tell.
        left: of the steps, those that would be left out, by the sample; None if all are taken.
        states: those that a search with the reduction has; None if none was made to the end.
        why_not: why the reduction does nothing; empty if it may do something.
    """

    name: str
    share: float | None = None
    left: float | None = None
    states: int | None = None
    why_not: str = ""


def savings(system: System, taken: Sample, cheap: int = CHEAP) -> list[Saving]:
    """Return what each reduction, and all of them together, would save.

    Claims about whole runs, with which nothing is reduced, are left out.

    Args:
        taken: states of this very system.
        cheap: states of a search that is made to verify an estimate.
    """
    system = replace(system, temporal=(), bypasses=(), refinements=())
    with room_for(system):
        found = [_saving(system, taken, each, cheap) for each in Reduction]
        useful = [each for each in found if not each.why_not]
        if len(useful) > 1:
            by = plan(system, Reduction)
            found.append(Saving("all", states=_searched(by, useful, taken, cheap)))
    return found


def _saving(system: System, taken: Sample, reduction: Reduction, cheap: int) -> Saving:
    by = plan(system, (reduction,))
    share: float | None = None
    left: float | None = None
    match reduction:
        case Reduction.DEAD | Reduction.OWNED:
            roles = ALL_ROLES if reduction is Reduction.OWNED else PRIVATE_ROLES
            clearings = clear_dead(system, roles=roles).clearings
            if not clearings:
                return Saving(reduction.value, why_not="no variable is ever dead")
            share = _share(taken, _clearing(taken.layout, clearings))
        case Reduction.SYMMETRY:
            if not by.sorts:
                return Saving(reduction.value, why_not="; ".join(by.notes))
            share = _share(taken, Orbits(taken.layout, by.sorts).representative)
        case Reduction.PARTIAL_ORDER:
            if not by.is_partial:
                return Saving(reduction.value, why_not="; ".join(by.notes))
            left = _left_out(system, taken)
            if not left:
                return Saving(reduction.value, why_not="it leaves out nothing in the sample")
    estimate = Saving(reduction.value, share, left)
    return replace(estimate, states=_searched(by, (estimate,), taken, cheap))


# --- estimates ------------------------------------------------------------------------------------


def _share(taken: Sample, standing_for: Callable[[int], int]) -> float:
    return len(set(map(standing_for, taken.states))) / max(1, len(taken.states))


def _clearing(layout: Layout, clearings: Sequence[Clearing]) -> Callable[[int], int]:
    """Return the function that clears the dead variables of a state, as far as it has any.

    Whatever a dead variable is cleared to, states fall together as if it were left out.
    """
    masks: dict[tuple[int, int], dict[int, int]] = {}
    for each in clearings:
        of = control_type(each.process)
        control, slot = layout.slots[each.process.control], layout.slots[each.variable]
        codes = [encode(of, point) for point in each.points]
        part, size = width(part_type(each.variable, each.process)), width(of)
        for number in range(slot.width // part if part else 0):
            field = (control.offset + number * size, size)
            mask = ((1 << part) - 1) << slot.offset + number * part
            at = masks.setdefault(field, {})
            for code in codes:
                at[code] = at.get(code, 0) | mask
    fields = [(offset, (1 << size) - 1, at) for (offset, size), at in masks.items()]

    def cleared(state: int) -> int:
        dead = 0
        for offset, mask, at in fields:
            dead |= at.get(state >> offset & mask, 0)
        return state & ~dead

    return cleared


def _left_out(system: System, taken: Sample) -> float:
    """Return the share of the steps out of some states of the sample that can wait."""
    exact = Exact(system, taken.layout)
    stubborn = Stubborn(system, exact)
    left = steps = 0
    for state in taken.states[:: 1 + len(taken.states) // LOOKED_AT]:
        chosen = stubborn.choose(state, lambda _: True)
        steps += len(exact.transitions(state))
        if chosen is not None:
            left += chosen.left
    return left / max(1, steps)


# --- verifying ------------------------------------------------------------------------------------


def _searched(by: Plan, estimates: Sequence[Saving], taken: Sample, cheap: int) -> int | None:
    """Return the states of a reduced search, if there are few."""
    shares = [each.share for each in estimates if each.share is not None]
    is_promising = any(each.share is None or each.states is not None for each in estimates)
    if not is_promising and min(shares) * len(taken.states) > cheap:
        return None
    layout = Layout(by.system)
    orbits = Orbits(layout, by.sorts) if by.sorts else None
    exact = Exact(by.system, layout, orbits=orbits)
    make = PartialOrderEngine if by.is_partial else PythonEngine
    engine = make(by.system, layout, exact)
    level, found = engine.admit(exact.initial()[0])
    states = found.new
    while found.new:
        if states > cheap:
            return None
        level, found = engine.expand(level, lambda _: True)
        states += found.new
    return states
