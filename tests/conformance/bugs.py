"""Seeded bugs: what a kernel programmer could have written instead, one function at a time.

A bug replaces a method or an atomic step of the kernel. It is told what is wrong, in which
configuration that shows, and how the checker must refuse it: the kind of failure, what it says, and
the last step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from checker.conform.findings import FailureKind
from kernel_impl.port import Size


@dataclass(frozen=True)
class Patch:
    """Another function in the place of one of the kernel's."""

    owner: Any
    name: str
    replacement: Callable[..., Any]


@dataclass(frozen=True)
class Bug:
    """One bug.

    Attributes:
        says: the text of the failure, or the event that the specification refuses.
        at: the last step: its thread, function and source; after a deadlock, where those stand who
            cannot go on.
        spec: another specification than the configuration's own, below `spec/`.
    """

    name: str
    mechanism: str
    configuration: str
    patches: tuple[Patch, ...]
    kind: FailureKind
    says: str
    at: str
    sizes: Mapping[str, Size] = field(default_factory=dict)
    spec: str = ""


@contextmanager
def applied(patches: tuple[Patch, ...]) -> Iterator[None]:
    """Puts the replacements in place, and the kernel's own functions back."""
    before = [(patch, vars(patch.owner)[patch.name]) for patch in patches]
    for patch in patches:
        setattr(patch.owner, patch.name, patch.replacement)
    try:
        yield
    finally:
        for patch, original in before:
            setattr(patch.owner, patch.name, original)
