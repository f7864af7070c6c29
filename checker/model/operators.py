"""What every operator of `ir.Op` means: typing rule, evaluator, and when it fails.

One row per operator. Evaluators work on the plain values of `checker.model.types`; they get the
term as well, whose types tell what a value alone cannot (the order of a set, the bound of a
sequence).

Integers are mathematical; every intermediate result lies in its interval type, and only CONVERT
narrows. Division and modulo round towards minus infinity: `a = (a / b) * b + a % b`, and `a % b`
has the sign of `b`. C truncates instead; we follow the idiom for which system code uses `%`, the
index of a ring: `(i - 1) % n` must be a slot of the ring when `i` is 0. For positive divisors this
is also the division of SMT-LIB.

CONVERT is the one place where values are checked. Driven by the target type, outermost first and in
canonical order, it looks at every part: an integer must lie in `lo..hi` or is reduced modulo n for
`mod n`; a sequence must fit its bound; the members of a set may fall together by reduction. Other
values it leaves alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

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
    describe,
    position,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.model.ir import Apply
    from checker.model.types import Type, Value


class EvaluationError(Exception):
    """An expression has no value; the text says why, in the user's words.

    It never leaves `checker.model`: `interpret` turns it into an outcome at the border of a step
    and into a judgement at the border of a property.
    """


Evaluator: TypeAlias = "Callable[[Apply, tuple[Value, ...]], Value]"


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table.

    Attributes:
        arity: number of arguments.
        rule: the typing rule, in words.
        fails: when evaluation fails, None for never.
    """

    op: Op
    arity: int
    rule: str
    fails: str | None
    evaluate: Evaluator


# --- plain values by kind -------------------------------------------------------------------------


def truth(value: Value) -> bool:
    """Return a boolean value as such."""
    assert isinstance(value, bool), f"not a boolean: {value!r}"
    return value


def integer(value: Value) -> int:
    """Return an integer value as such."""
    assert isinstance(value, int), f"not an integer: {value!r}"
    assert not isinstance(value, bool), f"not an integer: {value!r}"
    return value


def members(value: Value) -> frozenset[Value]:
    """Return a set value as such."""
    assert isinstance(value, frozenset), f"not a set: {value!r}"
    return value


def parts(value: Value) -> tuple[Value, ...]:
    """Return a map, sequence, record or tuple value as such."""
    assert isinstance(value, tuple), f"not a composite value: {value!r}"
    return value


def in_order(element: Type, values: Iterable[Value]) -> tuple[Value, ...]:
    """Return values of one type in canonical order."""
    return tuple(sorted(values, key=lambda value: position(element, value)))


# --- evaluators -----------------------------------------------------------------------------------


def _divide(_: Apply, args: tuple[Value, ...]) -> Value:
    if args[1] == 0:
        raise EvaluationError("division by zero")
    return integer(args[0]) // integer(args[1])


def _modulo(_: Apply, args: tuple[Value, ...]) -> Value:
    if args[1] == 0:
        raise EvaluationError("modulo zero")
    return integer(args[0]) % integer(args[1])


def _range(_: Apply, args: tuple[Value, ...]) -> Value:
    return frozenset(range(integer(args[0]), integer(args[1]) + 1))


def _nonempty(args: tuple[Value, ...], op: Op) -> tuple[Value, ...]:
    sequence = parts(args[0])
    if not sequence:
        raise EvaluationError(f"`{op.value}` of an empty sequence")
    return sequence


def _within_bound(term: Apply, sequence: tuple[Value, ...]) -> Value:
    assert isinstance(term.type, SeqType)
    _check_length(term.type, sequence)
    return sequence


def _unwrap(term: Apply, args: tuple[Value, ...]) -> Value:
    if args[0] is None:
        raise EvaluationError(f"none where a value of type {describe(term.type)} is needed")
    return args[0]


def _convert(term: Apply, args: tuple[Value, ...]) -> Value:
    return convert(term.args[0].type, term.type, args[0])


def convert(source: Type, target: Type, value: Value) -> Value:
    """Make a value of `source` one of `target`, checking or reducing its integers.

    Raises:
        EvaluationError: an integer or the length of a sequence does not fit.
    """
    match target:
        case IntType(_, high, True):
            return integer(value) % (high + 1)
        case IntType(low, high):
            if not low <= integer(value) <= high:
                raise EvaluationError(f"{value} is outside {low}..{high}")
            return value
        case OptionType(element):
            assert isinstance(source, OptionType)
            return None if value is None else convert(source.element, element, value)
        case MapType(_, element):
            assert isinstance(source, MapType)
            return tuple(convert(source.value, element, part) for part in parts(value))
        case SetType(element):
            assert isinstance(source, SetType)
            ordered = in_order(source.element, members(value))
            return frozenset(convert(source.element, element, part) for part in ordered)
        case SeqType(_, element):
            assert isinstance(source, SeqType)
            _check_length(target, parts(value))
            return tuple(convert(source.element, element, part) for part in parts(value))
        case RecordType(_, fields):
            assert isinstance(source, RecordType)
            return _each(
                tuple(field for _, field in source.fields), tuple(f for _, f in fields), value
            )
        case TupleType(components):
            assert isinstance(source, TupleType)
            return _each(source.elements, components, value)
        case BoolType() | EnumType() | SortType():
            return value
        case _:
            assert_never(target)


def _each(sources: tuple[Type, ...], targets: tuple[Type, ...], value: Value) -> Value:
    each = zip(sources, targets, parts(value), strict=True)
    return tuple(convert(source, target, part) for source, target, part in each)


def _check_length(of: SeqType, sequence: tuple[Value, ...]) -> None:
    if len(sequence) > of.bound:
        raise EvaluationError(
            f"a sequence of length {len(sequence)} is too long for {describe(of)}"
        )


# --- the table ------------------------------------------------------------------------------------

_INTS = "integers to an integer, by interval arithmetic"
_SETS = "two sets to a set; its element type holds both"

_ROWS: Final = (
    Operator(Op.NOT, 1, "a boolean to a boolean", None, lambda _, a: not truth(a[0])),
    Operator(Op.IFF, 2, "booleans to a boolean", None, lambda _, a: truth(a[0]) == truth(a[1])),
    Operator(Op.NEG, 1, _INTS, None, lambda _, a: -integer(a[0])),
    Operator(Op.ADD, 2, _INTS, None, lambda _, a: integer(a[0]) + integer(a[1])),
    Operator(Op.SUB, 2, _INTS, None, lambda _, a: integer(a[0]) - integer(a[1])),
    Operator(Op.MUL, 2, _INTS, None, lambda _, a: integer(a[0]) * integer(a[1])),
    Operator(Op.DIV, 2, _INTS, "the divisor is 0", _divide),
    Operator(Op.MOD, 2, _INTS, "the modulus is 0", _modulo),
    Operator(
        Op.EQ,
        2,
        "two values of one type, up to the bounds of its integers, to a boolean",
        None,
        lambda _, a: a[0] == a[1],
    ),
    Operator(Op.LT, 2, "integers to a boolean", None, lambda _, a: integer(a[0]) < integer(a[1])),
    Operator(Op.LE, 2, "integers to a boolean", None, lambda _, a: integer(a[0]) <= integer(a[1])),
    Operator(
        Op.IN, 2, "an element and a set to a boolean", None, lambda _, a: a[0] in members(a[1])
    ),
    Operator(
        Op.SUBSET, 2, "two sets to a boolean", None, lambda _, a: members(a[0]) <= members(a[1])
    ),
    Operator(Op.UNION, 2, _SETS, None, lambda _, a: members(a[0]) | members(a[1])),
    Operator(Op.INTERSECT, 2, _SETS, None, lambda _, a: members(a[0]) & members(a[1])),
    Operator(Op.MINUS, 2, _SETS, None, lambda _, a: members(a[0]) - members(a[1])),
    Operator(
        Op.RANGE,
        2,
        "integers to the set of those between, both included; empty when they descend",
        None,
        _range,
    ),
    Operator(Op.SIZE, 1, "a set to its number of members", None, lambda _, a: len(members(a[0]))),
    Operator(Op.LEN, 1, "a sequence to its length", None, lambda _, a: len(parts(a[0]))),
    Operator(
        Op.FIRST,
        1,
        "a sequence to its element at position 0",
        "the sequence is empty",
        lambda _, a: _nonempty(a, Op.FIRST)[0],
    ),
    Operator(
        Op.LAST,
        1,
        "a sequence to its last element",
        "the sequence is empty",
        lambda _, a: _nonempty(a, Op.LAST)[-1],
    ),
    Operator(
        Op.REST,
        1,
        "a sequence to all but its first element",
        "the sequence is empty",
        lambda _, a: _nonempty(a, Op.REST)[1:],
    ),
    Operator(
        Op.FRONT,
        1,
        "a sequence to all but its last element",
        "the sequence is empty",
        lambda _, a: _nonempty(a, Op.FRONT)[:-1],
    ),
    Operator(
        Op.APPEND,
        2,
        "a sequence and an element to a sequence of a bound greater by one, or as its type says",
        "the result is longer than the bound of its type",
        lambda term, a: _within_bound(term, (*parts(a[0]), a[1])),
    ),
    Operator(
        Op.CONCAT,
        2,
        "two sequences to one whose bound is the sum of theirs, or as its type says",
        "the result is longer than the bound of its type",
        lambda term, a: _within_bound(term, parts(a[0]) + parts(a[1])),
    ),
    Operator(
        Op.ELEMENTS,
        1,
        "a sequence to the set of its elements",
        None,
        lambda _, a: frozenset(parts(a[0])),
    ),
    Operator(Op.WRAP, 1, "a T to a T?", None, lambda _, a: a[0]),
    Operator(Op.UNWRAP, 1, "a T? to a T", "the value is none", _unwrap),
    Operator(
        Op.CONVERT,
        1,
        "a value to a type that differs in the bounds of integers and sequences only",
        "an integer is outside a type that does not wrap, or a sequence too long",
        _convert,
    ),
)

OPERATORS: Final = {row.op: row for row in _ROWS}
"""The row of every operator."""

assert len(_ROWS) == len(OPERATORS), "an operator has two rows"
assert set(OPERATORS) == set(Op), f"operators without a row: {set(Op) - set(OPERATORS)}"
