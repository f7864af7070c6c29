"""The result of a run as a JSON document: everything a Result holds, and nothing to be scraped.

One document tells of one invocation, whatever came of it: an envelope with the version of the
format and a list of runs, one for each specification. A run has a verdict, an exit code and
diagnostics always; scope, statistics, properties and findings when the specification could be
read. Every trace holds full states and, for each step, action, parameters and choices, so `k42
replay` can carry it out again. `checker.report.schema` describes it all; values are written as in
`values_json`.

The version is raised when a reader of the old format would misread the new one. Fields may be added
without that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from checker.model.ir import Role
from checker.model.verdict import Verdict, exit_code
from checker.report.places import statement_at
from checker.report.standing import standings
from checker.report.values_json import Json, to_json
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.system import State, System
    from checker.model.trace import Choice, Step, Trace
    from checker.model.verdict import Coverage, Finding, Result, Witness
    from grammar.diagnostics import Diagnostic
    from grammar.source import Span

FORMAT = "k42-result"
VERSION = 1


def document(runs: Iterable[Json], tool_version: str) -> Json:
    """Return the envelope around the runs."""
    tool: Json = {"name": "k42", "version": tool_version}
    return {"format": FORMAT, "version": VERSION, "tool": tool, "runs": list(runs)}


def dump(value: Json) -> str:
    """Return the text of a document, ended by a line end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def run_of_result(
    result: Result,
    *,
    spec: str,
    reproduce: str,
    is_strict: bool,
    diagnostics: Sequence[Diagnostic] = (),
) -> Json:
    """Return the run of a specification that was searched."""
    system = result.system
    return {
        "spec": spec,
        "name": system.name,
        "verdict": result.verdict.value,
        "exit_code": exit_code(result, strict=is_strict),
        "is_strict": is_strict,
        "engine": result.engine,
        "reproduce": reproduce,
        "scope": _scope(result),
        "statistics": _statistics(result),
        "properties": [
            {
                "kind": row.kind,
                "name": row.name,
                "result": row.standing.value,
                "site": None if row.site is None else site_json(row.site),
                "violated_parts": list(row.parts),
            }
            for row in standings(result)
        ],
        "findings": [finding_json(system, finding) for finding in result.findings],
        "witnesses": [_witness(system, witness) for witness in result.witnesses],
        "figures": [
            {
                "bypass": figure.name,
                "value": figure.value,
                "remark": figure.remark,
                "trace": None if figure.trace is None else trace_json(system, figure.trace),
            }
            for figure in result.figures
        ],
        "vacuities": list(result.vacuities),
        "coverage": None if result.coverage is None else _coverage(result.coverage),
        "notes": list(result.notes),
        "diagnostics": diagnostics_json(diagnostics),
    }


def run_of_mistakes(
    diagnostics: Sequence[Diagnostic], *, spec: str, reproduce: str, code: int, is_strict: bool
) -> Json:
    """Return the run of a specification that could not be read."""
    return {
        "spec": spec,
        "name": None,
        "verdict": Verdict.ERROR.value,
        "exit_code": code,
        "is_strict": is_strict,
        "engine": None,
        "reproduce": reproduce,
        "diagnostics": diagnostics_json(diagnostics),
    }


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> Json:
    """Return all diagnostics in order."""
    return [
        {
            "code": each.code,
            "severity": each.severity.value,
            "site": None if each.span is None else site_json(each.span),
            "message": each.message,
            "notes": [{"site": site_json(n.span), "message": n.message} for n in each.notes],
            "remedy": each.remedy,
        }
        for each in diagnostics
    ]


def site_json(span: Span) -> Json:
    """Return a place in a text that somebody wrote."""
    span = span.written
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _scope(result: Result) -> Json:
    settings: Json = [
        {"name": s.name, "value": s.value, "origin": s.origin, "is_size": s.is_size}
        for s in result.system.settings
    ]
    limits: Json = [
        {"what": limit.what, "left": limit.left, "is_bound": limit.is_bound}
        for limit in result.limits
    ]
    assumed: Json = [
        {"site": site_json(note.site), "accesses": list(note.accesses)}
        for note in result.system.atomicity
    ]
    return {"settings": settings, "limits": limits, "assumed_atomic": assumed}


def _statistics(result: Result) -> Json:
    statistics = result.statistics
    return {
        "distinct": statistics.distinct,
        "transitions": statistics.transitions,
        "initial": statistics.initial,
        "depth": statistics.depth,
        "seconds": round(statistics.seconds, 3),
        "memory_bytes": statistics.memory_bytes,
    }


def finding_json(system: System, finding: Finding) -> Json:
    """Return what is wrong, with its trace."""
    return {
        "kind": finding.kind.value,
        "name": finding.name,
        "message": finding.message,
        "site": None if finding.site.source is NOWHERE.source else site_json(finding.site),
        "values": [{"text": text, "value": value} for text, value in finding.values],
        "remarks": list(finding.remarks),
        "trace": None if finding.trace is None else trace_json(system, finding.trace),
    }


def _witness(system: System, witness: Witness) -> Json:
    trace = None if witness.trace is None else trace_json(system, witness.trace)
    return {"property": witness.property.name, "trace": trace}


def _coverage(coverage: Coverage) -> Json:
    return {
        "actions": [
            {"action": action.name, "site": site_json(action.site), "transitions": count}
            for action, count in coverage.actions
        ],
        "branches_not_taken": [
            {"site": site_json(site), "branch": what} for site, what in coverage.branches
        ],
        "implications_not_tested": [
            {"property": name, "text": text, "site": site_json(site)}
            for name, text, site in coverage.implications
        ],
    }


def trace_json(system: System, trace: Trace) -> Json:
    """Return a trace with its full states, ready to be replayed."""
    return {
        "states": [state_json(system, state) for state in trace.states],
        "steps": [
            step_json(system, step, trace.states[number], trace.states[number + 1])
            for number, step in enumerate(trace.steps)
        ],
        "failed": None if trace.failed is None else step_json(system, trace.failed, None, None),
        "loop": trace.loop,
    }


def state_json(system: System, state: State) -> Json:
    """Return the value of every variable, by name, the control points of processes included."""
    pairs = zip(system.variables, state, strict=True)
    return {variable.name: to_json(variable.type, value) for variable, value in pairs}


def step_json(system: System, step: Step, before: State | None, after: State | None) -> Json:
    """Return a step; what it changed is left out when it did not complete."""
    action = step.action
    site = action.site if action.source is None else action.source.site
    result: dict[str, Json] = {
        "action": action.name,
        "actor": step.actor,
        "process": None if action.process is None else action.process.name,
        "params": {
            local.name: to_json(local.type, value)
            for local, value in zip(action.params, step.params, strict=True)
        },
        "choices": [choice_json(choice) for choice in step.choices],
        "site": site_json(site),
        "text": statement_at(site),
    }
    if before is not None and after is not None:
        result["changed"] = list(changed_names(system, before, after))
    return result


def choice_json(choice: Choice) -> Json:
    """Return a choice; the number of a branch counts from 0."""
    if choice.type is None:
        assert isinstance(choice.value, int)
        return {"name": choice.name, "value": choice.value}
    return {"name": choice.name, "value": to_json(choice.type, choice.value)}


def changed_names(system: System, before: State, after: State) -> tuple[str, ...]:
    """Return the names of the variables whose values differ, control points left out."""
    triples = zip(system.variables, before, after, strict=True)
    return tuple(v.name for v, old, new in triples if old != new and v.role is not Role.CONTROL)
