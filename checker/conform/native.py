"""The same search in machine code: the learned tables, explored by compiled loops.

The automata of the threads are finite tables, so exploring them needs no Python: a tree of branches
for each node, leaves of outcomes that keep some bits of a state and put others, a table of the
monitor's steps, and a tree for each claim. The loops of `checker.explicit.native` walk them. When
they come to something that nobody has learned yet, they note it and go on; it is learned here, by
the same code as always (`checker.conform.explore`), and entered into the tables.

States are exact: one word of 63 bits, or several. Fields are as narrow as what was seen needs;
cells that never changed take no room. The compiled loops count states, transitions and ends; what
is wrong with a state is judged here, on the state itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from checker.conform.arena import Arena
from checker.conform.explore import Exploration, View, is_true
from checker.conform.flat import Parts, Tables
from checker.conform.packing import Widths

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.conform.automata import Automata, Known, Word
    from checker.conform.explore import Claim
    from checker.conform.findings import Explored, Options
    from kernel_impl.port import Configuration

PROBED: Final = 20_000
"""States that are first explored in Python: many a space is smaller, and widths become known."""
PROBED_UNCOMPILED: Final = 400_000
"""The same when the loops would have to be compiled first, which takes longer than that."""


def explore_natively(
    configuration: Configuration,
    options: Options,
    progress: Callable[[int, int], None] | None = None,
    *,
    probed: int | None = None,
) -> Explored:
    """Explore like `explore`, first in Python and then, if that is not enough, in machine code.

    Args:
        probed: states after which machine code takes over; a sensible number without it.

    Raises:
        ImportError: there is no compiler.
    """
    probed = _probed() if probed is None else probed
    if options.max_states is not None and options.max_states <= probed:
        return Exploration(configuration, options).run(progress)
    # The audit comes at the end of the run that answers.
    probe = Exploration(configuration, replace(options, max_states=probed, audits=False))
    found = probe.run(progress)
    if found.failure is not None or found.is_exhaustive:
        return probe.audited(found) if options.audits else found
    if found.states <= probed:  # another bound ended it
        return found
    return NativeExploration(configuration, options, probe.automata).run(progress)


def _probed() -> int:
    from checker.explicit.native.kernels.jit import is_compiled

    return PROBED if is_compiled("expand") else PROBED_UNCOMPILED


class NativeExploration(Exploration):
    """An exploration whose states are found by compiled loops."""

    def __init__(self, configuration: Configuration, options: Options, automata: Automata) -> None:
        """Take over what is known of the threads."""
        super().__init__(configuration, options, automata)
        self.widths = Widths.needed(
            [len(values) for values in automata.coding.values],
            [automata.nodes(thread) for thread in range(len(self.threads))],
            has_monitor=options.monitor is not None,
        )
        self.relay()
        self._arena: Arena | None = None
        self._tables: Tables | None = None
        self._looked_at = 0

    def found(self) -> int:
        """Return how many states were found."""
        return 0 if self._arena is None else self._arena.filled

    def path(self, state: int) -> list[int]:
        """Return the states on a shortest way to the state that is looked at."""
        assert self._arena is not None
        index, states = self._looked_at, []
        while True:
            states.append(self._packed(index))
            if index == 0:
                return states[::-1]
            index = int(self._arena.origin[index])

    def search(self, progress: Callable[[int, int], None] | None) -> str:
        """Search from the beginning; return the bound that was met, or nothing."""
        self.transitions, self.depth = 0, 1
        parts = Parts(self.widths)
        self._tables = tables = Tables(parts, len(self.claims))
        self._arena = arena = Arena(parts.words)
        first = self.initial()
        arena.begin(self._words(first))
        for thread, node, known in self.automata.learned():
            tables.enter(thread, node, known, self._heard(known))
        self._judge_from(0)
        low = 0
        while low < arena.filled and not self.is_stopped():
            if arena.filled > (self.options.max_states or arena.filled):
                return f"{arena.filled:,} states"
            if self.options.max_depth is not None and self.depth >= self.options.max_depth:
                return f"depth {self.options.max_depth}"
            high = arena.filled
            self._expand_level(low, high)
            if not self.is_stopped():
                self._judge_from(high)
            self.depth += arena.filled > high
            low = high
            if progress is not None:
                progress(arena.filled, self.transitions)
        return ""

    def _expand_level(self, low: int, high: int) -> None:
        """Find what follows from some states, learning what is missing."""
        assert self._arena is not None
        assert self._tables is not None
        arena, tables = self._arena, self._tables
        while low < high:
            low, missing, ends = arena.expand(tables, low, high)
            while len(missing) and not self.is_stopped():
                for index, thread in missing:
                    self._learn(int(index), int(thread))
                    if self.is_stopped():
                        return
                missing = arena.expand_pairs(tables, missing)
            self.transitions += arena.taken()
            for index in ends:
                self._judge_end_at(int(index))
                if self.is_stopped():
                    return

    def _learn(self, index: int, thread: int) -> None:
        """Learn the step of a thread in a state, and complete the tables."""
        assert self._tables is not None
        self._looked_at = index
        state = self._packed(index)
        self.row(state, thread)
        if self.is_stopped():
            return
        layout = self.layout
        node = layout.nodes[thread].get(state)
        known = self.automata.step(thread, node, lambda cell: layout.cells[cell].get(state))
        words = self._heard(known)
        self._tables.enter(thread, node, known, words)
        spec = layout.spec.get(state)
        for word in words:
            if word:
                assert self.options.monitor is not None
                after = self.options.monitor.step(spec, word)
                assert after is not None, "a refused word is a failure"
                self._tables.follow(spec, word, after)

    def _heard(self, known: Known) -> list[Word]:
        return [self.heard(outcome) for outcome in known.outcomes]

    def _judge_end_at(self, index: int) -> None:
        """Judge a state from which no step was found, if it is an end."""
        self._looked_at = index
        state = self._packed(index)
        if not any(self.steps(state, thread) for thread in range(len(self.threads))):
            self.judge_end(state)

    def _judge_from(self, low: int) -> None:
        """Hold the claims against the states from a number on."""
        assert self._arena is not None
        assert self._tables is not None
        while self.claims and low < self._arena.filled:
            low, unknown = self._arena.judge(self._tables, low)
            for index, claim in unknown:
                self._looked_at = int(index)
                if not self._claim_holds(self.claims[int(claim)], int(claim)):
                    return

    def _claim_holds(self, claim: Claim, number: int) -> bool:
        assert self._tables is not None
        state = self._packed(self._looked_at)
        view = View(self, state)
        if not is_true(claim.invariant, view):
            self.fail_claim(claim, state)
            return False
        self._tables.approve(number, tuple(view.reads.items()))
        return True

    # ----------------------------------------------------------------------------------- conversion

    def _packed(self, index: int) -> int:
        """Return a state of the arena as the integer of the layout."""
        assert self._arena is not None
        assert self._tables is not None
        words = self._arena.words_of(index)
        parts, layout = self._tables.parts, self.layout
        packed = 0
        for part, where in zip(
            (*parts.nodes, parts.spec, *parts.cells),
            (*layout.nodes, layout.spec, *layout.cells),
            strict=True,
        ):
            packed |= (words[part.word] >> part.shift & part.low) << where.shift
        return packed

    def _words(self, packed: int) -> list[int]:
        """Return the integer of the layout as words."""
        assert self._tables is not None
        parts, layout = self._tables.parts, self.layout
        words = [0] * parts.words
        for part, where in zip(
            (*parts.nodes, parts.spec, *parts.cells),
            (*layout.nodes, layout.spec, *layout.cells),
            strict=True,
        ):
            words[part.word] |= where.get(packed) << part.shift
        return words
