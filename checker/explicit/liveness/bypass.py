"""How often others can come first: the greatest number of overtakings in one wait.

A wait is a path through states in which somebody waits. An overtaking is a step in it, or the one
that ends it, by which the entering condition becomes true of others; if of several at once, it
counts as many. If a cycle among waiting states contains one there is no greatest number. Otherwise
what can be reached with one, two, three overtakings is computed until nothing can.

No fairness is assumed: an unbounded wait need not be an endless one. Whether the cycle can also be
repeated for ever by a fair run, which is starvation, is said with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from checker.explicit.liveness.components import components
from checker.explicit.liveness.lassos import trace_of
from checker.explicit.liveness.paths import Finder, Path, Steps, out_of
from checker.explicit.liveness.temporal import truth_of
from checker.model.interpret import Holds, judge_state
from checker.model.lasso import closes, neglected
from checker.model.replay import replay
from checker.model.rewrite import substitute
from checker.model.terms import literal
from checker.model.types import elements, show
from checker.model.verdict import Figure, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from checker.explicit.liveness.graph import Mask, StateGraph
    from checker.explicit.liveness.paths import Array
    from checker.model.fairness import Scheduling
    from checker.model.ir import Expr
    from checker.model.system import State, System
    from checker.model.temporal import Bypass
    from checker.model.trace import Trace
    from checker.model.types import Value


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of one `bypass`; `is_idle` if nobody ever waits."""

    figure: Figure
    finding: Finding | None
    is_idle: bool


def counted(graph: StateGraph, of: Bypass, scheduling: Scheduling) -> Counted:
    """Compute a bypass.

    Raises:
        NoValueError: one of the conditions has no value in some state.
    """
    values = tuple(elements(of.local.type))
    both = [
        truth_of(graph, [for_value(graph.system, of, each, value) for value in values])
        for each in (of.waiting, of.entering)
    ]
    waiting, entering = both
    best: _Wait | None = None
    for at in range(len(values)):
        wait = _Wait(graph, at, waiting[at], entering[:at] + entering[at + 1 :])
        if best is None or wait.exceeds(best):
            best = wait
    assert best is not None, "every type has a value"
    trace = best.trace()
    value = values[best.number]
    if trace is not None:
        _validate(graph.system, of, value, trace, best.most)
    remark = _remark(graph.system, of, value, trace, scheduling)
    figure = Figure(of.name, best.most, remark, trace)
    return Counted(figure, _finding(of, figure), not any(each.any() for each in waiting))


def for_value(system: System, of: Bypass, condition: Expr, value: Value) -> Expr:
    """Return the condition for one value of the local."""
    return substitute(
        condition, {of.local: literal(system.terms, value, of.local.type)}, system.terms
    )


# --- telling --------------------------------------------------------------------------------------


def _finding(of: Bypass, figure: Figure) -> Finding | None:
    if of.bound is None or (figure.value is not None and figure.value <= of.bound):
        return None
    found = "any number of times" if figure.value is None else times(figure.value)
    limit = "never" if of.bound == 0 else f"at most {times(of.bound)}"
    return Finding(
        kind=FindingKind.BYPASS,
        name=of.name,
        message=f"others can come first {found}, and {limit} is claimed",
        site=of.site,
        values=(),
        trace=figure.trace,
        remarks=(figure.remark,),
    )


def times(count: int) -> str:
    """Return a number of times in words."""
    words = {0: "never", 1: "once", 2: "twice"}
    return words.get(count, f"{count} times")


def _remark(
    system: System, of: Bypass, value: Value, trace: Trace | None, scheduling: Scheduling
) -> str:
    who = f"{of.local.name} = {show(of.local.type, value)}"
    if trace is None:
        return "nobody who waits is ever overtaken"
    if trace.loop is None:
        return f"here {who} waits while others come first"
    unmet = neglected(system, trace, scheduling)
    if not unmet:
        return f"for {who} this can go on for ever: starvation"
    names = ", ".join(each.who for each in unmet)
    return f"for {who} there is no bound, though no fair run goes on like this: {names} would act"


# --- searching ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wait:
    """The waits for one value.

    Attributes:
        number: of the value.
        waiting: nodes in which it waits.
        entering: nodes in which each of the others has entered.
    """

    graph: StateGraph
    number: int
    waiting: Mask
    entering: Sequence[Mask]

    @cached_property
    def weights(self) -> NDArray[np.int32]:
        """How many overtakings each edge is; edges that begin outside of waits are none."""
        graph = self.graph
        found = np.zeros(graph.edges, np.int32)
        for each in self.entering:
            found += ~each[graph.sources] & each[graph.targets]
        found[~self.waiting[graph.sources]] = 0
        return found

    @cached_property
    def component(self) -> NDArray[np.int32]:
        """The component of each node among those that wait."""
        graph = self.graph
        inner = self.waiting[graph.sources] & self.waiting[graph.targets]
        return components(graph.nodes, graph.sources[inner], graph.targets[inner])

    @cached_property
    def repeatable(self) -> Array:
        """Overtakings on cycles, as edges."""
        graph = self.graph
        overtakes = np.flatnonzero(self.weights)
        first, last = graph.sources[overtakes], graph.targets[overtakes]
        is_inside = self.waiting[last] & (self.component[first] == self.component[last])
        found: Array = overtakes[is_inside]
        return found

    @cached_property
    def most(self) -> int | None:
        """The greatest number; None if there is none."""
        if len(self.repeatable):
            return None
        reached: dict[int, Mask] = {0: self.waiting.copy()}
        count = 0
        while count <= max(reached):
            if count in reached:
                self._pass_on(count, self._closed(reached[count]), reached)
            count += 1
        return max(reached)

    def _closed(self, start: Mask) -> Mask:
        """Return the waiting nodes that can be reached without another overtaking."""
        found = start & self.waiting
        level = np.flatnonzero(found)
        while len(level):
            _, edges = out_of(self.graph, level)
            targets = self.graph.targets[edges[self.weights[edges] == 0]]
            level = np.unique(targets[self.waiting[targets] & ~found[targets]])
            found[level] = True
        return found

    def _pass_on(self, count: int, here: Mask, reached: dict[int, Mask]) -> None:
        """Note what the next overtakings lead to."""
        _, edges = out_of(self.graph, np.flatnonzero(here))
        edges = edges[self.weights[edges] > 0]
        for weight in np.unique(self.weights[edges]).tolist():
            targets = self.graph.targets[edges[self.weights[edges] == weight]]
            nodes = reached.setdefault(count + weight, np.zeros(self.graph.nodes, np.bool_))
            nodes[targets] = True

    def exceeds(self, other: _Wait) -> bool:
        """Tell whether others can come first more often than in another wait."""
        if self.most is None or other.most is None:
            return self.most is None and other.most is not None
        return self.most > other.most

    # --- traces

    def trace(self) -> Trace | None:
        """Return a run that shows the number; None if it is 0."""
        if self.most is None:
            return self._endless()
        if self.most == 0:
            return None
        path = self._finder(_Counting(self, self.most)).shortest(*self._towards(self.most))
        assert path is not None, "what is counted can be reached"
        nodes = [node % self.graph.nodes for node in path.nodes]
        return trace_of(self.graph, nodes, path.edges, loop=None)

    def _finder(self, moves: _Counting) -> Finder:
        size = self.graph.nodes
        return Finder(self.graph, moves, self.graph.labels, lambda node: node % size)

    def _towards(self, count: int) -> tuple[Array, Callable[[Array], Mask]]:
        """Return where the search begins, and its goal: so many overtakings."""
        size = self.graph.nodes
        initial = np.arange(self.graph.initial)
        waiting = initial[self.waiting[initial]] + size
        return np.concatenate([initial, waiting]), lambda nodes: nodes >= (count + 1) * size

    def _endless(self) -> Trace:
        """Return a way to a cycle, and round it."""
        size = self.graph.nodes
        sources = np.zeros(size, np.bool_)
        sources[self.graph.sources[self.repeatable]] = True
        finder = self._finder(_Counting(self, 0))
        start, _ = self._towards(0)
        stem = finder.shortest(start, lambda nodes: (nodes >= size) & sources[nodes % size])
        assert stem is not None, "every node can be reached"
        place = stem.nodes[-1] % size
        _, edges = out_of(self.graph, np.array([place]))
        edge = min(
            np.intersect1d(edges, self.repeatable).tolist(),
            key=lambda each: (finder.label(each), finder.order(int(self.graph.targets[each]))),
        )
        back = self._back(int(self.graph.targets[edge]), place)
        nodes = [node % size for node in stem.nodes] + [node % size for node in back.nodes]
        return trace_of(
            self.graph, nodes, [*stem.edges, edge, *back.edges], loop=len(stem.nodes) - 1
        )

    def _back(self, start: int, end: int) -> Path:
        size = self.graph.nodes
        finder = self._finder(_Counting(self, 0))
        found = finder.shortest(np.array([start + size]), lambda nodes: nodes == end + size)
        assert found is not None, "a component is strongly connected"
        return found


@dataclass(frozen=True)
class _Counting:
    """The graph with a count: node `n` before a wait, `(count + 1) * nodes + n` in one.

    Attributes:
        most: count at which the search ends; further overtakings are not counted.
    """

    wait: _Wait
    most: int

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return (self.most + 2) * self.wait.graph.nodes

    def expand(self, nodes: Array) -> Steps:
        """Return the steps out of nodes."""
        graph, waiting = self.wait.graph, self.wait.waiting
        layers, places = np.divmod(nodes, graph.nodes)
        which, edges = out_of(graph, places)
        targets = graph.targets[edges].astype(np.int64)
        layer = layers[which]
        begins = (layer == 0) & waiting[targets]
        counts = np.minimum(layer - 1 + self.wait.weights[edges], self.most)
        is_over = ~waiting[targets] & (counts < max(self.most, 1))
        goes = (layer > 0) & waiting[places[which]] & ~is_over
        outside = layer == 0
        return Steps.joined(
            [which[outside], which[begins], which[goes]],
            [edges[outside], edges[begins], edges[goes]],
            [
                targets[outside],
                targets[begins] + graph.nodes,
                targets[goes] + (counts[goes] + 1) * graph.nodes,
            ],
        )


# --- validation -----------------------------------------------------------------------------------


def _validate(system: System, of: Bypass, value: Value, trace: Trace, most: int | None) -> None:
    """Hold that the interpreter counts as many overtakings on a trace."""
    disagreement = replay(system, replace(trace, loop=None), None)
    assert disagreement is None, f"the interpreter does not follow a wait: {disagreement}"
    if trace.loop is None:
        found = max(overtakings(system, of, value, trace.states))
        assert found == most, f"a wait with {found} overtakings, not {most}"
        return
    assert closes(trace), "a lasso does not close"
    round_ = trace.states[trace.loop :]
    waits = all(_holds(system, for_value(system, of, of.waiting, value), s) for s in round_)
    assert waits, "nobody waits"
    assert overtakings(system, of, value, round_)[-1] > 0, "nobody is overtaken"


def overtakings(system: System, of: Bypass, value: Value, states: Sequence[State]) -> list[int]:
    """Return how often others have come first since the present wait began, state by state."""
    waiting = for_value(system, of, of.waiting, value)
    others = [
        for_value(system, of, of.entering, other)
        for other in elements(of.local.type)
        if other != value
    ]
    found = [0]
    for before, after in pairwise(states):
        count = 0
        if _holds(system, waiting, before):
            count = found[-1] + sum(
                not _holds(system, each, before) and _holds(system, each, after) for each in others
            )
        found.append(count)
    return found


def _holds(system: System, condition: Expr, state: State) -> bool:
    return judge_state(system, condition, state) == Holds()
