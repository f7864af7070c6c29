"""Expressions of the typed system as terms, with the condition under which they have a value.

The twin of `checker.model.evaluate`. An expression that can fail (`UNWRAP` of none, a store out of
bounds) yields a term that means something only where the *demands* hold; they are gathered on the
way, and a right side that is not evaluated demands nothing.

One thing is stricter here than in the interpreter, on purpose: a quantifier demands that its body
has a value everywhere (or up to nothing, where a domain excludes it), although evaluation may stop
before it comes to where there is none. What is proved is then true under either reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Construct,
    Field,
    Fold,
    Implies,
    Index,
    Let,
    Literal,
    LocalRef,
    MapOf,
    Op,
    Or,
    Quantifier,
    Read,
    ReadOld,
    SetFilter,
)
from checker.model.operators import OPERATORS
from checker.model.rewrite import children
from checker.model.types import RecordType, SeqType, SetType, TupleType
from proofs.encode.counting import Counting
from proofs.encode.operators import Operators
from proofs.encode.universe import Universe, Unsupported
from proofs.encode.values import Members, Parts, Row, Scalar, Symbolic, Table, scalar

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local, Variable
    from checker.model.types import Type
    from proofs.logic.terms import Term

_Test: TypeAlias = "Callable[[Symbolic], Term]"
_Body: TypeAlias = "Callable[[Symbolic], Symbolic]"


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in an expression stand for; `old` is the state before a step."""

    state: Mapping[Variable, Symbolic]
    locals: Mapping[Local, Symbolic]
    old: Mapping[Variable, Symbolic] | None = None

    def bind(self, local: Local, value: Symbolic) -> Names:
        """Return the names with one more local."""
        return replace(self, locals={**self.locals, local: value})


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition: `holds` means something where `is_defined` is true."""

    holds: Term
    is_defined: Term


class Expressions:
    """Translates expressions."""

    def __init__(self, universe: Universe) -> None:
        """Translate into the sorts of a universe."""
        self.universe = universe
        self.logic = universe.logic
        self.operators = Operators(universe)
        self._failing: dict[Expr, bool] = {}

    def condition(self, expr: Expr, names: Names) -> Judged:
        """Return a boolean expression with what it demands."""
        demands: list[Term] = []
        holds = self.holds(expr, names, demands)
        return Judged(holds, self.logic.conjunction(demands))

    def truth(self, expr: Expr, names: Names) -> Term:
        """Return that an expression has a value and that this is true."""
        judged = self.condition(expr, names)
        return self.logic.both(judged.is_defined, judged.holds)

    def holds(self, expr: Expr, names: Names, demands: list[Term]) -> Term:
        """Return a boolean expression; what it demands is added to the list."""
        return scalar(self.value(expr, names, demands))

    def value(self, expr: Expr, names: Names, demands: list[Term]) -> Symbolic:
        """Return the value of an expression; what it demands is added to the list."""
        match expr:
            case Literal(value, of):
                return self.universe.literal(of, value)
            case Read(variable):
                return names.state[variable]
            case ReadOld(variable):
                assert names.old is not None, "`old` outside a step property"
                return names.old[variable]
            case LocalRef(local):
                return names.locals[local]
            case Apply():
                return self._apply(expr, names, demands)
            case And(args):
                return Scalar(self._stepwise(args, names, demands, is_and=True))
            case Or(args):
                return Scalar(self._stepwise(args, names, demands, is_and=False))
            case Implies(left, right):
                return Scalar(self._implies(left, right, names, demands))
            case Conditional(condition, then, otherwise):
                test = self.holds(condition, names, demands)
                return self._conditional(test, then, otherwise, names, demands)
            case Index(base, key):
                return self._index(base, key, names, demands)
            case Field(base, index):
                whole = self.value(base, names, demands)
                assert isinstance(whole, Parts)
                return whole.parts[index]
            case Fold():
                return self._fold(expr, names, demands)
            case Construct(components, of):
                return self._construct(components, of, names, demands)
            case SetFilter():
                return self._filter(expr, names, demands)
            case MapOf(local, body):
                self._demand_everywhere(local.type, local, body, names, demands)
                return Table(local.type, lambda key: self.value(body, names.bind(local, key), []))
            case Let(local, value_of, body):
                bound = names.bind(local, self.value(value_of, names, demands))
                return self.value(body, bound, demands)
            case _:
                assert_never(expr)

    # --- demands

    def _demand(self, demands: list[Term], condition: Term, inner: list[Term]) -> None:
        """Demand, where the condition holds, what was demanded inside."""
        for each in inner:
            demands.append(self.logic.implies(condition, each))

    def _can_fail(self, expr: Expr) -> bool:
        found = self._failing.get(expr)
        if found is None:
            found = self._failing[expr] = can_fail(expr)
        return found

    def _demand_everywhere(
        self, of: Type, local: Local, body: Expr, names: Names, demands: list[Term]
    ) -> None:
        def defined(value: Symbolic) -> Term:
            inner: list[Term] = []
            self.value(body, names.bind(local, value), inner)
            return self.logic.conjunction(inner)

        if self._can_fail(body):
            demands.append(self.universe.every(of, defined))

    # --- connectives

    def _conditional(
        self, test: Term, then: Expr, otherwise: Expr, names: Names, demands: list[Term]
    ) -> Symbolic:
        inner: list[Term] = []
        first = self.value(then, names, inner)
        self._demand(demands, test, inner)
        other: list[Term] = []
        second = self.value(otherwise, names, other)
        self._demand(demands, self.logic.negate(test), other)
        return self.universe.choose(test, first, second)

    def _stepwise(
        self, args: tuple[Expr, ...], names: Names, demands: list[Term], *, is_and: bool
    ) -> Term:
        done: list[Term] = []
        join = self.logic.conjunction if is_and else self.logic.disjunction
        for arg in args:
            inner: list[Term] = []
            holds = self.holds(arg, names, inner)
            if inner:
                before = join(done)
                reached = before if is_and else self.logic.negate(before)
                self._demand(demands, reached, inner)
            done.append(holds)
        return join(done)

    def _implies(self, left: Expr, right: Expr, names: Names, demands: list[Term]) -> Term:
        test = self.holds(left, names, demands)
        inner: list[Term] = []
        result = self.holds(right, names, inner)
        self._demand(demands, test, inner)
        return self.logic.implies(test, result)

    # --- parts

    def _index(self, base: Expr, key: Expr, names: Names, demands: list[Term]) -> Symbolic:
        whole = self.value(base, names, demands)
        where = self.value(key, names, demands)
        if isinstance(whole, Table):
            return whole.at(where)
        assert isinstance(whole, Row)
        assert isinstance(base.type, SeqType)
        return self.operators.item(whole, base.type, scalar(where), demands)

    def _construct(
        self,
        components: tuple[Expr, ...],
        of: SetType | SeqType | RecordType | TupleType,
        names: Names,
        demands: list[Term],
    ) -> Symbolic:
        values = tuple(self.value(each, names, demands) for each in components)
        match of:
            case SetType(element):
                return self.universe.listed(element, values)
            case SeqType():
                return Row(self.logic.number(len(values)), values)
            case RecordType() | TupleType():
                return Parts(values)

    def _filter(self, expr: SetFilter, names: Names, demands: list[Term]) -> Symbolic:
        assert isinstance(expr.type, SetType)
        local, logic = expr.local, self.logic
        domain = self._domain(expr.domain, names, demands)

        def selected(value: Symbolic, inner: list[Term]) -> Term:
            """Return that a value is in the domain and satisfies the condition."""
            inside = self._in_domain(local, domain, value)
            below: list[Term] = []
            holds = self.holds(expr.condition, names.bind(local, value), below)
            self._demand(inner, inside, below)
            return logic.both(inside, holds)

        def defined(value: Symbolic) -> Term:
            inner: list[Term] = []
            chosen = selected(value, inner)
            below: list[Term] = []
            self.value(expr.image, names.bind(local, value), below)
            self._demand(inner, chosen, below)
            return logic.conjunction(inner)

        if self._can_fail(expr.condition) or self._can_fail(expr.image):
            demands.append(self.universe.every(local.type, defined))
        element = expr.type.element
        if isinstance(expr.image, LocalRef) and expr.image.local is local:
            return Members(element, lambda value: selected(value, []))

        def has(wanted: Symbolic) -> Term:
            return self.universe.some(
                local.type,
                lambda value: logic.both(
                    selected(value, []),
                    self.universe.equal(
                        element, self.value(expr.image, names.bind(local, value), []), wanted
                    ),
                ),
            )

        return Members(element, has)

    # --- quantifiers

    def _domain(self, domain: Expr | None, names: Names, demands: list[Term]) -> Members | None:
        if domain is None:
            return None
        found = self.value(domain, names, demands)
        assert isinstance(found, Members)
        return found

    def _in_domain(self, local: Local, domain: Members | None, value: Symbolic) -> Term:
        if domain is not None:
            return domain.has(value)
        return self.universe.typed(local.type, value)

    def _fold(self, expr: Fold, names: Names, demands: list[Term]) -> Symbolic:
        local, logic = expr.local, self.logic
        domain = self._domain(expr.domain, names, demands)

        def inside(value: Symbolic) -> Term:
            return logic.true if domain is None else domain.has(value)

        def body(value: Symbolic) -> Symbolic:
            return self.value(expr.body, names.bind(local, value), [])

        def defined(value: Symbolic) -> Term:
            inner: list[Term] = []
            self.value(expr.body, names.bind(local, value), inner)
            return logic.implies(inside(value), logic.conjunction(inner))

        if self._can_fail(expr.body):
            demands.append(self.universe.every(local.type, defined))
        match expr.quantifier:
            case Quantifier.FORALL:
                return Scalar(
                    self.universe.every(
                        local.type, lambda v: logic.implies(inside(v), scalar(body(v)))
                    )
                )
            case Quantifier.EXISTS:
                return Scalar(
                    self.universe.some(local.type, lambda v: logic.both(inside(v), scalar(body(v))))
                )
            case Quantifier.COUNT:
                count = Counting(local.type, lambda v: logic.both(inside(v), scalar(body(v))))
                return Scalar(count.number(self.universe))
            case Quantifier.SUM:
                values = self.universe.values(local.type, "`sum`")
                zero = logic.number(0)
                return Scalar(
                    logic.sum(logic.ite(inside(v), scalar(body(v)), zero) for v in values)
                )
            case Quantifier.MIN | Quantifier.MAX:
                return self._extreme(expr, inside, body, demands)
            case _:
                assert_never(expr.quantifier)

    def _extreme(self, expr: Fold, inside: _Test, body: _Body, demands: list[Term]) -> Symbolic:
        logic = self.logic
        values = list(self.universe.values(expr.local.type, f"`{expr.quantifier.value}`"))
        demands.append(logic.disjunction(inside(v) for v in values))
        found, is_found = scalar(body(values[0])), inside(values[0])
        for value in values[1:]:
            here, is_here = scalar(body(value)), inside(value)
            is_min = expr.quantifier is Quantifier.MIN
            better = logic.less(here, found) if is_min else logic.less(found, here)
            taken = logic.both(is_here, logic.either(logic.negate(is_found), better))
            found, is_found = logic.ite(taken, here, found), logic.either(is_found, is_here)
        return Scalar(found)

    # --- operators

    def _apply(self, expr: Apply, names: Names, demands: list[Term]) -> Symbolic:
        compared = self._compared_count(expr, names, demands)
        if compared is not None:
            return compared
        args = [self.value(arg, names, demands) for arg in expr.args]
        return self.operators.apply(expr, args, demands)

    def _compared_count(self, expr: Apply, names: Names, demands: list[Term]) -> Symbolic | None:
        """Translate the comparison of a number of elements, unknown in itself, with a constant."""
        if not self.universe.is_open or expr.op not in {Op.EQ, Op.LT, Op.LE}:
            return None
        counts = [self._counting(arg, names, demands) for arg in expr.args]
        if counts == [None, None]:
            return None
        at = 0 if counts[0] is not None else 1
        count, other = counts[at], expr.args[1 - at]
        assert count is not None
        bound = scalar(self.value(other, names, demands)) if counts[1 - at] is None else None
        if bound is None or not isinstance(bound.head, int):
            raise Unsupported("a number of elements is compared with something not constant")
        return Scalar(count.compared(self.universe, expr.op, bound.head, is_left=at == 0))

    def _counting(self, expr: Expr, names: Names, demands: list[Term]) -> Counting | None:
        """Return what an expression counts, if all it does is count something without bound."""
        match expr:
            case Apply(Op.SIZE, (counted,)):
                assert isinstance(counted.type, SetType)
                if self.universe.is_finite(counted.type.element):
                    return None
                members = self.value(counted, names, demands)
                assert isinstance(members, Members)
                return Counting(members.element, members.has)
            case Fold(Quantifier.COUNT, local) if not self.universe.is_finite(local.type):
                here = LocalRef(local, local.type)
                of = SetType(local.type)
                as_set = SetFilter(local, expr.domain, expr.body, here, of)
                members = self.value(as_set, names, demands)
                assert isinstance(members, Members)
                return Counting(local.type, members.has)
            case _:
                return None


_PARTIAL: Final = frozenset({op for op, row in OPERATORS.items() if row.fails is not None})


def can_fail(expr: Expr) -> bool:
    """Tell whether an expression, or a part of it, may have no value."""
    match expr:
        case Apply(op) if op in _PARTIAL:
            return True
        case Index(base) if isinstance(base.type, SeqType):
            return True
        case Fold(Quantifier.MIN | Quantifier.MAX):
            return True
        case _:
            return any(map(can_fail, children(expr)))
