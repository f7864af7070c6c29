"""Assignments, and the right sides that they share with declarations and `return`.

A right side is an expression, or one hardware primitive, or one procedure call; the latter two are
done first and leave their value in a local. Several targets are assigned at once: what a later one
needs of what an earlier one changes is put aside before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.coerce import fit
from checker.elaborate.context import Build, Context, Purpose
from checker.elaborate.inlining import called, procedure_called
from checker.elaborate.primitives import primitive, primitive_name
from checker.elaborate.sink import Sink
from checker.elaborate.targets import Target, store, target_of
from checker.model import terms
from checker.model.ir import Bind, Local, Seq, Variable
from checker.model.rewrite import free_locals, variables_read
from checker.steps.code import Block, Do
from grammar import syntax

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr
    from checker.model.types import Type
    from checker.steps.code import Code
    from grammar.source import Span


def right_side(
    build: Build, node: syntax.Expr, context: Context, hint: Type | None, sink: Sink
) -> Expr | None:
    """Return the value of a right side; what has to be done for it first goes into the sink."""
    name = primitive_name(build, node, context)
    if name is not None:
        assert isinstance(node, syntax.Call)
        done = primitive(build, node, name, context)
        if done is None:
            return None
        sink.locals.append(done.result)
        sink.add(done.do)
        return terms.reference(build.terms, done.result)
    entity = procedure_called(build, node, context)
    if entity is None:
        return build.expression(build, node, context, hint)
    assert isinstance(node, syntax.Call)
    found = called(build, node, entity, context)
    if found is None:
        return None
    if found.result is None:
        build.collector.error(
            "K164",
            node.span,
            f"`{entity.name}` returns no value",
            remedy="call it alone, or declare the type of its result",
        )
        return None
    sink.locals.append(found.result)
    sink.add(found.code)
    return terms.reference(build.terms, found.result)


# --- assignment -----------------------------------------------------------------------------------


def assign(build: Build, node: syntax.Assign, context: Context) -> Code | None:
    """Elaborate `a := e` or `a, b := e, f`."""
    if len(node.targets) != len(node.values):
        build.collector.error(
            "K162",
            node.span,
            f"{len(node.targets)} targets and {len(node.values)} values",
            remedy="give every target a value",
        )
        return None
    if len(node.targets) == 1:
        return _assign_one(build, node, context)
    pairs: list[tuple[Target, Expr]] = []
    for left, right in zip(node.targets, node.values, strict=True):
        target = _target(build, left, context)
        inner = _for(target, context)
        with build.despite(target):
            value = build.expression(build, right, inner, target.type if target else None)
        fitted = None if target is None else fit(build, value, target.type, right.span)
        if target is not None and fitted is not None:
            pairs.append((target, fitted))
    if len(pairs) < len(node.targets) or not _are_different(build, node, pairs):
        return None
    return _assign_all(build, pairs, node.span)


def _target(build: Build, node: syntax.Expr, context: Context) -> Target | None:
    """Return the target; the keys of a ghost may be computed from ghosts."""
    target = target_of(build, node, context.aiming(Purpose.GHOST))
    if target is not None and not target.is_ghost:
        return target_of(build, node, context)
    return target


def _for(target: Target | None, context: Context) -> Context:
    if target is not None and target.is_ghost:
        return context.aiming(Purpose.GHOST)
    return context


def _assign_one(build: Build, node: syntax.Assign, context: Context) -> Code | None:
    (left,), (right,) = node.targets, node.values
    target = _target(build, left, context)
    sink = Sink()
    inner = _for(target, context)
    with build.despite(target):
        value = right_side(build, right, inner, target.type if target else None, sink)
    if target is None:
        return None
    fitted = fit(build, value, target.type, right.span)
    if fitted is None:
        return None
    sink.add(Do(store(build, target, fitted, node.span), False, node.span))
    return sink.statements[0] if len(sink.statements) == 1 else sink.block()


def _are_different(build: Build, node: syntax.Assign, pairs: list[tuple[Target, Expr]]) -> bool:
    """Report a variable or local that is assigned as a whole and again."""
    seen: dict[object, bool] = {}
    for (target, _), left in zip(pairs, node.targets, strict=True):
        root: object = target.variable or target.root
        is_whole = not target.path
        if root in seen and (is_whole or seen[root]):
            build.collector.error(
                "K161", left.span, "this is assigned twice at once", remedy="assign it once"
            )
            return False
        seen[root] = is_whole or seen.get(root, False)
    return True


def _assign_all(build: Build, pairs: list[tuple[Target, Expr]], site: Span) -> Code:
    """Assign in order, after putting aside what would be changed too early."""
    sink = Sink()
    kept: list[Effect] = []
    stores: list[Effect] = []
    changed: set[Variable | Local] = set()

    def aside(value: Expr, name: str) -> Expr:
        touched = variables_read(value) | free_locals(value)
        if not touched & changed:
            return value
        local = terms.fresh(name, value.type)
        sink.locals.append(local)
        kept.append(Bind(local, value, site))
        return terms.reference(build.terms, local)

    for target, value in pairs:
        path = tuple(each if isinstance(each, int) else aside(each, "key") for each in target.path)
        moved = Target(target.root, path, target.value, target.type, target.whole, target.option)
        stores.append(store(build, moved, aside(value, "value"), site))
        root = target.variable or target.root
        assert isinstance(root, Variable | Local)
        changed.add(root)
    effects = (*kept, *stores)
    sink.add(Do(effects[0] if len(effects) == 1 else Seq(effects), False, site))
    return sink.block() or Block((), ())
