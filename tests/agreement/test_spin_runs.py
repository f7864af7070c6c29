"""Claims about runs against SPIN, where it is installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from checker.cli.session import library
from checker.explicit.search import SearchOptions, check
from checker.export.exported import Exported
from checker.export.ltl import RunClaim
from checker.export.promela import to_promela
from checker.export.scalars import Refused
from checker.export.targets import INEXPRESSIBLE, export
from checker.load import load
from checker.model.fairness import Scheduling, requirements
from checker.model.interpret import Moved, initial_states
from checker.model.ir import Assign, Place, Seq
from checker.model.system import System
from checker.model.temporal import Fairness, Formula, TemporalProperty
from checker.model.terms import literal
from checker.model.verdict import FindingKind
from checker.oracle.process import Limits, missing, run
from grammar.diagnostics import Diagnostic
from grammar.source import NOWHERE
from tests.agreement.test_formulas import MOST_STATES, Twin, claimed, core, untils
from tests.support.system_strategies import seeded_system
from tests.support.texts import system_of

LOCKS = Path(__file__).parents[2] / "spec/protocols/locks"
LIMITS = Limits(seconds=60, memory_bytes=4 << 30)
MOST_REQUIREMENTS = 3
MOST_UNTILS = 2
"""More of them make formulas too large for SPIN."""
LACKING = missing(["spin", "gcc"])

needs_spin = pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")


def says(exported: Exported, folder: Path) -> bool | None:
    """Return whether SPIN finds a run that violates the claim; None if it could not tell."""
    (folder / "model.pml").write_text(exported.text, encoding="utf-8")
    commands = [
        ["spin", "-o1", "-o2", "-o3", "-a", "model.pml"],
        ["gcc", "-O0", "-w", "-DNOREDUCE", "-o", "pan", "pan.c"],
        ["./pan", "-a", "-m1000000"],
    ]
    for number, command in enumerate(commands):
        finished = run(command, folder, f"{number}.txt", LIMITS)
        if finished.timed_out:
            return None
        assert finished.code == 0, finished.why(command[0])
    text = finished.output.read_text(encoding="utf-8")
    assert "States stored" not in text
    assert "max search depth too small" not in text
    return "acceptance cycle (at depth" in text


def agrees(system: System, claim: TemporalProperty, scheduling: Scheduling, at: Path) -> bool:
    """Compare; return whether the claim is violated."""
    bare = replace(system, properties=(), bypasses=(), refinements=(), temporal=(claim,))
    result = check(bare, SearchOptions(deadlock=False, scheduling=scheduling))
    assert all(finding.kind is FindingKind.LIVENESS for finding in result.findings)
    told = says(to_promela(bare, RunClaim(claim, scheduling)), at)
    assert told in {bool(result.findings), None}
    return bool(result.findings)


@needs_spin
@pytest.mark.parametrize(
    ("spec", "scheduling", "is_violated"),
    [
        ("peterson", Scheduling.WEAK, False),
        pytest.param("peterson", Scheduling.NONE, True, marks=pytest.mark.slow),
        pytest.param("test_and_set_starving", Scheduling.STRONG, True, marks=pytest.mark.slow),
    ],
)
def test_locks(spec: str, scheduling: Scheduling, is_violated: bool, tmp_path: Path) -> None:
    system, _ = load(LOCKS / f"{spec}.k42", {}, library())
    assert system is not None
    assert agrees(system, system.temporal[0], scheduling, tmp_path) is is_violated


STRONG = """
var x: bool = false
var done: bool = false
fair action toggle() { x := not x }
{} action finish() {
  await x and not done
  done := true
}
property finishes: eventually done
"""


@needs_spin
@pytest.mark.parametrize(
    ("word", "is_violated"),
    [("fair", True), pytest.param("strong fair", False, marks=pytest.mark.slow)],
)
def test_strong_fairness_is_a_premise_of_its_own(
    word: str, is_violated: bool, tmp_path: Path
) -> None:
    system = system_of(STRONG.replace("{}", word, 1).replace("{}", ""))
    assert agrees(system, system.temporal[0], Scheduling.WEAK, tmp_path) is is_violated


@pytest.mark.parametrize(
    ("claim", "what"),
    [
        ("always eventually step toggle", "`step` in a formula"),
        ("x ~> done", ""),
    ],
)
def test_what_spin_cannot_be_asked_is_said(claim: str, what: str) -> None:
    text = STRONG.replace("{}", "fair", 1).replace("eventually done", claim)
    system = system_of(text)
    found = export(system, "promela", RunClaim(system.temporal[0], Scheduling.WEAK))
    if not what:
        assert isinstance(found, Exported)
        return
    assert isinstance(found, Diagnostic)
    assert (found.code, found.message) == (INEXPRESSIBLE, f"{what}; promela cannot express it")


def test_only_promela_takes_a_claim_about_runs() -> None:
    system = system_of(STRONG.replace("{}", "fair", 1))
    claim = RunClaim(system.temporal[0], Scheduling.WEAK)
    found = export(system, "murphi", claim)
    assert isinstance(found, Diagnostic)
    assert found.message == "a claim about runs; murphi cannot express it"


# --- random systems -------------------------------------------------------------------------------


def some_claim(twin: Twin, random: Random) -> Formula:
    """Return a formula without steps, which SPIN cannot see."""
    while True:
        formula = claimed(twin, random)
        is_small = len(set(untils(core(formula)))) <= MOST_UNTILS
        if is_small and "TakesStep" not in repr(formula):
            return formula


def begun(system: System) -> System:
    """Return the system with one of its initial states only."""
    state = next(o.state for o in initial_states(system) if isinstance(o, Moved))
    assigned = tuple(
        Assign(Place(each, (), each.type), literal(system.terms, value, each.type), NOWHERE)
        for each, value in zip(system.variables, state, strict=True)
    )
    return replace(system, init=Seq(assigned))


def compared(seed: int, folder: Path) -> bool | None:
    """Compare a formula of a random system; return whether it is violated, None if not asked."""
    random = Random(seed)
    kinds = [None, None, Fairness.WEAK, Fairness.STRONG, Fairness.UNFAIR]
    system = seeded_system(seed)
    actions = tuple(replace(each, fairness=random.choice(kinds)) for each in system.actions)
    if not any(isinstance(outcome, Moved) for outcome in initial_states(system)):
        return None
    system = begun(replace(system, actions=actions, properties=(), terminal=None))
    scheduling = random.choice([Scheduling.NONE, Scheduling.WEAK, Scheduling.STRONG])
    twin = Twin(system, scheduling)
    few = len(requirements(system, scheduling)) <= MOST_REQUIREMENTS
    if not actions or not few or not 2 <= len(twin.following) <= MOST_STATES:
        return None
    claim = TemporalProperty("claim", some_claim(twin, random), "", NOWHERE)
    bare = replace(system, temporal=(claim,))
    result = check(bare, SearchOptions(deadlock=False, scheduling=scheduling))
    if any(finding.kind is not FindingKind.LIVENESS for finding in result.findings):
        return None
    try:
        exported = to_promela(bare, RunClaim(claim, scheduling))
    except Refused:
        return None
    told = says(exported, folder)
    if told is None:
        return None
    assert told == bool(result.findings), (seed, scheduling)
    return told


@needs_spin
@pytest.mark.slow
def test_random_systems(tmp_path: Path) -> None:
    found = []
    for seed in range(60):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found.append(compared(seed, folder))
    assert found.count(True) > 5
    assert found.count(False) > 5
