"""Quantifiers, comprehensions and maps by rule as LLVM code.

A binder with few values and a light body is written once per value, with the value as a constant;
any other becomes a loop. A loop runs over positions: those of all values of the type, or those that
are in the domain.

Agrees with: checker.model.evaluate (tests/agreement/test_native.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, assert_never

from checker.explicit.layout import codes, width
from checker.explicit.native import conversions
from checker.explicit.native.assembly import FALSE, TRUE, WORD, Number, known
from checker.explicit.native.cells import (
    Located,
    Register,
    code_width,
    number_of,
    number_width,
)
from checker.explicit.native.collections import bit
from checker.explicit.native.values import MAX_WIDTH, Slot, Unsupported
from checker.model.ir import Fold, MapOf, Quantifier, SetFilter
from checker.model.types import IntType, SetType, cardinality

if TYPE_CHECKING:
    from checker.explicit.native.terms import Terms
    from checker.explicit.native.values import View
    from checker.model.ir import Expr, Local

MAX_UNROLLED: Final = 64
MAX_UNROLLED_WEIGHT: Final = 1_500
"""Binders are unrolled up to so many values, and so many operations in all."""


def visit(terms: Terms, expr: Fold | SetFilter | MapOf, view: View) -> Number:
    """Write a binder."""
    if width(expr.type) > MAX_WIDTH:
        raise Unsupported(f"a value of {width(expr.type)} bits is handled at once")
    match expr:
        case Fold():
            return _fold(terms, expr, view)
        case SetFilter():
            return _filter(terms, expr, view)
        case MapOf():
            return _map(terms, expr, view)
        case _:
            assert_never(expr)


def is_unrolled(terms: Terms, local: Local, weight: int) -> bool:
    """Tell whether a binder is written once per value; `weight` is that of all together."""
    return cardinality(local.type) <= MAX_UNROLLED and weight <= MAX_UNROLLED_WEIGHT


def domain_of(terms: Terms, local: Local, domain: Expr | None, view: View) -> Located | None:
    """Write the domain of a binder; return where the set of positions is."""
    if domain is None:
        return None
    if width(domain.type) > MAX_WIDTH:
        raise Unsupported(f"a set of {width(domain.type)} bits is handled at once")
    of = SetType(local.type)
    number = conversions.adapted(terms, terms.number(domain, view), domain.type, of)
    return Located(Register(number), known(0), of)


def value_at(terms: Terms, local: Local, at: Number) -> Number:
    """Return the value of a local's type at a position."""
    return number_of(terms.code, conversions.code_at(terms, at, local.type), local.type)


def constants(terms: Terms, local: Local) -> list[Number]:
    """Return the values of a local's type."""
    wide = code_width(local.type)
    return [number_of(terms.code, known(code, wide), local.type) for code in codes(local.type)]


def for_each(
    terms: Terms,
    expr: Fold | SetFilter | MapOf,
    view: View,
    each: Callable[[View, Number], None],
) -> None:
    """Write code for each value; `each` gets the view in which it is bound, and its position."""
    domain = None if isinstance(expr, MapOf) else expr.domain
    members = domain_of(terms, expr.local, domain, view)
    code = terms.code
    if is_unrolled(terms, expr.local, terms.unit.shapes.term(expr).weight):
        for number, value in enumerate(constants(terms, expr.local)):
            after = code.label()
            _skip_unless_member(terms, members, known(number), after)
            each(view.bind(expr.local, value), known(number))
            code.jump(after)
            code.start(after)
        return
    counter = Slot(code.slot("i64"), WORD)
    code.store(known(0), counter.pointer)
    head, body, after, done = (code.label() for _ in range(4))
    code.jump(head)
    code.start(head)
    at = code.load(counter.pointer)
    code.branch(code.test("ult", at, cardinality(expr.local.type)), body, done)
    code.start(body)
    _skip_unless_member(terms, members, at, after)
    each(view.bind(expr.local, value_at(terms, expr.local, at)), at)
    code.jump(after)
    code.start(after)
    code.store(code.add(code.load(counter.pointer), 1), counter.pointer)
    code.jump(head)
    code.start(done)


def _skip_unless_member(terms: Terms, members: Located | None, at: Number, after: str) -> None:
    if members is not None:
        inside = terms.code.label()
        terms.code.branch(bit(terms, members, at), inside, after)
        terms.code.start(inside)


# --- quantifiers ----------------------------------------------------------------------------------


def _fold(terms: Terms, expr: Fold, view: View) -> Number:
    is_short = is_unrolled(terms, expr.local, terms.unit.shapes.term(expr).weight)
    if is_short and expr.domain is None:
        straight = _straight(terms, expr, view)
        if straight is not None:
            return straight
    match expr.quantifier:
        case Quantifier.FORALL:
            return _decided(terms, expr, view, stops_at=FALSE)
        case Quantifier.EXISTS:
            return _decided(terms, expr, view, stops_at=TRUE)
        case Quantifier.SUM | Quantifier.COUNT:
            return _total(terms, expr, view)
        case Quantifier.MIN | Quantifier.MAX:
            return _extreme(terms, expr, view)
        case _:
            assert_never(expr.quantifier)


def _straight(terms: Terms, expr: Fold, view: View) -> Number | None:
    """Write an unrolled quantifier over a whole type without storage, where that is possible."""
    views = [view.bind(expr.local, value) for value in constants(terms, expr.local)]

    def later(inner: View) -> Callable[[], Number]:
        return lambda: terms.truth(expr.body, inner)

    match expr.quantifier:
        case Quantifier.FORALL:
            return terms.all_of([later(inner) for inner in views])
        case Quantifier.EXISTS:
            return terms.any_of([later(inner) for inner in views])
        case Quantifier.SUM | Quantifier.COUNT:
            result = known(0, _width(expr))
            for inner in views:
                result = terms.code.add(result, _amount(terms, expr, inner))
            return result
        case Quantifier.MIN | Quantifier.MAX:
            return None
        case _:
            assert_never(expr.quantifier)


def _width(expr: Fold) -> int:
    assert isinstance(expr.type, IntType)
    return number_width(expr.type)


def _amount(terms: Terms, expr: Fold, view: View) -> Number:
    number = terms.number(expr.body, view)
    return terms.code.resize(
        number, _width(expr), is_signed=expr.quantifier is not Quantifier.COUNT
    )


def _decided(terms: Terms, expr: Fold, view: View, *, stops_at: Number) -> Number:
    code = terms.code
    early, join = code.label(), code.label()

    def each(inner: View, _: Number) -> None:
        holds = terms.truth(expr.body, inner)
        going_on = code.label()
        ways = (early, going_on) if stops_at == TRUE else (going_on, early)
        code.branch(holds, *ways)
        code.start(going_on)

    for_each(terms, expr, view, each)
    end = code.block
    code.jump(join)
    code.start(early)
    code.jump(join)
    code.start(join)
    return code.phi(1, ((stops_at, early), (code.flip(stops_at), end)))


def _total(terms: Terms, expr: Fold, view: View) -> Number:
    code, wide = terms.code, _width(expr)
    total = code.slot(f"i{wide}")
    code.store(known(0, wide), total)

    def each(inner: View, _: Number) -> None:
        amount = _amount(terms, expr, inner)
        code.store(code.add(code.load(total, wide), amount), total)

    for_each(terms, expr, view, each)
    return code.load(total, wide)


def _extreme(terms: Terms, expr: Fold, view: View) -> Number:
    code, wide = terms.code, _width(expr)
    best, found = code.slot(f"i{wide}"), code.slot("i64")
    code.store(known(0, wide), best)
    code.store(known(0), found)
    how = "slt" if expr.quantifier is Quantifier.MIN else "sgt"

    def each(inner: View, _: Number) -> None:
        number = _amount(terms, expr, inner)
        before = code.load(best, wide)
        is_first = code.test("eq", code.load(found), 0)
        left, right = (number, before) if how == "slt" else (before, number)
        is_better = code.disj(is_first, code.test("slt", left, right))
        code.store(code.select(is_better, number, before), best)
        code.store(known(1), found)

    for_each(terms, expr, view, each)
    code.fail_unless(code.test("ne", code.load(found), 0), view.fail)
    return code.load(best, wide)


# --- comprehensions -------------------------------------------------------------------------------


def _filter(terms: Terms, expr: SetFilter, view: View) -> Number:
    code, wide = terms.code, code_width(expr.type)
    assert isinstance(expr.type, SetType)
    element = expr.type.element
    result = code.slot(f"i{wide}")
    code.store(known(0, wide), result)

    def each(inner: View, _: Number) -> None:
        going_on, after = code.label(), code.label()
        code.branch(terms.truth(expr.condition, inner), going_on, after)
        code.start(going_on)
        image = terms.number(expr.image, inner)
        at = terms.place(image, expr.image.type, element)
        code.store(code.disj(code.load(result, wide), code.shl(known(1, wide), at)), result)
        code.jump(after)
        code.start(after)

    for_each(terms, expr, view, each)
    return code.load(result, wide)


def _map(terms: Terms, expr: MapOf, view: View) -> Number:
    code, of = terms.code, expr.type
    wide, size = code_width(of), width(of.value)
    result = code.slot(f"i{wide}")
    code.store(known(0, wide), result)

    def each(inner: View, at: Number) -> None:
        value = terms.number(expr.body, inner)
        stored = code.resize(terms.stored(value, expr.body.type, of.value), wide, is_signed=False)
        moved = code.shl(stored, code.mul(at, size))
        code.store(code.disj(code.load(result, wide), moved), result)

    for_each(terms, expr, view, each)
    return code.load(result, wide)
