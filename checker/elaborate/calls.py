"""Applications inside expressions: functions, record constructors and built-in functions.

A function is inlined: its parameters become `Let`s (or vanish, where the argument is as simple as a
name) around its body, which is elaborated afresh at every call for the purpose of the caller. So a
function may read ghosts exactly where its caller may.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from checker.elaborate.coerce import fit, join, kind_of, raised
from checker.elaborate.context import Binding, Build, Call, Context, from_first
from checker.elaborate.hints import needs_hint
from checker.elaborate.references import ToBuiltIn, ToEntity, refer
from checker.elaborate.scope import PRIMITIVES, Entity
from checker.elaborate.typexprs import (
    entity_type,
    is_enumerable,
    kind_of_entity,
    type_of,
)
from checker.model import terms
from checker.model.ir import Op
from checker.model.sizes import MAX_VALUES, count_up_to
from checker.model.types import IntType, OptionType, RecordType, SeqType, SetType
from grammar import syntax
from grammar.diagnostics import Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.model.types import Type

MAX_CALL_DEPTH: Final = 50
"""Functions and procedures may be nested this deep in one another."""


def call(build: Build, node: syntax.Call, context: Context, hint: Type | None) -> Expr | None:
    """Elaborate an application in an expression."""
    found = refer(build, node.callee, context)
    match found:
        case None:
            return None
        case ToEntity(Entity(decl=syntax.FunctionDecl()) as entity, None):
            return _function(build, node, entity, context)
        case ToEntity(Entity(decl=syntax.RecordDecl() | syntax.TypeDecl()) as entity, None):
            return _record(build, node, entity, context)
        case ToEntity(Entity(decl=syntax.ProcedureDecl()) as entity, None):
            build.collector.error(
                "K168",
                node.span,
                f"the procedure `{entity.name}` takes steps and cannot be called within an "
                "expression",
                notes=(Note(entity.span, "declared here"),),
                remedy="call it first: `let result = ...`",
            )
        case ToBuiltIn(name) if name in PRIMITIVES:
            build.collector.error(
                "K150",
                node.span,
                f"`{name}` changes memory and cannot stand within an expression",
                remedy="use it as a statement, as the whole right side of an assignment or `let`, "
                "as a returned value, or as the condition of `if` or `while`",
            )
        case ToBuiltIn(name):
            return _built_in(build, node, name, context, hint)
        case ToEntity(entity):
            build.collector.error(
                "K102",
                node.callee.span,
                f"`{entity.name}` is {kind_of_entity(entity)} and cannot be called here",
                notes=(Note(entity.span, "declared here"),),
            )
        case _:
            build.collector.error("K102", node.callee.span, "this is a value and cannot be called")
    return None


# --- functions ------------------------------------------------------------------------------------


def _function(build: Build, node: syntax.Call, entity: Entity, context: Context) -> Expr | None:
    decl = entity.decl
    assert isinstance(decl, syntax.FunctionDecl)
    inner = entered(build, entity, node, context)
    arguments = positional(build, node, entity, decl.parameters, context)
    if arguments is None or inner is None:
        return None
    lets: list[tuple[Local, Expr]] = []
    for parameter, (of, argument) in zip(decl.parameters, arguments, strict=True):
        value = argument
        # The body is typed by the declared type, not by what this call happens to give.
        if not terms.is_simple(argument) or argument.type != of:
            local = terms.fresh(parameter.name.text, of)
            lets.append((local, argument))
            value = terms.reference(build.terms, local)
        inner = inner.bind(
            parameter.name.text,
            Binding(value, value.type, None, "a parameter", parameter.name.span),
        )
    result = function_body(build, entity, decl, inner)
    if result is None:
        return None
    for local, value in reversed(lets):
        result = terms.let(build.terms, local, value, result)
    return result


def function_body(
    build: Build, entity: Entity, decl: syntax.FunctionDecl, context: Context
) -> Expr | None:
    """Return the body, as one of the declared result type if there is one."""
    if decl.result is None:
        return build.expression(build, decl.body, context, None)
    of = type_of(build, decl.result, entity.scope)
    if of is None:
        return None
    body = build.expression(build, decl.body, context, of)
    return fit(build, body, of, decl.body.span)


def entered(build: Build, entity: Entity, node: syntax.Call, context: Context) -> Context | None:
    """Return the context of a callee's body, or report that it would call itself."""
    active = [call.callee for call in context.calls]
    if entity in active:
        _report_recursion(build, active[active.index(entity) :])
        return None
    if len(context.calls) >= MAX_CALL_DEPTH:
        build.collector.error(
            "K117", node.span, f"calls are nested more than {MAX_CALL_DEPTH} deep"
        )
        return None
    calls = (*context.calls, Call(entity, node.span))
    return replace(context, scope=entity.scope, locals={}, calls=calls)


def _report_recursion(build: Build, cycle: list[Entity]) -> None:
    cycle = from_first(cycle)
    names = " -> ".join(f"`{each.name}`" for each in (*cycle, cycle[0]))
    build.collector.error(
        "K147",
        cycle[0].span,
        f"`{cycle[0].name}` calls itself, and what is called is written out in its place: {names}",
        notes=tuple(Note(each.span, f"`{each.name}` is declared here") for each in cycle[1:]),
        remedy="use a loop, or a quantifier such as `sum` or `exists`",
    )


def positional(
    build: Build,
    node: syntax.Call,
    entity: Entity,
    parameters: tuple[syntax.FieldDecl, ...],
    context: Context,
) -> list[tuple[Type, Expr]] | None:
    """Return the parameters' types and the arguments of a call, fitted to them."""
    if not has_count(build, node, entity.name, len(parameters)):
        return None
    values = []
    for parameter, argument in zip(parameters, node.arguments, strict=True):
        of = type_of(build, parameter.type, entity.scope)
        with build.despite(of):
            value = build.expression(build, argument.value, context, of)
        fitted = fit(build, value, of, argument.value.span)
        if of is not None and fitted is not None:
            values.append((of, fitted))
    return values if len(values) == len(parameters) else None


def has_count(build: Build, node: syntax.Call, name: str, count: int) -> bool:
    """Tell whether a call has `count` arguments by position, or report what is wrong."""
    named = [argument.name for argument in node.arguments if argument.name is not None]
    if named:
        build.collector.error(
            "K137",
            named[0].span,
            "only the fields of a record are given by name",
            remedy=f"leave `{named[0].text} =` out; write `==` nowhere, equality is `=` in "
            "parentheses: `((a = b))`",
        )
        return False
    if len(node.arguments) == count:
        return True
    wanted = "no arguments" if count == 0 else f"{count} argument{'s' if count > 1 else ''}"
    build.collector.error(
        "K136", node.span, f"`{name}` takes {wanted}, and this gives {len(node.arguments)}"
    )
    return False


# --- records --------------------------------------------------------------------------------------


def _record(build: Build, node: syntax.Call, entity: Entity, context: Context) -> Expr | None:
    of = entity_type(build, entity, node.callee.span)
    if of is None:
        return None
    if not isinstance(of, RecordType):
        build.collector.error(
            "K102", node.callee.span, f"`{entity.name}` is no record and makes no values this way"
        )
        return None
    fields = dict(of.fields)
    given: dict[str, Expr | None] = {}
    is_right = True
    for argument in node.arguments:
        problem = _field_problem(argument, of, given)
        if problem is not None:
            message, remedy = problem
            span = argument.value.span if argument.name is None else argument.name.span
            build.collector.error("K137", span, message, remedy=remedy)
            is_right = False
            continue
        assert argument.name is not None
        wanted = fields[argument.name.text]
        value = build.expression(build, argument.value, context, wanted)
        given[argument.name.text] = fit(build, value, wanted, argument.value.span)
    missing = [name for name in fields if name not in given]
    if missing and is_right:
        build.collector.error(
            "K137",
            node.span,
            f"a `{of.name}` also has {', '.join(f'`{name}`' for name in missing)}",
            remedy="give every field a value",
        )
    parts = [given.get(name) for name in fields]
    known = tuple(part for part in parts if part is not None)
    return terms.construct(build.terms, known, of) if len(known) == len(parts) else None


def _field_problem(
    argument: syntax.Argument, of: RecordType, given: dict[str, Expr | None]
) -> tuple[str, str | None] | None:
    names = [name for name, _ in of.fields]
    if argument.name is None:
        return "the fields of a record are given by name", f"write `{names[0]} = ...`"
    name = argument.name.text
    if name not in names:
        remedy = did_you_mean(name, names) or f"it has {', '.join(f'`{each}`' for each in names)}"
        return f"`{of.name}` has no field `{name}`", remedy
    if name in given:
        return f"the field `{name}` is given twice", None
    return None


# --- built-in functions ---------------------------------------------------------------------------


def _built_in(
    build: Build, node: syntax.Call, name: str, context: Context, hint: Type | None
) -> Expr | None:
    count = 2 if name in {"append", "concat"} else 1
    if not has_count(build, node, name, count):
        return None
    first = node.arguments[0].value
    if name == "size":
        return _size(build, first, context)
    wanted: Type | None = hint if isinstance(hint, SeqType) else None
    if count == 2 and wanted is None and needs_hint(first, context):
        wanted = _guessed(build, node, name, context)
    value = build.expression(build, first, context, wanted)
    if value is None:
        return None
    if isinstance(value.type, OptionType) and isinstance(value.type.element, SeqType):
        value = terms.unwrapped(build.terms, value, value.type.element)
    if not isinstance(value.type, SeqType):
        remedy = "for a set write `size(...)`" if isinstance(value.type, SetType) else None
        build.collector.error(
            "K131",
            first.span,
            f"`{name}` works on sequences, and this is {kind_of(value.type)}",
            remedy=remedy if name == "len" else None,
        )
        return None
    if count == 2:
        return _longer(build, node, name, value, context)
    return _of_sequence(build, node, name, value, value.type)


def _guessed(build: Build, node: syntax.Call, name: str, context: Context) -> Type | None:
    """Guess the type of `[]` from what is put behind it."""
    second = build.expression(build, node.arguments[1].value, context, None)
    if second is None or name == "concat":
        return None if second is None else second.type
    return SeqType(1, second.type)


def _size(build: Build, node: syntax.Expr, context: Context) -> Expr | None:
    value = build.expression(build, node, context, None)
    if value is None:
        return None
    if isinstance(value.type, SetType):
        most = count_up_to(value.type.element, MAX_VALUES)
        return terms.apply(build.terms, Op.SIZE, (value,), IntType(0, most))
    build.collector.error(
        "K131",
        node.span,
        f"`size` works on sets, and this is {kind_of(value.type)}",
        remedy="for a sequence write `len(...)`" if isinstance(value.type, SeqType) else None,
    )
    return None


def _of_sequence(
    build: Build, node: syntax.Call, name: str, value: Expr, of: SeqType
) -> Expr | None:
    match name:
        case "len":
            return terms.apply(build.terms, Op.LEN, (value,), IntType(0, of.bound))
        case "first":
            return terms.apply(build.terms, Op.FIRST, (value,), of.element)
        case "last":
            return terms.apply(build.terms, Op.LAST, (value,), of.element)
        case "rest":
            return terms.apply(build.terms, Op.REST, (value,), of)
        case "front":
            return terms.apply(build.terms, Op.FRONT, (value,), of)
        case _:
            assert name == "elements", f"no built-in: {name}"
            if not is_enumerable(build, of.element, node.span, "this set"):
                return None
            return terms.apply(build.terms, Op.ELEMENTS, (value,), SetType(of.element))


def _longer(
    build: Build, node: syntax.Call, name: str, value: Expr, context: Context
) -> Expr | None:
    """Elaborate `append` or `concat`; the result is as long as it may get, until it is stored."""
    of = value.type
    assert isinstance(of, SeqType)
    second = node.arguments[1].value
    if name == "append":
        element = build.expression(build, second, context, of.element)
        if element is None:
            return None
        joined = join(of.element, element.type)
        if joined is None:
            fit(build, element, of.element, second.span)
            return None
        value = raised(build, value, SeqType(of.bound, joined))
        element = raised(build, element, joined)
        result = SeqType(of.bound + 1, joined)
        return terms.apply(build.terms, Op.APPEND, (value, element), result)
    other = build.expression(build, second, context, of)
    if other is None:
        return None
    both = join(of, other.type)
    if not isinstance(both, SeqType) or not isinstance(other.type, SeqType):
        fit(build, other, of, second.span)
        return None
    value = raised(build, value, SeqType(of.bound, both.element))
    bound = other.type.bound
    other = raised(build, other, SeqType(bound, both.element))
    result = SeqType(of.bound + bound, both.element)
    return terms.apply(build.terms, Op.CONCAT, (value, other), result)
