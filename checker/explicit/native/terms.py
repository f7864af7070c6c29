"""Expressions of the system as LLVM code over packed states.

An integer is computed as itself in 64 bits, or more where its interval needs them; a truth value
is an `i1`; everything else is its code (see `layout`) in as many words as it takes. What
short-circuits in the language jumps here, unless the other side is so short and harmless that it
is cheaper to compute it anyway. A failure jumps to `View.fail`.

Agrees with: checker.model.evaluate (tests/agreement/test_native.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, assert_never

from checker.explicit.layout import encode, is_scalar, length_width, offsets, width
from checker.explicit.native import binders, collections, conversions
from checker.explicit.native.assembly import FALSE, TRUE, WORD, Number, known
from checker.explicit.native.cells import (
    Located,
    Register,
    code_of,
    code_width,
    fetch,
    number_of,
    number_width,
    register_width,
)
from checker.explicit.native.values import MAX_WIDTH, Slot, Unsupported
from checker.explicit.python.conversions import hull
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
    Read,
    ReadOld,
    SetFilter,
)
from checker.model.types import (
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    TupleType,
    cardinality,
)

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.native.assembly import Function
    from checker.explicit.native.unit import Unit
    from checker.explicit.native.values import Bound, Operand, View
    from checker.model.ir import Expr, Variable
    from checker.model.types import Type


class Terms:
    """Writes expressions into one function.

    Attributes:
        unit: facts about terms and the tables that the module shares.
    """

    def __init__(self, unit: Unit, code: Function) -> None:
        """Write into `code`."""
        self.unit = unit
        self.code = code

    @property
    def layout(self) -> Layout:
        """The layout of states."""
        return self.unit.layout

    # --- numbers and places

    def number(self, expr: Expr, view: View) -> Number:
        """Write an expression; return its value."""
        return self.fetched(self.visit(expr, view), expr.type)

    def truth(self, expr: Expr, view: View) -> Number:
        """Write a condition; return it as an `i1`."""
        return self.number(expr, view)

    def fetched(self, operand: Operand, of: Type) -> Number:
        """Return the value of an operand, read if it was not."""
        if isinstance(operand, Number):
            return operand
        if width(of) > MAX_WIDTH:
            raise Unsupported(f"a value of {width(of)} bits is handled at once")
        return number_of(self.code, fetch(self.code, operand), of)

    def located(self, operand: Operand, of: Type) -> Located:
        """Return an operand as something whose parts can be reached."""
        if isinstance(operand, Located):
            return operand
        return Located(Register(code_of(self.code, operand, of)), known(0), of)

    # --- expressions

    def visit(self, expr: Expr, view: View) -> Operand:
        """Write an expression; return its value, or where it is."""
        match expr:
            case Literal(value, of):
                return self.literal(value if isinstance(of, IntType) else encode(of, value), of)
            case Read(variable):
                return self._variable(variable, view)
            case ReadOld(variable):
                assert view.old is not None
                offset = known(self.layout.slots[variable].offset)
                return Located(view.old, offset, variable.type)
            case LocalRef(local):
                return self._local(view.locals[local])
            case Apply():
                return self._apply(expr, view)
            case And(args):
                return self.all_of(self._thunks(args, view))
            case Or(args):
                return self.any_of(self._thunks(args, view))
            case Implies(left, right):
                return self._implies(expr, left, right, view)
            case Conditional(condition, then, otherwise):
                return self.code.conditional(
                    self.truth(condition, view),
                    lambda: self.number(then, view),
                    lambda: self.number(otherwise, view),
                )
            case Index():
                return self._index(expr, view)
            case Field(base, index):
                whole = self.located(self.visit(base, view), base.type)
                assert isinstance(base.type, RecordType | TupleType)
                return whole.inner(self.code, known(offsets(base.type)[index]), expr.type)
            case Construct():
                return collections.construct(self, expr, view)
            case Fold() | SetFilter() | MapOf():
                return binders.visit(self, expr, view)
            case Let(local, value, body):
                return self.visit(body, view.bind(local, self.number(value, view)))
            case _:
                assert_never(expr)

    def literal(self, value: object, of: Type) -> Number:
        """Return a constant of a type: an integer itself, or a code."""
        assert isinstance(value, int)
        return known(int(value), register_width(of))

    def _variable(self, variable: Variable, view: View) -> Located:
        offset = known(self.layout.slots[variable].offset)
        return Located(view.state, offset, variable.type)

    def _local(self, bound: Bound) -> Operand:
        if isinstance(bound, Slot):
            return self.code.load(bound.pointer, bound.width)
        return bound

    def _thunks(self, args: Iterable[Expr], view: View) -> list[Callable[[], Number]]:
        def later(arg: Expr) -> Callable[[], Number]:
            return lambda: self.truth(arg, view)

        return [later(arg) for arg in args]

    # --- logic

    def all_of(self, parts: list[Callable[[], Number]]) -> Number:
        """Write a conjunction that stops at the first false."""
        result = TRUE
        for part in parts:
            result = self.code.conditional(result, part, lambda: FALSE)
        return result

    def any_of(self, parts: list[Callable[[], Number]]) -> Number:
        """Write a disjunction that stops at the first true."""
        result = FALSE
        for part in parts:
            result = self.code.conditional(result, lambda: TRUE, part)
        return result

    def _implies(self, expr: Implies, left: Expr, right: Expr, view: View) -> Number:
        bit = view.watched.get(expr)

        def then() -> Number:
            if bit is not None:
                self.mark(view.marks, bit)
            return self.truth(right, view)

        return self.code.conditional(self.truth(left, view), then, lambda: TRUE)

    def mark(self, marks: str, bit: int) -> None:
        """Write that a coverage point is reached."""
        pointer = self.code.at(marks, known(bit // WORD))
        bits = known(1 << bit % WORD)
        self.code.store(self.code.disj(self.code.load(pointer), bits), pointer)

    # --- parts

    def _index(self, expr: Index, view: View) -> Operand:
        of = expr.base.type
        base = self.located(self.visit(expr.base, view), of)
        if isinstance(of, SeqType):
            return self.position(base, of, self.number(expr.key, view), view.fail)
        assert isinstance(of, MapType)
        key = self.number(expr.key, view)
        return self.element(base, of, self.place(key, expr.key.type, of.key))

    def element(self, base: Located, of: MapType, at: Number) -> Located:
        """Return the value of a map at a key's position."""
        size = width(of.value)
        offset, count = self.code.mul(at, size), cardinality(of.key)
        return base.inner(self.code, offset, of.value, stride=size, count=count)

    def position(self, base: Located, of: SeqType, at: Number, fail: str) -> Located:
        """Return an element of a sequence, which must exist."""
        head, size = length_width(of), width(of.element)
        length = self.code.resize(self.length(base, of), at.width, is_signed=False)
        self.code.fail_unless(self.code.test("ult", at, length), fail)
        slots = base.inner(self.code, known(head), of)
        index = self.code.resize(at, WORD, is_signed=True)
        offset = self.code.mul(index, size)
        return slots.inner(self.code, offset, of.element, stride=size, count=of.bound)

    def length(self, base: Located, of: SeqType) -> Number:
        """Return the length of a sequence."""
        # The length is stored like an integer that begins at zero.
        stored = IntType(0, (1 << length_width(of)) - 1)
        return self.fetched(base.inner(self.code, known(0), stored), stored)

    def place(self, key: Number, source: Type, of: Type) -> Number:
        """Return the position among the values of type `of` of a value that belongs to it."""
        if isinstance(of, IntType):
            return self.code.resize(self.code.sub(key, of.low), WORD, is_signed=True)
        stored = code_of(self.code, conversions.adapted(self, key, source, of), of)
        return conversions.position(self, stored, of)

    def stored(self, number: Number, source: Type, target: Type) -> Number:
        """Return the code that is kept for a value where a `target` is stored."""
        return code_of(self.code, conversions.adapted(self, number, source, target), target)

    # --- operators

    def _apply(self, expr: Apply, view: View) -> Operand:
        types = [arg.type for arg in expr.args]
        if expr.op in collections.OPERATORS:
            return collections.apply(self, expr, view)
        args = [self.number(arg, view) for arg in expr.args]
        match expr.op:
            case Op.NOT:
                return self.code.flip(args[0])
            case Op.IFF:
                return self.code.test("eq", *args)
            case Op.NEG | Op.ADD | Op.SUB | Op.MUL | Op.DIV | Op.MOD:
                return self._arithmetic(expr, args, view)
            case Op.EQ:
                return self._equal(args, types)
            case Op.LT | Op.LE:
                left, right = self._level(args)
                return self.code.test("slt" if expr.op is Op.LT else "sle", left, right)
            case Op.WRAP:
                return self._wrap(args[0], types[0], expr.type)
            case Op.UNWRAP:
                return self._unwrap(args[0], types[0], view)
            case Op.CONVERT:
                return conversions.converted(self, args[0], types[0], expr.type, view.fail)
            case _:
                raise AssertionError(f"{expr.op} is written elsewhere")

    def _level(self, numbers: list[Number]) -> list[Number]:
        """Bring integers to one width."""
        most = max(number.width for number in numbers)
        return [self.code.resize(number, most, is_signed=True) for number in numbers]

    def _equal(self, args: list[Number], types: list[Type]) -> Number:
        if isinstance(types[0], IntType):
            return self.code.test("eq", *self._level(args))
        both = hull(*types)
        left, right = (
            conversions.adapted(self, arg, of, both) for arg, of in zip(args, types, strict=True)
        )
        return self.code.test("eq", left, right)

    def _arithmetic(self, expr: Apply, args: list[Number], view: View) -> Number:
        assert isinstance(expr.type, IntType)
        most = max(number_width(expr.type), *(arg.width for arg in args))
        wide = [self.code.resize(arg, most, is_signed=True) for arg in args]
        match expr.op:
            case Op.NEG:
                result = self.code.sub(known(0, most), wide[0])
            case Op.DIV | Op.MOD:
                result = self._divided(expr, wide, view)
            case _:
                names = {Op.ADD: "add", Op.SUB: "sub", Op.MUL: "mul"}
                result = self.code.binary(names[expr.op], *wide)
        return self.code.resize(result, number_width(expr.type), is_signed=True)

    def _divided(self, expr: Apply, args: list[Number], view: View) -> Number:
        dividend, divisor = (arg.type for arg in expr.args)
        assert isinstance(dividend, IntType)
        assert isinstance(divisor, IntType)
        if divisor.low <= 0 <= divisor.high:
            self.code.fail_unless(self.code.test("ne", args[1], 0), view.fail)
        quotient, remainder = self.division(*args, natural=dividend.low >= 0 < divisor.low)
        return quotient if expr.op is Op.DIV else remainder

    def division(self, left: Number, right: Number, *, natural: bool) -> tuple[Number, Number]:
        """Divide, rounding towards minus infinity; the divisor is not zero."""
        if left.known is not None and right.known is not None and right.known:
            return (
                known(left.known // right.known, left.width),
                known(left.known % right.known, left.width),
            )
        kind = "u" if natural else "s"
        code = self.code

        def apply(op: str) -> Number:
            return Number(left.width, None, code.let(f"{op} {left.typed}, {right.text}"))

        quotient, remainder = apply(f"{kind}div"), apply(f"{kind}rem")
        if natural:
            return quotient, remainder
        differ = code.test("slt", code.binary("xor", remainder, right), 0)
        is_off = code.conditional(code.test("ne", remainder, 0), lambda: differ, lambda: FALSE)
        one = code.resize(is_off, left.width, is_signed=False)
        more = code.select(is_off, right, known(0, left.width))
        return code.sub(quotient, one), code.add(remainder, more)

    def _wrap(self, number: Number, source: Type, target: Type) -> Number:
        assert isinstance(target, OptionType)
        return self.wrapped(self.stored(number, source, target.element), target)

    def wrapped(self, code: Number, of: OptionType) -> Number:
        """Return the code of an option that is not none."""
        wide = self.code.resize(code, code_width(of), is_signed=False)
        if is_scalar(of.element):
            return self.code.add(wide, 1)
        return self.code.disj(self.code.shl(wide, 1), 1)

    def payload(self, option: Number, of: OptionType) -> Number:
        """Return the code of what is in an option that is not none."""
        code = self.code
        inner = code.sub(option, 1) if is_scalar(of.element) else code.shr(option, 1)
        return code.resize(inner, code_width(of.element), is_signed=False)

    def _unwrap(self, option: Number, of: Type, view: View) -> Number:
        assert isinstance(of, OptionType)
        self.code.fail_unless(self.code.test("ne", option, 0), view.fail)
        return number_of(self.code, self.payload(option, of), of.element)
