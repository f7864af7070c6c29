"""What multiplies the states of a system: variables, processes, and one element more of a sort.

A variable *multiplies* the states by the number of states divided by the number that are left when
it is not looked at. A variable that the others determine has factor 1, whatever its type; one that
is independent of them has as many as it has values. Factors of different variables do not multiply
up: two variables that always agree have factor 1 each, since either can be left out.

States are taken breadth first. If there are more than the limit the factors are those of the first
levels, which are less mixed than later ones: they are lower bounds more often than not, and said to
be estimates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.explicit.depth import room_for
from checker.explicit.layout import Layout
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact
from checker.model.ir import Role
from checker.model.sizes import count_up_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from checker.model.ir import Variable
    from checker.model.system import System

LIMIT: Final = 100_000
"""States of a sample: about a tenth of a second."""

MOST_VALUES: Final = 10**12


@dataclass(frozen=True, slots=True)
class Sample:
    """States of a system, packed.

    Attributes:
        levels: numbers of states at each distance from the initial ones.
        is_complete: whether these are all reachable states.
    """

    layout: Layout
    states: list[int]
    levels: tuple[int, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Something that could be left out of the states.

    Attributes:
        bits: of the packed state that it takes.
        seen: different values of it in the sample.
        possible: values that its type has, None where it is no single variable or has more than
            `MOST_VALUES`.
        factor: how many times as many states there are with it as without.
    """

    name: str
    bits: int
    seen: int
    possible: int | None
    factor: float


@dataclass(frozen=True, slots=True)
class Growth:
    """How the states grow with a sort or constant.

    Attributes:
        counts: (value, states) for some values in ascending order; None where there are too many.
    """

    name: str
    counts: tuple[tuple[int, int | None], ...]

    @property
    def factor(self) -> float | None:
        """By what the last step up multiplied the states, if it is known."""
        known = [count for _, count in self.counts if count is not None]
        return known[-1] / known[-2] if len(known) > 1 and known[-2] else None


def sample(system: System, limit: int = LIMIT) -> Sample:
    """Return the reachable states, or the first levels that hold more than `limit` of them."""
    layout = Layout(system)
    with room_for(system):
        exact = Exact(system, layout)
        engine = PythonEngine(system, layout, exact)
        level, _ = engine.admit(exact.initial()[0])
        levels = [level]
        while level and sum(map(len, levels)) <= limit:
            level, _ = engine.expand(level, lambda _: True)
            levels.append(level)
    return Sample(
        layout=layout,
        states=[state for each in levels for state in each],
        levels=tuple(len(each) for each in levels if each),
        is_complete=not level,
    )


def variables(taken: Sample) -> list[Part]:
    """Return what each variable does to the number of states, the worst first."""
    parts = [
        _part(taken, variable.name, (variable,), _possible(variable))
        for variable in taken.layout.variables
    ]
    return sorted(parts, key=lambda part: (-part.factor, part.name))


def groups(system: System, taken: Sample) -> list[Part]:
    """Return the same of each process with its locals, and of all ghosts together."""
    found = [
        _part(taken, process.name, _private(system, process.name), None)
        for process in system.processes
    ]
    if system.ghosts:
        found.append(_part(taken, "ghost variables", system.ghosts, None))
    return sorted(found, key=lambda part: (-part.factor, part.name))


def _private(system: System, process: str) -> tuple[Variable, ...]:
    """Return the control point and the locals of a process."""
    return tuple(
        variable
        for variable in system.variables
        if variable.role in {Role.CONTROL, Role.LOCAL} and variable.name.startswith(f"{process}.")
    )


def _possible(variable: Variable) -> int | None:
    count = count_up_to(variable.type, MOST_VALUES)
    return count if count <= MOST_VALUES else None


def _part(taken: Sample, name: str, of: Iterable[Variable], possible: int | None) -> Part:
    mask = 0
    for variable in of:
        mask |= taken.layout.slots[variable].mask
    states = taken.states
    without = len({state & ~mask for state in states})
    return Part(
        name=name,
        bits=mask.bit_count(),
        seen=len({state & mask for state in states}),
        possible=possible,
        factor=len(states) / max(1, without),
    )


def growth(
    name: str, values: Iterable[int], system_at: Callable[[int], System | None], limit: int = LIMIT
) -> Growth:
    """Count the states at some values of a constant or sizes of a sort.

    Args:
        system_at: the system at a value, None if it cannot have it.
    """
    counts: list[tuple[int, int | None]] = []
    for value in values:
        system = system_at(value)
        if system is None:
            continue
        taken = sample(system, limit)
        counts.append((value, len(taken.states) if taken.is_complete else None))
    return Growth(name, tuple(counts))
