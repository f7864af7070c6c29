"""What is wrong, why, how it came about, and where everybody stands then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from checker.model.findings import INIT
from checker.model.verdict import FindingKind
from checker.report.cells import clip, flat, pad, width, wrap
from checker.report.ink import Ink
from checker.report.places import generator_of
from checker.report.state_text import render_data, render_rests, render_start
from checker.report.trace_text import render_trace
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.system import System
    from checker.model.trace import Trace
    from checker.model.verdict import Finding, Result
    from grammar.source import Span

MAX_QUOTED = 5


def render_finding(result: Result, finding: Finding, spec: str, ink: Ink) -> list[str]:
    """Return the section of one finding."""
    lines = [ink.paint("bad", part) for part in wrap(headline(finding), ink.width)]
    # Of a deadlock the last state tells who waits and where; there is no formula to explain.
    if finding.kind is not FindingKind.DEADLOCK:
        lines += quotation(finding.site, ink)
        lines += value_lines(finding.values, ink)
    lines += [f"  {part}" for each in finding.remarks for part in wrap(each, ink.width - 2)]
    if finding.trace is not None:
        last = _last(finding, finding.trace)
        run = Run(finding.trace, last, finding.message)
        lines += ["", *render_run(result.system, run, spec, ink)]
    return lines


def headline(finding: Finding) -> str:
    """Return what is wrong, and where on the trace, in one sentence."""
    at = "" if finding.trace is None else f" in state {len(finding.trace.steps)}"
    step = "" if finding.trace is None else f" in step {len(finding.trace.steps) + 1}"
    match finding.kind:
        case FindingKind.INVARIANT:
            return f"invariant {finding.name} does not hold{at}"
        case FindingKind.STEP:
            last = len(finding.trace.steps) if finding.trace else 0
            return f"step property {finding.name} does not hold for step {last}"
        case FindingKind.DEADLOCK:
            return f"deadlock{at}: {finding.message}"
        case FindingKind.ASSERTION:
            return f"assertion fails{step}: {finding.message}"
        case FindingKind.EVALUATION:
            if finding.name == INIT:
                return f"error at the start: {finding.message}"
            if finding.trace is not None and finding.trace.failed is not None:
                return f"error{step}, {finding.name}: {finding.message}"
            return f"error: {finding.name} has no value{at}: {finding.message}"
        case FindingKind.ASSUMPTION:
            return f"assumption {finding.name} does not hold"
        case FindingKind.LIVENESS:
            return f"property {finding.name} does not hold: {finding.message}"
        case FindingKind.REFINEMENT:
            return f"{finding.name} does not hold: {finding.message}"
        case FindingKind.BYPASS:
            return f"bypass {finding.name} is exceeded: {finding.message}"
        case _:
            assert_never(finding.kind)


def quotation(site: Span, ink: Ink) -> list[str]:
    """Quote the text that failed, with its place."""
    if site.source is NOWHERE.source:
        return []
    text = [flat(line) for line in site.text.splitlines()] or [""]
    indents = [len(line) - len(line.lstrip()) for line in text[1:] if line.strip()]
    cut = min(indents, default=0)
    quoted = [text[0], *(line[cut:] for line in text[1:])]
    if len(quoted) > MAX_QUOTED:
        quoted = [*quoted[: MAX_QUOTED - 1], "..."]
    generator = generator_of(site)
    place = f"{site.written.source.name}:{site.written.line}:"
    place += f" {generator}" if generator else ""
    wrapped = [part for line in quoted for part in wrap(line, ink.width - 6)]
    return [f"  {ink.paint('dim', place)}", *(f"    {line}".rstrip() for line in wrapped)]


def value_lines(values: tuple[tuple[str, str], ...], ink: Ink) -> list[str]:
    """Tell the values of the parts of what failed, as `explain` gives them."""
    if not values:
        return []
    names = min(max(width(name) for name, _ in values), ink.width // 2)
    lines = ["  because"]
    for name, value in values:
        head = f"    {pad(clip(name, names), names)}  = "
        parts = wrap(value, ink.width - width(head), hang=2)
        lines.append(head + ink.paint("bold", parts[0]))
        lines += [" " * width(head) + part for part in parts[1:]]
    return lines


@dataclass(frozen=True, slots=True)
class Run:
    """A trace with what is to be said of its last state, and of the step that fails if one does."""

    trace: Trace
    last: str
    failure: str = ""


def render_run(system: System, run: Run, spec: str, ink: Ink) -> list[str]:
    """Return a trace with the states at its ends."""
    trace = run.trace
    count = len(trace.steps) + (trace.failed is not None)
    lines: list[str] = []
    if count:
        title = wrap(f"trace: {_described(trace, count)}", ink.width)
        lines = [*(ink.paint("bold", line) for line in title), ""]
        lines += _state("state 0, at the start", render_start(system, trace.states[0], ink), ink)
        lines += ["", *render_trace(system, trace, run.failure, spec, ink), ""]
    body = render_rests(system, trace.states[-1], spec, ink)
    body += render_data(system, trace.states[-1], ink)
    return [*lines, *_state(f"state {len(trace.steps)}, {run.last}", body, ink)]


def _described(trace: Trace, count: int) -> str:
    switches = trace.context_switches()
    steps = f"{count} step{'' if count == 1 else 's'}"
    if switches == 0:
        return steps
    hint = "a column for each that acts, time runs down"
    return f"{steps}, {switches} context switch{'' if switches == 1 else 'es'}; {hint}"


def _last(finding: Finding, trace: Trace) -> str:
    if trace.failed is not None:
        return "before the step that fails"
    match finding.kind:
        case FindingKind.INVARIANT:
            return f"in which {finding.name} does not hold"
        case FindingKind.DEADLOCK:
            return "in which no step is possible"
        case FindingKind.STEP:
            return "after the step"
        case FindingKind.EVALUATION:
            return f"in which {finding.name} has no value"
        case _ if trace.loop is not None and trace.loop < len(trace.steps):
            return f"which is state {trace.loop} again"
        case _:
            return "at the end"


def _state(title: str, body: list[str], ink: Ink) -> list[str]:
    return [f"  {ink.paint('bold', title)}", *(f"    {line}" for line in body)]
