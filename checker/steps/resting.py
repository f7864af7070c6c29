"""Where control rests: which nodes of a flow begin a step.

A step begins at a resting place. It is *fresh* until it has made its shared access (or run its
atomic block, or its labelled statement, which is a step even when it is private): choices and local
code are carried out, and only a label stops it. Then it goes on *eagerly* through local code and
stops before anything that could make a difference to others or is to be decided anew: a shared
access, `await`, `choose`, `either`, `atomic`, a label.

A choice is no step, labelled or not: it belongs to the access that follows it. A label on a block,
a call or a `loop` names the place before the first thing in it.

Loops need care, since neither kind of run may go round for ever:

* A loop without any resting place in it is *local*: it runs inside the step, as `ir.While`. It must
  have a way out.
* A loop that control can go round without ending the fresh part of a step has a resting place at
  its head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.steps.atomicity import Thread, Touch
from checker.steps.code import Do, Pause, Pick, Wait
from checker.steps.codes import ENDLESS_LOOP
from checker.steps.flow import Open, Split, Test

if TYPE_CHECKING:
    from checker.steps.flow import Flow, Loop, Node
    from grammar.diagnostics import Collector


@dataclass(frozen=True, slots=True, eq=False)
class Resting:
    """The decisions for one flow.

    Attributes:
        touches: what each reachable node outside atomic blocks has to do with shared state.
        stops_all: the nodes before which every run ends: labelled ones, heads of loops, the end.
        stops_eager: the nodes before which an eager run ends.
        ends_fresh: the nodes after which a run is eager.
        local_loops: the loops that run within a step, by head.
    """

    flow: Flow
    touches: Mapping[Node, Touch]
    stops_all: Set[Node]
    stops_eager: Set[Node]
    ends_fresh: Set[Node]
    local_loops: Mapping[Node, Loop]

    def stops(self, node: Node, *, is_fresh: bool) -> bool:
        """Tell whether a run that comes to the node ends before it."""
        return node in self.stops_all or (not is_fresh and node in self.stops_eager)

    def points(self) -> tuple[Node, ...]:
        """Return the nodes where control rests, as in the text; the end too if it is reached."""
        found: set[Node] = set()
        pending = list(self._arrivals([(self.flow.entry, False)]))
        while pending:
            point = pending.pop()
            if point not in found:
                found.add(point)
                is_fresh = point not in self.ends_fresh
                pending += self._arrivals([(target, is_fresh) for target in point.targets])
        return tuple(sorted(found, key=lambda node: node.number))

    def _arrivals(self, starts: list[tuple[Node, bool]]) -> set[Node]:
        """Return the nodes before which a run that comes to one of `starts` can end."""
        ended: set[Node] = set()
        seen = set(starts)
        pending = starts
        while pending:
            node, is_fresh = pending.pop()
            if self.stops(node, is_fresh=is_fresh):
                ended.add(node)
                continue
            goes_on_fresh = is_fresh and node not in self.ends_fresh
            for key in ((target, goes_on_fresh) for target in node.targets):
                if key not in seen:
                    seen.add(key)
                    pending.append(key)
        return ended


def decide(flow: Flow, thread: Thread | None, collector: Collector) -> Resting:
    """Decide where control rests; `thread` is None for atomic code, which rests nowhere."""
    reachable = flow.reachable()
    touches: dict[Node, Touch] = {}
    if thread is not None:
        declared = frozenset(flow.declared)
        touches = {node: thread.touch(node, declared) for node in reachable if not node.is_sealed}
    touching = {node for node, touch in touches.items() if touch}
    stops_all = {node for node in reachable if node.labels} | {flow.end}
    local_loops: dict[Node, Loop] = {}
    resting = Resting(
        flow=flow,
        touches=touches,
        stops_all=stops_all,
        stops_eager=touching.union(filter(_is_resting, touches)),
        ends_fresh=touching.union(filter(_is_step, touches)),
        local_loops=local_loops,
    )
    # Inner loops come first, so that what is decided about them holds for those around them.
    for loop in flow.loops:
        members = {flow.nodes[number] for number in loop.span} & reachable
        if loop.head not in reachable:
            continue
        if not members & (resting.stops_all | resting.stops_eager):
            local_loops[loop.head] = loop
            _require_exit(loop, members, collector)
        elif _goes_round_fresh(loop, resting):
            stops_all.add(loop.head)
    return resting


def _is_resting(node: Node) -> bool:
    """Tell whether an eager run ends before the node, whatever it touches."""
    return isinstance(node.operation, Open | Pick | Wait | Split | Pause)


def _is_step(node: Node) -> bool:
    """Tell whether a run is eager after the node, whatever it touches."""
    if node.labels and isinstance(node.operation, Do | Test | Wait):
        return True
    return isinstance(node.operation, Open | Pause)


def _goes_round_fresh(loop: Loop, resting: Resting) -> bool:
    """Tell whether control can come back to the head with nothing to end or stop a fresh run."""
    seen: set[Node] = set()
    pending = [loop.head]
    while pending:
        node = pending.pop()
        if node in resting.ends_fresh or node in resting.stops_all:
            continue
        for target in node.targets:
            if target is loop.head:
                return True
            if target not in seen and loop.has(target):
                seen.add(target)
                pending.append(target)
    return False


def _require_exit(loop: Loop, members: Iterable[Node], collector: Collector) -> None:
    if all(loop.has(target) for node in members for target in node.targets):
        collector.error(
            ENDLESS_LOOP,
            loop.site,
            "control goes round this loop for ever and never rests",
            remedy="give it a way out, or a labelled `skip` at which the thread rests",
        )
