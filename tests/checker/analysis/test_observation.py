"""What claims can see: whether graphs differ in it, and in which states."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from checker.analysis.observation import (
    Behaviour,
    Difference,
    _stuttering_blocks,
    are_alike,
    behaviour,
    difference,
)
from tests.support.texts import system_of

Relation = set[tuple[int, int]]


def slow_twin(labels: list[int], following: list[list[int]]) -> Relation:
    """The greatest stuttering bisimulation with divergence, by its definition."""
    nodes = range(len(labels))
    related = {(s, t) for s, t in product(nodes, nodes) if labels[s] == labels[t]}
    while True:
        kept = {
            (s, t)
            for s, t in related
            if follows(s, t, following, related)
            and follows(t, s, following, related)
            and diverges(s, following, related) == diverges(t, following, related)
        }
        if kept == related:
            return related
        related = kept


def follows(s: int, t: int, following: list[list[int]], related: Relation) -> bool:
    """Whether `t` can do all that `s` can, after steps that nobody sees."""
    silent = reach(t, lambda node: (s, node) in related, following)
    ahead = {after for node in silent for after in following[node]}
    return all(
        (after, t) in related or any((after, other) in related for other in ahead)
        for after in following[s]
    )


def diverges(s: int, following: list[list[int]], related: Relation) -> bool:
    """Whether a run from `s` never leaves the states that are related to it."""
    inside = reach(s, lambda node: (s, node) in related, following)
    while True:
        kept = {node for node in inside if any(after in inside for after in following[node])}
        if kept == inside:
            return s in inside
        inside = kept


def reach(start: int, allowed: object, following: list[list[int]]) -> set[int]:
    assert callable(allowed)
    found, todo = {start}, [start]
    while todo:
        for after in following[todo.pop()]:
            if after not in found and allowed(after):
                found.add(after)
                todo.append(after)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_classes_are_those_of_the_definition(seed: int) -> None:
    dice = Random(seed)
    count = dice.randint(2, 8)
    labels = [dice.randrange(2) for _ in range(count)]
    following = [
        sorted({dice.randrange(count) for _ in range(dice.randrange(3))}) for _ in range(count)
    ]
    *_, blocks = _stuttering_blocks(list(labels), following)
    found = {(s, t) for s, t in product(range(count), repeat=2) if blocks[s] == blocks[t]}
    assert found == slow_twin(labels, following)


def seen(text: str, original: str | None = None) -> Behaviour:
    system = system_of(text)
    found = behaviour(system, system if original is None else system_of(original), 100)
    assert found is not None
    return found


ONE = "var x: 0..3 = 0\nprocess p { x := 1 }"


@pytest.mark.parametrize(
    ("other", "is_alike"),
    [
        ("var x: 0..3 = 0\nprocess p { var y: 0..3 = 0  skip\n x := 1 }", False),
        ("var x: 0..3 = 0\nprocess p { await x = 0\n x := 1 }", True),
        ("var x: 0..3 = 0\nprocess p { loop { if x < 2 { break } }\n x := 1 }", True),
        ("var x: 0..3 = 0\nprocess p { either { x := 1 } or { x := 1 } }", True),
        ("var x: 0..3 = 0\nprocess p { x := 1\n x := 0\n x := 1 }", False),
        ("var x: 0..3 = 0\nprocess p { x := 2 }", False),
        (
            "var x: 0..3 = 0\nprocess p { loop { either { x := 1\n break } or { await x = 0 } } }",
            False,
        ),
    ],
    ids=["another local", "waits", "looks", "two ways", "longer", "elsewhere", "for ever"],
)
def test_what_is_seen_is_alike_or_not(*, other: str, is_alike: bool) -> None:
    assert are_alike(seen(ONE), seen(other, ONE)) == is_alike


def test_the_difference_is_told_by_as_few_parts_as_possible() -> None:
    one = "var x: 0..3 = 0\nvar y: 0..3 = 0\nprocess p { x := 1\n y := 1\n x := 0 }"
    other = "var x: 0..3 = 0\nvar y: 0..3 = 0\nprocess p { y := 1\n x := 1\n x := 0 }"
    assert difference(seen(one), seen(other, one)) == Difference(
        new=("x = 0", "y = 1", "p at 2"), lost=("x = 1", "y = 0")
    )
    assert difference(seen(one), seen(one)) == Difference()


def test_a_graph_that_is_too_large_is_not_compared() -> None:
    system = system_of(
        "var x: 0..300 = 0\naction up() requires x < 300 { x := x + 1 }\nterminal e: true"
    )
    assert behaviour(system, system, 100) is None
