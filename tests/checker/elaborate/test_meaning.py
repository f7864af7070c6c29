"""What declarations and expressions come to, from text to typed system."""

from __future__ import annotations

import pytest

from checker.model.system import System
from checker.model.types import describe
from checker.model.verdict import FindingKind
from tests.support.texts import exploration_of, loaded, system_of

STATE = "var zero: 0..1 = 0\nvar queue: seq[3] of 0..5 = []\n"


def types_of(text: str, settings: dict[str, str] | None = None) -> dict[str, str]:
    return {each.name: describe(each.type) for each in system_of(text, settings).variables}


def settings_of(system: System) -> list[tuple[str, str, str]]:
    return [(each.name, each.value, each.origin) for each in system.settings]


def holds(expression: str, head: str = "") -> bool:
    """Tell whether a constant condition holds, by the interpreter."""
    found = exploration_of(f"{head}\n{STATE}invariant it: {expression}")
    assert all(each.kind is FindingKind.INVARIANT for each in found.findings), found.findings
    return not found.findings


# --- constants and types --------------------------------------------------------------------------


def test_types_are_worked_out_from_constants() -> None:
    text = "const N = 3\nconst M = 2 * N + 1\nvar x: N - 1..M = 2\nvar y: seq[M] of bool = []"
    assert types_of(text) == {"x": "2..7", "y": "seq[7] of bool"}


def test_the_command_line_gives_constants_and_sizes() -> None:
    text = "const N: 1..8 = 3\nprocessors Cpu\nvar x: 0..N = 0\nvar c: Cpu? = none"
    assert types_of(text, {"N": "5"})["x"] == "0..5"
    assert settings_of(system_of(text, {"N": "5", "Cpu": "2"})) == [
        ("N", "5", "command"),
        ("Cpu", "2", "command"),
    ]


def test_a_size_that_nobody_chose_is_said_to_be_the_default() -> None:
    assert settings_of(system_of("processors Cpu\nvar c: Cpu? = none")) == [("Cpu", "3", "default")]


@pytest.mark.parametrize("value", ["9", "0", "-1", "true", "three", "1.5", ""])
def test_a_constant_outside_its_range_is_refused(value: str) -> None:
    system, diagnostics = loaded("const N: 1..8 = 3\nvar x: 0..N = 0", {"N": value})
    assert system is None
    assert {each.code for each in diagnostics} <= {"K112", "K113"}


@pytest.mark.parametrize("size", ["0", "-3", "1000000000000", "many", ""])
def test_an_absurd_size_is_refused(size: str) -> None:
    system, diagnostics = loaded("processors Cpu\nvar c: Cpu? = none", {"Cpu": size})
    assert system is None
    assert {each.code for each in diagnostics} <= {"K112", "K116"}


def test_an_unknown_setting_is_refused_with_the_name_that_was_meant() -> None:
    system, (told,) = loaded("const SLOTS = 3\nvar x: 0..SLOTS = 0", {"SLOT": "4"})
    assert system is None
    assert told.code == "K111"
    assert "SLOTS" in f"{told.message} {told.remedy}"


def test_one_run_tells_every_mistake() -> None:
    _, diagnostics = loaded("var x: int = 0\nvar y: bool = 3\ninvariant z: unknown > 1")
    assert [each.code for each in diagnostics] == ["K119", "K130", "K100"]


def test_a_mistake_does_not_cause_others() -> None:
    _, diagnostics = loaded("var x: Missing = 0\ninvariant a: x > 1\ninvariant b: x = x")
    assert [each.code for each in diagnostics] == ["K100"]


# --- expressions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "truth",
    [
        "7 / 2 = 3 and -7 / 2 = -4 and 7 % 2 = 1 and -7 % 2 = 1",
        "2 + 3 * 4 = 14 and (2 + 3) * 4 = 20 and 10 - 3 - 2 = 5",
        "true or 1 / zero = 1",
        "not (false and 1 / zero = 1)",
        "false -> 1 / zero = 1",
        "(true -> false -> true) and not ((true -> false) -> false <-> true) or true",
        "(sum i: 0..4. i) = 10 and (count i: 0..4. i > 2) = 2",
        "(max i: 0..4. i * i) = 16 and (min i in {3, 1, 2} where i > 1. i) = 2",
        "forall i: 0..3. exists j: 0..3. i + j = 3",
        "{1, 2} union {3} = {x: 0..5 where x in 1..3}",
        "{1, 2} intersect {2, 3} = {2} and {1, 2} minus {2} = {1} and {} subset {1}",
        "size({1, 2, 2}) = 2 and 3 not in {1, 2}",
        "len([1, 2, 3]) = 3 and first([1, 2]) = 1 and last([1, 2]) = 2 and [4, 5, 6][1] = 5",
        "rest([1, 2, 3]) = [2, 3] and front([1, 2, 3]) = [1, 2] and elements([1, 2, 1]) = {1, 2}",
        "append(queue, 2) = [2] and concat(append(queue, 1), [2, 3]) = [1, 2, 3]",
        "(1, true).0 = 1 and (1, true).1",
        "[x: 0..2 => x * x][2] = 4",
        "let two = 2 in two * two = 4",
        "(if 1 < 2 then 5 else 6) = 5",
        "size(0..6) = 7",
    ],
)
def test_a_truth_holds_and_its_opposite_does_not(truth: str) -> None:
    assert holds(truth)
    assert not holds(f"not ({truth})")


def test_records_are_compared_field_by_field() -> None:
    head = "record Pair { left: 0..3, right: bool }\nconst P = Pair(left = 2, right = true)"
    assert holds("P = Pair(right = true, left = 2) and P.left = 2 and P.right", head)


def test_a_word_wraps_when_it_is_stored() -> None:
    code = "process p {\n  atomic x := x + 1\n}"
    text = f"var x: mod 4 = 3\n{code}\ninvariant wrapped: p at end -> x = 0"
    assert exploration_of(text).findings == ()


def test_a_number_that_does_not_fit_is_an_error_with_a_trace() -> None:
    (found,) = exploration_of("var x: 0..3 = 3\nprocess p {\n  atomic x := x + 1\n}").findings
    assert found.kind is FindingKind.EVALUATION
    assert found.trace is not None


# --- modules --------------------------------------------------------------------------------------

LOCK = """spec lock
processors Cpu
const LIMIT: 0..9 = 2
var owner: Cpu? = none
var n: 0..LIMIT = 0
"""
IMPORT = 'import "lock.k42" as A(Cpu = Cpu)'


def test_an_import_is_an_instance_of_its_own() -> None:
    text = f'processors Cpu\n{IMPORT}\nimport "lock.k42" as B(Cpu = Cpu, LIMIT = 5)'
    system = system_of(text, lock=LOCK)
    assert {each.name: describe(each.type) for each in system.variables} == {
        "A.owner": "Cpu?",
        "A.n": "0..2",
        "B.owner": "Cpu?",
        "B.n": "0..5",
    }


def test_constants_of_an_import_can_be_set_from_outside() -> None:
    text = f"processors Cpu\n{IMPORT}"
    system = system_of(text, {"A.LIMIT": "7"}, lock=LOCK)
    assert {each.name: describe(each.type) for each in system.variables}["A.n"] == "0..7"


def test_what_the_importer_gives_cannot_be_set_from_outside() -> None:
    text = 'processors Cpu\nimport "lock.k42" as A(Cpu = Cpu, LIMIT = 5)'
    system, diagnostics = loaded(text, {"A.LIMIT": "7"}, lock=LOCK)
    assert system is None
    assert [each.code for each in diagnostics] == ["K111"]
