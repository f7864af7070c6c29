"""Ground formulas as clauses over atoms of two kinds: `a = b`, and `x - y <= c`.

Connectives get names (Tseitin, 1968). A choice between terms becomes a name with two conditional
equations; a sum becomes a name that differs from its variable by a constant. An equation between
integers says both that the terms are equal and that their difference is nothing. What is neither
equality nor a difference (division, more than two variables) is left without a meaning, but for
that equal arguments give equal values: what contradicts itself without that meaning does so with
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from proofs.certificate.congruence import Application, Literal, Node
from proofs.logic.terms import BOOL, INT, FiniteSort, Kind, Sort, Term
from proofs.logic.text import sort_name

ZERO: Final = 0
TRUE: Final = 1
FALSE: Final = 2


@dataclass(frozen=True, slots=True)
class Equation:
    """`left = right`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Bound:
    """`x - y <= most`."""

    x: Node
    y: Node
    most: int


Atom = Equation | Bound


@dataclass(slots=True)
class Clauses:
    """Clauses, and what their literals and nodes mean.

    Literals are positive or negative numbers of variables, from 1; variables without an atom are
    names of formulas.

    Attributes:
        facts: bounds that hold by definition.
        outside: what was left without a meaning.
    """

    clauses: list[tuple[Literal, ...]] = field(default_factory=list)
    atoms: dict[Literal, Atom] = field(default_factory=dict)
    applications: list[Application] = field(default_factory=list)
    constants: set[Node] = field(default_factory=lambda: {TRUE, FALSE})
    facts: list[Bound] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    variables: int = 0
    nodes: int = 3
    _literals: dict[Term, Literal] = field(default_factory=dict)
    _nodes: dict[Term, Node] = field(default_factory=dict)
    _numbers: dict[int, Node] = field(default_factory=dict)
    _known: dict[Atom, Literal] = field(default_factory=dict)
    _integers: set[Node] = field(default_factory=lambda: {ZERO})
    _finite: list[tuple[Node, FiniteSort]] = field(default_factory=list)
    _members: dict[tuple[Sort, str], Node] = field(default_factory=dict)

    def assume(self, formula: Term) -> None:
        """Add a formula."""
        if formula.kind is Kind.AND:
            for part in formula.args:
                self.assume(part)
        elif formula.kind is Kind.OR:
            self.clauses.append(tuple(self.literal(part) for part in formula.args))
        else:
            self.clauses.append((self.literal(formula),))

    def close(self) -> None:
        """Add what the two kinds of atoms have to know of each other."""
        by_function: dict[str, list[Application]] = {}
        for each in self.applications:
            by_function.setdefault(each.function, []).append(each)
        for group in by_function.values():
            for first, second in combinations(group, 2):
                for left, right in zip(first.arguments, second.arguments, strict=True):
                    if left in self._integers and left != right:
                        self.equation(left, right)

    def enumerate_members(self) -> None:
        """Add that a term of a finite sort is one of its members."""
        for node, sort in list(self._finite):
            members = [self._member(sort, name) for name in sort.members]
            self.clauses.append(tuple(self.equation(node, member) for member in members))

    # --- formulas

    def literal(self, formula: Term) -> Literal:
        """Return a literal that holds exactly if a formula does."""
        if formula.kind is Kind.NOT:
            return -self.literal(formula.args[0])
        found = self._literals.get(formula)
        if found is None:
            found = self._named(formula)
            self._literals[formula] = found
        return found

    def _named(self, formula: Term) -> Literal:
        match formula.kind:
            case Kind.TRUTH:
                name = self._variable()
                self.clauses.append((name if formula.head else -name,))
                return name
            case Kind.AND:
                return -self._either([-self.literal(part) for part in formula.args])
            case Kind.OR:
                return self._either([self.literal(part) for part in formula.args])
            case Kind.ITE:
                return self._choice(*(self.literal(part) for part in formula.args))
            case Kind.EQUAL if formula.args[0].sort is BOOL:
                first, second = (self.literal(part) for part in formula.args)
                return self._choice(first, second, -second)
            case Kind.EQUAL if formula.args[0].sort is INT:
                return self._integers_equal(*formula.args)
            case Kind.EQUAL:
                left, right = (self.node(arg) for arg in formula.args)
                return self.equation(left, right)
            case Kind.AT_MOST:
                return self._at_most(*formula.args)
            case Kind.APPLY:
                return self.equation(self.node(formula), TRUE)
            case _:
                raise AssertionError(f"{formula.kind.value} in a ground formula")

    def _variable(self) -> Literal:
        self.variables += 1
        return self.variables

    def _either(self, parts: list[Literal]) -> Literal:
        name = self._variable()
        self.clauses.append((-name, *parts))
        self.clauses += [(name, -part) for part in parts]
        return name

    def _choice(self, condition: Literal, then: Literal, otherwise: Literal) -> Literal:
        name = self._variable()
        self.clauses += [
            (-condition, -then, name),
            (-condition, then, -name),
            (condition, -otherwise, name),
            (condition, otherwise, -name),
        ]
        return name

    # --- atoms

    def _atom(self, atom: Atom) -> Literal:
        found = self._known.get(atom)
        if found is None:
            found = self._known[atom] = self._variable()
            self.atoms[found] = atom
        return found

    def equation(self, left: Node, right: Node) -> Literal:
        """Return the literal of `left = right`; of integers also as bounds."""
        left, right = min(left, right), max(left, right)
        atom = Equation(left, right)
        is_new = atom not in self._known
        name = self._atom(atom)
        if is_new and left == right:
            self.clauses.append((name,))
        elif is_new and left in self._integers:
            self._as_bounds(name, Bound(left, right, 0), Bound(right, left, 0))
        return name

    def _as_bounds(self, name: Literal, first: Bound, second: Bound) -> None:
        up, down = self._atom(first), self._atom(second)
        self.clauses += [(-name, up), (-name, down), (name, -up, -down)]

    def _integers_equal(self, left: Term, right: Term) -> Literal:
        difference = self._difference(left, right)
        if difference is None:
            # The sums are equal as terms, or they are not; nothing else is known of them.
            return self.equation(self.node(left), self.node(right))
        x, y, most = difference
        if most == 0 and ZERO not in {x, y}:
            return self.equation(x, y)
        if ZERO in {x, y}:
            # x - 0 <= most and 0 - x <= -most: that is x = most.
            node, value = (x, most) if y == ZERO else (y, -most)
            return self.equation(node, self._number(value))
        name = self._variable()
        self._as_bounds(name, Bound(x, y, most), Bound(y, x, -most))
        return name

    def _at_most(self, left: Term, right: Term) -> Literal:
        difference = self._difference(left, right)
        if difference is None:
            self.outside.add("a sum of several numbers")
            return self._variable()
        return self._atom(Bound(*difference))

    def _difference(self, left: Term, right: Term) -> tuple[Node, Node, int] | None:
        """Return x, y and c so that `left - right <= 0` is `x - y <= c`; None if there are none."""
        parts: dict[Term, int] = {}
        constant = self._sum(left, 1, parts) + self._sum(right, -1, parts)
        kept = {term: factor for term, factor in parts.items() if factor}
        up = [term for term, factor in kept.items() if factor == 1]
        down = [term for term, factor in kept.items() if factor == -1]
        if len(up) + len(down) != len(kept) or len(up) > 1 or len(down) > 1:
            return None
        x = self.node(up[0]) if up else ZERO
        y = self.node(down[0]) if down else ZERO
        return x, y, -constant

    def _sum(self, term: Term, factor: int, parts: dict[Term, int]) -> int:
        """Add a multiple of a term to a sum; return the constant in it."""
        match term.kind:
            case Kind.NUMBER:
                assert isinstance(term.head, int)
                return factor * term.head
            case Kind.SUM:
                return sum(self._sum(part, factor, parts) for part in term.args)
            case Kind.PRODUCT if term.args[0].kind is Kind.NUMBER:
                number = term.args[0].head
                assert isinstance(number, int)
                return self._sum(term.args[1], factor * number, parts)
            case _:
                parts[term] = parts.get(term, 0) + factor
                return 0

    # --- terms

    def node(self, term: Term) -> Node:
        """Return the node of a term."""
        found = self._nodes.get(term)
        if found is None:
            found = self._nodes[term] = self._new_node(term)
        return found

    def _new_node(self, term: Term) -> Node:
        if term.sort is BOOL and term.kind is not Kind.APPLY:
            return self._truth(term)
        match term.kind:
            case Kind.NUMBER:
                assert isinstance(term.head, int)
                return self._number(term.head)
            case Kind.MEMBER:
                assert isinstance(term.sort, FiniteSort)
                assert isinstance(term.head, str)
                return self._member(term.sort, term.head)
            case Kind.APPLY:
                node = self._fresh(term.sort)
                arguments = tuple(self.node(arg) for arg in term.args)
                if arguments:
                    self.applications.append(Application(term.symbol.name, arguments, node))
                return node
            case Kind.ITE:
                return self._chosen(term)
            case Kind.SUM:
                return self._shifted(term)
            case _:
                return self._opaque(term)

    def _fresh(self, sort: Sort) -> Node:
        node = self.nodes
        self.nodes += 1
        if sort is INT:
            self._integers.add(node)
        elif isinstance(sort, FiniteSort):
            self._finite.append((node, sort))
        return node

    def _truth(self, formula: Term) -> Node:
        """Return the node of a formula that is an argument."""
        node = self._fresh(BOOL)
        literal = self.literal(formula)
        is_true, is_false = self.equation(node, TRUE), self.equation(node, FALSE)
        self.clauses += [(-literal, is_true), (literal, is_false)]
        return node

    def _chosen(self, term: Term) -> Node:
        condition, then, otherwise = term.args
        node = self._fresh(term.sort)
        literal = self.literal(condition)
        self.clauses += [
            (-literal, self.equation(node, self.node(then))),
            (literal, self.equation(node, self.node(otherwise))),
        ]
        return node

    def _shifted(self, term: Term) -> Node:
        """Return the node of a sum: a variable and a constant."""
        parts: dict[Term, int] = {}
        constant = self._sum(term, 1, parts)
        kept = [each for each, factor in parts.items() if factor]
        if len(kept) > 1 or any(parts[each] != 1 for each in kept):
            return self._opaque(term)
        base = self.node(kept[0]) if kept else ZERO
        node = self._fresh(INT)
        self.facts += [Bound(node, base, constant), Bound(base, node, -constant)]
        return node

    def _opaque(self, term: Term) -> Node:
        """Return the node of a term of which only equal arguments are known to matter."""
        self.outside.add(f"a {term.kind.value}")
        node = self._fresh(term.sort)
        arguments = tuple(self.node(arg) for arg in term.args)
        # No symbol of the logic has such a name, and sums of different lengths are different.
        name = f"({term.kind.value} of {len(arguments)})"
        self.applications.append(Application(name, arguments, node))
        return node

    def _number(self, value: int) -> Node:
        if value not in self._numbers:
            node = self._numbers[value] = self._fresh(INT)
            self.constants.add(node)
            self.facts += [Bound(node, ZERO, value), Bound(ZERO, node, -value)]
        return self._numbers[value]

    def _member(self, sort: FiniteSort, name: str) -> Node:
        if (sort, name) not in self._members:
            node = self._members[sort, name] = self.nodes
            self.nodes += 1
            self.constants.add(node)
        return self._members[sort, name]


def clauses_of(formulas: Iterable[Term]) -> Clauses:
    """Return ground formulas as clauses."""
    found = Clauses()
    for formula in formulas:
        assert not formula.free, sort_name(formula.sort)
        found.assume(formula)
    found.close()
    return found
