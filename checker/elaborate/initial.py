"""Initial values: what a declaration without one gives, and one value for every key of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.coerce import fit
from checker.elaborate.hints import needs_hint
from checker.model import terms
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
)
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.context import Build, Context
    from checker.model.ir import Expr
    from checker.model.types import Type


def broadcast(build: Build, node: syntax.Expr, of: Type, context: Context) -> Expr | None:
    """Return an initial value; one that is no map stands for every key of a map type."""
    levels: list[MapType] = []
    inner = of
    if not isinstance(node, syntax.MapComprehension) and isinstance(of, MapType):
        depth = 0
        if not needs_hint(node, context):
            found = build.expression(build, node, context, None)
            if found is None:
                return None
            depth = _depth(found.type)
        while isinstance(inner, MapType) and _depth(inner) > depth:
            levels.append(inner)
            inner = inner.value
    value = fit(build, build.expression(build, node, context, inner), inner, node.span)
    if value is None:
        return None
    for level in reversed(levels):
        key = terms.fresh("k", level.key)
        value = terms.map_of(build.terms, key, value, level)
    return value


def _depth(of: Type) -> int:
    depth = 0
    while isinstance(of, MapType):
        depth += 1
        of = of.value
    return depth


def needs_element(of: Type) -> bool:
    """Tell whether every value of the type contains an element of a symmetric sort.

    Such a type has no default value that treats the elements of the sort alike.
    """
    match of:
        case SortType():
            return True
        case MapType(_, value):
            return needs_element(value)
        case RecordType(_, fields):
            return any(needs_element(field) for _, field in fields)
        case TupleType(components):
            return any(needs_element(component) for component in components)
        case BoolType() | IntType() | EnumType() | OptionType() | SetType() | SeqType():
            return False


def is_natural(of: Type) -> bool:
    """Tell whether the type's default is what anybody would take to be the initial value."""
    match of:
        case BoolType() | OptionType() | SetType() | SeqType():
            return True
        case MapType(_, value):
            return is_natural(value)
        case RecordType(_, fields):
            return all(is_natural(field) for _, field in fields)
        case TupleType(components):
            return all(is_natural(component) for component in components)
        case IntType() | EnumType() | SortType():
            return False
