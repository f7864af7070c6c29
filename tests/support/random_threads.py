"""Random small programs: threads that step through control points and share a few variables.

`random_systems` mixes everything with everything, so that nearly all parts of a system touch one
another. Here threads have locals, most steps touch one shared variable or none, and values are
forgotten: what reductions live on. Threads are indexed by a symmetric sort or by a range. Channels
are read and written in every way, with and without a look at their length first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from checker.model.ir import Effect, Expr, Local, Op, Quantifier, Role, Variable
from checker.model.system import Process, PropertyKind, System, control_type
from checker.model.types import (
    BOOL,
    IntType,
    MapType,
    OptionType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from tests.support.builder import Builder
from tests.support.dice import Dice, Source

COUNTER = IntType(0, 2, wraps=True)


def seeded_threads(seed: int) -> System:
    """Return the program of a seed, the same everywhere."""
    return random_threads(Random(seed).randrange)


def random_threads(below: Source) -> System:
    """Return a program of two or three threads of one process, and perhaps another process."""
    return _Maker(Dice(below)).system()


@dataclass(slots=True)
class _Code:
    """One process while it is made.

    Attributes:
        own: the `self` of the action that is made, None if there is one thread only.
    """

    process: Process
    numbers: list[Variable]
    friends: list[Variable]
    own: Local | None = None
    known: list[Local] = field(default_factory=list)


class _Maker:
    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.b = Builder("threads")
        self.is_crowded = dice.chance(25)
        self.thread: Type = SortType("Cpu", 3 if self.is_crowded else 2)
        if dice.chance(30):
            self.thread = IntType(0, 1)
        of = self.thread
        candidates: dict[str, Type] = {
            "count": COUNTER,
            "flag": MapType(of, BOOL),
            "owner": OptionType(of),
            "link": MapType(of, OptionType(of)),
            "members": SetType(of),
            "queue": SeqType(2, of),
            "numbers": SeqType(2, COUNTER),
            "boxes": MapType(of, SeqType(1, COUNTER)),
        }
        names = [name for name in candidates if dice.chance(45)] or ["count"]
        self.shared = {
            name: self.b.variable(name, candidates[name])
            for name in names[: 2 if self.is_crowded else 4]
        }
        self.codes: list[_Code] = []

    def system(self) -> System:
        """Return the whole."""
        self.codes.append(
            self.code("worker", self.thread, 3 + (0 if self.is_crowded else self.dice.below(3)))
        )
        if not self.is_crowded and self.dice.chance(40):
            self.codes.append(self.code("clerk", None, 2 + self.dice.below(2)))
        for code in self.codes:
            self.steps(code)
        if self.dice.chance(15):
            self.plain_action()
        self.properties()
        terminal = self.b.true if self.dice.chance(65) else None
        return self.b.build(*self.init(), terminal=terminal)

    def code(self, name: str, index: Type | None, count: int) -> _Code:
        """Declare a process and its locals."""
        can_end = self.dice.chance(50)
        points = [f"p{number}" for number in range(count)]
        if can_end:
            points[-1] = "end"
        process = self.b.process(name, index, points, can_end=can_end)

        def local(which: str, of: Type) -> Variable:
            whole = of if index is None else MapType(index, of)
            return self.b.variable(f"{name}.{which}", whole, role=Role.LOCAL, owner=name)

        numbers = [local("n", COUNTER)] if self.dice.chance(70) else []
        friends = [local("friend", OptionType(self.thread))] if self.dice.chance(60) else []
        if self.dice.chance(40):
            friends.append(local("peer", self.thread))
        return _Code(process, numbers, friends)

    def init(self) -> list[Effect]:
        """Return the first values, some of them any."""
        found: list[Effect] = []
        for code in self.codes:
            # Whom a thread knows of at first would stop it if it were nobody.
            found += [self.any_value(each) for each in code.friends[:1] if self.dice.chance(60)]
        if "count" in self.shared and self.dice.chance(20):
            found.append(self.any_value(self.shared["count"]))
        if "owner" in self.shared and self.dice.chance(20):
            found.append(self.any_value(self.shared["owner"]))
        return found

    def any_value(self, variable: Variable) -> Effect:
        local = Local("first", variable.type)
        return self.b.choose(local, self.b.assign(variable, self.b.ref(local)))

    # --- steps

    def steps(self, code: _Code) -> None:
        """Declare a step for every control point but the last one of a process that ends."""
        process = code.process
        count = len(process.points) - process.can_end
        for number in range(count):
            code.own = None if process.index is None else Local("self", process.index)
            code.known = [] if code.own is None else [code.own]
            guards = [self.at(code, process.points[number].name)]
            body = self.body(code, guards)
            self.b.action(
                f"{process.name}.{process.points[number].name}",
                *body,
                self.moves(code, number),
                params=code.known[:1] if code.own is not None else (),
                guard=self.b.all_of(*guards) if len(guards) > 1 else guards[0],
                step_of=(process, process.points[number].name),
            )

    def body(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        """Return what a step does, adding to its guard what it waits for."""
        effects: list[Effect] = []
        ways = [self.on_locals]
        for name in self.shared:
            ways += [getattr(self, f"on_{name}")] * 2
        for _ in range(1 + self.dice.chance(25)):
            effects += self.dice.pick(ways)(code, guards)
        if code.numbers and self.dice.chance(12):
            small = self.b.op(Op.LT, self.number_of(code), self.b.number(2))
            effects.append(self.b.check(small))
        return effects

    def moves(self, code: _Code, number: int) -> Effect:
        """Return how control goes on: mostly to the next point."""
        count = len(code.process.points)
        after = number + 1 if number + 1 < count else 0
        other = self.dice.below(count)
        if self.dice.chance(60):
            return self.go(code, after)
        if self.dice.chance(20):
            return self.b.either(self.go(code, after), self.go(code, other))
        return self.b.branch(self.test(code), self.go(code, after), self.go(code, other))

    def go(self, code: _Code, number: int) -> Effect:
        of = control_type(code.process)
        return self.b.assign(
            code.process.control, self.b.literal(of.members[number], of), *self.keys(code)
        )

    def at(self, code: _Code, point: str) -> Expr:
        here = self.b.read(code.process.control, *self.keys(code))
        return self.b.eq(here, self.b.literal(point, control_type(code.process)))

    def keys(self, code: _Code) -> list[Expr]:
        return [] if code.own is None else [self.b.ref(code.own)]

    def plain_action(self) -> None:
        """Declare an action of nobody's, on a thread or on nothing."""
        param = Local("who", self.thread)
        name = self.dice.pick(list(self.shared))
        variable = self.shared[name]
        key = [self.b.ref(param)] if isinstance(variable.type, MapType) else []
        part = variable.type.value if isinstance(variable.type, MapType) else variable.type
        local = Local("any", part)
        change = self.b.choose(local, self.b.assign(variable, self.b.ref(local), *key))
        if isinstance(part, SeqType | SetType):
            change = self.b.assign(variable, self.empty(part), *key)
        self.b.action("disturb", change, params=[param])

    # --- values

    def test(self, code: _Code) -> Expr:
        """Return a condition on locals, or on what is known of the thread."""
        tests: list[Expr] = [self.b.eq(self.number_of(code), self.b.number(self.dice.below(3)))]
        for each in code.friends:
            now = self.b.read(each, *self.keys(code))
            if isinstance(now.type, OptionType):
                tests.append(self.b.eq(now, self.b.literal(None, now.type)))
            elif code.own is not None:
                tests.append(self.b.eq(now, self.b.ref(code.own)))
        if "flag" in self.shared and code.own is not None:
            tests.append(self.b.read(self.shared["flag"], self.b.ref(code.own)))
        return self.dice.pick(tests)

    def number_of(self, code: _Code) -> Expr:
        if code.numbers:
            return self.b.read(code.numbers[0], *self.keys(code))
        return self.b.literal(self.dice.below(3), COUNTER)

    def someone(self, code: _Code, so_far: list[Effect]) -> Expr:
        """Return a thread: this one, one that a local names, or any, chosen before."""
        options: list[Expr] = [] if code.own is None else [self.b.ref(code.own)]
        for each in code.friends:
            now = self.b.read(each, *self.keys(code))
            if not isinstance(now.type, OptionType):
                options.append(now)
            elif self.dice.chance(60):
                if self.dice.chance(85):
                    some = self.b.negate(self.b.eq(now, self.b.literal(None, now.type)))
                    so_far.append(self.b.guard(some))
                options.append(self.b.op(Op.UNWRAP, now))
        if not options and isinstance(self.thread, IntType):
            return self.b.literal(0, self.thread)
        if not options:
            return self.b.ref(self.chosen(so_far))
        return self.dice.pick(options)

    def chosen(self, so_far: list[Effect]) -> Local:
        """Return a local that holds any thread."""
        local = Local("chosen", self.thread)
        some = Local("any", self.thread)
        so_far.append(self.b.choose(some, self.b.bind(local, self.b.ref(some))))
        return local

    def empty(self, of: Type) -> Expr:
        return self.b.literal(frozenset() if isinstance(of, SetType) else (), of)

    # --- what steps do

    def on_locals(self, code: _Code, _: list[Expr]) -> list[Effect]:
        """Change or set a local."""
        keys = self.keys(code)
        found: list[Effect] = []
        if code.numbers and self.dice.chance(60):
            n = code.numbers[0]
            more = self.b.op(Op.ADD, self.b.read(n, *keys), self.b.number(1))
            some = self.b.number(self.dice.below(3))
            return [self.b.assign(n, more if self.dice.chance(40) else some, *keys)]
        if code.friends:
            friend = self.dice.pick(code.friends)
            value = self.someone(code, found)
            if self.dice.chance(30):
                value = self.b.ref(self.chosen(found))
            return [*found, self.b.assign(friend, value, *keys)]
        return []

    def on_count(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        count = self.shared["count"]
        now = self.b.read(count)
        if code.numbers and self.dice.chance(50):
            mine = code.numbers[0]
            if self.dice.chance(50):
                return [self.b.assign(mine, now, *self.keys(code))]
            return [self.b.assign(count, self.number_of(code))]
        if self.dice.chance(15):
            guards.append(self.b.eq(now, self.b.number(self.dice.below(3))))
            return []
        return [self.b.assign(count, self.b.op(Op.ADD, now, self.b.number(1)))]

    def on_flag(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        found: list[Effect] = []
        who = self.someone(code, found)
        flag = self.shared["flag"]
        if not found and self.dice.chance(20):
            now = self.b.read(flag, who)
            guards.append(now if self.dice.chance(25) else self.b.negate(now))
            return []
        return [*found, self.b.assign(flag, self.b.literal(self.dice.chance(50), BOOL), who)]

    def on_owner(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        owner = self.shared["owner"]
        now = self.b.read(owner)
        nobody = self.b.literal(None, owner.type)
        if code.friends and self.dice.chance(40):
            friend = code.friends[0]
            of = friend.type.value if isinstance(friend.type, MapType) else friend.type
            if isinstance(of, OptionType):
                return [self.b.assign(friend, now, *self.keys(code))]
        if self.dice.chance(25):
            guards.append(self.b.eq(now, nobody))
        elif self.dice.chance(50):
            return [self.b.assign(owner, nobody)]
        found: list[Effect] = []
        who = self.someone(code, found)
        return [*found, self.b.assign(owner, who)]

    def on_link(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        found: list[Effect] = []
        link = self.shared["link"]
        of = OptionType(self.thread)
        if code.own is not None and self.dice.chance(15):
            now = self.b.read(link, self.b.ref(code.own))
            guards.append(self.b.negate(self.b.eq(now, self.b.literal(None, of))))
            return []
        to = self.someone(code, found)
        value = self.b.literal(None, of) if self.dice.chance(30) else self.someone(code, found)
        return [*found, self.b.assign(link, value, to)]

    def on_members(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        found: list[Effect] = []
        members = self.shared["members"]
        now = self.b.read(members)
        who = self.someone(code, found)
        if not found and self.dice.chance(20):
            inside = self.b.op(Op.IN, who, now)
            guards.append(inside if self.dice.chance(25) else self.b.negate(inside))
        op = Op.UNION if self.dice.chance(60) else Op.MINUS
        one = self.b.construct(SetType(self.thread), who)
        return [*found, self.b.assign(members, self.b.op(op, now, one))]

    def on_queue(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        found: list[Effect] = []
        who = self.someone(code, found)
        into = [each for each in code.friends if self.part_of(each) == self.thread]
        return [*found, *self.on_channel(code, guards, (self.shared["queue"], []), who, into)]

    def on_numbers(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        value = self.number_of(code)
        return self.on_channel(code, guards, (self.shared["numbers"], []), value, code.numbers)

    def on_boxes(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        found: list[Effect] = []
        who = self.someone(code, found)
        if found:
            return []
        place = (self.shared["boxes"], [who])
        return self.on_channel(code, guards, place, self.number_of(code), code.numbers)

    def part_of(self, local: Variable) -> Type:
        return local.type.value if isinstance(local.type, MapType) else local.type

    def on_channel(
        self,
        code: _Code,
        guards: list[Expr],
        place: tuple[Variable, list[Expr]],
        value: Expr,
        into: list[Variable],
    ) -> list[Effect]:
        """Send or receive, mostly after a look at the length."""
        variable, path = place
        now = self.b.read(variable, *path)
        assert isinstance(now.type, SeqType)
        length = self.b.op(Op.LEN, now)
        is_careful = self.dice.chance(85)
        if self.dice.chance(50):
            if is_careful:
                guards.append(self.b.op(Op.LT, length, self.b.number(now.type.bound)))
            return [self.b.assign(variable, self.b.op(Op.APPEND, now, value), *path)]
        if is_careful:
            some = self.b.negate(self.b.eq(now, self.empty(now.type)))
            guards.append(
                some if self.dice.chance(50) else self.b.op(Op.LT, self.b.number(0), length)
            )
        rest = self.b.assign(variable, self.b.op(Op.REST, now), *path)
        if not into:
            return [rest]
        return [self.b.assign(into[0], self.b.op(Op.FIRST, now), *self.keys(code)), rest]

    # --- properties

    def properties(self) -> None:
        """Declare a few properties, most of them true most of the time."""
        code = self.codes[0]
        if self.dice.chance(30):
            point = self.dice.pick([point.name for point in code.process.points][1:])
            self.b.require(PropertyKind.INVARIANT, "alone", self.alone(code, point))
        if self.dice.chance(30):
            self.b.require(PropertyKind.INVARIANT, "shared", self.b.negate(self.unlikely(code)))
        if self.dice.chance(35):
            self.b.require(PropertyKind.REACHABLE, "odd", self.unlikely(code))
        if "count" in self.shared and self.dice.chance(30):
            count = self.shared["count"]
            grows = self.b.op(Op.LE, self.b.old(count), self.b.read(count))
            wraps = self.b.eq(self.b.read(count), self.b.number(self.dice.below(2)))
            self.b.require(PropertyKind.STEP, "grows", self.b.any_of(grows, wraps))

    def alone(self, code: _Code, point: str) -> Expr:
        one, other = Local("a", self.thread), Local("b", self.thread)

        def at(local: Local) -> Expr:
            here = self.b.read(code.process.control, self.b.ref(local))
            return self.b.eq(here, self.b.literal(point, control_type(code.process)))

        both = self.b.all_of(at(one), at(other))
        differ = self.b.negate(self.b.eq(self.b.ref(one), self.b.ref(other)))
        inner = self.b.implies(differ, self.b.negate(both))
        return self.b.fold(Quantifier.FORALL, one, self.b.fold(Quantifier.FORALL, other, inner))

    def unlikely(self, code: _Code) -> Expr:
        """Return a condition on a shared variable and on where some thread rests."""
        point = self.dice.pick([point.name for point in code.process.points])
        local = Local("a", self.thread)
        here = self.b.read(code.process.control, self.b.ref(local))
        there = self.b.eq(here, self.b.literal(point, control_type(code.process)))
        parts: list[Expr] = [self.b.fold(Quantifier.EXISTS, local, there)]
        if "count" in self.shared:
            parts.append(self.b.eq(self.b.read(self.shared["count"]), self.b.number(2)))
        if "owner" in self.shared:
            owner = self.shared["owner"]
            nobody = self.b.literal(None, owner.type)
            parts.append(self.b.negate(self.b.eq(self.b.read(owner), nobody)))
        if "members" in self.shared:
            size = self.b.op(Op.SIZE, self.b.read(self.shared["members"]))
            parts.append(self.b.op(Op.LT, self.b.number(1), size))
        if code.numbers and self.dice.chance(25):
            mine = Local("c", self.thread)
            high = self.b.eq(self.b.read(code.numbers[0], self.b.ref(mine)), self.b.number(2))
            parts.append(self.b.fold(Quantifier.EXISTS, mine, high))
        kept = [each for each in parts if self.dice.chance(70)] or parts[:1]
        return self.b.all_of(*kept) if len(kept) > 1 else kept[0]
