"""All runs of a project as one JSON document, with its schema.

The version is raised when a reader of the old format would misread the new one. Fields may be added
without that.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from checker.report.ci.outcome import Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.report.ci.outcome import Case, Run
    from checker.report.values_json import Json

FORMAT: Final = "k42-ci"
VERSION: Final = 1


def document(runs: Sequence[Run], differences: Sequence[str], tool_version: str, code: int) -> Json:
    """Return the document."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": {"name": "k42", "version": tool_version},
        "exit_code": code,
        "runs": [_run(run) for run in runs],
        "differences": list(differences),
    }


def _run(run: Run) -> Json:
    return {
        "kind": run.kind.value,
        "key": run.key,
        "spec": run.spec,
        "scope": run.scope,
        "verdict": run.verdict,
        "expected": run.expected or None,
        "is_as_expected": run.is_good,
        "surprise": run.surprise or None,
        "exit_code": run.code,
        "counts": dict(run.counts),
        "seconds": round(run.seconds, 3),
        "remarks": list(run.remarks),
        "cases": [_case(case) for case in run.cases],
        "reproduce": run.reproduce,
    }


def _case(case: Case) -> Json:
    return {
        "name": case.name,
        "rule": case.rule,
        "outcome": case.outcome.value,
        "detail": case.detail,
        "message": case.message or None,
        "site": None if case.site is None else asdict(case.site),
        "steps": [{"text": text, "site": asdict(site)} for text, site in case.steps],
    }


# --- the schema -----------------------------------------------------------------------------------

_TEXT: Final[Json] = {"type": "string"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_MAYBE: Final[Json] = {"anyOf": [_TEXT, {"type": "null"}]}
_SITE: Final[Json] = {"$ref": "#/$defs/site"}


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _array(items: Json) -> Json:
    return {"type": "array", "items": items}


_CASE: Final = _object(
    {
        "name": _TEXT,
        "rule": _TEXT,
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "detail": _TEXT,
        "message": _MAYBE,
        "site": {"anyOf": [_SITE, {"type": "null"}]},
        "steps": _array(_object({"text": _TEXT, "site": _SITE})),
    }
)

_RUN: Final = _object(
    {
        "kind": {"enum": [kind.value for kind in Kind]},
        "key": _TEXT,
        "spec": _TEXT,
        "scope": _TEXT,
        "verdict": _TEXT,
        "expected": _MAYBE,
        "is_as_expected": {"type": "boolean"},
        "surprise": _MAYBE,
        "exit_code": _COUNT,
        "counts": {"type": "object"},
        "seconds": {"type": "number", "minimum": 0},
        "remarks": _array(_TEXT),
        "cases": _array(_CASE),
        "reproduce": _TEXT,
    }
)


def schema() -> dict[str, Json]:
    """Return the schema of a document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Runs of a K42 project",
        **_object(
            {
                "format": {"const": FORMAT},
                "version": {"const": VERSION},
                "tool": _object({"name": {"const": "k42"}, "version": _TEXT}),
                "exit_code": _COUNT,
                "runs": _array(_RUN),
                "differences": _array(_TEXT),
            }
        ),
        "$defs": {
            "site": _object(
                {
                    "file": _TEXT,
                    "line": _COUNT,
                    "column": _COUNT,
                    "end_line": _COUNT,
                    "end_column": _COUNT,
                }
            )
        },
    }
