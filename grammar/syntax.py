"""Syntax trees: what the author wrote, one node class per construct.

Every node is a frozen dataclass; children are tuples; `span` never takes part in comparison, so
`parse(print(tree)) == tree` is a meaningful law. The unions `TypeExpr`, `Expr`, `Stmt` and `Decl`
at the end of each section are closed: passes take them apart with `match` and `assert_never`.

Nothing here knows what a name means; that is the business of `checker.model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from grammar.syntax_terms import (
    AnyLit,
    Argument,
    At,
    Binary,
    Binder,
    BoolLit,
    BoolTypeExpr,
    Call,
    Conditional,
    Expr,
    FieldAccess,
    IndexAccess,
    IntLit,
    IntTypeExpr,
    LetIn,
    MapComprehension,
    MapTypeExpr,
    ModTypeExpr,
    Name,
    NamedTypeExpr,
    NameRef,
    Node,
    NoneLit,
    Old,
    OptionTypeExpr,
    Path,
    Quantified,
    RangeExpr,
    RangeTypeExpr,
    SelfRef,
    SeqLit,
    SeqTypeExpr,
    SetComprehension,
    SetLit,
    SetTypeExpr,
    Taken,
    Temporal,
    TupleAccess,
    TupleLit,
    TupleTypeExpr,
    TypeExpr,
    Unary,
)

__all__ = [  # the nodes of `grammar.syntax_terms` are ours as well
    "AnyLit",
    "Argument",
    "At",
    "Binary",
    "Binder",
    "BoolLit",
    "BoolTypeExpr",
    "Call",
    "Conditional",
    "Expr",
    "FieldAccess",
    "IndexAccess",
    "IntLit",
    "IntTypeExpr",
    "LetIn",
    "MapComprehension",
    "MapTypeExpr",
    "ModTypeExpr",
    "Name",
    "NameRef",
    "NamedTypeExpr",
    "Node",
    "NoneLit",
    "Old",
    "OptionTypeExpr",
    "Path",
    "Quantified",
    "RangeExpr",
    "RangeTypeExpr",
    "SelfRef",
    "SeqLit",
    "SeqTypeExpr",
    "SetComprehension",
    "SetLit",
    "SetTypeExpr",
    "Taken",
    "Temporal",
    "TupleAccess",
    "TupleLit",
    "TupleTypeExpr",
    "TypeExpr",
    "Unary",
]

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
class SwitchStmt(Node):
    """`disable` or `enable`, by `is_on`: the interrupts of the processor that runs this."""

    is_on: bool


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
    """`label: statement`: names the control point before the statement.

    `fairness` as in `ProcessDecl`, of the step that begins there.
    """

    label: Name
    statement: Stmt
    fairness: str | None = None


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
    | SwitchStmt
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
    """`action a(p: T) requires g { ... }`: one guarded atomic step, possible for every `p`.

    `fairness` as in `ProcessDecl`.
    """

    name: Name
    parameters: tuple[FieldDecl, ...]
    guards: tuple[Expr, ...]
    body: Block
    fairness: str | None = None


@dataclass(frozen=True, slots=True)
class ProcessDecl(DeclNode):
    """`process worker on Cpu { ... }`: one thread per element of the type, or a single one.

    `fairness` is "fair", "strong fair", "unfair", or None where nothing is written.

    `is_interrupt` marks `interrupt tick on Cpu <= 2 { ... }`: a handler, which preempts what runs
    on its processor; `bound` says how often it comes there at most, None if there is no limit, and
    `guards` when it can come.
    """

    name: Name
    index: TypeExpr | None
    body: Block
    fairness: str | None = None
    is_interrupt: bool = False
    bound: Expr | None = None
    guards: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyDecl(DeclNode):
    """`kind name: e`.

    `kind` is invariant, lemma, step, reachable, assume, initially, terminal, property or bypass.
    `bound` is what stands behind `<=` in `bypass name <= 1: e`.
    """

    kind: str
    name: Name | None
    expression: Expr
    bound: Expr | None = None


@dataclass(frozen=True, slots=True)
class Image(Node):
    """`x = e`, `x[k] = e` or `user[p] at take = e`: a part of the abstract state, by this one."""

    target: Expr
    place: Path | None
    value: Expr


@dataclass(frozen=True, slots=True)
class RefinementDecl(DeclNode):
    """`refines Abstract with { x = e ... }`; `Abstract` names an import.

    `fairness` is "fair" when the fairness of the other specification is to be kept as well.
    """

    abstract: Path
    images: tuple[Image, ...]
    fairness: str | None = None

    @property
    def name(self) -> Name:
        """The last part of the path, by which errors point at the whole."""
        return self.abstract.parts[-1]


@dataclass(frozen=True, slots=True)
class Helper(Node):
    """`step worker[d] where e decreases e, ...`: a step that brings the awaited nearer.

    `step` names a thread or an action; the indices or arguments are new names.
    """

    step: Expr
    condition: Expr
    measures: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class RankingDecl(DeclNode):
    """`rank of progress(c) { step ... }`; `name` is that of a `property`."""

    name: Name
    parameters: tuple[Name, ...]
    helpers: tuple[Helper, ...]


@dataclass(frozen=True, slots=True)
class FailureDecl(DeclNode):
    """`crash on Cpu <= 1 { ... }`, or `reboot`, by `kind`: a processor stops, or begins anew.

    `bound` says how often that happens in all, None if it is not limited; `body` what it does.
    """

    kind: str
    index: TypeExpr | None
    bound: Expr | None
    body: Block

    @property
    def name(self) -> Name:
        """The word itself, by which errors point at the whole."""
        return Name(self.kind, span=self.span)


@dataclass(frozen=True, slots=True)
class LockOrderDecl(DeclNode):
    """`lock order A < B, C`: chains of locks, each chain in the order in which they are taken."""

    chains: tuple[tuple[Path, ...], ...]

    @property
    def name(self) -> Name:
        """The first lock, by which errors point at the whole."""
        return self.chains[0][0].parts[-1]


@dataclass(frozen=True, slots=True)
class OperationDecl(DeclNode):
    """`op inc(d: T): R { ... }` of an interface: what a call does, in one step."""

    name: Name
    parameters: tuple[FieldDecl, ...]
    result: TypeExpr | None
    body: Block


@dataclass(frozen=True, slots=True)
class InterfaceDecl(DeclNode):
    """`interface Count { var n: T = 0  op inc() { ... } }`: a sequential object for clients."""

    name: Name
    parts: tuple[VarDecl | OperationDecl, ...]


@dataclass(frozen=True, slots=True)
class RootPart(Node):
    """`root { var base: T = 0 }`: what a clustered object has once."""

    variables: tuple[VarDecl, ...]


@dataclass(frozen=True, slots=True)
class RepPart(Node):
    """`rep { var part: T = 0 }`: what each processor has."""

    variables: tuple[VarDecl, ...]


@dataclass(frozen=True, slots=True)
class MissPart(Node):
    """`miss { ... }`: what is done when a processor first calls."""

    body: Block


@dataclass(frozen=True, slots=True)
class RepresentsPart(Node):
    """`represents n = e`: the variables of the interface, as the object holds them."""

    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class MethodDecl(DeclNode):
    """`method inc(d: T): R { ... }` of a clustered object: stepwise code."""

    name: Name
    parameters: tuple[FieldDecl, ...]
    result: TypeExpr | None
    body: Block


@dataclass(frozen=True, slots=True)
class ClusterDecl(DeclNode):
    """`clustered object C on Cpu implements I { root { } rep { } method ... represents n = e }`."""

    name: Name
    processors: TypeExpr | None
    interface: Name
    parts: tuple[ClusterPart, ...]


@dataclass(frozen=True, slots=True)
class OnCall(Node):
    """`on call { ... }`: what a swap protocol does when the object is called."""

    body: Block


@dataclass(frozen=True, slots=True)
class ProtocolDecl(DeclNode):
    """`swap protocol P(source, target) { ... on call { ... } }`."""

    name: Name
    source: Name
    target: Name
    parts: tuple[OnCall | Decl, ...]


@dataclass(frozen=True, slots=True)
class Transfer(Node):
    """`transfer A -> B { ... }`; the names may be left out when there is one swap only."""

    pair: tuple[Name, Name] | None
    body: Block


@dataclass(frozen=True, slots=True)
class CheckDecl(DeclNode):
    """`check C { clients = 2 }`, or `check swap P: A -> B { transfer { } clients = 2 }`.

    `protocol` is None in the first form, which has one object.
    """

    protocol: Path | None
    objects: tuple[Name, ...]
    parts: tuple[Binding | Transfer, ...]

    @property
    def name(self) -> Name:
        """The first object, by which errors point at the whole."""
        return self.objects[0]


@dataclass(frozen=True, slots=True)
class Fault(Node):
    """`loses`, `duplicates` or `reorders`; `bound` says how often at most, None if not limited."""

    name: Name
    bound: Expr | None


@dataclass(frozen=True, slots=True)
class ChannelDecl(DeclNode):
    """`channel data[2] on Cpu: Packet loses <= 1`: messages on their way.

    There is one queue of at most `capacity` messages, or one for each element of `index`.
    """

    name: Name
    capacity: Expr
    index: TypeExpr | None
    type: TypeExpr
    faults: tuple[Fault, ...]


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
    | RefinementDecl
    | LockOrderDecl
    | FailureDecl
    | RankingDecl
    | InterfaceDecl
    | ClusterDecl
    | ProtocolDecl
    | CheckDecl
    | ChannelDecl
)
ClusterPart: TypeAlias = RootPart | RepPart | MissPart | RepresentsPart | MethodDecl | Decl
Construct: TypeAlias = InterfaceDecl | ClusterDecl | ProtocolDecl | CheckDecl | ChannelDecl
"""What `checker.constructs` replaces by the other declarations."""


@dataclass(frozen=True, slots=True)
class Specification(DeclNode):
    """One file: `spec name` and its declarations."""

    name: Name
    declarations: tuple[Decl, ...]
