"""Reports as people see them; the snapshots in `expected/` are reviewed as text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from checker.model.ir import Role
from checker.model.system import AtomicityNote, Setting
from checker.model.verdict import Finding, FindingKind, Limit, Result, Verdict
from checker.report.cells import width
from checker.report.ink import Ink
from checker.report.text import Request, duration, render_result, verdict_line
from tests.checker.report.samples import explored, race_result, shortest, span
from tests.support.expected import compare
from tests.support.systems import Crash, composite, crasher, deadlocker, digraph, spin_lock

EXPECTED = Path(__file__).parent / "expected"


def bounded() -> Result:
    limits = (Limit("depth 3", "what follows the 4 states at depth 3", is_bound=True),)
    return replace(race_result(), verdict=Verdict.BOUNDED, findings=(), limits=limits)


def incomplete() -> Result:
    limits = (
        Limit(
            "the time limit of 10 s at depth 5",
            "2 of the 3 states at depth 5 and what follows them",
            is_bound=False,
        ),
    )
    return replace(
        race_result(), verdict=Verdict.INCOMPLETE, findings=(), witnesses=(), limits=limits
    )


def assumed() -> Result:
    result = explored(spin_lock(2))
    settings = (
        Setting("Cpu", "2", "command", is_size=True),
        Setting("N", "4", "spec", is_size=False),
        Setting("Page", "3", "default", is_size=True),
    )
    note = AtomicityNote(span("taken := true"), ("Lock.tail", "Lock.next"))
    system = replace(result.system, settings=settings, atomicity=(note,))
    return replace(result, system=system)


def boxed() -> Result:
    """A violation in a system with a value of every type."""
    result = explored(composite())
    trace = shortest(result.system, lambda state: state[2] == (True, 1))
    conjunct = result.system.properties[1].conjuncts[0]
    finding = Finding(
        FindingKind.INVARIANT, "short", "", conjunct.site, (("len(mail)", "3"),), trace
    )
    return replace(result, verdict=Verdict.VIOLATED, findings=(finding,), coverage=None)


def unmet() -> Result:
    result = race_result()
    finding = Finding(
        FindingKind.ASSUMPTION, "enough", "", span("Cpu"), (("size(Cpu)", "2"),), None
    )
    statistics = replace(result.statistics, distinct=0, transitions=0, initial=0, depth=0)
    return replace(result, findings=(finding,), witnesses=(), statistics=statistics)


BOXED = boxed()
REPORTS = {
    "race_2": (race_result(2), 100),
    "race_3_narrow": (race_result(3), 80),
    "race_5_narrow": (race_result(5, "command"), 80),
    "race_12_narrow": (race_result(12), 80),
    "race_60": (race_result(3), 60),
    "holds": (assumed(), 100),
    "bounded": (bounded(), 100),
    "incomplete": (incomplete(), 100),
    "boxed": (BOXED, 100),
    "boxed_narrow": (BOXED, 72),
    "deadlock": (explored(deadlocker(2)), 80),
    "assertion": (explored(crasher(Crash.ASSERTION)), 80),
    "step_error": (explored(crasher(Crash.UNWRAP)), 80),
    "property_error": (explored(crasher(Crash.INVARIANT)), 80),
    "initial_error": (explored(crasher(Crash.INIT)), 80),
    "initial_violation": (explored(digraph([[0, 1, 0]], bad=0)), 80),
    "assumption": (unmet(), 80),
}


def rendered(result: Result, ink: Ink) -> str:
    request = Request("race.k42", "k42 check race.k42 -c Cpu=2", ink, has_coverage=True)
    return render_result(result, request)


@pytest.mark.parametrize("name", REPORTS)
def test_report(name: str, update_expected: bool) -> None:
    result, columns = REPORTS[name]
    compare(EXPECTED / f"{name}.txt", rendered(result, Ink(columns)), update=update_expected)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("columns", [60, 80, 100, 140])
def test_no_line_sticks_out(name: str, columns: int) -> None:
    lines = rendered(REPORTS[name][0], Ink(columns)).splitlines()
    # The first line holds all sizes and the last one the whole command.
    assert [line for line in lines[1:-1] if width(line) > columns] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("name", REPORTS)
def test_colour_changes_nothing_else(name: str) -> None:
    result, columns = REPORTS[name]
    coloured = rendered(result, Ink(columns, has_colour=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == rendered(result, Ink(columns))
    assert coloured.count("\x1b[0m") == len(re.findall("\x1b\\[[1-9][0-9;]*m", coloured))


@pytest.mark.parametrize("name", REPORTS)
def test_first_word_is_the_verdict_and_last_line_repeats_the_run(name: str) -> None:
    result, columns = REPORTS[name]
    text = rendered(result, Ink(columns))
    assert text.split(maxsplit=1)[0] == result.verdict.value
    assert text.endswith("\nreproduce: k42 check race.k42 -c Cpu=2\n")


def test_quiet_prints_the_verdict_line_only() -> None:
    request = Request("race.k42", "k42 check race.k42", Ink(), is_quiet=True)
    result = race_result()
    assert render_result(result, request) == verdict_line(result, Ink()) + "\n"
    assert verdict_line(result, Ink()) == (
        "violated  race at Cpu = 2: 9 states, 12 transitions, depth 5, 0.01 s"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.00 s"),
        (0.414, "0.41 s"),
        (3.21, "3.2 s"),
        (125.4, "2 min 05 s"),
        (7260, "2 h 01 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_words_of_a_bound_stand_on_the_verdict_line() -> None:
    assert verdict_line(bounded(), Ink()) == (
        "bounded  race at Cpu = 2 within depth 3: 9 states, 12 transitions, depth 5, 0.01 s"
    )


def test_variables_of_control_are_not_shown_as_data() -> None:
    result = race_result()
    names = {v.name for v in result.system.variables if v.role is Role.CONTROL}
    assert names == {"worker"}
    assert "worker = " not in rendered(result, Ink())
