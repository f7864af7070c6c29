"""What claims about runs mean, on runs that repeat themselves.

A lasso is a trace whose last state is one of those before (see `Trace.loop`); it stands for the run
that goes round for ever. Formulas are evaluated on it as they are defined, and fairness is looked
up state by state with the interpreter: no automaton, no graph. Every lasso that an engine finds
passes through here before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from checker.model.evaluate import Scope, evaluate, holds
from checker.model.fairness import Scheduling, requirements
from checker.model.interpret import Moved, environment, perform
from checker.model.ir import Quantifier
from checker.model.temporal import (
    AllOf,
    Always,
    AnyOf,
    Each,
    Eventually,
    Implication,
    LeadsTo,
    Negation,
    Now,
    TakesStep,
    Until,
)
from checker.model.types import elements

if TYPE_CHECKING:
    from checker.model.fairness import Instance, Requirement
    from checker.model.ir import Local
    from checker.model.system import State, System
    from checker.model.temporal import Formula
    from checker.model.trace import Trace
    from checker.model.types import Value


@dataclass(frozen=True, slots=True)
class Lasso:
    """A trace that repeats itself, position by position."""

    system: System
    trace: Trace

    @property
    def rests(self) -> bool:
        """Whether nothing happens any more in the end."""
        return self.trace.loop == len(self.trace.states) - 1

    @property
    def length(self) -> int:
        """The number of positions; after the last one comes `trace.loop`."""
        return len(self.trace.states) if self.rests else len(self.trace.steps)

    def after(self, position: int) -> int:
        """Return the position that follows."""
        assert self.trace.loop is not None
        return position + 1 if position + 1 < self.length else self.trace.loop

    @property
    def repeated(self) -> range:
        """The positions that come again and again."""
        assert self.trace.loop is not None
        return range(self.trace.loop, self.length)

    def instance(self, position: int) -> Instance | None:
        """Return who takes the step at a position; None if nothing happens there."""
        if position >= len(self.trace.steps):
            return None
        step = self.trace.steps[position]
        return step.action, step.params


# --- formulas -------------------------------------------------------------------------------------


def satisfies(
    system: System, trace: Trace, formula: Formula, locals_: Mapping[Local, Value] | None = None
) -> bool:
    """Tell whether the run of a lasso satisfies a formula, with values of its free locals.

    Raises:
        EvaluationError: a condition in it has no value.
    """
    assert trace.loop is not None
    return truths(Lasso(system, trace), formula, locals_ or {})[0]


def truths(lasso: Lasso, formula: Formula, locals_: Mapping[Local, Value]) -> list[bool]:
    """Return whether a formula holds at each position."""
    positions = range(lasso.length)
    match formula:
        case Now(expression):
            return [holds(expression, _scope(lasso, at, locals_)) for at in positions]
        case TakesStep():
            return [_takes(lasso, at, formula, locals_) for at in positions]
        case Negation(operand):
            return [not each for each in truths(lasso, operand, locals_)]
        case AllOf(parts):
            return _joined(all, [truths(lasso, each, locals_) for each in parts])
        case AnyOf(parts):
            return _joined(any, [truths(lasso, each, locals_) for each in parts])
        case Implication(left, right):
            pairs = zip(truths(lasso, left, locals_), truths(lasso, right, locals_), strict=True)
            return [not before or after for before, after in pairs]
        case Always(operand):
            return _always(lasso, truths(lasso, operand, locals_))
        case Eventually(operand):
            return _until(lasso, [True] * lasso.length, truths(lasso, operand, locals_))
        case Until(left, right):
            return _until(lasso, truths(lasso, left, locals_), truths(lasso, right, locals_))
        case LeadsTo(left, right):
            later = _until(lasso, [True] * lasso.length, truths(lasso, right, locals_))
            first = truths(lasso, left, locals_)
            met = [not a or b for a, b in zip(first, later, strict=True)]
            return _always(lasso, met)
        case Each(quantifier, local, body):
            every = [truths(lasso, body, {**locals_, local: v}) for v in elements(local.type)]
            return _joined(all if quantifier is Quantifier.FORALL else any, every)
        case _:
            assert_never(formula)


def _joined(fold: Callable[[Iterable[bool]], bool], parts: list[list[bool]]) -> list[bool]:
    return [fold(each) for each in zip(*parts, strict=True)]


def _always(lasso: Lasso, inner: list[bool]) -> list[bool]:
    return [not each for each in _until(lasso, [True] * lasso.length, [not i for i in inner])]


def _until(lasso: Lasso, left: list[bool], right: list[bool]) -> list[bool]:
    """Return the least solution of `x = right or (left and x at the next position)`."""
    found = list(right)
    is_changing = True
    while is_changing:
        is_changing = False
        for at in reversed(range(lasso.length)):
            if not found[at] and left[at] and found[lasso.after(at)]:
                found[at] = is_changing = True
    return found


def _scope(lasso: Lasso, position: int, locals_: Mapping[Local, Value]) -> Scope:
    system = lasso.system
    values = environment(system, lasso.trace.states[position])
    return Scope(values, locals_, processes=system.processes)


def _takes(lasso: Lasso, position: int, formula: TakesStep, locals_: Mapping[Local, Value]) -> bool:
    taken = lasso.instance(position)
    if taken is None or not formula.is_by(taken[0]):
        return False
    scope = _scope(lasso, position, locals_)
    wanted = [evaluate(each, scope) for each in formula.arguments]
    return list(taken[1][: len(wanted)]) == wanted


# --- fairness -------------------------------------------------------------------------------------


def neglected(
    system: System, trace: Trace, scheduling: Scheduling = Scheduling.WEAK
) -> tuple[Requirement, ...]:
    """Return the requirements of fairness that the run of a lasso does not meet."""
    lasso = Lasso(system, trace)
    return tuple(each for each in requirements(system, scheduling) if neglects(lasso, each))


def neglects(lasso: Lasso, requirement: Requirement) -> bool:
    """Tell whether the run of a lasso fails to meet a requirement."""
    if any(lasso.instance(at) in requirement.taken for at in lasso.repeated):
        return False
    fold = any if requirement.is_strong else all
    return fold(
        is_possible(lasso.system, lasso.trace.states[at], requirement) for at in lasso.repeated
    )


def is_possible(system: System, state: State, requirement: Requirement) -> bool:
    """Tell whether some step that a requirement is about is possible in a state."""
    return any(
        isinstance(outcome, Moved)
        for action, params in requirement.possible
        for outcome in perform(system, state, action, params)
    )


def closes(trace: Trace) -> bool:
    """Tell whether the loop of a lasso leads back to where it begins."""
    if trace.loop is None or trace.failed is not None:
        return False
    return 0 <= trace.loop < len(trace.states) and trace.states[trace.loop] == trace.states[-1]
