"""What goes wrong: statuses that a caller must handle, and broken rules that stop the kernel.

A refusal is an outcome and is returned as a `Status`; nobody raises it. A broken rule is a mistake
of the kernel itself: `require` raises `ContractViolation`, which no kernel code catches. A machine
stops on it, an explorer reports the schedule that led there.

Source: K42 os/kernel/sys/memoryMap.H and lib/libc/cobj/sys/COSconsts.h use packed status words
    (`_SERROR`) and `tassert`; here an enumeration and one function.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The outcome of a request; negative values are refusals, as in a system call."""

    OK = 0
    NOT_PERMITTED = -1
    TRY_AGAIN = -11
    NO_MEMORY = -12
    BUSY = -16
    INVALID = -22
    DELETED = -1223
    DESTROY_IN_PROGRESS = -2576
    DESTROY_PENDING = -2577


class ContractViolation(AssertionError):  # noqa: N818 - the name says what happened, as in the README
    """A rule of the kernel was broken; the text is the rule."""


def require(condition: bool, rule: str) -> None:  # noqa: FBT001 - the condition is the subject
    """Stops the kernel when `condition` is false.

    Raises:
        ContractViolation: with the broken rule; kernel code never catches it.
    """
    if not condition:
        raise ContractViolation(rule)
