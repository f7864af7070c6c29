"""Judging temporal properties on a state graph.

A property is taken apart into the cases of its outermost quantifiers and conjuncts. For each an
automaton is made that accepts the runs which violate it; a fair run of the graph that it accepts is
the counterexample. Every one is validated by `checker.model.lasso` before it is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from checker.explicit.liveness.automaton import Automaton, automaton
from checker.explicit.liveness.conditions import conditions
from checker.explicit.liveness.explain import explained
from checker.explicit.liveness.formulas import (
    FALSE,
    TRUE,
    Case,
    Claim,
    Ltl,
    Propositions,
    antecedents,
    cases,
    negated,
)
from checker.explicit.liveness.lassos import lasso
from checker.explicit.liveness.orbits import is_first
from checker.explicit.liveness.product import Product, Valuation
from checker.explicit.liveness.widened import evaluating
from checker.model.lasso import closes, neglected, satisfies
from checker.model.replay import replay
from checker.model.temporal import Implication, LeadsTo, Now
from checker.model.types import BOOL, elements
from checker.model.verdict import Finding, FindingKind

if TYPE_CHECKING:
    from checker.explicit.liveness.conditions import Conditions
    from checker.explicit.liveness.graph import Mask, StateGraph
    from checker.model.fairness import Requirement, Scheduling
    from checker.model.ir import Expr, Local
    from checker.model.system import System
    from checker.model.temporal import TemporalProperty
    from checker.model.trace import Trace
    from checker.model.types import SortType, Value


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one property: a finding, or else sentences about what makes it hold idly."""

    property: TemporalProperty
    finding: Finding | None
    idle: tuple[str, ...]


class Owned:
    """Conditions of all properties, evaluated together."""

    def __init__(self, graph: StateGraph) -> None:
        """Begin with none."""
        self.propositions = Propositions(graph)
        self.owners: list[str] = []

    def ltl(self, owner: str, case: Case) -> Ltl:
        """Return the formula of a case; its conditions are then known."""
        found = self.propositions.ltl(case.formula, case.values)
        self._own(owner)
        return found

    def condition(self, owner: str, expr: Expr, case: Case) -> Ltl:
        """Return a condition by itself."""
        found = self.propositions.condition(expr, case.values)
        self._own(owner)
        return found

    def _own(self, owner: str) -> None:
        self.owners += [owner] * (len(self.propositions.conditions) - len(self.owners))

    def evaluated(self) -> Valuation:
        """Evaluate them in all states.

        Raises:
            NoValueError: one has no value somewhere.
        """
        graph = self.propositions.graph
        found = truth_of(graph, self.propositions.conditions)
        steps = [
            np.array([bits >> at & 1 for at in range(len(graph.names))], np.bool_)[graph.labels]
            for bits in self.propositions.steps
        ]
        return Valuation(found, steps)


def truth_of(graph: StateGraph, expressions: Sequence[Expr]) -> list[Mask]:
    """Return the nodes in which each of some conditions holds.

    Raises:
        NoValueError: one has no value somewhere.
    """
    missing = [each for each in dict.fromkeys(expressions) if each not in graph.known]
    if missing:
        wide = evaluating(graph.system, [(BOOL, each) for each in missing])
        places, results = graph.states.evaluated(wide)
        for at, each in enumerate(missing):
            bit = np.array([result >> at & 1 for result in results], np.bool_)
            graph.known[each] = bit[places]
    return [graph.known[each] for each in expressions]


@dataclass(frozen=True)
class Judge:
    """Judges the properties of one graph under one assumption about fairness."""

    graph: StateGraph
    scheduling: Scheduling
    requirements: tuple[Requirement, ...]

    @cached_property
    def conditions(self) -> Conditions:
        """The requirements on this graph."""
        return conditions(self.graph, self.requirements)

    @property
    def system(self) -> System:
        """The system of the graph."""
        return self.graph.system

    def judged(
        self,
        properties: Sequence[TemporalProperty],
        sorts: frozenset[SortType] = frozenset(),
    ) -> Iterator[Judged]:
        """Judge properties one by one.

        Args:
            sorts: those whose elements can be renamed.

        Raises:
            NoValueError: a condition in one of them has no value in some state.
        """
        owned = Owned(self.graph)
        plans = []
        for each in properties:
            known = [case for case in cases(each.formula) if is_first(case.values, sorts)]
            formulas = [owned.ltl(each.name, case) for case in known]
            plans.append((each, list(zip(known, formulas, strict=True)), _Sides(owned, each)))
        valuation = owned.evaluated()
        for each, formulated, sides in plans:
            finding = None
            for case, formula in formulated:
                finding = self._violation(each, case, formula, valuation)
                if finding is not None:
                    break
            idle = () if finding else (*self._idle_premises(each, owned), *sides.idle(valuation))
            yield Judged(each, finding, idle)

    def product(
        self, reader: Automaton, valuation: Valuation, known: Conditions | None = None
    ) -> Product:
        """Return the runs that an automaton accepts."""
        return Product(self.graph, reader, valuation, known or self.conditions)

    def _violation(
        self, each: TemporalProperty, case: Case, formula: Ltl, valuation: Valuation
    ) -> Finding | None:
        if formula == TRUE:
            return None
        reader = automaton(negated(formula))
        trace = lasso(self.product(reader, valuation))
        if trace is None:
            return None
        validate(self.system, trace, case, self.scheduling)

        def excludes(more: tuple[Requirement, ...]) -> bool:
            known = conditions(self.graph, (*self.requirements, *more))
            return lasso(self.product(reader, valuation, known)) is None

        told = explained(self.system, each, case, trace, excludes)
        return Finding(
            kind=FindingKind.LIVENESS,
            name=each.name,
            message=told.message,
            site=each.site,
            values=(),
            trace=trace,
            remarks=told.remarks,
        )

    def _idle_premises(self, each: TemporalProperty, owned: Owned) -> Iterator[str]:
        """Yield a sentence if no fair run satisfies the left side of an outermost implication."""
        whole = [case for case in cases(each.formula) if isinstance(case.formula, Implication)]
        if not whole or any(_is_condition(case) for case in whole):
            return
        for case in whole:
            assert isinstance(case.formula, Implication)
            left = replace(case, formula=case.formula.left)
            formula = owned.ltl(each.name, left)
            valuation = owned.evaluated()
            if formula != FALSE and lasso(self.product(automaton(formula), valuation)) is not None:
                return
        text = _text(whole[0])
        yield f"in `{each.name}`, no fair run satisfies the left side `{text}`"


def _is_condition(case: Case) -> bool:
    assert isinstance(case.formula, Implication)
    return isinstance(case.formula.left, Now)


def _text(case: Case) -> str:
    assert isinstance(case.formula, Implication)
    return " ".join(case.formula.site.text.split())


def validate(system: System, trace: Trace, case: Case, scheduling: Scheduling) -> None:
    """Hold that the interpreter agrees with a lasso: a fair run, and one that violates the case."""
    disagreement = replay(system, replace(trace, loop=None), None)
    assert disagreement is None, f"the interpreter does not follow a lasso: {disagreement}"
    assert closes(trace), "a lasso does not close"
    unmet = neglected(system, trace, scheduling)
    assert not unmet, f"a lasso is not fair: {unmet[0].who}"
    assert not satisfies(system, trace, case.formula, case.values), "a lasso violates nothing"


# --- what holds idly ------------------------------------------------------------------------------


class _Sides:
    """The conditions of one property that tell whether there was anything to hold for."""

    def __init__(self, owned: Owned, of: TemporalProperty) -> None:
        """Make the conditions known."""
        self.name = of.name
        self.lefts: list[tuple[str, list[Ltl]]] = []
        self.pairs: list[tuple[str, list[tuple[Ltl, Ltl]]]] = []
        for site, left, locals_ in antecedents(of.formula):
            text = " ".join(site.text.split())
            every = [
                owned.condition(of.name, left.expression, Case(left, values))
                for values in _assignments(locals_)
            ]
            self.lefts.append((text, every))
        self._add_pairs(owned, of)

    def _add_pairs(self, owned: Owned, of: TemporalProperty) -> None:
        found: dict[str, list[tuple[Ltl, Ltl]]] = {}
        for case in cases(of.formula):
            match case.formula:
                case LeadsTo(Now(left), Now(right), site):
                    pair = (
                        owned.condition(of.name, left, case),
                        owned.condition(of.name, right, case),
                    )
                    found.setdefault(" ".join(site.text.split()), []).append(pair)
                case _:
                    pass
        self.pairs += found.items()

    def idle(self, valuation: Valuation) -> Iterator[str]:
        """Yield sentences about what never came to be tested."""
        never = set()
        for text, every in self.lefts:
            if not any(_holds_somewhere(each, valuation) for each in every):
                never.add(text)
                yield f"in `{self.name}`, the left side `{text}` never holds"
        for text, pairs in self.pairs:
            if text not in never and not any(_waits(*each, valuation) for each in pairs):
                yield (
                    f"in `{self.name}`, the right side holds at once whenever `{text}` does: "
                    "nobody ever waits"
                )


def _assignments(locals_: Sequence[Local]) -> Iterator[dict[Local, Value]]:
    """Yield all values of some locals."""
    if not locals_:
        yield {}
        return
    first, *rest = locals_
    for value in elements(first.type):
        for others in _assignments(rest):
            yield {first: value, **others}


def _mask(formula: Ltl, valuation: Valuation) -> Mask | bool:
    match formula:
        case Claim((number, _), holds):
            found = valuation.conditions[number]
            return found if holds else ~found
        case _:
            return formula == TRUE


def _holds_somewhere(formula: Ltl, valuation: Valuation) -> bool:
    return bool(np.any(_mask(formula, valuation)))


def _waits(left: Ltl, right: Ltl, valuation: Valuation) -> bool:
    """Tell whether the left side holds somewhere without the right one."""
    return bool(np.any(_mask(left, valuation) & np.logical_not(_mask(right, valuation))))
