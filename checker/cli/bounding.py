"""`k42 prove --bmc DEPTH`: everything that can happen within so many steps, and nothing beyond."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from checker.cli.climbing import result_of_run
from checker.cli.console import ProgressLine
from checker.model.findings import assumption_findings
from checker.model.verdict import EXIT_HOLDS, EXIT_LIMIT, EXIT_UNFINISHED, EXIT_UNKNOWN, exit_code
from checker.report.bounded_text import Bounds, Word, json_of_bounds, render_bounds
from proofs.bounded import AT_LIMIT, Bounded, Exhausted, GaveUp, Violated, check_bounded
from proofs.encode.model import encode
from proofs.encode.universe import Unsupported
from proofs.finite import Finite
from proofs.solver.worker import Done, run_all

if TYPE_CHECKING:
    from checker.model.system import System
    from checker.report.ink import Ink
    from checker.report.values_json import Json
    from proofs.solver.settings import Settings

PATIENCE = 3_600.0
"""Seconds after which a run is abandoned; the limit of the solver stops it long before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to say, and to exit with."""

    code: int
    text: str
    json: Json


@dataclass(frozen=True, slots=True)
class Request:
    """How to tell it."""

    spec: str
    reproduce: str
    ink: Ink
    is_quiet: bool


def bounded_answer(system: System, depth: int, settings: Settings, request: Request) -> Answer:
    """Look at all runs of up to `depth` steps, at the sizes of the system."""
    start = perf_counter()
    found = _found(system, depth, settings)
    seconds = perf_counter() - start
    match found:
        case Violated(states):
            result = result_of_run(system, states)
            bounds = Bounds(system, Word.VIOLATED, len(states) - 1, seconds, result)
            code = exit_code(result, strict=False)
        case Bounded():
            bounds = Bounds(system, Word.BOUNDED, found.depth, seconds)
            code = EXIT_UNFINISHED
        case Exhausted():
            bounds = Bounds(system, Word.HOLDS, found.depth, seconds)
            code = EXIT_HOLDS
        case GaveUp(reached, reason):
            bounds = Bounds(system, Word.UNKNOWN, reached, seconds, reason=reason)
            code = EXIT_LIMIT if reason == AT_LIMIT else EXIT_UNKNOWN
    text = render_bounds(bounds, request.spec, request.reproduce, request.ink)
    if request.is_quiet:
        text = text.partition("\n")[0] + "\n"
    return Answer(code, text, json_of_bounds(bounds, request.spec, request.reproduce, code))


def _found(
    system: System, depth: int, settings: Settings
) -> Violated | Bounded | Exhausted | GaveUp:
    for wrong in assumption_findings(system):
        return GaveUp(-1, wrong.message)

    def work(_: int) -> Violated | Bounded | Exhausted | GaveUp:
        try:
            return check_bounded(Finite(encode(system, is_open=False)), depth, settings)
        except Unsupported as reason:
            return GaveUp(-1, str(reason))

    line = ProgressLine(is_wanted=True)
    line.show(f"{system.name}: runs of up to {depth} steps")
    try:
        (outcome,) = run_all(1, work, patience=PATIENCE)
    finally:
        line.clear()
    return outcome.result if isinstance(outcome, Done) else GaveUp(-1, outcome.reason)
