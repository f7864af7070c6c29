"""What bounded model checking found, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from checker.report.cells import wrap
from checker.report.finding_text import render_finding
from checker.report.json_doc import finding_json
from checker.report.text import duration

if TYPE_CHECKING:
    from checker.model.system import System
    from checker.model.verdict import Result
    from checker.report.ink import Ink
    from checker.report.values_json import Json


class Word(Enum):
    """The first word of the report."""

    HOLDS = "holds"
    VIOLATED = "violated"
    BOUNDED = "bounded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What there is to tell.

    Attributes:
        depth: steps of the trace; or up to which nothing is wrong, -1 if nothing is known.
        result: the violation.
        reason: why it is not known.
    """

    system: System
    word: Word
    depth: int
    seconds: float
    result: Result | None = None
    reason: str = ""


def render_bounds(bounds: Bounds, spec: str, reproduce: str, ink: Ink) -> str:
    """Return the whole report."""
    style = {Word.HOLDS: "good", Word.VIOLATED: "bad"}.get(bounds.word, "doubt")
    scope = scope_of(bounds.system)
    where = f" at {scope}" if scope else ""
    head = f"{bounds.system.name}{where}: {_what(bounds)}, {duration(bounds.seconds)}"
    first = f"{ink.paint(style, bounds.word.value)}  {head}"
    sections = [[first, *(f"  {line}" for line in _domain(bounds, ink))]]
    if bounds.result is not None:
        sections.append(render_finding(bounds.result, bounds.result.findings[0], spec, ink))
    sections.append([ink.paint("dim", f"reproduce: {reproduce}")])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def scope_of(system: System) -> str:
    """Return the sizes and constants at which the runs were looked at."""
    return ", ".join(f"{each.name} = {each.value}" for each in system.settings)


def _what(bounds: Bounds) -> str:
    steps = f"{bounds.depth} step{'' if bounds.depth == 1 else 's'}"
    match bounds.word:
        case Word.HOLDS:
            return f"no run has more than {steps}, and nothing is wrong"
        case Word.VIOLATED:
            return f"something is wrong after {steps}"
        case Word.BOUNDED:
            return f"nothing is wrong within {steps}"
        case Word.UNKNOWN:
            return "nothing is known" if bounds.depth < 0 else f"nothing is wrong within {steps}"


def _domain(bounds: Bounds, ink: Ink) -> list[str]:
    sentences = ["by bounded model checking, at these sizes only"]
    match bounds.word:
        case Word.HOLDS | Word.VIOLATED:
            pass
        case Word.BOUNDED:
            sentences.append("longer runs were not looked at; raise --bmc, or prove it without")
        case Word.UNKNOWN:
            sentences.append(f"unknown: {bounds.reason}")
            if bounds.depth >= 0 or "limit" in bounds.reason:
                sentences.append("raise --limit, or lower --bmc")
    sentences.append("not covered: deadlock freedom, `reachable`, claims about whole runs")
    return [line for each in sentences for line in wrap(each, ink.width - 2)]


def json_of_bounds(bounds: Bounds, spec: str, reproduce: str, code: int) -> Json:
    """Return the run for the document of `k42 prove`."""
    result = bounds.result
    return {
        "spec": spec,
        "name": bounds.system.name,
        "verdict": bounds.word.value,
        "exit_code": code,
        "reproduce": reproduce,
        "domain": {"kind": "depth", "depth": bounds.depth},
        "scope": scope_of(bounds.system),
        "reason": bounds.reason,
        "findings": [] if result is None else [finding_json(result.system, result.findings[0])],
    }
