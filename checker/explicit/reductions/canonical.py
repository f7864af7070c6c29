"""One state for all that differ by a renaming of symmetric elements only.

Each element has a *row*: a number made of what the state says of it alone, such as its entries in
maps, its bits in sets, and what references to it there are. Sorting the elements by their rows
gives an order that a renaming carries along, and the state with its elements renamed to that order
stands for all the others. Elements with equal rows that no fact relates to others are alike in
every way, and their order does not matter. Only if elements with equal rows are related to others
does `labelling` have to find their order.

Of the rows, references and relations are added up as checksums: should two sums agree by chance,
the elements are related and end up in `labelling` all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import factorial, prod
from typing import TYPE_CHECKING, Final
from zlib import crc32

from checker.explicit.reductions.images import RESET, Cell, Images, Key, cells
from checker.explicit.reductions.labelling import Labelling
from checker.explicit.reductions.mentions import Fact, Mentions, Nodes
from checker.model.types import OptionType, SetType, SortType, position

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.reductions.images import Places
    from checker.model.types import Type

COUNTER: Final = 24
"""Bits that count in how many facts an element takes part; far more than a state can hold."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """What stands for a state, and how it comes of it.

    Attributes:
        places: the new index of each element, by sort.
        stabiliser: how many renamings leave the state as it is.
    """

    state: int
    places: Places
    stabiliser: int


class Orbits:
    """The orbits of packed states under renamings of some sorts.

    Attributes:
        representative: the function from a state to the one that stands for it.
        group: how many renamings there are.
    """

    def __init__(self, layout: Layout, sorts: Sequence[SortType]) -> None:
        """Generate the function for a layout."""
        self.sorts = tuple(sorts)
        self.group = prod(factorial(sort.size) for sort in sorts)
        self.images = Images(layout, sorts)
        self._nodes = Nodes(sorts)
        self._labelling = Labelling(self._nodes, self.images)
        self._rows = _Rows(layout, self._nodes)
        made = self._rows.compile(self._ordered, self._resolved)
        self._row_list: Callable[[int], list[int]] = made["rows"]  # type: ignore[assignment]
        self.representative: Callable[[int], int] = made["representative"]  # type: ignore[assignment]

    def renamed(self, state: int) -> Renamed:
        """Return what stands for a state, and the renaming."""
        rows = self._row_list(state)
        groups = [
            [node for node in nodes if rows[node] == row]
            for nodes in self._nodes.ranges()
            for row in sorted({rows[node] for node in nodes})
        ]
        if any(len(group) > 1 and rows[group[0]] & self._rows.related for group in groups):
            best = self._labelling.best(state, rows, self._facts(state))
            return Renamed(best.image, best.places, best.count)
        places = self._places([node for group in groups for node in group])
        alike = prod(factorial(len(group)) for group in groups)
        return Renamed(self.images.under(places)(state), places, alike)

    def size(self, state: int) -> int:
        """Return how many states the orbit of a state has."""
        return self.group // self.renamed(state).stabiliser

    def _places(self, order: Sequence[int]) -> Places:
        """Return where elements come to, given their nodes in order, sort by sort."""
        result = []
        at = 0
        for nodes in self._nodes.ranges():
            mine = [0] * len(nodes)
            for place, node in enumerate(order[at : at + len(nodes)]):
                mine[node - nodes.start] = place
            result.append(tuple(mine))
            at += len(nodes)
        return tuple(result)

    def _facts(self, state: int) -> list[Fact]:
        return [
            fact
            for cell, mentions in self._rows.mentions
            for slot in (cell.slot,)
            for fact in mentions[state >> slot.offset & (1 << slot.width) - 1]
        ]

    # --- called by the generated function

    def _ordered(self, key: int) -> Callable[[int], int]:
        """Return the renaming that a key stands for: indices in order, sort by sort."""
        order = []
        for nodes in self._nodes.ranges():
            size = _index_width(nodes)
            for _ in nodes:
                order.append(nodes.start + (key & ((1 << size) - 1)))
                key >>= size
        return self.images.under(self._places(order))

    def _resolved(self, state: int, rows: Sequence[int]) -> int:
        return self._labelling.best(state, rows, self._facts(state)).image


def _index_width(nodes: range) -> int:
    return (len(nodes) - 1).bit_length()


class _ByKey(dict[int, Callable[[int], int]]):
    """Renamings by key, made when they are asked for."""

    def __init__(self, make: Callable[[int], Callable[[int], int]]) -> None:
        self._make = make

    def __missing__(self, key: int) -> Callable[[int], int]:
        self[key] = self._make(key)
        return self[key]


class _Sums(dict[int, tuple[tuple[int, int], ...]]):
    """What the facts in a cell add to the rows of nodes, by code."""

    def __init__(self, mentions: Mentions, shift: int) -> None:
        self._mentions = mentions
        self._shift = shift

    def __missing__(self, code: int) -> tuple[tuple[int, int], ...]:
        if len(self) >= RESET:
            self.clear()
        self[code] = tuple(
            (node, 1 << self._shift | _checksum(fact, role) << self._shift + COUNTER)
            for fact in self._mentions[code]
            for role, node in fact.nodes
        )
        return self[code]


def _checksum(fact: Fact, role: str) -> int:
    """Return a number for a role in a fact; it also tells which other roles are one's own."""
    text = repr((fact.tag, role, len(fact.nodes), len({node for _, node in fact.nodes})))
    return crc32(text.encode())


# --- rows -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Rows:
    """Where the parts of rows come from.

    Attributes:
        plain: by node, (lowest bit in the state, width, lowest bit in the row).
        references: cells that hold one element, or none, and the bit that it gets.
        mentions: all other cells, with the facts in them.
        related: the bits of a row that count facts.
    """

    layout: Layout
    nodes: Nodes
    plain: list[list[tuple[int, int, int]]] = field(init=False)
    references: list[tuple[Cell, int]] = field(default_factory=list)
    mentions: list[tuple[Cell, Mentions]] = field(default_factory=list)
    bits: int = 0

    def __post_init__(self) -> None:
        """Sort the cells by how they are looked at."""
        self.plain = [[] for _ in range(self.nodes.count)]
        columns: dict[object, int] = {}
        for cell in cells(self.layout, self.nodes.sorts):
            about = [key for key in cell.keys if self.nodes.are_in(key.type)]
            is_about_one = len(about) == 1 and isinstance(about[0].type, SortType)
            if is_about_one and not self.nodes.are_in(cell.type):
                self._entry(cell, about[0], columns)
            elif about:
                self.mentions.append((cell, Mentions(cell, self.nodes)))
            else:
                self._whole(cell)

    @property
    def related(self) -> int:
        """The bits of a row that count facts."""
        return (1 << COUNTER) - 1 << self.bits

    def _take(self, size: int) -> int:
        self.bits += size
        return self.bits - size

    def _entry(self, cell: Cell, key: Key, columns: dict[object, int]) -> None:
        """Take what a map holds for one element."""
        others = tuple(each for each in cell.keys if each is not key)
        slot = cell.slot
        if (cell.name, others) not in columns:
            columns[cell.name, others] = self._take(slot.width)
        sort = key.type
        assert isinstance(sort, SortType)
        node = self.nodes.first[sort] + position(sort, key.value)
        self.plain[node].append((slot.offset, slot.width, columns[cell.name, others]))

    def _whole(self, cell: Cell) -> None:
        """Take a cell that belongs to no element."""
        match cell.type:
            case SetType(SortType() as sort):
                column = self._take(1)
                for at in range(sort.size):
                    node = self.nodes.first[sort] + at
                    self.plain[node].append((cell.slot.offset + at, 1, column))
            case SortType() | OptionType(SortType()):
                self.references.append((cell, 1 << self._take(1)))
            case _:
                self.mentions.append((cell, Mentions(cell, self.nodes)))

    # --- code

    def compile(
        self,
        ordered: Callable[[int], Callable[[int], int]],
        resolved: Callable[[int, Sequence[int]], int],
    ) -> dict[str, object]:
        """Return the functions `rows` and `representative`."""
        names: dict[str, object] = {"images": _ByKey(ordered), "resolved": resolved}
        fill = list(self._fill(names))
        lines = ["def rows(s):", *fill, "    return R"]
        lines += ["def representative(s):", *fill, *self._sort(), *self._rename()]
        exec(compile("\n".join(lines) + "\n", "<orbits>", "exec"), names)
        return names

    def _fill(self, names: dict[str, object]) -> Iterator[str]:
        """Yield lines that make the list of rows."""
        yield f"    R = [{', '.join(map(_gathered, self.plain))}]"
        for cell, bit in self.references:
            first = self.nodes.first[_sort_of(cell.type)]
            if isinstance(cell.type, OptionType):
                yield f"    c = {cell.code}"
                yield f"    if c: R[c + {first - 1}] |= {bit}"
            else:
                yield f"    R[({cell.code}) + {first}] |= {bit}"
        for number, (cell, mentions) in enumerate(self.mentions):
            names[f"M{number}"] = _Sums(mentions, self.bits)
            yield f"    for n, b in M{number}[{cell.code}]: R[n] += b"

    def _sort(self) -> Iterator[str]:
        """Yield lines that order the nodes of each sort, and leave if that does not suffice."""
        for number, nodes in enumerate(self.nodes.ranges()):
            size = _index_width(nodes)
            labelled = ", ".join(f"R[{n}] << {size} | {n - nodes.start}" for n in nodes)
            order = [f"x{number}_{at}" for at in range(len(nodes))]
            yield f"    {', '.join(order)} = sorted(({labelled}))"
            ties = " or ".join(
                f"{a} ^ {b} < {1 << size} and {a} & {self.related << size}"
                for a, b in pairwise(order)
            )
            if self.mentions:
                yield f"    if {ties}: return resolved(s, R)"

    def _rename(self) -> Iterator[str]:
        """Yield lines that rename the state to the order."""
        parts, identity, at = [], 0, 0
        for number, nodes in enumerate(self.nodes.ranges()):
            size = _index_width(nodes)
            for place in range(len(nodes)):
                parts.append(f"(x{number}_{place} & {(1 << size) - 1}) << {at}")
                identity |= place << at
                at += size
        yield f"    k = {' | '.join(parts)}"
        yield f"    return s if k == {identity} else images[k](s)"


def _gathered(parts: Sequence[tuple[int, int, int]]) -> str:
    """Return the bits of a row that are read off the state, as text."""
    texts = []
    for offset, size, column in parts:
        if not size:
            continue
        mask = ((1 << size) - 1) << column
        by = offset - column
        texts.append(f"s >> {by} & {mask}" if by >= 0 else f"s << {-by} & {mask}")
    return " | ".join(texts) or "0"


def _sort_of(of: Type) -> SortType:
    inner = of.element if isinstance(of, OptionType) else of
    assert isinstance(inner, SortType)
    return inner
