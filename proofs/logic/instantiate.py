"""Instances of universals, guided by models.

A model of what is asserted so far gives every known ground term a value, and there are few
different values. Each universal is evaluated at them; where it is false, it is instantiated at
terms with these values, and the instance is asserted. So a handful of instances is made out of
thousands that there are, and those are the ones that were in the way (Ge and de Moura, "Complete
instantiation for quantified formulas in satisfiability modulo theories", 2009).

When no universal is false anywhere, the model either is one of the universals too, or a function
leads out of the values of known terms. Then the terms that lead out become known, for a few rounds.
Over sorts without functions from a sort to itself that ends by itself (Bernays and Schönfinkel,
1928).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from proofs.logic.compiled import Compiler, Functions, Table
from proofs.logic.terms import BOOL, INT, Kind, Logic, OpenSort, Sort, Symbol, Term
from proofs.logic.text import text

if TYPE_CHECKING:
    from proofs.logic.evaluate import Constant
    from proofs.logic.normal import Universal

MAX_TERMS: Final = 24
"""As many ground terms of a sort are considered; more are met only when nothing converges."""

Key: TypeAlias = "tuple[Universal, tuple[Term, ...]]"
"""A universal and what its variables stand for."""

PER_CHECK: Final = 3
"""Instances of one universal that are added before the solver is asked again."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A ground consequence of a labelled universal.

    Attributes:
        label: which hypothesis.
        terms: what its variables stand for.
        number: which of the universals with this label, from 1.
    """

    label: str
    terms: tuple[Term, ...]
    formula: Term
    number: int

    @property
    def name(self) -> str:
        """The instance as certificates write it."""
        return f"{self.label}({', '.join(self.texts)})"

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the terms."""
        return tuple(text(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Structure:
    """A model: the values of symbols, and of ground terms."""

    table: Callable[[Symbol], Table | Constant]
    value: Callable[[Term], Constant]


@dataclass(slots=True)
class Instantiator:
    """Makes instances of labelled universals for one goal.

    Attributes:
        formulas: what universals say of terms, as far as that was written down for other goals.
        ground: the terms known so far, by sort, in the order in which they were met.
    """

    logic: Logic
    compiler: Compiler
    universals: Sequence[tuple[str, Universal]]
    formulas: dict[Key, Term] = field(default_factory=dict)
    ground: dict[Sort, dict[Term, None]] = field(default_factory=dict)
    _made: set[Key] = field(default_factory=set)
    _seen: set[Term] = field(default_factory=set)

    def start(self, formulas: Iterable[Term]) -> None:
        """Learn the ground terms of the goal."""
        for formula in formulas:
            self.compiler.note(formula)
            self._learn(formula)
        for _, universal in self.universals:
            self.compiler.compiled(universal)
            if not universal.variables:
                self._learn(universal.body)
        for _, universal in self.universals:
            for variable in universal.variables:
                self._somebody(variable.sort)

    def _somebody(self, sort: Sort) -> None:
        """Make sure that there is a term of the sort: no sort is empty."""
        if self.ground.get(sort):
            return
        if sort is INT:
            some = self.logic.number(0)
        else:
            assert isinstance(sort, OpenSort)
            some = self.logic.apply(self.logic.symbol(f"{sort.name}.some", (), sort))
        self.compiler.note(some)
        self.ground.setdefault(sort, {})[some] = None

    def _learn(self, formula: Term) -> None:
        pending = [formula]
        while pending:
            term = pending.pop()
            if term in self._seen:
                continue
            self._seen.add(term)
            pending.extend(reversed(term.args))
            if _is_candidate(term):
                self.ground.setdefault(term.sort, {})[term] = None

    # --- instances that a model breaks

    def broken(self, structure: Structure) -> list[Instance]:
        """Return instances that are false in a structure; none if no universal is false."""
        functions = self._functions(structure)
        known = {sort: _by_value(terms, structure) for sort, terms in self.ground.items()}
        found: list[Instance] = []
        numbers: dict[str, int] = {}
        for label, universal in self.universals:
            numbers[label] = numbers.get(label, 0) + 1
            holds = self.compiler.compiled(universal)
            count = 0
            for terms in self._places(universal, known, holds, functions):
                key = (universal, terms)
                if key in self._made:
                    # Its value was read differently by the solver; it is asserted already.
                    continue
                self._made.add(key)
                found.append(self._instance(label, numbers[label], universal, terms))
                count += 1
                if count == PER_CHECK:
                    break
        for instance in found:
            self._learn(instance.formula)
        return found

    def _places(
        self,
        universal: Universal,
        known: dict[Sort, dict[Constant, Term]],
        holds: Callable[..., bool],
        functions: Functions,
    ) -> Iterator[tuple[Term, ...]]:
        """Yield terms, one tuple for each tuple of values, at which a universal is false."""
        choices = [tuple(known.get(v.sort, {}).items()) for v in universal.variables]
        for chosen in product(*choices):
            if not holds(functions, *(value for value, _ in chosen)):
                yield tuple(term for _, term in chosen)

    def _functions(self, structure: Structure) -> Functions:
        return [structure.table(symbol) for symbol in self.compiler.symbols]

    def _instance(
        self, label: str, number: int, universal: Universal, terms: tuple[Term, ...]
    ) -> Instance:
        key = (universal, terms)
        formula = self.formulas.get(key)
        if formula is None:
            formula = self.formulas[key] = instance_of(self.logic, universal, terms)
        return Instance(label, terms, formula, number)

    # --- terms that lead out

    def widen(self, structure: Structure) -> bool:
        """Make known what functions lead to outside of the values of known terms.

        Returns:
            Whether there was anything; if not, the structure is a model of the universals, unless
            they quantify over integers.
        """
        known = {sort: _by_value(terms, structure) for sort, terms in self.ground.items()}
        needed = {v.sort for _, universal in self.universals for v in universal.variables}
        found: list[Term] = []
        for symbol in self.compiler.symbols:
            if symbol.result not in needed or not symbol.arguments:
                continue
            if any(isinstance(sort, OpenSort) and sort not in known for sort in symbol.arguments):
                continue
            for args in product(*(self._arguments(sort, known) for sort in symbol.arguments)):
                term = self.logic.apply(symbol, args)
                value = structure.value(term)
                if value not in known[symbol.result]:
                    known[symbol.result][value] = term
                    found.append(term)
        for term in found:
            self._learn(term)
        return bool(found) and all(len(terms) <= MAX_TERMS for terms in self.ground.values())

    def _arguments(self, sort: Sort, known: dict[Sort, dict[Constant, Term]]) -> tuple[Term, ...]:
        if isinstance(sort, OpenSort) or sort is INT:
            return tuple(known.get(sort, {}).values())
        if sort is BOOL:
            return (self.logic.false, self.logic.true)
        return tuple(self.logic.member(sort, each) for each in sort.members)

    @property
    def has_integers(self) -> bool:
        """Whether a universal quantifies over integers, which no finite set of terms exhausts."""
        return any(v.sort is INT for _, universal in self.universals for v in universal.variables)


def instance_of(logic: Logic, universal: Universal, terms: Sequence[Term]) -> Term:
    """Return what a universal says of these terms."""
    values = dict(zip(universal.variables, terms, strict=True))
    return logic.substitute(universal.body, values)


def _by_value(terms: Iterable[Term], structure: Structure) -> dict[Constant, Term]:
    """Return one term, the first, for each value."""
    found: dict[Constant, Term] = {}
    for term in terms:
        found.setdefault(structure.value(term), term)
    return found


def _is_candidate(term: Term) -> bool:
    """Tell whether a term is worth putting in for a variable.

    A choice is not: both its branches are. Neither are sums, which the arithmetic of the solver
    finds by itself.
    """
    if term.free or term.sort is BOOL:
        return False
    if isinstance(term.sort, OpenSort):
        return term.kind is Kind.APPLY
    return term.sort is INT and term.kind in {Kind.APPLY, Kind.NUMBER}
