from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from checker.explicit.engine import Exhausted
from checker.explicit.native.disk.difference import merged, new_keys
from checker.explicit.native.disk.files import WordFile
from checker.explicit.native.disk.runs import FENCE, Run, RunWriter, held
from checker.explicit.native.memory import Array


def in_turn(tasks: Sequence[Callable[[], None]]) -> None:
    for task in tasks:
        task()


def words(numbers: Sequence[int]) -> Array:
    return np.array(numbers, dtype=np.uint64)


def on_disk(file: WordFile, keys: Sequence[int], piece: int) -> Run:
    writer = RunWriter(file)
    for at in range(0, len(keys), piece):
        writer.add(words(keys[at : at + piece]))
    return writer.finish()


def some(random: Random, count: int, limit: int) -> list[int]:
    return sorted({random.randrange(limit) for _ in range(count)})


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    file = WordFile(tmp_path)
    assert [file.append(words(range(at, at + 100))) for at in (0, 100, 200)] == [0, 100, 200]
    assert file.read(95, 205).tolist() == list(range(95, 205))
    assert list(tmp_path.iterdir()) == [], "the file has no name, so nothing is left behind"


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(Exhausted, match="no room in"):
        WordFile(tmp_path / "missing")


@pytest.mark.parametrize("size", [0, 1, FENCE - 1, FENCE, FENCE + 1, 7 * FENCE + 5])
@pytest.mark.parametrize("piece", [10, FENCE, 5_000])
def test_a_run_has_what_lies_between(tmp_path: Path, size: int, piece: int) -> None:
    random = Random(size)
    keys = some(random, 2 * size, 1 << 40)[:size]
    file = WordFile(tmp_path)
    file.append(words([1, 2, 3]))
    for run in (held(words(keys)), on_disk(file, keys, piece)):
        assert run.size == len(keys)
        assert run.fences.tolist() == keys[::FENCE]
        for _ in range(20):
            first, last = sorted((random.randrange(1 << 40), random.randrange(1 << 40)))
            inside = [key for key in keys if first <= key < last]
            assert run.between(first, last).tolist() == inside
        assert run.between(0, None).tolist() == keys


@pytest.mark.parametrize("asked", [1, 50, 20_000])
def test_parts_around_keys_have_them_all(tmp_path: Path, asked: int) -> None:
    random = Random(asked)
    keys = some(random, 200_000, 1 << 20)
    run = on_disk(WordFile(tmp_path), keys, 10_000)
    wanted = some(random, asked, 1 << 20)
    parts = [part.tolist() for part in run.around(words(wanted))]
    found = [key for part in parts for key in part]
    assert found == sorted(found)
    assert set(found) & set(wanted) == set(keys) & set(wanted)
    if asked == 1:
        assert len(found) <= FENCE, "no more is read than what may have the key"


@pytest.mark.parametrize("room", [3_000, 1 << 20])
@pytest.mark.parametrize("count", [0, 1, 300, 20_000])
def test_new_keys_are_those_of_sets(tmp_path: Path, room: int, count: int) -> None:
    random = Random(count)
    file = WordFile(tmp_path)
    known = [some(random, 5 * count, 1 << 17) for _ in range(3)]
    found = [some(random, count, 1 << 17) for _ in range(5)]
    runs = [on_disk(file, keys, 777) for keys in known]
    asked = [held(words(found[0])), *(on_disk(file, keys, 4_096) for keys in found[1:])]
    told = [key for part in new_keys(asked, runs, room, in_turn) for key in part.tolist()]
    assert told == sorted(set().union(*found) - set().union(*known))
    together = [key for part in merged(runs, room) for key in part.tolist()]
    assert together == sorted(key for keys in known for key in keys)
