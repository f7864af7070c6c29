"""How many values satisfy a condition.

Over a finite type that is a sum. Over an open one it is no term of the logic, but its comparison
with a small constant is: at least two means that two different values satisfy the condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from checker.model.ir import Op
from proofs.encode.universe import Universe, Unsupported

if TYPE_CHECKING:
    from checker.model.types import Type
    from proofs.encode.values import Symbolic
    from proofs.logic.terms import Term

MAX_DISTINCT: Final = 4
"""Comparisons of an unknown number with constants above this are refused: they get long."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The number of values of a type that satisfy a condition."""

    of: Type
    has: Callable[[Symbolic], Term]

    def number(self, universe: Universe) -> Term:
        """Return the number as a term.

        Raises:
            Unsupported: the type is open.
        """
        logic = universe.logic
        values = universe.values(self.of, "counting")
        one, zero = logic.number(1), logic.number(0)
        return logic.sum(logic.ite(self.has(value), one, zero) for value in values)

    def compared(self, universe: Universe, op: Op, bound: int, *, is_left: bool) -> Term:
        """Return the comparison with a constant, which stands on the other side.

        Raises:
            Unsupported: the constant is too large.
        """
        logic = universe.logic
        match op:
            case _ if bound > MAX_DISTINCT:
                raise Unsupported(f"an unknown number is compared with {bound}")
            case Op.EQ:
                more = logic.negate(self._at_least(universe, bound + 1))
                return logic.both(self._at_least(universe, bound), more)
            case Op.LE if is_left:
                return logic.negate(self._at_least(universe, bound + 1))
            case Op.LT if is_left:
                return logic.negate(self._at_least(universe, bound))
            case Op.LE:
                return self._at_least(universe, bound)
            case Op.LT:
                return self._at_least(universe, bound + 1)
            case _:
                raise AssertionError(f"{op} is no comparison")

    def _at_least(self, universe: Universe, bound: int) -> Term:
        return universe.logic.true if bound <= 0 else self._others(universe, bound, ())

    def _others(self, universe: Universe, bound: int, found: tuple[Symbolic, ...]) -> Term:
        """Return that there are `bound` different values, some of which are given already."""
        logic = universe.logic
        if len(found) == bound:
            different = (
                logic.negate(universe.equal(self.of, a, b)) for a, b in combinations(found, 2)
            )
            return logic.both(*different, *(self.has(each) for each in found))
        return universe.some(self.of, lambda value: self._others(universe, bound, (*found, value)))
