"""The typed façade of Z3: assert, check, read.

A session is bounded by a number of
elementary steps of the solver (`rlimit`), which is the same in every run; wall-clock time decides
nothing here, and whoever fears a hang runs the session in a process that can be killed
(`proofs.solver.worker`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import process_time
from typing import TYPE_CHECKING, Any

import z3

from proofs.logic.instantiate import Structure
from proofs.logic.terms import BOOL
from proofs.solver.answers import Satisfiable, Unknown, Unsatisfiable
from proofs.solver.settings import Meter, Reading
from proofs.solver.translate import Translator

if TYPE_CHECKING:
    from proofs.logic.terms import Term
    from proofs.solver.answers import Answer
    from proofs.solver.settings import Settings


class Session:
    """One context with one solver."""

    def __init__(
        self, settings: Settings, beside: Session | None = None, meter: Meter | None = None
    ) -> None:
        """Open a fresh context, or share that of another session and what it has translated."""
        self._settings = settings
        self._meter = Meter() if meter is None else meter
        self._context: Any
        self._translator: Translator
        self._context = z3.Context() if beside is None else beside._context
        self._translator = Translator(self._context) if beside is None else beside._translator
        # The other solver of Z3 begins with tactics, which cost more than these small questions.
        self._solver = z3.SimpleSolver(ctx=self._context)
        self._solver.set("random_seed", settings.seed)
        self._solver.set("rlimit", settings.limit)
        self._labels: dict[str, Any] = {}
        self.spent = 0

    def assume(self, formulas: Iterable[Term]) -> None:
        """Assert formulas."""
        for formula in formulas:
            self._assert(self._translator.term(formula))

    def label(self, label: str, formula: Term) -> None:
        """Assert a formula that holds only where its label is assumed by `check`."""
        name = self._labels.get(label)
        if name is None:
            made = self._translator.constant(f"label {len(self._labels)}", BOOL)
            name = self._labels[label] = self._translator.kept(made)
        term = self._translator.term(formula)
        self._assert(self._translator.kept(z3.Z3_mk_implies(self._context.ref(), name, term)))

    def _assert(self, formula: Any) -> None:
        z3.Z3_solver_assert(self._context.ref(), self._solver.solver, formula)

    def another(self) -> Session:
        """Return a session of the same context that asserts nothing yet."""
        return Session(self._settings, self, self._meter)

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
        found = self._asked(names)
        self.spent += self._steps() - before
        if found == z3.unsat:
            return Unsatisfiable(self._core(labels, names))
        if found == z3.sat:
            return Satisfiable(self._structure(self._solver.model()))
        reason = self._solver.reason_unknown()
        is_limit = "resource" in reason or "cancel" in reason or "rlimit" in reason
        return Unknown("the solver was stopped at its limit" if is_limit else reason, is_limit)

    def _asked(self, names: Sequence[Any]) -> Any:
        assumed = (z3.Ast * len(names))(*names)
        start = process_time()
        found = z3.Z3_solver_check_assumptions(
            self._context.ref(), self._solver.solver, len(names), assumed
        )
        self._meter.add(Reading(1, process_time() - start))
        return z3.CheckSatResult(found)

    def _core(self, labels: Sequence[str], names: Sequence[Any]) -> tuple[str, ...]:
        core = {each.as_ast().value for each in self._solver.unsat_core()}
        pairs = zip(labels, names, strict=True)
        return tuple(label for label, name in pairs if name.value in core)

    def _steps(self) -> int:
        # The counter runs on over the life of a context.
        statistics = self._solver.statistics()
        context, found = self._context.ref(), statistics.stats
        for index in range(z3.Z3_stats_size(context, found)):
            if z3.Z3_stats_get_key(context, found, index) == "rlimit count":
                return int(z3.Z3_stats_get_uint_value(context, found, index))
        return 0

    def _structure(self, model: Any) -> Structure:
        translator = self._translator
        return Structure(
            lambda symbol: translator.interpretation(model, symbol),
            lambda term: translator.value(model, term),
        )
