"""What multiplies states, on systems where it can be told beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.analysis.space import groups, growth, sample, variables
from checker.cli.main import main
from checker.model.explore import explore
from checker.model.system import System
from tests.support.system_strategies import seeded_system
from tests.support.texts import system_of

MCS = Path(__file__).parents[3] / "spec" / "protocols" / "locks" / "mcs_benchmark.k42"
FREE = """
var free: 0..4 = any
var copy: 0..4 = 0
var still: 0..9 = 7
action follow() { copy := free }
"""


def test_a_variable_multiplies_by_what_it_adds() -> None:
    taken = sample(system_of(FREE))
    factors = {part.name: (part.seen, part.possible, part.factor) for part in variables(taken)}
    # Nine states: `copy` is 0 or the same as `free`.
    assert len(taken.states) == 9
    assert factors == {
        "free": (5, 5, 9 / 5),
        "copy": (5, 5, 9 / 5),
        "still": (1, 10, 1),
    }


def test_a_process_counts_with_its_locals() -> None:
    text = """
    var x: 0..1 = 0
    process p {
      var mine: 0..3 = 0
      choose v: 0..3
      mine := v
      x := 1
    }"""
    system = system_of(text)
    taken = sample(system)
    (part,) = groups(system, taken)
    assert part.name == "p"
    assert part.factor == len(taken.states) / 2


@pytest.mark.parametrize("seed", range(8))
def test_a_complete_sample_is_all_states(seed: int) -> None:
    system = seeded_system(seed)
    found = explore(system)
    taken = sample(system)
    if not found.findings:
        assert taken.is_complete
        assert {taken.layout.decode(state) for state in taken.states} == found.states
        assert taken.levels == found.levels


def test_a_sample_stops_at_the_limit_and_says_so() -> None:
    taken = sample(system_of("var x: 0..99 = 0\naction up() requires x < 99 { x := x + 1 }"), 10)
    assert not taken.is_complete
    assert len(taken.states) == 11


def test_growth_counts_each_size() -> None:
    def at(size: int) -> System:
        return system_of(f"var x: 0..{size} = any")

    found = growth("N", (1, 2, 3), at)
    assert found.counts == ((1, 2), (2, 3), (3, 4))
    assert found.factor == 4 / 3


def test_the_command_explains_a_specification(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(MCS), "-c", "N=3"]) == 0
    told = capsys.readouterr().out
    assert "7,147 states" in told
    assert "thread.pred" in told
    assert "N = 2: 157, 3: 7,147; the last step multiplied the states by 45.5" in told


def test_settings_need_a_specification(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "K100", "-c", "N=3"]) == 150
    assert "K300" in capsys.readouterr().err
