"""Steps agree with the naive walk over the same code, on random processes."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checker.model.interpret import EvaluationFailed, Moved, initial_states, perform
from checker.model.ir import Variable
from checker.model.system import ControlPoint, State, System
from checker.model.types import IntType, Type, Value, elements
from checker.steps.cut import LoweredProcess
from checker.steps.flow import Node
from tests.support.code_walker import Arrived, Endless, Walker
from tests.support.random_code import CodeGenerator

_PAIRS = 60
"""So many pairs of states are compared per process."""


@settings(max_examples=150)
@given(data=st.data(), index=st.sampled_from([None, IntType(0, 1)]))
def test_steps_agree_with_the_naive_walk(data: st.DataObject, index: Type | None) -> None:
    generator = CodeGenerator(data.draw, index)
    code = generator.code()
    c = generator.c
    lowered = c.lower(code)
    assume("K251" not in c.codes())
    compare(lowered, c.system(lowered), Walker("p", index, c.self_local, c.block(code), c.system()))


def compare(lowered: LoweredProcess, system: System, walker: Walker) -> None:
    """Walk both together from the initial states; successors must match in number and order."""
    index = lowered.process.index
    threads: list[tuple[Value, ...]] = (
        [()] if index is None else [(value,) for value in elements(index)]
    )
    pairing = Pairing(lowered, system, walker)
    starts: list[tuple[State, tuple[Node, ...]]] = [(walker.start(), ())]
    for thread in threads:
        starts = [
            (arrived.state, (*at, arrived.node))
            for state, at in starts
            for arrived in walker.begin(state, thread)
            if isinstance(arrived, Arrived)
        ]
    initial = initial_states(system)
    assume(all(isinstance(outcome, Moved) for outcome in initial))
    states = [outcome.state for outcome in initial if isinstance(outcome, Moved)]
    pending = list(zip(states, starts, strict=True))
    seen: set[tuple[State, tuple[Node, ...]]] = set()
    for state, (naive, at) in pending:
        pairing.check(state, naive, at)
        if (state, at) in seen or len(seen) > _PAIRS:
            continue
        seen.add((state, at))
        for number, thread in enumerate(threads):
            pending += pairing.successors(state, naive, at, number, thread)


class Pairing:
    """Which states of the steps and of the walk belong together."""

    def __init__(self, lowered: LoweredProcess, system: System, walker: Walker) -> None:
        self._lowered = lowered
        self._system = system
        self._walker = walker
        self._nodes = walker.resting.points()

    def check(self, state: State, naive: State, at: tuple[Node, ...]) -> None:
        values = dict(zip(self._system.variables, state, strict=True))
        walked = dict(zip(self._walker.system.variables, naive, strict=True))
        control = values[self._lowered.process.control]
        names = tuple(self._point(node).name for node in at)
        assert control == (names if self._lowered.process.index is not None else names[0])
        for variable in values.keys() & walked.keys():
            assert values[variable] == walked[variable], variable.name
        for variable in self._lowered.variables[1:]:
            assert values[variable] == self._walked(variable, walked), variable.name

    def _walked(self, variable: Variable, walked: dict[Variable, Value]) -> Value:
        """Return the value of the local that became the variable; names are unique here."""
        name = variable.name.rpartition(".")[2].partition("#")[0]
        (found,) = (v for v in walked if v.name == name and v is not variable)
        return walked[found]

    def _point(self, node: Node) -> ControlPoint:
        return self._lowered.process.points[self._nodes.index(node)]

    def successors(
        self,
        state: State,
        naive: State,
        at: tuple[Node, ...],
        number: int,
        thread: tuple[Value, ...],
    ) -> Iterator[tuple[State, tuple[State, tuple[Node, ...]]]]:
        node = at[number]
        if node is self._walker.flow.end:
            return
        actions = [a for a in self._lowered.actions if a.source is self._point(node)]
        (action,) = actions
        stepped = list(perform(self._system, state, action, thread))
        walked = self._walker.step(node, naive, thread)
        assert len(stepped) == len(walked)
        for one, other in zip(stepped, walked, strict=True):
            if isinstance(other, Endless):
                assert isinstance(one, EvaluationFailed), one
            else:
                assert isinstance(one, Moved), one
                yield one.state, (other.state, (*at[:number], other.node, *at[number + 1 :]))
