"""What came of an exploration of the kernel, for people and for programs.

The first line is the verdict with what it covers, the last one repeats the run. A failure is shown
as the real code carried it out again: a column for each thread, the line of source of each step,
what it changed, observed and gave the thread; then where everybody stands, with the functions that
wait for one another and the variables of the innermost one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, assert_never

from checker.conform.findings import FailureKind
from checker.conform.replay import shown_path
from checker.conform.subject import settings_of, shown
from checker.model.verdict import (
    EXIT_ASSERTION,
    EXIT_DEADLOCK,
    EXIT_EVALUATION,
    EXIT_HOLDS,
    EXIT_SAFETY,
    EXIT_UNFINISHED,
    EXIT_VACUOUS,
)
from checker.report.cells import pad, width, wrap
from checker.report.state_text import render_data, render_rests
from checker.report.text import duration
from checker.report.trace_text import Block, Row, render_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.conform.automata import Word
    from checker.conform.findings import Explored, Failure
    from checker.conform.refusal import Refusal
    from checker.conform.replay import Replayed, ReplayedStep, Waiting
    from checker.conform.subject import Subject
    from checker.model.system import System
    from checker.report.ink import Ink
    from checker.report.values_json import Json

FORMAT: Final = "k42-conform"
VERSION: Final = 1
MAX_VARIABLES: Final = 6

_TITLES: Final = {
    FailureKind.UNSOUND: "this code cannot be explored",
    FailureKind.CONTRACT: "a rule of the kernel is broken",
    FailureKind.CRASH: "the kernel crashes",
    FailureKind.REFINEMENT: "the specification does not allow this",
    FailureKind.INVARIANT: "an invariant does not hold",
    FailureKind.DEADLOCK: "nobody can move, and not everybody has finished",
    FailureKind.LEAK: "something is left over at the end",
}


@dataclass(frozen=True, slots=True)
class Conformance:
    """All that is to be told about one run.

    Attributes:
        how: what was done, in a few words: `every interleaving`, or which random walks.
        uncovered: actions of the specification that the kernel never took.
    """

    subject: Subject
    explored: Explored
    replayed: Replayed | None
    refusal: Refusal | None
    reproduce: str
    how: str
    engine: str
    uncovered: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One of the verdicts of the checker."""
        failure = self.explored.failure
        if failure is not None:
            return "error" if failure.kind is FailureKind.UNSOUND else "violated"
        return "bounded" if self.explored.limit else "holds"


def exit_code(done: Conformance, *, is_strict: bool) -> int:
    """Return the process's exit code: those of `k42 check`."""
    failure = done.explored.failure
    if failure is None:
        if done.explored.limit:
            return EXIT_UNFINISHED if is_strict else EXIT_HOLDS
        return EXIT_VACUOUS if is_strict and done.uncovered else EXIT_HOLDS
    match failure.kind:
        case FailureKind.UNSOUND:
            return EXIT_EVALUATION
        case FailureKind.CONTRACT | FailureKind.CRASH:
            return EXIT_ASSERTION
        case FailureKind.DEADLOCK:
            return EXIT_DEADLOCK
        case FailureKind.REFINEMENT | FailureKind.INVARIANT | FailureKind.LEAK:
            return EXIT_SAFETY
        case _:
            assert_never(failure.kind)


# --- text -----------------------------------------------------------------------------------------


def render(done: Conformance, ink: Ink, *, is_quiet: bool = False) -> str:
    """Return the whole report; only the verdict line when quiet."""
    verdict = _verdict_line(done, ink)
    if is_quiet:
        return verdict + "\n"
    sections = [
        [verdict, *_scope(done, ink)],
        list(_rows(done, ink)),
        list(_failure(done, ink)),
        [ink.paint("dim", f"reproduce: {done.reproduce}")],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _verdict_line(done: Conformance, ink: Ink) -> str:
    styles = {"holds": "good", "bounded": "doubt", "violated": "bad", "error": "bad"}
    word = ink.paint(styles[done.verdict], done.verdict)
    explored = done.explored
    within = f" within {explored.limit}" if explored.limit else ""
    counts = [f"{explored.transitions:,} transitions", duration(explored.seconds)]
    if explored.states:  # random walks do not know which states they have seen before
        counts[:1] = [f"{explored.states:,} states", counts[0], f"depth {explored.depth}"]
    return f"{word}  {_named(done.subject)}{within}: {', '.join(counts)}"


def _named(subject: Subject) -> str:
    sizes = ", ".join(f"{k} = {shown(v)}" for k, v in subject.sizes.items() if v not in {""})
    return f"{subject.name} at {sizes}" if sizes else subject.name


def _scope(done: Conformance, ink: Ink) -> Iterator[str]:
    explored = done.explored
    if explored.failure is not None:
        sentences = [f"{done.how}, up to where this was found"]
    elif explored.limit:
        sentences = [f"{done.how}; nothing was found, and the rest was not explored"]
    else:
        sentences = [f"{done.how} at these sizes; other sizes were not"]
    if explored.nodes:
        places, runs = f"{explored.nodes:,}", f"{explored.runs:,}"
        sentences.append(f"learned {places} places of its threads in {runs} runs of their code")
    monitor = done.subject.monitor
    if monitor is not None:
        sentences.append(
            f"held against {monitor.system.name} at {settings_of(monitor.system)} "
            f"({done.subject.spec})"
        )
    for sentence in sentences:
        for line in wrap(sentence, ink.width - 2):
            yield f"  {line}"


def _rows(done: Conformance, ink: Ink) -> Iterator[str]:
    """Yield one row for each thing that was checked."""
    failure = done.explored.failure
    checks: list[tuple[FailureKind, str, str]] = [
        (FailureKind.CONTRACT, "", "no rule of the kernel is broken, no cell leaves its domain"),
    ]
    configuration = done.subject.configuration
    checks += [(FailureKind.INVARIANT, c.name, c.name) for c in configuration.invariants()]
    checks.append((FailureKind.DEADLOCK, "", "somebody can move until all have finished"))
    checks += [
        (FailureKind.LEAK, c.name, f"at the end: {c.name}")
        for c in configuration.final_invariants()
    ]
    if done.subject.monitor is not None:
        name = done.subject.monitor.system.name
        checks.append((FailureKind.REFINEMENT, "", f"every event is allowed by {name}"))
    otherwise = "not decided" if failure or done.explored.limit else "holds"
    for kind, name, text in checks:
        is_broken = failure is not None and failure.kind is kind and name in {"", failure.text}
        word = "violated" if is_broken else otherwise
        style = {"violated": "bad", "holds": "good"}.get(word, "doubt")
        yield f"  {ink.paint(style, pad(word, len(otherwise)))}  {text}"
    if done.uncovered and failure is None:
        yield ""
        text = "steps of the specification that the kernel never took: "
        for line in wrap(text + ", ".join(done.uncovered), ink.width - 2):
            yield "  " + ink.paint("doubt", line)


def _failure(done: Conformance, ink: Ink) -> Iterator[str]:
    failure = done.explored.failure
    if failure is None:
        return
    yield ink.paint("bad", _TITLES[failure.kind]) + (f": {failure.text}" if failure.text else "")
    if done.refusal is not None and done.subject.monitor is not None:
        yield from refusal_lines(done.refusal, done.subject.monitor.system, ink)
    replayed = done.replayed
    if replayed is None:
        return
    if replayed.disagreement:
        yield ""
        yield ink.paint("bad", f"replayed on the real code, {replayed.disagreement}: please report")
    if replayed.steps:
        yield ""
        yield from _trace(replayed, failure, ink)
    yield ""
    yield "at the end, as the kernel's own code stands"
    for waiting in replayed.end:
        yield from _standing(waiting, ink)


def _trace(replayed: Replayed, failure: Failure, ink: Ink) -> Iterator[str]:
    steps = replayed.steps
    switches = sum(a.thread != b.thread for a, b in pairwise(steps))
    yield (
        f"trace: {len(steps)} steps, {switches} context switches, carried out again by the "
        "kernel's own code"
    )
    yield ""
    blocks = []
    for number, step in enumerate(steps, start=1):
        fails = number == len(steps) and failure.kind not in {
            FailureKind.DEADLOCK,
            FailureKind.LEAK,
            FailureKind.INVARIANT,
        }
        details = tuple(_details(step))
        place = shown_path(step.place) if step.place.line else "(start)"
        row = Row(place, step.source, details)
        blocks.append(Block(number, step.thread, "", (row,), fails))
    actors = [w.thread for w in replayed.end if any(s.thread == w.thread for s in steps)]
    yield from render_blocks(blocks, actors, ink)


def _details(step: ReplayedStep) -> Iterator[str]:
    for name, before, after in step.changes:
        yield f"{name}: {before} -> {after}"
    for variable, value in step.variables:
        yield f"{variable} = {value}"
    if step.word:
        yield f"observes {shown_word(step.word)}"
    if step.problem:
        yield f"fails: {step.problem}"


def shown_word(word: Word) -> str:
    """Return events as text."""
    return " ".join(f"{name}({', '.join(map(str, values))})" for name, values in word)


def _standing(waiting: Waiting, ink: Ink) -> Iterator[str]:
    if not waiting.frames:
        yield f"  {waiting.thread}: returned"
        return
    state = "can go on" if waiting.is_enabled else "waits"
    calls = " > ".join(frame.place.function for frame in waiting.frames)
    place = shown_path(waiting.frames[-1].place)
    yield from wrap(f"  {waiting.thread} {state} at {place}  {calls}", ink.width, hang=6)
    told = [(n, v) for n, v in waiting.frames[-1].variables if n not in {"self", "who"}]
    if told:
        yield "      " + ", ".join(f"{name} = {value}" for name, value in told[:MAX_VARIABLES])


def refusal_lines(refusal: Refusal, system: System, ink: Ink) -> Iterator[str]:
    """Yield why an event is impossible, and what was allowed."""
    count = "its state" if refusal.states == 1 else f"each of its {refusal.states:,} states"
    yield f"  {system.name} does not allow {refusal.event} in {count} that fits what came before"
    for reason in refusal.reasons:
        share = "" if reason.states == refusal.states else f"  (in {reason.states:,} of them)"
        yield from wrap(f"    {reason.way}: {reason.text}{share}", ink.width, hang=6)
        widest = max((width(name) for name, _ in reason.values), default=0)
        for name, value in reason.values:
            yield f"      {pad(name, widest)} = {value}"
    allowed = ", ".join(refusal.allowed) or "nothing"
    yield from wrap(f"  allowed here: {allowed}", ink.width, hang=4)
    yield f"  {system.name} was" + ("" if refusal.states == 1 else ", for example,")
    for line in render_rests(system, refusal.example, "", ink):
        yield f"    {line}"
    for line in render_data(system, refusal.example, ink):
        yield f"    {line}"


# --- JSON -----------------------------------------------------------------------------------------


def document(done: Conformance, *, is_strict: bool) -> Json:
    """Return everything as JSON."""
    explored, monitor = done.explored, done.subject.monitor
    return {
        "format": FORMAT,
        "version": VERSION,
        "verdict": done.verdict,
        "exit_code": exit_code(done, is_strict=is_strict),
        "configuration": done.subject.name,
        "sizes": dict(done.subject.sizes),
        "specification": None if monitor is None else monitor.system.name,
        "engine": done.engine,
        "statistics": {
            "states": explored.states,
            "transitions": explored.transitions,
            "depth": explored.depth,
            "nodes": explored.nodes,
            "runs": explored.runs,
            "seconds": round(explored.seconds, 3),
        },
        "limit": explored.limit or None,
        "uncovered": list(done.uncovered),
        "failure": None if explored.failure is None else _failure_json(done, explored.failure),
        "reproduce": done.reproduce,
    }


def _failure_json(done: Conformance, failure: Failure) -> Json:
    steps = done.replayed.steps if done.replayed is not None else ()
    return {
        "kind": failure.kind.value,
        "text": failure.text,
        "schedule": [{"thread": move.thread, "choice": move.choice} for move in failure.schedule],
        "steps": [_step_json(step) for step in steps],
        "refusal": None if done.refusal is None else refusal_json(done.refusal),
    }


def _step_json(step: ReplayedStep) -> Json:
    return {
        "thread": step.thread,
        "place": shown_path(step.place) if step.place.line else None,
        "source": step.source,
        "changes": [{"cell": n, "before": b, "after": a} for n, b, a in step.changes],
        "events": [{"event": name, "args": list(values)} for name, values in step.word],
        "problem": step.problem or None,
    }


def refusal_json(refusal: Refusal) -> Json:
    """Return why an event is impossible as JSON."""
    return {
        "event": refusal.event,
        "states": refusal.states,
        "reasons": [
            {
                "way": reason.way,
                "text": reason.text,
                "values": dict(reason.values),
                "states": reason.states,
            }
            for reason in refusal.reasons
        ],
        "allowed": list(refusal.allowed),
    }
