"""Room for systems that are larger than people write.

Generated code calls one function per so many levels of nesting, and the interpreter one or two per
level. Calls from Python to Python take no room on the machine's stack, so the limit that guards
it may be raised as far as a system needs. The masks of a wide state are written into the code as
numbers with more digits than Python converts unasked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from checker.explicit.python.shape import Shapes

if TYPE_CHECKING:
    from checker.model.system import System

CALLS_PER_LEVEL: Final = 12
"""More than any of our recursive functions needs."""

SLACK: Final = 1_000


@contextmanager
def room_for(system: System) -> Iterator[None]:
    """Allow calls to nest as deep as the system does, and numbers to be as long as its states."""
    depth, digits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    sys.setrecursionlimit(max(depth, SLACK + CALLS_PER_LEVEL * height(system)))
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        sys.set_int_max_str_digits(digits)


def height(system: System) -> int:
    """Return how deep anything in the system nests."""
    shapes = Shapes()
    shapes.effect(system.init)
    for action in system.actions:
        shapes.term(action.guard)
        shapes.effect(action.body)
    for each in system.properties:
        for conjunct in each.conjuncts:
            shapes.term(conjunct.expression)
    for assumption in system.assumptions:
        shapes.term(assumption.expression)
    if system.terminal is not None:
        shapes.term(system.terminal)
    return shapes.greatest_height()
