"""The state graph as arrays: what the search for fair cycles works on.

Nodes are numbered as they are found, initial states first. The order depends on who built the
graph, and nothing that is reported may depend on it: whoever chooses among nodes does so by their
states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from checker.explicit.layout import Layout
    from checker.explicit.liveness.widened import Label, Widened
    from checker.model.ir import Expr
    from checker.model.system import System

Mask: TypeAlias = "NDArray[np.bool_]"
Numbers: TypeAlias = "NDArray[np.int64]"
Nodes: TypeAlias = "NDArray[np.int32]"
Goes: TypeAlias = "Callable[[int, int], bool]"
"""Told how many states are expanded, and of how many known ones; returns whether to go on."""


class NoValueError(Exception):
    """An expression has no value in some reachable states; holds their nodes."""

    def __init__(self, nodes: Sequence[int]) -> None:
        """Take the nodes."""
        super().__init__(nodes)
        self.nodes = nodes


class StoppedError(Exception):
    """Building was stopped before the graph was whole."""


class States(Protocol):
    """The states of a graph, and what can be asked about all of them at once."""

    def __len__(self) -> int:
        """Return how many there are."""

    def packed(self, node: int) -> int:
        """Return the state of a node."""

    def evaluated(self, widened: Widened) -> tuple[Numbers, list[int]]:
        """Evaluate expressions (see `widened.evaluating`) in every state.

        Returns:
            the number of the result for every node, and the results, each once, as packed values.

        Raises:
            NoValueError: in some states there is none.
        """


@dataclass(frozen=True)
class StateGraph:
    """All reachable states and steps.

    Attributes:
        initial: how many of the first nodes are initial.
        starts: where the edges out of each node begin; one entry more than there are nodes.
        targets: of the edges, those of one node side by side.
        labels: of the edges, as numbers into `names`.
        known: conditions that were evaluated, with the nodes in which they hold.
    """

    system: System
    layout: Layout
    states: States
    initial: int
    starts: Numbers
    targets: Nodes
    labels: Nodes
    names: tuple[Label, ...]
    known: dict[Expr, Mask] = field(default_factory=dict, repr=False)

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self.starts) - 1

    @property
    def edges(self) -> int:
        """The number of edges."""
        return len(self.targets)

    @cached_property
    def sources(self) -> Nodes:
        """Where each edge comes from."""
        numbers = np.arange(self.nodes, dtype=np.int32)
        return np.repeat(numbers, np.diff(self.starts))

    def out(self, node: int) -> range:
        """Return the edges out of a node."""
        return range(int(self.starts[node]), int(self.starts[node + 1]))
