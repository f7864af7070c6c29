"""One state at a time: which action leads where, and what exactly is wrong.

Slower than `codegen` and told more. Where generated code fails, the interpreter says how, so that
failures mean here what they mean there; engines turn to this module for every state in which
their own code fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from checker.explicit.engine import Evidence, Subject
from checker.explicit.layout import decode
from checker.explicit.python.budget import Budget
from checker.explicit.python.conversions import Fault
from checker.explicit.python.effects import EffectWriter
from checker.explicit.python.expressions import ExpressionWriter, View
from checker.explicit.python.fragments import Text, value
from checker.explicit.python.frames import Frame
from checker.explicit.python.instances import parameters
from checker.explicit.python.unit import Unit
from checker.model.coverage_points import coverage_points
from checker.model.findings import end_findings, failure_finding
from checker.model.interpret import Moved, initial_states, perform
from checker.model.ir import Guard
from checker.model.system import PropertyKind
from checker.model.types import IntType
from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.reductions.canonical import Orbits
    from checker.model.interpret import Outcome
    from checker.model.system import Conjunct, State, System
    from checker.model.types import Value
    from checker.model.verdict import Finding


class Transition(NamedTuple):
    """One execution of an action that completes; `params` are codes."""

    action: int
    params: tuple[int, ...]
    after: int


@dataclass(slots=True)
class Account:
    """All there is to say about one state.

    Attributes:
        taken: branches, as bits; `tested` likewise implications.
    """

    transitions: list[Transition] = field(default_factory=list)
    sightings: list[tuple[Subject, Evidence]] = field(default_factory=list)
    taken: int = 0
    tested: int = 0


class Exact:
    """Functions for single states, compiled when they are first needed.

    Attributes:
        orbits: if states stand for all that differ from them by a renaming. Everything else here
            is about the very state that is asked about.
    """

    def __init__(
        self,
        system: System,
        layout: Layout,
        budget: Budget | None = None,
        orbits: Orbits | None = None,
    ) -> None:
        """Prepare for a system."""
        self.system = system
        self.layout = layout
        self.orbits = orbits
        self._budget = budget or Budget()
        self._points = coverage_points(system)
        self._params = [tuple(parameters(action)) for action in system.actions]
        self._found: list[int] = []
        self._taken: set[int] = set()
        self._tested: set[int] = set()
        self._invariants = conjuncts(system, PropertyKind.INVARIANT)
        self._reachables = conjuncts(system, PropertyKind.REACHABLE)
        self._steps = conjuncts(system, PropertyKind.STEP)
        self._made: dict[str, Callable[..., int]] | None = None

    # --- questions

    def initial(self) -> tuple[list[int], list[Finding]]:
        """Return the initial states, with repetitions, and what fails before there is one."""
        unit = Unit(self.layout, self._budget)
        writer = EffectWriter(ExpressionWriter(unit), {}, checks_steps=False)
        found: list[int] = []
        unit.globals["found"] = found
        frame = Frame("s", self.layout.mask, "found")
        writer.function("init(s)", lambda: writer.run((self.system.init, None), frame))
        writer.finish()
        try:
            unit.compile()["init"](self.layout.default())
        except Fault:
            outcomes = initial_states(self.system)
            states = [self.layout.encode(o.state) for o in outcomes if isinstance(o, Moved)]
            return states, [failure_finding(o) for o in outcomes if not isinstance(o, Moved)]
        return found, []

    def account(self, state: int) -> Account:
        """Return everything about a state but whether it should be: steps, failures, deadlock."""
        result = Account()
        self._taken.clear()
        self._tested.clear()
        for number, params in self._instances():
            try:
                for after in self._successors(number, params, state):
                    result.transitions.append(Transition(number, params, after))
            except Fault:
                self._interpret(number, params, state, result)
        for each in dict.fromkeys(transition.after for transition in result.transitions):
            result.sightings += self.judge_step(state, each)
        if not result.transitions and not result.sightings:
            result.sightings += self.end(state)
        result.taken |= _bits(self._taken, are_numbers=False)
        result.tested |= _bits(self._tested, are_numbers=True)
        return result

    def transitions(self, state: int) -> list[Transition]:
        """Return the steps out of a state, in the order of the interpreter but for choices."""
        result = []
        for number, params in self._instances():
            try:
                for after in self._successors(number, params, state):
                    result.append(Transition(number, params, after))
            except Fault:
                failing = Account()
                self._interpret(number, params, state, failing)
                result += failing.transitions
        return result

    def attempt(self, action: int, params: tuple[int, ...], state: int) -> list[int]:
        """Return where the executions of one step lead.

        Raises:
            Fault: some execution fails.
        """
        return list(self._successors(action, params, state))

    def covered(self) -> tuple[int, int]:
        """Return branches taken and implications tested since this was last asked, as bits."""
        found = _bits(self._taken, are_numbers=False), _bits(self._tested, are_numbers=True)
        self._taken.clear()
        self._tested.clear()
        return found

    def standing_for(self, state: int) -> int:
        """Return the state that stands for a state: itself, unless there are orbits."""
        return state if self.orbits is None else self.orbits.representative(state)

    def judge(self, state: int) -> tuple[list[Subject], int]:
        """Return what is wrong with a state, and the implications tested in telling, as bits."""
        self._tested.clear()
        found = []
        for number, each in enumerate(self._invariants):
            found += self._subject(FindingKind.INVARIANT, each.name, f"i{number}", state)
        for number, each in enumerate(self._reachables):
            try:
                self._functions[f"r{number}"](state)
            except Fault:
                found.append(Subject(FindingKind.EVALUATION, each.name))
        return found, _bits(self._tested, are_numbers=True)

    def reaches(self, number: int, state: int) -> bool:
        """Tell whether a `reachable` holds; one that has no value does not."""
        try:
            return bool(self._functions[f"r{number}"](state))
        except Fault:
            return False

    def end(self, state: int) -> list[tuple[Subject, Evidence]]:
        """Return what is wrong with a state out of which no step is possible."""
        found = end_findings(self.system, self.layout.decode(state))
        return [(Subject(each.kind, each.name), Evidence(state)) for each in found]

    def values(self, action: int, params: Sequence[int]) -> tuple[Value, ...]:
        """Return parameters as values."""
        locals_ = self.system.actions[action].params
        return tuple(decode(local.type, code) for local, code in zip(locals_, params, strict=True))

    def outcomes(self, action: int, params: Sequence[int], state: State) -> Iterator[Outcome]:
        """Yield what the interpreter makes of an action."""
        chosen = self.system.actions[action]
        yield from perform(self.system, state, chosen, self.values(action, params))

    # --- answers

    def _instances(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        for number, every in enumerate(self._params):
            for params in every:
                yield number, params

    def _successors(self, action: int, params: tuple[int, ...], state: int) -> list[int]:
        self._found.clear()
        locals_ = self.system.actions[action].params
        numbers = (
            code + local.type.low if isinstance(local.type, IntType) else code
            for local, code in zip(locals_, params, strict=True)
        )
        self._functions[f"a{action}"](state, *numbers)
        return self._found

    def _interpret(self, action: int, params: tuple[int, ...], state: int, result: Account) -> None:
        for outcome in self.outcomes(action, params, self.layout.decode(state)):
            if isinstance(outcome, Moved):
                after = self.layout.encode(outcome.state)
                result.transitions.append(Transition(action, params, after))
                for key in outcome.branches:
                    result.taken |= 1 << self._points.branch_numbers[key]
            else:
                finding = failure_finding(outcome)
                subject = Subject(finding.kind, finding.name)
                result.sightings.append((subject, Evidence(state, action, params)))

    def judge_step(self, before: int, after: int) -> list[tuple[Subject, Evidence]]:
        """Return what is wrong with a step."""
        evidence = Evidence(before, after=after)
        return [
            (subject, evidence)
            for number, each in enumerate(self._steps)
            for subject in self._subject(FindingKind.STEP, each.name, f"j{number}", after, before)
        ]

    def _subject(
        self, kind: FindingKind, name: str, function: str, state: int, old: int = 0
    ) -> list[Subject]:
        try:
            holds = self._functions[function](state, old)
        except Fault:
            return [Subject(FindingKind.EVALUATION, name)]
        return [] if holds else [Subject(kind, name)]

    # --- code

    @property
    def _functions(self) -> dict[str, Callable[..., int]]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> dict[str, Callable[..., int]]:
        unit = Unit(self.layout, self._budget)
        expressions = ExpressionWriter(unit)
        writer = EffectWriter(expressions, self._points.branch_numbers, checks_steps=False)
        unit.globals.update(found=self._found, took=self._taken.add, seen=self._tested.add)
        for number, action in enumerate(self.system.actions):
            params = {local: Text(unit.name("x")) for local in action.params}
            frame = Frame("s", self.layout.mask, "found", locals=params)
            names = ", ".join(["s", *(each.text for each in params.values())])
            todo = (Guard(action.guard, action.site), (action.body, None))
            writer.function(f"a{number}({names})", partial(writer.run, todo, frame))
        writer.finish()
        for prefix, group in (("i", self._invariants), ("j", self._steps), ("r", self._reachables)):
            for number, each in enumerate(group):
                watched = {
                    term: at
                    for (owner, term), at in self._points.implication_numbers.items()
                    if owner is each
                }
                holds = expressions.render(each.expression, View(watched=watched))
                unit.define([f"def {prefix}{number}(s, o=0): return {value(holds)}"])
        return unit.compile()


def conjuncts(system: System, kind: PropertyKind) -> tuple[Conjunct, ...]:
    """Return the conjuncts of all properties of a kind, in order."""
    return tuple(
        conjunct for each in system.properties if each.kind is kind for conjunct in each.conjuncts
    )


def _bits(found: set[int], *, are_numbers: bool) -> int:
    """Return bits, given as numbers of bits or as bits already."""
    result = 0
    for each in found:
        result |= 1 << each if are_numbers else each
    return result
