"""Property-directed reachability at one size, without any lemma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs.solver.answers import Unsatisfiable
from proofs.solver.horn import NoAnswer, Reached, Transitions, solve
from proofs.solver.session import Session

if TYPE_CHECKING:
    from proofs.finite import Finite
    from proofs.solver.horn import HornAnswer
    from proofs.solver.settings import Settings


def reach(finite: Finite, settings: Settings) -> HornAnswer:
    """Look for an invariant that excludes every fault."""
    typing = finite.at(finite.typing, 0)
    session = Session(settings)
    session.assume([finite.start(), typing])
    if isinstance(session.check(), Unsatisfiable):
        return NoAnswer("there is no initial state")
    for fault in finite.faults_at_start:
        session.push()
        session.assume([finite.at(fault.formula, 0)])
        if not isinstance(session.check(), Unsatisfiable):
            return Reached()
        session.pop()
    both = finite.logic.both
    system = Transitions(
        state=[finite.at(cell, 0) for cell in finite.constants],
        after=[finite.at(cell, 1) for cell in finite.constants],
        start=both(finite.start(), typing),
        steps=[both(typing, way) for way in finite.ways(0)],
        wrong=[both(typing, finite.at(each.formula, 0)) for each in finite.faults],
    )
    return solve(system, settings)
