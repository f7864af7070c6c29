"""Strict operators on views: the rows of `checker.model.operators`, for values not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.export.scalars import Operation, Relation
from checker.export.views import (
    MapView,
    NumberView,
    OptionView,
    ProductView,
    SeqView,
    SetView,
    TruthView,
    View,
    formula_of,
    number_of,
    parts_of,
    values_of,
)
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.export.scalars import Formula, Number
    from checker.export.views import Views
    from checker.model.ir import Apply
    from checker.model.types import Type

_ARITHMETIC: Final = {
    Op.ADD: Operation.ADD,
    Op.SUB: Operation.SUB,
    Op.MUL: Operation.MUL,
    Op.DIV: Operation.DIV,
    Op.MOD: Operation.MOD,
}


@dataclass(frozen=True, slots=True)
class Made:
    """The result of an operator, and the condition under which it has none."""

    view: View
    fails: Formula


class Operators:
    """Applies operators to views."""

    def __init__(self, views: Views) -> None:
        """Take the maker of views."""
        self._views = views
        self._s = views.scalars

    def apply(self, expr: Apply, args: tuple[View, ...]) -> Made:
        """Return what the operator makes of values that are there."""
        s = self._s
        match expr.op:
            case Op.NOT:
                return self._truth(s.negate(formula_of(args[0])))
            case Op.IFF:
                return self._truth(s.same(formula_of(args[0]), formula_of(args[1])))
            case Op.NEG:
                number = s.arithmetic(Operation.SUB, s.number(0), number_of(args[0]))
                return self._number(number)
            case Op.ADD | Op.SUB | Op.MUL | Op.DIV | Op.MOD:
                return self._arithmetic(expr.op, number_of(args[0]), number_of(args[1]))
            case Op.LT | Op.LE:
                relation = Relation.LT if expr.op is Op.LT else Relation.LE
                return self._truth(s.compare(relation, number_of(args[0]), number_of(args[1])))
            case Op.EQ:
                one, other = expr.args
                return self._truth(self._views.equal(one.type, args[0], other.type, args[1]))
            case Op.IN | Op.SUBSET | Op.UNION | Op.INTERSECT | Op.MINUS | Op.RANGE | Op.SIZE:
                return self._on_sets(expr, args)
            case Op.WRAP:
                return self._safe(OptionView(s.true, args[0]))
            case Op.UNWRAP:
                option = args[0]
                assert isinstance(option, OptionView)
                return Made(option.content, s.negate(option.present))
            case Op.CONVERT:
                return self.convert(expr.args[0].type, expr.type, args[0])
            case _:
                return self._on_sequences(expr, args)

    def _safe(self, view: View) -> Made:
        return Made(view, self._s.false)

    def _truth(self, formula: Formula) -> Made:
        return self._safe(TruthView(formula))

    def _number(self, number: Number) -> Made:
        return self._safe(NumberView(number))

    def _arithmetic(self, op: Op, left: Number, right: Number) -> Made:
        s = self._s
        is_zero = s.equal(right, s.number(0)) if op in {Op.DIV, Op.MOD} else s.false
        return Made(NumberView(s.arithmetic(_ARITHMETIC[op], left, right)), is_zero)

    # --- sets

    def _on_sets(self, expr: Apply, args: tuple[View, ...]) -> Made:
        s = self._s
        types = tuple(arg.type for arg in expr.args)
        match expr.op, args:
            case Op.IN, (member, SetView(has)):
                return self._truth(has(types[0], member))
            case Op.SUBSET, (SetView(p), SetView(q)):
                each = (s.implies(p(t, m), q(t, m)) for t, m in self._views.universe(types[0]))
                return self._truth(s.all_of(each))
            case Op.UNION, (SetView(p), SetView(q)):
                return self._safe(SetView(lambda t, m: s.any_of((p(t, m), q(t, m)))))
            case Op.INTERSECT, (SetView(p), SetView(q)):
                return self._safe(SetView(lambda t, m: s.all_of((p(t, m), q(t, m)))))
            case Op.MINUS, (SetView(p), SetView(q)):
                return self._safe(SetView(lambda t, m: s.all_of((p(t, m), s.negate(q(t, m))))))
            case Op.RANGE, (NumberView(low), NumberView(high)):
                return self._safe(SetView(lambda _, m: self._between(low, number_of(m), high)))
            case Op.SIZE, (SetView(p),):
                size = s.number(0)
                for t, m in self._views.universe(types[0]):
                    size = s.arithmetic(Operation.ADD, size, s.one_if(p(t, m)))
                return self._number(size)
            case _:
                raise AssertionError(f"not sets: {expr.op}")

    def _between(self, low: Number, number: Number, high: Number) -> Formula:
        s = self._s
        return s.all_of((s.compare(Relation.LE, low, number), s.compare(Relation.LE, number, high)))

    # --- sequences

    def _on_sequences(self, expr: Apply, args: tuple[View, ...]) -> Made:
        s = self._s
        sequence = args[0]
        assert isinstance(sequence, SeqView), f"no sequence: {expr.op}"
        length, item = sequence.length, sequence.item
        of = expr.args[0].type
        assert isinstance(of, SeqType)
        is_empty = s.equal(length, s.number(0))
        one_less = s.narrowed(s.arithmetic(Operation.SUB, length, s.number(1)), 0, length.high)
        match expr.op:
            case Op.LEN:
                return self._number(length)
            case Op.FIRST:
                return Made(item(s.number(0)), is_empty)
            case Op.LAST:
                return Made(item(one_less), is_empty)
            case Op.REST:
                moved = SeqView(one_less, lambda at: item(self._plus(at, 1)))
                return Made(moved, is_empty)
            case Op.FRONT:
                return Made(SeqView(one_less, item), is_empty)
            case Op.APPEND:
                whole = self._appended(expr, sequence, args[1])
                return Made(whole, self._is_too_long(expr, whole))
            case Op.CONCAT:
                assert isinstance(args[1], SeqView)
                whole = self._joined(expr, sequence, args[1])
                return Made(whole, self._is_too_long(expr, whole))
            case Op.ELEMENTS:
                return self._safe(SetView(lambda t, m: self._is_in(of, sequence, t, m)))
            case _:
                raise AssertionError(f"not an operator of sequences: {expr.op}")

    def _plus(self, number: Number, offset: int) -> Number:
        return self._s.arithmetic(Operation.ADD, number, self._s.number(offset))

    def _is_too_long(self, expr: Apply, whole: SeqView) -> Formula:
        assert isinstance(expr.type, SeqType)
        return self._s.compare(Relation.LT, self._s.number(expr.type.bound), whole.length)

    def _appended(self, expr: Apply, sequence: SeqView, last: View) -> SeqView:
        s = self._s
        assert isinstance(expr.type, SeqType)
        element = expr.type.element

        def item(at: Number) -> View:
            is_last = s.equal(at, sequence.length)
            return self._views.either(element, is_last, last, sequence.item(at))

        return SeqView(self._plus(sequence.length, 1), item)

    def _joined(self, expr: Apply, one: SeqView, other: SeqView) -> SeqView:
        s = self._s
        assert isinstance(expr.type, SeqType)
        element = expr.type.element

        def item(at: Number) -> View:
            is_first = s.compare(Relation.LT, at, one.length)
            beyond = s.arithmetic(Operation.SUB, at, one.length)
            return self._views.either(element, is_first, one.item(at), other.item(beyond))

        return SeqView(s.arithmetic(Operation.ADD, one.length, other.length), item)

    def _is_in(self, of: SeqType, sequence: SeqView, member_type: Type, member: View) -> Formula:
        s = self._s
        found = []
        for i in range(min(of.bound, sequence.length.high)):
            at = s.number(i)
            is_there = s.compare(Relation.LT, at, sequence.length)
            here = self._views.equal(member_type, member, of.element, sequence.item(at))
            found.append(s.all_of((is_there, here)))
        return s.any_of(found)

    # --- conversion

    def convert(self, source: Type, target: Type, view: View) -> Made:
        """Make a value of `source` one of `target`, checking or reducing its integers."""
        if source == target and not (isinstance(target, IntType) and target.wraps):
            return self._safe(view)
        match target, source, view:
            case ((BoolType() | EnumType() | SortType()), _, _):
                return self._safe(view)
            case IntType(), _, NumberView(number):
                return self._convert_number(target, number)
            case OptionType(element), OptionType(wider), OptionView(present, content):
                inner = self.convert(wider, element, content)
                return Made(OptionView(present, inner.view), self._s.all_of((present, inner.fails)))
            case MapType(key, element), MapType(_, wider), MapView(at):
                return self._convert_map(key, (wider, element), at)
            case SetType(element), SetType(), SetView(has):
                return self._convert_set(source, element, has)
            case SeqType(), SeqType(), SeqView():
                return self._convert_sequence(source, target, view)
            case ((RecordType() | TupleType()), _, ProductView(parts)):
                each = zip(parts_of(source), parts_of(target), parts, strict=True)
                made = [self.convert(*part) for part in each]
                return Made(
                    ProductView(tuple(each.view for each in made)),
                    self._s.any_of(each.fails for each in made),
                )
            case _:
                raise AssertionError(f"no conversion from {source} to {target}")

    def _convert_number(self, target: IntType, number: Number) -> Made:
        s = self._s
        if target.wraps:
            whole = s.number(target.high + 1)
            if number.low >= 0 and number.high <= target.high:
                return self._number(number)
            return self._number(s.arithmetic(Operation.MOD, number, whole))
        inside = self._between(s.number(target.low), number, s.number(target.high))
        return Made(NumberView(s.narrowed(number, target.low, target.high)), s.negate(inside))

    def _convert_map(self, key: Type, types: tuple[Type, Type], at: Callable[[View], View]) -> Made:
        keys = [self._views.constant(key, value) for value in values_of(key)]
        fails = self._s.any_of(self.convert(*types, at(k)).fails for k in keys)
        return Made(MapView(lambda k: self.convert(*types, at(k)).view), fails)

    def _convert_set(
        self, source: Type, element: Type, has: Callable[[Type, View], Formula]
    ) -> Made:
        s = self._s
        images = []
        failures = []
        for wider, member in self._views.universe(source):
            here = has(wider, member)
            made = self.convert(wider, element, member)
            failures.append(s.all_of((here, made.fails)))
            images.append((here, made.view))

        def has_image(of: Type, member: View) -> Formula:
            return s.any_of(
                s.all_of((here, self._views.equal(of, member, element, image)))
                for here, image in images
                if here is not s.false
            )

        return Made(SetView(has_image), s.any_of(failures))

    def _convert_sequence(self, source: SeqType, target: SeqType, view: SeqView) -> Made:
        s = self._s
        length, item = view.length, view.item
        types = (source.element, target.element)
        failures = [s.compare(Relation.LT, s.number(target.bound), length)]
        for i in range(min(source.bound, length.high)):
            is_there = s.compare(Relation.LT, s.number(i), length)
            made = self.convert(*types, item(s.number(i)))
            failures.append(s.all_of((is_there, made.fails)))
        return Made(
            SeqView(
                s.narrowed(length, 0, target.bound),
                lambda at: self.convert(*types, item(at)).view,
            ),
            s.any_of(failures),
        )
