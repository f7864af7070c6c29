"""JUnit, SARIF, JSON, the summary and the baseline, from runs made by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from checker.report.ci.baseline import baseline_of, baseline_text, differences, read_baseline
from checker.report.ci.document import document, schema
from checker.report.ci.junit import junit
from checker.report.ci.outcome import ORDINARY, Case, Kind, Outcome, Run, Site
from checker.report.ci.sarif import sarif
from checker.report.ci.summary import summary
from checker.report.ink import Ink
from tests.checker.report import mini_schema
from tests.checker.report.ci import junit_rules, sarif_rules

SITE = Site("spec/a lock.k42", 24, 3, 24, 40)
HOLDS = Case("invariant one", "invariant", Outcome.PASSED, "holds", site=SITE)
BREAKS = Case(
    "invariant two",
    "invariant",
    Outcome.FAILED,
    "violated",
    'it does not hold: a < b & "c" \x00 \ud800',
    SITE,
    (("Cpu0: take", SITE),),
)
OPEN = Case("take/one", "obligation.preserved", Outcome.ERROR, "limit", "unknown: no end", SITE)
GOOD = Run(
    kind=Kind.CHECK,
    key="check spec/a.k42",
    spec="spec/a.k42",
    verdict="holds",
    code=0,
    scope="Cpu = 3",
    reproduce="k42 check spec/a.k42",
    cases=(HOLDS,),
    counts={"states": 7, "transitions": 9},
    expected="holds",
)
BAD = replace(
    GOOD,
    key="check spec/b.k42",
    spec="spec/b.k42",
    verdict="violated",
    code=12,
    cases=(HOLDS, BREAKS),
    surprise="violated, expected holds",
)
TWIN = replace(BAD, key="check twin.k42", expected="violated", surprise="")
UNKNOWN = replace(
    GOOD,
    kind=Kind.PROVE,
    key="prove p.k42",
    verdict="unknown",
    code=25,
    cases=(OPEN,),
    counts={"obligations": 1, "proved": 0},
    expected="",
    remarks=("lemma weak is redundant",),
)
RUNS = (GOOD, BAD, TWIN, UNKNOWN)


def test_junit_keeps_to_the_schema() -> None:
    assert list(junit_rules.violations(junit(RUNS))) == []
    assert list(junit_rules.violations("<testsuites><testsuite/></testsuites>")) != []


def test_junit_has_a_case_for_each_and_skips_none() -> None:
    root = ET.fromstring(junit(RUNS).encode())
    good, bad, twin, unknown = root
    assert [len(list(suite.iter("testcase"))) for suite in root] == [1, 3, 1, 1]
    assert not list(root.iter("skipped"))
    assert good.find("testcase/failure") is None
    (case,) = [each for each in bad.iter("testcase") if each.get("name") == "invariant two"]
    assert (case.get("file"), case.get("line")) == ("spec/a lock.k42", "24")
    failure = case.find("failure")
    assert failure is not None
    assert "\N{REPLACEMENT CHARACTER}" in failure.get("message", "")
    # What was to fail and did is a test that passed.
    assert [each.get("name") for each in twin.iter("testcase")] == ["verdict violated"]
    assert twin.get("failures") == "0"
    # Unknown is an error: neither passed nor skipped.
    assert (unknown.get("errors"), unknown.get("failures")) == ("1", "0")


def test_sarif_keeps_to_the_schema() -> None:
    found = json.loads(json.dumps(sarif(RUNS, "1.0"), ensure_ascii=True))
    assert list(sarif_rules.violations(found)) == []
    found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert list(sarif_rules.violations(found)) != []


def test_sarif_has_the_line_of_the_conjunct_and_nothing_that_was_expected() -> None:
    found = json.loads(json.dumps(sarif(RUNS, "1.0")))
    results = found["runs"][0]["results"]
    assert [each["ruleId"] for each in results] == ["invariant", "expected", "obligation.preserved"]
    location = results[0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "spec/a%20lock.k42"
    assert location["region"]["startLine"] == 24
    steps = results[0]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[0]["location"]["message"]["text"] == "Cpu0: take"
    assert len({each["partialFingerprints"]["k42/v1"] for each in results}) == 3


def test_a_fingerprint_does_not_depend_on_the_line() -> None:
    moved = replace(BAD, cases=(replace(BREAKS, site=replace(SITE, line=99, end_line=99)),))
    before, after = (
        json.loads(json.dumps(sarif([run], "1.0")))["runs"][0]["results"][0]
        for run in (replace(BAD, cases=(BREAKS,)), moved)
    )
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["locations"] != after["locations"]


def test_places_outside_the_project_are_absolute() -> None:
    library = replace(SITE, file="/lib/spin.k42")
    inside = replace(SITE, file="/project/spec/x.k42")
    cases = tuple(replace(BREAKS, site=site, steps=()) for site in (library, inside))
    found = json.loads(json.dumps(sarif([replace(BAD, cases=cases)], "1", Path("/project"))))
    uris = [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in found["runs"][0]["results"]
    ]
    assert uris[:2] == ["file:///lib/spin.k42", "spec/x.k42"]


def test_the_document_keeps_to_its_schema() -> None:
    found = document(RUNS, ["check spec/a.k42: new"], "1.0", 12)
    assert list(mini_schema.violations(found, schema(), schema())) == []
    assert isinstance(found, dict)
    assert list(mini_schema.violations({**found, "version": 2}, schema(), schema())) != []


def test_the_summary_fits_on_a_screen() -> None:
    many = [replace(BAD, key=f"check {number}.k42") for number in range(40)]
    text = summary([*RUNS, *many], [f"difference {number}" for number in range(40)], 1.0, Ink())
    assert text.startswith("failed  2 of 44 runs as expected: ")
    assert "check spec/b.k42: violated, expected holds" in text
    assert len(text.splitlines()) < 70
    text = summary([GOOD, TWIN], [], 1.0, Ink())
    assert text.startswith("passed  2 of 2 runs as expected: 1 holds, 1 violated, 14 states")


def test_a_baseline_is_read_as_it_was_written() -> None:
    baseline = baseline_of(RUNS)
    assert read_baseline(baseline_text(baseline)) == baseline
    assert differences(baseline, RUNS) == ()


@pytest.mark.parametrize("text", ["[]", "{", '{"format": "k42-baseline", "version": 9}'])
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_baseline(text)


def test_every_change_is_told() -> None:
    before = baseline_of(RUNS)
    fewer = replace(GOOD, counts={"states": 6, "transitions": 9})
    lost = replace(BAD, cases=(BREAKS,))
    proved = replace(OPEN, outcome=Outcome.PASSED, detail=ORDINARY, message="")
    better = replace(UNKNOWN, verdict="proved", cases=(proved,), remarks=())
    assert differences(before, [fewer, lost, replace(TWIN, key="check new.k42"), better]) == (
        "check new.k42: new",
        "check twin.k42: gone",
        "check spec/a.k42: 6 states, were 7",
        "check spec/b.k42: no longer there, or as most are: invariant one",
        "prove p.k42: proved, was unknown",
        "prove p.k42: no longer there, or as most are: take/one",
        "prove p.k42: no longer: lemma weak is redundant",
    )


def test_what_is_newly_unknown_native_or_redundant_is_told() -> None:
    proved = replace(OPEN, outcome=Outcome.PASSED, detail=ORDINARY, message="")
    before = baseline_of([replace(UNKNOWN, cases=(proved,), remarks=())])
    assert differences(before, [UNKNOWN]) == (
        "prove p.k42: newly unknown: take/one",
        "prove p.k42: newly: lemma weak is redundant",
    )
    native = replace(proved, detail="Z3's own quantifier instantiation")
    assert differences(before, [replace(UNKNOWN, cases=(native,), remarks=())]) == (
        "prove p.k42: newly passed (Z3's own quantifier instantiation): take/one",
    )
