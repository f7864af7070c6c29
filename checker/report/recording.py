"""Recorded traces: read from JSON or ITF and carried out again.

A recording tells states and, of each step, as much as its format knows: all of it when this tool
wrote it, nothing but the states when another tool did. `realise` finds the steps with the
interpreter, which makes a trace of a recording, or says at which step the specification does not
allow what is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from checker.model.interpret import Moved, Outcome, initial_states, successors
from checker.model.trace import Trace
from checker.report.diff import changes
from checker.report.itf import read_states
from checker.report.json_doc import FORMAT, VERSION, choice_json
from checker.report.places import call_text
from checker.report.values_json import Json, UnreadableError, from_json, to_json

if TYPE_CHECKING:
    from checker.model.system import State, System
    from checker.model.trace import Step

MAX_POSSIBLE = 6
"""Steps that a message lists as possible."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a recording says about a step; None where it says nothing."""

    action: str | None
    params: Json
    choices: Json

    @property
    def text(self) -> str:
        """How a message names it."""
        if self.action is None:
            return "the step"
        given = self.params if isinstance(self.params, dict) else {}
        inner = ", ".join(f"{name} = {value}" for name, value in given.items())
        return f"`{self.action}({inner})`" if inner else f"`{self.action}`"


@dataclass(frozen=True, slots=True)
class Recording:
    """States, the steps between them, and a step that was tried at the end and failed."""

    states: tuple[State, ...]
    steps: tuple[Told, ...]
    failed: Told | None
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Impossible:
    """Where a recording leaves the specification: before its step `number`, counted from 1.

    Number 0 is the initial state. `prefix` is the part that could be carried out.
    """

    number: int
    message: str
    prefix: Trace | None


# --- reading --------------------------------------------------------------------------------------


def read_recording(system: System, json: Json) -> Recording:
    """Read a recording of any known form.

    Raises:
        UnreadableError: it is none, or not of this system.
    """
    if not isinstance(json, dict):
        raise UnreadableError("the document", "an object")
    if json.get("format") == FORMAT:
        return _read_trace(system, _trace_of_document(json))
    if "steps" in json:
        return _read_trace(system, json)
    if "vars" in json and "states" in json:
        return _read_itf(system, json)
    raise UnreadableError("the document", "a result of `k42 check`, or an ITF trace")


def _trace_of_document(document: dict[str, Json]) -> dict[str, Json]:
    """Return the trace of the first finding that has one, or else of the first witness."""
    if document.get("version") != VERSION:
        raise UnreadableError("version", f"{VERSION}, the one that can be read")
    for key in ("findings", "witnesses"):
        for run in _objects(document.get("runs"), "runs"):
            for item in _objects(run.get(key, []), key):
                trace = item.get("trace")
                if isinstance(trace, dict):
                    return trace
    raise UnreadableError("runs", "a run with a trace")


def _objects(json: Json, where: str) -> list[dict[str, Json]]:
    if not isinstance(json, list) or not all(isinstance(item, dict) for item in json):
        raise UnreadableError(where, "an array of objects")
    return cast("list[dict[str, Json]]", json)


def _read_trace(system: System, trace: dict[str, Json]) -> Recording:
    states = _objects(trace.get("states"), "states")
    steps = _objects(trace.get("steps"), "steps")
    if len(states) != len(steps) + 1:
        raise UnreadableError("steps", f"an array of {max(len(states) - 1, 0)}")
    failed = trace.get("failed")
    return Recording(
        tuple(_read_state(system, state, f"states[{i}]") for i, state in enumerate(states)),
        tuple(_told(step) for step in steps),
        _told(failed) if isinstance(failed, dict) else None,
        _read_loop(trace, len(states)),
    )


def _read_loop(json: dict[str, Json], count: int) -> int | None:
    """Return the number of the state to which a run returns, if it is told."""
    loop = json.get("loop")
    if loop is None:
        return None
    if not isinstance(loop, int) or not 0 <= loop < count:
        raise UnreadableError("loop", f"the number of a state, 0 to {count - 1}")
    return loop


def _read_state(system: System, json: dict[str, Json], where: str) -> State:
    for variable in system.variables:
        if variable.name not in json:
            raise UnreadableError(where, f"a state with the variable `{variable.name}`")
    return tuple(from_json(v.type, json[v.name], f"{where}.{v.name}") for v in system.variables)


def _told(json: dict[str, Json]) -> Told:
    action = json.get("action")
    return Told(
        action if isinstance(action, str) else None, json.get("params"), json.get("choices")
    )


def _read_itf(system: System, json: dict[str, Json]) -> Recording:
    states = read_states(system, json)
    metas = [state.get("#meta") for state in _objects(json["states"], "states")]
    steps = tuple(_told(meta if isinstance(meta, dict) else {}) for meta in metas[1:])
    meta = json.get("#meta")
    failed = meta.get("failed") if isinstance(meta, dict) else None
    closing = meta.get("closing") if isinstance(meta, dict) else None
    loop = _read_loop(json, len(states))
    if loop is not None and (isinstance(closing, dict) or loop < len(states) - 1):
        steps = (*steps, _told(closing if isinstance(closing, dict) else {}))
        states = (*states, states[loop])
    return Recording(states, steps, _told(failed) if isinstance(failed, dict) else None, loop)


# --- carrying out ---------------------------------------------------------------------------------


def realise(system: System, recording: Recording) -> Trace | Impossible:
    """Return the trace that is recorded, or where it is impossible."""
    first = recording.states[0]
    if not any(isinstance(o, Moved) and o.state == first for o in initial_states(system)):
        return Impossible(0, "the first state is not an initial state", None)
    trace = Trace((first,), ())
    for number, told in enumerate(recording.steps, start=1):
        target = recording.states[number]
        step = _step_to(system, trace.states[-1], told, target)
        if isinstance(step, str):
            return Impossible(number, step, trace)
        trace = Trace((*trace.states, target), (*trace.steps, step))
    if recording.failed is None:
        return replace(trace, loop=recording.loop)
    for outcome in successors(system, trace.states[-1]):
        if not isinstance(outcome, Moved) and _fits(outcome.step, recording.failed):
            return Trace(trace.states, trace.steps, outcome.step)
    number = len(recording.steps) + 1
    return Impossible(number, f"{recording.failed.text} does not fail here", trace)


def _step_to(system: System, state: State, told: Told, target: State) -> Step | str:
    """Return the step that fits what is told and leads to `target`, or why there is none."""
    possible = tuple(successors(system, state))
    fitting = [outcome for outcome in possible if _fits(outcome.step, told)]
    for outcome in fitting:
        if isinstance(outcome, Moved) and outcome.state == target:
            return outcome.step
    if not fitting:
        return f"{told.text} is not possible here; possible: {_listed(possible)}"
    moved = [outcome for outcome in fitting if isinstance(outcome, Moved)]
    if not moved:
        return f"{told.text} fails here"
    if told.action is None:
        return f"no step leads to the next state; possible: {_listed(possible)}"
    return f"{told.text} leads elsewhere: {_difference(system, target, moved[0].state)}"


def _fits(step: Step, told: Told) -> bool:
    if told.action is None:
        return True
    if step.action.name != told.action:
        return False
    pairs = zip(step.action.params, step.params, strict=True)
    params = {local.name: to_json(local.type, value) for local, value in pairs}
    choices = [choice_json(choice) for choice in step.choices]
    fits_params = told.params is None or told.params == params
    return fits_params and (told.choices is None or told.choices == choices)


def _listed(possible: Iterable[Outcome]) -> str:
    texts = list(dict.fromkeys(_call(outcome.step) for outcome in possible))
    if not texts:
        return "nothing"
    more = f" and {len(texts) - MAX_POSSIBLE} more" if len(texts) > MAX_POSSIBLE else ""
    return ", ".join(f"`{text}`" for text in texts[:MAX_POSSIBLE]) + more


def _call(step: Step) -> str:
    return f"{step.action.name} by {step.actor}" if step.action.process else call_text(step)


def _difference(system: System, recorded: State, reached: State) -> str:
    """Return the first part in which the specification's state is not the recorded one."""
    for variable, old, new in zip(system.variables, recorded, reached, strict=True):
        for change in changes(variable.type, variable.name, old, new):
            return f"`{change.path}` differs from the recorded state"
    return "nowhere"
