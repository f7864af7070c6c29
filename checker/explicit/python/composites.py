"""Sets, sequences, records and tuples in generated Python.

A set is a mask, so its operators are those of Python's integers. A sequence is its length and its
slots; what takes it apart names it first, since it is needed more than once.

Agrees with: checker.model.operators (tests/agreement).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.explicit.layout import components, length_width, offsets, width
from checker.explicit.python.conversions import hull, members, places
from checker.explicit.python.fragments import (
    FALSE,
    Bits,
    Constant,
    Text,
    bits,
    comparison,
    condition,
    merged,
    part,
    scaled,
    value,
)
from checker.model.ir import Apply, Op
from checker.model.types import IntType, SeqType, SetType

if TYPE_CHECKING:
    from checker.explicit.python.expressions import ExpressionWriter, View
    from checker.explicit.python.fragments import Fragment
    from checker.model.ir import Construct
    from checker.model.types import Type

GROWING: Final = frozenset({Op.APPEND, Op.CONCAT})


def grown(expr: Apply) -> Apply | None:
    """Return a sequence that is made longer and then checked against a bound as one operator."""
    match expr:
        case Apply(Op.CONVERT, (Apply(op, args, SeqType(_, made)),), SeqType(_, wanted) as of):
            return Apply(op, args, of) if op in GROWING and made == wanted else None
        case _:
            return None


def apply(writer: ExpressionWriter, expr: Apply, args: list[Fragment]) -> Fragment:
    """Return an operator on sets or sequences."""
    match expr.op:
        case Op.IN:
            return _member(writer, expr, args)
        case Op.SUBSET:
            both = hull(expr.args[0].type, expr.args[1].type)
            left, right = _adapted(writer, expr, args, both)
            return Text(f"({value(left)} & ~{value(right)} == 0)")
        case Op.UNION | Op.INTERSECT | Op.MINUS:
            return _combined(expr.op, *_adapted(writer, expr, args, expr.type))
        case Op.RANGE:
            return _range(writer, expr, args)
        case Op.SIZE:
            return _size(args[0])
        case Op.LEN:
            of = expr.args[0].type
            assert isinstance(of, SeqType)
            return part(args[0], 0, length_width(of))
        case Op.ELEMENTS:
            function = writer.unit.constant(members(expr.args[0].type, expr.type))
            return Text(f"{function}({value(args[0])})")
        case Op.FIRST | Op.LAST:
            return _end(writer, expr, args[0])
        case Op.REST | Op.FRONT:
            return _shorter(writer, expr, args[0])
        case Op.APPEND:
            return _append(writer, expr, args)
        case Op.CONCAT:
            return _concat(writer, expr, args)
        case _:
            raise AssertionError(f"{expr.op} is rendered elsewhere")


def _adapted(
    writer: ExpressionWriter, expr: Apply, args: list[Fragment], of: Type
) -> tuple[Fragment, Fragment]:
    left, right = (
        writer.adapted(arg, each.type, of) for arg, each in zip(args, expr.args, strict=True)
    )
    return left, right


def named(writer: ExpressionWriter, fragment: Fragment) -> tuple[str, str]:
    """Return text that evaluates a fragment, to be used first, and text for each later use."""
    text = value(fragment)
    if isinstance(fragment, Constant) or text.isidentifier():
        return text, text
    name = writer.unit.name("v")
    return f"({name} := {text})", name


# --- sets -----------------------------------------------------------------------------------------


def _combined(op: Op, left: Fragment, right: Fragment) -> Fragment:
    if isinstance(left, Constant) and isinstance(right, Constant):
        a, b = left.value, right.value
        return Constant({Op.UNION: a | b, Op.INTERSECT: a & b, Op.MINUS: a & ~b}[op])
    symbol = {Op.UNION: "|", Op.INTERSECT: "&", Op.MINUS: "& ~"}[op]
    return Text(f"({value(left)} {symbol}{value(right)})")


def _size(of: Fragment) -> Fragment:
    if isinstance(of, Constant):
        return Constant(of.value.bit_count())
    return Text(f"{value(of)}.bit_count()")


def _member(writer: ExpressionWriter, expr: Apply, args: list[Fragment]) -> Fragment:
    source, of = expr.args[0].type, expr.args[1].type
    assert isinstance(of, SetType)
    element, whole = args
    target = of.element
    if isinstance(source, IntType) and isinstance(target, IntType):
        if target.low <= source.low and source.high <= target.high:
            return _bit(whole, writer.place(element, source, target))
        if isinstance(element, Constant) and isinstance(whole, Bits | Constant):
            inside = target.low <= element.value <= target.high
            return _bit(whole, Constant(element.value - target.low)) if inside else FALSE
        name = writer.unit.name("v")
        test = f"{target.low} <= ({name} := {value(element)}) <= {target.high}"
        return _tested_member(writer, whole, test, f"{name} - {target.low}")
    if source == target:
        return _bit(whole, writer.place(element, source, target))
    name = writer.unit.name("v")
    table = writer.unit.constant(places(source, target))
    return _tested_member(
        writer, whole, f"({name} := {table}.get({value(element)}, -1)) >= 0", name
    )


def _bit(whole: Fragment, at: Fragment) -> Fragment:
    if isinstance(at, Constant):
        return part(whole, at.value, 1)
    return part(whole, value(at), 1)


def _tested_member(writer: ExpressionWriter, whole: Fragment, test: str, at: str) -> Fragment:
    """Return membership of what may lie outside the set's type; both sides are evaluated."""
    name = writer.unit.name("v")
    return Text(f"({name} >> {at} & 1 if ({name} := {value(whole)}) is not None and {test} else 0)")


def _range(writer: ExpressionWriter, expr: Apply, args: list[Fragment]) -> Fragment:
    assert isinstance(expr.type, SetType)
    element = expr.type.element
    assert isinstance(element, IntType)
    low, high = args
    if isinstance(low, Constant) and isinstance(high, Constant):
        count = max(0, high.value - low.value + 1)
        return Constant(((1 << count) - 1) << max(0, low.value - element.low))
    first, a = named(writer, low)
    last, b = named(writer, high)
    mask = f"(1 << {b} - {a} + 1) - 1"
    return Text(f"(({mask}) << {a} - {element.low} if {first} <= {last} else 0)")


# --- sequences ------------------------------------------------------------------------------------


def position(
    writer: ExpressionWriter, base: Fragment, key: Fragment, expr_key: Type, of: SeqType
) -> Fragment:
    """Return the element at a position, which must exist."""
    head, size = length_width(of), width(of.element)
    low = of.element.low if isinstance(of.element, IntType) else 0
    assert isinstance(expr_key, IntType)
    first, whole = named(writer, base)
    length = part(Text(first), 0, head)
    if isinstance(key, Constant):
        if key.value < 0:
            return Text(f"({first} and fault() or fault())")
        exists = condition(comparison(key, "<", length))
        at: int | str = head + key.value * size
    else:
        test, name = named(writer, key)
        nonnegative = "0 <= " if expr_key.low < 0 else ""
        exists = f"{nonnegative}{test} < {value(length)}"
        at = f"({name} * {size} + {head})"
    element = value(bits(whole, at, size, low))
    return Text(f"({element} if {exists} else fault())")


def _end(writer: ExpressionWriter, expr: Apply, base: Fragment) -> Fragment:
    of = expr.args[0].type
    assert isinstance(of, SeqType)
    head, size = length_width(of), width(of.element)
    low = of.element.low if isinstance(of.element, IntType) else 0
    first, whole = named(writer, base)
    length = value(part(Text(first), 0, head))
    if expr.op is Op.FIRST:
        return Text(f"({value(bits(whole, head, size, low))} if {length} else fault())")
    name = writer.unit.name("n")
    at = f"(({name} - 1) * {size} + {head})"
    return Text(f"({value(bits(whole, at, size, low))} if ({name} := {length}) else fault())")


def _shorter(writer: ExpressionWriter, expr: Apply, base: Fragment) -> Fragment:
    size, slots, length = _taken_apart(writer, expr, 0, base)
    new_head = _head(expr.type)
    name = writer.unit.name("n")
    if expr.op is Op.REST:
        kept = f"{slots} >> {size}"
    else:
        kept = f"{slots} & (1 << ({name} - 1) * {size}) - 1"
    return Text(f"(({kept}) << {new_head} | {name} - 1 if ({name} := {length}) else fault())")


def _append(writer: ExpressionWriter, expr: Apply, args: list[Fragment]) -> Fragment:
    of = expr.type
    assert isinstance(of, SeqType)
    size, slots, length = _taken_apart(writer, expr, 0, args[0])
    name = writer.unit.name("n")
    element = value(writer.code(args[1], expr.args[1].type, of.element))
    whole = f"({slots} | {element} << {name} * {size}) << {_head(of)} | {name} + 1"
    bound = _bound(expr.args[0].type)
    fits = f"({name} := {length}) {f'< {of.bound}' if bound >= of.bound else 'is not None'}"
    return Text(f"({whole} if {fits} else fault())")


def _concat(writer: ExpressionWriter, expr: Apply, args: list[Fragment]) -> Fragment:
    of = expr.type
    assert isinstance(of, SeqType)
    size, slots, length = _taken_apart(writer, expr, 0, args[0])
    _, others, more = _taken_apart(writer, expr, 1, args[1])
    first, second = writer.unit.name("n"), writer.unit.name("n")
    whole = f"({slots} | {others} << {first} * {size}) << {_head(of)} | {first} + {second}"
    bound = sum(_bound(arg.type) for arg in expr.args)
    limit = f"<= {of.bound}" if bound > of.bound else "is not None"
    fits = f"({first} := {length}) + ({second} := {more}) {limit}"
    return Text(f"({whole} if {fits} else fault())")


def _taken_apart(
    writer: ExpressionWriter, expr: Apply, number: int, base: Fragment
) -> tuple[int, str, str]:
    """Return the width of a slot, text for the slots, and text for the length, to be used first.

    The elements are those of the result's type.
    """
    source, target = expr.args[number].type, expr.type
    assert isinstance(source, SeqType)
    assert isinstance(target, SeqType)
    same = SeqType(source.bound, target.element)
    first, whole = named(writer, writer.adapted(base, source, same))
    head = length_width(same)
    length = value(part(Text(first), 0, head))
    return width(same.element), f"({whole} >> {head})", length


def _head(of: Type) -> int:
    assert isinstance(of, SeqType)
    return length_width(of)


def _bound(of: Type) -> int:
    assert isinstance(of, SeqType)
    return of.bound


# --- constructors ---------------------------------------------------------------------------------


def construct(writer: ExpressionWriter, expr: Construct, view: View) -> Fragment:
    """Return a value made of its parts."""
    match expr.type:
        case SetType(element):
            members_at = [
                writer.place(writer.visit(each, view), each.type, element) for each in expr.parts
            ]
            return merged([(Constant(1), scaled(at, 1)) for at in members_at])
        case SeqType(_, element):
            of = expr.type
            head, size = length_width(of), width(element)
            types: tuple[Type, ...] = (element,) * len(expr.parts)
            starts = tuple(head + size * at for at in range(len(expr.parts)))
        case record:
            head, types, starts = 0, components(record), offsets(record)
    codes = [
        writer.code(writer.visit(each, view), each.type, of)
        for each, of in zip(expr.parts, types, strict=True)
    ]
    length = Constant(len(expr.parts) if head else 0)
    return merged([(length, 0), *zip(codes, starts, strict=True)])
