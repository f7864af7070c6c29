"""Checking that one system refines another: step by step, and fairness if that is asked for.

Every state has an image, a state of the other system. The image of an initial state must be initial
there, and a step must lead from an image to the same one, or to one that a step of the other
system leads to. So it is enough to look at the pairs of different images between which there is a
step, each once, and there are mostly few of them.

`fair refines` asks in addition that fair runs have fair images: no fair cycle of this system may
have an image in which the other system neglects one of its requirements. There a step counts only
if it changes the image (Abadi and Lamport, "The existence of refinement mappings", 1991).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.layout import Layout
from checker.explicit.liveness.automaton import automaton
from checker.explicit.liveness.conditions import conditions
from checker.explicit.liveness.formulas import (
    FALSE,
    TRUE,
    Claim,
    Proposition,
    both,
    release,
    strive,
)
from checker.explicit.liveness.lassos import lasso, trace_of
from checker.explicit.liveness.paths import nearest
from checker.explicit.liveness.product import Product, Valuation
from checker.explicit.liveness.widened import evaluating
from checker.explicit.python.exact import Exact
from checker.model.evaluate import evaluate
from checker.model.fairness import requirements
from checker.model.interpret import (
    Moved,
    initial_states,
    perform,
    state_scope,
    successors,
)
from checker.model.lasso import closes, neglected
from checker.model.replay import replay
from checker.model.types import show
from checker.model.verdict import Finding, FindingKind

if TYPE_CHECKING:
    from checker.explicit.liveness.formulas import Ltl
    from checker.explicit.liveness.graph import Mask, StateGraph
    from checker.explicit.liveness.paths import Array, Path
    from checker.explicit.liveness.widened import Label
    from checker.explicit.python.exact import Transition
    from checker.model.fairness import Instance, Requirement, Scheduling
    from checker.model.system import State, System
    from checker.model.temporal import Refinement
    from checker.model.trace import Trace

INITIAL: Final = "in the other specification no state like this is initial"


def judged(graph: StateGraph, of: Refinement, scheduling: Scheduling) -> Finding | None:
    """Check a refinement; return what is wrong.

    Raises:
        NoValueError: an image has no value in some state.
    """
    images = _Images.of_states(graph, of)
    return (
        images.bad_start()
        or images.bad_step()
        or (images.unfair_run(scheduling) if of.is_fair else None)
    )


@dataclass(frozen=True)
class _Images:
    """The images of all states.

    Attributes:
        number: of the image of each node.
        packed: the images.
    """

    graph: StateGraph
    of: Refinement
    number: Array
    packed: list[int]

    @staticmethod
    def of_states(graph: StateGraph, of: Refinement) -> _Images:
        """Evaluate the images."""
        pairs = zip(of.abstract.variables, of.images, strict=True)
        layout = Layout(of.abstract)
        # In the order of the layout of the other system, so that what comes out is a state of it.
        ordered = sorted(pairs, key=lambda pair: layout.slots[pair[0]].offset)
        wide = evaluating(graph.system, [(variable.type, image) for variable, image in ordered])
        number, packed = graph.states.evaluated(wide)
        return _Images(graph, of, number, packed)

    @property
    def abstract(self) -> System:
        """The other system."""
        return self.of.abstract

    @cached_property
    def exact(self) -> Exact:
        """Steps of the other system."""
        return Exact(self.abstract, Layout(self.abstract))

    def state(self, image: int) -> State:
        """Return an image as a state of the other system."""
        return self.exact.layout.decode(self.packed[image])

    # --- steps

    def bad_start(self) -> Finding | None:
        """Return the finding that an initial state has an image that is not initial."""
        allowed = {o.state for o in initial_states(self.abstract) if isinstance(o, Moved)}
        nodes = [
            node
            for node in range(self.graph.initial)
            if self.state(int(self.number[node])) not in allowed
        ]
        if not nodes:
            return None
        node = min(nodes, key=self.graph.states.packed)
        trace = trace_of(self.graph, [node], [], loop=None)
        image = self.state(int(self.number[node]))
        values = tuple((name, shown) for name, shown in self._shown(image))
        return self._finding(trace, INITIAL, values, ())

    def bad_step(self) -> Finding | None:
        """Return the finding that a step is none of the other system."""
        before = self.number[self.graph.sources]
        after = self.number[self.graph.targets]
        moves = np.flatnonzero(before != after)
        pairs, which = np.unique(
            before[moves] * len(self.packed) + after[moves], return_inverse=True
        )
        is_wrong = np.array([not self._has_step(*self._pair(int(p))) for p in pairs], np.bool_)
        wrong = moves[is_wrong[which]] if len(pairs) else moves
        if not len(wrong):
            return None
        path, edge = self._nearest(wrong)
        target = int(self.graph.targets[edge])
        trace = trace_of(self.graph, [*path.nodes, target], [*path.edges, edge], loop=None)
        source = path.nodes[-1]
        return self._step_finding(trace, self._image(source), self._image(target))

    def _pair(self, both_: int) -> tuple[int, int]:
        return divmod(both_, len(self.packed))

    def _image(self, node: int) -> State:
        return self.state(int(self.number[node]))

    def _has_step(self, before: int, after: int) -> bool:
        return self.packed[after] in self._steps(before)

    def _steps(self, image: int) -> frozenset[int]:
        if image not in self._known:
            found = self.exact.transitions(self.packed[image])
            self._known[image] = frozenset(step.after for step in found)
        return self._known[image]

    @cached_property
    def _known(self) -> dict[int, frozenset[int]]:
        return {}

    def _nearest(self, edges: Array) -> tuple[Path, int]:
        """Return a shortest path to the source of one of some edges, and that edge."""
        graph = self.graph
        path = nearest(graph, graph.sources[edges].tolist())

        def order(edge: int) -> tuple[Label, int]:
            target = int(graph.targets[edge])
            return graph.names[int(graph.labels[edge])], graph.states.packed(target)

        return path, min(edges[graph.sources[edges] == path.nodes[-1]].tolist(), key=order)

    # --- telling

    def _shown(self, state: State) -> Iterator[tuple[str, str]]:
        prefix = f"{self.abstract.name}."
        for variable, value in zip(self.abstract.variables, state, strict=True):
            yield variable.name.removeprefix(prefix), show(variable.type, value)

    def _step_finding(self, trace: Trace, before: State, after: State) -> Finding:
        values = tuple(
            (name, old if old == new else f"{old} -> {new}")
            for (name, old), (_, new) in zip(self._shown(before), self._shown(after), strict=True)
        )
        step = trace.steps[-1]
        message = f"no step of {self.abstract.name} is like {step.actor}'s {step.action.name}"
        return self._finding(trace, message, values, (self._closest(before, after),))

    def _closest(self, before: State, after: State) -> str:
        """Say which step of the other system comes nearest to a change of images."""
        possible = [o for o in successors(self.abstract, before) if isinstance(o, Moved)]
        if not possible:
            return f"no step of {self.abstract.name} is possible in the image before"
        names = [name for name, _ in self._shown(before)]

        def differing(outcome: Moved) -> list[str]:
            pairs = zip(names, outcome.state, after, strict=True)
            return [name for name, left, right in pairs if left != right]

        best = min(possible, key=lambda o: len(differing(o)))
        others = ", ".join(
            f"{name}: {shown}" for name, shown in self._shown(best.state) if name in differing(best)
        )
        return f"the closest, {_told(best.step.action.name, best.step.actor)}, leads to {others}"

    def _finding(
        self,
        trace: Trace,
        message: str,
        values: tuple[tuple[str, str], ...],
        remarks: tuple[str, ...],
    ) -> Finding:
        self._validate(trace)
        return Finding(
            kind=FindingKind.REFINEMENT,
            name=self.of.name,
            message=message,
            site=self.of.site,
            values=values,
            trace=trace,
            remarks=remarks,
        )

    def _validate(self, trace: Trace) -> None:
        """Hold that the interpreter sees the same: a trace whose end has no counterpart."""
        disagreement = replay(self.graph.system, trace, None)
        assert disagreement is None, f"the interpreter does not follow a trace: {disagreement}"
        images = [self._evaluated(state) for state in trace.states[-2:]]
        if len(images) == 1:
            starts = initial_states(self.abstract)
            found = any(isinstance(o, Moved) and o.state == images[0] for o in starts)
        else:
            steps = successors(self.abstract, images[0])
            found = images[0] == images[1] or any(
                isinstance(o, Moved) and o.state == images[1] for o in steps
            )
        assert not found, "the interpreter finds a step of the other system"

    def _evaluated(self, state: State) -> State:
        scope = state_scope(self.graph.system, state)
        return tuple(evaluate(image, scope) for image in self.of.images)

    # --- fairness

    def unfair_run(self, scheduling: Scheduling) -> Finding | None:
        """Return a fair run whose image is not fair, if there is one."""
        own = requirements(self.graph.system, scheduling)
        known = conditions(self.graph, own)
        for each in requirements(self.abstract, scheduling):
            asks, serves = self._marks(each)
            # In the image it asks, at last always or again and again, and is never served.
            asking: Ltl = Claim(Proposition(0, is_step=False), holds=True)
            if each.is_strong:
                asking = strive(TRUE, asking)
            unserved = Claim(Proposition(0, is_step=True), holds=False)
            reader = automaton(strive(TRUE, release(FALSE, both(asking, unserved))))
            trace = lasso(Product(self.graph, reader, Valuation([asks], [serves]), known))
            if trace is not None:
                return self._unfair(trace, each, scheduling)
        return None

    def _marks(self, each: Requirement) -> tuple[Mask, Mask]:
        """Return where a requirement asks in the image, and the edges whose images serve it."""
        steps = [
            frozenset(
                step.after
                for step in self.exact.transitions(image)
                if step.after != image and self._instance(step) in each.possible
            )
            for image in self.packed
        ]
        asks = np.array([bool(found) for found in steps], np.bool_)
        before = self.number[self.graph.sources]
        after = self.number[self.graph.targets]
        pairs, which = np.unique(before * len(self.packed) + after, return_inverse=True)
        serves = np.array(
            [self.packed[last] in steps[first] for first, last in map(self._pair, pairs.tolist())],
            np.bool_,
        )
        return asks[self.number], serves[which]

    def _instance(self, step: Transition) -> Instance:
        return self.abstract.actions[step.action], self.exact.values(step.action, step.params)

    def _unfair(self, trace: Trace, each: Requirement, scheduling: Scheduling) -> Finding:
        system = self.graph.system
        disagreement = replay(system, replace(trace, loop=None), None)
        assert disagreement is None, f"the interpreter does not follow a lasso: {disagreement}"
        assert closes(trace), "a lasso does not close"
        assert not neglected(system, trace, scheduling), "a lasso is not fair"
        assert self._is_neglected(trace, each), "the image of a lasso is fair"
        kind = "strongly fair" if each.is_strong else "fair"
        return Finding(
            kind=FindingKind.LIVENESS,
            name=self.of.name,
            message=f"a fair run whose image is not {kind} to {each.who}",
            site=self.of.site,
            values=(),
            trace=trace,
            remarks=(f"in the image {each.who} could act, and never does",),
        )

    def _is_neglected(self, trace: Trace, each: Requirement) -> bool:
        """Tell, by the interpreter, whether the image of a lasso neglects a requirement."""
        assert trace.loop is not None
        images = [self._evaluated(state) for state in trace.states[trace.loop :]]
        fold = any if each.is_strong else all
        asks = fold(self._reached(image, each) for image in images)
        return asks and not any(
            after in self._reached(before, each) for before, after in pairwise(images)
        )

    def _reached(self, image: State, each: Requirement) -> set[State]:
        """Return what the steps of a requirement change an image to."""
        return {
            outcome.state
            for instance in each.possible
            for outcome in perform(self.abstract, image, *instance)
            if isinstance(outcome, Moved) and outcome.state != image
        }


def _told(action: str, actor: str) -> str:
    return f"{action} by {actor}"
