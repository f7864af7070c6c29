"""Type expressions to types: bounds are worked out, names looked up, absurd sizes refused.

Sorts, enums, records and aliases get their type when they are first needed, so their order in the
text does not matter; one that needs itself is reported with the names on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from checker.elaborate.context import Context, Purpose
from checker.elaborate.scope import Entity, Member, Scope
from checker.model.evaluate import Scope as Values
from checker.model.evaluate import evaluate
from checker.model.operators import EvaluationError
from checker.model.rewrite import binder, children
from checker.model.sizes import MAX_BITS, MAX_VALUES, bits, count_up_to
from checker.model.terms import literal
from checker.model.types import (
    BOOL,
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
    sorts_in,
)
from grammar import syntax
from grammar.diagnostics import Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.elaborate.context import Build
    from checker.model.ir import Expr, Literal
    from checker.model.types import Type
    from grammar.source import Span

DEFAULT_SORT_SIZE = 3


def type_of(build: Build, node: syntax.TypeExpr, scope: Scope) -> Type | None:
    """Return the type that a type expression written in this scope stands for."""
    found = _type_of(build, node, scope)
    return None if found is None else _admitted(build, found, node.span)


def _type_of(build: Build, node: syntax.TypeExpr, scope: Scope) -> Type | None:
    match node:
        case syntax.BoolTypeExpr():
            return BOOL
        case syntax.IntTypeExpr(span=span):
            build.collector.error(
                "K119",
                span,
                "`int` has no bounds, and every type is finite",
                remedy="write the range that is meant, such as `0..7`",
            )
            return None
        case syntax.NamedTypeExpr(path):
            return _named(build, path, scope)
        case syntax.RangeTypeExpr(low, high):
            return _range(build, node, low, high, scope)
        case syntax.ModTypeExpr(modulus):
            return _modulus(build, modulus, scope)
        case syntax.OptionTypeExpr(element):
            return _option(build, node, element, scope)
        case syntax.MapTypeExpr(key, value):
            return _map(build, key, value, scope)
        case syntax.SetTypeExpr(element):
            inner = type_of(build, element, scope)
            return None if inner is None else SetType(inner)
        case syntax.SeqTypeExpr(bound, element):
            return _sequence(build, bound, element, scope)
        case syntax.TupleTypeExpr(elements):
            parts = [type_of(build, element, scope) for element in elements]
            known = tuple(part for part in parts if part is not None)
            return TupleType(known) if len(known) == len(parts) else None
        case _:
            assert_never(node)


def _admitted(build: Build, of: Type, span: Span) -> Type | None:
    if bits(of) <= MAX_BITS:
        return of
    build.collector.error(
        "K117",
        span,
        f"a value of this type would take more than {MAX_BITS:,} bits",
        remedy="choose smaller bounds: a search needs every state in memory",
    )
    return None


def is_enumerable(build: Build, of: Type, span: Span, what: str) -> bool:
    """Tell whether the values can be run through one by one, and report it when not."""
    if count_up_to(of) <= MAX_VALUES:
        return True
    build.collector.error(
        "K117",
        span,
        f"{what} would run through more than {MAX_VALUES:,} values of `{describe(of)}`",
        remedy="choose a smaller type, or a set of the values that matter",
    )
    return False


# --- composite types ------------------------------------------------------------------------------


def _range(
    build: Build, node: syntax.TypeExpr, low: syntax.Expr, high: syntax.Expr, scope: Scope
) -> Type | None:
    first = constant_integer(build, low, scope)
    last = constant_integer(build, high, scope)
    if first is None or last is None:
        return None
    if first > last:
        build.collector.error(
            "K118",
            node.span,
            f"the range {first}..{last} has no values",
            remedy="write the smaller bound first",
        )
        return None
    return IntType(first, last)


def _modulus(build: Build, modulus: syntax.Expr, scope: Scope) -> Type | None:
    value = constant_integer(build, modulus, scope)
    if value is None:
        return None
    if value < 1:
        build.collector.error(
            "K118",
            modulus.span,
            f"`mod {value}` has no values",
            remedy="the modulus must be at least 1",
        )
        return None
    return IntType(0, value - 1, wraps=True)


def _option(
    build: Build, node: syntax.TypeExpr, element: syntax.TypeExpr, scope: Scope
) -> Type | None:
    inner = type_of(build, element, scope)
    if isinstance(inner, OptionType):
        build.collector.error(
            "K120",
            node.span,
            f"`{describe(inner)}` may be none already",
            remedy="leave the second `?` out",
        )
        return inner
    return None if inner is None else OptionType(inner)


def _map(build: Build, key: syntax.TypeExpr, value: syntax.TypeExpr, scope: Scope) -> Type | None:
    key_type, value_type = type_of(build, key, scope), type_of(build, value, scope)
    if key_type is None or value_type is None:
        return None
    if not is_enumerable(build, key_type, key.span, "this map"):
        return None
    return MapType(key_type, value_type)


def _sequence(
    build: Build, bound: syntax.Expr, element: syntax.TypeExpr, scope: Scope
) -> Type | None:
    length, inner = constant_integer(build, bound, scope), type_of(build, element, scope)
    if length is None or inner is None:
        return None
    if length < 1:
        build.collector.error(
            "K118",
            bound.span,
            f"a sequence of at most {length} elements holds nothing",
            remedy="the bound must be at least 1",
        )
        return None
    return SeqType(length, inner)


# --- constant expressions -------------------------------------------------------------------------


def constant_integer(build: Build, node: syntax.Expr, scope: Scope) -> int | None:
    """Return the value of an expression that must be a constant integer."""
    found = constant_value(build, node, scope, None)
    if found is None:
        return None
    if isinstance(found.type, IntType):
        assert isinstance(found.value, int)
        return found.value
    build.collector.error(
        "K130", node.span, f"a number is needed here, not `{describe(found.type)}`"
    )
    return None


def constant_value(
    build: Build, node: syntax.Expr, scope: Scope, hint: Type | None
) -> Literal | None:
    """Return the value of an expression that must be constant."""
    expr = build.expression(build, node, Context(scope, Purpose.CONSTANT), hint)
    if expr is None:
        return None
    if _counts_elements(expr):
        build.sized.append(node.span)
    try:
        value = evaluate(expr, Values({}, {}))
    except EvaluationError as error:
        build.collector.error("K115", node.span, f"this constant has no value: {error}")
        return None
    of = expr.type
    if isinstance(of, IntType) and not of.wraps:
        assert isinstance(value, int)
        of = IntType(value, value)
    return literal(build.terms, value, of)


def _counts_elements(expr: Expr) -> bool:
    """Tell whether a constant may come out differently when a sort has another size."""
    local = binder(expr)
    if local is not None and sorts_in(local.type):
        return True
    return any(map(_counts_elements, children(expr)))


# --- named types ----------------------------------------------------------------------------------


def _named(build: Build, path: syntax.Path, scope: Scope) -> Type | None:
    entity = find_entity(build, path, scope)
    if entity is None:
        return None
    match entity.decl:
        case syntax.SortDecl() | syntax.EnumDecl() | syntax.TypeDecl() | syntax.RecordDecl():
            return entity_type(build, entity, path.span)
        case _:
            remedy = None
            if isinstance(entity.decl, syntax.ConstDecl):
                remedy = f"write a range: `0..{path.text}`"
            build.collector.error(
                "K102",
                path.span,
                f"`{path.text}` is {kind_of_entity(entity)}, not a type",
                notes=(Note(entity.span, "declared here"),),
                remedy=remedy,
            )
            return None


def find_entity(build: Build, path: syntax.Path, scope: Scope) -> Entity | None:
    """Return what a dotted name stands for, reporting the first part that is unknown."""
    first, *others = path.parts
    found = scope.find(first.text)
    if found is None:
        build.collector.error(
            "K100",
            first.span,
            f"nothing is called `{first.text}` here",
            remedy=did_you_mean(first.text, scope.visible()),
        )
    for part in others:
        if found is None:
            return None
        found = _member_of(build, found, part)
    if isinstance(found, Member):
        build.collector.error(
            "K102", path.span, f"`{path.text}` is a member of an enum, not a type"
        )
        return None
    return found


def _member_of(build: Build, found: Entity | Member, part: syntax.Name) -> Entity | Member | None:
    inner = found.inner if isinstance(found, Entity) else None
    if inner is None:
        build.collector.error("K103", part.span, f"`{found.name}` has no members")
        return None
    if inner.is_unknown:
        return None
    member = inner.own(part.text)
    if member is None:
        build.collector.error(
            "K103",
            part.span,
            f"`{found.name}` has no member `{part.text}`",
            remedy=did_you_mean(part.text, inner.own_names()),
        )
    return member


def entity_type(build: Build, entity: Entity, use: Span) -> Type | None:
    """Return the type that a sort, enum, alias or record declares, working it out once."""
    if entity not in build.types:
        if not build.enter(entity, use):
            return None
        build.types[entity] = _declared_type(build, entity)
        build.leave(entity)
    return build.types[entity]


def _declared_type(build: Build, entity: Entity) -> Type | None:
    match entity.decl:
        case syntax.SortDecl() as decl:
            return _sort(build, entity, decl)
        case syntax.EnumDecl(members=members):
            return EnumType(entity.name, tuple(dict.fromkeys(member.text for member in members)))
        case syntax.TypeDecl(type=node):
            return type_of(build, node, entity.scope)
        case syntax.RecordDecl() as decl:
            return _record(build, entity, decl)
        case _:
            raise AssertionError(f"{entity.name} declares no type")


def _record(build: Build, entity: Entity, decl: syntax.RecordDecl) -> Type | None:
    fields: dict[str, Type] = {}
    is_whole = True
    for each in decl.fields:
        of = type_of(build, each.type, entity.scope)
        if each.name.text in fields:
            build.collector.error(
                "K101", each.name.span, f"the field `{each.name.text}` is declared twice"
            )
        elif of is not None:
            fields[each.name.text] = of
        is_whole = is_whole and of is not None
    if not is_whole:
        return None
    return _admitted(build, RecordType(entity.name, tuple(fields.items())), decl.span)


def _sort(build: Build, entity: Entity, decl: syntax.SortDecl) -> Type | None:
    bound = entity.scope.bindings.get(decl.name.text)
    if bound is not None:
        return _bound_sort(build, bound.binding, bound.scope)
    size: int | None = DEFAULT_SORT_SIZE
    span: Span | None = decl.name.span
    if entity.name in build.overrides:
        size, span = _size_from_command(build, entity.name), None
    elif decl.size is not None:
        size, span = constant_integer(build, decl.size, entity.scope), decl.size.span
    if size is None:
        return None
    if not 1 <= size <= MAX_VALUES:
        build.collector.error(
            "K116",
            span,
            f"`{entity.name}` cannot have {size:,} elements",
            remedy=f"a sort has 1 to {MAX_VALUES:,} elements",
        )
        return None
    return SortType(entity.name, size)


def _size_from_command(build: Build, name: str) -> int | None:
    text = build.overrides[name]
    try:
        return int(text.strip().replace("_", ""))
    except ValueError:
        build.collector.error(
            "K112",
            None,
            f"`-c {name}={text}` does not say how many elements `{name}` has",
            remedy=f"write a number: `-c {name}=3`",
        )
        return None


def _bound_sort(build: Build, binding: syntax.Binding, scope: Scope) -> Type | None:
    path = path_of(binding.value)
    if path is not None:
        entity = find_entity(build, path, scope)
        if entity is None:
            return None
        if isinstance(entity.decl, syntax.SortDecl | syntax.TypeDecl | syntax.EnumDecl):
            return entity_type(build, entity, path.span)
    build.collector.error(
        "K127",
        binding.value.span,
        f"`{binding.name.text}` is a sort; give it a sort or type of this specification",
        remedy="write the name of one declared with `processors`, `sort`, `type` or `enum`",
    )
    return None


def path_of(node: syntax.Expr) -> syntax.Path | None:
    """Return an expression that is nothing but a dotted name as such."""
    match node:
        case syntax.NameRef(name, span=span):
            return syntax.Path((syntax.Name(name, span=span),), span=span)
        case syntax.FieldAccess(base, name, span=span):
            before = path_of(base)
            return None if before is None else syntax.Path((*before.parts, name), span=span)
        case _:
            return None


def kind_of_entity(entity: Entity) -> str:
    """Name the kind of a declaration, with its article."""
    match entity.decl:
        case syntax.ImportDecl():
            return "an imported module"
        case syntax.ConstDecl():
            return "a constant"
        case syntax.SortDecl(keyword="processors"):
            return "a set of processors"
        case syntax.SortDecl():
            return "a sort"
        case syntax.EnumDecl():
            return "an enum"
        case syntax.TypeDecl():
            return "a type"
        case syntax.RecordDecl():
            return "a record"
        case syntax.VarDecl():
            return "a variable"
        case syntax.ObjectDecl():
            return "an object"
        case syntax.ProcedureDecl():
            return "a procedure"
        case syntax.FunctionDecl():
            return "a function"
        case syntax.ActionDecl():
            return "an action"
        case syntax.ProcessDecl():
            return "a process"
        case syntax.PropertyDecl():
            return "a property"
        case syntax.RefinementDecl():
            return "a refinement"
        case syntax.FailureDecl():
            return "a failure"
        case syntax.LockOrderDecl():
            return "an order of locks"
        case syntax.RankingDecl():
            return "a rank"
        case (
            syntax.InterfaceDecl()
            | syntax.ClusterDecl()
            | syntax.ProtocolDecl()
            | syntax.CheckDecl()
            | syntax.ChannelDecl()
        ):
            raise AssertionError("a construct, which is written out before")
        case _:
            assert_never(entity.decl)
