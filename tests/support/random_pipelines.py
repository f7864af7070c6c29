"""Random small programs of several processes that share channels and sets, and little else.

What a partial order reduction lives on and may get wrong: channels used at one end or both, with
and without a look at their length first, under keys that are known from the text, that follow from
`self`, or that nobody knows; sets to which known and unknown elements are added; waits on what
others do; properties of where threads are.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from checker.model.ir import Effect, Expr, Local, Op, Quantifier, Role, Variable
from checker.model.system import Process, PropertyKind, System, control_type
from checker.model.types import BOOL, IntType, MapType, SeqType, SetType, Type
from tests.support.builder import Builder
from tests.support.dice import Dice, Source

BIT = IntType(0, 1)
PLACE = IntType(0, 2)
CHANNEL = SeqType(2, BIT)


def seeded_pipeline(seed: int) -> System:
    """Return the program of a seed, the same everywhere."""
    return random_pipeline(Random(seed).randrange)


def random_pipeline(below: Source) -> System:
    """Return a program of two or three processes, one of them perhaps of two threads."""
    return _Maker(Dice(below)).system()


@dataclass(frozen=True, slots=True)
class _Code:
    """One process, with its local and its `self`."""

    process: Process
    mine: Variable
    own: Local | None

    @property
    def key(self) -> list[Local]:
        return [] if self.own is None else [self.own]


class _Maker:
    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.b = Builder("pipeline")
        self.pipes = self.b.variable("pipes", MapType(PLACE, CHANNEL))
        self.seen = self.b.variable("seen", SetType(PLACE))
        self.flags = self.b.variable("flags", MapType(PLACE, BOOL))
        self.tally = self.b.variable("tally", IntType(0, 3, wraps=True), role=Role.GHOST)
        self.codes: list[_Code] = []

    def system(self) -> System:
        """Return the whole."""
        for number in range(2 + self.dice.chance(50)):
            index = BIT if number == 0 and self.dice.chance(35) else None
            self.codes.append(self.code(f"p{number}", index))
        for code in self.codes:
            for number in range(len(code.process.points) - code.process.can_end):
                self.step(code, number)
        if self.dice.chance(15):
            self.disturbance()
        self.properties()
        return self.b.build(terminal=self.b.true if self.dice.chance(50) else None)

    def code(self, name: str, index: Type | None) -> _Code:
        can_end = self.dice.chance(70)
        points = [f"at{number}" for number in range(2 + self.dice.below(2))]
        points += ["end"] if can_end else []
        process = self.b.process(name, index, points, can_end=can_end)
        of = BIT if index is None else MapType(index, BIT)
        mine = self.b.variable(f"{name}.mine", of, role=Role.LOCAL, owner=name)
        return _Code(process, mine, None if index is None else Local("self", index))

    # --- steps

    def step(self, code: _Code, number: int) -> None:
        """Declare the step out of a control point."""
        guards = [self.at(code, code.process.points[number].name, self.keys(code))]
        effects: list[Effect] = []
        ways = [self.send, self.send, self.take, self.take, self.mark, self.wait, self.think]
        for _ in range(1 + self.dice.chance(30)):
            effects += self.dice.pick(ways)(code, guards)
        last = len(code.process.points) - 1
        onward = self.go(code, min(number + 1, last) if self.dice.chance(80) else 0)
        if self.dice.chance(20):
            onward = self.b.branch(
                self.b.eq(self.local(code), self.b.number(0)),
                onward,
                self.go(code, self.dice.below(last + 1)),
            )
        self.b.action(
            f"{code.process.name}.{code.process.points[number].name}",
            *effects,
            onward,
            params=code.key,
            guard=self.b.all_of(*guards) if len(guards) > 1 else guards[0],
            step_of=(code.process, code.process.points[number].name),
        )

    def disturbance(self) -> None:
        """Declare an action of nobody's, with a parameter."""
        param = Local("where", PLACE)
        key = self.b.ref(param)
        empty = self.b.eq(self.b.read(self.pipes, key), self.b.literal((), CHANNEL))
        guard = self.b.negate(empty)
        now = self.b.read(self.pipes, key)
        rest = self.b.assign(self.pipes, self.b.op(Op.REST, now), key)
        self.b.action("lose", rest, params=[param], guard=guard)

    def send(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        """Put something into a channel."""
        key = self.place(code)
        now = self.b.read(self.pipes, key)
        if self.dice.chance(85):
            guards.append(self.b.op(Op.LT, self.b.op(Op.LEN, now), self.b.number(2)))
        value = self.local(code) if self.dice.chance(60) else self.bit(self.dice.below(2))
        found = [self.b.assign(self.pipes, self.b.op(Op.APPEND, now, value), key)]
        if self.dice.chance(20):
            more = self.b.op(Op.ADD, self.b.read(self.tally), self.b.number(1))
            found.append(self.b.assign(self.tally, more))
        return found

    def take(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        """Look at the front of a channel, and mostly take it away."""
        key = self.place(code)
        now = self.b.read(self.pipes, key)
        if self.dice.chance(85):
            guards.append(self.b.op(Op.LT, self.b.number(0), self.b.op(Op.LEN, now)))
        first = self.b.assign(self.mine(code), self.b.op(Op.FIRST, now), *self.keys(code))
        rest = self.b.assign(self.pipes, self.b.op(Op.REST, now), key)
        found = [first, rest] if self.dice.chance(85) else [rest, first]
        if self.dice.chance(15):
            return found[:1]
        if self.dice.chance(15):
            return [self.b.branch(self.b.op(Op.LT, self.b.number(1), self.length(now)), *found)]
        return found

    def mark(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        """Change a set or a flag."""
        key = self.place(code)
        if self.dice.chance(40):
            return [self.b.assign(self.flags, self.b.literal(self.dice.chance(60), BOOL), key)]
        op = Op.UNION if self.dice.chance(75) else Op.MINUS
        one = self.b.construct(SetType(PLACE), key)
        now = self.b.read(self.seen)
        if self.dice.chance(20):
            guards.append(self.b.negate(self.b.op(Op.IN, key, now)))
        return [self.b.assign(self.seen, self.b.op(op, now, one))]

    def wait(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        """Wait for a flag or an element."""
        key = self.place(code)
        now = self.b.read(self.flags, key)
        if self.dice.chance(50):
            now = self.b.op(Op.IN, key, self.b.read(self.seen))
        guards.append(now if self.dice.chance(60) else self.b.negate(now))
        return []

    def think(self, code: _Code, guards: list[Expr]) -> list[Effect]:
        """Change the local, perhaps by choice."""
        del guards
        keys = self.keys(code)
        if self.dice.chance(30):
            local = Local("any", BIT)
            return [self.b.choose(local, self.b.assign(self.mine(code), self.b.ref(local), *keys))]
        if self.dice.chance(15):
            return [self.b.check(self.b.eq(self.local(code), self.bit(0)))]
        return [self.b.assign(self.mine(code), self.bit(self.dice.below(2)), *keys)]

    # --- values

    def place(self, code: _Code) -> Expr:
        """Return a key: known, known from `self`, or the value of the local."""
        ways = self.dice.below(10)
        if ways == 0:
            return self.b.convert(self.local(code), PLACE)
        if ways < 5 and code.own is not None:
            more = self.b.op(Op.ADD, self.b.ref(code.own), self.b.number(self.dice.below(2)))
            return self.b.convert(more, PLACE)
        return self.b.literal(self.dice.below(3), PLACE)

    def bit(self, value: int) -> Expr:
        return self.b.literal(value, BIT)

    def length(self, channel: Expr) -> Expr:
        return self.b.op(Op.LEN, channel)

    def mine(self, code: _Code) -> Variable:
        return code.mine

    def keys(self, code: _Code) -> list[Expr]:
        return [self.b.ref(each) for each in code.key]

    def local(self, code: _Code) -> Expr:
        return self.b.read(code.mine, *self.keys(code))

    def at(self, code: _Code, point: str, keys: list[Expr]) -> Expr:
        here = self.b.read(code.process.control, *keys)
        return self.b.eq(here, self.b.literal(point, control_type(code.process)))

    def go(self, code: _Code, number: int) -> Effect:
        of = control_type(code.process)
        point = self.b.literal(of.members[number], of)
        return self.b.assign(code.process.control, point, *self.keys(code))

    # --- properties

    def properties(self) -> None:
        """Declare what is seldom false, and what is to be reached."""
        if self.dice.chance(50):
            self.b.require(PropertyKind.INVARIANT, "apart", self.b.negate(self.together()))
        if self.dice.chance(30):
            length = self.length(self.b.read(self.pipes, self.b.literal(0, PLACE)))
            short = self.b.op(Op.LT, length, self.b.number(2))
            self.b.require(PropertyKind.INVARIANT, "short", short)
        if self.dice.chance(40):
            self.b.require(PropertyKind.REACHABLE, "met", self.together())
        if self.dice.chance(30):
            kept = self.b.op(Op.SUBSET, self.b.old(self.seen), self.b.read(self.seen))
            self.b.require(PropertyKind.STEP, "kept", kept)
        if self.dice.chance(25):
            low = self.b.op(Op.LT, self.b.read(self.tally), self.b.number(3))
            self.b.require(PropertyKind.INVARIANT, "low", low)

    def together(self) -> Expr:
        """Return that two processes are at some points, and perhaps something of a set."""
        parts = [self.somewhere(code) for code in self.codes[:2]]
        if self.dice.chance(40):
            place = self.b.literal(self.dice.below(3), PLACE)
            parts.append(self.b.op(Op.IN, place, self.b.read(self.seen)))
        return self.b.all_of(*parts)

    def somewhere(self, code: _Code) -> Expr:
        point = self.dice.pick([each.name for each in code.process.points][1:])
        if code.own is None:
            return self.at(code, point, [])
        local = Local("a", BIT)
        return self.b.fold(Quantifier.EXISTS, local, self.at(code, point, [self.b.ref(local)]))
