"""All runs of a project on one screen: what is not as expected, what changed, and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.report.cells import wrap
from checker.report.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.report.ci.outcome import Run
    from checker.report.ink import Ink

MAX_FAILURES: Final = 8
MAX_CASES: Final = 3
MAX_DIFFERENCES: Final = 12


def summary(runs: Sequence[Run], differences: Sequence[str], seconds: float, ink: Ink) -> str:
    """Return the text; the first line tells whether all is well."""
    bad = [run for run in runs if not run.is_good]
    word = ink.paint("bad", "failed") if bad else ink.paint("good", "passed")
    head = f"{word}  {len(runs) - len(bad)} of {len(runs)} runs as expected"
    sections = [
        [f"{head}: {_totals(runs)}, {duration(seconds)}"],
        *(_failure(run, ink) for run in bad[:MAX_FAILURES]),
        [f"... and {len(bad) - MAX_FAILURES} more"] if len(bad) > MAX_FAILURES else [],
        list(_differences(differences, ink)),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _totals(runs: Sequence[Run]) -> str:
    verdicts: dict[str, int] = {}
    for run in runs:
        verdicts[run.verdict] = verdicts.get(run.verdict, 0) + 1
    parts = [f"{count} {verdict}" for verdict, count in verdicts.items()]
    parts += [
        f"{total:,} {what}"
        for what in ("states", "obligations")
        if (total := sum(run.counts.get(what, 0) for run in runs))
    ]
    return ", ".join(parts) or "nothing is listed"


def _failure(run: Run, ink: Ink) -> list[str]:
    told = f"{run.key}: {run.surprise or run.verdict}"
    lines = [ink.paint("bad", line) for line in wrap(told, ink.width)]
    cases = [case for case in run.troubles if case.rule != "expected"]
    for case in cases[:MAX_CASES]:
        place = "" if case.site is None else f" ({case.site.file}:{case.site.line})"
        lines += [
            f"  {part}" for part in wrap(f"{case.name}{place}: {case.message}", ink.width - 2)
        ]
    if len(cases) > MAX_CASES:
        lines.append(f"  ... and {len(cases) - MAX_CASES} more")
    lines.append(ink.paint("dim", f"  reproduce: {run.reproduce}"))
    return lines


def _differences(differences: Sequence[str], ink: Ink) -> Iterator[str]:
    if not differences:
        return
    yield "since the baseline (`--update-baseline` accepts this):"
    for each in differences[:MAX_DIFFERENCES]:
        yield from (f"  {line}" for line in wrap(each, ink.width - 2))
    if len(differences) > MAX_DIFFERENCES:
        yield f"  ... and {len(differences) - MAX_DIFFERENCES} more"
