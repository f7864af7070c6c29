from __future__ import annotations

import pytest

from checker.explicit.layout import encode
from checker.explicit.python.conversions import Fault, conversion, hull, identity, members, places
from checker.model import operators
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Type,
    elements,
)

SMALL, LARGE, OTHER = IntType(0, 2), IntType(-1, 4), IntType(1, 5)
MODULO = IntType(0, 1, wraps=True)
RECORD = RecordType("Rec", (("a", BOOL), ("b", SMALL)))

PAIRS: list[tuple[Type, Type]] = [
    (SMALL, LARGE),
    (LARGE, SMALL),
    (LARGE, OTHER),
    (LARGE, MODULO),
    (SMALL, SMALL),
    (RECORD, RECORD),
    (OptionType(LARGE), OptionType(OTHER)),
    (OptionType(TupleType((BOOL, LARGE))), OptionType(TupleType((BOOL, SMALL)))),
    (MapType(BOOL, SMALL), MapType(BOOL, LARGE)),
    (MapType(BOOL, LARGE), MapType(BOOL, SMALL)),
    (TupleType((SMALL, BOOL, LARGE)), TupleType((LARGE, BOOL, SMALL))),
    (SetType(SMALL), SetType(LARGE)),
    (SetType(LARGE), SetType(SMALL)),
    (SetType(LARGE), SetType(MODULO)),
    (SetType(TupleType((BOOL, SMALL))), SetType(TupleType((BOOL, LARGE)))),
    (SeqType(2, SMALL), SeqType(3, SMALL)),
    (SeqType(3, SMALL), SeqType(2, SMALL)),
    (SeqType(2, LARGE), SeqType(3, OTHER)),
    (SeqType(2, SetType(SMALL)), SeqType(2, SetType(LARGE))),
]


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_conversion_agrees_with_the_operator(source: Type, target: Type) -> None:
    convert = conversion(source, target)
    for value in elements(source):
        try:
            expected = encode(target, operators.convert(source, target, value))
        except operators.EvaluationError:
            with pytest.raises(Fault):
                convert(encode(source, value))
        else:
            assert convert(encode(source, value)) == expected


def test_nothing_is_converted_where_codes_agree() -> None:
    assert conversion(IntType(0, 2), IntType(0, 5)) is identity
    assert conversion(SeqType(2, SMALL), SeqType(3, SMALL)) is identity
    assert conversion(OptionType(SMALL), OptionType(IntType(0, 5))) is identity
    assert conversion(MapType(BOOL, SMALL), MapType(BOOL, IntType(0, 3))) is identity
    # The same codes, but further apart.
    assert conversion(MapType(BOOL, SMALL), MapType(BOOL, IntType(0, 5))) is not identity


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_hull_holds_both(source: Type, target: Type) -> None:
    if MODULO in {source, target} or SetType(MODULO) in {source, target}:
        return
    both = hull(source, target)
    for each in (source, target):
        found = [conversion(each, both)(encode(each, value)) for value in elements(each)]
        assert len(set(found)) == len(found)


def test_places_are_those_of_common_values() -> None:
    assert dict(places(LARGE, SMALL)) == {1: 0, 2: 1, 3: 2}
    assert dict(places(SMALL, OTHER)) == {1: 0, 2: 1}


def test_members_of_a_sequence() -> None:
    of = SeqType(3, SMALL)
    gather = members(of, SetType(LARGE))
    for value in elements(of):
        assert isinstance(value, tuple)
        expected = encode(SetType(LARGE), frozenset(value))
        assert gather(encode(of, value)) == expected
