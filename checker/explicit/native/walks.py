"""Random steps, taken by walkers who go at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.native.cells import SPARE
from checker.explicit.native.kernels.walk import walk

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array
    from checker.explicit.native.worker import Worker

WALKERS: Final = 256
STEPS: Final = 1_024
APART: Final = 32
"""Of so many steps one is told: those next to each other tell little."""

SEED: Final = 42


def random_steps(worker: Worker, initial: Array) -> tuple[Array, Array]:
    """Return states before and after random steps, a row of words each.

    What the worker counts and marks on the way is wrong.

    Args:
        initial: the words of at least one state.
    """
    words = worker.words
    places = np.zeros(WALKERS * words + SPARE, np.uint64)
    chosen = np.arange(WALKERS) % (len(initial) // words)
    places[: WALKERS * words] = initial.reshape(-1, words)[chosen].reshape(-1)
    before, after = (np.zeros(STEPS // APART * WALKERS * words, np.uint64) for _ in range(2))
    walk(
        worker.calls(judges=False),
        places,
        STEPS,
        APART,
        words,
        initial,
        worker.buffers,
        worker.limits,
        np.array([SEED], np.uint64),
        before,
        after,
    )
    return before.reshape(-1, words), after.reshape(-1, words)
