"""Statements to typed code.

Blocks are worked through from front to back, since a declaration is seen by what follows it only.
What a statement needs besides itself (the local that holds a primitive's value, say) lives in a
block of its own around it, so that it is gone when the statement is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.elaborate.assignments import assign, right_side
from checker.elaborate.binders import bound_tuple, check_names, condition_of, domain_of
from checker.elaborate.coerce import fit
from checker.elaborate.context import Build, Context, Frame, Loop, Purpose
from checker.elaborate.declarations import declare_let, declare_var
from checker.elaborate.inlining import called, procedure_called
from checker.elaborate.interrupts import HANDLER, report_return, switched
from checker.elaborate.loops import for_loop
from checker.elaborate.operations import truth
from checker.elaborate.primitives import Primitive, condition, primitive, primitive_name
from checker.elaborate.references import ToBuiltIn, ToEntity, refer
from checker.elaborate.sink import Sink
from checker.elaborate.typexprs import kind_of_entity
from checker.model import terms
from checker.model.ir import Assert, Bind
from checker.model.temporal import Fairness
from checker.steps import code
from grammar import syntax
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from checker.model.ir import Expr
    from checker.steps.code import Code


def block(build: Build, node: syntax.Block, context: Context, frame: Frame) -> Code | None:
    """Return the code of a block; its declarations end with it."""
    if not build.goes_deeper(node.span):
        return None
    sink = Sink()
    seen: dict[str, syntax.Name] = {}
    for each in node.statements:
        for name in _declared(each):
            first = seen.setdefault(name.text, name)
            if first is not name:
                build.collector.error(
                    "K101",
                    name.span,
                    f"`{name.text}` is declared twice in this block",
                    notes=(Note(first.span, "first declared here"),),
                    remedy="assign it, or give one of them another name",
                )
        context = statement(build, each, context, frame, sink)
    build.depth -= 1
    return sink.block()


def _declared(node: syntax.Stmt) -> tuple[syntax.Name, ...]:
    match node:
        case syntax.VarStmt(name) | syntax.LetStmt(name):
            return (name,)
        case syntax.ChooseStmt(binder):
            return binder.names
        case syntax.LabelStmt(_, inner):
            return _declared(inner)
        case _:
            return ()


def statement(
    build: Build, node: syntax.Stmt, context: Context, frame: Frame, sink: Sink
) -> Context:
    """Append the code of one statement; return the context of the next one."""
    if not build.has_work_left(context):
        sink.add(None)
        return context
    match node:
        case syntax.VarStmt():
            return declare_var(build, node, context, frame, sink)
        case syntax.LetStmt():
            return declare_let(build, node, context, sink)
        case syntax.ChooseStmt():
            return _choose(build, node, context, sink)
        case syntax.LabelStmt():
            return _label(build, node, context, frame, sink)
        case _:
            sink.add(_simple(build, node, context, frame))
            return context


def _simple(build: Build, node: syntax.Stmt, context: Context, frame: Frame) -> Code | None:
    """Return the code of a statement that declares nothing."""
    match node:
        case syntax.Block():
            return block(build, node, context, frame.inside())
        case syntax.Skip():
            return code.Block((), ())
        case syntax.Assign():
            return assign(build, node, context)
        case syntax.IfStmt():
            return _if(build, node, context, frame)
        case syntax.WhileStmt() | syntax.LoopStmt():
            return _loop(build, node, context, frame)
        case syntax.ForStmt():
            return for_loop(build, node, context, frame)
        case syntax.BreakStmt() | syntax.ContinueStmt():
            return _leave_loop(build, node, frame)
        case syntax.EitherStmt(branches, span=span):
            parts = [block(build, branch, context, frame.inside()) for branch in branches]
            known = tuple(part for part in parts if part is not None)
            return code.Fork(known, span) if len(known) == len(parts) else None
        case syntax.AwaitStmt(awaited, span=span):
            found = truth(build, awaited, context)
            return None if found is None else code.Wait(found, span)
        case syntax.SwitchStmt():
            return switched(build, node, context)
        case syntax.AssertStmt():
            return _assert(build, node, context)
        case syntax.ReturnStmt():
            return _return(build, node, context, frame)
        case syntax.AtomicStmt(body, span=span):
            inner = block(build, body, context, frame.inside())
            return None if inner is None else code.Atomic(inner, span)
        case syntax.CallStmt():
            return _call(build, node.call, context)
        case syntax.VarStmt() | syntax.LetStmt() | syntax.ChooseStmt() | syntax.LabelStmt():
            raise AssertionError("a declaration")
        case _:
            assert_never(node)


def _label(
    build: Build, node: syntax.LabelStmt, context: Context, frame: Frame, sink: Sink
) -> Context:
    name = node.label
    first = frame.labels.setdefault(name.text, name.span)
    if first != name.span:
        build.collector.error(
            "K101",
            name.span,
            f"the label `{name.text}` stands twice in this body",
            notes=(Note(first, "first used here"),),
            remedy="give one of them another name",
        )
    inner = Sink(locals=sink.locals)
    if isinstance(node.statement, syntax.Skip):
        inner.add(code.Pause(node.statement.span))
    elif isinstance(node.statement, syntax.AtomicStmt):
        # `l: atomic x := e`: the label belongs to the atomic step.
        inner.add(_simple(build, node.statement, context, frame))
    else:
        context = statement(build, node.statement, context, frame, inner)
    if not inner.is_whole:
        sink.add(None)
        return context
    first_code, *others = inner.statements or [code.Block((), ())]
    fairness = None if node.fairness is None else Fairness(node.fairness)
    sink.add(code.Label(name.text, first_code, name.span, fairness), *others)
    return context


# --- choices and conditions -----------------------------------------------------------------------


def _choose(build: Build, node: syntax.ChooseStmt, context: Context, sink: Sink) -> Context:
    check_names(build, node.binder)
    domain = domain_of(build, node.binder, context, "this choice")
    if domain is None:
        sink.add(None)
        for name in node.binder.names:
            context = context.bind(name.text, None)
        return context
    local, inner, inside = bound_tuple(build, node.binder, domain, context)
    demanded = condition_of(build, node.condition, inside, inner)
    sink.locals.append(local)
    if demanded is None:
        sink.add(None)
        return inner
    within = domain.set if len(node.binder.names) == 1 else None
    wanted = None if node.condition is None and inside is None else demanded
    sink.add(code.Pick(local, within, wanted, node.span))
    return inner


def _if(build: Build, node: syntax.IfStmt, context: Context, frame: Frame) -> Code | None:
    found = condition(build, node.condition, context)
    test = None if found is None else found[1]
    with build.unless(terms.is_constantly(test, False)):
        then = block(build, node.then, context, frame.inside())
    otherwise: Code | None = code.Block((), ())
    if node.otherwise is not None:
        with build.unless(terms.is_constantly(test, True)):
            otherwise = block(build, node.otherwise, context, frame.inside())
    if found is None or then is None or otherwise is None:
        return None
    done, tested = found
    if done is None and terms.is_constantly(tested, True):
        return then  # a constant selects code: what it rules out is no part of the system
    if done is None and terms.is_constantly(tested, False):
        return otherwise
    branch = code.Branch(done.do if done else None, tested, then, otherwise, node.span)
    return _with_result(branch, done)


def _with_result(inner: Code, done: Primitive | None) -> Code:
    return inner if done is None else code.Block((inner,), (done.result,))


def _loop(
    build: Build, node: syntax.WhileStmt | syntax.LoopStmt, context: Context, frame: Frame
) -> Code | None:
    found: tuple[Primitive | None, Expr | None] | None = (None, None)
    if isinstance(node, syntax.WhileStmt):
        found = condition(build, node.condition, context)
    with build.unless(found is not None and terms.is_constantly(found[1], False)):
        body = block(build, node.body, context, frame.inside(Loop(None)))
    if found is None or body is None:
        return None
    done, tested = found
    return _with_result(code.Repeat(done.do if done else None, tested, body, node.span), done)


def _leave_loop(
    build: Build, node: syntax.BreakStmt | syntax.ContinueStmt, frame: Frame
) -> Code | None:
    word = "break" if isinstance(node, syntax.BreakStmt) else "continue"
    if frame.loop is None:
        build.collector.error(
            "K163",
            node.span,
            f"`{word}` stands outside any loop of {frame.kind}",
            remedy="`return` leaves a procedure; a loop of the caller cannot be left from here",
        )
        return None
    if isinstance(node, syntax.BreakStmt):
        return code.Break(node.span)
    if frame.loop.advance is None:
        return code.Continue(node.span)
    return code.Block((frame.loop.advance, code.Continue(node.span)), ())


def _assert(build: Build, node: syntax.AssertStmt, context: Context) -> Code | None:
    found = truth(build, node.condition, context.aiming(Purpose.ASSERTION))
    if found is None:
        return None
    return code.Do(Assert(found, node.message or "", node.span), False, node.span)


# --- calls and returns ----------------------------------------------------------------------------


def _call(build: Build, node: syntax.Call, context: Context) -> Code | None:
    name = primitive_name(build, node, context)
    if name is not None:
        done = primitive(build, node, name, context)
        return None if done is None else code.Block((done.do,), (done.result,))
    entity = procedure_called(build, node, context)
    if entity is not None:
        found = called(build, node, entity, context)
        if found is None:
            return None
        return code.Block((found.code,), () if found.result is None else (found.result,))
    remedy: str | None = None
    match refer(build, node.callee, context):
        case None:
            return None
        case ToEntity(entity) if isinstance(entity.decl, syntax.FunctionDecl):
            message = f"`{entity.name}` is a function: a call of it alone does nothing"
            remedy = "use its value, or make it a procedure"
        case ToEntity(entity) if isinstance(entity.decl, syntax.ActionDecl):
            message = f"`{entity.name}` is an action: it happens by itself, and is not called"
            remedy = "make it a procedure, or move what both do into one"
        case ToEntity(entity):
            message = f"`{entity.name}` is {kind_of_entity(entity)} and cannot be called"
        case ToBuiltIn(built_in):
            message = f"a call of `{built_in}` alone does nothing"
            remedy = "use its value"
        case _:
            message = "this is a value and cannot be called"
    build.collector.error("K169", node.span, message, remedy=remedy)
    return None


def _return(build: Build, node: syntax.ReturnStmt, context: Context, frame: Frame) -> Code | None:
    if frame.kind == HANDLER:
        report_return(build, node)
        return None
    if node.value is None:
        if frame.result is None:
            return code.Return(None, node.span)
        build.collector.error(
            "K164", node.span, "this `return` lacks the value that the procedure promises"
        )
        return None
    if frame.result is None:
        build.collector.error(
            "K164",
            node.value.span,
            f"{frame.kind} without a result type returns no value"
            if frame.kind == "a procedure"
            else f"{frame.kind} returns no value",
            remedy="declare the type of the result: `procedure p(...): T`"
            if frame.kind == "a procedure"
            else "leave the value out",
        )
        return None
    return _return_value(build, node, node.value, context, frame)


def _return_value(
    build: Build, node: syntax.ReturnStmt, value: syntax.Expr, context: Context, frame: Frame
) -> Code | None:
    result = frame.result
    assert result is not None
    sink = Sink()
    found = right_side(build, value, context, result.type, sink)
    fitted = fit(build, found, result.type, value.span)
    if fitted is None or not sink.is_whole:
        return None
    sink.add(code.Return(code.Do(Bind(result, fitted, node.span), False, node.span), node.span))
    return sink.block()
