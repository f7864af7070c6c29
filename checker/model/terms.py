"""Building interned expressions: one function per shape, with constants folded as they arise.

A strict operator whose arguments are all literals becomes a literal, unless it would fail: a
failing expression stays, and fails when and if it is evaluated. Connectives and quantifiers are
left as they are written, because coverage and counterexamples speak about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Construct,
    Field,
    Index,
    Let,
    Literal,
    Local,
    LocalRef,
    MapOf,
    Op,
    Or,
    Read,
    SetFilter,
)
from checker.model.operators import OPERATORS, EvaluationError
from checker.model.types import BOOL, IntType, MapType, RecordType, SetType, TupleType

if TYPE_CHECKING:
    from checker.model.ir import Expr, TermTable, Variable
    from checker.model.types import OptionType, SeqType, Type, Value

_UNFOLDED: Final = frozenset({Op.RANGE})
"""Their value may be far larger than their text."""


def fresh(name: str, of: Type) -> Local:
    """Return a new local; every binder has one of its own."""
    return Local(name, of)


def literal(terms: TermTable, value: Value, of: Type) -> Literal:
    """Return a constant."""
    return terms.intern(Literal(value, of))


def number(terms: TermTable, value: int) -> Literal:
    """Return an integer, whose type is exactly that integer."""
    return literal(terms, value, IntType(value, value))


def truth_value(terms: TermTable, value: bool) -> Literal:  # noqa: FBT001  # it is the term itself
    """Return `true` or `false`."""
    return literal(terms, value, BOOL)


def read(terms: TermTable, variable: Variable) -> Read:
    """Return the present value of a variable."""
    return terms.intern(Read(variable, variable.type))


def reference(terms: TermTable, local: Local) -> LocalRef:
    """Return the value of a local."""
    return terms.intern(LocalRef(local, local.type))


def apply(terms: TermTable, op: Op, args: tuple[Expr, ...], of: Type) -> Expr:
    """Apply a strict operator, at once where that is possible."""
    term = Apply(op, args, of)
    values = [arg.value for arg in args if isinstance(arg, Literal)]
    if len(values) == len(args) and op not in _UNFOLDED:
        try:
            value = OPERATORS[op].evaluate(term, tuple(values))
        except EvaluationError:
            return terms.intern(term)
        return literal(terms, value, _folded_type(value, of))
    return terms.intern(term)


def _folded_type(value: Value, of: Type) -> Type:
    """Keep the interval of a folded integer exact; reduction is over once it is folded."""
    if isinstance(of, IntType) and not of.wraps:
        assert isinstance(value, int)
        return IntType(value, value)
    return of


def is_constantly(value: Expr | None, truth: bool) -> bool:  # noqa: FBT001  # it is the value itself
    """Tell whether a condition is known to be `truth`."""
    return isinstance(value, Literal) and value.value is truth


def negation(terms: TermTable, operand: Expr) -> Expr:
    """Return `not operand`."""
    return apply(terms, Op.NOT, (operand,), BOOL)


def equal(terms: TermTable, left: Expr, right: Expr) -> Expr:
    """Return `left = right`, both being of one type up to the bounds of integers."""
    return apply(terms, Op.EQ, (left, right), BOOL)


def member(terms: TermTable, element: Expr, collection: Expr) -> Expr:
    """Return `element in collection`, the element being of the set's element type."""
    return apply(terms, Op.IN, (element, collection), BOOL)


def conjunction(terms: TermTable, args: tuple[Expr, ...]) -> Expr:
    """Return the conjunction; nested ones are flattened, `true` is left out."""
    flat: list[Expr] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, And) else (arg,))
    kept = tuple(arg for arg in flat if not (isinstance(arg, Literal) and arg.value is True))
    if not kept:
        return truth_value(terms, True)
    return kept[0] if len(kept) == 1 else terms.intern(And(kept))


def disjunction(terms: TermTable, args: tuple[Expr, ...]) -> Expr:
    """Return the disjunction; nested ones are flattened, `false` is left out."""
    flat: list[Expr] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, Or) else (arg,))
    kept = tuple(arg for arg in flat if not (isinstance(arg, Literal) and arg.value is False))
    if not kept:
        return truth_value(terms, False)
    return kept[0] if len(kept) == 1 else terms.intern(Or(kept))


def conditional(terms: TermTable, condition: Expr, then: Expr, otherwise: Expr, of: Type) -> Expr:
    """Return `if condition then ... else ...`, or the branch that a constant condition takes."""
    if isinstance(condition, Literal):
        return then if condition.value else otherwise
    return terms.intern(Conditional(condition, then, otherwise, of))


def component(terms: TermTable, base: Expr, position: int) -> Expr:
    """Return one component of a record or tuple."""
    match base.type:
        case RecordType(_, fields):
            of = fields[position][1]
        case TupleType(elements):
            of = elements[position]
        case _:
            raise AssertionError(f"no components: {base.type}")
    if isinstance(base, Construct):
        part = base.parts[position]
        if part.type == of:
            return part
    return terms.intern(Field(base, position, of))


def at_key(terms: TermTable, base: Expr, key: Expr, of: Type) -> Expr:
    """Return the value of a map at a key, or of a sequence at a position."""
    return terms.intern(Index(base, key, of))


def construct(
    terms: TermTable, parts: tuple[Expr, ...], of: SetType | SeqType | RecordType | TupleType
) -> Expr:
    """Return a set, sequence, record or tuple of the parts; a constant when they all are."""
    values = [part.value for part in parts if isinstance(part, Literal)]
    if len(values) == len(parts):
        whole: Value = frozenset(values) if isinstance(of, SetType) else tuple(values)
        return literal(terms, whole, of)
    return terms.intern(Construct(parts, of))


def map_of(terms: TermTable, local: Local, body: Expr, of: MapType) -> Expr:
    """Return the map that sends every value of the local to `body`."""
    return terms.intern(MapOf(local, body, of))


def let(terms: TermTable, local: Local, value: Expr, body: Expr) -> Expr:
    """Return `body` with the local bound to `value`."""
    return terms.intern(Let(local, value, body, body.type))


def all_of(terms: TermTable, local: Local) -> Expr:
    """Return the set of all values of the local's type."""
    here = reference(terms, local)
    true = truth_value(terms, True)
    return terms.intern(SetFilter(local, None, true, here, SetType(local.type)))


def wrapped(terms: TermTable, value: Expr, option: OptionType) -> Expr:
    """Return a `T` as the `T?` that it is."""
    return apply(terms, Op.WRAP, (value,), option)


def unwrapped(terms: TermTable, value: Expr, element: Type) -> Expr:
    """Return a `T?` as a `T`; evaluation fails on none."""
    if isinstance(value, Apply) and value.op is Op.WRAP and value.args[0].type == element:
        return value.args[0]
    return apply(terms, Op.UNWRAP, (value,), element)


def is_simple(value: Expr) -> bool:
    """Tell whether evaluating the expression again costs nothing and is no further access."""
    return isinstance(value, Literal | LocalRef)


def is_none(value: Expr) -> bool:
    """Tell whether the expression is `none` itself."""
    return isinstance(value, Literal) and value.value is None
