"""Shared accesses: what a statement reads and writes that other threads can see.

An access is one variable, or one part of it named by a path, read or written. Equal reads in one
statement are one access. What a quantifier reads at its own variable is many. Where only one of two
expressions is evaluated, the one with more accesses counts.

Private to a thread, and so free, are its own locals: variables with role LOCAL, and its control,
that it owns, under `self` where it is one of many. Ghost variables and assertions are the checker's
business, not the machine's: they are free too, with all that is computed for them alone. An
assertion that looks at shared state makes no access, yet others may act before it, so it is told
apart (`observes`).

Honest atomicity: a statement outside `atomic` with more than one access is one step here and
several on a machine. A hardware primitive may read and write one place in one access. That is a
warning, and a note on the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from checker.model.ir import (
    Assert,
    Assign,
    Bind,
    Choose,
    Conditional,
    Either,
    Expr,
    Field,
    Fold,
    Guard,
    If,
    Index,
    Let,
    LocalRef,
    MapOf,
    Read,
    Role,
    Seq,
    SetFilter,
    While,
)
from checker.model.render import render
from checker.model.rewrite import children, free_locals, keys, locals_bound, parts
from checker.model.system import AtomicityNote
from checker.steps.code import Do, Pause, Pick, Wait
from checker.steps.codes import SEVERAL_ACCESSES
from checker.steps.flow import Enter, Leave, Node, Open, Pass, Split, Test

if TYPE_CHECKING:
    from checker.model.ir import Effect, Local, Variable
    from grammar.diagnostics import Collector


@dataclass(frozen=True, slots=True)
class Access:
    """One shared access; equal ones are the same."""

    variable: Variable
    path: tuple[Expr | int, ...]
    is_write: bool
    is_many: bool

    def __str__(self) -> str:
        """Render as "reads `next[self]`"."""
        verb = "writes" if self.is_write else "reads"
        several = " for several values" if self.is_many else ""
        return f"{verb} `{self.variable.name}{''.join(map(_selector, self.path))}`{several}"


Accesses = dict[Access, None]
"""A set of accesses in the order in which they are made."""


@dataclass(frozen=True, slots=True)
class Touch:
    """What one operation has to do with shared state."""

    accesses: tuple[Access, ...]
    observes: bool

    def __bool__(self) -> bool:
        """Tell whether others acting before it could make a difference."""
        return bool(self.accesses) or self.observes


@dataclass(frozen=True, slots=True)
class Thread:
    """Whose code it is; `self_local` is its index, None when it is the only one."""

    name: str
    self_local: Local | None

    def touch(self, node: Node, declared: frozenset[Local]) -> Touch:
        """Return a node's shared accesses; `declared` are the locals of the code's scopes."""
        return Touch(*_touch(node, self, declared))

    def owns(self, variable: Variable, path: tuple[Expr | int, ...]) -> bool:
        """Tell whether no other thread can reach this part of the variable."""
        if variable.role not in {Role.LOCAL, Role.CONTROL} or variable.owner != self.name:
            return False
        if self.self_local is None:
            return True
        return bool(path) and isinstance(path[0], LocalRef) and path[0].local is self.self_local

    def is_shared(self, variable: Variable, path: tuple[Expr | int, ...]) -> bool:
        """Tell whether reaching this part of the variable is a shared access."""
        return variable.role is not Role.GHOST and not self.owns(variable, path)


def report(node: Node, touch: Touch, *, collector: Collector) -> AtomicityNote | None:
    """Warn about a node, not inside `atomic`, that makes more accesses than a machine allows."""
    is_primitive = isinstance(node.operation, Do) and node.operation.is_primitive
    counted = {(each.variable, each.path): None for each in touch.accesses}
    count = len(counted) if is_primitive else len(touch.accesses)
    if count < 2 and not any(access.is_many for access in touch.accesses):
        return None
    texts = tuple(str(access) for access in touch.accesses)
    collector.warning(
        SEVERAL_ACCESSES,
        node.site,
        f"this step makes more than one shared access: it {_listed(texts)}",
        remedy="read into a local first, one access to a statement, or write `atomic` before it",
    )
    return AtomicityNote(node.site, texts)


def _listed(texts: tuple[str, ...]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else texts[0]


def _selector(selector: Expr | int) -> str:
    return f".{selector}" if isinstance(selector, int) else f"[{render(selector)}]"


# --- operations -----------------------------------------------------------------------------------


def _touch(
    node: Node, thread: Thread, declared: frozenset[Local]
) -> tuple[tuple[Access, ...], bool]:
    finder = _Finder(thread)
    match node.operation:
        case Do(effect, is_primitive):
            # What a primitive binds serves the condition after it, even if no scope declares it.
            kept = locals_bound(effect) if is_primitive else declared
            return tuple(finder.effect(effect, set(kept))), finder.observes(effect)
        case Test(condition) | Wait(condition):
            return tuple(finder.reads(condition)), False
        case Pick(local, domain, condition):
            found: Accesses = {} if domain is None else finder.reads(domain)
            if condition is not None:
                found = found | finder.reads(condition, frozenset({local}))
            return tuple(found), False
        case Pause() | Split() | Open() | Enter() | Leave() | Pass():
            return (), False
        case _:
            assert_never(node.operation)


class _Finder:
    def __init__(self, thread: Thread) -> None:
        self._thread = thread
        self._known: dict[tuple[Expr, frozenset[Local]], Accesses] = {}

    def reads(self, expr: Expr, bound: frozenset[Local] = frozenset()) -> Accesses:
        """Return the accesses of an expression; what depends on `bound` locals is many."""
        if (expr, bound) not in self._known:
            self._known[expr, bound] = self._reads(expr, bound)
        return self._known[expr, bound]

    def _reads(self, expr: Expr, bound: frozenset[Local]) -> Accesses:
        match expr:
            case Read() | Index() | Field():
                return self._path(expr, bound)
            case Conditional(condition, then, otherwise):
                both = (self.reads(then, bound), self.reads(otherwise, bound))
                return self.reads(condition, bound) | _larger(both)
            case Fold(_, local) | SetFilter(local) | MapOf(local):
                inner = bound | {local}
            case Let(local, value):
                inner = bound | {local} if free_locals(value) & bound else bound
            case _:
                inner = bound
        found: Accesses = {}
        for child in children(expr):
            found = found | self.reads(child, inner)
        return found

    def _path(self, expr: Expr, bound: frozenset[Local]) -> Accesses:
        """Return the accesses of a chain of selections, one for the whole chain if it is shared."""
        found: Accesses = {}
        path: list[Expr | int] = []
        base = expr
        while isinstance(base, Index | Field):
            if isinstance(base, Index):
                found = self.reads(base.key, bound) | found
                path.insert(0, base.key)
            else:
                path.insert(0, base.index)
            base = base.base
        if not isinstance(base, Read):
            return self.reads(base, bound) | found
        if self._thread.is_shared(base.variable, tuple(path)):
            is_many = bool(free_locals(expr) & bound)
            found = found | {Access(base.variable, tuple(path), False, is_many): None}
        return found

    def observes(self, effect: Effect) -> bool:
        """Tell whether an assertion in the effect looks at what others can change."""
        if isinstance(effect, Assert):
            return bool(self.reads(effect.condition))
        return any(self.observes(part) for part in parts(effect))

    def effect(self, effect: Effect, needed: set[Local]) -> Accesses:
        """Return the accesses of an effect.

        `needed` are the locals whose values matter after it; on return, before it. A binding that
        only ghosts use is as free as they are.
        """
        match effect:
            case Seq(effects):
                found: Accesses = {}
                for each in reversed(effects):
                    found = self.effect(each, needed) | found
                return found
            case Assign(place, value):
                if place.variable.role is Role.GHOST:
                    return {}
                found = self._all((value, *keys(place)), needed)
                if self._thread.is_shared(place.variable, place.path):
                    found = found | {Access(place.variable, place.path, True, False): None}
                return found
            case Bind(local, value):
                return self._all((value,), needed) if local in needed else {}
            case If(condition, then, otherwise):
                inner = self._one_of((then, otherwise), needed)
                return self._all((condition,), needed) | inner
            case Either(branches):
                return self._one_of(branches, needed)
            case While(condition, body):
                own = self._all((condition,), needed)
                return own | self.effect(body, needed)
            case Choose(_, domain, body):
                inner = self.effect(body, needed)
                return (self._all((domain,), needed) if domain is not None else {}) | inner
            case Guard(condition):
                return self._all((condition,), needed)
            case Assert():
                return {}
            case _:
                assert_never(effect)

    def _all(self, exprs: Iterable[Expr], needed: set[Local]) -> Accesses:
        found: Accesses = {}
        for expr in exprs:
            needed |= free_locals(expr)
            found = found | self.reads(expr)
        return found

    def _one_of(self, branches: Iterable[Effect], needed: set[Local]) -> Accesses:
        after = frozenset(needed)
        found: list[Accesses] = []
        for branch in branches:
            inner = set(after)
            found.append(self.effect(branch, inner))
            needed |= inner
        return _larger(found)


def _larger(alternatives: Iterable[Accesses]) -> Accesses:
    return max(alternatives, key=lambda found: sum(2 if each.is_many else 1 for each in found))
