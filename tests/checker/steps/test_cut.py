"""Where control rests and how far a step goes: small programs, counted by hand."""

from __future__ import annotations

import pytest

from checker.model.system import System
from checker.model.verdict import FindingKind
from tests.support.texts import exploration_of, loaded, system_of


def points(text: str) -> list[str]:
    """Return the control points of the only process."""
    (process,) = system_of(text).processes
    return [point.name for point in process.points if point.name != "end" or process.can_end]


def states(text: str) -> tuple[int, int]:
    """Return how many states and transitions there are."""
    found = exploration_of(text)
    return len(found.states), sum(found.transitions)


def test_each_shared_access_is_a_step() -> None:
    text = "var x: 0..3 = 0\nprocess p {\n  x := 1\n  x := 2\n  x := 3\n}"
    assert points(text) == ["1", "2", "3", "end"]
    assert states(text) == (4, 3)


def test_private_code_belongs_to_the_step_before_it() -> None:
    text = """
    var x: 0..3 = 0
    process p {
      var mine: 0..3 = 0
      let seen = x
      if seen = 0 { mine := 1 } else { mine := 2 }
      x := mine
    }"""
    assert points(text) == ["1", "2", "end"]


def test_private_code_at_the_start_is_done_at_the_start() -> None:
    text = "var x: 0..3 = 0\nprocess p {\n  var mine: 0..3 = 0\n  mine := 2\n  x := mine\n}"
    assert points(text) == ["1", "end"]
    assert states(text) == (2, 1)


def test_a_label_is_a_step_of_its_own() -> None:
    # Points without a label go by their number among all points.
    text = "var x: 0..3 = 0\nprocess p {\n  x := 1\n  critical: skip\n  x := 2\n}"
    assert points(text) == ["1", "critical", "3", "end"]


def test_a_label_names_the_step_of_its_statement() -> None:
    text = "var x: 0..3 = 0\nprocess p {\n  first: x := 1\n}"
    assert [action.name for action in system_of(text).actions] == ["p.first"]


def test_an_unlabelled_skip_is_nothing() -> None:
    assert points("var x: 0..3 = 0\nprocess p {\n  skip\n  x := 1\n  skip\n}") == ["1", "end"]


def test_an_atomic_block_is_one_step() -> None:
    text = "var x: 0..3 = 0\nprocess p {\n  atomic {\n    x := x + 1\n    x := x + 1\n  }\n}"
    assert points(text) == ["1", "end"]
    assert states(text) == (2, 1)


def test_a_primitive_in_a_condition_is_one_step_with_the_branch() -> None:
    text = """
    var taken: bool = false
    var x: 0..1 = 0
    process p {
      if not test_and_set(taken) { x := 1 }
    }"""
    assert points(text) == ["1", "2", "end"]


def test_a_choice_belongs_to_the_access_after_it() -> None:
    text = "var x: 0..3 = 0\nprocess p {\n  choose v: 0..3\n  x := v\n}"
    assert points(text) == ["1", "end"]
    assert states(text) == (5, 4)  # one state per value, as `p` is at `end` in four of them


def test_a_choice_that_is_used_later_is_kept_as_long() -> None:
    text = "var x: 0..1 = 0\nvar y: 0..1 = 0\nprocess p {\n  choose v: 0..1\n  x := v\n  y := v\n}"
    assert states(text) == (5, 4)


def test_either_takes_a_branch_that_is_possible() -> None:
    text = """
    var x: 0..3 = 0
    process p {
      either { await x = 1 } or { x := 2 }
    }"""
    assert states(text) == (2, 1)


def test_await_blocks() -> None:
    found = exploration_of("var x: 0..3 = 0\nprocess p {\n  await x = 1\n}")
    assert [each.kind for each in found.findings] == [FindingKind.DEADLOCK]


def test_procedures_are_written_out_and_their_points_named() -> None:
    text = """
    var x: 0..3 = 0
    procedure twice() {
      x := 1
      x := 2
    }
    process p {
      twice()
      twice()
    }"""
    system = system_of(text)
    (process,) = system.processes
    at_twice = [point.name for point in process.points if "twice" in point.places]
    assert len(at_twice) == 4
    assert len(set(at_twice)) == 4


def test_locals_out_of_scope_do_not_tell_states_apart() -> None:
    text = """
    var x: 0..3 = 0
    process p {
      if true {
        choose v: 0..3
        x := v
        x := 0
      }
      done: skip
    }"""
    assert states(text) == (7, 9)  # start, four values of x, at done, at end


def test_variables_of_the_process_are_kept() -> None:
    text = """
    var x: 0..3 = 0
    process p {
      var kept: 0..3 = 0
      choose v: 0..3
      kept := v
      x := 1
      done: skip
    }
    invariant seen: p.kept >= 0"""
    assert states(text)[0] == 9


def test_a_loop_that_can_rest_rests_once_a_round() -> None:
    text = "var x: bool = false\nprocess p {\n  loop {\n    if x { break }\n  }\n}"
    assert points(text) == ["1", "end"]
    assert states(text) == (1, 1)


@pytest.mark.parametrize(
    ("statement", "accesses"),
    [
        ("x := y", ("x", "y")),
        ("x := x + 1", ("x",)),
        ("await x = 0 or y = 0", ("x", "y")),
        ("let seen = x + y", ("x", "y")),
    ],
)
def test_several_shared_accesses_are_told(statement: str, accesses: tuple[str, ...]) -> None:
    head = "var x: mod 4 = 0\nvar y: mod 4 = 0\n"
    system, diagnostics = loaded(f"{head}process p {{\n  {statement}\n}}")
    assert system is not None
    assert [each.code for each in diagnostics] == ["K250"]
    (note,) = system.atomicity
    for access in accesses:
        assert any(access in told for told in note.accesses)


@pytest.mark.parametrize(
    "statement", ["atomic x := y", "x := 1", "let seen = fetch_add(x, 1)", "g := x + y"]
)
def test_a_single_access_is_not(statement: str) -> None:
    head = "var x: mod 4 = 0\nvar y: mod 4 = 0\nghost var g: 0..6 = 0\n"
    system: System = system_of(f"{head}process p {{\n  {statement}\n}}")
    assert system.atomicity == ()
