"""Pictures of traces: who acts, what flows from whom to whom, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from checker.cli.main import main
from checker.explicit.search import check
from checker.model.system import System
from checker.model.verdict import Finding
from checker.report.dataflow import flows
from checker.report.sequence_svg import sequence_svg
from tests.support.texts import system_of

if TYPE_CHECKING:
    import pytest

SVG = "{http://www.w3.org/2000/svg}"
TAKEN = """
processors Cpu[2]
var taken: bool = false
process worker on Cpu {
  await not taken
  taken := true
  critical: skip
  taken := false
}
invariant alone: (count c: Cpu. worker[c] at critical) <= 1
"""
PASSED = """
var box: [0..1] 0..3 = 0
var other: 0..3 = 0
process writer { box[1] := 2; box[0] := 3; other := 1 }
process reader { await box[1] = 2; let seen = box[0]; assert seen = 0, "nothing came" }
"""


def found(text: str) -> tuple[System, Finding]:
    system = system_of(text.replace("; ", "\n"))
    result = check(system)
    return system, result.findings[0]


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_flow_goes_from_who_wrote_a_cell_to_who_reads_it() -> None:
    system, finding = found(PASSED)
    assert finding.trace is not None
    shown = [(flow.writer, flow.reader, flow.what) for flow in flows(system, finding.trace)]
    assert shown == [(0, 2, "box[1] = 2"), (1, 3, "box[0] = 3")]


def test_who_reads_only_what_nobody_has_written_is_told_nothing() -> None:
    system, finding = found(TAKEN)
    assert finding.trace is not None
    assert flows(system, finding.trace) == ()


def test_a_value_is_told_once_until_it_is_written_again() -> None:
    system, finding = found("""
    var x: 0..3 = 0
    process writer { x := 1 }
    process reader { await x = 1; let a = x; let b = x; assert a + b = 0, "no" }
    """)
    assert finding.trace is not None
    assert [flow.reader for flow in flows(system, finding.trace)] == [1]


def test_the_picture_has_a_column_for_each_actor_and_says_what_is_wrong() -> None:
    system, finding = found(PASSED)
    assert finding.trace is not None
    svg = sequence_svg(system, finding.trace, finding, spec="example.k42", title="A <title>")
    told = texts(svg)
    assert told[0] == "A <title>"
    assert {"writer", "reader"} <= set(told)
    assert any("\N{LEFTWARDS ARROW} box[1] = 2, of step 1" in text for text in told)
    assert "assertion fails in step 4: nothing came" in told
    curves = [p for p in ElementTree.fromstring(svg).iter(f"{SVG}path") if p.get("fill") == "none"]
    assert len(curves) == 2


def test_everything_lies_within_the_picture() -> None:
    system, finding = found(TAKEN)
    assert finding.trace is not None
    root = ElementTree.fromstring(sequence_svg(system, finding.trace, finding, spec="x"))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for each in root.iter(f"{SVG}text"):
        end = float(each.attrib["x"]) + 7.25 * len(each.text or "")
        assert each.get("text-anchor") == "end" or end <= width
        assert 0 < float(each.attrib["y"]) <= height


def test_a_run_that_goes_round_says_so() -> None:
    system, finding = found("""
    var x: bool = false
    process p { loop { x := true; x := false } }
    property settles: eventually always x
    """)
    assert finding.trace is not None
    told = texts(sequence_svg(system, finding.trace, finding, spec="x"))
    assert "and so on, for ever" in told


def test_the_commands_write_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, trace, picture = (str(tmp_path / name) for name in ("a.k42", "a.json", "a.svg"))
    Path(path).write_text(f"spec a\n{TAKEN}", encoding="utf-8")
    assert main(["check", path, "--format", "svg", "-o", picture]) == 12
    assert texts(Path(picture).read_text(encoding="utf-8"))[0].endswith("finding: alone")
    assert main(["check", path, "--format", "json", "-o", trace]) == 12
    assert json.loads(Path(trace).read_text(encoding="utf-8"))["runs"]
    capsys.readouterr()
    assert main(["replay", trace, path, "--format", "svg"]) == 12
    assert texts(capsys.readouterr().out)[0].endswith("replayed")
    assert main(["check", path, path, "--format", "svg"]) == 150
    capsys.readouterr()
