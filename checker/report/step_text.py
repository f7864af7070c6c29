"""What one step did, in short texts: what was chosen, which parts changed, which label is reached.

The parts of a process's own locals go by the names that its code uses. That a local loses its value
because control leaves its scope is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, assert_never

from checker.model.ir import Assign, Role, Seq, Variable
from checker.model.rewrite import parts
from checker.model.types import MapType, Type, Value, default, elements, show
from checker.report.diff import Change, Edited, Replaced, changes
from checker.report.places import Thread, is_label
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.ir import Effect
    from checker.model.system import State, System
    from checker.model.trace import Step

MAX_CHANGES = 8
"""Changed parts of one variable that are listed; of more, the first ones."""


def told_choices(step: Step) -> list[str]:
    """Return what was picked in the step, one text for each choice."""
    texts = []
    for choice in step.choices:
        if choice.type is None:
            assert isinstance(choice.value, int)
            texts.append(f"takes branch {choice.value + 1}")
        else:
            texts.append(f"chooses {choice.name} = {show(choice.type, choice.value)}")
    return texts


def told_changes(system: System, step: Step, before: State, after: State) -> list[str]:
    """Return what the step changed, one text for each part, and the label it arrives at."""
    texts: list[str] = []
    for variable, old, new in zip(system.variables, before, after, strict=True):
        if variable.role is Role.CONTROL:
            continue
        found = [
            _told(change)
            for path, of, a, b in _by_thread(variable, step, old, new)
            if not _ends_its_scope(variable, step, of, b)
            for change in changes(of, path, a, b)
        ]
        if old == new:
            found = _kept(variable, step, new)
        if len(found) > MAX_CHANGES:
            rest = len(found) - MAX_CHANGES
            found = [*found[:MAX_CHANGES], f"... and {rest} more in {variable.name}"]
        texts += found
    return texts + _arrival(system, step, before, after)


def _told(change: Change) -> str:
    match change:
        case Replaced(path, before, after):
            return f"{path}: {before} -> {after}"
        case Edited(path, what):
            return f"{path}: {what}"
        case _:
            assert_never(change)


def _by_thread(
    variable: Variable, step: Step, old: Value, new: Value
) -> Iterator[tuple[str, Type, Value, Value]]:
    """Split a process's local by thread, and name the actor's own part as its code does."""
    process = step.action.process
    if process is None or variable.owner != process.name:
        yield variable.name, variable.type, old, new
        return
    own = _own_name(variable, step)
    if process.index is None:
        yield own, variable.type, old, new
        return
    assert isinstance(variable.type, MapType)
    assert isinstance(old, tuple)
    assert isinstance(new, tuple)
    for key, a, b in zip(elements(process.index), old, new, strict=True):
        is_own = key == step.params[0]
        path = own if is_own else f"{variable.name}[{show(process.index, key)}]"
        yield path, variable.type.value, a, b


def _own_name(variable: Variable, step: Step) -> str:
    """Name an actor's local as its code does: without the process, and in a procedure bare."""
    assert step.action.process is not None
    name = variable.name.removeprefix(f"{step.action.process.name}.")
    procedure, _, bare = name.rpartition(".")
    source = step.action.source
    return bare if source is not None and procedure in source.places else name


def _ends_its_scope(variable: Variable, step: Step, of: Type, new: Value) -> bool:
    """Tell whether a local got its default because control left its scope: no news to the reader.

    The assignments that do so are written nowhere in the text.
    """
    if variable.role is not Role.LOCAL or new != default(of):
        return False
    sites = {
        each.site for each in _assignments(step.action.body) if each.place.variable is variable
    }
    return sites == {NOWHERE}


def _assignments(effect: Effect) -> Iterator[Assign]:
    if isinstance(effect, Assign):
        yield effect
    for part in parts(effect):
        yield from _assignments(part)


def _kept(variable: Variable, step: Step, value: Value) -> list[str]:
    """Tell of a local that was given the value it had: what a step has read may matter."""
    process = step.action.process
    body = step.action.body
    effects = body.effects if isinstance(body, Seq) else (body,)
    if process is None or variable.owner != process.name:
        return []
    if not any(
        isinstance(e, Assign) and e.place.variable is variable and e.site is not NOWHERE
        for e in effects
    ):
        return []
    for path, of, _, same in _by_thread(variable, step, value, value):
        if path == _own_name(variable, step):
            return [f"{path}: {show(of, same)}, as before"]
    return []


def _arrival(system: System, step: Step, before: State, after: State) -> list[str]:
    process = step.action.process
    if process is None:
        return []
    thread = Thread(process, step.params[0] if process.index is not None else None)
    there = thread.point(system, after)
    if there is thread.point(system, before) or not is_label(there):
        return []
    return [f"now at {there.name}"]
