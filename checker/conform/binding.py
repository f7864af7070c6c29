"""Bindings: which steps of a specification are the events of a kernel or of a log.

A binding is a small TOML file, beside the specification or named on the command line:

    [numbers]
    Cpu = 1                         # kernels have numbers: 1 is the first element of Cpu

    [sizes]
    Cpu = "threads"                 # there are as many as the configuration has threads

    [events]
    "request(lock, thread)" = "worker[thread] leaves Lock.acquire.join"
    "acquire(lock, thread)" = "worker[thread] enters critical"
    "release(lock, thread)" = "worker[thread] leaves Lock.release"
    "free(page)" = "give_back(page) or drop(page, _)"

On the left stand the event and names for its values, on the right what a step must be in order to
count as that event, with `or` between several ways:

    ACTION(x, _, 3)             the declared action, with these parameters; `_` is anything
    PROCESS[x] enters PLACE     the process was not at the place before the step, and is after it
    PROCESS[x] leaves PLACE     the other way round
    PROCESS[x] goes P to Q      it was at P and not at Q, and is at Q

A value that the right side does not mention may be anything. One step can be several events, in the
order of the file. Steps that are no event are hidden: they may happen at any time. Without a file,
every declared action is an event of the same name with the same parameters.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    OptionType,
    SetType,
    SortType,
    position,
)
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.model.system import Process, State, System
    from checker.model.trace import Step
    from checker.model.types import Type, Value

_EVENT: Final = re.compile(r"(\w+)\s*(?:\(\s*([\w\s,]*)\))?")
_ACTION: Final = re.compile(r"([\w.]+)\s*(?:\(\s*([^()]*)\))?")
_SIZE: Final = re.compile(r"\s*\w+\s*(?:[+*]\s*\w+\s*)*")
_MOVE: Final = re.compile(
    r"([\w.]+?)(?:\[\s*(\w+)\s*\])?\s+(enters|leaves|goes)\s+([\w.]+)(?:\s+to\s+([\w.]+))?"
)


@dataclass(frozen=True, slots=True)
class ByAction:
    """The event is a declared action; an argument is None where anything will do.

    Arguments are names of the event's values, or numbers.
    """

    action: str
    arguments: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class ByMove:
    """The event is a move of a process from `source` to `target`; None is anywhere but the other.

    `index` is the name of a value of the event, or None for a process without index.
    """

    process: str
    index: str | int | None
    source: str | None
    target: str | None


Way: TypeAlias = ByAction | ByMove


@dataclass(frozen=True, slots=True)
class EventRule:
    """An event and the ways in which a step can be it."""

    name: str
    parameters: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event that a step is; a value is None where the specification says nothing about it."""

    name: str
    values: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join('_' if v is None else str(v) for v in self.values)})"


@dataclass(frozen=True, slots=True)
class Binding:
    """The events of a specification.

    Attributes:
        numbers: for sorts, the number that stands for the first element; 0 where none is given.
        sizes: constants and sort sizes, made of parameters of the configuration, `+` and `*`.
    """

    events: tuple[EventRule, ...]
    numbers: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(default_factory=dict)

    def rule(self, name: str) -> EventRule | None:
        """Return the rule of an event."""
        return next((rule for rule in self.events if rule.name == name), None)

    def number(self, of: Type, value: Value) -> int | None:
        """Return the number by which a kernel calls a value; None if it has no way to call it."""
        match of:
            case BoolType() | IntType():
                return int(value)  # type: ignore[arg-type]  # by the type
            case EnumType():
                return position(of, value)
            case SortType(name):
                return position(of, value) + self.numbers.get(name, 0)
            case OptionType(SortType(name) as element):
                first = self.numbers.get(name, 0)
                return first - 1 if value is None else position(element, value) + first
            case SetType(SortType() | IntType() as element):
                assert isinstance(value, frozenset)
                return sum(1 << (self.number(element, each) or 0) for each in value)
            case _:
                return None


def natural_binding(system: System) -> Binding:
    """Return the binding in which every declared action is an event of its own name."""
    return Binding(
        tuple(
            EventRule(
                action.name,
                tuple(param.name for param in action.params),
                (ByAction(action.name, tuple(param.name for param in action.params)),),
            )
            for action in system.actions
            if action.process is None
        )
    )


# --- reading --------------------------------------------------------------------------------------


def read_binding(text: str, name: str) -> Binding | tuple[Diagnostic, ...]:
    """Read a binding; whether it fits a specification is another question, see `misfits`.

    Args:
        name: of the file, for messages.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (_mistake("K310", f"`{name}` is not TOML: {error}", None),)
    mistakes: list[Diagnostic] = []
    numbers = {}
    for sort, first in _table(document, "numbers", name, mistakes).items():
        if isinstance(first, int) and not isinstance(first, bool):
            numbers[sort] = first
        else:
            mistakes.append(_mistake("K310", f"`{name}`: `{sort}` has no number", f"{sort} = 1"))
    sizes = {}
    for constant, size in _table(document, "sizes", name, mistakes).items():
        if isinstance(size, str) and _SIZE.fullmatch(size):
            sizes[constant] = size
        else:
            text = f"`{name}`: the size of `{constant}` is not made of parameters, `+` and `*`"
            mistakes.append(_mistake("K310", text, f'{constant} = "threads + 1"'))
    rules = []
    for left, right in _table(document, "events", name, mistakes).items():
        rule = _rule(left, right, name, mistakes)
        rules += [] if rule is None else [rule]
    for unknown in sorted(set(document) - {"numbers", "sizes", "events"}):
        remedy = "its parts are numbers, sizes and events"
        mistakes.append(_mistake("K310", f"`{name}` has a part `{unknown}`", remedy))
    if not rules and not mistakes:
        mistakes.append(_mistake("K310", f"`{name}` binds no event", 'as in "take(c)" = "take(c)"'))
    return tuple(mistakes) if mistakes else Binding(tuple(rules), numbers, sizes)


def misfits(binding: Binding, name: str, system: System) -> tuple[Diagnostic, ...]:
    """Return what a specification does not have of what a binding speaks of."""
    found = []
    sorts = {sort.name for sort in system.sorts}
    for sort in binding.numbers:
        if sort not in sorts:
            text = f"`{name}` numbers `{sort}`, which is no sort of {system.name}"
            known = ", ".join(sorted(sorts)) or "none"
            found.append(_mistake("K311", text, f"its sorts: {known}"))
    for rule in binding.events:
        found += _misfits(rule, name, system)
    return tuple(found)


def size_of(text: str, parameters: Mapping[str, int]) -> int:
    """Return the value of a sum of products of parameters and numbers.

    Raises:
        KeyError: a parameter is not known.
    """
    products = ([term.strip() for term in each.split("*")] for each in text.split("+"))
    return sum(
        prod(int(term) if term.isdecimal() else parameters[term] for term in terms)
        for terms in products
    )


def _table(
    document: Mapping[str, object], part: str, name: str, mistakes: list[Diagnostic]
) -> dict[str, object]:
    given = document.get(part, {})
    if isinstance(given, dict):
        return given
    mistakes.append(_mistake("K310", f"`{name}`: `{part}` is not a table", f"[{part}]"))
    return {}


def _rule(left: str, right: object, name: str, mistakes: list[Diagnostic]) -> EventRule | None:
    event = _EVENT.fullmatch(left.strip())
    if event is None or not isinstance(right, str):
        text = f"`{name}`: `{left}` is not an event with names for its values"
        mistakes.append(_mistake("K310", text, 'as in "acquire(lock, thread)" = "take(thread)"'))
        return None
    ways = [_way(part.strip()) for part in re.split(r"\bor\b", right)]
    if any(way is None for way in ways):
        text = f"`{name}`: `{right}` does not say which steps are `{event[1]}`"
        remedy = "write ACTION(x), PROCESS[x] enters PLACE, leaves PLACE, or goes PLACE to PLACE"
        mistakes.append(_mistake("K310", text, remedy))
        return None
    return EventRule(event[1], _names(event[2]), tuple(w for w in ways if w is not None))


def _way(text: str) -> Way | None:
    move = _MOVE.fullmatch(text)
    if move is not None:
        process, index, verb, first, second = move.groups()
        argument = None if index is None else _argument(index)
        match verb, second:
            case "enters", None:
                return ByMove(process, argument, None, first)
            case "leaves", None:
                return ByMove(process, argument, first, None)
            case "goes", str(target):
                return ByMove(process, argument, first, target)
            case _:
                return None
    action = _ACTION.fullmatch(text)
    if action is None:
        return None
    return ByAction(action[1], tuple(_argument(each) for each in _names(action[2])))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(each.strip() for each in (text or "").split(",") if each.strip())


def _argument(text: str) -> str | int | None:
    if text == "_":
        return None
    return int(text) if text.lstrip("-").isdecimal() else text


def _misfits(rule: EventRule, name: str, system: System) -> list[Diagnostic]:
    """Return what the specification does not have of what a rule speaks of."""
    found = []
    for way in rule.ways:
        for text, remedy in _missing(way, system):
            found.append(_mistake("K311", f"`{name}`: {text}", remedy))
        used = way.arguments if isinstance(way, ByAction) else (way.index,)
        for each in used:
            if isinstance(each, str) and each not in rule.parameters:
                text = f"`{name}`: `{rule.name}` has no value called `{each}`"
                given = ", ".join(rule.parameters) or "none"
                found.append(_mistake("K311", text, f"its values: {given}"))
    return found


def _missing(way: Way, system: System) -> list[tuple[str, str]]:
    match way:
        case ByAction(action, arguments):
            actions = {a.name: a for a in system.actions if a.process is None}
            if action not in actions:
                known = ", ".join(sorted(actions)) or "none"
                return [(f"{system.name} has no action `{action}`", f"its actions: {known}")]
            count = len(actions[action].params)
            if arguments and len(arguments) != count:
                return [(f"`{action}` has {count} parameters", f"write {count}, `_` for any")]
            return []
        case ByMove(process, index, source, target):
            processes = {p.name: p for p in system.processes}
            of = processes.get(process)
            if of is None:
                known = ", ".join(sorted(processes)) or "none"
                return [(f"{system.name} has no process `{process}`", f"its processes: {known}")]
            found = []
            if (of.index is None) != (index is None):
                which = "no index" if of.index is None else "an index"
                found.append((f"process `{process}` has {which}", f"as in `{process}[thread]`"))
            for place in (source, target):
                if place is not None and not points_at(of, place):
                    known = ", ".join(sorted(_places(of)))
                    found.append((f"`{process}` has no place `{place}`", f"its places: {known}"))
            return found
        case _:
            assert_never(way)


def points_at(process: Process, place: str) -> frozenset[str]:
    """Return the names of the control points that are at a place."""
    return frozenset(
        point.name for point in process.points if place == point.name or place in point.places
    )


def _places(process: Process) -> set[str]:
    return {place for point in process.points for place in point.places}


def _mistake(code: str, message: str, remedy: str | None) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, None, message, remedy=remedy)


# --- applying -------------------------------------------------------------------------------------


class Emitter:
    """Tells which events a step of a system is."""

    def __init__(self, system: System, binding: Binding) -> None:
        """Look up what the binding speaks of."""
        self._system = system
        self._binding = binding
        self._positions = {v: at for at, v in enumerate(system.variables)}
        self._processes = {p.name: p for p in system.processes}
        self._points = {
            (p.name, place): points_at(p, place)
            for rule in binding.events
            for way in rule.ways
            if isinstance(way, ByMove)
            for place in (way.source, way.target)
            if place is not None
            for p in (self._processes[way.process],)
        }

    def events(self, step: Step, before: State, after: State) -> tuple[Emitted, ...]:
        """Return the events that a step is, in the order of the binding."""
        found = []
        for rule in self._binding.events:
            for way in rule.ways:
                values = self._values(rule, way, step, before, after)
                if values is not None:
                    found.append(Emitted(rule.name, values))
                    break
        return tuple(found)

    def _values(
        self, rule: EventRule, way: Way, step: Step, before: State, after: State
    ) -> tuple[int | None, ...] | None:
        """Return the values of the event if the step is it in this way."""
        match way:
            case ByAction(action, arguments):
                if step.action.process is not None or step.action.name != action:
                    return None
                params = step.action.params
                numbers = [
                    self._binding.number(param.type, value)
                    for param, value in zip(params, step.params, strict=True)
                ]
                return _placed(rule, arguments, numbers)
            case ByMove(process, index):
                of = self._processes[process]
                if step.action.process is not of or not self._moves(way, step, before, after):
                    return None
                number = None
                if of.index is not None:
                    number = self._binding.number(of.index, step.params[0])
                return _placed(rule, (index,), [number])
            case _:
                assert_never(way)

    def _moves(self, way: ByMove, step: Step, before: State, after: State) -> bool:
        was, now = self.point(way.process, step, before), self.point(way.process, step, after)
        source = None if way.source is None else self._points[way.process, way.source]
        target = None if way.target is None else self._points[way.process, way.target]
        if target is None:
            assert source is not None
            return was in source and now not in source
        return (source is None or was in source) and was not in target and now in target

    def point(self, process: str, step: Step, state: State) -> str:
        """Return the control point of the process that a step is of."""
        of = self._processes[process]
        control = state[self._positions[of.control]]
        if of.index is not None:
            assert isinstance(control, tuple)
            control = control[position(of.index, step.params[0])]
        assert isinstance(control, str)
        return control


def _placed(
    rule: EventRule, arguments: tuple[str | int | None, ...], numbers: list[int | None]
) -> tuple[int | None, ...] | None:
    """Return the event's values, each where an argument names it; None if a number differs."""
    found: dict[str, int | None] = {}
    for argument, number in zip(arguments, numbers, strict=False):
        if isinstance(argument, int) and argument != number:
            return None
        if isinstance(argument, str):
            found[argument] = number
    return tuple(found.get(name) for name in rule.parameters)
