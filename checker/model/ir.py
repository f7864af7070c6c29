"""Expressions and effects of the typed transition system.

Expressions are pure, typed, and interned in one `TermTable` per system: equal expressions are the
same object, so hashing and comparing cost the same at any depth. They carry no place in the text;
the effects and properties around them do.

An effect is one atomic step written as a small tree. Carried out from a state it yields any number
of successor states: `Choose` and `Either` multiply executions, `Guard` drops the one it stands in.
The order in which executions are tried is fixed (branches as written, values in the order of
`types.elements`), so every engine numbers them alike. `checker.model.interpret` is the meaning of
everything here; other engines are right when they agree with it.

Evaluation is left to right; `And`, `Or` and `Implies` stop as soon as the answer is known, and so
do quantifiers (values in canonical order). An expression can fail: `UNWRAP` of none, an index
outside a sequence, division by zero. A failing step is a model error with a trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from checker.model.types import BOOL, MapType, RecordType, SeqType, SetType, TupleType, Type, Value

if TYPE_CHECKING:
    from grammar.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One variable of the state, compared by identity.

    `owner` names the process whose local or control this is; it is None for shared variables. A
    process over an index type has one variable per local, a map from its index.
    """

    name: str
    type: Type
    role: Role
    owner: str | None
    site: Span


class Role(Enum):
    """What a variable is for."""

    SHARED = "shared"
    LOCAL = "local"
    CONTROL = "control"
    GHOST = "ghost"


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A value bound inside one step or expression: parameter, quantified or chosen name."""

    name: str
    type: Type


class Op(Enum):
    """Strict operators: all arguments are evaluated; see `checker.model.operators`."""

    NOT = "not"
    IFF = "<->"
    NEG = "neg"
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"
    EQ = "="
    LT = "<"
    LE = "<="
    IN = "in"
    SUBSET = "subset"
    UNION = "union"
    INTERSECT = "intersect"
    MINUS = "minus"
    RANGE = ".."
    SIZE = "size"
    LEN = "len"
    FIRST = "first"
    LAST = "last"
    REST = "rest"
    FRONT = "front"
    APPEND = "append"
    CONCAT = "concat"
    ELEMENTS = "elements"
    WRAP = "wrap"
    UNWRAP = "unwrap"
    CONVERT = "convert"


class Quantifier(Enum):
    """Folds over the values of a local."""

    FORALL = "forall"
    EXISTS = "exists"
    SUM = "sum"
    COUNT = "count"
    MIN = "min"
    MAX = "max"


# --- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant value."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The present value of a variable."""

    variable: Variable
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class ReadOld:
    """The value before the step; only in step properties."""

    variable: Variable
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class LocalRef:
    """The value bound to a local."""

    local: Local
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """A strict operator.

    CONVERT checks that an integer fits the type (or reduces it, where the type wraps), element-wise
    for composite values; it is what stands between a wider expression and a narrower place.
    """

    op: Op
    args: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class And:
    """Conjunction, stopping at the first false."""

    args: tuple[Expr, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False)
class Or:
    """Disjunction, stopping at the first true."""

    args: tuple[Expr, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False)
class Implies:
    """Implication; the right side is not evaluated when the left is false."""

    left: Expr
    right: Expr
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """One of two expressions of one type."""

    condition: Expr
    then: Expr
    otherwise: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The value of a map at a key, or of a sequence at a position from 0."""

    base: Expr
    key: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Component `index` of a record or tuple."""

    base: Expr
    index: int
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """A quantifier over all values of a local's type, or over those in the set `domain`.

    FORALL, EXISTS and COUNT have a boolean body, SUM, MIN and MAX an integer one. MIN and MAX of
    nothing fail.
    """

    quantifier: Quantifier
    local: Local
    domain: Expr | None
    body: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Construct:
    """A set, sequence, record or tuple of the given parts, by `type`."""

    parts: tuple[Expr, ...]
    type: SetType | SeqType | RecordType | TupleType


@dataclass(frozen=True, slots=True, eq=False)
class SetFilter:
    """The images of the values of a local that satisfy `condition`, in `domain` when given."""

    local: Local
    domain: Expr | None
    condition: Expr
    image: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class MapOf:
    """The map that sends every value of the local to `body`."""

    local: Local
    body: Expr
    type: MapType


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    """`body` with the local bound to `value`, evaluated once."""

    local: Local
    value: Expr
    body: Expr
    type: Type


Expr: TypeAlias = (
    Literal
    | Read
    | ReadOld
    | LocalRef
    | Apply
    | And
    | Or
    | Implies
    | Conditional
    | Index
    | Field
    | Fold
    | Construct
    | SetFilter
    | MapOf
    | Let
)

_E = TypeVar("_E", bound=Expr)


class TermTable:
    """The interner: equal expressions become one object.

    The key holds the class and the fields; children count by identity, which is right because they
    are interned already; types take part, so that `true` and `1` never meet.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._terms: dict[tuple[object, ...], Expr] = {}

    def intern(self, term: _E) -> _E:
        """Return the one object equal to `term`, whose children must be interned."""
        key = (type(term), *(getattr(term, field) for field in term.__slots__))
        return self._terms.setdefault(key, term)  # type: ignore[return-value]  # same class by key

    def __len__(self) -> int:
        """Return the number of distinct expressions."""
        return len(self._terms)


# --- effects -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What an assignment changes: a variable, or a part of it.

    `path` holds an `Expr` for a map key or sequence position and an `int` for a component.
    """

    variable: Variable
    path: tuple[Expr | int, ...]
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Seq:
    """Effects one after the other; the empty one does nothing."""

    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """Replace the value at a place; the value already has the place's type (see CONVERT)."""

    place: Place
    value: Expr
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Bind:
    """Give a local a value; binding it again replaces the value. Locals end with the step."""

    local: Local
    value: Expr
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """A branch; coverage counts both ways."""

    condition: Expr
    then: Effect
    otherwise: Effect
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class While:
    """Repeat within the one step; more than `LOOP_LIMIT` rounds are a model error."""

    condition: Expr
    body: Effect
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Choose:
    """Bind a local to each value of its type (or of `domain`); `body` is the rest of the step."""

    local: Local
    domain: Expr | None
    body: Effect
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """Each branch in turn; coverage counts each."""

    branches: tuple[Effect, ...]
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """This execution exists only if the condition holds here."""

    condition: Expr
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Assert:
    """The condition must hold here, or the spec is violated (exit code 14)."""

    condition: Expr
    message: str
    site: Span


Effect: TypeAlias = Seq | Assign | Bind | If | While | Choose | Either | Guard | Assert

NOTHING = Seq(())
LOOP_LIMIT = 10_000
