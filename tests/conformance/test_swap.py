"""Hot swap of a counter under load: the kernel's own code, as repaired and as built in 2005."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from checker.conform.findings import FailureKind, Options
from checker.conform.native import explore_natively
from kernel_impl.port import Size
from kernel_impl.scenarios.adapt import ACROSS, DIRECT
from tests.conformance.judged import judged, subject_of

LATE_AND_DESTROYED = {"clients": 1, "is_late": True, "destroys": True}
TWO_CLIENTS = {"clients": 2, "recursion": ACROSS}
"""Two processors with a client each, and a switcher; the first client calls the object again from
within its call, on the other processor."""

# The letters are those of `kernel_impl.config.Repairs`: one repair is left out at a time.
DEFECTS = [
    pytest.param(
        "swap",
        {"clients": 1, "faults": "A"},
        (FailureKind.LEAK, "the phase lock is free", 100),
        "switcher in Switch.wait_done: await await_equal(self.mediator.state, FREE)",
        id="A-nobody-releases-the-phase-lock",
    ),
    pytest.param(
        "mediated",
        {"clients": 2, "faults": "B"},
        (
            FailureKind.CONTRACT,
            "old.rep_state[1]: a representative is used only while alive",
            40,
        ),
        "client2 in LocalCounter.call: total = await atomic(add, self.state, self.value, argument)",
        id="B-a-stale-zero-begins-the-transfer",
    ),
    pytest.param(
        "swap",
        {"clients": 2, "faults": "B"},
        (
            FailureKind.CONTRACT,
            "old.rep_state[1]: a representative is used only while alive",
            94,
        ),
        "client2 in LocalCounter.call: total = await atomic(add, self.state, self.value, argument)",
        id="B-in-a-whole-swap",
    ),
    pytest.param(
        "swap",
        {"clients": 1, "recursion": ACROSS, "faults": "C"},
        (FailureKind.DEADLOCK, "client1, switcher", 54),
        "client1 in call_once > Objects.call > Caller.call > Line.call; "
        "switcher in switch_once > Switch.wait_done",
        id="C-a-call-waits-for-the-switch-that-waits-for-it",
    ),
    pytest.param(
        "swap",
        {**LATE_AND_DESTROYED, "faults": "J"},
        (FailureKind.DEADLOCK, "client1, switcher", 52),
        "client1 in call_once > Objects.call > Objects.miss > MediatorRoot.handle_miss > "
        "PromisedLock.acquire; switcher in switch_once > Switch.wait_done",
        id="J-a-pending-destroy-waits-for-who-waits-for-the-lock",
    ),
]


@pytest.mark.parametrize(("name", "sizes", "what", "where"), DEFECTS)
def test_defect_of_2005_is_shown_by_a_shortest_run(
    name: str, sizes: Mapping[str, Size], what: tuple[FailureKind, str, int], where: str
) -> None:
    found = judged(subject_of(name, sizes))
    assert (found.kind, found.says, found.steps) == what
    assert found.at == where
    assert found.disagreement == ""


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        (TWO_CLIENTS, FailureKind.DEADLOCK),
        ({"clients": 2}, FailureKind.CONTRACT),
        (LATE_AND_DESTROYED, FailureKind.DEADLOCK),
    ],
)
def test_swap_as_built_has_them_all(sizes: Mapping[str, Size], kind: FailureKind) -> None:
    assert judged(subject_of("swap", {**sizes, "faults": "ABCJ"})).kind is kind


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        (LATE_AND_DESTROYED, (48_400, 152_124)),
        (TWO_CLIENTS, (339_917, 1_094_910)),
        pytest.param(
            {"clients": 2, "recursion": DIRECT}, (259_694, 839_295), marks=pytest.mark.slow
        ),
        pytest.param(
            {"clients": 3, "recursion": ACROSS}, (10_866_815, 43_985_092), marks=pytest.mark.slow
        ),
    ],
)
def test_swap_as_repaired_conforms_in_every_interleaving(
    sizes: Mapping[str, Size], counts: tuple[int, int]
) -> None:
    subject = subject_of("swap", sizes)
    found = explore_natively(subject.configuration, Options(monitor=subject.monitor))
    assert (found.failure, found.is_exhaustive) == (None, True)
    assert (found.states, found.transitions) == counts
    assert subject.monitor is not None
    assert {action.name for action in subject.monitor.covered} == {
        action.name for action in subject.monitor.system.actions
    }
