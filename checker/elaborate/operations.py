"""Unary and binary operators: what they take, and the type of what they give.

Long chains (`a + b + c ...`, `p and q and ...`) lean to the left in the tree and are worked through
in a loop, so their length does not count as depth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.elaborate import arithmetic
from checker.elaborate.coerce import compared, fit, kind_of
from checker.elaborate.hints import balanced
from checker.elaborate.sets import (
    SET_OPERATORS,
    inclusion,
    joined_sets,
    membership,
    set_operation,
    two_sets,
)
from checker.model import intervals, terms
from checker.model.ir import Implies, Literal, Op
from checker.model.types import BOOL, BoolType, IntType, OptionType, SetType, describe
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.context import Build, Context
    from checker.model.ir import Expr
    from checker.model.types import Type
    from grammar.source import Span

_ARITHMETIC: Final = {"+": Op.ADD, "-": Op.SUB, "*": Op.MUL, "/": Op.DIV, "%": Op.MOD}
_CONNECTIVES: Final = frozenset({"and", "or"})
_CHAINS: Final = frozenset({*_CONNECTIVES, *_ARITHMETIC, *SET_OPERATORS})


def unary(build: Build, node: syntax.Unary, context: Context) -> Expr | None:
    """Elaborate `not e` or `-e`."""
    if node.op == "not":
        operand = truth(build, node.operand, context)
        return None if operand is None else terms.negation(build.terms, operand)
    number = arithmetic.integer(build, node.operand, context, "-")
    return None if number is None else arithmetic.negated(build, number, node.span)


def binary(build: Build, node: syntax.Binary, context: Context, hint: Type | None) -> Expr | None:
    """Elaborate `left op right`."""
    if node.op in _CHAINS:
        return _chain(build, node, context, hint)
    match node.op:
        case "->" | "<->":
            return _implication(build, node, context)
        case "=" | "!=":
            return _equation(build, node, context)
        case "in" | "not in":
            return membership(build, node, context)
        case "subset":
            return inclusion(build, node, context)
        case _:
            return _comparison(build, node, context)


def _implication(build: Build, node: syntax.Binary, context: Context) -> Expr | None:
    left = truth(build, node.left, context)
    with build.unless(node.op == "->" and terms.is_constantly(left, False)):
        right = truth(build, node.right, context)
    if left is None or right is None:
        return None
    if node.op == "->":
        return build.terms.intern(Implies(left, right))
    return terms.apply(build.terms, Op.IFF, (left, right), BOOL)


def _chain(build: Build, node: syntax.Binary, context: Context, hint: Type | None) -> Expr | None:
    links: list[syntax.Binary] = []
    left: syntax.Expr = node
    while isinstance(left, syntax.Binary) and left.op in _CHAINS:
        links.append(left)
        left = left.left
    links.reverse()
    at = 0
    if links[0].op in SET_OPERATORS:
        sets = two_sets(build, links[0], context, hint)
        value = None if sets is None else set_operation(build, links[0].op, sets)
        at = 1
    else:
        value = build.expression(build, left, context, None)
    while at < len(links):
        link = links[at]
        if link.op in _CONNECTIVES:
            # A run of one connective is joined at once, which keeps long conjunctions linear.
            run = [as_truth(build, value, link.left.span)]
            while at < len(links) and links[at].op == link.op:
                stops = any(terms.is_constantly(each, link.op == "or") for each in run)
                with build.unless(stops):
                    run.append(truth(build, links[at].right, context))
                at += 1
            value = _connected(build, link.op, run)
        else:
            value = _step(build, link, value, context)
            at += 1
    return value


def _connected(build: Build, op: str, operands: list[Expr | None]) -> Expr | None:
    known = tuple(operand for operand in operands if operand is not None)
    if len(known) < len(operands):
        return None
    connect = terms.conjunction if op == "and" else terms.disjunction
    return connect(build.terms, known)


def _step(build: Build, node: syntax.Binary, left: Expr | None, context: Context) -> Expr | None:
    """Apply one operator of a chain to what stands left of it."""
    if node.op in SET_OPERATORS:
        right = build.expression(build, node.right, context, left.type if left else None)
        if left is None or right is None:
            return None
        sets = joined_sets(build, [left, right], (node.left.span, node.right.span), node.op)
        return None if sets is None else set_operation(build, node.op, sets)
    both = arithmetic.operands(build, left, node, context)
    if both is None:
        return None
    return arithmetic.arithmetic(build, _ARITHMETIC[node.op], *both, node.right.span)


def truth(build: Build, node: syntax.Expr, context: Context) -> Expr | None:
    """Elaborate an expression that must be a truth value."""
    return as_truth(build, build.expression(build, node, context, BOOL), node.span)


def as_truth(build: Build, value: Expr | None, span: Span) -> Expr | None:
    """Return a value as a truth value, or report what it is instead."""
    if value is None or isinstance(value.type, BoolType):
        return value
    remedy = None
    match value.type:
        case OptionType(BoolType()):
            return fit(build, value, BOOL, span)
        case OptionType():
            remedy = "compare it: `... != none`"
        case IntType():
            remedy = "compare it: `... != 0`"
        case SetType():
            remedy = "compare it: `... != {}`"
        case _:
            pass
    build.collector.error(
        "K130",
        span,
        f"a condition is true or false, and this is {kind_of(value.type)}",
        remedy=remedy,
    )
    return None


def _comparison(build: Build, node: syntax.Binary, context: Context) -> Expr | None:
    both = arithmetic.operands(
        build, build.expression(build, node.left, context, None), node, context
    )
    if both is None:
        return None
    left, right = both
    match node.op:
        case "<":
            op, args = Op.LT, (left, right)
        case "<=":
            op, args = Op.LE, (left, right)
        case ">":
            op, args = Op.LT, (right, left)
        case ">=":
            op, args = Op.LE, (right, left)
        case _:
            raise AssertionError(f"no operator: {node.op}")
    return terms.apply(build.terms, op, args, BOOL)


def _equation(build: Build, node: syntax.Binary, context: Context) -> Expr | None:
    values = balanced(build, (node.left, node.right), context, None)
    if values is None:
        return None
    left, right = values
    for value, other, side in ((left, right, node.left), (right, left, node.right)):
        if terms.is_none(value) and not isinstance(other.type, OptionType):
            build.collector.error(
                "K135",
                side.span,
                f"{kind_of(other.type)} is never `none`",
                remedy=f"only a `{describe(OptionType(other.type))}` may be none",
            )
            return None
    _warn_of_constant_equation(build, node, left, right)
    pair = compared(build, left, right, node.span)
    if pair is None:
        return None
    equal = terms.equal(build.terms, *pair)
    return terms.negation(build.terms, equal) if node.op == "!=" else equal


def _warn_of_constant_equation(build: Build, node: syntax.Binary, left: Expr, right: Expr) -> None:
    """Warn of `x = 9` where x never is; only of numbers written out, as constants may change."""
    for side, value, other in ((node.left, left, right), (node.right, right, left)):
        if (
            isinstance(side, syntax.IntLit)
            and isinstance(value.type, IntType)
            and isinstance(other.type, IntType)
            and not isinstance(other, Literal)
            and intervals.disjoint(value.type, other.type)
        ):
            verdict = "never" if node.op == "=" else "always"
            build.collector.warning(
                "K139",
                node.span,
                f"this {verdict} holds: the other side lies in {describe(other.type)}",
            )
