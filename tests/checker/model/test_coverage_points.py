"""What coverage counts, and how an exploration fills it in."""

from __future__ import annotations

from dataclasses import replace

from checker.model.coverage_points import coverage, coverage_points
from checker.model.explore import explore
from checker.model.ir import NOTHING, If, Local, Op, Quantifier, Seq
from checker.model.system import PropertyKind, System
from checker.model.types import BOOL, IntType
from grammar.source import SourceFile, Span
from tests.support.builder import Builder


def branching() -> System:
    """A counter to 3 whose single action branches in every way, some of them dead."""
    b = Builder("branching")
    n, flag = b.variable("n", IntType(0, 3)), b.variable("flag", BOOL)
    now = b.read(n)
    never = b.op(Op.LT, b.number(2), now)
    inner = b.branch(never, b.assign(flag, b.true))
    count = b.assign(n, b.op(Op.ADD, now, b.number(1)))
    blocked = Seq((b.guard(b.literal(False, BOOL)),))
    b.action(
        "act", b.either(Seq((count, inner)), blocked, NOTHING), guard=b.op(Op.LT, now, b.number(2))
    )
    b.action("dead", b.branch(b.true, NOTHING, NOTHING), guard=never)
    x = Local("x", IntType(0, 3))
    tested = b.implies(b.eq(now, b.ref(x)), b.op(Op.LE, b.ref(x), b.number(2)))
    hidden = b.implies(b.literal(True, BOOL), b.negate(never))
    untested = b.implies(never, b.negate(hidden))
    b.require(PropertyKind.INVARIANT, "inv", b.fold(Quantifier.FORALL, x, tested), untested)
    b.require(PropertyKind.STEP, "step", b.implies(b.read(flag), b.old(flag)))
    b.require(PropertyKind.REACHABLE, "goal", b.implies(b.read(flag), never))
    return b.build(terminal=b.true)


def test_branches_are_enumerated_outermost_first() -> None:
    points = coverage_points(branching())
    assert [branch.description for branch in points.branches] == [
        "branch 1 of `either`",
        "branch 2 of `either`",
        "branch 3 of `either`",
        "the true branch",
        "the false branch",
        "the true branch",
        "the false branch",
    ]
    assert [points.branch_numbers[b.site, b.way] for b in points.branches] == list(range(7))


def test_implications_are_enumerated_by_conjunct() -> None:
    points = coverage_points(branching())
    assert [(each.conjunct.name, each.text) for each in points.implications] == [
        ("inv.1", "n = x -> x <= 2"),
        ("inv.2", "2 < n -> not (true -> not 2 < n)"),
        ("inv.2", "true -> not 2 < n"),
        ("step", "flag -> old(flag)"),
    ]
    numbers = [points.implication_numbers[i.conjunct, i.term] for i in points.implications]
    assert numbers == [0, 1, 2, 3]


def test_exploration_reports_what_was_not_covered() -> None:
    found = explore(branching()).coverage
    assert [(action.name, count) for action, count in found.actions] == [("act", 4), ("dead", 0)]
    # The second branch of `either` is entered, but no execution through it completes.
    assert [what for _, what in found.branches] == [
        "branch 2 of `either`",
        "the true branch",
        "the true branch",
        "the false branch",
    ]
    assert [(name, text) for name, text, _ in found.implications] == [
        ("inv.2", "2 < n -> not (true -> not 2 < n)"),
        ("inv.2", "true -> not 2 < n"),
        ("step", "flag -> old(flag)"),
    ]


def test_copies_of_a_statement_are_one_branch() -> None:
    b = Builder("copies")
    n = b.variable("n", IntType(0, 1))
    zero = b.eq(b.read(n), b.number(0))
    text = "if n = 0 { } else { }"
    site = Span(SourceFile("copies.k42", text), 0, len(text))
    copy = If(zero, NOTHING, NOTHING, site)
    b.action("first", copy, b.assign(n, b.number(1)), guard=zero)
    b.action("second", replace(copy), guard=b.negate(zero))
    system = b.build()
    points = coverage_points(system)
    assert [branch.description for branch in points.branches] == [
        "the true branch of `if`",
        "the false branch of `if`",
    ]
    assert explore(system).coverage.branches == ()


def test_keyword_is_named_where_the_text_has_one() -> None:
    b = Builder("loops")
    text = "while true { }"
    site = Span(SourceFile("loops.k42", text), 0, len(text))
    b.action("act", If(b.true, NOTHING, NOTHING, site), b.either(NOTHING))
    assert [branch.description for branch in coverage_points(b.build()).branches] == [
        "the true branch of `while`",
        "the false branch of `while`",
        "branch 1 of `either`",
    ]


def test_coverage_lists_what_is_left() -> None:
    system = branching()
    points = coverage_points(system)
    nothing = coverage(system, points, {}, frozenset(), frozenset())
    assert (len(nothing.branches), len(nothing.implications)) == (7, 4)
    everything = coverage(system, points, {}, set(range(7)), set(range(4)))
    assert (everything.branches, everything.implications) == ((), ())
