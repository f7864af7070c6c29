"""The one door to cvc5, which is an extra: another solver's opinion on the same formulas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from proofs.logic.smtlib import script
from proofs.solver.answers import Unknown, Unsatisfiable

if TYPE_CHECKING:
    from proofs.logic.terms import Term

CONTRADICTS: Final = "cvc5 finds a model"
"""The reason where two solvers say the opposite of each other."""

LIMIT: Final = 200_000
"""Elementary steps of cvc5 for one question."""


def check(formulas: Iterable[Term], limit: int = LIMIT) -> Unsatisfiable | Unknown:
    """Ask cvc5 whether formulas have a model; that they have one is told as unknown.

    Raises:
        ImportError: cvc5 is not installed.
    """
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("rlimit-per", str(limit))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script(formulas), "query")
    symbols = parser.getSymbolManager()
    said = ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        said = str(command.invoke(solver, symbols)).strip() or said
    if said == "unsat":
        return Unsatisfiable(())
    if said == "sat":
        return Unknown(CONTRADICTS, is_limit=False)
    return Unknown(f"cvc5 says {said or 'nothing'}", is_limit=said == "unknown")
