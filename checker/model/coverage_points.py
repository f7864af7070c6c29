"""What coverage counts: the branches of actions and the implications of properties.

All engines share this enumeration, so that their coverage can be compared bit by bit.

Branches: both ways of every `If` and each branch of every `Either` in the bodies of actions (not of
`init`), in the order of actions, outermost first, left to right. A branch is identified by the
statement's place and the way: the copies that inlining and cutting into steps make of one statement
are one branch, taken if any copy takes it. It is taken by an execution that completes.

Implications: every `Implies` at any depth in a conjunct of an invariant or step property, by
conjunct, outermost first. It is tested when its left side was true in some evaluation of the
conjunct, in a reachable state (or on a transition), under any binding; what a short-circuit skips
is not tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from checker.model.ir import Assert, Assign, Bind, Choose, Either, Guard, If, Implies, Seq, While
from checker.model.render import Words, render
from checker.model.rewrite import children
from checker.model.system import PropertyKind
from checker.model.verdict import Coverage

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr
    from checker.model.system import Action, Conjunct, System
    from grammar.source import Span

THEN: Final = 0
OTHERWISE: Final = 1
"""The ways of an `If`; those of an `Either` are numbered from 0."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through a branching statement."""

    site: Span
    way: int
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class Implication:
    """One implication in one conjunct."""

    conjunct: Conjunct
    term: Implies
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class CoveragePoints:
    """The points of a system; an engine knows each by its position in the tuple.

    Attributes:
        branch_numbers: position in `branches` by site and way.
        implication_numbers: position in `implications` by conjunct and term.
    """

    branches: tuple[Branch, ...]
    implications: tuple[Implication, ...]
    branch_numbers: Mapping[tuple[Span, int], int]
    implication_numbers: Mapping[tuple[Conjunct, Implies], int]


def coverage_points(system: System) -> CoveragePoints:
    """Enumerate the points of a system."""
    found: dict[tuple[Span, int], Branch] = {}
    for action in system.actions:
        for branch in _branches(action.body):
            found.setdefault((branch.site, branch.way), branch)
    implications: dict[tuple[Conjunct, Implies], Implication] = {}
    for conjunct in _conjuncts(system):
        for term in implications_in(conjunct.expression):
            text = render(term, Words(system.processes))
            implications.setdefault((conjunct, term), Implication(conjunct, term, text))
    return CoveragePoints(
        branches=tuple(found.values()),
        implications=tuple(implications.values()),
        branch_numbers={key: number for number, key in enumerate(found)},
        implication_numbers={key: number for number, key in enumerate(implications)},
    )


def coverage(
    system: System,
    points: CoveragePoints,
    transitions: Mapping[Action, int],
    taken: Set[int],
    tested: Set[int],
) -> Coverage:
    """Assemble the report from the transitions of actions and the numbers of points reached."""
    return Coverage(
        actions=tuple((action, transitions.get(action, 0)) for action in system.actions),
        branches=tuple(
            (branch.site, branch.description)
            for number, branch in enumerate(points.branches)
            if number not in taken
        ),
        implications=tuple(
            (each.conjunct.name, each.text, each.conjunct.site)
            for number, each in enumerate(points.implications)
            if number not in tested
        ),
    )


def _conjuncts(system: System) -> Iterator[Conjunct]:
    for each in system.properties:
        if each.kind is not PropertyKind.REACHABLE:
            yield from each.conjuncts


def _branches(effect: Effect) -> Iterator[Branch]:
    """Yield the branches of an effect, outermost first."""
    match effect:
        case Seq(effects):
            for each in effects:
                yield from _branches(each)
        case If(_, then, otherwise, site):
            keyword = _keyword(site)
            yield Branch(site, THEN, f"the true branch{keyword}")
            yield Branch(site, OTHERWISE, f"the false branch{keyword}")
            yield from _branches(then)
            yield from _branches(otherwise)
        case Either(branches, site):
            for way in range(len(branches)):
                yield Branch(site, way, f"branch {way + 1} of `either`")
            for each in branches:
                yield from _branches(each)
        case While(_, body) | Choose(_, _, body):
            yield from _branches(body)
        case Assign() | Bind() | Guard() | Assert():
            return
        case _:
            assert_never(effect)


def _keyword(site: Span) -> str:
    """Name the statement by its first word, where that is a branching one."""
    words = site.text.split(maxsplit=1)
    return f" of `{words[0]}`" if words and words[0] in {"if", "while", "for"} else ""


def implications_in(expr: Expr) -> Iterator[Implies]:
    """Yield the implications in an expression, each once, outermost first, left to right."""
    pending = [expr]
    # Terms are shared, so that a tree may be exponentially larger than its term.
    seen: set[Expr] = set()
    while pending:
        term = pending.pop()
        if term in seen:
            continue
        seen.add(term)
        if isinstance(term, Implies):
            yield term
        pending.extend(reversed(children(term)))
