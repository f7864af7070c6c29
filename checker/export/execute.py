"""Carrying out effects on values that are not known: from the body of a step to its paths.

This is `checker.model.interpret` on views: effects in order, later ones seeing what earlier ones
have written, and a failure ending its execution where it happens. A branch splits its path in two,
unless both sides do no more than write; then it stays one path that writes under a condition.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

from checker.export.expressions import Evaluator, Scope, Valued
from checker.export.paths import Path, Write, joined
from checker.export.scalars import Bit, Key, Length, Operation, Part, Refused, Slot
from checker.export.symbols import can_be_symbolic, symbolic
from checker.export.views import (
    MapView,
    NumberView,
    ProductView,
    SeqView,
    TruthView,
    View,
    number_of,
    parts_of,
)
from checker.model.ir import (
    Apply,
    Assert,
    Assign,
    Bind,
    Choose,
    Construct,
    Either,
    Field,
    Guard,
    If,
    Index,
    Op,
    Read,
    Seq,
    While,
)
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    describe,
    show,
)
from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from checker.export.folding import Scalars
    from checker.export.names import Namer
    from checker.export.scalars import Formula, Location, Number
    from checker.export.views import Views
    from checker.model.ir import Effect, Expr, Place
    from checker.model.types import Type
    from grammar.source import Span

MAX_ROUNDS: Final = 256
"""A loop that is not known to have ended after so many rounds is refused."""

MAX_PATHS: Final = 20_000
"""So many paths through the body of one action are the most that are written out."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A condition under which an execution fails, and the path that led there."""

    kind: FindingKind
    path: Path
    when: Formula


@dataclass(slots=True)
class Executor:
    """Carries out the body of one action.

    Attributes:
        namer: makes names for choices that stay symbols; None if all are unfolded.
        failures: gathered on the way.
    """

    views: Views
    evaluator: Evaluator
    namer: Namer | None
    failures: list[Failed] = field(default_factory=list)

    @property
    def _s(self) -> Scalars:
        return self.views.scalars

    def run(self, effect: Effect, path: Path) -> list[Path]:
        """Return the paths on which an effect completes."""
        match effect:
            case Seq(effects):
                paths = [path]
                for each in effects:
                    paths = self._limited(after for p in paths for after in self.run(each, p))
                return paths
            case Assign(place, value, site):
                return self._at(site, lambda: self._assign(place, value, path))
            case Bind(local, value, site):
                return self._at(
                    site,
                    lambda: [after.bind(local, view) for view, after in self._value(value, path)],
                )
            case If():
                return self._at(effect.site, lambda: self._branch(effect, path))
            case While():
                return self._repeat(effect, path)
            case Choose():
                return self._at(effect.site, lambda: self._choose(effect, path))
            case Either(branches):
                return self._limited(after for each in branches for after in self.run(each, path))
            case Guard(condition, site):
                return self._at(
                    site,
                    lambda: _possible(
                        after.require(formula)
                        for formula, after in self._condition(condition, path)
                    ),
                )
            case Assert(condition, _, site):
                return self._at(site, lambda: self._check(condition, path))
            case _:
                assert_never(effect)

    def _at(self, site: Span, work: Callable[[], list[Path]]) -> list[Path]:
        """Do the work, and tell where the effect stands if the target cannot express it."""
        try:
            return work()
        except Refused as refused:
            raise Refused(refused.what, refused.site or site) from None

    def _limited(self, paths: Iterable[Path]) -> list[Path]:
        found = []
        for path in paths:
            found.append(path)
            if len(found) > MAX_PATHS:
                raise Refused(f"there are more than {MAX_PATHS:,} ways through this step")
        return found

    # --- expressions in effects

    def _settled(self, found: Valued, path: Path) -> Path | None:
        """Note the failure of an expression; return the path on which it has a value, if any."""
        if found.fails is not self._s.false:
            self._fail(FindingKind.EVALUATION, path, found.fails)
        after = path.require(self._s.negate(found.fails))
        return after if after.is_possible else None

    def _fail(self, kind: FindingKind, path: Path, when: Formula) -> None:
        self.failures.append(Failed(kind, path, when))

    def _value(self, expr: Expr, path: Path) -> list[tuple[View, Path]]:
        """Return the value of an expression and the path on which it has one; empty if never."""
        found = self.evaluator.evaluate(expr, Scope(path.state, path.locals))
        after = self._settled(found, path)
        return [] if after is None else [(found.view, after)]

    def _condition(self, expr: Expr, path: Path) -> list[tuple[Formula, Path]]:
        found = []
        for view, after in self._value(expr, path):
            assert isinstance(view, TruthView)
            found.append((view.formula, after))
        return found

    # --- effects

    def _check(self, condition: Expr, path: Path) -> list[Path]:
        paths = []
        for formula, after in self._condition(condition, path):
            if formula is not self._s.true:
                self._fail(FindingKind.ASSERTION, after, self._s.negate(formula))
            paths.append(after.require(formula))
        return _possible(paths)

    def _branch(self, effect: If, path: Path) -> list[Path]:
        paths = []
        for formula, after in self._condition(effect.condition, path):
            before = len(self.failures)
            then = self._side(effect.then, after, formula)
            otherwise = self._side(effect.otherwise, after, self._s.negate(formula))
            one = None
            if len(then) == len(otherwise) == 1 and len(self.failures) == before:
                one = joined(self.views, formula, after, (then[0], otherwise[0]))
            paths += [*then, *otherwise] if one is None else [one]
        return paths

    def _side(self, effect: Effect, path: Path, condition: Formula) -> list[Path]:
        after = path.require(condition)
        return self.run(effect, after) if after.is_possible else []

    def _repeat(self, loop: While, start: Path) -> list[Path]:
        """Unroll a loop; choices in it are unfolded, or it might never be known to end."""
        inner = replace(self, namer=None)
        inside, done = [start], list[Path]()
        for _ in range(MAX_ROUNDS):
            entered: list[Path] = []
            for path in inside:
                for formula, after in inner._condition(loop.condition, path):  # it is one of us
                    done += _possible([after.require(self._s.negate(formula))])
                    entered += _possible([after.require(formula)])
            if not entered:
                return done
            inside = self._limited(p for path in entered for p in inner.run(loop.body, path))
            self._limited(done)
        raise Refused(f"a loop that may take more than {MAX_ROUNDS} rounds", loop.site)

    def _choose(self, effect: Choose, path: Path) -> list[Path]:
        domain, fails = self.evaluator.domain(effect.domain, Scope(path.state, path.locals))
        settled = self._settled(Valued(TruthView(self._s.true), fails), path)
        if settled is None:
            return []
        local = effect.local
        paths: list[Path] = []
        if self.namer is not None and can_be_symbolic(local.type):
            view, after = symbolic(self.views, self.namer, local, settled)
            here = self._s.true if domain is None else domain.has(local.type, view)
            for chosen in _possible([after.bind(local, view).require(here)]):
                paths += self.run(effect.body, chosen)
            return paths
        for each in self.evaluator.candidates(local, domain):
            picks = (*settled.picks, (local.name, show(local.type, each.value)))
            after = replace(settled.bind(local, each.view), picks=picks).require(each.here)
            if after.is_possible:
                paths += self.run(effect.body, after)
        return self._limited(paths)

    # --- assignment

    def _assign(self, place: Place, value: Expr, path: Path) -> list[Path]:
        variable = place.variable
        paths = []
        for keys, resolved in self._keys(place, path):
            for view, after in self._value(value, resolved):
                location = self._location(place, keys)
                whole = self._replaced(variable.type, after.state[variable], keys, view)
                changed = self._change(place, value, location, (resolved, view))
                writes = changed or (Write(location, view, self._s.true),)
                state = {**after.state, variable: whole}
                paths.append(replace(after, state=state, writes=(*after.writes, *writes)))
        return paths

    def _change(
        self, place: Place, value: Expr, location: Location, found: tuple[Path, View]
    ) -> tuple[Write, ...]:
        """Return the one member or element that an assignment adds or removes, if it does that."""
        s, (path, view) = self._s, found
        while isinstance(value, Apply) and value.op is Op.CONVERT:
            value = value.args[0]
        match value, location.type, view:
            case Apply(Op.APPEND, (base, _)), SeqType(bound, element), SeqView(length, item):
                if not _reads(base, place):
                    return ()
                last = s.arithmetic(Operation.SUB, length, s.number(1))
                slot = Slot(s.narrowed(last, 0, bound - 1))
                return (
                    Write(s.within(location, slot, element), item(slot.index), s.true),
                    Write(
                        s.within(location, Length(), IntType(0, bound)), NumberView(length), s.true
                    ),
                )
            case (
                Apply(Op.UNION | Op.MINUS as op, (base, Construct((member,), SetType()))),
                SetType(element),
                _,
            ):
                one = self.evaluator.evaluate(member, Scope(path.state, path.locals)).view
                fits = self.views.fits(element, member.type, one)
                if not _reads(base, place) or fits is not s.true:
                    return ()
                bit = s.within(location, Bit(self.views.position(element, one)), BOOL)
                return (Write(bit, TruthView(s.truth(op is Op.UNION)), s.true),)
            case _:
                return ()

    def _keys(self, place: Place, path: Path) -> list[tuple[tuple[View | int, ...], Path]]:
        """Evaluate the selectors of a place, outermost first; empty if that always fails."""
        s = self._s
        keys: list[View | int] = []
        of: Type = place.variable.type
        whole = path.state[place.variable]
        for selector in place.path:
            if isinstance(selector, int):
                assert isinstance(whole, ProductView)
                keys.append(selector)
                of, whole = parts_of(of)[selector], whole.parts[selector]
                continue
            found = self._value(selector, path)
            if not found:
                return []
            key, path = found[0]
            if isinstance(whole, MapView):
                assert isinstance(of, MapType)
                keys.append(key)
                of, whole = of.value, whole.at(key)
                continue
            assert isinstance(of, SeqType)
            assert isinstance(whole, SeqView)
            inside = self.evaluator.inside(number_of(key), whole.length)
            settled = self._settled(Valued(key, s.negate(inside)), path)
            if settled is None:
                return []
            narrow = s.narrowed(number_of(key), 0, of.bound - 1)
            keys.append(NumberView(narrow))
            path, of, whole = settled, of.element, whole.item(narrow)
        return [(tuple(keys), path)]

    def _location(self, place: Place, keys: tuple[View | int, ...]) -> Location:
        s = self._s
        location = s.location(place.variable)
        for key in keys:
            match location.type, key:
                case RecordType() | TupleType() as of, int(index):
                    location = s.within(location, Part(index), parts_of(of)[index])
                case SeqType(_, element), NumberView(number):
                    location = s.within(location, Slot(number), element)
                case MapType(key_type, value), view if not isinstance(view, int):
                    position = self.views.position(key_type, view)
                    location = s.within(location, Key(position), value)
                case of, _:
                    raise AssertionError(f"a path leads into a {describe(of)}")
        return location

    def _replaced(self, of: Type, whole: View, keys: tuple[View | int, ...], new: View) -> View:
        """Return a composite view with one part replaced."""
        if not keys:
            return new
        key, rest = keys[0], keys[1:]
        match of, whole:
            case RecordType() | TupleType(), ProductView(parts):
                assert isinstance(key, int)
                inner = self._replaced(parts_of(of)[key], parts[key], rest, new)
                return ProductView((*parts[:key], inner, *parts[key + 1 :]))
            case MapType(), MapView(at):
                assert not isinstance(key, int)
                inner = self._replaced(of.value, at(key), rest, new)
                return self.views.updated(of, whole, key, inner)
            case SeqType(), SeqView(length, item):
                assert isinstance(key, NumberView)
                inner = self._replaced(of.element, item(key.number), rest, new)
                return SeqView(length, lambda at: self._item(of, at, key.number, (inner, item)))
            case _:
                raise AssertionError(f"a path leads into a {describe(of)}")

    def _item(
        self, of: SeqType, at: Number, changed: Number, views: tuple[View, Callable[[Number], View]]
    ) -> View:
        new, item = views
        return self.views.either(of.element, self._s.equal(at, changed), new, item(at))


def _possible(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.is_possible]


def _reads(expr: Expr, place: Place) -> bool:
    """Tell whether an expression is what is at a place before it is assigned to."""
    for selector in reversed(place.path):
        match expr:
            case Index(base, key) if key is selector:
                expr = base
            case Field(base, index) if index == selector:
                expr = base
            case _:
                return False
    return isinstance(expr, Read) and expr.variable is place.variable
