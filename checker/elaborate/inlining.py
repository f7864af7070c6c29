"""Procedure calls: the body is written out at the call site.

Parameters are passed by value. One that the body never assigns and whose argument is as simple as a
name becomes that name, so it costs no state; any other is a local of the inlined body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.elaborate.bodies import completes, names_assigned
from checker.elaborate.calls import entered, positional
from checker.elaborate.context import Binding, Build, Context, Frame
from checker.elaborate.locks import followed
from checker.elaborate.references import ToEntity, refer
from checker.elaborate.scope import Entity
from checker.elaborate.sink import Sink
from checker.elaborate.typexprs import type_of
from checker.model import terms
from checker.steps.code import Inline
from grammar import syntax
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from checker.model.ir import Local
    from checker.model.types import Type
    from checker.steps.code import Code
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class Called:
    """A procedure call ready to run, and the local that holds its result afterwards."""

    code: Code
    result: Local | None


def procedure_called(build: Build, node: syntax.Expr, context: Context) -> Entity | None:
    """Return which procedure the expression calls, if it does."""
    if not isinstance(node, syntax.Call):
        return None
    if not isinstance(node.callee, syntax.NameRef | syntax.FieldAccess):
        return None
    match refer(build, node.callee, context):
        case ToEntity(Entity(decl=syntax.ProcedureDecl()) as entity, None):
            return entity
        case _:
            return None


def called(build: Build, node: syntax.Call, entity: Entity, context: Context) -> Called | None:
    """Return the code of a call, with the procedure's body in it."""
    decl = entity.decl
    assert isinstance(decl, syntax.ProcedureDecl)
    inner = entered(build, entity, node, context)
    arguments = positional(build, node, entity, decl.parameters, context)
    if inner is None or arguments is None:
        return None
    sink = Sink()
    assigned = names_assigned(decl.body)
    parameters: list[Local] = []
    for parameter, (of, argument) in zip(decl.parameters, arguments, strict=True):
        name = parameter.name
        if name.text not in assigned and terms.is_simple(argument) and argument.type == of:
            binding = Binding(argument, of, None, "a parameter", name.span)
        else:
            local = terms.fresh(name.text, of)
            parameters.append(local)
            sink.bind(local, argument, node.span)
            value = terms.reference(build.terms, local)
            binding = Binding(value, of, local, "a parameter", name.span)
        inner = inner.bind(name.text, binding)
    # The arguments are bound just before the body, whose scope the parameters belong to.
    sink.locals.clear()
    result = result_local(build, entity, decl)
    if result is None and decl.result is not None:
        return None
    body = procedure_body(build, decl, inner, result)
    if body is None:
        return None
    sink.add(Inline(entity.name, body, tuple(parameters), node.span))
    whole = sink.block()
    if whole is None:
        return None
    return Called(followed(build, entity, whole, result, context), result)


def result_local(build: Build, entity: Entity, decl: syntax.ProcedureDecl) -> Local | None:
    """Return a local for the procedure's result, None when it has none or its type is wrong."""
    if decl.result is None:
        return None
    of: Type | None = type_of(build, decl.result, entity.scope)
    return None if of is None else terms.fresh(f"{decl.name.text}.result", of)


def procedure_body(
    build: Build, decl: syntax.ProcedureDecl, context: Context, result: Local | None
) -> Code | None:
    """Elaborate the body; `context` binds the parameters."""
    code = build.block(build, decl.body, context, Frame("a procedure", {}, result))
    if decl.result is not None and completes(decl.body):
        report_missing_return(build, decl.name.text, decl.name.span, decl.body.span)
        return None
    return code


def report_missing_return(build: Build, name: str, declared: Span, body: Span) -> None:
    """Report that a procedure with a result may end without one."""
    build.collector.error(
        "K165",
        declared,
        f"`{name}` can come to its end without returning a value",
        notes=(Note(body, "not every way through this body ends in `return`"),),
        remedy="end every way in `return ...`, or leave the result type out",
    )
