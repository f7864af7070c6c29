"""Generated code against the interpreter: spaces, findings, coverage, traces."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings

from checker.explicit.python.engine import PythonEngine
from checker.model.system import System
from tests.support.budgets import BUDGETS
from tests.support.engine_laws import assert_engine_agrees
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.system_strategies import seeded_system, systems
from tests.support.systems import (
    Crash,
    clock,
    composite,
    counter_ring,
    crasher,
    deadlocker,
    digraph,
    spin_lock,
)

KNOWN = {
    "clock": clock(),
    "digraph": digraph([[0, 1, 2, 3], [0, 2], [3, 1]], bad=3),
    "digraph ends": digraph([[0, 1], [0, 2]], final=2),
    "counter_ring": counter_ring(),
    "counter_ring large": counter_ring(3, 4),
    "deadlocker": deadlocker(),
    "deadlocker 3": deadlocker(3),
    "spin_lock": spin_lock(3),
    "spin_lock broken": spin_lock(2, broken=True),
    "composite": composite(),
    "mcs": mcs_benchmark(2),
    "mcs optional": mcs_benchmark(2, optional=True),
    **{f"crasher {how.value}": crasher(how) for how in Crash},
}


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("name", KNOWN)
def test_known_systems(name: str, budget: str) -> None:
    assert_engine_agrees(KNOWN[name], partial(PythonEngine, budget=BUDGETS[budget]))


@pytest.mark.parametrize("budget", BUDGETS)
@settings(max_examples=40)
@given(systems(budget=200))
def test_random_systems(budget: str, system: System) -> None:
    assert_engine_agrees(system, partial(PythonEngine, budget=BUDGETS[budget]))


@pytest.mark.slow
@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("start", range(0, 1_000, 100))
def test_many_random_systems(start: int, budget: str) -> None:
    for seed in range(start, start + 100):
        assert_engine_agrees(seeded_system(seed), partial(PythonEngine, budget=BUDGETS[budget]))
