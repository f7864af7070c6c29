"""Syntax to typed expressions: the one place where every kind of expression is looked at.

Typing goes both ways. Types come up from names and literals; a hint, the type that the surroundings
would like, goes down to what has no type of its own (`none`, `{}`, members that several enums
share) and to the parts of composite values. The result need not have the hinted type: whoever needs
one calls `fit`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from checker.elaborate.arithmetic import WORD, as_integer
from checker.elaborate.binders import map_comprehension, quantified, set_comprehension
from checker.elaborate.calls import call
from checker.elaborate.coerce import fit, join, kind_of, raised
from checker.elaborate.context import Binding, Build, Context, Purpose
from checker.elaborate.control import at_place
from checker.elaborate.hints import balanced, needs_hint
from checker.elaborate.operations import binary, truth, unary
from checker.elaborate.references import value_at
from checker.elaborate.temporal import report_misplaced
from checker.elaborate.typexprs import is_enumerable
from checker.model import terms
from checker.model.ir import Literal, Op
from checker.model.types import (
    IntType,
    OptionType,
    SeqType,
    SetType,
    TupleType,
)
from grammar import syntax

if TYPE_CHECKING:
    from checker.model.ir import Expr
    from checker.model.types import Type
    from grammar.source import Span


def expression(build: Build, node: syntax.Expr, context: Context, hint: Type | None) -> Expr | None:
    """Return the typed expression, or None after a mistake has been reported."""
    if not build.has_work_left(context) or not build.goes_deeper(node.span):
        return None
    found = _expression(build, node, context, hint)
    build.depth -= 1
    return found


def _expression(
    build: Build, node: syntax.Expr, context: Context, hint: Type | None
) -> Expr | None:
    match node:
        case syntax.IntLit(value):
            return _number(build, value, node.span)
        case syntax.BoolLit(value):
            return terms.truth_value(build.terms, value)
        case syntax.NoneLit():
            return _none(build, node.span, hint)
        case syntax.AnyLit():
            build.collector.error(
                "K143",
                node.span,
                "`any` is no value; it can only be the whole initial value of a `var`",
                remedy="write `choose x: T` to pick a value in code",
            )
            return None
        case syntax.SelfRef():
            return _self(build, node.span, context)
        case syntax.NameRef() | syntax.FieldAccess() | syntax.IndexAccess():
            return value_at(build, node, context, hint)
        case syntax.TupleAccess(base, index):
            return _component(build, base, index, context)
        case syntax.Call():
            return call(build, node, context, hint)
        case syntax.Unary():
            return unary(build, node, context)
        case syntax.Temporal() | syntax.Taken() | syntax.Binary("~>" | "until"):
            report_misplaced(build, node, context)
            return None
        case syntax.Binary():
            return binary(build, node, context, hint)
        case syntax.Conditional():
            return _conditional(build, node, context, hint)
        case syntax.LetIn():
            return _let(build, node, context, hint)
        case syntax.Quantified():
            return quantified(build, node, context)
        case syntax.SetLit():
            return _set(build, node, context, hint)
        case syntax.SetComprehension():
            return set_comprehension(build, node, context, hint)
        case syntax.SeqLit():
            return _sequence(build, node, context, hint)
        case syntax.MapComprehension():
            return map_comprehension(build, node, context, hint)
        case syntax.TupleLit(elements):
            return _tuple(build, elements, context, hint)
        case syntax.RangeExpr(low, high):
            return _range(build, low, high, context)
        case syntax.At():
            return at_place(build, node, context)
        case syntax.Old(operand):
            return _old(build, node.span, operand, context, hint)
        case _:
            assert_never(node)


# --- leaves ---------------------------------------------------------------------------------------


def _number(build: Build, value: int, span: Span) -> Expr | None:
    if value > WORD.high:
        build.collector.error("K117", span, "numbers have at most 64 bits")
        return None
    return terms.number(build.terms, value)


def _none(build: Build, span: Span, hint: Type | None) -> Expr | None:
    if hint is None:
        _report_no_type(build, span, "none")
        return None
    of = hint if isinstance(hint, OptionType) else OptionType(hint)
    return terms.literal(build.terms, None, of)


def _report_no_type(build: Build, span: Span, text: str) -> None:
    if build.is_guessing:
        return
    build.collector.error(
        "K134",
        span,
        f"nothing here tells the type of `{text}`",
        remedy="give the name that it belongs to a type, as in `var x: T = ...`",
    )


def _self(build: Build, span: Span, context: Context) -> Expr | None:
    if context.self_value is not None or context.is_self_unknown:
        return context.self_value
    if context.process is not None:
        message = f"`{context.process.name}` is a single process and has no `self`"
        remedy = f"write `process {context.process.name} on T` to have one for each `T`"
        if context.process.span.source.origin is not None:
            remedy = "name the processor that is meant"
    else:
        message = f"`self` is used in {context.purpose.value}, outside any process"
        remedy = "name what is meant: a parameter, or a quantified name"
    notes = context.call_notes()
    build.collector.error("K140", span, message, notes=notes, remedy=remedy)
    return None


def _old(
    build: Build, span: Span, operand: syntax.Expr, context: Context, hint: Type | None
) -> Expr | None:
    if context.purpose is not Purpose.STEP:
        build.collector.error(
            "K141",
            span,
            f"`old` is used in {context.purpose.value}; only a `step` property knows two states",
            remedy="write `step name: ...`, or remember the value in a variable",
        )
        return None
    if context.is_old:
        build.collector.error(
            "K141",
            span,
            "`old` within `old` reaches no further back",
            remedy="leave the inner `old` out",
        )
        return None
    return expression(build, operand, replace(context, is_old=True), hint)


# --- parts and branches ---------------------------------------------------------------------------


def _component(build: Build, base: syntax.Expr, index: int, context: Context) -> Expr | None:
    value = expression(build, base, context, None)
    if value is None:
        return None
    if isinstance(value.type, OptionType) and isinstance(value.type.element, TupleType):
        value = terms.unwrapped(build.terms, value, value.type.element)
    if not isinstance(value.type, TupleType):
        build.collector.error(
            "K103", base.span, f"this is {kind_of(value.type)}, which has no components"
        )
        return None
    count = len(value.type.elements)
    if index >= count:
        build.collector.error(
            "K103",
            base.span,
            f"this tuple has {count} components, `.0` to `.{count - 1}`; there is no `.{index}`",
        )
        return None
    return terms.component(build.terms, value, index)


def _conditional(
    build: Build, node: syntax.Conditional, context: Context, hint: Type | None
) -> Expr | None:
    condition = truth(build, node.condition, context)
    if isinstance(condition, Literal):
        return _taken(build, node, condition, context, hint)
    branches = balanced(build, (node.then, node.otherwise), context, hint)
    if condition is None or branches is None:
        return None
    then, otherwise = branches
    joined = join(then.type, otherwise.type)
    if joined is None:
        _report_different(build, node.otherwise.span, then.type, otherwise.type)
        return None
    then, otherwise = raised(build, then, joined), raised(build, otherwise, joined)
    return terms.conditional(build.terms, condition, then, otherwise, joined)


def _taken(
    build: Build,
    node: syntax.Conditional,
    condition: Literal,
    context: Context,
    hint: Type | None,
) -> Expr | None:
    """Return the branch that a constant condition takes; the other one only has to make sense."""
    taken, other = node.then, node.otherwise
    if terms.is_constantly(condition, False):
        taken, other = other, taken
    if hint is None and needs_hint(taken, context):
        with build.unless(True):
            found = expression(build, other, context, None)
        hint = None if found is None else found.type
    value = expression(build, taken, context, hint)
    with build.unless(True):
        against = expression(build, other, context, hint or (value.type if value else None))
    if value is None or against is None:
        return None
    if join(value.type, against.type) is None:
        _report_different(build, node.otherwise.span, value.type, against.type)
        return None
    return value


def _report_different(build: Build, span: Span, left: Type, right: Type) -> None:
    build.collector.error(
        "K131", span, f"the branches differ: {kind_of(left)} and {kind_of(right)}"
    )


def _let(build: Build, node: syntax.LetIn, context: Context, hint: Type | None) -> Expr | None:
    value = expression(build, node.value, context, None)
    if value is None:
        # Look for further mistakes below.
        expression(build, node.body, context.bind(node.name.text, None), hint)
        return None
    if terms.is_simple(value):
        binding = Binding(value, value.type, None, "a `let`", node.name.span)
        return expression(build, node.body, context.bind(node.name.text, binding), hint)
    local = terms.fresh(node.name.text, value.type)
    reference = terms.reference(build.terms, local)
    binding = Binding(reference, value.type, None, "a `let`", node.name.span)
    body = expression(build, node.body, context.bind(node.name.text, binding), hint)
    return None if body is None else terms.let(build.terms, local, value, body)


# --- composite values -----------------------------------------------------------------------------


def _elements(
    build: Build, nodes: tuple[syntax.Expr, ...], context: Context, wanted: Type | None
) -> tuple[tuple[Expr, ...], Type] | None:
    """Elaborate the elements of a set or sequence, all as ones of one type."""
    if wanted is not None:
        fitted = [
            fit(build, expression(build, node, context, wanted), wanted, node.span)
            for node in nodes
        ]
        known = tuple(each for each in fitted if each is not None)
        return (known, wanted) if len(known) == len(nodes) else None
    values = balanced(build, nodes, context, None)
    if values is None:
        return None
    of = values[0].type
    for node, value in zip(nodes, values, strict=True):
        joined = join(of, value.type)
        if joined is None:
            build.collector.error(
                "K131", node.span, f"the elements differ: {kind_of(of)} and {kind_of(value.type)}"
            )
            return None
        of = joined
    return tuple(raised(build, value, of) for value in values), of


def _set(build: Build, node: syntax.SetLit, context: Context, hint: Type | None) -> Expr | None:
    if isinstance(hint, OptionType):
        hint = hint.element
    wanted = hint.element if isinstance(hint, SetType) else None
    if not node.elements and wanted is None:
        _report_no_type(build, node.span, "{}")
        return None
    found = _elements(build, node.elements, context, wanted)
    if found is None or not is_enumerable(build, found[1], node.span, "a set of this type"):
        return None
    return terms.construct(build.terms, found[0], SetType(found[1]))


def _sequence(
    build: Build, node: syntax.SeqLit, context: Context, hint: Type | None
) -> Expr | None:
    if isinstance(hint, OptionType):
        hint = hint.element
    wanted = hint.element if isinstance(hint, SeqType) else None
    if not node.elements and wanted is None:
        _report_no_type(build, node.span, "[]")
        return None
    found = _elements(build, node.elements, context, wanted)
    if found is None:
        return None
    bound = len(node.elements)
    if isinstance(hint, SeqType) and bound <= hint.bound:
        bound = hint.bound
    return terms.construct(build.terms, found[0], SeqType(max(bound, 1), found[1]))


def _tuple(
    build: Build, nodes: tuple[syntax.Expr, ...], context: Context, hint: Type | None
) -> Expr | None:
    if isinstance(hint, OptionType):
        hint = hint.element
    wanted: tuple[Type | None, ...] = (None,) * len(nodes)
    if isinstance(hint, TupleType) and len(hint.elements) == len(nodes):
        wanted = hint.elements
    parts = []
    for node, of in zip(nodes, wanted, strict=True):
        part = expression(build, node, context, of)
        if of is not None:
            part = fit(build, part, of, node.span)
        parts.append(part)
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(nodes):
        return None
    types = (part.type if of is None else of for part, of in zip(known, wanted, strict=True))
    return terms.construct(build.terms, known, TupleType(tuple(types)))


def _range(build: Build, low: syntax.Expr, high: syntax.Expr, context: Context) -> Expr | None:
    first = as_integer(build, expression(build, low, context, None), low.span, "..")
    last = as_integer(build, expression(build, high, context, None), high.span, "..")
    if first is None or last is None:
        return None
    assert isinstance(first.type, IntType)
    assert isinstance(last.type, IntType)
    # A range that always descends is the empty set; its element type is then arbitrary.
    of = IntType(first.type.low, max(first.type.low, last.type.high))
    if not is_enumerable(build, of, low.span.to(high.span), "this set"):
        return None
    return terms.apply(build.terms, Op.RANGE, (first, last), SetType(of))
