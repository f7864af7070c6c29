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
from checker.explicit.python.exact import Exact, conjuncts
from checker.explicit.reductions.dead import ALL_ROLES, PRIVATE_ROLES, clear_dead, hide_elements
from checker.explicit.reductions.images import Images
from checker.explicit.reductions.order.engine import PartialOrderEngine
from checker.explicit.reductions.order.steps import MOST_STEPS, count_steps
from checker.explicit.reductions.order.visible import restless
from checker.explicit.reductions.permute import swap
from checker.explicit.reductions.restore import restored
from checker.explicit.reductions.symmetry import Asymmetry, symmetry
from checker.explicit.search import check
from checker.model.system import PropertyKind
from checker.model.verdict import Verdict

if TYPE_CHECKING:
    from checker.explicit.automatic import PythonMaker
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
    alone reads. SYMMETRY searches one state of all that differ by a renaming. PARTIAL_ORDER does
    not try every order of steps that do not disturb one another.
    """

    DEAD = "dead"
    OWNED = "owned"
    SYMMETRY = "symmetry"
    PARTIAL_ORDER = "partial-order"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a search is made with.

    Attributes:
        original: the system that the result is about.
        system: the one that is searched.
        sorts: those whose elements are renamed.
        is_partial: whether steps may be left out.
        notes: sentences about what is done and what is not.
    """

    original: System
    system: System
    sorts: tuple[SortType, ...]
    is_partial: bool
    notes: tuple[str, ...]


def plan(system: System, wanted: Iterable[Reduction]) -> Plan:
    """Return how to search a system with as many of the wanted reductions as are sound."""
    chosen = frozenset(wanted)
    if system.speaks_of_runs and chosen:
        note = "nothing is reduced: claims about whole runs are judged on all states"
        return Plan(system, system, (), False, (note,))
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
        sorts, broken = symmetric_sorts(system)
        notes += [f"the symmetry of {each.sort.name} is not used: {each.reason}" for each in broken]
        if not sorts and not broken:
            notes.append("there is no symmetric sort of more than one element")
    hindrance = _order_is_needed(system) if Reduction.PARTIAL_ORDER in wanted else None
    if hindrance is not None:
        notes.append(f"partial order is not used: {hindrance}")
    is_partial = Reduction.PARTIAL_ORDER in wanted and hindrance is None
    return Plan(original, system, sorts, is_partial, tuple(notes))


def check_reduced(
    system: System,
    wanted: Iterable[Reduction],
    options: SearchOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    make_engine: EngineMaker = PythonEngine,
    make_partial: Callable[[PythonMaker], EngineMaker] = lambda python: python,
    keeper: Keeper | None = None,
) -> Result:
    """Search a system with reductions; the result is about the system as it is.

    Args:
        make_partial: returns the maker of the engine for partial order, around the one in Python.

    Raises:
        CannotResume: the checkpoint is of another system, or of other reductions.
    """
    by = _within_depth(plan(system, wanted), options)
    made: list[PartialOrderEngine] = []

    def python(system: System, layout: Layout, exact: Exact) -> PartialOrderEngine:
        # A search that gave up could not be resumed to the same end.
        is_on_trial = keeper is None
        made.append(PartialOrderEngine(system, layout, exact, is_on_trial=is_on_trial))
        return made[-1]

    if by.is_partial:
        make_engine = python if keeper is not None else make_partial(python)

    result = check(
        by.system,
        options,
        progress,
        make_engine,
        keeper,
        sorts=by.sorts,
        manner=Reduction.PARTIAL_ORDER.value if by.is_partial else "",
    )
    told = [note for engine in made[-1:] for note in _told_order(engine, result)]
    result = replace(result, notes=(*by.notes, *result.notes, *told))
    with room_for(by.system):
        return restored(system, result)


def _within_depth(by: Plan, options: SearchOptions | None) -> Plan:
    """Return the plan for a search that may have a bound.

    What is within reach by some steps may only be found by more of them in partial order.
    """
    if not by.is_partial or options is None or options.max_depth is None:
        return by
    note = "partial order is not used: it would make `--max-depth` say less"
    return replace(by, is_partial=False, notes=(*by.notes, note))


# --- symmetry -------------------------------------------------------------------------------------


def symmetric_sorts(system: System) -> tuple[tuple[SortType, ...], tuple[Asymmetry, ...]]:
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


# --- partial order --------------------------------------------------------------------------------


def _order_is_needed(system: System) -> str | None:
    """Return why every order of steps has to be tried, None if that need not be."""
    count = count_steps(system)
    if count > MOST_STEPS:
        return f"{count:,} steps are too many to compare with one another"
    conjunct = restless(system)
    if conjunct is not None:
        return f"`{conjunct.name}` may fail on a step that changes nothing it reads"
    return None


def _told_order(engine: PartialOrderEngine, result: Result) -> Iterator[str]:
    """Yield what is to be said about a search by partial order."""
    if not engine.reduced:
        yield "partial order left out nothing"
        return
    standing = "those searched stand for all; " if result.verdict is Verdict.HOLDS else ""
    since = ", since the checkpoint" if engine.is_resumed else ""
    yield (
        f"reduced by partial order: {standing}in {engine.reduced:,} of {engine.expanded:,} states "
        f"some steps were left out, {engine.left:,} in all{since}"
    )
    if not engine.is_reducing:
        yield "partial order was given up: it saved too little"
    traces = [each.trace for each in result.findings] + [each.trace for each in result.witnesses]
    if any(trace is not None for trace in traces):
        yield "by partial order a trace need not be a shortest one"
    steps = {each.name for each in conjuncts(result.system, PropertyKind.STEP)}
    vacuous = () if result.coverage is None else result.coverage.implications
    if any(name in steps for name, _, _ in vacuous):
        # Which steps change nothing that a property reads, and where, depends on their order.
        yield "the left side of an implication in a step property may hold on a step left out"


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
