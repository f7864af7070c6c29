"""Where expressions and assignments lead in the packed state, as bits.

Parts of maps and records are told apart where keys are constants or follow from locals whose values
are known, elements of sets likewise; another key may be any key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from checker.explicit.layout import components, encode, offsets, positions, width
from checker.model.evaluate import Scope, evaluate
from checker.model.ir import (
    Apply,
    Conditional,
    Field,
    Index,
    Literal,
    LocalRef,
    Op,
    Read,
    ReadOld,
)
from checker.model.operators import EvaluationError
from checker.model.rewrite import children, map_children
from checker.model.types import MapType, RecordType, SeqType, SetType, TupleType, cardinality

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.model.ir import Expr, Local, Place, TermTable, Variable
    from checker.model.types import Type, Value

MOST_PLACES: Final = 1_024
"""A place that may be more than so many is taken for everything around it."""


class Places:
    """Where expressions and assignments lead, given the values of some locals.

    Expressions are to be folded first; then the constants in them are literals.

    Attributes:
        known: values of locals.
        layout: where variables lie.
    """

    def __init__(self, layout: Layout, terms: TermTable, known: Mapping[Local, Value]) -> None:
        """Look at code in which these locals are known."""
        self.known = dict(known)
        self.layout = layout
        self._terms = terms
        self._read: dict[Expr, int] = {}
        self._folded: dict[Expr, Expr] = {}

    def learn(self, local: Local, value: Value) -> None:
        """Take note of the value of one more local."""
        self.known[local] = value
        self._folded.clear()

    def fold(self, expr: Expr) -> Expr:
        """Return the expression with all of it replaced that is the same in every state."""
        if expr not in self._folded:
            self._folded[expr] = self._fold(expr)
        return self._folded[expr]

    def _fold(self, expr: Expr) -> Expr:
        match expr:
            case LocalRef(local) if local in self.known:
                return self._terms.intern(Literal(self.known[local], expr.type))
            case Conditional(condition, then, otherwise):
                match self.fold(condition):
                    case Literal(value):
                        return self.fold(then if value else otherwise)
                    case _:
                        pass
            case _:
                pass
        inner = map_children(expr, self.fold, self._terms)
        parts = children(inner)
        if not parts or not all(isinstance(each, Literal) for each in parts):
            return inner
        try:
            return self._terms.intern(Literal(evaluate(inner, Scope({}, {})), inner.type))
        except EvaluationError:
            return inner

    def reads(self, expr: Expr) -> int:
        """Return the bits that an expression may look at, present and old alike."""
        if expr not in self._read:
            found = self.looked_at(expr)
            if found is None:
                found = 0
                for child in children(expr):
                    found |= self.reads(child)
            self._read[expr] = found
        return self._read[expr]

    def looked_at(self, expr: Expr) -> int | None:
        """Return the same of a selection or a test for an element; None of anything else."""
        match expr:
            case Apply(Op.IN, (element, whole)):
                if not isinstance(element, Literal):
                    return None
                bits = self.bits(whole, (element.value,))
                return None if bits is None else bits | self.keys(whole)
            case _:
                selected = self.of(expr)
                return None if selected is None else selected | self.keys(expr)

    def of(self, expr: Expr) -> int | None:
        """Return the bits that an expression selects of the state, None if it is no selection."""
        base, path = selection(expr)
        if not isinstance(base, Read | ReadOld):
            return None
        return self._selected(base.variable, path)[0]

    def to(self, place: Place) -> int:
        """Return the bits that an assignment may change."""
        return self._selected(place.variable, place.path)[0]

    def keys(self, expr: Expr) -> int:
        """Return the bits that decide what an expression selects."""
        found = 0
        while isinstance(expr, Index | Field):
            if isinstance(expr, Index):
                found |= self.reads(expr.key)
                if isinstance(expr.base.type, SeqType):
                    found |= self.of(expr.base) or 0
            expr = expr.base
        return found

    def bits(self, whole: Expr, values: Iterable[Value]) -> int | None:
        """Return the bits of elements in a set, wherever that set may be in the state."""
        base, path = selection(whole)
        if not isinstance(base, Read | ReadOld):
            return None
        selected, of = self._selected(base.variable, path)
        if of != whole.type:
            return None
        assert isinstance(of, SetType)
        places = positions(of.element)
        wanted = sum(1 << places[encode(of.element, value)] for value in values)
        result = 0
        while selected:
            at = (selected & -selected).bit_length() - 1
            result |= wanted << at
            selected &= ~(((1 << width(of)) - 1) << at)
        return result

    # --- within

    def _selected(self, variable: Variable, path: Iterable[Expr | int]) -> tuple[int, Type]:
        """Return the bits that a path leads to, or more around them, and the type of each part."""
        of: Type = variable.type
        starts = [self.layout.slots[variable].offset]
        for selector in path:
            match of:
                case MapType(key, inner):
                    assert not isinstance(selector, int)
                    places = self._entries(key, selector, len(starts))
                    if places is None:
                        break
                    size = width(inner)
                    starts = [start + place * size for start in starts for place in places]
                    of = inner
                case RecordType() | TupleType():
                    assert isinstance(selector, int)
                    starts = [start + offsets(of)[selector] for start in starts]
                    of = components(of)[selector]
                case _:
                    break
        mask = (1 << width(of)) - 1
        result = 0
        for start in starts:
            result |= mask << start
        return result, of

    def _entries(self, key: Type, selector: Expr, ways: int) -> Iterable[int] | None:
        """Return which entries of a map a key may select, None if there are too many."""
        if isinstance(selector, Literal):
            return (positions(key)[encode(key, selector.value)],)
        count = cardinality(key)
        return range(count) if count * ways <= MOST_PLACES else None


def selection(expr: Expr) -> tuple[Expr, list[Expr | int]]:
    """Return what a chain of selections begins with, and the selectors in order."""
    path: list[Expr | int] = []
    while isinstance(expr, Index | Field):
        path.append(expr.key if isinstance(expr, Index) else expr.index)
        expr = expr.base
    return expr, path[::-1]
