"""Mutants and their fates, on specifications small enough to know them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.analysis.mutation import Fate, Judged, Options, Report, mutate
from checker.cli.main import main

LOCK = """spec lock

processors Cpu[2]
var holder: Cpu? = none

action take(c: Cpu)
  requires holder = none
{ holder := c }

action drop()
  requires holder != none
{ holder := none }

step by_turns: old(holder) != none <-> holder = none
reachable held: exists c: Cpu. holder = c
"""
GAP = """spec gap

var level: 0..3 = 0
var limit: 0..2 = 2

action up()
  requires level < limit
{ level := level + 1 }

action down()
  requires level > 0
{ level := level - 1 }

reachable full: level = 2
reachable empty_again: level = 0
"""
SAME = """spec same

processors Cpu[2]
var x: 0..1 = 0
var y: 0..1 = 0

process worker on Cpu {
  await x <= 1
  atomic {
    x := 1
    y := 1
  }
}

invariant together: x = y
reachable done: x = 1 and y = 1
"""


def judged(folder: Path, text: str, **options: object) -> Report:
    path = folder / "example.k42"
    path.write_text(text, encoding="utf-8")
    report = mutate(path, Options(workers=2, **options))  # type: ignore[arg-type]
    assert isinstance(report, Report), report
    return report


def named(report: Report) -> dict[str, Judged]:
    return {each.name: each for each in report.judged}


def test_claims_that_notice_everything_score_full(tmp_path: Path) -> None:
    report = judged(tmp_path, LOCK)
    assert [each.name for each in report.of(Fate.SURVIVED)] == []
    assert report.score == 1.0
    assert named(report)["guard@7"].outcome.why == "step by_turns"
    assert named(report)["effect@8"].outcome.why == "step by_turns"


def test_a_survivor_shows_the_claim_that_is_missing(tmp_path: Path) -> None:
    report = judged(tmp_path, GAP)
    survivor = named(report)["weaken@7"]
    assert survivor.fate is Fate.SURVIVED
    assert survivor.outcome.difference is not None
    assert survivor.outcome.difference.new == ("level = 3",)
    better = judged(tmp_path, f"{GAP}invariant limited: level <= limit\n")
    assert named(better)["weaken@7"].fate is Fate.KILLED
    assert better.score > report.score


def test_what_no_claim_can_see_is_equivalent(tmp_path: Path) -> None:
    report = judged(tmp_path, SAME)
    fates = {name: each.fate for name, each in named(report).items()}
    assert fates == {
        "reorder@8": Fate.SURVIVED,
        "guard@8": Fate.EQUIVALENT,
        "weaken@8": Fate.KILLED,
        "split@9": Fate.KILLED,
        "effect@10": Fate.KILLED,
        "effect@11": Fate.KILLED,
    }


def test_statements_of_one_step_that_commute_are_not_exchanged(tmp_path: Path) -> None:
    for step, count in (("x := 1  y := 1", 0), ("x := 1  y := x", 1), ("x := y  y := 1", 1)):
        text = SAME.replace("    x := 1\n    y := 1\n", f"    {step}\n").split("invariant")[0]
        names = [
            each.name for each in judged(tmp_path, text.replace("  y :=", "\n    y :=")).judged
        ]
        assert names.count("reorder@10") == count


def test_code_that_constants_leave_out_is_the_same_system(tmp_path: Path) -> None:
    text = SAME.replace("    y := 1\n", "    y := 1\n    if IS_ODD { x := 0 }\n")
    report = judged(tmp_path, text.replace("var x", "const IS_ODD = false\nvar x", 1))
    assert named(report)["effect@13"].outcome.why == "it is the same system"


def test_a_mutant_beyond_its_budget_is_undecided_and_not_killed(tmp_path: Path) -> None:
    text = """spec grows
    var x: 0..100000 = 0
    action up() requires x < 10 { x := x + 1 }
    action again() requires x = 10 { x := 0 }
    invariant small: x <= 100000
    """
    report = judged(tmp_path, text)
    grown = named(report)["guard@3"]
    assert grown.fate is Fate.UNDECIDED
    assert "states" in grown.outcome.why
    assert report.range[0] < report.range[1]


def test_smaller_constants_are_tried_first(tmp_path: Path) -> None:
    text = SAME.replace("Cpu[2]", "Cpu[N]").replace("processors", "const N = 2\nprocessors")
    report = judged(tmp_path, text, settings=({"N": "1"}, {"N": "2"}))
    assert [each.states for each in report.baselines] == [3, 9]
    fates = [(each.name, each.fate) for each in report.judged]
    assert fates == [(each.name, each.fate) for each in judged(tmp_path, text).judged]


def test_imported_modules_are_changed_on_request(tmp_path: Path) -> None:
    (tmp_path / "cell.k42").write_text("spec cell\nvar x: 0..1 = 0\nprocedure fill() { x := 1 }\n")
    text = "spec user\nimport cell as Cell\nprocess p { Cell.fill() }\nreachable full: Cell.x = 1\n"
    assert [each.name for each in judged(tmp_path, text).judged] == ["effect@3"]
    report = judged(tmp_path, text, has_imports=True)
    assert [each.mutant.what for each in report.judged] == ["x := 1", "Cell.fill()"]
    assert {each.fate for each in report.judged} == {Fate.KILLED}


# --- explanations ---------------------------------------------------------------------------------


def test_the_author_explains_a_survivor_beside_it_or_above_it(tmp_path: Path) -> None:
    line = "  requires level < limit"
    for text in (
        GAP.replace(line, f"{line}  // survives weaken: three is as good"),
        GAP.replace(line, f"  // survives guard, weaken: three is\n  // as good\n{line}"),
    ):
        report = judged(tmp_path, text)
        (survivor,) = (e for e in report.of(Fate.SURVIVED) if e.mutant.kind.value == "weaken")
        assert survivor.reason == "three is as good"
        assert survivor not in report.unexplained
        assert report.diagnostics == ()
        assert report.score == judged(tmp_path, GAP).score


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        ("// survives split: nobody looks", "K350"),
        ("// survives: nobody looks", "K351"),
        ("// survives weakness: nobody looks", "K351"),
    ],
)
def test_an_explanation_must_explain_something(tmp_path: Path, comment: str, code: str) -> None:
    line = "  requires level < limit"
    report = judged(tmp_path, GAP.replace(line, f"{line} {comment}"))
    assert [each.code for each in report.diagnostics] == [code]
    assert "weaken@7" in {each.name for each in report.unexplained}


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [
        (LOCK, (), 0),
        (LOCK, ("--at-least", "100"), 0),
        (GAP, (), 0),
        (GAP, ("--at-least", "90"), 22),
        (GAP, ("--at-least", "101"), 150),
        (GAP, ("--strict",), 22),
        (LOCK.replace("holder = none\n{", "holder = c\n{"), (), 11),
        (LOCK.replace("holder := none", "holder = none"), (), 150),
    ],
)
def test_exit_codes(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    flags: tuple[str, ...],
    code: int,
) -> None:
    path = tmp_path / "example.k42"
    path.write_text(text, encoding="utf-8")
    assert main(["mutate", str(path), *flags]) == code
    capsys.readouterr()


def test_a_mutant_can_be_shown_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, shown = tmp_path / "gap.k42", tmp_path / "shown.k42"
    path.write_text(GAP, encoding="utf-8")
    assert main(["mutate", str(path), "--show", "weaken@7", "-o", str(shown)]) == 0
    assert "requires level <= limit" in shown.read_text(encoding="utf-8")
    assert main(["check", str(shown), "--quiet"]) == 0
    assert main(["mutate", str(path), "--show", "weaken@8"]) == 150
    capsys.readouterr()
