"""Hypothesis strategies for systems, and the same systems from a plain seed."""

from __future__ import annotations

from random import Random

from hypothesis import note
from hypothesis import strategies as st

from checker.model.system import System
from tests.support.random_systems import random_system
from tests.support.show import show_system


@st.composite
def systems(draw: st.DrawFn, *, budget: int | None = None) -> System:
    """Small random systems, written out when a test fails for one."""
    system = random_system(lambda count: draw(st.integers(0, count - 1)), budget=budget)
    note(show_system(system))
    return system


def seeded_system(seed: int, *, budget: int | None = None) -> System:
    """Return the system of a seed, the same everywhere."""
    return random_system(Random(seed).randrange, budget=budget)
