"""Things are numbered as they come, each once, and keep their numbers when the table grows."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from checker.explicit.native.memory import pack
from checker.explicit.native.numbering import FIRST_SLOTS, Numbering


@pytest.mark.parametrize("words", [1, 3])
def test_things_keep_their_numbers(words: int) -> None:
    random = Random(words)
    numbering = Numbering(words)
    given: list[int] = []
    for _ in range(4):
        new = [random.getrandbits(64 * words) for _ in range(FIRST_SLOTS // 4)]
        # Some are known, some come twice.
        given += [*new, *random.choices(new, k=50), *given[:50]]
        numbering.add(pack(given[-len(new) - 100 :], words))
    different = list(dict.fromkeys(given))
    assert len(numbering) == len(different)
    assert numbering.unpacked(0, len(numbering)) == different
    assert len(numbering.table) > FIRST_SLOTS
    assert np.count_nonzero(numbering.table) == len(different)


def test_things_that_differ_in_one_word_only() -> None:
    numbering = Numbering(2)
    numbering.add(pack([1, 1 << 64, 1, 1 << 64 | 1, 0], 2))
    assert numbering.unpacked(0, len(numbering)) == [1, 1 << 64, 1 << 64 | 1, 0]
