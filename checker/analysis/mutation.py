"""Mutation: would the properties notice if the specification were wrong?

Every mutant is checked like the specification itself. It is *killed* if anything is found: a
property that fails, a deadlock, a model error, or a `reachable` that is reached no more. One
that survives points at a property that is missing, unless it is *equivalent*: its states and
steps are exactly those of the specification, so that no property could tell. The score is the
share of the killed among those that are not equivalent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final

from checker.analysis.mutants import Mutant, ghosts, mutants
from checker.constructs.modules import without_constructs
from checker.elaborate.assemble import build_system
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.graph import state_graph
from checker.explicit.search import SearchOptions, check
from checker.model.system import System
from checker.model.verdict import Result, Verdict
from grammar.diagnostics import Collector, Diagnostic
from grammar.modules import ModuleGraph, load_modules
from grammar.syntax import Specification

GROWTH: Final = 20
"""A mutant may have so many times the states of the specification."""
COMPARED: Final = 20_000
"""Graphs are compared up to so many states."""


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"  # too many states
    STILLBORN = "stillborn"  # not a specification


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant and its fate; `by` names what killed it."""

    mutant: Mutant
    fate: Fate
    by: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All mutants of a specification; `result` is that of the specification itself."""

    result: Result
    judged: tuple[Judged, ...]

    def count(self, fate: Fate) -> int:
        """Count the mutants with one fate."""
        return sum(each.fate is fate for each in self.judged)

    @property
    def score(self) -> float:
        """The share of the killed among the killed and the survivors; 1 if there are none."""
        killed = self.count(Fate.KILLED)
        counted = killed + self.count(Fate.SURVIVED)
        return killed / counted if counted else 1.0


def mutate(
    path: Path,
    overrides: Mapping[str, str],
    library: tuple[Path, ...],
    told: Callable[[Judged], None] = lambda _: None,
) -> Report | tuple[Diagnostic, ...]:
    """Check all mutants of a file.

    Args:
        told: called with each mutant when it has been judged.

    Returns:
        What is wrong with the specification, if it is no good itself.
    """
    collector = Collector()
    graph = load_modules(path, collector, library)
    system = None if graph is None else _system(graph, overrides, collector)
    if graph is None or system is None:
        return collector.sorted()
    judge = _Judge(graph, overrides, system, _checked(system, None))
    judged = []
    for mutant in mutants(graph.root.specification, _ghosts(graph)):
        judged.append(judge.judged(mutant))
        told(judged[-1])
    return Report(judge.result, tuple(judged))


def _ghosts(graph: ModuleGraph) -> frozenset[str]:
    return frozenset(name for module in graph.modules for name in ghosts(module.specification))


def _system(
    graph: ModuleGraph, overrides: Mapping[str, str], collector: Collector
) -> System | None:
    plain = without_constructs(graph, collector)
    return None if plain is None else build_system(plain, overrides, collector)


def _checked(system: System, limit: int | None) -> Result:
    options = SearchOptions(max_states=limit)
    return check(system, options, make_engine=engine_maker(EngineOptions()))


def _with_root(graph: ModuleGraph, specification: Specification) -> ModuleGraph:
    root = replace(graph.root, specification=specification)
    others = tuple(module for module in graph.modules if module is not graph.root)
    return ModuleGraph(root, (*others, root))


@dataclass(slots=True)
class _Judge:
    graph: ModuleGraph
    overrides: Mapping[str, str]
    system: System
    result: Result

    def judged(self, mutant: Mutant) -> Judged:
        """Check one mutant."""
        changed = _with_root(self.graph, mutant.specification)
        system = _system(changed, self.overrides, Collector())
        if system is None:
            return Judged(mutant, Fate.STILLBORN)
        statistics = self.result.statistics
        result = _checked(system, GROWTH * statistics.distinct + 1_000)
        if result.findings:
            first = result.findings[0]
            return Judged(mutant, Fate.KILLED, f"{first.kind.value} {first.name}")
        if result.verdict is not Verdict.HOLDS:
            return Judged(mutant, Fate.UNDECIDED)
        lost = [each.name for each in result.unreached if each not in self.result.unreached]
        if lost:
            return Judged(mutant, Fate.KILLED, f"reachable {lost[0]}")
        return Judged(mutant, Fate.EQUIVALENT if self._is_same(system, result) else Fate.SURVIVED)

    def _is_same(self, system: System, result: Result) -> bool:
        """Whether a mutant has exactly the states and steps of the specification."""
        ours, theirs = self.result.statistics, result.statistics
        counts = (ours.distinct, ours.transitions, ours.initial)
        if counts != (theirs.distinct, theirs.transitions, theirs.initial):
            return False
        names = [(v.name, v.type) for v in self.system.variables]
        if names != [(v.name, v.type) for v in system.variables] or ours.distinct > COMPARED:
            return False
        return _shape(self.system) == _shape(system)


def _shape(system: System) -> tuple[frozenset[object], frozenset[object]]:
    graph = state_graph(system)
    states = graph.states
    edges = frozenset((states[edge.source], states[edge.target]) for edge in graph.edges)
    return frozenset(states), edges
