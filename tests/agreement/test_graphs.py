"""The state graph by native code against the one by generated Python, state by state."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from checker.explicit.layout import width
from checker.explicit.liveness.graph import NoValueError, StateGraph
from checker.explicit.liveness.native_graph import native_graph
from checker.explicit.liveness.python_graph import python_graph
from checker.explicit.liveness.widened import evaluating
from checker.explicit.native.values import Unsupported
from checker.model.ir import Expr
from checker.model.system import PropertyKind, System
from tests.support.system_strategies import seeded_system
from tests.support.systems import clock, composite, counter_ring, digraph
from tests.support.widened import widened

SYSTEMS = 12


def edges(graph: StateGraph) -> Counter[tuple[int, object, int]]:
    """Return all edges, by states and labels."""
    states = graph.states
    return Counter(
        (states.packed(source), graph.names[label], states.packed(target))
        for source, label, target in zip(
            graph.sources.tolist(), graph.labels.tolist(), graph.targets.tolist(), strict=True
        )
    )


def conditions(system: System) -> list[Expr]:
    on_states = [p for p in system.properties if p.kind is not PropertyKind.STEP]
    return [each.expression for p in on_states for each in p.conjuncts][:10]


def results(graph: StateGraph, expressions: list[Expr]) -> dict[int, int] | set[int]:
    """Return what expressions evaluate to in each state, or the states in which one does not."""
    wide = evaluating(graph.system, [(each.type, each) for each in expressions])
    try:
        places, values = graph.states.evaluated(wide)
    except NoValueError as error:
        return {graph.states.packed(node) for node in error.nodes}
    return {graph.states.packed(n): values[places[n]] for n in range(graph.nodes)}


def compared(system: System) -> bool:
    """Compare both graphs; return whether there are two."""
    try:
        native = native_graph(system)
    except Unsupported:
        return False
    python = python_graph(system)
    assert native.initial == python.initial
    assert {native.states.packed(n) for n in range(native.initial)} == {
        python.states.packed(n) for n in range(python.initial)
    }
    assert native.nodes == len(native.states) == python.nodes
    assert edges(native) == edges(python)
    expressions = conditions(system)
    if expressions:
        assert results(native, expressions) == results(python, expressions)
    return True


@pytest.mark.parametrize(
    "system",
    [clock(12), counter_ring(3, 3), composite(2), digraph([[0, 1, 2, 0], [3, 1]])],
    ids=["clock", "ring", "composite", "digraph"],
)
@pytest.mark.parametrize("is_wide", [False, True], ids=["narrow", "wide"])
def test_made_systems(system: System, is_wide: bool) -> None:
    assert compared(widened(system) if is_wide else system)


def test_random_systems() -> None:
    assert sum(compared(unfailing(seed)) for seed in range(SYSTEMS)) > SYSTEMS // 3


@pytest.mark.slow
@pytest.mark.parametrize("block", range(5))
def test_many_random_systems(block: int) -> None:
    for seed in range(1000 + 30 * block, 1000 + 30 * (block + 1)):
        compared(unfailing(seed))


def unfailing(seed: int) -> System:
    """Return a random system, wide if its number says so."""
    system = seeded_system(seed)
    return widened(system) if Random(seed).random() < 0.3 else system


def test_a_label_beside_a_state_that_fills_its_word() -> None:
    system = widened(clock(12))
    bits = sum(width(each.type) for each in system.variables)
    assert bits > 64
    few = replace(system, variables=tuple(v for v in system.variables if v.name != "pad70"))
    assert compared(few)
