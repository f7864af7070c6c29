"""What came of a log, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from checker.conform.refusal import Refusal
from checker.conform.report import refusal_json, refusal_lines
from checker.conform.subject import settings_of
from checker.conform.validate import Mismatch
from checker.model.verdict import EXIT_HOLDS, EXIT_SAFETY
from checker.report.cells import clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.conform.monitor import SpecMonitor
    from checker.conform.validate import Objection, Validation
    from checker.report.ink import Ink
    from checker.report.values_json import Json

CONTEXT: Final = 4
"""Lines before the impossible one that are shown."""
FORMAT: Final = "k42-log"
VERSION: Final = 1


def log_exit_code(done: Validation) -> int:
    """Return 0 for a log that is a behaviour, 12 for one that is not."""
    return EXIT_HOLDS if done.impossible is None else EXIT_SAFETY


def render_log(
    done: Validation,
    names: tuple[str, str],
    monitor: SpecMonitor,
    ink: Ink,
    *,
    is_quiet: bool,
) -> str:
    """Return the whole report; only the verdict line when quiet.

    Args:
        names: of the log, and the command that repeats the run.
    """
    log, again = names
    sections = [list(_verdict(done, log, monitor, ink))]
    if is_quiet:
        return "\n".join(sections[0][:1]) + "\n"
    if done.impossible is not None and done.objection is not None:
        sections.append(list(_context(done, ink)))
        sections.append(list(_objection(done.objection, monitor, ink)))
    sections.append([ink.paint("dim", f"reproduce: {again}")])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _verdict(done: Validation, log: str, monitor: SpecMonitor, ink: Ink) -> Iterator[str]:
    settings = settings_of(monitor.system)
    name = f"{monitor.system.name} at {settings}" if settings else monitor.system.name
    count = len(done.entries)
    if done.impossible is None:
        word = ink.paint("good", "accepted")
        yield f"{word}  {log}: its {count:,} lines are a behaviour of {name}"
        states = f"{done.states:,} states" if done.states != 1 else "1 state"
        yield f"  {states} of the specification fit it at the end; other runs were not looked at"
        return
    line = done.impossible.line
    yield f"{ink.paint('bad', 'rejected')}  {log} at line {line}: no behaviour of {name}"
    yield f"  {done.accepted:,} of its {count:,} lines are possible, the next one is not"


def _context(done: Validation, ink: Ink) -> Iterator[str]:
    assert done.impossible is not None
    for entry in done.entries[max(0, done.accepted - CONTEXT) : done.accepted]:
        yield f"  {entry.line:>6}    {clip(entry.text, ink.width - 12)}"
    text = clip(done.impossible.text, ink.width - 12)
    yield f"  {done.impossible.line:>6} {ink.paint('bad', '!')}  {text}"


def _objection(objection: Objection, monitor: SpecMonitor, ink: Ink) -> Iterator[str]:
    match objection:
        case Refusal():
            yield from refusal_lines(objection, monitor.system, ink)
        case Mismatch(differing, states):
            yield f"  the event is possible, but leaves {monitor.system.name} in another state"
            if states > 1:
                yield f"  (of {states:,} that are possible, the one that differs least)"
            for name, told, actual in differing:
                yield f"    {name}: the log says {told}, the specification {actual}"
        case _:
            assert_never(objection)


def log_document(done: Validation, log: str, monitor: SpecMonitor) -> Json:
    """Return everything as JSON."""
    objection: Json = None
    match done.objection:
        case Refusal() as refused:
            objection = refusal_json(refused)
        case Mismatch(differing, states):
            told: list[Json] = [{"part": n, "log": t, "specification": a} for n, t, a in differing]
            objection = {"states": states, "differing": told}
        case None:
            pass
    return {
        "format": FORMAT,
        "version": VERSION,
        "verdict": "accepted" if done.impossible is None else "rejected",
        "exit_code": log_exit_code(done),
        "log": log,
        "specification": monitor.system.name,
        "lines": len(done.entries),
        "accepted": done.accepted,
        "line": None if done.impossible is None else done.impossible.line,
        "objection": objection,
    }
