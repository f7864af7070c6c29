"""What steps are said to touch, held to what they do."""

from __future__ import annotations

from collections.abc import Iterator

from checker.explicit.layout import Layout, ones
from checker.explicit.python.conversions import Fault
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact
from checker.explicit.reductions.order.steps import Steps, steps
from checker.model.system import System, control_type
from tests.support.builder import Builder
from tests.support.random_pipelines import seeded_pipeline
from tests.support.random_threads import seeded_threads
from tests.support.texts import system_of

STATES = 60
"""Of each random system."""


def names(system: System, of: Steps, wanted: int) -> set[str]:
    """Returns steps as `send(1)`; parameters by code."""
    return {
        f"{system.actions[each.number].name}({', '.join(map(str, each.params))})"
        for each in (of.all[number] for number in ones(wanted))
    }


def disturbed(text: str, step: str) -> set[str]:
    """Returns what a step does not commute with, itself left out."""
    system = system_of(text)
    of = steps(system, Layout(system))
    (number,) = (at for at in range(len(of.all)) if names(system, of, 1 << at) == {step})
    return names(system, of, of.disturbed_by(number)) - {step}


def test_entries_of_maps_are_told_apart_where_keys_follow_from_parameters() -> None:
    text = """
        type Index = 0..2
        var x: [Index] bool = false
        var any_key: Index = 0
        action put(i: Index) { x[(i + 1) % 3] := true }
        action get(i: Index) requires x[i] { skip }
        action some() { x[any_key] := true }
    """
    assert disturbed(text, "put(0)") == {"get(1)", "some()"}
    assert disturbed(text, "some()") == {
        f"{name}({i})" for name in ("put", "get") for i in (0, 1, 2)
    }


def test_elements_of_sets_are_told_apart_and_additions_commute() -> None:
    text = """
        type Index = 0..1
        var s: set of Index = {}
        var any_key: Index = 0
        action add(i: Index) { s := s union {i} }
        action drop(i: Index) requires i in s { s := s minus {i} }
        action more() { s := s union {any_key} }
        action size_() requires size(s) > 0 { skip }
    """
    assert disturbed(text, "add(0)") == {"drop(0)", "more()", "size_()"}
    assert disturbed(text, "more()") == {"add(0)", "add(1)", "drop(0)", "drop(1)", "size_()"}


CHANNEL = """
var q: seq[2] of 0..1 = []
var seen: 0..1 = 0
action put() requires len(q) < 2 { q := append(q, 1) }
action take() requires len(q) > 0 { seen := first(q)  q := rest(q) }
action rash() { q := append(q, 0) }
action greedy() { q := rest(q) }
action look() requires len(q) = 1 { skip }
action twice() requires len(q) > 0 { q := rest(q)  q := rest(q) }
action turn() requires len(q) > 0 and len(q) < 2 { q := append(rest(q), first(q)) }
"""


def test_the_ends_of_a_channel_are_told_apart_only_where_nothing_can_fail() -> None:
    others = {"rash()", "greedy()", "look()", "twice()", "turn()"}
    assert disturbed(CHANNEL, "put()") == others
    assert disturbed(CHANNEL, "take()") == others


def test_control_is_found_and_so_are_the_points_that_can_be_reached() -> None:
    system = system_of(
        """
        type Thread = 0..1
        var x: [Thread] bool = false
        process p on Thread {
          a: x[self] := true
          b: x[self] := false
        }
        """
    )
    of = steps(system, Layout(system))
    assert of.free == 0
    assert [sorted(each.at) for each in of.threads] == [[0, 1], [0, 1]]
    assert [sorted(each.leads[1]) for each in of.threads] == [[1, 2], [1, 2]]


def test_a_thread_that_others_move_is_none() -> None:
    b = Builder("moved")
    process = b.process("p", None, ["here", "there"])
    of = control_type(process)
    at = b.eq(b.read(process.control), b.literal("here", of))
    b.action("p.here", guard=at, step_of=(process, "here"))
    b.action("kick", b.assign(process.control, b.literal("there", of)))
    system = b.build()
    found = steps(system, Layout(system))
    assert found.threads == ()
    assert found.free == 0b11


# --- random systems -------------------------------------------------------------------------------


def random_states() -> Iterator[tuple[System, Steps, Exact, list[int]]]:
    for seed in range(28):
        system = (seeded_pipeline, seeded_threads)[seed % 2](seed)
        layout = Layout(system)
        exact = Exact(system, layout)
        engine = PythonEngine(system, layout, exact)
        level, _ = engine.admit(exact.initial()[0])
        states = list(level)
        while level and len(states) < STATES:
            level, _ = engine.expand(level, lambda _: True)
            states += level
        yield system, steps(system, layout), exact, sorted(states)[:STATES]


def after(of: Steps, exact: Exact, number: int, state: int) -> list[int] | None:
    """Returns where a step leads, None if it fails."""
    each = of.all[number]
    try:
        return exact.attempt(each.number, each.params, state)
    except Fault:
        return None


def chained(of: Steps, exact: Exact, number: int, states: list[int]) -> list[int]:
    """Returns where a step leads from several states; nowhere where it fails."""
    return [to for state in states for to in after(of, exact, number, state) or []]


def test_steps_that_do_not_disturb_one_another_commute() -> None:
    """The other step may fail before or after, but then it does both."""
    pairs = 0
    for _, of, exact, states in random_states():
        for state in states:
            for one in range(len(of.all)):
                first = after(of, exact, one, state)
                if not first:
                    continue
                for other in range(len(of.all)):
                    if of.disturbed_by(one) >> other & 1:
                        continue
                    second = after(of, exact, other, state)
                    for reached in set(first):
                        late = after(of, exact, other, reached)
                        assert second is not None or late is None
                    if second:
                        pairs += 1
                        assert sorted(chained(of, exact, other, first)) == sorted(
                            chained(of, exact, one, second)
                        )
    assert pairs > 1_000


def test_what_is_not_possible_waits_for_what_it_is_said_to_wait_for() -> None:
    checked = 0
    for _, of, exact, states in random_states():
        for state in states:
            for number, each in enumerate(of.all):
                if after(of, exact, number, state) != []:
                    continue
                waited_for = of.changing(each.any_wait)
                for other in range(len(of.all)):
                    if not waited_for >> other & 1:
                        for reached in after(of, exact, other, state) or []:
                            assert after(of, exact, number, reached) == []
                            checked += 1
    assert checked > 1_000
