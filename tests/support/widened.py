"""States of many words, made of those of any system."""

from __future__ import annotations

from dataclasses import replace

from checker.model.ir import Role, Variable
from checker.model.system import System
from checker.model.types import IntType
from grammar.source import NOWHERE

PADDING = (1, 2, 3, 5, 8, 13, 21, 40, 61, 62, 70)
"""Widths of variables that do nothing but push the others across the borders of words."""


def widened(system: System) -> System:
    """Return the system with states of many words, in which every variable lies elsewhere."""
    padding = tuple(
        Variable(f"pad{bits}", IntType(0, (1 << bits) - 1), Role.SHARED, None, NOWHERE)
        for bits in PADDING
    )
    return replace(system, variables=(*system.variables, *padding))
