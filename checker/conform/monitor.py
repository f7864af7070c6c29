"""A specification as a monitor: the set of its states that are consistent with what was observed.

A monitor follows words of events. What a program does between two events is nobody's business, so
the specification may take hidden steps before each one; and where several steps fit, all of them
are followed. The monitor's state is therefore a *set* of states of the specification, right after
the last event; it is refused a word when the set would become empty. So a program whose every step
is accepted has no finite trace that the specification does not have: trace inclusion, which
preserves every safety property of the events. It says nothing about what must happen.

One access of a kernel can be several events, and one step of the specification, too: a word is
accepted if the steps of a path through the specification spell it exactly.

What was *covered* tells the reverse: an action of the specification that lies on no accepted path
was never taken by the program.

Source: subset construction: Rabin, Scott, "Finite automata and their decision problems", 1959; its
    use on logs: Cirstea, Kuppe, Loillier, Merz, "Validating traces of distributed programs against
    TLA+ specifications", SEFM 2024.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from checker.conform.binding import Emitted, Emitter
from checker.model.interpret import Moved, initial_states, successors

if TYPE_CHECKING:
    from checker.conform.binding import Binding
    from checker.model.system import Action, State, System
    from checker.model.trace import Step

Wanted: TypeAlias = "tuple[str | None, tuple[int | None, ...] | None]"
"""An event to be matched: its name and values, None where that is not known."""


@dataclass(frozen=True, slots=True)
class SpecStep:
    """A step of the specification from a known state: what it emits, and the state it leads to."""

    step: Step
    emitted: tuple[Emitted, ...]
    target: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a word was spelled: the position of its first impossible event, and from where.

    Attributes:
        states: all states in which exactly the events before it can have happened.
    """

    position: int
    states: frozenset[int]


@dataclass(slots=True)
class _Spelling:
    """The paths that spell the beginning of a word."""

    points: dict[tuple[int, int], None]
    into: dict[tuple[int, int], list[tuple[tuple[int, int], SpecStep]]] = field(
        default_factory=dict
    )
    accepted: dict[int, None] = field(default_factory=dict)


class SpecMonitor:
    """The states of a specification that are consistent with a sequence of events.

    Satisfies `explore.Monitor`; the numbers there are those of the sets here.
    """

    def __init__(self, system: System, binding: Binding) -> None:
        """Begin in all initial states."""
        self.system = system
        self.binding = binding
        self.states: list[State] = []
        self.covered: set[Action] = set()
        self._emitter = Emitter(system, binding)
        self._names = {rule.name for rule in binding.events}
        self._numbers: dict[State, int] = {}
        self._steps: dict[int, tuple[SpecStep, ...]] = {}
        begun = (outcome for outcome in initial_states(system) if isinstance(outcome, Moved))
        start = frozenset(self._number(outcome.state) for outcome in begun)
        self._sets: list[frozenset[int]] = [start]
        self._set_numbers = {start: 0}
        self._known: dict[tuple[int, tuple[Wanted, ...]], int | None] = {}

    def listens(self, name: str) -> bool:
        """Tell whether the binding speaks of an event."""
        return name in self._names

    def states_of(self, spec: int) -> frozenset[int]:
        """Return the states that a number of the monitor stands for."""
        return self._sets[spec]

    def step(self, spec: int, word: tuple[Wanted, ...]) -> int | None:
        """Return the set after a word, None if no path spells it."""
        key = (spec, word)
        if key not in self._known:
            self._known[key] = self.after(spec, word, lambda _: True)
        return self._known[key]

    def after(
        self, spec: int, word: tuple[Wanted, ...], is_seen: Callable[[State], bool]
    ) -> int | None:
        """Return the set after a word, of states that fit what was seen of them."""
        spelling = self._spell(self._sets[spec], word)
        fitting = [each for each in spelling.accepted if is_seen(self.states[each])]
        if not fitting:
            return None
        self._cover(spelling, fitting, len(word))
        return self._set_number(frozenset(fitting))

    def narrowed(self, spec: int, is_seen: Callable[[State], bool]) -> int | None:
        """Return the states of a set, or after hidden steps from it, that fit what was seen."""
        spelling = self._spell(self._sets[spec], ((None, None),))
        fitting = frozenset(
            state for state, at in spelling.points if at == 0 and is_seen(self.states[state])
        )
        return self._set_number(fitting) if fitting else None

    def progress(self, spec: int, word: tuple[Wanted, ...]) -> Progress:
        """Tell how far a word can be spelled that is refused."""
        points = self._spell(self._sets[spec], word).points
        position = max(at for _, at in points)
        return Progress(position, frozenset(state for state, at in points if at == position))

    def allowed(self, states: Iterable[int]) -> tuple[Emitted, ...]:
        """Return the events that can come next in some of the states, without hidden steps."""
        found = {
            each.emitted[0]: None
            for state in sorted(states)
            for each in self.steps(state)
            if each.emitted
        }
        return tuple(sorted(found, key=str))

    def steps(self, state: int) -> tuple[SpecStep, ...]:
        """Return the steps that are possible in a state and do not fail."""
        if state not in self._steps:
            before = self.states[state]
            self._steps[state] = tuple(
                SpecStep(
                    outcome.step,
                    self._emitter.events(outcome.step, before, outcome.state),
                    self._number(outcome.state),
                )
                for outcome in successors(self.system, before)
                if isinstance(outcome, Moved)
            )
        return self._steps[state]

    # ------------------------------------------------------------------------------------- spelling

    def _spell(self, start: frozenset[int], word: tuple[Wanted, ...]) -> _Spelling:
        """Follow every path that spells the word or a beginning of it."""
        spelling = _Spelling({(state, 0): None for state in sorted(start)})
        todo = list(spelling.points)
        while todo:
            point = todo.pop()
            state, at = point
            for each in self.steps(state):
                after = at + len(each.emitted)
                if not all(map(_matches, word[at:after], each.emitted)) or after > len(word):
                    continue
                target = (each.target, after)
                spelling.into.setdefault(target, []).append((point, each))
                if after == len(word):
                    spelling.accepted[each.target] = None
                elif target not in spelling.points:
                    spelling.points[target] = None
                    todo.append(target)
        return spelling

    def _cover(self, spelling: _Spelling, fitting: list[int], length: int) -> None:
        """Note the actions on the paths that were accepted."""
        todo = [(state, length) for state in fitting]
        seen = set(todo)
        while todo:
            for point, each in spelling.into.get(todo.pop(), ()):
                self.covered.add(each.step.action)
                if point not in seen:
                    seen.add(point)
                    todo.append(point)

    def _number(self, state: State) -> int:
        number = self._numbers.setdefault(state, len(self.states))
        if number == len(self.states):
            self.states.append(state)
        return number

    def _set_number(self, states: frozenset[int]) -> int:
        number = self._set_numbers.setdefault(states, len(self._sets))
        if number == len(self._sets):
            self._sets.append(states)
        return number


def _matches(wanted: Wanted, emitted: Emitted) -> bool:
    name, values = wanted
    if name is not None and name != emitted.name:
        return False
    return values is None or all(
        wanted_value is None or value is None or wanted_value == value
        for wanted_value, value in zip(values, emitted.values, strict=False)
    )
