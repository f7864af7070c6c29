"""`--auto`: every method in turn, until one decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from checker.cli.inferring import inferred_proof
from checker.model.verdict import FindingKind, Result, Statistics, Verdict
from proofs.bounded import confirmed
from proofs.classify import Real
from proofs.ladder import climb
from proofs.prove import Refuted, Undecided
from proofs.rungs import BOUNDED, rung_of_induction, rung_of_lemmas

if TYPE_CHECKING:
    from checker.cli.console import ProgressLine
    from checker.model.system import State, System
    from proofs.classify import Standing
    from proofs.prove import LoadAt, Options, Report
    from proofs.rungs import Rung


class Climbed(NamedTuple):
    """What came of it: better reports have no counterexamples to classify any more."""

    report: Report
    standings: Mapping[str, Standing]
    lemmas: tuple[str, ...]
    rungs: tuple[Rung, ...]


def climbing(
    report: Report,
    standings: Mapping[str, Standing],
    load_at: LoadAt,
    options: Options,
    line: ProgressLine,
) -> Climbed:
    """Try what is left after induction, unless that is enough or something is really wrong."""
    rungs: tuple[Rung, ...] = (rung_of_induction(report),)
    # What is left of claims about runs and refinements no other rung decides.
    if report.is_safe or any(isinstance(each, Real) for each in standings.values()):
        return Climbed(report, standings, (), rungs)
    name = report.system.name
    try:
        line.show(f"{name}: looking for lemmas")
        better = inferred_proof(report, load_at, options)
        if better is not None:
            return Climbed(better[0], {}, better[1], (*rungs, rung_of_lemmas(*better)))
        higher = climb(report, load_at, options, lambda what: line.show(f"{name}: {what}"))
    finally:
        line.clear()
    rungs = (*rungs, rung_of_lemmas(None, ()), *higher.rungs)
    if higher.fault is not None:
        real = _violation(*higher.fault)
        unproved = (*report.of(Refuted), *report.of(Undecided))
        return Climbed(report, {each.name: real for each in unproved}, (), rungs)
    left = {each.name for each in higher.report.of(Refuted)}
    kept = {name: each for name, each in standings.items() if name in left}
    return Climbed(higher.report, kept, (), rungs)


def _violation(system: System, states: Sequence[State]) -> Real:
    """Return the violation at the end of a run, as a search would report it."""
    return Real(result_of_run(system, states))


def result_of_run(system: System, states: Sequence[State]) -> Result:
    """Return what is wrong at the end of a run, as the result of a search that found just this."""
    finding = confirmed(system, states)
    assert finding is not None, "a run that was confirmed before"
    return Result(
        system=system,
        verdict=Verdict.ERROR if finding.kind is FindingKind.EVALUATION else Verdict.VIOLATED,
        findings=(finding,),
        witnesses=(),
        limits=(),
        statistics=Statistics(len(states), len(states) - 1, 1, len(states), 0.0),
        coverage=None,
        engine=BOUNDED,
    )
