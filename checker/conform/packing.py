"""The layout of a packed state: a field of bits for each node, for the monitor, for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kernel_impl.port import Cell

SMALL_DOMAIN: Final = 16
"""Cells with no more values get room for all of them at once."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a part of a state is."""

    shift: int
    width: int

    @property
    def low(self) -> int:
        """The mask of its values."""
        return (1 << self.width) - 1

    @property
    def mask(self) -> int:
        """The mask of its bits in a state."""
        return self.low << self.shift

    def get(self, state: int) -> int:
        """Return its value in a state."""
        return state >> self.shift & self.low


@dataclass(slots=True)
class Widths:
    """How wide the fields are; they only grow."""

    cells: list[int]
    nodes: list[int]
    spec: int

    @staticmethod
    def least(cells: tuple[Cell, ...], threads: int, *, has_monitor: bool) -> Widths:
        """Return widths to begin with."""
        small = [len(cell.domain[:SMALL_DOMAIN]) - 1 for cell in cells]
        return Widths([size.bit_length() for size in small], [5] * threads, 4 * has_monitor)

    @staticmethod
    def needed(values: list[int], nodes: list[int], *, has_monitor: bool) -> Widths:
        """Return the least widths for so many values of each cell and nodes of each thread."""
        return Widths(
            [(count - 1).bit_length() for count in values],
            [(count - 1).bit_length() for count in nodes],
            4 * has_monitor,
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a state, threads first."""

    nodes: tuple[Field, ...]
    spec: Field
    cells: tuple[Field, ...]
    bits: int

    @staticmethod
    def of(widths: Widths) -> Layout:
        """Lay fields of these widths side by side."""
        shift = 0
        fields = []
        for width in (*widths.nodes, widths.spec, *widths.cells):
            fields.append(Field(shift, width))
            shift += width
        threads = len(widths.nodes)
        return Layout(tuple(fields[:threads]), fields[threads], tuple(fields[threads + 1 :]), shift)
