"""Sorted keys: what is new among them."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import OCCUPIED, ZERO


@kernel
def compact(table):
    """Move all keys of a table to its beginning, without their highest bit; return how many."""
    count = 0
    for at in range(table.shape[0]):
        if table[at] != ZERO:
            table[count] = table[at] & ~OCCUPIED
            count += 1
    return count


@kernel
def unique(keys):
    """Drop repetitions from sorted keys, in place; return how many are left."""
    count = min(1, keys.shape[0])
    for at in range(1, keys.shape[0]):
        if keys[at] != keys[at - 1]:
            # What was here is read already, and what is compared with next is the same as it was.
            keys[count] = keys[at]
            count += 1
    return count


@kernel
def mark_known(keys, marks, low, known):
    """Mark those of the sorted keys, from number `low` on, that are in a sorted array.

    Returns:
        the number of the first key behind the last one of the array.
    """
    at = 0
    while low < keys.shape[0] and at < known.shape[0]:
        if known[at] < keys[low]:
            at += 1
        elif known[at] == keys[low]:
            marks[low] = 1
            low += 1
        else:
            low += 1
    return low


@kernel
def drop_marked(keys, marks):
    """Drop the marked keys, in place; return how many are left."""
    count = 0
    for at in range(keys.shape[0]):
        if marks[at] == 0:
            keys[count] = keys[at]
            count += 1
    return count
