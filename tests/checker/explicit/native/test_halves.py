from __future__ import annotations

from random import Random

import numpy as np
import pytest

from checker.explicit.layout import Layout
from checker.explicit.native.compiler import compile_module, has_compression
from checker.explicit.native.halves import Half, halves, write_halves
from checker.explicit.native.kernels.fold import convert
from checker.explicit.native.memory import pack, unpack
from checker.explicit.native.unit import Unit
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


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("compresses", WAYS)
def test_halves_become_the_state_again(system: System, compresses: bool) -> None:
    layout = Layout(system)
    unit = Unit(layout)
    both = halves(system, layout)
    write_halves(unit, both, compresses=compresses)
    code = compile_module(unit.text())
    random = Random(layout.bits)
    states = [random.getrandbits(layout.bits) for _ in range(50)]
    packed = pack(states, unit.words)
    gathered = np.zeros(2 * len(states) * len(both[0]), np.uint64)
    scattered = np.zeros_like(packed)
    convert(code.gather, packed, len(states), gathered)
    convert(code.scatter, gathered, len(states), scattered)
    assert unpack(scattered, unit.words) == states
    assert sum(map(int.bit_count, gathered.tolist())) == sum(map(int.bit_count, states))


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_bit_is_in_one_half(system: System) -> None:
    layout = Layout(system)
    left, right = map(bits_of, halves(system, layout))
    assert left | right == set(range(layout.bits))
    assert not left & right
    assert abs(len(left) - len(right)) <= 1


def test_threads_are_on_both_sides_and_whole() -> None:
    system = widened(mcs_benchmark(8))
    layout = Layout(system)
    slot = layout.slots[system.processes[0].control]

    def threads(half: Half) -> set[int]:
        return {
            (bit - slot.offset) // 4 for bit in bits_of(half) if 0 <= bit - slot.offset < slot.width
        }

    assert list(map(threads, halves(system, layout))) == [{0, 1, 2, 3}, {4, 5, 6, 7}]
