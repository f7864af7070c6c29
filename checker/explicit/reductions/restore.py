"""From what was found in a reduced system to the same in the original one.

A reduced system has the actions of the original one in the same order, with the same parameters and
choices. So a trace through it is carried out again in the original, step by step, and shows there
what it showed before; the values that the reduction had cleared come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from checker.model.interpret import Moved, initial_states, perform
from checker.model.replay import replay, shown_findings
from checker.model.system import Property
from checker.model.trace import Step, Trace
from checker.model.verdict import Coverage, Finding, Result, Witness

if TYPE_CHECKING:
    from checker.model.interpret import Outcome
    from checker.model.system import State, System

_Claim = TypeVar("_Claim", Finding, Property)


def restored(original: System, result: Result) -> Result:
    """Return the result of searching a reduced system as one about the original."""
    if result.system is original:
        return result
    restorer = _Restorer(original, result.system)
    return replace(
        result,
        system=original,
        findings=tuple(map(restorer.finding, result.findings)),
        witnesses=tuple(map(restorer.witness, result.witnesses)),
        coverage=None if result.coverage is None else restorer.coverage(result.coverage),
    )


class _Restorer:
    def __init__(self, original: System, reduced: System) -> None:
        self._original = original
        self._reduced = reduced
        self._actions = dict(zip(reduced.actions, original.actions, strict=True))

    def finding(self, found: Finding) -> Finding:
        """Return a finding with a trace of the original."""
        if found.trace is None:
            return found
        trace = self._trace(found.trace)
        shown = shown_findings(self._original, trace)
        same = next(each for each in shown if (each.kind, each.name) == (found.kind, found.name))
        return self._checked(replace(same, trace=trace), trace)

    def witness(self, witness: Witness) -> Witness:
        """Return a witness with a trace of the original."""
        if witness.trace is None:
            return witness
        trace = self._trace(witness.trace)
        self._checked(witness.property, trace)
        return replace(witness, trace=trace)

    def coverage(self, coverage: Coverage) -> Coverage:
        """Return coverage that speaks of the original's actions."""
        actions = tuple((self._actions[action], count) for action, count in coverage.actions)
        return replace(coverage, actions=actions)

    def _trace(self, trace: Trace) -> Trace:
        states = [self._initial(trace.states[0])]
        steps = []
        for step in trace.steps:
            same = self._step(step)
            outcomes = perform(self._original, states[-1], same.action, same.params)
            states.append(_state_after(same, outcomes))
            steps.append(same)
        failed = None if trace.failed is None else self._step(trace.failed)
        return Trace(tuple(states), tuple(steps), failed)

    def _initial(self, reduced: State) -> State:
        """Return an initial state that the reduction made into the given one."""
        # Both systems begin in the same ways, in the same order.
        pairs = zip(initial_states(self._original), initial_states(self._reduced), strict=True)
        for original, other in pairs:
            if isinstance(other, Moved) and other.state == reduced:
                assert isinstance(original, Moved)
                return original.state
        raise AssertionError("the first state of a trace is not initial")

    def _step(self, step: Step) -> Step:
        return replace(step, action=self._actions[step.action])

    def _checked(self, claim: _Claim, trace: Trace) -> _Claim:
        disagreement = replay(self._original, trace, claim)
        assert disagreement is None, f"a reduced trace is none of the original: {disagreement}"
        return claim


def _state_after(step: Step, outcomes: Iterable[Outcome]) -> State:
    return next(o.state for o in outcomes if isinstance(o, Moved) and o.step == step)
