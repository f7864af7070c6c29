"""What the specifications that come with the tool claim about whole runs, and what they do not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from checker.explicit.search import SearchOptions, check
from checker.load import load
from checker.model.fairness import Scheduling
from checker.model.system import System
from checker.model.verdict import FindingKind, Result
from checker.report.standing import Standing, standings

SPECS = Path(__file__).resolve().parents[2] / "spec"
PUBLISHED = Path(__file__).with_name("published.toml")
LIVENESS = "liveness "
NOTHING_HELPS = "no fairness of threads or steps would exclude this run"


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
        ("protocols/consensus/two_phase.k42", {"N": 4}, "decides"),
        ("protocols/sync/philosophers_handover.k42", {"N": 5}, "everybody_eats"),
        ("protocols/locks/bakery.k42", {"N": 3}, "progress"),
        ("protocols/locks/indexed_lock.k42", {"N": 3}, "progress"),
        ("protocols/sync/sense_barrier.k42", {"N": 4}, "progress"),
        ("protocols/sync/philosophers.k42", {"N": 4}, "everybody_eats"),
        ("protocols/messages/chang_roberts.k42", {"N": 4}, "elects"),
        ("kernel/locks/request_count.k42", {"CLIENTS": 3}, "closes"),
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
    ("path", "constants", "name", "most"),
    [
        ("protocols/locks/ticket.k42", {"Cpu": 2}, "in_order", 0),
        ("protocols/locks/ticket.k42", {"Cpu": 3}, "in_order", 0),
        ("protocols/locks/peterson.k42", {}, "overtaken", 1),
        ("protocols/locks/peterson.k42", {}, "in_order", 0),
        ("protocols/locks/n_peterson.k42", {"N": 2}, "overtaken", 1),
        ("protocols/locks/n_peterson.k42", {"N": 3}, "overtaken", None),
        ("protocols/locks/test_and_set_starving.k42", {}, "overtaken", None),
        ("kernel/locks/fair_block.k42", {"THREADS": 2}, "in_order", 0),
    ],
)
def test_how_often_others_come_first(
    path: str, constants: dict[str, int], name: str, most: int | None
) -> None:
    result = check(system_of(path, **constants))
    (figure,) = (each for each in result.figures if each.name == name)
    assert figure.value == most


def lassos() -> list[object]:
    """Return the rows of the published table that some claim about whole runs ends."""
    rows = tomllib.loads(PUBLISHED.read_text())["spec"]
    return [
        pytest.param(row["path"], row["finding"].removeprefix(LIVENESS), id=Path(row["path"]).stem)
        for row in rows
        if row.get("finding", "").startswith(LIVENESS)
    ]


@pytest.mark.parametrize(("path", "claim"), lassos())
def test_a_lasso_shows_what_never_comes(path: str, claim: str) -> None:
    result = check(system_of(path))
    assert {finding.kind for finding in result.findings} == {FindingKind.LIVENESS}
    finding = next(each for each in result.findings if each.name == claim)
    assert finding.trace is not None
    assert finding.trace.loop is not None
    assert finding.trace.states[finding.trace.loop] == finding.trace.states[-1]


@pytest.mark.parametrize(
    ("path", "told", "remark"),
    [
        ("protocols/locks/test_and_set_starving.k42", "starvation", NOTHING_HELPS),
        ("protocols/locks/dekker_livelock.k42", "livelock", NOTHING_HELPS),
        ("protocols/locks/mcslock1_broken.k42", "livelock", NOTHING_HELPS),
        ("protocols/sync/reader_preference.k42", "livelock", NOTHING_HELPS),
        ("protocols/sync/philosophers_starving.k42", "starvation", "`strong fair`"),
        ("protocols/messages/alternating_bit_starving.k42", "livelock", "`strong fair action"),
        ("protocols/sync/simple_allocator_starving.k42", "nothing happens", "`fair action"),
        ("protocols/consensus/two_phase_blocking.k42", "nothing happens", "`fair action manager"),
    ],
)
def test_a_lasso_says_who_waits_and_what_would_help(path: str, told: str, remark: str) -> None:
    finding = check(system_of(path)).findings[0]
    assert told in finding.message
    assert any(remark in each for each in finding.remarks), finding.remarks


def test_a_ring_of_too_few_values_never_comes_to_rest() -> None:
    """As many values as there are nodes but one are enough, and fewer are not."""
    path = "protocols/sync/token_ring_426.k42"
    for nodes in (4, 5):
        enough = check(system_of(path, N=nodes, M=nodes - 1))
        assert standing(enough, "stabilizes") is Standing.HOLDS
        too_few = check(system_of(path, N=nodes, M=nodes - 2))
        assert standing(too_few, "stabilizes") is Standing.VIOLATED
