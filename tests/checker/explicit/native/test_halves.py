from __future__ import annotations

from random import Random

import numpy as np
import pytest

from checker.explicit.layout import Layout
from checker.explicit.native.assembly import words
from checker.explicit.native.compiler import compile_folding, has_compression
from checker.explicit.native.division import Division, by_index, fields
from checker.explicit.native.halves import Half, folding_text, halves
from checker.explicit.native.kernels.fold import convert
from checker.explicit.native.memory import pack, unpack
from checker.model.system import System
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.system_strategies import seeded_system
from tests.support.systems import composite
from tests.support.widened import widened

SYSTEMS = [
    widened(each) for each in (composite(2), mcs_benchmark(3), *map(seeded_system, range(4)))
]
WAYS = [
    False,
    pytest.param(True, marks=pytest.mark.skipif(not has_compression(), reason="no BMI2")),
]


def bits_of(half: Half) -> set[int]:
    return {
        64 * word + bit
        for sources in half
        for word, mask, _ in sources
        for bit in range(64)
        if mask >> bit & 1
    }


def divided(system: System) -> Division:
    """The bits of a state, divided by indices."""
    parts = fields(system, Layout(system))
    sides = by_index(parts, None)
    left, right = (
        [
            bit
            for part, is_left in zip(parts, sides, strict=True)
            if is_left is side
            for bit in part.bits
        ]
        for side in (True, False)
    )
    return left, right


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("compresses", WAYS)
def test_halves_become_the_state_again(system: System, compresses: bool) -> None:
    bits, both = Layout(system).bits, halves(divided(system))
    width = words(bits + 1)
    code = compile_folding(folding_text(both, width, compresses=compresses))
    random = Random(bits)
    states = [random.getrandbits(bits) for _ in range(50)]
    packed = pack(states, width)
    gathered = np.zeros(2 * len(states) * len(both[0]), np.uint64)
    scattered = np.zeros_like(packed)
    convert(code.gather, packed, len(states), gathered)
    convert(code.scatter, gathered, len(states), scattered)
    assert unpack(scattered, width) == states
    assert sum(map(int.bit_count, gathered.tolist())) == sum(map(int.bit_count, states))


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_half_has_the_bits_of_its_side(system: System) -> None:
    division = divided(system)
    assert list(map(bits_of, halves(division))) == list(map(set, division))
