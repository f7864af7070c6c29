"""Property-directed reachability by Z3's Spacer: an invariant without anybody's help.

The system is given as formulas over constants: those of a state, those of the next state, and
whatever else a step picks. Spacer looks for a relation that holds at the start, is kept by every
step, and excludes what is wrong (Komuravelli, Gurfinkel and Chaki, "SMT-based model checking for
recursive programs", 2014). What it answers is not believed: the relation is asserted in a fresh
context, and each of the three is asked for once more, as plain induction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import z3

from proofs.solver.translate import Translator

if TYPE_CHECKING:
    from proofs.logic.terms import Term
    from proofs.solver.settings import Settings


SHARE: Final = 10
"""The limit of one search, in limits of one question."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """A system as formulas.

    Attributes:
        state, after: the constants of a state and of the next one, in the same order.
        start: over `state`.
        steps: each over `state`, `after` and others.
        wrong: each over `state` and others.
    """

    state: Sequence[Term]
    after: Sequence[Term]
    start: Term
    steps: Sequence[Term]
    wrong: Sequence[Term]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A formula over a state that is inductive and excludes what is wrong, as was checked again.

    `clauses` is the number of its conjuncts.
    """

    text: str
    clauses: int


@dataclass(frozen=True, slots=True)
class Reached:
    """Spacer says that something wrong can be reached; no more than a hint."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Spacer gave up, or its answer does not stand the check."""

    reason: str


HornAnswer: TypeAlias = Invariant | Reached | NoAnswer


def solve(system: Transitions, settings: Settings) -> HornAnswer:
    """Look for an invariant."""
    context = z3.Context()
    made = _Translated(system, Translator(context))
    point = made.fixedpoint(settings)
    try:
        found = point.query(made.bad())
    except z3.Z3Exception as error:
        is_limit = "limit" in str(error)
        return NoAnswer("the solver was stopped at its limit" if is_limit else str(error))
    if found == z3.sat:
        return Reached()
    if found != z3.unsat:
        return NoAnswer(point.reason_unknown())
    candidate = _relation(point.get_answer(), made.relation, made.state)
    if candidate is None:
        return NoAnswer("the answer of Spacer does not speak of the states")
    mistake = _recheck(made, candidate, settings)
    if mistake is not None:
        return NoAnswer(mistake)
    parts = candidate.children() if z3.is_and(candidate) else [candidate]
    return Invariant(" ".join(str(candidate).split()), len(parts))


class _Translated:
    """The formulas in one context."""

    def __init__(self, system: Transitions, translator: Translator) -> None:
        self.context: Any = translator.context
        self.state = [translator.expression(each) for each in system.state]
        self.after = [translator.expression(each) for each in system.after]
        self.start = translator.expression(system.start)
        self.steps = [translator.expression(each) for each in system.steps]
        self.wrong = [translator.expression(each) for each in system.wrong]
        sorts = [each.sort() for each in self.state]
        self.relation = z3.Function("reached", *sorts, z3.BoolSort(self.context))
        self.failure = z3.Function("failure", z3.BoolSort(self.context))

    def bad(self) -> Any:
        """Return the query."""
        return self.failure()

    def fixedpoint(self, settings: Settings) -> Any:
        """Return the rules: the start, the steps, and what is wrong."""
        point = z3.Fixedpoint(ctx=self.context)
        # With inlining and slicing the answer would not mention the relation any more.
        point.set(
            "engine",
            "spacer",
            "spacer.random_seed",
            settings.seed,
            "rlimit",
            SHARE * settings.limit,
            "xform.slice",
            False,
            "xform.inline_linear",
            False,
            "xform.inline_eager",
            False,
        )
        point.register_relation(self.relation, self.failure)
        known: dict[int, Any] = {}
        for formula in (self.start, *self.steps, *self.wrong, *self.state, *self.after):
            _constants(formula, known, set())
        point.declare_var(*known.values())
        here, there = self.relation(*self.state), self.relation(*self.after)
        point.rule(here, self.start)
        for step in self.steps:
            point.rule(there, [here, step])
        for wrong in self.wrong:
            point.rule(self.failure(), [here, wrong])
        return point


def _constants(formula: Any, known: dict[int, Any], seen: set[int]) -> None:
    """Gather the uninterpreted constants of a formula."""
    pending = [formula]
    while pending:
        each = pending.pop()
        if each.get_id() in seen:
            continue
        seen.add(each.get_id())
        pending.extend(each.children())
        if z3.is_const(each) and each.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            known[each.get_id()] = each


def _relation(answer: Any, relation: Any, state: list[Any]) -> Any | None:
    """Return what the answer says of a relation, in terms of the constants of a state."""
    parts = answer.children() if z3.is_and(answer) else [answer]
    for part in parts:
        if not z3.is_quantifier(part):
            continue
        body = part.body()
        if not z3.is_eq(body):
            continue
        for atom, meaning in (body.children(), reversed(body.children())):
            if z3.is_app(atom) and atom.decl().eq(relation):
                values = [None] * part.num_vars()
                for value, argument in zip(state, atom.children(), strict=True):
                    values[z3.get_var_index(argument)] = value
                return z3.substitute_vars(meaning, *values)
    return None


def _recheck(made: _Translated, candidate: Any, settings: Settings) -> str | None:
    """Return what is wrong with an invariant; None if it is one."""
    renaming = list(zip(made.state, made.after, strict=True))
    after = z3.substitute(candidate, *renaming)
    queries = [("the start is not in it", [made.start, z3.Not(candidate)])]
    queries += [("a step leads out of it", [candidate, s, z3.Not(after)]) for s in made.steps]
    queries += [("it does not exclude what is wrong", [candidate, w]) for w in made.wrong]
    for reason, formulas in queries:
        context = z3.Context()
        solver = z3.Solver(ctx=context)
        solver.set("rlimit", settings.limit)
        solver.add(*(formula.translate(context) for formula in formulas))
        if solver.check() != z3.unsat:
            return f"the answer of Spacer is no invariant: {reason}"
    return None
