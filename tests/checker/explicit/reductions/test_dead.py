"""Dead variables: what the analysis finds in programs that one can read, and published counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.explicit.reductions.dead import ALL_ROLES, PRIVATE_ROLES, clear_dead, hide_elements
from checker.explicit.reductions.symmetry import symmetry
from checker.explicit.search import check
from checker.load import load
from checker.model.explore import explore
from checker.model.system import System
from checker.model.types import MapType, OptionType, SortType
from checker.model.verdict import Verdict
from tests.support.texts import system_of

LOCKS = Path(__file__).parents[4] / "spec" / "protocols" / "locks"


def mcs(threads: int) -> System:
    system, _ = load(LOCKS / "mcs_benchmark.k42", {"N": str(threads)})
    assert system is not None
    return system


def places(system: System, *, shared: bool = False) -> dict[str, tuple[str, ...]]:
    """Returns the control points at which each variable is cleared."""
    roles = ALL_ROLES if shared else PRIVATE_ROLES
    return {each.variable.name: each.points for each in clear_dead(system, roles=roles).clearings}


# Locals only is what is published; the others are counted by a search of its own, by hand.
@pytest.mark.parametrize(
    ("threads", "shared", "counts"),
    [
        (2, False, (62, 108, 15)),
        (3, False, (893, 2_247, 28)),
        (4, False, (15_920, 52_544, 41)),
        (2, True, (52, 88, 14)),
        (3, True, (536, 1_272, 18)),
        (4, True, (6_672, 20_352, 22)),
        pytest.param(5, True, (100_832, 375_200, 26), marks=pytest.mark.slow),
        pytest.param(5, False, (343_797, 1_404_905, 54), marks=pytest.mark.slow),
    ],
)
def test_the_mcs_benchmark_has_the_published_counts(
    threads: int, shared: bool, counts: tuple[int, int, int]
) -> None:
    cleared = clear_dead(mcs(threads), roles=ALL_ROLES if shared else PRIVATE_ROLES)
    result = check(cleared.system)
    found = result.statistics
    assert result.verdict is Verdict.HOLDS
    assert (found.distinct, found.transitions, found.depth) == counts


def test_a_local_is_live_from_where_it_is_set_to_where_it_is_last_read() -> None:
    found = places(mcs(2), shared=True)
    everywhere = {"1", "2", "3", "4", "5", "critical", "7", "8", "9", "10"}
    # `pred` is set at 2 and read at 4; `next` is overwritten at 1; `locked` is read at 5, and is
    # true only between 3 and the end of the wait.
    assert set(found["thread.pred"]) == everywhere - {"3", "4"}
    assert found["next"] == ("1",)
    assert set(found["locked"]) == everywhere - {"4", "5"}


LOOKED_AT = """
const N = 2
type Thread = 1..N
var total: 0..9 = 0
process p on Thread {
  var seen: 0..2 = 0
  seen := 2
  total := seen
  done: skip
}
"""


def test_what_a_property_reads_is_never_cleared() -> None:
    assert set(places(system_of(LOOKED_AT))["p.seen"]) == {"done", "end"}
    watched = f"{LOOKED_AT}invariant small: forall t: Thread. p[t].seen <= 2\n"
    assert places(system_of(watched)) == {}


def test_what_somebody_else_reads_is_never_cleared() -> None:
    spying = LOOKED_AT + "action spy() requires p[1].seen = 2 { total := 0 }\n"
    assert places(system_of(spying)) == {}


def test_a_branch_that_reads_keeps_the_value_alive() -> None:
    text = """
    var x: 0..3 = 0
    process p {
      var kept: 0..3 = any
      x := 1
      if x = 1 { x := kept } else { x := 2 }
      x := 3
    }
    """
    # It is chosen at 1; at 2 the branch decides whether 3 reads it, or 4 does without.
    assert places(system_of(text))["p.kept"] == ("1", "4", "5", "end")


def test_a_partial_write_does_not_end_a_life() -> None:
    text = """
    record Pair { a: 0..1, b: 0..1 }
    var x: 0..1 = 0
    process p {
      var pair: Pair = any
      x := 1
      pair.a := 0
      x := pair.b
    }
    """
    # It is chosen at 1; what 2 leaves alone of it is read at 3.
    assert places(system_of(text))["p.pair"] == ("1", "end")


def test_writes_by_others_do_not_revive_what_is_dead() -> None:
    text = """
    sort Cpu[2]
    var box: [Cpu] 0..2 = 0
    var x: 0..2 = 0
    process owner on Cpu {
      loop {
        box[self] := 0
        x := 1
        let seen = box[self]
        x := seen
      }
    }
    process writer {
      loop { choose c: Cpu  choose v: 0..2  box[c] := v }
    }
    """
    system = system_of(text)
    cleared = clear_dead(system, roles=ALL_ROLES).system
    control, box = (
        next(at for at, v in enumerate(cleared.variables) if v.name == name)
        for name in ("owner.at", "box")
    )
    assert "box" in places(system, shared=True)
    first = system.processes[0].points[0].name
    for state in explore(cleared).states:
        values = zip(state[control], state[box], strict=True)  # type: ignore[arg-type]  # maps
        assert all(value == 0 for point, value in values if point == first)


PEER = """
sort Cpu[2]
var flag: [Cpu] bool = false
process p on Cpu {
  loop {
    choose peer: Cpu
    flag[self] := true
    flag[peer] := false
  }
}
"""


def test_a_dead_element_is_hidden_and_the_sort_is_symmetric_then() -> None:
    system = system_of(PEER)
    (cpu,) = system.sorts
    assert symmetry(system).sorts == ()
    hidden = hide_elements(system)
    assert [each.variable.name for each in hidden.clearings] == ["p.peer"]
    assert symmetry(hidden.system).sorts == (cpu,)
    (peer,) = (v for v in hidden.system.variables if v.name == "p.peer")
    assert peer.type == MapType(SortType("Cpu", 2), OptionType(SortType("Cpu", 2)))
    assert explore(hidden.system).findings == explore(system).findings == ()


def test_nothing_is_hidden_without_need() -> None:
    assert hide_elements(mcs(2)).clearings == ()
