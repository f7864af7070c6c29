"""Syntax trees of types and expressions, and what all nodes share.

To be used through `grammar.syntax`, which tells the rules that hold for every node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from grammar.source import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all nodes share: the place where they were written."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An identifier at its place of declaration or as a path component."""

    text: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A dotted name: `Lock.acquire`."""

    parts: tuple[Name, ...]

    @property
    def text(self) -> str:
        """The dotted text."""
        return ".".join(part.text for part in self.parts)


# --- types ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BoolTypeExpr(Node):
    """`bool`."""


@dataclass(frozen=True, slots=True)
class IntTypeExpr(Node):
    """`int`: parsed so that the checker can say that it needs bounds."""


@dataclass(frozen=True, slots=True)
class NamedTypeExpr(Node):
    """A declared sort, enum, record or type alias, perhaps of an imported module."""

    path: Path


@dataclass(frozen=True, slots=True)
class RangeTypeExpr(Node):
    """`low..high`, both ends included."""

    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class ModTypeExpr(Node):
    """`mod n`: the integers 0..n-1 with arithmetic that wraps, as a machine word does."""

    modulus: Expr


@dataclass(frozen=True, slots=True)
class OptionTypeExpr(Node):
    """`T?`: a `T` or `none`."""

    element: TypeExpr


@dataclass(frozen=True, slots=True)
class MapTypeExpr(Node):
    """`[K] V`: one `V` for every `K`."""

    key: TypeExpr
    value: TypeExpr


@dataclass(frozen=True, slots=True)
class SetTypeExpr(Node):
    """`set of T`."""

    element: TypeExpr


@dataclass(frozen=True, slots=True)
class SeqTypeExpr(Node):
    """`seq[n] of T`: at most `n` elements, in order."""

    bound: Expr
    element: TypeExpr


@dataclass(frozen=True, slots=True)
class TupleTypeExpr(Node):
    """`tuple(A, B)`."""

    elements: tuple[TypeExpr, ...]


TypeExpr: TypeAlias = (
    BoolTypeExpr
    | IntTypeExpr
    | NamedTypeExpr
    | RangeTypeExpr
    | ModTypeExpr
    | OptionTypeExpr
    | MapTypeExpr
    | SetTypeExpr
    | SeqTypeExpr
    | TupleTypeExpr
)

# --- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntLit(Node):
    """A decimal number, never negative."""

    value: int


@dataclass(frozen=True, slots=True)
class BoolLit(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class NoneLit(Node):
    """`none`."""


@dataclass(frozen=True, slots=True)
class AnyLit(Node):
    """`any`: as an initial value, every value of the type."""


@dataclass(frozen=True, slots=True)
class SelfRef(Node):
    """`self`: the processor (or other index) that runs this process."""


@dataclass(frozen=True, slots=True)
class NameRef(Node):
    """A plain name in an expression; a type's name stands for the set of its values."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldAccess(Node):
    """`base.name`: a record field, or a member of an object, process, module or enum."""

    base: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class TupleAccess(Node):
    """`base.0`."""

    base: Expr
    index: int


@dataclass(frozen=True, slots=True)
class IndexAccess(Node):
    """`base[index]`."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call; `name` is given in record constructors: `Msg(kind = ack)`."""

    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A procedure, function, record constructor, built-in or hardware primitive applied."""

    callee: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not e` or `-e`; `op` is the text."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left op right`, `op` being the text, one of `grammar.operators.BINARY`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`if c then a else b`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class LetIn(Node):
    """`let x = e in body`."""

    name: Name
    value: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class Binder(Node):
    """`a, b: T` (sets `domain_type`) or `x in s` (sets `domain_set`)."""

    names: tuple[Name, ...]
    domain_type: TypeExpr | None
    domain_set: Expr | None


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`kind binder [where p]. body`; `kind` is forall, exists, sum, count, min or max."""

    kind: str
    binder: Binder
    condition: Expr | None
    body: Expr


@dataclass(frozen=True, slots=True)
class SetLit(Node):
    """`{a, b}`; `{}` is the empty set."""

    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class SetComprehension(Node):
    """`{x: T where p}` (then `element` is None) or `{e for x: T where p}`."""

    element: Expr | None
    binder: Binder
    condition: Expr | None


@dataclass(frozen=True, slots=True)
class SeqLit(Node):
    """`[a, b]`; `[]` is the empty sequence."""

    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class MapComprehension(Node):
    """`[x: T => e]`: the map that sends every `x` to `e`."""

    binder: Binder
    value: Expr


@dataclass(frozen=True, slots=True)
class TupleLit(Node):
    """`(a, b)`, at least two elements."""

    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class RangeExpr(Node):
    """`low..high` as a set of integers."""

    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class At(Node):
    """`worker[c] at critical`: control of a process rests at a label or inside a procedure."""

    process: Expr
    place: Path


@dataclass(frozen=True, slots=True)
class Temporal(Node):
    """`always e` or `eventually e`, `op` being the text; only in a `property`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Taken(Node):
    """`step send(m)` or `step worker[c] at take`: such a step is taken; only in a `property`."""

    action: Expr
    place: Path | None


@dataclass(frozen=True, slots=True)
class Old(Node):
    """`old(e)`: the value of `e` before the step; only in `step` properties."""

    operand: Expr


Expr: TypeAlias = (
    IntLit
    | BoolLit
    | NoneLit
    | AnyLit
    | SelfRef
    | NameRef
    | FieldAccess
    | TupleAccess
    | IndexAccess
    | Call
    | Unary
    | Binary
    | Conditional
    | LetIn
    | Quantified
    | SetLit
    | SetComprehension
    | SeqLit
    | MapComprehension
    | TupleLit
    | RangeExpr
    | At
    | Temporal
    | Taken
    | Old
)
