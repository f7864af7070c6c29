"""`for` in terms of simpler loops.

Over values with an order, the loop variable counts up: there is no other state, and what advances
it stands at the end of the body and before every `continue`. Elements of a symmetric sort have no
order; there, a set of those left shrinks, and each round chooses one of it. Ascending sets of
numbers and sequences shrink in the same way, from the front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.arithmetic import as_integer
from checker.elaborate.binders import bound, type_in_disguise
from checker.elaborate.bodies import completes
from checker.elaborate.coerce import kind_of
from checker.elaborate.context import Build, Context, Frame, Loop
from checker.elaborate.sink import Sink
from checker.elaborate.typexprs import is_enumerable, type_of
from checker.model import terms
from checker.model.ir import Bind, Fold, Op, Quantifier, Seq
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    SeqType,
    SetType,
    Type,
    elements,
    sorts_in,
)
from checker.steps.code import Block, Branch, Break, Do, Pick, Repeat
from grammar import syntax

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local
    from checker.steps.code import Code
    from grammar.source import Span


def for_loop(build: Build, node: syntax.ForStmt, context: Context, frame: Frame) -> Code | None:
    """Elaborate `for x: T { }` or `for x in s { }`."""
    if len(node.binder.names) != 1:
        build.collector.error(
            "K131",
            node.binder.span,
            "`for` runs through one name",
            remedy="nest two loops",
        )
        return None
    round_ = _Round(build, node, context, frame)
    domain = node.binder.domain_set
    if domain is None:
        assert node.binder.domain_type is not None
        of = type_of(build, node.binder.domain_type, context.scope)
        span = node.binder.domain_type.span
    else:
        of, span = type_in_disguise(build, domain, context), domain.span
    if of is not None:
        return round_.over_type(of, None) if is_enumerable(build, of, span, "this loop") else None
    if domain is None:
        return None
    if isinstance(domain, syntax.RangeExpr):
        return round_.over_range(domain)
    return _over_value(build, domain, context, round_)


def _over_value(build: Build, domain: syntax.Expr, context: Context, round_: _Round) -> Code | None:
    value = build.expression(build, domain, context, None)
    if value is None:
        return None
    match value.type:
        case SetType(element) if sorts_in(element):
            return round_.over_chosen(element, value)
        case SetType(IntType() as element):
            return round_.over_ascending(element, value)
        case SetType(element):
            return round_.over_type(element, value)
        case SeqType():
            return round_.over_sequence(value)
        case of:
            build.collector.error(
                "K131",
                domain.span,
                f"`for` runs through a type, a set or a sequence, and this is {kind_of(of)}",
            )
            return None


class _Round:
    """Makes the loop of one `for`, by the kind of its domain."""

    def __init__(self, build: Build, node: syntax.ForStmt, context: Context, frame: Frame) -> None:
        self._build = build
        self._node = node
        self._context = context
        self._frame = frame
        (self._name,) = node.binder.names
        self._site: Span = node.binder.span

    def over_type(self, of: Type, among: Expr | None) -> Code | None:
        """Run through all values of a type, or those in the set `among`, in order."""
        if sorts_in(of):
            return self.over_chosen(of, among or terms.all_of(self._build.terms, self._fresh(of)))
        table = self._build.terms
        local = self._fresh(of)
        here = terms.reference(table, local)
        values = tuple(elements(of))
        first, last = terms.literal(table, values[0], of), terms.literal(table, values[-1], of)
        advance = self._advance(local, terms.equal(table, here, last), self._next(here, of))
        sink = Sink()
        if among is not None:
            kept = terms.fresh(f"{self._name.text}.set", among.type)
            sink.bind(kept, among, self._site)
            among = terms.reference(table, kept)
        sink.bind(local, first, self._site)
        body = self._body(local, advance)
        if body is not None and among is not None:
            inside = terms.member(table, here, among)
            body = Branch(None, inside, body, Block((), ()), self._site)
        sink.add(self._forever(body, advance))
        return sink.block()

    def _next(self, here: Expr, of: Type) -> Expr:
        """Return the value after `here`; after the last one it does not matter."""
        table = self._build.terms
        if isinstance(of, IntType):
            one = terms.number(table, 1)
            more = terms.apply(table, Op.ADD, (here, one), IntType(of.low + 1, of.high + 1))
            return terms.apply(table, Op.CONVERT, (more,), of)
        values = tuple(elements(of))
        successor = terms.literal(table, (*values[1:], values[-1]), MapType(of, of))
        return terms.at_key(table, successor, here, of)

    def over_range(self, node: syntax.RangeExpr) -> Code | None:
        """Run through the numbers between two values that are known when the loop begins."""
        build, table = self._build, self._build.terms
        first = as_integer(
            build, build.expression(build, node.low, self._context, None), node.low.span, ".."
        )
        last = as_integer(
            build, build.expression(build, node.high, self._context, None), node.high.span, ".."
        )
        if first is None or last is None:
            return None
        assert isinstance(first.type, IntType)
        assert isinstance(last.type, IntType)
        of = IntType(first.type.low, max(first.type.high, last.type.high))
        local, end = self._fresh(of), terms.fresh(f"{self._name.text}.last", last.type)
        here, there = terms.reference(table, local), terms.reference(table, end)
        sink = Sink(locals=[local, end])
        effects: tuple[Effect, ...] = (
            Bind(end, last, node.high.span),
            Bind(local, first, node.low.span),
        )
        sink.add(Do(Seq(effects), False, self._site))
        advance = self._advance(local, terms.equal(table, here, there), self._next(here, of))
        loop = self._forever(self._body(local, advance), advance)
        if loop is None:
            return None
        some = terms.apply(table, Op.LE, (here, there), BOOL)
        sink.add(Branch(None, some, loop, Block((), ()), self._site))
        return sink.block()

    def over_chosen(self, of: Type, among: Expr) -> Code | None:
        """Run through a set in any order."""
        table = self._build.terms
        left, local = self._left(among.type), self._fresh(of)
        pick = Pick(local, terms.reference(table, left), None, self._site)
        return self._shrinking(left, among, local, (pick, self._remove(left, local)))

    def over_ascending(self, of: IntType, among: Expr) -> Code | None:
        """Run through a set of numbers from the smallest on."""
        table = self._build.terms
        left, local, least = self._left(among.type), self._fresh(of), self._fresh(of)
        body = terms.reference(table, least)
        smallest = table.intern(Fold(Quantifier.MIN, least, terms.reference(table, left), body, of))
        take = Do(Bind(local, smallest, self._site), False, self._site)
        return self._shrinking(left, among, local, (take, self._remove(left, local)))

    def over_sequence(self, among: Expr) -> Code | None:
        """Run through a sequence from its first element on."""
        table = self._build.terms
        of = among.type
        assert isinstance(of, SeqType)
        left, local = self._left(of), self._fresh(of.element)
        here = terms.reference(table, left)
        first = terms.apply(table, Op.FIRST, (here,), of.element)
        rest = terms.apply(table, Op.REST, (here,), of)
        effects: tuple[Effect, ...] = (
            Bind(local, first, self._site),
            Bind(left, rest, self._site),
        )
        take = Do(Seq(effects), False, self._site)
        return self._shrinking(left, among, local, (take,))

    # --- parts ------------------------------------------------------------------------------------

    def _fresh(self, of: Type) -> Local:
        return terms.fresh(self._name.text, of)

    def _left(self, of: Type) -> Local:
        return terms.fresh(f"{self._name.text}.left", of)

    def _remove(self, left: Local, local: Local) -> Do:
        table = self._build.terms
        of = left.type
        assert isinstance(of, SetType)
        single = terms.construct(table, (terms.reference(table, local),), of)
        whole = terms.reference(table, left)
        rest = terms.apply(table, Op.MINUS, (whole, single), of)
        return Do(Bind(left, rest, self._site), False, self._site)

    def _shrinking(
        self, left: Local, among: Expr, local: Local, take: tuple[Code, ...]
    ) -> Code | None:
        table = self._build.terms
        sink = Sink()
        sink.bind(left, among, self._site)
        body = self._body(local, None)
        if body is None:
            return None
        here = terms.reference(table, left)
        empty = terms.construct(table, (), left.type)  # type: ignore[arg-type]  # a set or sequence
        some = terms.negation(table, terms.equal(table, here, empty))
        round_ = Block((*take, body), (local,))
        sink.add(Repeat(None, some, round_, self._node.span))
        return sink.block()

    def _body(self, local: Local, advance: Code | None) -> Code | None:
        context = bound(self._build, self._context, self._name, local, "the variable of a `for`")
        frame = self._frame.inside(Loop(advance))
        return self._build.block(self._build, self._node.body, context, frame)

    def _advance(self, local: Local, is_last: Expr, following: Expr) -> Code:
        leave = Branch(None, is_last, Break(self._site), Block((), ()), self._site)
        step = Do(Bind(local, following, self._site), False, self._site)
        return Block((leave, step), ())

    def _forever(self, body: Code | None, advance: Code) -> Code | None:
        if body is None:
            return None
        # A body that never comes to its end would leave the last advance without any use.
        statements = (body, advance) if completes(self._node.body) else (body,)
        return Repeat(None, None, Block(statements, ()), self._node.span)
