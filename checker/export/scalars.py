"""Expressions over numbers and truth values: what every other tool can express.

Composite values of the language are taken apart (see `views`) until only these are left. A scalar
is a *number* or a *formula*; enum members, sort elements and control points are the numbers of
their positions and remember their type, so that a target may print their names. Numbers know their
bounds, and much folds away because of them.

Scalars never fail where they stand: whoever makes one asks for the condition under which it has a
value and puts that in front. So `All`, `Any` and `Choice` must be evaluated from left to right, and
no further than needed, as C, Promela and Murphi do.

Scalars are made by `folding.Scalars`, which makes equal ones the same object.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, TypeVar

from checker.model.types import EnumType, IntType, SortType

if TYPE_CHECKING:
    from checker.model.ir import Variable
    from checker.model.types import Type
    from grammar.source import Span


class Refused(Exception):  # noqa: N818  # not an error of ours: a limit of the other tool
    """The target cannot express something; `site` is None where only the caller knows the place."""

    def __init__(self, what: str, site: Span | None = None) -> None:
        """Take a sentence about the construct, lower case."""
        super().__init__(what)
        self.what = what
        self.site = site


# --- places ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """The value of a map at a key, by the key's position."""

    index: Number


@dataclass(frozen=True, slots=True, eq=False)
class Bit:
    """Whether an element is in a set, by the element's position."""

    index: Number


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """An element of a sequence, from 0."""

    index: Number


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a record or tuple."""

    index: int


@dataclass(frozen=True, slots=True)
class Length:
    """The length of a sequence."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Whether an option holds a value."""


@dataclass(frozen=True, slots=True)
class Content:
    """The value that an option holds."""


Selector: TypeAlias = Key | Bit | Slot | Part | Length | Flag | Content


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """A part of a variable; `types[i]` is the type of what the first i selectors lead to."""

    variable: Variable
    selectors: tuple[Selector, ...]
    types: tuple[Type, ...]

    @property
    def type(self) -> Type:
        """The type of what is stored there."""
        return self.types[-1]


# --- scalars --------------------------------------------------------------------------------------


class Relation(Enum):
    """Comparisons of numbers."""

    EQ = "="
    LT = "<"
    LE = "<="


class Operation(Enum):
    """Arithmetic; division rounds towards minus infinity, as in the language."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A number; an enum member or sort element when `of` says so."""

    value: int
    of: EnumType | SortType | None
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A number that stands for each value of its type: a parameter or quantified variable."""

    name: str
    of: IntType | EnumType | SortType
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class TruthSymbol:
    """A formula that is each of true and false."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """The number at a location in the present state."""

    location: Location
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class Holds:
    """The truth value at a location in the present state; also the flag of an option."""

    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """A comparison of two numbers."""

    relation: Relation
    left: Number
    right: Number


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """Whether two formulas have the same value."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """Negation."""

    operand: Formula


@dataclass(frozen=True, slots=True, eq=False)
class All:
    """Conjunction of at least two, from left to right."""

    args: tuple[Formula, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf:
    """Disjunction of at least two, from left to right."""

    args: tuple[Formula, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Quantified:
    """A formula for all values of a symbol, or for some value."""

    is_forall: bool
    symbol: Symbol | TruthSymbol
    body: Formula


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic:
    """An operation on two numbers."""

    operation: Operation
    left: Number
    right: Number
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of two numbers."""

    condition: Formula
    then: Number
    otherwise: Number
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class OneIf:
    """1 if the formula holds and 0 otherwise."""

    formula: Formula
    low: int = 0
    high: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Narrowed:
    """A number that was found to lie within closer bounds than its form shows."""

    number: Number
    low: int
    high: int


Number: TypeAlias = Constant | Symbol | Stored | Arithmetic | Choice | OneIf | Narrowed
Formula: TypeAlias = Truth | TruthSymbol | Holds | Compare | Same | Not | All | AnyOf | Quantified
Scalar: TypeAlias = Number | Formula

_T = TypeVar("_T")


def children(scalar: Scalar) -> tuple[Scalar, ...]:
    """Return the direct parts, those in the location of a stored value included."""
    match scalar:
        case Truth() | Constant() | Symbol() | TruthSymbol():
            return ()
        case Stored(location) | Holds(location):
            return indices(location)
        case Compare(_, left, right) | Same(left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Not(inner) | OneIf(inner) | Narrowed(inner):
            return (inner,)
        case All(args) | AnyOf(args):
            return args
        case Quantified(_, _, body):
            return (body,)
        case Choice(condition, then, otherwise):
            return (condition, then, otherwise)


def indices(location: Location) -> tuple[Number, ...]:
    """Return the numbers that select within the location."""
    return tuple(s.index for s in location.selectors if isinstance(s, Key | Bit | Slot))


def is_number(scalar: Scalar) -> TypeGuard[Number]:
    """Tell numbers from formulas."""
    return isinstance(scalar, Constant | Symbol | Stored | Arithmetic | Choice | OneIf | Narrowed)


def plain(number: Number) -> Number:
    """Return the number without what is known about its bounds."""
    return plain(number.number) if isinstance(number, Narrowed) else number


def named_type(number: Number) -> EnumType | SortType | None:
    """Return the type whose value a number stands for; None for a plain number."""
    match number:
        case Constant(_, of):
            return of
        case Symbol(_, of):
            return of if isinstance(of, EnumType | SortType) else None
        case Stored(location):
            stored = location.type
            return stored if isinstance(stored, EnumType | SortType) else None
        case Narrowed(inner) | Choice(_, inner):
            return named_type(inner)
        case Arithmetic() | OneIf():
            return None


def locations_read(scalar: Scalar) -> frozenset[Location]:
    """Return every location whose content the scalar depends on."""
    found: set[Location] = set()
    seen: set[Scalar] = set()
    pending = [scalar]
    while pending:
        each = pending.pop()
        if each not in seen:
            seen.add(each)
            if isinstance(each, Stored | Holds):
                found.add(each.location)
            pending.extend(children(each))
    return frozenset(found)


def bounds(of: IntType | EnumType | SortType) -> tuple[int, int]:
    """Return the least and the greatest number that stands for a value of the type."""
    match of:
        case IntType(low, high):
            return low, high
        case EnumType(_, members):
            return 0, len(members) - 1
        case SortType(_, size):
            return 0, size - 1
