"""Counterexamples to induction: a state in which all claims hold, and a step that breaks one.

They are looked for at the smallest sizes first, where quantifiers are written out and the solver
always answers. A model of the solver is then moved as near to an initial state as it goes, value by
value, so that what remains different is what matters. The state is read back as a state of the
system, the interpreter carries out the step, and judges: nothing is shown that it does not confirm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from checker.model.interpret import (
    AssertionFailed,
    EvaluationFailed,
    Holds,
    Moved,
    initial_states,
    judge_state,
    judge_step,
    perform,
)
from checker.model.ir import Role
from checker.model.system import PropertyKind
from checker.model.types import show
from proofs.encode.symbols import cells, decode
from proofs.obligation import Goal
from proofs.solver.answers import Satisfiable
from proofs.solver.session import Session

if TYPE_CHECKING:
    from checker.model.interpret import Outcome
    from checker.model.system import Action, Conjunct, State, System
    from checker.model.types import Type, Value
    from proofs.encode.effects import Pick
    from proofs.encode.model import Model, Move
    from proofs.encode.values import Symbolic
    from proofs.induction import Inductor
    from proofs.logic.terms import Term
    from proofs.obligation import Obligation, Query


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A step that a claim does not survive; for a goal at the start, one into an initial state.

    Attributes:
        sizes: of the symmetric sorts; the other constants are as given.
        before: a state in which every claim holds; None at the start.
        after: the state after the step; None if the step fails.
        is_confirmed: whether the interpreter takes the step too, and finds the claim broken.
        named: what else the claim speaks of, by name, as reports show it.
    """

    sizes: tuple[tuple[str, int], ...]
    before: State | None
    action: str
    params: tuple[Value, ...]
    choices: tuple[Value, ...]
    after: State | None
    is_confirmed: bool
    named: tuple[tuple[str, str], ...] = ()


def find(
    inductor: Inductor, obligation: Obligation, query: Query, answer: Satisfiable
) -> Counterexample:
    """Return the counterexample that a model of a negated query is, at the sizes of the system.

    Args:
        answer: some model of the negated query.
    """
    model = inductor.model
    move = _move_of(model, obligation)
    read = answer
    if obligation.is_step:
        read = _nearest(inductor, query, answer)
    before = _decoded_state(model, read) if obligation.is_step else None
    params = () if move is None else _values(model, move.params, read)
    picks = () if obligation.beyond is None else obligation.beyond.picks
    named = _values(model, picks, read)
    action = None if move is None else move.action
    is_confirmed, after = _confirmed(model.system, obligation, action, (before, params, named))
    return Counterexample(
        sizes=tuple((sort.name, sort.size) for sort in model.system.sorts),
        before=before,
        action=obligation.action,
        params=params,
        choices=() if after is None else _choices(after),
        after=after.state if isinstance(after, Moved) else None,
        is_confirmed=is_confirmed,
        named=tuple((p.name, show(p.type, value)) for p, value in zip(picks, named, strict=True)),
    )


def _values(model: Model, picks: tuple[Pick, ...], read: Satisfiable) -> tuple[Value, ...]:
    return tuple(_decoded(model, pick.type, pick.value, read) for pick in picks)


def _move_of(model: Model, obligation: Obligation) -> Move | None:
    if not obligation.is_step:
        assert model.start is not None
        return model.start
    if not obligation.action:
        return None
    return next(move for move in model.moves if move.action.name == obligation.action)


def _decoded_state(model: Model, read: Satisfiable) -> State:
    return tuple(_decoded(model, v.type, model.state[v], read) for v in model.system.variables)


def _decoded(model: Model, of: Type, value: Symbolic, read: Satisfiable) -> Value:
    return decode(model.universe, of, value, read.read)


# --- what the interpreter says --------------------------------------------------------------------


_Values: TypeAlias = "tuple[State | None, tuple[Value, ...], tuple[Value, ...]]"
"""The state before, parameters, and what else the claim names."""


def _confirmed(
    system: System, obligation: Obligation, action: Action | None, values: _Values
) -> tuple[bool, Outcome | None]:
    """Tell whether the claim is broken, and return the execution of the step that breaks it."""
    before, params, named = values
    if before is None:
        outcomes: Iterator[Outcome] = iter(initial_states(system))
    else:
        if not all(_holds(system, each, before) for each in _invariants(system)):
            return False, None
        if action is None:
            assert obligation.beyond is not None
            return obligation.beyond.breaks(named, before, None), None
        outcomes = perform(system, before, action, params)
    found = (each for each in outcomes if _breaks(system, obligation, (before, named), each))
    first = next(found, None)
    return first is not None, first


def _invariants(system: System) -> Iterator[Conjunct]:
    for each in system.properties:
        if each.kind is PropertyKind.INVARIANT:
            yield from each.conjuncts


def _holds(system: System, conjunct: Conjunct, state: State) -> bool:
    return isinstance(judge_state(system, conjunct.expression, state), Holds)


def _breaks(
    system: System,
    obligation: Obligation,
    values: tuple[State | None, tuple[Value, ...]],
    outcome: Outcome,
) -> bool:
    before, named = values
    if obligation.beyond is not None:
        return isinstance(outcome, Moved) and obligation.beyond.breaks(named, before, outcome)
    match outcome:
        case AssertionFailed():
            return obligation.goal is Goal.ASSERTION
        case EvaluationFailed():
            return obligation.goal is Goal.EVALUATION
        case Moved(_, after):
            conjunct = _conjunct(system, obligation)
            if conjunct is None:
                return False
            if obligation.goal is Goal.STEP:
                assert before is not None
                judged = judge_step(system, conjunct.expression, before, after)
                return not isinstance(judged, Holds)
            return not _holds(system, conjunct, after)


def _conjunct(system: System, obligation: Obligation) -> Conjunct | None:
    for each in system.properties:
        for conjunct in each.conjuncts:
            if conjunct.name == obligation.subject and each.kind is not PropertyKind.REACHABLE:
                return conjunct
    return None


def _choices(outcome: Outcome) -> tuple[Value, ...]:
    return tuple(choice.value for choice in outcome.step.choices)


# --- the nearest model ----------------------------------------------------------------------------


def _nearest(inductor: Inductor, query: Query, answer: Satisfiable) -> Satisfiable:
    """Return a model of the negated query that looks as much like an initial state as possible.

    Wishes are granted one by one, first come first served: greedy, but the same in every run. A
    wish that the model at hand fulfils costs no question.
    """
    model = inductor.model
    session = Session(inductor.settings)
    logic = model.logic
    session.assume(query.conditions)
    session.assume([logic.negate(query.claim)])
    for _, formula in model.typing:
        session.assume([formula])
    for claim in model.claims:
        session.assume([claim.formula])
    found = session.check()
    best = found if isinstance(found, Satisfiable) else answer
    for wish in _wishes(model):
        if not best.read(wish):
            session.push()
            session.assume([wish])
            found = session.check()
            session.pop()
            if not isinstance(found, Satisfiable):
                continue
            best = found
        session.assume([wish])
    return best


def _wishes(model: Model) -> Iterator[Term]:
    """Yield that each part of the state is as at first: control points, then everything else."""
    if model.start is None or not model.start.paths:
        return
    first = model.start.paths[0].state
    order = sorted(model.system.variables, key=lambda v: v.role is not Role.CONTROL)
    for variable in order:
        pairs = zip(
            cells(model.universe, variable.type, model.state[variable]),
            cells(model.universe, variable.type, first[variable]),
            strict=False,
        )
        for (cell, _), (value, _) in pairs:
            if value.is_literal:
                yield model.logic.equal(cell, value)
