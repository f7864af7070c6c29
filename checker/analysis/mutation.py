"""Mutation: would the claims notice if the specification were wrong?

Every mutant is checked like the specification itself. It is *killed* if anything is found: a claim
that fails, a deadlock, a model error, or a `reachable` that is reached no more. One that survives
points at a claim that is missing, unless it is *equivalent*: the same system, or one that no claim
about what can be seen could tell from it (see `observation`). One that grows out of its budget is
*undecided*, and never counts as killed. The score is the share of the killed among those that are
killed or survive.

A specification may be looked at with several sets of constants, small ones first: a mutant is
killed if it is with any of them, and equivalent if it is with all.

Source: Offutt, Pan, "Automatically detecting equivalent mutants and infeasible paths", 1997, for
why equivalent mutants must be told from survivors; here the state graphs decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from os import cpu_count
from pathlib import Path
from typing import Final

from checker.analysis.crew import spread
from checker.analysis.explanations import Explanation, explained, explanations
from checker.analysis.mutants import Mutant, ghosts, mutants
from checker.analysis.observation import Behaviour, Difference, are_alike, behaviour, difference
from checker.constructs.modules import without_constructs
from checker.elaborate.assemble import build_system
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.identity import identity
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import SearchOptions
from checker.model.system import System
from checker.model.verdict import Result, Verdict, exit_code
from grammar.diagnostics import Collector, Diagnostic
from grammar.modules import Import, Module, ModuleGraph, load_modules
from grammar.syntax import Specification

GROWTH: Final = 10
"""A mutant may have so many times the states of the specification, and some more."""
MORE: Final = 1_000
COMPARED: Final = 100_000
"""Graphs are compared up to so many states."""
UNEXPLAINED: Final = "K350"


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    STILLBORN = "stillborn"  # not a specification


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant, and the evidence.

    Attributes:
        why: what killed it, or why nothing is known.
        difference: what it shows that the specification does not, and the other way round; None
            where the graphs were not compared.
    """

    fate: Fate
    why: str = ""
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant with its outcome; `name` is unique, `reason` the author's if it may survive."""

    name: str
    mutant: Mutant
    outcome: Outcome
    reason: str | None = None

    @property
    def fate(self) -> Fate:
        """What became of it."""
        return self.outcome.fate


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a search of the specification itself found."""

    verdict: Verdict
    code: int
    unreached: frozenset[str]
    states: int
    engine: str


@dataclass(frozen=True, slots=True)
class Options:
    """How mutants are judged.

    Attributes:
        settings: values of constants and sizes, one set for each search of a mutant.
        library: folders of modules.
        has_imports: whether what is imported is changed as well.
        seconds, max_states: the budget of one mutant in one search; there are never more than
            `GROWTH` times the states of the specification.
    """

    settings: tuple[Mapping[str, str], ...] = ({},)
    library: tuple[Path, ...] = ()
    has_imports: bool = False
    reductions: tuple[Reduction, ...] = ()
    seconds: float | None = None
    max_states: int | None = None
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All mutants of a specification, in the order of the text.

    Attributes:
        name: of the specification.
        scope: the same with its constants and sizes.
        baselines: one for each set of constants.
        diagnostics: explanations of mutants that do not survive.
    """

    name: str
    scope: str
    baselines: tuple[Baseline, ...]
    judged: tuple[Judged, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the specification itself holds, without which mutants tell nothing."""
        return all(each.code == 0 for each in self.baselines)

    def of(self, fate: Fate) -> tuple[Judged, ...]:
        """Return the mutants with one fate."""
        return tuple(each for each in self.judged if each.fate is fate)

    @property
    def unexplained(self) -> tuple[Judged, ...]:
        """The survivors of which the author says nothing."""
        return tuple(each for each in self.of(Fate.SURVIVED) if each.reason is None)

    @property
    def score(self) -> float:
        """The share of the killed among the killed and the survivors; 1 if there are none."""
        return self._share(0, 0)

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest that the score can be, whatever the undecided would do."""
        open_ones = len(self.of(Fate.UNDECIDED))
        return self._share(0, open_ones), self._share(open_ones, 0)

    def _share(self, more_killed: int, more_survived: int) -> float:
        killed = len(self.of(Fate.KILLED)) + more_killed
        counted = killed + len(self.of(Fate.SURVIVED)) + more_survived
        return killed / counted if counted else 1.0


def mutate(
    path: Path, options: Options, told: Callable[[int, int], None] = lambda _done, _all: None
) -> Report | tuple[Diagnostic, ...]:
    """Check all mutants of a file.

    Args:
        told: called with how many have been judged, and how many there are.

    Returns:
        What is wrong with the specification, if it is no good itself.
    """
    collector = Collector()
    graph = load_modules(path, collector, options.library)
    systems = [] if graph is None else [_system(graph, s, collector) for s in options.settings]
    if graph is None or None in systems:
        return collector.sorted()
    changed = _mutated(graph, has_imports=options.has_imports)
    judge = _Judge(graph, options, tuple(changed))
    ((_, baselines),) = spread([0], lambda _: judge.baselines(), 1)
    assert baselines is not None, "the search of the specification itself ended"
    judge.known = baselines
    report = Report(judge.name(), judge.scope(), baselines, (), collector.sorted())
    if not report.is_sound:
        return report
    outcomes: dict[int, Outcome] = {}
    workers = options.workers or cpu_count() or 1
    for number, outcome in spread(range(len(changed)), judge.outcome, workers):
        outcomes[number] = outcome or Outcome(Fate.UNDECIDED, "its process ended")
        told(len(outcomes), len(changed))
    listed = [outcomes[number] for number in range(len(changed))]
    notes = [n for m in graph.modules for n in explanations(m.source, collector)]
    judged = _judged([mutant for _, mutant in changed], listed, notes)
    _look_at_explanations(graph.root, judged, notes, collector)
    return replace(report, judged=judged, diagnostics=collector.sorted())


def named_mutants(path: Path, options: Options) -> dict[str, Mutant] | tuple[Diagnostic, ...]:
    """Return all mutants of a file by name, or what is wrong with the file."""
    collector = Collector()
    graph = load_modules(path, collector, options.library)
    if graph is None:
        return collector.sorted()
    changed = [mutant for _, mutant in _mutated(graph, has_imports=options.has_imports)]
    return dict(zip(_names(changed), changed, strict=True))


# --- mutants of files -----------------------------------------------------------------------------


def _mutated(graph: ModuleGraph, *, has_imports: bool) -> list[tuple[Module, Mutant]]:
    names = frozenset(name for module in graph.modules for name in ghosts(module.specification))
    return [
        (module, mutant)
        for module in graph.modules
        if has_imports or module is graph.root
        for mutant in mutants(module.specification, names)
    ]


def _with(graph: ModuleGraph, changed: Module, specification: Specification) -> ModuleGraph:
    done: dict[int, Module] = {}
    for module in graph.modules:
        done[id(module)] = replace(
            module,
            specification=specification if module is changed else module.specification,
            imports=tuple(Import(e.declaration, done[id(e.module)]) for e in module.imports),
        )
    return ModuleGraph(done[id(graph.root)], tuple(done.values()))


def _system(graph: ModuleGraph, settings: Mapping[str, str], collector: Collector) -> System | None:
    plain = without_constructs(graph, collector)
    return None if plain is None else build_system(plain, settings, collector)


def _judged(
    changed: Sequence[Mutant], outcomes: Sequence[Outcome], notes: Sequence[Explanation]
) -> tuple[Judged, ...]:
    """Give the mutants their names, and the survivors their reasons."""
    survivors = [n for n, outcome in enumerate(outcomes) if outcome.fate is Fate.SURVIVED]
    places = [(changed[n].kind, changed[n].span) for n in survivors]
    reasons = {survivors[at]: note.reason for note in notes for at in explained(note, places)}
    return tuple(
        Judged(name, mutant, outcome, reasons.get(number))
        for number, (name, mutant, outcome) in enumerate(
            zip(_names(changed), changed, outcomes, strict=True)
        )
    )


def _names(changed: Sequence[Mutant]) -> list[str]:
    """Return the names of mutants: `split@45`, and `split@45.2` for the next one there."""
    seen: dict[str, int] = {}
    names = []
    for mutant in changed:
        name = f"{mutant.kind.value}@{mutant.span.line}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return names


def _look_at_explanations(
    root: Module, judged: Sequence[Judged], notes: Sequence[Explanation], collector: Collector
) -> None:
    """Warn about explanations in the file itself that explain nothing."""
    of_interest = (Fate.SURVIVED, Fate.UNDECIDED)
    places = [(j.mutant.kind, j.mutant.span) for j in judged if j.fate in of_interest]
    for note in notes:
        if note.span.source is root.source and not explained(note, places):
            collector.warning(
                UNEXPLAINED,
                note.span,
                "no mutant of this kind survives here",
                remedy="remove the explanation, or move it to the line that it is about",
            )


# --- judging --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Judge:
    """Does all that takes a search; each process has its own copy."""

    graph: ModuleGraph
    options: Options
    changed: tuple[tuple[Module, Mutant], ...]
    known: tuple[Baseline, ...] = ()
    seen: dict[int, Behaviour | None] = field(default_factory=dict)

    def name(self) -> str:
        """Return the name of the specification."""
        return self.graph.root.specification.name.text

    def scope(self) -> str:
        """Return the name with the constants of the last search, which is the largest."""
        system = self.system(self.graph, self.options.settings[-1])
        assert system is not None, "a specification that could be read before"
        at = ", ".join(f"{each.name} = {each.value}" for each in system.settings)
        return f"{system.name} at {at}" if at else system.name

    def baselines(self) -> tuple[Baseline, ...]:
        """Search the specification itself."""
        return tuple(self.baseline(settings) for settings in self.options.settings)

    def baseline(self, settings: Mapping[str, str]) -> Baseline:
        system = self.system(self.graph, settings)
        assert system is not None, "a specification that could be read before"
        result = self.searched(system, None, None)
        return Baseline(
            result.verdict,
            _code(result),
            frozenset(each.name for each in result.unreached),
            result.statistics.distinct,
            result.engine,
        )

    def system(self, graph: ModuleGraph, settings: Mapping[str, str]) -> System | None:
        return _system(graph, settings, Collector())

    def searched(self, system: System, states: int | None, seconds: float | None) -> Result:
        search = SearchOptions(max_states=states, seconds=seconds)
        maker = engine_maker(EngineOptions(workers=1))
        return check_reduced(system, self.options.reductions, search, make_engine=maker)

    def outcome(self, number: int) -> Outcome:
        """Check one mutant with each set of constants, until it is killed."""
        module, mutant = self.changed[number]
        graph = _with(self.graph, module, mutant.specification)
        outcomes = []
        for at, settings in enumerate(self.options.settings):
            outcomes.append(self.at(at, settings, graph))
            if outcomes[-1].fate in {Fate.KILLED, Fate.STILLBORN}:
                return outcomes[-1]
        order = (Fate.UNDECIDED, Fate.SURVIVED, Fate.EQUIVALENT)
        return min(reversed(outcomes), key=lambda each: order.index(each.fate))

    def at(self, number: int, settings: Mapping[str, str], graph: ModuleGraph) -> Outcome:
        system = self.system(graph, settings)
        if system is None:
            return Outcome(Fate.STILLBORN)
        original = self.system(self.graph, settings)
        assert original is not None
        if identity(original) == identity(system):
            return Outcome(Fate.EQUIVALENT, "it is the same system")
        known = self.known[number]
        states = min(GROWTH * known.states + MORE, self.options.max_states or 2**62)
        result = self.searched(system, states, self.options.seconds)
        if result.findings:
            first = result.findings[0]
            return Outcome(Fate.KILLED, f"{first.kind.value} {first.name}")
        if result.verdict is not Verdict.HOLDS:
            return Outcome(Fate.UNDECIDED, result.limits[0].what if result.limits else "")
        lost = [each.name for each in result.unreached if each.name not in known.unreached]
        if lost:
            return Outcome(Fate.KILLED, f"reachable {lost[0]}")
        return self.compared(number, original, system)

    def compared(self, number: int, original: System, system: System) -> Outcome:
        """Judge a mutant of which no claim is false."""
        if self.known[number].states > COMPARED:
            return Outcome(Fate.SURVIVED)
        if number not in self.seen:
            self.seen[number] = behaviour(original, original, COMPARED)
        ours, theirs = self.seen[number], behaviour(system, original, COMPARED)
        if ours is None or theirs is None:
            return Outcome(Fate.SURVIVED)
        if are_alike(ours, theirs):
            return Outcome(Fate.EQUIVALENT, "no claim about what is seen tells them apart")
        return Outcome(Fate.SURVIVED, difference=difference(ours, theirs))


def _code(result: Result) -> int:
    """Return the exit code of a complete search."""
    assert result.verdict is not Verdict.BOUNDED
    return exit_code(result, strict=False)
