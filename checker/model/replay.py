"""Re-checking a trace with the interpreter, trusting nothing of the engine that found it.

Agreement means: the first state is initial; each step is possible, with these parameters and
choices, and gives the next state; and the end of the trace shows what is claimed of it. It does not
mean that the trace is shortest, nor that nothing was wrong earlier on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from checker.model.findings import (
    end_findings,
    failure_finding,
    preferred,
    state_findings,
    step_findings,
)
from checker.model.interpret import (
    Holds,
    Moved,
    initial_states,
    judge_state,
    perform,
    successors,
)
from checker.model.system import Property, PropertyKind
from checker.model.types import contains
from checker.model.verdict import Finding

if TYPE_CHECKING:
    from checker.model.interpret import Outcome
    from checker.model.system import State, System
    from checker.model.trace import Step, Trace

Claim: TypeAlias = Finding | Property
"""What a trace is said to show: something wrong, or the state that a `reachable` asks for."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where a trace is wrong.

    Attributes:
        step: the number of states before the one that is wrong; of all states when it is the claim.
    """

    step: int
    reason: str


def replay(system: System, trace: Trace, claim: Claim | None) -> Disagreement | None:
    """Return None if the interpreter agrees with a trace and with what it is said to show.

    Args:
        claim: None to check the steps only.
    """
    if len(trace.states) != len(trace.steps) + 1:
        return Disagreement(0, f"{len(trace.states)} states for {len(trace.steps)} steps")
    for number, state in enumerate(trace.states):
        if not _is_typed(system, state):
            return Disagreement(number, "not a state of this system")
    if not any(_leads_to(outcome, trace.states[0]) for outcome in initial_states(system)):
        return Disagreement(0, "not an initial state")
    for number, step in enumerate(trace.steps, start=1):
        reason = _wrong_step(system, trace.states[number - 1], step, trace.states[number])
        if reason is not None:
            return Disagreement(number, reason)
    if trace.failed is not None and not _failures(system, trace.states[-1], trace.failed):
        return Disagreement(len(trace.states), f"step `{trace.failed.action.name}` does not fail")
    reason = None if claim is None else _wrong_claim(system, trace, claim)
    return None if reason is None else Disagreement(len(trace.states), reason)


def shown_findings(system: System, trace: Trace) -> tuple[Finding, ...]:
    """Return everything that is wrong at the end of a trace, which must be possible.

    The findings have no trace, and stand in the order of preference.
    """
    last = trace.states[-1]
    if trace.failed is not None:
        return tuple(_failures(system, last, trace.failed))
    found = list(state_findings(system, last))
    if trace.steps:
        found += step_findings(system, trace.states[-2], last)
    if next(successors(system, last), None) is None:
        found += end_findings(system, last)
    return tuple(preferred(found))


def _is_typed(system: System, state: State) -> bool:
    return len(state) == len(system.variables) and all(
        contains(variable.type, value)
        for variable, value in zip(system.variables, state, strict=True)
    )


def _leads_to(outcome: Outcome, state: State) -> bool:
    return isinstance(outcome, Moved) and outcome.state == state


def _is_step_of(system: System, step: Step) -> bool:
    """Tell whether the action is the system's own and the parameters are of its types."""
    params = step.action.params
    return (
        any(step.action is action for action in system.actions)
        and len(step.params) == len(params)
        and all(
            contains(param.type, value) for param, value in zip(params, step.params, strict=True)
        )
    )


def _wrong_step(system: System, before: State, step: Step, after: State) -> str | None:
    name = step.action.name
    if not _is_step_of(system, step):
        return f"`{name}` is not a step of this system"
    outcomes = [
        outcome
        for outcome in perform(system, before, step.action, step.params)
        if outcome.step == step
    ]
    if not outcomes:
        return f"step `{name}` is not possible"
    if not any(isinstance(outcome, Moved) for outcome in outcomes):
        return f"step `{name}` fails"
    if not any(_leads_to(outcome, after) for outcome in outcomes):
        return f"step `{name}` leads to another state"
    return None


def _failures(system: System, state: State, step: Step) -> list[Finding]:
    if not _is_step_of(system, step):
        return []
    return [
        failure_finding(outcome)
        for outcome in perform(system, state, step.action, step.params)
        if not isinstance(outcome, Moved) and outcome.step == step
    ]


def _wrong_claim(system: System, trace: Trace, claim: Claim) -> str | None:
    match claim:
        case Property(kind=PropertyKind.REACHABLE, name=name):
            judgement = judge_state(system, claim.conjuncts[0].expression, trace.states[-1])
            return None if judgement == Holds() else f"`{name}` does not hold in the last state"
        case Property(name=name):
            return f"`{name}` asks for no witness"
        case Finding(kind, name, site=site):
            if any(
                (each.kind, each.name, each.site) == (kind, name, site)
                for each in shown_findings(system, trace)
            ):
                return None
            return f"the end does not show {kind.value} `{name}`"
