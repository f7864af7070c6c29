"""Breadth-first search, level by level, to a verdict.

A level is always finished before anything is decided, so that counts at a stop, what is reported
and the trace to it depend on the system and the options alone, whatever the engine and its order of
visiting. Only running out of time or memory, and an interrupt, end a level early; the verdict is
then at best INCOMPLETE.

What is wrong in states of the level that is expanded (failing steps, deadlocks, step properties)
and in the states found (invariants) is gathered; if there is anything, the search stops. Of each
property, or action that fails, one finding is kept.

What HOLDS proves: every reachable state at these sizes was expanded and judged. Deadlocks count
only if the options ask for them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from checker.explicit.checkpoint import Account, state_bytes
from checker.explicit.depth import room_for
from checker.explicit.engine import Engine, Evidence, Exhausted, Expansion, Pulse, Subject
from checker.explicit.identity import identity
from checker.explicit.layout import Layout
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact, conjuncts
from checker.explicit.reductions.canonical import Orbits
from checker.explicit.traces import Tracer
from checker.explicit.usage import memory_in_use
from checker.model.coverage_points import coverage, coverage_points
from checker.model.fairness import Scheduling
from checker.model.findings import assumption_findings, no_initial_state
from checker.model.system import PropertyKind
from checker.model.verdict import (
    Finding,
    FindingKind,
    Limit,
    Result,
    Statistics,
    Verdict,
    Witness,
)

if TYPE_CHECKING:
    from checker.explicit.checkpoint import Keeper
    from checker.model.system import System
    from checker.model.types import SortType
    from checker.model.verdict import Coverage

MEASURED: Final = 50_000
"""Up to so many states it is worth telling what they stand for."""

EngineMaker: TypeAlias = "Callable[[System, Layout, Exact], Engine[Any]]"


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Bounds of a search, None for no bound.

    Attributes:
        max_depth: states on the longest path that is looked at.
        max_states: no level is expanded when there are more states than this.
        seconds: time from the start of the search.
        memory_bytes: of the whole process.
        deadlock: whether a state without successors may be wrong.
        interval: seconds between two calls of the progress function.
        scheduling: what is taken for granted of processes that are fair by default, for what is
            claimed about whole runs.
    """

    max_depth: int | None = None
    max_states: int | None = None
    seconds: float | None = None
    memory_bytes: int | None = None
    deadlock: bool = True
    interval: float = 0.25
    scheduling: Scheduling = Scheduling.WEAK


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is; `rate` is in states per second, lately.

    Attributes:
        doing: what goes on after the search, empty before its end.
    """

    states: int
    transitions: int
    frontier: int
    depth: int
    seconds: float
    rate: float
    memory_bytes: int
    doing: str = ""


def check(
    system: System,
    options: SearchOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
    make_engine: EngineMaker = PythonEngine,
    keeper: Keeper | None = None,
    *,
    sorts: tuple[SortType, ...] = (),
    manner: str = "",
) -> Result:
    """Search the states of a system for what is wrong.

    Args:
        sorts: those whose elements may be renamed; one state is then searched of all that differ
            by that only (see `checker.explicit.reductions`).
        manner: a name for what else the engine leaves out, if it leaves out anything; a search can
            only be resumed in the same manner.
        progress: called now and then; it may raise KeyboardInterrupt, which ends the search.
        keeper: of the checkpoint to go on with and to keep, if there is to be one.

    Raises:
        CannotResume: the checkpoint is of another system.
    """
    search = _Search(
        system, options or SearchOptions(), progress, make_engine, keeper, sorts, manner
    )
    with _uncollected(), room_for(system):
        result = search.run()
    chosen, start = search.options, search.start
    del search  # and with it all levels
    if not system.speaks_of_runs:
        return result
    from checker.explicit.liveness.runs import RunOptions, check_runs, graph_builder

    left = None if chosen.seconds is None else chosen.seconds - result.statistics.seconds
    options_ = RunOptions(
        chosen.scheduling,
        seconds=left,
        memory_bytes=chosen.memory_bytes,
        builder=graph_builder(result),
    )
    if progress is not None:
        options_ = replace(options_, told=_Teller(progress, result, chosen.interval, start).tell)
    return check_runs(system, result, options_)


# --- the search -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """Sightings of one subject, all in one level."""

    level: int
    evidence: list[Evidence]

    @property
    def length(self) -> int:
        """The number of steps it takes to show it."""
        return self.level + self.evidence[0].is_step


@dataclass(slots=True)
class _Search:
    system: System
    options: SearchOptions
    progress: Callable[[Progress], None] | None
    make_engine: EngineMaker
    keeper: Keeper | None
    sorts: tuple[SortType, ...]
    manner: str
    start: float = field(default_factory=perf_counter)
    levels: list[Any] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    transitions: list[int] = field(default_factory=list)
    wrong: dict[Subject, _Seen] = field(default_factory=dict)
    reached: dict[Subject, _Seen] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: int = 0
    tested: int = 0
    seconds_before: float = 0.0
    clock: _Clock = field(init=False)

    def __post_init__(self) -> None:
        self.transitions = [0] * len(self.system.actions)
        self.clock = _Clock(self.options, self.progress, self.start)

    def run(self) -> Result:
        """Search, then tell."""
        self.findings = _first_of_each(assumption_findings(self.system))
        if self.findings:
            return self.result((), "")
        layout = Layout(self.system)
        orbits = Orbits(layout, self.sorts) if self.sorts else None
        exact = Exact(self.system, layout, orbits=orbits)
        try:
            engine = self.make_engine(self.system, layout, exact)
        except KeyboardInterrupt:
            self.limits.append(self.cut("the interrupt"))
            return self.result((), "")
        try:
            if not self.resume(exact, engine):
                self.begin(exact, engine)
            while self.goes_on():
                self.keep(engine)
                self.advance(engine)
            self.keep(engine)
        except KeyboardInterrupt:
            self.limits.append(self.cut("the interrupt"))
        except Exhausted as reason:
            self.clock.expanded = 0
            self.limits.append(self.cut(str(reason)))
        finally:
            if self.keeper is not None:
                self.keeper.close()
        loss = engine.loss(sum(self.sizes))
        if loss is not None:
            self.limits.append(loss)
        if orbits is not None and sum(self.sizes) <= MEASURED:
            self.notes.append(self.told_orbits(orbits, engine))
        tracer = Tracer(exact, engine, self.levels)
        self.findings += [
            tracer.finding(subject, seen.level, seen.evidence)
            for subject, seen in sorted(self.wrong.items(), key=self.preference)
        ]
        return self.result(tuple(self.witnesses(tracer)), engine.name)

    def begin(self, exact: Exact, engine: Engine[Any]) -> None:
        """Enter the initial states."""
        states, failures = exact.initial()
        self.findings = _first_of_each(failures)
        level, expansion = engine.admit(states)
        self.enter(level, expansion)
        if not states and not failures:
            self.findings = [no_initial_state(self.system)]

    def resume(self, exact: Exact, engine: Engine[Any]) -> bool:
        """Go on where a checkpoint is, if there is one."""
        if self.keeper is None:
            return False
        name = " ".join([identity(self.system), *(f"by {sort.name}" for sort in self.sorts)])
        name += f" in {self.manner}" if self.manner else ""
        saved = self.keeper.open(name, state_bytes(exact.layout.bits))
        if saved is None:
            return False
        account, levels = saved
        self.levels = list(engine.restore(levels, account.reached.keys()))
        self.sizes = list(account.sizes)
        self.transitions = list(account.transitions)
        self.taken, self.tested = account.taken, account.tested
        self.seconds_before = account.seconds
        for number, each in enumerate(conjuncts(self.system, PropertyKind.REACHABLE)):
            if each.name in account.reached:
                level = account.reached[each.name]
                states = (s for s in levels[level].states() if exact.reaches(number, s))
                self.reached[Subject(None, each.name)] = _Seen(level, [*map(Evidence, states)])
        return True

    def keep(self, engine: Engine[Any]) -> None:
        """Have the checkpoint renewed, if all that is known is of finished levels."""
        if self.keeper is None or self.wrong or self.findings:
            return
        if all(limit.is_bound for limit in self.limits):
            account = Account(
                sizes=tuple(self.sizes),
                transitions=tuple(self.transitions),
                reached={subject.name: seen.level for subject, seen in self.reached.items()},
                taken=self.taken,
                tested=self.tested,
                seconds=self.seconds(),
            )
            self.keeper.keep(account, lambda number: engine.pack(self.levels[number]))

    def seconds(self) -> float:
        """Return how long the search took, earlier runs included."""
        return self.seconds_before + perf_counter() - self.start

    def goes_on(self) -> bool:
        """Tell whether the last level is to be expanded."""
        if self.findings or self.wrong or self.limits or not self.sizes[-1]:
            return False
        depth, distinct = len(self.sizes), sum(self.sizes)
        left = f"what follows {_states(self.sizes[-1])} at depth {depth:,}"
        if self.options.max_depth is not None and depth >= self.options.max_depth:
            self.limits.append(Limit(f"depth {depth:,}", left, is_bound=True))
        elif self.options.max_states is not None and distinct > self.options.max_states:
            self.limits.append(Limit(f"{distinct:,} states", left, is_bound=True))
        elif self.clock.exceeded:
            # Levels that are expanded in one go are never cut; there may be millions of them.
            self.clock.expanded = 0
            self.limits.append(self.cut(self.clock.exceeded))
        return not self.limits

    def advance(self, engine: Engine[Any]) -> None:
        """Expand the last level."""
        number, size = len(self.sizes) - 1, self.sizes[-1]
        self.clock.enter(depth=number + 1, frontier=size, transitions=sum(self.transitions))
        level, expansion = engine.expand(self.levels[-1], self.clock.pulse)
        if not expansion.finished:
            why = "the interrupt" if expansion.interrupted else self.clock.exceeded
            self.limits.append(self.cut(why))
        self.enter(level, expansion)

    def enter(self, level: object, expansion: Expansion) -> None:
        """Take what was found with a new level and, in the level before, by expanding it."""
        number = len(self.sizes)
        self.levels.append(level)
        self.sizes.append(expansion.new)
        for action, count in enumerate(expansion.transitions):
            self.transitions[action] += count
        self.taken |= expansion.taken
        self.tested |= expansion.tested
        for subject, evidence in expansion.sightings.items():
            self.see(subject, evidence, number)

    def see(self, subject: Subject, evidence: list[Evidence], number: int) -> None:
        """Keep sightings of one subject, made in the new level `number` and the one before it."""
        if subject.kind is FindingKind.DEADLOCK and not self.options.deadlock:
            return
        kept = self.reached if subject.kind is None else self.wrong
        if subject in kept:
            return
        # What goes wrong in the states expanded lies one level back, and so do states that are
        # stuck; one subject may be seen in both ways only if its name is used twice.
        back = [each for each in evidence if _is_of_expanded(subject, each)]
        kept[subject] = _Seen(number - 1, back) if back else _Seen(number, evidence)

    def cut(self, why: str) -> Limit:
        """Return the limit that a search is under which was ended within a level."""
        if not self.sizes:
            return Limit(f"{why}, before the first state", "everything", is_bound=False)
        depth, size = len(self.sizes), self.sizes[-1]
        rest = size - self.clock.expanded
        some = f"{rest:,} of the {size:,} states" if rest < size else _states(size)
        left = f"{some} at depth {depth:,}, and what follows them"
        return Limit(f"{why} at depth {depth:,}", left, is_bound=False)

    # --- telling

    def told_orbits(self, orbits: Orbits, engine: Engine[Any]) -> str:
        """Return a sentence on what the states searched stand for."""
        states = (state for level in self.levels for state in engine.members(level))
        covered = sum(map(orbits.size, states))
        names = " and ".join(sort.name for sort in orbits.sorts)
        return f"reduced by the symmetry of {names}: the states searched stand for {covered:,}"

    def preference(self, item: tuple[Subject, _Seen]) -> tuple[int, int, int]:
        """Return by what findings are ordered: length, kind, order in the specification."""
        subject, seen = item
        assert subject.kind is not None
        names = [conjunct.name for each in self.system.properties for conjunct in each.conjuncts]
        names += [action.name for action in self.system.actions]
        place = names.index(subject.name) if subject.name in names else len(names)
        return seen.length, list(FindingKind).index(subject.kind), place

    def witnesses(self, tracer: Tracer[Any]) -> Iterator[Witness]:
        """Yield the witness of every `reachable`, or that there is none."""
        for each in self.system.properties:
            if each.kind is PropertyKind.REACHABLE:
                seen = self.reached.get(Subject(None, each.conjuncts[0].name))
                if seen is None:
                    yield Witness(each, None)
                else:
                    yield tracer.witness(each, seen.level, seen.evidence)

    def result(self, witnesses: tuple[Witness, ...], engine: str) -> Result:
        """Put everything together."""
        return Result(
            system=self.system,
            verdict=self.verdict(),
            findings=tuple(self.findings),
            witnesses=witnesses,
            limits=tuple(self.limits),
            statistics=self.statistics(),
            coverage=self.coverage() if self.sizes else None,
            engine=engine,
            notes=tuple(self.notes),
        )

    def verdict(self) -> Verdict:
        """Return what the findings and limits amount to."""
        if self.findings:
            is_error = self.findings[0].kind is FindingKind.EVALUATION
            return Verdict.ERROR if is_error else Verdict.VIOLATED
        if not all(limit.is_bound for limit in self.limits):
            return Verdict.INCOMPLETE
        return Verdict.BOUNDED if self.limits else Verdict.HOLDS

    def statistics(self) -> Statistics:
        """Return the counts so far."""
        return Statistics(
            distinct=sum(self.sizes),
            transitions=sum(self.transitions),
            initial=self.sizes[0] if self.sizes else 0,
            depth=sum(size > 0 for size in self.sizes),
            seconds=self.seconds(),
            memory_bytes=memory_in_use(),
        )

    def coverage(self) -> Coverage:
        """Return what was covered so far."""
        points = coverage_points(self.system)
        return coverage(
            self.system,
            points,
            dict(zip(self.system.actions, self.transitions, strict=True)),
            {number for number in range(len(points.branches)) if self.taken >> number & 1},
            {number for number in range(len(points.implications)) if self.tested >> number & 1},
        )


def _is_of_expanded(subject: Subject, evidence: Evidence) -> bool:
    """Tell whether evidence is from the states expanded, not from those found."""
    is_end = subject.kind is FindingKind.DEADLOCK or (
        subject == Subject(FindingKind.EVALUATION, "terminal")
    )
    return is_end or evidence.is_step


def _states(count: int) -> str:
    return "the state" if count == 1 else f"the {count:,} states"


def _first_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """Return the first finding of each kind and name."""
    kept: dict[tuple[FindingKind, str], Finding] = {}
    for each in findings:
        kept.setdefault((each.kind, each.name), each)
    return list(kept.values())


# --- time and memory ------------------------------------------------------------------------------

MEMORY_INTERVAL: Final = 0.05
"""Seconds between two looks at the memory in use."""


class _Clock:
    """Watches limits and reports progress while a level is expanded."""

    def __init__(
        self, options: SearchOptions, progress: Callable[[Progress], None] | None, start: float
    ) -> None:
        self._options = options
        self._progress = progress
        self._start = start
        self._told = start
        self._told_states = 0
        self._looked = 0.0
        self._depth = self._frontier = self._transitions = 0
        self.expanded = 0
        self.exceeded = ""

    def enter(self, *, depth: int, frontier: int, transitions: int) -> None:
        """Note the level that is expanded next, and the transitions out of the ones before."""
        self._depth, self._frontier, self._transitions = depth, frontier, transitions
        self.expanded = 0

    def pulse(self, pulse: Pulse) -> bool:
        """Take note of progress; tell whether to go on."""
        self.expanded = pulse.expanded
        now = perf_counter()
        if self._progress is not None and now - self._told >= self._options.interval:
            self._tell(self._progress, pulse, now)
        limit = self._options.seconds
        if limit is not None and now - self._start > limit:
            self.exceeded = f"the time limit of {limit:g} s"
        bound = self._options.memory_bytes
        if bound is not None and now - self._looked >= MEMORY_INTERVAL:
            self._looked = now
            if memory_in_use() > bound:
                self.exceeded = f"the memory limit of {bound / 2**20:,.0f} MiB"
        return not self.exceeded

    def _tell(self, progress: Callable[[Progress], None], pulse: Pulse, now: float) -> None:
        rate = (pulse.distinct - self._told_states) / (now - self._told)
        self._told, self._told_states = now, pulse.distinct
        progress(
            Progress(
                states=pulse.distinct,
                transitions=self._transitions + pulse.transitions,
                frontier=self._frontier,
                depth=self._depth,
                seconds=now - self._start,
                rate=rate,
                memory_bytes=memory_in_use(),
            )
        )


class _Teller:
    """Reports what goes on after the search, not more often than asked for."""

    def __init__(
        self,
        progress: Callable[[Progress], None],
        result: Result,
        interval: float,
        start: float,
    ) -> None:
        self._progress = progress
        self._counts = result.statistics
        self._interval = interval
        self._start = start
        self._told = 0.0

    def tell(self, doing: str) -> None:
        """Report it."""
        now = perf_counter()
        if now - self._told < self._interval:
            return
        self._told = now
        self._progress(
            Progress(
                states=self._counts.distinct,
                transitions=self._counts.transitions,
                frontier=0,
                depth=self._counts.depth,
                seconds=now - self._start,
                rate=0.0,
                memory_bytes=memory_in_use(),
                doing=doing,
            )
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Suspend the collection of cycles: a search makes millions of integers and no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
