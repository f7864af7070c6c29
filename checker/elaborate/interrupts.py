"""Interrupts: handlers that come between any two steps of what runs on their processor.

A handler is a process that rests at `idle` until the interrupt comes, runs its code, and rests
there again. While it does not rest there, the other processes of its processor take no step; while
they have interrupts off, or another handler runs, it does not leave. Both are guards of steps,
added when all code is cut, so that no engine hears of interrupts. Whether they are off is one more
variable, which exists where somebody switches it.

A handler runs with interrupts off until its end, whatever it calls: there, `disable` and `enable`
do nothing. So code that switches them may be used by threads and handlers alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from checker.discipline.codes import LEAVES_HANDLER, NO_INTERRUPTS
from checker.elaborate.operations import truth
from checker.elaborate.state import Initial
from checker.elaborate.typexprs import constant_integer
from checker.model import terms
from checker.model.ir import Assign, Op, Place, Role, Variable
from checker.model.system import control_type
from checker.model.temporal import Fairness
from checker.model.types import BOOL, IntType, MapType, Type, default
from checker.steps import code
from grammar import syntax
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from checker.elaborate.context import Build, Context, ProcessState
    from checker.elaborate.scope import Entity
    from checker.model.ir import Expr
    from checker.model.system import Action, Process
    from checker.steps.code import Code
    from checker.steps.cut import LoweredProcess

IDLE: Final = "idle"
"""Where a handler rests until the interrupt comes."""

ARRIVALS: Final = "arrivals"
"""The variable of a handler that counts how often the interrupt came, where that is limited."""

HANDLER: Final = "an interrupt handler"


def is_handler(entity: Entity) -> bool:
    """Tell whether an entity is the handler of an interrupt."""
    return isinstance(entity.decl, syntax.ProcessDecl) and entity.decl.is_interrupt


def attach(build: Build, entities: Iterable[Entity]) -> None:
    """Tell every declared process of one system which interrupts come to its processors."""
    known = [(entity, build.processes[entity]) for entity in entities if entity in build.processes]
    for entity, state in known:
        if not is_handler(entity):
            state.handlers = tuple(
                other for other, its in known if is_handler(other) and its.index == state.index
            )


# --- code -----------------------------------------------------------------------------------------


def handler_code(
    build: Build, entity: Entity, state: ProcessState, body: Code, context: Context
) -> Code | None:
    """Return the code of a handler: wait for the interrupt, run the body, and so on for ever.

    Args:
        context: that of the body.
    """
    decl = entity.decl
    assert isinstance(decl, syntax.ProcessDecl)
    parts: list[Code | None] = []
    for guard in decl.guards:
        found = truth(build, guard, context)
        parts.append(None if found is None else code.Wait(found, guard.span))
    if decl.bound is not None:
        parts.append(_counted(build, entity, state, decl.bound, context.self_value))
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        return None
    arrival: Code = code.Pause(entity.span)
    if known:
        arrival = code.Atomic(code.Block(known, ()), entity.span)
    label = code.Label(IDLE, arrival, entity.span, Fairness.UNFAIR)
    return code.Repeat(None, None, code.Block((label, body), ()), entity.span)


def _counted(
    build: Build,
    entity: Entity,
    state: ProcessState,
    bound: syntax.Expr,
    self_value: Expr | None,
) -> Code | None:
    """Return the arrival of an interrupt that comes a limited number of times."""
    most = constant_integer(build, bound, entity.scope)
    if most is None:
        return None
    of = IntType(0, max(most, 1))
    whole: Type = of if state.index is None else MapType(state.index, of)
    variable = Variable(f"{entity.name}.{ARRIVALS}", whole, Role.LOCAL, entity.name, entity.span)
    state.locals[ARRIVALS] = variable
    place = Place(variable, () if self_value is None else (self_value,), of)
    value: Expr = terms.read(build.terms, variable)
    if self_value is not None:
        value = terms.at_key(build.terms, value, self_value, of)
    table = build.terms
    may_come = terms.apply(table, Op.LT, (value, terms.number(table, most)), BOOL)
    one_more = terms.apply(table, Op.ADD, (value, terms.number(table, 1)), IntType(1, of.high + 1))
    count = Assign(place, terms.apply(table, Op.CONVERT, (one_more,), of), entity.span)
    return code.Block(
        (code.Wait(may_come, entity.span), code.Do(count, False, entity.span)),
        (),
    )


def report_return(build: Build, node: syntax.ReturnStmt) -> None:
    """Report a `return` that would end a handler for good."""
    build.collector.error(
        LEAVES_HANDLER,
        node.span,
        "a handler has no caller to return to",
        remedy="let control come to the end of the handler",
    )


def switched(build: Build, node: syntax.SwitchStmt, context: Context) -> Code | None:
    """Return the code of `disable` and `enable`: one step, as an instruction is."""
    process = context.process
    if process is None and context.is_self_unknown:
        return code.Block((), ())  # a procedure that is looked at by itself
    state = None if process is None else build.processes.get(process)
    if process is not None and (state is None or is_handler(process)):
        return code.Block((), ())
    if process is None or state is None or not state.handlers:
        _report_none(build, node, process)
        return None
    if build.is_dead:
        return code.Block((), ())  # a constant rules it out: no variable for its sake
    mask = _mask(build, state)
    value = terms.truth_value(build.terms, not node.is_on)
    path = () if context.self_value is None else (context.self_value,)
    return code.Do(Assign(Place(mask, path, BOOL), value, node.span), False, node.span)


def _report_none(build: Build, node: syntax.SwitchStmt, process: Entity | None) -> None:
    word = "enable" if node.is_on else "disable"
    whom = "an action" if process is None else f"`{process.name}`"
    build.collector.error(
        NO_INTERRUPTS,
        node.span,
        f"no interrupt comes to {whom}, so that `{word}` means nothing",
        notes=() if process is None else (Note(process.span, "declared here"),),
        remedy="declare one on the same processors: `interrupt tick on Cpu { ... }`",
    )


def _mask(build: Build, state: ProcessState) -> Variable:
    """Return the variable that says on which processors interrupts are off."""
    first = build.processes[state.handlers[0]]
    if first.mask is None:
        of: Type = BOOL if state.index is None else MapType(state.index, BOOL)
        handler = state.handlers[0]
        number = sum(other.mask is not None for other in build.processes.values())
        name = "interrupts.off" if number == 0 else f"interrupts.off_{handler.name}"
        first.mask = Variable(name, of, Role.SHARED, None, handler.span)
    return first.mask


def mask_of(build: Build, state: ProcessState) -> Variable | None:
    """Return the variable that says where the interrupts of a process are off, if there is one."""
    return build.processes[state.handlers[0]].mask if state.handlers else None


def masks(build: Build, handlers: Iterable[Entity]) -> list[Initial]:
    """Return the variables that were needed for handlers; at first, interrupts are on."""
    found = []
    for entity in handlers:
        state = build.processes.get(entity)
        if state is not None and state.mask is not None:
            of = state.mask.type
            value = terms.literal(build.terms, default(of), of)
            found.append(Initial(state.mask, entity, value))
    return found


# --- steps ----------------------------------------------------------------------------------------


def preempted(
    build: Build, lowered: Sequence[tuple[Entity, LoweredProcess]]
) -> list[LoweredProcess]:
    """Return the processes of a system with the guards that interrupts ask for."""
    found = []
    handlers = [(entity, each.process) for entity, each in lowered if is_handler(entity)]
    for entity, each in lowered:
        others = [
            process
            for other, process in handlers
            if other is not entity and process.index == each.process.index
        ]
        mask = _mask_around(build, entity, others, handlers)
        actions = tuple(
            _guarded(build, action, others, mask, is_arrival=is_handler(entity))
            for action in each.actions
        )
        found.append(replace(each, actions=actions))
    return found


def _mask_around(
    build: Build,
    entity: Entity,
    others: Sequence[Process],
    handlers: Sequence[tuple[Entity, Process]],
) -> Variable | None:
    """Return the mask of a handler's processors, which the first handler of them holds."""
    if not is_handler(entity):
        return None
    index = build.processes[entity].index
    for other, process in handlers:
        mask = build.processes[other].mask
        if process.index == index and mask is not None:
            return mask
    return None


def _guarded(
    build: Build,
    action: Action,
    others: Sequence[Process],
    mask: Variable | None,
    *,
    is_arrival: bool,
) -> Action:
    """Return a step that is possible only while no (other) handler runs on its processor.

    Of a handler's own steps only the first one asks for that: nobody disturbs the others.
    """
    assert action.source is not None
    if is_arrival and action.source.name != IDLE:
        return action
    key = terms.reference(build.terms, action.params[0]) if action.params else None
    wanted = [_at_idle(build, other, key) for other in others]
    if mask is not None:
        is_off: Expr = terms.read(build.terms, mask)
        if key is not None:
            is_off = terms.at_key(build.terms, is_off, key, BOOL)
        wanted.append(terms.negation(build.terms, is_off))
    if not wanted:
        return action
    return replace(action, guard=terms.conjunction(build.terms, (action.guard, *wanted)))


def _at_idle(build: Build, handler: Process, key: Expr | None) -> Expr:
    of = control_type(handler)
    control: Expr = terms.read(build.terms, handler.control)
    if key is not None:
        control = terms.at_key(build.terms, control, key, of)
    return terms.equal(build.terms, control, terms.literal(build.terms, IDLE, of))
