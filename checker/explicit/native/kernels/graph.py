"""Building the state graph: numbering states, and writing down the steps between them.

Here a successor carries something along above its own bits: in the upper bits of its one word, if
both fit, else in words of their own (see `liveness.widened`). Things are numbered in the order in
which they are found: a table has for each the upper half of its hash and its number, and the things
stand side by side in another array.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.back import hash_words
from checker.explicit.native.kernels.expand import succeed
from checker.explicit.native.kernels.intrinsics import prefetch
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import BATCH

ZERO = np.uint64(0)
ONE = np.uint64(1)
NUMBER = np.uint64((1 << 32) - 1)
TAG = np.uint64(((1 << 32) - 1) << 32)


@kernel
def number_of(array, at, hashed, words, things, count, table):
    """Return the number of what stands at a place; `count` if it is new, and it is then entered."""
    mask = np.int64(table.shape[0] - 1)
    slot = np.int64(hashed & NUMBER) & mask
    while table[slot] != ZERO:
        if table[slot] & TAG == hashed & TAG:
            number = np.int64(table[slot] & NUMBER) - 1
            is_same = True
            for j in range(words):
                if things[number * words + j] != array[at + j]:
                    is_same = False
            if is_same:
                return number
        slot = (slot + 1) & mask
    table[slot] = hashed & TAG | np.uint64(count + 1)
    for j in range(words):
        things[count * words + j] = array[at + j]
    return count


@kernel
def enter_all(things, count, words, table):
    """Fill an empty table with the numbers of different things."""
    mask = np.int64(table.shape[0] - 1)
    for number in range(count):
        hashed = hash_words(things, number * words, words)
        slot = np.int64(hashed & NUMBER) & mask
        while table[slot] != ZERO:
            slot = (slot + 1) & mask
        table[slot] = hashed & TAG | np.uint64(number + 1)


@kernel
def number_all(array, count, words, things, known, table, numbers):
    """Write the numbers of things; return how many different ones are then known."""
    for k in range(count):
        hashed = hash_words(array, k * words, words)
        numbers[k] = number_of(array, k * words, hashed, words, things, known, table)
        if numbers[k] == known:
            known += 1
    return known


@kernel
def follow(calls, states, low, count, words, wide, before, buffers, limits):
    """Expand states, which get room above them; return how many, and how many successors."""
    for j in range(count):
        for k in range(wide):
            before[j * wide + k] = states[(low + j) * words + k] if k < words else ZERO
    return succeed(calls, before.ctypes.data, count, wide, buffers, limits)


@kernel
def part(found, count, words, wide, shift, upper):
    """Take what successors carry along from them, `upper` words for each, side by side."""
    if shift > 0:
        low = (ONE << np.uint64(shift)) - ONE
        for k in range(count):
            upper[k] = found[k] >> np.uint64(shift)
            found[k] &= low
    else:
        size = wide - words
        for k in range(count):
            for j in range(size):
                upper[k * size + j] = found[k * wide + words + j]


@kernel
def explore(
    calls, low, high, states, table, starts, targets, labels, names, named, counts, shape, work
):
    """Write down the steps out of nodes `low` to `high`, as far as there is room.

    Args:
        names: the labels, which are words; `named` is their table.
        counts: nodes, edges and labels so far, and the flags raised.
        shape: words of a state, words of a successor, bits below the label in one word.
        work: states, labels and hashes of a batch, buffers, limits.

    Returns:
        the first node that is left.
    """
    words, wide, shift = shape
    before, upper, hashes, buffers, limits = work
    found, info, ends = buffers[0], buffers[6], buffers[7]
    begin = found.ctypes.data
    mask = np.int64(table.shape[0] - 1)
    while (
        low < high
        and counts[1] + limits[1] <= targets.shape[0]
        and 2 * (counts[0] + limits[1]) <= table.shape[0]
        and 2 * (counts[2] + limits[1]) <= named.shape[0]
    ):
        some = min(BATCH, high - low)
        done, count = follow(calls, states, low, some, words, wide, before, buffers, limits)
        counts[3] |= info[1]
        part(found, count, words, wide, shift, upper)
        for k in range(count):
            hashes[k] = hash_words(found, k * wide, words)
            prefetch(table, np.int64(hashes[k] & NUMBER) & mask)
        nodes, edges = counts[0], counts[1]
        for k in range(count):
            node = number_of(found, k * wide, hashes[k], words, states, nodes, table)
            if node == nodes:
                nodes += 1
            targets[edges + k] = node
        counts[0] = nodes
        counts[2] = number_all(upper, count, 1, names, counts[2], named, labels[edges:])
        for j in range(done):
            starts[low + j + 1] = edges + (ends[j] - begin) // (8 * wide)
        counts[1] = edges + count
        low += done
    return low


@kernel
def carried(calls, states, low, high, shape, things, table, known, numbers, failing, work):
    """Write the numbers of what the only successor of each state carries along.

    Args:
        shape: words of a state, of a successor, of what it carries, bits below that in one word.
        failing: set for states without a successor; then nothing is written for the rest.

    Returns:
        the first state that is left, and how many different things are then known.
    """
    words, wide, size, shift = shape
    before, upper, buffers, limits = work
    found = buffers[0]
    while low < high and 2 * (known + BATCH) <= table.shape[0]:
        some = min(BATCH, high - low)
        done, count = follow(calls, states, low, some, words, wide, before, buffers, limits)
        if count < done:
            ends = buffers[7]
            at = found.ctypes.data
            for j in range(done):
                failing[low + j] = ends[j] == at
                at = ends[j]
        else:
            part(found, count, words, wide, shift, upper)
            known = number_all(upper, count, size, things, known, table, numbers[low:])
        low += done
    return low, known
