"""Cutting code into steps: from stepwise code to actions.

The way there: `flow` lays the code out as a graph; `resting` decides where control rests;
`liveness` and `promotion` turn the locals that are needed after a rest into variables of the state;
`pieces` and `structure` make one effect of what each step covers. Every control point but `end`
gives one action, whose guard says that control is there; every way through its body assigns the
next one.

A local keeps its value while it is in scope, even when nothing reads it any more, and has its
default outside. Clearing it earlier would be a reduction, which is not made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.model.ir import (
    NOTHING,
    And,
    Apply,
    Assign,
    Bind,
    Index,
    Literal,
    Local,
    LocalRef,
    MapOf,
    Op,
    Place,
    Read,
    Role,
    Seq,
    Variable,
)
from checker.model.rewrite import (
    free_locals,
    substitute,
    substitute_in_effect,
    variables_read,
)
from checker.model.system import Action, AtomicityNote, ControlPoint, Process
from checker.model.temporal import Fairness
from checker.model.types import BOOL, EnumType, MapType, Type, elements
from checker.steps.atomicity import Thread, report
from checker.steps.code import Wait
from checker.steps.flow import Enter, Node, Open, Pass, build_flow
from checker.steps.liveness import LocalSets, changed_locals, live_locals
from checker.steps.pieces import Pieces
from checker.steps.points import name_points
from checker.steps.promotion import Owner, Translator, declare, sequence, translator
from checker.steps.resting import Resting, decide

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, TermTable
    from checker.steps.code import Code
    from checker.steps.flow import Flow
    from grammar.diagnostics import Collector
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class ProcessCode:
    """One process before it is cut; `index` and `self_local` are None if it is a single thread.

    `crashed` names a control point more, to which and from which no code leads.
    """

    name: str
    index: Type | None
    self_local: Local | None
    code: Code
    terms: TermTable
    collector: Collector
    site: Span
    fairness: Fairness = Fairness.WEAK
    crashed: str | None = None


@dataclass(frozen=True, slots=True)
class LoweredProcess:
    """One process as part of a system.

    Attributes:
        variables: its control and the locals that are state, not those of its outermost scope.
        init: what it does, for all values of its index, before it rests for the first time.
        begin: the same for one thread, whose index is `self_local` of the code.
    """

    process: Process
    actions: tuple[Action, ...]
    variables: tuple[Variable, ...]
    init: Effect
    begin: Effect
    atomicity: tuple[AtomicityNote, ...]


def lower_process(request: ProcessCode) -> LoweredProcess:
    """Cut a process into steps.

    Statements that one machine step does not give (K250), loops that never rest (K251), statements
    that are never reached (K252) and misplaced labels (K253, K254) are reported.
    """
    flow = build_flow(request.code, request.collector, is_sealed=False)
    resting = decide(flow, Thread(request.name, request.self_local), request.collector)
    rests = resting.points()
    points = name_points(rests, flow, request.site)
    live = live_locals(flow)
    needed = frozenset[Local]().union(*(live.before[node] for node in rests))
    owner = Owner(request.name, request.index, request.self_local, request.site)
    variables = declare(flow, needed, owner)
    process = _process(request, tuple(points.values()), can_end=flow.end in points)
    cutter = _Cutter(
        process=process,
        points=points,
        resting=resting,
        translator=translator(variables, request.self_local, request.terms),
        live=live,
        changed=changed_locals(flow, variables),
    )
    begin = cutter.pieces.eager(flow.entry)
    return LoweredProcess(
        process=process,
        actions=tuple(cutter.action(node) for node in rests if node is not flow.end),
        variables=(process.control, *dict.fromkeys(variables.values())),
        init=_for_every(begin, request),
        begin=begin,
        atomicity=_notes(flow, resting, request.collector),
    )


def atomic_effect(code: Code, terms: TermTable, collector: Collector) -> Effect:
    """Return the effect of an action's body: one step, whatever it does."""
    flow = build_flow(code, collector, is_sealed=True)
    resting = decide(flow, None, collector)
    nothing = LocalSets(dict.fromkeys(flow.nodes, frozenset()), {})
    pieces = Pieces(
        resting=resting,
        translator=translator({}, None, terms),
        arrive=lambda _: NOTHING,
        live=live_locals(flow),
        changed=nothing,
    )
    return pieces.eager(flow.entry)


def _process(request: ProcessCode, points: tuple[ControlPoint, ...], *, can_end: bool) -> Process:
    name = f"{request.name}.at"
    if request.crashed is not None:
        last = len(points) - can_end  # `end` stays the last one
        added = ControlPoint(request.crashed, frozenset({request.crashed}), request.site)
        points = (*points[:last], added, *points[last:])
    control: Type = EnumType(name, tuple(point.name for point in points))
    if request.index is not None:
        control = MapType(request.index, control)
    variable = Variable(name, control, Role.CONTROL, request.name, request.site)
    return Process(
        name=request.name,
        index=request.index,
        control=variable,
        points=points,
        can_end=can_end,
        site=request.site,
        fairness=request.fairness,
    )


def _notes(flow: Flow, resting: Resting, collector: Collector) -> tuple[AtomicityNote, ...]:
    found: dict[AtomicityNote, None] = {}
    for node in flow.nodes:
        if node in resting.touches:
            note = report(node, resting.touches[node], collector=collector)
            if note is not None:
                found[note] = None
    return tuple(found)


# --- actions --------------------------------------------------------------------------------------


class _Cutter:
    """Makes the actions of one process."""

    def __init__(
        self,
        *,
        process: Process,
        points: dict[Node, ControlPoint],
        resting: Resting,
        translator: Translator,
        live: LocalSets,
        changed: LocalSets,
    ) -> None:
        self._process = process
        self._points = points
        self._resting = resting
        self._translator = translator
        self._type = EnumType(process.control.name, tuple(point.name for point in process.points))
        self.pieces = Pieces(resting, translator, self._arrive, live, changed)

    def action(self, node: Node) -> Action:
        """Return the step from a resting place."""
        point = self._points[node]
        awaited = self._first_wait(node)
        guard: Expr = self._is_at(point)
        if awaited is not None:
            guard = self._translator.terms.intern(And((guard, self._condition(awaited))))
        self_ref = self._translator.self_ref
        return Action(
            name=f"{self._process.name}.{point.name}",
            process=self._process,
            source=point,
            params=() if self_ref is None else (self_ref.local,),
            guard=guard,
            body=self.pieces.step(node, awaited),
            site=node.site,
            fairness=node.fairness,
        )

    def _arrive(self, node: Node) -> Effect:
        """Return the effect of resting before a node."""
        place = self._translator.place(self._process.control, self._type)
        return Assign(place, self._literal(self._points[node]), node.site)

    def _literal(self, point: ControlPoint) -> Expr:
        return self._translator.terms.intern(Literal(point.name, self._type))

    def _is_at(self, point: ControlPoint) -> Expr:
        terms, control = self._translator.terms, self._process.control
        here: Expr = terms.intern(Read(control, control.type))
        if self._translator.self_ref is not None:
            here = terms.intern(Index(here, self._translator.self_ref, self._type))
        return terms.intern(Apply(Op.EQ, (here, self._literal(point)), BOOL))

    def _first_wait(self, point: Node) -> Node | None:
        """Return the `await` that the step from a point does first, if its guard can say the same.

        Nothing is evaluated or changed before it, so it fails and blocks in the guard exactly as it
        would in the body.
        """
        node, is_fresh = point, True
        while isinstance(node.operation, Open | Pass | Enter):
            is_fresh = is_fresh and node not in self._resting.ends_fresh
            if node in self._resting.local_loops:
                return None
            node = node.targets[0]
            if self._resting.stops(node, is_fresh=is_fresh):
                return None
        if not isinstance(node.operation, Wait):
            return None
        self_ref = self._translator.self_ref
        known = frozenset[Local]() if self_ref is None else {self_ref.local}
        return node if free_locals(self._condition(node)) <= known else None

    def _condition(self, node: Node) -> Expr:
        assert isinstance(node.operation, Wait)
        return self._translator.expr(node.operation.condition)


# --- start-up -------------------------------------------------------------------------------------


def _for_every(effect: Effect, request: ProcessCode) -> Effect:
    """Return what all threads do before they rest for the first time.

    If it is only to give variables values, these are whole maps, and the system stays parametric.
    Otherwise the threads do it one after the other.
    """
    if request.index is None or request.self_local is None:
        return effect
    maps = _as_maps(effect, request.self_local, request.terms)
    if maps is not None:
        return maps
    return sequence(
        substitute_in_effect(
            effect,
            {request.self_local: request.terms.intern(Literal(value, request.index))},
            request.terms,
        )
        for value in elements(request.index)
    )


def _as_maps(effect: Effect, self_local: Local, terms: TermTable) -> Effect | None:
    """Return the effect for every value of `self_local` at once, None if it is not that simple."""
    values: dict[Local, Expr] = {}
    found: list[Assign] = []
    for each in effect.effects if isinstance(effect, Seq) else (effect,):
        match each:
            case Bind(local, Literal() | LocalRef() as value):
                values[local] = substitute(value, values, terms)
            case Assign(Place(variable, (LocalRef(local),), of), value, site) if (
                local is self_local and isinstance(variable.type, MapType)
            ):
                body = substitute(value, values, terms)
                whole = terms.intern(MapOf(self_local, body, MapType(variable.type.key, of)))
                found.append(Assign(Place(variable, (), variable.type), whole, site))
            case _:
                return None
    assigned = {each.place.variable for each in found}
    is_once = len(assigned) == len(found)
    is_independent = all(not variables_read(each.value) & assigned for each in found)
    return sequence(found) if is_once and is_independent else None
