"""What is measured on few processors has the shape that the whole measurement must have."""

from __future__ import annotations

import pytest

from kernel_impl.kernel.measure import Cost, measure, measure_log, measure_swap
from kernel_impl.kernel.scaling import CLUSTERED, KINDS, SHARED, SHARED_MCS


def per_call(cost: Cost) -> tuple[float, float]:
    return cost.remote / cost.calls, cost.contended / cost.calls


@pytest.mark.parametrize(("what", "how"), KINDS)
def test_every_processor_makes_its_calls(what: str, how: str) -> None:
    cost = measure(what, how, 3, calls=16)
    assert 0 < cost.calls <= 3 * 16
    assert measure(what, how, 3, calls=16) == cost


@pytest.mark.parametrize("what", ["counter", "lock", "table"])
def test_shared_objects_cost_remote_accesses_and_clustered_ones_do_not(what: str) -> None:
    shared = measure(what, SHARED, 16, calls=16)
    clustered = measure(what, CLUSTERED, 16, calls=16)
    assert per_call(shared)[0] > 10 * per_call(clustered)[0]
    assert per_call(shared)[1] > 10 * per_call(clustered)[1]
    assert per_call(shared)[0] > 1


def test_cost_of_a_ticket_lock_grows_and_that_of_a_queue_does_not() -> None:
    few, many = (per_call(measure("lock", SHARED, n, calls=16))[0] for n in (8, 32))
    assert many > 2 * few
    few, many = (per_call(measure("lock", SHARED_MCS, n, calls=16))[0] for n in (16, 32))
    assert many < 1.5 * few


def test_swap_in_the_middle_takes_the_cost_away() -> None:
    done = measure_swap(8, batches=60, every=400)
    assert 0 < done.begin < done.end < sum(each.calls for each in done.periods) == 8 * 60 * 4
    before, after, calls = [], [], 0
    for each in done.periods:
        calls += each.calls
        if calls <= done.begin:
            before.append(each)
        elif calls - each.calls > done.end:
            after.append(each)
    assert before
    assert after
    remote = [sum(e.remote for e in part) / sum(e.calls for e in part) for part in (before, after)]
    assert remote[0] > 5 * remote[1]


def test_event_that_is_masked_off_costs_next_to_nothing() -> None:
    on, off = (measure_log(500, is_on=is_on) for is_on in (True, False))
    assert off.ticks / off.calls < 3  # one load of a line that is never written
    assert on.ticks > 5 * off.ticks
