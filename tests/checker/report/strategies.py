"""Types of every form and values of them, for round trips."""

from __future__ import annotations

from hypothesis import strategies as st

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
    Value,
    cardinality,
    elements,
)

SCALARS: list[Type] = [
    BOOL,
    IntType(-2, 2),
    IntType(0, 3, wraps=True),
    EnumType("Phase", ("forward", "block")),
    SortType("Cpu", 2),
]


def _composite(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    options = inner.filter(lambda of: not isinstance(of, OptionType)).map(OptionType)
    keys = st.sampled_from([*SCALARS, TupleType((BOOL, SortType("Cpu", 2)))])
    return st.one_of(
        options,
        st.builds(MapType, keys, inner),
        st.builds(SetType, inner),
        st.builds(SeqType, st.integers(0, 2), inner),
        inner.map(lambda of: RecordType("Row", (("tag", of), ("n", BOOL)))),
        st.builds(lambda a, b: TupleType((a, b)), inner, inner),
    )


small_types = st.recursive(st.sampled_from(SCALARS), _composite, max_leaves=3).filter(
    lambda of: cardinality(of) <= 300
)


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Type, Value]:
    """Draws a type and one of its values."""
    of = draw(small_types)
    return of, draw(st.sampled_from(list(elements(of))))
