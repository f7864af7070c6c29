"""The result of `k42 prove` as a JSON document, with one entry for each obligation.

The envelope is that of `json_doc`, under a format of its own. States of counterexamples are written
as in `values_json`. The version is raised when a reader of the old format would misread the new
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, assert_never

from checker.report.fragment_text import json_of_fragment
from checker.report.json_doc import diagnostics_json, site_json
from checker.report.proof_text import Findings, scope_text, verdict_word
from checker.report.quality_text import quality_json
from checker.report.rung_text import json_of_domain, json_of_rungs
from checker.report.values_json import Json, to_json
from proofs.classify import Harmless, NotKnown, Real, Standing, Unreachable
from proofs.prove import Judged, Proved, Refuted, Undecided

if TYPE_CHECKING:
    from checker.model.system import State, System
    from grammar.diagnostics import Diagnostic

FORMAT = "k42-proof"
VERSION = 1


def document(runs: Iterable[Json], tool_version: str) -> Json:
    """Return the envelope around the runs."""
    tool: Json = {"name": "k42", "version": tool_version}
    return {"format": FORMAT, "version": VERSION, "tool": tool, "runs": list(runs)}


def json_of_mistakes(diagnostics: Sequence[Diagnostic], spec: str, reproduce: str) -> Json:
    """Return the run of a specification that could not be read."""
    return {
        "spec": spec,
        "verdict": "error",
        "reproduce": reproduce,
        "diagnostics": diagnostics_json(diagnostics),
    }


def json_of_proof(findings: Findings, spec: str, reproduce: str, code: int) -> Json:
    """Return the run of a specification that was looked at."""
    report = findings.report
    return {
        "spec": spec,
        "name": report.system.name,
        "verdict": verdict_word(findings),
        "exit_code": code,
        "reproduce": reproduce,
        "domain": json_of_domain(report.domain),
        "scope": scope_text(report),
        "solver": {
            "questions": report.asked.questions,
            "seconds": round(report.asked.seconds, 3),
        },
        "obligations": [_obligation(each, findings) for each in report.judged],
        "vacuities": [
            {"kind": each.kind.name.lower(), "name": each.name, "site": site_json(each.site)}
            for each in findings.vacuities
        ],
        "inferred": list(findings.found),
        "quality": quality_json(findings.quality),
        "rungs": json_of_rungs(findings.rungs),
        "fragment": json_of_fragment(findings.fragment),
        "lemmas": [
            {"name": need.lemma, "needed_for": [each.name for each in need.broken]}
            for need in findings.needs
        ],
    }


def _obligation(judged: Judged, findings: Findings) -> Json:
    head: dict[str, Json] = {
        "name": judged.name,
        "goal": judged.goal.value,
        "action": judged.action,
        "subject": judged.subject,
        "is_lemma": judged.is_lemma,
        "site": site_json(judged.site),
    }
    match judged.fate:
        case Proved(method, instances, spent):
            return {
                **head,
                "result": "proved",
                "method": method.value,
                "instances": list(instances),
                "spent": spent,
            }
        case Refuted(found):
            system = findings.systems[found.sizes]
            action = next((a for a in system.actions if a.name == found.action), None)
            params = () if action is None else action.params
            return {
                **head,
                "result": "refuted",
                "sizes": dict(found.sizes),
                "before": None if found.before is None else _state(system, found.before),
                "params": {
                    local.name: to_json(local.type, value)
                    for local, value in zip(params, found.params, strict=True)
                },
                "after": None if found.after is None else _state(system, found.after),
                "named": dict(found.named),
                "is_confirmed": found.is_confirmed,
                "standing": _standing(findings.standings.get(judged.name)),
            }
        case Undecided(why, reason):
            return {**head, "result": "unknown", "why": why.value, "reason": reason}
        case _:
            assert_never(judged.fate)


def _state(system: System, state: State) -> Json:
    pairs = zip(system.variables, state, strict=True)
    return {variable.name: to_json(variable.type, value) for variable, value in pairs}


def _standing(standing: Standing | None) -> Json:
    match standing:
        case None:
            return None
        case Real(result):
            return {"kind": "real", "states": result.statistics.distinct}
        case Unreachable(states, candidate):
            return {"kind": "unreachable", "states": states, "candidate": candidate}
        case NotKnown(states):
            return {"kind": "not known", "states": states}
        case Harmless(states):
            return {"kind": "harmless", "states": states}
        case _:
            assert_never(standing)
