"""A set of 63-bit keys in one array, a line of eight words at a time.

A key stands in the table itself with its highest bit set; 0 is a free slot. It is looked for in the
line to which its hash leads, all eight words of it at once, and where that is full in the next
line, and so on. A line is filled from its lowest word on, so that a line with a free slot is the
last one to look at.

The hash says which part of the table a line lies in, so that its order is that of the lines, for
any size: when a table grows, keys that lie close together stay together.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.intrinsics import (
    compare_and_swap,
    look_at_line,
    lowest,
    prefetch,
)
from checker.explicit.native.kernels.jit import kernel

BATCH = 256
"""States expanded, and keys moved, at a time."""

AHEAD = 32
"""Lines requested from memory before the first of them is looked at: as many as can be awaited."""

RECENT = 1 << 12
"""Slots of a table of what was met last: it fits into the fastest cache."""

SHORT = np.uint64(64 - 12)
"""A hash without so many of its lower bits is the number of a slot there."""

OCCUPIED = np.uint64(1 << 63)
ALL = np.uint64((1 << 64) - 1)
ZERO = np.uint64(0)


@kernel
def mix(word):
    """Spread a word over 64 bits; one to one."""
    word *= np.uint64(0x9E3779B97F4A7C15)
    word ^= word >> np.uint64(32)
    return word * np.uint64(0xD6E8FEB86659FD93)


@kernel
def line_of(hashed, lines):
    """Return the first slot of the line to which a hash leads, in a table of so many lines."""
    return np.int64(((hashed >> np.uint64(32)) * np.uint64(lines)) >> np.uint64(32)) << 3


@kernel
def following(slot, table):
    """Return the first slot of the next line."""
    slot += 8
    return slot if slot < table.shape[0] else 0


@kernel
def put(table, slot, key, shared):
    """Put a key, with its highest bit set, into the line at a slot or after; tell if it is new."""
    while True:
        same, free = look_at_line(table, slot, key, ALL)
        if same != 0:
            return False
        if free == 0:
            slot = following(slot, table)
            continue
        at = slot + lowest(free)
        if not shared:
            table[at] = key
            return True
        found = compare_and_swap(table, at, ZERO, key)
        if found == ZERO:
            return True
        if found == key:
            return False


@kernel
def put_all(table, keys, count, slots, late, fresh, shared):
    """Put keys into the table; write the numbers of those that are new into `fresh`.

    Keys whose first line is full wait until all others are done, while the next line is fetched.

    Args:
        slots, late, fresh: room for as many numbers as there are keys.

    Returns:
        how many are new.
    """
    lines = table.shape[0] >> 3
    for j in range(count):
        slots[j] = line_of(mix(keys[j]), lines)
        if j < AHEAD:
            prefetch(table, slots[j])
    new, waiting = 0, 0
    for j in range(count):
        if j + AHEAD < count:
            prefetch(table, slots[j + AHEAD])
        slot, key = slots[j], keys[j] | OCCUPIED
        same, free = look_at_line(table, slot, key, ALL)
        if same != 0:
            continue
        if free == 0:
            slots[j] = following(slot, table)
            prefetch(table, slots[j])
            late[waiting] = j
            waiting += 1
        elif not shared:
            table[slot + lowest(free)] = key
            fresh[new] = j
            new += 1
        elif put(table, slot, key, True):
            fresh[new] = j
            new += 1
    for k in range(waiting):
        j = late[k]
        if put(table, slots[j], keys[j] | OCCUPIED, shared):
            fresh[new] = j
            new += 1
    return new


@kernel
def drop_recent(keys, count, recent, places):
    """Drop keys that were met a short time ago, and remember the others; return how many are left.

    Without a jump: whether a key was met cannot be foreseen.

    Args:
        keys: what is left stands at the beginning.
        recent: a key that was met for each of the first `SHORT` bits of its hash.
        places: where those that are left have been.
    """
    left = 0
    for j in range(count):
        key = keys[j]
        slot, met = np.int64(mix(key) >> SHORT), key | OCCUPIED
        keys[left] = key
        places[left] = j
        left += 1 if recent[slot] != met else 0
        recent[slot] = met
    return left


@kernel
def admit(table, keys, out):
    """Put keys into the table and those that are new into `out`; return the number of these."""
    filled = 0
    lines = table.shape[0] >> 3
    for j in range(keys.shape[0]):
        if put(table, line_of(mix(keys[j]), lines), keys[j] | OCCUPIED, False):
            out[filled] = keys[j]
            filled += 1
    return filled


@kernel
def spread(table, low, high, barrier, waiting, filled, shared):
    """Move keys from the lines `low` to `high` to those where they belong, which are empty lines.

    Args:
        table: as long as it is to be.
        barrier: keys that belong into a line before this one are put into `waiting` instead.
        filled: room to remember, for some lines, how many of their slots are known to be taken.

    Returns:
        the line where it stopped since `waiting` was full, and the number of keys in there.
    """
    lines = table.shape[0] >> 3
    first, count = np.int64(-1) << 32, 0
    while low < high and count + 8 <= waiting.shape[0]:
        for at in range(8 * low, 8 * low + 8):
            key = table[at]
            if key == ZERO:
                continue
            table[at] = ZERO
            slot = line_of(mix(key & ~OCCUPIED), lines)
            line = slot >> 3
            if line < barrier:
                waiting[count] = key
                count += 1
                continue
            if not 0 <= line - first < filled.shape[0]:
                first = line
                filled[:] = 0
            taken = filled[line - first]
            while taken < 8 and not _take(table, slot + taken, key, shared):
                taken += 1
            filled[line - first] = min(taken + 1, 8)
            if taken == 8:
                put(table, slot, key, shared)
        low += 1
    return low, count


@kernel
def _take(table, at, key, shared):
    """Put a key into a slot if it is free; tell if it was."""
    if table[at] != ZERO:
        return False
    if shared:
        return compare_and_swap(table, at, ZERO, key) == ZERO
    table[at] = key
    return True


@kernel
def put_back(table, keys):
    """Put keys that differ from all others into the table."""
    lines = table.shape[0] >> 3
    for j in range(keys.shape[0]):
        put(table, line_of(mix(keys[j] & ~OCCUPIED), lines), keys[j], False)
