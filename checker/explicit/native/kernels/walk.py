"""Walkers who go at random, all at the same time."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.expand import copy_state, succeed
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import BATCH, mix


@kernel
def draw(dice, below):
    """Return a number below a bound, and change the dice."""
    dice[0] += np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mix(dice[0]) >> np.uint64(33)) % np.uint64(below))


@kernel
def walk(calls, places, steps, apart, words, initial, buffers, limits, dice, before, after):
    """Let walkers take steps, in place, and write down one step of all of them in so many.

    A walker who can go nowhere begins at one of the initial states again, and takes no step.

    Args:
        places: the states where they are.
        before: the states before each step that is written down; `after` likewise.
    """
    found, ends = buffers[0], buffers[7]
    begin, size = found.ctypes.data, 8 * words
    walkers = before.shape[0] // words // (steps // apart)
    starts = initial.shape[0] // words
    written = 0
    for step in range(1, steps + 1):
        is_told = step % apart == 0
        if is_told:
            for k in range(walkers):
                copy_state(places, k, before, written + k, words)
        low = 0
        while low < walkers:
            address = places.ctypes.data + low * size
            done, _ = succeed(calls, address, min(BATCH, walkers - low), words, buffers, limits)
            first = 0
            for k in range(done):
                end = (ends[k] - begin) // size
                if end > first:
                    chosen = first + draw(dice, end - first)
                    copy_state(found, chosen, places, low + k, words)
                else:
                    chosen = draw(dice, starts)
                    copy_state(initial, chosen, places, low + k, words)
                    if is_told:
                        copy_state(initial, chosen, before, written + low + k, words)
                first = end
            low += done
        if is_told:
            for k in range(walkers):
                copy_state(places, k, after, written + k, words)
            written += walkers
