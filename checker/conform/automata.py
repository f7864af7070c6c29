"""Learned thread automata: what each thread of a kernel does, found out by running it.

A suspended thread is a *node*, known by its chain of frames (`checker.conform.frames`). What its
pending access does depends on the values that it reads and on nothing else, so it is learned once:
a fresh coroutine is fed the results that lead to the node, the access is performed on a memory that
takes notes, and the thread runs to its next access. The values read become a path in the node's
decision tree, its leaf the *outcomes*: what was written, the next node, what was observed. From
then on this step is a walk down the tree, and no kernel code runs.

Values appear as *codes*: each cell numbers the values that it has been seen to hold, its initial
value being 0. A cell of a large domain that takes few values so needs few bits.

Nothing of this is true of a thread with other inputs (time, randomness, hidden state). Therefore
each step is learned twice, and once more for every other way that was found to its node; at the end
a sample of all that was learned is learned again. A difference is an UNSOUND problem. This is a
check, no proof: an input that happens not to change is not noticed.

Source: idea of replaying a thread from its own inputs: Musuvathi, Qadeer et al., "Finding and
    reproducing Heisenbugs in concurrent programs", OSDI 2008; of running steps again to detect
    nondeterminism: AWS Labs Shuttle, scheduler/uncontrolled_nondeterminism.rs. Decision trees over
    the values read, and exploring them as finite tables, are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from checker.conform.frames import (
    Naming,
    Place,
    UnsoundError,
    chain_of,
    frames_of,
    noting,
    place_of,
    place_of_error,
)
from kernel_impl.port import (
    Access,
    Body,
    Cell,
    Configuration,
    ContractViolation,
    Finished,
    Kind,
    Mark,
    Observation,
    check_domain,
    resume,
)

if TYPE_CHECKING:
    from checker.conform.frames import Chain

FINISHED: Final = 0
"""The node of a thread that has returned."""
ALTERNATIVES: Final = 2
"""Other ways to a node that are tried, too, when a step from it is learned."""
AUDITED: Final = 2_000
"""Steps that are learned again at the end."""
_DIFFERS: Final = "taken again with the same values, this step goes differently"

Word: TypeAlias = "tuple[tuple[str, tuple[int, ...]], ...]"
"""What a thread observed about one access: names with values."""
Read: TypeAlias = "Callable[[int], int]"
"""The code of the present value of a cell, by the index of the cell."""
History: TypeAlias = "tuple[Hashable, ...]"
"""The results of all accesses of a thread so far."""


class ProblemKind(Enum):
    """Why a thread cannot go on."""

    CONTRACT = "contract"  # a rule of the kernel is broken
    CRASH = "crash"  # an exception that no rule foresees
    UNSOUND = "unsound"  # the thread has inputs or state that the exploration does not see


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong inside a thread."""

    kind: ProblemKind
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which a step can go.

    Attributes:
        writes: cells with the codes of their new values, by index.
        node: where the thread is then.
        word: what it observed about the step.
    """

    writes: tuple[tuple[int, int], ...]
    node: int
    word: Word = ()
    problem: Problem | None = None


@dataclass(slots=True)
class Branch:
    """A decision: the next cell that the step reads, and what follows for each code."""

    cell: int
    children: dict[int, Tree] = field(default_factory=dict)


Tree: TypeAlias = "Branch | tuple[Outcome, ...]"
"""A leaf without outcomes is a step that is not enabled."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a step: the cells that it reads first to last, and how it can go."""

    reads: tuple[tuple[int, int], ...]
    outcomes: tuple[Outcome, ...]


@dataclass(slots=True)
class _Node:
    """A suspended thread: ways to get there, where it stands, what it waits for, what it does."""

    histories: list[History]
    place: Place
    access: Access[Any]
    tree: Tree | None = None


@dataclass(slots=True)
class _Thread:
    start: Callable[[], Body]
    gates: tuple[tuple[Cell, frozenset[int]], ...]
    nodes: list[_Node | None] = field(default_factory=lambda: [None])
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)


class Coding:
    """The codes of the values of all cells."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        """Give the initial values code 0."""
        self.cells = cells
        self.values: list[list[int]] = [[cell.initial] for cell in cells]
        self._codes: list[dict[int, int]] = [{cell.initial: 0} for cell in cells]

    def code(self, cell: int, value: int) -> int:
        """Return the code of a value, a new one if it was never seen."""
        known = self._codes[cell]
        found = known.setdefault(value, len(known))
        if found == len(self.values[cell]):
            self.values[cell].append(value)
        return found


class Recorder:
    """The memory of one step: notes what is read and written; satisfies `port.Memory`."""

    def __init__(self, coding: Coding, read: Read) -> None:
        """Take the values that the cells have before the step."""
        self._coding = coding
        self._read = read
        self._noted: dict[int, int] = {}
        self._written: dict[int, int] = {}

    @property
    def reads(self) -> tuple[tuple[int, int], ...]:
        """The cells read, in order, with the codes of their values."""
        return tuple(self._noted.items())

    @property
    def writes(self) -> tuple[tuple[int, int], ...]:
        """The cells written, by index, with the codes of their new values."""
        return tuple(
            (cell, self._coding.code(cell, value)) for cell, value in sorted(self._written.items())
        )

    def read(self, cell: Cell) -> int:
        """Return what the step itself has written, or else the value before the step."""
        index = cell.index
        if index in self._written:
            return self._written[index]
        if index not in self._noted:
            self._noted[index] = self._read(index)
        return self._coding.values[index][self._noted[index]]

    def write(self, cell: Cell, value: int) -> None:
        """Change a cell within its domain."""
        check_domain(cell, value)
        self._written[cell.index] = value


class Automata:
    """The automata of all threads of a configuration, as far as they are known."""

    def __init__(self, configuration: Configuration, naming: Naming) -> None:
        """Know nothing yet."""
        self.coding = Coding(configuration.cells())
        self.runs = 0
        """How often a coroutine was started."""
        self._naming = naming
        self._events = {event.name: event.arity for event in configuration.observations()}
        self._threads = [
            _Thread(thread.start, tuple((gate.cell, gate.allowed) for gate in thread.gates))
            for thread in configuration.threads()
        ]
        self._learned: list[tuple[int, int, Known]] = []

    def nodes(self, thread: int) -> int:
        """Return how many nodes of a thread are known, FINISHED included."""
        return len(self._threads[thread].nodes)

    def first(self, thread: int) -> Outcome:
        """Return the beginning of a thread as an outcome that writes nothing."""
        outcome = self._run(thread, ())
        if outcome.word:
            reason = "a thread observes only after an access"
            place = Place("", 0, "")
            return Outcome((), FINISHED, problem=Problem(ProblemKind.CONTRACT, reason, place))
        return outcome

    def place(self, thread: int, node: int) -> Place:
        """Return where a thread stands at a node other than FINISHED."""
        found = self._threads[thread].nodes[node]
        assert found is not None
        return found.place

    def step(self, thread: int, node: int, read: Read) -> Known:
        """Return how the step of a node goes where cells have the values that `read` tells."""
        of = self._threads[thread].nodes[node]
        assert of is not None
        tree = of.tree
        reads = []
        while isinstance(tree, Branch):
            code = read(tree.cell)
            reads.append((tree.cell, code))
            tree = tree.children.get(code)
        if tree is not None:
            return Known(tuple(reads), tree)
        return self._learn(thread, node, read)

    def learned(self) -> tuple[tuple[int, int, Known], ...]:
        """Return all that was learned: threads, nodes and their steps."""
        return tuple(self._learned)

    def audit(self, seed: int = 0) -> Problem | None:
        """Learn a sample of all steps again; return the first difference."""
        sample = self._learned
        if len(sample) > AUDITED:
            sample = Random(seed).sample(sample, AUDITED)
        for thread, node, known in sample:
            of = self._threads[thread].nodes[node]
            assert of is not None
            again = self._attempt(thread, of, of.histories[0], _reading(known))
            if again != known:
                return _difference(of, again.outcomes)
        return None

    # ------------------------------------------------------------------------------------- learning

    def _learn(self, thread: int, node: int, read: Read) -> Known:
        of = self._threads[thread].nodes[node]
        assert of is not None
        known = self._attempt(thread, of, of.histories[0], read)
        for history in (of.histories[0], *of.histories[1:]):
            again = self._attempt(thread, of, history, read)
            if again != known:
                problem = _difference(of, (*known.outcomes, *again.outcomes))
                return Known(known.reads, (Outcome((), FINISHED, problem=problem),))
        leaf: Tree = known.outcomes
        for cell, code in reversed(known.reads):
            leaf = Branch(cell, {code: leaf})
        merged = _merged(of.tree, leaf)
        if merged is None:
            problem = _difference(of, known.outcomes)
            return Known(known.reads, (Outcome((), FINISHED, problem=problem),))
        of.tree = merged
        self._learned.append((thread, node, known))
        return known

    def _attempt(self, thread: int, of: _Node, history: History, read: Read) -> Known:
        memory = Recorder(self.coding, read)
        try:
            outcomes = self._taken(thread, of, history, memory)
        except ContractViolation as broken:
            outcomes = (_failed(ProblemKind.CONTRACT, broken),)
        except UnsoundError as hidden:
            problem = Problem(ProblemKind.UNSOUND, hidden.reason, hidden.place)
            outcomes = (Outcome((), FINISHED, problem=problem),)
        except Exception as error:  # whatever kernel code raises is a finding
            outcomes = (_failed(ProblemKind.CRASH, error),)
        return Known(memory.reads, outcomes)

    def _taken(
        self, thread: int, of: _Node, history: History, memory: Recorder
    ) -> tuple[Outcome, ...]:
        """Take the step of a node: each of its choices in a run of its own."""
        for cell, allowed in self._threads[thread].gates:
            if memory.read(cell) not in allowed:
                return ()
        access = of.access
        if not access.is_enabled(memory):
            return ()
        results: list[Hashable]
        if access.kind is Kind.CHOOSE:
            results = list(range(int(str(access.args[0]))))
        else:
            results = [access.perform(memory)]
        found = []
        for result in results:
            after = self._run(thread, (*history, result))
            found.append(Outcome(memory.writes, after.node, after.word, after.problem))
        return tuple(found)

    def _run(self, thread: int, history: History) -> Outcome:
        """Run a fresh coroutine through a history and name the node where it stands then."""
        self.runs += 1
        body = self._threads[thread].start()
        kept = dict(self._naming.kept)
        try:
            with noting(kept):
                paused = resume(body, None)
                for value in history:
                    if isinstance(paused, Finished):
                        raise UnsoundError(Place("", 0, ""), _DIFFERS)
                    paused = resume(body, value)
            word = self._word(paused.marks)
            if isinstance(paused, Finished):
                return Outcome((), FINISHED, word)
            chain = chain_of(body, self._naming.variables)
            key = (*kept.values(), *chain)
            place = place_of(tuple(frames_of(body))[-1])
            node = _Node([history], place, paused.access)
            return Outcome((), self._number(thread, key, node), word)
        except ContractViolation as broken:
            return _failed(ProblemKind.CONTRACT, broken)
        except UnsoundError as hidden:
            problem = Problem(ProblemKind.UNSOUND, hidden.reason, hidden.place)
            return Outcome((), FINISHED, problem=problem)
        except Exception as error:  # whatever kernel code raises is a finding
            return _failed(ProblemKind.CRASH, error)
        finally:
            body.close()

    def _number(self, thread: int, key: Chain, node: _Node) -> int:
        of = self._threads[thread]
        number = of.numbers.setdefault(key, len(of.nodes))
        if number == len(of.nodes):
            of.nodes.append(node)
            return number
        known = of.nodes[number]
        assert known is not None
        if len(known.histories) <= ALTERNATIVES and node.histories[0] not in known.histories:
            known.histories.append(node.histories[0])
        return number

    def _word(self, marks: tuple[Mark, ...]) -> Word:
        word = tuple((m.name, m.values) for m in marks if isinstance(m, Observation))
        for name, values in word:
            if self._events.get(name) != len(values):
                arity = len(values)
                raise ContractViolation(f"`{name}` with {arity} values is no event of this system")
        return word


def _difference(of: _Node, outcomes: tuple[Outcome, ...]) -> Problem:
    """Return the problem that a step, taken again with the same values, went differently."""
    for outcome in outcomes:
        problem = outcome.problem
        if problem is not None and problem.kind is ProblemKind.UNSOUND and problem.place.line:
            return problem
    return Problem(ProblemKind.UNSOUND, _DIFFERS, of.place)


def _reading(known: Known) -> Read:
    """Return the values that a step has read, code 0 for all other cells."""
    values = dict(known.reads)
    return lambda cell: values.get(cell, 0)


def _failed(kind: ProblemKind, error: BaseException) -> Outcome:
    text = str(error) if kind is ProblemKind.CONTRACT else f"{type(error).__name__}: {error}"
    return Outcome((), FINISHED, problem=Problem(kind, text, place_of_error(error)))


def _merged(tree: Tree | None, path: Tree) -> Tree | None:
    """Add a path of reads to a tree; None if it reads other cells where it read the same values."""
    if tree is None:
        return path
    if not isinstance(tree, Branch) or not isinstance(path, Branch) or tree.cell != path.cell:
        return None
    for code, child in path.children.items():
        merged = _merged(tree.children.get(code), child)
        if merged is None:
            return None
        tree.children[code] = merged
    return tree
