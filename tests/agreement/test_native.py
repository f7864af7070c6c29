"""The native engine against the reference exploration, and against the engine in Python."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
import pytest

from checker.explicit.automatic import engine_maker
from checker.explicit.native import kernels
from checker.explicit.native.engine import NativeEngine
from checker.explicit.native.memory import pack, unpack, zeros
from checker.explicit.search import check
from checker.model.ir import Role, Variable
from checker.model.system import System
from checker.model.types import IntType
from checker.model.verdict import Result
from grammar.source import NOWHERE
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

PADDING = (1, 2, 3, 5, 8, 13, 21, 40, 61, 62, 70)
"""Widths of variables that do nothing but push the others across the borders of words."""


def widened(system: System) -> System:
    """Return the system with states of many words, in which every variable lies elsewhere."""
    padding = tuple(
        Variable(f"pad{bits}", IntType(0, (1 << bits) - 1), Role.SHARED, None, NOWHERE)
        for bits in PADDING
    )
    return replace(system, variables=(*system.variables, *padding))


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
    assert_engine_agrees(seeded_system(seed), engine_maker(threshold=threshold, workers=2))


@pytest.mark.parametrize("is_wide", [False, True])
def test_native_is_the_same_as_python_to_the_byte(is_wide: bool) -> None:
    system = widened(mcs_benchmark(3)) if is_wide else mcs_benchmark(3)
    expected = told(check(system, make_engine=engine_maker("python")))
    assert told(check(system, make_engine=engine_maker("native", workers=1))) == expected
    assert told(check(system, make_engine=engine_maker(threshold=1000))) == expected


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("is_wide", [False, True])
def test_workers_change_nothing(workers: int, is_wide: bool) -> None:
    system = mcs_benchmark(4)
    result = check(
        widened(system) if is_wide else system,
        make_engine=partial(NativeEngine, workers=workers),
    )
    assert (result.statistics.distinct, result.statistics.transitions) == COUNTS[4]


@pytest.mark.slow
def test_a_growing_level_is_handed_over_in_the_middle() -> None:
    result = check(mcs_benchmark(4), make_engine=engine_maker(threshold=6_000))
    assert (result.statistics.distinct, result.statistics.transitions) == COUNTS[4]


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [1, 2, 5])
def test_packing_is_undone_by_unpacking(words: int) -> None:
    random = Random(words)
    states = [random.getrandbits(64 * words - 1) for _ in range(100)]
    assert unpack(pack(states, words), words) == states


def test_a_narrow_table_is_a_set() -> None:
    random = Random(1)
    table, shift = zeros(1 << 10), np.uint64(54)
    states = [random.choice((random.randrange(400), random.getrandbits(63))) for _ in range(1200)]
    out = np.zeros(len(states), np.uint64)
    count = kernels.admit_narrow(pack(states, 1), len(states), table, shift, out)
    assert unpack(out[:count], 1) == list(dict.fromkeys(states))
    again = kernels.admit_narrow(pack(states, 1), len(states), table, shift, out)
    assert again == 0


def test_a_narrow_table_keeps_its_members_when_it_grows() -> None:
    random = Random(2)
    states = [random.getrandbits(63) for _ in range(800)]
    small, large = zeros(1 << 10), zeros(1 << 11)
    out = np.zeros(len(states), np.uint64)
    kernels.admit_narrow(pack(states, 1), len(states), small, np.uint64(54), out)
    kernels.rehash(small, 0, len(small), large, np.uint64(53), False)
    again = kernels.admit_narrow(pack(states, 1), len(states), large, np.uint64(53), out)
    assert again == 0
    assert np.count_nonzero(large) == len(set(states))


@pytest.mark.parametrize("words", [2, 5])
def test_a_wide_table_is_a_set(words: int) -> None:
    random = Random(words)
    # Few values per word, so that states differ in one word only.
    states = [sum(random.randrange(3) << 64 * at for at in range(words)) for _ in range(700)] + [
        random.getrandbits(64 * words - 1) for _ in range(200)
    ]
    table, arena, shift = zeros(1 << 11), zeros(1000 * words), np.uint64(53)
    packed = pack(states, words)
    count = kernels.admit_wide(packed, len(states), words, table, shift, arena, 0)
    assert unpack(arena[: count * words], words) == list(dict.fromkeys(states))
    larger = zeros(1 << 12)
    kernels.rehash_wide(arena, 0, count, words, larger, np.uint64(52), False)
    again = kernels.admit_wide(packed, len(states), words, larger, np.uint64(52), arena, count)
    assert again == count
