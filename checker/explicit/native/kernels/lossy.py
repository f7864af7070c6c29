"""Remembering of states only what a hash makes of them.

Three tables. Of 63 bits of a hash: `table` as it is. Of 127 bits: pairs of words, of which the
first one is filled last, so that who finds it finds the other one, too. Of single bits (Holzmann,
"An analysis of bitstate hashing", 1998): a state counts as seen if all of its bits are set.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.expand import copy_state, has_room, judge, note, succeed
from checker.explicit.native.kernels.intrinsics import compare_and_swap, prefetch, word
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import BATCH, OCCUPIED, ZERO, line_of, mix, put_all

BITS = 3
"""Bits that are set for a state."""

SEEDS = (np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344))
ONE = np.uint64(1)
BUSY = np.uint64(1)
"""The first word of a pair while the second one is written; no hash looks like this."""


@kernel
def hash_state(states, at, words, seed):
    """Hash a state of several words."""
    result = seed
    for j in range(at, at + words):
        result = mix((result >> np.uint64(29)) ^ result ^ word(states, j))
    return result ^ result >> np.uint64(32)


@kernel
def put_pairs(table, states, count, words, keys, fresh, shared):
    """Put 127 bits of each state into a table of pairs; note the numbers of those that are new."""
    pairs = table.shape[0] >> 1
    for j in range(count):
        keys[j] = hash_state(states, j * words, words, SEEDS[0]) | OCCUPIED
        prefetch(table, line_of(mix(keys[j] & ~OCCUPIED), pairs >> 2))
    new = 0
    for j in range(count):
        other = hash_state(states, j * words, words, SEEDS[1])
        if put_pair(table, keys[j], other, shared):
            fresh[new] = j
            new += 1
    return new


@kernel
def put_pair(table, first, second, shared):
    """Put two words into a table of pairs; tell whether they are new."""
    at = line_of(mix(first & ~OCCUPIED), table.shape[0] >> 3)
    while True:
        found = word(table, at)
        if found == ZERO:
            if not shared:
                table[at + 1] = second
                table[at] = first
                return True
            found = compare_and_swap(table, at, ZERO, BUSY)
            if found == ZERO:
                table[at + 1] = second
                compare_and_swap(table, at, BUSY, first)
                return True
        while found == BUSY:
            found = compare_and_swap(table, at, BUSY, BUSY)
        if found == first and word(table, at + 1) == second:
            return False
        at += 2
        if at == table.shape[0]:
            at = 0


@kernel
def move_pairs(old, table):
    """Put the pairs of a table into another one."""
    for at in range(0, old.shape[0], 2):
        if old[at] != ZERO:
            put_pair(table, old[at], old[at + 1], False)


@kernel
def put_bits(table, states, count, words, keys, fresh, shared):
    """Set the bits of each state; note the numbers of those of which one was not set."""
    size = table.shape[0]
    for j in range(count):
        keys[j] = hash_state(states, j * words, words, SEEDS[0])
        prefetch(table, line_of(keys[j], size >> 3))
    new = 0
    for j in range(count):
        first, step = keys[j], mix(keys[j]) | ONE
        is_new = False
        for k in range(BITS):
            place = first + np.uint64(k) * step
            at = line_of(place, size >> 3) + np.int64(place >> np.uint64(6) & np.uint64(7))
            bit = ONE << (place & np.uint64(63))
            before = word(table, at)
            while before & bit == ZERO:
                if not shared:
                    table[at] = before | bit
                    is_new = True
                    break
                found = compare_and_swap(table, at, before, before | bit)
                if found == before:
                    is_new = True
                    break
                before = found
        if is_new:
            fresh[new] = j
            new += 1
    return new


@kernel
def expand_hashed(
    calls, level, low, high, table, shared, buffers, out, filled, limits, wrong, seen, words, way
):
    """Expand states that are given and told of as they are; see `kernels.expand`.

    Args:
        way: 0 for hashes of 63 bits, 1 for 127 bits, 2 for single bits.
    """
    found, keys, slots, late, fresh = buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]
    flags, info = buffers[5], buffers[6]
    stop = filled + limits[2]
    told, noted = 0, 0
    size = out.shape[0] // words
    while low < high and filled < stop and has_room(filled, size, limits, wrong, told, seen, noted):
        address = level.ctypes.data + low * words * 8
        done, count = succeed(calls, address, min(BATCH, high - low), words, buffers, limits)
        told = note(flags, info, done, low, wrong, told)
        new = put_hashed(table, found, count, words, way, keys, slots, late, fresh, shared)
        for k in range(new):
            copy_state(found, fresh[k], out, filled + k, words)
        noted = judge(calls, out, words, filled, filled + new, flags, info, filled, seen, noted)
        filled += new
        low += done
    return low, filled, told, noted


@kernel
def put_hashed(table, states, count, words, way, keys, slots, late, fresh, shared):
    """Remember states in one of the three ways; note the numbers of those that are new."""
    if way == 1:
        return put_pairs(table, states, count, words, keys, fresh, shared)
    if way == 2:
        return put_bits(table, states, count, words, keys, fresh, shared)
    for j in range(count):
        keys[j] = hash_state(states, j * words, words, SEEDS[0]) & ~OCCUPIED
    return put_all(table, keys, count, slots, late, fresh, shared)
