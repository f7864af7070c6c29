"""`rank of progress(c) { step worker[d] where ... decreases ... }`: why something is reached.

The names behind the property are those of its quantifiers, in order; those of a helper are new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.elaborate.binders import bound
from checker.elaborate.context import Build, Context, Purpose
from checker.elaborate.operations import truth
from checker.elaborate.scope import Entity
from checker.elaborate.typexprs import kind_of_entity, type_of
from checker.model import terms
from checker.model.ir import Quantifier
from checker.model.temporal import Each, Helper, LeadsTo, Now, Ranking
from checker.model.types import BoolType, IntType, SetType, describe
from grammar import syntax
from grammar.diagnostics import Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.model.temporal import Formula, TemporalProperty
    from checker.model.types import Type
    from grammar.source import Span


def ranking(
    build: Build,
    entity: Entity,
    properties: Sequence[TemporalProperty],
    known: Sequence[Ranking],
) -> Ranking | None:
    """Elaborate the rank of one of the properties; some have one already."""
    decl = entity.decl
    assert isinstance(decl, syntax.RankingDecl)
    named = _property(build, decl, entity.name, properties, known)
    if named is None:
        return None
    response = _response(named.formula)
    if response is None:
        _refuse_property(build, decl, named)
        return None
    locals_, waiting, goal = response
    if len(locals_) != len(decl.parameters):
        build.collector.error(
            "K197",
            decl.span,
            f"`{named.name}` quantifies {len(locals_)} names, and {len(decl.parameters)} are given",
            notes=(Note(named.site, "the property"),),
            remedy=f"write `rank of {named.name}{_names([each.name for each in locals_])}`",
        )
        return None
    context = Context(entity.scope, Purpose.PROPERTY)
    for name, local in zip(decl.parameters, locals_, strict=True):
        context = bound(build, context, name, local)
    helpers = _helpers(build, decl, context)
    if helpers is None:
        return None
    return Ranking(named.name, locals_, waiting, goal, helpers, decl.doc, decl.span)


def _property(
    build: Build,
    decl: syntax.RankingDecl,
    name: str,
    properties: Sequence[TemporalProperty],
    known: Sequence[Ranking],
) -> TemporalProperty | None:
    """Return the property that a rank names, unless it has one already."""
    other = next((each for each in known if each.name == name), None)
    if other is not None:
        build.collector.error(
            "K101",
            decl.name.span,
            f"`{name}` has a rank already",
            notes=(Note(other.site, "here"),),
            remedy="a rank may name several steps that help",
        )
        return None
    named = next((each for each in properties if each.name == name), None)
    if named is None:
        names = [each.name for each in properties]
        build.collector.error(
            "K197",
            decl.name.span,
            f"there is no property `{decl.name.text}`",
            remedy=did_you_mean(decl.name.text, names)
            or "declare `property some_name: forall c: T. p ~> q` and give its name",
        )
    return named


def _helpers(build: Build, decl: syntax.RankingDecl, context: Context) -> tuple[Helper, ...] | None:
    """Elaborate all helpers; there must be one, and their measures must be alike."""
    helpers = [_helper(build, each, context) for each in decl.helpers]
    if not decl.helpers:
        build.collector.error(
            "K197",
            decl.span,
            "this names no step that helps",
            remedy="write `step worker[d] where ... decreases ...`",
        )
        return None
    known = tuple(each for each in helpers if each is not None)
    is_complete = len(known) == len(helpers) and _is_comparable(build, known)
    return known if is_complete else None


def _response(formula: Formula) -> tuple[tuple[Local, ...], Expr, Expr] | None:
    """Return the names, `p` and `q` of `forall names. p ~> q`, if that is what a formula says."""
    locals_: list[Local] = []
    while isinstance(formula, Each) and formula.quantifier is Quantifier.FORALL:
        locals_.append(formula.local)
        formula = formula.body
    match formula:
        case LeadsTo(Now(waiting), Now(goal)):
            return tuple(locals_), waiting, goal
        case _:
            return None


def _refuse_property(build: Build, decl: syntax.RankingDecl, named: TemporalProperty) -> None:
    build.collector.error(
        "K197",
        decl.name.span,
        f"`{named.name}` does not say that one condition leads to another",
        notes=(Note(named.site, "the property"),),
        remedy="a rank is for `forall c: T. p ~> q`, of conditions on states",
    )


def _names(names: Sequence[str]) -> str:
    return f"({', '.join(names)})" if names else ""


# --- helpers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose step helps: a process or an action, and new names for its index or parameters."""

    entity: Entity
    types: tuple[Type, ...]
    names: tuple[syntax.Name, ...]


def _helper(build: Build, node: syntax.Helper, context: Context) -> Helper | None:
    subject = _subject(build, node.step, context)
    if subject is None:
        return None
    locals_ = tuple(
        terms.fresh(name.text, of) for name, of in zip(subject.names, subject.types, strict=True)
    )
    for name, local in zip(subject.names, locals_, strict=True):
        context = bound(build, context, name, local)
    condition = truth(build, node.condition, context)
    measures = [_measure(build, each, context) for each in node.measures]
    known = tuple(each for each in measures if each is not None)
    if condition is None or len(known) < len(measures):
        return None
    state = build.processes.get(subject.entity)
    process = None if state is None else state.process
    action = subject.entity.name if process is None else None
    return Helper(process, action, locals_, condition, known, node.span)


def _is_comparable(build: Build, helpers: tuple[Helper, ...]) -> bool:
    """Report measures that cannot be compared with those of the first helper."""
    for each in helpers[1:]:
        if _kinds(each) != _kinds(helpers[0]):
            build.collector.error(
                "K198",
                each.site,
                "what decreases here is not of the same kinds as above",
                notes=(Note(helpers[0].site, "the first step"),),
                remedy="measures are compared one by one: give as many, numbers for numbers, and "
                "sets for sets of the same type",
            )
            return False
    return True


def _kinds(helper: Helper) -> list[str]:
    return [
        describe(each.type) if isinstance(each.type, SetType) else "a number"
        for each in helper.measures
    ]


def _measure(build: Build, node: syntax.Expr, context: Context) -> Expr | None:
    value = build.expression(build, node, context, None)
    if value is None:
        return None
    match value.type:
        case IntType() | SetType():
            return value
        case BoolType():
            table = build.terms
            one, zero = terms.number(table, 1), terms.number(table, 0)
            return terms.conditional(table, value, one, zero, IntType(0, 1))
        case _:
            build.collector.error(
                "K198",
                node.span,
                f"a value of type `{describe(value.type)}` cannot decrease",
                remedy="give a number, a condition (it becomes false) or a set (it loses elements)",
            )
            return None


def _subject(build: Build, node: syntax.Expr, context: Context) -> _Subject | None:
    match node:
        case syntax.IndexAccess(syntax.NameRef() as named, index):
            entity = _entity(named, context)
            given: tuple[syntax.Expr, ...] = (index,)
        case syntax.Call(syntax.NameRef() as named, arguments):
            entity = _entity(named, context)
            given = tuple(each.value for each in arguments)
        case syntax.NameRef():
            entity = _entity(node, context)
            given = ()
        case _:
            entity, given = None, ()
    names = tuple(
        syntax.Name(each.name, span=each.span) for each in given if isinstance(each, syntax.NameRef)
    )
    if entity is None or len(names) < len(given):
        _refuse(build, node.span, "this is no thread and no action with new names")
        return None
    types = _types(build, entity, is_indexed=isinstance(node, syntax.IndexAccess))
    if types is None or len(types) != len(names):
        what = f"`{entity.name}` is {kind_of_entity(entity)}"
        _refuse(build, node.span, f"{what}; it takes other names than these")
        return None
    return _Subject(entity, types, names)


def _entity(node: syntax.NameRef, context: Context) -> Entity | None:
    found = context.scope.find(node.name)
    return found if isinstance(found, Entity) else None


def _types(build: Build, entity: Entity, *, is_indexed: bool) -> tuple[Type, ...] | None:
    """Return the types of the names that a thread or an action needs."""
    match entity.decl:
        case syntax.ProcessDecl():
            state = build.processes.get(entity)
            if state is None or state.process is None or is_indexed != (state.index is not None):
                return None
            return () if state.index is None else (state.index,)
        case syntax.ActionDecl(parameters=parameters) if not is_indexed:
            types = [type_of(build, each.type, entity.scope) for each in parameters]
            known = tuple(each for each in types if each is not None)
            return known if len(known) == len(types) else None
        case _:
            return None


def _refuse(build: Build, span: Span, message: str) -> None:
    build.collector.error(
        "K198",
        span,
        message,
        remedy="write `step worker[d] where ...` or `step some_action(x) where ...`",
    )
