"""Values that are not known: the variables of a state, parameters, choices.

A variable of type `[Cpu] Page?` becomes two functions of a `Cpu`: whether there is a page, and
which. In general every scalar at the end of a path through the type is a function of the keys on
the way. An option as a key gives two functions, one for none and one for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    describe,
    elements,
)
from proofs.encode.universe import Universe, Unsupported, component_types
from proofs.encode.values import Maybe, Members, Parts, Row, Scalar, Symbolic, Table, scalar
from proofs.logic.terms import BOOL, INT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.model.types import Type, Value
    from proofs.logic.terms import Head, Logic, Term


def declare(universe: Universe, name: str, of: Type, arguments: tuple[Term, ...] = ()) -> Symbolic:
    """Return a value of which only the name is known; the name is that of its symbols."""
    logic = universe.logic
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            return Scalar(_applied(logic, name, universe.sort(of), arguments))
        case OptionType(element):
            is_some = _applied(logic, f"{name}.is_some", BOOL, arguments)
            return Maybe(is_some, declare(universe, f"{name}.value", element, arguments))
        case MapType(key, value):
            return Table(
                key,
                lambda each: _at(
                    universe,
                    key,
                    each,
                    lambda label, terms: declare(universe, name + label, value, arguments + terms),
                ),
            )
        case SetType(element):
            return Members(
                element, lambda each: _is_member(universe, name, element, each, arguments)
            )
        case SeqType(bound, element):
            length = _applied(logic, f"{name}.len", INT, arguments)
            items = (declare(universe, f"{name}.{i}", element, arguments) for i in range(bound))
            return Row(length, tuple(items))
        case RecordType(_, fields):
            return Parts(
                tuple(declare(universe, f"{name}.{field}", f, arguments) for field, f in fields)
            )
        case TupleType(types):
            return Parts(
                tuple(declare(universe, f"{name}.{i}", t, arguments) for i, t in enumerate(types))
            )
        case _:
            assert_never(of)


def _applied(logic: Logic, name: str, result: object, arguments: tuple[Term, ...]) -> Term:
    symbol = logic.symbol(name, [arg.sort for arg in arguments], result)  # type: ignore[arg-type]
    return logic.apply(symbol, arguments)


def _is_member(
    universe: Universe, name: str, element: Type, value: Symbolic, arguments: tuple[Term, ...]
) -> Term:
    inside = universe.typed(element, value)
    found = _at(
        universe,
        element,
        value,
        lambda label, terms: Scalar(
            _applied(universe.logic, name + label, BOOL, arguments + terms)
        ),
    )
    return universe.logic.both(inside, scalar(found))


def _at(
    universe: Universe,
    key: Type,
    value: Symbolic,
    leaf: Callable[[str, tuple[Term, ...]], Symbolic],
) -> Symbolic:
    """Return the value at a key, as a choice among the functions that hold it."""
    match key, value:
        case ((BoolType() | IntType() | EnumType() | SortType()), Scalar(term)):
            return leaf("", (term,))
        case OptionType(element), Maybe(is_some, inner):
            some = _at(universe, element, inner, lambda label, terms: leaf(f".some{label}", terms))
            return universe.choose(is_some, some, leaf(".none", ()))
        case ((RecordType() | TupleType()), Parts(parts)):
            return _at_parts(universe, list(component_types(key)), parts, leaf)
        case _:
            raise Unsupported(f"`{describe(key)}` is the key of a map or the element of a set")


def _at_parts(
    universe: Universe,
    types: list[Type],
    values: tuple[Symbolic, ...],
    leaf: Callable[[str, tuple[Term, ...]], Symbolic],
) -> Symbolic:
    if not types:
        return leaf("", ())
    return _at(
        universe,
        types[0],
        values[0],
        lambda label, terms: _at_parts(
            universe,
            types[1:],
            values[1:],
            lambda more, others: leaf(label + more, terms + others),
        ),
    )


# --- back to plain values -------------------------------------------------------------------------


def decode(universe: Universe, of: Type, value: Symbolic, reading: Callable[[Term], Head]) -> Value:
    """Return the plain value that a symbolic one has in a model.

    Args:
        reading: the value of a ground term in the model, as `Term.head` holds it.
    """

    def bare(term: Term) -> Value:
        found = reading(term)
        assert isinstance(found, bool | int | str)
        return found

    def inner(type_: Type, part: Symbolic) -> Value:
        return decode(universe, type_, part, reading)

    match value:
        case Scalar(term):
            return bare(term)
        case Maybe(is_some, some):
            assert isinstance(of, OptionType)
            return inner(of.element, some) if bare(is_some) else None
        case Table(key, at):
            assert isinstance(of, MapType)
            keys = elements(key)
            return tuple(inner(of.value, at(universe.literal(key, each))) for each in keys)
        case Members(element, has):
            members = elements(element)
            return frozenset(each for each in members if bare(has(universe.literal(element, each))))
        case Row(length, items):
            assert isinstance(of, SeqType)
            count = bare(length)
            assert isinstance(count, int)
            return tuple(inner(of.element, item) for item in items[:count])
        case Parts(parts):
            return tuple(map(inner, component_types(of), parts))
        case _:
            assert_never(value)


def cells(universe: Universe, of: Type, value: Symbolic) -> Iterator[tuple[Term, Type]]:
    """Yield the terms that make up a value, with the types that they have; sorts are finite."""
    match value:
        case Scalar(term):
            yield term, of
        case Maybe(is_some, some):
            assert isinstance(of, OptionType)
            yield is_some, BoolType()
            yield from cells(universe, of.element, some)
        case Table(key, at):
            assert isinstance(of, MapType)
            for each in elements(key):
                yield from cells(universe, of.value, at(universe.literal(key, each)))
        case Members(element, has):
            for each in elements(element):
                yield has(universe.literal(element, each)), BoolType()
        case Row(length, items):
            assert isinstance(of, SeqType)
            yield length, IntType(0, of.bound)
            for item in items:
                yield from cells(universe, of.element, item)
        case Parts(parts):
            for type_, part in zip(component_types(of), parts, strict=True):
                yield from cells(universe, type_, part)
        case _:
            assert_never(value)
