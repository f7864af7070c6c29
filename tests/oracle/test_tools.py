"""Other model checkers find the states and the mistakes that we find, in every system."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from checker.cli.session import library
from checker.export.exported import Exported
from checker.load import load
from checker.model.explore import explore
from checker.model.findings import assumption_findings
from checker.model.system import System
from checker.oracle.answers import Answer, Cut, Missing
from checker.oracle.process import Limits
from checker.oracle.tools import TOOLS, Tool, compared
from tests.support.system_strategies import seeded_system
from tests.support.systems import counter_ring, deadlocker, spin_lock

pytestmark = pytest.mark.oracle

ROOT = Path(__file__).parents[2]
LIMITS = Limits(seconds=300, memory_bytes=4 * 2**30)
QUICK = {
    "kernel/locks/lock_promise.k42",
    "protocols/consensus/two_phase_broken.k42",
    "protocols/locks/mcs_broken.k42",
    "protocols/sync/philosophers_deadlock.k42",
    "protocols/sync/sense_barrier.k42",
    "protocols/sync/token_ring_426.k42",
}
"""Specifications that are compared in every run of the tests."""


def tool(name: str) -> Tool:
    """Returns a tool; the test is skipped where it is not installed."""
    found = next(each for each in TOOLS if each.name == name)
    if found.missing:
        pytest.skip(f"not installed: {', '.join(found.missing)}")
    return found


def assert_confirmed(system: System, name: str, folder: Path) -> None:
    comparison = compared(system, (tool(name),), folder, LIMITS)
    assert comparison.is_confirmed, comparison


def shipped() -> Sequence[object]:
    """Every specification at every size in the table, the large ones marked slow."""
    with (ROOT / "tests/spec/published.toml").open("rb") as file:
        rows = tomllib.load(file)["spec"]
    params = []
    for row in rows:
        sizes = {name: str(value) for name, value in row.get("constants", {}).items()}
        is_quick = row["path"] in QUICK and not row.get("slow", False)
        title = "-".join([Path(row["path"]).stem, *(f"{n}={v}" for n, v in sizes.items())])
        marks = [] if is_quick else [pytest.mark.slow]
        params.append(pytest.param(row["path"], sizes, id=title, marks=marks))
    return params


@pytest.mark.parametrize("name", ["spin", "rumur", "tlc"])
@pytest.mark.parametrize(
    "system",
    [counter_ring(3, 4), deadlocker(3), spin_lock(2, broken=True)],
    ids=["holds", "deadlock", "invariant"],
)
def test_known_systems(system: System, name: str, tmp_path: Path) -> None:
    assert_confirmed(system, name, tmp_path)


@pytest.mark.parametrize("name", ["spin", "rumur", "tlc"])
@pytest.mark.parametrize(("path", "sizes"), shipped())
def test_shipped_specifications(
    path: str, sizes: dict[str, str], name: str, tmp_path: Path
) -> None:
    system, diagnostics = load(ROOT / "spec" / path, sizes, library())
    assert system is not None, diagnostics
    assert_confirmed(system, name, tmp_path)


@pytest.mark.parametrize("name", ["spin", "rumur", "tlc"])
@pytest.mark.parametrize(
    "start", [0, *(pytest.param(at, marks=pytest.mark.slow) for at in range(10, 100, 10))]
)
def test_random_systems(start: int, name: str, tmp_path: Path) -> None:
    asked = 0
    for seed in range(start, start + 10):
        system = seeded_system(seed, budget=200)
        if not any(assumption_findings(system)) and explore(system, 0).initial > 0:
            assert_confirmed(system, name, tmp_path / str(seed))
            asked += 1
    assert asked >= 5


# --- what happens when they do not agree ----------------------------------------------------------


def lying(honest: Tool, before: str, after: str) -> Tool:
    """Returns a tool that is handed a model in which one line was changed."""

    def export(system: System) -> Exported:
        exported = honest.export(system)
        assert before in exported.text
        return replace(exported, text=exported.text.replace(before, after, 1))

    return replace(honest, export=export)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("spin", "critical", "critical && false"),
        ("rumur", "critical", "critical & false"),
        ("tlc", '"critical"', '"critical" /\\ FALSE'),
    ],
)
def test_a_step_less_is_noticed(name: str, before: str, after: str, tmp_path: Path) -> None:
    system, _ = load(ROOT / "spec/protocols/locks/test_and_set.k42", {})
    assert system is not None
    signs = {
        "spin": f" == {before} ->",
        "rumur": f" = {before}\n",
        "tlc": f"[self] = {before}\n",
    }
    sign = signs[name]
    changed = lying(tool(name), sign, sign.replace(before, after))
    comparison = compared(system, (changed,), tmp_path, LIMITS)
    assert comparison.is_contradicted
    assert any("distinct states" in each for each in comparison.testimonies[0].differences)


@pytest.mark.parametrize("name", ["spin", "rumur", "tlc"])
def test_a_property_less_is_noticed(name: str, tmp_path: Path) -> None:
    system = spin_lock(2, broken=True)
    honest = tool(name)
    silent = replace(honest, export=lambda each: honest.export(replace(each, properties=())))
    comparison = compared(system, (silent,), tmp_path, LIMITS)
    assert any("only here" in each for each in comparison.testimonies[0].differences), comparison


@pytest.mark.parametrize("name", ["spin", "rumur", "tlc"])
def test_no_time_is_no_answer(name: str, tmp_path: Path) -> None:
    found = tool(name)
    exported = found.export(counter_ring())
    statement = found.ask(counter_ring(), exported, tmp_path, Limits(seconds=0.0), 10)
    assert isinstance(statement, Cut)
    assert "out of time" in statement.why


@pytest.mark.parametrize("name", ["spin", "rumur", "tlc"])
def test_no_memory_is_no_answer(name: str, tmp_path: Path) -> None:
    found = tool(name)
    exported = found.export(counter_ring())
    statement = found.ask(counter_ring(), exported, tmp_path, Limits(memory_bytes=2**20), 10)
    assert isinstance(statement, Cut)


def test_a_tool_that_is_not_installed_is_named(tmp_path: Path) -> None:
    absent = replace(TOOLS[0], programs=("no-such-program",))
    comparison = compared(counter_ring(), (absent,), tmp_path, LIMITS)
    assert comparison.testimonies[0].statement == Missing(("no-such-program",))
    assert isinstance(comparison.own, Answer)
    assert not comparison.is_confirmed
    assert not comparison.is_contradicted
