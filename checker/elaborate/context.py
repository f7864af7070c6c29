"""What elaboration carries along: the tables of one run, and the surroundings of one expression.

`Build` is shared by the whole run: the terms, the diagnostics, and what is known of every entity so
far. `Context` is what changes from place to place: the scope, the locals, and the purpose for which
an expression is evaluated, which decides what it may read. Both are passed explicitly.

A function of this package that elaborates something returns None when a mistake has been reported
(now or earlier); its caller passes the None on and says nothing, so that one mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model.ir import TermTable
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from checker.discipline.locks import Use
    from checker.elaborate.scope import Entity, Scope
    from checker.model.ir import Expr, Literal, Local, Place, Variable
    from checker.model.system import Process
    from checker.model.types import EnumType, Type
    from checker.steps.code import Code
    from grammar import syntax
    from grammar.diagnostics import Collector
    from grammar.source import Span


MAX_WORK: Final = 2_000_000
"""Nodes elaborated at most in one run; only calls that multiply get there."""


MAX_DEPTH: Final = 600
"""How deep expressions and blocks may be nested; every later pass recurses over what comes out."""


class Purpose(Enum):
    """Why an expression is evaluated; the text completes "... in ..."."""

    CONSTANT = "a constant"
    INITIAL = "an initial value"
    GHOST_INITIAL = "the initial value of a ghost"
    CODE = "code"
    ACTION = "an action"
    ASSERTION = "an assertion"
    GHOST = "an assignment to a ghost"
    PROPERTY = "a property"
    STEP = "a step property"

    @property
    def reads_state(self) -> bool:
        """Whether variables exist yet."""
        return self is not Purpose.CONSTANT

    @property
    def reads_ghosts(self) -> bool:
        """Whether what is computed can influence nothing but ghosts and verdicts."""
        return self not in {Purpose.CONSTANT, Purpose.INITIAL, Purpose.CODE, Purpose.ACTION}

    @property
    def reads_processes(self) -> bool:
        """Whether control points and locals of processes may be looked at from outside."""
        return self not in {
            Purpose.CONSTANT,
            Purpose.INITIAL,
            Purpose.GHOST_INITIAL,
            Purpose.CODE,
        }


@dataclass(frozen=True, slots=True)
class Binding:
    """A local name.

    Attributes:
        value: how it is read.
        target: what an assignment to it changes; None when it keeps its value.
        kind: what it is, for messages: "a parameter".
    """

    value: Expr
    type: Type
    target: Local | Place | None
    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """One procedure or function on the way to the present place."""

    callee: Entity
    span: Span


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of an expression or statement.

    Attributes:
        locals: local names; None stands for a name whose declaration has a mistake.
        self_value: what `self` is; None outside processes.
        is_self_unknown: in a procedure that is looked at by itself, `self` may be anything.
        process: the process whose code this is.
        is_old: within `old(...)`.
        calls: the inlined calls that lead here, outermost first.
    """

    scope: Scope
    purpose: Purpose
    locals: Mapping[str, Binding | None] = field(default_factory=dict)
    self_value: Expr | None = None
    is_self_unknown: bool = False
    process: Entity | None = None
    is_old: bool = False
    calls: tuple[Call, ...] = ()

    def bind(self, name: str, binding: Binding | None) -> Context:
        """Return the context in which the local name means `binding`."""
        return replace(self, locals={**self.locals, name: binding})

    def call_notes(self) -> tuple[Note, ...]:
        """Return a note for each call that leads here, the innermost first."""
        return tuple(
            Note(call.span, f"`{call.callee.name}` is called here") for call in self.calls[::-1]
        )

    def aiming(self, purpose: Purpose) -> Context:
        """Return the same surroundings for another purpose."""
        return replace(self, purpose=purpose)


@dataclass(slots=True, eq=False)
class ProcessState:
    """What is known of a process so far.

    Attributes:
        locals: its outermost variables; None for one that has a mistake.
        inferred: those of them whose type is known only when the code has been looked at.
        hidden: outermost names that are no variables: those of `let`.
        process: the finished process, once its code is cut into steps.
        handlers: the interrupts that come between its steps; none for an interrupt itself.
        mask: the variable that says where interrupts are off; the first handler there has it.
        can_crash: a `crash` is declared on its processors.
        self_local: what `self` is in its code.
        holds: the ghost that holds which locks each of its threads has, once one is taken.
    """

    index: Type | None
    locals: dict[str, Variable | None] = field(default_factory=dict)
    inferred: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    process: Process | None = None
    is_elaborated: bool = False
    handlers: tuple[Entity, ...] = ()
    mask: Variable | None = None
    can_crash: bool = False
    self_local: Local | None = None
    holds: Variable | None = None


@dataclass(frozen=True, slots=True)
class StandIn:
    """What a stand-in for `process at place` stands for, until control points are known."""

    node: syntax.At
    entity: Entity
    context: Context


@dataclass(frozen=True, slots=True)
class LockUse:
    """What a procedure does with a lock; `of` is the type of all locks of the same system."""

    use: Use
    of: EnumType


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop around a statement; `advance` is what a `for` does before its next round."""

    advance: Code | None


@dataclass(frozen=True, slots=True)
class Frame:
    """The body in which a statement stands: of a process, a procedure or an action.

    Attributes:
        kind: what it is, for messages.
        labels: where the labels seen so far in this body stand.
        result: what `return` gives a value to, and its type; None when it returns none.
        loop: the innermost loop of this body.
        outermost: the process whose outermost block this is, so that its variables are state.
    """

    kind: str
    labels: dict[str, Span]
    result: Local | None = None
    loop: Loop | None = None
    outermost: ProcessState | None = None

    def inside(self, loop: Loop | None = None) -> Frame:
        """Return the frame of a block within this body, perhaps the body of a loop."""
        return replace(self, loop=loop or self.loop, outermost=None)


Expression: TypeAlias = "Callable[[Build, syntax.Expr, Context, Type | None], Expr | None]"
Block: TypeAlias = "Callable[[Build, syntax.Block, Context, Frame], Code | None]"


@dataclass(slots=True, eq=False)
class Build:
    """The tables of one run.

    Attributes:
        overrides: the `-c` settings.
        expression: elaborates any expression; held here because types need constants, which need
            expressions, which need types.
        block: elaborates a block of statements, which contain blocks of statements.
        busy: the entities that are being worked out; to need one of them again is a cycle.
        is_dead: within code that a constant condition rules out; there, it is no mistake that
            something would always fail.
        is_guessing: within an expression whose wanted type is unknown because of a mistake; there,
            it is no mistake that nothing tells the type of `none`.
        depth: how deep the present expression or block is nested.
        work: nodes elaborated so far; inlining that explodes is stopped by it.
        sized: the constants that may depend on how many elements a sort has.
        locks: what the procedures of locks do, and the table of locks that each belongs to.
    """

    collector: Collector
    overrides: Mapping[str, str]
    expression: Expression
    block: Block
    terms: TermTable = field(default_factory=TermTable)
    types: dict[Entity, Type | None] = field(default_factory=dict)
    constants: dict[Entity, Literal | None] = field(default_factory=dict)
    variables: dict[Entity, Variable | None] = field(default_factory=dict)
    processes: dict[Entity, ProcessState] = field(default_factory=dict)
    busy: list[Entity] = field(default_factory=list)
    is_dead: bool = False
    is_guessing: bool = False
    work: int = 0
    depth: int = 0
    stand_ins: dict[Variable, StandIn] = field(default_factory=dict)
    sized: list[Span] = field(default_factory=list)
    locks: dict[Entity, LockUse] = field(default_factory=dict)

    @contextmanager
    def despite(self, mistake: object) -> Iterator[None]:
        """Look for further mistakes, when it is None, where the wanted type is thus unknown."""
        before = self.is_guessing
        self.is_guessing = before or mistake is None
        yield
        self.is_guessing = before

    @contextmanager
    def unless(self, is_ruled_out: bool) -> Iterator[None]:  # noqa: FBT001  # reads as a sentence
        """Mark what is elaborated inside as dead if a constant condition rules it out."""
        before = self.is_dead
        self.is_dead = before or is_ruled_out
        yield
        self.is_dead = before

    def goes_deeper(self, span: Span) -> bool:
        """Count one more level of nesting, calls being written out; report it when too deep."""
        if self.depth < MAX_DEPTH:
            self.depth += 1
            return True
        self.collector.error(
            "K117",
            span,
            f"with all calls written out, this is nested more than {MAX_DEPTH} deep",
            remedy="name intermediate results with `let`, or use variables",
        )
        return False

    def enter(self, entity: Entity, use: Span) -> bool:
        """Begin to work out an entity; report it and return false when it is under way already."""
        if entity in self.busy:
            self._report_cycle(entity, use)
            return False
        self.busy.append(entity)
        return True

    def leave(self, entity: Entity) -> None:
        """End what `enter` began."""
        left = self.busy.pop()
        assert left is entity, f"{left.name} is left, not {entity.name}"

    def has_work_left(self, context: Context) -> bool:
        """Count one more node; report it when calls have multiplied beyond all measure."""
        self.work += 1
        if self.work <= MAX_WORK:
            return True
        if context.calls:
            self.collector.error(
                "K117",
                context.calls[0].span,
                "written out, this call and those within it are too long",
                remedy="call less, or name intermediate results with `let`",
            )
        return False

    def _report_cycle(self, entity: Entity, use: Span) -> None:
        cycle = from_first(self.busy[self.busy.index(entity) :])
        names = " -> ".join(f"`{each.name}`" for each in (*cycle, cycle[0]))
        self.collector.error(
            "K114",
            cycle[0].span,
            f"this needs itself to be worked out: {names}",
            notes=tuple(Note(each.span, f"`{each.name}` is declared here") for each in cycle[1:]),
            remedy="break the circle with a value or type that stands by itself",
        )


def from_first(cycle: list[Entity]) -> list[Entity]:
    """Return a circle of entities from the one declared first, wherever it was entered."""
    places = [(each.span.source.name, each.span.start) for each in cycle]
    start = places.index(min(places))
    return [*cycle[start:], *cycle[:start]]
