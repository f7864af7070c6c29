"""The report of a run for people.

The first line is the verdict with what it covers and how much was searched; the last one repeats
the run. Between them: the limits of the answer, one row for each property, what was vacuous,
coverage when asked for, and at the end, where a terminal comes to rest, the finding with its trace.
The order of lines and all wording are the same on every run; only times differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.model.verdict import Verdict
from checker.report.cells import wrap
from checker.report.diagnostics import render_diagnostics, summary
from checker.report.finding_text import render_finding
from checker.report.ink import Ink
from checker.report.places import line_of, told_statement
from checker.report.property_text import render_properties

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model.system import Setting
    from checker.model.verdict import Coverage, Limit, Result
    from grammar.diagnostics import Diagnostic

_STYLES = {
    Verdict.PROVED: "good",
    Verdict.HOLDS: "good",
    Verdict.BOUNDED: "doubt",
    Verdict.INCOMPLETE: "doubt",
    Verdict.VIOLATED: "bad",
    Verdict.ERROR: "bad",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the report needs to know beside the result.

    Attributes:
        spec: the file as the user named it.
        reproduce: the command that repeats the run.
        scope: what was done, where it was no search of all states.
        appendix: lines to stand before the last one.
    """

    spec: str
    reproduce: str
    ink: Ink
    has_coverage: bool = False
    is_quiet: bool = False
    scope: str = ""
    appendix: tuple[str, ...] = ()


def render_result(result: Result, request: Request) -> str:
    """Return the whole report; only the verdict line when quiet."""
    verdict = verdict_line(result, request.ink)
    if request.is_quiet:
        return verdict + "\n"
    sections = [
        [verdict, *_indented(_scope(result, request))],
        render_properties(result, request.ink),
        _vacuities(result, request.ink),
        _coverage(result.coverage, request) if result.coverage and request.has_coverage else [],
        *(
            render_finding(result, finding, request.spec, request.ink)
            for finding in result.findings
        ),
        list(request.appendix),
        [request.ink.paint("dim", f"reproduce: {request.reproduce}")],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def render_mistakes(spec: str, diagnostics: Sequence[Diagnostic], ink: Ink) -> str:
    """Return the report of a specification that could not be searched."""
    word = ink.paint(_STYLES[Verdict.ERROR], Verdict.ERROR.value)
    return f"{word}  {spec}: {summary(diagnostics)}\n" + render_diagnostics(diagnostics, ink)


def verdict_line(result: Result, ink: Ink) -> str:
    """Return `holds  mcs at Cpu = 3: 7,147 states, 19,389 transitions, depth 31, 0.4 s`."""
    word = ink.paint(_STYLES[result.verdict], result.verdict.value)
    settings = ", ".join(f"{s.name} = {s.value}" for s in result.system.settings)
    scope = f"{result.system.name} at {settings}" if settings else result.system.name
    link = " within" if all(limit.is_bound for limit in result.limits) else ", cut by"
    bounds = " and ".join(limit.what for limit in result.limits)
    within = f"{link} {bounds}" if bounds else ""
    doubt = f"; {ink.paint('doubt', 'vacuous')} in part" if result.vacuities else ""
    return f"{word}  {scope}{within}: {_counts(result)}{doubt}"


def _counts(result: Result) -> str:
    statistics = result.statistics
    counts = (
        _plural(statistics.distinct, "state"),
        _plural(statistics.transitions, "transition"),
        f"depth {statistics.depth:,}",
        duration(statistics.seconds),
    )
    return ", ".join(counts)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time as people say it: `0.04 s`, `3.2 s`, `2 min 05 s`."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _scope(result: Result, request: Request) -> list[str]:
    sentences: list[str] = [request.scope or _coverage_sentence(result)]
    sentences += [_default_sentence(s) for s in result.system.settings if s.origin == "default"]
    for note in result.system.atomicity:
        place = f"{note.site.written.source.name}:{note.site.written.line}"
        accesses = ", ".join(note.accesses)
        count = len(note.accesses)
        sentences.append(f"assumes that {place} is one step ({count} shared accesses: {accesses})")
    sentences += result.notes
    return [
        line for sentence in sentences if sentence for line in wrap(sentence, request.ink.width - 2)
    ]


def _coverage_sentence(result: Result) -> str:
    match result.verdict:
        case Verdict.PROVED:
            return "for every size"
        case Verdict.HOLDS:
            return "every reachable state at these sizes was checked; other sizes were not"
        case Verdict.BOUNDED:
            return f"bounded: nothing found within {_limits(result.limits)}"
        case Verdict.INCOMPLETE:
            return f"incomplete: nothing found before {_limits(result.limits)}"
        case Verdict.VIOLATED | Verdict.ERROR:
            if result.statistics.distinct == 0:
                return "nothing was searched"
            if result.only_runs_fail:
                return "every reachable state was visited, and the runs through them were judged"
            depth = result.statistics.depth
            return f"the search stopped at depth {depth:,}, where this was found"


def _limits(limits: tuple[Limit, ...]) -> str:
    return "; ".join(f"{limit.what}; not searched: {limit.left}" for limit in limits)


def _default_sentence(setting: Setting) -> str:
    return (
        f"{setting.name} = {setting.value} is the tool's default (change it: -c {setting.name}=N)"
    )


def _vacuities(result: Result, ink: Ink) -> list[str]:
    word = ink.paint("doubt", "vacuous")
    return [
        line.replace("vacuous", word, 1)
        for sentence in result.vacuities
        for line in wrap(f"vacuous: {sentence}", ink.width)
    ]


def _coverage(coverage: Coverage, request: Request) -> list[str]:
    counts = [f"{count:,}" for _, count in coverage.actions]
    digits = max(map(len, counts), default=0)
    names = max((len(action.name) for action, _ in coverage.actions), default=0)
    lines = ["coverage: transitions of each action"]
    for (action, count), shown in zip(coverage.actions, counts, strict=True):
        site = action.site if action.source is None else action.source.site
        text = f"{line_of(site, request.spec):>5}  {told_statement(site)}"
        line = f"  {shown:>{digits}}  {action.name:<{names}}  {text}"
        lines.append(request.ink.paint("doubt", line) if count == 0 else line)
    lines += [f"  not taken: {what} at {site}" for site, what in coverage.branches]
    lines += [
        f"  in `{name}`, the left side of `{text}` never held ({site})"
        for name, text, site in coverage.implications
    ]
    return lines
