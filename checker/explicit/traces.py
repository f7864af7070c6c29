"""From what was seen and where to a trace that shows it.

No parents are stored while searching. When a trace is needed, the levels are expanded once more,
backwards from the states in question: of each level those states remain that have a step into what
remained of the next one. All shortest ways lie among them. A second quantity is minimised on them
by dynamic programming: the number of context switches to the end, given who acts first. Among the
ways that are left, the trace is the first in the order of (state, action, parameters), step by
step.

So the trace depends on the system and the question alone, not on the engine nor on its order of
visiting. Where more than `CONE` states of a level remain, the smallest are kept: the trace is still
shortest and still the same every time, but might switch more often than it must.

Where a state stands for all that differ from it by a renaming (see `checker.explicit.reductions`),
the levels hold these only, and so does what remains of them. The trace does not: it begins in an
initial state and goes from there to whatever steps lead to, as long as what stands for it remains.
Costs are known of what stands for a state, in its names, so actors are renamed before they are
looked up. As all of an orbit remains or none of it, the trace is the one that would have been found
without.

Every trace is replayed by the interpreter before it leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import nsmallest
from typing import TYPE_CHECKING, Final, Generic, TypeAlias

from checker.explicit.engine import Level
from checker.explicit.python.exact import Transition
from checker.explicit.reductions.renaming import RenamedSteps, inverse
from checker.model.findings import end_findings, failure_finding, state_findings, step_findings
from checker.model.interpret import Moved
from checker.model.replay import replay
from checker.model.trace import Step, Trace
from checker.model.verdict import FindingKind, Witness

if TYPE_CHECKING:
    from checker.explicit.engine import Engine, Evidence, Subject
    from checker.explicit.python.exact import Exact
    from checker.model.replay import Claim
    from checker.model.system import Property, System
    from checker.model.verdict import Finding

CONE: Final = 200_000
"""So many states of a level are looked at."""

_FAILED: Final = -1
"""Where a failing step leads."""

_Switches: TypeAlias = "dict[str | None, int]"
"""By first actor, the fewest context switches to the end; None where no step is left."""


class Tracer(Generic[Level]):
    """Finds traces in the levels of a search."""

    def __init__(self, exact: Exact, engine: Engine[Level], levels: Sequence[Level]) -> None:
        """Look at levels that `engine` returned."""
        self._exact = exact
        self._orbits: RenamedSteps | None = None
        if exact.orbits is not None:
            self._orbits = RenamedSteps(exact.system, exact.orbits)
        self._system: System = exact.system
        self._engine = engine
        self._levels = levels
        self._actors: dict[tuple[int, tuple[int, ...]], str] = {}

    def finding(self, subject: Subject, level: int, evidence: Sequence[Evidence]) -> Finding:
        """Return the finding that the evidence, made in states of a level, is for.

        Args:
            level: number of the level, from 0.
        """
        ends = {each.state: self._last_steps(each) for each in evidence if not each.is_step}
        for each in evidence:
            if each.is_step:
                ends.setdefault(each.state, []).extend(self._last_steps(each))
        states, steps = self._shortest(level, ends)
        last = steps[-1] if steps else None
        if last is not None and last.after == _FAILED:
            return self._failure(subject, states, steps)
        if last is not None and len(steps) > level:
            states.append(last.after)
        trace = self._trace(states, steps)
        for found in self._shown(subject, trace):
            if (found.kind, found.name) == subject:
                return self._replayed(trace, found)
        raise AssertionError(f"the interpreter does not see {subject}")

    def witness(self, of: Property, level: int, evidence: Sequence[Evidence]) -> Witness:
        """Return the witness of a `reachable` that holds in states of a level."""
        states, steps = self._shortest(level, {each.state: [] for each in evidence})
        trace = self._trace(states, steps)
        _assert_agreed(self._system, trace, of)
        return Witness(of, trace)

    # --- choosing a way

    def _last_steps(self, evidence: Evidence) -> list[Transition]:
        if evidence.action >= 0:
            return [Transition(evidence.action, evidence.params, _FAILED)]
        if evidence.after is None:
            return []
        steps = self._exact.transitions(evidence.state)
        return [each for each in steps if each.after == evidence.after]

    def _shortest(
        self, level: int, ends: Mapping[int, Sequence[Transition]]
    ) -> tuple[list[int], list[Transition]]:
        """Return the states up to the last level and the steps between and, if any, after them."""
        costs: list[dict[int, _Switches]] = [
            {
                state: {self._actor(step): 0 for step in steps} or {None: 0}
                for state, steps in ends.items()
            }
        ]
        for number in range(level - 1, -1, -1):
            found = self._engine.predecessors(self._levels[number], costs[-1].keys())
            assert found, f"no state of level {number} leads on"
            kept = nsmallest(CONE, found) if len(found) > CONE else found
            costs.append({state: self._switches(state, costs[-1]) for state in kept})
        costs.reverse()
        state = self._first(costs[0])
        states, steps = [state], list[Transition]()
        for number in range(level):
            steps.append(self._best(state, costs[number + 1], steps))
            state = steps[-1].after
            states.append(state)
        last = self._ends_of(state, ends)
        if last:
            steps.append(min(last, key=lambda step: (self._changes(steps, step), step)))
        return states, steps

    def _switches(self, state: int, onward: Mapping[int, _Switches]) -> _Switches:
        result: _Switches = {}
        for step in self._exact.transitions(state):
            cost = self._cost(step, onward)
            if cost is not None:
                actor = self._actor(step)
                result[actor] = min(cost, result.get(actor, cost))
        return result

    def _cost(self, step: Transition, onward: Mapping[int, _Switches]) -> int | None:
        """Return the fewest context switches after a step, None if it leads nowhere."""
        if self._orbits is None:
            switches = onward.get(step.after)
            return None if switches is None else _least(switches, self._actor(step))
        renamed = self._orbits.renamed(step.after)
        if renamed.state not in onward:
            return None
        params = self._orbits.parameters(step, renamed.places)
        return _least(onward[renamed.state], self._actor(step._replace(params=params)))

    def _first(self, costs: Mapping[int, _Switches]) -> int:
        """Return the initial state to begin with, given what remains of the first level."""
        if self._orbits is None:
            return min(costs, key=lambda each: (min(costs[each].values()), each))
        found = [
            (min(costs[stands].values()), state)
            for state in self._exact.initial()[0]
            if (stands := self._orbits.representative(state)) in costs
        ]
        return min(found)[1]

    def _ends_of(
        self, state: int, ends: Mapping[int, Sequence[Transition]]
    ) -> Sequence[Transition]:
        """Return the last steps out of a state."""
        if self._orbits is None:
            return ends[state]
        renamed = self._orbits.renamed(state)
        back = inverse(renamed.places)
        return [
            step._replace(params=self._orbits.parameters(step, back))
            if step.after == _FAILED
            else self._orbits.step(step, back)
            for step in ends[renamed.state]
        ]

    def _best(
        self, state: int, onward: Mapping[int, _Switches], before: Sequence[Transition]
    ) -> Transition:
        steps = ((step, self._cost(step, onward)) for step in self._exact.transitions(state))
        possible = [
            (self._changes(before, step) + cost, step) for step, cost in steps if cost is not None
        ]
        return min(possible)[1]

    def _changes(self, before: Sequence[Transition], step: Transition) -> bool:
        return bool(before) and self._actor(before[-1]) != self._actor(step)

    def _actor(self, step: Transition) -> str:
        key = (step.action, step.params)
        if key not in self._actors:
            action = self._system.actions[step.action]
            self._actors[key] = Step(action, self._exact.values(*key), ()).actor
        return self._actors[key]

    # --- telling it

    def _trace(self, states: Sequence[int], steps: Sequence[Transition]) -> Trace:
        """Return packed states and steps as a trace, with the first choices that lead there."""
        values = tuple(self._exact.layout.decode(state) for state in states)
        told = []
        for before, after, step in zip(values, values[1:], steps, strict=False):
            outcomes = self._exact.outcomes(step.action, step.params, before)
            told.append(next(o.step for o in outcomes if isinstance(o, Moved) and o.state == after))
        return Trace(values, tuple(told))

    def _failure(
        self, subject: Subject, states: Sequence[int], steps: Sequence[Transition]
    ) -> Finding:
        trace = self._trace(states, steps)
        failing = steps[-1]
        for outcome in self._exact.outcomes(failing.action, failing.params, trace.states[-1]):
            if not isinstance(outcome, Moved):
                found = failure_finding(outcome)
                if (found.kind, found.name) == subject:
                    return self._replayed(replace(trace, failed=outcome.step), found)
        raise AssertionError(f"the interpreter does not see {subject}")

    def _shown(self, subject: Subject, trace: Trace) -> list[Finding]:
        last = trace.states[-1]
        found = [*state_findings(self._system, last)]
        if trace.steps:
            found += step_findings(self._system, trace.states[-2], last)
        if not found or subject.kind is FindingKind.DEADLOCK:
            found += end_findings(self._system, last)
        return found

    def _replayed(self, trace: Trace, found: Finding) -> Finding:
        result = replace(found, trace=trace)
        _assert_agreed(self._system, trace, result)
        return result


def _least(onward: _Switches, actor: str) -> int:
    return min(
        cost + (following is not None and following != actor) for following, cost in onward.items()
    )


def _assert_agreed(system: System, trace: Trace, claim: Claim) -> None:
    disagreement = replay(system, trace, claim)
    assert disagreement is None, f"the interpreter does not follow a trace: {disagreement}"
