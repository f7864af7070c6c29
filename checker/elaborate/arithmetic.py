"""Integers: operands, arithmetic with intervals, and words that wrap.

An operation with a `mod n` operand gives a `mod n` value, reduced at once, as the arithmetic of a
machine word does; every other result keeps its full interval and is checked only where it is
stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.elaborate.coerce import kind_of
from checker.model import intervals, terms
from checker.model.ir import Op
from checker.model.types import IntType, OptionType, SeqType, SetType, SortType, describe

if TYPE_CHECKING:
    from checker.elaborate.context import Build, Context
    from checker.model.ir import Expr
    from grammar import syntax
    from grammar.source import Span

WORD: Final = IntType(-(2**63), 2**63 - 1)
"""Bounds of all intermediate results; native engines compute in machine words."""


def integer(build: Build, node: syntax.Expr, context: Context, op: str) -> Expr | None:
    """Elaborate an operand that must be a number; `op` is named when it is not."""
    return as_integer(build, build.expression(build, node, context, None), node.span, op)


def as_integer(build: Build, value: Expr | None, span: Span, op: str) -> Expr | None:
    """Return an operand as a number, or report what it is instead."""
    if value is None or isinstance(value.type, IntType):
        return value
    remedy = None
    match value.type:
        case OptionType(IntType() as inner):
            return terms.unwrapped(build.terms, value, inner)
        case SortType(name) | OptionType(SortType(name)):
            build.collector.error(
                "K138",
                span,
                f"the elements of `{name}` are interchangeable: they have no order and no "
                f"arithmetic, so `{op}` does not apply",
                remedy="use a range such as `0..2` instead of the sort if they differ",
            )
            return None
        case SetType() if op in {"+", "-"}:
            remedy = f"for sets write `{'union' if op == '+' else 'minus'}`"
        case SetType() if op in {"<", "<=", ">", ">="}:
            remedy = "for sets write `subset`"
        case SeqType() if op == "+":
            remedy = "for sequences write `concat(...)` or `append(...)`"
        case _:
            pass
    build.collector.error(
        "K131", span, f"`{op}` works on numbers, and this is {kind_of(value.type)}", remedy=remedy
    )
    return None


def operands(
    build: Build, left: Expr | None, node: syntax.Binary, context: Context
) -> tuple[Expr, Expr] | None:
    """Return both operands as numbers, the left one being elaborated already."""
    right = build.expression(build, node.right, context, None)
    first = as_integer(build, left, node.left.span, node.op)
    if first is None and left is not None and right is not None and left.type == right.type:
        return None  # the same mistake is told once
    second = as_integer(build, right, node.right.span, node.op)
    return None if first is None or second is None else (first, second)


def negated(build: Build, number: Expr, span: Span) -> Expr | None:
    """Return `-number`."""
    assert isinstance(number.type, IntType)
    result = terms.apply(build.terms, Op.NEG, (number,), intervals.negated(number.type))
    return _in_word(build, _reduced(build, result, (number.type,)), span)


def arithmetic(build: Build, op: Op, left: Expr, right: Expr, span: Span) -> Expr | None:
    """Return `left op right` of two integers; `span` is the right operand's."""
    a, b = left.type, right.type
    assert isinstance(a, IntType)
    assert isinstance(b, IntType)
    if a.wraps and b.wraps and a != b:
        build.collector.error(
            "K131",
            span,
            f"`{describe(a)}` and `{describe(b)}` wrap at different numbers",
            remedy="bring both into one type first",
        )
        return None
    match op:
        case Op.ADD:
            of: IntType | None = intervals.added(a, b)
        case Op.SUB:
            of = intervals.subtracted(a, b)
        case Op.MUL:
            of = intervals.multiplied(a, b)
        case Op.DIV:
            of = intervals.divided(a, b)
        case _:
            of = intervals.remainder(a, b)
    if of is None:
        if not build.is_dead:
            build.collector.error("K133", span, "this divisor is always 0")
            return None
        of = IntType(0, 0)
    result = terms.apply(build.terms, op, (left, right), of)
    return _in_word(build, _reduced(build, result, (a, b)), span)


def _reduced(build: Build, result: Expr, operands: tuple[IntType, ...]) -> Expr:
    """Wrap the result around if an operand does."""
    for operand in operands:
        if operand.wraps:
            return terms.apply(build.terms, Op.CONVERT, (result,), operand)
    return result


def _in_word(build: Build, result: Expr, span: Span) -> Expr | None:
    assert isinstance(result.type, IntType)
    if intervals.within(result.type, WORD):
        return result
    build.collector.error(
        "K117",
        span,
        "this result may need more than 64 bits",
        remedy="choose smaller bounds for the variables in it, or use `mod n`",
    )
    return None
