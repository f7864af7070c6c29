"""Going back: which states of a level have a step into one of some targets."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.expand import succeed
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import BATCH, mix

ZERO = np.uint64(0)
ONE = np.uint64(1)


@kernel
def hash_words(states, at, words):
    """Hash a state of several words."""
    result = np.uint64(0)
    for j in range(words):
        result = mix(result ^ states[at + j])
        result ^= result >> np.uint64(29)
    return mix(result)


@kernel
def place_of(states, at, words, targets, table):
    """Return the slot of a state in the table of targets, or the free one where it would be."""
    mask = np.int64(table.shape[0] - 1)
    slot = np.int64(hash_words(states, at, words) >> np.uint64(32)) & mask
    while table[slot] != ZERO:
        there = np.int64(table[slot] - ONE) * words
        is_same = True
        for j in range(words):
            if states[at + j] != targets[there + j]:
                is_same = False
        if is_same:
            break
        slot = (slot + 1) & mask
    return slot


@kernel
def enter_targets(targets, count, words, table):
    """Fill a table, whose size is a power of two, with the numbers + 1 of different states."""
    for j in range(count):
        table[place_of(targets, j * words, words, targets, table)] = np.uint64(j + 1)


@kernel
def leading_to(calls, states, low, high, words, table, targets, buffers, limits, result):
    """Write the numbers of those states that have a step into a target; return how many."""
    found, ends = buffers[0], buffers[7]
    begin = found.ctypes.data
    size = words * 8
    written = 0
    while low < high:
        address = states.ctypes.data + low * size
        done, _ = succeed(calls, address, min(BATCH, high - low), words, buffers, limits)
        at = 0
        for j in range(done):
            end = (ends[j] - begin) // size
            leads = False
            while at < end:
                leads |= table[place_of(found, at * words, words, targets, table)] != ZERO
                at += 1
            if leads:
                result[written] = low + j
                written += 1
        low += done
    return written
