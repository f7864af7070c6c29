"""Every effect, carried out; initial states, steps, ends."""

from __future__ import annotations

import pytest

from checker.model.interpret import (
    AssertionFailed,
    EvaluationFailed,
    Fails,
    Holds,
    Moved,
    Outcome,
    Undefined,
    initial_states,
    is_terminated,
    judge_state,
    judge_step,
    successors,
)
from checker.model.ir import LOOP_LIMIT, Effect, Local, Op, Seq
from checker.model.system import System
from checker.model.trace import Choice
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Value,
)
from tests.support.builder import Builder
from tests.support.systems import (
    Crash,
    clock,
    counter_ring,
    crasher,
    deadlocker,
    digraph,
    spin_lock,
)

B = Builder("effects")
SMALL = IntType(0, 5)
N = B.variable("n", SMALL)
MAP = B.variable("m", MapType(BOOL, RecordType("R", (("a", SMALL), ("q", SeqType(2, SMALL))))))
VARIABLES = (N, MAP)
START: tuple[Value, ...] = (1, ((0, ()), (4, (5,))))
X, Y = Local("x", SMALL), Local("y", SMALL)
TRUE, FALSE = B.literal(True, BOOL), B.literal(False, BOOL)
NOW = B.read(N)
FAILS = B.eq(B.op(Op.DIV, B.number(1), B.number(0)), B.number(1))


def outcomes(*effects: Effect) -> list[Outcome]:
    """Carry out effects as the only action, from START."""
    b = Builder("one")
    b.action("act", *effects)
    system = b.build()
    whole = System(
        **{
            **{name: getattr(system, name) for name in System.__slots__},
            "variables": VARIABLES,
        }
    )
    return list(successors(whole, START))


def set_n(value: int) -> Effect:
    """Assign to `n`."""
    return B.assign(N, B.number(value))


def add(count: int) -> Effect:
    """Add to `n`."""
    return B.assign(N, B.op(Op.ADD, NOW, B.number(count)))


def numbers(found: list[Outcome]) -> list[Value | str]:
    """Abbreviate outcomes: what `n` is, or how it failed."""
    return [
        outcome.state[0] if isinstance(outcome, Moved) else outcome.message for outcome in found
    ]


def below(limit: int, *body: Effect) -> Effect:
    """Repeat while `n` is less."""
    return B.loop(B.op(Op.LT, NOW, B.number(limit)), *body)


PICK = B.literal(frozenset({4, 2}), SetType(SMALL))
EFFECTS: list[tuple[str, Effect, list[Value | str]]] = [
    ("nothing", Seq(()), [1]),
    ("assign", set_n(3), [3]),
    ("later effects see earlier ones", Seq((add(1), add(1))), [3]),
    ("bind", Seq((B.bind(X, NOW), set_n(5), B.assign(N, B.ref(X)))), [1]),
    ("bind again", Seq((B.bind(X, NOW), B.bind(X, B.number(2)), B.assign(N, B.ref(X)))), [2]),
    ("then", B.branch(TRUE, set_n(2), set_n(3)), [2]),
    ("otherwise", B.branch(FALSE, set_n(2), set_n(3)), [3]),
    ("otherwise nothing", B.branch(FALSE, set_n(2)), [1]),
    ("choose", B.choose(X, B.assign(N, B.ref(X))), [0, 1, 2, 3, 4, 5]),
    ("choose in set", B.choose(X, B.assign(N, B.ref(X)), domain=PICK), [2, 4]),
    ("choose nothing", B.choose(X, domain=B.literal(frozenset(), SetType(SMALL))), []),
    ("either", B.either(set_n(4), Seq(()), set_n(4)), [4, 1, 4]),
    (
        "first choice counts first",
        Seq((B.either(set_n(0), set_n(2)), B.either(add(0), add(1)))),
        [0, 1, 2, 3],
    ),
    ("guard", B.guard(TRUE), [1]),
    ("guard drops", Seq((set_n(3), B.guard(FALSE))), []),
    ("guard drops one", Seq((B.either(set_n(0), set_n(2)), B.guard(B.eq(NOW, B.number(2))))), [2]),
    ("assert", B.check(TRUE), [1]),
    ("assert fails", B.check(FALSE, "why"), ["why"]),
    ("assert fails without a message", B.check(B.eq(NOW, B.number(2))), ["`n = 2` does not hold"]),
    ("loop", below(4, add(1)), [4]),
    ("loop not entered", below(0, add(1)), [1]),
    ("loop with choices in order", below(3, B.either(add(1), add(2))), [3, 4, 3]),
    ("loop that waits", below(3, B.either(add(1), B.guard(FALSE))), [3]),
    ("loop without end", B.loop(TRUE), [f"the loop takes more than {LOOP_LIMIT} rounds"]),
    ("loop condition fails", B.loop(FAILS), ["division by zero: `1 / 0`"]),
    ("loop body fails", below(3, add(1), B.guard(FAILS)), ["division by zero: `1 / 0`"]),
    ("value fails", add(5), ["6 is outside 0..5: `n + 5`"]),
    ("bind fails", B.bind(X, B.op(Op.DIV, NOW, B.number(0))), ["division by zero: `n / 0`"]),
    ("condition fails", B.branch(FAILS, set_n(2), set_n(3)), ["division by zero: `1 / 0`"]),
    ("assertion has no value", B.check(FAILS), ["division by zero: `1 / 0`"]),
    (
        "failure ends its own execution only",
        Seq((B.either(set_n(0), B.check(FALSE, "a"), B.guard(FAILS)), add(1))),
        [1, "a", "division by zero: `1 / 0`"],
    ),
    ("failure before a guard", Seq((B.check(FALSE, "a"), B.guard(FALSE))), ["a"]),
    ("guard before a failure", Seq((B.guard(FALSE), B.check(FALSE, "a"))), []),
    (
        "message shows values of locals",
        B.choose(X, B.check(B.op(Op.LT, B.ref(X), NOW)), domain=PICK),
        ["`2 < n` does not hold", "`4 < n` does not hold"],
    ),
]


@pytest.mark.parametrize(
    ("effect", "expected"), [pytest.param(e, x, id=name) for name, e, x in EFFECTS]
)
def test_effect_leads_to(effect: Effect, expected: list[Value | str]) -> None:
    assert numbers(outcomes(effect)) == expected


@pytest.mark.parametrize(("op", "does_end"), [(Op.LT, True), (Op.LE, False)])
def test_loop_may_take_as_many_rounds_as_the_limit(op: Op, does_end: bool) -> None:
    counter = Local("i", IntType(0, LOOP_LIMIT + 1))
    count = B.bind(counter, B.op(Op.ADD, B.ref(counter), B.number(1)))
    again = B.op(op, B.ref(counter), B.number(LOOP_LIMIT))
    [outcome] = outcomes(B.bind(counter, B.number(0)), B.loop(again, count))
    assert isinstance(outcome, Moved) is does_end


PLACES: list[tuple[Effect, Value]] = [
    (B.assign(MAP, B.number(3), TRUE, 0), ((0, ()), (3, (5,)))),
    (B.assign(MAP, B.number(3), TRUE, 1, B.number(0)), ((0, ()), (4, (3,)))),
    (B.assign(MAP, B.read(MAP, TRUE), FALSE), ((4, (5,)), (4, (5,)))),
    (
        B.assign(MAP, B.literal((1, 2), SeqType(2, SMALL)), FALSE, 1),
        ((0, (1, 2)), (4, (5,))),
    ),
]


@pytest.mark.parametrize(("effect", "expected"), PLACES)
def test_assignment_changes_a_part(effect: Effect, expected: Value) -> None:
    [moved] = outcomes(effect)
    assert isinstance(moved, Moved)
    assert moved.state == (1, expected)


def test_place_is_resolved_before_the_value() -> None:
    wrong = B.assign(MAP, B.op(Op.DIV, NOW, B.number(0)), FALSE, 1, NOW)
    assert numbers(outcomes(wrong)) == [
        "position 1 is outside a sequence of length 0: `m[false].q[n]`"
    ]


def test_tuple_components_are_assigned() -> None:
    b = Builder("pair")
    pair = b.variable("p", TupleType((BOOL, SMALL)))
    b.action("act", b.assign(pair, b.number(2), 1))
    assert [o.state for o in successors(b.build(), ((True, 0),)) if isinstance(o, Moved)] == [
        ((True, 2),)
    ]


def test_values_outside_a_place_are_our_bug() -> None:
    b = Builder("bug")
    n = b.variable("n", IntType(0, 1))
    b.action("act", b.assign(n, b.literal(2, IntType(0, 1))))
    with pytest.raises(AssertionError, match="is stored in a"):
        list(successors(b.build(), (0,)))


def test_steps_record_parameters_and_choices() -> None:
    b = Builder("choices")
    n = b.variable("n", IntType(0, 9))
    p, q = Local("p", BOOL), Local("q", IntType(0, 1))
    sum_ = b.op(Op.ADD, b.ref(q), b.number(1))
    b.action(
        "act",
        b.choose(
            X,
            b.either(Seq(()), b.assign(n, sum_)),
            domain=b.literal(frozenset({3}), SetType(SMALL)),
        ),
        params=(p, q),
        guard=b.ref(p),
    )
    found = [outcome.step for outcome in successors(b.build(), (0,))]
    assert [step.params for step in found] == [(True, 0), (True, 0), (True, 1), (True, 1)]
    assert [step.choices for step in found[:2]] == [
        (Choice("x", SMALL, 3), Choice("branch", None, 0)),
        (Choice("x", SMALL, 3), Choice("branch", None, 1)),
    ]


def test_branches_are_recorded_by_place() -> None:
    branch = B.branch(B.eq(NOW, B.number(1)), Seq(()), Seq(()))
    either = B.either(branch, Seq(()))
    found = outcomes(either)
    assert [moved.branches for moved in found if isinstance(moved, Moved)] == [
        {(either.site, 0), (branch.site, 0)},  # type: ignore[union-attr]  # neither is a Seq
        {(either.site, 1)},  # type: ignore[union-attr]  # as above
    ]


def test_initial_states_come_from_defaults() -> None:
    assert [o.state for o in initial_states(deadlocker()) if isinstance(o, Moved)] == [
        (("first", "first"), (None, None))
    ]
    assert [o.step.choices[0].value for o in initial_states(clock(3))] == [1, 2, 3]


def test_failing_init_is_an_outcome() -> None:
    [outcome] = initial_states(crasher(Crash.INIT))
    assert isinstance(outcome, EvaluationFailed)
    assert outcome.step.action.name == "init"


def test_assertion_tells_the_values() -> None:
    [failed] = [
        o
        for o in successors(crasher(Crash.ASSERTION, after=0), (0, 0, None, ()))
        if not isinstance(o, Moved)
    ]
    assert isinstance(failed, AssertionFailed)
    assert failed.values == (("n", "0"),)


def test_guard_that_has_no_value_is_an_outcome() -> None:
    [failed] = successors(crasher(Crash.GUARD, after=0), (0, 0, None, ()))
    assert isinstance(failed, EvaluationFailed)
    assert failed.step.action.name == "crash"
    assert failed.site == failed.step.action.site


ENDS: list[tuple[System, tuple[Value, ...], object]] = [
    (deadlocker(), (("end", "end"), (None, None)), Holds()),
    (deadlocker(), (("end", "second"), (None, None)), Fails()),
    (deadlocker(), (("second", "second"), (0, 1)), Fails()),
    (spin_lock(2), (("idle", "idle"), False), Fails()),
    (digraph([[0, 1]], final=1), (1,), Holds()),
    (digraph([[0, 1]], final=1), (0,), Fails()),
    (digraph([[0, 1]]), (1,), Fails()),
]


@pytest.mark.parametrize(("system", "state", "expected"), ENDS)
def test_termination(system: System, state: tuple[Value, ...], expected: object) -> None:
    assert is_terminated(system, state) == expected


def test_single_process_ends() -> None:
    b = Builder("single")
    b.process("main", None, ("start", "end"), can_end=True)
    system = b.build(terminal=FAILS)
    assert is_terminated(system, ("end",)) == Holds()
    assert is_terminated(system, ("start",)) == Undefined("division by zero: `1 / 0`")


def test_judgements_of_states_and_steps() -> None:
    system = clock(3)
    in_range, turns = (system.properties[i].conjuncts[0].expression for i in (0, 1))
    assert judge_state(system, in_range, (2,)) == Holds()
    assert judge_step(system, turns, (3,), (1,)) == Holds()
    assert judge_step(system, turns, (3,), (2,)) == Fails()
    failing = crasher(Crash.INVARIANT)
    sound = failing.properties[0].conjuncts[0].expression
    assert judge_state(failing, sound, (2, 0, None, ())) == Undefined(
        "division by zero: `1 / zero`"
    )


def test_modular_variables_wrap() -> None:
    ring = counter_ring(2, 2)
    moves = [o.state for o in successors(ring, ((1, 1),)) if isinstance(o, Moved)]
    assert moves == [((0, 1),)]
