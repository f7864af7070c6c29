"""Why an event is impossible: the guards that failed, and what was allowed instead.

The states in question are all those in which exactly the events before it can have happened. In
each, every way in which the binding lets a step be the event is tried: a declared action with the
event's values as parameters, or the next steps of the process that should move. What stands in the
way is told with the values that decide it, most frequent reasons first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, assert_never

from checker.conform.binding import ByAction, ByMove
from checker.model.evaluate import holds
from checker.model.explain import Part, explain
from checker.model.interpret import Moved, perform, state_scope
from checker.model.ir import And
from checker.model.operators import EvaluationError
from checker.model.render import Words, render
from checker.model.types import elements, position, show
from checker.report.places import statement_at

if TYPE_CHECKING:
    from checker.conform.binding import EventRule, Way
    from checker.conform.monitor import SpecMonitor, Wanted
    from checker.model.ir import Expr
    from checker.model.system import Action, Process, State
    from checker.model.types import Type, Value

MAX_STATES: Final = 500
"""States that are looked at, of those in question."""
MAX_REASONS: Final = 4
MAX_INSTANCES: Final = 64
"""Parameters that are tried for an action whose event leaves them open."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What stands in the way in some states.

    Attributes:
        way: the step that was wanted.
        text: why it is not possible.
        values: what decides that.
        states: in how many states it is so.
    """

    way: str
    text: str
    values: tuple[Part, ...]
    states: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that a specification does not allow.

    Attributes:
        position: of the event in its word.
        states: how many states the specification could be in.
        example: the first of them.
        allowed: the events that could come instead, without hidden steps before them.
    """

    event: str
    position: int
    states: int
    example: State
    reasons: tuple[Reason, ...]
    allowed: tuple[str, ...]


def refusal(monitor: SpecMonitor, spec: int, word: tuple[Wanted, ...]) -> Refusal:
    """Explain why the monitor refuses a word."""
    progress = monitor.progress(spec, word)
    wanted = word[progress.position]
    states = sorted(progress.states)
    counts: dict[tuple[str, str, tuple[Part, ...]], int] = {}
    for number in states[:MAX_STATES]:
        for reason in _reasons(monitor, monitor.states[number], wanted):
            counts[reason] = counts.get(reason, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Refusal(
        event=shown_event(wanted),
        position=progress.position,
        states=len(states),
        example=monitor.states[states[0]],
        reasons=tuple(Reason(*key, count) for key, count in ordered[:MAX_REASONS]),
        allowed=tuple(map(str, monitor.allowed(states))),
    )


def shown_event(wanted: Wanted) -> str:
    """Return an event as text: `acquire(0, 2)`, `_` for what is not known."""
    name, values = wanted
    shown = "..." if values is None else ", ".join("_" if v is None else str(v) for v in values)
    return f"{name or '_'}({shown})"


_Found = tuple[str, str, tuple[Part, ...]]


def _reasons(monitor: SpecMonitor, state: State, wanted: Wanted) -> Iterator[_Found]:
    name, values = wanted
    rule = None if name is None else monitor.binding.rule(name)
    if rule is None:
        return
    given = dict(zip(rule.parameters, values or (None,) * len(rule.parameters), strict=False))
    for way in rule.ways:
        yield from _in_the_way(monitor, state, rule, way, given)


def _in_the_way(
    monitor: SpecMonitor, state: State, rule: EventRule, way: Way, given: dict[str, int | None]
) -> Iterator[_Found]:
    system = monitor.system
    match way:
        case ByAction(name, arguments):
            action = next(a for a in system.actions if a.process is None and a.name == name)
            padded = (*arguments, *(None,) * len(action.params))
            wanted = [given.get(a) if isinstance(a, str) else a for a in padded]
            types = [param.type for param in action.params]
            for params in _instances(monitor, types, wanted):
                shown = [
                    f"{p.name} = {show(p.type, v)}"
                    for p, v in zip(action.params, params, strict=True)
                ]
                text, values = _blocked(monitor, state, action, params)
                yield f"{name}({', '.join(shown)})", text, values
        case ByMove(name, index):
            process = next(p for p in system.processes if p.name == name)
            types = [] if process.index is None else [process.index]
            wanted = [given.get(index) if isinstance(index, str) else index]
            for params in _instances(monitor, types, wanted):
                yield _standing(monitor, state, process, params, way)
        case _:
            assert_never(way)


def _instances(
    monitor: SpecMonitor, types: list[Type], wanted: list[int | None]
) -> Iterator[tuple[Value, ...]]:
    """Yield the parameters whose numbers are wanted; none if a number denotes no value."""
    choices = [
        [v for v in elements(of) if number is None or monitor.binding.number(of, v) == number]
        for of, number in zip(types, wanted, strict=False)
    ]
    for tried, params in enumerate(product(*choices)):
        if tried == MAX_INSTANCES:
            return
        yield params


def _standing(
    monitor: SpecMonitor, state: State, process: Process, params: tuple[Value, ...], way: ByMove
) -> _Found:
    """Tell where a process rests and what stands in the way of its next steps."""
    control = state[monitor.system.variables.index(process.control)]
    actor = process.name
    if process.index is not None:
        assert isinstance(control, tuple)
        control = control[position(process.index, params[0])]
        actor += f"[{show(process.index, params[0])}]"
    wanted = f"{actor} {_verb(way)}"
    for action in monitor.system.actions:
        if action.process is process and action.source and action.source.name == control:
            text, values = _blocked(monitor, state, action, params)
            statement = statement_at(action.source.site)
            return wanted, f"rests at {control}, and its next step `{statement}` {text}", values
    return wanted, f"rests at {control} for ever", ()


def _verb(way: ByMove) -> str:
    if way.source is None:
        return f"enters {way.target}"
    return f"leaves {way.source}" if way.target is None else f"goes {way.source} to {way.target}"


def _blocked(
    monitor: SpecMonitor, state: State, action: Action, params: tuple[Value, ...]
) -> tuple[str, tuple[Part, ...]]:
    """Return why an action is not possible, or what it does instead, with deciding values."""
    system = monitor.system
    scope = state_scope(system, state)
    for local, value in zip(action.params, params, strict=True):
        scope = scope.bind(local, value)
    try:
        for part in _conjuncts(action.guard):
            if not holds(part, scope):
                text = render(part, Words(system.processes, scope.locals))
                return f"needs `{text}`", explain(part, scope)
        outcomes = tuple(perform(system, state, action, params))
    except EvaluationError as error:
        return f"fails: {error}", ()
    if not outcomes:
        return "is held back by a condition inside it", ()
    if not any(isinstance(outcome, Moved) for outcome in outcomes):
        return "fails", ()
    return "is possible, but is not that event", ()


def _conjuncts(guard: Expr) -> Iterator[Expr]:
    if isinstance(guard, And):
        for part in guard.args:
            yield from _conjuncts(part)
    else:
        yield guard
