"""The engine in plain Python: generated functions over integers, and one set of those seen.

Needs no compiler and answers small questions at once. States are expanded some thousands at a time:
their successors are gathered in lists, one per action, and merged into a small set before the large
one is asked, so that most repetitions never leave the processor's cache.

A state takes about 85 bytes: the integer, on average two entries of the set, and 8 in its level.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from checker.explicit.checkpoint import packed, state_bytes
from checker.explicit.engine import Evidence, Expansion, Pulse, Subject
from checker.explicit.python.budget import Budget
from checker.explicit.python.codegen import Generator
from checker.explicit.python.conversions import Fault
from checker.explicit.python.exact import conjuncts
from checker.model.coverage_points import coverage_points
from checker.model.system import PropertyKind
from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from checker.explicit.checkpoint import SavedLevel
    from checker.explicit.layout import Layout
    from checker.explicit.python.exact import Exact
    from checker.model.system import System


class PythonEngine:
    """See `checker.explicit.engine` for the laws; a level is a list."""

    name = "explicit, generated Python"
    is_reducing = False
    """Whether it searches so much less than there is that no faster engine should take over."""

    def __init__(
        self, system: System, layout: Layout, exact: Exact, budget: Budget | None = None
    ) -> None:
        """Generate code that records all of coverage."""
        self._budget = budget or Budget()
        self._exact = exact
        self._representative = None if exact.orbits is None else exact.orbits.representative
        self._steps = [each.name for each in conjuncts(system, PropertyKind.STEP)]
        self._reachables = [each.name for each in conjuncts(system, PropertyKind.REACHABLE)]
        self._unreached = list(range(len(self._reachables)))
        self._seen: set[int] = set()
        self._width = state_bytes(layout.bits)
        # Coverage so far, and that which the present code does not record any more.
        self._taken = self._tested = 0
        self._omitted = (0, 0)
        self._generator = Generator(system, layout, coverage_points(system), self._budget)
        self._running = 0.0
        start = perf_counter()
        self._code = self._generator.make(taken=0, tested=0)
        self._making = perf_counter() - start

    # --- the interface

    def admit(self, states: Sequence[int]) -> tuple[list[int], Expansion]:
        """Take the initial states."""
        result = self._expansion()
        if self._representative is not None:
            states = [self._representative(state) for state in states]
        level = list(dict.fromkeys(states))
        self._seen.update(level)
        for chunk in self._chunks(level):
            self._judge(chunk, result)
        return level, self._closed(result, len(level))

    def expand(
        self, level: list[int], pulse: Callable[[Pulse], bool]
    ) -> tuple[list[int], Expansion]:
        """Expand a level chunk by chunk."""
        result = self._expansion()
        following: list[int] = []
        expanded = 0
        try:
            for chunk in self._chunks(level):
                start = perf_counter()
                self._expand(chunk, result)
                following += self._absorb(result)
                expanded += len(chunk)
                self._running += perf_counter() - start
                total = sum(result.transitions)
                goes_on = pulse(Pulse(expanded, total, len(self._seen)))
                if not goes_on and expanded < len(level):
                    result.finished = False
                    break
        except KeyboardInterrupt:
            result.finished, result.interrupted = False, True
            self._code.lists.clear()
        return following, self._closed(result, len(following))

    def loss(self, distinct: int) -> None:
        """Overlook nothing."""

    def predecessors(self, level: list[int], targets: Collection[int]) -> list[int]:
        """Expand again, many states at once, and one by one those chunks that lead to a target."""
        wanted = frozenset(targets)
        return [
            state
            for chunk in self._chunks(level)
            if self._leads_to(chunk, wanted)
            for state in chunk
            if self._leads_to((state,), wanted)
        ]

    def members(self, level: list[int]) -> Sequence[int]:
        """Return the level."""
        return level

    def pack(self, level: list[int]) -> Iterator[bytes]:
        """Pack chunk by chunk."""
        for chunk in self._chunks(level):
            yield packed(chunk, self._width)

    def restore(self, levels: Sequence[SavedLevel], reached: Collection[str]) -> list[list[int]]:
        """Take all states; coverage of them is known to the search."""
        restored = [list(level.states()) for level in levels]
        self._seen.update(*restored)
        self._unreached = [at for at in self._unreached if self._reachables[at] not in reached]
        return restored

    def take_all(self) -> None:
        """Leave out nothing from now on; this engine never does."""

    def hand_over(self) -> set[int]:
        """Return the states seen and forget them: another engine goes on."""
        seen, self._seen = self._seen, set()
        return seen

    # --- expanding

    def _expansion(self) -> Expansion:
        return Expansion(transitions=[0] * len(self._code.lists.successors))

    def _chunks(self, level: Sequence[int]) -> Iterator[Sequence[int]]:
        for start in range(0, len(level), self._budget.chunk):
            yield level[start : start + self._budget.chunk]

    def _expand(self, chunk: Sequence[int], result: Expansion) -> None:
        lists = self._code.lists
        try:
            self._code.expand(chunk)
        except Fault:
            lists.clear()
            for state in chunk:
                self._expand_one(state, result)
        for state in self._wrongly_stuck():
            for subject, evidence in self._exact.end(state):
                result.see(subject, evidence)
        lists.stuck.clear()
        for number, before, after in dict.fromkeys(lists.bad_steps):
            subject = Subject(FindingKind.STEP, self._steps[number])
            result.see(subject, Evidence(before, after=after))
        lists.bad_steps.clear()

    def _expand_one(self, state: int, result: Expansion) -> None:
        """Expand a state that may have a failing step."""
        lists = self._code.lists
        changing: tuple[list[int] | list[tuple[int, int, int]], ...]
        changing = (*lists.successors, lists.stuck, lists.bad_steps)
        lengths = [len(each) for each in changing]
        try:
            self._code.expand((state,))
        except Fault:
            for each, length in zip(changing, lengths, strict=True):
                del each[length:]
            account = self._exact.account(state)
            for transition in account.transitions:
                lists.successors[transition.action].append(transition.after)
            for subject, evidence in account.sightings:
                result.see(subject, evidence)
            self._taken |= account.taken
            self._tested |= account.tested

    def _wrongly_stuck(self) -> Sequence[int]:
        """Return the states without successors that are not known to be ends."""
        stuck = self._code.lists.stuck
        if not stuck:
            return stuck
        try:
            ended = set(self._code.ended(stuck))
        except Fault:
            return stuck
        return [state for state in stuck if state not in ended]

    def _absorb(self, result: Expansion) -> list[int]:
        """Count and forget the successors; return those that are new, judged."""
        candidates: set[int] = set()
        for action, states in enumerate(self._code.lists.successors):
            result.transitions[action] += len(states)
            candidates.update(states)
            states.clear()
        new = candidates - self._seen
        if self._representative is not None:
            new = set(map(self._representative, new)) - self._seen
        self._seen |= new
        following = list(new)
        self._judge(following, result)
        return following

    def _leads_to(self, states: Sequence[int], targets: frozenset[int]) -> bool:
        lists = self._code.lists
        try:
            self._code.expand(states)
            found: Iterable[Iterable[int]] = lists.successors
            if self._representative is not None:
                found = [map(self._representative, set().union(*lists.successors))]
            return not all(map(targets.isdisjoint, found))
        except Fault:
            steps = (step for state in states for step in self._exact.transitions(state))
            return any(self._exact.standing_for(step.after) in targets for step in steps)
        finally:
            lists.clear()

    # --- judging

    def _judge(self, states: Sequence[int], result: Expansion) -> None:
        """Look at new states."""
        suspects: Sequence[int] = ()
        if self._code.judge is not None:
            try:
                self._code.judge(states)
                suspects = tuple(self._code.lists.bad)
            except Fault:
                suspects = states
            self._code.lists.bad.clear()
        for number in self._unreached:
            subject = Subject(None, self._reachables[number])
            try:
                reaching = self._code.reached[number](states)
            except Fault:
                suspects = states
                reaching = [state for state in states if self._exact.reaches(number, state)]
            for state in reaching:
                result.see(subject, Evidence(state))
        for state in suspects:
            subjects, tested = self._exact.judge(state)
            self._tested |= tested
            for subject in subjects:
                result.see(subject, Evidence(state))

    # --- coverage

    def _closed(self, result: Expansion, new: int) -> Expansion:
        """Complete the account of a level, and make the code again if that pays."""
        for bits in self._code.lists.taken:
            self._taken |= bits
        for number in self._code.lists.tested:
            self._tested |= 1 << number
        result.new, result.taken, result.tested = new, self._taken, self._tested
        self._unreached = [
            number
            for number in self._unreached
            if Subject(None, self._reachables[number]) not in result.sightings
        ]
        is_due = self._running > self._budget.remake_factor * self._making
        if is_due and self._omitted != (self._taken, self._tested):
            self._code = self._generator.make(taken=self._taken, tested=self._tested)
            self._omitted = (self._taken, self._tested)
            self._running = 0.0
        return result
