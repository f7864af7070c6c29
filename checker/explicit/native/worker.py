"""What one thread of the search works with: room for what it finds, and what it has to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from checker.explicit.native.cells import SPARE
from checker.explicit.native.forks import SCRATCH_WORDS
from checker.explicit.native.kernels.table import BATCH, RECENT
from checker.explicit.native.memory import Area

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.native.compiler import Compiled
    from checker.explicit.native.memory import Array
    from checker.explicit.native.module import Module

BATCH_ROOM: Final = 16_384
"""Words of successors that one batch may have, besides those of its last state."""


Numbers: TypeAlias = "NDArray[np.int64]"
Buffers: TypeAlias = (
    "tuple[Array, Array, Numbers, Numbers, Numbers, NDArray[np.uint8], Numbers, Numbers]"
)
Room: TypeAlias = "tuple[Array, Array, Array, Array, Array, Array, Array]"


@dataclass(slots=True)
class Worker:
    """The buffers of one thread.

    Attributes:
        buffers: see `kernels.expand`.
        folding: see `folder.Folder.for_worker`; empty until there is a folder.
        cursor: numbers that may be given to halves, from the first to the second.
        limits: successors at which no state is expanded any more, successors that there is room
            for.
        wrong: states expanded about which there is something to say, with their flags; `seen`
            likewise states found.
        expanded: states expanded in this level; `new` likewise states found.
        budget: states that may still be found before the table has to grow.
    """

    words: int
    compiled: Compiled
    wanted: Numbers
    buffers: Buffers
    folding: Room | tuple[()]
    cursor: Numbers
    counters: Numbers
    marks: Array
    scratch: Area
    room: int
    most: int
    notes: Numbers
    findings: Numbers
    wrong: list[tuple[int, int]] = field(default_factory=list)
    seen: list[tuple[int, int]] = field(default_factory=list)
    expanded: int = 0
    new: int = 0
    budget: int = 0

    def calls(self, *, judges: bool) -> tuple[int, ...]:
        """Return the addresses that kernels are given; see `kernels.expand`."""
        return (
            self.compiled.expand,
            self.compiled.inspect if judges else 0,
            self.counters.ctypes.data,
            self.marks.ctypes.data,
            self.scratch.array.ctypes.data,
            self.wanted.ctypes.data,
        )

    def make_room_to_fold(self, half_words: int) -> None:
        """Provide room for halves of so many words."""
        both = 2 * half_words
        self.folding = (
            np.zeros(BATCH * self.words + SPARE, np.uint64),
            np.zeros(BATCH * both, np.uint64),
            np.zeros(2 * self.room, np.uint64),
            np.zeros(self.room * both, np.uint64),
            np.zeros(4 * self.room + SPARE, np.uint64),
            np.zeros(self.room * self.words + SPARE, np.uint64),
            np.zeros(RECENT, np.uint64),
        )

    @property
    def limits(self) -> tuple[int, int, int]:
        """The limits that kernels are given."""
        return (self.room - self.most, self.room, self.budget)


def make_worker(module: Module, compiled: Compiled, actions: int, wanted: Numbers) -> Worker:
    """Provide room for one thread."""
    words = module.words
    room = module.most + max(512, BATCH_ROOM // words)
    return Worker(
        words=words,
        compiled=compiled,
        wanted=wanted,
        buffers=(
            np.zeros((room + 1) * words + SPARE, np.uint64),
            np.zeros(room, np.uint64),
            np.zeros(room, np.int64),
            np.zeros(room, np.int64),
            np.zeros(room, np.int64),
            np.zeros(BATCH, np.uint8),
            np.zeros(2, np.int64),
            np.zeros(BATCH, np.int64),
        ),
        folding=(),
        cursor=np.zeros(2, np.int64),
        counters=np.zeros(max(1, actions), np.int64),
        marks=np.zeros(max(1, module.mark_words), np.uint64),
        scratch=Area(SCRATCH_WORDS, reserved=True),
        room=room,
        most=module.most,
        notes=np.zeros((2 * BATCH, 2), np.int64),
        findings=np.zeros((room + BATCH, 2), np.int64),
    )
