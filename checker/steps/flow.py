"""The control-flow graph of one process or of one atomic body.

`build_flow` lays the statements out as nodes with edges; `break`, `continue` and `return` are edges
like any other, and every edge that leaves a scope passes a `Leave` node for its locals, so that
nothing after this module needs to know about nesting. Nodes are numbered in the order of the text;
the nodes of a loop are a contiguous range of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.model.ir import Literal
from checker.steps.code import (
    Atomic,
    Block,
    Branch,
    Break,
    Code,
    Continue,
    Do,
    Fork,
    Inline,
    Label,
    Pause,
    Pick,
    Repeat,
    Return,
    Wait,
)
from checker.steps.codes import LABEL_END, LABEL_IN_ATOMIC, UNREACHABLE
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.model.temporal import Fairness
    from grammar.diagnostics import Collector
    from grammar.source import Span

# --- the graph ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """A branch: to the first target if the condition holds, else to the second."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Split:
    """A choice between all targets."""


@dataclass(frozen=True, slots=True)
class Open:
    """The beginning of an atomic block."""


@dataclass(frozen=True, slots=True)
class Enter:
    """Control enters the scope of the locals; they have their defaults."""

    locals: tuple[Local, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Control leaves the scope of the locals."""

    locals: tuple[Local, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing: where control comes together, or the end."""


Operation: TypeAlias = Do | Pick | Wait | Pause | Test | Split | Open | Enter | Leave | Pass


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One inlined procedure body, inside another one or (None) in the process's own body."""

    place: str
    outer: Call | None


@dataclass(slots=True, eq=False)
class Node:
    """One operation and where control goes from it.

    Attributes:
        is_sealed: inside an atomic block or an action, where control never rests.
        labels: names of the resting place before the operation, innermost first.
        fairness: of the step that begins there, where a label has one; the innermost counts.
    """

    number: int
    operation: Operation
    site: Span
    call: Call | None
    is_sealed: bool
    targets: list[Node] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    fairness: Fairness | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A `Repeat`: its nodes are those numbered in `span`; every round begins at `head`."""

    head: Node
    span: range
    site: Span

    def has(self, node: Node) -> bool:
        """Tell whether the node belongs to the statement."""
        return node.number in self.span


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The whole graph.

    Attributes:
        loops: inner ones before those around them.
        declared: the locals of all scopes in the order of the text, with the call they belong to.
    """

    nodes: tuple[Node, ...]
    entry: Node
    end: Node
    loops: tuple[Loop, ...]
    declared: dict[Local, Call | None]

    def reachable(self) -> frozenset[Node]:
        """Return the nodes to which control can come."""
        return reachable_from(self.entry)


def reachable_from(start: Node) -> frozenset[Node]:
    """Return the nodes that can be reached, the start included."""
    found = {start}
    pending = [start]
    while pending:
        for target in pending.pop().targets:
            if target not in found:
                found.add(target)
                pending.append(target)
    return frozenset(found)


def build_flow(code: Code, collector: Collector, *, is_sealed: bool) -> Flow:
    """Lay out the code of a process, or (`is_sealed`) of an action.

    Statements that are never reached, and labels that name no resting place, are reported.
    """
    builder = _Builder(collector)
    flow = builder.flow(code, is_sealed=is_sealed)
    reachable = flow.reachable()
    for before, after in builder.neighbours:
        # Code that a `for` was turned into has the place of the statement around it: not reported.
        is_written = after.site.start >= before.site.end
        if is_written and before in reachable and after not in reachable:
            collector.warning(
                UNREACHABLE,
                after.site,
                "control never comes to this statement",
                remedy="remove it, or give what stands before it a way to end",
            )
    return flow


# --- building -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _ScopeFrame:
    outer: _Frame | None
    locals: tuple[Local, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _LoopFrame:
    outer: _Frame | None
    head: Node
    breaks: list[Node]


@dataclass(frozen=True, slots=True, eq=False)
class _BodyFrame:
    """A procedure, or the whole process."""

    outer: _Frame | None
    returns: list[Node]


_Frame: TypeAlias = _ScopeFrame | _LoopFrame | _BodyFrame


@dataclass(frozen=True, slots=True)
class _Context:
    """What surrounds a statement; `is_in_text` says that the seal is in the same procedure."""

    frame: _Frame | None
    call: Call | None
    is_sealed: bool
    is_in_text: bool


class _Builder:
    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._nodes: list[Node] = []
        self._loops: list[Loop] = []
        self._declared: dict[Local, Call | None] = {}
        self.neighbours: list[tuple[Node, Node]] = []

    def flow(self, code: Code, *, is_sealed: bool) -> Flow:
        body = _BodyFrame(None, [])
        context = _Context(body, None, is_sealed, is_sealed)
        last = self._build(code, None, context)
        end = self._node(Pass(), last.site, last, context)
        _link(body.returns, end)
        return Flow(tuple(self._nodes), self._nodes[0], end, tuple(self._loops), self._declared)

    def _node(
        self, operation: Operation, site: Span, before: Node | None, context: _Context
    ) -> Node:
        """Add a node to which control comes from `before`."""
        node = Node(len(self._nodes), operation, site, context.call, context.is_sealed)
        self._nodes.append(node)
        if before is not None:
            before.targets.append(node)
        return node

    def _build(self, code: Code, before: Node | None, context: _Context) -> Node:
        """Add a statement's nodes, its entry first; return the one from which control goes on."""
        match code:
            case Block():
                return self._block(code, before, context)
            case Do() | Pick() | Wait() | Pause():
                return self._node(code, code.site, before, context)
            case Branch():
                return self._branch(code, before, context)
            case Repeat():
                return self._repeat(code, before, context)
            case Fork(branches, site):
                split = self._node(Split(), site, before, context)
                ends = [self._build(branch, split, context) for branch in branches]
                return self._join(ends, site, context)
            case Atomic(body, site):
                operation = Pass() if context.is_sealed else Open()
                start = self._node(operation, site, before, context)
                return self._build(body, start, replace(context, is_sealed=True, is_in_text=True))
            case Label():
                return self._label(code, before, context)
            case Inline():
                return self._inline(code, before, context)
            case Break() | Continue() | Return():
                return self._jump(code, before, context)
            case _:
                assert_never(code)

    def _block(self, block: Block, before: Node | None, context: _Context) -> Node:
        first = len(self._nodes)
        self._declared.update(dict.fromkeys(block.locals, context.call))
        last, inner = before, context
        if block.locals:
            inner = replace(context, frame=_ScopeFrame(context.frame, block.locals))
            last = self._node(Enter(block.locals), _site(block), before, inner)
        entries = []
        for statement in block.statements:
            entries.append(len(self._nodes))
            last = self._build(statement, last, inner)
        self.neighbours += [(self._nodes[a], self._nodes[b]) for a, b in pairwise(entries)]
        if block.locals:
            assert last is not None
            return self._node(Leave(block.locals), last.site, last, context)
        if len(self._nodes) == first:
            return self._node(Pass(), _site(block), before, context)
        assert last is not None
        return last

    def _branch(self, branch: Branch, before: Node | None, context: _Context) -> Node:
        ends = []
        # A loop instead of recursion along `else if`, which may be a long table of cases.
        following: Branch | None = branch
        while following is not None:
            each = following
            if each.prelude is not None:
                before = self._node(each.prelude, each.prelude.site, before, context)
            before = self._node(Test(each.condition), each.site, before, context)
            ends.append(self._build(each.then, before, context))
            following = _only_branch(each.otherwise)
            if following is None:
                ends.append(self._build(each.otherwise, before, context))
        return self._join(ends, branch.site, context)

    def _join(self, ends: list[Node], site: Span, context: _Context) -> Node:
        join = self._node(Pass(), site, None, context)
        _link(ends, join)
        return join

    def _repeat(self, repeat: Repeat, before: Node | None, context: _Context) -> Node:
        first = len(self._nodes)
        last = before
        if repeat.prelude is not None:
            last = self._node(repeat.prelude, repeat.prelude.site, last, context)
        # The head is a node of its own in any case, since control comes back to it.
        is_endless = _is_true(repeat.condition)
        if not is_endless:
            assert repeat.condition is not None
            last = self._node(Test(repeat.condition), repeat.site, last, context)
        elif repeat.prelude is None:
            last = self._node(Pass(), repeat.site, last, context)
        head, test = self._nodes[first], last
        frame = _LoopFrame(context.frame, head, [])
        end = self._build(repeat.body, test, replace(context, frame=frame))
        end.targets.append(head)
        self._loops.append(Loop(head, range(first, len(self._nodes)), repeat.site))
        after = self._node(Pass(), repeat.site, None if is_endless else test, context)
        _link(frame.breaks, after)
        return after

    def _label(self, label: Label, before: Node | None, context: _Context) -> Node:
        first = len(self._nodes)
        last = self._build(label.body, before, context)
        if label.name == "end":
            self._collector.error(
                LABEL_END,
                label.site,
                "`end` is the place where a finished process rests",
                remedy="choose another name for this label",
            )
        elif not context.is_sealed:
            node = self._nodes[first]
            node.labels.append(label.name)
            node.fairness = node.fairness or label.fairness
        elif context.is_in_text:
            self._collector.warning(
                LABEL_IN_ATOMIC,
                label.site,
                f"control never rests at `{label.name}`, which is inside an atomic step",
                remedy="put the label before `atomic`, or end the atomic block before it",
            )
        return last

    def _inline(self, inline: Inline, before: Node | None, context: _Context) -> Node:
        call = Call(inline.place, context.call)
        self._declared.update(dict.fromkeys(inline.locals, call))
        body = _BodyFrame(context.frame, [])
        inner = _Context(body, call, context.is_sealed, is_in_text=False)
        last = self._build(inline.body, before, inner)
        leave = self._node(Leave(inline.locals), inline.site, last, context)
        _link(body.returns, leave)
        return leave

    def _jump(
        self, jump: Break | Continue | Return, before: Node | None, context: _Context
    ) -> Node:
        if isinstance(jump, Return) and jump.result is not None:
            before = self._node(jump.result, jump.result.site, before, context)
        locals_left, frame = _leaving(context.frame, is_return=isinstance(jump, Return))
        leave = self._node(Leave(locals_left), jump.site, before, context)
        match jump, frame:
            case Break(), _LoopFrame(_, _, breaks):
                breaks.append(leave)
            case Continue(), _LoopFrame(_, head, _):
                leave.targets.append(head)
            case Return(), _BodyFrame(_, returns):
                returns.append(leave)
            case _:
                raise AssertionError("a jump out of a loop stands in no loop of its procedure")
        # Control never comes to what follows, but it has to begin somewhere.
        return self._node(Pass(), jump.site, None, context)


def _leaving(frame: _Frame | None, *, is_return: bool) -> tuple[tuple[Local, ...], _Frame | None]:
    """Return the locals whose scopes a jump leaves, and the frame that it leads to."""
    left: list[Local] = []
    for each in _outward(frame):
        match each:
            case _ScopeFrame(_, of_scope):
                left += of_scope
            case _BodyFrame():
                return tuple(left), each
            case _LoopFrame():
                if not is_return:
                    return tuple(left), each
            case _:
                assert_never(each)
    return tuple(left), None


def _outward(frame: _Frame | None) -> Iterator[_Frame]:
    while frame is not None:
        yield frame
        frame = frame.outer


def _only_branch(code: Code) -> Branch | None:
    """Return the `if` that is all of an `else`."""
    match code:
        case Branch():
            return code
        case Block((Branch() as only,), ()):
            return only
        case _:
            return None


def _link(sources: list[Node], target: Node) -> None:
    for source in sources:
        source.targets.append(target)


def _is_true(condition: Expr | None) -> bool:
    return condition is None or (isinstance(condition, Literal) and condition.value is True)


def _site(code: Code) -> Span:
    """Return the place of a statement, for a block that of its first one."""
    while isinstance(code, Block):
        if not code.statements:
            return NOWHERE
        code = code.statements[0]
    return code.site
