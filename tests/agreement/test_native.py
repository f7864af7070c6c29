"""The native engine against the reference exploration, and against the engine in Python."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.native.engine import NativeEngine, NativeOptions
from checker.explicit.search import check
from checker.model.system import System
from checker.model.verdict import Result
from tests.support.engine_laws import assert_engine_agrees
from tests.support.mcs_benchmark import COUNTS, mcs_benchmark
from tests.support.system_strategies import seeded_system
from tests.support.systems import (
    Crash,
    clock,
    composite,
    counter_ring,
    crasher,
    deadlocker,
    spin_lock,
)
from tests.support.widened import widened

SYSTEMS = [
    clock(),
    counter_ring(),
    deadlocker(2),
    deadlocker(3),
    spin_lock(),
    spin_lock(3, broken=True),
    composite(2),
    mcs_benchmark(2),
    mcs_benchmark(2, optional=True),
    *map(crasher, Crash),
]


def told(result: Result) -> object:
    """Return all of a result that must not depend on the engine."""
    numbers = replace(result.statistics, seconds=0.0, memory_bytes=None)
    return (
        result.verdict,
        result.findings,
        result.witnesses,
        result.limits,
        numbers,
        result.coverage,
    )


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_native_agrees_on_known_systems(system: System) -> None:
    assert_engine_agrees(system, NativeEngine)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_native_agrees_on_wide_states(system: System) -> None:
    assert_engine_agrees(widened(system), NativeEngine)


@pytest.mark.parametrize("seed", range(20))
def test_native_agrees_on_random_systems(seed: int) -> None:
    assert_engine_agrees(seeded_system(seed), NativeEngine)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_native_agrees_on_many_random_systems(block: int) -> None:
    for seed in range(20 + 40 * block, 60 + 40 * block):
        assert_engine_agrees(seeded_system(seed), NativeEngine)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_native_agrees_on_many_wide_random_systems(block: int) -> None:
    for seed in range(40 * block, 40 + 40 * block):
        assert_engine_agrees(widened(seeded_system(seed)), NativeEngine)


@pytest.mark.parametrize("seed", range(0, 40, 4))
@pytest.mark.parametrize("threshold", [3, 20])
def test_handing_over_changes_nothing(seed: int, threshold: int) -> None:
    assert_engine_agrees(
        seeded_system(seed), engine_maker(EngineOptions(threshold=threshold, workers=2))
    )


@pytest.mark.parametrize("is_wide", [False, True])
def test_native_is_the_same_as_python_to_the_byte(is_wide: bool) -> None:
    system = widened(mcs_benchmark(3)) if is_wide else mcs_benchmark(3)
    expected = told(check(system, make_engine=engine_maker(EngineOptions("python"))))
    assert (
        told(check(system, make_engine=engine_maker(EngineOptions("native", workers=1))))
        == expected
    )
    assert told(check(system, make_engine=engine_maker(EngineOptions(threshold=1000)))) == expected


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("is_wide", [False, True])
def test_workers_change_nothing(workers: int, is_wide: bool) -> None:
    system = mcs_benchmark(4)
    result = check(
        widened(system) if is_wide else system,
        make_engine=partial(NativeEngine, options=NativeOptions(workers)),
    )
    assert (result.statistics.distinct, result.statistics.transitions) == COUNTS[4]


@pytest.mark.slow
def test_a_growing_level_is_handed_over_in_the_middle() -> None:
    result = check(mcs_benchmark(4), make_engine=engine_maker(EngineOptions(threshold=6_000)))
    assert (result.statistics.distinct, result.statistics.transitions) == COUNTS[4]
