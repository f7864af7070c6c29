"""Logs: what some program says that it did, one JSON object on each line.

    {"event": "acquire", "thread": 2}                 an event, its values by the binding's names
    {"event": "acquire", "args": [0, 2]}              ... or in order; null is not known
    {"event": "release", "thread": "Cpu1"}            elements may go by name
    {"thread": 1}                                     some event, of which little is known
    {"event": "add", "state": {"count": 3}}           ... after which variables have values
    {"event": null, "state": {"table": {"Page0": 1}}} nothing happened, but this is how it is

Whatever is missing may be anything: the specification is followed along every path that fits. Other
keys (a time, a processor) are no claim about the specification and are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker.conform.binding import ByAction
from checker.model.types import elements, show
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.conform.binding import Binding, EventRule
    from checker.model.system import System
    from checker.model.types import Type
    from checker.report.values_json import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a log.

    Attributes:
        happened: whether it tells of an event at all.
        name: of the event; None if that is not known.
        values: of the event; None where it is not known.
        state: values of variables after it, as JSON.
    """

    line: int
    text: str
    happened: bool
    name: str | None
    values: tuple[int | None, ...] | None
    state: Mapping[str, Json] = field(default_factory=dict)


def read_log(
    lines: Iterable[str], binding: Binding, system: System
) -> tuple[Entry, ...] | Diagnostic:
    """Read a log; blank lines are left out. The first mistake ends the reading."""
    reader = _Reader(binding, system)
    entries = []
    for number, text in enumerate(lines, start=1):
        if text.strip():
            entry = reader.entry(number, text.strip())
            if isinstance(entry, Diagnostic):
                return entry
            entries.append(entry)
    return tuple(entries)


class _Reader:
    """Reads lines as the binding understands them."""

    def __init__(self, binding: Binding, system: System) -> None:
        self._binding = binding
        self._system = system
        self._variables = {variable.name for variable in system.variables}

    def entry(self, number: int, text: str) -> Entry | Diagnostic:
        """Read one line."""
        try:
            found: Json = json.loads(text)
        except (ValueError, RecursionError) as error:
            return _mistake(number, f"is not JSON: {error}", None)
        if not isinstance(found, dict):
            return _mistake(number, "is not an object", 'as in {"event": "acquire", "args": [2]}')
        state = found.get("state", {})
        if not isinstance(state, dict):
            return _mistake(number, "`state` is not an object", '"state": {"count": 3}')
        unknown = sorted(set(state) - self._variables)
        if unknown:
            known = ", ".join(sorted(self._variables))
            text = f"{self._system.name} has no variable `{unknown[0]}`"
            return _mistake(number, text, f"its variables: {known}")
        if "event" in found and found["event"] is None:
            return Entry(number, text, happened=False, name=None, values=None, state=state)
        name = found.get("event")
        if name is not None and not isinstance(name, str):
            return _mistake(number, "`event` is not a name", None)
        rule = None if name is None else self._binding.rule(name)
        if name is not None and rule is None:
            known = ", ".join(each.name for each in self._binding.events)
            return _mistake(number, f"the binding has no event `{name}`", f"its events: {known}")
        values = self._values(number, found, rule)
        if isinstance(values, Diagnostic):
            return values
        return Entry(number, text, happened=True, name=name, values=values, state=state)

    def _values(
        self, number: int, found: Mapping[str, Json], rule: EventRule | None
    ) -> tuple[int | None, ...] | Diagnostic | None:
        if rule is None:
            return None
        args = found.get("args")
        given: list[Json] = [found.get(name) for name in rule.parameters]
        if isinstance(args, list):
            if len(args) != len(rule.parameters):
                count = len(rule.parameters)
                return _mistake(number, f"`{rule.name}` has {count} values", "null if not known")
            given = args
        values = []
        for name, value in zip(rule.parameters, given, strict=True):
            meant = self._number(rule, name, value)
            if value is not None and meant is None:
                return _mistake(number, f"`{name}` cannot be {json.dumps(value)}", None)
            values.append(meant)
        return tuple(values)

    def _number(self, rule: EventRule, name: str, value: Json) -> int | None:
        """Return the number of a value that is given as a number or by its name."""
        match value:
            case bool() | int():
                return int(value)
            case str():
                for of in self._types(rule, name):
                    for each in elements(of):
                        if show(of, each) == value:
                            return self._binding.number(of, each)
                return None
            case _:
                return None

    def _types(self, rule: EventRule, name: str) -> list[Type]:
        """Return the types of the parameters that a value of an event stands for."""
        found = []
        for way in rule.ways:
            if isinstance(way, ByAction):
                action = next(a for a in self._system.actions if a.name == way.action)
                pairs = zip(way.arguments, action.params, strict=False)
                found += [param.type for argument, param in pairs if argument == name]
            elif way.index == name:
                process = next(p for p in self._system.processes if p.name == way.process)
                found += [] if process.index is None else [process.index]
        return found


def _mistake(line: int, message: str, remedy: str | None) -> Diagnostic:
    return Diagnostic("K314", Severity.ERROR, None, f"line {line}: {message}", remedy=remedy)
