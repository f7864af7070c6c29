"""What a session of the solver may spend, and what must not matter for its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_LIMIT: Final = 5_000_000
"""Elementary steps for one question; a million is about half a second."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A limit that is the same in every run, and the seed of the solver's choices."""

    limit: int = DEFAULT_LIMIT
    seed: int = 0
