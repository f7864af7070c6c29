"""Which sorts stand for which types, and how to say "for every value of a type".

At a *scope* every symmetric sort has the members that it has in the system at hand; the meaning is
then that of the interpreter, exactly. At *every size* symmetric sorts are open, and what depends on
a number of elements cannot be said; whoever tries gets `Unsupported` with the reason.

Variables of quantifiers are named by their depth. Whoever writes the same formula twice writes the
same term, and a value that mentions a variable is only used inside the quantifier that binds it,
where all further variables are deeper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, assert_never

from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    cardinality,
    describe,
    elements,
    sorts_in,
)
from proofs.encode.values import Maybe, Members, Parts, Row, Scalar, Symbolic, Table
from proofs.logic.terms import BOOL, INT, FiniteSort, Logic, OpenSort, Sort, Term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model.types import Value

MAX_WRITTEN_OUT: Final = 64
"""A quantifier over a type with more values than this stays a quantifier, or is refused."""

MAX_RANGE: Final = 16
"""As `MAX_WRITTEN_OUT`, for ranges of integers, which need not be written out."""

Scalars = BoolType | IntType | EnumType | SortType


class Unsupported(Exception):  # noqa: N818  # not an error: it is told, and left undecided
    """Something cannot be said in the logic; the text says what and why."""


class Universe:
    """The sorts, and quantifiers over types."""

    def __init__(self, logic: Logic, *, is_open: bool) -> None:
        """Take symmetric sorts as open, or as they are."""
        self.logic = logic
        self.is_open = is_open
        self._depth = 0

    def sort(self, of: Scalars) -> Sort:
        """Return the sort of a type without parts."""
        match of:
            case BoolType():
                return BOOL
            case IntType():
                return INT
            case EnumType(name, members):
                return FiniteSort(name, members)
            case SortType(name):
                if self.is_open:
                    return OpenSort(name)
                return FiniteSort(name, tuple(str(each) for each in elements(of)))
            case _:
                assert_never(of)

    def is_finite(self, of: Type) -> bool:
        """Tell whether the type has so few values, known ones, that they can be written out."""
        if self.is_open and sorts_in(of):
            return False
        return cardinality(of) <= MAX_WRITTEN_OUT

    def values(self, of: Type, what: str) -> Iterable[Symbolic]:
        """Return all values of a type.

        Raises:
            Unsupported: they are too many, or their number is not known.
        """
        if not self.is_finite(of):
            size = "an unknown number of" if self.is_open and sorts_in(of) else "too many"
            raise Unsupported(f"{what} runs over {size} values of `{describe(of)}`")
        return [self.literal(of, value) for value in elements(of)]

    # --- constants

    def literal(self, of: Type, value: Value) -> Symbolic:
        """Return a constant."""
        logic = self.logic
        match of:
            case BoolType():
                return Scalar(logic.truth(bool(value)))
            case IntType():
                assert isinstance(value, int)
                return Scalar(logic.number(value))
            case EnumType():
                sort = self.sort(of)
                assert isinstance(sort, FiniteSort)
                return Scalar(logic.member(sort, str(value)))
            case SortType(name):
                return Scalar(self._element(name, of, value))
            case OptionType(element):
                if value is None:
                    return Maybe(logic.false, self.something(element))
                return Maybe(logic.true, self.literal(element, value))
            case MapType():
                assert isinstance(value, tuple)
                return self._literal_map(of, value)
            case SetType(element):
                assert isinstance(value, frozenset)
                if self.is_open and value and sorts_in(element):
                    raise Unsupported(f"a constant set names values of `{describe(element)}`")
                listed = [self.literal(element, each) for each in sorted(value, key=repr)]
                return self.listed(element, listed)
            case SeqType(_, element):
                assert isinstance(value, tuple)
                items = tuple(self.literal(element, each) for each in value)
                return Row(logic.number(len(value)), items)
            case RecordType(_, fields):
                assert isinstance(value, tuple)
                types = [field for _, field in fields]
                return Parts(tuple(map(self.literal, types, value)))
            case TupleType(types_):
                assert isinstance(value, tuple)
                return Parts(tuple(map(self.literal, types_, value)))
            case _:
                assert_never(of)

    def _element(self, name: str, of: SortType, value: Value) -> Term:
        sort = self.sort(of)
        if isinstance(sort, FiniteSort):
            return self.logic.member(sort, str(value))
        if value != f"{name}0":
            raise Unsupported(f"a constant names the element {value} of `{name}`")
        # The default of locals that hold nothing yet: one element, the same one everywhere.
        return self.logic.apply(self.logic.symbol(f"{name}.first", (), sort))

    def _literal_map(self, of: MapType, value: tuple[Value, ...]) -> Symbolic:
        if self.is_open and sorts_in(of.key):
            if len(set(value)) != 1:
                raise Unsupported(f"a constant map tells values of `{describe(of.key)}` apart")
            same = self.literal(of.value, value[0])
            return Table(of.key, lambda _: same)
        pairs = [
            (self.literal(of.key, key), self.literal(of.value, each))
            for key, each in zip(elements(of.key), value, strict=True)
        ]

        def at(key: Symbolic) -> Symbolic:
            found = pairs[-1][1]
            for other, result in reversed(pairs[:-1]):
                found = self.choose(self.equal(of.key, key, other), result, found)
            return found

        return Table(of.key, at)

    def something(self, of: Type) -> Symbolic:
        """Return some value of the type, always the same: what a place holds that nobody reads."""
        match of:
            case BoolType() | EnumType() | SortType() | IntType():
                return self.literal(of, next(elements(of)))
            case OptionType(element):
                return Maybe(self.logic.false, self.something(element))
            case MapType(key, value):
                same = self.something(value)
                return Table(key, lambda _: same)
            case SetType(element):
                return self.listed(element, ())
            case SeqType():
                return Row(self.logic.number(0), ())
            case RecordType(_, fields):
                return Parts(tuple(self.something(field) for _, field in fields))
            case TupleType(types):
                return Parts(tuple(map(self.something, types)))
            case _:
                assert_never(of)

    def listed(self, element: Type, items: Iterable[Symbolic]) -> Members:
        """Return the set of some values."""
        listed = tuple(items)
        return Members(
            element,
            lambda value: self.logic.disjunction(
                self.equal(element, value, item) for item in listed
            ),
        )

    # --- quantifiers

    def every(self, of: Type, body: Callable[[Symbolic], Term]) -> Term:
        """Return that `body` holds for every value of the type."""
        return self._fold(of, body, is_all=True)

    def some(self, of: Type, body: Callable[[Symbolic], Term]) -> Term:
        """Return that `body` holds for some value of the type."""
        return self._fold(of, body, is_all=False)

    def _fold(self, of: Type, body: Callable[[Symbolic], Term], *, is_all: bool) -> Term:
        join = self.logic.conjunction if is_all else self.logic.disjunction
        match of:
            case BoolType() | EnumType():
                return join([body(each) for each in self.values(of, "a quantifier")])
            case SortType() if not self.is_open:
                return join([body(each) for each in self.values(of, "a quantifier")])
            case SortType():
                with self.variable(self.sort(of)) as variable:
                    return self._bound(variable, body(Scalar(variable)), is_all=is_all)
            case IntType():
                return self._fold_range(of, body, is_all=is_all)
            case OptionType(element):
                none = body(Maybe(self.logic.false, self.something(element)))
                inner = self._fold(
                    element, lambda value: body(Maybe(self.logic.true, value)), is_all=is_all
                )
                return join([none, inner])
            case RecordType(_, fields):
                return self._fold_parts([f for _, f in fields], (), body, is_all=is_all)
            case TupleType(types):
                return self._fold_parts(list(types), (), body, is_all=is_all)
            case MapType() | SetType() | SeqType():
                return join([body(each) for each in self.values(of, "a quantifier")])
            case _:
                assert_never(of)

    def _fold_range(self, of: IntType, body: Callable[[Symbolic], Term], *, is_all: bool) -> Term:
        logic = self.logic
        if cardinality(of) <= MAX_RANGE:
            join = logic.conjunction if is_all else logic.disjunction
            return join([body(each) for each in self.values(of, "a quantifier")])
        with self.variable(INT) as variable:
            inside = self.inside(of, variable)
            inner = body(Scalar(variable))
            inner = logic.implies(inside, inner) if is_all else logic.both(inside, inner)
            return self._bound(variable, inner, is_all=is_all)

    def _fold_parts(
        self,
        types: list[Type],
        done: tuple[Symbolic, ...],
        body: Callable[[Symbolic], Term],
        *,
        is_all: bool,
    ) -> Term:
        if len(done) == len(types):
            return body(Parts(done))
        return self._fold(
            types[len(done)],
            lambda part: self._fold_parts(types, (*done, part), body, is_all=is_all),
            is_all=is_all,
        )

    def _bound(self, variable: Term, body: Term, *, is_all: bool) -> Term:
        bind = self.logic.forall if is_all else self.logic.exists
        return bind((variable,), body)

    @contextmanager
    def variable(self, sort: Sort) -> Iterator[Term]:
        """Give a variable that is deeper than all in use."""
        self._depth += 1
        try:
            yield self.logic.variable(f"x{self._depth}", sort)
        finally:
            self._depth -= 1

    # --- relations between values of a type

    def inside(self, of: IntType, term: Term) -> Term:
        """Return that an integer lies in its type."""
        logic = self.logic
        return logic.both(
            logic.at_most(logic.number(of.low), term), logic.at_most(term, logic.number(of.high))
        )

    def typed(self, of: Type, value: Symbolic) -> Term:
        """Return that a value of unknown origin is one of the type."""
        logic = self.logic
        match value:
            case Scalar(term):
                return self.inside(of, term) if isinstance(of, IntType) else logic.true
            case Maybe(is_some, inner):
                assert isinstance(of, OptionType)
                return logic.implies(is_some, self.typed(of.element, inner))
            case Table(key, at):
                assert isinstance(of, MapType)
                if not _has_integers(of.value):
                    return logic.true
                return self.every(key, lambda each: self.typed(of.value, at(each)))
            case Members():
                return logic.true
            case Row(length, items):
                assert isinstance(of, SeqType)
                bounds = self.inside(IntType(0, of.bound), length)
                return logic.both(bounds, *(self.typed(of.element, item) for item in items))
            case Parts(parts):
                return logic.conjunction(map(self.typed, component_types(of), parts))
            case _:
                assert_never(value)

    def equal(self, of: Type, left: Symbolic, right: Symbolic) -> Term:
        """Return that two values are equal; integers may have other bounds than the type says."""
        logic = self.logic
        if left is right:
            return logic.true
        match left, right:
            case Scalar(a), Scalar(b):
                return logic.equal(a, b)
            case Maybe(a, x), Maybe(b, y):
                assert isinstance(of, OptionType)
                same = logic.implies(a, self.equal(of.element, x, y))
                return logic.both(logic.equal(a, b), same)
            case Table(key), Table():
                assert isinstance(of, MapType)
                return self.every(
                    key, lambda each: self.equal(of.value, left.at(each), right.at(each))
                )
            case Members(element), Members(other):
                # Each side is empty outside its own element type.
                return logic.both(
                    self.subset(element, left, right), self.subset(other, right, left)
                )
            case Row(m, xs), Row(n, ys):
                assert isinstance(of, SeqType)
                pairs = zip(xs, ys, strict=False)
                return logic.both(
                    logic.equal(m, n),
                    *(
                        logic.implies(logic.less(logic.number(i), m), self.equal(of.element, x, y))
                        for i, (x, y) in enumerate(pairs)
                    ),
                )
            case Parts(xs), Parts(ys):
                types = component_types(of)
                return logic.conjunction(map(self.equal, types, xs, ys))
            case _:
                raise AssertionError(f"{type(left)} is compared with {type(right)}")

    def subset(self, element: Type, left: Members, right: Members) -> Term:
        """Return that the left set, of this element type, lies in the right one."""
        return self.every(element, lambda each: self.logic.implies(left.has(each), right.has(each)))

    def choose(self, condition: Term, then: Symbolic, otherwise: Symbolic) -> Symbolic:
        """Return one of two values of one type."""
        logic = self.logic
        if then is otherwise or condition is logic.true:
            return then
        if condition is logic.false:
            return otherwise
        match then, otherwise:
            case Scalar(a), Scalar(b):
                return Scalar(logic.ite(condition, a, b))
            case Maybe(a, x), Maybe(b, y):
                return Maybe(logic.ite(condition, a, b), self.choose(condition, x, y))
            case Table(key), Table():
                return Table(
                    key, lambda each: self.choose(condition, then.at(each), otherwise.at(each))
                )
            case Members(element), Members():
                return Members(
                    element, lambda each: logic.ite(condition, then.has(each), otherwise.has(each))
                )
            case Row(m, xs), Row(n, ys):
                longer = xs if len(xs) >= len(ys) else ys
                both = tuple(self.choose(condition, x, y) for x, y in zip(xs, ys, strict=False))
                return Row(logic.ite(condition, m, n), both + longer[len(both) :])
            case Parts(xs), Parts(ys):
                return Parts(
                    tuple(self.choose(condition, x, y) for x, y in zip(xs, ys, strict=True))
                )
            case _:
                raise AssertionError(f"{type(then)} or {type(otherwise)}")


def component_types(of: Type) -> tuple[Type, ...]:
    """Return the types of the components of a record or tuple."""
    match of:
        case RecordType(_, fields):
            return tuple(field for _, field in fields)
        case TupleType(types):
            return types
        case _:
            raise AssertionError(f"no components: {describe(of)}")


def _has_integers(of: Type) -> bool:
    """Tell whether a value of the type holds an integer or a sequence, which have bounds."""
    match of:
        case BoolType() | EnumType() | SortType() | SetType():
            return False
        case IntType() | SeqType():
            return True
        case OptionType(element) | MapType(_, element):
            return _has_integers(element)
        case RecordType() | TupleType():
            return any(map(_has_integers, component_types(of)))
        case _:
            assert_never(of)
