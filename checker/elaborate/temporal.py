"""Temporal formulas: `~>`, `until`, `always`, `eventually` and `step`, and what connects them.

An expression without any of these is a condition on states, typed like that of an invariant. Above
it there are connectives and quantifiers, which become those of the formula; nothing else can stand
around a temporal operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from checker.elaborate.binders import bound, check_names, domain_of
from checker.elaborate.coerce import fit
from checker.elaborate.context import Build, Context, Purpose
from checker.elaborate.control import points_at
from checker.elaborate.operations import truth
from checker.elaborate.references import ToEntity, refer
from checker.elaborate.scope import Entity
from checker.elaborate.typexprs import constant_integer, kind_of_entity, type_of
from checker.model import terms
from checker.model.ir import Quantifier
from checker.model.temporal import (
    AllOf,
    Always,
    AnyOf,
    Bypass,
    Each,
    Eventually,
    Formula,
    Implication,
    LeadsTo,
    Negation,
    Now,
    TakesStep,
    TemporalProperty,
    Until,
)
from grammar import syntax
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local


def is_temporal(node: syntax.Expr) -> bool:
    """Tell whether an expression speaks of more than one state."""
    return any(_is_operator(each) for each in _nodes(node))


def _is_operator(node: syntax.Node) -> bool:
    match node:
        case syntax.Temporal() | syntax.Taken() | syntax.Binary("~>" | "until"):
            return True
        case _:
            return False


def _nodes(node: syntax.Node) -> Iterator[syntax.Node]:
    pending = [node]
    while pending:
        each = pending.pop()
        yield each
        for field in fields(each):
            value = getattr(each, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, syntax.Node):
                    pending.append(part)


def report_misplaced(build: Build, node: syntax.Expr, context: Context) -> None:
    """Report a temporal operator where a value is needed."""
    match node:
        case syntax.Temporal(op) | syntax.Binary(op):
            word = op
        case _:
            word = "step"
    build.collector.error(
        "K190",
        node.span,
        f"`{word}` speaks of whole runs and cannot be used here, in {context.purpose.value}",
        remedy="write a `property`; in it, only `not`, `and`, `or`, `->`, `<->`, `forall` and "
        "`exists` may stand around temporal operators",
    )


def formula(build: Build, node: syntax.Expr, context: Context) -> Formula | None:
    """Elaborate the formula of a `property`."""
    if not is_temporal(node):
        condition = truth(build, node, context)
        return None if condition is None else Now(condition, node.span)
    match node:
        case syntax.Temporal(op, operand):
            return _prefixed(build, op, operand, context)
        case syntax.Binary("~>" | "until" | "and" | "or" | "->" | "<->"):
            return _connected(build, node, context)
        case syntax.Unary("not", operand):
            inner = formula(build, operand, context)
            return None if inner is None else Negation(inner)
        case syntax.Quantified("forall" | "exists"):
            return _quantified(build, node, context)
        case syntax.Taken():
            return _taken(build, node, context)
        case _:
            within = next(each for each in _nodes(node) if _is_operator(each))
            report_misplaced(build, _as_expression(within), context)
            return None


def _as_expression(node: syntax.Node) -> syntax.Expr:
    assert isinstance(node, syntax.Temporal | syntax.Taken | syntax.Binary)
    return node


def _prefixed(build: Build, op: str, operand: syntax.Expr, context: Context) -> Formula | None:
    inner = formula(build, operand, context)
    if inner is None:
        return None
    if op == "always":
        return Always(inner)
    if isinstance(operand, syntax.Binary) and operand.op == "->":
        build.collector.warning(
            "K192",
            operand.span,
            "`eventually` takes this whole implication, which holds as soon as its left side fails",
            remedy="put the `eventually` in parentheses, or behind `->`",
        )
    return Eventually(inner)


def _connected(build: Build, node: syntax.Binary, context: Context) -> Formula | None:
    left = formula(build, node.left, context)
    right = formula(build, node.right, context)
    if left is None or right is None:
        return None
    match node.op:
        case "~>":
            return LeadsTo(left, right, node.left.span)
        case "until":
            return Until(left, right)
        case "and":
            return AllOf((left, right))
        case "or":
            return AnyOf((left, right))
        case "->":
            return Implication(left, right, node.left.span)
        case _:
            return AnyOf((AllOf((left, right)), AllOf((Negation(left), Negation(right)))))


def _quantified(build: Build, node: syntax.Quantified, context: Context) -> Formula | None:
    check_names(build, node.binder)
    domain = domain_of(build, node.binder, context, f"this `{node.kind}`")
    if domain is None:
        return None
    locals_: list[Local] = []
    inside: list[Expr] = []
    for name in node.binder.names:
        local = terms.fresh(name.text, domain.type)
        locals_.append(local)
        context = bound(build, context, name, local)
        if domain.set is not None:
            here = terms.reference(build.terms, local)
            inside.append(terms.member(build.terms, here, domain.set))
    if node.condition is not None:
        condition = truth(build, node.condition, context)
        if condition is None:
            return None
        inside.append(condition)
    body = formula(build, node.body, context)
    if body is None:
        return None
    kind = Quantifier.FORALL if node.kind == "forall" else Quantifier.EXISTS
    if inside:
        demanded = Now(terms.conjunction(build.terms, tuple(inside)), node.binder.span)
        if kind is Quantifier.FORALL:
            body = Implication(demanded, body, node.binder.span)
        else:
            body = AllOf((demanded, body))
    for local in reversed(locals_):
        body = Each(kind, local, body)
    return body


# --- steps ----------------------------------------------------------------------------------------


def _taken(build: Build, node: syntax.Taken, context: Context) -> Formula | None:
    """Elaborate `step a`, `step a(x)`, `step p`, `step p[i]` and `step p[i] at place`."""
    named = node.action.callee if isinstance(node.action, syntax.Call) else node.action
    found = refer(build, named, context)
    match found:
        case None:
            return None
        case ToEntity(Entity(decl=syntax.ActionDecl()) as entity, None) if node.place is None:
            return _action_taken(build, node, entity, context)
        case ToEntity(Entity(decl=syntax.ProcessDecl()) as entity, index) if named is node.action:
            return _process_step(build, node, entity, index, context)
        case _:
            what = "this"
            notes: tuple[Note, ...] = ()
            if isinstance(found, ToEntity):
                what = f"`{found.entity.name}` is {kind_of_entity(found.entity)}; it"
                notes = (Note(found.entity.span, "declared here"),)
            build.collector.error(
                "K191",
                node.span,
                f"{what} takes no such step",
                notes=notes,
                remedy="write `step some_action`, `step some_action(x)`, `step worker[c]` or "
                "`step worker[c] at place`",
            )
            return None


def _action_taken(
    build: Build, node: syntax.Taken, entity: Entity, context: Context
) -> Formula | None:
    decl = entity.decl
    assert isinstance(decl, syntax.ActionDecl)
    given = node.action.arguments if isinstance(node.action, syntax.Call) else ()
    is_called = isinstance(node.action, syntax.Call)
    if is_called and (
        len(given) != len(decl.parameters) or any(each.name is not None for each in given)
    ):
        build.collector.error(
            "K191",
            node.action.span,
            f"`{entity.name}` has {len(decl.parameters)} parameters, and {len(given)} are given",
            notes=(Note(entity.span, "declared here"),),
            remedy="give them all in order, or leave the parentheses out to mean any of them",
        )
        return None
    arguments: list[Expr] = []
    for parameter, argument in zip(decl.parameters, given, strict=False):
        of = type_of(build, parameter.type, entity.scope)
        if of is None:
            return None
        value = build.expression(build, argument.value, context, of)
        value = fit(build, value, of, argument.value.span)
        if value is None:
            return None
        arguments.append(value)
    return TakesStep(None, None, entity.name, tuple(arguments), node.span)


def _process_step(
    build: Build, node: syntax.Taken, entity: Entity, index: Expr | None, context: Context
) -> Formula | None:
    state = build.processes.get(entity)
    if state is None or state.process is None:
        return None
    points = None
    if node.place is not None:
        points = points_at(build, state.process, node.place, context.scope)
        if points is None:
            return None
    arguments = () if index is None else (index,)
    return TakesStep(state.process, points, None, arguments, node.span)


# --- properties -----------------------------------------------------------------------------------


def temporal_property(build: Build, entity: Entity) -> TemporalProperty | None:
    """Elaborate `property name: formula`."""
    decl = entity.decl
    assert isinstance(decl, syntax.PropertyDecl)
    found = formula(build, decl.expression, Context(entity.scope, Purpose.PROPERTY))
    if found is None:
        return None
    return TemporalProperty(entity.name, found, decl.doc, decl.span)


def bypass(build: Build, entity: Entity) -> Bypass | None:
    """Elaborate `bypass name <= bound: forall c: T. waiting ~> entering`."""
    decl = entity.decl
    assert isinstance(decl, syntax.PropertyDecl)
    match decl.expression:
        case syntax.Quantified(
            "forall",
            syntax.Binder((name,)) as binder,
            None,
            syntax.Binary("~>", waiting, entering),
        ) if not (is_temporal(waiting) or is_temporal(entering)):
            pass
        case _:
            build.collector.error(
                "K193",
                decl.expression.span,
                "this does not say who waits for what",
                remedy="write `forall c: T. waiting(c) ~> entering(c)`, of conditions on states",
            )
            return None
    context = Context(entity.scope, Purpose.PROPERTY)
    domain = domain_of(build, binder, context, "this `bypass`")
    limit = None
    if decl.bound is not None:
        limit = constant_integer(build, decl.bound, entity.scope)
    if domain is None or (decl.bound is not None and limit is None):
        return None
    local = terms.fresh(name.text, domain.type)
    context = bound(build, context, name, local)
    before, after = truth(build, waiting, context), truth(build, entering, context)
    if before is None or after is None:
        return None
    if domain.set is not None:
        here = terms.reference(build.terms, local)
        inside = terms.member(build.terms, here, domain.set)
        before = terms.conjunction(build.terms, (inside, before))
    return Bypass(entity.name, local, before, after, limit, decl.doc, decl.span)
