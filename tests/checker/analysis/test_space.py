"""What multiplies states, on systems where it can be told beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.analysis.savings import Saving, savings
from checker.analysis.space import groups, growth, sample, variables
from checker.cli.main import main
from checker.load import load
from checker.model.explore import explore
from checker.model.system import System
from tests.support.random_threads import seeded_threads
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


# --- reductions -----------------------------------------------------------------------------------


def saved(text: str) -> dict[str, Saving]:
    system = system_of(text)
    return {each.name: each for each in savings(system, sample(system))}


def test_an_estimate_from_all_states_is_exact() -> None:
    system, _ = load(MCS, {"N": "3"})
    assert system is not None
    taken = sample(system)
    found = {each.name: each for each in savings(system, taken)}
    for name, states in (("dead", 893), ("owned", 536)):
        share = found[name].share
        assert share is not None
        assert round(share * len(taken.states)) == found[name].states == states
    assert found["all"].states == 536


@pytest.mark.parametrize("seed", range(12))
def test_estimates_are_what_searches_count(seed: int) -> None:
    system = seeded_threads(seed)
    taken = sample(system)
    if not taken.is_complete:
        return
    for each in savings(system, taken):
        if each.share is not None and each.name != "symmetry":
            assert each.states == round(each.share * len(taken.states))


def test_each_reduction_is_estimated_where_it_is_of_use() -> None:
    found = saved(
        """
        processors Cpu[3]
        var x: [Cpu] 0..2 = 0
        process worker on Cpu {
          var mine: 0..2 = 0
          choose v: 0..2
          mine := v
          x[self] := mine
        }
        """
    )
    assert found["symmetry"].share == 20 / 64
    assert found["symmetry"].states == 20
    assert found["partial-order"].left is not None
    assert found["partial-order"].states is not None
    assert found["all"].states is not None
    assert found["all"].states < 20 < found["partial-order"].states < 64


def test_a_reduction_of_no_use_says_why() -> None:
    found = saved("var x: 0..2 = 0\naction up() requires x < 2 { x := x + 1 }\nstep s: x != old(x)")
    assert found["dead"].why_not == "no variable is ever dead"
    assert found["symmetry"].why_not == "there is no symmetric sort of more than one element"
    assert found["partial-order"].why_not == (
        "partial order is not used: `s` may fail on a step that changes nothing it reads"
    )
    assert "all" not in found


def test_what_is_too_much_to_verify_stays_an_estimate() -> None:
    system, _ = load(MCS, {"N": "3"})
    assert system is not None
    found = {each.name: each for each in savings(system, sample(system, 3_000), cheap=400)}
    assert found["dead"].states is None
    assert found["dead"].share is not None
    assert 0 < found["dead"].share < 0.5


def test_settings_need_a_specification(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "K100", "-c", "N=3"]) == 150
    assert "K300" in capsys.readouterr().err
