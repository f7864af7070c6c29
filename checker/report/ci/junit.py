"""Runs as JUnit XML, the format that every build server reads.

One suite for each run, one case for each property or obligation. The format has no schema of its
own; what is written keeps to the one that Jenkins publishes for its xUnit plugin (junit-10.xsd),
and `file` and `line` are added as pytest once did, which GitLab and others show.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

from checker.report.ci.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.report.ci.outcome import Case, Run

_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow, not even written as a reference."""


def junit(runs: Iterable[Run]) -> str:
    """Return the document of several runs."""
    root = ET.Element("testsuites", name="k42")
    suites = [_suite(root, run) for run in runs]
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, run: Run) -> ET.Element:
    cases = run.shown_cases
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": clean(run.key),
            "tests": str(len(cases)),
            "failures": str(_count(cases, Outcome.FAILED)),
            "errors": str(_count(cases, Outcome.ERROR)),
            "skipped": "0",
            "time": f"{run.seconds:.3f}",
        },
    )
    properties = ET.SubElement(suite, "properties")
    told = {"verdict": run.verdict, "expected": run.expected, "scope": run.scope}
    told |= {name: str(count) for name, count in run.counts.items()}
    told["reproduce"] = run.reproduce
    for name, value in told.items():
        if value:
            ET.SubElement(properties, "property", name=name, value=clean(value))
    for case in cases:
        _case(suite, run, case)
    if any(case.outcome is not Outcome.PASSED for case in cases):
        ET.SubElement(suite, "system-out").text = clean(run.report)
    return suite


def _count(cases: Sequence[Case], outcome: Outcome) -> int:
    return sum(case.outcome is outcome for case in cases)


def _case(suite: ET.Element, run: Run, case: Case) -> None:
    element = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": clean(f"{run.kind.value}.{_dotted(run.spec)}"),
            "name": clean(case.name),
            # The time of a run cannot be divided among what it looked at all at once.
            "time": "0",
        },
    )
    if case.site is not None:
        element.set("file", clean(case.site.file))
        element.set("line", str(case.site.line))
    if case.outcome is Outcome.PASSED:
        return
    tag = "failure" if case.outcome is Outcome.FAILED else "error"
    told = ET.SubElement(element, tag, message=clean(case.message), type=clean(case.rule))
    told.text = clean("\n".join(_lines(run, case)))


def _lines(run: Run, case: Case) -> Iterable[str]:
    place = "" if case.site is None else f"{case.site.file}:{case.site.line}: "
    yield f"{place}{case.message}"
    for text, site in case.steps:
        yield f"  {site.file}:{site.line}: {text}"
    yield f"reproduce: {run.reproduce}"


def _dotted(spec: str) -> str:
    """Return `spec/locks/mcs.k42` as servers group it: `spec.locks.mcs`."""
    return spec.removesuffix(".k42").strip("/").replace("/", ".")


def clean(text: str) -> str:
    """Return the text without characters that XML cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
