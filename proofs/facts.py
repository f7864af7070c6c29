"""Small facts about a state, as expressions and as quick tests: what lemmas can be made of.

A fact speaks of a few named elements of each sort: `worker[c0] at critical`, `next[c0] = c1`, `c1
in queue`, `mine[c0] < mine[c1]`. It can be tested on plain states with any choice of elements, and
joined with others to a lemma over all different elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model import terms
from checker.model.ir import Fold, Implies, Local, Op, Quantifier, Role
from checker.model.operators import integer, members
from checker.model.render import Words, render
from checker.model.rewrite import substitute
from checker.model.types import (
    BOOL,
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    SetType,
    SortType,
    cardinality,
    elements,
    sorts_in,
)

if TYPE_CHECKING:
    from checker.model.ir import Expr
    from checker.model.system import State, System
    from checker.model.types import Type, Value

MAX_LISTED: Final = 4
"""Integers of a type with so few values are compared with each; others only with each other."""

Places: TypeAlias = "Mapping[str, Sequence[Value]]"
"""For each sort the elements that its names stand for, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """Something that a state is or is not, for a choice of elements.

    Attributes:
        expr: over the locals that name elements.
        names: those locals, as far as they occur.
        has_opposite: whether it is worth saying that it is not so; of one value among many it is
            not, since another fact says which one it is.
    """

    expr: Expr
    names: tuple[Local, ...]
    holds: Callable[[State, Places], bool]
    has_opposite: bool = True


@dataclass(frozen=True, slots=True)
class _Cell:
    """A part of the state."""

    expr: Expr
    names: tuple[Local, ...]
    read: Callable[[State, Places], Value]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Reads one slot of a map."""

    cell: _Cell
    number: int

    def __call__(self, state: State, places: Places) -> Value:
        whole = self.cell.read(state, places)
        assert isinstance(whole, tuple)
        return whole[self.number]


class Vocabulary:
    """The facts of a system that speak of so many elements of each sort."""

    def __init__(self, system: System, counts: Mapping[str, int]) -> None:
        """Name `counts[sort]` elements of each sort."""
        self.system = system
        self._terms = system.terms
        self._locals = {
            sort.name: tuple(
                Local(f"{_letter(sort.name)}{number}", sort) for number in range(counts[sort.name])
            )
            for sort in system.sorts
        }
        self._cells = [cell for number in _by_role(system) for cell in self._cells_of(number)]

    # --- places

    def choices(self, system: System) -> Iterator[Places]:
        """Yield the ways to name different elements of a system, which may be a larger one."""
        orders = [
            list(permutations(elements(sort), len(self._locals[sort.name])))
            for sort in system.sorts
        ]
        for chosen in product(*orders):
            yield {sort.name: order for sort, order in zip(system.sorts, chosen, strict=True)}

    def first(self) -> Places:
        """Return the choice of the first elements."""
        return {
            sort.name: tuple(elements(sort))[: len(self._locals[sort.name])]
            for sort in self.system.sorts
        }

    # --- facts

    def facts(self) -> list[Fact]:
        """Return all facts, those to be kept rather first."""
        found = [fact for cell in self._cells for fact in self._about(cell)]
        numbers = [cell for cell in self._cells if isinstance(cell.expr.type, IntType)]
        for left, right in combinations(numbers, 2):
            found += self._compared(left, right)
        return found

    def about(self, state: State) -> list[tuple[Fact, bool]]:
        """Return what is so in a state and what is not, the values of its integers among it."""
        here = self.first()
        judged = [(fact, fact.holds(state, here)) for fact in self.facts()]
        found = [(fact, truth) for fact, truth in judged if truth or fact.has_opposite]
        for cell in self._cells:
            of = cell.expr.type
            if isinstance(of, IntType) and cardinality(of) > MAX_LISTED:
                value = integer(cell.read(state, here))
                found.append((self._is(cell, terms.number(self._terms, value), value), True))
        return found

    def _cells_of(self, number: int) -> Iterator[_Cell]:
        variable = self.system.variables[number]

        def read(state: State, _: Places) -> Value:
            return state[number]

        yield from self._inner(_Cell(terms.read(self._terms, variable), (), read))

    def _inner(self, cell: _Cell) -> Iterator[_Cell]:
        """Yield a part, or what is at each named key of it."""
        of = cell.expr.type
        match of:
            case MapType(SortType(name), value):
                for number, local in enumerate(self._locals[name]):
                    yield from self._inner(self._entry(cell, local, number, value))
            case MapType(key, value) if not sorts_in(key) and cardinality(key) <= MAX_LISTED:
                for number, known in enumerate(elements(key)):
                    literal = terms.literal(self._terms, known, key)
                    expr = terms.at_key(self._terms, cell.expr, literal, value)
                    yield from self._inner(_Cell(expr, cell.names, _Slot(cell, number)))
            case _:
                yield cell

    def _entry(self, cell: _Cell, local: Local, number: int, value: Type) -> _Cell:
        assert isinstance(local.type, SortType)
        sort = local.type.name
        key = terms.reference(self._terms, local)

        def read(state: State, places: Places) -> Value:
            whole = cell.read(state, places)
            assert isinstance(whole, tuple)
            # Elements of a sort are numbered as the slots of a map are.
            return whole[int(str(places[sort][number])[len(sort) :])]

        expr = terms.at_key(self._terms, cell.expr, key, value)
        return _Cell(expr, _joined(cell.names, local), read)

    def _about(self, cell: _Cell) -> Iterator[Fact]:
        of = cell.expr.type
        match of:
            case BoolType():
                yield Fact(cell.expr, cell.names, lambda s, p: cell.read(s, p) is True)
            case EnumType():
                for value in elements(of):
                    yield self._is(cell, terms.literal(self._terms, value, of), value)
            case IntType():
                if cardinality(of) <= MAX_LISTED:
                    for value in elements(of):
                        yield self._is(cell, terms.number(self._terms, integer(value)), value)
            case SortType(name):
                yield from self._elements(cell, name, None)
            case OptionType(SortType(name)):
                none = terms.literal(self._terms, None, of)
                yield replace(self._is(cell, none, None), has_opposite=True)
                yield from self._elements(cell, name, of)
            case SetType(SortType(name)):
                for number, local in enumerate(self._locals[name]):
                    yield self._member(cell, local, number)
            case _:
                return

    def _is(self, cell: _Cell, constant: Expr, value: Value) -> Fact:
        expr = terms.equal(self._terms, cell.expr, constant)
        return Fact(expr, cell.names, lambda s, p: cell.read(s, p) == value, has_opposite=False)

    def _elements(self, cell: _Cell, sort: str, option: OptionType | None) -> Iterator[Fact]:
        for number, local in enumerate(self._locals[sort]):
            element = terms.reference(self._terms, local)
            wanted: Expr = element
            if option is not None:
                wanted = terms.wrapped(self._terms, element, option)
            yield self._is_named(cell, terms.equal(self._terms, cell.expr, wanted), local, number)

    def _is_named(self, cell: _Cell, expr: Expr, local: Local, number: int) -> Fact:
        assert isinstance(local.type, SortType)
        sort = local.type.name
        names = _joined(cell.names, local)
        return Fact(
            expr, names, lambda s, p: cell.read(s, p) == p[sort][number], has_opposite=False
        )

    def _member(self, cell: _Cell, local: Local, number: int) -> Fact:
        assert isinstance(local.type, SortType)
        sort = local.type.name
        expr = terms.member(self._terms, terms.reference(self._terms, local), cell.expr)
        names = _joined(cell.names, local)
        return Fact(expr, names, lambda s, p: p[sort][number] in members(cell.read(s, p)))

    def _compared(self, left: _Cell, right: _Cell) -> Iterator[Fact]:
        names = _joined(left.names, *right.names)
        yield Fact(
            terms.equal(self._terms, left.expr, right.expr),
            names,
            lambda s, p: left.read(s, p) == right.read(s, p),
        )
        for a, b in ((left, right), (right, left)):
            yield self._less(a, b, names)

    def _less(self, left: _Cell, right: _Cell, names: tuple[Local, ...]) -> Fact:
        return Fact(
            terms.apply(self._terms, Op.LT, (left.expr, right.expr), BOOL),
            names,
            lambda s, p: integer(left.read(s, p)) < integer(right.read(s, p)),
        )

    # --- lemmas

    def never_together(self, facts: Sequence[tuple[Fact, bool]]) -> Expr:
        """Return that facts, or their negations where false, never hold together.

        The elements that they name are different ones.
        """
        table = self._terms
        parts = [f.expr if truth else terms.negation(table, f.expr) for f, truth in facts]
        names = _joined((), *(local for fact, _ in facts for local in fact.names))
        body = terms.negation(table, terms.conjunction(table, tuple(parts)))
        different = tuple(
            terms.negation(table, terms.equal(table, *(terms.reference(table, n) for n in pair)))
            for pair in combinations(names, 2)
            if pair[0].type == pair[1].type
        )
        if different:
            body = table.intern(Implies(terms.conjunction(table, different), body))
        for local in reversed(names):
            body = table.intern(Fold(Quantifier.FORALL, local, None, body, BOOL))
        return body

    def exchanged(self, expr: Expr) -> Expr:
        """Return an expression with the first two elements of each sort exchanged."""
        swapped: dict[Local, Expr] = {}
        for locals_ in self._locals.values():
            if len(locals_) >= 2:
                a, b = locals_[:2]
                swapped[a] = terms.reference(self._terms, b)
                swapped[b] = terms.reference(self._terms, a)
        return substitute(expr, swapped, self._terms)

    def text(self, expr: Expr) -> str:
        """Return an expression as the language writes it."""
        return render(expr, Words(self.system.processes))


def _by_role(system: System) -> list[int]:
    order = [Role.CONTROL, Role.SHARED, Role.LOCAL, Role.GHOST]
    numbers = range(len(system.variables))
    return sorted(numbers, key=lambda number: order.index(system.variables[number].role))


def _joined(names: Iterable[Local], *more: Local) -> tuple[Local, ...]:
    found = dict.fromkeys((*names, *more))
    return tuple(sorted(found, key=lambda local: local.name))


def _letter(sort: str) -> str:
    return sort.rpartition(".")[2][0].lower()
