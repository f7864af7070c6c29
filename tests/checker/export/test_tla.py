"""Modules of TLA+: whole texts in `tests/cases/commands/`, their structure here.

That TLC finds in them what we find is for `tests/oracle`. Here an own reading of the text says
whether each step gives every variable one new value, and each name one meaning.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from checker.cli.main import main
from checker.export.exported import Exported, Wrong
from checker.export.scalars import Refused
from checker.export.targets import export
from checker.export.tla import RESERVED, to_tla
from checker.model.system import System
from checker.model.verdict import FindingKind
from grammar.diagnostics import Diagnostic
from tests.checker.export.test_normal import KNOWN, can_begin
from tests.support.system_strategies import systems
from tests.support.systems import counter_ring, digraph
from tests.support.texts import system_of

DEFINITION = re.compile(r"^(\w+)(?:\(([\w, ]*)\))? ==(.*(?:\n[ ].*)*)", re.MULTILINE)
BINDER = re.compile(r"(?:\\[AE] |, |\{|\[)(\w+) \\in")


def variables_of(module: str) -> list[str]:
    declared = re.search(r"^VARIABLES ((?:.|\n    )*)$", module, re.MULTILINE)
    assert declared is not None
    return re.split(r",\s+", declared[1])


def definitions_of(module: str) -> dict[str, tuple[str, str]]:
    """Returns parameters and body by name; a name that is defined twice fails."""
    found = DEFINITION.findall(module)
    names = [name for name, _, _ in found]
    assert len(set(names)) == len(names), names
    return {name: (params, body) for name, params, body in found}


def primed_in(body: str) -> list[str]:
    """Returns every variable that is given a new value, as often as it is."""
    equations = re.findall(r"^  /\\ (\w+)' = ", body, re.MULTILINE)
    kept = [
        name
        for names in re.findall(r"UNCHANGED <<((?:.|\n)*?)>>", body)
        for name in names.split(",")
    ]
    return sorted([*equations, *(name.strip() for name in kept)])


def is_balanced(text: str) -> bool:
    pairs = {")": "(", "]": "[", "}": "{"}
    open_ones: list[str] = []
    for sign in re.sub(r'"[^"]*"|\\\*.*|^\(\*(?:.|\n)*?^\*\)', "", text, flags=re.MULTILINE):
        if sign in pairs.values():
            open_ones.append(sign)
        elif sign in pairs and (not open_ones or open_ones.pop() != pairs[sign]):
            return False
    return not open_ones


def assert_well_formed(exported: Exported) -> None:
    text = exported.text
    variables, definitions = variables_of(text), definitions_of(text)
    assert is_balanced(text)
    names = [*variables, *definitions]
    assert len(set(names)) == len(names)
    assert not RESERVED.intersection(variables)
    # TLA+ forbids to bind a name that has a meaning already.
    assert not set(BINDER.findall(text)) & set(names)
    assert not {p for params, _ in definitions.values() for p in params.split(", ")} & set(names)
    calls = re.findall(r"^  \\/ (?:\\E .* : )?(\w+)", definitions["Next"][1], re.MULTILINE)
    for call in set(calls) - {"FALSE", "Terminated", "Failing"}:
        assert primed_in(definitions[call][1]) == sorted(variables), call
    for call in {"Terminated", "Failing"} & set(calls):
        assert definitions[call][1].endswith("UNCHANGED vars")
    assert sorted(re.findall(r"/\\ (\w+) =", start_of(definitions))) == sorted(variables)
    checked = re.findall(r"(?:INVARIANT|PROPERTY) (\w+)", exported.companions[".cfg"])
    assert set(checked) == {*exported.wrongs, "TypeOK"}
    assert set(checked) <= set(definitions)


def start_of(definitions: dict[str, tuple[str, str]]) -> str:
    """Returns the first way in which a system can start."""
    return re.split(r"\n  \\/ ", definitions["Init"][1].removeprefix("\n  \\/ "))[0]


@pytest.mark.parametrize("name", KNOWN)
def test_known_systems_are_well_formed(name: str) -> None:
    if can_begin(KNOWN[name]):
        assert_well_formed(to_tla(KNOWN[name]))


@settings(max_examples=60)
@given(systems(budget=200))
def test_random_systems_are_well_formed(system: System) -> None:
    assume(can_begin(system))
    try:
        exported = to_tla(system)
    except Refused:
        assume(False)
    assert_well_formed(exported)


def test_a_variable_left_out_is_noticed() -> None:
    exported = to_tla(KNOWN["composite"])
    without = exported.text.replace("/\\ UNCHANGED <<mail, ", "/\\ UNCHANGED <<", 1)
    assert without != exported.text
    with pytest.raises(AssertionError):
        assert_well_formed(Exported(without, 0, exported.wrongs, 0, exported.companions))


# --- what is checked ------------------------------------------------------------------------------

HOURS = """
var hour: 0..3 = 0
action tick() { hour := (hour + 1) % 4 }
action rest() requires hour = 2 { hour := hour }
"""


def test_a_step_property_is_one_of_tla() -> None:
    system = system_of(f"{HOURS}step forwards: hour >= old(hour) or hour = 0\n")
    exported = to_tla(system)
    assert "\nforwards == [][" in exported.text
    assert "ENABLED" not in exported.text
    assert exported.companions[".cfg"].endswith("PROPERTY forwards\n")
    assert exported.wrongs["forwards"] == Wrong(FindingKind.STEP, "forwards")


def test_a_step_that_changes_nothing_may_break_it() -> None:
    exported = to_tla(system_of(f"{HOURS}step moves: hour != old(hour)\n"))
    assert "\nmoves == [][hour' # hour]_vars\n" in exported.text
    quiet = "moves_stuttering == (ENABLED (Next /\\ UNCHANGED vars)) => FALSE"
    assert f"\n{quiet}\n" in exported.text
    assert exported.wrongs["moves_stuttering"] == Wrong(FindingKind.STEP, "moves")


def test_a_step_that_fails_breaks_an_invariant_and_is_no_deadlock() -> None:
    exported = to_tla(system_of("var n: 0..1 = 0\naction up() { n := n + 1 }\n"))
    assert "\nevaluation_up == ~(0 < n)\n" in exported.text
    assert "  \\/ Failing\n" in exported.text
    assert exported.wrongs == {"evaluation_up": Wrong(FindingKind.EVALUATION, "up")}


def test_only_an_end_that_is_meant_is_a_step() -> None:
    assert "Terminated" not in to_tla(system_of(HOURS)).text
    text = to_tla(digraph([[0, 1], [0, 2]], final=2)).text
    assert "\nTerminated ==\n  /\\ node = 2\n  /\\ UNCHANGED vars\n" in text
    assert "  \\/ Terminated\n" in text


def test_a_condition_does_not_branch() -> None:
    """TLC would evaluate both sides of a disjunction in an action, and fail at the second."""
    text = (
        "var q: seq[2] of 0..1 = []\nvar n: 0..1 = 0\n"
        "action a() requires len(q) = 0 or q[0] = 0 { n := 1 - n }\n"
    )
    assert "  /\\ (Len(q) # 0) => (q[1] = 0)\n" in to_tla(system_of(text)).text


# --- names, and what is refused -------------------------------------------------------------------


def test_names_of_tla_are_avoided() -> None:
    text = "var Nat: 0..1 = 0\nvar WF_x: 0..1 = 0\naction Init() { Nat := WF_x }\n"
    exported = to_tla(system_of(text))
    assert variables_of(exported.text) == ["Nat_2", "nWF_x"]
    assert_well_formed(exported)


def test_the_module_is_named_like_its_file(tmp_path: Path) -> None:
    (tmp_path / "hours.k42").write_text(f"spec hours\n{HOURS}", encoding="utf-8")
    target = tmp_path / "Hours.tla"
    assert main(["export", str(tmp_path / "hours.k42"), "--to", "tla", "-o", str(target)]) == 0
    assert "-- MODULE Hours --" in target.read_text(encoding="utf-8")
    assert "SPECIFICATION Spec\n" in (tmp_path / "Hours.cfg").read_text(encoding="utf-8")


def test_numbers_beyond_32_bits_are_refused_at_their_place() -> None:
    text = "var n: 0..5_000_000_000 = 0\naction up() { n := n * 2 }\n"
    refused = export(system_of(text), "tla")
    assert isinstance(refused, Diagnostic)
    assert refused.code == "K320"
    assert "tla cannot express it" in refused.message
    assert isinstance(export(counter_ring(), "tla"), Exported)
