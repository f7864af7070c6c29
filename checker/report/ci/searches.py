"""A search as cases: one for each property, one for assertions and one for deadlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.model.verdict import FindingKind, Verdict
from checker.report.ci.outcome import Case, Outcome, site_of
from checker.report.places import call_text
from checker.report.standing import Row, Standing, standings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.model.trace import Trace
    from checker.model.verdict import Finding, Result
    from checker.report.ci.outcome import Site

_ALONE = {
    FindingKind.ASSERTION: "assertion",
    FindingKind.DEADLOCK: "deadlock",
}


def cases_of_result(result: Result) -> tuple[Case, ...]:
    """Return the cases of a search; a finding that concerns no property is a case of its own."""
    rows = standings(result)
    found: dict[int, Finding] = {}
    others: list[Finding] = []
    for finding in result.findings:
        number = _row_of(finding, result, rows)
        if number is None:
            others.append(finding)
        else:
            found.setdefault(number, finding)
    cases = [_case(row, result, found.get(number)) for number, row in enumerate(rows)]
    return (*cases, *_of_others(others))


def counts_of_result(result: Result) -> dict[str, int]:
    """Return what is the same on every machine, for a search that was not cut short."""
    statistics = result.statistics
    if result.verdict is Verdict.INCOMPLETE:
        return {}
    return {
        "states": statistics.distinct,
        "transitions": statistics.transitions,
        "depth": statistics.depth,
    }


def scope_of_result(result: Result) -> str:
    """Return the sizes at which it was searched."""
    return ", ".join(f"{s.name} = {s.value}" for s in result.system.settings)


def _row_of(finding: Finding, result: Result, rows: Iterable[Row]) -> int | None:
    """Return the number of the row that a finding concerns."""
    names = {
        conjunct.name: prop.name for prop in result.system.properties for conjunct in prop.conjuncts
    }
    wanted = finding.name.partition(",")[0]
    wanted = names.get(wanted, wanted)
    alone = _ALONE.get(finding.kind)
    for number, row in enumerate(rows):
        if row.standing not in {Standing.VIOLATED, Standing.ERROR}:
            continue
        if row.kind == alone or (alone is None and _is_of(row, wanted)):
            return number
    return None


def _is_of(row: Row, name: str) -> bool:
    return bool(row.name) and name in {row.name, f"{row.kind} {row.name}"}


def _case(row: Row, result: Result, finding: Finding | None) -> Case:
    name = f"{row.kind} {row.name}".strip()
    site = site_of(row.site)
    match row.standing:
        case Standing.PROVED | Standing.HOLDS | Standing.REACHED:
            return Case(name, row.kind, Outcome.PASSED, row.standing.value, site=site)
        case Standing.VIOLATED | Standing.ERROR:
            message = row.standing.value if finding is None else finding.message
            place = None if finding is None else site_of(finding.site)
            return Case(
                name=name,
                rule=row.kind,
                outcome=Outcome.FAILED,
                detail=row.standing.value,
                message=message,
                site=place or site,
                steps=() if finding is None else _steps(finding.trace),
            )
        case Standing.UNREACHED:
            message = "no reachable state satisfies it"
            return Case(name, row.kind, Outcome.FAILED, row.standing.value, message, site)
        case Standing.UNVIOLATED | Standing.UNDECIDED:
            return Case(
                name=name,
                rule=row.kind,
                outcome=Outcome.ERROR,
                detail=row.standing.value,
                message=f"{row.standing.value}: {_why(result)}",
                site=site,
                is_eclipsed=bool(result.findings),
            )
        case _:
            assert_never(row.standing)


def _why(result: Result) -> str:
    if result.findings:
        return "the search stopped at something else that is wrong"
    return (
        "; ".join(f"searched up to {limit.what} only" for limit in result.limits) or "not searched"
    )


def _of_others(findings: Iterable[Finding]) -> list[Case]:
    counts: dict[str, int] = {}
    cases = []
    for finding in findings:
        name = f"{finding.kind.value} {finding.name}".strip()
        counts[name] = counts.get(name, 0) + 1
        cases.append(
            Case(
                name=name if counts[name] == 1 else f"{name} ({counts[name]})",
                rule=finding.kind.value,
                outcome=Outcome.FAILED,
                message=finding.message,
                site=site_of(finding.site),
                steps=_steps(finding.trace),
            )
        )
    return cases


def _steps(trace: Trace | None) -> tuple[tuple[str, Site], ...]:
    """Return what each step of a trace is and where it is written."""
    if trace is None:
        return ()
    found = []
    for step in (*trace.steps, *(() if trace.failed is None else (trace.failed,))):
        action = step.action
        site = site_of(action.site if action.source is None else action.source.site)
        if site is not None:
            found.append((f"{step.actor}: {call_text(step)}", site))
    return tuple(found)
