"""Property-directed reachability at one size, without any lemma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs.solver.horn import Transitions, solve

if TYPE_CHECKING:
    from proofs.finite import Finite
    from proofs.solver.horn import HornAnswer
    from proofs.solver.settings import Settings


def reach(finite: Finite, settings: Settings) -> HornAnswer:
    """Look for an invariant that excludes every fault."""
    typing = finite.at(finite.typing, 0)
    both = finite.logic.both
    system = Transitions(
        state=[finite.at(cell, 0) for cell in finite.constants],
        after=[finite.at(cell, 1) for cell in finite.constants],
        start=both(finite.start(), typing),
        steps=[both(typing, way) for way in finite.ways(0)],
        wrong=[both(typing, finite.at(each.formula, 0)) for each in finite.faults],
    )
    return solve(system, settings)
