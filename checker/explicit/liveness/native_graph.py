"""The state graph by native code: for spaces that Python could not hold.

Nodes are numbered in the order in which they are found and expanded in that order, so that the
edges of each stand side by side as they are written. Address space for all that could ever be found
is reserved; memory is taken as it is filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from checker.explicit.layout import Layout
from checker.explicit.liveness.graph import Goes, NoValueError, Numbers, StateGraph, StoppedError
from checker.explicit.liveness.widened import Widened, label_of, labelled
from checker.explicit.native.assembly import WORD, words
from checker.explicit.native.cells import SPARE
from checker.explicit.native.compiler import compile_module
from checker.explicit.native.kernels import graph as kernels
from checker.explicit.native.kernels.table import BATCH
from checker.explicit.native.memory import pack, reserve
from checker.explicit.native.module import write_module
from checker.explicit.native.numbering import Numbering
from checker.explicit.native.steps import FAILED, OVERFLOW
from checker.explicit.native.values import Unsupported
from checker.explicit.native.worker import make_worker
from checker.explicit.python.exact import Exact
from checker.model.coverage_points import coverage_points

if TYPE_CHECKING:
    from checker.explicit.native.memory import Array
    from checker.explicit.native.worker import Worker
    from checker.model.system import System

ROUND: Final = 1 << 16
"""States expanded between two looks at whether to go on."""


def native_graph(system: System, goes: Goes = lambda _done, _known: True) -> StateGraph:
    """Build the graph.

    Raises:
        StoppedError: `goes` said so.
        Unsupported: something in the system is beyond native code.
    """
    return _Builder(system).build(goes)


class _Shape(NamedTuple):
    """How successors carry something along.

    Attributes:
        words: of a state; `wide` those of a successor, `upper` those of what it carries.
        shift: bits below that, if all is one word, else 0.
    """

    words: int
    wide: int
    upper: int
    shift: int

    @property
    def offset(self) -> int:
        """The first bit of what is carried."""
        return self.shift or WORD * self.words


def _shape(layout: Layout, widened: Widened) -> _Shape:
    if layout.bits + widened.bits < WORD and layout.bits > 0:
        return _Shape(1, 1, 1, layout.bits)
    lower = words(layout.bits)
    # As everywhere, one bit more than there is something in it; see `native.unit`.
    wide = words(WORD * lower + widened.bits + 1)
    return _Shape(lower, wide, wide - lower, 0)


class _Code:
    """A widened system, compiled."""

    def __init__(self, layout: Layout, widened: Widened) -> None:
        self.shape = _shape(layout, widened)
        wide = widened.layout(layout, self.shape.offset)
        points = coverage_points(widened.system)
        module = write_module(widened.system, wide, points)
        assert module.words == self.shape.wide
        self.compiled = compile_module(module.text)
        actions = len(widened.system.actions)
        self.worker: Worker = make_worker(module, self.compiled, actions, np.zeros(1, np.int64))
        self.before: Array = np.zeros(BATCH * module.words + SPARE, np.uint64)
        room = self.worker.room
        self.upper: Array = np.zeros(room * self.shape.upper + SPARE, np.uint64)
        self.hashes: Array = np.zeros(room, np.uint64)

    @property
    def calls(self) -> tuple[int, ...]:
        """The addresses that kernels are given."""
        return self.worker.calls(judges=False)


@dataclass(frozen=True, slots=True)
class NativeStates:
    """States as words."""

    system: System
    layout: Layout
    found: Numbering

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.found)

    def packed(self, node: int) -> int:
        """Return the state of a node."""
        return self.found.unpacked(node, node + 1)[0]

    def evaluated(self, widened: Widened) -> tuple[Numbers, list[int]]:
        """Evaluate expressions in every state."""
        code = _Code(self.layout, widened)
        words_, wide, size, shift = code.shape
        results = Numbering(size)
        places = np.zeros(len(self), np.int32)
        failing = np.zeros(len(self), np.bool_)
        low = 0
        while low < len(self):
            results.make_room(BATCH)
            low, results.count = kernels.carried(
                code.calls,
                self.found.things,
                low,
                len(self),
                (words_, wide, size, shift),
                results.things,
                results.table,
                results.count,
                places,
                failing,
                (code.before, code.upper, code.worker.buffers, code.worker.limits),
            )
        if failing.any():
            raise NoValueError(np.flatnonzero(failing).tolist())
        return places.astype(np.int64), results.unpacked(0, len(results))


class _Builder:
    def __init__(self, system: System) -> None:
        self.system = system
        self.layout = Layout(system)
        self.code = _Code(self.layout, labelled(system))
        if self.code.shape.upper > 1:
            raise Unsupported("the labels of steps are longer than a word")
        self.states = Numbering(self.code.shape.words)
        self.names = Numbering(1)
        self.starts = reserve().array.view(np.int64)
        self.targets = reserve().array.view(np.int32)
        self.labels = reserve().array.view(np.int32)

    def build(self, goes: Goes) -> StateGraph:
        starts, _ = Exact(self.system, self.layout).initial()
        self.states.add(pack(starts, self.states.words))
        initial, edges, low = len(self.states), 0, 0
        while low < len(self.states):
            if not goes(low, len(self.states)):
                raise StoppedError
            low, edges = self.round(low, edges)
        nodes = len(self.states)
        self.states.close()
        return StateGraph(
            system=self.system,
            layout=self.layout,
            states=NativeStates(self.system, self.layout, self.states),
            initial=initial,
            starts=self.starts[: nodes + 1],
            targets=self.targets[:edges],
            labels=self.labels[:edges],
            names=tuple(
                label_of(self.system, bits) for bits in self.names.unpacked(0, len(self.names))
            ),
        )

    def round(self, low: int, edges: int) -> tuple[int, int]:
        """Expand some nodes; return the first that is left, and the number of edges."""
        room = self.code.worker.room
        self.states.make_room(room)
        self.names.make_room(room)
        counts = np.array([len(self.states), edges, len(self.names), 0], np.int64)
        words_, wide, _, shift = self.code.shape
        low = kernels.explore(
            self.code.calls,
            low,
            min(low + ROUND, len(self.states)),
            self.states.things,
            self.states.table,
            self.starts,
            self.targets,
            self.labels,
            self.names.things,
            self.names.table,
            counts,
            (words_, wide, shift),
            (
                self.code.before,
                self.code.upper,
                self.code.hashes,
                self.code.worker.buffers,
                self.code.worker.limits,
            ),
        )
        self.states.count, edges, self.names.count, flags = counts.tolist()
        if flags & OVERFLOW:
            raise Unsupported("a state has too many successors")
        if flags & FAILED:
            raise Unsupported("some step fails")
        return low, edges
