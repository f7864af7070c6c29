"""The search over thread automata that are given as tables.

A state is some words. Fields in it are told by three numbers: word, shift and mask. What a thread
does in a state is found in its *tree*, a flat array of branches:

    tree[at], tree[at + 1], tree[at + 2]    the field that the branch looks at
    tree[at + 3 + code]                     where to go on: a branch if > 0, a leaf if < 0

A leaf is a number of outcomes in a row. An outcome keeps some bits of the state and puts others,
word by word; with a label it also moves the monitor, whose steps stand in a table of their own.
Claims are trees as well, whose only leaf is -1.

What is unknown is told to the caller, who learns it, completes the tables and asks again.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np

from checker.explicit.native.kernels.intrinsics import prefetch, word
from checker.explicit.native.kernels.jit import kernel
from checker.explicit.native.kernels.table import OCCUPIED, line_of, mix, put, put_all

ZERO = np.uint64(0)
INDEX_BITS = np.uint64(40)
INDEX_MASK = np.uint64((1 << 40) - 1)
TAG_MASK = np.uint64(((1 << 24) - 1) << 40)
UNKNOWN = -1

# Positions in `sizes`.
WORDS, THREADS, STRIDE, SPEC_WORD, SPEC_SHIFT, SPEC_MASK, LABELS, SPECS = range(8)
# Positions in `told`.
TRANSITIONS, MISSING, ENDS, FOUND = range(4)


@kernel
def leaf_of(tree, at, states, base):
    """Return the leaf to which a tree leads in a state, as a negative number; 0 if unknown."""
    while at > 0:
        shifted = word(states, base + tree[at]) >> np.uint64(tree[at + 1])
        at = np.int64(tree[at + 3 + np.int64(shifted & np.uint64(tree[at + 2]))])
    return at


@kernel
def expand(sizes, parts, states, pairs, low, high, out, parents, missing, ends, told, limit):
    """Append what follows from states or from single steps, as far as there is room.

    It is one long function so that the arrays are taken apart only once.

    Args:
        parts: roots, tree, first and number of the outcomes of each leaf, keep, put, labels,
            monitor. The node of thread t is field t of `roots`: word, shift, mask, then a root for
            each node.
        pairs: pairs of state and thread, `low` to `high` of which are meant; if it is empty, all
            steps of the states `low` to `high` are.
        out: room for successors, as words.
        parents: the states from which they come.
        missing: pairs of state and thread of which something is unknown.
        ends: states in which no known step is possible.
        told: counts, see above.
        limit: successors at which to stop.

    Returns:
        where it stopped.
    """
    roots, tree, first, number, keep, bits, labels, monitor = parts
    words, threads, stride = sizes[WORDS], sizes[THREADS], sizes[STRIDE]
    spec_word, columns, specs = sizes[SPEC_WORD], sizes[LABELS], sizes[SPECS]
    spec_shift, spec_mask = np.uint64(sizes[SPEC_SHIFT]), np.uint64(sizes[SPEC_MASK])
    found, transitions, unknown, stops = 0, 0, 0, 0
    room, is_single = missing.shape[0] >> 1, pairs.shape[0] > 0
    while low < high and found < limit and unknown + threads <= room and stops < ends.shape[0]:
        index, thread, last = np.int64(low), np.int64(0), np.int64(threads)
        if is_single:
            index, thread = pairs[2 * low], pairs[2 * low + 1]
            last = thread + 1
        base = index * words
        moves = np.int64(0)
        while thread < last:
            where = thread * stride
            node = np.int64(
                (word(states, base + roots[where]) >> np.uint64(roots[where + 1]))
                & np.uint64(roots[where + 2])
            )
            at = np.int64(-1)
            if node != 0:
                at = np.int64(roots[where + 3 + node])
                while at > 0:
                    shifted = word(states, base + tree[at]) >> np.uint64(tree[at + 1])
                    at = np.int64(tree[at + 3 + np.int64(shifted & np.uint64(tree[at + 2]))])
            is_known = at != 0
            count = np.int64(0)
            if node != 0 and is_known:
                leaf = -at - 1
                outcome = np.int64(first[leaf])
                count = np.int64(number[leaf])
                begin = found
                for _ in range(count):
                    label = np.int64(labels[outcome])
                    for w in range(words):
                        kept = word(states, base + w) & word(keep, outcome * words + w)
                        out[begin * words + w] = kept | word(bits, outcome * words + w)
                    if label != 0:
                        now = np.int64((word(states, base + spec_word) >> spec_shift) & spec_mask)
                        after = np.int64(UNKNOWN)
                        if label < columns and now < specs:
                            after = np.int64(monitor[now * columns + label])
                        is_known &= after >= 0
                        changed = np.uint64(after ^ now) & spec_mask
                        out[begin * words + spec_word] ^= changed << spec_shift
                    parents[begin] = index
                    begin += 1
                    outcome += 1
                if is_known:
                    found = begin
            if is_known:
                moves += count
            else:
                missing[2 * unknown] = index
                missing[2 * unknown + 1] = thread
                unknown += 1
            thread += 1
        transitions += moves
        if moves == 0:
            ends[stops] = index
            stops += 1
        low += 1
    told[TRANSITIONS], told[MISSING], told[ENDS], told[FOUND] = transitions, unknown, stops, found
    return low


@kernel
def admit_narrow(table, out, parents, count, states, origin, fill, slots, late, fresh):
    """Enter one-word states into the table, and those that are new into the arena.

    Returns:
        the number of states in the arena.
    """
    new = put_all(table, out, count, slots, late, fresh, False)
    for k in range(new):
        j = fresh[k]
        states[fill] = out[j]
        origin[fill] = parents[j]
        fill += 1
    return fill


@kernel
def enter_narrow(table, states, low, high):
    """Enter states of the arena, all different, into another table."""
    lines = table.shape[0] >> 3
    for j in range(low, high):
        put(table, line_of(mix(states[j]), lines), states[j] | OCCUPIED, False)


@kernel
def hash_words(states, base, words):
    """Hash a state of several words."""
    result = ZERO
    for w in range(words):
        result = mix(result ^ states[base + w])
        result ^= result >> np.uint64(29)
    return mix(result)


@kernel
def admit_wide(table, out, parents, count, words, states, origin, fill, hashes):
    """Enter states of several words, like `admit_narrow`.

    The table holds index + 1 in the lower 40 bits, and a tag of 24 bits of the hash above: a state
    is fetched for comparing only if the tag agrees.
    """
    mask = np.uint64(table.shape[0] - 1)
    for j in range(count):
        hashes[j] = hash_words(out, j * words, words)
        prefetch(table, np.int64((hashes[j] >> np.uint64(24)) & mask))
    for j in range(count):
        tag = (hashes[j] << INDEX_BITS) & TAG_MASK
        slot = (hashes[j] >> np.uint64(24)) & mask
        is_new = True
        while table[slot] != ZERO:
            found = table[slot]
            if found & TAG_MASK == tag:
                there = (np.int64(found & INDEX_MASK) - 1) * words
                same = True
                for w in range(words):
                    if states[there + w] != out[j * words + w]:
                        same = False
                        break
                if same:
                    is_new = False
                    break
            slot = (slot + np.uint64(1)) & mask
        if is_new:
            table[slot] = tag | np.uint64(fill + 1)
            for w in range(words):
                states[fill * words + w] = out[j * words + w]
            origin[fill] = parents[j]
            fill += 1
    return fill


@kernel
def enter_wide(table, states, words, low, high):
    """Enter states of the arena, all different, into another table."""
    mask = np.uint64(table.shape[0] - 1)
    for j in range(low, high):
        hashed = hash_words(states, j * words, words)
        slot = (hashed >> np.uint64(24)) & mask
        while table[slot] != ZERO:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = ((hashed << INDEX_BITS) & TAG_MASK) | np.uint64(j + 1)


@kernel
def judge(tree, claims, states, words, low, high, unknown):
    """Hold claims against states; stop when there is no more room for what is unknown.

    Args:
        claims: the root of each claim's tree, 0 as long as nothing is known.
        unknown: pairs of state and claim of which something is unknown.

    Returns:
        where it stopped, and the number of pairs.
    """
    count = 0
    while low < high and count + claims.shape[0] <= unknown.shape[0] >> 1:
        for claim in range(claims.shape[0]):
            if leaf_of(tree, claims[claim], states, low * words) == 0:
                unknown[2 * count] = low
                unknown[2 * count + 1] = claim
                count += 1
        low += 1
    return low, count
