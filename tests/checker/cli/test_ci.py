"""`k42 ci`: what a project lists is run, judged by what it expects, and told in every format."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from checker.cli.arguments import UsageError
from checker.cli.main import main
from checker.cli.project import find_project, read_project
from checker.cli.tasks import run_tasks
from checker.model.verdict import (
    EXIT_HOLDS,
    EXIT_INPUT,
    EXIT_LIMIT,
    EXIT_SAFETY,
    EXIT_UNEXPECTED,
    EXIT_UNFINISHED,
)
from checker.report.ci.document import schema
from checker.report.ci.outcome import Outcome
from tests.checker.report import mini_schema
from tests.checker.report.ci import junit_rules, sarif_rules

LOCK = """spec lock
sort Node
var holder: Node? = none
action take(n: Node) requires holder = none { holder := n }
action give(n: Node) requires holder = n { holder := none }
invariant one: forall a, b: Node. holder = a and holder = b -> a = b
"""
BROKEN = f"{LOCK}invariant free: holder = none\n"
COUNTER = """spec counter
sort Node
var x: [Node] 0..9 = 0
action bump(n: Node) requires x[n] != 5 { x[n] := x[n] + 1 }
action reset(n: Node) { x[n] := 0 }
invariant low: forall n: Node. x[n] <= 5
"""
PROJECT = """
timeout = "60s"
[[check]]
specs = ["lock.k42"]
sizes = { Node = 2 }
[[check]]
specs = ["broken.k42"]
expect = "violated"
violates = ["free"]
[[prove]]
specs = ["lock.k42"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lock.k42").write_text(LOCK, encoding="utf-8")
    (tmp_path / "broken.k42").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "k42.toml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def test_everything_listed_is_run_and_told_in_every_format(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--json", "o.json", "--junit", "o.xml", "--sarif", "o.sarif"]
    assert main(["ci", *files]) == EXIT_HOLDS
    told = capsys.readouterr().out
    assert told.startswith("passed  3 of 3 runs as expected: 1 holds, 1 violated, 1 proved, ")
    document = json.loads((project / "o.json").read_text())
    assert list(mini_schema.violations(document, schema(), schema())) == []
    assert [run["key"] for run in document["runs"]] == [
        "check lock.k42 -c Node=2",
        "check broken.k42",
        "prove lock.k42",
    ]
    proof = document["runs"][2]
    assert [case["name"] for case in proof["cases"]] == ["init/one", "take/one", "give/one"]
    junit = (project / "o.xml").read_text()
    assert list(junit_rules.violations(junit)) == []
    names = [case.get("name") for case in ET.fromstring(junit.encode()).iter("testcase")]
    assert names == [
        *("invariant one", "deadlock", "verdict violated"),
        *("init/one", "take/one", "give/one"),
    ]
    sarif = json.loads((project / "o.sarif").read_text())
    assert list(sarif_rules.violations(sarif)) == []
    assert sarif["runs"][0]["results"] == []


def test_what_is_not_as_expected_fails_with_the_line_of_the_conjunct(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "lock.k42").write_text(BROKEN, encoding="utf-8")
    assert main(["ci", "--sarif", "o.sarif", "--junit", "o.xml"]) == EXIT_SAFETY
    told = capsys.readouterr().out
    assert told.startswith("failed  1 of 3 runs as expected")
    assert "check lock.k42 -c Node=2: violated, expected holds" in told
    assert "invariant free (lock.k42:7)" in told
    sarif = json.loads((project / "o.sarif").read_text())
    assert list(sarif_rules.violations(sarif)) == []
    results = sarif["runs"][0]["results"]
    places = {
        (
            each["ruleId"],
            each["locations"][0]["physicalLocation"].get("region", {}).get("startLine"),
        )
        for each in results
    }
    assert {("invariant", 7), ("obligation.preserved", 7)} <= places
    assert "codeFlows" in next(each for each in results if each["ruleId"] == "invariant")
    assert list(junit_rules.violations((project / "o.xml").read_text())) == []


def test_a_twin_that_does_not_fail_as_it_should_is_a_failure(project: Path) -> None:
    (project / "broken.k42").write_text(LOCK, encoding="utf-8")
    assert main(["ci", "--quiet"]) == EXIT_UNEXPECTED
    other = BROKEN.replace("invariant free", "invariant other")
    (project / "broken.k42").write_text(other, encoding="utf-8")
    assert main(["ci", "--quiet"]) == EXIT_SAFETY


def test_unknown_is_an_error_and_never_a_pass(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PROJECT.replace("[[prove]]", "[[prove]]\nlimit = 1")
    (project / "k42.toml").write_text(text, encoding="utf-8")
    (project / "lock.k42").write_text(COUNTER, encoding="utf-8")
    assert main(["ci", "--junit", "o.xml"]) == EXIT_LIMIT
    assert "unknown, expected proved" in capsys.readouterr().out
    root = ET.fromstring((project / "o.xml").read_bytes())
    assert int(root.get("errors", "0")) >= 1
    assert not list(root.iter("skipped"))


def test_a_proof_at_some_sizes_passes_only_where_no_more_is_expected(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = f"{LOCK}invariant few: (count n: Node. holder = n) <= 7\n"
    (project / "lock.k42").write_text(few, encoding="utf-8")
    (project / "broken.k42").write_text(f"{few}invariant free: holder = none\n", encoding="utf-8")
    assert main(["ci", "--junit", "o.xml"]) == EXIT_UNFINISHED
    assert "bounded, expected proved" in capsys.readouterr().out
    root = ET.fromstring((project / "o.xml").read_bytes())
    assert int(root.get("errors", "0")) == 1
    text = PROJECT.replace("[[prove]]", '[[prove]]\nexpect = "bounded"')
    (project / "k42.toml").write_text(text, encoding="utf-8")
    assert main(["ci", "--strict"]) == EXIT_HOLDS
    # What is expected to be bounded and is proved for every size is told, too.
    (project / "lock.k42").write_text(LOCK, encoding="utf-8")
    assert main(["ci"]) == EXIT_UNEXPECTED
    assert "proved, expected bounded" in capsys.readouterr().out


def test_a_specification_that_cannot_be_read_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "lock.k42").write_text("spec lock\nvar", encoding="utf-8")
    assert main(["ci", "--sarif", "o.sarif"]) == EXIT_INPUT
    assert "it cannot be read" in capsys.readouterr().out
    sarif = json.loads((project / "o.sarif").read_text())
    assert list(sarif_rules.violations(sarif)) == []


def test_the_baseline_tells_what_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ci", "--update-baseline"]) == EXIT_HOLDS
    assert main(["ci", "--strict"]) == EXIT_HOLDS
    assert "since the baseline" not in capsys.readouterr().out
    smaller = PROJECT.replace("Node = 2", "Node = 1")
    (project / "k42.toml").write_text(smaller, encoding="utf-8")
    (project / "broken.k42").write_text(BROKEN.replace("sort Node", "sort Node[1]"), "utf-8")
    assert main(["ci"]) == EXIT_HOLDS
    told = capsys.readouterr().out
    assert "check lock.k42 -c Node=1: new" in told
    assert "check lock.k42 -c Node=2: gone" in told
    assert "transitions, were" in told
    assert main(["ci", "--strict"]) == EXIT_UNEXPECTED
    assert main(["ci", "--update-baseline"]) == EXIT_HOLDS
    assert main(["ci", "--strict"]) == EXIT_HOLDS


def test_part_of_a_project_can_be_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ci", "--update-baseline", "--quiet"]) == EXIT_HOLDS
    assert main(["ci", "--strict", "broken.k42"]) == EXIT_HOLDS
    assert "1 of 1 runs" in capsys.readouterr().out
    assert main(["ci", "nothing.k42"]) == EXIT_INPUT
    assert (project / "k42-baseline.json").exists()


def test_what_is_no_baseline_is_a_mistake(project: Path) -> None:
    (project / "k42-baseline.json").write_text("{}", encoding="utf-8")
    assert main(["ci"]) == EXIT_INPUT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[chekc]]\nspecs = ['lock.k42']", "did you mean `check`"),
        ("[[check]]\nspecs = ['none/*.k42']", "no file matches"),
        ("[[check]]\nspec = ['lock.k42']", "did you mean `specs`"),
        ("[[check]]\nsizes = {}", "names no `specs`"),
        ("[[check]]\nspecs = ['lock.k42']\nexpect = 'fine'", "is no verdict"),
        ("[[check]]\nspecs = ['lock.k42']\nmax-depth = 'x'", "cannot have"),
        ("[[check]]\nspecs = ['lock.k42', 'lock.k42']\n[[check]]\nspecs = ['*.k42']", "twice"),
        ("[check]\nspecs = ['lock.k42']", "array of tables"),
        ("timeout = 'soon'", "is not a time"),
        ("check = [", "is not TOML"),
    ],
)
def test_a_mistake_in_the_table_is_told(project: Path, text: str, message: str) -> None:
    path = project / "k42.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as found:
        read_project(path)
    (diagnostic,) = found.value.diagnostics
    assert message in f"{diagnostic.message} {diagnostic.remedy}"


def test_the_table_may_stand_in_pyproject(project: Path) -> None:
    (project / "k42.toml").unlink()
    inner = project / "some" / "folder"
    inner.mkdir(parents=True)
    with pytest.raises(UsageError):
        find_project(inner)
    path = project / "pyproject.toml"
    path.write_text("[tool.other]\n[[tool.k42.prove]]\nspecs = ['*.k42']\n", encoding="utf-8")
    assert find_project(inner) == path
    assert [task.key for task in read_project(path).tasks] == [
        "prove broken.k42",
        "prove lock.k42",
    ]


def test_what_takes_too_long_is_killed_and_not_known(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    from checker.cli import tasks

    def hang(_: object) -> object:
        while True:
            signal.pause()

    monkeypatch.setattr(tasks, "GRACE", 0.0)
    monkeypatch.setattr(tasks, "carried_out", hang)
    path = project / "k42.toml"
    path.write_text(PROJECT.replace("60s", "0.1s"), encoding="utf-8")
    runs = run_tasks(read_project(path).tasks, project, 2)
    assert [run.verdict for run in runs] == ["incomplete", "incomplete", "unknown"]
    assert all(case.outcome is Outcome.ERROR for run in runs for case in run.cases)
    assert not any(run.is_good for run in runs)


@pytest.mark.parametrize("name", ["junit", "sarif"])
@pytest.mark.parametrize("command", ["check", "prove"])
def test_check_and_prove_write_the_formats_themselves(
    project: Path, command: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "broken.k42", "--format", name]) == EXIT_SAFETY
    told = capsys.readouterr().out
    rules = (
        junit_rules.violations(told)
        if name == "junit"
        else sarif_rules.violations(json.loads(told))
    )
    assert list(rules) == []
    assert "broken.k42" in told
