from __future__ import annotations

from pathlib import Path

import numpy as np

from checker.explicit.native.disk.files import Filed, WordFile
from checker.explicit.native.levels import Levels
from checker.explicit.native.memory import Array
from checker.explicit.native.pieces import Held, Piece


def piece(*states: int) -> Piece:
    return Piece(Held(np.array(states, np.uint64)), 0, len(states))


def rows(levels: Levels) -> list[list[int] | None]:
    return [
        None if level.pieces is None else [int(s) for p in level.pieces for s in p.rows().tolist()]
        for level in levels.all
    ]


def test_the_oldest_are_dropped_but_never_the_last() -> None:
    levels = Levels(kept=24)
    for number in range(5):
        levels.add([piece(number), piece(10 + number)])
        dropped = [int(p.rows()[0]) for p in levels.shrink()]
        assert dropped == ([number - 1, 9 + number] if number else [])
    assert rows(levels) == [None, None, None, None, [4, 14]]
    assert [level.size for level in levels.all] == [2] * 5
    assert not list(levels.shrink(is_short=True))


def test_nothing_is_kept_where_memory_is_short() -> None:
    levels = Levels(kept=1_000)
    for number in range(3):
        levels.add([piece(number)])
        assert not list(levels.shrink())
    assert len(list(levels.shrink(is_short=True))) == 2
    assert rows(levels) == [None, None, [2]]


def test_what_cannot_be_found_again_goes_to_the_attic(tmp_path: Path) -> None:
    levels = Levels(0, Filed(WordFile(tmp_path), 1))
    for number in range(3):
        levels.add([piece(number, 7)])
        list(levels.shrink())
    assert rows(levels) == [[0, 7], [1, 7], [2, 7]]
    assert [level.nbytes for level in levels.all] == [0, 0, 16]


def test_no_level_is_looked_at_again_and_again() -> None:
    class Counting:
        looks = 0

        def read(self, low: int, high: int) -> Array:
            return np.zeros(high - low, np.uint64)

        @property
        def nbytes(self) -> int:
            Counting.looks += 1
            return 8

    levels = Levels(kept=80)
    for _ in range(1_000):
        levels.add([Piece(Counting(), 0, 1)])
        list(levels.shrink())
    assert sum(level.pieces is not None for level in levels.all) == 10
    assert Counting.looks <= 4 * 1_000
