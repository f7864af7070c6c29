"""Claims about whole runs in the linear temporal logic of SPIN.

Fairness is a premise of the formula. For that the model remembers in a variable which of the
requirements the last step served: `[]<>(!possible || served == n)` is weak fairness of the steps of
requirement n, and `[]<>possible -> []<>(served == n)` strong fairness. SPIN's own weak fairness is
of its processes, and the model is one. A run may rest: one option does nothing. So finite rests
are in the way of every run, which a formula over states, without *next*, does not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from checker.export.expressions import Evaluator, Scope
from checker.export.scalars import Refused
from checker.model import terms
from checker.model.fairness import Scheduling, requirements
from checker.model.ir import Quantifier
from checker.model.rewrite import substitute
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
    TemporalProperty,
    Until,
)
from checker.model.types import elements, show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.export.normal import Move, NormalForm
    from checker.export.scalars import Formula as Condition
    from checker.model.ir import Expr, Local, Variable
    from checker.model.temporal import Formula
    from checker.model.types import Value


MOST: Final = 255
"""Requirements of fairness that a byte tells apart."""


@dataclass(frozen=True, slots=True)
class RunClaim:
    """What is to be written beside a system, under which assumption about fairness."""

    property: TemporalProperty
    scheduling: Scheduling


class LtlWriter:
    """Writes one claim about the runs of a system."""

    def __init__(
        self,
        form: NormalForm,
        claim: RunClaim,
        *,
        served: str,
        spell: Callable[[Condition], str],
    ) -> None:
        """Look at what fairness demands.

        Args:
            served: the name of the variable that says which requirement the last step served.
            spell: writes conditions on states.

        Raises:
            Refused: the claim cannot be expressed.
        """
        self._form = form
        self._claim = claim
        self._served = served
        self._spell = spell
        self._needs = requirements(form.system, claim.scheduling)
        if any(each.possible != each.taken for each in self._needs):
            raise Refused("justness", claim.property.site)
        if len(self._needs) > MOST:
            raise Refused(f"more than {MOST} requirements of fairness", claim.property.site)
        if not form.is_started_once:
            raise Refused("a claim about runs from several initial states", claim.property.site)
        self._numbers = {
            (action, tuple(show(p.type, v) for p, v in zip(action.params, values, strict=True))): n
            for n, each in enumerate(self._needs, start=1)
            for action, values in each.possible
        }
        state = {v: form.views.stored(form.views.scalars.location(v)) for v in _variables(form)}
        self._scope = Scope(state, {})
        self._evaluator = Evaluator(form.views, None)

    def number(self, move: Move) -> int:
        """Return the number of the requirement that a move serves, 0 for none."""
        values = tuple(value for _, value in move.picks[: len(move.action.params)])
        return self._numbers.get((move.action, values), 0)

    def formula(self) -> str:
        """Return the whole formula."""
        claim = self._text(self._claim.property.formula, {})
        premises = [self._premise(n, is_strong=e.is_strong) for n, e in enumerate(self._needs, 1)]
        return f"!({' && '.join(premises)}) || {claim}" if premises else claim

    def _premise(self, number: int, *, is_strong: bool) -> str:
        guards = [move.guard for move in self._form.moves if self.number(move) == number]
        possible = self._spell(self._form.views.scalars.any_of(guards))
        taken = f"({self._served} == {number})"
        if is_strong:
            return f"(!([]<>({possible})) || []<>{taken})"
        return f"[]<>(!({possible}) || {taken})"

    def _text(self, formula: Formula, values: Mapping[Local, Value]) -> str:
        def text(each: Formula) -> str:
            return self._text(each, values)

        match formula:
            case Now(expression):
                return f"({self._condition(expression, values)})"
            case TakesStep(site=site):
                raise Refused("`step` in a formula", site)
            case Negation(inner):
                return f"(!{text(inner)})"
            case AllOf(parts):
                return _joined(" && ", [text(part) for part in parts], "true")
            case AnyOf(parts):
                return _joined(" || ", [text(part) for part in parts], "false")
            case Implication(left, right):
                return f"(!{text(left)} || {text(right)})"
            case Always(inner):
                return f"([] {text(inner)})"
            case Eventually(inner):
                return f"(<> {text(inner)})"
            case Until(left, right):
                return f"({text(left)} U {text(right)})"
            case LeadsTo(left, right):
                return f"([] (!{text(left)} || <> {text(right)}))"
            case Each(quantifier, local, body):
                every = [self._text(body, {**values, local: v}) for v in elements(local.type)]
                if quantifier is Quantifier.FORALL:
                    return _joined(" && ", every, "true")
                return _joined(" || ", every, "false")
            case _:
                assert_never(formula)

    def _condition(self, expression: Expr, values: Mapping[Local, Value]) -> str:
        table = self._form.system.terms
        known: dict[Local, Expr] = {
            local: terms.literal(table, value, local.type) for local, value in values.items()
        }
        closed = substitute(expression, known, table)
        condition, fails = self._evaluator.condition(closed, self._scope)
        if fails is not self._form.views.scalars.false:
            what = "a condition in a claim about runs that may have no value"
            raise Refused(what, self._claim.property.site)
        return self._spell(condition)


def _variables(form: NormalForm) -> tuple[Variable, ...]:
    return form.system.variables


def _joined(word: str, parts: list[str], nothing: str) -> str:
    return f"({word.join(parts)})" if parts else nothing
