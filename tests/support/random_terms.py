"""Random well-typed expressions.

Two properties hold by construction. Expressions over symmetric sorts are symmetric: no literal
names an element, so every system has a variable of each sort from which elements are taken. And
unless the maker is `risky`, no expression fails: what may fail stands behind a test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from checker.model.ir import Apply, Expr, Local, Op, Quantifier
from checker.model.types import (
    BOOL,
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
    sorts_in,
)
from tests.support.builder import Builder
from tests.support.dice import MAX_BINDER, Dice, Names, Universe, random_value

Way: TypeAlias = Callable[[], Expr]


class Terms:
    """Makes expressions of given types."""

    def __init__(self, builder: Builder, dice: Dice, universe: Universe, *, risky: bool) -> None:
        """Make expressions for one system."""
        self.b = builder
        self.dice = dice
        self.universe = universe
        self.risky = risky
        self._fresh = 0

    def local(self, of: Type) -> Local:
        """Return a local with a new name."""
        self._fresh += 1
        return Local(f"x{self._fresh}", of)

    # --- expressions

    def term(self, of: Type, names: Names, depth: int) -> Expr:
        """Return an expression of exactly the type."""
        if depth <= 0:
            return self.leaf(of, names)
        readings = self.readings(of, names, depth)
        if self.dice.chance(5):
            return self.let(of, names, depth - 1)
        if of in self.universe.atoms() and self.dice.chance(4):
            return self.item(self.term(SeqType(2, of), names, depth - 1), names, depth - 1)
        ways: list[Way] = [
            lambda: self.leaf(of, names),
            *readings,
            *self.own_ways(of, names, depth - 1),
            *self.own_ways(of, names, depth - 1),
            lambda: self.conditional(of, names, depth - 1),
        ]
        return self.dice.pick(ways)()

    def condition(self, names: Names, depth: int) -> Expr:
        """Return a boolean expression."""
        return self.term(BOOL, names, depth)

    def leaf(self, of: Type, names: Names) -> Expr:
        """Return a literal, or what is nearest to one in types with sorts; or a name."""
        known: list[Expr] = [self.b.ref(each) for each in names.locals if each.type == of]
        known += [self.b.read(each) for each in names.variables if each.type == of]
        if known and self.dice.chance(70):
            return self.dice.pick(known)
        if isinstance(of, BoolType) and self.dice.chance(80):
            return self.fact(names)
        return self.constant(of, names)

    def fact(self, names: Names) -> Expr:
        """Return that something has a certain value, or the value of something else."""
        things = [self.b.ref(each) for each in names.locals]
        things += [self.b.read(each) for each in names.variables]
        if not things:
            return self.b.literal(random_value(self.dice, BOOL), BOOL)
        thing = self.dice.pick(things)
        others = [each for each in things if each.type == thing.type and each is not thing]
        if others and self.dice.chance(50):
            return self.b.eq(thing, self.dice.pick(others))
        equal = self.b.eq(thing, self.constant(thing.type, names))
        return equal if self.dice.chance(50) else self.b.negate(equal)

    def constant(self, of: Type, names: Names) -> Expr:
        """Return a literal, or what is nearest to one in types with sorts."""
        match of:
            case _ if not sorts_in(of):
                return self.b.literal(random_value(self.dice, of), of)
            case SortType():
                locals_ = [self.b.ref(each) for each in names.locals if each.type == of]
                variables = [self.b.read(each) for each in names.variables if each.type == of]
                return self.dice.pick([*locals_, *variables])
            case OptionType(element):
                if self.dice.below(2) == 0:
                    return self.b.literal(None, of)
                return self.b.convert(self.leaf(element, names), of)
            case SetType(element):
                if self.dice.below(2) == 0:
                    return self.b.literal(frozenset(), of)
                return self.b.construct(of, self.leaf(element, names))
            case SeqType(bound, element):
                count = self.dice.below(bound + 1)
                return self.b.construct(of, *(self.leaf(element, names) for _ in range(count)))
            case RecordType(_, fields):
                return self.b.construct(of, *(self.leaf(field, names) for _, field in fields))
            case TupleType(components):
                return self.b.construct(of, *(self.leaf(each, names) for each in components))
            case MapType(key, element):
                local = self.local(key)
                return self.b.map_of(local, self.leaf(element, names.with_local(local)))
            case _:
                raise AssertionError(of)

    def guarded(self, allowed: Expr, partial: Expr, names: Names) -> Expr:
        """Return an expression that may fail behind the condition under which it does not."""
        if self.risky and self.dice.chance(70):
            return partial
        return self.b.select(allowed, partial, self.leaf(partial.type, names))

    def conditional(self, of: Type, names: Names, depth: int) -> Expr:
        """Return `if then else`."""
        condition = self.condition(names, depth)
        return self.b.select(condition, self.term(of, names, depth), self.term(of, names, depth))

    def let(self, of: Type, names: Names, depth: int) -> Expr:
        """Return `let in`."""
        local = self.local(self.some_type(names))
        value = self.term(local.type, names, depth)
        return self.b.let(local, value, self.term(of, names.with_local(local), depth))

    def some_type(self, names: Names) -> Type:
        """Return the type of something that may be mentioned, or an atom."""
        return self.dice.pick([*self.universe.atoms(), *_types_of(names)])

    def binder_type(self, names: Names) -> Type:
        """Return a type that a quantifier may run over."""
        small = [of for of in _types_of(names) if cardinality(of) <= MAX_BINDER]
        return self.dice.pick([*self.universe.atoms(), *small])

    def some_int(self, names: Names) -> IntType:
        """Return an integer type, likely that of something that may be mentioned."""
        numbers = [of for of in _types_of(names) if isinstance(of, IntType)]
        return self.dice.pick([*self.universe.numbers, *numbers, IntType(-1, 1)])

    # --- reading what there is

    def readings(self, of: Type, names: Names, depth: int) -> list[Way]:
        """Return the ways to read a value of a type out of variables and locals."""
        bases = [self.b.ref(each) for each in names.locals]
        for variable in names.variables:
            bases.append(self.b.read(variable))
            if names.has_old:
                bases.append(self.b.old(variable))
        found: list[Way] = []
        for base in bases:
            if base.type == of:
                found.append(_just(base))
            else:
                found += self.parts_of(base, of, names, depth - 1)
        return found

    def parts_of(self, base: Expr, of: Type, names: Names, depth: int) -> list[Way]:
        """Return the ways to reach a value of a type one or two levels inside another."""
        if depth < 0:
            return []
        match base.type:
            case MapType(key, element) if self.holds(element, of):
                return [
                    lambda: self.inside(
                        self.b.at(base, self.term(key, names, depth - 1)), of, names, depth
                    )
                ]
            case RecordType() | TupleType():
                fields = [self.b.at(base, n) for n in range(len(_components(base.type)))]
                holding = [each for each in fields if self.holds(each.type, of)]
                if not holding:
                    return []
                return [lambda: self.inside(self.dice.pick(holding), of, names, depth)]
            case OptionType(element) if element == of:
                some = self.b.negate(self.b.eq(base, self.b.literal(None, base.type)))
                return [lambda: self.guarded(some, self.b.op(Op.UNWRAP, base), names)]
            case SeqType(_, element) if element == of:
                return [lambda: self.item(base, names, depth - 1)]
            case _:
                return []

    def holds(self, whole: Type, of: Type) -> bool:
        """Tell whether a part is of a type, or has a part that is."""
        if whole == of:
            return True
        match whole:
            case OptionType(element) | SeqType(_, element) | MapType(_, element):
                return element == of
            case RecordType() | TupleType():
                return of in _components(whole)
            case _:
                return False

    def inside(self, base: Expr, of: Type, names: Names, depth: int) -> Expr:
        """Return the expression itself or a part of it, whichever has the type."""
        if base.type == of:
            return base
        ways = self.parts_of(base, of, names, depth)
        return self.dice.pick(ways)() if ways else self.leaf(of, names)

    def item(self, base: Expr, names: Names, depth: int) -> Expr:
        """Return an element of a sequence."""
        length = self.b.op(Op.LEN, base)
        some = self.b.op(Op.LT, self.b.number(0), length)
        op = self.dice.pick([Op.FIRST, Op.LAST, None])
        if op is not None:
            return self.guarded(some, self.b.op(op, base), names)
        position = self.term(self.some_int(names), names, depth)
        inside = self.b.all_of(
            self.b.op(Op.LE, self.b.number(0), position), self.b.op(Op.LT, position, length)
        )
        return self.guarded(inside, self.b.at(base, position), names)

    # --- by type

    def own_ways(self, of: Type, names: Names, depth: int) -> list[Way]:
        """Return the ways that only this type has."""
        match of:
            case BoolType():
                return self.bool_ways(names, depth)
            case IntType():
                return [
                    lambda: self.fitted(self.arithmetic(names, depth), of, names),
                    lambda: self.fitted(self.counted(names, depth), of, names),
                ]
            case OptionType(element):
                return [lambda: self.b.convert(self.term(element, names, depth), of)]
            case MapType(key, element):
                return [lambda: self.mapping(key, element, names, depth)]
            case SetType(element):
                return self.set_ways(of, element, names, depth)
            case SeqType():
                return self.seq_ways(of, names, depth)
            case RecordType() | TupleType():
                return [
                    lambda: self.b.construct(
                        of, *(self.term(each, names, depth) for each in _components(of))
                    )
                ]
            case EnumType() | SortType():
                return []
            case _:
                assert_never(of)

    def mapping(self, key: Type, element: Type, names: Names, depth: int) -> Expr:
        """Return a map given by an expression."""
        local = self.local(key)
        return self.b.map_of(local, self.term(element, names.with_local(local), depth))

    def bool_ways(self, names: Names, depth: int) -> list[Way]:
        """Return the operators and quantifiers that make conditions."""

        def sub() -> Expr:
            return self.condition(names, depth)

        return [
            lambda: self.compared(names, depth),
            lambda: self.compared(names, depth),
            lambda: self.b.negate(sub()),
            lambda: self.b.all_of(sub(), sub()),
            lambda: self.b.any_of(sub(), sub(), sub()),
            lambda: self.b.implies(sub(), sub()),
            lambda: self.b.op(Op.IFF, sub(), sub()),
            lambda: self.ordered(names, depth),
            lambda: self.membership(names, depth),
            lambda: self.quantified(Quantifier.FORALL, names, depth),
            lambda: self.quantified(Quantifier.EXISTS, names, depth),
        ]

    def compared(self, names: Names, depth: int) -> Expr:
        """Return an equation."""
        of = self.some_type(names)
        return self.b.eq(self.term(of, names, depth), self.term(of, names, depth))

    def ordered(self, names: Names, depth: int) -> Expr:
        """Return an inequality."""
        op = self.dice.pick([Op.LT, Op.LE])
        return self.b.op(op, self.number(names, depth), self.number(names, depth))

    def membership(self, names: Names, depth: int) -> Expr:
        """Return a condition on a set."""
        element = self.binder_type(names)
        of = SetType(element)
        if self.dice.chance(40):
            left, right = self.term(of, names, depth), self.term(of, names, depth)
            return self.b.op(Op.SUBSET, left, right)
        return self.b.op(Op.IN, self.term(element, names, depth), self.term(of, names, depth))

    def quantified(self, quantifier: Quantifier, names: Names, depth: int) -> Expr:
        """Return a quantifier with a boolean body."""
        local = self.local(self.binder_type(names))
        domain = self.domain(local, names, depth) if self.dice.chance(30) else None
        body = self.condition(names.with_local(local), depth)
        return self.b.fold(quantifier, local, body, domain=domain)

    def domain(self, local: Local, names: Names, depth: int) -> Expr:
        """Return a set for a binder to run through."""
        return self.term(SetType(local.type), names, depth - 1)

    def number(self, names: Names, depth: int) -> Expr:
        """Return an integer expression of any type."""
        if depth > 0 and self.dice.chance(30):
            return self.arithmetic(names, depth - 1)
        return self.term(self.some_int(names), names, depth)

    def arithmetic(self, names: Names, depth: int) -> Expr:
        """Return the result of an arithmetic operator, of the type that it has."""
        op = self.dice.pick([Op.ADD, Op.SUB, Op.MUL, Op.NEG, Op.DIV, Op.MOD])
        left = self.number(names, depth - 1)
        if op is Op.NEG:
            return self.b.op(op, left)
        right = self.number(names, depth - 1)
        if op in {Op.DIV, Op.MOD}:
            if right.type == IntType(0, 0):
                right = self.b.number(2)
            nonzero = self.b.negate(self.b.eq(right, self.b.number(0)))
            return self.guarded(nonzero, self.b.op(op, left, right), names)
        return self.b.op(op, left, right)

    def counted(self, names: Names, depth: int) -> Expr:
        """Return a size, length, count, sum, minimum or maximum, of the type that it has."""
        what = self.dice.below(5)
        if what == 0:
            of = SetType(self.dice.pick(self.universe.atoms()))
            return self.b.op(Op.SIZE, self.term(of, names, depth))
        if what == 1:
            element = self.dice.pick(self.universe.atoms())
            return self.b.op(Op.LEN, self.term(SeqType(2, element), names, depth))
        if what == 2:
            return self.quantified(Quantifier.COUNT, names, depth)
        local = self.local(self.binder_type(names))
        body = self.number(names.with_local(local), depth)
        if what == 3:
            return self.b.fold(Quantifier.SUM, local, body)
        quantifier = self.dice.pick([Quantifier.MIN, Quantifier.MAX])
        if not self.dice.chance(30):
            return self.b.fold(quantifier, local, body)
        domain = self.domain(local, names, depth)
        some = self.b.op(Op.LT, self.b.number(0), self.b.op(Op.SIZE, domain))
        return self.guarded(some, self.b.fold(quantifier, local, body, domain=domain), names)

    def fitted(self, value: Expr, of: IntType, names: Names) -> Expr:
        """Return an integer as one of a type, reduced or converted, behind a test if need be."""
        assert isinstance(value.type, IntType)
        is_inside = of.low <= value.type.low and value.type.high <= of.high
        if of.wraps or is_inside:
            return self.b.convert(value, of)
        local = self.local(value.type)
        here = self.b.ref(local)
        inside = self.b.all_of(
            self.b.op(Op.LE, self.b.number(of.low), here),
            self.b.op(Op.LE, here, self.b.number(of.high)),
        )
        return self.b.let(local, value, self.guarded(inside, self.b.convert(here, of), names))

    def set_ways(self, of: SetType, element: Type, names: Names, depth: int) -> list[Way]:
        """Return the operators that make sets."""

        def sub() -> Expr:
            return self.term(of, names, depth)

        ways: list[Way] = [
            lambda: self.b.construct(
                of, *(self.term(element, names, depth) for _ in range(1 + self.dice.below(2)))
            ),
            lambda: self.b.op(Op.UNION, sub(), sub()),
            lambda: self.b.op(Op.INTERSECT, sub(), sub()),
            lambda: self.b.op(Op.MINUS, sub(), sub()),
            lambda: self.b.op(Op.ELEMENTS, self.term(SeqType(2, element), names, depth)),
        ]
        if cardinality(element) <= MAX_BINDER:
            ways.append(lambda: self.filtered(element, names, depth))
        if isinstance(element, IntType):
            ways.append(lambda: self.interval(of, element, names, depth))
        return ways

    def filtered(self, element: Type, names: Names, depth: int) -> Expr:
        """Return a set comprehension, its image another element half of the time."""
        is_image = self.dice.chance(40)
        local = self.local(self.binder_type(names) if is_image else element)
        inner = names.with_local(local)
        image = self.term(element, inner, depth) if is_image else self.b.ref(local)
        domain = self.domain(local, names, depth) if self.dice.chance(30) else None
        return self.b.set_of(local, self.condition(inner, depth), image, domain=domain)

    def interval(self, of: SetType, element: IntType, names: Names, depth: int) -> Expr:
        """Return `low..high` cut down to a type."""
        ends = (self.number(names, depth - 1), self.number(names, depth - 1))
        between = self.b.op(Op.RANGE, *ends)
        if element.wraps:
            return self.b.convert(between, of)
        whole = self.b.op(Op.RANGE, self.b.number(element.low), self.b.number(element.high))
        inside = self.b.op(Op.SUBSET, between, whole)
        return self.guarded(inside, self.b.convert(between, of), names)

    def seq_ways(self, of: SeqType, names: Names, depth: int) -> list[Way]:
        """Return the operators that make sequences."""

        def sub() -> Expr:
            return self.term(of, names, depth)

        def shortened() -> Expr:
            base = sub()
            some = self.b.op(Op.LT, self.b.number(0), self.b.op(Op.LEN, base))
            op = self.dice.pick([Op.REST, Op.FRONT])
            return self.guarded(some, self.b.op(op, base), names)

        def lengthened() -> Expr:
            if self.dice.chance(50):
                longer = self.b.op(Op.CONCAT, sub(), sub())
            else:
                longer = self.b.op(Op.APPEND, sub(), self.term(of.element, names, depth))
            fits = self.b.op(Op.LE, self.b.op(Op.LEN, longer), self.b.number(of.bound))
            assert isinstance(longer, Apply)
            if self.dice.chance(30):
                # The operator itself may be held to the bound.
                narrow = self.b.terms.intern(Apply(longer.op, longer.args, of))
                return self.guarded(fits, narrow, names)
            return self.guarded(fits, self.b.convert(longer, of), names)

        return [
            lambda: self.b.construct(
                of,
                *(
                    self.term(of.element, names, depth)
                    for _ in range(self.dice.below(of.bound + 1))
                ),
            ),
            shortened,
            lengthened,
        ]


def _types_of(names: Names) -> list[Type]:
    return [local.type for local in names.locals] + [each.type for each in names.variables]


def _just(expr: Expr) -> Way:
    return lambda: expr


def _components(of: Type) -> tuple[Type, ...]:
    match of:
        case RecordType(_, fields):
            return tuple(field for _, field in fields)
        case TupleType(components):
            return components
        case _:
            return ()
