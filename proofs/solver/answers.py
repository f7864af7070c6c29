"""What a session of a solver answers: one of three, which never stand for one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from proofs.logic.evaluate import Constant
    from proofs.logic.instantiate import Structure
    from proofs.logic.terms import Term


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """There is no model; `core` holds the labels of assumptions that are enough for that."""

    core: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Satisfiable:
    """There is a model; `read` gives the value of a ground term in it."""

    structure: Structure

    def read(self, term: Term) -> Constant:
        """Return the value of a ground term."""
        return self.structure.value(term)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The solver gave up; `is_limit` tells that it was stopped at the limit."""

    reason: str
    is_limit: bool


Answer: TypeAlias = Unsatisfiable | Satisfiable | Unknown
