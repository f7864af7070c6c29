"""Rewriting a system so that the dead variables of one process have their defaults.

The process's own steps are rewritten backwards: where control is moved, what is dead there is
reset. In everybody's steps, writes to a part whose owner rests where it is dead store the default
instead; the value is evaluated all the same, since that might fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.explicit.reductions.liveness import NOTHING_DONE, Liveness, OwnParts, Steps
from checker.model.ir import (
    Apply,
    Assign,
    Choose,
    Conditional,
    Either,
    Expr,
    If,
    Index,
    Let,
    Literal,
    Local,
    LocalRef,
    MapOf,
    Op,
    Place,
    Read,
    Seq,
    Variable,
    While,
)
from checker.model.rewrite import map_children, map_effect
from checker.model.system import control_type
from checker.model.types import BOOL, MapType, OptionType, SetType, default
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.explicit.reductions.liveness import Summary
    from checker.model.ir import Effect, TermTable
    from checker.model.system import Action, Process, System
    from checker.model.types import Type


@dataclass(frozen=True, slots=True)
class Clearing:
    """One variable that is cleared, and the control points of a process at which it is."""

    variable: Variable
    process: Process
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to do for one process.

    Attributes:
        dead: the variables to clear on coming to a control point, as bits.
        hidden: variables that become options, with what they become; they are private.
    """

    of: Liveness
    dead: Mapping[str, int]
    hidden: Mapping[Variable, Variable]
    clearings: tuple[Clearing, ...]


def part_type(variable: Variable, process: Process) -> Type:
    """Return the type of one thread's part."""
    if process.index is None:
        return variable.type
    assert isinstance(variable.type, MapType)
    return variable.type.value


class Clearer:
    """Rewrites what one process does, how it begins, and what others write to its variables."""

    def __init__(self, plan: Plan, terms: TermTable) -> None:
        """Follow a plan; `terms` are those of the system."""
        self.plan = plan
        self.terms = terms
        self._process = plan.of.process
        self._shared = {
            clearing.variable: clearing
            for number, variable in enumerate(plan.of.variables)
            if not plan.of.private >> number & 1
            for clearing in plan.clearings
            if clearing.variable is variable
        }
        self._known: dict[Expr, Expr] = {}

    def system(self, system: System) -> System:
        """Return the system with the process rewritten."""
        return replace(
            system,
            variables=tuple(self.plan.hidden.get(each, each) for each in system.variables),
            init=Seq((self._begun(system.init), *self._first_resets())),
            actions=tuple(self._action(each) for each in system.actions),
        )

    def _action(self, action: Action) -> Action:
        if action.process is self._process:
            body = _Step(self, action).rewritten(action.body, NOTHING_DONE)
            return replace(action, guard=self.expr(action.guard), body=body)
        return replace(action, body=self._dropping(action.body)) if self._shared else action

    # --- terms

    def expr(self, expr: Expr) -> Expr:
        """Return an expression that reads what hidden variables hold."""
        if not self.plan.hidden:
            return expr
        if expr not in self._known:
            self._known[expr] = self._translated(expr)
        return self._known[expr]

    def wrapped(self, value: Expr) -> Expr:
        """Return what an option holds that holds the value."""
        return self.terms.intern(Apply(Op.WRAP, (value,), OptionType(value.type)))

    def clear(self, variable: Variable, path: tuple[Expr, ...]) -> Effect:
        """Return the effect that gives a part of a variable its default."""
        new = self.plan.hidden.get(variable, variable)
        of = part_type(new, self._process)
        return Assign(Place(new, path, of), self._default(of), NOWHERE)

    def _default(self, of: Type) -> Expr:
        return self.terms.intern(Literal(default(of), of))

    def _translated(self, expr: Expr) -> Expr:
        hidden = self.plan.hidden
        match expr:
            case Read(variable) if variable in hidden and self._process.index is None:
                return self._unwrapped(self._read(hidden[variable]), expr.type)
            case Index(Read(variable), key) if variable in hidden:
                whole = self._read(hidden[variable])
                return self._unwrapped(self._at(whole, self.expr(key)), expr.type)
            case _:
                return map_children(expr, self.expr, self.terms)

    def _read(self, variable: Variable) -> Expr:
        return self.terms.intern(Read(variable, variable.type))

    def _ref(self, local: Local) -> Expr:
        return self.terms.intern(LocalRef(local, local.type))

    def _at(self, whole: Expr, key: Expr) -> Expr:
        assert isinstance(whole.type, MapType)
        return self.terms.intern(Index(whole, key, whole.type.value))

    def _unwrapped(self, value: Expr, of: Type) -> Expr:
        return self.terms.intern(Apply(Op.UNWRAP, (value,), of))

    def _unless_dead(self, clearing: Clearing, owner: Expr | None, kept: Expr) -> Expr:
        """Return the default where the owner rests at a point of a clearing, else `kept`."""
        of = control_type(self._process)
        control = self._read(self._process.control)
        if owner is not None:
            control = self._at(control, owner)
        points = self.terms.intern(Literal(frozenset(clearing.points), SetType(of)))
        is_dead = self.terms.intern(Apply(Op.IN, (control, points), BOOL))
        return self.terms.intern(Conditional(is_dead, self._default(kept.type), kept, kept.type))

    # --- the beginning

    def _begun(self, effect: Effect) -> Effect:
        """Return `init`, or a part of it, giving hidden variables their values as options."""
        if isinstance(effect, Assign) and effect.place.variable in self.plan.hidden:
            new, path = self.plan.hidden[effect.place.variable], effect.place.path
            is_whole_map = self._process.index is not None and not path
            value = effect.value
            value = self._wrapped_map(value) if is_whole_map else self.wrapped(value)
            return Assign(Place(new, path, value.type), value, effect.site)
        return map_effect(effect, lambda expr: expr, self._begun)

    def _wrapped_map(self, value: Expr) -> Expr:
        if isinstance(value, MapOf):
            local, body = value.local, value.body
        else:
            assert isinstance(value.type, MapType)
            local = Local("self", value.type.key)
            body = self._at(value, self._ref(local))
        return self._map_of(local, self.wrapped(body))

    def _map_of(self, local: Local, body: Expr) -> Expr:
        return self.terms.intern(MapOf(local, body, MapType(local.type, body.type)))

    def _first_resets(self) -> Iterator[Effect]:
        """Yield what clears the variables that are dead where control rests at first."""
        for clearing in self.plan.clearings:
            new = self.plan.hidden.get(clearing.variable, clearing.variable)
            value = self._each_unless_dead(clearing, self._read(new))
            yield Assign(Place(new, (), new.type), value, NOWHERE)

    def _each_unless_dead(self, clearing: Clearing, whole: Expr) -> Expr:
        """Return a value for all of a variable, with the default for those where it is dead."""
        if self._process.index is None:
            return self._unless_dead(clearing, None, whole)
        local = Local("self", self._process.index)
        key = self._ref(local)
        return self._map_of(local, self._unless_dead(clearing, key, self._at(whole, key)))

    # --- writes by others

    def _dropping(self, effect: Effect) -> Effect:
        """Return an effect of another process in which dead parts are not written to."""
        if isinstance(effect, Assign):
            return self.dropped(effect)
        return map_effect(effect, lambda expr: expr, self._dropping)

    def dropped(self, effect: Assign) -> Assign:
        """Return an assignment that leaves a part at its default while that is dead."""
        clearing = self._shared.get(effect.place.variable)
        if clearing is None:
            return effect
        local = Local("value", effect.value.type)
        given, path = self._ref(local), effect.place.path
        if self._process.index is None:
            kept = self._unless_dead(clearing, None, given)
        elif path:
            owner = path[0]
            assert not isinstance(owner, int)
            kept = self._unless_dead(clearing, owner, given)
        else:
            kept = self._each_unless_dead(clearing, given)
        value = self.terms.intern(Let(local, effect.value, kept, effect.value.type))
        return replace(effect, value=value)


class _Step:
    """Rewrites one action of the process, backwards, knowing what comes after each effect."""

    def __init__(self, of: Clearer, action: Action) -> None:
        self._of = of
        self._plan = of.plan
        self._steps = Steps(of.plan.of, action)
        self._parts = OwnParts(action, of.plan.of.process)
        self._path: tuple[Expr, ...] = ()
        if of.plan.of.process.index is not None:
            own = action.params[0]
            self._path = (of.terms.intern(LocalRef(own, own.type)),)
        # What is dead at the source has its default already, unless this step changes that.
        touched = _touched(self._steps.before(action.body, NOTHING_DONE))
        assert action.source is not None
        self._settled = ~of.plan.of.live[action.source.name] & ~touched

    def rewritten(self, effect: Effect, after: Summary) -> Effect:
        """Return an effect that clears what is dead when control comes to rest.

        Args:
            after: the summary of what follows the effect.
        """
        expr = self._of.expr
        match effect:
            case Seq(effects):
                found: list[Effect] = []
                for each in reversed(effects):
                    found.append(self.rewritten(each, after))
                    after = self._steps.before(each, after)
                return Seq(tuple(reversed(found)))
            case Assign():
                return self._assigned(effect, after)
            case If(condition, then, otherwise, site):
                ways = self.rewritten(then, after), self.rewritten(otherwise, after)
                return If(expr(condition), *ways, site)
            case Either(branches, site):
                return Either(tuple(self.rewritten(each, after) for each in branches), site)
            case Choose(local, domain, body, site):
                inner = None if domain is None else expr(domain)
                return Choose(local, inner, self.rewritten(body, after), site)
            case While(condition, body, site):
                head = self._steps.around(effect, after)
                return While(expr(condition), self.rewritten(body, head), site)
            case _:
                return map_effect(effect, expr, lambda each: each)

    def _assigned(self, effect: Assign, after: Summary) -> Effect:
        if self._steps.is_move(effect):
            return self._moved(effect, after)
        variable = effect.place.variable
        new = map_effect(effect, self._of.expr, lambda each: each)
        assert isinstance(new, Assign)
        if not self._parts.is_own_place(effect.place):
            return self._of.dropped(new)
        if variable not in self._plan.hidden:
            return new
        if isinstance(effect.value, Literal) and self._is_dead(variable, after):
            return self._of.clear(variable, self._path)
        value = self._of.wrapped(new.value)
        place = Place(self._plan.hidden[variable], new.place.path, value.type)
        return Assign(place, value, effect.site)

    def _moved(self, move: Assign, after: Summary) -> Effect:
        """Return a move of control and the resets of what is dead where it leads to."""
        assert isinstance(move.value, Literal)
        dead = self._plan.dead[str(move.value.value)]
        wanted = dead & ~self._settled & ~_touched(after)
        resets = (self._of.clear(v, self._path) for v in self._plan.of.numbers(wanted))
        return Seq((move, *resets)) if wanted else move

    def _is_dead(self, variable: Variable, after: Summary) -> bool:
        """Tell whether a variable is known to be dead; where control has moved, it is not."""
        of = self._plan.of
        return None not in after and variable not in of.numbers(of.live_before(after))


def _touched(summary: Summary) -> int:
    result = 0
    for flow in summary.values():
        result |= flow.touched
    return result
