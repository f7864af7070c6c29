"""Steps as paths: what one execution of an action requires and what it leaves behind.

The twin of `interpret._run`. An action has a path for every way through its branches, `either`s and
loops; choices of values do not multiply paths but are unknowns of the path. A path carries the
conditions under which it is taken. What must not fail on the way (an assertion, an expression that
needs a value) is a *demand*, with the conditions under which it comes up; after it, the path goes
on under the condition that it was met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, assert_never

from checker.model.ir import (
    Apply,
    Assert,
    Assign,
    Bind,
    Choose,
    Either,
    Fold,
    Guard,
    If,
    Op,
    Quantifier,
    Seq,
    While,
)
from checker.model.rewrite import children
from checker.model.types import MapType, RecordType, SeqType, TupleType, sorts_in
from proofs.encode.expressions import Expressions, Names
from proofs.encode.symbols import declare
from proofs.encode.universe import Unsupported, component_types
from proofs.encode.values import Members, Parts, Row, Symbolic, Table, scalar

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local, Place, Variable
    from checker.model.types import Type
    from grammar.source import Span
    from proofs.logic.terms import Term

MAX_PATHS: Final = 256
MAX_ROUNDS: Final = 64


class DemandKind(Enum):
    """Why a step must not get here without the claim."""

    ASSERTION = "assertion"
    EVALUATION = "evaluation"


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that must hold on the way; `conditions` are those of the path so far."""

    kind: DemandKind
    conditions: tuple[Term, ...]
    claim: Term
    message: str
    site: Span


@dataclass(frozen=True, slots=True)
class Pick:
    """An unknown of a path: a choice, with its type."""

    name: str
    type: Type
    value: Symbolic


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a step, so far or to its end."""

    state: Mapping[Variable, Symbolic]
    locals: Mapping[Local, Symbolic]
    conditions: tuple[Term, ...] = ()
    picks: tuple[Pick, ...] = ()

    @property
    def names(self) -> Names:
        """What names stand for at this point of the way."""
        return Names(self.state, self.locals)

    def when(self, condition: Term) -> Path:
        """Return the path under one more condition."""
        return replace(self, conditions=(*self.conditions, condition))

    def bind(self, local: Local, value: Symbolic) -> Path:
        """Return the path with a local bound."""
        return replace(self, locals={**self.locals, local: value})


class Effects:
    """Carries out effects on paths; `demands` gathers what must not fail on any of them."""

    def __init__(self, expressions: Expressions, prefix: str) -> None:
        """Name choices with a prefix, so that those of different actions differ."""
        self.expressions = expressions
        self.universe = expressions.universe
        self.logic = expressions.logic
        self.demands: list[Demand] = []
        self._prefix = prefix
        self._choices = 0

    def run(self, effect: Effect, path: Path) -> list[Path]:
        """Return the paths through an effect; those that cannot be taken at all are left out."""
        match effect:
            case Seq(effects):
                paths = [path]
                for each in effects:
                    paths = [after for before in paths for after in self.run(each, before)]
                    if len(paths) > MAX_PATHS:
                        raise Unsupported(f"a step has more than {MAX_PATHS} ways through it")
                return paths
            case Assign(place, value, site):
                return [self._assign(place, value, site, path)]
            case Bind(local, value, site):
                result, path = self._evaluated(value, site, path)
                path = self._checked(local.type, value, result, site, path)
                return [path.bind(local, result)]
            case If(condition, then, otherwise, site):
                test, path = self._test(condition, site, path)
                taken = self.run(then, path.when(test)) if test is not self.logic.false else []
                if test is self.logic.true:
                    return taken
                return taken + self.run(otherwise, path.when(self.logic.negate(test)))
            case While():
                return self._repeat(effect, path)
            case Choose():
                return self._choose(effect, path)
            case Either(branches):
                return [after for branch in branches for after in self.run(branch, path)]
            case Guard(condition, site):
                test, path = self._test(condition, site, path)
                return [] if test is self.logic.false else [path.when(test)]
            case Assert(condition, message, site):
                claim, path = self._test(condition, site, path)
                self._demand(DemandKind.ASSERTION, claim, message, site, path)
                return [path.when(claim)]
            case _:
                assert_never(effect)

    # --- conditions

    def _test(self, condition: Expr, site: Span, path: Path) -> tuple[Term, Path]:
        judged = self.expressions.condition(condition, path.names)
        return judged.holds, self._defined(judged.is_defined, site, path)

    def _evaluated(self, value: Expr, site: Span, path: Path) -> tuple[Symbolic, Path]:
        inner: list[Term] = []
        result = self.expressions.value(value, path.names, inner)
        return result, self._defined(self.logic.conjunction(inner), site, path)

    def _defined(self, claim: Term, site: Span, path: Path) -> Path:
        if claim is self.logic.true:
            return path
        self._demand(DemandKind.EVALUATION, claim, "an expression has no value", site, path)
        return path.when(claim)

    def _demand(self, kind: DemandKind, claim: Term, message: str, site: Span, path: Path) -> None:
        if claim is not self.logic.true:
            self.demands.append(Demand(kind, path.conditions, claim, message, site))

    def _checked(self, of: Type, value: Expr, result: Symbolic, site: Span, path: Path) -> Path:
        """Demand that a stored value fits, where the bounds of its type hold at one size only."""
        if self.universe.is_open and _counts_elements(value):
            return self._defined(self.universe.typed(of, result), site, path)
        return path

    # --- control

    def _choose(self, effect: Choose, path: Path) -> list[Path]:
        local = effect.local
        domain: Symbolic | None = None
        if effect.domain is not None:
            domain, path = self._evaluated(effect.domain, effect.site, path)
        self._choices += 1
        value = declare(self.universe, f"{self._prefix}.{local.name}.{self._choices}", local.type)
        condition = self.universe.typed(local.type, value)
        if domain is not None:
            assert isinstance(domain, Members)
            condition = self.logic.both(condition, domain.has(value))
        if condition is self.logic.false:
            return []
        pick = Pick(local.name, local.type, value)
        path = replace(path.when(condition).bind(local, value), picks=(*path.picks, pick))
        return self.run(effect.body, path)

    def _repeat(self, loop: While, path: Path) -> list[Path]:
        done: list[Path] = []
        inside = [path]
        for _ in range(MAX_ROUNDS):
            going: list[Path] = []
            for each in inside:
                test, after = self._test(loop.condition, loop.site, each)
                if test is not self.logic.true:
                    done.append(after.when(self.logic.negate(test)))
                if test is not self.logic.false:
                    going += self.run(loop.body, after.when(test))
            if not going:
                return done
            inside = going
            if len(inside) + len(done) > MAX_PATHS:
                break
        raise Unsupported("a loop within one step has no bound that can be seen")

    # --- assignment

    def _assign(self, place: Place, value: Expr, site: Span, path: Path) -> Path:
        variable = place.variable
        keys: list[Symbolic | int] = []
        of: Type = variable.type
        whole = path.state[variable]
        for selector in place.path:
            key, of, whole, path = self._selected(selector, of, whole, site, path)
            keys.append(key)
        result, path = self._evaluated(value, site, path)
        path = self._checked(place.type, value, result, site, path)
        after = self._replaced(variable.type, path.state[variable], keys, result)
        return replace(path, state={**path.state, variable: after})

    def _selected(
        self, selector: Expr | int, of: Type, whole: Symbolic, site: Span, path: Path
    ) -> tuple[Symbolic | int, Type, Symbolic, Path]:
        """Return a selector's value, and the type and value of what it leads to."""
        if isinstance(selector, int):
            assert isinstance(whole, Parts)
            return selector, component_types(of)[selector], whole.parts[selector], path
        key, path = self._evaluated(selector, site, path)
        if isinstance(whole, Table):
            assert isinstance(of, MapType)
            return key, of.value, whole.at(key), path
        assert isinstance(whole, Row)
        assert isinstance(of, SeqType)
        inner: list[Term] = []
        found = self.expressions.operators.item(whole, of, scalar(key), inner)
        return key, of.element, found, self._defined(self.logic.conjunction(inner), site, path)

    def _replaced(
        self, of: Type, whole: Symbolic, keys: list[Symbolic | int], new: Symbolic
    ) -> Symbolic:
        if not keys:
            return new
        key, rest = keys[0], keys[1:]
        match of, whole:
            case ((RecordType() | TupleType()), Parts(parts)):
                assert isinstance(key, int)
                inner = self._replaced(component_types(of)[key], parts[key], rest, new)
                return Parts((*parts[:key], inner, *parts[key + 1 :]))
            case MapType(domain, value), Table(_, at):
                assert not isinstance(key, int)
                updated = self._replaced(value, at(key), rest, new)
                universe = self.universe
                return Table(
                    domain,
                    lambda k: universe.choose(universe.equal(domain, k, key), updated, at(k)),
                )
            case SeqType(_, element), Row(length, items):
                assert not isinstance(key, int)
                position = scalar(key)
                changed = (
                    self.universe.choose(
                        self.logic.equal(position, self.logic.number(number)),
                        self._replaced(element, item, rest, new),
                        item,
                    )
                    for number, item in enumerate(items)
                )
                return Row(length, tuple(changed))
            case _:
                raise AssertionError(f"a path leads into a {type(whole)}")


def _counts_elements(expr: Expr) -> bool:
    """Tell whether a number in an expression depends on the size of a symmetric sort."""
    match expr:
        case Fold(Quantifier.COUNT | Quantifier.SUM, local) if sorts_in(local.type):
            return True
        case Apply(Op.SIZE, (counted,)) if sorts_in(counted.type):
            return True
        case _:
            return any(map(_counts_elements, children(expr)))
