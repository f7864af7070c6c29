"""States of several words as keys of one word, exactly: every half that states share once.

Each half of a state that is met is given a number (it is *interned*), and the numbers of both
halves make the key of the state: keys are equal exactly if states are. From the key the state is
unfolded again. Which bits of the state a half is told in `checker.explicit.native.halves`.

A step changes few words. Of a successor only those halves are looked up that differ from the state
before, whose numbers are known.

Halves stand in `nodes` by number. The table that finds them holds number + 1 in the lower half of a
slot and the upper half of the hash above, which tells where the slot is.

What a thread folds with is handed over as one tuple, `folding`; see `Folder.for_worker`.

Holzmann, "State compression in SPIN: recursive indexing and compression training runs", 1997;
Laarman, van de Pol, Weber, "Parallel recursive state compression for free", SPIN 2011.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.intrinsics import (
    call_convert,
    call_step,
    compare_and_swap,
    look_at_line,
    lowest,
    prefetch,
    word,
)
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import SHORT, ZERO, following, line_of, mix

HALF = np.uint64(32)
FAR, NEAR = 48, 16
"""How many halves ahead the line of the table is requested, and the half that is in it."""

LOWER = np.uint64((1 << 32) - 1)
UPPER = np.uint64(((1 << 32) - 1) << 32)
ONE = np.uint64(1)


@kernel
def hash_half(halves, at, size):
    """Hash the words of a half; never 0."""
    result = mix(word(halves, at))
    for j in range(at + 1, at + size):
        result = mix((result >> np.uint64(29)) ^ result ^ word(halves, j))
    return result | ONE


@kernel
def differ(left, at, right, there, size):
    """Tell whether two halves differ."""
    for j in range(size):  # noqa: SIM110  # Numba compiles a loop, but no generator
        if word(left, at + j) != word(right, there + j):
            return True
    return False


@kernel
def intern(halves, at, size, hashed, nodes, finder, cursor, shared):
    """Return the number of a half, a new one if it has none.

    Args:
        hashed: the hash of the half.
        finder: table of numbers; it must have room.
        cursor: numbers that this thread may give, from the first to the second.
    """
    tag = hashed & UPPER
    slot = line_of(hashed, finder.shape[0] >> 3)
    number = cursor[0]
    is_written = False
    while True:
        same, free = look_at_line(finder, slot, tag, UPPER)
        while same != 0:
            candidate = finder[slot + lowest(same)] & LOWER
            # A free slot looks like one with the tag 0.
            if candidate != ZERO:
                there = np.int64(candidate - ONE)
                if not differ(halves, at, nodes, there * size, size):
                    return there
            same &= same - 1
        if free == 0:
            slot = following(slot, finder)
            continue
        if not is_written:
            is_written = True
            for j in range(size):
                nodes[number * size + j] = halves[at + j]
        place, entry = slot + lowest(free), tag | np.uint64(number + 1)
        if not shared:
            finder[place] = entry
            cursor[0] = number + 1
            return number
        # If another thread was faster we look again: it may have written the same half.
        if compare_and_swap(finder, place, ZERO, entry) == ZERO:
            cursor[0] = number + 1
            return number


@kernel
def key_of(left, right):
    """Return the key of a state with halves of these numbers."""
    return np.uint64(left) << HALF | np.uint64(right)


@kernel
def fold_all(halves, size, nodes, finder, cursor, keys):
    """Write the keys of states, given by their halves, into `keys`."""
    for j in range(keys.shape[0]):
        left, right = 2 * j * size, (2 * j + 1) * size
        hashed = hash_half(halves, left, size)
        first = intern(halves, left, size, hashed, nodes, finder, cursor, False)
        hashed = hash_half(halves, right, size)
        second = intern(halves, right, size, hashed, nodes, finder, cursor, False)
        keys[j] = key_of(first, second)


@kernel
def fold_changes(changes, count, halves, size, nodes, finder, recent, cursor, keys, shared):
    """Put the numbers of halves that have changed, and stand in a row, into the keys of states.

    What is looked up is requested from memory before it is looked at: lines of the table, then the
    halves that are probably the same. Most are those that were met last; these are found in a small
    table, in which a slot holds what it last held.

    Args:
        recent: the small table, each thread's own.
        changes: for each of `count` halves its hash and its place among those of all states.
    """
    lines = finder.shape[0] >> 3
    for k in range(min(FAR, count)):
        recall(changes, k, nodes, finder, lines, recent, size)
    for k in range(min(NEAR, count)):
        guess(changes, k, nodes, finder, lines, size)
    for k in range(count):
        if k + FAR < count:
            recall(changes, k + FAR, nodes, finder, lines, recent, size)
        if k + NEAR < count:
            guess(changes, k + NEAR, nodes, finder, lines, size)
        told = word(changes, 2 * k + 1)
        half = np.int64(told & LOWER)
        number = np.int64(told >> HALF) - 1
        if number < 0 or differ(halves, k * size, nodes, number * size, size):
            hashed = word(changes, 2 * k)
            number = intern(halves, k * size, size, hashed, nodes, finder, cursor, shared)
        hashed = word(changes, 2 * k)
        recent[np.int64(hashed >> SHORT)] = hashed & UPPER | np.uint64(number + 1)
        key = word(keys, half >> 1)
        if half & 1:
            keys[half >> 1] = key & UPPER | np.uint64(number)
        else:
            keys[half >> 1] = key & LOWER | np.uint64(number) << HALF


@kernel
def recall(changes, k, nodes, finder, lines, recent, size):
    """Note beside the place of a half which number it had the last time, or request its line."""
    hashed = word(changes, 2 * k)
    entry = word(recent, np.int64(hashed >> SHORT))
    if entry ^ hashed <= LOWER and entry != ZERO:
        prefetch(nodes, np.int64(entry & LOWER) * size - size)
        changes[2 * k + 1] |= entry << HALF
    else:
        prefetch(finder, line_of(hashed, lines))


@kernel
def guess(changes, k, nodes, finder, lines, size):
    """Note beside the place of a half which number it has, plus 1, if its hash tells true."""
    if word(changes, 2 * k + 1) > LOWER:
        return
    hashed = word(changes, 2 * k)
    slot = line_of(hashed, lines)
    same = look_at_line(finder, slot, hashed & UPPER, UPPER)[0]
    if same != 0:
        entry = word(finder, slot + lowest(same)) & LOWER
        prefetch(nodes, np.int64(entry) * size - size)
        changes[2 * k + 1] |= entry << HALF


@kernel
def unfold_all(keys, low, high, size, nodes, halves):
    """Write the halves of the states of some keys, from the beginning of `halves` on."""
    for j in range(low, high):
        if j + NEAR < high:
            prefetch(nodes, np.int64(keys[j + NEAR] >> HALF) * size)
            prefetch(nodes, np.int64(keys[j + NEAR] & LOWER) * size)
        left, right = np.int64(keys[j] >> HALF) * size, np.int64(keys[j] & LOWER) * size
        at = 2 * (j - low) * size
        for k in range(size):
            halves[at + k] = word(nodes, left + k)
            halves[at + size + k] = word(nodes, right + k)


@kernel
def step(address, states, ends, count, level, before, keys, places, halves, changes):
    """Gather halves that have changed by the function `step`; return how many.

    Args:
        ends: where the successors end of each of `count` states.
        level: the address of the keys of these, which are `before`.
        places: room for twice as many numbers as there may be successors.
    """
    return call_step(
        address,
        states.ctypes.data,
        ends.ctypes.data,
        count,
        level,
        before.ctypes.data,
        keys.ctypes.data,
        places.ctypes.data,
        places.shape[0] >> 1,
        halves.ctypes.data,
        changes.ctypes.data,
    )


@kernel
def convert(address, source, count, target):
    """Turn states into halves by `gather`, or halves into states by `scatter`."""
    call_convert(address, source.ctypes.data, count, target.ctypes.data)


@kernel
def move_numbers(old, low, high, finder, shared):
    """Enter what is in some slots of a table of numbers into another one."""
    lines = finder.shape[0] >> 3
    for at in range(low, high):
        if old[at] != ZERO:
            enter(finder, line_of(old[at], lines), old[at], shared)


@kernel
def enter(finder, slot, entry, shared):
    """Put an entry that is new into the line at a slot or after."""
    while True:
        free = look_at_line(finder, slot, ZERO, UPPER)[1]
        if free == 0:
            slot = following(slot, finder)
        elif not shared:
            finder[slot + lowest(free)] = entry
            return
        elif compare_and_swap(finder, slot + lowest(free), ZERO, entry) == ZERO:
            return
