"""Lemmas that nobody wrote, from the states that are reachable at small sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from checker.cli.classifying import Spaces
from proofs.houdini import Guesses, infer
from proofs.prove import Options, Report, prove
from proofs.solver.worker import Done, run_all

if TYPE_CHECKING:
    from checker.model.system import System
    from proofs.prove import LoadAt

PATIENCE: Final = 600.0
SIZES: Final = (2, 3)


def inferred_proof(
    report: Report, load_at: LoadAt, options: Options
) -> tuple[Report, tuple[str, ...]] | None:
    """Return a proof with inferred lemmas, and these as text; None if there is none.

    Claims about runs and refinements may be left over in it.
    """
    system = report.system
    spaces = Spaces(load_at, [sort.name for sort in system.sorts])
    sizes = SIZES if system.sorts else SIZES[:1]
    known = [space for space in map(spaces.at, sizes) if space is not None]
    if not known:
        return None
    (outcome,) = run_all(1, lambda _: infer(system, known, options.settings), patience=PATIENCE)
    if not isinstance(outcome, Done) or outcome.result is None:
        return None
    guesses: Guesses = outcome.result

    def larger(sizes: Mapping[str, int]) -> System | None:
        # The names of a lemma's elements stand for different ones.
        found = load_at(sizes)
        return None if found is None else guesses.in_system(found)

    better = prove(guesses.in_system(system), larger, options)
    return (better, guesses.texts(system)) if better.is_safe else None
