"""Every mechanism of the kernel, its own code, is held to its specification in every interleaving.

The counts are those of the exploration; `tests/checker/conform` compares them with two engines that
learn nothing. What the kernel never took of a specification at any of these sizes is listed: the
reverse of conformance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from checker.conform.catalogue import SPECIFICATIONS
from checker.conform.findings import FailureKind, Options
from checker.conform.native import explore_natively
from kernel_impl.port import Size, configurations
from tests.conformance.judged import judged, subject_of

ENTRY = "kernel/cobj/entry_promise.k42"


class Case(NamedTuple):
    """A configuration at some sizes, its states and transitions, and what stays uncovered."""

    name: str
    counts: tuple[int, int]
    sizes: Mapping[str, Size] = {}
    uncovered: tuple[str, ...] = ()
    spec: str = ""

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{key}={size}" for key, size in self.sizes.items())])


CASES = [
    # Locks.
    Case("spin", (200, 456)),
    Case("ticket", (304, 552)),
    Case("mcs", (893, 2_247)),
    Case("mcs", (15_920, 52_544), {"threads": 4}),
    Case("fair", (6_327, 13_713)),
    Case("fair", (507, 1_095), {"threads": 2, "stale_permits": True}),
    Case("unfair", (78_956, 232_600)),
    Case("read_write", (2_468, 4_649)),
    Case("read_write", (2_620, 4_970), {"readers": 1, "writers": 2}),
    Case("sequence", (279, 490)),
    Case("shutdown", (751, 1_757)),
    Case("stop", (8_491, 20_297)),
    # Clustered objects.
    Case("generation", (33_115, 85_211)),
    Case(
        "miss",
        (393, 725),
        uncovered=(
            "switch_enter",
            "switch_admits",
            "switch_exit",
            "destroy_pends",
            "destroy_enter",
        ),
    ),
    Case("destroy", (69_844, 187_021)),
    Case("destroy", (29_295, 83_049), {"vps": 1}),
    Case("destroy", (5_259, 11_221), {"is_clustered": False, "readers": 1}),
    # Adaptation; whole swaps are in `test_swap`.
    Case("mediated", (50_796, 160_626)),
    Case("mediated", (59_515, 189_065), {"recursion": 2}),
    Case("swap", (8_809, 21_884), {"clients": 1}),
    Case("swap", (48_400, 152_124), {"clients": 1, "is_late": True, "destroys": True}, (), ENTRY),
    Case("update", (706, 1_727)),
    Case("update", (957, 2_389), {"here": 2, "there": 2}),
    Case("lazy", (100_322, 284_141), uncovered=("create", "complete")),
    Case("monitor", (97_385, 270_835)),
    Case("interpose", (2_519, 5_458)),
    Case("interpose", (28_484, 85_417), {"callers": 2, "calls": 1}),
    Case("interpose", (2_433, 5_305), {}, ("destroy_pends", "destroy_enter"), ENTRY),
    # Tracing.
    Case("trace", (11_659, 31_878)),
    Case("trace", (7_433, 21_931), {"loggers": 2, "events": 1, "ticks": 2}),
    # Scheduling.
    Case("dispatch", (59, 68), uncovered=("enter", "give_way", "block")),
    Case("dispatch", (69_599, 152_346), {"preempts": True}, ("give_way",)),
    Case("dispatch", (8_154, 21_319), {"cpus": 2, "yields": True}),
    Case("migrate", (2_815, 7_107)),
    Case("migrate", (2_148, 3_973), {"senders": 1, "moves": 2, "cpus": 3}),
    # Communication.
    Case("ppc", (885, 1_628)),
    Case("ppc", (909, 1_676), {"is_remote": True}),
    Case("ppc", (6_037, 15_428), {"workers": 2, "replies_twice": True}),
    Case("handles", (80_024, 236_012)),
    Case("messages", (3_839, 10_186)),
    Case("async", (640, 1_031)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kernel_keeps_its_promise(case: Case) -> None:
    subject = subject_of(case.name, case.sizes, case.spec)
    found = explore_natively(subject.configuration, Options(monitor=subject.monitor))
    assert (found.failure, found.is_exhaustive) == (None, True)
    assert (found.states, found.transitions) == case.counts
    monitor = subject.monitor
    assert monitor is not None
    actions = monitor.system.actions
    assert tuple(a.name for a in actions if a not in monitor.covered) == case.uncovered


def test_every_configuration_has_a_promise_that_is_kept() -> None:
    assert set(configurations()) == set(SPECIFICATIONS)
    assert set(configurations()) == {case.name for case in CASES}


AS_BUILT = [
    ("unfair", {}, FailureKind.CONTRACT, "a waiter pushes its node only while it is on no stack"),
    ("stop", {}, FailureKind.REFINEMENT, "stopped(3)"),
    ("shutdown", {}, FailureKind.CONTRACT, "a shutdown is won or lost"),
    ("generation", {}, FailureKind.REFINEMENT, "elapsed(0, 3)"),
    ("update", {}, FailureKind.REFINEMENT, "update_complete()"),
    ("ppc", {"replies_twice": True}, FailureKind.REFINEMENT, "reply(1, 0)"),
    ("handles", {}, FailureKind.REFINEMENT, "opened(1, 0, 2)"),
]


@pytest.mark.parametrize(
    ("name", "sizes", "kind", "says"), AS_BUILT, ids=[name for name, *_ in AS_BUILT]
)
def test_kernel_as_built_in_2005_breaks_its_promise(
    name: str, sizes: Mapping[str, Size], kind: FailureKind, says: str
) -> None:
    found = judged(subject_of(name, {**sizes, "as_built": True}))
    assert (found.kind, found.says, found.disagreement) == (kind, says, "")
