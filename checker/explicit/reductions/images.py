"""Packed states with the elements of symmetric sorts renamed, as generated Python.

The state is cut into *cells*: variables, entries of maps, components of records. A cell whose value
mentions no element moves as it is, and all that move by the same distance move together; any other
goes through a table from codes to codes, filled in as codes turn up. One function is made for each
renaming that is asked for, since the states of a search mostly need the same few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.layout import Slot, components, decode, encode, offsets, width
from checker.explicit.reductions.permute import renamed
from checker.model.types import (
    MapType,
    OptionType,
    RecordType,
    SortType,
    TupleType,
    elements,
    position,
    sorts_in,
)

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.reductions.permute import Renaming
    from checker.model.types import Type, Value

Places: TypeAlias = "tuple[tuple[int, ...], ...]"
"""For each sort, the new index of each of its elements."""

Image: TypeAlias = "Callable[[int], int]"

RESET: Final = 50_000
"""Entries at which a table is emptied."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key on the way to a cell, and how far apart the entries of that map are."""

    type: Type
    value: Value
    stride: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the state that is renamed by itself.

    Attributes:
        name: of the variable, with the components that lead to the cell.
        keys: the entries of maps that lead to it.
        base: where it would lie if all keys were the first ones.
    """

    name: str
    keys: tuple[Key, ...]
    type: Type
    base: int

    @property
    def slot(self) -> Slot:
        """Where the cell lies."""
        return self.under({})

    def under(self, renaming: Renaming) -> Slot:
        """Return where the cell moves to."""
        at = self.base
        for key in self.keys:
            at += key.stride * position(key.type, renamed(key.type, key.value, renaming))
        return Slot(at, width(self.type))

    @property
    def code(self) -> str:
        """The code of the cell in the state `s`, as generated text."""
        slot = self.slot
        limit = (1 << slot.width) - 1
        return f"s >> {slot.offset} & {limit}" if slot.offset else f"s & {limit}"


def cells(layout: Layout, sorts: Sequence[SortType]) -> Iterator[Cell]:
    """Yield the cells of all variables that mention one of the sorts."""
    wanted = frozenset(sorts)
    for variable in layout.variables:
        yield from _cells(
            Cell(variable.name, (), variable.type, layout.slots[variable].offset), wanted
        )


def _cells(whole: Cell, wanted: frozenset[SortType]) -> Iterator[Cell]:
    """Divide a cell as far as its parts have places of their own."""
    of = whole.type
    if not sorts_in(of) & wanted:
        if whole.keys and any(sorts_in(key.type) & wanted for key in whole.keys):
            yield whole
        return
    match of:
        case MapType(key, value):
            stride = width(value)
            for each in elements(key):
                keys = (*whole.keys, Key(key, each, stride))
                yield from _cells(Cell(whole.name, keys, value, whole.base), wanted)
        case RecordType() | TupleType():
            for number, (part, at) in enumerate(zip(components(of), offsets(of), strict=True)):
                name = f"{whole.name}.{number}"
                yield from _cells(Cell(name, whole.keys, part, whole.base + at), wanted)
        case _:
            yield whole


class Images:
    """The functions that rename, made as they are needed."""

    def __init__(self, layout: Layout, sorts: Sequence[SortType]) -> None:
        """Prepare for permutations of the given sorts."""
        self._sorts = tuple(sorts)
        self._layout = layout
        self._cells = tuple(cells(layout, sorts))
        self._made: dict[Places, Image] = {}
        self._tables: dict[tuple[Type, Places], Mapping[int, int] | tuple[int, ...]] = {}

    def under(self, places: Places) -> Image:
        """Return the function that renames states."""
        if places not in self._made:
            self._made[places] = self._make(places)
        return self._made[places]

    def _make(self, places: Places) -> Image:
        """Write and compile one function."""
        renaming = dict(zip(self._sorts, places, strict=True))
        moved: dict[int, int] = {0: self._layout.mask}
        names: dict[str, object] = {}
        parts = []
        for cell in self._cells:
            moved[0] &= ~cell.slot.mask
        for cell in self._cells:
            here, to = cell.slot, cell.under(renaming).offset
            if not sorts_in(cell.type) & renaming.keys():
                by = to - here.offset
                moved[by] = moved.get(by, 0) | here.mask
                continue
            name = f"T{len(names)}"
            names[name] = self._table(cell.type, renaming)
            parts.append(f"{name}[{cell.code}] << {to}")
        parts += [_shifted(mask, by) for by, mask in moved.items() if mask]
        text = f"def image(s): return {' | '.join(parts) or '0'}"
        exec(compile(text, "<renaming>", "exec"), names)
        return names["image"]  # type: ignore[return-value]  # it was defined just now

    def _table(
        self, of: Type, renaming: Mapping[SortType, Sequence[int]]
    ) -> Mapping[int, int] | tuple[int, ...]:
        """Return the table from codes of a type to codes."""
        kept = {sort: tuple(renaming[sort]) for sort in self._sorts if sort in sorts_in(of)}
        key = (of, tuple(kept.get(sort, ()) for sort in self._sorts))
        if key not in self._tables:
            is_small = isinstance(of, SortType) or (
                isinstance(of, OptionType) and isinstance(of.element, SortType)
            )
            self._tables[key] = _whole(of, kept) if is_small else Recoding(of, kept)
        return self._tables[key]


def _whole(of: Type, renaming: Mapping[SortType, Sequence[int]]) -> tuple[int, ...]:
    return tuple(encode(of, renamed(of, value, renaming)) for value in elements(of))


class Recoding(dict[int, int]):
    """Codes of a type under a renaming, computed when they are asked for."""

    def __init__(self, of: Type, renaming: Mapping[SortType, Sequence[int]]) -> None:
        """Start without any."""
        self._of = of
        self._renaming = renaming

    def __missing__(self, code: int) -> int:
        """Compute and remember one."""
        if len(self) >= RESET:
            self.clear()
        value = renamed(self._of, decode(self._of, code), self._renaming)
        self[code] = encode(self._of, value)
        return self[code]


def _shifted(mask: int, by: int) -> str:
    if by == 0:
        return f"s & {mask}"
    return f"(s & {mask}) << {by}" if by > 0 else f"(s & {mask}) >> {-by}"
