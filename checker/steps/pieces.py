"""The piece of a flow that one step covers, as an acyclic graph of moves.

A step that has come somewhere ends there if control rests, or goes on with one move: what the node
does, translated to effects on the state. A loop that runs within the step is one move, made of the
piece that is its body. `checker.steps.structure` turns pieces into effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.model.ir import (
    NOTHING,
    And,
    Apply,
    Bind,
    Either,
    Guard,
    If,
    Literal,
    Local,
    LocalRef,
    Op,
    While,
)
from checker.model.types import BOOL, IntType
from checker.steps.code import Do, Pause, Pick, Wait
from checker.steps.flow import Enter, Leave, Loop, Node, Open, Pass, Split, Test
from checker.steps.promotion import Translator, sequence
from checker.steps.structure import Move, Vertex, structure
from grammar.source import NOWHERE, Span

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr
    from checker.steps.liveness import LocalSets
    from checker.steps.resting import Resting

_Key: TypeAlias = tuple[Node, bool]
"""A node, and whether the step is still fresh when it comes there."""

_Planned: TypeAlias = tuple[Move, tuple[Node, ...]]
"""A move and where control can go from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Makes the effects of one flow.

    Attributes:
        arrive: the effect of a step's ending before a node.
        live: which locals are live where; only those need their default when their scope begins.
        changed: which promoted locals may need a reset where their scope ends.
        planned: moves made before, since the pieces of a flow overlap.
    """

    resting: Resting
    translator: Translator
    arrive: Callable[[Node], Effect]
    live: LocalSets
    changed: LocalSets
    planned: dict[Node, _Planned] = field(default_factory=dict)

    def step(self, point: Node, folded: Node | None) -> Effect:
        """Return the body of the step from a resting place; `folded` is an `await` to leave out."""
        return _Piece(self, {}, None, folded).begun_at((point, True))

    def eager(self, node: Node) -> Effect:
        """Return what is carried out in one go when control comes to a node."""
        return _Piece(self, {}, None, None).coming_to((node, False))


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """One piece.

    Attributes:
        exits: nodes outside the piece, and the effect that stands for going there.
        loop: the loop whose body this is, if it is one.
        folded: an `await` that is left out.
    """

    of: Pieces
    exits: Mapping[Node, Effect]
    loop: Loop | None
    folded: Node | None

    def coming_to(self, key: _Key) -> Effect:
        """Return the effect of a piece that may end before its first node."""
        return self._ending(key) or self.begun_at(key)

    def begun_at(self, start: _Key) -> Effect:
        """Return the effect of a piece whose first node is carried out in any case."""
        planned: dict[_Key, _Planned] = {}
        targets: dict[_Key, list[_Key | Effect]] = {}
        finished: list[_Key] = []
        pending = [(start, False)]
        while pending:
            key, is_done = pending.pop()
            if is_done:
                finished.append(key)
            elif key not in planned:
                planned[key] = self._plan(key[0])
                onward = self._onward(key, planned[key][1])
                targets[key] = [self._ending(each) or each for each in onward]
                pending.append((key, True))
                pending += [(each, False) for each in targets[key] if isinstance(each, tuple)]
        order = {key: number for number, key in enumerate(reversed(finished))}
        return structure(
            [
                Vertex(
                    planned[key][0],
                    tuple(order[to] if isinstance(to, tuple) else to for to in targets[key]),
                )
                for key in order
            ],
            self.of.translator.terms,
        )

    def _ending(self, key: _Key) -> Effect | None:
        """Return the effect of ending before a node, None if the piece goes on with it."""
        node, is_fresh = key
        if node in self.exits:
            return self.exits[node]
        return self.of.arrive(node) if self.of.resting.stops(node, is_fresh=is_fresh) else None

    def _onward(self, key: _Key, targets: tuple[Node, ...]) -> list[_Key]:
        node, is_fresh = key
        goes_on_fresh = is_fresh and node not in self.of.resting.ends_fresh
        return [(target, goes_on_fresh) for target in targets]

    # --- moves

    def _plan(self, node: Node) -> _Planned:
        if node is self.folded:
            return Move(NOTHING), tuple(node.targets)
        if self.loop is not None and node is self.loop.head:
            return self._plan_node(node), tuple(node.targets)
        planned = self.of.planned
        if node not in planned:
            loop = self.of.resting.local_loops.get(node)
            if loop is not None:
                planned[node] = self._plan_loop(loop)
            else:
                planned[node] = self._plan_node(node), tuple(node.targets)
        return planned[node]

    def _plan_node(self, node: Node) -> Move:
        translator = self.of.translator
        match node.operation:
            case Do(effect):
                return Move(translator.effect(effect))
            case Enter(of_scope):
                return Move(self._begin(node, of_scope))
            case Leave(of_scope):
                return Move(self._end(node, of_scope))
            case Wait(condition, site):
                return Move(Guard(translator.expr(condition), site))
            case Pause() | Open() | Pass():
                return Move(NOTHING)
            case Pick() as pick:
                return Move(NOTHING, lambda rests: translator.pick(pick, rests[0]))
            case Test(condition):
                return _branching(translator.expr(condition), node.site)
            case Split():
                return Move(NOTHING, lambda rests: Either(tuple(rests), node.site))
            case _:
                assert_never(node.operation)

    def _begin(self, node: Node, of_scope: tuple[Local, ...]) -> Effect:
        """Give the locals of a scope their defaults; those that are state have them already."""
        needed = self.of.live.after[node] - self.of.translator.variables.keys()
        return self._defaults([local for local in of_scope if local in needed])

    def _end(self, node: Node, of_scope: tuple[Local, ...]) -> Effect:
        changed = self.of.changed.before[node]
        return self._defaults([local for local in of_scope if local in changed])

    def _defaults(self, of: list[Local]) -> Effect:
        """Give locals their defaults; NOWHERE tells readers of a trace that no text does it."""
        translator = self.of.translator
        return sequence(translator.bind(local, translator.default(local), NOWHERE) for local in of)

    # --- loops

    def _plan_loop(self, loop: Loop) -> _Planned:
        """Return a loop that runs within the step, and the nodes to which control leaves it."""
        edges = _leaving(loop)
        exits = tuple(dict.fromkeys(target for _, target in edges))
        test = loop.head.operation
        if isinstance(test, Test) and all(source is loop.head for source, _ in edges):
            body = _Piece(self.of, {loop.head: NOTHING}, loop, None)
            inside = body.coming_to((loop.head.targets[0], False))
            return Move(While(self.of.translator.expr(test.condition), inside, loop.site)), exits
        return self._plan_loop_with_exits(loop, exits), exits

    def _plan_loop_with_exits(self, loop: Loop, exits: tuple[Node, ...]) -> Move:
        """Return a loop that notes in a local by which of its exits it is left."""
        way = _Way(Local("exit", IntType(0, len(exits))), self.of.translator)
        leaving = {node: way.take(number) for number, node in enumerate(exits, start=1)}
        body = _Piece(self.of, {loop.head: NOTHING, **leaving}, loop, None)
        test = loop.head.operation
        default = len(exits)
        if isinstance(test, Test):
            default = exits.index(loop.head.targets[1]) + 1
            condition = way.unless_taken(self.of.translator.expr(test.condition))
            inside = body.coming_to((loop.head.targets[0], False))
        else:
            condition = way.is_taken(0)
            inside = body.begun_at((loop.head, False))
        run = sequence((way.take(0), While(condition, inside, loop.site)))
        if len(exits) < 2:
            return Move(run)
        return Move(run, lambda rests: way.dispatch(rests, default))


def _branching(condition: Expr, site: Span) -> Move:
    return Move(NOTHING, lambda rests: If(condition, rests[0], rests[1], site))


def _leaving(loop: Loop) -> list[tuple[Node, Node]]:
    """Return the edges by which control leaves the loop, as in the text."""
    seen = {loop.head}
    pending = [loop.head]
    edges = []
    while pending:
        node = pending.pop()
        for target in node.targets:
            if not loop.has(target):
                edges.append((node, target))
            elif target not in seen:
                seen.add(target)
                pending.append(target)
    return sorted(edges, key=lambda edge: (edge[0].number, edge[1].number))


@dataclass(frozen=True, slots=True)
class _Way:
    """The local that says by which exit a loop is left: 0 while it goes on."""

    local: Local
    translator: Translator

    def _number(self, number: int) -> Expr:
        return self.translator.terms.intern(Literal(number, self.local.type))

    def take(self, number: int) -> Effect:
        """Return what leaves by an exit."""
        return Bind(self.local, self._number(number), NOWHERE)

    def is_taken(self, number: int) -> Expr:
        """Return the condition that an exit was taken."""
        terms = self.translator.terms
        ref = terms.intern(LocalRef(self.local, self.local.type))
        return terms.intern(Apply(Op.EQ, (ref, self._number(number)), BOOL))

    def unless_taken(self, condition: Expr) -> Expr:
        """Return the condition, not evaluated once an exit was taken."""
        return self.translator.terms.intern(And((self.is_taken(0), condition)))

    def dispatch(self, rests: Sequence[Effect], default: int) -> Effect:
        """Return what follows each exit, numbered from 1."""
        result = rests[default - 1]
        for number, rest in enumerate(rests, start=1):
            if number != default:
                result = If(self.is_taken(number), rest, result, NOWHERE)
        return result
