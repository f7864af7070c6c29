"""Can the claims be decided: do functions lead round in a circle from sort to sort?

Instances of lemmas are made at known elements, and bring in what functions of these are: the value
of a map at an element, or an element that a lemma says *exists* for it. If functions never lead
back to a sort they came from, that ends, and the solver always answers (the stratified fragment;
Abadi, Rabinovich and Sagiv, "Decidable fragments of many-sorted logic", 2010). If they do, there
may be no end of instances; the answer may be unknown, and a small change may make the difference.
What is told is the shortest circle, by the names that the specification gives to its steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from proofs.claims import all_obligations
from proofs.encode.model import encode
from proofs.logic.normal import Skolemizer
from proofs.logic.terms import INT, Kind, OpenSort, Term
from proofs.logic.text import sort_name

if TYPE_CHECKING:
    from checker.model.system import System
    from proofs.encode.model import Model
    from proofs.logic.normal import Universal
    from proofs.logic.terms import Sort, Symbol
    from proofs.obligation import Obligation, Query


NUMBERS: Final = sort_name(INT)


class Link(Enum):
    """What leads from one sort to another."""

    MAP = "map"
    EXISTS = "exists"
    ARITHMETIC = "arithmetic"


@dataclass(frozen=True, slots=True)
class Edge:
    """A function of elements of one sort, with values in another.

    Attributes:
        name: of the variable that is a map, or of the claim in which an `exists` stands.
    """

    source: str
    target: str
    link: Link
    name: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """What there is to say about the claims of a system.

    Attributes:
        edges: all functions between sorts that occur below a `forall`.
        circle: a shortest circle of them; empty if there is none.
        integers: claims that say something of all numbers of a type too large to be written out.
        obligation: where the circle occurs, if not in the claims themselves.
    """

    edges: tuple[Edge, ...]
    circle: tuple[Edge, ...] = ()
    integers: tuple[str, ...] = ()
    obligation: str | None = None

    @property
    def is_decidable(self) -> bool:
        """Whether instances come to an end, whatever has to be proved."""
        return not self.circle and not self.integers


def fragment(model: Model, obligations: Sequence[Obligation]) -> Fragment:
    """Look at the claims of a system for every size, and at what has to be proved."""
    labelled = [*model.typing, *((each.name, each.formula) for each in model.claims)]
    known: list[tuple[str, Universal]] = []
    for label, formula in labelled:
        universals = Skolemizer(model.logic, label).universals(formula)
        known += [(label, each) for each in universals]
    variables = [variable.name for variable in model.system.variables]
    edges = dict.fromkeys(edge for label, each in known for edge in _edges(label, each, variables))
    integers = tuple(dict.fromkeys(label for label, each in known if _counts_on(each)))
    circle = _circle(tuple(edges))
    if circle:
        return Fragment(tuple(edges), circle, integers)
    for obligation in obligations:
        more = dict(edges)
        for query in obligation.queries:
            for each in _goal(model, query):
                more |= dict.fromkeys(_edges(obligation.subject, each, variables))
        circle = _circle(tuple(more))
        if circle:
            return Fragment(tuple(more), circle, integers, obligation.name)
    return Fragment(tuple(edges), (), integers)


def _goal(model: Model, query: Query) -> tuple[Universal, ...]:
    logic = model.logic
    negated = logic.both(*query.conditions, logic.negate(query.claim))
    return Skolemizer(logic, "some").universals(negated)


def _counts_on(universal: Universal) -> bool:
    return any(variable.sort is INT for variable in universal.variables)


# --- functions ------------------------------------------------------------------------------------


def _edges(label: str, universal: Universal, variables: Sequence[str]) -> Iterator[Edge]:
    """Yield what is applied to universally quantified elements, or to what comes of them."""
    pending, seen = [universal.body], set[Term]()
    while pending:
        term = pending.pop()
        if term in seen or not term.free:
            continue
        seen.add(term)
        pending.extend(term.args)
        if not _is_endless(term.sort):
            continue
        for arg in term.args:
            if not arg.free or not _is_endless(arg.sort):
                continue
            if term.kind is Kind.APPLY:
                yield _edge(label, term.symbol, arg.sort, variables)
            elif term.kind in {Kind.SUM, Kind.PRODUCT} and _counts_on(universal):
                yield Edge(NUMBERS, NUMBERS, Link.ARITHMETIC, label)


def _is_endless(sort: Sort) -> bool:
    return sort is INT or isinstance(sort, OpenSort)


def _edge(label: str, symbol: Symbol, source: Sort, variables: Sequence[str]) -> Edge:
    owners = [
        name for name in variables if symbol.name == name or symbol.name.startswith(f"{name}.")
    ]
    ends = sort_name(source), sort_name(symbol.result)
    if owners:
        return Edge(*ends, Link.MAP, max(owners, key=len))
    return Edge(*ends, Link.EXISTS, label)


# --- circles --------------------------------------------------------------------------------------


def _circle(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Return a shortest circle; of several the first."""
    best: tuple[Edge, ...] = ()
    for edge in edges:
        back = _path(edges, edge.target, edge.source)
        if back is not None and (not best or len(back) + 1 < len(best)):
            best = (edge, *back)
    return best


def _path(edges: Sequence[Edge], start: str, goal: str) -> tuple[Edge, ...] | None:
    pending: deque[tuple[str, tuple[Edge, ...]]] = deque([(start, ())])
    seen = {start}
    while pending:
        here, path = pending.popleft()
        if here == goal:
            return path
        for edge in edges:
            if edge.source == here and edge.target not in seen:
                seen.add(edge.target)
                pending.append((edge.target, (*path, edge)))
    return None


def fragment_of(system: System) -> Fragment | None:
    """Look at a system for every size; None if it is not stated for every size."""
    if not system.sorts or system.sized:
        return None
    model = encode(system, is_open=True)
    stated, refused = all_obligations(model)
    return None if refused else fragment(model, stated)
