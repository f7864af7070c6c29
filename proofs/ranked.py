"""The claims of a ranking judged in single states and steps, as the interpreter sees them.

The slow twin of `proofs.response`: what is shown of a counterexample is confirmed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from checker.model.evaluate import evaluate
from checker.model.interpret import Holds, judge, perform, state_scope
from checker.model.operators import EvaluationError, integer, members
from checker.model.types import elements

if TYPE_CHECKING:
    from checker.model.evaluate import Scope
    from checker.model.interpret import Moved
    from checker.model.ir import Expr, Local
    from checker.model.system import Action, State, System
    from checker.model.temporal import Ranking
    from checker.model.types import Value


@dataclass(frozen=True, slots=True)
class Plain:
    """Judges the claims of a ranking in single states and steps, as the interpreter does."""

    system: System
    ranking: Ranking

    def is_unhelped(self, named: tuple[Value, ...], before: State | None, _: Moved | None) -> bool:
        """Tell whether somebody waits, and no helper's condition holds."""
        assert before is not None
        scope = self._scope(before, self.ranking.locals, named)
        if not _holds(self.ranking.waiting, scope) or _holds(self.ranking.goal, scope):
            return False
        return not any(True for _ in self._helpers(before, named))

    def is_stuck(self, number: int, named: tuple[Value, ...], before: State) -> bool:
        """Tell whether a helper's condition holds, and fairness lets it take no step."""
        if not self._is_helped(number, named, before):
            return False
        helper = self.ranking.helpers[number]
        given = named[len(self.ranking.locals) :]
        return not any(
            True
            for action in self.system.actions
            if helper.is_by(action)
            for params in _completed(action, given)
            for _ in perform(self.system, before, action, params)
        )

    def is_farther(self, number: int, named: tuple[Value, ...], before: State, step: Moved) -> bool:
        """Tell whether a step leaves the goal unreached and brings it no nearer."""
        if not self._is_helped(number, named, before):
            return False
        ranking, after = self.ranking, step.state
        count = len(ranking.locals)
        if _holds(ranking.goal, self._scope(after, ranking.locals, named[:count])):
            return False
        old = self._measures(number, named, before)
        if any(_is_smaller(new, old, is_strict=True) for new in self._helpers(after, named)):
            return False
        helper, given = ranking.helpers[number], named[count:]
        action = step.step.action
        if helper.is_by(action) and step.step.params[: len(given)] == given:
            return True
        new = self._measures(number, named, after)
        return new is None or not _is_smaller(new, old, is_strict=False)

    def _scope(self, state: State, locals_: Sequence[Local], values: Sequence[Value]) -> Scope:
        scope = state_scope(self.system, state)
        for local, value in zip(locals_, values, strict=True):
            scope = scope.bind(local, value)
        return scope

    def _is_helped(self, number: int, named: tuple[Value, ...], state: State) -> bool:
        ranking = self.ranking
        count = len(ranking.locals)
        if _holds(ranking.goal, self._scope(state, ranking.locals, named[:count])):
            return False
        return self._measures(number, named, state) is not None

    def _measures(
        self, number: int, named: Sequence[Value], state: State
    ) -> tuple[Value, ...] | None:
        """Return the measures of a helper; None if its condition does not hold."""
        helper = self.ranking.helpers[number]
        scope = self._scope(state, (*self.ranking.locals, *helper.locals), named)
        try:
            if not _holds(helper.condition, scope):
                return None
            return tuple(evaluate(each, scope) for each in helper.measures)
        except EvaluationError:
            return None

    def _helpers(self, state: State, named: Sequence[Value]) -> Iterator[tuple[Value, ...]]:
        """Yield the measures of all helpers whose conditions hold."""
        waiting = named[: len(self.ranking.locals)]
        for number, helper in enumerate(self.ranking.helpers):
            for given in product(*(tuple(elements(each.type)) for each in helper.locals)):
                measures = self._measures(number, (*waiting, *given), state)
                if measures is not None:
                    yield measures


def _holds(expr: Expr, scope: Scope) -> bool:
    return isinstance(judge(expr, scope), Holds)


def _completed(action: Action, given: Sequence[Value]) -> Iterator[tuple[Value, ...]]:
    """Yield the parameters of an action that begin with those that are given."""
    others = action.params[len(given) :]
    for rest in product(*(tuple(elements(each.type)) for each in others)):
        yield (*given, *rest)


def _is_smaller(new: tuple[Value, ...], old: tuple[Value, ...] | None, *, is_strict: bool) -> bool:
    assert old is not None
    for after, before in zip(new, old, strict=True):
        if isinstance(after, frozenset):
            if not after <= members(before):
                return False
        elif integer(after) > integer(before):
            return False
        if after != before:
            return True
    return not is_strict
