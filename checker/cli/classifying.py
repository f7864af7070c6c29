"""Counterexamples to induction beside the search of all states: which of them are real bugs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.graph import state_graph
from checker.explicit.search import SearchOptions, check
from checker.model.findings import assumption_findings
from checker.model.verdict import Verdict
from proofs.classify import Harmless, NotKnown, Real, Standing, Unreachable, candidate
from proofs.obligation import Goal
from proofs.prove import Refuted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.model.system import State, System
    from proofs.prove import Judged, LoadAt, Report

MAX_GRAPH = 5_000
"""A candidate lemma is looked for among so many reachable states at most."""

Sizes = tuple[tuple[str, int], ...]


def systems_of(report: Report, load_at: LoadAt) -> dict[Sizes, System]:
    """Return the systems in which the counterexamples of a report live."""
    found: dict[Sizes, System] = {}
    for each in report.of(Refuted):
        assert isinstance(each.fate, Refuted)
        sizes = each.fate.counterexample.sizes
        if sizes not in found:
            system = load_at(dict(sizes))
            assert system is not None, "a system that was there before"
            found[sizes] = system
    return found


def standings(report: Report, load_at: LoadAt, max_states: int) -> dict[str, Standing]:
    """Classify each counterexample by a search at its sizes, or at one more if all is well."""
    systems = systems_of(report, load_at)
    searches = _Searches(load_at, max_states)
    spaces = Spaces(load_at, [sort.name for sort in report.system.sorts])
    found: dict[str, Standing] = {}
    for each in report.of(Refuted):
        assert isinstance(each.fate, Refuted)
        example = each.fate.counterexample
        standing = searches.standing(each, example.sizes)
        if each.goal is Goal.RESPONSE and isinstance(standing, Unreachable):
            standing = _reached(each, standing, spaces)
        if isinstance(standing, Unreachable) and example.before is not None:
            text = candidate(systems[example.sizes], example, spaces.from_size(example.sizes))
            standing = Unreachable(standing.states, text)
        found[each.name] = standing
    return found


class _Searches:
    """Searches at various sizes, each carried out once."""

    def __init__(self, load_at: LoadAt, max_states: int) -> None:
        self._load_at = load_at
        self._max_states = max_states
        self._known: dict[Sizes, Standing] = {}

    def standing(self, judged: Judged, sizes: Sizes) -> Standing:
        """Classify a counterexample; the real violation may need more elements than it has."""
        standing = _for_goal(judged, self._at(sizes))
        if not isinstance(standing, Unreachable) or not sizes:
            return standing
        larger = _for_goal(judged, self._at(tuple((name, size + 1) for name, size in sizes)))
        return larger if isinstance(larger, Real) else standing

    def _at(self, sizes: Sizes) -> Standing:
        if sizes not in self._known:
            system = self._load_at(dict(sizes))
            if system is None or any(True for _ in assumption_findings(system)):
                self._known[sizes] = NotKnown(0)
            else:
                self._known[sizes] = _search(system, self._max_states)
        return self._known[sizes]


def _for_goal(judged: Judged, standing: Standing) -> Standing:
    """Return what a search says of one goal: what is claimed of runs breaks no invariant."""
    if not isinstance(standing, Real):
        return standing
    result = standing.result
    match judged.goal:
        case Goal.RESPONSE | Goal.REFINEMENT:
            is_real = any(each.name == judged.subject for each in result.findings)
        case _:
            is_real = False
    if result.only_runs_fail and not is_real:
        return Unreachable(result.statistics.distinct)
    return standing


def _reached(judged: Judged, standing: Unreachable, spaces: Spaces) -> Standing:
    """Tell whether the state before can be reached, which may be although all is well."""
    assert isinstance(judged.fate, Refuted)
    example = judged.fate.counterexample
    space = next(spaces.from_size(example.sizes), None)
    if space is None or len(space[1]) != standing.states:
        return NotKnown(standing.states)
    return Harmless(standing.states) if example.before in space[1] else standing


def _search(system: System, max_states: int) -> Standing:
    # Whether a deadlock is reached is another question than whether a claim is broken.
    options = SearchOptions(max_states=max_states, deadlock=False)
    result = check(system, options, make_engine=engine_maker(EngineOptions(workers=1)))
    match result.verdict:
        case Verdict.VIOLATED | Verdict.ERROR:
            return Real(result)
        case Verdict.HOLDS | Verdict.PROVED:
            return Unreachable(result.statistics.distinct)
        case Verdict.BOUNDED | Verdict.INCOMPLETE:
            return NotKnown(result.statistics.distinct)


class Spaces:
    """The reachable states at various sizes, each worked out once."""

    def __init__(self, load_at: LoadAt, names: Sequence[str]) -> None:
        """Take the names of the sorts that have sizes."""
        self._load_at = load_at
        self._names = tuple(names)
        self._known: dict[Sizes, tuple[System, tuple[State, ...]] | None] = {}

    def at(self, size: int) -> tuple[System, tuple[State, ...]] | None:
        """Return the system and its states with every sort at one size, if they are few."""
        sizes = tuple((name, size) for name in self._names)
        if sizes not in self._known:
            self._known[sizes] = self._space(sizes)
        return self._known[sizes]

    def from_size(self, sizes: Sizes) -> Iterator[tuple[System, tuple[State, ...]]]:
        """Yield the spaces at some sizes and at one more of each, as far as they are small."""
        larger = tuple((name, size + 1) for name, size in sizes)
        for each in dict.fromkeys((sizes, larger)):
            if each not in self._known:
                self._known[each] = self._space(each)
            space = self._known[each]
            if space is not None:
                yield space

    def _space(self, sizes: Sizes) -> tuple[System, tuple[State, ...]] | None:
        system = self._load_at(dict(sizes))
        if system is None:
            return None
        graph = state_graph(system, MAX_GRAPH)
        return (system, graph.states) if graph.is_complete else None
