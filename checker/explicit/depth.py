"""Room on Python's stack for systems that nest deeper than people write.

Generated code calls one function per so many levels of nesting, and the interpreter one or two per
level. Calls from Python to Python take no room on the machine's stack, so the limit that guards
it may be raised as far as a system needs.
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
    """Allow calls to nest as deep as the expressions and effects of the system do."""
    before = sys.getrecursionlimit()
    needed = SLACK + CALLS_PER_LEVEL * height(system)
    sys.setrecursionlimit(max(before, needed))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


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
