"""The normal form of a system has its states, and all that is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from checker.export.exported import Wrong
from checker.export.scalars import Refused
from checker.load import load
from checker.model.explore import explore
from checker.model.findings import assumption_findings
from checker.model.system import System
from checker.oracle.answers import Answer, differences
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.normal_walker import walk
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

SPECS = Path(__file__).parents[3] / "spec"
KNOWN = {
    "clock": clock(),
    "digraph": digraph([[0, 1, 2, 3], [0, 2], [3, 1]], bad=3),
    "digraph ends": digraph([[0, 1], [0, 2]], final=2),
    "counter_ring": counter_ring(),
    "deadlocker": deadlocker(),
    "spin_lock": spin_lock(3),
    "spin_lock broken": spin_lock(2, broken=True),
    "composite": composite(),
    "mcs optional": mcs_benchmark(2, optional=True),
    **{f"crasher {how.value}": crasher(how) for how in Crash if how is not Crash.LOOP},
}
SHIPPED = (
    "protocols/locks/mcs_broken.k42",
    "protocols/consensus/two_phase_broken.k42",
    "protocols/sync/philosophers_deadlock.k42",
    pytest.param("protocols/sync/scheduling_allocator.k42", marks=pytest.mark.slow),
    "protocols/sync/simple_allocator.k42",
    "examples/die_hard.k42",
)


def assert_same(system: System, *, keeps_symbols: bool) -> None:
    expected = explore(system)
    walked = walk(system, keeps_symbols=keeps_symbols)
    wrongs = frozenset(Wrong(each.kind, each.name) for each in expected.findings)
    ours = Answer(expected.distinct, wrongs, True, 0, 0)
    theirs = Answer(walked.states, walked.wrongs, True, 0, 0)
    assert differences(system, ours, theirs) == ()


def can_begin(system: System) -> bool:
    """Whether there is a start to speak of; without one there is nothing to export."""
    return not any(assumption_findings(system)) and explore(system, 0).initial > 0


@pytest.mark.parametrize("keeps_symbols", [False, True], ids=["unfolded", "symbolic"])
@pytest.mark.parametrize("name", KNOWN)
def test_known_systems(name: str, keeps_symbols: bool) -> None:
    if can_begin(KNOWN[name]):
        assert_same(KNOWN[name], keeps_symbols=keeps_symbols)


def test_a_loop_without_end_is_refused_at_its_place() -> None:
    with pytest.raises(Refused, match="more than 256 rounds") as caught:
        walk(crasher(Crash.LOOP), keeps_symbols=False)
    assert caught.value.site is not None


@pytest.mark.parametrize("keeps_symbols", [False, True], ids=["unfolded", "symbolic"])
@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_specifications(path: str, keeps_symbols: bool) -> None:
    system, diagnostics = load(SPECS / path, {"Cpu": "2"} if "mcs" in path else {})
    assert system is not None, diagnostics
    assert_same(system, keeps_symbols=keeps_symbols)


@pytest.mark.parametrize("keeps_symbols", [False, True], ids=["unfolded", "symbolic"])
@settings(max_examples=60)
@given(systems(budget=200))
def test_random_systems(keeps_symbols: bool, system: System) -> None:
    assume(can_begin(system))
    try:
        assert_same(system, keeps_symbols=keeps_symbols)
    except Refused:
        assume(False)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 1_000, 100))
def test_many_random_systems(start: int) -> None:
    refused = 0
    for seed in range(start, start + 100):
        system = seeded_system(seed)
        if can_begin(system):
            try:
                assert_same(system, keeps_symbols=bool(seed % 2))
            except Refused:
                refused += 1
    assert refused <= 10
