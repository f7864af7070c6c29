"""Processes, actions, and the bodies of procedures and functions that nobody calls.

Processes are declared before any code is looked at, so that their variables are known everywhere;
then the code of each is elaborated and cut into steps. Procedures are elaborated where they are
called. Those that are never called are elaborated once more by themselves, so that a mistake in a
library shows before somebody uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.calls import function_body
from checker.elaborate.context import Binding, Build, Context, Frame, ProcessState, Purpose
from checker.elaborate.declarations import process_variable
from checker.elaborate.inlining import procedure_body, result_local
from checker.elaborate.interrupts import HANDLER, IDLE, handler_code
from checker.elaborate.operations import truth
from checker.elaborate.typexprs import is_enumerable, type_of
from checker.model import terms
from checker.model.system import Action
from checker.model.temporal import Fairness
from checker.steps.cut import LoweredProcess, ProcessCode, atomic_effect, lower_process
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.scope import Entity
    from checker.model.ir import Expr, Local
    from checker.model.types import Type
    from checker.steps.code import Code


def declare_process(build: Build, entity: Entity) -> None:
    """Make the process and its outermost variables known."""
    decl = entity.decl
    assert isinstance(decl, syntax.ProcessDecl)
    index: Type | None = None
    if decl.index is not None:
        index = type_of(build, decl.index, entity.scope)
        if index is None or not is_enumerable(build, index, decl.index.span, "this process"):
            return
    state = ProcessState(index)
    inferred, hidden = set(), set()
    for node in () if decl.is_interrupt else _outermost(decl.body):
        name = node.name.text
        if isinstance(node, syntax.LetStmt):
            hidden.add(name)
            continue
        if name in state.locals:
            continue
        if node.type is None:
            inferred.add(name)
            continue
        of = type_of(build, node.type, entity.scope)
        state.locals[name] = (
            None if of is None else process_variable(name, entity.name, index, of, node.span)
        )
    state.inferred, state.hidden = frozenset(inferred), frozenset(hidden)
    build.processes[entity] = state


def _outermost(body: syntax.Block) -> list[syntax.VarStmt | syntax.LetStmt]:
    found: list[syntax.VarStmt | syntax.LetStmt] = []
    for each in body.statements:
        node = each
        while isinstance(node, syntax.LabelStmt):
            node = node.statement
        if isinstance(node, syntax.VarStmt | syntax.LetStmt):
            found.append(node)
    return found


def process_code(build: Build, entity: Entity) -> tuple[Code, Local | None] | None:
    """Elaborate the code of a declared process; return it with the local that `self` is."""
    decl = entity.decl
    assert isinstance(decl, syntax.ProcessDecl)
    state = build.processes.get(entity)
    self_local = None
    if state is not None and state.index is not None:
        self_local = terms.fresh("self", state.index)
    context = Context(
        entity.scope,
        Purpose.CODE,
        self_value=None if self_local is None else terms.reference(build.terms, self_local),
        is_self_unknown=state is None,
        process=entity,
    )
    frame = Frame("a process", {}, outermost=state)
    if decl.is_interrupt:
        frame = Frame(HANDLER, {IDLE: entity.span})
    code = build.block(build, decl.body, context, frame)
    if decl.is_interrupt and code is not None and state is not None:
        code = handler_code(build, entity, state, code, context)
    return None if code is None or state is None else (code, self_local)


def lowered(build: Build, entity: Entity, code: Code, self_local: Local | None) -> LoweredProcess:
    """Cut the code of a process into steps."""
    state = build.processes[entity]
    decl = entity.decl
    assert isinstance(decl, syntax.ProcessDecl)
    request = ProcessCode(
        name=entity.name,
        index=state.index,
        self_local=self_local,
        code=code,
        terms=build.terms,
        collector=build.collector,
        site=entity.span,
        fairness=Fairness.WEAK if decl.fairness is None else Fairness(decl.fairness),
        crashed="crashed" if state.can_crash else None,
    )
    state.self_local = self_local
    found = lower_process(request)
    state.process = found.process
    return found


def action(build: Build, entity: Entity) -> Action | None:
    """Elaborate a declared action."""
    decl = entity.decl
    assert isinstance(decl, syntax.ActionDecl)
    context = Context(entity.scope, Purpose.ACTION)
    context, parameters = _parameters(build, entity, decl.parameters, context)
    guards = [truth(build, guard, context) for guard in decl.guards]
    code = build.block(build, decl.body, context, Frame("an action", {}))
    known = tuple(guard for guard in guards if guard is not None)
    if parameters is None or code is None or len(known) < len(guards):
        return None
    if build.collector.has_errors:
        return None
    return Action(
        name=entity.name,
        process=None,
        source=None,
        params=parameters,
        guard=terms.conjunction(build.terms, known),
        body=atomic_effect(code, build.terms, build.collector),
        site=entity.span,
        fairness=None if decl.fairness is None else Fairness(decl.fairness),
    )


def _parameters(
    build: Build,
    entity: Entity,
    parameters: tuple[syntax.FieldDecl, ...],
    context: Context,
) -> tuple[Context, tuple[Local, ...] | None]:
    """Bind the parameters of an action, or of a body that is looked at by itself."""
    locals_: list[Local] = []
    seen: set[str] = set()
    for parameter in parameters:
        name = parameter.name
        if name.text in seen:
            build.collector.error("K101", name.span, f"`{name.text}` is declared twice")
        seen.add(name.text)
        of = type_of(build, parameter.type, entity.scope)
        if of is None:
            context = context.bind(name.text, None)
            continue
        local = terms.fresh(name.text, of)
        value: Expr = terms.reference(build.terms, local)
        target = local if isinstance(entity.decl, syntax.ProcedureDecl) else None
        binding = Binding(value, of, target, "a parameter", name.span)
        context = context.bind(name.text, binding)
        is_action = isinstance(entity.decl, syntax.ActionDecl)
        if not is_action or is_enumerable(build, of, parameter.type.span, "this action"):
            locals_.append(local)
    return context, tuple(locals_) if len(locals_) == len(parameters) else None


def check_procedure(build: Build, entity: Entity) -> None:
    """Look for mistakes in a procedure by itself; `self` may be anything."""
    decl = entity.decl
    assert isinstance(decl, syntax.ProcedureDecl)
    context = Context(entity.scope, Purpose.CODE, is_self_unknown=True)
    context, _ = _parameters(build, entity, decl.parameters, context)
    result = result_local(build, entity, decl)
    if decl.result is None or result is not None:
        procedure_body(build, decl, context, result)


def check_function(build: Build, entity: Entity) -> None:
    """Look for mistakes in a function by itself, whatever it may be used for."""
    decl = entity.decl
    assert isinstance(decl, syntax.FunctionDecl)
    context = Context(entity.scope, Purpose.STEP, is_self_unknown=True)
    context, _ = _parameters(build, entity, decl.parameters, context)
    function_body(build, entity, decl, context)
