"""Work in another process: results in order, losses told, defects raised."""

from __future__ import annotations

import os
import signal

import pytest

from proofs.solver.worker import Done, Lost, run_all


def test_results_come_in_order() -> None:
    assert run_all(3, lambda number: number * number) == [Done(0), Done(1), Done(4)]


def test_what_kills_the_process_is_lost_and_the_rest_is_done() -> None:
    def work(number: int) -> int:
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    found = run_all(3, work)
    assert found[0] == Done(0)
    assert isinstance(found[1], Lost)
    assert found[2] == Done(2)


def test_what_hangs_is_stopped_and_the_rest_is_done() -> None:
    def work(number: int) -> int:
        while number == 0:
            signal.pause()
        return number

    first, second = run_all(2, work, patience=0.2)
    assert isinstance(first, Lost)
    assert second == Done(1)


def test_a_defect_is_raised() -> None:
    def work(number: int) -> int:
        raise AssertionError("broken rule")

    with pytest.raises(RuntimeError, match="broken rule"):
        run_all(1, work)


def test_an_interrupt_ends_the_child() -> None:
    def told(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(2, lambda number: number, told=told)
