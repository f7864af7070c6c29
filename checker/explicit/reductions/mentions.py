"""What a state says of the elements of symmetric sorts, as facts about them.

A *fact* is one thing that the value of a cell says: a tag, which no renaming changes, and the
elements that it is about, each in a role. `next[Cpu0] = Cpu2` is a fact with the tag of `next` and
two elements; that `Cpu1` is second in a queue is one with a single element. Two states that a
renaming maps to each other have the same facts but for the names.

Facts may leave something out, such as which members a set within a set has together; they serve to
tell elements apart, and what they do not tell apart is tried in every order (see `labelling`).
Elements are *nodes*: numbers over all sorts, those of the first sort first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from checker.explicit.layout import decode
from checker.explicit.reductions.images import RESET
from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    default,
    elements,
    position,
    show,
    sorts_in,
)

if TYPE_CHECKING:
    from checker.explicit.reductions.images import Cell
    from checker.model.types import Type, Value

Tag: TypeAlias = tuple[object, ...]


class Fact(NamedTuple):
    """One thing that is said.

    Attributes:
        tag: the same under every renaming; its text is the same in every run.
        nodes: what it is about, by role; the roles of one fact are different or mean the same.
    """

    tag: Tag
    nodes: tuple[tuple[str, int], ...]


class Nodes:
    """The numbering of the elements of some sorts."""

    def __init__(self, sorts: Sequence[SortType]) -> None:
        """Number the elements in order."""
        self.sorts = tuple(sorts)
        self.first: dict[SortType, int] = {}
        count = 0
        for sort in sorts:
            self.first[sort] = count
            count += sort.size
        self.count = count

    def ranges(self) -> Iterator[range]:
        """Yield the nodes of each sort."""
        for sort in self.sorts:
            yield range(self.first[sort], self.first[sort] + sort.size)

    def are_in(self, of: Type) -> bool:
        """Tell whether values of a type may mention nodes."""
        return any(sort in self.first for sort in sorts_in(of))


class Mentions(dict[int, tuple[Fact, ...]]):
    """The facts in a cell by its code, worked out when they are asked for."""

    def __init__(self, cell: Cell, nodes: Nodes) -> None:
        """Take one cell."""
        self._cell = cell
        self._walker = _Walker(nodes)

    def __missing__(self, code: int) -> tuple[Fact, ...]:
        """Work out the facts of a code and remember them."""
        if len(self) >= RESET:
            self.clear()
        cell = self._cell
        tag: Tag = (cell.name,)
        about: list[tuple[str, int]] = []
        for key in cell.keys:
            shape, nodes = self._walker.shape(key.type, key.value, len(about))
            tag, about = (*tag, shape), about + nodes
        found = self._walker.walk(cell.type, decode(cell.type, code), tag, about)
        self[code] = tuple(Fact(tag, tuple(about)) for tag, about in found)
        return self[code]


_Said: TypeAlias = "tuple[Tag, list[tuple[str, int]]]"


class _Walker:
    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def walk(
        self, of: Type, value: Value, tag: Tag, about: list[tuple[str, int]]
    ) -> Iterator[_Said]:
        """Yield the facts of a value, one for each of its parts that has a place of its own."""
        if not self._nodes.are_in(of):
            # A default is said by silence, wherever it stands.
            if about and value != default(of):
                yield (*tag, show(of, value)), about
            return
        match of:
            case SortType():
                yield tag, [*about, (str(len(about)), self._node(of, value))]
            case OptionType(element):
                if value is not None:
                    yield from self.walk(element, value, (*tag, "some"), about)
            case MapType(key, element):
                assert isinstance(value, tuple)
                for at, part in zip(elements(key), value, strict=True):
                    shape, nodes = self.shape(key, at, len(about))
                    yield from self.walk(element, part, (*tag, shape), about + nodes)
            case SeqType(_, element):
                assert isinstance(value, tuple)
                for number, part in enumerate(value):
                    yield from self.walk(element, part, (*tag, number, len(value)), about)
            case SetType(element):
                assert isinstance(value, frozenset)
                for part in value:
                    shape, nodes = self.shape(element, part, len(about))
                    yield (*tag, "in", shape), about + nodes
            case RecordType(_, fields):
                assert isinstance(value, tuple)
                for (name, field), part in zip(fields, value, strict=True):
                    yield from self.walk(field, part, (*tag, name), about)
            case TupleType(components):
                assert isinstance(value, tuple)
                for number, (each, part) in enumerate(zip(components, value, strict=True)):
                    yield from self.walk(each, part, (*tag, number), about)
            case BoolType() | IntType() | EnumType():
                raise AssertionError(f"{of} mentions nothing")
            case _:
                assert_never(of)

    def shape(self, of: Type, value: Value, start: int = 0) -> tuple[object, list[tuple[str, int]]]:
        """Return what a renaming leaves of a value, and the nodes in it, with roles from `start`.

        What stands in the same role of the same shape is the same; members of a set all have one
        role.
        """
        match of:
            case _ if not self._nodes.are_in(of):
                return show(of, value), []
            case SortType():
                return "*", [(str(start), self._node(of, value))]
            case OptionType(element):
                return (None, []) if value is None else self.shape(element, value, start)
            case SetType(element):
                assert isinstance(value, frozenset)
                inner = [self.shape(element, part) for part in value]
                shapes = tuple(sorted(repr(shape) for shape, _ in inner))
                return shapes, [("in", node) for _, nodes in inner for _, node in nodes]
            case MapType() | SeqType() | RecordType() | TupleType():
                return self._shape_of_parts(of, value, start)
            case BoolType() | IntType() | EnumType():
                raise AssertionError(f"{of} mentions nothing")
            case _:
                assert_never(of)

    def _shape_of_parts(
        self, of: MapType | SeqType | RecordType | TupleType, value: Value, start: int
    ) -> tuple[object, list[tuple[str, int]]]:
        assert isinstance(value, tuple)
        match of:
            case MapType(key, element):
                # As the set of its pairs, since keys may be renamed too.
                pairs = TupleType((key, element))
                members = frozenset(zip(elements(key), value, strict=True))
                return self.shape(SetType(pairs), members, start)
            case SeqType(_, element):
                types: tuple[Type, ...] = (element,) * len(value)
            case RecordType(_, fields):
                types = tuple(field for _, field in fields)
            case TupleType(types):
                pass
        shapes: list[object] = []
        nodes: list[tuple[str, int]] = []
        for each, part in zip(types, value, strict=True):
            shape, more = self.shape(each, part, start + len(nodes))
            shapes.append(shape)
            nodes += more
        return tuple(shapes), nodes

    def _node(self, of: SortType, value: Value) -> int:
        return self._nodes.first[of] + position(of, value)
