"""Random walks through a system.

A walk depends on nothing but the system and the random source, of which only `randrange` is used:
the same seed gives the same walk on every platform. By default, wherever there are `n` ways on, in
the order of the interpreter, `randrange(n)` picks one: all executions of all actions are equally
likely, whatever process they belong to; that a walk finds nothing means little. `priorities` picks
so that something can be said about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from checker.model.findings import (
    assumption_findings,
    end_findings,
    failure_finding,
    no_initial_state,
    preferred,
    state_findings,
    step_findings,
)
from checker.model.interpret import Moved, initial_states, successors
from checker.model.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.model.interpret import Outcome
    from checker.model.system import State, System
    from checker.model.verdict import Finding


Pick: TypeAlias = "Callable[[State, Sequence[Outcome]], int]"
"""Told a state and the ways on, returns the position of the one to go."""


class Ending(Enum):
    """Why a walk went no further."""

    STEPS = "as many steps as asked for"
    FINDING = "something is wrong"
    END = "nothing is left to do"


@dataclass(frozen=True, slots=True)
class Walk:
    """A trace and how it ended; `trace` is None only if there was no state to start from."""

    trace: Trace | None
    ending: Ending
    finding: Finding | None


def simulate(system: System, random: Random, steps: int, pick: Pick | None = None) -> Walk:
    """Walk at most `steps` steps from an initial state, up to the first thing that is wrong."""
    finding = next(assumption_findings(system), None)
    if finding is not None:
        return Walk(None, Ending.FINDING, finding)
    # Each once, so that how often `init` yields a state makes it no more likely.
    starts = tuple(dict.fromkeys(initial_states(system)))
    if not starts:
        return Walk(None, Ending.FINDING, no_initial_state(system))
    start = starts[random.randrange(len(starts))]
    if not isinstance(start, Moved):
        return Walk(None, Ending.FINDING, failure_finding(start))
    trace = Trace((start.state,), ())
    finding = next(iter(preferred(state_findings(system, start.state))), None)
    while finding is None and len(trace.steps) < steps:
        outcomes = tuple(successors(system, trace.states[-1]))
        if not outcomes:
            finding = next(end_findings(system, trace.states[-1]), None)
            if finding is None:
                return Walk(trace, Ending.END, None)
            break
        at = random.randrange(len(outcomes)) if pick is None else pick(trace.states[-1], outcomes)
        outcome = outcomes[at]
        finding = next(iter(_wrong(system, trace.states[-1], outcome)), None)
        trace = _followed(trace, outcome)
    if finding is None:
        return Walk(trace, Ending.STEPS, None)
    return Walk(trace, Ending.FINDING, replace(finding, trace=trace))


def _wrong(system: System, before: State, outcome: Outcome) -> list[Finding]:
    if not isinstance(outcome, Moved):
        return [failure_finding(outcome)]
    by_step = step_findings(system, before, outcome.state)
    return preferred([*by_step, *state_findings(system, outcome.state)])


def _followed(trace: Trace, outcome: Outcome) -> Trace:
    if isinstance(outcome, Moved):
        return Trace((*trace.states, outcome.state), (*trace.steps, outcome.step))
    return replace(trace, failed=outcome.step)
