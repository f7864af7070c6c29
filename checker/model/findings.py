"""Judging states, steps and failures: from the interpreter's answers to findings.

Names, sentences and explanations are made here once, for every engine that has found that something
is wrong and needs to say it. The findings have no trace; whoever knows how the state was reached
adds it. Step failures go by the name of the action, properties by that of the conjunct.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from checker.model.evaluate import Scope
from checker.model.explain import explain
from checker.model.interpret import (
    AssertionFailed,
    EvaluationFailed,
    Fails,
    Holds,
    Undefined,
    environment,
    is_terminated,
    judge,
    state_scope,
    step_scope,
)
from checker.model.ir import Guard
from checker.model.rewrite import parts
from checker.model.system import PropertyKind
from checker.model.types import elements, show
from checker.model.verdict import Finding, FindingKind
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.ir import Effect, Implies
    from checker.model.system import Conjunct, ControlPoint, State, System

Tested: TypeAlias = "dict[Conjunct, set[Implies]]"
"""Where the implications whose left side held are gathered, by conjunct."""

INIT = "init"
"""The name of what goes wrong before there is a state."""


def assumption_findings(system: System) -> Iterator[Finding]:
    """Yield what is wrong with the constants; to be asked before any search."""
    for each in system.assumptions:
        scope = Scope({}, {})
        match judge(each.expression, scope):
            case Fails():
                message = f"assumption `{each.name}` does not hold"
                values = explain(each.expression, scope)
                kind = FindingKind.ASSUMPTION
                yield Finding(kind, each.name, message, each.site, values, None)
            case Undefined(reason):
                yield Finding(FindingKind.EVALUATION, each.name, reason, each.site, (), None)
            case Holds():
                pass


def no_initial_state(system: System) -> Finding:
    """Return the finding that nothing can begin, at the first `initially` if there is one."""
    demands = [each for each in _effects(system.init) if isinstance(each, Guard)]
    site = demands[0].site if demands else NOWHERE
    match len(demands):
        case 0:
            why = "a variable begins in an empty set"
        case 1:
            why = "no values satisfy this `initially`"
        case count:
            why = f"no values satisfy every `initially`; here is the first of {count}"
    return Finding(
        FindingKind.EVALUATION, INIT, f"there is no initial state: {why}", site, (), None
    )


def _effects(effect: Effect) -> Iterator[Effect]:
    """Yield an effect and all those within it."""
    yield effect
    for part in parts(effect):
        yield from _effects(part)


def state_findings(system: System, state: State, tested: Tested | None = None) -> Iterator[Finding]:
    """Yield the invariants that fail in a state, and the properties that have no value in it."""
    scope = state_scope(system, state)
    for each in system.properties:
        if each.kind is PropertyKind.INVARIANT:
            for conjunct in each.conjuncts:
                yield from _broken(conjunct, FindingKind.INVARIANT, scope, tested)
        elif each.kind is PropertyKind.REACHABLE:
            # That it does not hold here is nothing wrong.
            judgement = judge(each.conjuncts[0].expression, scope)
            if isinstance(judgement, Undefined):
                yield from _broken(each.conjuncts[0], FindingKind.EVALUATION, scope, None)


def step_findings(
    system: System, before: State, after: State, tested: Tested | None = None
) -> Iterator[Finding]:
    """Yield the step properties that fail, or have no value, on a transition."""
    scope = step_scope(system, before, after)
    for each in system.properties:
        if each.kind is PropertyKind.STEP:
            for conjunct in each.conjuncts:
                yield from _broken(conjunct, FindingKind.STEP, scope, tested)


def end_findings(system: System, state: State) -> Iterator[Finding]:
    """Yield the deadlock in a state in which no step is possible, unless it is an end."""
    match is_terminated(system, state):
        case Holds():
            return
        case Undefined(reason):
            yield Finding(FindingKind.EVALUATION, "terminal", reason, NOWHERE, (), None)
        case Fails():
            stuck = tuple(_stuck(system, state))
            values = tuple((thread, f"at {point.name}") for thread, point in stuck)
            site = stuck[0][1].site if stuck else NOWHERE
            message = "no step is possible, and this is not an end"
            yield Finding(FindingKind.DEADLOCK, "deadlock", message, site, values, None)


def failure_finding(failure: AssertionFailed | EvaluationFailed) -> Finding:
    """Return what a failed step shows."""
    name = failure.step.action.name
    match failure:
        case AssertionFailed(_, site, message, values):
            return Finding(FindingKind.ASSERTION, name, message, site, values, None)
        case EvaluationFailed(_, site, message):
            return Finding(FindingKind.EVALUATION, name, message, site, (), None)


def preferred(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings of equally long traces in the order in which they are reported."""
    kinds = list(FindingKind)
    return sorted(findings, key=lambda each: kinds.index(each.kind))


def _broken(
    conjunct: Conjunct, kind: FindingKind, scope: Scope, tested: Tested | None
) -> Iterator[Finding]:
    """Yield the finding that a conjunct is false (then of `kind`) or has no value."""
    watch = None if tested is None else tested.setdefault(conjunct, set())
    match judge(conjunct.expression, replace(scope, tested=watch)):
        case Holds():
            return
        case Fails():
            message = f"`{conjunct.name}` does not hold"
        case Undefined(reason):
            kind, message = FindingKind.EVALUATION, reason
    values = explain(conjunct.expression, scope)
    yield Finding(kind, conjunct.name, message, conjunct.site, values, None)


def _stuck(system: System, state: State) -> Iterator[tuple[str, ControlPoint]]:
    """Yield every thread that has not ended, and where it rests."""
    values = environment(system, state)
    for process in system.processes:
        points = {point.name: point for point in process.points}
        control = values[process.control]
        if process.index is None:
            threads = [(process.name, control)]
        else:
            assert isinstance(control, tuple)
            names = (f"{process.name}[{show(process.index, i)}]" for i in elements(process.index))
            threads = list(zip(names, control, strict=True))
        ended = process.points[-1].name if process.can_end else None
        for name, point in threads:
            if point != ended:
                assert isinstance(point, str)
                yield name, points[point]
