"""Every seeded bug is rejected at the right step; the same configuration without it conforms.

Most configurations without bugs are those of `test_promises`; here are the others.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from checker.conform.findings import Options
from checker.conform.native import explore_natively
from kernel_impl.port import Size
from tests.conformance.bugs import Bug, applied
from tests.conformance.bugs_locks import LOCK_BUGS
from tests.conformance.bugs_objects import OBJECT_BUGS
from tests.conformance.bugs_services import SERVICE_BUGS
from tests.conformance.judged import judged, subject_of
from tests.conformance.test_promises import CASES

BUGS = (*LOCK_BUGS, *OBJECT_BUGS, *SERVICE_BUGS)
Twin = tuple[str, tuple[tuple[str, Size], ...], str]

LARGE = frozenset({"unfair", "handles"})  # at the sizes that are not in `test_promises`
"""Configurations that are small only as long as they are wrong."""


def twin_of(bug: Bug) -> Twin:
    return bug.configuration, tuple(sorted(bug.sizes.items())), bug.spec


KEPT = {(case.name, tuple(sorted(case.sizes.items())), case.spec) for case in CASES}
"""Configurations that are explored as promises of the kernel anyway."""


def twins() -> list[object]:
    """Every other configuration that a bug is shown in, once."""
    return [
        pytest.param(
            name,
            dict(sizes),
            spec,
            id="-".join([name, *(f"{key}={size}" for key, size in sizes)]),
            marks=[pytest.mark.slow] if name in LARGE else [],
        )
        for name, sizes, spec in sorted({twin_of(bug) for bug in BUGS} - KEPT, key=str)
    ]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_is_rejected_at_its_step(bug: Bug) -> None:
    with applied(bug.patches):
        found = judged(subject_of(bug.configuration, bug.sizes, bug.spec))
    assert (found.kind, found.says, found.at) == (bug.kind, bug.says, bug.at)
    assert found.disagreement == ""


@pytest.mark.parametrize(("name", "sizes", "spec"), twins())
def test_configuration_conforms_without_the_bug(
    name: str, sizes: Mapping[str, Size], spec: str
) -> None:
    subject = subject_of(name, sizes, spec)
    found = explore_natively(subject.configuration, Options(monitor=subject.monitor))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_there_are_fifty_bugs_in_all_parts_of_the_kernel() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 50
    owners = {
        getattr(p.owner, "__module__", "") or p.owner.__name__ for b in BUGS for p in b.patches
    }
    parts = {owner.split(".")[1] for owner in owners}
    assert {"locks", "machine", "cobj", "adapt", "trace", "sched", "ipc"} <= parts
