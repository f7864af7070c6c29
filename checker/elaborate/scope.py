"""Names: what is declared where, and what a name written somewhere stands for.

Every declaration of a specification, of its objects and of the modules it imports becomes one
`Entity`, known by its full dotted name (`Lock.tail`, and `Guard.Lock.tail` inside an import called
`Guard`). A `Scope` holds the entities declared in one place; a name is looked for from the inside
outwards. The members of an enum are visible beside it without its name, as in C; several enums may
share a member, and the type that is expected then decides.

Declarations may be used before they are made: scopes are complete before anything is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from grammar import syntax
from grammar.source import Span

BUILT_INS = frozenset(
    {"size", "len", "first", "last", "rest", "front", "append", "concat", "elements"}
)
"""Functions that every specification has; a declaration of the same name hides them."""

PRIMITIVES = frozenset({"swap", "cas", "fetch_add", "test_and_set"})
"""Hardware primitives; hidden in the same way."""


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """One declaration, compared by identity.

    Attributes:
        name: full dotted name, seen from the root specification.
        scope: where it is declared, and so where the names in it are looked up.
        inner: the scope of its members, for objects and imports.
    """

    name: str
    decl: syntax.Decl
    scope: Scope
    inner: Scope | None = None

    @property
    def span(self) -> Span:
        """Where its name stands."""
        match self.decl:
            case syntax.ImportDecl(alias=name):
                return name.span
            case syntax.PropertyDecl(name=None, span=span):
                return span
            case _:
                assert self.decl.name is not None
                return self.decl.name.span


@dataclass(frozen=True, slots=True)
class Member:
    """A member of one of several enums, by its plain name."""

    name: str
    enums: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """What an import gives for a constant or sort, to be read in the importer's scope."""

    binding: syntax.Binding
    scope: Scope


@dataclass(slots=True, eq=False)
class Scope:
    """The names declared in one place.

    Attributes:
        prefix: what stands before the names in it, with its dot; empty in the root.
        bindings: constants and sorts given by the importer, in the outermost scope of an import.
        is_unknown: the scope of an import that could not be read; it may declare anything.
    """

    prefix: str
    parent: Scope | None
    bindings: Mapping[str, Bound] = field(default_factory=dict)
    names: dict[str, Entity] = field(default_factory=dict)
    members: dict[str, tuple[Entity, ...]] = field(default_factory=dict)
    is_unknown: bool = False

    def outward(self) -> Iterator[Scope]:
        """Yield this scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, name: str) -> Entity | Member | None:
        """Return what a plain name stands for, looking outwards."""
        for scope in self.outward():
            found = scope.own(name)
            if found is not None:
                return found
        return None

    def own(self, name: str) -> Entity | Member | None:
        """Return what a name declared in this very scope stands for."""
        if name in self.names:
            return self.names[name]
        if name in self.members:
            return Member(name, self.members[name])
        return None

    def own_names(self) -> tuple[str, ...]:
        """Return the names declared here, enum members included."""
        return (*self.names, *self.members)

    def visible(self) -> tuple[str, ...]:
        """Return all names that may be written here."""
        return tuple(name for scope in self.outward() for name in scope.own_names())
