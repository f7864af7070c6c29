from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

import numpy as np
import pytest

from checker.explicit.native.compiler import Compiled, compile_module
from checker.explicit.native.folder import Folder
from checker.explicit.native.kernels import fold as kernels
from checker.explicit.native.memory import Array, pack, unpack

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
def identity(words: int) -> Compiled:
    """Code by which the halves of a state are its lower and its upper words."""
    return compile_module(
        "".join(COPY.format(name=name, bytes=8 * words) for name in ("gather", "scatter"))
    )


def folder_of(words: int) -> Folder:
    code = identity(words)
    return Folder(words, words // 2, gather=code.gather, scatter=code.scatter)


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


@pytest.mark.parametrize("words", [2, 4, 10])
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_step_folds_to_what_its_state_folds_to(words: int, is_shared: bool) -> None:
    random = Random(words)
    folder, cursor = folder_of(words), np.zeros(2, np.int64)
    befores = random_states(random, words, 5)
    parents = np.array([random.randrange(5) for _ in range(60)])
    afters = [
        befores[parent] & ~(((1 << 64) - 1) << 64 * at) | random.randrange(4) << 64 * at
        for parent in parents.tolist()
        for at in (random.randrange(words),)
    ]
    keys = folded(folder, befores)
    folder.hand_out(cursor, 1_000, in_turn)
    kept = (words // 2, folder.nodes, folder.finder, cursor)
    hashes, found = np.zeros(4 * 60, np.uint64), np.zeros(60, np.uint64)
    before, after = pack(befores, words), pack(afters, words)
    for low, high in ((0, 40), (40, 60)):
        kernels.fold_steps(after, low, high, parents, before, keys, *kept, hashes, found, is_shared)
    assert found.tolist() == folded(folder, afters).tolist()


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
