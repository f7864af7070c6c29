"""The state graph by generated Python: for small spaces, and for what native code cannot take.

A state is given to the generated code with its number above it, in a variable that no step touches,
so that thousands are expanded by one call and every successor tells where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.layout import Layout
from checker.explicit.liveness.graph import Goes, NoValueError, Numbers, StateGraph, StoppedError
from checker.explicit.liveness.widened import Label, Widened, bits_of, label_of, labelled
from checker.explicit.python.budget import Budget
from checker.explicit.python.codegen import Functions, Generator
from checker.explicit.python.conversions import Fault
from checker.explicit.python.exact import Exact
from checker.model.coverage_points import coverage_points
from checker.model.ir import Role, Variable
from checker.model.types import IntType
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.system import System

NUMBER_BITS: Final = 40
"""Bits for the number of a state."""

ALL: Final = -1
"""Coverage points that need not be recorded."""


def python_graph(system: System, goes: Goes = lambda _done, _known: True) -> StateGraph:
    """Build the graph.

    Raises:
        StoppedError: `goes` said so.
    """
    return _Builder(system).build(goes)


@dataclass(frozen=True, slots=True)
class PythonStates:
    """States as integers."""

    system: System
    layout: Layout
    found: Sequence[int]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.found)

    def packed(self, node: int) -> int:
        """Return the state of a node."""
        return self.found[node]

    def evaluated(self, widened: Widened) -> tuple[Numbers, list[int]]:
        """Evaluate expressions in every state."""
        bits = self.layout.bits
        functions = _functions(widened, self.layout, bits)
        results: list[int] = []
        try:
            for chunk in _chunks(self.found):
                functions.expand(chunk)
                results += [after >> bits for after in functions.lists.successors[0]]
                functions.lists.clear()
        except Fault:
            raise NoValueError(self._failing(functions)) from None
        assert len(results) == len(self.found)
        numbers: dict[int, int] = {}
        places = [numbers.setdefault(each, len(numbers)) for each in results]
        return np.array(places, np.int64), list(numbers)

    def _failing(self, functions: Functions) -> list[int]:
        failing = []
        for node, state in enumerate(self.found):
            try:
                functions.expand((state,))
            except Fault:
                failing.append(node)
            functions.lists.clear()
        return failing


def _chunks(states: Sequence[int]) -> Iterator[Sequence[int]]:
    size = Budget().chunk
    for start in range(0, len(states), size):
        yield states[start : start + size]


def _functions(widened: Widened, base: Layout, offset: int) -> Functions:
    layout = widened.layout(base, offset)
    points = coverage_points(widened.system)
    return Generator(widened.system, layout, points, Budget()).make(taken=ALL, tested=ALL)


class _Builder:
    def __init__(self, system: System) -> None:
        self.system = system
        self.layout = Layout(system)
        self.exact = Exact(system, self.layout)
        wide = labelled(system)
        # The number lies above the label.
        numbers = IntType(0, (1 << NUMBER_BITS) - 1)
        number = Variable("#number", numbers, Role.SHARED, None, NOWHERE)
        wide = Widened(wide.system, (*wide.more, number))
        self.label_bits = wide.bits - NUMBER_BITS
        self.functions = _functions(wide, self.layout, self.layout.bits)

    def build(self, goes: Goes) -> StateGraph:
        starts, _ = self.exact.initial()
        numbers = {state: number for number, state in enumerate(dict.fromkeys(starts))}
        found = list(numbers)
        initial, expanded = len(found), 0
        labels: dict[int, int] = {}
        sources: list[int] = []
        targets: list[int] = []
        names: list[int] = []
        shift, mask = self.layout.bits, self.layout.mask
        label_bits, label_mask = self.label_bits, (1 << self.label_bits) - 1
        while expanded < len(found):
            if not goes(expanded, len(found)):
                raise StoppedError
            chunk = range(expanded, min(expanded + Budget().chunk, len(found)))
            for wide in self.successors(found, chunk):
                after, upper = wide & mask, wide >> shift
                number = numbers.get(after)
                if number is None:
                    number = numbers[after] = len(found)
                    found.append(after)
                sources.append(upper >> label_bits)
                targets.append(number)
                label = upper & label_mask
                names.append(labels.setdefault(label, len(labels)))
            expanded = chunk.stop
        return self.graph(found, initial, labels, np.array((sources, targets, names), np.int64))

    def successors(self, found: Sequence[int], chunk: range) -> Iterator[int]:
        """Yield successors with their labels and the numbers of the states that they follow."""
        shift = self.layout.bits + self.label_bits
        lists = self.functions.lists
        lists.clear()
        try:
            self.functions.expand([found[number] | number << shift for number in chunk])
        except Fault:
            lists.clear()
            yield from self.one_by_one(found, chunk)
        else:
            yield from chain.from_iterable(lists.successors)

    def one_by_one(self, found: Sequence[int], chunk: range) -> Iterator[int]:
        """Do the same where some step fails."""
        shift = self.layout.bits + self.label_bits
        lists = self.functions.lists
        for number in chunk:
            try:
                self.functions.expand((found[number] | number << shift,))
                yield from list(chain.from_iterable(lists.successors))
            except Fault:
                for step in self.exact.transitions(found[number]):
                    label = bits_of(self.system, Label(step.action, step.params))
                    yield step.after | label << self.layout.bits | number << shift
            lists.clear()

    def graph(
        self, found: list[int], initial: int, labels: dict[int, int], edges: Numbers
    ) -> StateGraph:
        """Put the edges of every node side by side."""
        sources, targets, names = edges
        order = np.argsort(sources, kind="stable")
        starts = np.zeros(len(found) + 1, np.int64)
        np.cumsum(np.bincount(sources, minlength=len(found)), out=starts[1:])
        return StateGraph(
            system=self.system,
            layout=self.layout,
            states=PythonStates(self.system, self.layout, found),
            initial=initial,
            starts=starts,
            targets=targets[order].astype(np.int32),
            labels=names[order].astype(np.int32),
            names=tuple(label_of(self.system, bits) for bits in labels),
        )
