"""One state for each orbit, against trying every renaming."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import factorial
from random import Random

import pytest

from checker.explicit.layout import Layout
from checker.explicit.reductions.canonical import Orbits
from checker.model.system import State, System
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    Value,
    cardinality,
    elements,
)
from tests.support.builder import Builder
from tests.support.permute import permuted_state, renamed_state

CPU, NODE = SortType("Cpu", 3), SortType("Node", 2)
SORTS = (CPU, NODE)
PAIR = RecordType("Pair", (("who", CPU), ("is_new", BOOL)))


def system_with(*types: Type) -> System:
    builder = Builder("states")
    for number, of in enumerate(types):
        builder.variable(f"v{number}", of)
    return builder.build()


def random_type(random: Random, depth: int = 2) -> Type:
    """Returns a type in which the sorts may occur anywhere."""
    inner: list[Type] = [BOOL, IntType(0, 2), CPU, NODE]
    if depth == 0:
        return random.choice(inner)
    members: list[Type] = [CPU, NODE, TupleType((CPU, CPU)), OptionType(CPU), SetType(CPU), PAIR]
    keys: list[Type] = [
        CPU,
        NODE,
        BOOL,
        TupleType((CPU, BOOL)),
        OptionType(CPU),
        SetType(NODE),
        PAIR,
    ]
    parts: list[Type] = [BOOL, CPU, NODE, PAIR, TupleType((CPU, NODE))]
    options: list[Type] = [
        random.choice(inner),
        OptionType(random.choice(parts)),
        MapType(random.choice(keys), random_type(random, depth - 1)),
        MapType(CPU, OptionType(CPU)),
        MapType(CPU, random_type(random, depth - 1)),
        SetType(random.choice(members)),
        SeqType(2, random.choice(members)),
        TupleType((random_type(random, depth - 1), random_type(random, depth - 1))),
    ]
    return random.choice(options)


def random_value(random: Random, of: Type) -> Value:
    """Returns a value, often one in which much is alike."""
    match of:
        case OptionType(element):
            return None if random.random() < 0.4 else random_value(random, element)
        case MapType(key, element):
            if random.random() < 0.3:
                return (random_value(random, element),) * cardinality(key)
            return tuple(random_value(random, element) for _ in range(cardinality(key)))
        case SetType(element):
            return frozenset(each for each in elements(element) if random.random() < 0.4)
        case SeqType(bound, element):
            return tuple(random_value(random, element) for _ in range(random.randrange(bound + 1)))
        case RecordType(_, fields):
            return tuple(random_value(random, field) for _, field in fields)
        case TupleType(parts):
            return tuple(random_value(random, part) for part in parts)
        case _:
            return random.choice(list(elements(of)))


def renamings(sorts: tuple[SortType, ...]) -> Iterator[dict[SortType, tuple[int, ...]]]:
    for orders in product(*(permutations(range(sort.size)) for sort in sorts)):
        yield dict(zip(sorts, orders, strict=True))


def orbit(system: System, layout: Layout, sorts: tuple[SortType, ...], state: State) -> list[int]:
    """Returns the images of a state under all renamings, with repetitions."""
    return [layout.encode(renamed_state(system, state, each)) for each in renamings(sorts)]


def assert_exact(system: System, state: State, layout: Layout, orbits: Orbits) -> None:
    images = orbit(system, layout, orbits.sorts, state)
    stands = {orbits.representative(image) for image in images}
    assert len(stands) == 1
    assert stands <= set(images)
    for image in set(images):
        renamed = orbits.renamed(image)
        assert {renamed.state} == stands
        assert orbits.images.under(renamed.places)(image) == renamed.state
        assert renamed.stabiliser == images.count(image)
    assert orbits.size(images[0]) == len(set(images))


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_states_of_random_types(start: int) -> None:
    tried = 0
    for seed in range(start, start + 20):
        random = Random(seed)
        system = system_with(*(random_type(random) for _ in range(1 + random.randrange(3))))
        sorts = tuple(sort for sort in SORTS if sort in system.sorts)
        if sorts:
            layout = Layout(system)
            orbits = Orbits(layout, sorts)
            for _ in range(10):
                state = tuple(random_value(random, v.type) for v in system.variables)
                assert_exact(system, state, layout, orbits)
                tried += 1
    assert tried > 100


def test_a_sort_that_is_left_out_keeps_its_names() -> None:
    system = system_with(MapType(CPU, OptionType(NODE)), NODE)
    layout = Layout(system)
    orbits = Orbits(layout, (CPU,))
    random = Random(0)
    for _ in range(40):
        state = tuple(random_value(random, v.type) for v in system.variables)
        assert_exact(system, state, layout, orbits)


@pytest.mark.parametrize(
    ("successor", "size"),
    [
        ((1, 2, 0), 2),  # a ring can be turned
        ((0, 1, 2), 1),  # each points to itself: all are alike
        ((1, 0, 2), 3),
        ((1, 2, 2), 6),  # a chain: all are different
        ((0, 0, 0), 3),
    ],
)
def test_graphs_on_a_sort(successor: tuple[int, ...], size: int) -> None:
    system = system_with(MapType(CPU, CPU))
    layout = Layout(system)
    orbits = Orbits(layout, (CPU,))
    state: State = (tuple(f"Cpu{at}" for at in successor),)
    assert_exact(system, state, layout, orbits)
    assert orbits.size(layout.encode(state)) == size


def test_many_elements_that_are_alike_cost_nothing() -> None:
    crowd = SortType("Crowd", 8)
    system = system_with(MapType(crowd, BOOL), MapType(crowd, OptionType(crowd)))
    layout = Layout(system)
    orbits = Orbits(layout, (crowd,))
    nobody: State = ((False,) * 8, (None,) * 8)
    assert orbits.size(layout.encode(nobody)) == 1
    # Two that point at each other, wherever they are.
    pair: State = ((False,) * 8, ("Crowd1", "Crowd0", *(None,) * 6))
    assert orbits.size(layout.encode(pair)) == 8 * 7 // 2
    # A ring of all eight can be turned; nothing else leaves it as it is.
    ring: State = ((True,) * 8, tuple(f"Crowd{(at + 1) % 8}" for at in range(8)))
    assert orbits.size(layout.encode(ring)) == factorial(8) // 8


def test_the_two_ways_to_rename_a_value_agree() -> None:
    random = Random(7)
    for _ in range(60):
        system = system_with(random_type(random))
        state = tuple(random_value(random, v.type) for v in system.variables)
        for renaming in renamings(tuple(s for s in SORTS if s in system.sorts)):
            names = {
                f"{sort.name}{at}": f"{sort.name}{to}"
                for sort, order in renaming.items()
                for at, to in enumerate(order)
            }
            assert renamed_state(system, state, renaming) == permuted_state(system, state, names)
