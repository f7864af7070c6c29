"""Which sorts are symmetric, and the published numbers of orbits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.cli.session import library
from checker.explicit.reductions.plan import Reduction, check_reduced, plan
from checker.explicit.reductions.symmetry import symmetry
from checker.load import load
from checker.model.ir import Local, Op, Quantifier
from checker.model.system import PropertyKind, System
from checker.model.types import MapType, OptionType, SortType
from checker.model.verdict import Verdict
from tests.support.builder import Builder
from tests.support.texts import system_of

SPECS = Path(__file__).parents[4] / "spec" / "protocols"
CPU = SortType("Cpu", 2)


def spec(path: str, size: int) -> System:
    """Returns a system without its claims about whole runs, for which nothing is reduced."""
    system, diagnostics = load(SPECS / path, {"N": str(size)}, library())
    assert system is not None, diagnostics
    return replace(system, temporal=(), bypasses=(), refinements=())


# (distinct, transitions) of representatives: TLC with SYMMETRY agrees for two-phase commit (its
# "generated" counts the initial state, too), published tables of Murphi for mcslock1.
@pytest.mark.parametrize(
    ("path", "size", "orbits", "transitions"),
    [
        ("consensus/two_phase.k42", 3, 80, 317),
        ("consensus/two_phase.k42", 4, 166, 868),
        ("consensus/two_phase.k42", 5, 314, 2_047),
        ("consensus/two_phase.k42", 6, 553, 4_327),
        ("consensus/two_phase.k42", 7, 920, 8_409),
        ("locks/mcslock1.k42", 2, 81, 162),
        ("locks/mcslock1.k42", 3, 1_285, 3_855),
        pytest.param("locks/mcslock1.k42", 4, 23_636, 94_544, marks=pytest.mark.slow),
        ("locks/n_peterson.k42", 2, 25, 50),
        ("locks/n_peterson.k42", 3, 172, 516),
        ("locks/n_peterson.k42", 4, 1_132, 4_528),
        ("locks/n_peterson.k42", 5, 6_770, 33_850),
        pytest.param("locks/n_peterson.k42", 6, 35_159, 210_954, marks=pytest.mark.slow),
        pytest.param("locks/n_peterson.k42", 7, 163_298, 1_143_086, marks=pytest.mark.slow),
    ],
)
def test_the_number_of_orbits_is_the_published_one(
    path: str, size: int, orbits: int, transitions: int
) -> None:
    result = check_reduced(spec(path, size), [Reduction.SYMMETRY])
    assert result.verdict is Verdict.HOLDS
    found = result.statistics
    assert (found.distinct, found.transitions) == (orbits, transitions)


def test_two_sorts_are_permuted_at_once() -> None:
    system, _ = load(SPECS / "sync" / "simple_allocator.k42", {})
    assert system is not None
    system = replace(system, temporal=())
    result = check_reduced(system, [Reduction.SYMMETRY])
    assert result.statistics.distinct == 50
    assert any("stand for 400" in note for note in result.notes)


def test_a_constant_that_names_an_element_breaks_the_symmetry() -> None:
    b = Builder("named")
    owner = b.variable("owner", OptionType(CPU))
    b.action("take", b.assign(owner, b.convert(b.literal("Cpu0", CPU), OptionType(CPU))))
    found = symmetry(b.build())
    assert found.sorts == ()
    assert [each.reason for each in found.broken] == ["action `take` names Cpu0"]


def test_an_initial_state_that_names_an_element_breaks_the_symmetry() -> None:
    b = Builder("first")
    owner = b.variable("owner", CPU)
    system = b.build(b.assign(owner, b.literal("Cpu1", CPU)))
    found = plan(system, [Reduction.SYMMETRY])
    assert found.sorts == ()
    assert any("the initial states tell its elements apart" in note for note in found.notes)


def order_dependent(*, guarded: bool) -> System:
    """Returns a system whose invariant may stop before it comes to a thread that has no link."""
    b = Builder("order")
    link = b.variable("link", MapType(CPU, OptionType(CPU)))
    who, other = Local("who", CPU), Local("other", CPU)
    b.action("tie", b.assign(link, b.ref(other), b.ref(who)), params=[who, other])
    local = Local("c", CPU)
    now = b.read(link, b.ref(local))
    body = b.eq(b.op(Op.UNWRAP, now), b.ref(local))
    if guarded:
        some = b.negate(b.eq(now, b.literal(None, OptionType(CPU))))
        body = b.implies(some, body)
    b.require(PropertyKind.REACHABLE, "all", b.fold(Quantifier.FORALL, local, body))
    return b.build(terminal=b.true)


def test_a_quantifier_whose_order_matters_breaks_the_symmetry() -> None:
    (broken,) = symmetry(order_dependent(guarded=False)).broken
    assert "may fail, or not, depending on the order" in broken.reason
    assert symmetry(order_dependent(guarded=True)).sorts == (CPU,)


def test_specifications_are_symmetric_by_typing() -> None:
    text = """
    sort Cpu[3]
    var owner: Cpu? = none
    var rest: set of Cpu = Cpu
    action take(c: Cpu) requires owner = none and c in rest { owner := c  rest := rest minus {c} }
    action free() requires owner != none { owner := none }
    terminal done: rest = {}
    invariant held: owner != none -> owner not in rest
    """
    system = system_of(text)
    assert symmetry(system).sorts == system.sorts
    result = check_reduced(system, [Reduction.SYMMETRY])
    assert result.verdict is Verdict.HOLDS
    assert result.statistics.distinct == 7
