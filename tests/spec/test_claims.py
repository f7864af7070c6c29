"""What the specifications that come with the tool claim about whole runs, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.explicit.search import SearchOptions, check
from checker.load import load
from checker.model.fairness import Scheduling
from checker.model.system import System
from checker.model.verdict import Result
from checker.report.standing import Standing, standings

SPECS = Path(__file__).resolve().parents[2] / "spec"


def system_of(path: str, **constants: int) -> System:
    settings = {name: str(value) for name, value in constants.items()}
    system, diagnostics = load(SPECS / path, settings, (SPECS,))
    assert system is not None, diagnostics
    return system


def standing(result: Result, name: str) -> Standing:
    (found,) = [row.standing for row in standings(result) if row.name == name]
    return found


@pytest.mark.parametrize(
    ("path", "constants", "claim"),
    [
        ("protocols/locks/ticket.k42", {"Cpu": 2}, "progress"),
        ("protocols/locks/ticket.k42", {"Cpu": 3}, "progress"),
        ("protocols/locks/mcs.k42", {"Cpu": 2}, "progress"),
        ("protocols/locks/mcs.k42", {"Cpu": 3}, "progress"),
        ("protocols/locks/peterson.k42", {}, "progress"),
        ("protocols/locks/peterson.k42", {}, "Lock"),
        ("protocols/locks/filter.k42", {"N": 3}, "progress"),
        ("protocols/locks/dekker.k42", {}, "progress"),
        ("protocols/locks/n_peterson.k42", {"N": 3}, "progress"),
        ("protocols/consensus/two_phase.k42", {"N": 3}, "Commit"),
        ("protocols/sync/philosophers_handover.k42", {"N": 5}, "everybody_eats"),
    ],
)
def test_a_claim_holds(path: str, constants: dict[str, int], claim: str) -> None:
    result = check(system_of(path, **constants))
    assert standing(result, claim) is Standing.HOLDS
    assert result.vacuities == () or not any(claim in text for text in result.vacuities)


@pytest.mark.parametrize("path", ["locks/ticket.k42", "locks/mcs.k42", "locks/peterson.k42"])
def test_without_fairness_nobody_need_get_in(path: str) -> None:
    options = SearchOptions(scheduling=Scheduling.NONE)
    result = check(system_of(f"protocols/{path}"), options)
    assert standing(result, "progress") is Standing.VIOLATED


@pytest.mark.parametrize(
    ("path", "constants", "most"),
    [
        ("protocols/locks/ticket.k42", {"Cpu": 2}, 1),
        ("protocols/locks/ticket.k42", {"Cpu": 3}, 2),
        ("protocols/locks/peterson.k42", {}, 1),
        ("protocols/locks/test_and_set_starving.k42", {}, None),
    ],
)
def test_how_often_others_come_first(
    path: str, constants: dict[str, int], most: int | None
) -> None:
    (figure,) = check(system_of(path, **constants)).figures
    assert figure.value == most


@pytest.mark.parametrize(
    ("path", "claim", "starving"),
    [
        ("protocols/locks/test_and_set_starving.k42", "progress", "starvation"),
        ("protocols/sync/reader_preference.k42", "writers_get_in", "livelock"),
    ],
)
def test_a_lasso_shows_who_waits_for_ever(path: str, claim: str, starving: str) -> None:
    result = check(system_of(path))
    (finding,) = result.findings
    assert finding.name == claim
    assert starving in finding.message
    assert finding.trace is not None
    assert finding.trace.loop is not None
    assert finding.trace.states[finding.trace.loop] == finding.trace.states[-1]
    assert "no fairness of threads or steps would exclude this run" in finding.remarks
