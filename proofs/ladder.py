"""What is tried when induction with the lemmas at hand fails, and which rung gave what.

The rungs, in this order: *found lemmas* and *view abstraction*, which say something about every
size; then, size by size, *k-induction* and *property-directed reachability*; last *bounded model
checking*, which finds faults and proves nothing. The first that decides ends the climb.

The rungs below the first are about invariants, step properties and steps that fail. Claims about
runs and refinements have to be proved by induction as before; they may rest on what a rung proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from checker.model.findings import assumption_findings
from proofs.bounded import (
    Bounded,
    Exhausted,
    GaveUp,
    Inductive,
    Violated,
    check_bounded,
    induct,
)
from proofs.encode.model import encode
from proofs.encode.universe import Unsupported
from proofs.finite import Finite
from proofs.induction import Method
from proofs.parametric import Unfit
from proofs.prove import BEYOND, EachSize, EverySize, OneSystem, Options, Proved, Report
from proofs.reachability import reach
from proofs.rungs import BOUNDED, Outcome, Rung, nothing
from proofs.solver.horn import Invariant, NoAnswer, Reached
from proofs.solver.worker import Done, Lost, run_all
from proofs.views import Found, Vain, abstract
from proofs.views import Proved as ProvedByViews

if TYPE_CHECKING:
    from checker.model.system import State, System
    from proofs.prove import Judged, LoadAt

MOST_STATES: Final = 8
"""States on which k-induction builds."""

DEPTH: Final = 12
"""Steps of bounded model checking."""

PATIENCE: Final = 60.0
"""Seconds after which a rung at one size is abandoned."""

LARGEST: Final = 3
"""Size up to which the rungs that work size by size go."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Climb:
    """All rungs that were tried.

    Attributes:
        report: with what the rungs proved.
        fault: a system and a run through states of it at whose end something is wrong.
    """

    report: Report
    rungs: tuple[Rung, ...]
    fault: tuple[System, tuple[State, ...]] | None = None


Told = Callable[[str], None]


def climb(report: Report, load_at: LoadAt, options: Options, told: Told = lambda _: None) -> Climb:
    """Try everything but induction and found lemmas.

    Args:
        report: of induction, in which something is not proved.
        told: called with what is tried next.
    """
    ladder = _Ladder(report, load_at, options, told)
    rungs: list[Rung] = []
    for attempt in ladder.attempts():
        rung = attempt()
        rungs.append(rung)
        if rung.outcome is Outcome.PROVED:
            return Climb(with_proof(report, rung), tuple(rungs))
        if rung.outcome is Outcome.VIOLATED:
            break
    return Climb(report, tuple(rungs), ladder.fault)


_METHODS: Final = {
    each.value: each for each in (Method.VIEWS, Method.K_INDUCTION, Method.REACHABILITY)
}


def with_proof(report: Report, rung: Rung) -> Report:
    """Return the report in which everything that a rung decides is proved by it."""
    method = _METHODS[rung.method]
    domain = rung.domain
    assert domain is not None
    beyond = [each for each in report.judged if each.goal in BEYOND]
    if beyond and isinstance(report.domain, EachSize) and isinstance(domain, EverySize):
        domain = report.domain

    def judged(each: Judged) -> Judged:
        if each.goal in BEYOND or isinstance(each.fate, Proved):
            return each
        return replace(each, fate=Proved(method, (), 0))

    return replace(report, domain=domain, judged=tuple(map(judged, report.judged)))


class _Ladder:
    def __init__(self, report: Report, load_at: LoadAt, options: Options, told: Told) -> None:
        self.system = report.system
        self.load_at = load_at
        self.options = options
        self.told = told
        self.fault: tuple[System, tuple[State, ...]] | None = None

    def attempts(self) -> Iterator[Callable[[], Rung]]:
        """Yield the rungs."""
        yield self.views
        yield self.k_induction
        yield self.reachability
        yield self.bounded

    # --- every size

    def views(self) -> Rung:
        """Try view abstraction."""
        name = Method.VIEWS.value
        self.told(name)
        (outcome,) = run_all(1, lambda _: abstract(self.system, self.load_at), patience=PATIENCE)
        if isinstance(outcome, Lost):
            return nothing(name, outcome.reason)
        match outcome.result:
            case ProvedByViews(size, views, searched):
                (sort,) = self.system.sorts
                text = (
                    f"{views:,} views of {size} {sort.name} are all that can be seen at any "
                    f"size; sizes up to {searched} were searched"
                )
                return Rung(name, Outcome.PROVED, EverySize(), text)
            case Found(size):
                return nothing(name, f"something is wrong at size {size}")
            case Vain(reason):
                return nothing(name, reason)
            case Unfit(reason):
                return nothing(name, f"it does not fit: {reason}")

    # --- size by size

    def k_induction(self) -> Rung:
        """Try induction over several states at each size."""
        settings = self.options.settings

        def at(finite: Finite) -> str | _Size:
            found = induct(finite, MOST_STATES, settings)
            match found:
                case Inductive(k):
                    return _Size(f"{k}")
                case Exhausted(depth):
                    return _Size(f"{depth + 1}")
                case Violated(states):
                    return _Size("", states)
                case Bounded():
                    return f"not inductive over up to {MOST_STATES} states"
                case GaveUp(_, reason):
                    return reason

        return self._each_size(
            Method.K_INDUCTION.value, at, lambda texts: f"over {', '.join(texts)} states"
        )

    def reachability(self) -> Rung:
        """Try Spacer at each size."""
        settings = self.options.settings

        def at(finite: Finite) -> str | _Size:
            found = reach(finite, settings)
            match found:
                case Invariant(_, clauses):
                    return _Size(f"{clauses}")
                case Reached():
                    return "something wrong can be reached, says Spacer"
                case NoAnswer(reason):
                    return reason

        return self._each_size(
            Method.REACHABILITY.value,
            at,
            lambda texts: (
                f"invariants of {', '.join(texts)} clauses that Spacer found; plain induction "
                "confirms them"
            ),
        )

    def bounded(self) -> Rung:
        """Look for something wrong within few steps, at the sizes of the system."""
        name = BOUNDED
        self.told(name)
        settings = self.options.settings
        found = self._work(self.system, lambda finite: check_bounded(finite, DEPTH, settings))
        at = ", ".join(f"{sort.name} = {sort.size}" for sort in self.system.sorts)
        where = f" at {at}" if at else ""
        match found:
            case str(reason):
                return nothing(name, reason)
            case Violated(states):
                self.fault = (self.system, states)
                text = f"something is wrong after {len(states) - 1} steps{where}"
                return Rung(name, Outcome.VIOLATED, None, text)
            case Bounded(depth) | Exhausted(depth):
                text = f"nothing is wrong within {depth} steps{where}"
                return Rung(name, Outcome.BOUNDED, None, text)
            case GaveUp(-1, reason):
                return nothing(name, f"{reason}{where}")
            case GaveUp(depth, reason):
                text = f"nothing is wrong within {depth} steps{where}; beyond that, {reason}"
                return Rung(name, Outcome.BOUNDED, None, text)

    def _sizes(self) -> Sequence[int | None]:
        if not self.system.sorts:
            return [None]
        return range(1, min(self.options.max_scope, LARGEST) + 1)

    def _each_size(
        self,
        name: str,
        at: Callable[[Finite], str | _Size],
        told: Callable[[list[str]], str],
    ) -> Rung:
        """Try a method at one size after the other, until it fails."""
        texts: list[str] = []
        most, end = 0, ""
        for size in self._sizes():
            self.told(name if size is None else f"{name} at size {size}")
            system = self._at(size)
            if system is None:
                continue
            where = "" if size is None else f", at size {size}"
            found = self._work(system, at)
            match found:
                case str(reason):
                    end = f"{reason}{where}"
                    break
                case _Size(_, states) if states:
                    self.fault = (system, states)
                    text = f"something is wrong after {len(states) - 1} steps{where}"
                    return Rung(name, Outcome.VIOLATED, None, text)
                case _Size(text):
                    texts.append(text)
                    most = 0 if size is None else size
        if not self.system.sorts:
            if end:
                return nothing(name, end)
            return Rung(name, Outcome.PROVED, OneSystem(), told(texts))
        if most < 2:
            return nothing(name, end or "it says something about one element only")
        reason = f"{name} goes size by size: {end}" if end else f"{name} goes size by size"
        return Rung(name, Outcome.PROVED, EachSize(most, (reason,)), told(texts))

    def _at(self, size: int | None) -> System | None:
        if size is None:
            return self.system
        system = self.load_at({sort.name: size for sort in self.system.sorts})
        if system is None or any(True for _ in assumption_findings(system)):
            return None
        return system

    def _work(self, system: System, at: Callable[[Finite], _T]) -> _T | str:
        """Do something with a system in another process; return why not, if not."""

        def work(_: int) -> _T | str:
            try:
                return at(Finite(encode(system, is_open=False)))
            except Unsupported as reason:
                return str(reason)

        (outcome,) = run_all(1, work, patience=PATIENCE)
        match outcome:
            case Done(result):
                return result
            case Lost(reason):
                return reason


@dataclass(frozen=True, slots=True)
class _Size:
    """What a method gave at one size: some number, or states at whose end something is wrong."""

    text: str
    fault: tuple[State, ...] = ()
