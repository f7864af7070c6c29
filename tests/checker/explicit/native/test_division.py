"""Which bits make up a half: each once, by what belongs together, so that there are few halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from checker.explicit.layout import Layout
from checker.explicit.native.compiler import compile_module
from checker.explicit.native.division import (
    ENOUGH,
    Division,
    _estimated,
    by_index,
    division,
    fields,
)
from checker.explicit.native.memory import Array, pack, unpack
from checker.explicit.native.module import write_module
from checker.explicit.native.walks import random_steps
from checker.explicit.native.worker import make_worker
from checker.load import load
from checker.model.coverage_points import coverage_points
from checker.model.interpret import Moved, initial_states, successors
from checker.model.system import System
from tests.checker.explicit.native.test_halves import SYSTEMS, divided
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.widened import widened

SHOOT_DOWN = Path("tests/bench/models/shootdown.k42")


def shoot_down(pages: int, cpus: int) -> System:
    system, found = load(SHOOT_DOWN, {"PAGES": str(pages), "CPUS": str(cpus)})
    assert system is not None, found
    return system


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_bit_is_in_one_half(system: System) -> None:
    left, right = divided(system)
    assert sorted(left + right) == list(range(Layout(system).bits))


def test_threads_are_on_both_sides_and_whole() -> None:
    system = widened(mcs_benchmark(8))
    slot = Layout(system).slots[system.processes[0].control]

    def threads(bits: list[int]) -> set[int]:
        return {(bit - slot.offset) // 4 for bit in bits if 0 <= bit - slot.offset < slot.width}

    assert list(map(threads, divided(system))) == [{0, 1, 2, 3}, {4, 5, 6, 7}]


def test_what_has_no_side_goes_where_there_are_fewer_bits() -> None:
    system = widened(mcs_benchmark(7))
    parts = fields(system, Layout(system))
    left = sum(p.width for p, is_left in zip(parts, by_index(parts, None), strict=True) if is_left)
    assert abs(Layout(system).bits - 2 * left) <= max(part.width for part in parts)


def test_indices_inside_of_others_are_indices() -> None:
    system = shoot_down(4, 2)
    layout = Layout(system)
    table, copy = (layout.slots[variable] for variable in system.variables[:2])
    (page,) = {part.places[0][0] for part in fields(system, layout) if part.at == table.offset}
    parts = fields(system, layout)
    by_page = dict(zip((part.at for part in parts), by_index(parts, page), strict=True))
    size, own = table.width // 4, copy.width // 8
    for number in range(4):
        assert by_page[table.offset + size * number] is (number < 2)
        for cpu in range(2):
            assert by_page[copy.offset + own * (4 * cpu + number)] is (number < 2)


def stepped(system: System) -> tuple[Array, Array]:
    """Random steps of a system."""
    layout = Layout(system)
    module = write_module(system, layout, coverage_points(system))
    compiled = compile_module(module.text)
    worker = make_worker(module, compiled, len(system.actions), np.ones(1, np.int64))
    first = [layout.encode(o.state) for o in initial_states(system) if isinstance(o, Moved)]
    return random_steps(worker, pack(first, module.words))


def test_random_steps_are_steps() -> None:
    system = shoot_down(4, 3)
    layout = Layout(system)
    before, after = stepped(system)
    rows = list(range(0, len(before), 371))
    old, new = (unpack(each[rows].reshape(-1), each.shape[1]) for each in (before, after))
    for left, right in zip(old, new, strict=True):
        following = successors(system, layout.decode(left))
        assert layout.decode(right) in [o.state for o in following if isinstance(o, Moved)]
    again = stepped(system)
    assert (before == again[0]).all()
    assert (after == again[1]).all()


def test_few_steps_teach_nothing() -> None:
    system = shoot_down(4, 3)
    before, after = (each[: ENOUGH - 1] for each in stepped(system))
    assert division(system, Layout(system), before, after) == divided(system)


def halves_seen(division_of: Division, states: Array) -> int:
    """How many halves some states have."""
    bits = np.unpackbits(states.view(np.uint8), axis=1, bitorder="little")
    return sum(len(np.unique(bits[:, half], axis=0)) for half in division_of)


def test_what_is_related_is_brought_together() -> None:
    system = shoot_down(8, 3)
    before, after = stepped(system)
    learned = division(system, Layout(system), before, after)
    assert sorted(learned[0] + learned[1]) == list(range(Layout(system).bits))
    assert 2 * halves_seen(learned, after) < halves_seen(divided(system), after)


@pytest.mark.parametrize("count", [300, 3_000, 30_000])
def test_the_number_of_values_is_estimated(count: int) -> None:
    drawn = np.random.default_rng(count).integers(count, size=8_000).astype(np.uint64)
    assert 0.8 * count < _estimated(drawn) < 1.25 * count
