"""Expressions of the system as Python expressions over packed states.

Every expression becomes one Python expression, so that it can stand wherever Python's own `and`,
`or` and `if` decide whether it is evaluated. What needs statements (loops of quantifiers that are
too large to unroll) becomes a function of its own, called in place, with the state and the locals
that it reads as arguments. So do expressions at regular levels of nesting, since Python's parser
counts parentheses.

Integers are true values and everything else is its code (see `layout`). Where the interval of an
integer or the bound of a sequence shows that a check cannot fail, there is none. A check that fails
raises `Fault`.

Agrees with: checker.model.evaluate (tests/agreement).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from checker.explicit.layout import encode, is_dense, is_scalar, offsets, positions, width
from checker.explicit.python import binders, composites
from checker.explicit.python.conversions import conversion, hull, identity
from checker.explicit.python.fragments import (
    FALSE,
    TRUE,
    Bits,
    Constant,
    Text,
    bits,
    comparison,
    condition,
    conjunction,
    disjunction,
    equality,
    negation,
    part,
    scaled,
    value,
)
from checker.explicit.python.shape import children_first
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
from checker.model.rewrite import children
from checker.model.types import IntType, MapType, OptionType, RecordType, SeqType, TupleType

if TYPE_CHECKING:
    from checker.explicit.python.fragments import Fragment
    from checker.explicit.python.unit import Unit
    from checker.model.ir import Expr, Local, Variable
    from checker.model.types import Type


@dataclass(frozen=True, slots=True)
class View:
    """What names in an expression stand for.

    Attributes:
        state: the Python variable that holds the present state.
        old: the one that holds the state before the step.
        locals: constants and Python variables.
        facts: codes that fields (offset and width) of the present state are known to have.
        watched: numbers of the implications whose left side is to be recorded when it holds.
    """

    state: str = "s"
    old: str = "o"
    locals: Mapping[Local, Fragment] = field(default_factory=dict)
    facts: Mapping[tuple[int, int], int] = field(default_factory=dict)
    watched: Mapping[Implies, int] = field(default_factory=dict)

    def bind(self, local: Local, fragment: Fragment) -> View:
        """Return the view in which `local` stands for `fragment`."""
        return replace(self, locals={**self.locals, local: fragment})


class ExpressionWriter:
    """Renders expressions into one unit of generated code."""

    def __init__(self, unit: Unit) -> None:
        """Write into `unit`."""
        self.unit = unit
        self._functions: dict[tuple[Expr, bool], str] = {}

    def render(self, expr: Expr, view: View) -> Fragment:
        """Return the expression as a fragment, whatever its depth."""
        if self.unit.shapes.term(expr).height >= self.unit.budget.cut:
            # Innermost first, so that rendering a function never leads deeper than one cut.
            known: dict[Expr, bool] = {}
            for node in children_first(expr, known, children):
                known[node] = True
                if self._is_cut(node) and node is not expr:
                    self.function(node, view)
        return self._render(expr, view)

    def condition(self, expr: Expr, view: View) -> str:
        """Return text that is true when the boolean expression holds."""
        return condition(self.render(expr, view))

    def visit(self, expr: Expr, view: View) -> Fragment:
        """Return a part of an expression as a fragment."""
        if self._is_cut(expr):
            return self.call(expr, view)
        return self._render(expr, view)

    def _is_cut(self, expr: Expr) -> bool:
        return self.unit.shapes.term(expr).height % self.unit.budget.cut == 0

    def _render(self, expr: Expr, view: View) -> Fragment:
        match expr:
            case Literal(known, of):
                return Constant(encode(of, known) + low_of(of))
            case Read(variable):
                return self._field(variable, view.state, view)
            case ReadOld(variable):
                return self._field(variable, view.old, None)
            case LocalRef(local):
                return view.locals[local]
            case Apply():
                return self._apply(expr, view)
            case And(args):
                return conjunction(self.visit(arg, view) for arg in args)
            case Or(args):
                return disjunction(self.visit(arg, view) for arg in args)
            case Implies(left, right):
                return self._implies(expr, left, right, view)
            case Conditional():
                return self._conditional(expr, view)
            case Index():
                return self._index(expr, view)
            case Field(base, index):
                return self._component(expr, self.visit(base, view), index, base.type, view)
            case Construct():
                return composites.construct(self, expr, view)
            case Fold() | SetFilter() | MapOf():
                return binders.render(self, expr, view)
            case Let():
                return self._let(expr, view)
            case _:
                assert_never(expr)

    # --- functions

    def call(self, expr: Expr, view: View) -> Fragment:
        """Return a call of the function that evaluates the expression."""
        name = self.function(expr, view)
        shape = self.unit.shapes.term(expr)
        arguments = [view.state, *([view.old] if shape.reads_old else [])]
        arguments += [value(view.locals[local]) for local in self.parameters(expr)]
        return Text(f"{name}({', '.join(arguments)})")

    def function(self, expr: Expr, view: View) -> str:
        """Return the name of a function that evaluates the expression, written if it is new."""
        key = (expr, bool(view.watched))
        if key not in self._functions:
            self._functions[key] = name = self.unit.name("f")
            shape = self.unit.shapes.term(expr)
            free = {local: Text(self.unit.name("x")) for local in self.parameters(expr)}
            names = [
                "s",
                *(["o"] if shape.reads_old else []),
                *(each.text for each in free.values()),
            ]
            inner = View(locals=free, watched=view.watched)
            body = binders.statements(self, expr, inner)
            if body is None:
                body = [f"return {value(self._render(expr, inner))}"]
            self.unit.define(
                [f"def {name}({', '.join(names)}):", *(f"    {line}" for line in body)]
            )
        return self._functions[key]

    def parameters(self, expr: Expr) -> list[Local]:
        """Return the locals that the expression reads from outside, in a fixed order."""
        free = self.unit.shapes.term(expr).free
        return sorted(free, key=self.unit.number)

    # --- places

    def _field(self, variable: Variable, state: str, view: View | None) -> Fragment:
        slot = self.unit.layout.slots[variable]
        whole = bits(state, slot.offset, slot.width, low_of(variable.type))
        return whole if view is None else _known(whole, view)

    def _index(self, expr: Index, view: View) -> Fragment:
        base = self.visit(expr.base, view)
        key = self.visit(expr.key, view)
        of = expr.base.type
        if isinstance(of, SeqType):
            return composites.position(self, base, key, expr.key.type, of)
        assert isinstance(of, MapType)
        size = width(of.value)
        at = scaled(self.place(key, expr.key.type, of.key), size)
        return _known(part(base, at, size, low_of(of.value)), view)

    def _component(self, expr: Field, base: Fragment, index: int, of: Type, view: View) -> Fragment:
        assert isinstance(of, RecordType | TupleType)
        return _known(part(base, offsets(of)[index], width(expr.type), low_of(expr.type)), view)

    def place(self, key: Fragment, source: Type, of: Type) -> Fragment:
        """Return the position of a value among those of type `of`, to which it belongs."""
        if isinstance(of, IntType):
            return plus(key, -of.low)
        code = self.adapted(key, source, of)
        if is_dense(of):
            return code
        if isinstance(code, Constant):
            return Constant(positions(of)[code.value])
        return Text(f"{self.unit.constant(positions(of))}[{value(code)}]")

    # --- conversions

    def code(self, fragment: Fragment, source: Type, target: Type) -> Fragment:
        """Return the code that is stored for a value where a `target` is kept."""
        if isinstance(target, IntType):
            return plus(fragment, -target.low)
        return self.adapted(fragment, source, target)

    def adapted(self, fragment: Fragment, source: Type, target: Type) -> Fragment:
        """Return the value of one type as one of another, for other types than integers."""
        if isinstance(target, IntType):
            return fragment
        convert = conversion(source, target)
        if convert is identity:
            return fragment
        if isinstance(fragment, Constant):
            # A constant outside fails when it is reached, not when it is compiled.
            return Constant(convert(fragment.value))
        return Text(f"{self.unit.constant(convert)}({value(fragment)})")

    def checked(self, fragment: Fragment, source: Type, target: Type) -> Fragment:
        """Return the value converted, failing where it does not fit."""
        if not isinstance(source, IntType) or not isinstance(target, IntType):
            convert = conversion(source, target)
            if convert is identity:
                return fragment
            return Text(f"{self.unit.constant(convert)}({value(fragment)})")
        if target.low <= source.low and source.high <= target.high:
            return fragment
        if target.wraps:
            modulus = target.high + 1
            if isinstance(fragment, Constant):
                return Constant(fragment.value % modulus)
            return Text(f"({value(fragment)} % {modulus})")
        return self._in_bounds(fragment, source, target)

    def _in_bounds(self, fragment: Fragment, source: IntType, target: IntType) -> Fragment:
        if isinstance(fragment, Constant):
            inside = target.low <= fragment.value <= target.high
            return fragment if inside else Text("fault()")
        temporary = self.unit.name("v")
        low = f"{target.low} <= " if source.low < target.low else ""
        high = f" <= {target.high}" if source.high > target.high else ""
        test = f"{low}({temporary} := {value(fragment)}){high}"
        return Text(f"({temporary} if {test} else fault())")

    # --- operators

    def _apply(self, expr: Apply, view: View) -> Fragment:
        grown = composites.grown(expr)
        if grown is not None:
            expr = grown
        args = [self.visit(arg, view) for arg in expr.args]
        types = [arg.type for arg in expr.args]
        match expr.op:
            case Op.NOT:
                return negation(args[0])
            case Op.IFF:
                return _iff(args[0], args[1])
            case Op.NEG | Op.ADD | Op.SUB | Op.MUL | Op.DIV | Op.MOD:
                return _arithmetic(expr.op, args, types)
            case Op.EQ:
                return self._equal(args, types)
            case Op.LT:
                return comparison(args[0], "<", args[1])
            case Op.LE:
                return comparison(args[0], "<=", args[1])
            case Op.WRAP:
                return self._wrap(args[0], types[0], expr.type)
            case Op.UNWRAP:
                return self._unwrap(args[0], types[0])
            case Op.CONVERT:
                return self.checked(args[0], types[0], expr.type)
            case _:
                return composites.apply(self, expr, args)

    def _equal(self, args: list[Fragment], types: list[Type]) -> Fragment:
        if isinstance(types[0], IntType) or types[0] == types[1]:
            return equality(*args)
        both = hull(*types)
        return equality(*(self.adapted(a, t, both) for a, t in zip(args, types, strict=True)))

    def _wrap(self, fragment: Fragment, source: Type, target: Type) -> Fragment:
        assert isinstance(target, OptionType)
        code = self.code(fragment, source, target.element)
        if is_scalar(target.element):
            return plus(code, 1)
        if isinstance(code, Constant):
            return Constant(1 | code.value << 1)
        return Text(f"(1 | {value(code)} << 1)")

    def _unwrap(self, fragment: Fragment, source: Type) -> Fragment:
        assert isinstance(source, OptionType)
        low = low_of(source.element)
        if isinstance(fragment, Constant):
            if fragment.value == 0:
                return Text("fault()")
            plain = is_scalar(source.element)
            return Constant(fragment.value - 1 + low if plain else fragment.value >> 1)
        temporary = self.unit.name("v")
        inner = f"{temporary} >> 1"
        if is_scalar(source.element):
            inner = temporary if low == 1 else value(plus(Text(temporary), low - 1))
        return Text(f"({inner} if ({temporary} := {value(fragment)}) else fault())")

    # --- control

    def _implies(self, expr: Implies, left: Expr, right: Expr, view: View) -> Fragment:
        tested = self.visit(left, view)
        number = view.watched.get(expr)
        if number is None:
            return disjunction([negation(tested), self.visit(right, view)])
        # `seen` returns None, which is false.
        then = self.visit(right, view)
        if tested == FALSE:
            return TRUE
        return Text(f"(not {condition(tested)} or seen({number}) or {value(then)})")

    def _conditional(self, expr: Conditional, view: View) -> Fragment:
        test = self.visit(expr.condition, view)
        if isinstance(test, Constant):
            taken = expr.then if test.value else expr.otherwise
            return self.adapted(self.visit(taken, view), taken.type, expr.type)
        then, otherwise = (
            self.adapted(self.visit(each, view), each.type, expr.type)
            for each in (expr.then, expr.otherwise)
        )
        return Text(f"({value(then)} if {condition(test)} else {value(otherwise)})")

    def _let(self, expr: Let, view: View) -> Fragment:
        bound = self.adapted(self.visit(expr.value, view), expr.value.type, expr.local.type)
        if isinstance(bound, Constant):
            return self.visit(expr.body, view.bind(expr.local, bound))
        name = self.unit.name("x")
        body = self.visit(expr.body, view.bind(expr.local, Text(name)))
        # The value is a number, never None: this binds it and goes on.
        return Text(f"({value(body)} if ({name} := {value(bound)}) is not None else 0)")


def low_of(of: Type) -> int:
    """Return what is added to a code to make the number that an expression has."""
    return of.low if isinstance(of, IntType) else 0


def plus(fragment: Fragment, amount: int) -> Fragment:
    """Return a number increased by a constant."""
    match fragment:
        case Constant(number):
            return Constant(number + amount)
        case Bits(base, shift, size, low):
            return bits(base, shift, size, low + amount)
        case _ if amount == 0:
            return fragment
        case _:
            sign = "+" if amount > 0 else "-"
            return Text(f"({value(fragment)} {sign} {abs(amount)})")


def _known(fragment: Fragment, view: View) -> Fragment:
    """Return the constant that a field of the present state is known to be, if it is."""
    match fragment:
        case Bits(base, int(shift), size, low) if base == view.state:
            known = view.facts.get((shift, size))
            return fragment if known is None else Constant(known + low)
        case _:
            return fragment


def _iff(left: Fragment, right: Fragment) -> Fragment:
    for known, other in ((left, right), (right, left)):
        if isinstance(known, Constant):
            return other if known.value else negation(other)
    return equality(left, right)


def _arithmetic(op: Op, args: list[Fragment], types: list[Type]) -> Fragment:
    if op is Op.NEG:
        return (
            Constant(-args[0].value)
            if isinstance(args[0], Constant)
            else Text(f"(-{value(args[0])})")
        )
    match op, args:
        case Op.ADD, [other, Constant(number)] | [Constant(number), other]:
            return plus(other, number)
        case Op.SUB, [other, Constant(number)]:
            return plus(other, -number)
        case Op.MUL, [Constant(a), Constant(b)]:
            return Constant(a * b)
        case Op.DIV | Op.MOD, [Constant(a), Constant(b)] if b != 0:
            return Constant(a // b if op is Op.DIV else a % b)
        case _:
            pass
    left, right = value(args[0]), value(args[1])
    if op in {Op.DIV, Op.MOD}:
        divisor = types[1]
        assert isinstance(divisor, IntType)
        symbol = "//" if op is Op.DIV else "%"
        if divisor.low <= 0 <= divisor.high:
            return Text(f"({left} {symbol} ({right} or fault()))")
        return Text(f"({left} {symbol} {right})")
    return Text(f"({left} {op.value} {right})")
