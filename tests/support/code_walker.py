"""A naive way to carry out stepwise code: node by node, every local in the state.

It shares with `checker.steps.cut` the control-flow graph and the decision where control rests, and
nothing of what makes steps efficient: no liveness, no effects of more than one node, no joins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.model.interpret import Moved, perform
from checker.model.ir import NOTHING, Effect, Guard, Literal, Local, Role, Seq, Variable
from checker.model.system import Action, State, System
from checker.model.types import BOOL, MapType, Type, Value, default
from checker.steps.atomicity import Thread
from checker.steps.code import Code, Do, Pause, Pick, Wait
from checker.steps.flow import Enter, Flow, Leave, Node, Open, Pass, Split, Test, build_flow
from checker.steps.promotion import Translator, translator
from checker.steps.resting import Resting, decide
from grammar.diagnostics import Collector
from grammar.source import NOWHERE

_PATIENCE = 300
"""So many nodes in one step are taken for a loop that does not end."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A way through one step: the state after it and the node before which control rests."""

    state: State
    node: Node


@dataclass(frozen=True, slots=True)
class Endless:
    """A way through a step that does not end."""


class Walker:
    """Carries out the code of one process, in a state with all of its locals."""

    def __init__(
        self, name: str, index: Type | None, self_local: Local | None, code: Code, base: System
    ) -> None:
        """Take the code apart; `base` has the other variables and the terms."""
        self.flow: Flow = build_flow(code, Collector(), is_sealed=False)
        self.resting: Resting = decide(self.flow, Thread(name, self_local), Collector())
        self.locals: dict[Local, Variable] = {
            local: Variable(
                local.name,
                local.type if index is None else MapType(index, local.type),
                Role.LOCAL,
                name,
                NOWHERE,
            )
            for local in self.flow.declared
        }
        self._params = () if self_local is None else (self_local,)
        self._translator: Translator = translator(self.locals, self_local, base.terms)
        self.system = System(
            name="walk",
            doc="",
            sorts=(),
            variables=(*base.variables, *self.locals.values()),
            processes=(),
            init=NOTHING,
            actions=(),
            properties=(),
            assumptions=(),
            terminal=None,
            settings=(),
            atomicity=(),
            terms=base.terms,
        )

    def start(self) -> State:
        """Return the state in which everything has its default."""
        return tuple(default(variable.type) for variable in self.system.variables)

    def begin(self, state: State, params: tuple[Value, ...]) -> list[Arrived | Endless]:
        """Carry out what stands before the first resting place."""
        return self._come(self.flow.entry, state, params, is_fresh=False, length=0)

    def step(self, node: Node, state: State, params: tuple[Value, ...]) -> list[Arrived | Endless]:
        """Carry out the step from a resting place."""
        return self._carry_out(node, state, params, is_fresh=True, length=0)

    def _come(
        self, node: Node, state: State, params: tuple[Value, ...], *, is_fresh: bool, length: int
    ) -> list[Arrived | Endless]:
        if self.resting.stops(node, is_fresh=is_fresh):
            return [Arrived(state, node)]
        if length > _PATIENCE:
            return [Endless()]
        return self._carry_out(node, state, params, is_fresh=is_fresh, length=length)

    def _carry_out(
        self, node: Node, state: State, params: tuple[Value, ...], *, is_fresh: bool, length: int
    ) -> list[Arrived | Endless]:
        goes_on_fresh = is_fresh and node not in self.resting.ends_fresh
        return [
            arrived
            for after, target in self._moves(node, state, params)
            for arrived in self._come(
                target, after, params, is_fresh=goes_on_fresh, length=length + 1
            )
        ]

    def _moves(
        self, node: Node, state: State, params: tuple[Value, ...]
    ) -> Iterator[tuple[State, Node]]:
        bind = self._translator.bind
        match node.operation:
            case Do(effect):
                yield from self._run(
                    self._translator.effect(effect), node.targets[0], state, params
                )
            case Pick() as pick:
                effect = self._translator.pick(pick, NOTHING)
                yield from self._run(effect, node.targets[0], state, params)
            case Wait(condition):
                yield from self._run(
                    Guard(self._translator.expr(condition), NOWHERE), node.targets[0], state, params
                )
            case Test(condition):
                holds = Guard(self._translator.expr(condition), NOWHERE)
                ways = list(self._run(holds, node.targets[0], state, params))
                yield from ways or [(state, node.targets[1])]
            case Split():
                yield from ((state, target) for target in node.targets)
            case Enter(of_scope) | Leave(of_scope):
                resets = [bind(x, self._translator.default(x), NOWHERE) for x in of_scope]
                yield from self._run(Seq(tuple(resets)), node.targets[0], state, params)
            case Pause() | Open() | Pass():
                yield state, node.targets[0]

    def _run(
        self, effect: Effect, target: Node, state: State, params: tuple[Value, ...]
    ) -> Iterator[tuple[State, Node]]:
        true = Literal(True, BOOL)
        action = Action("micro", None, None, self._params, true, effect, NOWHERE)
        for outcome in perform(self.system, state, action, params):
            assert isinstance(outcome, Moved), outcome
            yield outcome.state, target
