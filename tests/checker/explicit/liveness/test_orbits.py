"""Cases that differ by a renaming: when one is judged for all, and when not."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from checker.explicit.liveness.formulas import cases
from checker.explicit.liveness.orbits import expressions_of, is_first, renamable
from checker.explicit.search import check
from checker.model import terms
from checker.model.interpret import Moved, initial_states
from checker.model.ir import Assign, Place, Seq
from checker.model.system import System
from checker.model.types import IntType, SortType, elements
from checker.model.verdict import Verdict
from grammar.source import NOWHERE
from tests.support.texts import system_of

CPU = SortType("Cpu", 3)
SORTS = frozenset({CPU})

LOCK = """
processors Cpu[3]
var owner: Cpu? = none

process worker on Cpu {
  loop {
    idle: skip
    take: atomic {
      await owner = none
      owner := self
    }
    give: owner := none
  }
}
"""

FAVOURED = """
processors Cpu[3]
var favourite: Cpu = any
var served: set of Cpu = {}

process worker on Cpu {
  ask: skip
  wait: atomic {
    await self = favourite
    served := served union {self}
  }
}
terminal true
"""


def sorts_of(system: System) -> frozenset[SortType]:
    (claim,) = system.temporal
    return renamable(system, [*expressions_of(claim.formula)])


@pytest.mark.parametrize("claim", ["worker[c] at give ~> worker[c] at idle", "owner = c ~> true"])
def test_elements_that_nobody_tells_apart(claim: str) -> None:
    system = system_of(f"{LOCK}\nproperty claim: forall c: Cpu. {claim}")
    assert sorts_of(system) == SORTS


def begun_at_first(system: System) -> System:
    """Return the system with the first of its initial states only."""
    state = next(o.state for o in initial_states(system) if isinstance(o, Moved))
    return replace(
        system,
        init=Seq(
            tuple(
                Assign(
                    Place(each, (), each.type),
                    terms.literal(system.terms, value, each.type),
                    NOWHERE,
                )
                for each, value in zip(system.variables, state, strict=True)
            )
        ),
    )


def test_an_element_with_which_all_begins() -> None:
    claim = "forall c: Cpu. worker[c] at wait ~> c in served"
    system = system_of(f"{FAVOURED}\nproperty claim: {claim}")
    assert sorts_of(system) == SORTS
    first = begun_at_first(system)
    assert sorts_of(first) == frozenset()
    # It holds for the first one, and for no other.
    result = check(first)
    assert result.verdict is Verdict.VIOLATED
    assert result.findings[0].message.startswith("for c = Cpu1")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_choice_can_be_renamed_to_exactly_one_that_comes_first(count: int) -> None:
    locals_ = [terms.fresh(name, CPU) for name in "abc"[:count]]
    names = tuple(elements(CPU))
    first = [
        values
        for values in product(names, repeat=count)
        if is_first(dict(zip(locals_, values, strict=True)), SORTS)
    ]
    patterns = {
        tuple(tuple(v == w for w in values) for v in values)
        for values in product(names, repeat=count)
    }
    assert len(first) == len(patterns)
    assert {tuple(tuple(v == w for w in vs) for v in vs) for vs in first} == patterns


def test_numbers_are_not_renamed() -> None:
    local = terms.fresh("n", IntType(0, 2))
    assert all(is_first({local: value}, SORTS) for value in range(3))
    assert all(is_first({terms.fresh("c", CPU): name}, frozenset()) for name in elements(CPU))


def test_one_case_is_judged_for_all() -> None:
    text = f"{LOCK}\nproperty claim: forall a, b: Cpu. worker[a] at take ~> owner != some b"
    system = system_of(text.replace("some b", "b"))
    every = list(cases(system.temporal[0].formula))
    kept = [case for case in every if is_first(case.values, sorts_of(system))]
    assert (len(every), len(kept)) == (9, 2)


def test_what_is_violated_for_one_is_shown_for_the_first() -> None:
    system = system_of(f"{LOCK}\nproperty claim: forall c: Cpu. worker[c] at take ~> owner = c")
    result = check(system)
    assert result.verdict is Verdict.VIOLATED
    assert result.findings[0].message.startswith("for c = Cpu0")
