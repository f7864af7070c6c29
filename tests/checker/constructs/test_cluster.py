"""Clustered objects: calls, misses, representatives, and that the cluster is one object."""

from __future__ import annotations

import pytest

from checker.model.verdict import Verdict
from tests.checker.constructs.texts import COUNT, PARTS, SHARED, broken, replaced, result_of
from tests.support.texts import loaded

CHECK = "check Parts {\n  clients = 2\n  calls = 2\n}\n"


def test_a_partitioned_counter_is_the_plain_counter() -> None:
    result = result_of(COUNT + PARTS + CHECK)
    assert result.verdict is Verdict.HOLDS
    assert result.statistics.distinct == 4_180


def test_a_value_without_the_merge_is_told_apart() -> None:
    only_here = replaced(PARTS, "rep[c].part\n      total", "rep.part\n      total")
    result = result_of(COUNT + only_here + CHECK)
    assert broken(result) == {"check.is_one_object"}


def test_two_threads_of_one_processor_lose_an_increment_that_is_a_load_and_a_store() -> None:
    two_steps = replaced(
        PARTS, "fetch_add(rep.part, 1)", "let seen = rep.part\n    rep.part := seen + 1"
    )
    assert broken(result_of(COUNT + two_steps + CHECK)) == {"check.represents_n"}


def test_what_it_represents_must_be_true() -> None:
    forgets = replaced(PARTS, "represents n = root.base + sum", "represents n = 1 + sum")
    assert broken(result_of(COUNT + forgets + CHECK)) == {"check.represents_n"}


def test_a_call_costs_a_look_into_the_table_and_on_the_first_time_a_miss() -> None:
    program = """
process user on Cpu {
  Shared.inc()
  between: skip
  Shared.inc()
}
invariant installed_at_once: forall c: Cpu. user[c] at between -> Shared.installed[c]
reachable missing: exists c: Cpu. user[c] at Shared.locate
"""
    result = result_of(COUNT + SHARED + program, Cpu="1")
    assert result.verdict is Verdict.HOLDS
    # table, miss, count, between, table, count
    assert result.statistics.depth == 7


def test_the_root_answers_a_miss_once_for_each_processor() -> None:
    text = replaced(SHARED, "  method inc()", "  miss { root.n := root.n + 1 }\n  method inc()")
    text = replaced(text, "  method inc() { fetch_add(root.n, 1) }", "  method inc() { skip }")
    program = """
process user on Cpu {
  Shared.inc()
  Shared.inc()
}
invariant one_miss_each: (forall c: Cpu. user[c] at end) -> Shared.root.n = 2
"""
    assert result_of(COUNT + text + program).verdict is Verdict.HOLDS


def test_own_procedures_run_on_the_same_processor() -> None:
    text = replaced(PARTS, "method inc() { fetch_add(rep.part, 1) }", "method inc() { add(1) }")
    text = replaced(
        text, "  represents", "  procedure add(d: 0..1) { fetch_add(rep.part, d) }\n  represents"
    )
    assert result_of(COUNT + text + CHECK).verdict is Verdict.HOLDS


def test_operations_take_arguments_and_branch() -> None:
    text = """
processors Cpu[2]
interface Slot {
  var held: (0..1)? = none
  op put(value: 0..1): bool {
    if held != none { return false }
    held := value
    return true
  }
}
clustered object Cell implements Slot {
  root { var held: (0..1)? = none }
  method put(value: 0..1): bool {
    if cas(root.held, none, value) { return true }
    return false
  }
  represents held = root.held
}
check Cell { clients = 2 }
"""
    assert result_of(text).verdict is Verdict.HOLDS
    two_steps = replaced(
        text,
        "if cas(root.held, none, value) { return true }\n    return false",
        "if root.held != none { return false }\n    root.held := value\n    return true",
    )
    assert broken(result_of(two_steps)) == {"check.is_one_object"}


def test_an_operation_assigns_an_element_of_a_map() -> None:
    text = """
processors Cpu[2]
type Key = 0..1
interface Table {
  var entry: [Key] bool = [k: Key => false]
  op mark(key: Key) { entry[key] := true }
  op is_marked(key: Key): bool { return entry[key] }
}
clustered object Bits implements Table {
  root { var marks: set of Key = {} }
  method mark(key: Key) { atomic root.marks := root.marks union {key} }
  method is_marked(key: Key): bool { return key in root.marks }
  represents entry = [k: Key => k in root.marks]
}
check Bits { clients = 2 }
"""
    assert result_of(text).verdict is Verdict.HOLDS
    wrong_key = replaced(text, "root.marks union {key}", "root.marks union {1 - key}")
    assert broken(result_of(wrong_key)) == {"check.represents_entry"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("method inc()", "method increment()", "K183"),
        ("method value(): 0..MAX", "method value(): 0..3", "K183"),
        (
            "implements Count {\n  root { var base",
            "implements Counter {\n  root { var base",
            "K183",
        ),
        ("sum c: Cpu. rep[c].part", "rep.part", "K184"),
        ("fetch_add(rep.part, 1)", "rep := 1", "K184"),
        ("represents n =", "represents m =", "K183"),
        ("clients = 2", "threads = 2", "K185"),
        ("clients = 2", "clients = 0", "K185"),
        ("check Parts", "check Shared", "K185"),
        ("const MAX = 4", "const MAX = 4\nconst State = 4", "K185"),
    ],
)
def test_what_does_not_fit_is_told(old: str, new: str, code: str) -> None:
    system, diagnostics = loaded(replaced(COUNT + PARTS + CHECK, old, new))
    assert system is None
    assert code in {diagnostic.code for diagnostic in diagnostics}
