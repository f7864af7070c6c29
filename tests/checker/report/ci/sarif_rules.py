"""What the SARIF 2.1.0 schema asks for of the objects that we write, and what GitHub needs.

Each object may have the listed properties only; those that are required come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

# name: (required, optional), each property with the name of its object or None.
OBJECTS: Final[dict[str, tuple[dict[str, str | None], dict[str, str | None]]]] = {
    "log": ({"version": None, "runs": "run"}, {"$schema": None}),
    "run": ({"tool": "tool", "results": "result"}, {"columnKind": None}),
    "tool": ({"driver": "driver"}, {}),
    "driver": ({"name": None, "rules": "rule"}, {"version": None}),
    "rule": ({"id": None}, {"shortDescription": "message"}),
    "message": ({"text": None}, {}),
    "result": (
        {"message": "message", "ruleId": None, "locations": "location"},
        {
            "ruleIndex": None,
            "kind": None,
            "level": None,
            "partialFingerprints": None,
            "codeFlows": "flow",
        },
    ),
    "location": ({"physicalLocation": "physical"}, {"message": "message"}),
    "physical": ({"artifactLocation": "artifact"}, {"region": "region"}),
    "artifact": ({"uri": None}, {"uriBaseId": None}),
    "region": (
        {"startLine": None},
        {"startColumn": None, "endLine": None, "endColumn": None},
    ),
    "flow": ({"threadFlows": "thread"}, {}),
    "thread": ({"locations": "step"}, {}),
    "step": ({"location": "location"}, {}),
}


def violations(document: Any) -> Iterator[str]:
    """Yields what departs from the rules."""
    yield from _object(document, "log", "$")
    if document["version"] != "2.1.0":
        yield "version"
    for run in document["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        if len(set(rules)) != len(rules):
            yield "a rule is given twice"
        for result in run["results"]:
            if rules[result["ruleIndex"]] != result["ruleId"]:
                yield f"ruleIndex of {result['ruleId']}"
            if result["level"] not in {"none", "note", "warning", "error"}:
                yield f"level {result['level']}"


def _object(value: Any, name: str, path: str) -> Iterator[str]:
    required, optional = OBJECTS[name]
    known = required | optional
    yield from (f"{path}: no {key}" for key in required if key not in value)
    yield from (f"{path}: unknown {key}" for key in value if key not in known)
    for key, inner in value.items():
        of = known.get(key)
        if of is not None:
            several = inner if isinstance(inner, list) else [inner]
            for number, each in enumerate(several):
                yield from _object(each, of, f"{path}.{key}[{number}]")
    if name == "region":
        yield from _region(value, path)
    if name == "artifact" and " " in value["uri"]:
        yield f"{path}: a blank in an address"
    if name == "artifact" and urlsplit(value["uri"]).scheme not in {"", "file"}:
        yield f"{path}: {value['uri']}"


def _region(value: Any, path: str) -> Iterator[str]:
    start = (value["startLine"], value.get("startColumn", 1))
    end = (value.get("endLine", start[0]), value.get("endColumn", start[1]))
    if min(*start, *end) < 1 or end < start:
        yield f"{path}: from {start} to {end}"
