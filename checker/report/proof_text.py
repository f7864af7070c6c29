"""The report of a proof for people.

The first line is the verdict with the domain of the claim; then what the proof rests on, one row
for each claim, and for each obligation that does not hold a counterexample: the state before, the
step with old and new values, the claim that breaks, and whether the state before can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from checker.model.explain import explain
from checker.model.interpret import (
    AssertionFailed,
    EvaluationFailed,
    Moved,
    perform,
    state_scope,
    step_scope,
)
from checker.model.system import PropertyKind
from checker.model.trace import Trace
from checker.report.beyond_text import headline_beyond, lines_beyond
from checker.report.cells import flat, pad, width, wrap
from checker.report.finding_text import quotation, render_finding, value_lines
from checker.report.fragment_text import fragment_lines
from checker.report.ink import Ink
from checker.report.quality_text import Quality, quality_lines
from checker.report.rung_text import rung_lines
from checker.report.state_text import render_data, render_rests
from checker.report.text import duration
from checker.report.trace_text import render_trace
from proofs.classify import Harmless, NotKnown, Real, Standing, Unreachable
from proofs.obligation import Goal
from proofs.prove import (
    EachSize,
    EverySize,
    Judged,
    OneSystem,
    Proved,
    Refuted,
    Report,
    Undecided,
    Why,
)
from proofs.quality import Emptiness
from proofs.rungs import INDUCTION, LEMMAS, PREFIX, proving

if TYPE_CHECKING:
    from checker.model.interpret import Outcome
    from checker.model.system import Action, Conjunct, Property, System
    from grammar.source import Span
    from proofs.counterexample import Counterexample
    from proofs.fragment import Fragment
    from proofs.quality import Need, Vacuity
    from proofs.rungs import Rung

MAX_SHOWN = 3
"""Counterexamples that are shown in full, unless all are asked for."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to tell of a proof.

    Attributes:
        systems: the systems at the sizes of the counterexamples.
        standings: for each obligation that does not hold, whether its state can be reached.
        found: lemmas that were inferred, as the language writes them, in the order of their names.
        rungs: what was tried, if everything was to be (`--auto`).
        fragment: whether the claims can always be decided, if that matters or was asked for.
        remarks: sentences about how it was proved.
        doubts: obligations that another solver does not confirm, with what it says.
        quality: how steady the proof is, and what it would notice, if that was asked.
    """

    report: Report
    systems: Mapping[tuple[tuple[str, int], ...], System]
    standings: Mapping[str, Standing]
    vacuities: tuple[Vacuity, ...] = ()
    needs: tuple[Need, ...] = ()
    seconds: float = 0.0
    found: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    fragment: Fragment | None = None
    remarks: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """How to tell it."""

    spec: str
    reproduce: str
    ink: Ink
    shows_all: bool = False
    is_quiet: bool = False


def verdict_word(findings: Findings) -> str:
    """Return the first word of the report."""
    report = findings.report
    if any(isinstance(each, Real) for each in findings.standings.values()):
        return "violated"
    if report.of(Refuted):
        return "not inductive"
    is_brittle = findings.quality is not None and not findings.quality.is_steady
    if report.of(Undecided) or findings.doubts or is_brittle:
        return "unknown"
    if any(each.kind is Emptiness.START for each in findings.vacuities):
        return "contradictory"
    if findings.vacuities:
        return "vacuous"
    # Nothing is said of larger sizes, so the word is not that of a proof.
    return "bounded" if isinstance(report.domain, EachSize) else "proved"


def render_proof(findings: Findings, request: Request) -> str:
    """Return the whole report; only the first line when quiet."""
    first = _verdict_line(findings, request.ink)
    if request.is_quiet:
        return first + "\n"
    sections = [
        [first, *(f"  {line}" for line in _domain_lines(findings, request.ink))],
        _claims(findings, request.ink),
        rung_lines(findings.rungs, request.ink),
        _inferred(findings, request.ink),
        _vacuities(findings, request.ink),
        *_failures(findings, request),
        _undecided(findings, request.ink),
        [] if findings.fragment is None else fragment_lines(findings.fragment, request.ink),
        [_doubt(name, says, request.ink) for name, says in findings.doubts],
        *_violations(findings, request),
        _needs(findings, request.ink),
        quality_lines(findings.quality, request.ink),
        [request.ink.paint("dim", f"reproduce: {request.reproduce}")],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _verdict_line(findings: Findings, ink: Ink) -> str:
    word = verdict_word(findings)
    style = {"proved": "good", "violated": "bad", "not inductive": "bad"}.get(word, "doubt")
    report = findings.report
    count = len(report.judged)
    done = len(report.of(Proved))
    counts = (
        f"{count:,} obligations" if done == count else f"{done:,} of {count:,} obligations hold"
    )
    scope = f"{report.system.name} {scope_text(report)}"
    return f"{ink.paint(style, word)}  {scope}: {counts}, {duration(findings.seconds)}"


def scope_text(report: Report) -> str:
    """Return for what the claims are made: `for every Cpu, at MAX = 5`."""
    sorts = ", ".join(sort.name for sort in report.system.sorts)
    given = ", ".join(f"{s.name} = {s.value}" for s in report.system.settings if not s.is_size)
    match report.domain:
        case EverySize():
            text = f"for every number of {sorts}"
        case EachSize(most):
            text = f"for 1 to {most} {sorts}"
        case OneSystem():
            text = "as it is"
        case _:
            assert_never(report.domain)
    return f"{text}, at {given}" if given else text


def _domain_lines(findings: Findings, ink: Ink) -> list[str]:
    report = findings.report
    sentences: list[str] = []
    rung = proving(findings.rungs)
    if rung is not None and rung.method not in {INDUCTION, LEMMAS}:
        sentences.append(f"by {rung.method}: {rung.text}")
        if isinstance(rung.domain, EachSize):
            sentences += [f"not for every size: {reason}" for reason in rung.domain.reasons]
    match report.domain:
        case _ if sentences:
            pass
        case EverySize():
            sentences.append("by induction over the steps, whatever the sizes of the sorts")
        case EachSize(most, reasons):
            sentences.append(
                f"by induction over the steps, at each size from 1 to {most} by itself"
            )
            sentences += [f"not for every size: {reason}" for reason in reasons]
        case OneSystem():
            sentences.append("by induction over the steps; nothing in it has a size")
        case _:
            assert_never(report.domain)
    methods: dict[str, int] = {}
    for each in report.of(Proved):
        assert isinstance(each.fate, Proved)
        methods[each.fate.method.value] = methods.get(each.fate.method.value, 0) + 1
    if methods:
        asked = report.asked
        took = f"; the solver took {duration(asked.seconds)}" if asked.questions else ""
        ways = ", ".join(f"{count:,} by {name}" for name, count in methods.items())
        sentences.append(f"{ways}{took}")
    sentences += findings.remarks
    sentences.append(f"not covered: {', '.join(_uncovered(report.system))}")
    return [line for each in sentences for line in wrap(each, ink.width - 2)]


def _uncovered(system: System) -> list[str]:
    others = [p for p in system.properties if p.kind not in _INDUCTIVE]
    ranked = {each.name for each in system.rankings}
    return [
        "deadlock freedom",
        *(f"{p.kind.value} {p.name}" for p in others),
        *(f"property {p.name}" for p in system.temporal if p.name not in ranked),
        *(f"bypass {p.name}" for p in system.bypasses),
        *(f"the fairness that {p.name} asks for" for p in system.refinements if p.is_fair),
    ]


_INDUCTIVE = frozenset({PropertyKind.INVARIANT, PropertyKind.STEP})


# --- one row for each claim -----------------------------------------------------------------------


def _claims(findings: Findings, ink: Ink) -> list[str]:
    rows = [
        _row(f"{_kind(prop)} {prop.name}", _of_property(findings.report, prop))
        for prop in findings.report.system.properties
        if prop.kind in _INDUCTIVE and not prop.name.startswith(PREFIX)
    ]
    for goal, word in ((Goal.RESPONSE, "property "), (Goal.REFINEMENT, "")):
        beyond = [each for each in findings.report.judged if each.goal is goal]
        for subject in dict.fromkeys(each.subject for each in beyond):
            rows.append(_row(f"{word}{subject}", [j for j in beyond if j.subject == subject]))
    for goal, name in ((Goal.ASSERTION, "assertions"), (Goal.EVALUATION, "values in steps")):
        judged = [each for each in findings.report.judged if each.goal is goal]
        if judged:
            rows.append(_row(name, judged))
    words = max((width(word) for word, _, _ in rows), default=0)
    names = max((width(name) for _, name, _ in rows), default=0)
    lines: list[str] = []
    for word, name, detail in rows:
        style = {"proved": "good", "unknown": "doubt"}.get(word, "bad")
        head = f"  {ink.paint(style, pad(word, words))}  "
        if not detail:
            lines.append(f"{head}{name}")
            continue
        room = max(ink.width - words - names - 6, 30)
        first, *others = wrap(detail, room, hang=0)
        lines.append(f"{head}{pad(name, names)}  {first}")
        lines += [" " * (words + names + 6) + line for line in others]
    return lines


def _kind(prop: Property) -> str:
    return "lemma" if prop.is_lemma else prop.kind.value


def _of_property(report: Report, prop: Property) -> list[Judged]:
    names = {conjunct.name for conjunct in prop.conjuncts}
    goals = {Goal.START, Goal.PRESERVED, Goal.STEP}
    return [each for each in report.judged if each.goal in goals and each.subject in names]


def _row(name: str, judged: Sequence[Judged]) -> tuple[str, str, str]:
    refuted = [each for each in judged if isinstance(each.fate, Refuted)]
    open_ = [each for each in judged if isinstance(each.fate, Undecided)]
    if refuted:
        return (
            "not inductive",
            name,
            "by " + ", ".join(dict.fromkeys(_where(each) for each in refuted)),
        )
    if open_ or not judged:
        return "unknown", name, "by " + ", ".join(dict.fromkeys(_where(each) for each in open_))
    return "proved", name, ""


def _where(judged: Judged) -> str:
    if not judged.action:
        return judged.name.rpartition("/")[2]
    if judged.goal in {Goal.ASSERTION, Goal.EVALUATION}:
        return judged.action
    part = judged.subject.rpartition(".")[2]
    return f"{judged.action} (part {part})" if part.isdecimal() else judged.action


# --- counterexamples ------------------------------------------------------------------------------


def _failures(findings: Findings, request: Request) -> list[list[str]]:
    refuted = findings.report.of(Refuted)
    shown = refuted if request.shows_all else refuted[:MAX_SHOWN]
    sections = [_failure(each, findings, request) for each in shown]
    rest = len(refuted) - len(shown)
    if rest:
        sections.append([f"... and {rest} more (--all shows them)"])
    return sections


def _failure(judged: Judged, findings: Findings, request: Request) -> list[str]:
    assert isinstance(judged.fate, Refuted)
    found = judged.fate.counterexample
    system = findings.systems[found.sizes]
    ink = request.ink
    sizes = ", ".join(f"{name} = {size}" for name, size in found.sizes)
    at = f", at {sizes}" if sizes else ""
    lines = [ink.paint("bad", line) for line in wrap(headline(judged) + at, ink.width)]
    lines += quotation(judged.site, ink)
    if not found.is_confirmed:
        lines += wrap(
            "  the interpreter does not confirm this: a quantified part has no value where "
            "evaluation stops before it",
            ink.width,
        )
        return lines
    is_step = found.before is not None and judged.action
    outcome = _again(system, judged, found) if is_step else None
    lines += _story(system, judged, found, outcome, request)
    lines += ["", *_standing(findings.standings.get(judged.name), ink)]
    return lines


def headline(judged: Judged) -> str:
    """Return in a sentence what a counterexample shows."""
    match judged.goal:
        case Goal.START:
            return f"{judged.subject} does not hold at the start"
        case Goal.PRESERVED:
            return f"{judged.action} does not preserve {judged.subject}"
        case Goal.STEP:
            return f"{judged.action} breaks step property {judged.subject}"
        case Goal.ASSERTION:
            return f"an assertion in {judged.action} may fail"
        case Goal.EVALUATION:
            return f"an expression in {judged.action} may have no value"
        case Goal.RESPONSE | Goal.REFINEMENT:
            return headline_beyond(judged)
        case _:
            assert_never(judged.goal)


def _again(system: System, judged: Judged, found: Counterexample) -> Outcome:
    """Carry out the step again, for its choices and for why it fails if it does."""
    assert found.before is not None
    for outcome in perform(system, found.before, _action(system, judged.action), found.params):
        choices = tuple(choice.value for choice in outcome.step.choices)
        after = outcome.state if isinstance(outcome, Moved) else None
        if choices == found.choices and after == found.after:
            return outcome
    raise AssertionError("the step of a confirmed counterexample cannot be repeated")


def _action(system: System, name: str) -> Action:
    return next(each for each in system.actions if each.name == name)


def _story(
    system: System,
    judged: Judged,
    found: Counterexample,
    outcome: Outcome | None,
    request: Request,
) -> list[str]:
    ink, spec = request.ink, request.spec
    lines: list[str] = []
    if found.before is not None:
        lines += ["", f"  {ink.paint('bold', 'from a state in which every claim holds')}"]
        lines += [f"    {line}" for line in render_rests(system, found.before, spec, ink)]
        lines += [f"    {line}" for line in render_data(system, found.before, ink)]
    match outcome:
        case Moved(step, after):
            assert found.before is not None
            trace = Trace((found.before, after), (step,))
            lines += ["", *render_trace(system, trace, "", spec, ink)]
        case AssertionFailed(step, _, message) | EvaluationFailed(step, _, message):
            assert found.before is not None
            trace = Trace((found.before,), (), step)
            lines += ["", *render_trace(system, trace, message, spec, ink)]
        case None:
            pass
    return lines + _consequence(system, judged, found, request)


def _consequence(
    system: System, judged: Judged, found: Counterexample, request: Request
) -> list[str]:
    """Tell of the state after the step, in which the claim does not hold."""
    ink, spec = request.ink, request.spec
    lines: list[str] = []
    if judged.goal in {Goal.RESPONSE, Goal.REFINEMENT}:
        return lines_beyond(system, judged, found, ink)
    if found.after is not None:
        conjunct = _conjunct(system, judged.subject)
        scope = state_scope(system, found.after)
        if judged.goal is Goal.STEP:
            assert found.before is not None
            scope = step_scope(system, found.before, found.after)
        title = f"after that {judged.subject} does not hold"
        if found.before is None:
            title = f"an initial state in which {judged.subject} does not hold"
        lines += ["", f"  {ink.paint('bold', title)}"]
        lines += [f"    {line}" for line in render_rests(system, found.after, spec, ink)]
        if found.before is None:
            lines += [f"    {line}" for line in render_data(system, found.after, ink)]
        lines += value_lines(explain(conjunct.expression, scope), ink)
    return lines


def _conjunct(system: System, name: str) -> Conjunct:
    return next(
        conjunct
        for prop in system.properties
        if prop.kind in _INDUCTIVE
        for conjunct in prop.conjuncts
        if conjunct.name == name
    )


def _standing(standing: Standing | None, ink: Ink) -> list[str]:
    match standing:
        case None:
            return []
        case Real(result):
            first = result.findings[0]
            what = f"{first.kind.value} {first.name}"
            at = ", ".join(f"{sort.name} = {sort.size}" for sort in result.system.sorts)
            where = f" at {at}" if at else ""
            text = f"a search{where} finds a real violation ({what}): its trace is below"
            return [ink.paint("bad", line) for line in wrap(f"  {text}", ink.width)]
        case Unreachable(states, candidate):
            text = (
                f"  this state cannot be reached: all {states:,} states at these sizes were "
                "searched and nothing is wrong; the claims say too little"
            )
            lines = wrap(text, ink.width)
            if candidate is not None:
                lines.append("  a lemma that excludes it and holds in all of them:")
                lines += [
                    f"    {line}" for line in wrap(f"lemma candidate: {candidate}", ink.width - 4)
                ]
            return lines
        case Harmless(states):
            text = (
                f"  this state can be reached, and the property holds in all {states:,} states at "
                "these sizes: it is the rank that does not fit"
            )
            return wrap(text, ink.width)
        case NotKnown(states):
            text = (
                f"  whether this state can be reached is not known: {states:,} states were searched"
            )
            return wrap(text, ink.width)
        case _:
            assert_never(standing)


def _violations(findings: Findings, request: Request) -> list[list[str]]:
    """Return the traces of real violations, each once."""
    results = {id(r.result): r.result for r in findings.standings.values() if isinstance(r, Real)}
    return [
        render_finding(result, result.findings[0], request.spec, request.ink)
        for result in results.values()
    ]


# --- what else there is to say --------------------------------------------------------------------

_ADVICE = {
    Why.LIMIT: "raise --limit, or split the claim into lemmas",
    Why.INCOMPLETE: "add a lemma, or look for a counterexample at larger sizes with --scope",
    Why.UNSTATED: "restate it without the part that is named",
    Why.LOST: "try again; if it stays so, report it",
    Why.UNCERTIFIED: "prove it again with --certificate",
}


def _undecided(findings: Findings, ink: Ink) -> list[str]:
    lines: list[str] = []
    for each in findings.report.of(Undecided):
        assert isinstance(each.fate, Undecided)
        head = f"unknown: {each.name}: {each.fate.reason}; {_ADVICE[each.fate.why]}"
        lines += [ink.paint("doubt", line) for line in wrap(head, ink.width)]
    return lines


def _doubt(name: str, says: str, ink: Ink) -> str:
    return ink.paint("bad", f"not confirmed: {name}: {says}")


def _inferred(findings: Findings, ink: Ink) -> list[str]:
    if not findings.found:
        return []
    lines = [f"by {len(findings.found)} lemmas that were found, which may be written down:"]
    for number, text in enumerate(findings.found, start=1):
        lines += [f"  {part}" for part in wrap(f"lemma {PREFIX}{number}: {text}", ink.width - 2)]
    return lines


def _vacuities(findings: Findings, ink: Ink) -> list[str]:
    return [
        ink.paint("doubt", line)
        for each in findings.vacuities
        for line in wrap(
            f"vacuous: {each.name} ({_place(each.site)}): {each.kind.value}; {_FILLED[each.kind]}",
            ink.width,
        )
    ]


_FILLED = {
    Emptiness.START: "relax the initial values or an `initially`",
    Emptiness.ACTION: "weaken its guard, or drop what claims exclude it",
    Emptiness.ANTECEDENT: "see whether it says what is meant, or drop the claim",
}


def _place(site: Span) -> str:
    site = site.written
    return flat(f"{site.source.name}:{site.line}")


def _needs(findings: Findings, ink: Ink) -> list[str]:
    if not findings.needs:
        return []
    lines = ["what each lemma is needed for"]
    for need in findings.needs:
        if need.is_redundant:
            lines.append(
                ink.paint("doubt", f"  {need.lemma}: redundant, the rest is proved without it")
            )
        else:
            broken = ", ".join(each.name for each in need.broken)
            lines += [f"  {line}" for line in wrap(f"{need.lemma}: {broken}", ink.width - 2)]
    return lines
