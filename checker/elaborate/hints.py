"""Which expressions need their surroundings to have a type, and how several of them get one.

`none`, `{}`, `[]` and a member that several enums share have no type of their own. A *hint* is the
type that the surroundings would like; it flows inwards. It is advice: the result is still fitted to
the place where it goes.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from checker.elaborate.coerce import join
from checker.elaborate.scope import Member
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.context import Build, Context
    from checker.model.ir import Expr
    from checker.model.types import Type


def needs_hint(node: syntax.Expr, context: Context) -> bool:
    """Tell whether only its surroundings say what type the expression has."""
    match node:
        case syntax.NoneLit() | syntax.AnyLit():
            return True
        case syntax.SetLit(elements) | syntax.SeqLit(elements):
            return all(needs_hint(element, context) for element in elements)
        case syntax.Conditional(_, then, otherwise):
            return needs_hint(then, context) and needs_hint(otherwise, context)
        case syntax.LetIn(body=body):
            return needs_hint(body, context)
        case syntax.NameRef(name) if name not in context.locals:
            found = context.scope.find(name)
            return isinstance(found, Member) and len(found.enums) > 1
        case _:
            return False


def balanced(
    build: Build, nodes: tuple[syntax.Expr, ...], context: Context, hint: Type | None
) -> list[Expr] | None:
    """Elaborate expressions that should have one type, so that each helps the others.

    Those that stand by themselves come first; their joined type is the hint for `none`, `{}` and
    the like. The types may still differ.
    """
    values: dict[int, Expr | None] = {}
    dependent = [i for i, node in enumerate(nodes) if needs_hint(node, context)]
    for i, node in enumerate(nodes):
        if i not in dependent:
            values[i] = build.expression(build, node, context, hint)
    if hint is None:
        hint = _joined([value.type for value in values.values() if value is not None])
    if dependent and hint is None and len(dependent) < len(nodes):
        return None  # the others have a mistake, which has been reported
    for i in dependent:
        values[i] = build.expression(build, nodes[i], context, hint)
    found_all = [values[i] for i in range(len(nodes))]
    known = [value for value in found_all if value is not None]
    return known if len(known) == len(nodes) else None


def _joined(types: list[Type]) -> Type | None:
    """Return the type of all values of several types; of the first, where they have none."""
    if not types:
        return None
    return reduce(lambda left, right: join(left, right) or left, types)
