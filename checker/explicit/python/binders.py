"""Quantifiers, comprehensions and maps in generated Python.

Small ones are unrolled, so that the bound value is a constant wherever it is used. Large ones
become the body of a function with a loop.

Agrees with: checker.model.evaluate (tests/agreement).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.explicit.layout import codes, is_dense, width
from checker.explicit.python.conversions import conversion, identity
from checker.explicit.python.fragments import (
    FALSE,
    TRUE,
    Bits,
    Constant,
    FieldTest,
    Text,
    cannot_fail,
    condition,
    conjunction,
    disjunction,
    merged,
    negation,
    part,
    scaled,
    value,
)
from checker.model.ir import Fold, MapOf, Quantifier, SetFilter
from checker.model.types import IntType, SetType, cardinality

if TYPE_CHECKING:
    from checker.explicit.python.expressions import ExpressionWriter, View
    from checker.explicit.python.fragments import Fragment
    from checker.model.ir import Expr
    from checker.model.types import Type

Binder: TypeAlias = Fold | SetFilter | MapOf


def render(writer: ExpressionWriter, expr: Binder, view: View) -> Fragment:
    """Return a binder as one expression."""
    if not _is_unrolled(writer, expr):
        return writer.call(expr, view)
    if isinstance(expr, MapOf):
        return _unrolled_map(writer, expr, view)
    if expr.domain is None:
        everything: list[_Instance] = [
            (TRUE, view.bind(expr.local, each)) for each in local_values(expr.local.type)
        ]
        return _unrolled(writer, expr, everything)
    domain = writer.visit(expr.domain, view)
    if isinstance(domain, Constant | Bits):
        return _unrolled(writer, expr, _members(writer, expr, domain, view))
    name = writer.unit.name("v")
    inside = _unrolled(writer, expr, _members(writer, expr, Text(name), view))
    return Text(f"({value(inside)} if ({name} := {value(domain)}) is not None else 0)")


def _is_unrolled(writer: ExpressionWriter, expr: Binder) -> bool:
    if isinstance(expr, Fold) and expr.domain is not None and _is_extremum(expr.quantifier):
        return False
    budget = writer.unit.budget
    is_light = writer.unit.shapes.term(expr).weight <= budget.binder_weight
    return is_light and cardinality(expr.local.type) <= budget.binder_values


def _is_extremum(quantifier: Quantifier) -> bool:
    return quantifier in {Quantifier.MIN, Quantifier.MAX}


def local_values(of: Type) -> Sequence[Constant]:
    """Return what a local of the type can stand for, in canonical order."""
    if isinstance(of, IntType):
        return [Constant(number) for number in range(of.low, of.high + 1)]
    return [Constant(code) for code in codes(of)]


_Instance: TypeAlias = "tuple[Fragment, View]"
"""Whether the value is in the domain, and the view in which it is bound."""


def _members(
    writer: ExpressionWriter, expr: Fold | SetFilter, domain: Fragment, view: View
) -> list[_Instance]:
    assert expr.domain is not None
    element = _element(expr.domain.type)
    inner = conversion(element, expr.local.type)
    result = []
    for at, each in enumerate(local_values(element)):
        bound = each if isinstance(element, IntType) else Constant(inner(each.value))
        member = part(domain, at, 1)
        if member != FALSE:
            result.append((member, view.bind(expr.local, bound)))
    return result


def _element(of: Type) -> Type:
    assert isinstance(of, SetType)
    return of.element


# --- unrolled -------------------------------------------------------------------------------------


def _unrolled(
    writer: ExpressionWriter, expr: Fold | SetFilter, instances: list[_Instance]
) -> Fragment:
    if isinstance(expr, SetFilter):
        return _unrolled_set(writer, expr, instances)
    bodies = [(member, writer.visit(expr.body, view)) for member, view in instances]
    match expr.quantifier:
        case Quantifier.FORALL:
            return conjunction(disjunction([negation(m), body]) for m, body in bodies)
        case Quantifier.EXISTS:
            return disjunction(conjunction(pair) for pair in bodies)
        case Quantifier.COUNT:
            return _total([conjunction([*pair, TRUE]) for pair in bodies])
        case Quantifier.SUM:
            return _total([_where(member, body) for member, body in bodies])
        case Quantifier.MIN | Quantifier.MAX:
            inside = ", ".join(value(body) for _, body in bodies)
            if len(bodies) == 1:
                return bodies[0][1]
            return Text(f"{expr.quantifier.value}({inside})")
        case _:
            assert_never(expr.quantifier)


def _where(member: Fragment, fragment: Fragment) -> Fragment:
    if member == TRUE:
        return fragment
    return Text(f"({value(fragment)} if {condition(member)} else 0)")


def _total(fragments: list[Fragment]) -> Fragment:
    number = sum(each.value for each in fragments if isinstance(each, Constant))
    texts = []
    bits: dict[str, int] = {}
    for each in fragments:
        match each:
            # Different bits of one number are counted at once; a bit that recurs counts again.
            case FieldTest(base, mask, wanted, False) if (
                mask == wanted and mask.bit_count() == 1 and not bits.get(base, 0) & mask
            ):
                bits[base] = bits.get(base, 0) | mask
            case Constant():
                pass
            case _:
                texts.append(value(each))
    texts += [f"({base} & {mask}).bit_count()" for base, mask in bits.items()]
    if not texts:
        return Constant(number)
    return Text(f"({' + '.join([*texts, *([f'({number})'] if number else [])])})")


def _unrolled_set(
    writer: ExpressionWriter, expr: SetFilter, instances: list[_Instance]
) -> Fragment:
    found: list[tuple[Fragment, int | str]] = []
    by_place: dict[int, list[Fragment]] = {}
    for member, view in instances:
        test = conjunction([member, writer.visit(expr.condition, view)])
        image = writer.visit(expr.image, view)
        at = scaled(writer.place(image, expr.image.type, _element(expr.type)), 1)
        if test == FALSE:
            continue
        if isinstance(at, str):
            found.append((_where(test, Text(f"(1 << {at})")), 0))
        elif cannot_fail(test):
            # These are the same member, whichever of the tests lets it in.
            by_place.setdefault(at, []).append(test)
        else:
            found.append((test, at))
    found += [(disjunction(tests), at) for at, tests in by_place.items()]
    return merged(found)


def _unrolled_map(writer: ExpressionWriter, expr: MapOf, view: View) -> Fragment:
    of = expr.type.value
    bodies = [
        writer.visit(expr.body, view.bind(expr.local, each))
        for each in local_values(expr.local.type)
    ]
    codes_of = [writer.code(body, expr.body.type, of) for body in bodies]
    return merged([(code, at * width(of)) for at, code in enumerate(codes_of)])


# --- in a loop ------------------------------------------------------------------------------------


def statements(writer: ExpressionWriter, expr: Expr, view: View) -> list[str] | None:
    """Return the body of a function for a binder that is not unrolled, None for anything else."""
    if not isinstance(expr, Fold | SetFilter | MapOf) or _is_unrolled(writer, expr):
        return None
    name = writer.unit.name("x")
    inner = view.bind(expr.local, Text(name))
    if isinstance(expr, MapOf):
        return _map_loop(writer, expr, name, inner)
    head = _loop_head(writer, expr, name, view)
    if isinstance(expr, SetFilter):
        test = writer.condition(expr.condition, inner)
        image = writer.place(writer.visit(expr.image, inner), expr.image.type, _element(expr.type))
        return [
            "m = 0",
            *head,
            f"    if {test}:",
            f"        m |= 1 << {value(image)}",
            "return m",
        ]
    return _fold_loop(expr, head, writer.visit(expr.body, inner))


def _loop_head(
    writer: ExpressionWriter, expr: Fold | SetFilter, name: str, view: View
) -> list[str]:
    """Return the lines before the body of the loop, in which `name` is bound."""
    if expr.domain is None:
        return [f"for {name} in {loop_values(writer, expr.local.type)}:"]
    element = _element(expr.domain.type)
    return [
        f"d = {value(writer.visit(expr.domain, view))}",
        "while d:",
        "    b = d & -d",
        "    d ^= b",
        f"    {name} = {_member_at(writer, element, expr.local.type)}",
    ]


def _member_at(writer: ExpressionWriter, element: Type, of: Type) -> str:
    if isinstance(element, IntType):
        return f"b.bit_length() + {element.low - 1}"
    inner = conversion(element, of)
    if is_dense(element) and inner is identity:
        return "b.bit_length() - 1"
    table = writer.unit.constant(tuple(inner(code) for code in codes(element)))
    return f"{table}[b.bit_length() - 1]"


def loop_values(writer: ExpressionWriter, of: Type) -> str:
    """Return text for the values of a type, in canonical order."""
    if isinstance(of, IntType):
        return f"range({of.low}, {of.high + 1})"
    if is_dense(of):
        return f"range({cardinality(of)})"
    return writer.unit.constant(codes(of))


def _fold_loop(expr: Fold, head: list[str], body: Fragment) -> list[str]:
    match expr.quantifier:
        case Quantifier.FORALL:
            return [*head, f"    if not {condition(body)}: return 0", "return 1"]
        case Quantifier.EXISTS:
            return [*head, f"    if {condition(body)}: return 1", "return 0"]
        case Quantifier.COUNT | Quantifier.SUM:
            return ["m = 0", *head, f"    m += {value(body)}", "return m"]
        case Quantifier.MIN | Quantifier.MAX:
            better = "<" if expr.quantifier is Quantifier.MIN else ">"
            return [
                "m = None",
                *head,
                f"    y = {value(body)}",
                f"    if m is None or y {better} m: m = y",
                "return fault() if m is None else m",
            ]
        case _:
            assert_never(expr.quantifier)


def _map_loop(writer: ExpressionWriter, expr: MapOf, name: str, view: View) -> list[str]:
    of = expr.type.value
    code = writer.code(writer.visit(expr.body, view), expr.body.type, of)
    return [
        "m = k = 0",
        f"for {name} in {loop_values(writer, expr.local.type)}:",
        f"    m |= {value(code)} << k",
        f"    k += {width(of)}",
        "return m",
    ]
