"""Formulas of any shape against the tableau of the textbooks, over the interpreter's graph.

The checker makes a Büchi automaton of what is claimed, and knows nothing of what is said here. This
side has no automaton: it guesses at each position which *untils* hold, and keeps the guesses that
agree with one another from one position to the next (Lichtenstein and Pnueli, "Checking that finite
state concurrent programs satisfy their linear specification", POPL 1985). A violation is a fair
strongly connected set of such guesses in which each until that holds comes true.

A position is a state with the step about to be taken, or with none, which is then repeated for
ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import NamedTuple

import networkx
import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from checker.model import terms
from checker.model.evaluate import evaluate
from checker.model.fairness import Instance, Scheduling, requirements
from checker.model.interpret import Moved, initial_states, state_scope, successors
from checker.model.ir import Expr
from checker.model.lasso import is_possible
from checker.model.system import State, System
from checker.model.temporal import (
    AllOf,
    Always,
    AnyOf,
    Eventually,
    Fairness,
    Formula,
    Implication,
    LeadsTo,
    Negation,
    Now,
    TakesStep,
    TemporalProperty,
    Until,
)
from checker.model.verdict import FindingKind, Verdict
from grammar.source import NOWHERE
from tests.support.system_strategies import seeded_system

SYSTEMS = 8
FORMULAS = 3
MOST_STATES = 25
MOST_UNTILS = 3


class Position(NamedTuple):
    """A state with the step about to be taken; `step` is None where nothing happens any more."""

    state: State
    step: Instance | None
    after: State


Guess = frozenset[Formula]
"""The untils that are meant to hold."""


def core(formula: Formula) -> Formula:
    """Return the same in terms of conditions, steps, negation, conjunction and until."""
    yes = AllOf(())
    match formula:
        case Now() | TakesStep():
            return formula
        case Negation(inner):
            return Negation(core(inner))
        case AllOf(parts):
            return AllOf(tuple(map(core, parts)))
        case AnyOf(parts):
            return Negation(AllOf(tuple(Negation(core(part)) for part in parts)))
        case Implication(left, right):
            return Negation(AllOf((core(left), Negation(core(right)))))
        case Always(inner):
            return Negation(Until(yes, Negation(core(inner))))
        case Eventually(inner):
            return Until(yes, core(inner))
        case Until(left, right):
            return Until(core(left), core(right))
        case LeadsTo(left, right):
            waits = AllOf((core(left), Negation(Until(yes, core(right)))))
            return Negation(Until(yes, waits))
        case _:
            raise AssertionError(formula)


def untils(formula: Formula) -> Iterator[Until]:
    match formula:
        case Until(left, right):
            yield from untils(left)
            yield from untils(right)
            yield formula
        case Negation(inner):
            yield from untils(inner)
        case AllOf(parts):
            for part in parts:
                yield from untils(part)
        case _:
            return


class Twin:
    """The positions of a system."""

    def __init__(self, system: System, scheduling: Scheduling) -> None:
        self.system = system
        self.following: dict[State, list[Position]] = {}
        self.starts = [o.state for o in initial_states(system) if isinstance(o, Moved)]
        pending = list(self.starts)
        while pending and len(self.following) <= MOST_STATES:
            state = pending.pop()
            if state in self.following:
                continue
            steps = [o for o in successors(system, state) if isinstance(o, Moved)]
            made = [Position(state, (o.step.action, o.step.params), o.state) for o in steps]
            self.following[state] = list(dict.fromkeys([*made, Position(state, None, state)]))
            pending += [each.after for each in made]
        self.needs = requirements(system, scheduling)
        self.possible = [
            {s for s in self.following if is_possible(system, s, each)} for each in self.needs
        ]

    def after(self, position: Position) -> list[Position]:
        if position.step is None:
            return [position]
        return self.following[position.after]

    def holds(self, formula: Formula, position: Position, guess: Guess) -> bool:
        match formula:
            case Now(expression):
                return bool(evaluate(expression, state_scope(self.system, position.state)))
            case TakesStep():
                return position.step is not None and formula.is_by(position.step[0])
            case Negation(inner):
                return not self.holds(inner, position, guess)
            case AllOf(parts):
                return all(self.holds(part, position, guess) for part in parts)
            case Until():
                return formula in guess
            case _:
                raise AssertionError(formula)

    def violates(self, claim: Formula) -> bool:
        """Tell whether some fair run does not satisfy a formula."""
        formula = core(claim)
        every = list(untils(formula))
        guesses = [
            frozenset(u for u, chosen in zip(every, choice, strict=True) if chosen)
            for choice in product((False, True), repeat=len(every))
        ]
        starts = [
            (position, guess)
            for state in dict.fromkeys(self.starts)
            for position in self.following[state]
            for guess in guesses
            if not self.holds(formula, position, guess)
        ]
        graph = networkx.DiGraph()
        graph.add_nodes_from(starts)
        pending = list(starts)
        while pending:
            position, guess = pending.pop()
            for following in self.after(position):
                for other in guesses:
                    if self.agrees(every, (position, guess), other):
                        if (following, other) not in graph:
                            pending.append((following, other))
                        graph.add_edge((position, guess), (following, other))
        return self.has_fair_part(graph, every)

    def agrees(self, every: list[Until], here: tuple[Position, Guess], other: Guess) -> bool:
        """Tell whether guesses for a position and the next one fit together."""
        position, guess = here
        return all(
            (u in guess)
            == (
                self.holds(u.right, position, guess)
                or (self.holds(u.left, position, guess) and u in other)
            )
            for u in every
        )

    def has_fair_part(self, graph: networkx.DiGraph, every: list[Until]) -> bool:
        for nodes in networkx.strongly_connected_components(graph):
            part = graph.subgraph(nodes)
            if part.number_of_edges() == 0 or not self.fulfils(nodes, every):
                continue
            left_out: set[tuple[Position, Guess]] = set()
            is_unfair = False
            for each, possible in zip(self.needs, self.possible, strict=True):
                asking = {node for node in nodes if node[0].state in possible}
                if any(node[0].step in each.taken for node in nodes) or not asking:
                    continue
                if each.is_strong:
                    left_out |= asking
                elif asking == nodes:
                    is_unfair = True
            if is_unfair:
                continue
            if not left_out or self.has_fair_part(part.subgraph(nodes - left_out).copy(), every):
                return True
        return False

    def fulfils(self, nodes: set[tuple[Position, Guess]], every: list[Until]) -> bool:
        return all(
            any(u not in guess or self.holds(u.right, position, guess) for position, guess in nodes)
            for u in every
        )


# --- random formulas ------------------------------------------------------------------------------


def some_condition(twin: Twin, random: Random) -> Expr:
    """Return that a variable is what it is in some state."""
    table, state = twin.system.terms, random.choice(list(twin.following))
    at = random.randrange(len(twin.system.variables))
    variable = twin.system.variables[at]
    value = terms.literal(table, state[at], variable.type)
    return terms.equal(table, terms.read(table, variable), value)


def some_formula(twin: Twin, random: Random, depth: int) -> Formula:
    if depth == 0 or random.random() < 0.15:
        if random.random() < 0.3:
            action = random.choice(twin.system.actions)
            name = action.name if action.process is None else None
            return TakesStep(action.process, None, name, (), NOWHERE)
        return Now(some_condition(twin, random), NOWHERE)
    one, other = (some_formula(twin, random, depth - 1) for _ in range(2))
    ways: list[Formula] = [
        Negation(one),
        AllOf((one, other)),
        AnyOf((one, other)),
        Implication(one, other, NOWHERE),
        Always(one),
        Eventually(one),
        Until(one, other),
        LeadsTo(one, other, NOWHERE),
        Always(Eventually(one)),
        Eventually(Always(one)),
    ]
    return random.choice(ways)


def claimed(twin: Twin, random: Random) -> Formula:
    """Return a formula with not too many untils."""
    while True:
        formula = some_formula(twin, random, random.choice((1, 2, 2, 3)))
        if len(set(untils(core(formula)))) <= MOST_UNTILS:
            return formula


def compared(seed: int, engine: str = "python") -> list[bool]:
    """Compare formulas of one random system; return which are violated."""
    random = Random(seed)
    kinds = [None, None, Fairness.WEAK, Fairness.STRONG, Fairness.UNFAIR]
    system = seeded_system(seed)
    actions = tuple(replace(each, fairness=random.choice(kinds)) for each in system.actions)
    system = replace(system, actions=actions, properties=())
    scheduling = random.choice(list(Scheduling))
    twin = Twin(system, scheduling)
    if not actions or not 2 <= len(twin.following) <= MOST_STATES:
        return []
    found = []
    claims = tuple(
        TemporalProperty(f"claim{at}", claimed(twin, random), "", NOWHERE) for at in range(FORMULAS)
    )
    result = check(
        replace(system, temporal=claims),
        SearchOptions(deadlock=False, scheduling=scheduling),
        make_engine=engine_maker(EngineOptions(engine)),
    )
    if any(f.kind is not FindingKind.LIVENESS for f in result.findings):
        return []
    assert result.verdict in {Verdict.HOLDS, Verdict.VIOLATED}
    names = {finding.name for finding in result.findings}
    for claim in claims:
        expected = twin.violates(claim.formula)
        assert (claim.name in names) == expected, (seed, claim.name, scheduling)
        found.append(expected)
    return found


def test_random_formulas() -> None:
    found = [each for seed in range(SYSTEMS) for each in compared(seed)]
    assert min(found.count(False), found.count(True)) > 2


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_many_random_formulas(block: int) -> None:
    for seed in range(1000 + 100 * block, 1000 + 100 * (block + 1)):
        compared(seed)


@pytest.mark.slow
def test_random_formulas_on_the_graph_of_native_code() -> None:
    for seed in range(500, 530):
        compared(seed, "native")
