"""Reference exploration: breadth first, with sets, to the very end.

The slow twin of `checker.explicit`: it stops for nothing but its limit, so that whatever level an
engine stops at, its counts, its finding and the length of its trace can be compared. Every kind of
trouble is recorded once per name, with a trace as short as any.

The length of a finding is its number of steps, a failing step included. Transitions are the
executions that complete; initial states are counted without repetition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from checker.model.coverage_points import coverage, coverage_points
from checker.model.findings import (
    assumption_findings,
    end_findings,
    failure_finding,
    no_initial_state,
    state_findings,
    step_findings,
)
from checker.model.interpret import Holds, Moved, initial_states, judge_state, successors
from checker.model.system import PropertyKind
from checker.model.trace import Step, Trace
from checker.model.verdict import Finding, FindingKind, Witness

if TYPE_CHECKING:
    from checker.model.findings import Tested
    from checker.model.interpret import BranchKey, Outcome
    from checker.model.system import Action, Property, State, System
    from checker.model.verdict import Coverage

_Parent: TypeAlias = "tuple[State, Step] | None"


@dataclass(frozen=True, slots=True)
class Exploration:
    """What there is to find.

    Attributes:
        levels: the number of new states at each distance from an initial one.
        transitions: the number of transitions out of the states of each expanded level.
        findings: one per kind and name, by length, then kind.
        complete: whether all reachable states were expanded.
    """

    levels: tuple[int, ...]
    transitions: tuple[int, ...]
    findings: tuple[Finding, ...]
    witnesses: tuple[Witness, ...]
    coverage: Coverage
    complete: bool
    states: frozenset[State]

    @property
    def distinct(self) -> int:
        """The number of states seen."""
        return sum(self.levels)

    @property
    def initial(self) -> int:
        """The number of initial states."""
        return self.levels[0] if self.levels else 0

    @property
    def depth(self) -> int:
        """The number of states on the longest of the shortest paths."""
        return len(self.levels)


def explore(system: System, limit: int | None = None) -> Exploration:
    """Explore all reachable states, or up to the level in which there are more than `limit`.

    An assumption that does not hold is the only finding then, as nothing is explored.
    """
    search = _Search(system)
    search.record(None, assumption_findings(system))
    frontier = [] if search.findings else search.begin()
    complete = not search.findings or bool(frontier)
    while frontier:
        search.levels.append(len(frontier))
        if limit is not None and len(search.parents) > limit:
            complete = False
            break
        frontier = search.expand(frontier)
    return search.result(complete=complete)


def finding_length(finding: Finding) -> int:
    """Return the number of steps that lead to a finding, a failing step included."""
    if finding.trace is None:
        return 0
    return len(finding.trace.steps) + (finding.trace.failed is not None)


@dataclass(slots=True)
class _Search:
    """The state of one exploration."""

    system: System
    parents: dict[State, _Parent] = field(default_factory=dict)
    levels: list[int] = field(default_factory=list)
    transitions: list[int] = field(default_factory=list)
    findings: dict[tuple[FindingKind, str], Finding] = field(default_factory=dict)
    witnesses: dict[Property, Trace] = field(default_factory=dict)
    counts: dict[Action, int] = field(default_factory=dict)
    taken: set[BranchKey] = field(default_factory=set)
    tested: Tested = field(default_factory=dict)

    def record(
        self,
        state: State | None,
        found: Iterable[Finding],
        *,
        by: Step | None = None,
        after: State | None = None,
    ) -> None:
        """Keep the findings whose kind and name are new, or are reached on a shorter path now.

        Args:
            state: where the finding is made, or from where the step `by` was tried.
            after: where that step led; None if it failed.
        """
        for each in found:
            trace = None if state is None else self.trace_to(state, by=by, after=after)
            finding = replace(each, trace=trace)
            known = self.findings.get((each.kind, each.name))
            if known is None or finding_length(finding) < finding_length(known):
                self.findings[each.kind, each.name] = finding

    def begin(self) -> list[State]:
        """Return the initial states."""
        found = []
        for outcome in initial_states(self.system):
            if not isinstance(outcome, Moved):
                self.record(None, [failure_finding(outcome)])
            elif self.is_new(outcome.state, None):
                found.append(outcome.state)
        if not found and not self.findings:
            self.record(None, [no_initial_state(self.system)])
        return found

    def expand(self, frontier: list[State]) -> list[State]:
        """Return the new states that follow those of a level."""
        found = []
        completed = 0
        for state in frontier:
            outcomes = tuple(successors(self.system, state))
            if not outcomes:
                self.record(state, end_findings(self.system, state))
            for outcome in outcomes:
                completed += self.follow(state, outcome)
                if isinstance(outcome, Moved) and self.is_new(outcome.state, (state, outcome.step)):
                    found.append(outcome.state)
        self.transitions.append(completed)
        return found

    def follow(self, state: State, outcome: Outcome) -> bool:
        """Judge and count one step; tell whether it completed."""
        if not isinstance(outcome, Moved):
            self.record(state, [failure_finding(outcome)], by=outcome.step)
            return False
        action = outcome.step.action
        self.counts[action] = self.counts.get(action, 0) + 1
        self.taken |= outcome.branches
        found = step_findings(self.system, state, outcome.state, self.tested)
        self.record(state, found, by=outcome.step, after=outcome.state)
        return True

    def is_new(self, state: State, parent: _Parent) -> bool:
        """Judge a state when it is seen for the first time."""
        if state in self.parents:
            return False
        self.parents[state] = parent
        self.record(state, state_findings(self.system, state, self.tested))
        for each in self.system.properties:
            is_sought = each.kind is PropertyKind.REACHABLE and each not in self.witnesses
            condition = each.conjuncts[0].expression
            if is_sought and judge_state(self.system, condition, state) == Holds():
                self.witnesses[each] = self.trace_to(state)
        return True

    def trace_to(
        self, state: State, *, by: Step | None = None, after: State | None = None
    ) -> Trace:
        """Return a shortest trace to a state, and on by one more step if one is given."""
        states, steps = [state], []
        parent = self.parents[state]
        while parent is not None:
            states.append(parent[0])
            steps.append(parent[1])
            parent = self.parents[parent[0]]
        path = Trace(tuple(reversed(states)), tuple(reversed(steps)))
        if by is None:
            return path
        if after is None:
            return replace(path, failed=by)
        return Trace((*path.states, after), (*path.steps, by))

    def result(self, *, complete: bool) -> Exploration:
        """Put everything together."""
        points = coverage_points(self.system)
        tested = {
            points.implication_numbers[conjunct, term]
            for conjunct, terms in self.tested.items()
            for term in terms
        }
        taken = {points.branch_numbers[key] for key in self.taken}
        kinds = list(FindingKind)
        return Exploration(
            levels=tuple(self.levels),
            transitions=tuple(self.transitions),
            findings=tuple(
                sorted(
                    self.findings.values(),
                    key=lambda each: (finding_length(each), kinds.index(each.kind)),
                )
            ),
            witnesses=tuple(
                Witness(each, self.witnesses.get(each))
                for each in self.system.properties
                if each.kind is PropertyKind.REACHABLE
            ),
            coverage=coverage(self.system, points, self.counts, taken, tested),
            complete=complete,
            states=frozenset(self.parents),
        )
