"""Random small systems, well typed by construction.

A system has a budget: the product of the sizes of its variables' types, which bounds its states.
Everything of the IR occurs: variables of all types and roles, processes, parameters, guards,
choices, branches, loops, assertions; invariants, step properties, `reachable` and `terminal`.
Whether expressions may fail is decided once per system, so that most systems have more to show than
that.
"""

from __future__ import annotations

from checker.model.ir import NOTHING, Effect, Expr, Local, Op, Quantifier, Role, Seq, Variable
from checker.model.system import Process, PropertyKind, System, control_type
from checker.model.types import (
    BOOL,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SortType,
    TupleType,
    Type,
    cardinality,
    sorts_in,
)
from tests.support.builder import Builder
from tests.support.dice import Dice, Names, Source, Universe, type_below
from tests.support.random_terms import Terms
from tests.support.term_types import component

BUDGETS = (40, 200, 600, 2_000)
MAX_WAYS = 24
"""No action has more executions in one state than these, over all its parameters."""

MAX_CHOICE = 9
"""No single choice is between more values than these."""


def random_system(below: Source, *, budget: int | None = None) -> System:
    """Return a system whose states number at most the budget."""
    dice = Dice(below)
    return _Maker(dice, budget or dice.pick(BUDGETS)).system()


class _Maker:
    """Makes one system."""

    def __init__(self, dice: Dice, budget: int) -> None:
        self.dice = dice
        self.left = budget
        self.b = Builder("random")
        self.universe = random_universe(dice)
        risky = dice.chance(30)
        self.terms = Terms(self.b, dice, self.universe, risky=risky)
        self.ways = MAX_WAYS
        self.asserts = dice.chance(40)
        self.variables: list[Variable] = []
        self.rebindable: list[Local] = []

    def system(self) -> System:
        """Return the whole."""
        for sort in self.universe.sorts:
            self.declare(f"some_{sort.name.lower()}", sort)
        process = self.process() if self.dice.chance(40) else None
        for number in range(2 + self.dice.below(4)):
            if self.left >= 2:
                # Small variables first, so that there is always something to count with.
                cap = self.left if number > 1 else min(self.left, 4)
                self.declare(f"v{number}", type_below(self.dice, self.universe, cap))
        init = self.init()
        for number in range(1 + self.dice.below(5)):
            self.action(f"act{number}")
        if process is not None:
            self.steps(process)
        self.properties(process)
        terminal = None
        if self.dice.chance(30):
            terminal = self.terms.condition(self.names, 1) if self.dice.chance(30) else self.b.true
        return self.b.build(*init, terminal=terminal)

    @property
    def names(self) -> Names:
        """What may be mentioned in a step without parameters."""
        return Names(tuple(self.variables))

    def declare(self, name: str, of: Type) -> None:
        """Declare a shared variable and pay for it."""
        role = Role.SHARED
        self.left //= cardinality(of)
        self.variables.append(self.b.variable(name, of, role=role))

    # --- init

    def init(self) -> list[Effect]:
        """Return effects that give every variable its first values."""
        effects = [effect for variable in self.variables for effect in self.first(variable)]
        if self.dice.chance(8):
            effects.append(self.b.guard(self.rarely_false(self.names)))
        return effects

    def first(self, variable: Variable) -> list[Effect]:
        """Return how a variable begins; any value, if the default is not symmetric."""
        of = variable.type
        if not _has_symmetric_default(of) or (cardinality(of) <= 12 and self.dice.chance(10)):
            local = self.terms.local(of)
            return [self.b.choose(local, self.b.assign(variable, self.b.ref(local)))]
        if not sorts_in(of) and self.dice.chance(30):
            return [self.b.assign(variable, self.terms.constant(of, self.names))]
        return []

    # --- actions

    def parameters(self) -> list[Local]:
        """Return parameters, leaving ways enough for a choice."""
        params = []
        for _ in range(self.dice.below(3)):
            of = self.dice.pick(self.universe.atoms())
            if cardinality(of) * 4 <= self.ways:
                self.ways //= cardinality(of)
                params.append(self.terms.local(of))
        return params

    def action(self, name: str) -> None:
        """Declare a plain action."""
        self.ways = MAX_WAYS
        params = self.parameters()
        names = Names(tuple(self.variables), tuple(params))
        guard = self.gate(names) if self.dice.chance(50) else None
        self.b.action(name, *self.body(names, 2), params=params, guard=guard)

    def gate(self, names: Names) -> Expr:
        """Return a condition that holds in some states and not in others, if the dice are kind."""
        if self.dice.chance(30):
            return self.terms.condition(names, 2)
        seldom = self.unlikely(names)
        return seldom if self.dice.chance(30) else self.b.negate(seldom)

    def body(self, names: Names, depth: int) -> list[Effect]:
        """Return a few effects in order."""
        effects = []
        for _ in range(1 + self.dice.below(2)):
            effect, names = self.effect(names, depth)
            effects.append(effect)
        return effects

    def effect(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Return an effect and what may be mentioned after it."""
        ways = [self.assign, self.change, self.assign, self.assign_part, self.change]
        if depth > 0:
            ways += [self.bind, self.branch, self.choose, self.either, self.loop, self.guard]
            ways += [self.branch, self.either]
            if self.asserts:
                ways.append(self.check)
        return self.dice.pick(ways)(names, depth - 1)

    def assign(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Assign to a variable."""
        variable = self.dice.pick(self.variables)
        value = self.terms.term(variable.type, names, 1 + depth)
        if value is self.b.read(variable):
            value = self.terms.constant(variable.type, names)
        return self.b.assign(variable, value), names

    def change(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make a variable anything, or anything in a set."""
        most = min(self.ways, MAX_CHOICE)
        small = [each for each in self.variables if cardinality(each.type) <= most]
        if not small:
            return self.assign(names, depth)
        variable = self.dice.pick(small)
        self.ways //= cardinality(variable.type)
        local = self.terms.local(variable.type)
        domain = self.terms.domain(local, names, 2) if self.dice.chance(30) else None
        assign = self.b.assign(variable, self.b.ref(local))
        return self.b.choose(local, assign, domain=domain), names

    def assign_part(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Assign to a part of a variable, as deep inside as the dice say."""
        variable = self.dice.pick(self.variables)
        of, path, guards = variable.type, list[Expr | int](), list[Expr]()
        while True:
            match of:
                case MapType(key):
                    path.append(self.terms.term(key, names, depth))
                case RecordType(_, parts) | TupleType(parts):
                    path.append(self.dice.below(len(parts)))
                case SeqType():
                    position = self.terms.term(self.terms.some_int(names), names, depth)
                    whole = self.b.read(variable, *path)
                    guards.append(self.b.op(Op.LE, self.b.number(0), position))
                    guards.append(self.b.op(Op.LT, position, self.b.op(Op.LEN, whole)))
                    path.append(position)
                case _:
                    break
            of = component(of, path[-1])
            if self.dice.below(3) == 0:
                break
        effect = self.b.assign(variable, self.terms.term(of, names, depth), *path)
        if guards and not (self.terms.risky and self.dice.chance(70)):
            effect = self.b.branch(self.b.all_of(*guards), effect)
        return effect, names

    def bind(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Bind a new local, or one that has a value."""
        known = [local for local in names.locals if local in self.rebindable]
        if known and self.dice.chance(30):
            local = self.dice.pick(known)
            return self.b.bind(local, self.terms.term(local.type, names, 1)), names
        local = self.terms.local(self.terms.some_type(names))
        value = self.terms.term(local.type, names, 1 + depth)
        self.rebindable.append(local)
        return self.b.bind(local, value), names.with_local(local)

    def branch(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make an `if`."""
        condition = self.terms.condition(names, 2)
        then = Seq(tuple(self.body(names, depth)))
        otherwise = Seq(tuple(self.body(names, depth))) if self.dice.chance(50) else NOTHING
        return self.b.branch(condition, then, otherwise), names

    def choose(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make a `choose`."""
        local = self.terms.local(self.dice.pick(self.universe.atoms()))
        if cardinality(local.type) > self.ways:
            return self.assign(names, depth)
        self.ways //= cardinality(local.type)
        domain = self.terms.domain(local, names, 2) if self.dice.chance(40) else None
        body = self.body(names.with_local(local), depth)
        return self.b.choose(local, *body, domain=domain), names

    def either(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make an `either` of two or three branches, of which all bind the same locals."""
        count = 2 + self.dice.below(2)
        if count > self.ways:
            return self.branch(names, depth)
        self.ways //= count
        return self.b.either(*(Seq(tuple(self.body(names, depth))) for _ in range(count))), names

    def loop(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make a `while` that ends after at most three rounds."""
        counter = self.terms.local(IntType(0, 3))
        now = self.b.ref(counter)
        inner = names.with_local(counter)
        again = self.b.op(Op.LT, now, self.b.number(1 + self.dice.below(3)))
        if self.dice.chance(30):
            again = self.b.all_of(again, self.terms.condition(inner, 1))
        # A choice in the body is made up to three times.
        outside, self.ways = self.ways, 2 if self.ways >= 8 else 1
        body = self.body(names, depth)
        self.ways = outside // 8 or 1
        count = self.b.bind(counter, self.b.op(Op.ADD, now, self.b.number(1)))
        start = self.b.bind(counter, self.b.number(0))
        return Seq((start, self.b.loop(again, *body, count))), inner

    def guard(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make an `await`."""
        condition = self.gate(names) if self.dice.chance(60) else self.terms.condition(names, depth)
        return self.b.guard(condition), names

    def check(self, names: Names, depth: int) -> tuple[Effect, Names]:
        """Make an `assert`, whatever the depth."""
        condition = self.gate(names) if self.dice.chance(30) else self.rarely_false(names)
        return self.b.check(condition, self.dice.pick(["", "so it is"])), names

    # --- processes

    def process(self) -> Process | None:
        """Declare a process, over a sort or a range or alone, with a local of its own."""
        count = 2 + self.dice.below(2)
        indices: list[Type | None] = [None, IntType(0, 1), *self.universe.sorts]
        index = self.dice.pick(indices)
        threads = 1 if index is None else cardinality(index)
        if count**threads > self.left:
            return None
        self.left //= count**threads
        can_end = self.dice.chance(40)
        points = [f"p{number}@outer" if number else "p0" for number in range(count)]
        if can_end:
            points[-1] = "end"
        process = self.b.process("worker", index, points, can_end=can_end)
        if 2**threads <= self.left and self.dice.chance(50):
            self.left //= 2**threads
            of: Type = BOOL if index is None else MapType(index, BOOL)
            mine = self.b.variable("worker.mine", of, role=Role.LOCAL, owner="worker")
            self.variables.append(mine)
        return process

    def steps(self, process: Process) -> None:
        """Declare one step for every control point from which control goes on."""
        last = len(process.points) - (1 if process.can_end else 0)
        for point in process.points[:last]:
            self.ways = MAX_WAYS
            params = [] if process.index is None else [Local("self", process.index)]
            names = Names(tuple(self.variables), tuple(params))
            guards = [self.at(process, point.name, params)]
            if self.dice.chance(40):
                guards.append(self.gate(names))
            effects = self.body(names, 2) if self.dice.chance(70) else []
            if self.dice.chance(40):
                condition = self.terms.condition(names, 1)
                ways = (self.go(process, params), self.go(process, params))
                effects.append(self.b.branch(condition, *ways))
            else:
                effects.append(self.go(process, params))
            self.b.action(
                f"worker.{point.name}",
                *effects,
                params=params,
                guard=self.b.all_of(*guards),
                step_of=(process, point.name),
            )

    def at(self, process: Process, point: str, index: list[Local]) -> Expr:
        """Return the condition that control rests at a point."""
        keys = [self.b.ref(each) for each in index]
        here = self.b.literal(point, control_type(process))
        return self.b.eq(self.b.read(process.control, *keys), here)

    def go(self, process: Process, index: list[Local]) -> Effect:
        """Return the move of control to some point."""
        of = control_type(process)
        point = self.dice.pick(list(reversed(of.members)))
        keys = [self.b.ref(each) for each in index]
        return self.b.assign(process.control, self.b.literal(point, of), *keys)

    # --- properties

    def properties(self, process: Process | None) -> None:
        """Declare invariants, step properties and what is to be reached."""
        for number in range(self.dice.below(3)):
            parts = [self.rarely_false(self.names) for _ in range(1 + self.dice.below(2))]
            self.b.require(PropertyKind.INVARIANT, f"inv{number}", *parts)
        if process is not None and self.dice.chance(40):
            self.b.require(PropertyKind.INVARIANT, "alone", self.alone(process))
        if self.dice.chance(35):
            names = Names(tuple(self.variables), has_old=True)
            self.b.require(PropertyKind.STEP, "step0", self.rarely_false(names))
        if self.dice.chance(40):
            self.b.require(PropertyKind.REACHABLE, "reach0", self.unlikely(self.names))
        if self.dice.chance(4):
            size = self.b.eq(self.b.number(2), self.b.number(2 + self.dice.below(2)))
            self.b.assume("sizes", size)

    def alone(self, process: Process) -> Expr:
        """Return that at most one thread rests at the last point."""
        locals_ = [] if process.index is None else [self.terms.local(process.index)]
        here = self.at(process, process.points[-1].name, locals_)
        if not locals_:
            return self.b.implies(here, self.rarely_false(self.names))
        count = self.b.fold(Quantifier.COUNT, locals_[0], here)
        return self.b.op(Op.LE, count, self.b.number(1))

    def rarely_false(self, names: Names) -> Expr:
        """Return a condition that fails in few states, if any."""
        parts = [self.unlikely(names) for _ in range(2 + self.dice.below(3))]
        if self.dice.chance(30):
            return self.b.implies(self.b.all_of(*parts[:2]), self.terms.condition(names, 2))
        return self.b.negate(self.b.all_of(*parts))

    def unlikely(self, names: Names) -> Expr:
        """Return a condition on some variables that holds in few states."""
        # An element of a sort could be compared with little else than itself.
        plain = [each for each in self.variables if not isinstance(each.type, SortType)]
        variable = self.dice.pick(plain or self.variables)
        value = self.terms.constant(variable.type, names)
        equal = self.b.eq(self.b.read(variable), value)
        if self.dice.chance(40):
            return self.b.all_of(equal, self.terms.condition(names, 2))
        return equal


def random_universe(dice: Dice) -> Universe:
    """Return the named types of a system."""
    sorts = [SortType("Cpu", 2 + dice.below(2)), SortType("Node", 2)][: dice.below(3)]
    kind = EnumType("Kind", ("red", "green", "blue")[: 2 + dice.below(2)])
    inner: list[Type] = [BOOL, IntType(0, 1), *(OptionType(sort) for sort in sorts)]
    record = RecordType("Rec", (("a", dice.pick(inner)), ("b", kind)))
    some = (IntType(0, 2), IntType(0, 2, wraps=True), IntType(-1, 1), IntType(2, 4))
    numbers = tuple(dict.fromkeys(dice.pick(some) for _ in range(2)))
    return Universe(tuple(sorts), numbers, kind, record)


def _has_symmetric_default(of: Type) -> bool:
    """Tell whether the default names no element of a sort."""
    match of:
        case SortType():
            return False
        case MapType(_, value):
            return _has_symmetric_default(value)
        case RecordType(_, fields):
            return all(_has_symmetric_default(field) for _, field in fields)
        case TupleType(components):
            return all(_has_symmetric_default(each) for each in components)
        case _:
            return True
