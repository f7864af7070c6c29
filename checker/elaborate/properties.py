"""Properties, assumptions, and the conditions on initial and terminal states.

An invariant or step property is split where it says `and`, also below `forall`, so that a violation
names the part that failed. The parts are elaborated one by one, each at its own place in the text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from checker.elaborate.context import Build, Context, Purpose
from checker.elaborate.operations import truth
from checker.model.system import Assumption, Conjunct, Property, PropertyKind
from grammar import syntax
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.elaborate.scope import Entity
    from checker.model.ir import Expr

_KINDS: Final = {
    "invariant": PropertyKind.INVARIANT,
    "lemma": PropertyKind.INVARIANT,
    "step": PropertyKind.STEP,
    "reachable": PropertyKind.REACHABLE,
}


def check_names(build: Build, entities: Iterable[Entity]) -> None:
    """Report names that two properties share."""
    first: dict[str, Entity] = {}
    for entity in entities:
        decl = entity.decl
        if not isinstance(decl, syntax.PropertyDecl):
            continue
        if decl.name is None:
            assert decl.kind in {"initially", "terminal"}, "the grammar asks the others for a name"
            continue
        other = first.setdefault(entity.name, entity)
        if other is not entity:
            build.collector.error(
                "K101",
                decl.name.span,
                f"two properties are called `{entity.name}`",
                notes=(Note(other.span, "first declared here"),),
                remedy="give one of them another name",
            )


def condition(build: Build, entity: Entity) -> Expr | None:
    """Elaborate an `initially` or `terminal` condition."""
    decl = entity.decl
    assert isinstance(decl, syntax.PropertyDecl)
    # What restricts the initial states is part of the system, and the system knows no ghosts.
    purpose = Purpose.INITIAL if decl.kind == "initially" else Purpose.PROPERTY
    return truth(build, decl.expression, Context(entity.scope, purpose))


def assumption(build: Build, entity: Entity) -> Assumption | None:
    """Elaborate an `assume`, which speaks of constants only."""
    decl = entity.decl
    assert isinstance(decl, syntax.PropertyDecl)
    found = truth(build, decl.expression, Context(entity.scope, Purpose.CONSTANT))
    if found is None:
        return None
    return Assumption(entity.name, found, decl.expression.span)


def checked(build: Build, entity: Entity) -> Property | None:
    """Elaborate an invariant, lemma, step property or `reachable`."""
    decl = entity.decl
    assert isinstance(decl, syntax.PropertyDecl)
    kind = _KINDS[decl.kind]
    purpose = Purpose.STEP if kind is PropertyKind.STEP else Purpose.PROPERTY
    context = Context(entity.scope, purpose)
    nodes = [decl.expression]
    if kind is not PropertyKind.REACHABLE:
        nodes = conjuncts(decl.expression)
    found = [truth(build, node, context) for node in nodes]
    known = [each for each in found if each is not None]
    if len(known) < len(nodes):
        return None
    parts = tuple(
        Conjunct(
            entity.name if len(nodes) == 1 else f"{entity.name}.{number}",
            expression,
            node.span,
        )
        for number, (node, expression) in enumerate(zip(nodes, known, strict=True), start=1)
    )
    is_lemma = decl.kind == "lemma"
    return Property(kind, entity.name, parts, decl.doc, decl.span, is_lemma=is_lemma)


def conjuncts(node: syntax.Expr) -> list[syntax.Expr]:
    """Split a condition at `and`, also below `forall`."""
    found: list[syntax.Expr] = []
    pending = [node]
    while pending:
        each = pending.pop()
        match each:
            case syntax.Binary("and", left, right):
                pending += [right, left]
            case syntax.Quantified("forall", _, None, body):
                parts = conjuncts(body)
                if len(parts) == 1:
                    found.append(each)
                else:
                    found += [replace(each, body=part, span=part.span) for part in parts]
            case _:
                found.append(each)
    return found
