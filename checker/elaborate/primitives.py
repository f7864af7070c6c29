"""Hardware primitives: a read and a write that the machine makes one.

A primitive becomes a `Do` that binds the value read to a local and changes the place; what is done
with the value follows. In a condition the primitive is done first and the condition then looks at
the local, so it may stand under `not` or in one comparison, but the rest of the condition must be
private: otherwise one step would touch memory twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.elaborate.arithmetic import arithmetic, integer
from checker.elaborate.calls import has_count
from checker.elaborate.coerce import compared, fit, kind_of
from checker.elaborate.context import Binding, Build, Context
from checker.elaborate.operations import truth
from checker.elaborate.references import ToBuiltIn, refer
from checker.elaborate.scope import PRIMITIVES
from checker.elaborate.targets import Target, store, target_of
from checker.model import terms
from checker.model.ir import Bind, Op, Place, Role, Seq
from checker.model.rewrite import variables_read
from checker.model.types import BOOL, BoolType, IntType
from checker.steps.code import Do
from grammar import syntax

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local

_ARGUMENTS = {"swap": 2, "cas": 3, "fetch_add": 2, "test_and_set": 1}
_HELD = "(primitive)"
"""Stands for a primitive within its condition; no name of the language is spelt like this."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive ready to be done, and the local that holds its value afterwards."""

    do: Do
    result: Local


@dataclass(frozen=True, slots=True)
class _Use:
    """One application of a primitive to a place."""

    name: str
    target: Target
    operands: tuple[syntax.Expr, ...]
    node: syntax.Call


def primitive_name(build: Build, node: syntax.Expr, context: Context) -> str | None:
    """Return which primitive the expression applies, if it does."""
    if not isinstance(node, syntax.Call) or not isinstance(node.callee, syntax.NameRef):
        return None
    name = node.callee.name
    if name not in PRIMITIVES or name in context.locals:
        return None
    found = refer(build, node.callee, context)
    return name if isinstance(found, ToBuiltIn) else None


def primitive(build: Build, node: syntax.Call, name: str, context: Context) -> Primitive | None:
    """Elaborate the application of a primitive."""
    if not has_count(build, node, name, _ARGUMENTS[name]):
        return None
    place, *operands = (argument.value for argument in node.arguments)
    target = target_of(build, place, context)
    if target is None or not _is_memory(build, name, place, target):
        return None
    found = _effect(build, _Use(name, target, tuple(operands), node), context)
    if found is None:
        return None
    value, result, new = found
    effects = (Bind(result, value, node.span), store(build, target, new, node.span))
    return Primitive(Do(Seq(effects), True, node.span), result)


def _is_memory(build: Build, name: str, place: syntax.Expr, target: Target) -> bool:
    if not isinstance(target.root, Place) or _is_private(target):
        build.collector.error(
            "K151",
            place.span,
            f"`{name}` works on memory, and this is a local of the thread",
            remedy="use an ordinary assignment",
        )
        return False
    if target.is_ghost:
        assert target.variable is not None
        build.collector.error(
            "K145",
            place.span,
            f"`{name}` reads the ghost `{target.variable.name}`, which could influence the system",
            remedy="assign ghosts with `:=`",
        )
        return False
    return True


def _is_private(target: Target) -> bool:
    return target.variable is not None and target.variable.role is Role.LOCAL


def _effect(build: Build, use: _Use, context: Context) -> tuple[Expr, Local, Expr] | None:
    """Return the primitive's value, the local that will hold it, and what is stored."""
    match use.name:
        case "swap":
            return _swap(build, use, context)
        case "cas":
            return _compare_and_swap(build, use, context)
        case "fetch_add":
            return _fetch_and_add(build, use, context)
        case _:
            if not isinstance(use.target.type, BoolType):
                _report_place(build, use, "a bool")
                return None
            new = terms.truth_value(build.terms, True)
            return use.target.value, terms.fresh(use.name, BOOL), new


def _swap(build: Build, use: _Use, context: Context) -> tuple[Expr, Local, Expr] | None:
    of = use.target.type
    (operand,) = use.operands
    new = fit(build, build.expression(build, operand, context, of), of, operand.span)
    return None if new is None else (use.target.value, terms.fresh(use.name, of), new)


def _compare_and_swap(build: Build, use: _Use, context: Context) -> tuple[Expr, Local, Expr] | None:
    of, old = use.target.type, use.target.value
    first, second = use.operands
    expected = build.expression(build, first, context, of)
    new = fit(build, build.expression(build, second, context, of), of, second.span)
    if expected is None or new is None:
        return None
    pair = compared(build, old, expected, first.span)
    if pair is None:
        return None
    result = terms.fresh(use.name, BOOL)
    done = terms.reference(build.terms, result)
    stored = terms.conditional(build.terms, done, new, old, of)
    return terms.equal(build.terms, *pair), result, stored


def _fetch_and_add(build: Build, use: _Use, context: Context) -> tuple[Expr, Local, Expr] | None:
    of = use.target.type
    (operand,) = use.operands
    amount = integer(build, operand, context, use.name)
    if not isinstance(of, IntType):
        _report_place(build, use, "a number")
        return None
    if amount is None:
        return None
    result = terms.fresh(use.name, of)
    old = terms.reference(build.terms, result)
    total = arithmetic(build, Op.ADD, old, amount, operand.span)
    new = fit(build, total, of, use.node.span)
    return None if new is None else (use.target.value, result, new)


def _report_place(build: Build, use: _Use, wanted: str) -> None:
    build.collector.error(
        "K131",
        use.node.arguments[0].value.span,
        f"`{use.name}` works on {wanted}, and this is {kind_of(use.target.type)}",
    )


# --- conditions -----------------------------------------------------------------------------------


def condition(
    build: Build, node: syntax.Expr, context: Context
) -> tuple[Primitive | None, Expr] | None:
    """Elaborate the condition of `if` or `while`, which may contain a primitive."""
    call = _primitive_in(build, node, context)
    if call is None:
        found = truth(build, node, context)
        return None if found is None else (None, found)
    name = primitive_name(build, call, context)
    assert name is not None
    done = primitive(build, call, name, context)
    if done is None:
        return None
    value = terms.reference(build.terms, done.result)
    held = Binding(value, done.result.type, None, "the value of a primitive", call.span)
    rest = truth(build, _without(node, call), context.bind(_HELD, held))
    if rest is None:
        return None
    shared = [each for each in variables_read(rest) if each.role is not Role.LOCAL]
    if shared:
        names = ", ".join(f"`{name}`" for name in sorted(each.name for each in shared))
        build.collector.error(
            "K150",
            node.span,
            f"`{name}` is compared with shared memory ({names}), which is a second access",
            remedy="read it into a local first: `let expected = ...`",
        )
        return None
    return done, rest


def _primitive_in(build: Build, node: syntax.Expr, context: Context) -> syntax.Call | None:
    match node:
        case syntax.Call():
            return node if primitive_name(build, node, context) else None
        case syntax.Unary("not", operand):
            return _primitive_in(build, operand, context)
        case syntax.Binary("=" | "!=" | "<" | "<=" | ">" | ">=", left, right):
            for side in (left, right):
                if isinstance(side, syntax.Call) and primitive_name(build, side, context):
                    return side
            return None
        case _:
            return None


def _without(node: syntax.Expr, call: syntax.Call) -> syntax.Expr:
    """Return the condition with its primitive replaced by the name that holds its value."""
    if node is call:
        return syntax.NameRef(_HELD, span=call.span)
    match node:
        case syntax.Unary(operand=operand):
            return replace(node, operand=_without(operand, call))
        case syntax.Binary(left=left, right=right):
            return replace(
                node,
                left=_without(left, call) if left is call else left,
                right=_without(right, call) if right is call else right,
            )
        case _:
            raise AssertionError("no primitive here")
