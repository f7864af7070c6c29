"""What can be assigned: variables, locals, and parts of them.

A part of a variable is a place of its own (`ir.Place`). Locals have no places: to change a part of
one is to bind it to a whole value that differs there. The same goes for a process variable that is
kept as an option because its type has no default that treats all elements of a sort alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.elaborate.context import Binding, Build, Context
from checker.elaborate.references import (
    ToBuiltIn,
    ToEntity,
    ToValue,
    key_of,
    refer,
    variable_of,
)
from checker.elaborate.scope import Entity, Member
from checker.elaborate.typexprs import kind_of_entity
from checker.model import terms
from checker.model.ir import (
    Assign,
    Bind,
    Index,
    Local,
    Place,
    Role,
    Variable,
)
from checker.model.types import (
    MapType,
    OptionType,
    RecordType,
    SeqType,
    TupleType,
    Type,
    describe,
)
from grammar import syntax
from grammar.diagnostics import Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be assigned.

    Attributes:
        root: the variable's place, or the local, that is changed.
        path: which part of it, by keys and component numbers.
        value: the present value of the part.
        type: its type.
        option: what the root is kept as, if not as itself.
    """

    root: Place | Local
    path: tuple[Expr | int, ...]
    value: Expr
    type: Type
    whole: Expr
    option: OptionType | None

    @property
    def variable(self) -> Variable | None:
        """The variable concerned; None for a local."""
        return self.root.variable if isinstance(self.root, Place) else None

    @property
    def is_ghost(self) -> bool:
        """Whether the assignment is seen by properties only."""
        return self.variable is not None and self.variable.role is Role.GHOST


def target_of(build: Build, node: syntax.Expr, context: Context) -> Target | None:
    """Return what an assignment to `node` changes, or report why nothing can be assigned there."""
    match node:
        case syntax.NameRef(name) if name in context.locals:
            binding = context.locals[name]
            return None if binding is None else _local(build, node, name, binding)
        case syntax.IndexAccess(base, index):
            found = _base(build, base, context)
            return None if found is None else _element(build, found, base, index, context)
        case syntax.FieldAccess(base, name) if not _is_path(build, base, context):
            found = _base(build, base, context)
            return None if found is None else _field(build, found, base, name)
        case syntax.TupleAccess(base, index):
            found = _base(build, base, context)
            return None if found is None else _component(build, found, base, index)
        case syntax.NameRef() | syntax.FieldAccess():
            return _variable(build, node, context)
        case _:
            _report(build, node.span, "this is a value, not a place that can be assigned")
            return None


def _base(build: Build, node: syntax.Expr, context: Context) -> Target | None:
    return target_of(build, node, context)


def _is_path(build: Build, node: syntax.Expr, context: Context) -> bool:
    """Tell whether a member of `node` is a declaration rather than a field of a value."""
    match node:
        case syntax.NameRef(name):
            if name in context.locals:
                return False
            found = context.scope.find(name)
        case syntax.FieldAccess(base) if _is_path(build, base, context):
            referred = refer(build, node, context)
            found = referred.entity if isinstance(referred, ToEntity) else None
        case syntax.IndexAccess(base):
            return _is_process(build, base, context)
        case _:
            return False
    return isinstance(found, Entity) and not isinstance(found.decl, syntax.VarDecl)


def _is_process(build: Build, node: syntax.Expr, context: Context) -> bool:
    if not isinstance(node, syntax.NameRef | syntax.FieldAccess):
        return False
    if isinstance(node, syntax.NameRef) and (
        node.name in context.locals or context.scope.find(node.name) is None
    ):
        return False
    if isinstance(node, syntax.FieldAccess) and not _is_path(build, node.base, context):
        return False
    found = refer(build, node, context)
    return isinstance(found, ToEntity) and isinstance(found.entity.decl, syntax.ProcessDecl)


def _report(
    build: Build,
    span: Span,
    message: str,
    *,
    declared: Span | None = None,
    remedy: str | None = None,
) -> None:
    notes = () if declared is None else (Note(declared, "declared here"),)
    build.collector.error("K160", span, message, notes=notes, remedy=remedy)


def _local(build: Build, node: syntax.Expr, name: str, binding: Binding) -> Target | None:
    if binding.target is None:
        _report(
            build,
            node.span,
            f"`{name}` is {binding.kind} and keeps its value",
            declared=binding.span,
            remedy=f"declare it with `var {name}` to assign it" if "let" in binding.kind else None,
        )
        return None
    kept = binding.target.type
    option = kept if isinstance(kept, OptionType) and kept != binding.type else None
    return Target(binding.target, (), binding.value, binding.type, binding.value, option)


def _variable(build: Build, node: syntax.Expr, context: Context) -> Target | None:
    found = refer(build, node, context)
    match found:
        case None:
            return None
        case ToEntity(Entity(decl=syntax.VarDecl()) as entity):
            variable = variable_of(build, entity)
            if variable is None:
                return None
            value = terms.read(build.terms, variable)
            return Target(Place(variable, (), variable.type), (), value, variable.type, value, None)
        case ToEntity(entity):
            _report(
                build,
                node.span,
                f"`{entity.name}` is {kind_of_entity(entity)} and cannot be assigned",
                declared=entity.span,
            )
        case Member(name):
            _report(build, node.span, f"`{name}` is a member of an enum and cannot be assigned")
        case ToBuiltIn(name):
            _report(build, node.span, f"`{name}` is a built-in function and cannot be assigned")
        case ToValue():
            _report(
                build,
                node.span,
                "the variables of a process can be assigned in its own code only",
                remedy="declare a shared variable, outside the process",
            )
    return None


# --- parts ----------------------------------------------------------------------------------------


def _is_option(build: Build, base: Target, span: Span) -> bool:
    if not isinstance(base.type, OptionType):
        return False
    _report(
        build,
        span,
        f"this is a `{describe(base.type)}`, and may be none: its parts cannot be assigned",
        remedy="assign the whole value",
    )
    return True


def _element(
    build: Build, base: Target, node: syntax.Expr, index: syntax.Expr, context: Context
) -> Target | None:
    if _is_option(build, base, node.span):
        return None
    found = key_of(build, base.type, node.span, index, context)
    if found is None:
        return None
    key, of = found
    if isinstance(base.type, SeqType) and not _is_stored(base):
        _report(
            build,
            node.span,
            "a single element of a local sequence cannot be assigned",
            remedy="assign the whole sequence, or use a local map `[0..n] T`",
        )
        return None
    value = terms.at_key(build.terms, base.value, key, of)
    return _part(base, key, value, of)


def _is_stored(target: Target) -> bool:
    return isinstance(target.root, Place) and target.option is None


def _part(base: Target, selector: Expr | int, value: Expr, of: Type) -> Target:
    return Target(base.root, (*base.path, selector), value, of, base.whole, base.option)


def _field(build: Build, base: Target, node: syntax.Expr, name: syntax.Name) -> Target | None:
    if _is_option(build, base, node.span):
        return None
    if not isinstance(base.type, RecordType):
        build.collector.error(
            "K103", name.span, f"a value of type `{describe(base.type)}` has no fields"
        )
        return None
    names = [field for field, _ in base.type.fields]
    if name.text not in names:
        build.collector.error(
            "K103",
            name.span,
            f"`{base.type.name}` has no member `{name.text}`",
            remedy=did_you_mean(name.text, names),
        )
        return None
    position = names.index(name.text)
    value = terms.component(build.terms, base.value, position)
    return _part(base, position, value, base.type.fields[position][1])


def _component(build: Build, base: Target, node: syntax.Expr, index: int) -> Target | None:
    if _is_option(build, base, node.span):
        return None
    if not isinstance(base.type, TupleType) or index >= len(base.type.elements):
        build.collector.error("K103", node.span, f"there is no component `.{index}` here")
        return None
    value = terms.component(build.terms, base.value, index)
    return _part(base, index, value, base.type.elements[index])


# --- storing --------------------------------------------------------------------------------------


def store(build: Build, target: Target, value: Expr, site: Span) -> Effect:
    """Return the effect that gives the target a value of its type."""
    if isinstance(target.root, Place) and target.option is None:
        path = (*target.root.path, *target.path)
        return Assign(Place(target.root.variable, path, target.type), value, site)
    whole = _changed(build, target.whole, target.path, value)
    if target.option is not None:
        whole = terms.wrapped(build.terms, whole, target.option)
    if isinstance(target.root, Local):
        return Bind(target.root, whole, site)
    return Assign(target.root, whole, site)


def _changed(build: Build, whole: Expr, path: tuple[Expr | int, ...], value: Expr) -> Expr:
    """Return `whole` with the part at `path` replaced."""
    if not path:
        return value
    selector, rest = path[0], path[1:]
    match whole.type, selector:
        case MapType(key, of) as map_type, _ if not isinstance(selector, int):
            local = terms.fresh("k", key)
            here = terms.reference(build.terms, local)
            old = build.terms.intern(Index(whole, selector, of))
            new = _changed(build, old, rest, value)
            is_it = terms.equal(build.terms, here, selector)
            kept = terms.at_key(build.terms, whole, here, of)
            body = terms.conditional(build.terms, is_it, new, kept, of)
            return terms.map_of(build.terms, local, body, map_type)
        case (RecordType() | TupleType()) as of, int():
            count = len(of.fields) if isinstance(of, RecordType) else len(of.elements)
            parts = [terms.component(build.terms, whole, i) for i in range(count)]
            parts[selector] = _changed(build, parts[selector], rest, value)
            return terms.construct(build.terms, tuple(parts), of)
        case _:
            raise AssertionError(f"no part of a {describe(whole.type)}")
