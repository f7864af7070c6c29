"""The engine that leaves out steps: when it gives up, who takes over, and how it is resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.checkpoint import CannotResume, Keeper
from checker.explicit.layout import Layout
from checker.explicit.python.exact import Exact
from checker.explicit.reductions.order.engine import PartialOrderEngine
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import SearchOptions, check
from checker.model.system import System
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.texts import system_of

PARTIAL_ORDER = [Reduction.PARTIAL_ORDER]
HALF = """
type Thread = 0..2
var x: [Thread] 0..3 = 0
var y: 0..3 = 0
process worker on Thread {
  while x[self] < 3 { atomic { x[self] := x[self] + 1 } }
  atomic { y := (y + self) % 4 }
}
"""


def on_trial(system: System, layout: Layout, exact: Exact) -> PartialOrderEngine:
    return PartialOrderEngine(system, layout, exact, is_on_trial=True)


def test_native_code_takes_over_what_is_hardly_reduced() -> None:
    system = mcs_benchmark(3)
    found = check(system, make_engine=engine_maker(EngineOptions(threshold=50, python=on_trial)))
    assert found.engine == "explicit, native"
    assert found.statistics.distinct == check(system).statistics.distinct


def test_native_code_does_not_take_over_what_is_reduced() -> None:
    system = system_of(HALF)
    full = check(system)
    found = check(system, make_engine=engine_maker(EngineOptions(threshold=20, python=on_trial)))
    assert found.engine == "explicit, generated Python"
    assert found.verdict is full.verdict
    assert 20 < found.statistics.distinct < full.statistics.distinct / 2


def test_an_engine_that_gives_up_finds_the_same() -> None:
    system = mcs_benchmark(3)
    made: list[PartialOrderEngine] = []

    def make(system: System, layout: Layout, exact: Exact) -> PartialOrderEngine:
        made.append(on_trial(system, layout, exact))
        return made[-1]

    assert check(system, make_engine=make).statistics.distinct == 7_147
    assert not made[0].is_reducing
    assert 0 < made[0].expanded < 7_147 / 2


def test_a_search_by_partial_order_is_resumed_as_such(tmp_path: Path) -> None:
    system = system_of(HALF)
    expected = check_reduced(system, PARTIAL_ORDER)
    bound = SearchOptions(max_states=10)
    first = check_reduced(system, PARTIAL_ORDER, bound, keeper=Keeper(tmp_path, resumes=False))
    assert first.statistics.distinct < expected.statistics.distinct
    with pytest.raises(CannotResume):
        check(system, keeper=Keeper(tmp_path, resumes=True))
    found = check_reduced(system, PARTIAL_ORDER, keeper=Keeper(tmp_path, resumes=True))
    assert found.statistics.distinct == expected.statistics.distinct
    assert found.statistics.transitions == expected.statistics.transitions
    assert any(note.endswith("since the checkpoint") for note in found.notes)


STUTTERING = """
var x: 0..1 = 0
var y: 0..1 = 0
process a { x := 1 }
process b { y := 1 }
step kept: old(y) = 1 -> y = 1
"""


def test_it_is_told_that_a_step_left_out_may_have_tested_an_implication() -> None:
    system = system_of(STUTTERING)
    found = check_reduced(system, PARTIAL_ORDER)
    assert check(system).vacuities == ()
    assert len(found.vacuities) == 1
    assert (
        "the left side of an implication in a step property may hold on a step left out"
        in found.notes
    )
