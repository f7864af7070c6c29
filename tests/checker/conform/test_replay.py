from __future__ import annotations

import pytest

from checker.conform.explore import explore
from checker.conform.findings import Failure, FailureKind, Move, Options
from checker.conform.replay import Player, replay, shown_path
from checker.conform.walk import WalkOptions, walk
from kernel_impl.port import Configuration, open_configuration
from kernel_impl.scenarios.adapt import ACROSS
from tests.checker.conform.systems import increment, leave_domain, pick, system

BOTH = ("both count", lambda x: x == 2)


def lost_update() -> Configuration:
    return system({"a": increment, "b": increment}, final=(BOTH,))


def test_steps_are_told_with_source_values_and_variables() -> None:
    configuration = lost_update()
    failure = explore(configuration).failure
    assert failure is not None
    replayed = replay(configuration, failure)
    assert replayed.disagreement == ""
    first, *_, last = replayed.steps
    assert (first.thread, first.source) == ("a", "seen = await load(x)")
    assert shown_path(first.place).startswith("systems.py:")
    assert ("seen", "0") in first.variables
    assert (last.source, last.changes) == ("await store(x, seen + 1)", ())
    assert replayed.values == (1,)
    assert all(not waiting.frames for waiting in replayed.end)


def test_a_wrong_claim_is_not_confirmed() -> None:
    configuration = lost_update()
    in_order = tuple(Move(thread, 0) for thread in (0, 0, 1, 1))
    replayed = replay(configuration, Failure(FailureKind.LEAK, "both count", in_order))
    assert replayed.disagreement == "`both count` holds at the end"


@pytest.mark.parametrize(
    ("name", "sizes", "kind"),
    [
        ("unfair", {"as_built": True}, FailureKind.CONTRACT),
        ("stop", {"as_built": True}, FailureKind.CONTRACT),
        ("shutdown", {"as_built": True}, FailureKind.CONTRACT),
        ("generation", {"as_built": True}, FailureKind.CONTRACT),
        ("swap", {"clients": 1, "faults": "A"}, FailureKind.LEAK),
        ("swap", {"clients": 1, "faults": "C", "recursion": ACROSS}, FailureKind.DEADLOCK),
    ],
)
def test_failures_of_the_kernel_as_built_are_confirmed_by_its_own_code(
    name: str, sizes: dict[str, int], kind: FailureKind
) -> None:
    configuration = open_configuration(name, **sizes)
    failure = explore(configuration).failure
    assert failure is not None
    assert failure.kind is kind
    assert replay(configuration, failure).disagreement == ""


def test_functions_that_wait_for_one_another_are_told() -> None:
    configuration = open_configuration("swap", clients=1, faults="C", recursion=ACROSS)
    failure = explore(configuration).failure
    assert failure is not None
    client = replay(configuration, failure).end[0]
    assert [frame.place.function for frame in client.frames] == [
        "call_once",
        "Objects.call",
        "Caller.call",
        "Line.call",
    ]
    assert not client.is_enabled


def test_broken_rule_is_told_at_its_step() -> None:
    configuration = system({"a": leave_domain, "b": pick})
    failure = explore(configuration).failure
    assert failure is not None
    last = replay(configuration, failure).steps[-1]
    assert last.problem == failure.text
    assert last.source == "await atomic(add_two, x)"


# --- walks ----------------------------------------------------------------------------------------


def test_walks_find_what_is_there_and_say_that_they_are_bounded() -> None:
    configuration = lost_update()
    found = walk(configuration, WalkOptions(walks=50, steps=100, seed=1))
    assert found.failure is not None
    assert replay(configuration, found.failure).disagreement == ""
    nothing = walk(system({"a": increment}), WalkOptions(walks=5, steps=100, seed=1))
    assert nothing.failure is None
    assert nothing.limit == "5 random walks of at most 100 steps"
    assert not nothing.is_exhaustive


def test_equal_seeds_give_equal_walks() -> None:
    options = WalkOptions(walks=4, steps=60, seed=7)
    runs = [walk(open_configuration("mcs"), options) for _ in range(2)]
    assert runs[0].transitions == runs[1].transitions
    assert runs[0].events == runs[1].events


def test_walks_find_a_deadlock_of_depth() -> None:
    configuration = open_configuration("swap", clients=2, recursion=ACROSS, faults="C")
    found = walk(configuration, WalkOptions(walks=200, steps=2000, seed=2))
    assert found.failure is not None
    assert found.failure.kind is FailureKind.DEADLOCK


def test_player_moves_only_enabled_threads() -> None:
    player = Player(open_configuration("mcs", threads=2))
    assert player.enabled() == (Move(0, 0), Move(1, 0))
    player.close()


def test_exploring_again_after_a_replay_gives_the_same() -> None:
    configuration = lost_update()
    first = explore(configuration, Options(audits=False))
    assert first.failure is not None
    replay(configuration, first.failure)
    assert explore(configuration, Options(audits=False)).failure == first.failure
