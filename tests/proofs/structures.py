"""Plain states as structures of the logic."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.ir import Variable
from checker.model.types import (
    BOOL,
    MapType,
    OptionType,
    SeqType,
    SetType,
    Type,
    Value,
    default,
    elements,
)
from proofs.encode.universe import Universe, component_types
from proofs.encode.values import Maybe, Members, Parts, Row, Scalar, Symbolic, Table
from proofs.logic.evaluate import Constant, Structure
from proofs.logic.terms import Kind, Symbol

Cells = dict[tuple[Symbol, tuple[Constant, ...]], Constant]


def structure_of(
    universe: Universe, symbolic: Mapping[Variable, Symbolic], plain: Mapping[Variable, Value]
) -> Structure:
    """Return the structure in which declared variables have plain values."""
    cells: Cells = {}
    for variable, value in plain.items():
        _put(universe, cells, variable.type, symbolic[variable], value)
    return lambda symbol, args: cells[symbol, args]


def _put(universe: Universe, cells: Cells, of: Type, into: Symbolic, value: Value) -> None:
    match into:
        case Scalar(term):
            if term.kind is Kind.APPLY:
                args = tuple(arg.head for arg in term.args)
                cells[term.symbol, args] = value  # type: ignore[index, assignment]
        case Maybe(is_some, inner):
            assert isinstance(of, OptionType)
            _put(universe, cells, BOOL, Scalar(is_some), value is not None)
            some = default(of.element) if value is None else value
            _put(universe, cells, of.element, inner, some)
        case Table(key, at):
            assert isinstance(of, MapType)
            assert isinstance(value, tuple)
            for each, part in zip(elements(key), value, strict=True):
                _put(universe, cells, of.value, at(universe.literal(key, each)), part)
        case Members(element, has):
            assert isinstance(of, SetType)
            assert isinstance(value, frozenset)
            for each in elements(element):
                member = Scalar(has(universe.literal(element, each)))
                _put(universe, cells, BOOL, member, each in value)
        case Row(length, items):
            assert isinstance(of, SeqType)
            assert isinstance(value, tuple)
            _put(universe, cells, BOOL, Scalar(length), len(value))
            for number, item in enumerate(items):
                part = value[number] if number < len(value) else default(of.element)
                _put(universe, cells, of.element, item, part)
        case Parts(parts):
            assert isinstance(value, tuple)
            for type_, symbolic, plain in zip(component_types(of), parts, value, strict=True):
                _put(universe, cells, type_, symbolic, plain)
