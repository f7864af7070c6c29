"""Runs as SARIF, which code hosts show at the lines concerned.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 2020. Only what
is not as expected becomes a result. Its place is the line of the conjunct; the trace of a
violation is a code flow. The fingerprint is made of names only, so that a result stays the same
when lines move.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.report.ci.outcome import Case, Run, Site
    from checker.report.values_json import Json

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION: Final = "2.1.0"

_RULES: Final = {
    "assume": "An assumption about the constants does not hold",
    "invariant": "An invariant does not hold in every reachable state",
    "step": "A step property does not hold of every step",
    "reachable": "What is to be reachable is not reached",
    "property": "A claim about whole runs does not hold",
    "bypass": "A bound on overtaking does not hold",
    "refines": "A specification does not refine the one that it names",
    "assertion": "An assertion fails",
    "deadlock": "No step is possible where that is no end",
    "evaluation": "The specification fails in a state that can be reached",
    "obligation.start": "A claim does not hold at the start",
    "obligation.preserved": "An action does not preserve a claim",
    "obligation.step": "An action breaks a step property",
    "obligation.assertion": "An assertion may fail, for all that the claims say",
    "obligation.evaluation": "An expression may have no value, for all that the claims say",
    "vacuity": "A proof says nothing of what it should",
    "expected": "A run does not end as the project expects",
}


def sarif(runs: Sequence[Run], tool_version: str, root: PurePath | None = None) -> Json:
    """Return the document.

    Args:
        root: the folder of the project; places outside it get absolute addresses.
    """
    results = [(run, case) for run in runs if not run.is_good for case in run.troubles]
    rules = list(dict.fromkeys(case.rule for _, case in results))
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "k42",
                        "version": tool_version,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(run, case, rules.index(case.rule), root) for run, case in results
                ],
            }
        ],
    }


def _rule(rule: str) -> Json:
    text = _RULES.get(rule, f"A mistake in a specification: see `k42 explain {rule}`")
    return {"id": rule, "shortDescription": {"text": text}}


def _result(run: Run, case: Case, rule: int, root: PurePath | None) -> Json:
    identity = "\0".join((run.key, case.name))
    found: dict[str, Json] = {
        "ruleId": case.rule,
        "ruleIndex": rule,
        "kind": "fail",
        "level": "error",
        "message": {"text": f"{case.name}: {case.message} [{run.reproduce}]"},
        "locations": [_location(_place(run, case), root)],
        "partialFingerprints": {"k42/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }
    if case.steps:
        found["codeFlows"] = [{"threadFlows": [{"locations": list(_flow(case, root))}]}]
    return found


def _place(run: Run, case: Case) -> Site | str:
    return run.spec if case.site is None else case.site


def _flow(case: Case, root: PurePath | None) -> Iterable[Json]:
    for text, site in case.steps:
        location = _location(site, root)
        assert isinstance(location, dict)
        yield {"location": {**location, "message": {"text": text}}}


def _location(place: Site | str, root: PurePath | None) -> Json:
    if isinstance(place, str):
        return {"physicalLocation": {"artifactLocation": {"uri": _address(place, root)}}}
    region: Json = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _address(place.file, root)},
            "region": region,
        }
    }


def _address(file: str, root: PurePath | None) -> str:
    path = PurePath(file)
    if path.is_absolute():
        if root is None or not path.is_relative_to(root):
            return path.as_uri()
        path = path.relative_to(root)
    return quote(path.as_posix())
