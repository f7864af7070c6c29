from __future__ import annotations

import pytest

from kernel_impl.scenarios.locks import shutdown, stop
from tests.support.mini_explorer import explore


@pytest.mark.parametrize(("clients", "closers"), [(1, 1), (2, 2), (1, 3)])
def test_one_caller_wins_the_shutdown_and_then_nobody_is_inside(clients: int, closers: int) -> None:
    found = explore(shutdown(clients=clients, closers=closers))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_shutdown_as_built_is_clean_for_one_caller() -> None:
    assert explore(shutdown(clients=2, closers=1, as_built=True)).failure is None


def test_shutdown_as_built_returns_zero_to_the_loser() -> None:
    # RC-2 of the dossier: a six-step trace.
    found = explore(shutdown(clients=1, closers=2, as_built=True)).failure
    assert found is not None
    assert len(found.trace) <= 8


@pytest.mark.parametrize(("clients", "kind"), [(0, "deadlock"), (1, "contract")])
def test_naming_the_closer_does_not_decide_who_wins(clients: int, kind: str) -> None:
    # RC-3: found here; the second caller subtracts again and waits for ever, or wins as well.
    found = explore(shutdown(clients=clients, closers=2, rc3_only=True)).failure
    assert found is not None
    assert found.kind == kind


def test_stopped_count_is_empty() -> None:
    found = explore(stop(clients=2, stops=2))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_stop_as_built_is_woken_by_a_request_of_the_stop_before() -> None:
    # RC-1 of the dossier.
    found = explore(stop(clients=2, stops=2, as_built=True)).failure
    assert found is not None
    assert found.text == "while the count is stopped no request is inside"
