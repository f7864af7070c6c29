"""The typed façade of Z3: assert, check, read.

A session is bounded by a number of
elementary steps of the solver (`rlimit`), which is the same in every run; wall-clock time decides
nothing here, and whoever fears a hang runs the session in a process that can be killed
(`proofs.solver.worker`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import z3

from proofs.logic.instantiate import Structure
from proofs.solver.answers import Satisfiable, Unknown, Unsatisfiable
from proofs.solver.translate import Translator

if TYPE_CHECKING:
    from proofs.logic.compiled import Table
    from proofs.logic.evaluate import Constant
    from proofs.logic.terms import Symbol, Term
    from proofs.solver.answers import Answer
    from proofs.solver.settings import Settings


class Session:
    """One context with one solver."""

    def __init__(self, settings: Settings, beside: Session | None = None) -> None:
        """Open a fresh context, or share that of another session and what it has translated."""
        self._settings = settings
        self._context: Any
        self._translator: Translator
        self._context = z3.Context() if beside is None else beside._context
        self._translator = Translator(self._context) if beside is None else beside._translator
        self._solver = z3.Solver(ctx=self._context)
        self._solver.set("random_seed", settings.seed)
        self._solver.set("rlimit", settings.limit)
        self._labels: dict[str, Any] = {}
        self.spent = 0

    def assume(self, formulas: Iterable[Term]) -> None:
        """Assert formulas."""
        for formula in formulas:
            self._solver.add(self._translator.term(formula))

    def label(self, label: str, formula: Term) -> None:
        """Assert a formula that holds only where its label is assumed by `check`."""
        if label not in self._labels:
            self._labels[label] = z3.Bool(f"label {len(self._labels)}", self._context)
        name = self._labels[label]
        self._solver.add(z3.Implies(name, self._translator.term(formula)))

    def another(self) -> Session:
        """Return a session of the same context that asserts nothing yet."""
        return Session(self._settings, self)

    def push(self) -> None:
        """Open a scope."""
        self._solver.push()

    def pop(self) -> None:
        """Forget what was asserted since `push`."""
        self._solver.pop()

    def check(self, labels: Sequence[str] = ()) -> Answer:
        """Look for a model of what is asserted, with these labels."""
        names = [self._labels[label] for label in labels]
        before = self._steps()
        found = self._solver.check(*names)
        self.spent += self._steps() - before
        if found == z3.unsat:
            core = {each.get_id() for each in self._solver.unsat_core()}
            pairs = zip(labels, names, strict=True)
            return Unsatisfiable(tuple(label for label, name in pairs if name.get_id() in core))
        if found == z3.sat:
            return Satisfiable(self._structure(self._solver.model()))
        reason = self._solver.reason_unknown()
        is_limit = "resource" in reason or "cancel" in reason or "rlimit" in reason
        return Unknown("the solver was stopped at its limit" if is_limit else reason, is_limit)

    def _steps(self) -> int:
        # The counter runs on over the life of a context.
        statistics = self._solver.statistics()
        return int(statistics.get_key_value("rlimit count")) if _has_count(statistics) else 0

    def _structure(self, model: Any) -> Structure:
        translator = self._translator

        def value(term: Term) -> Constant:
            found = model.eval(translator.term(term), model_completion=True)
            return translator.constant(found, term.sort)

        def table(symbol: Symbol) -> Table | Constant:
            return translator.interpretation(model, symbol)

        return Structure(table, value)


def _has_count(statistics: Any) -> bool:
    return "rlimit count" in statistics.keys()  # noqa: SIM118  # not a mapping
