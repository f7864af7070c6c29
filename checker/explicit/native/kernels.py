"""The loops of the search, compiled once by Numba and kept on disk.

Everything here is the same for all systems. What differs is called through addresses: the functions
of the system's own module (see `module`), whose code Numba never sees.

Two ways to store states. A *narrow* state is one word and stands itself in the table, with its
highest bit set; 0 is a free slot. A *wide* state of several words stands in an arena, and the
table holds index + 1 in the lower 40 bits and a tag of 24 bits of its hash above; a state is
fetched for comparing only if the tag agrees.

A table has 2^k slots. A state is looked for in the cache line to which its hash leads, from its
slot on and around, then in the following lines: at a load of 0.8 that is faster than going
straight on.

States are expanded some hundreds at a time; all their successors are hashed and their slots
requested from memory before the first is looked at, so that the misses overlap.

With `shared`, several threads use one table: a slot is filled by compare-and-swap, and who comes
second looks again at what the first has put there. Slots never change once they are filled.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: PLR0917  # kernels take arrays and numbers by position, Numba has no other way

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

BATCH = 256
"""States expanded at a time."""

OCCUPIED = np.uint64(1 << 63)
INDEX_BITS = np.uint64(40)
INDEX_MASK = np.uint64((1 << 40) - 1)
TAG_MASK = np.uint64(((1 << 24) - 1) << 40)
ZERO = np.uint64(0)
ONE = np.uint64(1)

_I64 = ir.IntType(64)
_I32 = ir.IntType(32)


def _call(result, count, *, void):
    """Return an intrinsic's parts that call the function at an address with `count` addresses."""
    arguments = [types.int64] * (count + 1)
    signature = (types.void if void else result)(*arguments)

    def generate(context, builder, _, args):
        returned = ir.VoidType() if void else _I64
        of = ir.FunctionType(returned, [_I64] * count)
        value = builder.call(builder.inttoptr(args[0], of.as_pointer()), args[1:])
        return context.get_dummy_value() if void else value

    return signature, generate


@intrinsic
def call_expand(
    _, address, states, count, begin, safe, limit, counters, marks, flags, scratch, info
):
    """Call `expand` of the system's module; pointers are passed as numbers."""
    return _call(types.int64, 10, void=False)


@intrinsic
def call_inspect(_, address, states, count, flags, marks, wanted, info):
    """Call `inspect` of the system's module."""
    return _call(types.int64, 6, void=True)


@intrinsic
def prefetch(_, array, index):
    """Request the cache line of an element."""
    signature = types.void(array, types.int64)

    def generate(context, builder, given, args):
        pointer = _element(context, builder, given, args)
        bytes_ = ir.IntType(8).as_pointer()
        of = ir.FunctionType(ir.VoidType(), [bytes_, _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(builder.module, of, "llvm.prefetch.p0")
        flags = [ir.Constant(_I32, 0), ir.Constant(_I32, 3), ir.Constant(_I32, 1)]
        builder.call(function, [builder.bitcast(pointer, bytes_), *flags])
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def compare_and_swap(_, array, index, old, new):
    """Put `new` where `old` is, and return what was there."""
    signature = types.uint64(array, types.int64, types.uint64, types.uint64)

    def generate(context, builder, given, args):
        pointer = _element(context, builder, given, args)
        swapped = builder.cmpxchg(pointer, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(swapped, 0)

    return signature, generate


def _element(context, builder, given, args):
    array = context.make_array(given.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


# --- hashing and probing --------------------------------------------------------------------------


@njit(nogil=True, cache=True)
def mix(word):
    """Spread a word over 64 bits; one to one."""
    word *= np.uint64(0x9E3779B97F4A7C15)
    word ^= word >> np.uint64(32)
    return word * np.uint64(0xD6E8FEB86659FD93)


@njit(nogil=True, cache=True)
def following(slot, tried, mask):
    """Return the slot to try after `tried` others."""
    line = slot & np.int64(-8)
    within = (slot + 1) & np.int64(7)
    return line | within if tried & 7 else ((line + 8) & mask) | within


@njit(nogil=True, cache=True)
def put(table, slot, key, shared):
    """Put a narrow state into the table; tell whether it is new."""
    mask = np.int64(table.shape[0] - 1)
    tried = 0
    while True:
        found = table[slot]
        if found == key:
            return False
        if found == ZERO:
            if not shared:
                table[slot] = key
                return True
            found = compare_and_swap(table, slot, ZERO, key)
            if found == ZERO:
                return True
            if found == key:
                return False
        tried += 1
        slot = following(slot, tried, mask)


@njit(nogil=True, cache=True)
def rehash(old, low, high, table, shift, shared):
    """Put what is in some slots of a table into another one."""
    keys = np.empty(BATCH, np.uint64)
    slots = np.empty(BATCH, np.int64)
    at = low
    while at < high:
        count = 0
        while at < high and count < BATCH:
            key = old[at]
            if key != ZERO:
                keys[count] = key
                slot = np.int64(mix(key & ~OCCUPIED) >> shift)
                slots[count] = slot
                prefetch(table, slot)
                count += 1
            at += 1
        for j in range(count):
            put(table, slots[j], keys[j], shared)


# --- narrow states --------------------------------------------------------------------------------


@njit(nogil=True, cache=True)
def admit_narrow(states, count, table, shift, out):
    """Put states into the table and those that are new into `out`; return the number of these."""
    filled = 0
    for j in range(count):
        state = states[j]
        if put(table, np.int64(mix(state) >> shift), state | OCCUPIED, False):
            out[filled] = state
            filled += 1
    return filled


@njit(nogil=True, cache=True)
def judge(calls, address, words, low, high, flags, info, first, seen, told):
    """Inspect states; note the number and the flags of those about which there is something to say.

    Args:
        address: of the array that holds the states `low` to `high`.
        first: added to the numbers that are noted.
    """
    while low < high:
        count = min(BATCH, high - low)
        call_inspect(
            calls[1],
            address + low * words * 8,
            count,
            flags.ctypes.data,
            calls[3],
            calls[5],
            info.ctypes.data,
        )
        if info[1] != 0:
            for j in range(count):
                if flags[j] != 0:
                    seen[told, 0] = first + low + j
                    seen[told, 1] = flags[j]
                    told += 1
        low += count
    return told


@njit(nogil=True, cache=True)
def expand_narrow(
    calls, level, low, high, table, shift, shared, buffers, out, filled, limits, wrong, seen
):
    """Expand states `low` to `high` of a level, as far as there is room.

    Args:
        calls: addresses: expand, inspect, counters, marks, scratch, wanted.
        buffers: room for successors, their slots, flags, and what calls return.
        out: new states, of which there are `filled` already.
        limits: number of successors at which no state is expanded, number that fit, new states
            after which to stop, most successors of one batch.
        wrong: numbers and flags of states expanded about which there is something to say, seen[.]
            likewise of states found.

    Returns:
        where it stopped, the number of states in `out`, of entries in `wrong`, of entries in
        `seen`.
    """
    found, slots, flags, info = buffers
    begin = found.ctypes.data
    stop = filled + limits[2]
    told, noted = 0, 0
    while low < high and filled < stop:
        if filled + limits[1] > out.shape[0]:
            break
        if told + BATCH > wrong.shape[0] or noted + limits[1] > seen.shape[0]:
            break
        done = call_expand(
            calls[0],
            level.ctypes.data + low * 8,
            min(BATCH, high - low),
            begin,
            begin + limits[0] * 8,
            begin + limits[1] * 8,
            calls[2],
            calls[3],
            flags.ctypes.data,
            calls[4],
            info.ctypes.data,
        )
        if info[1] != 0:
            for j in range(done):
                if flags[j] != 0:
                    wrong[told, 0] = low + j
                    wrong[told, 1] = flags[j]
                    told += 1
        count = (info[0] - begin) >> 3
        for j in range(count):
            slots[j] = mix(found[j]) >> shift
            prefetch(table, np.int64(slots[j]))
        before = filled
        for j in range(count):
            if put(table, np.int64(slots[j]), found[j] | OCCUPIED, shared):
                out[filled] = found[j]
                filled += 1
        noted = judge(calls, out.ctypes.data, 1, before, filled, flags, info, 0, seen, noted)
        low += done
    return low, filled, told, noted


# --- wide states ----------------------------------------------------------------------------------


@njit(nogil=True, cache=True)
def hash_words(states, at, words):
    """Hash a state of several words."""
    result = np.uint64(0)
    for j in range(words):
        result = mix(result ^ states[at + j])
        result ^= result >> np.uint64(29)
    return mix(result)


@njit(nogil=True, cache=True)
def differ(left, at, right, there, words):
    """Tell whether two states differ."""
    for j in range(words):  # noqa: SIM110  # Numba compiles a loop, but no generator
        if left[at + j] != right[there + j]:
            return True
    return False


@njit(nogil=True, cache=True)
def put_wide(table, hashed, shift, arena, states, at, words, fill, shared):
    """Put a wide state into the table and at number `fill` of the arena; tell whether it is new."""
    mask = np.int64(table.shape[0] - 1)
    slot = np.int64(hashed >> shift)
    tag = (hashed << INDEX_BITS) & TAG_MASK
    is_written = False
    tried = 0
    while True:
        found = table[slot]
        if found == ZERO:
            if not is_written:
                for j in range(words):
                    arena[fill * words + j] = states[at + j]
                is_written = True
            key = tag | np.uint64(fill + 1)
            if not shared:
                table[slot] = key
                return True
            found = compare_and_swap(table, slot, ZERO, key)
            if found == ZERO:
                return True
        if found & TAG_MASK == tag:
            there = np.int64((found & INDEX_MASK) - ONE) * words
            if not differ(states, at, arena, there, words):
                return False
        tried += 1
        slot = following(slot, tried, mask)


@njit(nogil=True, cache=True)
def rehash_wide(arena, low, high, words, table, shift, shared):
    """Enter states of the arena, all different, into a new table."""
    mask = np.int64(table.shape[0] - 1)
    hashes = np.empty(BATCH, np.uint64)
    while low < high:
        count = min(BATCH, high - low)
        for j in range(count):
            hashes[j] = hash_words(arena, (low + j) * words, words)
            prefetch(table, np.int64(hashes[j] >> shift))
        for j in range(count):
            key = ((hashes[j] << INDEX_BITS) & TAG_MASK) | np.uint64(low + j + 1)
            slot = np.int64(hashes[j] >> shift)
            tried = 0
            while True:
                if table[slot] == ZERO:
                    if not shared:
                        table[slot] = key
                        break
                    if compare_and_swap(table, slot, ZERO, key) == ZERO:
                        break
                tried += 1
                slot = following(slot, tried, mask)
        low += count


@njit(nogil=True, cache=True)
def admit_wide(states, count, words, table, shift, arena, fill):
    """Enter states; return the number of states in the arena afterwards."""
    for j in range(count):
        hashed = hash_words(states, j * words, words)
        if put_wide(table, hashed, shift, arena, states, j * words, words, fill, False):
            fill += 1
    return fill


@njit(nogil=True, cache=True)
def expand_wide(
    calls, arena, words, low, high, table, shift, shared, buffers, fill, end, limits, wrong, seen
):
    """Expand states `low` to `high` of the arena, as far as there is room; see `expand_narrow`.

    New states go to the arena, from number `fill` up to `end`.
    """
    found, hashes, flags, info = buffers
    begin = found.ctypes.data
    size = words * 8
    stop = fill + limits[2]
    told, noted = 0, 0
    while low < high and fill < stop:
        if fill + limits[1] > end:
            break
        if told + BATCH > wrong.shape[0] or noted + limits[1] > seen.shape[0]:
            break
        done = call_expand(
            calls[0],
            arena.ctypes.data + low * size,
            min(BATCH, high - low),
            begin,
            begin + limits[0] * size,
            begin + limits[1] * size,
            calls[2],
            calls[3],
            flags.ctypes.data,
            calls[4],
            info.ctypes.data,
        )
        if info[1] != 0:
            for j in range(done):
                if flags[j] != 0:
                    wrong[told, 0] = low + j
                    wrong[told, 1] = flags[j]
                    told += 1
        count = (info[0] - begin) // size
        for j in range(count):
            hashes[j] = hash_words(found, j * words, words)
            prefetch(table, np.int64(hashes[j] >> shift))
        for j in range(count):
            key = table[np.int64(hashes[j] >> shift)]
            if key != ZERO and (key ^ (hashes[j] << INDEX_BITS)) & TAG_MASK == ZERO:
                prefetch(arena, np.int64((key & INDEX_MASK) - ONE) * words)
        before = fill
        for j in range(count):
            if put_wide(table, hashes[j], shift, arena, found, j * words, words, fill, shared):
                fill += 1
        noted = judge(calls, arena.ctypes.data, words, before, fill, flags, info, 0, seen, noted)
        low += done
    return low, fill, told, noted


# --- going back -----------------------------------------------------------------------------------


@njit(nogil=True, cache=True)
def has_any(table, shift, found, count, words, targets):
    """Tell whether one of some states is among the targets, whose numbers + 1 are in the table."""
    mask = np.int64(table.shape[0] - 1)
    for j in range(count):
        slot = np.int64(hash_words(found, j * words, words) >> shift)
        tried = 0
        while table[slot] != ZERO:
            there = np.int64(table[slot] - ONE) * words
            if not differ(found, j * words, targets, there, words):
                return True
            tried += 1
            slot = following(slot, tried, mask)
    return False


@njit(nogil=True, cache=True)
def enter_targets(targets, count, words, table, shift):
    """Fill a table with the numbers + 1 of different states."""
    mask = np.int64(table.shape[0] - 1)
    for j in range(count):
        slot = np.int64(hash_words(targets, j * words, words) >> shift)
        tried = 0
        while table[slot] != ZERO:
            tried += 1
            slot = following(slot, tried, mask)
        table[slot] = np.uint64(j + 1)


@njit(nogil=True, cache=True)
def leading_to(calls, level, low, high, words, table, shift, targets, buffers, limits, result):
    """Write the numbers of those states that have a step into a target; return how many."""
    found, _, flags, info = buffers
    begin = found.ctypes.data
    size = words * 8
    written = 0
    while low < high:
        done = call_expand(
            calls[0],
            level.ctypes.data + low * size,
            min(BATCH, high - low),
            begin,
            begin + limits[0] * size,
            begin + limits[1] * size,
            calls[2],
            calls[3],
            flags.ctypes.data,
            calls[4],
            info.ctypes.data,
        )
        count = (info[0] - begin) // size
        if has_any(table, shift, found, count, words, targets):
            for j in range(low, low + done):
                call_expand(
                    calls[0],
                    level.ctypes.data + j * size,
                    1,
                    begin,
                    begin + limits[0] * size,
                    begin + limits[1] * size,
                    calls[2],
                    calls[3],
                    flags.ctypes.data,
                    calls[4],
                    info.ctypes.data,
                )
                count = (info[0] - begin) // size
                if has_any(table, shift, found, count, words, targets):
                    result[written] = j
                    written += 1
        low += done
    return written
