"""Generic traversal and rewriting of expressions and effects.

Everything that walks over the IR without caring what most nodes mean is built from four functions:
`children` and `map_children` for expressions, `expressions`/`parts` and `map_effect` for effects.
Results are interned again; an expression in which nothing changed is returned as it is.

Substitution needs no renaming: every binder has a `Local` of its own, compared by identity, so that
a free local of the replacement can be captured only by the very binder that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, assert_never

from checker.model.ir import (
    And,
    Apply,
    Assert,
    Assign,
    Bind,
    Choose,
    Conditional,
    Construct,
    Effect,
    Either,
    Expr,
    Field,
    Fold,
    Guard,
    If,
    Implies,
    Index,
    Let,
    Literal,
    Local,
    LocalRef,
    MapOf,
    Or,
    Place,
    Read,
    ReadOld,
    Seq,
    SetFilter,
    While,
)

if TYPE_CHECKING:
    from checker.model.ir import TermTable, Variable

# --- expressions ----------------------------------------------------------------------------------


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct subexpressions in the order of evaluation."""
    match expr:
        case Literal() | Read() | ReadOld() | LocalRef():
            return ()
        case Apply(_, args) | And(args) | Or(args) | Construct(args, _):
            return args
        case Implies(left, right) | Index(left, right) | Let(_, left, right):
            return (left, right)
        case Conditional(condition, then, otherwise):
            return (condition, then, otherwise)
        case Field(base) | MapOf(_, base):
            return (base,)
        case Fold(_, _, domain, body):
            return (body,) if domain is None else (domain, body)
        case SetFilter(_, domain, condition, image):
            return (condition, image) if domain is None else (domain, condition, image)
        case _:
            assert_never(expr)


def binder(expr: Expr) -> Local | None:
    """Return the local that the expression binds in some of its parts."""
    match expr:
        case Fold(_, local) | SetFilter(local) | MapOf(local) | Let(local):
            return local
        case _:
            return None


def map_children(expr: Expr, visit: Callable[[Expr], Expr], terms: TermTable) -> Expr:
    """Return the expression with each direct subexpression replaced by what `visit` makes of it."""
    old = children(expr)
    new = tuple(visit(child) for child in old)
    if all(a is b for a, b in zip(old, new, strict=True)):
        return expr
    return _with_children(expr, new, terms)


def _with_children(expr: Expr, new: tuple[Expr, ...], terms: TermTable) -> Expr:
    match expr:
        case Literal() | Read() | ReadOld() | LocalRef():
            return expr
        case Apply(op, _, of):
            return terms.intern(Apply(op, new, of))
        case And():
            return terms.intern(And(new))
        case Or():
            return terms.intern(Or(new))
        case Construct(_, constructed):
            return terms.intern(Construct(new, constructed))
        case Implies():
            return terms.intern(Implies(new[0], new[1]))
        case Index(_, _, of):
            return terms.intern(Index(new[0], new[1], of))
        case Let(local, _, _, of):
            return terms.intern(Let(local, new[0], new[1], of))
        case Conditional(_, _, _, of):
            return terms.intern(Conditional(new[0], new[1], new[2], of))
        case Field(_, index, of):
            return terms.intern(Field(new[0], index, of))
        case MapOf(local, _, map_type):
            return terms.intern(MapOf(local, new[0], map_type))
        case Fold(quantifier, local, domain, _, of):
            inner = None if domain is None else new[0]
            return terms.intern(Fold(quantifier, local, inner, new[-1], of))
        case SetFilter(local, domain, _, _, of):
            inner = None if domain is None else new[0]
            return terms.intern(SetFilter(local, inner, new[-2], new[-1], of))
        case _:
            assert_never(expr)


def substitute(expr: Expr, replacements: Mapping[Local, Expr], terms: TermTable) -> Expr:
    """Return the expression with free locals replaced by expressions of the same types."""
    if not replacements:
        return expr
    done: dict[Expr, Expr] = {}

    def visit(term: Expr) -> Expr:
        if isinstance(term, LocalRef):
            return replacements.get(term.local, term)
        if term not in done:
            assert binder(term) not in replacements, "a local is bound here and free elsewhere"
            done[term] = map_children(term, visit, terms)
        return done[term]

    return visit(expr)


def free_locals(expr: Expr) -> frozenset[Local]:
    """Return the locals that the expression reads and does not bind itself."""
    done: dict[Expr, frozenset[Local]] = {}

    def visit(term: Expr) -> frozenset[Local]:
        if isinstance(term, LocalRef):
            return frozenset({term.local})
        if term not in done:
            found = frozenset[Local]().union(*(visit(child) for child in children(term)))
            done[term] = found - {binder(term)}
        return done[term]

    return visit(expr)


def variables_read(expr: Expr) -> frozenset[Variable]:
    """Return the variables whose present or old value the expression reads."""
    found: set[Variable] = set()
    seen: set[Expr] = set()
    pending = [expr]
    while pending:
        term = pending.pop()
        if term in seen:
            continue
        seen.add(term)
        if isinstance(term, Read | ReadOld):
            found.add(term.variable)
        pending.extend(children(term))
    return frozenset(found)


# --- effects --------------------------------------------------------------------------------------


def parts(effect: Effect) -> tuple[Effect, ...]:
    """Return the direct sub-effects in order."""
    match effect:
        case Seq(effects) | Either(effects):
            return effects
        case If(_, then, otherwise):
            return (then, otherwise)
        case While(_, body) | Choose(_, _, body):
            return (body,)
        case Assign() | Bind() | Guard() | Assert():
            return ()
        case _:
            assert_never(effect)


def expressions(effect: Effect) -> tuple[Expr, ...]:
    """Return the effect's own expressions, in the order of evaluation."""
    match effect:
        case Seq() | Either():
            return ()
        case Assign(place, value):
            return (*keys(place), value)
        case Bind(_, value):
            return (value,)
        case If(condition) | While(condition) | Guard(condition) | Assert(condition):
            return (condition,)
        case Choose(_, domain):
            return () if domain is None else (domain,)
        case _:
            assert_never(effect)


def keys(place: Place) -> tuple[Expr, ...]:
    """Return the expressions in a place's path."""
    return tuple(selector for selector in place.path if not isinstance(selector, int))


def map_effect(
    effect: Effect, on_expr: Callable[[Expr], Expr], on_effect: Callable[[Effect], Effect]
) -> Effect:
    """Return the effect with its own expressions and its direct sub-effects replaced."""
    match effect:
        case Seq(effects):
            return Seq(tuple(on_effect(each) for each in effects))
        case Assign(place, value, site):
            return Assign(map_place(place, on_expr), on_expr(value), site)
        case Bind(local, value, site):
            return Bind(local, on_expr(value), site)
        case If(condition, then, otherwise, site):
            return If(on_expr(condition), on_effect(then), on_effect(otherwise), site)
        case While(condition, body, site):
            return While(on_expr(condition), on_effect(body), site)
        case Choose(local, domain, body, site):
            inner = None if domain is None else on_expr(domain)
            return Choose(local, inner, on_effect(body), site)
        case Either(branches, site):
            return Either(tuple(on_effect(branch) for branch in branches), site)
        case Guard(condition, site):
            return Guard(on_expr(condition), site)
        case Assert(condition, message, site):
            return Assert(on_expr(condition), message, site)
        case _:
            assert_never(effect)


def map_place(place: Place, on_expr: Callable[[Expr], Expr]) -> Place:
    """Return the place with the expressions of its path replaced."""
    path = tuple(each if isinstance(each, int) else on_expr(each) for each in place.path)
    return Place(place.variable, path, place.type)


def substitute_in_effect(
    effect: Effect, replacements: Mapping[Local, Expr], terms: TermTable
) -> Effect:
    """Return the effect with locals that it does not bind replaced by expressions."""

    def visit(each: Effect) -> Effect:
        bound = each.local if isinstance(each, Bind | Choose) else None
        assert bound not in replacements, "a local is bound here and free elsewhere"
        return map_effect(each, lambda expr: substitute(expr, replacements, terms), visit)

    return visit(effect)


def locals_bound(effect: Effect) -> frozenset[Local]:
    """Return the locals that the effect may bind."""
    inner = frozenset[Local]().union(*(locals_bound(part) for part in parts(effect)))
    return inner | {effect.local} if isinstance(effect, Bind | Choose) else inner


def locals_always_bound(effect: Effect) -> frozenset[Local]:
    """Return the locals that every completed execution of the effect binds."""
    match effect:
        case Seq(effects):
            return frozenset[Local]().union(*(locals_always_bound(each) for each in effects))
        case Bind(local):
            return frozenset({local})
        case Choose(local, _, body):
            return locals_always_bound(body) | {local}
        case If(_, then, otherwise):
            return locals_always_bound(then) & locals_always_bound(otherwise)
        case Either(branches):
            return frozenset.intersection(*(locals_always_bound(each) for each in branches))
        case While() | Assign() | Guard() | Assert():
            return frozenset()
        case _:
            assert_never(effect)


def locals_needed(effect: Effect) -> frozenset[Local]:
    """Return the locals that the effect may read before it binds them."""
    if isinstance(effect, Seq):
        needed: frozenset[Local] = frozenset()
        for each in reversed(effect.effects):
            needed = locals_needed(each) | (needed - locals_always_bound(each))
        return needed
    own = frozenset[Local]().union(*(free_locals(expr) for expr in expressions(effect)))
    inner = frozenset[Local]().union(*(locals_needed(part) for part in parts(effect)))
    return own | (inner - {effect.local} if isinstance(effect, Choose) else inner)
