"""What a project said before, kept in a file beside it, and how that differs from what it says now.

A baseline holds of each run its verdict, its counts, and the cases, but for obligations that are
proved as most are, of which the number is enough. A smaller number of states, or a property that is
gone, is not wrong by itself; it is what nobody notices while everything stays green.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from checker.report.ci.outcome import ORDINARY, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checker.report.ci.outcome import Run
    from checker.report.values_json import Json

FORMAT: Final = "k42-baseline"
VERSION: Final = 1
MAX_NAMED: Final = 3
"""So many names stand in one line of difference."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a run; `cases` gives outcome and detail by name."""

    verdict: str
    counts: Mapping[str, int]
    cases: Mapping[str, str]
    remarks: tuple[str, ...]


Baseline = dict[str, Entry]


def baseline_of(runs: Sequence[Run]) -> Baseline:
    """Return what is to be kept of runs."""
    return {
        run.key: Entry(
            run.verdict,
            run.counts,
            {
                case.name: f"{case.outcome.value}: {case.detail}"
                for case in run.cases
                if case.outcome is not Outcome.PASSED or case.detail != ORDINARY
            },
            run.remarks,
        )
        for run in runs
    }


def baseline_text(baseline: Baseline) -> str:
    """Return the file: sorted, one value a line, so that its changes can be reviewed."""
    document: Json = {
        "format": FORMAT,
        "version": VERSION,
        "runs": {
            key: {
                "verdict": entry.verdict,
                "counts": dict(entry.counts),
                "cases": dict(entry.cases),
                "remarks": list(entry.remarks),
            }
            for key, entry in sorted(baseline.items())
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_baseline(text: str) -> Baseline:
    """Read a file.

    Raises:
        ValueError: it is none of ours.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it is not of the format `{FORMAT}`")
    if document.get("version") != VERSION:
        raise ValueError(f"its version is not {VERSION}")
    try:
        return {key: _entry(each) for key, each in document["runs"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it is damaged") from error


def _entry(each: Any) -> Entry:
    return Entry(each["verdict"], dict(each["counts"]), dict(each["cases"]), tuple(each["remarks"]))


def differences(before: Baseline, runs: Sequence[Run]) -> tuple[str, ...]:
    """Return in sentences how runs differ from a baseline."""
    now = baseline_of(runs)
    found = [f"{key}: new" for key in now if key not in before]
    found += [f"{key}: gone" for key in before if key not in now]
    for key, entry in now.items():
        if key in before:
            found += [f"{key}: {line}" for line in _changes(before[key], entry)]
    return tuple(found)


def _changes(old: Entry, new: Entry) -> Iterator[str]:
    if old.verdict != new.verdict:
        yield f"{new.verdict}, was {old.verdict}"
    for name in dict.fromkeys((*old.counts, *new.counts)):
        was, now = old.counts.get(name), new.counts.get(name)
        if was != now:
            yield f"{_number(now)} {name}, {'was' if name == 'depth' else 'were'} {_number(was)}"
    yield from _changed_cases(old.cases, new.cases)
    for remark in new.remarks:
        if remark not in old.remarks:
            yield f"newly: {remark}"
    for remark in old.remarks:
        if remark not in new.remarks:
            yield f"no longer: {remark}"


def _number(count: int | None) -> str:
    return "no" if count is None else f"{count:,}"


def _changed_cases(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each kind of change, with the names that it concerns."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        if was != now:
            groups.setdefault(_word(was, now), []).append(name)
    for what, names in groups.items():
        shown = ", ".join(names[:MAX_NAMED])
        rest = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        yield f"{what}: {shown}{rest}"


def _word(was: str | None, now: str | None) -> str:
    """Say what became of a case; one that is not there is proved as most are, or is gone."""
    if now is None:
        return "no longer there, or as most are"
    outcome, _, detail = now.partition(": ")
    if was is not None and was.startswith(f"{outcome}: "):
        return f"newly by {detail}"
    if outcome == Outcome.PASSED.value:
        return f"newly {outcome} ({detail})"
    return "newly unknown" if outcome == Outcome.ERROR.value else f"newly {outcome}"
