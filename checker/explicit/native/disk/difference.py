"""What of many keys is new: sorted range by range, and compared with sorted runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from checker.explicit.native.disk.runs import FENCE
from checker.explicit.native.kernels import runs as kernels

if TYPE_CHECKING:
    from checker.explicit.native.disk.runs import Run
    from checker.explicit.native.memory import Array
    from checker.explicit.native.table import Run as RunTasks


def new_keys(
    found: Sequence[Run], known: Sequence[Run], room: int, run: RunTasks
) -> Iterator[Array]:
    """Yield, ascending, each key once that is in some run found and in none known.

    Args:
        room: keys to have in memory at a time, about.
        run: carries out tasks, several at a time.
    """
    for together in _batched(_ranges(found, room // TOGETHER)):
        results: list[Array] = [np.empty(0, np.uint64)] * len(together)

        def task(at: int, within: _Range, into: list[Array] = results) -> None:
            into[at] = _new(gathered(found, within), known)

        run([partial(task, at, within) for at, within in enumerate(together)])
        for keys in results:
            if len(keys):
                yield keys


def _new(repeated: Array, known: Sequence[Run]) -> Array:
    keys = repeated[: kernels.unique(repeated)]
    marks = np.zeros(len(keys), np.uint8)
    for run in known:
        low = 0
        for part in run.around(keys):
            low = kernels.mark_known(keys, marks, low, part)
    return keys[: kernels.drop_marked(keys, marks)]


def merged(runs: Sequence[Run], room: int) -> Iterator[Array]:
    """Yield all keys of some runs, ascending."""
    for within in _ranges(runs, room):
        yield gathered(runs, within)


# --- ranges ---------------------------------------------------------------------------------------

TOGETHER: Final = 2
"""Ranges that are looked at at the same time."""

_Range: TypeAlias = "tuple[int, int | None]"
"""Keys from the first on and before the second."""


def gathered(runs: Sequence[Run], within: _Range) -> Array:
    """Return the keys of a range, sorted."""
    keys = np.concatenate([run.between(*within) for run in runs])
    keys.sort()
    return keys


def _ranges(runs: Sequence[Run], room: int) -> Iterator[_Range]:
    """Yield ranges that have about so many keys each."""
    if not any(run.size for run in runs):
        return
    fences = np.concatenate([run.fences for run in runs])
    fences.sort()
    bounds = [int(key) for key in np.unique(fences[:: max(1, room // FENCE)])[1:].tolist()]
    yield from pairwise([0, *bounds])
    yield (bounds[-1] if bounds else 0), None


def _batched(ranges: Iterator[_Range]) -> Iterator[list[_Range]]:
    while together := list(islice(ranges, TOGETHER)):
        yield together
