"""What one thread of the search works with: room for what it finds, and what it has to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.native import kernels
from checker.explicit.native.cells import SPARE
from checker.explicit.native.forks import SCRATCH_WORDS
from checker.explicit.native.memory import zeros

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.native.compiler import Compiled
    from checker.explicit.native.memory import Array
    from checker.explicit.native.module import Module

BATCH_ROOM: Final = 16_384
"""Words of successors that one batch may have, besides those of its last state."""


@dataclass(slots=True)
class Worker:
    """The buffers of one thread.

    Attributes:
        calls: addresses of the system's functions and of what they write to.
        limits: successors at which no state is expanded any more, successors that there is room
            for.
        wrong: states expanded about which there is something to say, with their flags; `seen`
            likewise states found.
        expanded: states expanded in this level; `new` likewise states found.
        budget: states that may still be found before the table has to grow.
    """

    words: int
    compiled: Compiled
    wanted: NDArray[np.int64]
    buffers: tuple[Array, Array, NDArray[np.uint8], NDArray[np.int64]]
    counters: NDArray[np.int64]
    marks: Array
    scratch: Array
    room: int
    most: int
    notes: NDArray[np.int64]
    findings: NDArray[np.int64]
    wrong: list[tuple[int, int]] = field(default_factory=list)
    seen: list[tuple[int, int]] = field(default_factory=list)
    expanded: int = 0
    new: int = 0
    budget: int = 0

    @property
    def calls(self) -> tuple[int, ...]:
        """The addresses that kernels are given."""
        return (
            self.compiled.expand,
            self.compiled.inspect,
            self.counters.ctypes.data,
            self.marks.ctypes.data,
            self.scratch.ctypes.data,
            self.wanted.ctypes.data,
        )

    @property
    def limits(self) -> tuple[int, int, int]:
        """The limits that kernels are given."""
        return (self.room - self.most, self.room, self.budget)


def make_worker(
    module: Module, compiled: Compiled, actions: int, wanted: NDArray[np.int64]
) -> Worker:
    """Provide room for one thread."""
    room = module.most + max(512, BATCH_ROOM // module.words)
    return Worker(
        words=module.words,
        compiled=compiled,
        wanted=wanted,
        buffers=(
            zeros((room + 1) * module.words + SPARE),
            zeros(room),
            np.zeros(kernels.BATCH, np.uint8),
            np.zeros(2, np.int64),
        ),
        counters=np.zeros(max(1, actions), np.int64),
        marks=np.zeros(max(1, module.mark_words), np.uint64),
        scratch=zeros(SCRATCH_WORDS, reserved=True),
        room=room,
        most=module.most,
        notes=np.zeros((2 * kernels.BATCH, 2), np.int64),
        findings=np.zeros((room + kernels.BATCH, 2), np.int64),
    )
