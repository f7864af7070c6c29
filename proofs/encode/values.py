"""Values of the typed system as the logic sees them: trees of terms.

The logic knows truth values, integers and elements of sorts. Everything else is taken apart: an
option into whether it is something and what it is, a record into its fields, a map into a function
of its key, a set into a condition on its elements. Maps and sets are Python functions, so that an
update at one point is a function that asks whether this is the point, and no term is made before
somebody reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from checker.model.types import Type
    from proofs.logic.terms import Term


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A truth value, an integer, or an element of an enum or sort."""

    term: Term


@dataclass(frozen=True, slots=True, eq=False)
class Maybe:
    """An option; what `value` is does not matter where `is_some` is false."""

    is_some: Term
    value: Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A record or tuple."""

    parts: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A map."""

    key: Type
    at: Callable[[Symbolic], Symbolic]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """A set; `has` is false of whatever is no value of `element`."""

    element: Type
    has: Callable[[Symbolic], Term]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A sequence: items from `length` on do not matter, and there may be fewer than its bound."""

    length: Term
    items: tuple[Symbolic, ...]


Symbolic: TypeAlias = Scalar | Maybe | Parts | Table | Members | Row


def scalar(value: Symbolic) -> Term:
    """Return the term of a value without parts."""
    assert isinstance(value, Scalar), f"not a scalar: {type(value)}"
    return value.term
