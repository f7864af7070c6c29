"""All interleavings of a kernel configuration: an exact search over learned thread automata.

A state is one integer: a field for each cell, one for the node of each thread, one for the state of
the monitor that follows what threads observe. What a thread does in a state depends on some fields
only, its *mask*; so each node has a table from the masked state to the differences that its steps
make, and to take a step is to look up and to flip bits. A table that has no row yet asks the thread
automaton (`checker.conform.automata`), and that, if need be, the kernel's own code.

Claims over the memory are looked up in the same way: only for values of the cells they read that
were not seen together before is the claim evaluated.

Search is breadth-first and exact: states are kept as they are, so a run without a failure and
without a bound has visited every reachable state, and a failure's schedule is a shortest one.
Fields begin narrow; when one overflows, all fields are laid out anew and the search starts again
with what was learned. `checker.conform.native` searches the same tables in machine code.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from checker.conform.automata import FINISHED, Automata, Outcome, Problem, ProblemKind
from checker.conform.findings import Explored, Failure, FailureKind, Move, Options
from checker.conform.packing import Layout, Widths

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.conform.automata import Word
    from kernel_impl.port import Cell, Configuration, Invariant, Memory

Rows: TypeAlias = "dict[int, tuple[int, ...]]"
"""From a masked state to the differences that the steps from it make."""


def explore(
    configuration: Configuration,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Explored:
    """Explore every interleaving of a configuration and stop at the first, shortest failure.

    Args:
        progress: is told the states and transitions so far, after each level.
    """
    return Exploration(configuration, options or Options()).run(progress)


@dataclass(slots=True)
class Claim:
    """A claim with the values of its cells that are known to satisfy it."""

    invariant: Invariant
    mask: int = 0
    good: set[int] = field(default_factory=set)


class Exploration:
    """One exploration: the automata, the layout and the tables made of both."""

    def __init__(
        self, configuration: Configuration, options: Options, automata: Automata | None = None
    ) -> None:
        """Begin with what is known of the threads, or with nothing."""
        self.configuration = configuration
        self.options = options
        self.cells = configuration.cells()
        self.threads = configuration.threads()
        self.automata = automata or Automata(configuration, options.naming)
        self.widths = Widths.least(
            self.cells, len(self.threads), has_monitor=options.monitor is not None
        )
        self.events: set[str] = set()
        self.failure: Failure | None = None
        self.is_too_narrow = False
        self.transitions = 0
        self.depth = 0
        self.seen: dict[int, int] = {}
        self.relay()

    # ----------------------------------------------------------------------------------- the search

    def run(self, progress: Callable[[int, int], None] | None = None) -> Explored:
        """Search, as often as a field turns out to be too narrow."""
        started = time.perf_counter()
        limit = ""
        while True:
            self.is_too_narrow = False
            limit = self.search(progress)
            if not self.is_too_narrow:
                break
            self.relay()
        threads = range(len(self.threads))
        explored = Explored(
            states=self.found(),
            transitions=self.transitions,
            depth=self.depth,
            nodes=sum(self.automata.nodes(t) - 1 for t in threads),
            runs=self.automata.runs,
            seconds=time.perf_counter() - started,
            events=frozenset(self.events),
            failure=self.failure,
            limit=limit,
        )
        return self.audited(explored) if self.options.audits else explored

    def audited(self, explored: Explored) -> Explored:
        """Learn a sample again, unless something is wrong already; a difference is a failure."""
        problem = self.automata.audit() if explored.failure is None else None
        if problem is None:
            return explored
        text = f"{problem.place}: {problem.text}"
        return replace(explored, failure=Failure(FailureKind.UNSOUND, text, ()))

    def found(self) -> int:
        """Return how many states were found."""
        return len(self.seen)

    def search(self, progress: Callable[[int, int], None] | None) -> str:
        """Search from the beginning; return the bound that was met, or nothing."""
        options = self.options
        self.transitions, self.depth = 0, 1
        initial = self.initial()
        self.seen = {initial: initial}
        level = [initial]
        ends: list[int] = []
        self._judge(level, ends)
        while level and not self.is_stopped():
            if len(self.seen) > (options.max_states or len(self.seen)):
                return f"{len(self.seen):,} states"
            if options.max_depth is not None and self.depth >= options.max_depth:
                return f"depth {options.max_depth}"
            following: list[int] = []
            ends.clear()
            self._expand(level, following, ends)
            if not self.is_stopped():
                self._judge(following, ends)
            self.depth += bool(following)
            level = following
            if progress is not None:
                progress(len(self.seen), self.transitions)
        return ""

    def is_stopped(self) -> bool:
        """Tell whether something is wrong, or a field has become too narrow."""
        return self.failure is not None or self.is_too_narrow

    def initial(self) -> int:
        """Return the state in which everything begins."""
        state = 0
        for thread, where in enumerate(self.layout.nodes):
            begun = self.automata.first(thread)
            if begun.problem is not None:
                self._fail(begun.problem, None, Move(thread, 0), begun)
            self._check_width(begun)
            state |= begun.node << where.shift
        return state

    def _expand(self, level: list[int], following: list[int], ends: list[int]) -> None:
        """Take every step from every state of a level."""
        seen = self.seen
        add = following.append
        tables = self.tables
        count = self.transitions
        for state in level:
            before = count
            for thread, (shift, low, nodes) in enumerate(tables):
                mask, rows = nodes[state >> shift & low]
                steps = rows.get(state & mask)
                if steps is None:
                    steps = self.row(state, thread)
                    if self.is_stopped():
                        self.transitions = count
                        return
                count += len(steps)
                for step in steps:
                    after = state ^ step
                    if after not in seen:
                        seen[after] = state
                        add(after)
            if count == before:
                ends.append(state)
        self.transitions = count

    # ----------------------------------------------------------------------------------- the tables

    def relay(self) -> None:
        """Lay the fields out anew, wide enough for all that is known, and forget the tables."""
        self.layout = Layout.of(self.widths)
        self.tables: list[tuple[int, int, list[tuple[int, Rows]]]] = []
        for where in self.layout.nodes:
            # A thread that has returned has no steps, whatever the state is.
            nodes: list[tuple[int, Rows]] = [(0, {0: ()})]
            nodes += [(where.mask, {}) for _ in range(where.low)]
            self.tables.append((where.shift, where.low, nodes))
        self.claims = [Claim(each) for each in self.configuration.invariants()]

    def row(self, state: int, thread: int) -> tuple[int, ...]:
        """Return the differences that the steps of a thread make in a state, and keep them."""
        layout = self.layout
        where = layout.nodes[thread]
        node = where.get(state)
        known = self.automata.step(thread, node, lambda cell: layout.cells[cell].get(state))
        mask, rows = self.tables[thread][2][node]
        needed = mask | where.mask
        for cell, _ in known.reads:
            needed |= layout.cells[cell].mask
        steps = []
        for choice, outcome in enumerate(known.outcomes):
            self._check_width(outcome)
            for cell, _ in outcome.writes:
                needed |= layout.cells[cell].mask
            spec = layout.spec.get(state)
            word = self.heard(outcome)
            if word:
                needed |= layout.spec.mask
                spec = self._follow(state, Move(thread, choice), outcome, word)
            if outcome.problem is not None:
                self._fail(outcome.problem, state, Move(thread, choice), outcome)
            steps.append(self.difference(state, thread, outcome, spec))
        if needed != mask:
            # Rows were found by other fields; they come again as they are needed.
            mask, rows = needed, {}
            self.tables[thread][2][node] = (mask, rows)
        found = tuple(steps)
        if not self.is_stopped():
            rows[state & mask] = found
        return found

    def difference(self, state: int, thread: int, outcome: Outcome, spec: int) -> int:
        """Return the bits that a step changes."""
        layout = self.layout
        where = layout.nodes[thread]
        found = (where.get(state) ^ outcome.node) << where.shift
        found |= (layout.spec.get(state) ^ spec) << layout.spec.shift
        for cell, code in outcome.writes:
            of = layout.cells[cell]
            found |= (of.get(state) ^ code) << of.shift
        return found

    def heard(self, outcome: Outcome) -> Word:
        """Return the part of what was observed that the monitor listens to."""
        self.events.update(name for name, _ in outcome.word)
        monitor = self.options.monitor
        if monitor is None or not outcome.word:
            return ()
        return tuple(event for event in outcome.word if monitor.listens(event[0]))

    def _follow(self, state: int, move: Move, outcome: Outcome, word: Word) -> int:
        """Return the state of the monitor after a step; a refusal is a failure."""
        assert self.options.monitor is not None
        spec = self.layout.spec.get(state)
        after = self.options.monitor.step(spec, word)
        if after is None:
            if self.failure is None and outcome.problem is None:
                schedule = (*self.schedule(state), move)
                self.failure = Failure(FailureKind.REFINEMENT, "", schedule, spec, word)
            return spec
        if after > self.layout.spec.low:
            self.widths.spec = after.bit_length() + 2
            self.is_too_narrow = True
        return after

    def _check_width(self, outcome: Outcome) -> None:
        """Note fields that are too narrow for what a step does."""
        for thread, width in enumerate(self.widths.nodes):
            needed = (self.automata.nodes(thread) - 1).bit_length()
            if needed > width:
                self.widths.nodes[thread] = needed + 1
                self.is_too_narrow = True
        for cell, code in outcome.writes:
            if code.bit_length() > self.widths.cells[cell]:
                self.widths.cells[cell] = code.bit_length() + 1
                self.is_too_narrow = True

    # -------------------------------------------------------------------------------------- judging

    def _judge(self, states: list[int], ends: list[int]) -> None:
        """Hold the claims against new states and the final claims against ends."""
        for state in ends:
            self.judge_end(state)
            if self.failure is not None:
                return
        for claim in self.claims:
            for state in states:
                if state & claim.mask not in claim.good and not self.holds_in(claim, state):
                    self.fail_claim(claim, state)
                    return

    def holds_in(self, claim: Claim, state: int) -> bool:
        """Evaluate a claim and remember the values for which it is true."""
        view = View(self, state)
        if not is_true(claim.invariant, view):
            return False
        if view.mask | claim.mask != claim.mask:
            claim.mask |= view.mask
            claim.good.clear()
        claim.good.add(state & claim.mask)
        return True

    def fail_claim(self, claim: Claim, state: int) -> None:
        """Note that a claim does not hold in a state."""
        name = claim.invariant.name
        self.failure = Failure(FailureKind.INVARIANT, name, self.schedule(state))

    def judge_end(self, state: int) -> None:
        """Judge a state in which nobody can move."""
        stuck = [
            thread.name
            for thread, where in zip(self.threads, self.layout.nodes, strict=True)
            if where.get(state) != FINISHED and not thread.is_daemon
        ]
        if stuck:
            text = ", ".join(stuck)
            self.failure = Failure(FailureKind.DEADLOCK, text, self.schedule(state))
            return
        for claim in self.configuration.final_invariants():
            if not is_true(claim, View(self, state)):
                self.failure = Failure(FailureKind.LEAK, claim.name, self.schedule(state))
                return

    def _fail(self, problem: Problem, state: int | None, move: Move, outcome: Outcome) -> None:
        if self.failure is not None:
            return
        before = () if state is None else self.schedule(state)
        text = problem.text
        if problem.kind is not ProblemKind.CONTRACT:
            text = f"{problem.place}: {text}"
        kind = FailureKind(problem.kind.value)
        self.failure = Failure(kind, text, (*before, move), word=outcome.word)

    def schedule(self, state: int) -> tuple[Move, ...]:
        """Return the moves that lead from the initial state to a state that was found."""
        return tuple(self._move(before, after) for before, after in pairwise(self.path(state)))

    def path(self, state: int) -> list[int]:
        """Return the states on a shortest way to a state that was found."""
        path = [state]
        while self.seen[path[-1]] != path[-1]:
            path.append(self.seen[path[-1]])
        return path[::-1]

    def _move(self, before: int, after: int) -> Move:
        for thread in range(len(self.threads)):
            for choice, step in enumerate(self.steps(before, thread)):
                if before ^ step == after:
                    return Move(thread, choice)
        raise AssertionError("a state was found by a step that is not in the tables")

    def steps(self, state: int, thread: int) -> tuple[int, ...]:
        """Return the differences that the steps of a thread make in a state."""
        shift, low, nodes = self.tables[thread]
        mask, rows = nodes[state >> shift & low]
        found = rows.get(state & mask)
        # A table that grew has lost the row; the automaton still knows the step.
        return self.row(state, thread) if found is None else found


def is_true(claim: Invariant, memory: Memory) -> bool:
    """Tell whether a claim holds; one that cannot be evaluated in a state does not."""
    try:
        return claim.holds(memory)
    except Exception:  # the state is not what the claim can be about
        return False


class View:
    """A memory that shows one state and notes which cells were looked at."""

    def __init__(self, exploration: Exploration, state: int) -> None:
        """Show a state of an exploration."""
        self._values = exploration.automata.coding.values
        self._fields = exploration.layout.cells
        self._state = state
        self.reads: dict[int, int] = {}
        """The cells that were looked at, in order, with the codes of their values."""

    @property
    def mask(self) -> int:
        """The fields that were looked at."""
        found = 0
        for cell in self.reads:
            found |= self._fields[cell].mask
        return found

    def read(self, cell: Cell) -> int:
        """Return the value of a cell."""
        code = self._fields[cell.index].get(self._state)
        self.reads[cell.index] = code
        return self._values[cell.index][code]

    def write(self, cell: Cell, value: int) -> None:
        """Refuse: claims change nothing."""
        raise AssertionError(f"a claim writes {cell.name} := {value}")
