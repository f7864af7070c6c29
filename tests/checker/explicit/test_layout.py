from __future__ import annotations

import pytest

from checker.explicit.layout import Layout, codes, decode, encode, positions, width
from checker.model.explore import explore
from checker.model.types import (
    BOOL,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    describe,
    elements,
    position,
)
from tests.support.mcs_benchmark import mcs_benchmark
from tests.support.system_strategies import seeded_system
from tests.support.systems import composite

CPU = SortType("Cpu", 3)
KIND = EnumType("Kind", ("ask", "answer"))
RECORD = RecordType("Msg", (("kind", KIND), ("source", OptionType(CPU))))

WIDTHS = [
    (BOOL, 1),
    (IntType(0, 0), 0),
    (IntType(-3, 4), 3),
    (IntType(5, 9), 3),
    (IntType(0, 4, wraps=True), 3),
    (KIND, 1),
    (CPU, 2),
    (OptionType(CPU), 2),
    (OptionType(IntType(2, 4)), 2),
    (OptionType(KIND), 2),
    (RECORD, 3),
    (OptionType(RECORD), 4),
    (TupleType((BOOL, IntType(1, 3))), 3),
    (MapType(CPU, OptionType(CPU)), 6),
    (MapType(RECORD, BOOL), 8),
    (SetType(CPU), 3),
    (SetType(TupleType((BOOL, BOOL))), 4),
    (SetType(SetType(BOOL)), 4),
    (SeqType(2, CPU), 6),
    (SeqType(3, BOOL), 5),
    (OptionType(SetType(BOOL)), 3),
    (MapType(BOOL, SeqType(1, KIND)), 4),
]


@pytest.mark.parametrize(("of", "bits"), WIDTHS, ids=lambda each: str(each)[:40])
def test_width_is_as_small_as_the_form_allows(of: Type, bits: int) -> None:
    assert width(of) == bits


@pytest.mark.parametrize("of", [of for of, _ in WIDTHS], ids=describe)
def test_codes_are_canonical_and_lead_back(of: Type) -> None:
    values = list(elements(of))
    found = [encode(of, value) for value in values]
    assert len(set(found)) == len(values)
    assert all(0 <= code < 1 << width(of) for code in found)
    assert [decode(of, code) for code in found] == values
    assert list(codes(of)) == found
    assert [positions(of)[code] for code in found] == [position(of, each) for each in values]


def test_control_points_come_first() -> None:
    layout = Layout(mcs_benchmark(4))
    names = sorted(layout.slots, key=lambda variable: layout.slots[variable].offset)
    assert [variable.name for variable in names] == ["worker", "tail", "locked", "next", "pred"]
    assert layout.bits == 47


@pytest.mark.parametrize("seed", range(12))
def test_states_lead_back(seed: int) -> None:
    system = seeded_system(seed, budget=200)
    layout = Layout(system)
    for state in explore(system).states:
        packed = layout.encode(state)
        assert 0 <= packed <= layout.mask
        assert layout.decode(packed) == state


def test_variables_do_not_overlap() -> None:
    layout = Layout(composite())
    seen = 0
    for slot in layout.slots.values():
        assert seen & slot.mask == 0
        seen |= slot.mask
    assert seen == layout.mask
