"""Where a thread still needs the values that only it reads: a data-flow analysis of the system.

The thread's control points are the nodes, its actions the edges. A variable is *live* at a point if
some way on from there reads the thread's part of it before all of that part is overwritten. What is
not live is *dead*: no behaviour depends on it. `checker.steps.liveness` asks the same of locals
before code is cut into steps; here everything in the state takes part, whatever it came from.

Only variables that one process owns are looked at: nobody but a thread of the process reads them,
each its own part (`v[self]`, or all of `v` if there is one thread), and no property does. Others
may write to them, which makes nothing live.

Within a step, an effect is summed up as a function from what is live after the step to what is live
before it. That depends on where control comes to rest, so there is one function for each target:

    live before = gen | live after - kill

Source: Kildall, "A unified approach to global program optimization", POPL 1973.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from checker.model.ir import (
    And,
    Apply,
    Assert,
    Assign,
    Bind,
    Choose,
    Either,
    Expr,
    Guard,
    If,
    Index,
    Literal,
    LocalRef,
    Op,
    Read,
    Role,
    Seq,
    Variable,
    While,
)
from checker.model.rewrite import children, expressions, parts, variables_read
from checker.model.types import MapType, RecordType, SeqType, TupleType

if TYPE_CHECKING:
    from checker.model.ir import Effect, Local, Place
    from checker.model.system import Action, Process, System
    from checker.model.types import Type


class Flow(NamedTuple):
    """What an effect does to a set of live variables, on the ways to one target; sets are bits.

    Attributes:
        touched: variables that are read or written.
    """

    gen: int = 0
    kill: int = 0
    touched: int = 0


Summary: TypeAlias = "Mapping[str | None, Flow]"
"""By the control point that an effect leads to; None where it leaves control alone."""

NOTHING_DONE: Summary = {None: Flow()}
"""The summary of doing nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Liveness:
    """What is live where, for one process.

    Attributes:
        variables: the owned ones, numbered as in sets of bits.
        private: those of them to which nobody else writes either.
        live: by name of a control point.
    """

    process: Process
    actions: tuple[Action, ...]
    variables: tuple[Variable, ...]
    private: int
    live: Mapping[str, int]

    def numbers(self, bits: int) -> tuple[Variable, ...]:
        """Return the variables in a set."""
        return tuple(v for number, v in enumerate(self.variables) if bits >> number & 1)

    def live_before(self, summary: Summary) -> int:
        """Return what is live before an effect that is still to move control."""
        result = 0
        for target, flow in summary.items():
            assert target is not None
            result |= flow.gen | self.live[target] & ~flow.kill
        return result


def liveness(system: System, *, roles: frozenset[Role]) -> Iterator[Liveness]:
    """Yield the analysis of every process that owns variables of the given roles.

    A variable that nobody reads may have several owners, unless nobody writes to it either.
    """
    taken: set[Variable] = set()
    for process in system.processes:
        owned = _owned(system, process, roles)
        owned = {variable: owned[variable] for variable in owned if variable not in taken}
        taken.update(variable for variable, is_private in owned.items() if is_private)
        if owned:
            yield _solved(system, process, owned)


# --- who owns what --------------------------------------------------------------------------------


def _owned(system: System, process: Process, roles: frozenset[Role]) -> dict[Variable, bool]:
    """Return the variables of a process, and whether they are written by nobody else."""
    if not _is_regular(system, process):
        return {}
    of = process.index
    owned = {
        variable: True
        for variable in system.variables
        if variable.role in roles
        and (of is None or (isinstance(variable.type, MapType) and variable.type.key == of))
    }
    for variable in _read_by_properties(system):
        owned.pop(variable, None)
    for action in system.actions:
        own = OwnParts(action, process)
        for each in effects_in(action.body):
            for variable in own.foreign(expressions(each)):
                owned.pop(variable, None)
            if isinstance(each, Assign) and not own.is_own_place(each.place):
                variable = each.place.variable
                if _may_fail(each.place):
                    owned.pop(variable, None)
                elif variable in owned:
                    owned[variable] = False
        for variable in own.foreign((action.guard,)):
            owned.pop(variable, None)
    return owned


def _read_by_properties(system: System) -> frozenset[Variable]:
    asked = [each.expression for every in system.properties for each in every.conjuncts]
    asked += [] if system.terminal is None else [system.terminal]
    return frozenset[Variable]().union(*map(variables_read, asked))


def _is_regular(system: System, process: Process) -> bool:
    """Tell whether control moves as it does in code.

    That is: by the process's own steps only, once on every way through a step, to a given point.
    """
    for action in system.actions:
        own = OwnParts(action, process)
        is_step = action.process is process
        if is_step and not own.is_guarded():
            return False
        if _moves(action.body, process) != ((1, 1) if is_step else (0, 0)):
            return False
        for move in assignments(action.body, process.control):
            if not own.is_own_place(move.place) or not isinstance(move.value, Literal):
                return False
    return True


def _moves(effect: Effect, process: Process) -> tuple[int, int]:
    """Return how often an effect moves control, at least and at most."""
    inner = [_moves(part, process) for part in parts(effect)]
    match effect:
        case Assign(place):
            return (1, 1) if place.variable is process.control else (0, 0)
        case Seq():
            return sum(least for least, _ in inner), sum(most for _, most in inner)
        case If() | Either() | Choose():
            return min(least for least, _ in inner), max(most for _, most in inner)
        case While():
            return 0, 2 * inner[0][1]
        case Bind() | Guard() | Assert():
            return 0, 0
        case _:
            assert_never(effect)


def effects_in(effect: Effect) -> Iterator[Effect]:
    """Yield an effect and all those within it."""
    pending = [effect]
    while pending:
        each = pending.pop()
        yield each
        pending.extend(parts(each))


def assignments(effect: Effect, variable: Variable) -> Iterator[Assign]:
    """Yield the assignments to a variable, or to a part of it, within an effect."""
    for each in effects_in(effect):
        if isinstance(each, Assign) and each.place.variable is variable:
            yield each


class OwnParts:
    """Tells a thread's own part of a variable from the rest, in one action.

    In actions of another process everything is foreign.
    """

    def __init__(self, action: Action, process: Process) -> None:
        """Look at an action as a step of `process`, if it is one."""
        self._action = action
        self._process = process
        self._is_step = action.process is process
        self._self: Local | None = None
        if self._is_step and process.index is not None:
            self._self = action.params[0]
        self._known: dict[Expr, tuple[frozenset[Variable], frozenset[Variable]]] = {}

    def own(self, exprs: Iterable[Expr]) -> frozenset[Variable]:
        """Return the variables whose own part is read."""
        return frozenset[Variable]().union(*(self._reads(each)[0] for each in exprs))

    def foreign(self, exprs: Iterable[Expr]) -> frozenset[Variable]:
        """Return the variables of which another part, or more than a part, is read."""
        return frozenset[Variable]().union(*(self._reads(each)[1] for each in exprs))

    def is_own_place(self, place: Place) -> bool:
        """Tell whether an assignment changes nothing but the thread's own part."""
        if not self._is_step:
            return False
        return self._process.index is None or (bool(place.path) and self._is_self(place.path[0]))

    def covers(self, place: Place) -> bool:
        """Tell whether an assignment to an own place replaces all of the part."""
        return len(place.path) == (0 if self._process.index is None else 1)

    def is_guarded(self) -> bool:
        """Tell whether the guard asks for the control point that the action leaves from."""
        guard, source = self._action.guard, self._action.source
        if source is None:
            return False
        tests = guard.args if isinstance(guard, And) else (guard,)
        for test in tests:
            match test:
                case Apply(Op.EQ, (subject, Literal(point))) if point == source.name:
                    if self._control_of(subject):
                        return True
                case _:
                    pass
        return False

    def _control_of(self, subject: Expr) -> bool:
        match subject:
            case Read(variable):
                return variable is self._process.control and self._process.index is None
            case Index(Read(variable), key):
                return variable is self._process.control and self._is_self(key)
            case _:
                return False

    def _is_self(self, selector: Expr | int) -> bool:
        return (
            isinstance(selector, LocalRef)
            and self._self is not None
            and (selector.local is self._self)
        )

    def _reads(self, expr: Expr) -> tuple[frozenset[Variable], frozenset[Variable]]:
        """Return the variables whose own part, and those of which anything else is read."""
        if expr not in self._known:
            self._known[expr] = self._read_in(expr)
        return self._known[expr]

    def _read_in(self, expr: Expr) -> tuple[frozenset[Variable], frozenset[Variable]]:
        nothing = frozenset[Variable]()
        match expr:
            case Index(Read(variable), key) if self._is_self(key):
                return frozenset({variable}), nothing
            case Read(variable):
                only = frozenset({variable})
                is_own = self._is_step and self._process.index is None
                return (only, nothing) if is_own else (nothing, only)
            case _:
                inner = [self._reads(each) for each in children(expr)]
                return (
                    nothing.union(*(own for own, _ in inner)),
                    nothing.union(*(foreign for _, foreign in inner)),
                )


# --- the analysis ---------------------------------------------------------------------------------


def _solved(system: System, process: Process, owned: Mapping[Variable, bool]) -> Liveness:
    """Return the least solution."""
    variables = tuple(owned)
    private = sum(1 << number for number, each in enumerate(variables) if owned[each])
    actions = tuple(action for action in system.actions if action.process is process)
    live = dict.fromkeys((point.name for point in process.points), 0)
    result = Liveness(process, actions, variables, private, live)
    summaries = []
    for action in actions:
        steps = Steps(result, action)
        guard = Guard(action.guard, action.site)
        summary = steps.before(guard, steps.before(action.body, NOTHING_DONE))
        assert action.source is not None
        summaries.append((action.source.name, summary))
    changed = True
    while changed:
        changed = False
        for source, summary in summaries:
            before = live[source] | result.live_before(summary)
            changed = changed or before != live[source]
            live[source] = before
    return result


class Steps:
    """Sums up the effects of one action, backwards."""

    def __init__(self, of: Liveness, action: Action) -> None:
        """Take an action of the process that was, or is being, analysed."""
        self._control = of.process.control
        self._parts = OwnParts(action, of.process)
        self._bit = {variable: 1 << number for number, variable in enumerate(of.variables)}

    def before(self, effect: Effect, after: Summary) -> Summary:
        """Return the summary of an effect followed by what `after` sums up."""
        match effect:
            case Seq(effects):
                for each in reversed(effects):
                    after = self.before(each, after)
                return after
            case Assign():
                return self._assigned(effect, after)
            case Bind() | Guard() | Assert():
                return self._reading(effect, after)
            case If(_, then, otherwise):
                joined = _joined((self.before(then, after), self.before(otherwise, after)))
                return self._reading(effect, joined)
            case Either(branches):
                return _joined(self.before(each, after) for each in branches)
            case Choose(_, _, body):
                return self._reading(effect, self.before(body, after))
            case While():
                return self.around(effect, after)
            case _:
                assert_never(effect)

    def around(self, loop: While, after: Summary) -> Summary:
        """Return the summary of a loop from its head on, which is also what its body comes to."""
        head = self._reading(loop, after)
        while True:
            again = self._reading(loop, _joined((after, self.before(loop.body, head))))
            if again == head:
                return head
            head = again

    def read(self, effect: Effect) -> int:
        """Return the variables that the effect reads itself."""
        bits = self._bits(self._parts.own(expressions(effect)))
        if isinstance(effect, Assign) and _may_fail(effect.place):
            bits |= self._bit.get(effect.place.variable, 0)
        return bits

    def is_move(self, effect: Assign) -> bool:
        """Tell whether an assignment moves control."""
        return effect.place.variable is self._control

    def _bits(self, variables: Iterable[Variable]) -> int:
        bits = 0
        for each in variables:
            bits |= self._bit.get(each, 0)
        return bits

    def _assigned(self, effect: Assign, after: Summary) -> Summary:
        if self.is_move(effect):
            assert isinstance(effect.value, Literal)
            point = str(effect.value.value)
            # A later move counts; there is none where `after` leaves control alone.
            return _joined({point if to is None else to: flow} for to, flow in after.items())
        written = self._bit.get(effect.place.variable, 0)
        is_own = self._parts.is_own_place(effect.place)
        killed = written if is_own and self._parts.covers(effect.place) else 0
        return self._reading(
            effect,
            _each(after, lambda f: Flow(f.gen & ~killed, f.kill | killed, f.touched | written)),
        )

    def _reading(self, effect: Effect, after: Summary) -> Summary:
        read = self.read(effect)
        if not read:
            return after
        return _each(after, lambda f: Flow(f.gen | read, f.kill, f.touched | read))


def _each(summary: Summary, change: Callable[[Flow], Flow]) -> Summary:
    return {target: change(flow) for target, flow in summary.items()}


def _joined(summaries: Iterable[Summary]) -> Summary:
    """Return what holds for any of several ways."""
    result: dict[str | None, Flow] = {}
    for summary in summaries:
        for target, flow in summary.items():
            gen, kill, touched = result.get(target, flow)
            result[target] = Flow(gen | flow.gen, kill & flow.kill, touched | flow.touched)
    return result


def _may_fail(place: Place) -> bool:
    """Tell whether a path leads through a sequence, whose length then matters."""
    of: Type = place.variable.type
    for selector in place.path:
        match of:
            case SeqType():
                return True
            case MapType(_, element):
                of = element
            case RecordType(_, fields):
                assert isinstance(selector, int)
                of = fields[selector][1]
            case TupleType(components):
                assert isinstance(selector, int)
                of = components[selector]
            case _:
                raise AssertionError(f"a path leads into {of}")
    return False
