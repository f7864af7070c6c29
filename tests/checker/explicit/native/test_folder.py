from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

import numpy as np
import pytest

from checker.explicit.layout import Layout
from checker.explicit.native.assembly import words as words_for
from checker.explicit.native.compiler import Folding, compile_folding
from checker.explicit.native.folder import Folder
from checker.explicit.native.halves import folding_text, halves
from checker.explicit.native.kernels import fold as kernels
from checker.explicit.native.kernels.table import RECENT
from checker.explicit.native.memory import Array, pack, unpack
from checker.model.system import System
from tests.checker.explicit.native.test_halves import SYSTEMS, WAYS, divided

COPY = """
define void @{name}(ptr %from, i64 %n, ptr %to) {{
  %bytes = mul i64 %n, {bytes}
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %bytes, i1 false)
  ret void
}}
"""


def in_turn(tasks: Sequence[Callable[[], None]]) -> None:
    for task in tasks:
        task()


@cache
def identity(words: int) -> Folding:
    """Code by which the halves of a state are its lower and its upper words."""
    return compile_folding(
        "".join(COPY.format(name=name, bytes=8 * words) for name in ("gather", "scatter"))
    )


def folder_of(words: int) -> Folder:
    return Folder(words, words // 2, identity(words))


def folded(folder: Folder, states: Sequence[int]) -> Array:
    cursor = np.zeros(2, np.int64)
    folder.hand_out(cursor, 2 * len(states), in_turn)
    return folder.fold(pack(states, folder.words), cursor)


def random_states(random: Random, words: int, count: int) -> list[int]:
    """States of which many have words in common."""
    return [
        sum(random.choice((0, 5, random.getrandbits(63))) << 64 * at for at in range(words))
        for _ in range(count)
    ]


@pytest.mark.parametrize("words", [2, 4, 6, 20])
def test_keys_are_equal_exactly_if_states_are(words: int) -> None:
    states = random_states(Random(words), words, 3_000)
    folder = folder_of(words)
    keys = folded(folder, states)
    assert len(set(keys.tolist())) == len(set(states))
    assert folded(folder, states).tolist() == keys.tolist()
    assert unpack(folder.unfold(keys), words) == states


def test_numbers_outlive_the_growth_of_their_table() -> None:
    random = Random(1)
    folder = folder_of(4)
    batches = [random_states(random, 4, 10_000) for _ in range(8)]
    keys = [folded(folder, states) for states in batches]
    for states, each in zip(batches, keys, strict=True):
        assert unpack(folder.unfold(each), 4) == states
        assert folded(folder, states).tolist() == each.tolist()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("compresses", WAYS)
@pytest.mark.parametrize("is_shared", [False, True])
def test_steps_fold_to_what_their_states_fold_to(
    system: System, compresses: bool, is_shared: bool
) -> None:
    bits, both = Layout(system).bits, halves(divided(system))
    words, size = words_for(bits + 1), len(both[0])
    code = compile_folding(folding_text(both, words, compresses=compresses))
    folder = Folder(words, size, code)
    random, cursor = Random(bits), np.zeros(2, np.int64)
    befores = [random.getrandbits(bits) for _ in range(5)]
    counts = [0, 3, 120, 1, 0]
    parents = [at for at, count in enumerate(counts) for _ in range(count)]
    masks = [1 << random.randrange(bits) for _ in range(20)]
    afters = [befores[at] ^ random.choice(masks) ^ random.choice(masks) for at in parents]
    level = folded(folder, befores)
    folder.hand_out(cursor, 1_000, in_turn)
    old, new = (gathered(code, states, words, size) for states in (befores, afters))

    states, before = pack(afters, words), pack(befores, words)
    ends = states.ctypes.data + 8 * words * np.cumsum(counts)
    keys, places = np.zeros(len(afters), np.uint64), np.zeros(2 * len(afters) + 1, np.uint64)
    changed, changes = np.zeros(2 * size * len(afters), np.uint64), np.zeros(999, np.uint64)
    to = (level.ctypes.data, before, keys, places, changed, changes)
    count = kernels.step(code.step, states, ends, len(counts), *to)
    told = changes[1 : 2 * count : 2].tolist()
    differ = [
        2 * j + half
        for half in range(2)
        for j, parent in enumerate(parents)
        if (new[2 * j + half] != old[2 * parent + half]).any()
    ]
    assert told == differ
    assert changed[: size * count].tolist() == new[differ].reshape(-1).tolist()
    for at in range(count):
        assert changes[2 * at] == kernels.hash_half(changed, at * size, size)
    kept = (size, folder.nodes, folder.finder, np.zeros(RECENT, np.uint64), cursor)
    for _ in range(2):  # the second time all halves are those that were met last
        kernels.fold_changes(changes, count, changed, *kept, keys, is_shared)
        assert keys.tolist() == folded(folder, afters).tolist()
        changes[1 : 2 * count : 2] = differ


def gathered(code: Folding, states: Sequence[int], words: int, size: int) -> Array:
    """The halves of states, a row each."""
    halves_of = np.zeros(2 * size * len(states), np.uint64)
    kernels.convert(code.gather, pack(states, words), len(states), halves_of)
    return halves_of.reshape(-1, size)


def test_a_thread_that_runs_out_of_numbers_goes_on_where_it_can() -> None:
    folder = folder_of(2)
    one, other = np.zeros(2, np.int64), np.zeros(2, np.int64)
    folder.hand_out(one, 10, in_turn)
    first = one.tolist()
    one[0] = first[1] - 5
    folder.hand_out(one, 10, in_turn)
    assert one[0] == first[1] - 5, "numbers that follow one another are not lost"
    folder.hand_out(other, 10, in_turn)
    one[0] = one[1] - 5
    folder.hand_out(one, 10, in_turn)
    assert one[0] == other[1], "what lies between belongs to another thread"
    assert folder.given == one[1]
