"""Who notices a mutant of a specification that is proved; data, for those who only tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.analysis.mutants import Mutant


class Noticed(Enum):
    """Who notices a mutant."""

    SAFETY = "safety"
    PROGRESS = "progress"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProofMutant:
    """A mutant and who notices it; `by` names the obligation or the claim."""

    name: str
    mutant: Mutant
    noticed: Noticed
    by: str
