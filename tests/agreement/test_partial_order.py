"""Searches by partial order against searches of every order: the same is wrong and reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from checker.explicit.engine import Subject
from checker.explicit.reductions.order.visible import restless
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import check
from checker.model.system import System
from checker.model.verdict import FindingKind, Verdict
from tests.support.random_pipelines import seeded_pipeline
from tests.support.random_threads import seeded_threads
from tests.support.system_strategies import seeded_system
from tests.support.whole_search import Whole, by_all_reductions, by_partial_order, whole

LIMIT = 600
"""States of a system that is worth the time."""

MAKERS = (seeded_pipeline, seeded_pipeline, seeded_threads, seeded_system)


def systems(seeds: Iterable[int]) -> Iterator[tuple[System, Whole]]:
    """Yields random systems to which the reduction applies, with what there is to find."""
    for seed in seeds:
        system = MAKERS[seed % len(MAKERS)](seed)
        if restless(system) is None:
            expected = whole(system, limit=LIMIT)
            if expected is not None:
                yield system, expected


def compare(seeds: Iterable[int]) -> tuple[int, int]:
    """Compares searches; returns how many, and how many of them were shorter."""
    count = shorter = 0
    for system, expected in systems(seeds):
        found = by_partial_order(system)
        assert found.wrong == expected.wrong
        assert found.covered == expected.covered
        assert found.states <= expected.states
        count += 1
        shorter += found.transitions < expected.transitions
    return count, shorter


def test_the_same_is_found_in_random_systems() -> None:
    count, shorter = compare(range(160))
    assert count > 120
    assert shorter > 40


@pytest.mark.slow
@pytest.mark.parametrize("start", range(10_000, 22_000, 1_000))
def test_the_same_is_found_in_many_random_systems(start: int) -> None:
    """Twelve times a thousand systems, since some are too large or have to be searched whole."""
    count, _ = compare(range(start, start + 1_000))
    assert count > 833


def compare_all(seeds: Iterable[int]) -> int:
    """Compares searches with all reductions at once; returns how many were shorter."""
    shorter = 0
    for system, expected in systems(seeds):
        found = by_all_reductions(system)
        assert found.wrong == expected.wrong
        assert found.covered[0] == expected.covered[0]
        shorter += found.states < expected.states
    return shorter


def test_all_reductions_together_find_the_same() -> None:
    assert compare_all(range(2_000, 2_040)) > 15


@pytest.mark.slow
@pytest.mark.parametrize("start", range(30_000, 32_000, 1_000))
def test_all_reductions_together_find_the_same_many_times(start: int) -> None:
    assert compare_all(range(start, start + 1_000)) > 400


def test_the_verdict_is_the_same_and_traces_are_real() -> None:
    """All reductions together; each trace has been replayed by the interpreter before."""
    for system, expected in systems(range(1_000, 1_024)):
        kinds = {
            each.kind is FindingKind.EVALUATION for each in expected.wrong if each.kind is not None
        }
        for wanted in ([Reduction.PARTIAL_ORDER], list(Reduction)):
            found = check_reduced(system, wanted)
            assert {Subject(each.kind, each.name) for each in found.findings} <= expected.wrong
            assert all(each.trace is not None for each in found.findings)
            if len(kinds) < 2:
                # What is nearest may differ, and so may the word for it where both kinds occur.
                assert found.verdict is check(system).verdict
            if found.verdict is Verdict.HOLDS:
                unreached = {each.property.name for each in found.witnesses if each.trace is None}
                full = check(system)
                assert unreached == {e.property.name for e in full.witnesses if e.trace is None}
                assert found.vacuities == full.vacuities
