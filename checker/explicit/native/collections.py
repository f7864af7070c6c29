"""Sets, sequences, records and tuples as LLVM code.

A set is a mask, a sequence its length and its slots, and all of them are numbers as wide as their
codes. Membership reads one bit where the set lies.

Agrees with: checker.model.operators (tests/agreement/test_native.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.explicit.layout import components, length_width, offsets, width
from checker.explicit.native import conversions
from checker.explicit.native.assembly import FALSE, WORD, Number, known
from checker.explicit.native.cells import code_of, code_width, number_of, number_width, read
from checker.explicit.native.values import MAX_WIDTH, Unsupported
from checker.explicit.python.conversions import hull
from checker.model.ir import Apply, Op
from checker.model.types import IntType, SeqType, SetType, cardinality

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.explicit.native.cells import Located
    from checker.explicit.native.terms import Terms
    from checker.explicit.native.values import Operand, View
    from checker.model.ir import Construct
    from checker.model.types import Type

OPERATORS: Final = frozenset(
    {
        Op.IN,
        Op.SUBSET,
        Op.UNION,
        Op.INTERSECT,
        Op.MINUS,
        Op.RANGE,
        Op.SIZE,
        Op.LEN,
        Op.FIRST,
        Op.LAST,
        Op.REST,
        Op.FRONT,
        Op.APPEND,
        Op.CONCAT,
        Op.ELEMENTS,
    }
)


def apply(terms: Terms, expr: Apply, view: View) -> Operand:
    """Write an operator on sets or sequences."""
    if width(expr.type) > MAX_WIDTH or any(width(a.type) > MAX_WIDTH for a in expr.args):
        raise Unsupported(f"`{expr.op.value}` on values of more than {MAX_WIDTH} bits")
    match expr.op:
        case Op.IN:
            return _member(terms, expr, view)
        case Op.SUBSET:
            left, right = _both(terms, expr, hull(expr.args[0].type, expr.args[1].type), view)
            outside = terms.code.conj(left, terms.code.flip(right))
            return terms.code.test("eq", outside, 0)
        case Op.UNION | Op.INTERSECT | Op.MINUS:
            return _combined(terms, expr, view)
        case Op.RANGE:
            return _range(terms, expr, view)
        case Op.SIZE:
            return _size(terms, expr, view)
        case Op.LEN | Op.FIRST | Op.LAST:
            return _looked_at(terms, expr, view)
        case Op.REST | Op.FRONT:
            return _shorter(terms, expr, view)
        case Op.APPEND | Op.CONCAT:
            return _longer(terms, expr, view)
        case Op.ELEMENTS:
            return _elements(terms, expr, view)
        case _:
            raise AssertionError(f"{expr.op} is written elsewhere")


# --- sets -----------------------------------------------------------------------------------------


def _both(terms: Terms, expr: Apply, of: Type, view: View) -> tuple[Number, Number]:
    left, right = (terms.number(arg, view) for arg in expr.args)
    return (
        conversions.adapted(terms, left, expr.args[0].type, of),
        conversions.adapted(terms, right, expr.args[1].type, of),
    )


def _combined(terms: Terms, expr: Apply, view: View) -> Number:
    if expr.op is Op.UNION:
        return terms.code.disj(*_both(terms, expr, expr.type, view))
    # What both have, or the left alone, may belong to a narrower type than the right has.
    both = hull(hull(expr.args[0].type, expr.args[1].type), expr.type)
    left, right = _both(terms, expr, both, view)
    if expr.op is Op.MINUS:
        right = terms.code.flip(right)
    return conversions.adapted(terms, terms.code.conj(left, right), both, expr.type)


def _size(terms: Terms, expr: Apply, view: View) -> Number:
    number = terms.number(expr.args[0], view)
    if number.known is not None:
        return known(number.known.bit_count())
    return terms.code.resize(terms.code.call("ctpop", number, flag=False), WORD, is_signed=False)


def _member(terms: Terms, expr: Apply, view: View) -> Number:
    source, of = expr.args[0].type, expr.args[1].type
    assert isinstance(of, SetType)
    target = of.element
    element = terms.number(expr.args[0], view)
    whole = terms.located(terms.visit(expr.args[1], view), of)
    if isinstance(source, IntType) and isinstance(target, IntType):
        at = terms.code.sub(element, target.low)
        if target.low <= source.low and source.high <= target.high:
            return bit(terms, whole, terms.code.resize(at, WORD, is_signed=True))
        inside = terms.code.test("ult", at, cardinality(target))

        def look() -> Number:
            return bit(terms, whole, terms.code.resize(at, WORD, is_signed=True))

        return _guarded(terms, inside, look)
    if source == target:
        return bit(terms, whole, terms.place(element, source, target))
    outside = terms.code.label()
    join = terms.code.label()
    inner = conversions.belonging(terms, element, source, target, outside)
    stored = code_of(terms.code, inner, target)
    has = bit(terms, whole, conversions.position(terms, stored, target))
    block = terms.code.block
    terms.code.jump(join)
    terms.code.start(outside)
    terms.code.jump(join)
    terms.code.start(join)
    return terms.code.phi(1, ((has, block), (FALSE, outside)))


def _guarded(terms: Terms, test: Number, look: Callable[[], Number]) -> Number:
    """Return what `look` finds if the test holds; looking elsewhere may leave the state."""
    if test.known is not None:
        return look() if test.known & 1 else FALSE
    then, join = terms.code.label(), terms.code.label()
    before = terms.code.block
    terms.code.branch(test, then, join)
    terms.code.start(then)
    found, after = look(), terms.code.block
    terms.code.jump(join)
    terms.code.start(join)
    return terms.code.phi(1, ((FALSE, before), (found, after)))


def bit(terms: Terms, whole: Located, at: Number) -> Number:
    """Return whether the set has the member at a position."""
    place = terms.code.add(whole.offset, at)
    found = read(terms.code, whole.memory, place, 1, straddles=False)
    return terms.code.resize(found, 1, is_signed=False)


def _range(terms: Terms, expr: Apply, view: View) -> Number:
    assert isinstance(expr.type, SetType)
    element = expr.type.element
    assert isinstance(element, IntType)
    code, wide = terms.code, code_width(expr.type)
    low, high = (
        code.resize(
            terms.number(arg, view), max(WORD, number_width(_integer(arg.type))), is_signed=True
        )
        for arg in expr.args
    )
    most = max(low.width, high.width)
    low, high = (code.resize(each, most, is_signed=True) for each in (low, high))

    def members() -> Number:
        # As many ones as there are members, made by shifting the rest away.
        rest = code.sub(known(wide - 1, most), code.sub(high, low))
        count = code.resize(rest, wide, is_signed=False)
        ones = code.shr(known((1 << wide) - 1, wide), count)
        return code.shl(ones, code.resize(code.sub(low, element.low), wide, is_signed=False))

    return code.conditional(code.test("sle", low, high), members, lambda: known(0, wide))


def _integer(of: Type) -> IntType:
    assert isinstance(of, IntType)
    return of


def _elements(terms: Terms, expr: Apply, view: View) -> Number:
    of = expr.args[0].type
    assert isinstance(of, SeqType)
    assert isinstance(expr.type, SetType)
    target = expr.type.element
    code, whole = terms.code, terms.number(expr.args[0], view)
    head, size = length_width(of), width(of.element)
    if of.bound > conversions.MAX_PARTS:
        raise Unsupported(f"the elements of a sequence of {of.bound} are gathered")
    length = code.conj(whole, (1 << head) - 1)
    wide = code_width(expr.type)
    result = known(0, wide)
    for at in range(of.bound):

        def member(at: int = at) -> Number:
            shifted = code.shr(whole, head + at * size)
            stored = code.resize(shifted, code_width(of.element), is_signed=False)
            stored = code.conj(stored, (1 << size) - 1)
            number = number_of(code, stored, of.element)
            place = terms.place(number, of.element, target)
            return code.shl(known(1, wide), place)

        exists = code.test("ult", known(at, length.width), length)
        more = code.conditional(exists, member, lambda: known(0, wide))
        result = code.disj(result, more)
    return result


# --- sequences ------------------------------------------------------------------------------------


def _looked_at(terms: Terms, expr: Apply, view: View) -> Operand:
    of = expr.args[0].type
    assert isinstance(of, SeqType)
    base = terms.located(terms.visit(expr.args[0], view), of)
    if expr.op is Op.FIRST:
        return terms.position(base, of, known(0), view.fail)
    length = terms.length(base, of)
    if expr.op is Op.LEN:
        return length
    return terms.position(base, of, terms.code.sub(length, 1), view.fail)


def _shorter(terms: Terms, expr: Apply, view: View) -> Number:
    of, target = expr.args[0].type, expr.type
    assert isinstance(of, SeqType)
    assert isinstance(target, SeqType)
    code = terms.code
    whole = terms.number(expr.args[0], view)
    head, size = length_width(of), width(of.element)
    length = code.conj(whole, (1 << head) - 1)
    code.fail_unless(code.test("ne", length, 0), view.fail)
    slots, less = code.shr(whole, head), code.sub(length, 1)
    if expr.op is Op.REST:
        kept = code.shr(slots, size)
    else:
        ones = code.shl(known(1, whole.width), code.mul(less, size))
        kept = code.conj(slots, code.sub(ones, 1))
    return _sequence(terms, kept, less, target)


def _longer(terms: Terms, expr: Apply, view: View) -> Number:
    of, target = expr.args[0].type, expr.type
    assert isinstance(of, SeqType)
    assert isinstance(target, SeqType)
    code, wide = terms.code, code_width(target)
    values = [terms.number(arg, view) for arg in expr.args]
    slots, length = _taken_apart(terms, values[0], of, target)
    if expr.op is Op.APPEND:
        more, count = terms.stored(values[1], expr.args[1].type, target.element), known(1, wide)
        bound = of.bound + 1
    else:
        second = expr.args[1].type
        assert isinstance(second, SeqType)
        more, count = _taken_apart(terms, values[1], second, target)
        bound = of.bound + second.bound
    total = code.add(length, count)
    if bound > target.bound:
        code.fail_unless(code.test("ule", total, target.bound), view.fail)
    more = code.resize(more, wide, is_signed=False)
    # An empty second part may stand behind a full first one, where no shift reaches.
    is_empty = code.test("eq", count, 0)
    shifted = code.conditional(
        is_empty,
        lambda: known(0, wide),
        lambda: code.shl(more, code.mul(length, width(target.element))),
    )
    return _sequence(terms, code.disj(slots, shifted), total, target)


def _taken_apart(
    terms: Terms, value: Number, source: SeqType, target: SeqType
) -> tuple[Number, Number]:
    """Return slots and length of a sequence, with elements and width of the target."""
    same = SeqType(source.bound, target.element)
    whole = conversions.adapted(terms, value, source, same)
    code, head, wide = terms.code, length_width(same), code_width(target)
    slots = code.resize(code.shr(whole, head), wide, is_signed=False)
    length = code.resize(code.conj(whole, (1 << head) - 1), wide, is_signed=False)
    return slots, length


def _sequence(terms: Terms, slots: Number, length: Number, target: SeqType) -> Number:
    code = terms.code
    wide = max(code_width(target), slots.width)
    moved = code.shl(code.resize(slots, wide, is_signed=False), length_width(target))
    whole = code.disj(moved, code.resize(length, wide, is_signed=False))
    return code.resize(whole, code_width(target), is_signed=False)


# --- constructors ---------------------------------------------------------------------------------


def construct(terms: Terms, expr: Construct, view: View) -> Number:
    """Write a value made of its parts."""
    of, code = expr.type, terms.code
    if width(of) > MAX_WIDTH:
        raise Unsupported(f"a value of {width(of)} bits is handled at once")
    values = [terms.number(part, view) for part in expr.parts]
    result = known(0, code_width(of))
    if isinstance(of, SetType):
        for value, part in zip(values, expr.parts, strict=True):
            place = terms.place(value, part.type, of.element)
            result = code.disj(result, code.shl(known(1, result.width), place))
        return result
    types: tuple[Type, ...]
    starts: tuple[int, ...]
    if isinstance(of, SeqType):
        head, size, count = length_width(of), width(of.element), len(expr.parts)
        types = (of.element,) * count
        starts = tuple(head + size * at for at in range(count))
        result = known(count, result.width)
    else:
        types, starts = components(of), offsets(of)
    for value, part, kind, at in zip(values, expr.parts, types, starts, strict=True):
        stored = code.resize(terms.stored(value, part.type, kind), result.width, is_signed=False)
        result = code.disj(result, code.shl(stored, at))
    return result
