"""The rules of Jenkins' xUnit schema (junit-10.xsd) that concern what we write."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Final

ATTRIBUTES: Final = {
    "testsuites": {"name", "time", "tests", "failures", "disabled", "errors"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp"),
        *("hostname", "id", "package", "file", "log", "url", "version", "group"),
    },
    # pytest's `file` and `line` are what servers show beyond the schema.
    "testcase": {"name", "classname", "time", "status", "assertions", "class", "file", "line"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "properties": set(),
    "property": {"name", "value"},
    "system-out": set(),
}
CHILDREN: Final = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "properties": {"property"},
}
REQUIRED: Final = {
    "testsuite": {"name"},
    "testcase": {"name", "classname"},
    "property": {"name", "value"},
}


def violations(text: str) -> Iterator[str]:
    """Yields what departs from the rules."""
    root = ET.fromstring(text.encode())
    if root.tag != "testsuites":
        yield f"the root is {root.tag}"
    for element in root.iter():
        unknown = set(element.attrib) - ATTRIBUTES.get(element.tag, set())
        yield from (f"<{element.tag} {name}>" for name in sorted(unknown))
        missing = REQUIRED.get(element.tag, set()) - set(element.attrib)
        yield from (f"<{element.tag}> without {name}" for name in sorted(missing))
        inner = {child.tag for child in element} - CHILDREN.get(element.tag, set())
        yield from (f"<{tag}> in <{element.tag}>" for tag in sorted(inner))
        time = element.get("time")
        if time is not None and not re.fullmatch(r"\d+(\.\d+)?", time):
            yield f"time {time}"
    for suite in root:
        yield from _wrong_counts(suite, suite.iter("testcase"))
    yield from _wrong_counts(root, root.iter("testcase"))


def _wrong_counts(owner: ET.Element, cases: Iterator[ET.Element]) -> Iterator[str]:
    counted = {"tests": 0, "failures": 0, "errors": 0}
    for case in cases:
        counted["tests"] += 1
        counted["failures"] += case.find("failure") is not None
        counted["errors"] += case.find("error") is not None
    for name, count in counted.items():
        if owner.get(name) != str(count):
            yield f"{name} of <{owner.tag}> is {owner.get(name)}, not {count}"
