"""The reference interpreter: what a system does, step by step.

It is the oracle of every engine, so it is written to be read, not to be fast. An effect is carried
out on an *execution* (the state so far, the locals, the choices made) and gives a list of
executions, in the fixed order of `checker.model.ir`: branches as written, values in canonical
order, the earlier choice counting first.

Decisions:
    * The guard of an action is the whole of its condition, the control point included; `source`
      only names it.
    * A place is resolved before the value to be assigned is evaluated. Later effects of the step
      see it.
    * A failure ends its execution where it happens, even if a later guard would have dropped the
      execution; other executions of the same action go on.
    * A branch counts as taken by executions that complete, not by those that a guard drops.
    * A state in which some step is possible but fails is not a deadlock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.model.evaluate import Scope, candidates, evaluate, holds, slot
from checker.model.explain import Part, explain
from checker.model.ir import (
    LOOP_LIMIT,
    Assert,
    Assign,
    Bind,
    Choose,
    Either,
    Guard,
    If,
    Literal,
    Seq,
    While,
)
from checker.model.operators import EvaluationError
from checker.model.render import Words, render, render_place
from checker.model.system import Action, State, System
from checker.model.trace import Choice, Step
from checker.model.types import (
    BOOL,
    MapType,
    RecordType,
    SeqType,
    TupleType,
    contains,
    default,
    describe,
    elements,
)
from grammar.source import NOWHERE, Span

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local, Place, Variable
    from checker.model.system import Process
    from checker.model.types import Type, Value

# --- outcomes -------------------------------------------------------------------------------------

BranchKey: TypeAlias = tuple[Span, int]
"""A branch as coverage counts it: the statement, and the way, as in `coverage_points.Branch`."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A statement gave a part of a variable a value, perhaps the one that it had.

    Attributes:
        path: the positions in nested tuples that lead to the part.
    """

    variable: Variable
    path: tuple[int, ...]
    before: Value
    after: Value
    site: Span


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement gave a local a value that ends with the step."""

    local: Local
    value: Value
    site: Span


@dataclass(frozen=True, slots=True)
class Passed:
    """What the step waits for holds."""

    site: Span


@dataclass(frozen=True, slots=True)
class Decided:
    """The condition of a branch was looked at."""

    holds: bool
    site: Span


Act: TypeAlias = Wrote | Bound | Passed | Decided
"""One thing that a step did, for those who tell of it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The step leads to `state`; `branches` are those that it took, `acts` what it did in order."""

    step: Step
    state: State
    branches: frozenset[BranchKey] = field(default=frozenset(), compare=False, repr=False)
    acts: tuple[Act, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AssertionFailed:
    """An `assert` in the step does not hold; `values` explain it, `acts` are what came before."""

    step: Step
    site: Span
    message: str
    values: tuple[Part, ...]
    acts: tuple[Act, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EvaluationFailed:
    """An expression in the step has no value, or a loop does not end; `acts` came before."""

    step: Step
    site: Span
    message: str
    acts: tuple[Act, ...] = field(default=(), compare=False, repr=False)


Outcome: TypeAlias = Moved | AssertionFailed | EvaluationFailed


@dataclass(frozen=True, slots=True)
class Holds:
    """The condition is true."""


@dataclass(frozen=True, slots=True)
class Fails:
    """The condition is false."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """The condition has no value."""

    message: str


Judgement: TypeAlias = Holds | Fails | Undefined

# --- states and steps -----------------------------------------------------------------------------


def environment(system: System, state: State) -> dict[Variable, Value]:
    """Return the state as a mapping."""
    return dict(zip(system.variables, state, strict=True))


def state_scope(system: System, state: State) -> Scope:
    """Return the scope of a property of states."""
    return Scope(environment(system, state), {}, processes=system.processes)


def step_scope(system: System, before: State, after: State) -> Scope:
    """Return the scope of a property of steps."""
    return replace(state_scope(system, after), old=environment(system, before))


def initial_states(system: System) -> tuple[Outcome, ...]:
    """Return what `init` yields, in order, as steps of an action named `init`; states may recur."""
    action = Action(
        name="init",
        process=None,
        source=None,
        params=(),
        guard=Literal(True, BOOL),
        body=system.init,
        site=NOWHERE,
    )
    defaults = tuple(default(variable.type) for variable in system.variables)
    return tuple(perform(system, defaults, action, ()))


def successors(system: System, state: State) -> Iterator[Outcome]:
    """Yield every step that is possible: by action, then parameters, then execution."""
    for action in system.actions:
        for params in product(*(tuple(elements(param.type)) for param in action.params)):
            yield from perform(system, state, action, params)


def perform(
    system: System, state: State, action: Action, params: tuple[Value, ...]
) -> Iterator[Outcome]:
    """Yield the executions of one action with given parameters; none if it is not possible."""
    start = _Execution(
        environment(system, state), dict(zip(action.params, params, strict=True)), system.processes
    )
    guard = Guard(action.guard, action.site)
    for result in _run(Seq((guard, action.body)), start):
        match result:
            case _Execution():
                after = tuple(result.state[variable] for variable in system.variables)
                step = Step(action, params, result.choices)
                yield Moved(step, after, result.branches, result.acts)
            case _Asserted(at, site, message, values):
                step = Step(action, params, at.choices)
                yield AssertionFailed(step, site, message, values, at.acts)
            case _Broken(at, site, message):
                step = Step(action, params, at.choices)
                yield EvaluationFailed(step, site, message, at.acts)
            case _:
                assert_never(result)


def judge(expr: Expr, scope: Scope) -> Judgement:
    """Evaluate a condition to a value of its own kind, never raising."""
    try:
        return Holds() if holds(expr, scope) else Fails()
    except EvaluationError as error:
        return Undefined(str(error))


def judge_state(system: System, expr: Expr, state: State) -> Judgement:
    """Judge an invariant, `reachable` or `terminal` condition in a state."""
    return judge(expr, state_scope(system, state))


def judge_step(system: System, expr: Expr, before: State, after: State) -> Judgement:
    """Judge a step property on a transition."""
    return judge(expr, step_scope(system, before, after))


def is_terminated(system: System, state: State) -> Judgement:
    """Judge whether a state may have no successor: every process at `end`, or `terminal` holds.

    Actions alone end only where `terminal` says so.
    """
    values = environment(system, state)
    if system.ends_by_itself and all(_at_end(process, values) for process in system.processes):
        return Holds()
    if system.terminal is None:
        return Fails()
    return judge_state(system, system.terminal, state)


def _at_end(process: Process, values: Mapping[Variable, Value]) -> bool:
    control = values[process.control]
    ended = process.points[-1].name
    return process.can_end and (
        control == ended if process.index is None else control == (ended,) * len(_tuple(control))
    )


# --- effects --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Execution:
    """One way through a step, so far."""

    state: Mapping[Variable, Value]
    locals: Mapping[Local, Value]
    processes: tuple[Process, ...]
    choices: tuple[Choice, ...] = ()
    branches: frozenset[BranchKey] = frozenset()
    acts: tuple[Act, ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope(self.state, self.locals, processes=self.processes)

    def bind(self, local: Local, value: Value) -> _Execution:
        return replace(self, locals={**self.locals, local: value})

    def noted(self, act: Act) -> _Execution:
        return replace(self, acts=(*self.acts, act))

    def choose(self, choice: Choice) -> _Execution:
        return replace(self, choices=(*self.choices, choice))

    def take(self, site: Span, way: int) -> _Execution:
        return replace(self, branches=self.branches | {(site, way)})


@dataclass(frozen=True, slots=True)
class _Asserted:
    at: _Execution
    site: Span
    message: str
    values: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Broken:
    at: _Execution
    site: Span
    message: str


_Result: TypeAlias = _Execution | _Asserted | _Broken


def _run(effect: Effect, execution: _Execution) -> list[_Result]:
    """Carry out an effect; a failing expression of its own is the only result then."""
    try:
        return _carry_out(effect, execution)
    except EvaluationError as error:
        assert not isinstance(effect, Seq), "a sequence has no expression"
        return [_Broken(execution, effect.site, str(error))]


def _run_all(effect: Effect, results: list[_Result]) -> list[_Result]:
    """Carry out an effect after each of the executions; those that failed stay where they are."""
    return [
        after
        for result in results
        for after in (_run(effect, result) if isinstance(result, _Execution) else [result])
    ]


def _carry_out(effect: Effect, execution: _Execution) -> list[_Result]:
    match effect:
        case Seq(effects):
            results: list[_Result] = [execution]
            for each in effects:
                results = _run_all(each, results)
            return results
        case Assign():
            return [_assign(effect, execution)]
        case Bind(local, value, site):
            bound = evaluate(value, execution.scope)
            return [execution.bind(local, bound).noted(Bound(local, bound, site))]
        case If(condition, then, otherwise, site):
            is_then = holds(condition, execution.scope)
            decided = execution.take(site, 0 if is_then else 1).noted(Decided(is_then, site))
            return _run(then if is_then else otherwise, decided)
        case While():
            return _repeat(effect, execution)
        case Choose(local, domain, body):
            results = []
            for picked in candidates(local, domain, execution.scope):
                chosen = execution.choose(Choice(local.name, local.type, picked))
                results += _run(body, chosen.bind(local, picked))
            return results
        case Either(branches, site):
            results = []
            for way, branch in enumerate(branches):
                chosen = execution.choose(Choice("branch", None, way))
                results += _run(branch, chosen.take(site, way))
            return results
        case Guard(condition, site):
            return [execution.noted(Passed(site))] if holds(condition, execution.scope) else []
        case Assert():
            return _check(effect, execution)
        case _:
            assert_never(effect)


def _check(effect: Assert, execution: _Execution) -> list[_Result]:
    if holds(effect.condition, execution.scope):
        return [execution]
    text = render(effect.condition, Words(execution.processes, execution.locals))
    message = effect.message or f"`{text}` does not hold"
    values = explain(effect.condition, execution.scope)
    return [_Asserted(execution, effect.site, message, values)]


def _repeat(loop: While, start: _Execution) -> list[_Result]:
    """Carry out a loop round by round, keeping the executions in order."""
    # Each entry says whether the execution is still in the loop.
    entries: list[tuple[bool, _Result]] = [(True, start)]
    rounds = 0
    while any(is_inside for is_inside, _ in entries):
        entries = [
            after
            for is_inside, result in entries
            for after in (_round(loop, result, rounds) if is_inside else [(False, result)])
        ]
        rounds += 1
    return [result for _, result in entries]


def _round(loop: While, result: _Result, rounds: int) -> list[tuple[bool, _Result]]:
    if not isinstance(result, _Execution):
        return [(False, result)]
    try:
        if not holds(loop.condition, result.scope):
            return [(False, result)]
    except EvaluationError as error:
        return [(False, _Broken(result, loop.site, str(error)))]
    if rounds == LOOP_LIMIT:
        message = f"the loop takes more than {LOOP_LIMIT} rounds"
        return [(False, _Broken(result, loop.site, message))]
    return [(True, after) for after in _run(loop.body, result)]


# --- assignment -----------------------------------------------------------------------------------


def _assign(effect: Assign, execution: _Execution) -> _Execution:
    place, variable = effect.place, effect.place.variable
    before = execution.state[variable]
    path = _resolve(place, execution)
    new = evaluate(effect.value, execution.scope)
    assert contains(place.type, new), f"{new!r} is stored in a {describe(place.type)}"
    after = _replaced(before, path, new)
    act = Wrote(variable, path, _part(before, path), new, effect.site)
    state = {**execution.state, variable: after}
    return replace(execution, state=state, acts=(*execution.acts, act))


def _part(whole: Value, path: tuple[int, ...]) -> Value:
    for at in path:
        whole = _tuple(whole)[at]
    return whole


def _resolve(place: Place, execution: _Execution) -> tuple[int, ...]:
    """Return the positions in nested tuples that the path selects."""
    of: Type = place.variable.type
    whole = execution.state[place.variable]
    found = []
    for selector in place.path:
        match of:
            case MapType(_, element) | SeqType(_, element):
                assert not isinstance(selector, int)
                key = evaluate(selector, execution.scope)
                try:
                    at = slot(of, _tuple(whole), key)
                except EvaluationError as error:
                    words = Words(execution.processes, execution.locals)
                    raise EvaluationError(f"{error}: `{render_place(place, words)}`") from None
                of = element
            case RecordType(_, fields):
                assert isinstance(selector, int)
                at, of = selector, fields[selector][1]
            case TupleType(components):
                assert isinstance(selector, int)
                at, of = selector, components[selector]
            case _:
                raise AssertionError(f"a path leads into a {describe(of)}")
        found.append(at)
        whole = _tuple(whole)[at]
    return tuple(found)


def _replaced(whole: Value, path: tuple[int, ...], new: Value) -> Value:
    if not path:
        return new
    components = _tuple(whole)
    at = path[0]
    return (*components[:at], _replaced(components[at], path[1:], new), *components[at + 1 :])


def _tuple(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, tuple)
    return value
