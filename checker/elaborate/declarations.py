"""Declarations of locals: `var` and `let`.

A `var` in the outermost block of a process is a variable of the state, which properties know as
`worker[c].x`. Any other local belongs to its block. A process variable whose type has no default
that treats all elements of a sort alike is kept as an option, which is none before it is first
assigned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.assignments import right_side
from checker.elaborate.coerce import fit
from checker.elaborate.context import Binding, Build, Context, Frame
from checker.elaborate.initial import broadcast, needs_element
from checker.elaborate.inlining import procedure_called
from checker.elaborate.primitives import primitive_name
from checker.elaborate.sink import Sink
from checker.elaborate.typexprs import is_enumerable, type_of
from checker.model import terms
from checker.model.ir import Assign, Literal, Place, Role, Variable
from checker.model.types import IntType, MapType, OptionType, Type, default, describe
from checker.steps.code import Do, Pick
from grammar import syntax

if TYPE_CHECKING:
    from checker.model.ir import Expr
    from grammar.source import Span


def declare_let(build: Build, node: syntax.LetStmt, context: Context, sink: Sink) -> Context:
    """Append `let x = e`; return the context in which `x` is known."""
    name = node.name
    if isinstance(node.value, syntax.AnyLit):
        _report_any(build, node.value.span)
        sink.add(None)
        return context.bind(name.text, None)
    value = right_side(build, node.value, context, None, sink)
    if value is None:
        sink.add(None)
        return context.bind(name.text, None)
    if isinstance(value, Literal):
        return context.bind(name.text, Binding(value, value.type, None, "a `let`", name.span))
    local = terms.fresh(name.text, value.type)
    sink.bind(local, value, node.span)
    reference = terms.reference(build.terms, local)
    return context.bind(name.text, Binding(reference, value.type, None, "a `let`", name.span))


def _report_any(build: Build, span: Span) -> None:
    build.collector.error(
        "K143",
        span,
        "`any` is no value; it can only be the whole initial value of a `var`",
        remedy="write `choose x: T` to pick a value in code",
    )


def declare_var(
    build: Build, node: syntax.VarStmt, context: Context, frame: Frame, sink: Sink
) -> Context:
    """Append `var x: T = e`; return the context in which `x` is known."""
    before = Sink()
    declared = None if node.type is None else type_of(build, node.type, context.scope)
    value: Expr | None = None
    is_any = isinstance(node.value, syntax.AnyLit)
    if node.type is not None and declared is None:
        if node.value is not None and not is_any:
            with build.despite(declared):
                right_side(build, node.value, context, None, before)
    elif node.value is not None and not is_any:
        value = _initial(build, node.value, declared, context, before)
        if declared is None and value is not None:
            declared = _inferred(build, node, value.type)
    elif declared is not None and not is_any:
        value = _default(build, node, declared)
    elif declared is None:
        build.collector.error(
            "K134",
            node.span,
            f"nothing here tells the type of `{node.name.text}`",
            remedy=f"write `var {node.name.text}: T`",
        )
    if declared is None or (value is None and not is_any):
        sink.add(None)
        _forget(node, frame)
        return context.bind(node.name.text, None)
    sink.locals.extend(before.locals)
    sink.add(*before.statements)
    if frame.outermost is not None:
        return _declare_process_variable(build, node, declared, value, (context, frame, sink))
    return _declare_local(build, node, declared, value, (context, sink))


def _initial(
    build: Build, node: syntax.Expr, declared: Type | None, context: Context, before: Sink
) -> Expr | None:
    if declared is None:
        return right_side(build, node, context, None, before)
    is_expression = (
        primitive_name(build, node, context) is None
        and procedure_called(build, node, context) is None
    )
    if isinstance(declared, MapType) and is_expression:
        return broadcast(build, node, declared, context)
    return fit(build, right_side(build, node, context, declared, before), declared, node.span)


def _inferred(build: Build, node: syntax.VarStmt, of: Type) -> Type | None:
    if isinstance(of, IntType) and of.low == of.high and not of.wraps:
        build.collector.error(
            "K134",
            node.name.span,
            f"`{node.name.text}` starts as {of.low}, which does not tell how far it may go",
            remedy=f"give it a range: `var {node.name.text}: 0..7 = {of.low}`",
        )
        return None
    return of


def _default(build: Build, node: syntax.VarStmt, of: Type) -> Expr | None:
    if not needs_element(of):
        return terms.literal(build.terms, default(of), of)
    build.collector.error(
        "K170",
        node.name.span,
        f"`{node.name.text}` needs a value: no element of a sort is the first, and so none can be "
        "the default",
        remedy=f"give it one, or declare it as `{describe(OptionType(of))}`, which starts as none"
        if not isinstance(of, OptionType)
        else None,
    )
    return None


def _declare_local(
    build: Build,
    node: syntax.VarStmt,
    of: Type,
    value: Expr | None,
    surroundings: tuple[Context, Sink],
) -> Context:
    context, sink = surroundings
    local = terms.fresh(node.name.text, of)
    if value is not None:
        sink.bind(local, value, node.span)
    else:
        sink.locals.append(local)
        is_small = is_enumerable(build, of, node.span, "this choice")
        sink.add(Pick(local, None, None, node.span) if is_small else None)
    reference = terms.reference(build.terms, local)
    binding = Binding(reference, of, local, "a local", node.name.span)
    return context.bind(node.name.text, binding)


# --- variables of processes -----------------------------------------------------------------------


def process_variable(name: str, process: str, index: Type | None, of: Type, span: Span) -> Variable:
    """Return the state variable of a process's outermost `var`."""
    kept = OptionType(of) if needs_element(of) else of
    whole = kept if index is None else MapType(index, kept)
    return Variable(f"{process}.{name}", whole, Role.LOCAL, process, span)


def _forget(node: syntax.VarStmt, frame: Frame) -> None:
    if frame.outermost is not None:
        frame.outermost.locals.setdefault(node.name.text, None)


def _declare_process_variable(
    build: Build,
    node: syntax.VarStmt,
    of: Type,
    value: Expr | None,
    surroundings: tuple[Context, Frame, Sink],
) -> Context:
    context, frame, sink = surroundings
    state = frame.outermost
    assert state is not None
    assert context.process is not None
    name = node.name.text
    variable = state.locals.get(name)
    if variable is None:
        variable = process_variable(name, context.process.name, state.index, of, node.span)
        state.locals[name] = variable
    binding = process_binding(build, variable, of, context.self_value, node.name.span)
    if value is None:
        local = terms.fresh(name, of)
        sink.locals.append(local)
        is_small = is_enumerable(build, of, node.span, "this choice")
        sink.add(Pick(local, None, None, node.span) if is_small else None)
        value = terms.reference(build.terms, local)
    assert isinstance(binding.target, Place)
    kept = binding.target.type
    if kept != of:
        assert isinstance(kept, OptionType), f"{describe(of)} is kept as {describe(kept)}"
        value = terms.wrapped(build.terms, value, kept)
    sink.add(Do(Assign(binding.target, value, node.span), False, node.span))
    return context.bind(name, binding)


def process_binding(
    build: Build, variable: Variable, of: Type, self_value: Expr | None, span: Span
) -> Binding:
    """Return how a process's own code reads and assigns one of its variables."""
    value: Expr = terms.read(build.terms, variable)
    kept, path = variable.type, ()
    if self_value is not None:
        assert isinstance(kept, MapType)
        kept = kept.value
        value = terms.at_key(build.terms, value, self_value, kept)
    place = Place(variable, path if self_value is None else (self_value,), kept)
    if kept != of:
        value = terms.unwrapped(build.terms, value, of)
    return Binding(value, of, place, "a variable of the process", span)
