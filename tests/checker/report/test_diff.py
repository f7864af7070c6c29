from __future__ import annotations

import pytest

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
)
from checker.report.diff import Edited, changes

CPU = SortType("Cpu", 3)
DIGIT = IntType(0, 9)
ROW = RecordType("Row", (("owner", OptionType(CPU)), ("count", DIGIT)))
LOG = SeqType(40, DIGIT)
LONG = tuple(range(10)) * 2

CASES: list[tuple[Type, Value, Value, list[str]]] = [
    (DIGIT, 1, 1, []),
    (DIGIT, 1, 2, ["x: 1 -> 2"]),
    (OptionType(CPU), None, "Cpu1", ["x: none -> Cpu1"]),
    (MapType(CPU, BOOL), (False,) * 3, (False, True, False), ["x[Cpu1]: false -> true"]),
    (MapType(CPU, ROW), ((None, 0),) * 3, ((None, 0), ("Cpu2", 0), (None, 1)),
     ["x[Cpu1].owner: none -> Cpu2", "x[Cpu2].count: 0 -> 1"]),
    (OptionType(ROW), None, ("Cpu0", 1), ["x: none -> Row(owner = Cpu0, count = 1)"]),
    (OptionType(ROW), (None, 1), (None, 2), ["x.count: 1 -> 2"]),
    (TupleType((BOOL, DIGIT)), (True, 1), (True, 3), ["x.1: 1 -> 3"]),
    (SetType(CPU), frozenset(), frozenset({"Cpu2", "Cpu0"}), ["x: added Cpu0, Cpu2"]),
    (SetType(CPU), frozenset({"Cpu0"}), frozenset({"Cpu1"}), ["x: added Cpu1, removed Cpu0"]),
    (LOG, (1,), (1, 2), ["x: [1] -> [1, 2]"]),
    (LOG, LONG, (*LONG, 7), ["x: appended 7"]),
    (LOG, LONG, LONG[2:], ["x: took 0, 1 off the front"]),
    (LOG, LONG, LONG[:-1], ["x: took 9 off the end"]),
    (LOG, LONG, (*LONG[:3], 9, *LONG[4:]), ["x[3]: 3 -> 9"]),
    (LOG, LONG, (), ["x: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9] -> []"]),
]  # fmt: skip


@pytest.mark.parametrize(("of", "before", "after", "told"), CASES)
def test_only_the_changed_part_is_named(
    of: Type, before: Value, after: Value, told: list[str]
) -> None:
    texts = [
        f"{c.path}: {c.what}" if isinstance(c, Edited) else f"{c.path}: {c.before} -> {c.after}"
        for c in changes(of, "x", before, after)
    ]
    assert texts == told
