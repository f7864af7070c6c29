"""Locals that become state.

A local whose value is needed after the thread has rested is a variable of the state: a map from the
thread's index, or a plain variable of the only thread. It has its default outside its scope, so the
inlined copies of one procedure, of which a thread runs at most one at a time, share it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from checker.model.ir import (
    Assign,
    Bind,
    Choose,
    Expr,
    Guard,
    Index,
    Literal,
    Local,
    LocalRef,
    Place,
    Read,
    Role,
    Seq,
    TermTable,
    Variable,
)
from checker.model.rewrite import expressions, map_effect, parts, substitute, variables_read
from checker.model.types import MapType, Type, default
from checker.steps.code import Do, Pause, Pick, Wait
from checker.steps.flow import Call, Enter, Leave, Open, Pass, Split, Test

if TYPE_CHECKING:
    from checker.model.ir import Effect
    from checker.steps.flow import Flow, Operation
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class Owner:
    """The thread whose locals these are; `index` and `self_local` are None for an only one."""

    name: str
    index: Type | None
    self_local: Local | None
    site: Span


def unique(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number behind it if it is taken."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}#{number}"
    return candidate


def declare(flow: Flow, promoted: Collection[Local], owner: Owner) -> dict[Local, Variable]:
    """Return the state variable of each promoted local.

    Locals of one name and type, at the same place among those of that name in two copies of a
    procedure, get the same variable.
    """
    taken = {v.name for v in _variables_named(flow) if v.owner == owner.name}
    shared: dict[tuple[str, str, int, Type], Variable] = {}
    counts: dict[tuple[Call | None, str], int] = {}
    found: dict[Local, Variable] = {}
    for local, call in flow.declared.items():
        ordinal = counts.setdefault((call, local.name), 0)
        counts[call, local.name] += 1
        if local not in promoted:
            continue
        place = "" if call is None else f".{call.place}"
        key = (place, local.name, ordinal, local.type)
        if key not in shared:
            name = unique(f"{owner.name}{place}.{local.name}", taken)
            taken.add(name)
            of = local.type if owner.index is None else MapType(owner.index, local.type)
            shared[key] = Variable(name, of, Role.LOCAL, owner.name, owner.site)
        found[local] = shared[key]
    return found


@dataclass(frozen=True, slots=True)
class Translator:
    """Code in terms of locals, to code in terms of the state variables that some of them became."""

    variables: Mapping[Local, Variable]
    self_ref: LocalRef | None
    terms: TermTable
    reads: Mapping[Local, Expr]

    def place(self, variable: Variable, of: Type) -> Place:
        """Return this thread's part of one of its variables."""
        return Place(variable, () if self.self_ref is None else (self.self_ref,), of)

    def default(self, local: Local) -> Expr:
        """Return the value that a local has when its scope begins."""
        return self.terms.intern(Literal(default(local.type), local.type))

    def expr(self, expr: Expr) -> Expr:
        """Translate an expression."""
        return substitute(expr, self.reads, self.terms)

    def bind(self, local: Local, value: Expr, site: Span) -> Effect:
        """Return what gives a local a value that is translated already."""
        if local not in self.variables:
            return Bind(local, value, site)
        return Assign(self.place(self.variables[local], local.type), value, site)

    def effect(self, effect: Effect) -> Effect:
        """Translate an effect."""
        match effect:
            case Bind(local, value, site):
                return self.bind(local, self.expr(value), site)
            case Choose(local, domain, body, site):
                inner = None if domain is None else self.expr(domain)
                return self._choose(local, inner, None, self.effect(body), site)
            case _:
                return map_effect(effect, self.expr, self.effect)

    def pick(self, pick: Pick, rest: Effect) -> Effect:
        """Return the choice that a `choose` makes; `rest`, translated already, follows it."""
        domain = None if pick.domain is None else self.expr(pick.domain)
        return self._choose(pick.local, domain, pick.condition, rest, pick.site)

    def _choose(
        self, local: Local, domain: Expr | None, condition: Expr | None, rest: Effect, site: Span
    ) -> Effect:
        """Choose a value, drop those that fail the condition, and only then touch the state."""
        picked, before_rest = local, []
        if local in self.variables:
            picked = Local(local.name, local.type)
            value = self.terms.intern(LocalRef(picked, picked.type))
            before_rest = [self.bind(local, value, site)]
            if condition is not None:
                condition = substitute(condition, {local: value}, self.terms)
        if condition is not None:
            before_rest.insert(0, Guard(self.expr(condition), site))
        return Choose(picked, domain, sequence([*before_rest, rest]), site)


def translator(
    variables: Mapping[Local, Variable], self_local: Local | None, terms: TermTable
) -> Translator:
    """Return the translator for a thread whose promoted locals are `variables`."""
    self_ref = None
    if self_local is not None:
        self_ref = terms.intern(LocalRef(self_local, self_local.type))
    reads: dict[Local, Expr] = {}
    for local, variable in variables.items():
        whole = terms.intern(Read(variable, variable.type))
        reads[local] = whole
        if self_ref is not None:
            reads[local] = terms.intern(Index(whole, self_ref, local.type))
    return Translator(variables, self_ref, terms, reads)


def sequence(effects: Iterable[Effect]) -> Effect:
    """Return the effects one after the other, without nesting."""
    flat: list[Effect] = []
    for each in effects:
        flat += each.effects if isinstance(each, Seq) else (each,)
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


# --- names ----------------------------------------------------------------------------------------


def _variables_named(flow: Flow) -> frozenset[Variable]:
    found: set[Variable] = set()
    for node in flow.nodes:
        for expr in _expressions(node.operation):
            found |= variables_read(expr)
        if isinstance(node.operation, Do):
            found |= _variables_of_effect(node.operation.effect)
    return frozenset(found)


def _variables_of_effect(effect: Effect) -> frozenset[Variable]:
    found = frozenset[Variable]().union(*(_variables_of_effect(part) for part in parts(effect)))
    found = found.union(*(variables_read(expr) for expr in expressions(effect)))
    return found | {effect.place.variable} if isinstance(effect, Assign) else found


def _expressions(operation: Operation) -> Iterator[Expr]:
    match operation:
        case Test(condition) | Wait(condition):
            yield condition
        case Pick(_, domain, condition):
            if domain is not None:
                yield domain
            if condition is not None:
                yield condition
        case Do() | Pause() | Split() | Open() | Enter() | Leave() | Pass():
            return
        case _:
            assert_never(operation)
