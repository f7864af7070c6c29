"""A small explorer of all interleavings: proves the design of the kernel; the checker has better.

Learned thread automata: a suspended thread is a *node*, known by its chain of frames (code, offset,
local variables). The first time a node meets values that it has not read before, a fresh coroutine
is fed the node's history and takes one step on a recording memory; from then on the step is a walk
down a decision tree and no kernel code runs. Search is breadth-first, so counterexamples are short.

Three ways to name a node, see `explore`: live locals only (exact for every property that reads no
local), all locals of the living frames, or live locals plus *registers* that survive their frame,
as the variables of a flat model do.
"""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, TypeAlias

from kernel_impl.errors import ContractViolation
from kernel_impl.steps import (
    Access,
    Body,
    Cell,
    Finished,
    Kind,
    Observation,
    Paused,
    check_domain,
    resume,
)
from kernel_impl.system import System, Thread

Store: TypeAlias = tuple[int, ...]
Key: TypeAlias = Hashable
Registers: TypeAlias = Mapping[tuple[CodeType, str], int]
SpecStep: TypeAlias = Callable[[Any, int, Observation], Any]
FINISHED = 0
"""The node of a thread that has returned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which a step can go: what it wrote, where the thread is next, what it said."""

    writes: tuple[tuple[int, int], ...]
    node: int
    marks: tuple[Observation, ...] = ()
    error: str = ""


@dataclass(slots=True)
class Branch:
    """A decision: the next cell that the step reads, and what follows for each of its values."""

    cell: int
    children: dict[int, Tree] = field(default_factory=dict)


Tree: TypeAlias = Branch | tuple[Outcome, ...]
"""A leaf without outcomes is a step that is not enabled."""


@dataclass(slots=True)
class Node:
    """A suspended thread."""

    thread: int
    history: tuple[Hashable, ...]
    access: Access[Any]
    tree: Tree | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and the shortest schedule that leads there."""

    kind: str
    text: str
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration found; exhaustive when there is no failure and no bound was hit."""

    states: int
    transitions: int
    nodes: int
    failure: Failure | None
    seen_events: frozenset[str]
    is_exhaustive: bool = True


class Recorder:
    """A memory that notes what a step reads and writes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reads: list[tuple[int, int]] = []
        self.writes: dict[int, int] = {}
        self._known: set[int] = set()

    def read(self, cell: Cell) -> int:
        index = cell.index
        if index in self.writes:
            return self.writes[index]
        if index not in self._known:
            self._known.add(index)
            self.reads.append((index, self.store[index]))
        return self.store[index]

    def write(self, cell: Cell, value: int) -> None:
        check_domain(cell, value)
        self.writes[cell.index] = value


class Automata:
    """The learned automata of all threads of a system."""

    def __init__(self, system: System, *, keeps_locals: bool, registers: Registers) -> None:
        self.threads: tuple[Thread, ...] = system.threads()
        self.nodes: list[Node | None] = [None]
        self._ids: dict[Key, int] = {}
        self._keeps_locals = keeps_locals
        self._registers = registers

    def first(self, thread: int) -> int:
        """Returns the node in which a thread starts."""
        return self._run(thread, (), starts=True).node

    def outcomes(self, number: int, store: Store) -> tuple[Outcome, ...]:
        """Returns the ways in which the step of a node can go; none when it is not enabled."""
        node = self.nodes[number]
        assert node is not None
        tree = node.tree
        while isinstance(tree, Branch):
            tree = tree.children.get(store[tree.cell])
        return tree if tree is not None else self._learn(node, store)

    def _learn(self, node: Node, store: Store) -> tuple[Outcome, ...]:
        memory = Recorder(store)
        found = tuple(self._take(node, memory))
        leaf: Tree = found
        for cell, value in reversed(memory.reads):
            leaf = Branch(cell, {value: leaf})
        node.tree = merged(node.tree, leaf)
        return found

    def _take(self, node: Node, memory: Recorder) -> Iterator[Outcome]:
        access = node.access
        try:
            if not access.is_enabled(memory):
                return
            if access.kind is Kind.CHOOSE:
                results: list[Hashable] = list(range(int(str(access.args[0]))))
            else:
                results = [access.perform(memory)]
        except ContractViolation as broken:
            yield Outcome((), FINISHED, error=str(broken))
            return
        writes = tuple(sorted(memory.writes.items()))
        for result in results:
            after = self._run(node.thread, (*node.history, result))
            yield Outcome(writes, after.node, after.marks, after.error)

    def _run(self, thread: int, history: tuple[Hashable, ...], *, starts: bool = False) -> Outcome:
        """Runs a fresh coroutine through a history and names the node where it stands then."""
        body = self.threads[thread].start()
        registers = dict(self._registers)
        try:
            with noting(registers):
                paused = resume(body, None)
                for value in history:
                    paused = resume(body, value)
        except ContractViolation as broken:
            return Outcome((), FINISHED, error=str(broken))
        marks = tuple(mark for mark in paused.marks if isinstance(mark, Observation))
        if starts and marks:
            return Outcome((), FINISHED, error="a thread observed before its first access")
        if isinstance(paused, Finished):
            return Outcome((), FINISHED, marks)
        key = (thread, tuple(registers.values()), *chain(body, keeps_all=self._keeps_locals))
        number = self._intern(key, thread, history, paused)
        body.close()
        return Outcome((), number, marks)

    def _intern(self, key: Key, thread: int, history: tuple[Hashable, ...], paused: Paused) -> int:
        number = self._ids.setdefault(key, len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append(Node(thread, history, paused.access))
        return number


def merged(tree: Tree | None, path: Tree) -> Tree:
    """Adds one path of reads to a decision tree."""
    if not isinstance(tree, Branch):
        return path
    assert isinstance(path, Branch)
    assert path.cell == tree.cell, "a thread is not deterministic: it read another cell"
    for value, child in path.children.items():
        tree.children[value] = merged(tree.children.get(value), child)
    return tree


# ------------------------------------------------------------------------------ naming of nodes


@contextmanager
def noting(registers: dict[tuple[CodeType, str], int]) -> Iterator[None]:
    """Follows the values of some local variables, also past the return of their function."""
    if not registers:
        yield
        return

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "return":  # also when a coroutine is suspended
            for code, name in registers:
                if frame.f_code is code and name in frame.f_locals:
                    registers[code, name] = frame.f_locals[name]

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def chain(body: Body, *, keeps_all: bool) -> tuple[Hashable, ...]:
    """Returns what identifies a suspended thread: frame by frame, then the pending access."""
    frames: list[Hashable] = []
    item: object = body
    while isinstance(item, CoroutineType):
        frame = item.cr_frame
        assert frame is not None
        names = None if keeps_all else live_after(frame.f_code)[frame.f_lasti]
        kept = tuple(
            (name, value)
            for name, value in sorted(frame.f_locals.items())
            if names is None or name in names
        )
        frames.append((frame.f_code, frame.f_lasti, kept))
        item = item.cr_await
    assert isinstance(item, GeneratorType), "a thread waits for something that is no primitive"
    assert item.gi_frame is not None
    return (*frames, item.gi_frame.f_locals["self"])


@functools.cache
def live_after(code: CodeType) -> dict[int, frozenset[str]]:
    """Computes for each instruction the local variables that may still be read after it."""
    instructions = list(dis.get_instructions(code))
    following = successors(instructions)
    live_in: dict[int, frozenset[str]] = {i.offset: frozenset() for i in instructions}
    live_out = dict(live_in)
    changed = True
    while changed:
        changed = False
        for item in reversed(instructions):
            out = frozenset[str]().union(*(live_in[offset] for offset in following[item.offset]))
            name = str(item.argval)
            into = out
            if item.opname in {"STORE_FAST", "DELETE_FAST"}:
                into = out - {name}
            elif item.opname.startswith("LOAD_FAST"):
                into = out | {name}
            changed |= into != live_in[item.offset] or out != live_out[item.offset]
            live_in[item.offset], live_out[item.offset] = into, out
    return live_out


def successors(instructions: list[dis.Instruction]) -> dict[int, tuple[int, ...]]:
    """Maps each instruction to those that may follow it."""
    result = {}
    for item, after in zip(instructions, [*instructions[1:], None], strict=True):
        targets = [item.argval] if "JUMP" in item.opname or item.opname == "SEND" else []
        ends = item.opname in {"RETURN_VALUE", "RAISE_VARARGS", "RERAISE"}
        always = item.opname in {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
        if after is not None and not ends and not always:
            targets.append(after.offset)
        result[item.offset] = tuple(targets)
    return result


# --------------------------------------------------------------------------------------- search


@dataclass(frozen=True, slots=True)
class Monitor:
    """A specification that follows the observations: None from `step` refuses."""

    initial: Hashable
    step: SpecStep


class Snapshot:
    """A memory for invariants: may be read only."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, cell: Cell) -> int:
        return self.store[cell.index]

    def write(self, cell: Cell, value: int) -> None:
        raise AssertionError(f"an invariant writes {cell.name} := {value}")


State: TypeAlias = tuple[Store, tuple[int, ...], Hashable]


def explore(
    system: System,
    *,
    keeps_locals: bool = False,
    registers: Registers | None = None,
    monitor: Monitor | None = None,
    max_states: int = 400_000,
) -> Explored:
    """Explores every interleaving of a system and stops at the first, shortest failure.

    Args:
        keeps_locals: name nodes by all locals of their frames instead of the live ones.
        registers: locals, as (code, name), that keep their last value after their frame is gone,
            with the value they start from.
        monitor: a specification to hold every transition against.
    """
    return _Search(system, monitor, keeps_locals=keeps_locals, registers=registers or {}).run(
        max_states
    )


def walk(system: System, *, seeds: range, max_steps: int = 2000) -> Failure | None:
    """Looks for a failure on random schedules: one thread goes on, another cuts in by chance.

    Finds what is there sometimes; finding nothing means nothing.
    """
    search = _Search(system, None, keeps_locals=False, registers={})
    for seed in seeds:
        random = Random(seed)
        ranks = [random.random() for _ in search.threads]
        search.parents = {}
        state = search.initial()
        search.parents[state] = None
        for _ in range(max_steps):
            following: list[State] = []
            failure = search.expand(state, following, once=False)
            if failure is not None:
                return failure
            if not following:
                break
            if random.random() < 0.05:
                ranks[random.randrange(len(ranks))] = random.random()
            state = max(following, key=lambda after: ranks[search.mover(after)])
    return None


class _Search:
    def __init__(
        self,
        system: System,
        monitor: Monitor | None,
        *,
        keeps_locals: bool,
        registers: Registers,
    ) -> None:
        self.system = system
        self.monitor = monitor
        self.automata = Automata(system, keeps_locals=keeps_locals, registers=registers)
        self.threads = system.threads()
        self.gates = [[(g.cell.index, g.allowed) for g in t.gates] for t in self.threads]
        self.parents: dict[State, tuple[State, int, Outcome] | None] = {}
        self.events: set[str] = set()
        self.claims = system.invariants()
        self.judged: set[Store] = set()
        self.transitions = 0

    def run(self, max_states: int) -> Explored:
        initial = self.initial()
        self.parents[initial] = None
        level = [initial]
        failure = self.broken_invariant(initial)
        while level and failure is None and len(self.parents) <= max_states:
            following: list[State] = []
            for state in level:
                failure = self.expand(state, following)
                if failure is not None:
                    break
            level = following
        return Explored(
            states=len(self.parents),
            transitions=self.transitions,
            nodes=len(self.automata.nodes) - 1,
            failure=failure,
            seen_events=frozenset(self.events),
            is_exhaustive=failure is None and not level,
        )

    def initial(self) -> State:
        store = tuple(cell.initial for cell in self.system.cells())
        nodes = tuple(self.automata.first(number) for number in range(len(self.threads)))
        return store, nodes, self.monitor.initial if self.monitor else None

    def mover(self, state: State) -> int:
        """Returns the thread whose step led to a state."""
        link = self.parents[state]
        return link[1] if link else 0

    def expand(self, state: State, following: list[State], *, once: bool = True) -> Failure | None:
        store, nodes, _ = state
        moved = False
        for thread, number in enumerate(nodes):
            if number == FINISHED or any(store[c] not in ok for c, ok in self.gates[thread]):
                continue
            for outcome in self.automata.outcomes(number, store):
                moved = True
                self.transitions += 1
                if outcome.error:
                    return self.failure("contract", outcome.error, state, thread, outcome)
                after = self.after(state, thread, outcome)
                if after is None:
                    said = ", ".join(map(str, outcome.marks))
                    return self.failure("refinement", said, state, thread, outcome)
                if not once:
                    self.parents.setdefault(after, (state, thread, outcome))
                    following.append(after)
                elif after not in self.parents:
                    self.parents[after] = (state, thread, outcome)
                    following.append(after)
                    failure = self.broken_invariant(after)
                    if failure is not None:
                        return failure
        return None if moved else self.end(state)

    def after(self, state: State, thread: int, outcome: Outcome) -> State | None:
        store, nodes, spec = state
        if outcome.writes:
            values = list(store)
            for cell, value in outcome.writes:
                values[cell] = value
            store = tuple(values)
        for mark in outcome.marks:
            self.events.add(mark.name)
            if self.monitor is not None:
                spec = self.monitor.step(spec, thread, mark)
                if spec is None:
                    return None
        return store, (*nodes[:thread], outcome.node, *nodes[thread + 1 :]), spec

    def end(self, state: State) -> Failure | None:
        """Judges a state in which nobody can move."""
        store, nodes, _ = state
        stuck = [
            thread.name
            for thread, number in zip(self.threads, nodes, strict=True)
            if number != FINISHED and not thread.is_daemon
        ]
        if stuck:
            return self.failure("deadlock", ", ".join(stuck), state)
        for claim in self.system.final_invariants():
            if not claim.holds(Snapshot(store)):
                return self.failure("final", claim.name, state)
        return None

    def broken_invariant(self, state: State) -> Failure | None:
        if not self.claims or state[0] in self.judged:
            return None
        self.judged.add(state[0])
        for claim in self.claims:
            if not claim.holds(Snapshot(state[0])):
                return self.failure("invariant", claim.name, state)
        return None

    def failure(
        self, kind: str, text: str, state: State, thread: int = -1, outcome: Outcome | None = None
    ) -> Failure:
        steps: list[str] = [] if outcome is None else [self.describe(state, thread, outcome)]
        link = self.parents[state]
        while link is not None:
            before, mover, taken = link
            steps.append(self.describe(before, mover, taken))
            link = self.parents[before]
        return Failure(kind, text, tuple(reversed(steps)))

    def describe(self, state: State, thread: int, outcome: Outcome) -> str:
        node = self.automata.nodes[state[1][thread]]
        assert node is not None
        cells = self.system.cells()
        writes = ", ".join(f"{cells[cell].name}:={value}" for cell, value in outcome.writes)
        said = " ".join(f"<{mark.name}{mark.values}>" for mark in outcome.marks)
        action = node.access.action.__name__.lstrip("_")
        values = ", ".join(
            str(arg) if isinstance(arg, int | Cell) else type(arg).__name__
            for arg in node.access.args
        )
        return f"{self.threads[thread].name}: {action}({values}) {writes} {said}".rstrip()
