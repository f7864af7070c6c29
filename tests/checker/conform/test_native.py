"""The compiled loops find what the search in Python finds."""

from __future__ import annotations

from typing import Any

import pytest

from checker.conform.explore import explore
from checker.conform.findings import Explored, Options
from checker.conform.flat import Growing, Part, Parts
from checker.conform.frames import Naming
from checker.conform.native import explore_natively
from checker.conform.packing import Widths
from kernel_impl.port import Configuration, open_configuration
from kernel_impl.scenarios.adapt import ACROSS, DIRECT
from tests.checker.conform.systems import increment, pick, system

numba = pytest.importorskip("numba")
FLAT = Naming(kept={"McsLock.acquire.predecessor": 0})


class Exclusive:
    """A lock has one owner, as a monitor: sets are 0 for nobody, else the owner."""

    def listens(self, name: str) -> bool:
        return name in {"acquire", "release"}

    def step(self, spec: int, word: Any) -> int | None:
        for name, (_, thread) in word:
            if (spec != 0) == (name == "acquire") or (name == "release" and spec != thread):
                return None
            spec = thread if name == "acquire" else 0
        return spec


def seen(found: Explored) -> tuple[object, ...]:
    failure = found.failure
    shape = None if failure is None else (failure.kind, failure.text, len(failure.schedule))
    return found.states, found.transitions, found.depth, shape, found.events


def both(configuration: Configuration, **options: Any) -> tuple[Explored, Explored]:
    return (
        explore(configuration, Options(**options)),
        explore_natively(configuration, Options(**options), probed=1),
    )


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("mcs", {}),
        ("mcs", {"threads": 4}),
        ("spin", {}),
        ("fair", {"stale_permits": True, "threads": 2}),
        ("read_write", {}),
        ("sequence", {}),
        ("shutdown", {}),
        ("stop", {}),
        ("generation", {}),
        ("miss", {}),
        ("destroy", {"readers": 1}),
        ("swap", {"clients": 1, "recursion": ACROSS, "is_late": True}),
        ("mediated", {"recursion": DIRECT}),
    ],
)
def test_counts_are_those_of_the_search_in_python(name: str, sizes: dict[str, int]) -> None:
    slow, fast = both(open_configuration(name, **sizes))
    assert slow.is_exhaustive
    assert seen(slow) == seen(fast)


def test_monitor_is_followed() -> None:
    slow, fast = both(open_configuration("mcs", threads=4), monitor=Exclusive())
    assert seen(slow) == seen(fast)
    assert slow.states == 15_920


def test_kept_locals_are_told_apart() -> None:
    slow, fast = both(open_configuration("mcs"), naming=FLAT)
    assert seen(slow) == seen(fast)
    assert (fast.states, fast.transitions) == (7147, 19_389)


@pytest.mark.slow
def test_four_threads_of_the_flat_benchmark() -> None:
    found = explore_natively(open_configuration("mcs", threads=4), Options(naming=FLAT))
    assert (found.states, found.transitions, found.depth) == (503_089, 1_840_864, 70)


@pytest.mark.slow
def test_five_threads_with_dead_locals_cleared() -> None:
    found = explore_natively(open_configuration("mcs", threads=5), Options())
    assert (found.states, found.transitions) == (343_797, 1_404_905)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("unfair", {"as_built": True}),
        ("stop", {"as_built": True}),
        ("shutdown", {"as_built": True}),
        ("generation", {"as_built": True}),
        ("swap", {"clients": 1, "faults": "A"}),
        ("swap", {"clients": 1, "faults": "C", "recursion": ACROSS}),
        ("mediated", {"faults": "B"}),
    ],
)
def test_failures_are_found_at_the_same_depth(name: str, sizes: dict[str, int]) -> None:
    slow, fast = both(open_configuration(name, **sizes))
    assert slow.failure is not None
    assert fast.failure is not None
    assert slow.failure.kind is fast.failure.kind
    assert len(slow.failure.schedule) == len(fast.failure.schedule)


class Refusing(Exclusive):
    """Nobody may acquire twice in a row."""

    def step(self, spec: int, word: Any) -> int | None:
        for name, (_, thread) in word:
            if name == "acquire":
                if thread == spec:
                    return None
                spec = thread
        return spec


def test_refusal_of_the_monitor_is_found() -> None:
    slow, fast = both(open_configuration("mcs"), monitor=Refusing())
    assert slow.failure is not None
    assert fast.failure is not None
    assert slow.failure.word == fast.failure.word
    assert len(slow.failure.schedule) == len(fast.failure.schedule)


def test_broken_claims_are_found() -> None:
    low = ("x is low", lambda x: x < 2)
    slow, fast = both(system({"a": increment, "b": pick}, claims=(low,)))
    assert slow.failure is not None
    assert fast.failure is not None
    assert (slow.failure.kind, len(slow.failure.schedule)) == (
        fast.failure.kind,
        len(fast.failure.schedule),
    )


def test_bounds_end_the_search() -> None:
    options = Options(max_states=500)
    found = explore_natively(open_configuration("mcs"), options, probed=10)
    assert found.limit.endswith(" states")
    assert not found.is_exhaustive
    deep = explore_natively(open_configuration("mcs"), Options(max_depth=6), probed=10)
    assert deep.limit == "depth 6"


def test_fields_do_not_lie_across_words() -> None:
    parts = Parts(Widths([40, 30, 20, 0], [5, 7], 4))
    assert parts.words == 2
    for part in (*parts.nodes, parts.spec, *parts.cells):
        assert part.shift + part.width <= 64
    narrow = Parts(Widths([1, 2], [5], 0))
    assert (narrow.words, narrow.spec) == (1, Part(0, 8, 0))


def test_arrays_grow_and_keep_what_they_hold() -> None:
    import numpy as np

    growing = Growing(np.int32)
    begin = growing.extend(5)
    growing.array[begin] = 7
    assert growing.extend(5000) == 5
    assert growing.array[0] == 7
    assert growing.filled == 5005
