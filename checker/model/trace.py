"""Steps and traces as data.

A trace is a sequence of full states and of the steps between them, from an initial state. Who acts
in a step (its actor) decides the column in which it is shown and what counts as a context switch.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.model.types import IntType, SortType, show

if TYPE_CHECKING:
    from checker.model.system import Action, State
    from checker.model.types import Type, Value


@dataclass(frozen=True, slots=True)
class Choice:
    """A value picked by `Choose` in a step, or the number of a branch taken by `Either`.

    `name` is the chosen local's, or "branch"; then `type` is None and `value` counts from 0.
    """

    name: str
    type: Type | None
    value: Value


@dataclass(frozen=True, slots=True)
class Step:
    """One execution of an action: which, with which parameters, with which choices."""

    action: Action
    params: tuple[Value, ...]
    choices: tuple[Choice, ...]

    @property
    def actor(self) -> str:
        """Who acts: `worker[Cpu0]`, the first parameter of a plain action, or `system`."""
        process = self.action.process
        if process is not None:
            if process.index is None:
                return process.name
            return f"{process.name}[{show(process.index, self.params[0])}]"
        if self.params and isinstance(self.action.params[0].type, SortType | IntType):
            first = self.action.params[0]
            shown = show(first.type, self.params[0])
            return shown if isinstance(first.type, SortType) else f"{first.name}={shown}"
        return "system"


@dataclass(frozen=True, slots=True)
class Trace:
    """States and steps; `len(states) == len(steps) + 1`.

    When `failed` is given it is one more step, tried in the last state, which did not complete: an
    assertion or an evaluation failed in it.

    When `loop` is given the trace tells of a whole run: `states[loop]` is the last state, and what
    follows it is repeated for ever. If it is the last one itself, nothing happens any more.
    """

    states: tuple[State, ...]
    steps: tuple[Step, ...]
    failed: Step | None = None
    loop: int | None = None

    def context_switches(self) -> int:
        """Count the places where the actor changes."""
        steps = self.steps if self.failed is None else (*self.steps, self.failed)
        return sum(a.actor != b.actor for a, b in itertools.pairwise(steps))
