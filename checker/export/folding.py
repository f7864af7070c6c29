"""Making scalars: folded as far as their bounds allow, and equal ones the same object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from checker.export.scalars import (
    All,
    AnyOf,
    Arithmetic,
    Choice,
    Compare,
    Constant,
    Formula,
    Holds,
    Location,
    Narrowed,
    Not,
    Number,
    OneIf,
    Operation,
    Quantified,
    Refused,
    Relation,
    Same,
    Selector,
    Stored,
    Symbol,
    Truth,
    TruthSymbol,
    bounds,
    named_type,
    plain,
)
from checker.model.types import EnumType, IntType, SortType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.model.ir import Variable
    from checker.model.types import Type

MAX_NODES: Final = 2_000_000
"""So many different scalars are the most that one system may need."""

_T = TypeVar("_T")


class Scalars:
    """Makes scalars, folded as far as their bounds allow, and equal ones the same object."""

    def __init__(self) -> None:
        """Start empty."""
        self._known: dict[tuple[object, ...], object] = {}
        self.true: Formula = self._make(Truth(True))
        self.false: Formula = self._make(Truth(False))

    def _make(self, new: _T) -> _T:
        fields = new.__slots__  # type: ignore[attr-defined]  # every class here has slots
        key = (type(new), *(getattr(new, field) for field in fields))
        known = self._known.setdefault(key, new)
        if len(self._known) > MAX_NODES:
            raise Refused("its expressions become too large when they are written out")
        return known  # type: ignore[return-value]  # same class by key

    # --- places

    def location(self, variable: Variable) -> Location:
        """Return the place of a whole variable."""
        return self._make(Location(variable, (), (variable.type,)))

    def within(self, location: Location, selector: Selector, of: Type) -> Location:
        """Return the place of a part."""
        known = self._make(selector)
        selectors, types = (*location.selectors, known), (*location.types, of)
        return self._make(Location(location.variable, selectors, types))

    # --- leaves

    def truth(self, value: bool) -> Formula:  # noqa: FBT001  # it is the term itself
        """Return true or false."""
        return self.true if value else self.false

    def number(self, value: int, of: Type | None = None) -> Number:
        """Return a constant, named if `of` is an enum or sort."""
        named = of if isinstance(of, EnumType | SortType) else None
        return self._make(Constant(value, named, value, value))

    def symbol(self, name: str, of: IntType | EnumType | SortType) -> Symbol:
        """Return a number that stands for each value of a type."""
        low, high = bounds(of)
        return self._make(Symbol(name, of, low, high))

    def truth_symbol(self, name: str) -> TruthSymbol:
        """Return a formula that stands for true and for false."""
        return self._make(TruthSymbol(name))

    def stored(self, location: Location) -> Number:
        """Return the number at a location."""
        of = location.type
        assert isinstance(of, IntType | EnumType | SortType), f"no number: {of}"
        low, high = bounds(of)
        if low == high:
            return self.number(low, of)
        return self._make(Stored(location, low, high))

    def holds(self, location: Location) -> Formula:
        """Return the truth value at a location."""
        return self._make(Holds(location))

    # --- formulas

    def negate(self, operand: Formula) -> Formula:
        """Return the negation."""
        match operand:
            case Truth(value):
                return self.truth(not value)
            case Not(inner):
                return inner
            case All(args) if all(isinstance(arg, Not) for arg in args):
                return self.any_of(map(self.negate, args))
            case AnyOf(args) if all(isinstance(arg, Not) for arg in args):
                return self.all_of(map(self.negate, args))
            case Compare(Relation.LT, left, right):
                return self._make(Compare(Relation.LE, right, left))
            case Compare(Relation.LE, left, right):
                return self._make(Compare(Relation.LT, right, left))
            case _:
                return self._make(Not(operand))

    def all_of(self, args: Iterable[Formula]) -> Formula:
        """Return the conjunction."""
        kept: dict[Formula, None] = {}
        equal: dict[Number, int] = {}
        for arg in args:
            for each in arg.args if isinstance(arg, All) else (arg,):
                if each is self.false or self.negate(each) in kept:
                    return self.false
                match each:
                    case Compare(Relation.EQ, left, Constant(value)):
                        if equal.setdefault(plain(left), value) != value:
                            return self.false
                    case Not(Compare(Relation.EQ, left, Constant(value))):
                        known = equal.get(plain(left))
                        if known is not None and known != value:
                            continue
                    case _:
                        pass
                if each is not self.true:
                    kept[each] = None
        if len(kept) > 1:
            return self._make(All(tuple(kept)))
        return next(iter(kept), self.true)

    def any_of(self, args: Iterable[Formula]) -> Formula:
        """Return the disjunction."""
        kept: dict[Formula, None] = {}
        for arg in args:
            for each in arg.args if isinstance(arg, AnyOf) else (arg,):
                if each is self.true or self.negate(each) in kept:
                    return self.true
                if each is not self.false:
                    kept[each] = None
        if len(kept) > 1:
            return self._make(AnyOf(tuple(kept)))
        return next(iter(kept), self.false)

    def implies(self, left: Formula, right: Formula) -> Formula:
        """Return the implication."""
        return self.any_of((self.negate(left), right))

    def same(self, left: Formula, right: Formula) -> Formula:
        """Return whether two formulas agree."""
        if left is right:
            return self.true
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Truth):
                return other if one.value else self.negate(other)
        return self._make(Same(left, right))

    def quantified(
        self, symbol: Symbol | TruthSymbol, body: Formula, *, is_forall: bool
    ) -> Formula:
        """Return the quantified formula."""
        if isinstance(body, Truth):
            return body
        return self._make(Quantified(is_forall, symbol, body))

    def either(self, condition: Formula, then: Formula, otherwise: Formula) -> Formula:
        """Return `then` if the condition holds and `otherwise` if not, for formulas."""
        if isinstance(condition, Truth):
            return then if condition.value else otherwise
        if then is otherwise:
            return then
        if then is self.true:
            return self.any_of((condition, otherwise))
        if otherwise is self.false:
            return self.all_of((condition, then))
        reverse = self.negate(condition)
        if then is self.false:
            return self.all_of((reverse, otherwise))
        if otherwise is self.true:
            return self.any_of((reverse, then))
        return self.any_of((self.all_of((condition, then)), self.all_of((reverse, otherwise))))

    def compare(self, relation: Relation, left: Number, right: Number) -> Formula:
        """Return the comparison."""
        (base, here), (other, there) = _shifts(left), _shifts(right)
        if base is other and (here or there):
            return self.compare(relation, self.number(here), self.number(there))
        if isinstance(right, Constant) and here:
            return self.compare(relation, base, self.number(right.value - here))
        if isinstance(left, Constant) and there:
            return self.compare(relation, self.number(left.value - there), other)
        known = _decided(relation, left, right)
        if known is not None:
            return self.truth(known)
        if isinstance(left, Constant) and relation is Relation.EQ:
            left, right = right, left
        if isinstance(right, Constant):
            match left:
                case Choice(condition, then, otherwise):
                    sides = (
                        self.compare(relation, then, right),
                        self.compare(relation, otherwise, right),
                    )
                    if any(isinstance(side, Truth) for side in sides):
                        return self.either(condition, *sides)
                case OneIf(formula) if relation is Relation.EQ:
                    return formula if right.value == 1 else self.negate(formula)
                case _:
                    pass
        return self._make(Compare(relation, left, right))

    def equal(self, left: Number, right: Number) -> Formula:
        """Return whether two numbers are the same."""
        return self.compare(Relation.EQ, left, right)

    # --- numbers

    def arithmetic(self, operation: Operation, left: Number, right: Number) -> Number:
        """Return the operation; a divisor must not be 0."""
        if isinstance(left, Constant) and isinstance(right, Constant):
            is_divided = operation in {Operation.DIV, Operation.MOD}
            # Nobody asks for a quotient by zero: the condition for having a value is in front.
            value = right.value or not is_divided
            return self.number(_calculated(operation, left.value, right.value) if value else 0)
        neutral = 1 if operation in {Operation.MUL, Operation.DIV} else 0
        if isinstance(right, Constant) and right.value == neutral:
            return left if operation is not Operation.MOD else self.number(0)
        is_commuting = operation in {Operation.ADD, Operation.MUL}
        if is_commuting and isinstance(left, Constant) and left.value == neutral:
            return right
        shifted = self._shifted(operation, left, right)
        if shifted is not None:
            return shifted
        low, high = _bounds_of(operation, left, right)
        if low == high:
            return self.number(low)
        if operation is Operation.MOD and right.low == right.high > left.high and left.low >= 0:
            return left
        return self._make(Arithmetic(operation, left, right, low, high))

    def _shifted(self, operation: Operation, left: Number, right: Number) -> Number | None:
        """Return `(x + a) + b` and the like with the constants taken together."""
        signs = {Operation.ADD: 1, Operation.SUB: -1}
        if operation not in signs or not isinstance(right, Constant):
            return None
        match plain(left):
            case Arithmetic(Operation.ADD | Operation.SUB as inner, base, Constant(offset)):
                total = signs[inner] * offset + signs[operation] * right.value
                shape = Operation.SUB if total < 0 else Operation.ADD
                low, high = left.low, left.high
                moved = self.arithmetic(shape, base, self.number(abs(total)))
                change = signs[operation] * right.value
                return self.narrowed(moved, low + change, high + change)
            case _:
                return None

    def choice(self, condition: Formula, then: Number, otherwise: Number) -> Number:
        """Return one of two numbers."""
        if isinstance(condition, Truth):
            return then if condition.value else otherwise
        if plain(then) is plain(otherwise):
            return then
        if isinstance(condition, Not):
            return self.choice(condition.operand, otherwise, then)
        match then, otherwise:
            case Constant(1, None), Constant(0, None):
                return self._make(OneIf(condition))
            case _:
                low, high = min(then.low, otherwise.low), max(then.high, otherwise.high)
                return self._make(Choice(condition, then, otherwise, low, high))

    def one_if(self, formula: Formula) -> Number:
        """Return 1 for true and 0 for false."""
        return self.choice(formula, self.number(1), self.number(0))

    def narrowed(self, number: Number, low: int, high: int) -> Number:
        """Return a number of which is known that it lies in `low..high`."""
        low, high = max(low, number.low), min(high, number.high)
        if (low, high) == (number.low, number.high) or low > high:
            return number
        if low == high:
            return self.number(low, named_type(number))
        return self._make(Narrowed(plain(number), low, high))


def _shifts(number: Number) -> tuple[Number, int]:
    """Return a number as another one and a constant that is added to it."""
    match plain(number):
        case Arithmetic(Operation.ADD, base, Constant(value)):
            return plain(base), value
        case Arithmetic(Operation.SUB, base, Constant(value)):
            return plain(base), -value
        case bare:
            return bare, 0


def _decided(relation: Relation, left: Number, right: Number) -> bool | None:
    """Return the comparison's value if the bounds tell."""
    is_one = plain(left) is plain(right)
    match relation:
        case Relation.EQ:
            if is_one or left.low == left.high == right.low == right.high:
                return True
            return False if left.high < right.low or right.high < left.low else None
        case Relation.LT:
            if left.high < right.low:
                return True
            return False if is_one or left.low >= right.high else None
        case Relation.LE:
            if is_one or left.high <= right.low:
                return True
            return False if left.low > right.high else None


def _calculated(operation: Operation, left: int, right: int) -> int:
    match operation:
        case Operation.ADD:
            return left + right
        case Operation.SUB:
            return left - right
        case Operation.MUL:
            return left * right
        case Operation.DIV:
            return left // right
        case Operation.MOD:
            return left % right


def _bounds_of(operation: Operation, left: Number, right: Number) -> tuple[int, int]:
    match operation:
        case Operation.ADD:
            return left.low + right.low, left.high + right.high
        case Operation.SUB:
            return left.low - right.high, left.high - right.low
        case Operation.MUL:
            corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
            return min(corners), max(corners)
        case Operation.DIV:
            # The divisors of least and greatest size, on either side of zero.
            divisors = {right.low, right.high, -1, 1} - {0}
            kept = [d for d in divisors if right.low <= d <= right.high]
            corners = [a // d for a in (left.low, left.high) for d in kept] or [0]
            return min(corners), max(corners)
        case Operation.MOD:
            return min(0, right.low + 1), max(0, right.high - 1)
