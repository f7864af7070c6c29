"""`at`: where the control of a process rests, as a condition on its control variable.

A place is a label, a procedure, or a label inside a procedure. It is looked up with the names of
the objects and modules around it, so that `at acquire` works inside `Lock` as `at Lock.acquire`
does outside, and as it is written.

While processes are still being elaborated their control points are not known. There, `at` reads a
stand-in, a truth value that is no variable of the system; `assemble` replaces it when all processes
are cut into steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.context import Build, Context, ProcessState, StandIn
from checker.elaborate.references import ToEntity, read_variable, refer
from checker.elaborate.scope import Entity, Scope
from checker.model import terms
from checker.model.ir import Index, Read, Role, Variable
from checker.model.rewrite import map_children, map_effect
from checker.model.system import Process, control_type
from checker.model.types import BOOL, MapType, SetType, Type
from grammar import syntax
from grammar.diagnostics import Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr


def at_place(build: Build, node: syntax.At, context: Context) -> Expr | None:
    """Elaborate `process at place`."""
    found = refer(build, node.process, context)
    match found:
        case None:
            return None
        case ToEntity(Entity(decl=syntax.ProcessDecl(index=declared)) as entity, index):
            pass
        case _:
            build.collector.error(
                "K142",
                node.process.span,
                "`at` asks where a process is, and this is no process",
                remedy="write `worker at place`, or `worker[c] at place` for one of many",
            )
            return None
    if index is None and declared is not None:
        build.collector.error(
            "K146",
            node.process.span,
            f"there are many `{entity.name}`; say which one",
            notes=(Note(entity.span, "declared here"),),
            remedy=f"write `{entity.name}[...] at {node.place.text}`",
        )
        return None
    if not context.purpose.reads_processes:
        build.collector.error(
            "K142",
            node.span,
            f"`at` is used in {context.purpose.value}: no machine tells where another thread is",
            remedy="let the other thread say so in a shared variable; "
            "`at` is for properties, assertions, ghosts and actions",
        )
        return None
    return _condition(build, node, entity, index, context)


def _condition(
    build: Build, node: syntax.At, entity: Entity, index: Expr | None, context: Context
) -> Expr | None:
    state = build.processes.get(entity)
    if state is None:
        return None
    if not state.is_elaborated:
        variable = _stand_in(build, node, entity, state, context)
        whole = terms.read(build.terms, variable)
        return whole if index is None else terms.at_key(build.terms, whole, index, BOOL)
    if state.process is None:
        return None
    return _resting(build, node, state.process, index, context)


def _stand_in(
    build: Build, node: syntax.At, entity: Entity, state: ProcessState, context: Context
) -> Variable:
    of: Type = BOOL if state.index is None else MapType(state.index, BOOL)
    text = f"{entity.name} at {node.place.text}"
    variable = Variable(text, of, Role.CONTROL, entity.name, node.span)
    build.stand_ins[variable] = StandIn(node, entity, context)
    return variable


def replaced(build: Build, expr: Expr) -> Expr:
    """Return the expression with every stand-in replaced by the condition that it stands for."""
    match expr:
        case Read(variable) if variable in build.stand_ins:
            return _settled(build, variable, None)
        case Index(Read(variable), key) if variable in build.stand_ins:
            return _settled(build, variable, replaced(build, key))
        case _:
            return map_children(expr, lambda child: replaced(build, child), build.terms)


def replaced_in_effect(build: Build, effect: Effect) -> Effect:
    """Return the effect with every stand-in in it replaced."""
    return map_effect(
        effect,
        lambda expr: replaced(build, expr),
        lambda part: replaced_in_effect(build, part),
    )


def _settled(build: Build, variable: Variable, index: Expr | None) -> Expr:
    stand_in = build.stand_ins[variable]
    process = build.processes[stand_in.entity].process
    found = None
    if process is not None:
        found = _resting(build, stand_in.node, process, index, stand_in.context)
    # Without an answer a mistake has been reported, and the system is never used.
    return terms.truth_value(build.terms, True) if found is None else found


def _resting(
    build: Build, node: syntax.At, process: Process, index: Expr | None, context: Context
) -> Expr | None:
    places = _points_at(process, node.place.text, context.scope)
    if not places and build.is_dead:
        # A constant rules out this expression; it may rule out the code with the place as well.
        return terms.literal(build.terms, False, BOOL)
    if not places:
        _report_place(build, node.place, process)
        return None
    control = read_variable(build, process.control, context)
    if index is not None:
        control = terms.at_key(build.terms, control, index, control_type(process))
    return _one_of(build, control, places, process)


def points_at(
    build: Build, process: Process, place: syntax.Path, scope: Scope
) -> frozenset[str] | None:
    """Return the names of the control points at a place, or report that there are none."""
    points = _points_at(process, place.text, scope)
    if not points:
        _report_place(build, place, process)
        return None
    return frozenset(points)


def _points_at(process: Process, text: str, scope: Scope) -> tuple[str, ...]:
    """Return the control points at a place, as it is named from within the scope."""
    for prefix in (*(each.prefix for each in scope.outward()), ""):
        name = prefix + text
        points = tuple(p.name for p in process.points if name in p.places or name == p.name)
        if points:
            return points
    return ()


def _report_place(build: Build, place: syntax.Path, process: Process) -> None:
    known = sorted({place for point in process.points for place in point.places})
    places = f"its places are {', '.join(f'`{each}`' for each in known)}"
    build.collector.error(
        "K142",
        place.span,
        f"`{process.name}` never rests at `{place.text}`",
        notes=(Note(process.site, "declared here"),),
        remedy=did_you_mean(place.text, known)
        or (places if known else "name a place by a label: `here: skip`"),
    )


def _one_of(build: Build, control: Expr, points: tuple[str, ...], process: Process) -> Expr:
    of = control_type(process)
    if len(points) == 1:
        return terms.equal(build.terms, control, terms.literal(build.terms, points[0], of))
    members = terms.literal(build.terms, frozenset(points), SetType(of))
    return terms.member(build.terms, control, members)
