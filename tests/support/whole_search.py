"""Searches that stop for nothing, so that all there is to find can be compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checker.explicit.depth import room_for
from checker.explicit.engine import Subject
from checker.explicit.layout import Layout
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact
from checker.explicit.reductions.canonical import Orbits
from checker.explicit.reductions.order.engine import PartialOrderEngine
from checker.explicit.reductions.order.stubborn import ALL_CONDITIONS, Conditions
from checker.explicit.reductions.plan import Reduction, plan
from checker.model.system import System


@dataclass(frozen=True, slots=True)
class Whole:
    """What a search finds that stops for nothing.

    Attributes:
        wrong: also what is reached.
        covered: which actions occur, and the branches and implications, as bits.
    """

    states: int
    transitions: int
    wrong: frozenset[Subject]
    covered: tuple[object, ...]


def whole(
    system: System,
    make: Callable[[System, Layout, Exact], PythonEngine] = PythonEngine,
    limit: int | None = None,
) -> Whole | None:
    """Search to the very end; None if there are more states than the limit."""
    with room_for(system):
        layout = Layout(system)
        exact = Exact(system, layout)
        engine = make(system, layout, exact)
        level, found = engine.admit(exact.initial()[0])
        states, counts, wrong = found.new, [0] * len(system.actions), set(found.sightings)
        while found.new:
            level, found = engine.expand(level, lambda _: True)
            states += found.new
            wrong |= found.sightings.keys()
            counts = [a + b for a, b in zip(counts, found.transitions, strict=True)]
            if limit is not None and states > limit:
                return None
        covered = tuple(count > 0 for count in counts), found.taken, found.tested
        return Whole(states, sum(counts), frozenset(wrong), covered)


def by_all_reductions(system: System) -> Whole:
    """Search to the very end with every reduction that applies."""
    by = plan(system, Reduction)

    def make(system: System, layout: Layout, exact: Exact) -> PythonEngine:
        orbits = Orbits(layout, by.sorts) if by.sorts else None
        exact = Exact(system, layout, orbits=orbits)
        return (PartialOrderEngine if by.is_partial else PythonEngine)(system, layout, exact)

    found = whole(by.system, make)
    assert found is not None
    return found


def by_partial_order(system: System, conditions: Conditions = ALL_CONDITIONS) -> Whole:
    """Search by partial order to the very end."""

    def make(system: System, layout: Layout, exact: Exact) -> PythonEngine:
        return PartialOrderEngine(system, layout, exact, conditions)

    found = whole(system, make)
    assert found is not None
    return found
