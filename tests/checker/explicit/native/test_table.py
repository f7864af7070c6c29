from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest

from checker.explicit.native.kernels import table as kernels
from checker.explicit.native.memory import Array, pack, unpack, zeros
from checker.explicit.native.table import FIRST_SLOTS, Table, capacity


def in_turn(tasks: Sequence[Callable[[], None]]) -> None:
    for task in tasks:
        task()


def members(table: Array) -> list[int]:
    return sorted(int(key) & ~(1 << 63) for key in table[table != 0].tolist())


@pytest.mark.parametrize("words", [1, 2, 5])
def test_packing_is_undone_by_unpacking(words: int) -> None:
    random = Random(words)
    states = [random.getrandbits(64 * words - 1) for _ in range(100)]
    assert unpack(pack(states, words), words) == states


@pytest.mark.parametrize("slots", [1 << 10, 1000, 2 * 616])
def test_a_table_is_a_set(slots: int) -> None:
    random = Random(1)
    table = zeros(slots)
    states = [random.choice((random.randrange(300), random.getrandbits(63))) for _ in range(1000)]
    out = np.zeros(len(states), np.uint64)
    count = kernels.admit(table, pack(states, 1), out)
    assert sorted(unpack(out[:count], 1)) == sorted(set(states))
    assert members(table) == sorted(set(states))
    assert kernels.admit(table, pack(states, 1), out) == 0


def test_a_table_can_be_full_to_the_last_slot() -> None:
    random = Random(2)
    states = random.sample(range(1 << 40), 64)
    table, out = zeros(64), np.zeros(64, np.uint64)
    assert kernels.admit(table, pack(states, 1), out) == 64
    assert members(table) == sorted(states)
    assert kernels.admit(table, pack(states, 1), out) == 0


@pytest.mark.parametrize("first", [1_000, 40_000])
def test_growing_keeps_the_members(first: int) -> None:
    random = Random(first)
    table = Table()
    known: set[int] = set()
    for _ in range(4):
        states = [random.getrandbits(63) for _ in range(first)]
        table.grow(table.size_for(table.count + len(states)), in_turn)
        out = np.zeros(len(states), np.uint64)
        assert table.admit(pack(states, 1), out) == len(states)
        known.update(states)
        table.grow(len(table.array) * 5 // 4 // 8 * 8, in_turn)
        assert members(table.array) == sorted(known)
        assert table.admit(pack(sorted(known), 1), np.zeros(len(known), np.uint64)) == 0


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("barrier", [2_000, 2_500])
def test_keys_spread_or_wait(is_shared: bool, barrier: int) -> None:
    random = Random(barrier)
    old, new = 2_048, 4_096
    table = zeros(8 * new)
    states = random.sample(range(1 << 60), 13_000)
    kernels.admit(table[: 8 * old], pack(states, 1), np.zeros(len(states), np.uint64))
    high = table[8 * 1_500 : 8 * old]
    moving = set(high[high != 0].tolist())
    waiting = np.zeros(20_000, np.uint64)
    stop, count = kernels.spread(table, 1_500, old, barrier, waiting, np.zeros(100, int), is_shared)
    assert stop == old
    spread = table[8 * barrier :]
    assert moving == set(waiting[:count].tolist()) | set(spread[spread != 0].tolist())
    kernels.put_back(table, waiting[:count])
    assert members(table) == sorted(states)


def test_few_keys_wait_at_a_time() -> None:
    table = Table()
    states = Random(3).sample(range(1 << 60), capacity(FIRST_SLOTS))
    table.admit(pack(states, 1), np.zeros(len(states), np.uint64))
    waiting, filled = np.zeros(16, np.uint64), np.zeros(9, np.int64)
    low, found = 0, []
    while low < len(table.array) // 8:
        # A barrier behind all lines: everything waits.
        low, count = kernels.spread(
            table.array, low, len(table.array) // 8, 1 << 40, waiting, filled, False
        )
        found += waiting[:count].tolist()
    assert not table.array.any()
    assert sorted(int(key) & ~(1 << 63) for key in found) == sorted(states)


def test_only_what_was_met_before_is_dropped() -> None:
    random = Random(3)
    recent = np.zeros(kernels.RECENT, np.uint64)
    met: set[int] = set()
    dropped = 0
    for _ in range(30):
        keys = [
            random.choice((0, random.randrange(9_000), random.getrandbits(63))) for _ in range(500)
        ]
        array, places = pack(keys, 1), np.zeros(len(keys), np.uint64)
        left = kernels.drop_recent(array, len(keys), recent, places)
        assert unpack(array[:left], 1) == [keys[int(at)] for at in places[:left]]
        assert set(keys) <= met | set(unpack(array[:left], 1))
        met |= set(keys)
        dropped += len(keys) - left
    assert dropped > 30 * 500 // 3, "at least the zeros"
