"""What came of the mutants of specifications, as a JSON document.

The envelope is that of `json_doc`, under a format of its own. The version is raised when a reader
of the old format would misread the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from checker.analysis.mutation import Fate
from checker.report.json_doc import diagnostics_json, site_json

if TYPE_CHECKING:
    from checker.analysis.mutation import Judged, Report
    from checker.report.values_json import Json
    from grammar.diagnostics import Diagnostic

FORMAT: Final = "k42-mutation"
VERSION: Final = 1


def document(runs: Iterable[Json], tool_version: str) -> Json:
    """Return the envelope around the runs."""
    tool: Json = {"name": "k42", "version": tool_version}
    return {"format": FORMAT, "version": VERSION, "tool": tool, "runs": list(runs)}


def json_of_mistakes(
    diagnostics: Sequence[Diagnostic], spec: str, reproduce: str, code: int
) -> Json:
    """Return the run of a specification of which there are no mutants."""
    return {
        "spec": spec,
        "exit_code": code,
        "reproduce": reproduce,
        "diagnostics": diagnostics_json(diagnostics),
    }


def json_of_report(report: Report, spec: str, reproduce: str, code: int) -> Json:
    """Return the run of a specification whose mutants were judged.

    `score` is that of the decided ones; it lies between `least` and `most`, whatever the others do.
    """
    least, most = report.range
    counts: Json = {fate.value: len(report.of(fate)) for fate in Fate}
    return {
        "spec": spec,
        "name": report.name,
        "scope": report.scope,
        "exit_code": code,
        "reproduce": reproduce,
        "score": report.score,
        "least": least,
        "most": most,
        "counts": counts,
        "states": [each.states for each in report.baselines],
        "mutants": [_mutant(each) for each in report.judged],
        "diagnostics": diagnostics_json(report.diagnostics),
    }


def _mutant(each: Judged) -> Json:
    outcome = each.outcome
    found = outcome.difference
    return {
        "name": each.name,
        "kind": each.mutant.kind.value,
        "site": site_json(each.mutant.span),
        "what": each.mutant.what,
        "fate": outcome.fate.value,
        "why": outcome.why,
        "shows": None if found is None else list(found.new),
        "lacks": None if found is None else list(found.lost),
        "explanation": each.reason,
    }
