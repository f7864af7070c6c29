"""What came of the mutants of a specification, for people: the score, and each survivor.

A survivor is told as a gap in what is claimed: what the change shows that the specification never
does, so that one sees which claim would exclude it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.analysis.mutants import MutationKind
from checker.analysis.mutation import Fate
from checker.report.cells import clip, pad, width, wrap
from checker.report.ink import Ink
from checker.report.places import line_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.analysis.mutation import Judged, Report

DONE: Final = {
    MutationKind.GUARD: "does not wait",
    MutationKind.WEAKEN: "is weaker",
    MutationKind.BRANCH: "is always taken",
    MutationKind.REORDER: "are exchanged",
    MutationKind.SPLIT: "is several steps",
    MutationKind.EFFECT: "is left out",
}
"""What is done to the code that a mutant tells, by kind."""

_COUNTED: Final = (
    (Fate.KILLED, "something is found: a claim that fails, a deadlock, an error"),
    (Fate.SURVIVED, "nothing is found, though they do something else"),
    (Fate.EQUIVALENT, "no claim could tell them from the specification"),
    (Fate.UNDECIDED, "neither, within the states and the time of one mutant"),
    (Fate.STILLBORN, "no specification any more"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the report needs to know beside the result."""

    spec: str
    reproduce: str
    ink: Ink
    shows_all: bool = False
    is_quiet: bool = False


def render_report(report: Report, request: Request) -> str:
    """Return the whole report; only its first line when quiet."""
    ink = request.ink
    head = _headline(report, ink)
    if request.is_quiet:
        return head + "\n"
    explained = [each for each in report.of(Fate.SURVIVED) if each.reason is not None]
    sections = [
        [head, *_counts(report, ink)],
        *([_survivor(each, request) for each in report.unexplained]),
        *([_undecided(each, request) for each in report.of(Fate.UNDECIDED)]),
        [line for each in explained for line in _explained(each, request)],
        _everything(report.judged, request) if request.shows_all else [],
        [ink.paint("dim", f"reproduce: {request.reproduce}")],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def percent(share: float) -> str:
    """Return a share as people say it; 100 % only if nothing is missing."""
    return f"{int(share * 100)} %"


def _headline(report: Report, ink: Ink) -> str:
    low, high = report.range
    score = percent(low) if low == high else f"{percent(low)} to {percent(high)}"
    killed = len(report.of(Fate.KILLED))
    counted = killed + len(report.of(Fate.SURVIVED))
    style = "doubt" if report.unexplained or low != high else "good"
    word = ink.paint(style, f"score {score}")
    return f"{word}  {report.scope}: {killed} of {counted} mutants were noticed"


def _counts(report: Report, ink: Ink) -> list[str]:
    counted = [(len(report.of(fate)), fate, what) for fate, what in _COUNTED]
    digits = max(len(str(count)) for count, _, _ in counted)
    return [
        f"  {count:>{digits}} {fate.value:<10}  {ink.paint('dim', what)}"
        for count, fate, what in counted
        if count
    ]


def _place(each: Judged, request: Request) -> str:
    return f"{request.spec}:{line_of(each.mutant.span, request.spec)}"


def _head(each: Judged, request: Request) -> list[str]:
    what = f"{each.mutant.what} {DONE[each.mutant.kind]}"
    if each.mutant.kind in {MutationKind.WEAKEN, MutationKind.REORDER}:
        what = each.mutant.what
    title = request.ink.paint("bold", each.name)
    return [f"{title}  {clip(what, request.ink.width - width(each.name) - 2)}"]


def _survivor(each: Judged, request: Request) -> list[str]:
    lines = [*_head(each, request)]
    for text in _suggestion(each):
        lines += [f"  {part}" for part in wrap(text, request.ink.width - 2)]
    return lines


def _suggestion(each: Judged) -> list[str]:
    """Return what claim is missing, as far as the graphs tell."""
    found = each.outcome.difference
    if found is None:
        return ["survives; there are too many states to compare, so it may be equivalent"]
    if found.new:
        together = "" if len(found.new) == 1 else ", never together in the specification"
        return [
            "survives; a claim is missing that excludes what it does:",
            f"  {', '.join(found.new)}{together}",
        ]
    if found.lost:
        return [
            "survives; a `reachable` is missing that asks for what it does no more:",
            f"  {', '.join(found.lost)}",
        ]
    return [
        "survives; it shows the same states, by other steps: a claim is missing about what "
        "follows on what"
    ]


def _undecided(each: Judged, request: Request) -> list[str]:
    why = f"undecided: {each.outcome.why}" if each.outcome.why else "undecided"
    return [*_head(each, request), f"  {why}"]


def _explained(each: Judged, request: Request) -> list[str]:
    lines = _head(each, request)
    assert each.reason is not None
    reason = f"survives, as the author says: {each.reason}"
    return [*lines, *(f"  {part}" for part in wrap(reason, request.ink.width - 2))]


def _everything(judged: Sequence[Judged], request: Request) -> list[str]:
    """Return a line for each mutant."""
    names = max((width(each.name) for each in judged), default=0)
    lines = [request.ink.paint("bold", "all mutants")]
    for each in judged:
        head = f"  {pad(each.name, names)}  {each.fate.value:<10}  "
        why = f" ({each.outcome.why})" if each.outcome.why else ""
        room = max(request.ink.width - width(head) - width(why), 20)
        lines.append(f"{head}{clip(each.mutant.what, room)}{why}")
    return lines
