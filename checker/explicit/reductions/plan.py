"""Which reductions a search is made with, and what is said about them.

Reductions are asked for; none is applied by itself, so that counts are those of the specification
as it is written. One that would not be sound for a system is left out, and the report says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from checker.explicit.depth import room_for
from checker.explicit.layout import Layout
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact
from checker.explicit.reductions.dead import ALL_ROLES, PRIVATE_ROLES, clear_dead, hide_elements
from checker.explicit.reductions.images import Images
from checker.explicit.reductions.permute import swap
from checker.explicit.reductions.restore import restored
from checker.explicit.reductions.symmetry import Asymmetry, symmetry
from checker.explicit.search import check

if TYPE_CHECKING:
    from checker.explicit.checkpoint import Keeper
    from checker.explicit.reductions.clearing import Clearing
    from checker.explicit.search import EngineMaker, Progress, SearchOptions
    from checker.model.system import System
    from checker.model.types import SortType
    from checker.model.verdict import Result

SHOWN = 3
"""Variables that are named in a note."""


class Reduction(Enum):
    """The ways to search fewer states.

    DEAD clears the locals of processes where they are dead, OWNED every variable that one process
    alone reads. SYMMETRY searches one state of all that differ by a renaming.
    """

    DEAD = "dead"
    OWNED = "owned"
    SYMMETRY = "symmetry"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a search is made with.

    Attributes:
        original: the system that the result is about.
        system: the one that is searched.
        sorts: those whose elements are renamed.
        notes: sentences about what is done and what is not.
    """

    original: System
    system: System
    sorts: tuple[SortType, ...]
    notes: tuple[str, ...]


def plan(system: System, wanted: Iterable[Reduction]) -> Plan:
    """Return how to search a system with as many of the wanted reductions as are sound."""
    chosen = frozenset(wanted)
    if system.speaks_of_runs and chosen:
        note = "nothing is reduced: claims about whole runs are judged on all states"
        return Plan(system, system, (), (note,))
    with room_for(system):
        return _plan(system, chosen)


def _plan(original: System, wanted: frozenset[Reduction]) -> Plan:
    system, notes = original, list[str]()
    if wanted & {Reduction.DEAD, Reduction.OWNED}:
        roles = ALL_ROLES if Reduction.OWNED in wanted else PRIVATE_ROLES
        cleared = clear_dead(system, roles=roles)
        system = cleared.system
        notes.append(_told_clearings(cleared.clearings))
    sorts: tuple[SortType, ...] = ()
    if Reduction.SYMMETRY in wanted:
        system = hide_elements(system).system
        sorts, broken = _symmetric(system)
        notes += [f"the symmetry of {each.sort.name} is not used: {each.reason}" for each in broken]
        if not sorts and not broken:
            notes.append("there is no symmetric sort of more than one element")
    return Plan(original, system, sorts, tuple(notes))


def check_reduced(
    system: System,
    wanted: Iterable[Reduction],
    options: SearchOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    make_engine: EngineMaker = PythonEngine,
    keeper: Keeper | None = None,
) -> Result:
    """Search a system with reductions; the result is about the system as it is.

    Raises:
        CannotResume: the checkpoint is of another system, or of other reductions.
    """
    by = plan(system, wanted)
    result = check(by.system, options, progress, make_engine, keeper, sorts=by.sorts)
    result = replace(result, notes=(*by.notes, *result.notes))
    with room_for(by.system):
        return restored(system, result)


# --- symmetry -------------------------------------------------------------------------------------


def _symmetric(system: System) -> tuple[tuple[SortType, ...], tuple[Asymmetry, ...]]:
    """Return the sorts that may be permuted, and why others may not."""
    found = symmetry(system)
    broken = list(found.broken)
    if not found.sorts:
        return (), tuple(broken)
    layout = Layout(system)
    states = frozenset(Exact(system, layout).initial()[0])
    for sort in found.sorts:
        if not all(map(states.__contains__, _swapped(layout, sort, states))):
            broken.append(Asymmetry(sort, "the initial states tell its elements apart"))
    left_out = {each.sort for each in broken}
    return tuple(sort for sort in found.sorts if sort not in left_out), tuple(broken)


def _swapped(layout: Layout, sort: SortType, states: Iterable[int]) -> Iterator[int]:
    """Yield states with two neighbouring elements of a sort exchanged, for all such pairs."""
    images = Images(layout, (sort,))
    for at in range(sort.size - 1):
        yield from map(images.under((swap(sort.size, at, at + 1),)), states)


# --- telling --------------------------------------------------------------------------------------


def _told_clearings(clearings: Sequence[Clearing]) -> str:
    if not clearings:
        return "no variable is ever dead, so none is cleared"
    told = [
        f"`{each.variable.name}` at {len(each.points)} of {len(each.process.points)} places"
        for each in clearings[:SHOWN]
    ]
    if len(clearings) > SHOWN:
        told.append(f"and {len(clearings) - SHOWN} more")
    return f"reduced: variables are cleared where they are dead: {', '.join(told)}"
