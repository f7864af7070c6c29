"""The strict operators as terms: the twin of `checker.model.operators`."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.model.ir import Op
from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
)
from proofs.encode.counting import Counting
from proofs.encode.universe import Universe, component_types
from proofs.encode.values import Maybe, Members, Parts, Row, Scalar, Symbolic, Table, scalar

if TYPE_CHECKING:
    from checker.model.ir import Apply
    from checker.model.types import Type
    from proofs.logic.terms import Term


class Operators:
    """Applies operators to translated arguments; what they demand is added to a list."""

    def __init__(self, universe: Universe) -> None:
        """Translate into the sorts of a universe."""
        self.universe = universe
        self.logic = universe.logic

    def apply(self, expr: Apply, args: list[Symbolic], demands: list[Term]) -> Symbolic:
        """Return the result of an operator."""
        match expr.op:
            case Op.NOT | Op.IFF | Op.LT | Op.LE | Op.EQ | Op.IN | Op.SUBSET:
                return Scalar(self._relation(expr, args))
            case Op.NEG | Op.ADD | Op.SUB | Op.MUL | Op.DIV | Op.MOD:
                return Scalar(self._arithmetic(expr.op, [scalar(arg) for arg in args], demands))
            case Op.UNION | Op.INTERSECT | Op.MINUS | Op.RANGE | Op.SIZE:
                return self._sets(expr, args)
            case Op.LEN | Op.FIRST | Op.LAST | Op.REST | Op.FRONT:
                return self._sequence(expr, args[0], demands)
            case Op.APPEND | Op.CONCAT:
                return self._joined(expr, args, demands)
            case Op.ELEMENTS:
                return self._elements(expr, args[0])
            case Op.WRAP:
                return Maybe(self.logic.true, args[0])
            case Op.UNWRAP:
                option = args[0]
                assert isinstance(option, Maybe)
                demands.append(option.is_some)
                return option.value
            case Op.CONVERT:
                return self.convert(expr.args[0].type, expr.type, args[0], demands)
            case _:
                assert_never(expr.op)

    # --- truth values and integers

    def _relation(self, expr: Apply, args: list[Symbolic]) -> Term:
        logic = self.logic
        match expr.op, args:
            case Op.NOT, [arg]:
                return logic.negate(scalar(arg))
            case Op.LT, [left, right]:
                return logic.less(scalar(left), scalar(right))
            case Op.LE, [left, right]:
                return logic.at_most(scalar(left), scalar(right))
            case ((Op.EQ | Op.IFF), [left, right]):
                return self.universe.equal(expr.args[0].type, left, right)
            case Op.IN, [element, Members() as members]:
                return members.has(element)
            case Op.SUBSET, [Members() as left, Members() as right]:
                return self.universe.subset(left.element, left, right)
            case _:
                raise AssertionError(f"misuse of {expr.op}")

    def _arithmetic(self, op: Op, args: list[Term], demands: list[Term]) -> Term:
        logic = self.logic
        match op, args:
            case Op.NEG, [arg]:
                return logic.negative(arg)
            case Op.ADD, [left, right]:
                return logic.sum((left, right))
            case Op.SUB, [left, right]:
                return logic.sum((left, logic.negative(right)))
            case Op.MUL, [left, right]:
                return logic.product(left, right)
            case _, [left, right]:
                zero = logic.number(0)
                demands.append(logic.negate(logic.equal(right, zero)))
                is_positive = logic.less(zero, right)
                # Division rounds down; turning both signs makes the divisor positive.
                minus_left, minus_right = logic.negative(left), logic.negative(right)
                if op is Op.DIV:
                    turned = logic.quotient(minus_left, minus_right)
                    return logic.ite(is_positive, logic.quotient(left, right), turned)
                turned = logic.negative(logic.remainder(minus_left, minus_right))
                return logic.ite(is_positive, logic.remainder(left, right), turned)
            case _:
                raise AssertionError(f"misuse of {op}")

    # --- sets

    def _sets(self, expr: Apply, args: list[Symbolic]) -> Symbolic:
        logic = self.logic
        match expr.op, args:
            case Op.RANGE, [low, high]:
                first, last = scalar(low), scalar(high)
                assert isinstance(expr.type, SetType)
                return Members(
                    expr.type.element,
                    lambda v: logic.both(
                        logic.at_most(first, scalar(v)), logic.at_most(scalar(v), last)
                    ),
                )
            case Op.SIZE, [Members() as members]:
                return Scalar(Counting(members.element, members.has).number(self.universe))
            case _, [Members() as left, Members() as right]:
                assert isinstance(expr.type, SetType)
                return Members(expr.type.element, lambda v: self._combined(expr.op, left, right, v))
            case _:
                raise AssertionError(f"misuse of {expr.op}")

    def _combined(self, op: Op, left: Members, right: Members, value: Symbolic) -> Term:
        a, b = left.has(value), right.has(value)
        match op:
            case Op.UNION:
                return self.logic.either(a, b)
            case Op.INTERSECT:
                return self.logic.both(a, b)
            case Op.MINUS:
                return self.logic.both(a, self.logic.negate(b))
            case _:
                raise AssertionError(f"{op} joins no sets")

    # --- sequences

    def item(self, row: Row, of: SeqType, position: Term, demands: list[Term]) -> Symbolic:
        """Return the item at a position."""
        logic = self.logic
        demands.append(
            logic.both(logic.at_most(logic.number(0), position), logic.less(position, row.length))
        )
        return self._picked(row, of.element, position)

    def _picked(self, row: Row, element: Type, position: Term) -> Symbolic:
        """Return the item at a position, or any value if there is none."""
        found = row.items[-1] if row.items else self.universe.something(element)
        for number, item in reversed(list(enumerate(row.items[:-1]))):
            here = self.logic.equal(position, self.logic.number(number))
            found = self.universe.choose(here, item, found)
        return found

    def _sequence(self, expr: Apply, arg: Symbolic, demands: list[Term]) -> Symbolic:
        logic = self.logic
        of = expr.args[0].type
        assert isinstance(arg, Row)
        assert isinstance(of, SeqType)
        if expr.op is Op.LEN:
            return Scalar(arg.length)
        demands.append(logic.less(logic.number(0), arg.length))
        shorter = logic.sum((arg.length, logic.number(-1)))
        match expr.op:
            case Op.FIRST:
                return self._picked(arg, of.element, logic.number(0))
            case Op.LAST:
                return self._picked(arg, of.element, shorter)
            case Op.REST:
                return Row(shorter, arg.items[1:])
            case Op.FRONT:
                return Row(shorter, arg.items)
            case _:
                raise AssertionError(f"misuse of {expr.op}")

    def _joined(self, expr: Apply, args: list[Symbolic], demands: list[Term]) -> Symbolic:
        logic = self.logic
        of = expr.type
        assert isinstance(of, SeqType)
        left, right = args
        assert isinstance(left, Row)
        if expr.op is Op.APPEND:
            right = Row(logic.number(1), (right,))
        assert isinstance(right, Row)
        length = logic.sum((left.length, right.length))
        demands.append(logic.at_most(length, logic.number(of.bound)))
        count = min(of.bound, len(left.items) + len(right.items))
        items = []
        for number in range(count):
            here = logic.number(number)
            offset = logic.sum((here, logic.negative(left.length)))
            item = self._picked(right, of.element, offset)
            if number < len(left.items):
                is_left = logic.less(here, left.length)
                item = self.universe.choose(is_left, left.items[number], item)
            items.append(item)
        return Row(length, tuple(items))

    def _elements(self, expr: Apply, arg: Symbolic) -> Symbolic:
        logic = self.logic
        assert isinstance(arg, Row)
        assert isinstance(expr.type, SetType)
        element = expr.type.element

        def has(value: Symbolic) -> Term:
            return logic.disjunction(
                logic.both(
                    logic.less(logic.number(number), arg.length),
                    self.universe.equal(element, value, item),
                )
                for number, item in enumerate(arg.items)
            )

        return Members(element, has)

    # --- conversion

    def convert(self, source: Type, target: Type, value: Symbolic, demands: list[Term]) -> Symbolic:
        """Make a value of one type one of another, demanding or reducing as the target says."""
        match target:
            case IntType(_, high, True):
                return Scalar(self.logic.remainder(scalar(value), self.logic.number(high + 1)))
            case IntType():
                demands.append(self.universe.inside(target, scalar(value)))
                return value
            case OptionType(element):
                assert isinstance(source, OptionType)
                assert isinstance(value, Maybe)
                inner: list[Term] = []
                converted = self.convert(source.element, element, value.value, inner)
                demands.append(self.logic.implies(value.is_some, self.logic.conjunction(inner)))
                return Maybe(value.is_some, converted)
            case MapType():
                assert isinstance(source, MapType)
                assert isinstance(value, Table)
                return self._convert_map(source, target, value, demands)
            case SetType():
                assert isinstance(source, SetType)
                assert isinstance(value, Members)
                return self._convert_set(source, target, value, demands)
            case SeqType():
                assert isinstance(source, SeqType)
                assert isinstance(value, Row)
                return self._convert_sequence(source, target, value, demands)
            case RecordType() | TupleType():
                assert isinstance(value, Parts)
                pairs = zip(component_types(source), component_types(target), strict=True)
                return Parts(
                    tuple(
                        self.convert(a, b, part, demands)
                        for (a, b), part in zip(pairs, value.parts, strict=True)
                    )
                )
            case BoolType() | EnumType() | SortType():
                return value
            case _:
                assert_never(target)

    def _fits(self, source: Type, target: Type, value: Symbolic) -> Term:
        inner: list[Term] = []
        self.convert(source, target, value, inner)
        return self.logic.conjunction(inner)

    def _convert_map(
        self, source: MapType, target: MapType, value: Table, demands: list[Term]
    ) -> Symbolic:
        if source.value == target.value:
            return value
        demands.append(
            self.universe.every(
                source.key, lambda key: self._fits(source.value, target.value, value.at(key))
            )
        )
        return Table(
            target.key, lambda key: self.convert(source.value, target.value, value.at(key), [])
        )

    def _convert_set(
        self, source: SetType, target: SetType, value: Members, demands: list[Term]
    ) -> Symbolic:
        if source.element == target.element:
            return value
        logic, universe = self.logic, self.universe
        a, b = source.element, target.element
        demands.append(
            universe.every(a, lambda each: logic.implies(value.has(each), self._fits(a, b, each)))
        )
        if not _reduces(b):
            return Members(b, lambda each: logic.both(universe.typed(b, each), value.has(each)))
        return Members(
            b,
            lambda wanted: universe.some(
                a,
                lambda each: logic.both(
                    value.has(each), universe.equal(b, self.convert(a, b, each, []), wanted)
                ),
            ),
        )

    def _convert_sequence(
        self, source: SeqType, target: SeqType, value: Row, demands: list[Term]
    ) -> Symbolic:
        logic = self.logic
        demands.append(logic.at_most(value.length, logic.number(target.bound)))
        items = []
        for number, item in enumerate(value.items[: target.bound]):
            inner: list[Term] = []
            items.append(self.convert(source.element, target.element, item, inner))
            is_there = logic.less(logic.number(number), value.length)
            demands.append(logic.implies(is_there, logic.conjunction(inner)))
        return Row(value.length, tuple(items))


def _reduces(of: Type) -> bool:
    """Tell whether converting to the type may change an integer instead of refusing it."""
    match of:
        case IntType():
            return of.wraps
        case BoolType() | EnumType() | SortType():
            return False
        case OptionType(element) | MapType(_, element) | SetType(element) | SeqType(_, element):
            return _reduces(element)
        case RecordType() | TupleType():
            return any(map(_reduces, component_types(of)))
        case _:
            assert_never(of)
