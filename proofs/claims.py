"""Everything that must be proved of a system: invariants and steps, responses, refinements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs.obligation import obligations
from proofs.refinement import refinements
from proofs.response import responses

if TYPE_CHECKING:
    from proofs.encode.model import Model
    from proofs.obligation import Obligation, Refused


def all_obligations(model: Model) -> tuple[tuple[Obligation, ...], tuple[Refused, ...]]:
    """Return what must be proved, and what cannot be stated."""
    parts = [obligations(model), responses(model), refinements(model)]
    stated = tuple(each for found, _ in parts for each in found)
    return stated, tuple(each for _, refused in parts for each in refused)
