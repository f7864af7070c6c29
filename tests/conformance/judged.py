"""How the checker refuses a configuration of the kernel: what it says, and at which step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checker.cli.session import library
from checker.conform.explore import explore
from checker.conform.findings import Failure, FailureKind, Options
from checker.conform.refusal import refusal
from checker.conform.replay import Replayed, replay
from checker.conform.subject import (
    Mistaken,
    Subject,
    held_against,
    open_subject,
    shown,
    specification_of,
)
from kernel_impl.port import Size


@dataclass(frozen=True, slots=True)
class Judged:
    """A failure as the kernel's own code showed it again.

    Attributes:
        says: the text of the failure, or the event that the specification refuses.
        at: the thread with the function and the source of the last step; after a deadlock, where
            those stand who cannot go on.
        steps: of a shortest schedule.
    """

    kind: FailureKind
    says: str
    at: str
    steps: int
    disagreement: str


def subject_of(name: str, sizes: Mapping[str, Size], spec: str = "") -> Subject:
    """Opens a configuration against its own specification, or one below `spec/`."""
    opened = open_subject(name, {key: shown(size) for key, size in sizes.items()})
    assert isinstance(opened, Subject), opened
    path = str(library()[-1] / spec) if spec else specification_of(name, library())
    assert path is not None
    held = held_against(opened, path, binding=None, settings={}, library=library())
    assert not isinstance(held, Mistaken), held
    return held


def judged(subject: Subject) -> Judged:
    """Explores a configuration that is wrong."""
    failure = explore(subject.configuration, Options(monitor=subject.monitor)).failure
    assert failure is not None
    replayed = replay(subject.configuration, failure)
    return Judged(
        failure.kind,
        _says(subject, failure),
        _stands(failure, replayed),
        len(failure.schedule),
        replayed.disagreement,
    )


def _says(subject: Subject, failure: Failure) -> str:
    if failure.kind is not FailureKind.REFINEMENT:
        return failure.text
    assert subject.monitor is not None
    return refusal(subject.monitor, failure.spec, failure.word).event


def _stands(failure: Failure, replayed: Replayed) -> str:
    if failure.kind is FailureKind.DEADLOCK:
        stuck = failure.text.split(", ")
        return "; ".join(
            f"{each.thread} in {' > '.join(frame.place.function for frame in each.frames)}"
            for each in replayed.end
            if each.thread in stuck
        )
    last = replayed.steps[-1]
    return f"{last.thread} in {last.place.function}: {last.source}"
