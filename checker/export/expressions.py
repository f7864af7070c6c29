"""The value of an expression as a view, and the condition under which it has none.

This is `checker.model.evaluate` carried out on values that are not known yet: the same cases in the
same order, with the failures that are raised there gathered here as a formula. What can be known is
computed: an expression over constants comes out as a constant view.

Binders are written out value by value, since most targets know no `sum` and no set comprehension;
`forall` and `exists` over scalars are kept where the target has them and nothing in them can fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from checker.export.operators import Operators
from checker.export.scalars import Operation, Relation, Truth
from checker.export.views import (
    MapView,
    NumberView,
    ProductView,
    SeqView,
    SetView,
    TruthView,
    View,
    formula_of,
    is_scalar,
    number_of,
    values_of,
)
from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Construct,
    Field,
    Fold,
    Implies,
    Index,
    Let,
    Literal,
    LocalRef,
    MapOf,
    Or,
    Quantifier,
    Read,
    ReadOld,
    SetFilter,
)
from checker.model.types import (
    BoolType,
    MapType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
)

if TYPE_CHECKING:
    from checker.export.names import Namer
    from checker.export.scalars import Formula, Number
    from checker.export.views import Views
    from checker.model.ir import Expr, Local, Variable
    from checker.model.types import Type, Value


@dataclass(frozen=True, slots=True)
class Scope:
    """What names in an expression stand for; `old` is for step properties."""

    state: Mapping[Variable, View]
    locals: Mapping[Local, View]
    old: Mapping[Variable, View] | None = None

    def bind(self, local: Local, view: View) -> Scope:
        """Return the scope in which `local` stands for a view."""
        return replace(self, locals={**self.locals, local: view})


@dataclass(frozen=True, slots=True)
class Valued:
    """A value, and the condition under which there is none."""

    view: View
    fails: Formula


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a binder may run through, and whether it does."""

    value: Value
    view: View
    here: Formula


class Evaluator:
    """Evaluates expressions to views."""

    def __init__(self, views: Views, namer: Namer | None) -> None:
        """Take the maker of views, and of names if quantifiers may stay."""
        self._views = views
        self._s = views.scalars
        self._namer = namer
        self._operators = Operators(views)

    def condition(self, expr: Expr, scope: Scope) -> tuple[Formula, Formula]:
        """Return a boolean expression's formula, and the condition under which it has no value."""
        found = self.evaluate(expr, scope)
        return formula_of(found.view), found.fails

    def evaluate(self, expr: Expr, scope: Scope) -> Valued:
        """Return the value of an expression."""
        s = self._s
        match expr:
            case Literal(value, of):
                return self._safe(self._views.constant(of, value))
            case Read(variable):
                return self._safe(scope.state[variable])
            case ReadOld(variable):
                assert scope.old is not None, f"old({variable.name}) outside a step property"
                return self._safe(scope.old[variable])
            case LocalRef(local):
                return self._safe(scope.locals[local])
            case Apply(_, args):
                found = [self.evaluate(arg, scope) for arg in args]
                made = self._operators.apply(expr, tuple(each.view for each in found))
                return Valued(made.view, s.any_of((*(each.fails for each in found), made.fails)))
            case And(args):
                return self._connected(args, scope, is_and=True)
            case Or(args):
                return self._connected(args, scope, is_and=False)
            case Implies(left, right):
                premise, fails = self.condition(left, scope)
                conclusion, fails_later = self.condition(right, scope)
                fails = s.any_of((fails, s.all_of((premise, fails_later))))
                return Valued(TruthView(s.implies(premise, conclusion)), fails)
            case Conditional():
                return self._conditional(expr, scope)
            case Index(base, key):
                return self._indexed(
                    base.type, self.evaluate(base, scope), self.evaluate(key, scope)
                )
            case Field(base, index):
                found_base = self.evaluate(base, scope)
                assert isinstance(found_base.view, ProductView)
                return Valued(found_base.view.parts[index], found_base.fails)
            case Fold():
                return self._fold(expr, scope)
            case Construct():
                return self._constructed(expr, scope)
            case SetFilter():
                return self._filtered(expr, scope)
            case MapOf():
                return self._mapped(expr, scope)
            case Let(local, value_of, body):
                bound = self.evaluate(value_of, scope)
                inner = self.evaluate(body, scope.bind(local, bound.view))
                return Valued(inner.view, s.any_of((bound.fails, inner.fails)))
            case _:
                assert_never(expr)

    def _safe(self, view: View) -> Valued:
        return Valued(view, self._s.false)

    # --- connectives

    def _connected(self, args: tuple[Expr, ...], scope: Scope, *, is_and: bool) -> Valued:
        s = self._s
        formulas: list[Formula] = []
        failures: list[Formula] = []
        for arg in args:
            formula, fails = self.condition(arg, scope)
            if fails is not s.false:
                before = formulas if is_and else [s.negate(each) for each in formulas]
                failures.append(s.all_of((*before, fails)))
            formulas.append(formula)
        whole = s.all_of(formulas) if is_and else s.any_of(formulas)
        return Valued(TruthView(whole), s.any_of(failures))

    def _conditional(self, expr: Conditional, scope: Scope) -> Valued:
        s = self._s
        condition, fails = self.condition(expr.condition, scope)
        if isinstance(condition, Truth):
            taken = self.evaluate(expr.then if condition.value else expr.otherwise, scope)
            return Valued(taken.view, s.any_of((fails, taken.fails)))
        then, otherwise = self.evaluate(expr.then, scope), self.evaluate(expr.otherwise, scope)
        view = self._views.either(expr.type, condition, then.view, otherwise.view)
        later = s.either(condition, then.fails, otherwise.fails)
        return Valued(view, s.any_of((fails, later)))

    def _indexed(self, of: Type, base: Valued, key: Valued) -> Valued:
        s = self._s
        fails = s.any_of((base.fails, key.fails))
        match base.view:
            case MapView(at):
                return Valued(at(key.view), fails)
            case SeqView(length, item):
                assert isinstance(of, SeqType)
                position = number_of(key.view)
                inside = self.inside(position, length)
                narrow = s.narrowed(position, 0, of.bound - 1)
                return Valued(item(narrow), s.any_of((fails, s.negate(inside))))
            case _:
                raise AssertionError(f"not indexed: {base.view}")

    def inside(self, position: Number, length: Number) -> Formula:
        """Return whether a position is within a sequence."""
        s = self._s
        return s.all_of(
            (
                s.compare(Relation.LE, s.number(0), position),
                s.compare(Relation.LT, position, length),
            )
        )

    # --- binders

    def candidates(self, local: Local, domain: SetView | None) -> list[Candidate]:
        """Return each value of a local that may be in a set."""
        found = []
        for value in values_of(local.type):
            view = self._views.constant(local.type, value)
            here = self._s.true if domain is None else domain.has(local.type, view)
            if here is not self._s.false:
                found.append(Candidate(value, view, here))
        return found

    def domain(self, domain: Expr | None, scope: Scope) -> tuple[SetView | None, Formula]:
        """Return the set that a binder runs through, and when it has no value."""
        if domain is None:
            return None, self._s.false
        found = self.evaluate(domain, scope)
        assert isinstance(found.view, SetView)
        return found.view, found.fails

    def _fold(self, expr: Fold, scope: Scope) -> Valued:
        if expr.quantifier in {Quantifier.FORALL, Quantifier.EXISTS}:
            kept = self._kept(expr, scope)
            return kept or self._quantified(expr, scope)
        s = self._s
        domain, fails = self.domain(expr.domain, scope)
        each = []
        failures = [fails]
        for candidate in self.candidates(expr.local, domain):
            body = self.evaluate(expr.body, scope.bind(expr.local, candidate.view))
            failures.append(s.all_of((candidate.here, body.fails)))
            each.append((candidate.here, body.view))
        if expr.quantifier in {Quantifier.MIN, Quantifier.MAX}:
            found = [(here, number_of(view)) for here, view in each]
            number, is_empty = self._extreme(found, is_min=expr.quantifier is Quantifier.MIN)
            failures.append(is_empty)
        else:
            number = s.number(0)
            for here, view in each:
                part = s.one_if(view.formula) if isinstance(view, TruthView) else number_of(view)
                counted = s.choice(here, part, s.number(0))
                number = s.arithmetic(Operation.ADD, number, counted)
        return Valued(NumberView(number), s.any_of(failures))

    def _kept(self, expr: Fold, scope: Scope) -> Valued | None:
        """Return a quantifier as such if the target has it and nothing in it can fail."""
        s, of = self._s, expr.local.type
        if self._namer is None or expr.domain is not None or not is_scalar(of):
            return None
        name = self._namer.fresh(expr.local.name)
        if isinstance(of, BoolType):
            symbol = s.truth_symbol(name)
            body, fails = self.condition(expr.body, scope.bind(expr.local, TruthView(symbol)))
        else:
            number = s.symbol(name, of)  # type: ignore[arg-type]  # the other scalar types
            body, fails = self.condition(expr.body, scope.bind(expr.local, NumberView(number)))
            symbol = number  # type: ignore[assignment]
        self._namer.release(name)
        if fails is not s.false:
            return None
        is_forall = expr.quantifier is Quantifier.FORALL
        return self._safe(TruthView(s.quantified(symbol, body, is_forall=is_forall)))

    def _quantified(self, expr: Fold, scope: Scope) -> Valued:
        s = self._s
        is_forall = expr.quantifier is Quantifier.FORALL
        domain, fails = self.domain(expr.domain, scope)
        formulas: list[Formula] = []
        failures = [fails]
        for candidate in self.candidates(expr.local, domain):
            here = candidate.here
            body, later = self.condition(expr.body, scope.bind(expr.local, candidate.view))
            if later is not s.false:
                # Earlier values must not have settled the matter.
                before = formulas if is_forall else [s.negate(each) for each in formulas]
                failures.append(s.all_of((*before, here, later)))
            formulas.append(s.implies(here, body) if is_forall else s.all_of((here, body)))
        whole = s.all_of(formulas) if is_forall else s.any_of(formulas)
        return Valued(TruthView(whole), s.any_of(failures))

    def _extreme(
        self, each: list[tuple[Formula, Number]], *, is_min: bool
    ) -> tuple[Number, Formula]:
        """Return the least or greatest of the numbers that are there, and whether none is."""
        s = self._s
        found, best = s.false, s.number(0)
        for here, number in each:
            pair = (number, best) if is_min else (best, number)
            is_better = s.any_of((s.negate(found), s.compare(Relation.LT, *pair)))
            taken = s.all_of((here, is_better))
            best = number if found is s.false and here is s.true else s.choice(taken, number, best)
            found = s.any_of((found, here))
        return best, s.negate(found)

    # --- composite values

    def _constructed(self, expr: Construct, scope: Scope) -> Valued:
        s = self._s
        found = [self.evaluate(part, scope) for part in expr.parts]
        fails = s.any_of(each.fails for each in found)
        parts = [each.view for each in found]
        match expr.type:
            case SetType(element):
                return Valued(self._set_of(element, expr.parts, parts), fails)
            case SeqType(_, element):
                return Valued(self._views.sequence(element, parts), fails)
            case RecordType() | TupleType():
                return Valued(ProductView(tuple(parts)), fails)
            case _:
                assert_never(expr.type)

    def _set_of(self, element: Type, exprs: tuple[Expr, ...], parts: list[View]) -> SetView:
        typed = [(expr.type, part) for expr, part in zip(exprs, parts, strict=True)]
        return SetView(
            lambda of, member: self._s.any_of(
                self._views.equal(of, member, part_type, part) for part_type, part in typed
            )
        )

    def _filtered(self, expr: SetFilter, scope: Scope) -> Valued:
        s, local = self._s, expr.local
        domain, fails = self.domain(expr.domain, scope)
        failures = [fails]
        images: list[tuple[Formula, View]] = []
        for candidate in self.candidates(local, domain):
            here, inner = candidate.here, scope.bind(local, candidate.view)
            condition, fails_first = self.condition(expr.condition, inner)
            image = self.evaluate(expr.image, inner)
            later = s.all_of((condition, image.fails))
            failures.append(s.all_of((here, s.any_of((fails_first, later)))))
            images.append((s.all_of((here, condition)), image.view))
        of_image = expr.image.type

        def has(of: Type, member: View) -> Formula:
            return s.any_of(
                s.all_of((here, self._views.equal(of, member, of_image, image)))
                for here, image in images
                if here is not s.false
            )

        return Valued(SetView(has), s.any_of(failures))

    def _mapped(self, expr: MapOf, scope: Scope) -> Valued:
        s, local = self._s, expr.local
        assert isinstance(expr.type, MapType)
        keys = [self._views.constant(local.type, value) for value in values_of(local.type)]
        found = [self.evaluate(expr.body, scope.bind(local, key)) for key in keys]
        fails = s.any_of(each.fails for each in found)
        if is_scalar(local.type):
            # Asked for one key, the body is written once, with that key in it.
            return Valued(
                MapView(lambda k: self.evaluate(expr.body, scope.bind(local, k)).view), fails
            )
        views = [each.view for each in found]
        return Valued(self._views.table(local.type, expr.type.value, views), fails)
