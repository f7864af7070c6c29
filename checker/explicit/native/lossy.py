"""Remembering less of a state than it is, on request: fingerprints, and single bits.

Then a state may be taken for another one that was seen, and is lost with all that only follows it.
So nothing found is *bounded* at best, and how many states are probably missing is said. Levels are
made of the states themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from math import exp
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from checker.explicit.native.kernels import lossy as kernels
from checker.explicit.native.memory import Area
from checker.explicit.native.table import LOAD, Table, capacity
from checker.model.verdict import Limit

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array
    from checker.explicit.native.table import Run
    from checker.explicit.native.worker import Worker

StoreName: TypeAlias = Literal["exact", "fingerprint64", "fingerprint128", "bitstate"]

FIRST_PAIRS: Final = 1 << 16
PAIR_GROWTH: Final = 2
BITSTATE_BYTES: Final = 512 << 20
"""The size of the array of bits where memory is not limited."""

BITSTATE_SHARE: Final = 0.7
"""The part of memory for it where memory is limited."""


class _Hashed(ABC):
    """What all ways have in common: a row is a state, and nothing is handed out."""

    def __init__(self, words: int, way: int) -> None:
        """Start empty; `way` is that of `kernels.lossy`."""
        self.width = words
        self._way = way
        self.count = 0

    @property
    @abstractmethod
    def array(self) -> Array:
        """The table, for kernels."""

    @property
    def nbytes(self) -> int:
        """The memory in use."""
        return int(self.array.nbytes)

    def admit(self, states: Array, run: Run) -> Array:
        """Remember states one by one; return those that are new."""
        del run
        count = len(states) // self.width
        keys, fresh = np.empty(count, np.uint64), np.empty(count, np.int64)
        slots, late = np.empty(count, np.int64), np.empty(count, np.int64)
        new = kernels.put_hashed(
            self.array, states, count, self.width, self._way, keys, slots, late, fresh, False
        )
        self.count += new
        return states.reshape(-1, self.width)[fresh[:new]].reshape(-1)

    def states(self, rows: Array) -> Array:
        """Return the rows."""
        return rows

    def begin(self, workers: Sequence[Worker], run: Run) -> None:
        """Do nothing."""
        del workers, run

    def may_go_on(self, worker: Worker) -> bool:
        """Tell that nothing but room in the table is needed."""
        del worker
        return True

    def expand(
        self, worker: Worker, before: Sequence[Any], after: Sequence[Any]
    ) -> tuple[int, int, int, int]:
        """Expand states as they are."""
        told: tuple[int, int, int, int] = kernels.expand_hashed(
            *before, self.array, *after, self.width, self._way
        )
        return told


class Fingerprints(_Hashed):
    """63 bits of a hash of each state."""

    bits = 63

    def __init__(self, words: int) -> None:
        """Start empty."""
        self._table = Table()
        super().__init__(words, 0)

    @property
    def array(self) -> Array:
        """The table, for kernels."""
        return self._table.array

    @property
    def room(self) -> int:
        """How many more states fit."""
        return capacity(len(self.array)) - self.count

    def growth(self, states: int) -> list[tuple[int, int, Callable[[Run], None]]]:
        """Return ways to make the table larger."""
        return self._table.growth(states)

    def loss(self, distinct: int) -> Limit:
        """Return what may be missing."""
        return _limit(f"fingerprints of {self.bits} bits", distinct**2 / 2.0 ** (self.bits + 1))


class PairFingerprints(_Hashed):
    """127 bits of two hashes of each state."""

    bits = 127

    def __init__(self, words: int) -> None:
        """Start empty."""
        self._area = Area(2 * FIRST_PAIRS)
        super().__init__(words, 1)

    @property
    def array(self) -> Array:
        """The table, for kernels."""
        return self._area.array

    @property
    def room(self) -> int:
        """How many more states fit."""
        return int(LOAD * len(self.array)) // 2 - self.count

    def growth(self, states: int) -> list[tuple[int, int, Callable[[Run], None]]]:
        """Return the way to a larger table, which for a time is there beside this one."""
        words = len(self.array)
        while LOAD * words < 2 * states:
            words *= PAIR_GROWTH
        return [(int(LOAD * words) // 2, 8 * words, partial(self._grow, words))]

    def _grow(self, words: int, run: Run) -> None:
        del run
        old, self._area = self._area, Area(words)
        kernels.move_pairs(old.array, self.array)

    def loss(self, distinct: int) -> Limit:
        """Return what may be missing."""
        return _limit(f"fingerprints of {self.bits} bits", distinct**2 / 2.0 ** (self.bits + 1))


class Bits(_Hashed):
    """A few bits for each state, in an array that does not grow."""

    def __init__(self, words: int, nbytes: int) -> None:
        """Start with an array of about so many bytes, all zero."""
        self._area = Area(max(1 << 13, nbytes // 64 * 8))
        super().__init__(words, 2)

    @property
    def array(self) -> Array:
        """The bits, for kernels."""
        return self._area.array

    @property
    def room(self) -> int:
        """There is always room, but ever less that it is good for."""
        return 1 << 40

    def growth(self, states: int) -> list[tuple[int, int, Callable[[Run], None]]]:
        """Return no way: it is never needed."""
        del states
        return []

    def loss(self, distinct: int) -> Limit:
        """Return what may be missing: a new state is lost if its bits happen to be set."""
        size = 64 * len(self.array)
        step = max(1, distinct // 1_000)
        lost = 0.0
        for count in range(0, distinct, step):
            overlooked = (1 - exp(-kernels.BITS * count / size)) ** kernels.BITS
            lost += step * overlooked / (1 - overlooked) if overlooked < 1 else step
        return _limit(f"bitstate with {size:,} bits", lost)


Lossy: TypeAlias = Fingerprints | PairFingerprints | Bits


def lossy_store(name: StoreName, words: int, allowed: int | None) -> Lossy | None:
    """Return what remembers states in the way of the given name, None for exactly.

    Args:
        allowed: bytes of memory, None for no limit.
    """
    match name:
        case "exact":
            return None
        case "fingerprint64":
            return Fingerprints(words)
        case "fingerprint128":
            return PairFingerprints(words)
        case "bitstate":
            nbytes = BITSTATE_BYTES if allowed is None else int(BITSTATE_SHARE * allowed)
            return Bits(words, nbytes)


def _limit(what: str, lost: float) -> Limit:
    left = f"states taken for others (expected: {lost:.2g}), and what only follows them"
    return Limit(what, left, is_bound=True)
