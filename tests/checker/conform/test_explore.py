from __future__ import annotations

import pytest

from checker.conform.explore import explore
from checker.conform.findings import Explored, FailureKind, Options
from checker.conform.frames import Naming, Variables
from kernel_impl.port import configurations, open_configuration
from tests.checker.conform.systems import (
    close_over,
    increment,
    increment_at_once,
    keep_two_dead_locals,
    leave_domain,
    pick,
    system,
    use_in_handler,
)
from tests.support.mini_explorer import explore as explore_simply
from tests.support.schedule_replay import explore_by_replay

FRAMES = Options(naming=Naming(Variables.FRAMES))
FLAT = Options(naming=Naming(kept={"McsLock.acquire.predecessor": 0}))


def counts(found: Explored) -> tuple[int, int, object]:
    return found.states, found.transitions, found.failure


# --- numbers of states that others have found -----------------------------------------------------


@pytest.mark.parametrize(
    ("threads", "expected", "depth"),
    [(2, (62, 108), 15), (3, (893, 2247), 28), (4, (15_920, 52_544), 41)],
)
def test_mcs_with_dead_locals_cleared(threads: int, expected: tuple[int, int], depth: int) -> None:
    found = explore(open_configuration("mcs", threads=threads))
    assert (found.states, found.transitions, found.depth) == (*expected, depth)
    assert found.is_exhaustive


@pytest.mark.parametrize(("threads", "expected"), [(2, (157, 284)), (3, (7147, 19_389))])
def test_mcs_with_its_local_kept_is_the_flat_benchmark(
    threads: int, expected: tuple[int, int]
) -> None:
    found = explore(open_configuration("mcs", threads=threads), FLAT)
    assert counts(found) == (*expected, None)


@pytest.mark.slow
def test_mcs_with_four_threads_is_the_flat_benchmark() -> None:
    # rumur, TLC and the native engine find the same for spec/protocols/locks/mcs_benchmark.k42.
    found = explore(open_configuration("mcs", threads=4), FLAT)
    assert (*counts(found), found.depth) == (503_089, 1_840_864, None, 70)


# --- other engines --------------------------------------------------------------------------------


REPLAYED: list[tuple[str, dict[str, int]]] = [
    ("mcs", {"threads": 2}),
    ("spin", {"threads": 2}),
    ("ticket", {"threads": 2}),
    ("fair", {"threads": 2}),
    ("unfair", {"threads": 2, "stale_permits": False}),
    ("shutdown", {}),
    ("stop", {"clients": 1, "stops": 1}),
    ("sequence", {}),
    ("miss", {}),
    ("read_write", {"readers": 1, "writers": 1}),
    ("interpose", {"calls": 1}),
    ("update", {"here": 1, "there": 0, "creates": False}),
    ("trace", {"loggers": 1}),
    ("dispatch", {}),
    ("migrate", {"senders": 1}),
    ("ppc", {"calls": 1}),
    ("messages", {"senders": 1}),
    ("async", {"count": 2}),
]


@pytest.mark.parametrize(("name", "sizes"), REPLAYED)
def test_replaying_every_schedule_finds_as_many_states(name: str, sizes: dict[str, int]) -> None:
    configuration = open_configuration(name, **sizes)
    replayed = explore_by_replay(configuration)
    assert counts(explore(configuration, FRAMES)) == (replayed.states, replayed.transitions, None)


SIMPLY: list[tuple[str, dict[str, int]]] = [
    ("mcs", {}),
    ("fair", {}),
    ("unfair", {}),
    ("read_write", {}),
    ("stop", {}),
    ("shutdown", {}),
    ("generation", {}),
    ("destroy", {"readers": 1}),
    ("mediated", {"clients": 1}),
    ("swap", {"clients": 1}),
    ("update", {}),
    ("lazy", {"callers": 1}),
    ("monitor", {"adds": 1, "asks": 1}),
    ("trace", {}),
    ("dispatch", {"cpus": 2, "yields": True}),
    ("dispatch", {"preempts": True}),
    ("migrate", {}),
    ("ppc", {"is_remote": True}),
    ("handles", {}),
    ("messages", {}),
]


@pytest.mark.parametrize(("name", "sizes"), SIMPLY)
def test_simple_explorer_finds_as_many_states(name: str, sizes: dict[str, int]) -> None:
    configuration = open_configuration(name, **sizes)
    simple = explore_simply(configuration)  # type: ignore[arg-type]  # every configuration is a System
    assert counts(explore(configuration)) == (simple.states, simple.transitions, None)


def test_every_configuration_is_explored_by_another_engine_as_well() -> None:
    assert {name for name, _ in (*REPLAYED, *SIMPLY)} == set(configurations())


# --- what can be wrong ----------------------------------------------------------------------------


def test_claim_over_all_states() -> None:
    low = ("x is low", lambda x: x < 2)
    assert explore(system({"a": increment, "b": increment_at_once}, claims=(low,))).failure
    assert explore(system({"a": increment}, claims=(low,))).is_exhaustive


def test_claim_over_final_states() -> None:
    both = ("both count", lambda x: x == 2)
    lost = explore(system({"a": increment, "b": increment}, final=(both,))).failure
    assert lost is not None
    assert (lost.kind, lost.text, len(lost.schedule)) == (FailureKind.LEAK, "both count", 4)
    assert explore(
        system({"a": increment_at_once, "b": increment_at_once}, final=(both,))
    ).is_exhaustive


def test_choices_are_all_taken() -> None:
    found = explore(system({"a": pick}))
    assert (found.states, found.transitions) == (1 + 3 + 3, 3 + 3)


def test_value_outside_its_domain_breaks_a_rule() -> None:
    failure = explore(system({"a": leave_domain})).failure
    assert failure is not None
    assert failure.kind is FailureKind.CONTRACT
    assert failure.text == "x := 4 is outside its domain range(0, 4)"


def test_deadlock_is_told_unless_only_daemons_wait() -> None:
    from kernel_impl.steps import Cell, await_equal

    async def wait(x: Cell) -> None:
        await await_equal(x, 3)

    failure = explore(system({"a": wait, "b": increment})).failure
    assert failure is not None
    assert (failure.kind, failure.text) == (FailureKind.DEADLOCK, "a")
    assert explore(system({"a": wait, "b": increment}, daemons=frozenset({"a"}))).is_exhaustive


def test_exception_of_kernel_code_is_a_crash_at_its_line() -> None:
    from kernel_impl.steps import Cell, load

    async def divide(x: Cell) -> None:
        seen = await load(x)
        await load(x) if 1 // seen else None

    failure = explore(system({"a": divide})).failure
    assert failure is not None
    assert failure.kind is FailureKind.CRASH
    assert failure.text.startswith("test_explore.py:")
    assert "ZeroDivisionError" in failure.text


def test_observation_that_was_not_declared_breaks_a_rule() -> None:
    from kernel_impl.steps import Cell, observe, store

    async def say(x: Cell) -> None:
        await store(x, 1)
        await observe("unheard_of", 1)

    failure = explore(system({"a": say})).failure
    assert failure is not None
    assert failure.text == "`unheard_of` with 1 values is no event of this system"


def test_bounds_end_the_search_and_are_said() -> None:
    found = explore(open_configuration("mcs"), Options(max_states=100))
    assert not found.is_exhaustive
    assert found.limit.endswith(" states")
    assert explore(open_configuration("mcs"), Options(max_depth=5)).limit == "depth 5"


def test_wide_cells_and_many_nodes_make_fields_grow() -> None:
    from kernel_impl.steps import Cell, fetch_add

    async def count(x: Cell) -> None:
        while await fetch_add(x, 1) < 500:
            pass

    found = explore(system({"a": count}, domain=range(1 << 40)))
    assert (found.states, found.failure) == (502, None)


# --- naming ---------------------------------------------------------------------------------------


def test_dead_locals_tell_states_apart_only_if_asked() -> None:
    both = {"a": keep_two_dead_locals, "b": increment_at_once}
    live, all_of_them = explore(system(both)), explore(system(both), FRAMES)
    assert live.states < all_of_them.states
    assert live.is_exhaustive
    assert all_of_them.is_exhaustive


@pytest.mark.parametrize("body", [use_in_handler, close_over])
def test_locals_that_matter_in_hidden_ways_are_not_forgotten(body: object) -> None:
    bodies = {"a": body, "b": pick}
    live = explore(system(bodies))  # type: ignore[arg-type]  # a coroutine function
    all_of_them = explore(system(bodies), FRAMES)  # type: ignore[arg-type]
    assert live.failure is None
    assert {live.is_exhaustive, all_of_them.is_exhaustive} == {True}
    # Every variable of these bodies matters up to its last use, where the frame ends as well.
    assert all_of_them.states >= live.states
