"""The order of the elements of symmetric sorts in a state, where it takes more than a sort to find.

Elements are coloured so that a renaming carries colours along. Colours are refined: elements of one
colour get different ones if facts relate them to differently coloured elements. Where that comes to
a stop, each element of the first colour that is left with several is singled out in turn, and the
smallest image of the state that comes of it is taken. Two elements that can change places without
changing the state need not both be singled out.

Whatever order comes of it, the image is the state with its elements renamed; only that equivalent
states get the same image depends on what is done here.

Source: McKay, Piperno, "Practical graph isomorphism, II", Journal of Symbolic Computation 60, 2014,
of which this is the simplest form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.explicit.reductions.permute import swap

if TYPE_CHECKING:
    from checker.explicit.reductions.images import Images, Places
    from checker.explicit.reductions.mentions import Fact, Nodes

Colours = tuple[int, ...]
"""By node; those of different sorts have nothing to do with one another."""


@dataclass(frozen=True, slots=True)
class Best:
    """The smallest image of a state.

    Attributes:
        count: how many of the orders that were looked at, or left out as they lead to the same,
            give it: the number of renamings that leave the state as it is.
    """

    image: int
    places: Places
    count: int


class Labelling:
    """Finds the order for single states."""

    def __init__(self, nodes: Nodes, images: Images) -> None:
        """Prepare for some sorts."""
        self._nodes = nodes
        self._images = images

    def best(self, state: int, colours: Sequence[int], facts: Sequence[Fact]) -> Best:
        """Return the smallest image under orders that agree with colours.

        Args:
            colours: any comparable numbers by node.
        """
        return self._search(state, self._refined(self._ranked(list(colours)), facts), facts)

    def _search(self, state: int, colours: Colours, facts: Sequence[Fact]) -> Best:
        group = self._first_group(colours)
        if group is None:
            places = tuple(tuple(colours[node] for node in nodes) for nodes in self._nodes.ranges())
            return Best(self._images.under(places)(state), places, 1)
        best: Best | None = None
        for node, weight in self._different(state, group):
            inner = [2 * colour + 1 for colour in colours]
            inner[node] -= 1
            found = self._search(state, self._refined(self._ranked(inner), facts), facts)
            count = weight * found.count
            if best is None or found.image < best.image:
                best = Best(found.image, found.places, count)
            elif found.image == best.image:
                best = Best(best.image, best.places, best.count + count)
        assert best is not None
        return best

    def _first_group(self, colours: Colours) -> list[int] | None:
        """Return the nodes of the first colour that several have, None if there is none."""
        for nodes in self._nodes.ranges():
            groups: dict[int, list[int]] = {}
            for node in nodes:
                groups.setdefault(colours[node], []).append(node)
            for colour in sorted(groups):
                if len(groups[colour]) > 1:
                    return groups[colour]
        return None

    def _different(self, state: int, group: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield nodes no two of which can change places, and how many each stands for."""
        kept: dict[int, int] = {}
        for node in group:
            same = next((each for each in kept if self._are_alike(state, each, node)), node)
            kept[same] = kept.get(same, 0) + 1
        yield from kept.items()

    def _are_alike(self, state: int, one: int, other: int) -> bool:
        places = tuple(
            swap(len(nodes), one - nodes.start, other - nodes.start)
            if one in nodes
            else tuple(range(len(nodes)))
            for nodes in self._nodes.ranges()
        )
        return self._images.under(places)(state) == state

    # --- colours

    def _ranked(self, colours: Sequence[object]) -> Colours:
        """Number colours within each sort: by how many nodes have a smaller one."""
        result: list[int] = []
        for nodes in self._nodes.ranges():
            mine = [colours[node] for node in nodes]
            order = sorted(mine)  # type: ignore[type-var]  # all are of one comparable type
            result += [order.index(each) for each in mine]
        return tuple(result)

    def _refined(self, colours: Colours, facts: Sequence[Fact]) -> Colours:
        while True:
            said: list[list[tuple[object, ...]]] = [[] for _ in colours]
            for tag, nodes in facts:
                about = sorted((role, colours[node]) for role, node in nodes)
                for role, node in nodes:
                    said[node].append((repr(tag), role, about))
            finer = self._ranked(
                [(colour, sorted(each)) for colour, each in zip(colours, said, strict=True)]
            )
            if finer == colours:
                return colours
            colours = finer
