"""Syntax trees: what the author wrote, one node class per construct.

Every node is a frozen dataclass; children are tuples; `span` never takes part in comparison, so
`parse(print(tree)) == tree` is a meaningful law. The unions `TypeExpr`, `Expr`, `Stmt` and `Decl`
at the end of each section are closed: passes take them apart with `match` and `assert_never`.

Nothing here knows what a name means; that is the business of `checker.model`.
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
    | Old
)

# --- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`{ ... }`: statements in order, and a scope for locals."""

    statements: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Skip(Node):
    """`skip`: a step that changes nothing but control when labelled, else nothing at all."""


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`a, b := e, f`: all right-hand sides are evaluated first."""

    targets: tuple[Expr, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class VarStmt(Node):
    """`var x: T = e`: a local that may be assigned; without `e` it starts as the type's default."""

    name: Name
    type: TypeExpr | None
    value: Expr | None


@dataclass(frozen=True, slots=True)
class LetStmt(Node):
    """`let x = e`: a local that keeps its value."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class ChooseStmt(Node):
    """`choose x: T where p`: any value that satisfies `p`; blocks when there is none."""

    binder: Binder
    condition: Expr | None


@dataclass(frozen=True, slots=True)
class IfStmt(Node):
    """`if c { } else { }`; `else if` is an `IfStmt` alone in the `otherwise` block."""

    condition: Expr
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class WhileStmt(Node):
    """`while c { }`."""

    condition: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class LoopStmt(Node):
    """`loop { }`: for ever, or until `break`."""

    body: Block


@dataclass(frozen=True, slots=True)
class ForStmt(Node):
    """`for x: T { }` or `for x in s { }`: integers ascending, symmetric sorts in any order."""

    binder: Binder
    body: Block


@dataclass(frozen=True, slots=True)
class BreakStmt(Node):
    """`break`."""


@dataclass(frozen=True, slots=True)
class ContinueStmt(Node):
    """`continue`."""


@dataclass(frozen=True, slots=True)
class EitherStmt(Node):
    """`either { } or { }`: any one of the branches."""

    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class AwaitStmt(Node):
    """`await c`: the step is possible only when `c` holds."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class AssertStmt(Node):
    """`assert c` or `assert c, "why"`."""

    condition: Expr
    message: str | None


@dataclass(frozen=True, slots=True)
class ReturnStmt(Node):
    """`return` or `return e`."""

    value: Expr | None


@dataclass(frozen=True, slots=True)
class AtomicStmt(Node):
    """`atomic { }` or `atomic statement`: one step by the author's decision."""

    body: Block


@dataclass(frozen=True, slots=True)
class LabelStmt(Node):
    """`label: statement`: names the control point before the statement."""

    label: Name
    statement: Stmt


@dataclass(frozen=True, slots=True)
class CallStmt(Node):
    """A call for its effect."""

    call: Call


Stmt: TypeAlias = (
    Block
    | Skip
    | Assign
    | VarStmt
    | LetStmt
    | ChooseStmt
    | IfStmt
    | WhileStmt
    | LoopStmt
    | ForStmt
    | BreakStmt
    | ContinueStmt
    | EitherStmt
    | AwaitStmt
    | AssertStmt
    | ReturnStmt
    | AtomicStmt
    | LabelStmt
    | CallStmt
)

# --- declarations --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclNode(Node):
    """What all declarations share: the `///` lines before them, joined by newlines."""

    doc: str = ""


@dataclass(frozen=True, slots=True)
class Binding(Node):
    """`Name = expression` in an import; a sort's value is the name of another sort."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class ImportDecl(DeclNode):
    """`import locks.mcs as Lock(Cpu = Cpu)`, or with the file's path in quotes instead of dots."""

    target: str
    is_file: bool
    alias: Name
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class ConstDecl(DeclNode):
    """`const N: 1..8 = 3`; without a value it must be given by `-c` or by the importer."""

    name: Name
    type: TypeExpr | None
    value: Expr | None


@dataclass(frozen=True, slots=True)
class SortDecl(DeclNode):
    """`processors Cpu[3]` or `sort Node`: interchangeable elements; `keyword` is the first word."""

    keyword: str
    name: Name
    size: Expr | None


@dataclass(frozen=True, slots=True)
class EnumDecl(DeclNode):
    """`enum Phase { forward, block }`."""

    name: Name
    members: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class TypeDecl(DeclNode):
    """`type Index = 0..N - 1`."""

    name: Name
    type: TypeExpr


@dataclass(frozen=True, slots=True)
class FieldDecl(Node):
    """One field of a record, or one parameter of a procedure, function or action."""

    name: Name
    type: TypeExpr


@dataclass(frozen=True, slots=True)
class RecordDecl(DeclNode):
    """`record Msg { kind: Kind, from: Cpu }`."""

    name: Name
    fields: tuple[FieldDecl, ...]


@dataclass(frozen=True, slots=True)
class VarDecl(DeclNode):
    """`var x: T = e` (one initial value) or `var x: T in s` (any of a set)."""

    name: Name
    type: TypeExpr
    value: Expr | None
    choices: Expr | None
    is_ghost: bool


@dataclass(frozen=True, slots=True)
class ObjectDecl(DeclNode):
    """`object Lock { ... }`: a namespace of variables, procedures, functions and actions."""

    name: Name
    members: tuple[Decl, ...]


@dataclass(frozen=True, slots=True)
class ProcedureDecl(DeclNode):
    """`procedure p(x: T): R { ... }`: stepwise code, run by the calling process."""

    name: Name
    parameters: tuple[FieldDecl, ...]
    result: TypeExpr | None
    body: Block


@dataclass(frozen=True, slots=True)
class FunctionDecl(DeclNode):
    """`function f(x: T): R = e`: an expression with a name; it may read the state."""

    name: Name
    parameters: tuple[FieldDecl, ...]
    result: TypeExpr | None
    body: Expr


@dataclass(frozen=True, slots=True)
class ActionDecl(DeclNode):
    """`action a(p: T) requires g { ... }`: one guarded atomic step, possible for every `p`."""

    name: Name
    parameters: tuple[FieldDecl, ...]
    guards: tuple[Expr, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class ProcessDecl(DeclNode):
    """`process worker on Cpu { ... }`: one thread per element of the type, or a single one."""

    name: Name
    index: TypeExpr | None
    body: Block


@dataclass(frozen=True, slots=True)
class PropertyDecl(DeclNode):
    """`kind name: e`; `kind` is invariant, step, reachable, assume, initially or terminal."""

    kind: str
    name: Name | None
    expression: Expr


Decl: TypeAlias = (
    ImportDecl
    | ConstDecl
    | SortDecl
    | EnumDecl
    | TypeDecl
    | RecordDecl
    | VarDecl
    | ObjectDecl
    | ProcedureDecl
    | FunctionDecl
    | ActionDecl
    | ProcessDecl
    | PropertyDecl
)


@dataclass(frozen=True, slots=True)
class Specification(DeclNode):
    """One file: `spec name` and its declarations."""

    name: Name
    declarations: tuple[Decl, ...]
