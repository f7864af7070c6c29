"""Constants: values from the text, from an importer or from `-c`, each checked against its type.

Constants are folded while the system is built. Of the constants and sizes that somebody may choose
(those of the root, and those of imports that the importer leaves alone) `settings` makes the list
for the verdict's scope line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checker.elaborate.coerce import fit, is_convertible
from checker.elaborate.scope import Entity
from checker.elaborate.typexprs import (
    constant_value,
    entity_type,
    type_of,
)
from checker.model.system import Setting
from checker.model.terms import literal
from checker.model.types import (
    BOOL,
    BoolType,
    EnumType,
    IntType,
    SortType,
    Type,
    contains,
    describe,
    show,
)
from grammar import syntax
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.elaborate.context import Build
    from checker.model.ir import Expr, Literal
    from checker.model.types import Value
    from grammar.source import Span

_NUMBER = re.compile(r"[+-]?[0-9][0-9_]{0,30}")


def value_of(build: Build, entity: Entity, use: Span) -> Literal | None:
    """Return the value of a constant, working it out once."""
    if entity not in build.constants:
        if not build.enter(entity, use):
            return None
        build.constants[entity] = _value_of(build, entity)
        build.leave(entity)
    return build.constants[entity]


def _value_of(build: Build, entity: Entity) -> Literal | None:
    decl = entity.decl
    assert isinstance(decl, syntax.ConstDecl)
    declared = None
    if decl.type is not None:
        declared = type_of(build, decl.type, entity.scope)
        if declared is None:
            return None
    bound = entity.scope.bindings.get(decl.name.text)
    if bound is not None:
        node = bound.binding.value
        return _checked(build, constant_value(build, node, bound.scope, declared), declared, node)
    if entity.name in build.overrides:
        return _from_command(build, entity, declared)
    if decl.value is not None:
        value = constant_value(build, decl.value, entity.scope, declared)
        return _checked(build, value, declared, decl.value)
    _report_missing(build, entity)
    return None


def _checked(
    build: Build, value: Literal | None, declared: Type | None, node: syntax.Expr
) -> Literal | None:
    """Return the value as one of the declared type."""
    if value is None or declared is None:
        return value
    fitted: Expr | None = fit(build, value, declared, node.span)
    if fitted is None:
        return None
    # What still needs a check at this point is part of a set, sequence or map.
    folded = getattr(fitted, "value", None)
    if not contains(declared, folded):
        build.collector.error(
            "K113",
            node.span,
            f"{show(value.type, value.value)} is no value of `{describe(declared)}`",
        )
        return None
    return literal(build.terms, folded, fitted.type)


def _report_missing(build: Build, entity: Entity) -> None:
    name = entity.name
    is_root = "." not in name
    remedy = f"write `const {name} = ...`, or give it on the command line: `-c {name}=3`"
    if not is_root:
        importer, _, plain = name.rpartition(".")
        remedy = f"give it where the file is imported: `as {importer}({plain} = 3)`"
    build.collector.error("K110", entity.span, f"`{name}` has no value", remedy=remedy)


# --- the command line -----------------------------------------------------------------------------


def _from_command(build: Build, entity: Entity, declared: Type | None) -> Literal | None:
    text = build.overrides[entity.name].strip()
    wanted = declared
    if wanted is None and isinstance(entity.decl, syntax.ConstDecl) and entity.decl.value:
        written = constant_value(build, entity.decl.value, entity.scope, None)
        if written is None:
            return None
        wanted = written.type
    value, of = _read(text, wanted)
    if value is None or of is None:
        _report_unreadable(build, entity, text, wanted)
        return None
    if declared is not None and not contains(declared, value):
        build.collector.error(
            "K113",
            None,
            f"`-c {entity.name}={text}` is outside {describe(declared)}",
            remedy=f"`{entity.name}` is declared as `{describe(declared)}`",
        )
        return None
    if isinstance(of, EnumType) and wanted is not None and not is_convertible(of, wanted):
        _report_unreadable(build, entity, text, wanted)
        return None
    return literal(build.terms, value, of)


def _read(text: str, wanted: Type | None) -> tuple[Value, Type | None]:
    """Read a plain value as one of the wanted kind; without one, a number or truth value."""
    if (wanted is None or isinstance(wanted, IntType)) and _NUMBER.fullmatch(text):
        value = int(text.replace("_", ""))
        wraps = isinstance(wanted, IntType) and wanted.wraps
        return value, wanted if wraps else IntType(value, value)
    if (wanted is None or isinstance(wanted, BoolType)) and text in {"true", "false"}:
        return text == "true", BOOL
    if isinstance(wanted, EnumType) and text in wanted.members:
        return text, wanted
    return None, None


def _report_unreadable(build: Build, entity: Entity, text: str, wanted: Type | None) -> None:
    match wanted:
        case EnumType(_, members):
            remedy = f"it is one of {', '.join(members)}"
        case BoolType():
            remedy = "it is true or false"
        case IntType():
            remedy = "it is a number"
        case None:
            remedy = "write a number, true or false"
        case _:
            remedy = "only numbers, truth values and members of enums can be given by `-c`"
    build.collector.error(
        "K112",
        None,
        f"`-c {entity.name}={text}` does not give `{entity.name}` a value",
        remedy=remedy,
    )


def check_overrides(build: Build, entities: Iterable[Entity]) -> None:
    """Report settings of names that are no constant or sort, or that an importer has given."""
    known = {
        entity.name: entity
        for entity in entities
        if isinstance(entity.decl, syntax.ConstDecl | syntax.SortDecl)
    }
    for name, text in build.overrides.items():
        entity = known.get(name)
        if entity is None:
            build.collector.error(
                "K111",
                None,
                f"`-c {name}={text}`: there is no constant or sort `{name}`",
                remedy=did_you_mean(name, known) or _offered(known),
            )
        elif is_given(entity):
            build.collector.error(
                "K111",
                None,
                f"`-c {name}={text}`: `{name}` is given by the import",
                remedy="change the import, or the constant that it gives",
            )


def _offered(known: Iterable[str]) -> str:
    names = sorted(known)
    if not names:
        return "this specification has no constants and no sorts"
    verb = "is" if len(names) == 1 else "are"
    return f"there {verb} {', '.join(f'`{name}`' for name in names)}"


def is_given(entity: Entity) -> bool:
    """Tell whether the importer has given the value of this constant or sort."""
    return entity.name.removeprefix(entity.scope.prefix) in entity.scope.bindings


def settings(build: Build, entities: Iterable[Entity]) -> tuple[Setting, ...]:
    """List the constants and sizes of this instance that could have been chosen otherwise."""
    found = []
    for entity in entities:
        match entity.decl:
            case syntax.ConstDecl(value=written) if not is_given(entity):
                value = value_of(build, entity, entity.span)
                if value is not None:
                    shown = show(value.type, value.value)
                    found.append(
                        Setting(entity.name, shown, _origin(build, entity, written), False)
                    )
            case syntax.SortDecl(size=written) if not is_given(entity):
                of = entity_type(build, entity, entity.span)
                if isinstance(of, SortType):
                    origin = _origin(build, entity, written)
                    found.append(Setting(entity.name, str(of.size), origin, True))
            case _:
                pass
    return tuple(found)


def _origin(build: Build, entity: Entity, written: syntax.Expr | None) -> str:
    if entity.name in build.overrides:
        return "command"
    return "default" if written is None else "spec"
