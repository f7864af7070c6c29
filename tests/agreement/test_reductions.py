"""Reductions against the unreduced interpreter: the same verdict, for the same reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations, product

import pytest

from checker.explicit.reductions.dead import ALL_ROLES, PRIVATE_ROLES, clear_dead
from checker.explicit.reductions.plan import Reduction, check_reduced, plan
from checker.explicit.search import check
from checker.model.explore import Exploration, explore, finding_length
from checker.model.system import System
from checker.model.types import SortType
from checker.model.verdict import Result, Verdict
from tests.support.permute import renamed_state
from tests.support.random_threads import seeded_threads
from tests.support.system_strategies import seeded_system

LIMIT = 300
"""States of a system that is worth the time."""


def systems(seeds: Iterable[int]) -> list[System]:
    """Returns random systems of both kinds whose reference exploration takes no time."""
    made = [make(seed) for seed in seeds for make in (seeded_threads, seeded_system)]
    return [system for system in made if explore(system, LIMIT).complete]


def told(found: Exploration) -> list[tuple[str, str, int]]:
    """Returns what is wrong with a system, with the least number of steps to it."""
    return [(each.kind.value, each.name, finding_length(each)) for each in found.findings]


def seen(found: Exploration) -> list[tuple[str, int | None]]:
    """Returns what can be reached, and in how many steps."""
    return [
        (each.property.name, None if each.trace is None else len(each.trace.steps))
        for each in found.witnesses
    ]


def covered(found: Result) -> object:
    coverage = found.coverage
    assert coverage is not None
    taken = [count > 0 for _, count in coverage.actions]
    return taken, coverage.branches, coverage.implications


def assert_dead_agrees(system: System) -> int:
    """Compares all that the interpreter finds; returns how often there was something to clear."""
    cases = 0
    expected = explore(system)
    for roles in (PRIVATE_ROLES, ALL_ROLES):
        cleared = clear_dead(system, roles=roles)
        if cleared.clearings:
            found = explore(cleared.system)
            assert told(found) == told(expected)
            assert seen(found) == seen(expected)
            assert found.distinct <= expected.distinct
            cases += 1
    return cases


def assert_symmetry_agrees(system: System) -> int:
    """Compares the whole result, traces included; returns whether a sort was permuted."""
    by = plan(system, [Reduction.SYMMETRY])
    if not by.sorts or any(each.trace is None for each in explore(system).findings):
        return 0
    expected, found = check(system), check_reduced(system, [Reduction.SYMMETRY])
    assert found.verdict is expected.verdict
    assert found.findings == expected.findings
    assert found.witnesses == expected.witnesses
    assert covered(found) == covered(expected)
    if found.verdict is Verdict.HOLDS and by.system is system:
        assert found.statistics.distinct == orbits(system, by.sorts, explore(system))
        count = f"{expected.statistics.distinct:,}"
        assert any(note.endswith(f"stand for {count}") for note in found.notes)
    return 1


def orbits(system: System, sorts: Sequence[SortType], of: Exploration) -> int:
    """Counts orbits by trying every renaming of the elements of some sorts on every state."""
    orders = list(product(*(permutations(range(sort.size)) for sort in sorts)))
    least = {
        min(
            written(renamed_state(system, state, dict(zip(sorts, each, strict=True))))
            for each in orders
        )
        for state in of.states
    }
    return len(least)


def written(value: object) -> str:
    """Returns a text that equal values share; `repr` of a set depends on how it came about."""
    match value:
        case frozenset():
            return "{" + ",".join(sorted(map(written, value))) + "}"
        case tuple():
            return "(" + ",".join(map(written, value)) + ")"
        case _:
            return repr(value)


def assert_all_agree(system: System) -> None:
    """Compares what all of them together find with what there is."""
    expected = check(system)
    found = check_reduced(system, [Reduction.DEAD, Reduction.OWNED, Reduction.SYMMETRY])
    assert found.verdict is expected.verdict
    assert [(f.kind, f.name) for f in found.findings] == [
        (f.kind, f.name) for f in expected.findings
    ]
    for ours, theirs in zip(found.findings, expected.findings, strict=True):
        if theirs.trace is not None:
            assert ours.trace is not None
            assert len(ours.trace.states) == len(theirs.trace.states)


def test_dead_variables_on_random_systems() -> None:
    assert sum(map(assert_dead_agrees, systems(range(40)))) > 40


def test_symmetry_on_random_systems() -> None:
    assert sum(map(assert_symmetry_agrees, systems(range(40)))) > 20


def test_all_together_on_random_systems() -> None:
    for system in systems(range(40, 60)):
        assert_all_agree(system)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 1_100, 100))
def test_many_random_systems(start: int) -> None:
    for system in systems(range(start, start + 100)):
        assert_dead_agrees(system)
        assert_symmetry_agrees(system)
        assert_all_agree(system)
