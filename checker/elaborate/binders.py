"""Quantifiers, comprehensions, and everything else that binds names to the values of a domain.

A domain is a type, or a set. A set that is a type in disguise (`x in Cpu`, `x in 0..N - 1`) is
taken as that type, which engines run through without building a set.

Several names nest where that means the same (`forall`, `exists`, `sum`, `count`); elsewhere one
local runs through tuples, and the names stand for its components. `where` is dissolved: into an
implication, a conjunction, a zero, or a smaller domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.elaborate.arithmetic import as_integer
from checker.elaborate.coerce import fit, kind_of
from checker.elaborate.context import Binding, Build, Context
from checker.elaborate.operations import truth
from checker.elaborate.references import ToEntity, refer
from checker.elaborate.scope import Entity
from checker.elaborate.typexprs import entity_type, is_enumerable, type_of
from checker.model import intervals, terms
from checker.model.ir import Fold, Implies, Literal, MapOf, Quantifier, SetFilter
from checker.model.sizes import count_up_to
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    SeqType,
    SetType,
    TupleType,
    Type,
)
from grammar import syntax

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from grammar.source import Span

_QUANTIFIERS: Final = {
    "forall": Quantifier.FORALL,
    "exists": Quantifier.EXISTS,
    "sum": Quantifier.SUM,
    "count": Quantifier.COUNT,
    "min": Quantifier.MIN,
    "max": Quantifier.MAX,
}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a binder runs through: all values of `type`, or those in `set` when given."""

    type: Type
    set: Expr | None


def domain_of(
    build: Build, binder: syntax.Binder, context: Context, what: str = "this"
) -> Domain | None:
    """Return what a binder runs through; `what` is the subject of a message about its size."""
    if binder.domain_type is not None:
        of = type_of(build, binder.domain_type, context.scope)
        if of is None or not is_enumerable(build, of, binder.domain_type.span, what):
            return None
        return Domain(of, None)
    assert binder.domain_set is not None
    return set_domain(build, binder.domain_set, context, what)


def set_domain(
    build: Build, node: syntax.Expr, context: Context, what: str = "this"
) -> Domain | None:
    """Return what `x in node` runs through."""
    of = type_in_disguise(build, node, context)
    if of is not None:
        return Domain(of, None) if is_enumerable(build, of, node.span, what) else None
    found = build.expression(build, node, context, None)
    if found is None:
        return None
    if isinstance(found.type, SetType):
        if not is_enumerable(build, found.type.element, node.span, what):
            return None
        return Domain(found.type.element, found)
    build.collector.error(
        "K131",
        node.span,
        f"a set is needed here, and this is {kind_of(found.type)}",
        remedy="write `elements(...)` for a sequence" if isinstance(found.type, SeqType) else None,
    )
    return None


def type_in_disguise(build: Build, node: syntax.Expr, context: Context) -> Type | None:
    """Return the type whose values the set `node` has, if it is written as such."""
    match node:
        case syntax.NameRef(name) if name in context.locals:
            return None
        case syntax.NameRef() | syntax.FieldAccess():
            return _type_named(build, node, context)
        case syntax.RangeExpr(low, high):
            first = build.expression(build, low, context, None)
            last = build.expression(build, high, context, None)
            match first, last:
                case Literal(int(a), IntType()), Literal(int(b), IntType()) if a <= b:
                    return IntType(a, b)
                case _:
                    return None
        case _:
            return None


def _type_named(build: Build, node: syntax.Expr, context: Context) -> Type | None:
    """Return the type that the expression names, if it does; whatever else it is, is not ours."""
    if isinstance(node, syntax.FieldAccess) and not isinstance(
        node.base, syntax.NameRef | syntax.FieldAccess
    ):
        return None
    found = refer(build, node, context)
    match found:
        case ToEntity(
            Entity(decl=syntax.SortDecl() | syntax.EnumDecl() | syntax.TypeDecl()) as entity
        ):
            return entity_type(build, entity, node.span)
        case _:
            return None


def bound(
    build: Build, context: Context, name: syntax.Name, local: Local, kind: str = "a bound name"
) -> Context:
    """Return the context in which the name stands for the local, which keeps its value."""
    value = terms.reference(build.terms, local)
    return context.bind(name.text, Binding(value, local.type, None, kind, name.span))


def check_names(build: Build, binder: syntax.Binder) -> None:
    """Report a name that one binder binds twice."""
    seen: set[str] = set()
    for name in binder.names:
        if name.text in seen:
            build.collector.error("K101", name.span, f"`{name.text}` is bound twice")
        seen.add(name.text)


def bound_tuple(
    build: Build, binder: syntax.Binder, domain: Domain, context: Context
) -> tuple[Local, Context, Expr | None]:
    """Bind all names at once.

    Returns:
        The local (a tuple when there are several names), the context for what the binder governs,
        and the condition that keeps the components within a domain that is a set.
    """
    if len(binder.names) == 1:
        (name,) = binder.names
        local = terms.fresh(name.text, domain.type)
        return local, bound(build, context, name, local), None
    of = TupleType((domain.type,) * len(binder.names))
    local = terms.fresh(", ".join(name.text for name in binder.names), of)
    whole = terms.reference(build.terms, local)
    parts = [terms.component(build.terms, whole, i) for i in range(len(binder.names))]
    for name, part in zip(binder.names, parts, strict=True):
        binding = Binding(part, domain.type, None, "a bound name", name.span)
        context = context.bind(name.text, binding)
    if domain.set is None:
        return local, context, None
    inside = (terms.member(build.terms, part, domain.set) for part in parts)
    return local, context, terms.conjunction(build.terms, tuple(inside))


def condition_of(
    build: Build, where: syntax.Expr | None, inside: Expr | None, context: Context
) -> Expr | None:
    """Return what `where` demands of the bound names, `inside` being demanded first."""
    found: Expr | None = terms.truth_value(build.terms, True)
    if where is not None:
        found = truth(build, where, context)
    if found is None or inside is None:
        return found
    return terms.conjunction(build.terms, (inside, found))


# --- quantifiers ----------------------------------------------------------------------------------


def quantified(build: Build, node: syntax.Quantified, context: Context) -> Expr | None:
    """Elaborate `forall`, `exists`, `sum`, `count`, `min` and `max`."""
    kind = _QUANTIFIERS[node.kind]
    check_names(build, node.binder)
    domain = domain_of(build, node.binder, context, f"this `{node.kind}`")
    if domain is None:
        return None
    if kind in {Quantifier.MIN, Quantifier.MAX}:
        return _extreme(build, node, kind, domain, context)
    locals_ = []
    for name in node.binder.names:
        local = terms.fresh(name.text, domain.type)
        locals_.append(local)
        context = bound(build, context, name, local)
    condition = None
    if node.condition is not None:
        condition = truth(build, node.condition, context)
        if condition is None:
            return None
    body = _body(build, node, kind, context)
    if body is None:
        return None
    result = _restricted(build, kind, condition, body)
    for local in reversed(locals_):
        result = _folded(build, kind, local, domain, result)
        kind = Quantifier.SUM if kind is Quantifier.COUNT else kind
    return result


def _body(build: Build, node: syntax.Quantified, kind: Quantifier, context: Context) -> Expr | None:
    if kind in {Quantifier.SUM, Quantifier.MIN, Quantifier.MAX}:
        value = build.expression(build, node.body, context, None)
        return as_integer(build, value, node.body.span, node.kind)
    return truth(build, node.body, context)


def _restricted(build: Build, kind: Quantifier, condition: Expr | None, body: Expr) -> Expr:
    """Let `where` decide which values count."""
    table = build.terms
    if condition is None:
        return body
    match kind:
        case Quantifier.FORALL:
            return table.intern(Implies(condition, body))
        case Quantifier.SUM:
            zero = terms.number(table, 0)
            assert isinstance(body.type, IntType)
            of = intervals.hull(body.type, IntType(0, 0))
            return terms.conditional(table, condition, body, zero, of)
        case _:
            return terms.conjunction(table, (condition, body))


def _folded(build: Build, kind: Quantifier, local: Local, domain: Domain, body: Expr) -> Expr:
    most = count_up_to(domain.type)
    least = 0 if domain.set is not None else most
    match kind:
        case Quantifier.FORALL | Quantifier.EXISTS:
            of: Type = BOOL
        case Quantifier.COUNT:
            of = IntType(0, most)
        case _:
            assert isinstance(body.type, IntType)
            of = intervals.scaled(body.type, most, least=least)
    return build.terms.intern(Fold(kind, local, domain.set, body, of))


def _extreme(
    build: Build, node: syntax.Quantified, kind: Quantifier, domain: Domain, context: Context
) -> Expr | None:
    """Elaborate `min` or `max`, whose `where` makes the domain smaller."""
    selected = _selection(build, node.binder, node.condition, domain, context)
    if selected is None:
        return None
    local, inner, _ = bound_tuple(build, node.binder, domain, context)
    body = _body(build, node, kind, inner)
    if body is None:
        return None
    assert isinstance(body.type, IntType)
    of = IntType(body.type.low, body.type.high)
    return build.terms.intern(Fold(kind, local, selected.set, body, of))


def _selection(
    build: Build,
    binder: syntax.Binder,
    where: syntax.Expr | None,
    domain: Domain,
    context: Context,
) -> Domain | None:
    """Return the domain of all names together, with `where` taken into it."""
    local, inner, inside = bound_tuple(build, binder, domain, context)
    if not is_enumerable(build, local.type, binder.span, "this"):
        return None
    if where is None and inside is None:
        return Domain(local.type, domain.set)
    condition = condition_of(build, where, inside, inner)
    if condition is None:
        return None
    within = domain.set if len(binder.names) == 1 else None
    image = terms.reference(build.terms, local)
    of = SetType(local.type)
    return Domain(local.type, build.terms.intern(SetFilter(local, within, condition, image, of)))


# --- comprehensions -------------------------------------------------------------------------------


def set_comprehension(
    build: Build, node: syntax.SetComprehension, context: Context, hint: Type | None
) -> Expr | None:
    """Elaborate `{x: T where p}` and `{e for x: T where p}`."""
    check_names(build, node.binder)
    domain = domain_of(build, node.binder, context, "this set")
    if domain is None:
        return None
    if node.element is None:
        selected = _selection(build, node.binder, node.condition, domain, context)
        if selected is None:
            return None
        return selected.set or terms.all_of(build.terms, terms.fresh("x", selected.type))
    local, inner, inside = bound_tuple(build, node.binder, domain, context)
    if not is_enumerable(build, local.type, node.binder.span, "this set"):
        return None
    condition = condition_of(build, node.condition, inside, inner)
    if condition is None:
        return None
    within = domain.set if len(node.binder.names) == 1 else None
    wanted = hint.element if isinstance(hint, SetType) else None
    image = build.expression(build, node.element, inner, wanted)
    if wanted is not None:
        image = fit(build, image, wanted, node.element.span)
    if image is None:
        return None
    of = SetType(wanted if wanted is not None else image.type)
    if not _is_set_of_size(build, of, node.span):
        return None
    return build.terms.intern(SetFilter(local, within, condition, image, of))


def _is_set_of_size(build: Build, of: SetType, span: Span) -> bool:
    return is_enumerable(build, of.element, span, "a set of this type")


def map_comprehension(
    build: Build, node: syntax.MapComprehension, context: Context, hint: Type | None
) -> Expr | None:
    """Elaborate `[x: T => e]`."""
    if len(node.binder.names) != 1 or node.binder.domain_type is None:
        build.collector.error(
            "K131",
            node.binder.span,
            "a map gives a value to every element of one type",
            remedy="write `[x: T => ...]`; for several keys nest them: `[x: T => [y: U => ...]]`",
        )
        return None
    domain = domain_of(build, node.binder, context, "this map")
    if domain is None:
        return None
    (name,) = node.binder.names
    local = terms.fresh(name.text, domain.type)
    wanted = None
    if isinstance(hint, MapType) and hint.key == domain.type:
        wanted = hint.value
    inner = bound(build, context, name, local)
    body = build.expression(build, node.value, inner, wanted)
    if wanted is not None:
        body = fit(build, body, wanted, node.value.span)
    if body is None:
        return None
    of = MapType(domain.type, wanted if wanted is not None else body.type)
    return build.terms.intern(MapOf(local, body, of))
