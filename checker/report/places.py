"""Places and names as reports print them: lines, statements, control points, actors, steps.

A place in the file that the user named is a bare line number; a place in an imported file carries
that file's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from checker.model.system import control_type
from checker.model.types import elements, position, show

if TYPE_CHECKING:
    from checker.model.ir import Local
    from checker.model.system import Action, ControlPoint, Process, State, System
    from checker.model.trace import Step
    from checker.model.types import Value
    from grammar.source import Span


_BEGINNING: Final = re.compile(
    r"(\w+\s*:\s*)?"  # a label
    r"((let|var)\b[^{}]*=|[^{}=]*:=|((else\s+)?if|while|return|atomic|await)\b)?"
    r"\s*(not\s+)?"
)
"""What may stand before a place on its line and still belong to the same statement."""


def line_of(site: Span, spec: str) -> str:
    """Return `27`, or `spin.k42:27` when the place is not in the file `spec`."""
    if site.source.name == spec:
        return str(site.line)
    return f"{PurePath(site.source.name).name}:{site.line}"


def statement_at(site: Span) -> str:
    """Return the first line of the statement at or around `site`, without comment.

    The place of a step may be smaller than its statement: the `swap` in `let pred = swap(...)`.
    Of an atomic block all lines are shown, as one.
    """
    if site.text.startswith("atomic"):
        lines = (_without_comment(line).strip() for line in site.text.splitlines())
        return "  ".join(line for line in lines if line).replace("{  ", "{ ").replace("  }", " }")
    line = site.source.line(site.line)
    start, end = site.column - 1, site.column - 1 + len(site.text)
    before = line[:start].lstrip(" \t}")
    begin = start - len(before) if _BEGINNING.fullmatch(before) else start
    if "\n" in site.text or not _another_begins(line[end:]):
        end = len(line)
    return _without_comment(line[begin:end]).strip()


def _another_begins(rest: str) -> bool:
    """Tell whether another statement stands on the same line, or the line closes a block."""
    rest = _without_comment(rest).strip()
    return bool(rest) and not rest.startswith(
        ("{", "=", "!", "<", ">", "and ", "or ", ",", "+", "-")
    )


def _without_comment(line: str) -> str:
    in_string = False
    for index, char in enumerate(line):
        if char == '"' and line[index - 1 : index] != "\\":
            in_string = not in_string
        elif not in_string and line.startswith("//", index):
            return line[:index]
    return line


def is_label(point: ControlPoint) -> bool:
    """Tell a name that the author gave, or the end, from a numbered place in a procedure."""
    return not point.name.rpartition(".")[2].isdecimal()


@dataclass(frozen=True, slots=True)
class Thread:
    """One process instance: `worker[Cpu0]`."""

    process: Process
    index: Value

    @property
    def name(self) -> str:
        """How the language names it."""
        if self.process.index is None:
            return self.process.name
        return f"{self.process.name}[{show(self.process.index, self.index)}]"

    def point(self, system: System, state: State) -> ControlPoint:
        """Return where it rests in `state`."""
        value = state[system.variables.index(self.process.control)]
        if self.process.index is not None:
            assert isinstance(value, tuple)
            value = value[position(self.process.index, self.index)]
        return self.process.points[position(control_type(self.process), value)]


def threads(system: System) -> tuple[Thread, ...]:
    """Return all process instances in the order of declaration and index."""
    return tuple(
        Thread(process, index)
        for process in system.processes
        for index in ((None,) if process.index is None else elements(process.index))
    )


def actor_order(system: System, step: Step) -> tuple[int, int, int, str]:
    """Return a key that puts columns in order: processes, elements that act, `system`."""
    action = step.action
    if action.process is not None:
        index = action.process.index
        at = 0 if index is None else position(index, step.params[0])
        return 0, system.processes.index(action.process), at, step.actor
    if step.actor == "system":
        return 2, 0, 0, step.actor
    return 1, 0, position(action.params[0].type, step.params[0]), step.actor


def step_name(action: Action) -> str:
    """Return the action's name without its process, which the column tells."""
    if action.process is None:
        return action.name
    return action.name.removeprefix(f"{action.process.name}.")


def call_text(step: Step) -> str:
    """Return `take(Client0)` or `send(from = Cpu0, to = Cpu1)`: an action as it was carried out."""
    shown = [(local.name, show(local.type, v)) for local, v in _shown_params(step)]
    if len(shown) == 1:
        return f"{step.action.name}({shown[0][1]})"
    inner = ", ".join(f"{name} = {value}" for name, value in shown)
    return f"{step.action.name}({inner})" if inner else step.action.name


def _shown_params(step: Step) -> list[tuple[Local, Value]]:
    pairs = list(zip(step.action.params, step.params, strict=True))
    process = step.action.process
    return pairs if process is None or process.index is None else pairs[1:]
