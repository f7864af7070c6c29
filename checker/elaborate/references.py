"""What a name, a member or an indexed name in an expression refers to, and its value.

`refer` takes the longest part of `Guard.worker[c].pred` that is a declaration and goes on from
there through members and fields. `value_at` then makes a value of it, which is where it is decided
whether the value may be read for the present purpose: constants know no variables, the system knows
no ghosts, and a process keeps its locals to itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.constructs.trees import walk
from checker.elaborate.coerce import fit
from checker.elaborate.constants import value_of
from checker.elaborate.context import Build, Context, ProcessState
from checker.elaborate.scope import BUILT_INS, PRIMITIVES, Entity, Member
from checker.elaborate.typexprs import entity_type, is_enumerable, kind_of_entity, type_of
from checker.model import terms
from checker.model.ir import ReadOld, Role, Variable
from checker.model.types import (
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    Type,
    describe,
)
from grammar import syntax
from grammar.diagnostics import Note
from grammar.foreign import NAMES
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.model.ir import Expr
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class ToValue:
    """A value."""

    value: Expr


@dataclass(frozen=True, slots=True)
class ToEntity:
    """A declaration; `index` is given for one thread of a process."""

    entity: Entity
    index: Expr | None = None


@dataclass(frozen=True, slots=True)
class ToBuiltIn:
    """A built-in function or hardware primitive."""

    name: str


Referent: TypeAlias = ToValue | ToEntity | Member | ToBuiltIn


def refer(build: Build, node: syntax.Expr, context: Context) -> Referent | None:
    """Return what an expression refers to; anything but a path refers to its value."""
    match node:
        case syntax.NameRef(name, span=span):
            return _name(build, name, span, context)
        case syntax.FieldAccess(base, name):
            found = refer(build, base, context)
            return None if found is None else _member(build, found, base, name, context)
        case syntax.IndexAccess(base, index):
            found = refer(build, base, context)
            return None if found is None else _indexed(build, found, base, index, context)
        case _:
            value = build.expression(build, node, context, None)
            return None if value is None else ToValue(value)


def _name(build: Build, name: str, span: Span, context: Context) -> Referent | None:
    if name in context.locals:
        binding = context.locals[name]
        return None if binding is None else ToValue(binding.value)
    found = context.scope.find(name)
    if isinstance(found, Entity):
        return ToEntity(found)
    if isinstance(found, Member):
        return found
    if name in BUILT_INS or name in PRIMITIVES:
        return ToBuiltIn(name)
    known = (*context.locals, *context.scope.visible(), *BUILT_INS, *PRIMITIVES)
    remedy = _of_a_process(build, name) if context.purpose.reads_processes else None
    remedy = remedy or NAMES.get(name.lower()) or did_you_mean(name, known)
    build.collector.error("K100", span, f"nothing is called `{name}` here", remedy=remedy)
    return None


def _of_a_process(build: Build, name: str) -> str | None:
    """Return how properties write the name, if it is a local or a label of a process."""
    for entity, state in build.processes.items():
        thread = entity.name if state.index is None else f"{entity.name}[...]"
        if name in state.locals:
            return f"it is a variable of a process: write `{thread}.{name}`"
        if name in _labels(entity):
            return f"it is a label of a process: write `{thread} at {name}`"
    return None


def _labels(entity: Entity) -> frozenset[str]:
    return frozenset(
        node.label.text for node in walk(entity.decl) if isinstance(node, syntax.LabelStmt)
    )


# --- members --------------------------------------------------------------------------------------


def _member(
    build: Build, found: Referent, base: syntax.Expr, name: syntax.Name, context: Context
) -> Referent | None:
    match found:
        case ToEntity(Entity(decl=syntax.ObjectDecl() | syntax.ImportDecl()) as entity):
            return _inside(build, entity, name)
        case ToEntity(Entity(decl=syntax.EnumDecl(members=members)) as entity):
            if name.text in {member.text for member in members}:
                return Member(name.text, (entity,))
            _no_member(build, entity.name, name, [member.text for member in members])
            return None
        case ToEntity(Entity(decl=syntax.ProcessDecl()) as entity, index):
            return _process_local(build, entity, index, name, context)
        case _:
            value = to_value(build, found, base, context, None)
            return None if value is None else _field(build, value, name)


def _inside(build: Build, entity: Entity, name: syntax.Name) -> Referent | None:
    assert entity.inner is not None
    if entity.inner.is_unknown:
        return None
    member = entity.inner.own(name.text)
    if member is None:
        _no_member(build, entity.name, name, entity.inner.own_names())
        return None
    return ToEntity(member) if isinstance(member, Entity) else member


def _no_member(
    build: Build, whole: str, name: syntax.Name, known: tuple[str, ...] | list[str]
) -> None:
    remedy = did_you_mean(name.text, known)
    if remedy is None and known:
        remedy = f"it has {', '.join(f'`{each}`' for each in known)}"
    build.collector.error(
        "K103", name.span, f"`{whole}` has no member `{name.text}`", remedy=remedy
    )


def _field(build: Build, value: Expr, name: syntax.Name) -> Referent | None:
    of = value.type
    if isinstance(of, OptionType) and isinstance(of.element, RecordType):
        value = terms.unwrapped(build.terms, value, of.element)
        of = of.element
    if not isinstance(of, RecordType):
        remedy = f"write `{name.text}(...)`" if name.text in BUILT_INS else None
        message = f"a value of type `{describe(of)}` has no fields"
        build.collector.error("K103", name.span, message, remedy=remedy)
        return None
    names = [field for field, _ in of.fields]
    if name.text not in names:
        _no_member(build, of.name, name, names)
        return None
    return ToValue(terms.component(build.terms, value, names.index(name.text)))


def _process_local(
    build: Build, entity: Entity, index: Expr | None, name: syntax.Name, context: Context
) -> Referent | None:
    state = build.processes.get(entity)
    if state is None or not _is_indexed_rightly(build, entity, index, name.span):
        return None
    if not context.purpose.reads_processes:
        build.collector.error(
            "K148",
            name.span,
            f"`{name.text}` is private to `{entity.name}` and cannot be read in "
            f"{context.purpose.value}",
            remedy="declare it as a shared variable, outside the process",
        )
        return None
    if name.text not in state.locals:
        _report_no_local(build, entity, state, name)
        return None
    variable = state.locals[name.text]
    if variable is None:
        return None
    whole = read_variable(build, variable, context)
    if index is None:
        return ToValue(whole)
    assert isinstance(variable.type, MapType)
    return ToValue(terms.at_key(build.terms, whole, index, variable.type.value))


def _report_no_local(build: Build, entity: Entity, state: ProcessState, name: syntax.Name) -> None:
    if name.text in state.hidden:
        build.collector.error(
            "K148",
            name.span,
            f"`{name.text}` is a `let` of `{entity.name}` and cannot be seen from outside",
            remedy=f"declare it with `var {name.text}` in the outermost block of the process",
        )
    elif name.text in state.inferred and not state.is_elaborated:
        build.collector.error(
            "K134",
            name.span,
            f"the type of `{entity.name}.{name.text}` is not known yet",
            remedy=f"declare it with its type: `var {name.text}: ...`",
        )
    elif name.text in _labels(entity):
        thread = entity.name if state.index is None else f"{entity.name}[...]"
        build.collector.error(
            "K103",
            name.span,
            f"`{name.text}` is a label of `{entity.name}`, not a variable",
            remedy=f"write `{thread} at {name.text}`",
        )
    elif name.text not in state.inferred:
        _no_member(build, entity.name, name, list(state.locals))


def _is_indexed_rightly(build: Build, entity: Entity, index: Expr | None, span: Span) -> bool:
    assert isinstance(entity.decl, syntax.ProcessDecl)
    if (index is None) == (entity.decl.index is None):
        return True
    if index is None:
        _report_index(build, entity, span)
    return False


def _report_index(build: Build, entity: Entity, span: Span) -> None:
    build.collector.error(
        "K146",
        span,
        f"there are many `{entity.name}`; say which one",
        notes=(Note(entity.span, "declared here"),),
        remedy=f"write `{entity.name}[...]`",
    )


# --- indices --------------------------------------------------------------------------------------


def _indexed(
    build: Build, found: Referent, base: syntax.Expr, index: syntax.Expr, context: Context
) -> Referent | None:
    match found:
        case ToEntity(Entity(decl=syntax.ProcessDecl()) as entity, None):
            state = build.processes.get(entity)
            if state is None:
                return None
            if state.index is None:
                build.collector.error(
                    "K146",
                    index.span,
                    f"there is only one `{entity.name}`",
                    notes=(Note(entity.span, "declared here"),),
                    remedy="leave the index out",
                )
                return None
            key = build.expression(build, index, context, state.index)
            key = fit(build, key, state.index, index.span)
            return None if key is None else ToEntity(entity, key)
        case _:
            value = to_value(build, found, base, context, None)
            if value is None:
                return None
            element = indexed_value(build, value, base.span, index, context)
            return None if element is None else ToValue(element)


def indexed_value(
    build: Build, base: Expr, span: Span, index: syntax.Expr, context: Context
) -> Expr | None:
    """Return the value of a map at a key, or of a sequence at a position."""
    of = base.type
    if isinstance(of, OptionType) and isinstance(of.element, MapType | SeqType):
        base, of = terms.unwrapped(build.terms, base, of.element), of.element
    found = key_of(build, of, span, index, context)
    if found is None:
        return None
    key, element = found
    return terms.at_key(build.terms, base, key, element)


def key_of(
    build: Build, of: Type, span: Span, index: syntax.Expr, context: Context
) -> tuple[Expr, Type] | None:
    """Return the key that an index gives for a map or sequence, and the type found there."""
    match of:
        case MapType(key, value):
            found = build.expression(build, index, context, key)
            found = fit(build, found, key, index.span)
            return None if found is None else (found, value)
        case SeqType(bound, element):
            position = build.expression(build, index, context, None)
            if position is not None and isinstance(position.type, OptionType):
                position = terms.unwrapped(build.terms, position, position.type.element)
            if position is None:
                return None
            if not isinstance(position.type, IntType):
                fit(build, position, IntType(0, bound - 1), index.span)
                return None
            return position, element
        case _:
            build.collector.error(
                "K131",
                span,
                f"only maps and sequences have an index, and this is a `{describe(of)}`",
            )
            return None


# --- values ---------------------------------------------------------------------------------------


def value_at(build: Build, node: syntax.Expr, context: Context, hint: Type | None) -> Expr | None:
    """Return the value of a name, member or indexed name."""
    found = refer(build, node, context)
    return None if found is None else to_value(build, found, node, context, hint)


def to_value(
    build: Build, found: Referent, node: syntax.Expr, context: Context, hint: Type | None
) -> Expr | None:
    """Return the value of what `node` refers to."""
    match found:
        case ToValue(value):
            return value
        case Member(name, enums):
            return _member_value(build, name, enums, node.span, hint)
        case ToBuiltIn(name):
            build.collector.error("K102", node.span, f"`{name}` is a function; it needs arguments")
            return None
        case ToEntity(entity):
            return _entity_value(build, entity, node.span, context)
        case _:
            assert_never(found)


def _member_value(
    build: Build, name: str, enums: tuple[Entity, ...], span: Span, hint: Type | None
) -> Expr | None:
    types = [entity_type(build, enum, span) for enum in enums]
    wanted = hint.element if isinstance(hint, OptionType) else hint
    fitting = [of for of in types if of is not None and of == wanted] or types
    if len(fitting) > 1:
        build.collector.error(
            "K104",
            span,
            f"`{name}` is a member of several enums, and nothing tells which is meant",
            notes=tuple(Note(enum.span, "one of them") for enum in enums),
            remedy=f"write `{enums[0].name}.{name}`",
        )
        return None
    (of,) = fitting
    assert of is None or isinstance(of, EnumType)
    return None if of is None else terms.literal(build.terms, name, of)


def _entity_value(build: Build, entity: Entity, span: Span, context: Context) -> Expr | None:
    remedy = None
    match entity.decl:
        case syntax.ConstDecl():
            return value_of(build, entity, span)
        case syntax.VarDecl():
            return _variable_value(build, entity, span, context)
        case syntax.SortDecl() | syntax.EnumDecl() | syntax.TypeDecl() | syntax.RecordDecl():
            of = entity_type(build, entity, span)
            if of is None or not is_enumerable(build, of, span, "this set"):
                return None
            return all_values(build, of)
        case syntax.FunctionDecl() | syntax.ProcedureDecl():
            remedy = f"call it: `{entity.name}(...)`"
        case syntax.ProcessDecl():
            remedy = f"write `{entity.name} at ...`, or one of its variables"
        case _:
            pass
    build.collector.error(
        "K102",
        span,
        f"`{entity.name}` is {kind_of_entity(entity)}, not a value",
        notes=(Note(entity.span, "declared here"),),
        remedy=remedy,
    )
    return None


def all_values(build: Build, of: Type) -> Expr:
    """Return the set of all values of a type."""
    # A local of its own, so that sorts stay parametric instead of being listed.
    return terms.all_of(build.terms, terms.fresh("x", of))


def _variable_value(build: Build, entity: Entity, span: Span, context: Context) -> Expr | None:
    # Before the type of the variable is asked for, which could need this very constant.
    if not context.purpose.reads_state:
        build.collector.error(
            "K115",
            span,
            f"`{entity.name}` is a variable, and a constant cannot depend on it",
            notes=(Note(entity.span, "declared here"),),
        )
        return None
    variable = variable_of(build, entity)
    if variable is None:
        return None
    if variable.role is Role.GHOST and not context.purpose.reads_ghosts:
        build.collector.error(
            "K145",
            span,
            f"the ghost `{entity.name}` is read in {context.purpose.value}, where it could "
            "influence the system",
            notes=(Note(entity.span, "declared as a ghost here"),),
            remedy="ghosts are for properties, assertions and other ghosts; "
            "leave `ghost` out if the system needs it",
        )
        return None
    return read_variable(build, variable, context)


def read_variable(build: Build, variable: Variable, context: Context) -> Expr:
    """Return the value of a variable now, or before the step within `old`."""
    if context.is_old:
        return build.terms.intern(ReadOld(variable, variable.type))
    return terms.read(build.terms, variable)


def variable_of(build: Build, entity: Entity) -> Variable | None:
    """Return the variable that a declaration makes, creating it when it is first needed."""
    if entity not in build.variables:
        decl = entity.decl
        assert isinstance(decl, syntax.VarDecl)
        of = type_of(build, decl.type, entity.scope)
        role = Role.GHOST if decl.is_ghost else Role.SHARED
        build.variables[entity] = (
            None if of is None else Variable(entity.name, of, role, None, decl.span)
        )
    return build.variables[entity]
