"""What lets through only states that it has not seen: a table, and blocks of what has passed.

What is remembered of the states seen, and what of those that have passed, is said in `seen`.

The table grows between rounds of work, when no thread is in it. Each thread may add
`Worker.budget` states in a round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.explicit.native.memory import Area, Array, unpack
from checker.explicit.native.pieces import Held, Piece

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from checker.explicit.native.seen import Seen
    from checker.explicit.native.table import Run
    from checker.explicit.native.worker import Worker

BLOCK: Final = 1 << 16
"""New states that are gathered in one array."""


@dataclass(slots=True)
class _Block:
    """States that one thread has found."""

    array: Array
    filled: int = 0


class Sieve:
    """Finds new states, and gathers them.

    Attributes:
        words: of a state.
        judges: whether new states are inspected as soon as they have passed.
    """

    def __init__(self, words: int, seen: Seen) -> None:
        """Start with nothing gathered."""
        self.words = words
        self.seen = seen
        self.judges = True
        self._blocks: dict[int, list[_Block]] = {}
        self._spare: list[Array] = []
        self._seen_before = 0

    def admit(self, states: Array, run: Run) -> Array:
        """Take states from outside, for which there is room; return the rows of the new ones."""
        rows = self.seen.admit(states, run)
        self._seen_before = self.seen.count
        return rows

    # --- a round of work

    def count(self) -> None:
        """Take account of what the threads have put into the table."""
        found = sum(block.filled for blocks in self._blocks.values() for block in blocks)
        self.seen.count = self._seen_before + found

    def give_budgets(self, workers: Sequence[Worker], run: Run) -> None:
        """Divide the room in the table."""
        slack = sum(worker.room for worker in workers)
        for worker in workers:
            worker.budget = (self.seen.room - slack) // len(workers)
        self.seen.begin(workers, run)

    def work(self, worker: Worker, piece: Piece, *, shared: bool) -> int:
        """Expand a piece as far as the budget allows; return how many states of it."""
        rows = piece.rows()
        done, size = 0, piece.size
        while done < size and worker.budget > 0 and self.seen.may_go_on(worker):
            block = self._block(worker)
            before = (done, block.filled)
            done, block.filled, told, noted = self.seen.expand(
                worker,
                (worker.calls(judges=self.judges), rows, done, size),
                (
                    shared,
                    worker.buffers,
                    block.array,
                    block.filled,
                    worker.limits,
                    worker.notes,
                    worker.findings,
                ),
            )
            self._keep(worker.wrong, worker.notes[:told], rows)
            self._keep(worker.seen, worker.findings[:noted], block.array)
            worker.expanded += done - before[0]
            worker.new += block.filled - before[1]
            worker.budget -= block.filled - before[1]
        return done

    def _block(self, worker: Worker) -> _Block:
        """Return where the thread has room for a batch."""
        blocks, width = self._blocks.setdefault(id(worker), []), self.seen.width
        if not blocks or len(blocks[-1].array) // width - blocks[-1].filled < worker.room:
            size = max(BLOCK, 2 * width * worker.room)
            spare = self._spare.pop() if self._spare else None
            if spare is None or len(spare) < size:
                spare = Area(size).array
            blocks.append(_Block(spare))
        return blocks[-1]

    def _keep(self, into: list[tuple[int, int]], notes: NDArray[np.int64], rows: Array) -> None:
        if len(notes):
            width = self.seen.width
            noted = rows[: len(rows) // width * width].reshape(-1, width)[notes[:, 0]]
            states = unpack(self.seen.states(noted.reshape(-1)), self.words)
            into.extend(zip(states, notes[:, 1].tolist(), strict=True))

    # --- what has passed

    def drain(self) -> list[Piece]:
        """Return what has passed since the last time."""
        self.count()
        self._seen_before = self.seen.count
        pieces = [
            Piece(Held(self._trimmed(block), self.seen.width), 0, block.filled)
            for blocks in self._blocks.values()
            for block in blocks
            if block.filled
        ]
        self._blocks.clear()
        return pieces

    def recycle(self, pieces: Iterable[Piece]) -> None:
        """Take the memory of states that nobody looks at any more for new ones."""
        for piece in pieces:
            if isinstance(piece.source, Held) and len(piece.source.array) >= BLOCK:
                self._spare.append(piece.source.array)

    def forget(self) -> None:
        """Note that no state is remembered; nothing has passed that was not drained."""
        self._seen_before = 0

    def _trimmed(self, block: _Block) -> Array:
        """Return the array of a block, or a copy if most of it would be wasted."""
        words = block.filled * self.seen.width
        if words * 2 >= len(block.array):
            return block.array
        self._spare.append(block.array)
        return block.array[:words].copy()
