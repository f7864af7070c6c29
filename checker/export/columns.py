"""The state as flat arrays of scalars, for a target without nested types.

Each scalar of a type is a *column*: a variable of its own, with one dimension for every map, set or
sequence around it. `msgs: [Cpu] Msg` becomes `msgs_kind[3]` and `msgs_from[3]`; arrays of arrays
are one array. An option of a scalar is one column with one more value, for none, just above the
others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.export.scalars import (
    Bit,
    Content,
    Flag,
    Key,
    Length,
    Operation,
    Part,
    Refused,
    Slot,
    bounds,
)
from checker.export.views import is_scalar
from checker.model.sizes import count_up_to
from checker.model.types import (
    BOOL,
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
    cardinality,
    describe,
)

if TYPE_CHECKING:
    from checker.export.folding import Scalars
    from checker.export.names import Namer
    from checker.export.scalars import Location, Number
    from checker.model.ir import Variable
    from checker.model.system import System
    from checker.model.types import Type

ScalarType: TypeAlias = BoolType | IntType | EnumType | SortType

MAX_ARRAY = 65_535
"""The longest array of one column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One array of scalars, or one scalar when there are no dimensions.

    Attributes:
        is_optional: whether each may be none.
    """

    name: str
    dimensions: tuple[int, ...]
    type: ScalarType
    is_optional: bool

    @property
    def size(self) -> int:
        """The number of scalars in it."""
        result = 1
        for each in self.dimensions:
            result *= each
        return result

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and greatest number that stands for a value, without none."""
        return (0, 1) if isinstance(self.type, BoolType) else bounds(self.type)

    @property
    def none(self) -> int:
        """The number that stands for none."""
        return self.bounds[1] + 1


_Path: TypeAlias = "tuple[str, ...]"
"""Where a column lies in a variable's type, whatever the positions in maps and the like."""


class Columns:
    """The columns of a system."""

    def __init__(self, system: System, namer: Namer) -> None:
        """Name all columns."""
        self._namer = namer
        self._columns: dict[tuple[Variable, _Path], Column] = {}
        for variable in system.variables:
            for path, wanted, dimensions, (of, is_optional) in _walk(
                variable.type, (), variable.name, ()
            ):
                name = namer.fresh(wanted)
                column = Column(name, dimensions, of, is_optional)
                if column.size > MAX_ARRAY:
                    what = f"`{variable.name}`: an array of {column.size:,} numbers"
                    raise Refused(what, variable.site)
                self._columns[variable, path] = column

    def __iter__(self) -> Iterator[Column]:
        """Yield the columns in the order of the variables."""
        return iter(each for each in self._columns.values() if each.size)

    def at(self, location: Location) -> Column:
        """Return the column in which a location lies."""
        path: _Path = ()
        for selector, above in zip(location.selectors, location.types, strict=False):
            path = (*path, *_step(selector, above))
        return self._columns[location.variable, path]

    def index(self, s: Scalars, location: Location) -> Number | None:
        """Return the place of a location in its column; None if the column is no array."""
        result: Number | None = None
        for selector, above in zip(location.selectors, location.types, strict=False):
            if not isinstance(selector, Key | Bit | Slot):
                continue
            if result is None:
                result = selector.index
            else:
                scaled = s.arithmetic(Operation.MUL, result, s.number(_length(above)))
                result = s.arithmetic(Operation.ADD, scaled, selector.index)
        return result

    def variable_of(self, column: Column) -> Variable:
        """Return the variable of which a column is part."""
        return next(v for (v, _), each in self._columns.items() if each is column)


def _step(selector: object, above: Type) -> _Path:
    """Return how a selector goes on in the path of a column."""
    match selector:
        case Key() | Bit() | Slot():
            return ("[]",)
        case Part(index):
            return (str(index),)
        case Length():
            return ("length",)
        case Flag() | Content():
            assert isinstance(above, OptionType)
            if is_scalar(above.element):
                return ()
            return ("some",) if isinstance(selector, Flag) else ("content",)
        case _:
            raise AssertionError(f"no selector: {selector}")


def _length(of: Type) -> int:
    match of:
        case MapType(key):
            return cardinality(key)
        case SetType(element):
            return cardinality(element)
        case SeqType(bound):
            return bound
        case _:
            raise AssertionError(f"no dimension: {describe(of)}")


def _walk(
    of: Type, path: _Path, name: str, dimensions: tuple[int, ...]
) -> Iterator[tuple[_Path, str, tuple[int, ...], tuple[ScalarType, bool]]]:
    """Yield path, wanted name, dimensions and type of every column of a type."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType():
            yield path, name, dimensions, (of, False)
        case OptionType(BoolType() | IntType() | EnumType() | SortType() as element):
            yield path, name, dimensions, (element, True)
        case OptionType(element):
            yield (*path, "some"), f"{name}_some", dimensions, (BOOL, False)
            yield from _walk(element, (*path, "content"), name, dimensions)
        case MapType(key, value):
            count = _checked(key)
            yield from _walk(value, (*path, "[]"), name, (*dimensions, count))
        case SetType(element):
            count = _checked(element)
            yield (*path, "[]"), name, (*dimensions, count), (BOOL, False)
        case SeqType(bound, element):
            length = IntType(0, bound)
            yield (*path, "length"), f"{name}_length", dimensions, (length, False)
            yield from _walk(element, (*path, "[]"), name, (*dimensions, bound))
        case RecordType(_, fields):
            for i, (field, inner) in enumerate(fields):
                yield from _walk(inner, (*path, str(i)), f"{name}_{field}", dimensions)
        case TupleType(components):
            for i, inner in enumerate(components):
                yield from _walk(inner, (*path, str(i)), f"{name}_{i}", dimensions)
        case _:
            assert_never(of)


def _checked(of: Type) -> int:
    if count_up_to(of, MAX_ARRAY) > MAX_ARRAY:
        raise Refused(f"an array over the values of {describe(of)}, which are too many")
    return cardinality(of)
