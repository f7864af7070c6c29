"""Hot swap: as repaired it is clean; with a defect of 2005 left in, the defect is found."""

from __future__ import annotations

import pytest

from kernel_impl.machine.simulator import Machine
from kernel_impl.scenarios.adapt import ACROSS, DIRECT, NO_RECURSION, mediated, swap
from tests.support.mini_explorer import explore, walk


@pytest.mark.parametrize(
    ("recursion", "is_late"),
    [(NO_RECURSION, False), (NO_RECURSION, True), (DIRECT, False), (ACROSS, False), (ACROSS, True)],
)
def test_swap_loses_no_call(recursion: int, is_late: bool) -> None:
    found = explore(swap(clients=1, recursion=recursion, is_late=is_late))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_swap_between_blocking_and_release_loses_no_call_of_two_clients() -> None:
    found = explore(mediated(clients=2, recursion=DIRECT))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_swap_and_destroy_together_end() -> None:
    found = explore(swap(clients=1, is_late=True, destroys=True))
    assert (found.failure, found.is_exhaustive) == (None, True)


@pytest.mark.slow
@pytest.mark.parametrize("recursion", [NO_RECURSION, DIRECT, ACROSS])
def test_swap_loses_no_call_of_two_clients(recursion: int) -> None:
    found = explore(swap(clients=2, recursion=recursion), max_states=3_000_000)
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_defect_a_leaks_the_phase_lock() -> None:
    found = explore(swap(clients=1, faults="A")).failure
    assert found is not None
    assert (found.kind, found.text) == ("final", "the phase lock is free")


def test_defect_b_transfers_under_a_call() -> None:
    found = explore(mediated(clients=2, faults="B")).failure
    assert found is not None
    assert found.text == "old.rep_state[1]: a representative is used only while alive"


def test_defect_c_blocks_a_call_of_its_own_chain() -> None:
    found = explore(swap(clients=1, recursion=ACROSS, faults="C")).failure
    assert found is not None
    assert (found.kind, found.text) == ("deadlock", "client1, switcher")


def test_defect_j_destroys_before_the_lock_is_free() -> None:
    found = explore(swap(clients=1, is_late=True, destroys=True, faults="J")).failure
    assert found is not None
    assert found.kind == "deadlock"


def test_walk_finds_what_is_there_often() -> None:
    found = walk(swap(clients=1, recursion=ACROSS, faults="C"), seeds=range(50))
    assert found is not None
    assert walk(swap(clients=1, recursion=ACROSS), seeds=range(50)) is None


@pytest.mark.parametrize("seed", range(8))
def test_swap_on_the_machine_keeps_its_claims(seed: int) -> None:
    system = swap(clients=6, recursion=ACROSS)
    machine = Machine(system, seed=seed, switch_chance=0.3)
    assert machine.run().is_finished
    machine.run_idle()
    assert [
        claim.name for claim in system.final_invariants() if not claim.holds(machine.view)
    ] == []
    machine.close()
