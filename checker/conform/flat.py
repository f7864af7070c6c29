"""Learned automata as flat arrays, for the compiled loops to walk.

A tree of branches for each node, leaves of outcomes that keep some bits of a state and put others,
a table of the monitor's steps, and a tree for each claim. The loops (`kernels.automata` of the
native engine) say how they are laid out. The arrays only grow: what is learned is entered where it
was missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from checker.conform.automata import Known, Outcome, Word
    from checker.conform.packing import Widths

NARROW_BITS: Final = 63
WORD_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Part:
    """Where a field is in a state of several words."""

    word: int
    shift: int
    width: int

    @property
    def low(self) -> int:
        """The mask of its values."""
        return (1 << self.width) - 1


class Parts:
    """The fields of a state; none lies across two words."""

    def __init__(self, widths: Widths) -> None:
        """Lay the widest fields first."""
        everything = [*widths.nodes, widths.spec, *widths.cells]
        total = sum(everything)
        room = NARROW_BITS if total <= NARROW_BITS else WORD_BITS
        used: list[int] = []
        placed: dict[int, Part] = {}
        for at in sorted(range(len(everything)), key=lambda each: -everything[each]):
            width = everything[at]
            word = next((w for w, bits in enumerate(used) if bits + width <= room), len(used))
            if word == len(used):
                used.append(0)
            placed[at] = Part(word, used[word], width)
            used[word] += width
        threads = len(widths.nodes)
        self.words = max(len(used), 1)
        self.nodes = tuple(placed[at] for at in range(threads))
        self.spec = placed[threads]
        self.cells = tuple(placed[threads + 1 + at] for at in range(len(widths.cells)))


class Growing:
    """An array that grows at its end."""

    def __init__(self, kind: Any) -> None:
        """Begin empty, with elements of a NumPy type."""
        import numpy as np

        self.array = np.zeros(1024, kind)
        self.filled = 0

    def extend(self, count: int) -> int:
        """Add zeros and return where they begin."""
        import numpy as np

        begin = self.filled
        self.filled += count
        if self.filled > len(self.array):
            larger = np.zeros(max(2 * len(self.array), self.filled), self.array.dtype)
            larger[:begin] = self.array[:begin]
            self.array = larger
        return begin


class Tables:
    """What is known of all threads, claims and the monitor, as flat arrays."""

    def __init__(self, parts: Parts, claims: int) -> None:
        """Know nothing."""
        import numpy as np

        self.parts = parts
        threads = len(parts.nodes)
        self.stride = 3 + (1 << max(part.width for part in parts.nodes))
        self._roots = np.zeros(threads * self.stride, np.int64)
        for thread, part in enumerate(parts.nodes):
            at = thread * self.stride
            self._roots[at : at + 3] = part.word, part.shift, part.low
        self._tree = Growing(np.int32)
        self._tree.extend(1)  # a root of 0 is unknown
        self._first, self._number = Growing(np.int32), Growing(np.int32)
        self._keep, self._bits = Growing(np.uint64), Growing(np.uint64)
        self._labels = Growing(np.int32)
        self._label_of: dict[Word, int] = {}
        self._monitor = np.full((16, 8), -1, np.int32)
        self.claims = np.zeros(claims, np.int64)

    def sizes(self) -> Any:
        """Return the numbers that the loops need."""
        import numpy as np

        spec = self.parts.spec
        specs, labels = self._monitor.shape
        return np.array(
            [
                self.parts.words,
                len(self.parts.nodes),
                self.stride,
                spec.word,
                spec.shift,
                spec.low,
                labels,
                specs,
            ],
            np.int64,
        )

    def arrays(self) -> tuple[Any, ...]:
        """Return the arrays that the loops walk."""
        return (
            self._roots,
            self._tree.array,
            self._first.array,
            self._number.array,
            self._keep.array,
            self._bits.array,
            self._labels.array,
            self._monitor.reshape(-1),
        )

    @property
    def tree(self) -> Any:
        """The array of all branches."""
        return self._tree.array

    def enter(self, thread: int, node: int, known: Known, words: list[Word]) -> None:
        """Enter a step: the path of what it reads, and its outcomes as a leaf."""
        if any(outcome.problem is not None for outcome in known.outcomes):
            return  # whoever comes here asks again, and that is a failure
        at = thread * self.stride + 3 + node
        if not known.reads:
            if self._roots[at] == 0:
                self._roots[at] = self._leaf(thread, known.outcomes, words)
            return
        if self._roots[at] == 0:
            self._roots[at] = self._branch(known.reads[0][0])
        place = self._descend(int(self._roots[at]), known.reads)
        if self._tree.array[place] == 0:
            leaf = self._leaf(thread, known.outcomes, words)
            self._tree.array[place] = leaf

    def approve(self, claim: int, reads: tuple[tuple[int, int], ...]) -> None:
        """Enter that a claim holds where it reads these values."""
        if not reads:
            self.claims[claim] = -1
            return
        if self.claims[claim] == 0:
            self.claims[claim] = self._branch(reads[0][0])
        place = self._descend(int(self.claims[claim]), reads)
        self._tree.array[place] = -1  # only now: the array may have grown

    def follow(self, spec: int, word: Word, after: int) -> None:
        """Enter a step of the monitor."""
        import numpy as np

        label = self._label_of[word]
        specs, labels = self._monitor.shape
        if max(spec, after) >= specs or label >= labels:
            larger = np.full(
                (max(specs, 2 * (max(spec, after) + 1)), max(labels, 2 * (label + 1))), -1, np.int32
            )
            larger[:specs, :labels] = self._monitor
            self._monitor = larger
        self._monitor[spec, label] = after

    def _descend(self, at: int, reads: tuple[tuple[int, int], ...]) -> int:
        """Follow what is read, making branches; return where the leaf belongs."""
        for position, (cell, code) in enumerate(reads):
            part = self.parts.cells[cell]
            assert code <= part.low, "a field is too narrow"
            tree = self._tree.array
            told = (int(tree[at]), int(tree[at + 1]), int(tree[at + 2]))
            assert told == (part.word, part.shift, part.low), "a step reads other cells"
            place = at + 3 + code
            if position == len(reads) - 1:
                return place
            if tree[place] == 0:
                following = self._branch(reads[position + 1][0])
                self._tree.array[place] = following
            at = int(self._tree.array[place])
        raise AssertionError("a path has an end")

    def _branch(self, cell: int) -> int:
        part = self.parts.cells[cell]
        at = self._tree.extend(3 + (1 << part.width))
        self._tree.array[at : at + 3] = part.word, part.shift, part.low
        return at

    def _leaf(self, thread: int, outcomes: tuple[Outcome, ...], words: list[Word]) -> int:
        leaf = self._first.extend(1)
        self._number.extend(1)
        self._number.array[leaf] = len(outcomes)
        for position, (outcome, word) in enumerate(zip(outcomes, words, strict=True)):
            at = self._outcome(thread, outcome, word)
            if position == 0:
                self._first.array[leaf] = at
        return -leaf - 1

    def _outcome(self, thread: int, outcome: Outcome, word: Word) -> int:
        """Enter one outcome as the bits that it keeps and puts."""
        count = self.parts.words
        keep, bits = [(1 << WORD_BITS) - 1] * count, [0] * count
        changed = [(self.parts.nodes[thread], outcome.node)]
        changed += [(self.parts.cells[cell], code) for cell, code in outcome.writes]
        for part, code in changed:
            keep[part.word] &= ~(part.low << part.shift)
            bits[part.word] |= code << part.shift
        at = self._labels.extend(1)
        self._keep.extend(count)
        self._bits.extend(count)
        for position in range(count):
            self._keep.array[at * count + position] = keep[position]
            self._bits.array[at * count + position] = bits[position]
        if word:
            self._labels.array[at] = self._label_of.setdefault(word, len(self._label_of) + 1)
        return at
