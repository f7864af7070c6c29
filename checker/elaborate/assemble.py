"""From parsed files to a system: `build_system`.

The order follows what needs what. Names first; constants, types and variables when something needs
them; processes are declared, their code elaborated and cut into steps, so that control points are
known; actions and properties, which may speak of them, come last. A mistake stops none of this:
what depends on it is left out silently, everything else is still looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from checker.elaborate.constants import check_overrides, settings, value_of
from checker.elaborate.context import Build
from checker.elaborate.control import replaced, replaced_in_effect
from checker.elaborate.expressions import expression
from checker.elaborate.failures import check_places, declare_failures, failures, is_over
from checker.elaborate.instances import Imported, instantiate
from checker.elaborate.interrupts import attach, is_handler, masks, preempted
from checker.elaborate.locks import check_discipline, declare_locks, holdings, no_deadlock
from checker.elaborate.processes import (
    action,
    check_function,
    check_procedure,
    declare_process,
    lowered,
    process_code,
)
from checker.elaborate.properties import assumption, check_names, checked, condition
from checker.elaborate.ranking import ranking
from checker.elaborate.refinement import abstraction, refinement, without_ghosts
from checker.elaborate.state import Initial, initial, initial_effect, ordered
from checker.elaborate.statements import block
from checker.elaborate.temporal import bypass, temporal_property
from checker.elaborate.typexprs import entity_type
from checker.model import terms
from checker.model.ir import Guard, Seq
from checker.model.sizes import MAX_BITS, bits
from checker.model.system import System
from checker.model.types import SortType
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.locks import Locks
    from checker.elaborate.scope import Entity
    from checker.model.ir import Effect, Expr, Local, Variable
    from checker.model.system import Action, Assumption, Property
    from checker.model.temporal import Bypass, Ranking, Refinement, TemporalProperty
    from checker.steps.code import Code
    from checker.steps.cut import LoweredProcess
    from grammar.diagnostics import Collector
    from grammar.modules import ModuleGraph
    from grammar.source import Span


def build_system(
    graph: ModuleGraph, overrides: Mapping[str, str], collector: Collector
) -> System | None:
    """Return the system that the root file of the graph describes.

    Args:
        overrides: values of constants and sizes of sorts, by their full names (`-c`).

    Returns:
        None after adding at least one error to `collector`.
    """
    imported = {
        id(each.declaration): each.module.specification
        for module in graph.modules
        for each in module.imports
    }
    root = graph.root.specification
    return system_of(root, lambda decl: imported.get(id(decl)), overrides, collector)


def system_of(
    root: syntax.Specification,
    imported: Imported,
    overrides: Mapping[str, str],
    collector: Collector,
) -> System | None:
    """Return the system of a specification whose imports `imported` looks up."""
    world = instantiate(root, imported, collector)
    build = Build(collector, overrides, expression, block)
    check_overrides(build, world.entities)
    check_names(build, world.entities)
    whole, *others = _divided(build, root, world.entities)
    for each in (*others, whole):
        _declare(build, each.entities, each)
    for each in (*others, whole):
        _elaborate_processes(build, each.entities, each)
    for each in (*others, whole):
        _elaborate_others(build, each.entities, each)
    for each in others:
        _refine(build, each, whole)
    if collector.has_errors:
        return None
    return _system(build, whole)


def _divided(build: Build, root: syntax.Specification, entities: list[Entity]) -> list[_Parts]:
    """Return the parts of this system, and of those that it refines, which are no part of it."""
    whole = _Parts(root.name.text, root.doc, root.name.span)
    others: dict[Entity, _Parts] = {}
    for entity in entities:
        if isinstance(entity.decl, syntax.RefinementDecl):
            abstract = abstraction(build, entity)
            if abstract is not None:
                found = _Parts(abstract.name, "", entity.span)
                others.setdefault(abstract, found).refinements.append(entity)
    for entity in entities:
        owner = next((a for a in others if entity.name.startswith(f"{a.name}.")), None)
        (whole if owner is None else others[owner]).entities.append(entity)
    return [whole, *others.values()]


def _refine(build: Build, part: _Parts, whole: _Parts) -> None:
    """Put together what is refined, and elaborate the refinements of it."""
    if build.collector.has_errors:
        return
    system = _system(build, part)
    if system is None:
        return
    abstract = without_ghosts(system)
    for entity in part.refinements:
        found = refinement(build, entity, abstract)
        if found is not None:
            whole.refined.append(found)


@dataclass(slots=True)
class _Parts:
    """What a system is put together from.

    Attributes:
        refinements: the declarations that it is refined by.
        refined: what it refines itself.
    """

    name: str
    doc: str
    site: Span
    entities: list[Entity] = field(default_factory=list)
    refinements: list[Entity] = field(default_factory=list)
    refined: list[Refinement] = field(default_factory=list)
    starts: list[Initial] = field(default_factory=list)
    sorts: dict[SortType, None] = field(default_factory=dict)
    lowered: list[LoweredProcess] = field(default_factory=list)
    process_variables: list[Variable] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    initially: list[tuple[Expr, Span]] = field(default_factory=list)
    terminal: list[Expr] = field(default_factory=list)
    locks: Locks | None = None
    codes: list[tuple[Entity, Code, Local | None]] = field(default_factory=list)
    temporal: list[TemporalProperty] = field(default_factory=list)
    bypasses: list[Bypass] = field(default_factory=list)
    rankings: list[Ranking] = field(default_factory=list)


def _declare(build: Build, entities: list[Entity], parts: _Parts) -> None:
    """Work out every constant, type, variable and process head."""
    for entity in entities:
        match entity.decl:
            case syntax.ConstDecl():
                value_of(build, entity, entity.span)
            case syntax.SortDecl():
                of = entity_type(build, entity, entity.span)
                if isinstance(of, SortType):
                    parts.sorts[of] = None
            case syntax.EnumDecl() | syntax.TypeDecl() | syntax.RecordDecl():
                entity_type(build, entity, entity.span)
            case syntax.ProcessDecl():
                declare_process(build, entity)
            case _:
                pass
    for entity in entities:
        if isinstance(entity.decl, syntax.VarDecl):
            start = initial(build, entity)
            if start is not None:
                parts.starts.append(start)
    attach(build, entities)
    declare_failures(build, entities)
    parts.locks = declare_locks(build, entities)


def _elaborate_processes(build: Build, entities: list[Entity], parts: _Parts) -> None:
    """Elaborate the code of all processes; cut it if nothing at all is wrong with any of it."""
    processes = [entity for entity in entities if isinstance(entity.decl, syntax.ProcessDecl)]
    codes = [(entity, process_code(build, entity)) for entity in processes]
    cut: list[tuple[Entity, LoweredProcess]] = []
    for entity, found in codes:
        state = build.processes.get(entity)
        if found is not None:
            parts.codes.append((entity, *found))
            cut.append((entity, lowered(build, entity, *found)))
        if state is not None:
            state.is_elaborated = True
            parts.process_variables += [v for v in state.locals.values() if v is not None]
    parts.starts += [*masks(build, filter(is_handler, processes)), *holdings(build, processes)]
    parts.lowered = [_placed(build, each) for each in preempted(build, cut)]
    check_places(build, cut)
    actions, counters = failures(build, entities, cut)
    parts.actions += actions
    parts.starts += counters
    over = is_over(build, cut)
    if over is not None:
        parts.terminal.append(over)


def _placed(build: Build, found: LoweredProcess) -> LoweredProcess:
    """Replace what stood in for control points in the code of a process."""
    if not build.stand_ins:
        return found
    actions = tuple(
        replace(
            each,
            guard=replaced(build, each.guard),
            body=replaced_in_effect(build, each.body),
        )
        for each in found.actions
    )
    return replace(found, actions=actions, init=replaced_in_effect(build, found.init))


def _elaborate_others(build: Build, entities: list[Entity], parts: _Parts) -> None:
    for entity in entities:
        match entity.decl:
            case syntax.ActionDecl():
                found = action(build, entity)
                if found is not None:
                    parts.actions.append(found)
            case syntax.ProcedureDecl():
                check_procedure(build, entity)
            case syntax.FunctionDecl():
                check_function(build, entity)
            case syntax.PropertyDecl():
                _property(build, entity, entity.decl, parts)
            case _:
                pass
    _check_locks(build, entities, parts)
    for entity in entities:
        if isinstance(entity.decl, syntax.RankingDecl):
            reason = ranking(build, entity, parts.temporal, parts.rankings)
            if reason is not None:
                parts.rankings.append(reason)


def _check_locks(build: Build, entities: list[Entity], parts: _Parts) -> None:
    declared = [each for each in entities if isinstance(each.decl, syntax.LockOrderDecl)]
    if not declared or parts.locks is None or build.collector.has_errors:
        return
    processes = [entity for entity, _, _ in parts.codes]
    parts.properties.append(no_deadlock(build, declared[0], parts.locks, processes))
    check_discipline(build, parts.locks, parts.codes, parts.actions)


def _property(build: Build, entity: Entity, decl: syntax.PropertyDecl, parts: _Parts) -> None:
    match decl.kind:
        case "assume":
            assumed = assumption(build, entity)
            if assumed is not None:
                parts.assumptions.append(assumed)
        case "initially":
            demanded = condition(build, entity)
            if demanded is not None:
                parts.initially.append((demanded, decl.span))
        case "terminal":
            final = condition(build, entity)
            if final is not None:
                parts.terminal.append(final)
        case "property":
            claimed = temporal_property(build, entity)
            if claimed is not None:
                parts.temporal.append(claimed)
        case "bypass":
            counted = bypass(build, entity)
            if counted is not None:
                parts.bypasses.append(counted)
        case _:
            found = checked(build, entity)
            if found is not None:
                parts.properties.append(found)


def _system(build: Build, parts: _Parts) -> System | None:
    starts = ordered(build, parts.starts)
    variables = _variables(parts)
    _check_width(build, parts, variables)
    if build.collector.has_errors:
        return None
    rest: tuple[Effect, ...] = tuple(each.init for each in parts.lowered)
    rest += tuple(Guard(demanded, site) for demanded, site in parts.initially)
    return System(
        name=parts.name,
        doc=parts.doc,
        sorts=tuple(parts.sorts),
        variables=variables,
        processes=tuple(each.process for each in parts.lowered),
        init=initial_effect(starts, Seq(rest)),
        actions=(
            *(each for found in parts.lowered for each in found.actions),
            *parts.actions,
        ),
        properties=tuple(parts.properties),
        assumptions=tuple(parts.assumptions),
        terminal=terms.disjunction(build.terms, tuple(parts.terminal)) if parts.terminal else None,
        settings=settings(build, parts.entities),
        atomicity=tuple(note for found in parts.lowered for note in found.atomicity),
        terms=build.terms,
        sized=tuple(build.sized),
        temporal=tuple(parts.temporal),
        bypasses=tuple(parts.bypasses),
        refinements=tuple(parts.refined),
        rankings=tuple(parts.rankings),
    )


def _variables(parts: _Parts) -> tuple[Variable, ...]:
    """Return all variables: shared ones as declared, then those of each process."""
    found = [start.variable for start in parts.starts]
    for each in parts.lowered:
        own = [v for v in parts.process_variables if v.owner == each.process.name]
        control, *promoted = each.variables
        found += [control, *own, *promoted]
    return tuple(found)


def _check_width(build: Build, parts: _Parts, variables: tuple[Variable, ...]) -> None:
    width = sum(bits(variable.type) for variable in variables)
    if width <= MAX_BITS:
        return
    widest = max(variables, key=lambda variable: bits(variable.type))
    build.collector.error(
        "K117",
        parts.site,
        f"one state of this specification would take more than {MAX_BITS:,} bits",
        remedy=f"`{widest.name}` alone takes {bits(widest.type):,}; choose smaller bounds",
    )
