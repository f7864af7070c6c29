"""After the search: judging what a specification claims about whole runs.

The search has visited every state and found nothing wrong. Only then are temporal properties,
bypasses and refinements judged, on the graph of all states: what a run does for ever cannot be
told from a part of it. A result that is bounded or was cut short stays what it is, and names what
was not judged.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.depth import room_for
from checker.explicit.liveness.bypass import counted, for_value
from checker.explicit.liveness.formulas import Propositions, cases
from checker.explicit.liveness.graph import NoValueError, StoppedError
from checker.explicit.liveness.lassos import trace_of
from checker.explicit.liveness.orbits import expressions_of, renamable
from checker.explicit.liveness.paths import nearest
from checker.explicit.liveness.python_graph import python_graph
from checker.explicit.liveness.refinement import judged as refinement_judged
from checker.explicit.liveness.temporal import Judge, truth_of
from checker.explicit.usage import memory_in_use
from checker.model.evaluate import evaluate
from checker.model.fairness import Scheduling, requirements
from checker.model.interpret import state_scope
from checker.model.operators import EvaluationError
from checker.model.types import elements
from checker.model.verdict import Figure, Finding, FindingKind, Limit, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.explicit.liveness.bypass import Counted
    from checker.explicit.liveness.graph import Goes, StateGraph
    from checker.model.ir import Expr
    from checker.model.system import System
    from checker.model.temporal import Bypass, Refinement, TemporalProperty

Claim: TypeAlias = "TemporalProperty | Bypass | Refinement"

EDGE_BYTES: Final = 100
NODE_BYTES: Final = 64
"""What an edge and a node take at most while claims are judged."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How claims about runs are judged.

    Attributes:
        scheduling: what is taken for granted of processes that are fair by default.
        seconds: from now on, None for no limit.
        memory_bytes: of the whole process.
        builder: makes the graph; it may raise StoppedError.
        told: called now and then with what is going on.
    """

    scheduling: Scheduling = Scheduling.WEAK
    seconds: float | None = None
    memory_bytes: int | None = None
    builder: Callable[[System, Goes], StateGraph] = python_graph
    told: Callable[[str], None] = lambda _: None


def graph_builder(before: Result) -> Callable[[System, Goes], StateGraph]:
    """Return what builds the graph after a search: native code if that did the search."""
    return _native if "native" in before.engine else python_graph


def _native(system: System, goes: Goes) -> StateGraph:
    from checker.explicit.native.values import Unsupported

    try:
        from checker.explicit.liveness.native_graph import native_graph

        return native_graph(system, goes)
    except (Unsupported, ImportError):
        return python_graph(system, goes)


def check_runs(system: System, result: Result, options: RunOptions | None = None) -> Result:
    """Judge what a system claims about runs, after a search of it.

    Returns:
        The result of both; its counts are those of the search.
    """
    if not system.speaks_of_runs:
        return result
    if result.verdict is not Verdict.HOLDS:
        return _undecided(system, result)
    chosen = options or RunOptions()
    start = perf_counter()
    with room_for(system):
        found = _Runs(system, result, chosen, start).result()
    seconds = found.statistics.seconds + perf_counter() - start
    return replace(found, statistics=replace(found.statistics, seconds=seconds))


def _undecided(system: System, result: Result, limit: Limit | None = None) -> Result:
    names = system.claims[len(system.properties) :]
    notes = result.notes
    if result.verdict is Verdict.BOUNDED:
        notes += (f"not judged, since not all states were searched: {', '.join(names)}",)
    if limit is None:
        return replace(result, undecided=names, notes=notes)
    return replace(
        result, undecided=names, verdict=Verdict.INCOMPLETE, limits=(*result.limits, limit)
    )


class _Runs:
    """One run of everything."""

    def __init__(self, system: System, result: Result, options: RunOptions, start: float) -> None:
        self.system = system
        self.before = result
        self.options = options
        self.start = start
        self.findings: list[Finding] = []
        self.figures: list[Figure] = []
        self.idle: list[str] = []
        self.cut = ""

    def result(self) -> Result:
        """Judge everything and tell."""
        counts = self.before.statistics
        needed = counts.transitions * EDGE_BYTES + counts.distinct * NODE_BYTES
        limit = self.options.memory_bytes
        if limit is not None and memory_in_use() + needed > limit:
            self.cut = _memory(limit)
        if not self.cut:
            try:
                self.judge(self.options.builder(self.system, self.goes))
            except StoppedError:
                pass
            except KeyboardInterrupt:
                self.cut = "the interrupt"
            except MemoryError:
                self.cut = "the end of memory"
        if self.cut and not self.findings:
            left = "what is claimed about runs"
            return _undecided(self.system, self.before, Limit(self.cut, left, is_bound=False))
        return self.total()

    def goes(self, done: int, known: int) -> bool:
        """Tell whether to go on with the graph."""
        total = max(known, self.before.statistics.distinct)
        self.options.told(f"graph of states for claims about runs: {done:,} of {total:,}")
        limit = self.options.seconds
        if limit is not None and perf_counter() - self.start > limit:
            self.cut = f"the time limit of {limit:g} s"
        bound = self.options.memory_bytes
        if bound is not None and memory_in_use() > bound:
            self.cut = _memory(bound)
        return not self.cut

    def judge(self, graph: StateGraph) -> None:
        """Judge all claims on the graph, each by itself."""
        scheduling = self.options.scheduling
        self.evaluate(graph)
        for refinement in self.system.refinements:
            with self.judging(graph, refinement, _images(refinement)):
                finding = refinement_judged(graph, refinement, scheduling)
                self.findings += [finding] if finding is not None else []
        judge = Judge(graph, scheduling, requirements(self.system, scheduling))
        for each in self.system.temporal:
            with self.judging(graph, each, _conditions(graph, each)):
                sorts = renamable(self.system, [*expressions_of(each.formula)])
                (judged,) = judge.judged([each], sorts)
                self.findings += [judged.finding] if judged.finding is not None else []
                self.idle += judged.idle
        for bypass in self.system.bypasses:
            with self.judging(graph, bypass, _sides(self.system, bypass)):
                self.take(bypass, counted(graph, bypass, scheduling))

    def evaluate(self, graph: StateGraph) -> None:
        """Evaluate the conditions of all claims together, unless one has no value somewhere."""
        parts = [_conditions(graph, each) for each in self.system.temporal]
        parts += [_sides(self.system, each) for each in self.system.bypasses]
        self.options.told("evaluating the conditions of claims about runs")
        with suppress(NoValueError):
            truth_of(graph, [condition for part in parts for _, condition in part])

    def take(self, of: Bypass, found: Counted) -> None:
        """Take what came of a bypass."""
        self.figures.append(found.figure)
        self.findings += [found.finding] if found.finding is not None else []
        self.idle += [f"in `{of.name}`, nobody ever waits"] if found.is_idle else []

    @contextmanager
    def judging(
        self, graph: StateGraph, claim: Claim, parts: Iterable[tuple[str, Expr]]
    ) -> Iterator[None]:
        """Say what is judged, and make a finding of a part that has no value somewhere."""
        self.options.told(f"judging {claim.name}")
        try:
            yield
        except NoValueError as error:
            self.findings.append(self.without_value(graph, claim, list(parts), error.nodes))

    def without_value(
        self,
        graph: StateGraph,
        claim: Claim,
        parts: list[tuple[str, Expr]],
        nodes: Sequence[int],
    ) -> Finding:
        """Return the finding that something in a claim has no value, in the nearest such state."""
        path = nearest(graph, nodes)
        trace = trace_of(graph, path.nodes, path.edges, loop=None)
        scope = state_scope(self.system, trace.states[-1])
        for name, expr in parts:
            try:
                evaluate(expr, scope)
            except EvaluationError as error:
                return Finding(
                    FindingKind.EVALUATION, name, str(error), claim.site, values=(), trace=trace
                )
        raise AssertionError(f"the interpreter finds a value for all of {claim.name}")

    def total(self) -> Result:
        """Return the result of the search together with what was judged."""
        before = self.before
        verdict = before.verdict
        if self.findings:
            is_error = self.findings[0].kind is FindingKind.EVALUATION
            verdict = Verdict.ERROR if is_error else Verdict.VIOLATED
        return replace(
            before,
            verdict=verdict,
            findings=tuple(self.findings),
            figures=tuple(self.figures),
            idle=tuple(self.idle),
        )


def _memory(limit: int) -> str:
    return f"the memory limit of {limit / 2**20:,.0f} MiB"


def _images(of: Refinement) -> Iterator[tuple[str, Expr]]:
    """Yield the parts of a refinement that must have a value, with names for messages."""
    for variable, image in zip(of.abstract.variables, of.images, strict=True):
        yield f"{of.name}, {variable.name}", image


def _conditions(graph: StateGraph, of: TemporalProperty) -> Iterator[tuple[str, Expr]]:
    """Yield the conditions of a temporal property, for all values of its quantifiers."""
    propositions = Propositions(graph)
    for case in cases(of.formula):
        propositions.ltl(case.formula, case.values)
    for each in propositions.conditions:
        yield of.name, each


def _sides(system: System, of: Bypass) -> Iterator[tuple[str, Expr]]:
    """Yield the conditions of a bypass, for all values of its local."""
    for value in elements(of.local.type):
        for each in (of.waiting, of.entering):
            yield of.name, for_value(system, of, each, value)
