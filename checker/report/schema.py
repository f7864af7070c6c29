"""The JSON schema of `json_doc`, in the vocabulary of JSON Schema 2020-12.

`k42 explain json` prints it, and the tests hold the documents to it.
"""

from __future__ import annotations

from typing import Final

from checker.model.verdict import FindingKind, Verdict
from checker.report.json_doc import FORMAT, VERSION
from checker.report.standing import Standing
from checker.report.values_json import Json

_TEXT: Final[Json] = {"type": "string"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_SITE: Final[Json] = {"$ref": "#/$defs/site"}
_NULL: Final[Json] = {"type": "null"}


def _object(required: dict[str, Json], optional: dict[str, Json] | None = None) -> Json:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _array(items: Json) -> Json:
    return {"type": "array", "items": items}


def _nullable(schema: Json) -> Json:
    return {"anyOf": [schema, _NULL]}


def _names(words: list[str]) -> Json:
    return {"enum": [*words]}


_STEP: Final[Json] = _object(
    {
        "action": _TEXT,
        "actor": _TEXT,
        "process": _nullable(_TEXT),
        "params": {"type": "object"},
        "choices": _array(_object({"name": _TEXT, "value": {}})),
        "site": _SITE,
        "text": _TEXT,
    },
    {"changed": _array(_TEXT)},
)

_DEFINITIONS: Final[dict[str, Json]] = {
    "site": _object(
        {
            "file": _TEXT,
            "line": _COUNT,
            "column": _COUNT,
            "end_line": _COUNT,
            "end_column": _COUNT,
        }
    ),
    "step": _STEP,
    "trace": _object(
        {
            "states": _array({"type": "object"}),
            "steps": _array({"$ref": "#/$defs/step"}),
            "failed": _nullable({"$ref": "#/$defs/step"}),
            "loop": _nullable(_COUNT),
        }
    ),
    "diagnostic": _object(
        {
            "code": _TEXT,
            "severity": _names(["error", "warning"]),
            "site": _nullable(_SITE),
            "message": _TEXT,
            "notes": _array(_object({"site": _SITE, "message": _TEXT})),
            "remedy": _nullable(_TEXT),
        }
    ),
    "finding": _object(
        {
            "kind": _names([kind.value for kind in FindingKind]),
            "name": _TEXT,
            "message": _TEXT,
            "site": _nullable(_SITE),
            "values": _array(_object({"text": _TEXT, "value": _TEXT})),
            "remarks": _array(_TEXT),
            "trace": _nullable({"$ref": "#/$defs/trace"}),
        }
    ),
}

_SCOPE: Final[Json] = _object(
    {
        "settings": _array(
            _object(
                {
                    "name": _TEXT,
                    "value": _TEXT,
                    "origin": _names(["spec", "default", "command"]),
                    "is_size": {"type": "boolean"},
                }
            )
        ),
        "limits": _array(_object({"what": _TEXT, "left": _TEXT, "is_bound": {"type": "boolean"}})),
        "assumed_atomic": _array(_object({"site": _SITE, "accesses": _array(_TEXT)})),
    }
)

_STATISTICS: Final[Json] = _object(
    {
        "distinct": _COUNT,
        "transitions": _COUNT,
        "initial": _COUNT,
        "depth": _COUNT,
        "seconds": {"type": "number", "minimum": 0},
        "memory_bytes": _nullable(_COUNT),
    }
)

_COVERAGE: Final[Json] = _object(
    {
        "actions": _array(_object({"action": _TEXT, "site": _SITE, "transitions": _COUNT})),
        "branches_not_taken": _array(_object({"site": _SITE, "branch": _TEXT})),
        "implications_not_tested": _array(
            _object({"property": _TEXT, "text": _TEXT, "site": _SITE})
        ),
    }
)

_PROPERTY: Final[Json] = _object(
    {
        "kind": _TEXT,
        "name": _TEXT,
        "result": _names([standing.value for standing in Standing]),
        "site": _nullable(_SITE),
        "violated_parts": _array(_TEXT),
    }
)

_RUN: Final[Json] = _object(
    {
        "spec": _TEXT,
        "name": _nullable(_TEXT),
        "verdict": _names([verdict.value for verdict in Verdict]),
        "exit_code": _COUNT,
        "is_strict": {"type": "boolean"},
        "engine": _nullable(_TEXT),
        "reproduce": _TEXT,
        "diagnostics": _array({"$ref": "#/$defs/diagnostic"}),
    },
    {
        "scope": _SCOPE,
        "statistics": _STATISTICS,
        "properties": _array(_PROPERTY),
        "findings": _array({"$ref": "#/$defs/finding"}),
        "witnesses": _array(
            _object({"property": _TEXT, "trace": _nullable({"$ref": "#/$defs/trace"})})
        ),
        "figures": _array(
            _object(
                {
                    "bypass": _TEXT,
                    "value": _nullable(_COUNT),
                    "remark": _TEXT,
                    "trace": _nullable({"$ref": "#/$defs/trace"}),
                }
            )
        ),
        "vacuities": _array(_TEXT),
        "coverage": _nullable(_COVERAGE),
        "notes": _array(_TEXT),
    },
)


def schema() -> dict[str, Json]:
    """Return the schema of a document."""
    envelope = _object(
        {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            "tool": _object({"name": {"const": "k42"}, "version": _TEXT}),
            "runs": _array(_RUN),
        }
    )
    assert isinstance(envelope, dict)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result of the K42 checker",
        **envelope,
        "$defs": _DEFINITIONS,
    }
