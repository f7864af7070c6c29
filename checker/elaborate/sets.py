"""Sets: union and its kin, inclusion, and membership.

An element whose type is wider than the set's elements may still be looked for: `x in s` is false
when `x` is none, or a number that no such set can hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from checker.elaborate.arithmetic import as_integer, integer
from checker.elaborate.coerce import join, kind_of, raised
from checker.elaborate.hints import balanced, needs_hint
from checker.model import intervals, terms
from checker.model.ir import Op
from checker.model.types import (
    BOOL,
    IntType,
    OptionType,
    SeqType,
    SetType,
    SortType,
    describe,
)
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.context import Build, Context
    from checker.model.ir import Expr
    from checker.model.types import Type
    from grammar.source import Span

SET_OPERATORS: Final = {"union": Op.UNION, "intersect": Op.INTERSECT, "minus": Op.MINUS}


def inclusion(build: Build, node: syntax.Binary, context: Context) -> Expr | None:
    """Elaborate `s subset t`."""
    sets = two_sets(build, node, context, None)
    return None if sets is None else terms.apply(build.terms, Op.SUBSET, sets, BOOL)


def two_sets(
    build: Build, node: syntax.Binary, context: Context, hint: Type | None
) -> tuple[Expr, Expr] | None:
    """Elaborate both operands of a set operator, as sets of one type."""
    values = balanced(build, (node.left, node.right), context, hint)
    if values is None:
        return None
    return joined_sets(build, values, (node.left.span, node.right.span), node.op)


def joined_sets(
    build: Build, values: list[Expr], spans: tuple[Span, Span], op: str
) -> tuple[Expr, Expr] | None:
    """Return two operands as sets of one type, or report why they are not."""
    left, right = values
    for value, span in ((left, spans[0]), (right, spans[1])):
        if not isinstance(value.type, SetType):
            single = op in SET_OPERATORS and isinstance(value.type, SortType | IntType)
            build.collector.error(
                "K131",
                span,
                f"`{op}` works on sets, and this is {kind_of(value.type)}",
                remedy="write `{...}` around it for the set with this one element"
                if single
                else None,
            )
            return None
    joined = join(left.type, right.type)
    if joined is None:
        build.collector.error(
            "K131",
            spans[1],
            f"`{describe(left.type)}` and `{describe(right.type)}` have no elements in common",
        )
        return None
    return raised(build, left, joined), raised(build, right, joined)


def set_operation(build: Build, op: str, sets: tuple[Expr, Expr]) -> Expr:
    """Apply union, intersect or minus to two sets of one type."""
    return terms.apply(build.terms, SET_OPERATORS[op], sets, sets[0].type)


# --- membership -----------------------------------------------------------------------------------


def membership(build: Build, node: syntax.Binary, context: Context) -> Expr | None:
    """Elaborate `x in s` or `x not in s`."""
    if isinstance(node.right, syntax.RangeExpr):
        return _between(build, node, node.right, context)
    if needs_hint(node.right, context):
        element = build.expression(build, node.left, context, None)
        if element is None:
            return None
        inner = element.type.element if isinstance(element.type, OptionType) else element.type
        collection = build.expression(build, node.right, context, SetType(inner))
    else:
        collection = build.expression(build, node.right, context, None)
        if collection is None:
            return None
        hint = collection.type.element if isinstance(collection.type, SetType) else None
        element = build.expression(build, node.left, context, hint)
    if element is None or collection is None:
        return None
    if not isinstance(collection.type, SetType):
        remedy = None
        if isinstance(collection.type, SeqType):
            remedy = "write `in elements(...)` for a sequence"
        build.collector.error(
            "K131",
            node.right.span,
            f"`in` looks into a set, and this is {kind_of(collection.type)}",
            remedy=remedy,
        )
        return None
    found = contained(build, element, collection, node.left.span)
    if found is None or node.op == "in":
        return found
    return terms.negation(build.terms, found)


def _between(
    build: Build, node: syntax.Binary, bounds: syntax.RangeExpr, context: Context
) -> Expr | None:
    """Elaborate `x in low..high`, which takes no set."""
    element = build.expression(build, node.left, context, None)
    low = integer(build, bounds.low, context, "..")
    high = integer(build, bounds.high, context, "..")
    if as_integer(build, element, node.left.span, "in ..") is None or element is None:
        return None
    if low is None or high is None:
        return None
    table = build.terms

    def inside(x: Expr) -> Expr:
        some: tuple[Expr, ...] = ()
        if isinstance(x.type, OptionType):
            none = terms.literal(table, None, x.type)
            some = (terms.negation(table, terms.equal(table, x, none)),)
            x = terms.unwrapped(table, x, x.type.element)
        at_least = terms.apply(table, Op.LE, (low, x), BOOL)
        at_most = terms.apply(table, Op.LE, (x, high), BOOL)
        return terms.conjunction(table, (*some, at_least, at_most))

    found = _once(build, element, inside)
    return terms.negation(table, found) if node.op == "not in" else found


def contained(build: Build, element: Expr, collection: Expr, span: Span) -> Expr | None:
    """Return `element in collection`; an element outside the set's type is simply not in it."""
    assert isinstance(collection.type, SetType)
    wanted = collection.type.element
    if join(element.type, wanted) is None:
        build.collector.error(
            "K131",
            span,
            f"{kind_of(element.type)} is never in a `{describe(collection.type)}`",
        )
        return None
    if terms.is_none(element) and not isinstance(wanted, OptionType):
        return terms.truth_value(build.terms, False)
    match element.type, wanted:
        case IntType() as of, IntType() as bounds if not intervals.within(of, bounds):
            return _once(build, element, lambda x: _in_bounds(build, x, collection, bounds))
        case OptionType(), OptionType():
            element, collection = _same_elements(build, element, collection)
        case OptionType(inner), _:
            return _once(build, element, lambda x: _if_some(build, x, inner, collection, span))
        case _:
            element, collection = _same_elements(build, element, collection)
    return terms.apply(build.terms, Op.IN, (element, collection), BOOL)


def _same_elements(build: Build, element: Expr, collection: Expr) -> tuple[Expr, Expr]:
    assert isinstance(collection.type, SetType)
    joined = join(element.type, collection.type.element)
    assert joined is not None
    if isinstance(joined, IntType):
        return element, collection
    return raised(build, element, joined), raised(build, collection, SetType(joined))


def _in_bounds(build: Build, number: Expr, collection: Expr, bounds: IntType) -> Expr:
    table = build.terms
    low, high = terms.number(table, bounds.low), terms.number(table, bounds.high)
    inside = terms.apply(table, Op.CONVERT, (number,), bounds)
    return terms.conjunction(
        table,
        (
            terms.apply(table, Op.LE, (low, number), BOOL),
            terms.apply(table, Op.LE, (number, high), BOOL),
            terms.apply(table, Op.IN, (inside, collection), BOOL),
        ),
    )


def _if_some(build: Build, option: Expr, inner: Type, collection: Expr, span: Span) -> Expr:
    table = build.terms
    none = terms.literal(table, None, option.type)
    element = contained(build, terms.unwrapped(table, option, inner), collection, span)
    assert element is not None
    return terms.conjunction(
        table, (terms.negation(table, terms.equal(table, option, none)), element)
    )


def _once(build: Build, value: Expr, use: Callable[[Expr], Expr]) -> Expr:
    """Return `use(value)`, evaluating the value once even if it is used several times."""
    if terms.is_simple(value):
        return use(value)
    local = terms.fresh("it", value.type)
    return terms.let(build.terms, local, value, use(terms.reference(build.terms, local)))
