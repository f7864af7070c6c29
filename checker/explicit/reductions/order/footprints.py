"""What an action with given parameters may touch, as bits of the packed state, and in what way.

The answer is read off the code, not the state. Parts of maps and records are told apart where keys
are constants or follow from the parameters, elements of sets likewise; another key may be any key.

Two uses of a place need not disturb one another although both change it:

* one puts elements at the end of a sequence and the other takes them from the front, as long as
  both are possible (Holzmann and Peled's exclusive channels, 1994, found by looking at the code);
* both put elements into a set.

Such uses are told apart from plain reads and writes. The first kind counts only where the action's
own guard makes sure that there is room, or something to take: an action that might fail for want of
it sees the difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from checker.explicit.reductions.failing import given, may_fail
from checker.explicit.reductions.order.places import Places, selection
from checker.model.ir import (
    And,
    Apply,
    Assign,
    Bind,
    Choose,
    If,
    Literal,
    Op,
    Read,
    While,
)
from checker.model.rewrite import (
    children,
    expressions,
    keys,
    map_place,
    parts,
)

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local, Place
    from checker.model.system import Action
    from checker.model.types import Value


class Footprint(NamedTuple):
    """Bits of the state by the way in which they are used; a bit may be used in several.

    Attributes:
        read: values are looked at.
        write: values are replaced.
        push: sequences get more elements at their end, or need room for them.
        take: sequences are looked at or cut at their front, and are known not to be too short.
        add: sets get more elements.
    """

    read: int = 0
    write: int = 0
    push: int = 0
    take: int = 0
    add: int = 0

    @property
    def changed(self) -> int:
        """All bits that may be different afterwards."""
        return self.write | self.push | self.take | self.add

    @property
    def touched(self) -> int:
        """All bits that matter."""
        return self.read | self.changed


def disturbs(one: Footprint, other: Footprint) -> bool:
    """Tell whether two steps, if both are possible, may come to something else in another order."""
    return bool(
        one.write & other.touched
        or one.read & other.changed
        or one.push & (other.read | other.write | other.push | other.add)
        or one.take & (other.read | other.write | other.take | other.add)
        or one.add & (other.read | other.write | other.push | other.take)
    )


# --- actions --------------------------------------------------------------------------------------


def footprint(action: Action, places: Places) -> Footprint:
    """Return what an action may touch, ghosts included, where its parameters are known."""
    return _Finder(places, action).find(action)


def conjuncts_of(guard: Expr) -> tuple[Expr, ...]:
    """Return the parts of a guard, in the order in which they are evaluated."""
    return guard.args if isinstance(guard, And) else (guard,)


def without_conversion(expr: Expr) -> Expr:
    """Return what a conversion converts; anything else as it is."""
    while isinstance(expr, Apply) and expr.op is Op.CONVERT:
        (expr,) = expr.args
    return expr


class _Finder:
    """Goes through an action in the order of its text.

    Attributes:
        facts: what the guard makes sure of; true of a place until it is changed.
        rebound: locals that are bound more than once.
        changed: bits that earlier assignments may have changed.
    """

    def __init__(self, places: Places, action: Action) -> None:
        self.places = places
        self.facts = given(places.fold(action.guard))
        bound = Counter(_locals_bound(action.body))
        self.rebound = {local for local, count in bound.items() if count > 1}
        self.is_looping = False
        self.changed = 0
        self.read = self.write = self.push = self.take = self.add = 0

    def find(self, action: Action) -> Footprint:
        """Return the footprint."""
        for each in conjuncts_of(action.guard):
            self._wait(self.places.fold(each))
        self._effect(action.body)
        return Footprint(self.read, self.write, self.push, self.take, self.add)

    # --- effects

    def _effect(self, effect: Effect) -> None:
        fold = self.places.fold
        match effect:
            case Assign(place, value):
                self._assign(map_place(place, fold), fold(value))
                return
            case Bind(local, value):
                folded = fold(value)
                self._look(folded)
                if isinstance(folded, Literal) and local not in self.rebound:
                    self.places.learn(local, folded.value)
                return
            case If(condition, then, otherwise):
                test = fold(condition)
                if isinstance(test, Literal):
                    self._effect(then if test.value else otherwise)
                    return
            case _:
                pass
        for expr in expressions(effect):
            self._look(fold(expr))
        was_looping = self.is_looping
        self.is_looping = was_looping or isinstance(effect, While)
        for part in parts(effect):
            self._effect(part)
        self.is_looping = was_looping

    def _assign(self, place: Place, value: Expr) -> None:
        for selector in keys(place):
            self._look(selector)
        if not self._is_gentle(place, value):
            self._look(value)
            self.write |= self.places.to(place)
        self.changed |= self.places.to(place)

    def _is_gentle(self, place: Place, value: Expr) -> bool:
        """Take an assignment that adds to a place or cuts it; tell whether it is one."""
        selected = self.places.to(place)
        if self.is_looping or may_fail(value, self.facts):
            return False
        match without_conversion(value):
            case Apply(Op.APPEND, (same, element)) if self._is_unchanged(same, place):
                self.push |= selected
                self._look(element)
            case Apply(Op.REST, (same,)) if self._is_unchanged(same, place):
                self.take |= selected
            case Apply(Op.UNION, (same, more)) | Apply(Op.UNION, (more, same)) if _is(same, place):
                self._elements(same, more, selected)
            case Apply(Op.MINUS, (same, fewer)) if (
                _is(same, place) and _elements(fewer) is not None
            ):
                self._elements(same, fewer, selected)
            case _:
                return False
        return True

    def _elements(self, whole: Expr, some: Expr, selected: int) -> None:
        """Take elements that are put into a set, or known ones that are taken out."""
        values = _elements(some)
        bits = None if values is None else self.places.bits(whole, values)
        if bits is None:
            self._look(some)
            self.add |= selected
        else:
            self.write |= bits

    # --- expressions

    def _wait(self, condition: Expr) -> None:
        """Take a condition of the guard; it may ask for room, or for something to take."""
        match self._bounded(condition, holds=True):
            case (whole, is_room):
                self.read |= self.places.keys(whole)
                if is_room:
                    self.push |= self.places.of(whole) or 0
                else:
                    self.take |= self.places.of(whole) or 0
            case None:
                self._look(condition)

    def _bounded(self, condition: Expr, *, holds: bool) -> tuple[Expr, bool] | None:
        """Return the sequence whose length a condition bounds, and whether from above."""
        match condition:
            case Apply(Op.NOT, (inner,)):
                return self._bounded(inner, holds=not holds)
            case Apply(Op.LT | Op.LE, (Apply(Op.LEN, (whole,)), bound)):
                is_room = holds
            case Apply(Op.LT | Op.LE, (bound, Apply(Op.LEN, (whole,)))):
                is_room = not holds
            case (
                Apply(Op.EQ, (Apply(Op.LEN, (whole,)), Literal(0) as bound))
                | Apply(Op.EQ, (Literal(0) as bound, Apply(Op.LEN, (whole,))))
                | Apply(Op.EQ, (whole, Literal(()) as bound))
                | Apply(Op.EQ, (Literal(()) as bound, whole))
            ) if not holds:
                is_room = False
            case _:
                return None
        if not isinstance(bound, Literal) or self.places.of(whole) is None:
            return None
        return whole, is_room

    def _look(self, expr: Expr) -> None:
        """Take an expression that is evaluated."""
        match expr:
            case Apply(Op.FIRST, (whole,)) if self._is_unchanged(whole) and not may_fail(
                expr, self.facts
            ):
                self.take |= self.places.of(whole) or 0
                self.read |= self.places.keys(whole)
            case _:
                selected = self.places.looked_at(expr)
                if selected is None:
                    for child in children(expr):
                        self._look(child)
                else:
                    self.read |= selected

    def _is_unchanged(self, expr: Expr, place: Place | None = None) -> bool:
        """Tell whether what the guard knows of a selection is still true of it.

        Args:
            place: what the selection has to be, if anything.
        """
        selected = self.places.of(expr)
        if selected is None or self.is_looping or (place is not None and not _is(expr, place)):
            return False
        return not (selected | self.places.keys(expr)) & self.changed


def _elements(expr: Expr) -> list[Value] | None:
    """Return the elements of a set if they are known."""
    match expr:
        case Literal(frozenset() as whole):
            return list(whole)
        case _:
            return None


def _is(expr: Expr, place: Place) -> bool:
    """Tell whether an expression selects the very place."""
    base, path = selection(expr)
    return (
        isinstance(base, Read)
        and base.variable is place.variable
        and len(path) == len(place.path)
        and all(a == b for a, b in zip(path, place.path, strict=True))
    )


def _locals_bound(effect: Effect) -> Iterator[Local]:
    """Yield the locals that are bound anywhere within, as often as they are."""
    if isinstance(effect, Bind | Choose):
        yield effect.local
    for part in parts(effect):
        yield from _locals_bound(part)
