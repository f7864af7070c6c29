"""From files to entities: objects are opened, and every import becomes an instance of its own.

Imports of one file do not share state: each has its own entities, whose names begin with the
import's name. What stands in the imported file is part of the system as if it stood in the
importer: its processes run, its invariants are checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from checker.elaborate.scope import Bound, Entity, Scope
from grammar import syntax
from grammar.diagnostics import Collector, Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

Imported: TypeAlias = "Callable[[syntax.ImportDecl], syntax.Specification | None]"
"""Tells which specification an import stands for; None when it could not be read."""


@dataclass(slots=True, eq=False)
class World:
    """Everything declared, in the order in which it was written, imports where they stand."""

    root: Scope
    entities: list[Entity] = field(default_factory=list)


def instantiate(
    specification: syntax.Specification, imported: Imported, collector: Collector
) -> World:
    """Open the specification with all its objects and imports."""
    world = World(Scope("", None))
    opener = _Opener(world, imported, collector)
    opener.open(specification.declarations, world.root)
    return world


@dataclass(frozen=True, slots=True)
class _Opener:
    world: World
    imported: Imported
    collector: Collector

    def open(self, declarations: Iterable[syntax.Decl], scope: Scope) -> None:
        """Declare everything in the scope, and what is inside it in scopes of their own."""
        for decl in declarations:
            entity = self._entity(decl, scope)
            self.world.entities.append(entity)
            self._declare(entity, scope)
            match decl:
                case syntax.ObjectDecl(members=members):
                    assert entity.inner is not None
                    self.open(members, entity.inner)
                case syntax.ImportDecl():
                    self._open_import(decl, entity)
                case syntax.EnumDecl(members=members):
                    self._declare_members(entity, members, scope)
                case _:
                    pass

    def _entity(self, decl: syntax.Decl, scope: Scope) -> Entity:
        match decl:
            case syntax.ObjectDecl(name=name):
                inner = Scope(f"{scope.prefix}{name.text}.", scope)
            case syntax.ImportDecl(alias=name, bindings=bindings):
                given = {binding.name.text: Bound(binding, scope) for binding in bindings}
                # An imported file sees nothing of its importer but what is given to it.
                inner = Scope(f"{scope.prefix}{name.text}.", None, given)
                return Entity(f"{scope.prefix}{name.text}", decl, scope, inner)
            case syntax.PropertyDecl(kind=kind, name=None):
                return Entity(f"{scope.prefix}{kind}", decl, scope)
            case _:
                assert decl.name is not None
                return Entity(f"{scope.prefix}{decl.name.text}", decl, scope)
        return Entity(f"{scope.prefix}{name.text}", decl, scope, inner)

    def _declare(self, entity: Entity, scope: Scope) -> None:
        # Properties are names for reports only: they may be called like what they speak about.
        named_only = (
            syntax.PropertyDecl
            | syntax.RefinementDecl
            | syntax.RankingDecl
            | syntax.LockOrderDecl
            | syntax.FailureDecl
        )
        if isinstance(entity.decl, named_only):
            return
        name = entity.name.removeprefix(scope.prefix)
        first = scope.own(name)
        if first is None:
            scope.names[name] = entity
            return
        span = first.span if isinstance(first, Entity) else first.enums[0].span
        self.collector.error(
            "K101",
            entity.span,
            f"`{name}` is declared twice",
            notes=(Note(span, "first declared here"),),
            remedy="give one of them another name",
        )

    def _declare_members(
        self, enum: Entity, members: tuple[syntax.Name, ...], scope: Scope
    ) -> None:
        seen: dict[str, syntax.Name] = {}
        for member in members:
            first = seen.setdefault(member.text, member)
            other = scope.names.get(member.text)
            if first is not member or other is not None:
                self.collector.error(
                    "K101",
                    member.span,
                    f"`{member.text}` is declared twice",
                    notes=(Note(other.span if other else first.span, "first declared here"),),
                    remedy="give one of them another name",
                )
                continue
            scope.members[member.text] = (*scope.members.get(member.text, ()), enum)

    def _open_import(self, decl: syntax.ImportDecl, entity: Entity) -> None:
        specification = self.imported(decl)
        assert entity.inner is not None
        if specification is None:
            entity.inner.is_unknown = True
            return
        self._check_bindings(decl, specification)
        self.open(specification.declarations, entity.inner)

    def _check_bindings(self, decl: syntax.ImportDecl, specification: syntax.Specification) -> None:
        open_names = {
            each.name.text
            for each in specification.declarations
            if isinstance(each, syntax.ConstDecl | syntax.SortDecl)
        }
        seen: set[str] = set()
        for binding in decl.bindings:
            name = binding.name.text
            if name not in open_names:
                self.collector.error(
                    "K125",
                    binding.name.span,
                    f"`{specification.name.text}` has no constant or sort `{name}`",
                    remedy=did_you_mean(name, open_names) or _choices(open_names),
                )
            elif name in seen:
                self.collector.error("K125", binding.name.span, f"`{name}` is given twice")
            seen.add(name)


def _choices(names: set[str]) -> str:
    if not names:
        return "it takes nothing; leave the parentheses out"
    return f"it has {', '.join(f'`{name}`' for name in sorted(names))}"
