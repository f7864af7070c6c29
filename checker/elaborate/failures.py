"""Processors that fail: `crash`, after which they stop for good, and `reboot`, to begin anew.

Both are actions that are possible whenever control rests, and concern all processes over one type,
for one value of it. A crash moves their control to `crashed`, a reboot to where it was at first;
what is private to them is gone in either case, and what is shared stays as it is, but for what the
block of the declaration says. It is carried out first, so that it may look at where control was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from checker.discipline.codes import NAMED_CRASHED, NOBODY_FAILS
from checker.elaborate.context import Build, Context, Frame, Purpose
from checker.elaborate.interrupts import ARRIVALS, IDLE, is_handler, mask_of
from checker.elaborate.state import Initial
from checker.elaborate.typexprs import constant_integer, type_of
from checker.model import terms
from checker.model.ir import Assign, Fold, Op, Place, Quantifier, Role, Seq, Variable
from checker.model.rewrite import substitute_in_effect
from checker.model.system import Action, control_type
from checker.model.types import BOOL, IntType, MapType, SetType, Type, default
from checker.steps.cut import atomic_effect
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.scope import Entity
    from checker.model.ir import Effect, Expr, Local
    from checker.model.system import Process
    from checker.steps.cut import LoweredProcess

CRASHED: Final = "crashed"
"""Where the control of a process is when its processor has failed."""

END: Final = "end"


def declare_failures(build: Build, entities: Sequence[Entity]) -> None:
    """Tell which processes can crash, so that there is a place for their control."""
    states = [build.processes[each] for each in entities if each in build.processes]
    for entity in entities:
        decl = entity.decl
        if not isinstance(decl, syntax.FailureDecl):
            continue
        index: Type | None = None
        if decl.index is not None:
            index = type_of(build, decl.index, entity.scope)
            if index is None:
                continue
        concerned = [state for state in states if state.index == index]
        if not concerned:
            build.collector.error(
                NOBODY_FAILS,
                decl.span if decl.index is None else decl.index.span,
                f"no process can {decl.kind} here: none runs on these",
                remedy="name the type of a process: `crash on Cpu { ... }`",
            )
        for state in concerned if decl.kind == "crash" else ():
            state.can_crash = True


def check_places(build: Build, lowered: Iterable[tuple[Entity, LoweredProcess]]) -> None:
    """Report labels that are called like the place of what has crashed."""
    for entity, each in lowered:
        names = [point.name for point in each.process.points]
        if names.count(CRASHED) > 1:
            build.collector.error(
                NAMED_CRASHED,
                entity.span,
                f"`{CRASHED}` is the place where a process is that has crashed",
                remedy="choose another name for the label",
            )


# --- actions --------------------------------------------------------------------------------------


def failures(
    build: Build, entities: Iterable[Entity], lowered: Sequence[tuple[Entity, LoweredProcess]]
) -> tuple[list[Action], list[Initial]]:
    """Return the actions of all failures of a system, and the variables that count them."""
    actions: list[Action] = []
    starts: list[Initial] = []
    for entity in entities:
        if isinstance(entity.decl, syntax.FailureDecl):
            made = _Failure(build, entity, entity.decl, lowered, actions).made()
            if made is not None:
                action, counter = made
                actions.append(action)
                if counter is not None:
                    zero = terms.literal(build.terms, 0, counter.type)
                    starts.append(Initial(counter, entity, zero))
    return actions, starts


class _Failure:
    """One declaration, and the processes that it concerns."""

    def __init__(
        self,
        build: Build,
        entity: Entity,
        decl: syntax.FailureDecl,
        lowered: Sequence[tuple[Entity, LoweredProcess]],
        before: Sequence[Action],
    ) -> None:
        self._build, self._entity, self._decl = build, entity, decl
        self._index = None
        if decl.index is not None:
            self._index = type_of(build, decl.index, entity.scope)
        self._concerned = [each for each in lowered if each[1].process.index == self._index]
        self._self: Local | None = None
        if self._index is not None:
            self._self = terms.fresh("self", self._index)
        number = sum(each.name.startswith(entity.name) for each in before)
        self._name = entity.name if number == 0 else f"{entity.name}_{number + 1}"

    @property
    def _key(self) -> Expr | None:
        return None if self._self is None else terms.reference(self._build.terms, self._self)

    def made(self) -> tuple[Action, Variable | None] | None:
        """Return the action, and the variable that counts it if it is limited."""
        build, decl = self._build, self._decl
        context = Context(self._entity.scope, Purpose.ACTION, self_value=self._key)
        body = build.block(build, decl.body, context, Frame("a failure", {}))
        most = None
        if decl.bound is not None:
            most = constant_integer(build, decl.bound, self._entity.scope)
        if body is None or (decl.bound is not None and most is None) or build.collector.has_errors:
            return None
        counter: Variable | None = None
        counted: list[Effect] = []
        guard = self._is_running()
        if most is not None:
            of = IntType(0, max(most, 1))
            counter = Variable(f"{self._name}.times", of, Role.SHARED, None, decl.span)
            times = terms.read(build.terms, counter)
            limit = terms.number(build.terms, most)
            may = terms.apply(build.terms, Op.LT, (times, limit), BOOL)
            guard = terms.conjunction(build.terms, (guard, may))
            counted.append(self._more(counter, times, of))
        lost = atomic_effect(body, build.terms, build.collector)
        effect = Seq((lost, *counted, *self._moves()))
        params = () if self._self is None else (self._self,)
        return Action(self._name, None, None, params, guard, effect, decl.span), counter

    def _more(self, counter: Variable, times: Expr, of: IntType) -> Effect:
        table = self._build.terms
        one = terms.number(table, 1)
        more = terms.apply(table, Op.ADD, (times, one), IntType(1, of.high + 1))
        value = terms.apply(table, Op.CONVERT, (more,), of)
        return Assign(Place(counter, (), of), value, self._decl.span)

    def _is_running(self) -> Expr:
        """Return that the processor has not crashed, and for a crash, that there is work left."""
        wanted = []
        for entity, each in self._concerned:
            of = control_type(each.process)
            done = {CRASHED, IDLE if is_handler(entity) else END} & set(of.members)
            gone = done if self._decl.kind == "crash" else {CRASHED} & set(of.members)
            here = self._control(each.process)
            over = terms.literal(self._build.terms, frozenset(gone), SetType(of))
            is_gone = terms.member(self._build.terms, here, over)
            wanted.append(terms.negation(self._build.terms, is_gone))
        return terms.disjunction(self._build.terms, tuple(wanted))

    def _control(self, process: Process) -> Expr:
        control: Expr = terms.read(self._build.terms, process.control)
        if self._key is None:
            return control
        return terms.at_key(self._build.terms, control, self._key, control_type(process))

    # --- what happens to the processes

    def _moves(self) -> Iterator[Effect]:
        """Yield what makes the threads forget, and puts them where they are then."""
        for entity, each in self._concerned:
            state = self._build.processes[entity]
            own = [v for v in state.locals.values() if v is not None]
            for variable in dict.fromkeys((*own, *each.variables[1:])):
                if variable.name != f"{entity.name}.{ARRIVALS}":
                    yield self._reset(variable)
            mask = mask_of(self._build, state)
            for shared in (state.holds, mask):
                if shared is not None:
                    yield self._reset(shared)
            if self._decl.kind == "crash":
                of = control_type(each.process)
                place = terms.literal(self._build.terms, CRASHED, of)
                yield Assign(self._part(each.process.control), place, self._decl.span)
            else:
                yield from self._again(state.self_local, each)

    def _again(self, self_local: Local | None, each: LoweredProcess) -> Iterator[Effect]:
        key = self._key
        if self_local is None or key is None:
            yield each.begin
        else:
            yield substitute_in_effect(each.begin, {self_local: key}, self._build.terms)

    def _reset(self, variable: Variable) -> Effect:
        place = self._part(variable)
        value = terms.literal(self._build.terms, default(place.type), place.type)
        return Assign(place, value, self._decl.span)

    def _part(self, variable: Variable) -> Place:
        of = variable.type
        if self._key is None:
            return Place(variable, (), of)
        assert isinstance(of, MapType)
        return Place(variable, (self._key,), of.value)


# --- the end --------------------------------------------------------------------------------------


def is_over(build: Build, lowered: Sequence[tuple[Entity, LoweredProcess]]) -> Expr | None:
    """Return the condition that all is done but for interrupts, or has crashed.

    Returns:
        None if that is no more than that every process is at its end, or if some process never is.
    """
    finals = [(each.process, _finals(entity, each.process)) for entity, each in lowered]
    is_plain = all(final <= {END} for _, final in finals)
    if is_plain or not all(final for _, final in finals):
        return None
    return terms.conjunction(
        build.terms, tuple(_everywhere(build, process, final) for process, final in finals)
    )


def _finals(entity: Entity, process: Process) -> frozenset[str]:
    done = {IDLE if is_handler(entity) else END, CRASHED}
    return frozenset(done & set(control_type(process).members))


def _everywhere(build: Build, process: Process, points: frozenset[str]) -> Expr:
    of = control_type(process)
    wanted = terms.literal(build.terms, points, SetType(of))
    control: Expr = terms.read(build.terms, process.control)
    if process.index is None:
        return terms.member(build.terms, control, wanted)
    local = terms.fresh("thread", process.index)
    here = terms.at_key(build.terms, control, terms.reference(build.terms, local), of)
    inside = terms.member(build.terms, here, wanted)
    return build.terms.intern(Fold(Quantifier.FORALL, local, None, inside, BOOL))
