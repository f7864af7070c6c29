"""Expanding states: calls of the system's code, and what becomes of the successors.

What a thread works with is handed over in tuples:

    calls    addresses: expand, inspect, counters, marks, scratch, wanted; inspect is 0 where new
             states are judged later
    buffers  successors, their keys, their slots, the late ones, the fresh ones, flags, what calls
             return, where the successors of each state end
    limits   number of successors at which no state is expanded, number that fit, new states after
             which to stop
    told     numbers and flags of states expanded about which there is something to say, likewise of
             states found

Every kernel returns where it stopped, the number of states in `out`, and the number of entries in
both parts of `told`.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.fold import convert, fold_changes, step, unfold_all
from checker.explicit.native.kernels.intrinsics import call_expand, call_inspect, word
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import BATCH, drop_recent, put_all


@kernel
def succeed(calls, address, count, words, buffers, limits):
    """Expand up to `count` states at an address; return how many, and how many successors."""
    found, flags, info, ends = buffers[0], buffers[5], buffers[6], buffers[7]
    begin = found.ctypes.data
    size = words * 8
    done = call_expand(
        calls[0],
        address,
        count,
        begin,
        begin + limits[0] * size,
        begin + limits[1] * size,
        calls[2],
        calls[3],
        flags.ctypes.data,
        calls[4],
        info.ctypes.data,
        ends.ctypes.data,
    )
    return done, (info[0] - begin) // size


@kernel
def note(flags, info, count, first, notes, noted):
    """Note the numbers and flags of states about which there is something to say."""
    if info[1] != 0:
        for j in range(count):
            if flags[j] != 0:
                notes[noted, 0] = first + j
                notes[noted, 1] = flags[j]
                noted += 1
    return noted


@kernel
def judge(calls, states, words, low, high, flags, info, first, notes, noted):
    """Inspect states `low` to `high` of an array; note them by numbers that begin with `first`."""
    if calls[1] == 0:
        return noted
    for at in range(low, high, BATCH):
        count = min(BATCH, high - at)
        call_inspect(
            calls[1],
            states.ctypes.data + at * words * 8,
            count,
            flags.ctypes.data,
            calls[3],
            calls[5],
            info.ctypes.data,
        )
        noted = note(flags, info, count, first + at - low, notes, noted)
    return noted


@kernel
def has_room(filled, out, limits, wrong, told, seen, noted):
    """Tell whether a batch may be expanded."""
    return (
        filled + limits[1] <= out
        and told + BATCH <= wrong.shape[0]
        and noted + limits[1] <= seen.shape[0]
    )


@kernel
def expand_narrow(
    calls, level, low, high, table, shared, buffers, out, filled, limits, wrong, seen
):
    """Expand states of one word, which are their own keys."""
    found, slots, late, fresh = buffers[0], buffers[2], buffers[3], buffers[4]
    flags, info = buffers[5], buffers[6]
    stop = filled + limits[2]
    told, noted = 0, 0
    while (
        low < high
        and filled < stop
        and has_room(filled, out.shape[0], limits, wrong, told, seen, noted)
    ):
        address = level.ctypes.data + low * 8
        done, count = succeed(calls, address, min(BATCH, high - low), 1, buffers, limits)
        told = note(flags, info, done, low, wrong, told)
        new = put_all(table, found, count, slots, late, fresh, shared)
        for k in range(new):
            out[filled + k] = found[fresh[k]]
        noted = judge(calls, out, 1, filled, filled + new, flags, info, filled, seen, noted)
        filled += new
        low += done
    return low, filled, told, noted


@kernel
def expand_folded(
    calls, level, low, high, table, shared, buffers, out, filled, limits, wrong, seen, folding, met
):
    """Expand states of several words, given and told of by their keys.

    Args:
        folding: see `folder.Folder.for_worker`.
        met: keys that the thread met last, all of them in the table; see `table.drop_recent`.
    """
    words, size, addresses, nodes, finder, cursor, room = folding
    states, halves, places, changed, changes, news, recent = room
    found, keys, slots, late, fresh = buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]
    flags, info, ends = buffers[5], buffers[6], buffers[7]
    stop = filled + limits[2]
    told, noted = 0, 0
    while (
        low < high
        and filled < stop
        and cursor[1] - cursor[0] >= 2 * limits[1]
        and has_room(filled, out.shape[0], limits, wrong, told, seen, noted)
    ):
        some = min(BATCH, high - low)
        unfold_all(level, low, low + some, size, nodes, halves)
        convert(addresses[0], halves, some, states)
        done, count = succeed(calls, states.ctypes.data, some, words, buffers, limits)
        told = note(flags, info, done, low, wrong, told)
        above = level.ctypes.data + low * 8
        differing = step(
            addresses[1], found, ends, done, above, states, keys, places, changed, changes
        )
        fold_changes(changes, differing, changed, size, nodes, finder, recent, cursor, keys, shared)
        count = drop_recent(keys, count, met, places)
        new = put_all(table, keys, count, slots, late, fresh, shared)
        for k in range(new):
            out[filled + k] = keys[fresh[k]]
            copy_state(found, np.int64(places[fresh[k]]), news, k, words)
        noted = judge(calls, news, words, 0, new, flags, info, filled, seen, noted)
        filled += new
        low += done
    return low, filled, told, noted


@kernel
def copy_state(source, at, target, to, words):
    """Copy state `at` of an array to place `to` of another."""
    for j in range(words):
        target[to * words + j] = word(source, at * words + j)
