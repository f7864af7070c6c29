"""Terms and formulas of many-sorted first-order logic with integers.

What proofs say is written in this logic, between the typed system and the solvers: a term can be
instantiated, printed, hashed and checked without any solver at hand, and a certificate can name the
few instances that a proof rests on.

Terms are interned in one `Logic` per proof: equal terms are the same object. The constructors of
`Logic` simplify as they build (constants fold, conjunctions are flat and have no repetitions), so
that most of what a step leaves alone disappears while it is written down: an invariant over
variables that an action does not touch comes out as the very same term before and after.

A sort is either finite with named members (enums; processors at a chosen size) or open, with any
number of elements but at least one (processors at every size). Quantifiers over finite sorts are
written out when they are built; those that remain are over open sorts and integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias


class Builtin(Enum):
    """The sorts that every logic has."""

    BOOL = "Bool"
    INT = "Int"


@dataclass(frozen=True, slots=True)
class FiniteSort:
    """Exactly the named members, all different."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenSort:
    """Any number of elements from one up."""

    name: str


Sort: TypeAlias = Builtin | FiniteSort | OpenSort

BOOL: Final = Builtin.BOOL
INT: Final = Builtin.INT


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function, or a constant if it has no arguments; names are unique in a `Logic`."""

    name: str
    arguments: tuple[Sort, ...]
    result: Sort

    def __hash__(self) -> int:
        """Return the hash of the name, which tells symbols apart."""
        return hash(self.name)


class Kind(Enum):
    """What a term is made of; the comment tells what `Term.head` holds."""

    # Kinds are looked up for every term that is made; the hash of `Enum` is that of the name.
    __hash__ = object.__hash__

    TRUTH = "truth"  # bool
    NUMBER = "number"  # int
    MEMBER = "member"  # str
    VARIABLE = "variable"  # str: a bound variable, its name unique in the logic
    APPLY = "apply"  # Symbol
    NOT = "not"
    AND = "and"
    OR = "or"
    ITE = "ite"
    EQUAL = "equal"
    AT_MOST = "at most"
    SUM = "sum"
    PRODUCT = "product"
    QUOTIENT = "quotient"  # rounds towards minus infinity for a positive divisor
    REMAINDER = "remainder"
    FORALL = "forall"  # tuple of VARIABLE terms; the one argument is the body
    EXISTS = "exists"  # as FORALL


Head: TypeAlias = "bool | int | str | Symbol | tuple[Term, ...] | None"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One node, compared by identity.

    Attributes:
        free: the variables that occur and are not bound inside.
        has_quantifier: whether a quantifier occurs.
        serial: in the order of creation.
    """

    kind: Kind
    args: tuple[Term, ...]
    sort: Sort
    head: Head
    free: frozenset[Term]
    has_quantifier: bool
    serial: int

    @property
    def symbol(self) -> Symbol:
        """The function that an application applies."""
        assert isinstance(self.head, Symbol)
        return self.head

    @property
    def variables(self) -> tuple[Term, ...]:
        """The variables that a quantifier binds."""
        assert isinstance(self.head, tuple)
        return self.head

    @property
    def is_literal(self) -> bool:
        """Tell whether this is a constant of a built-in or finite sort."""
        return self.kind in _LITERALS


_LITERALS: Final = frozenset({Kind.TRUTH, Kind.NUMBER, Kind.MEMBER})
_NOTHING: Final[frozenset[Term]] = frozenset()


class Logic:
    """Makes terms; keeps the symbols."""

    def __init__(self) -> None:
        """Start with no term and no symbol."""
        self._terms: dict[tuple[object, ...], Term] = {}
        self._symbols: dict[str, Symbol] = {}
        self._fresh: dict[str, int] = {}
        self.true = self._make(Kind.TRUTH, (), BOOL, True)
        self.false = self._make(Kind.TRUTH, (), BOOL, False)

    # --- leaves

    def symbol(self, name: str, arguments: Sequence[Sort], result: Sort) -> Symbol:
        """Return the symbol of this name; asking twice must mean the same."""
        made = Symbol(name, tuple(arguments), result)
        known = self._symbols.setdefault(name, made)
        assert known == made, f"`{name}` is declared twice"
        return known

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """All symbols, in the order in which they were declared."""
        return tuple(self._symbols.values())

    @property
    def sorts(self) -> frozenset[Sort]:
        """The sorts of all symbols."""
        return frozenset(s for each in self.symbols for s in (*each.arguments, each.result))

    def variable(self, name: str, sort: Sort) -> Term:
        """Return the variable of this name and sort, to be bound by a quantifier."""
        assert not isinstance(sort, FiniteSort), "quantifiers over finite sorts are written out"
        return self._make(Kind.VARIABLE, (), sort, name)

    def fresh_variable(self, sort: Sort) -> Term:
        """Return a variable that nobody has."""
        return self.variable(self._unused("x"), sort)

    def _unused(self, name: str) -> str:
        number = self._fresh.get(name, 0) + 1
        self._fresh[name] = number
        return f"{name}!{number}"

    def truth(self, value: bool) -> Term:  # noqa: FBT001  # the value of a constant, not a flag
        """Return a truth value."""
        return self.true if value else self.false

    def number(self, value: int) -> Term:
        """Return an integer."""
        return self._make(Kind.NUMBER, (), INT, value)

    def member(self, sort: FiniteSort, name: str) -> Term:
        """Return an element of a finite sort."""
        assert name in sort.members, f"{name} is no member of {sort.name}"
        return self._make(Kind.MEMBER, (), sort, name)

    def apply(self, symbol: Symbol, args: Sequence[Term] = ()) -> Term:
        """Return a function applied to arguments, or a constant."""
        assert tuple(arg.sort for arg in args) == symbol.arguments, f"misuse of {symbol}"
        return self._make(Kind.APPLY, tuple(args), symbol.result, symbol)

    # --- connectives

    def negate(self, arg: Term) -> Term:
        """Return `not arg`."""
        match arg.kind:
            case Kind.TRUTH:
                return self.truth(not arg.head)
            case Kind.NOT:
                return arg.args[0]
            case _:
                return self._make(Kind.NOT, (arg,), BOOL, None)

    def both(self, *args: Term) -> Term:
        """Return the conjunction of a few terms."""
        return self.conjunction(args)

    def either(self, *args: Term) -> Term:
        """Return the disjunction of a few terms."""
        return self.disjunction(args)

    def conjunction(self, args: Iterable[Term]) -> Term:
        """Return `and` of all; true of none."""
        return self._junction(Kind.AND, args, self.true, self.false)

    def disjunction(self, args: Iterable[Term]) -> Term:
        """Return `or` of all; false of none."""
        return self._junction(Kind.OR, args, self.false, self.true)

    def _junction(self, kind: Kind, args: Iterable[Term], unit: Term, zero: Term) -> Term:
        kept: dict[Term, None] = {}
        for arg in args:
            for part in arg.args if arg.kind is kind else (arg,):
                if part is zero or self.negate(part) in kept:
                    return zero
                if part is not unit:
                    kept[part] = None
        if not kept:
            return unit
        if len(kept) == 1:
            return next(iter(kept))
        return self._make(kind, tuple(kept), BOOL, None)

    def implies(self, left: Term, right: Term) -> Term:
        """Return `left -> right`, as a disjunction."""
        return self.disjunction((self.negate(left), right))

    def ite(self, condition: Term, then: Term, otherwise: Term) -> Term:
        """Return `then` or `otherwise`, of one sort."""
        assert then.sort == otherwise.sort
        if condition is self.true or then is otherwise:
            return then
        if condition is self.false:
            return otherwise
        if condition.kind is Kind.NOT:
            return self.ite(condition.args[0], otherwise, then)
        if then.sort is BOOL:
            if then is self.true or then is condition:
                return self.disjunction((condition, otherwise))
            if then is self.false:
                return self.both(self.negate(condition), otherwise)
            if otherwise is self.true:
                return self.implies(condition, then)
            if otherwise is self.false or otherwise is condition:
                return self.both(condition, then)
        return self._make(Kind.ITE, (condition, then, otherwise), then.sort, None)

    # --- relations and arithmetic

    def equal(self, left: Term, right: Term) -> Term:
        """Return `left = right`; between truth values that is equivalence."""
        assert left.sort == right.sort, f"{left.sort} is not {right.sort}"
        if left is right:
            return self.true
        if left.is_literal and right.is_literal:
            return self.false
        if left.is_literal:
            left, right = right, left
        if left.sort is BOOL:
            return self._equivalent(left, right)
        if left.kind is Kind.ITE and self._is_split(left, right):
            condition, then, otherwise = left.args
            return self.ite(condition, self.equal(then, right), self.equal(otherwise, right))
        if right.kind is Kind.ITE and self._is_split(right, left):
            return self.equal(right, left)
        turned = self._terms.get((Kind.EQUAL, (right, left), None))
        return turned or self._make(Kind.EQUAL, (left, right), BOOL, None)

    def _is_split(self, choice: Term, other: Term) -> bool:
        """Tell whether comparing with a branch gives a constant, so that splitting shortens."""
        return any(
            branch is other or (branch.is_literal and other.is_literal)
            for branch in choice.args[1:]
        ) or (other.is_literal and choice.args[2].kind is Kind.ITE)

    def _equivalent(self, left: Term, right: Term) -> Term:
        if right.is_literal:
            return left if right is self.true else self.negate(left)
        if left is self.negate(right):
            return self.false
        turned = self._terms.get((Kind.EQUAL, (right, left), None))
        return turned or self._make(Kind.EQUAL, (left, right), BOOL, None)

    def at_most(self, left: Term, right: Term) -> Term:
        """Return `left <= right`."""
        if left is right:
            return self.true
        if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER:
            return self.truth(_integer(left) <= _integer(right))
        return self._make(Kind.AT_MOST, (left, right), BOOL, None)

    def less(self, left: Term, right: Term) -> Term:
        """Return `left < right`."""
        return self.negate(self.at_most(right, left))

    def sum(self, args: Iterable[Term]) -> Term:
        """Return the sum."""
        constant, kept = 0, list[Term]()
        for arg in args:
            for part in arg.args if arg.kind is Kind.SUM else (arg,):
                if part.kind is Kind.NUMBER:
                    constant += _integer(part)
                else:
                    kept.append(part)
        if constant or not kept:
            kept.append(self.number(constant))
        return kept[0] if len(kept) == 1 else self._make(Kind.SUM, tuple(kept), INT, None)

    def product(self, left: Term, right: Term) -> Term:
        """Return the product; a number comes first."""
        if right.kind is Kind.NUMBER:
            left, right = right, left
        if left.kind is Kind.NUMBER:
            factor = _integer(left)
            if right.kind is Kind.NUMBER:
                return self.number(factor * _integer(right))
            if factor == 0:
                return left
            if factor == 1:
                return right
        return self._make(Kind.PRODUCT, (left, right), INT, None)

    def negative(self, arg: Term) -> Term:
        """Return `-arg`."""
        return self.product(self.number(-1), arg)

    def quotient(self, left: Term, right: Term) -> Term:
        """Return `left / right`, rounded down; the divisor is positive."""
        if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER and _integer(right) > 0:
            return self.number(_integer(left) // _integer(right))
        return self._make(Kind.QUOTIENT, (left, right), INT, None)

    def remainder(self, left: Term, right: Term) -> Term:
        """Return `left % right`, from 0 up; the divisor is positive."""
        if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER and _integer(right) > 0:
            return self.number(_integer(left) % _integer(right))
        return self._make(Kind.REMAINDER, (left, right), INT, None)

    # --- quantifiers

    def forall(self, variables: Iterable[Term], body: Term) -> Term:
        """Return `forall variables. body`."""
        return self._quantified(Kind.FORALL, tuple(variables), body)

    def exists(self, variables: Iterable[Term], body: Term) -> Term:
        """Return `exists variables. body`."""
        return self._quantified(Kind.EXISTS, tuple(variables), body)

    def _quantified(self, kind: Kind, variables: tuple[Term, ...], body: Term) -> Term:
        kept = tuple(each for each in variables if each in body.free)
        if not kept:
            return body
        if body.kind is kind:
            kept, body = kept + body.variables, body.args[0]
        return self._make(kind, (body,), BOOL, kept)

    # --- rebuilding

    def rebuild(self, term: Term, args: tuple[Term, ...]) -> Term:
        """Return the term with other arguments, simplified again."""
        match term.kind:
            case Kind.TRUTH | Kind.NUMBER | Kind.MEMBER | Kind.VARIABLE:
                return term
            case Kind.APPLY:
                return self.apply(term.symbol, args)
            case Kind.NOT:
                return self.negate(args[0])
            case Kind.AND:
                return self.conjunction(args)
            case Kind.OR:
                return self.disjunction(args)
            case Kind.ITE:
                return self.ite(*args)
            case Kind.EQUAL:
                return self.equal(*args)
            case Kind.AT_MOST:
                return self.at_most(*args)
            case Kind.SUM:
                return self.sum(args)
            case Kind.PRODUCT:
                return self.product(*args)
            case Kind.QUOTIENT:
                return self.quotient(*args)
            case Kind.REMAINDER:
                return self.remainder(*args)
            case Kind.FORALL | Kind.EXISTS:
                return self._quantified(term.kind, term.variables, args[0])

    def map(self, term: Term, visit: Callable[[Term], Term | None]) -> Term:
        """Return the term with subterms replaced, outermost first, where `visit` gives one."""
        done: dict[Term, Term] = {}

        def walk(each: Term) -> Term:
            found = done.get(each)
            if found is None:
                found = visit(each)
                if found is None:
                    args = tuple(walk(arg) for arg in each.args)
                    found = each if args == each.args else self.rebuild(each, args)
                done[each] = found
            return found

        return walk(term)

    def substitute(self, term: Term, replacements: dict[Term, Term]) -> Term:
        """Return the term with free variables replaced.

        Whoever calls this makes sure that nothing is captured: replacements are ground, or speak of
        variables that are not bound inside the term.
        """
        if term.free.isdisjoint(replacements):
            return term

        def visit(each: Term) -> Term | None:
            if each.free.isdisjoint(replacements):
                return each
            return replacements.get(each)

        return self.map(term, visit)

    # --- interning

    def _make(self, kind: Kind, args: tuple[Term, ...], sort: Sort, head: Head) -> Term:
        # The sort tells members of different sorts apart, and booleans from numbers.
        key = (kind, args, head, sort) if kind in _NAMED else (kind, args, head)
        found = self._terms.get(key)
        if found is None:
            found = self._new(kind, args, sort, head)
            self._terms[key] = found
        return found

    def _new(self, kind: Kind, args: tuple[Term, ...], sort: Sort, head: Head) -> Term:
        free = _NOTHING.union(*(arg.free for arg in args)) if args else _NOTHING
        has_quantifier = any(arg.has_quantifier for arg in args)
        serial = len(self._terms)
        if isinstance(head, tuple):
            free -= frozenset(head)
            has_quantifier = True
        term = Term(kind, args, sort, head, free, has_quantifier, serial)
        if kind is Kind.VARIABLE:
            # The one term that refers to itself; nobody has seen it yet.
            object.__setattr__(term, "free", frozenset({term}))
        return term


def _integer(term: Term) -> int:
    assert isinstance(term.head, int)
    return term.head


_NAMED: Final = frozenset({Kind.TRUTH, Kind.NUMBER, Kind.MEMBER, Kind.VARIABLE})
