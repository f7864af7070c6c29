"""Small systems made by hand, with what is known about them.

They are universal: each shows one thing that an engine must get right, and is obvious enough to be
counted on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from checker.model.ir import NOTHING, Expr, Local, Op, Quantifier, Seq
from checker.model.system import PropertyKind, System
from checker.model.types import (
    BOOL,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
)
from tests.support.builder import Builder


def clock(hours: int = 12) -> System:
    """A clock that starts at any hour: `hours` states, as many transitions, all initial."""
    b = Builder("clock")
    hour = b.variable("hour", IntType(1, hours))
    now = b.read(hour)
    pick = Local("start", IntType(1, hours))
    following = b.op(Op.ADD, b.op(Op.MOD, now, b.number(hours)), b.number(1))
    b.action("tick", b.assign(hour, following))
    in_range = b.all_of(b.op(Op.LE, b.number(1), now), b.op(Op.LE, now, b.number(hours)))
    b.require(PropertyKind.INVARIANT, "in_range", in_range)
    turned = b.implies(b.eq(b.old(hour), b.number(hours)), b.eq(now, b.number(1)))
    b.require(PropertyKind.STEP, "turns", turned)
    b.require(PropertyKind.REACHABLE, "noon", b.eq(now, b.number(hours)))
    return b.build(b.choose(pick, b.assign(hour, b.ref(pick))))


def digraph(
    paths: Sequence[Sequence[int]], *, bad: int | None = None, final: int | None = None
) -> System:
    """A graph given by paths; it starts at the beginning of every path.

    One action per edge, in the order of first mention, so transitions are the distinct edges.

    Args:
        bad: the node that the invariant `safe` forbids.
        final: the only node in which it is allowed to stop.
    """
    edges = list(dict.fromkeys(e for path in paths for e in pairwise(path)))
    nodes = IntType(0, max(node for path in paths for node in path))
    b = Builder("digraph")
    node = b.variable("node", nodes)
    here = b.read(node)
    for source, target in edges:
        b.action(
            f"edge_{source}_{target}",
            b.assign(node, b.number(target)),
            guard=b.eq(here, b.number(source)),
        )
    if bad is not None:
        safe = b.negate(b.eq(here, b.number(bad)))
        b.require(PropertyKind.INVARIANT, "safe", safe)
    starts = list(dict.fromkeys(path[0] for path in paths))
    init = b.either(*(b.assign(node, b.number(start)) for start in starts))
    return b.build(init, terminal=None if final is None else b.eq(here, b.number(final)))


def counter_ring(places: int = 3, modulus: int = 3) -> System:
    """Dijkstra's self-stabilising token ring from every state: modulus ** places states.

    The root (place 0) moves when it equals its left neighbour, the others when they differ from it.

    Source: Dijkstra, "Self-stabilizing systems in spite of distributed control", CACM 17, 1974.
    """
    b = Builder("counter_ring")
    ring = IntType(0, places - 1)
    counter = IntType(0, modulus - 1, wraps=True)
    values = b.variable("values", MapType(ring, counter))
    place, start = Local("place", ring), Local("start", MapType(ring, counter))

    def has_token(local: Local) -> Expr:
        here = b.ref(local)
        left = b.convert(b.op(Op.MOD, b.op(Op.SUB, here, b.number(1)), b.number(places)), ring)
        same = b.eq(b.read(values, here), b.read(values, left))
        return b.op(Op.IFF, b.eq(here, b.number(0)), same)

    at, left = b.ref(place), b.op(Op.SUB, b.ref(place), b.number(1))
    b.action(
        "move",
        b.branch(
            b.eq(at, b.number(0)),
            b.assign(values, b.op(Op.ADD, b.read(values, at), b.number(1)), at),
            b.assign(values, b.read(values, b.convert(left, ring)), at),
        ),
        params=(place,),
        guard=has_token(place),
    )
    other = Local("p", ring)
    tokens = b.fold(Quantifier.COUNT, other, has_token(other))
    b.require(PropertyKind.INVARIANT, "some_token", b.op(Op.LT, b.number(0), tokens))
    b.require(PropertyKind.REACHABLE, "stable", b.eq(tokens, b.number(1)))
    return b.build(b.choose(start, b.assign(values, b.ref(start))))


class Crash(Enum):
    """The ways in which `crasher` fails."""

    ASSERTION = "assertion"
    UNWRAP = "unwrap"
    DIVISION = "division"
    MODULO = "modulo"
    RANGE = "range"
    POSITION = "position"
    STORE_POSITION = "store position"
    EMPTY = "empty"
    LENGTH = "length"
    MINIMUM = "minimum"
    LOOP = "loop"
    GUARD = "guard"
    INVARIANT = "invariant"
    INIT = "init"


def crasher(how: Crash, *, after: int = 2) -> System:
    """A counter that counts to `after` and then fails in the given way.

    The failing step, if it is one, is the only other action, `crash`; with INVARIANT the property
    `sound` has no value in the state where the count is `after`, with INIT nothing begins.
    """
    b = Builder(f"crasher_{how.name.lower()}")
    n = b.variable("n", IntType(0, after))
    zero = b.variable("zero", IntType(0, 1))
    maybe = b.variable("maybe", OptionType(IntType(0, 3)))
    queue = b.variable("queue", SeqType(1, IntType(0, 3)))
    now, nothing = b.read(n), b.read(zero)
    local = Local("x", IntType(0, 3))
    division = b.op(Op.DIV, b.number(1), nothing)
    nobody = b.set_of(local, b.literal(False, BOOL), b.ref(local))
    full = b.op(Op.APPEND, b.op(Op.APPEND, b.read(queue), b.number(1)), b.number(2))
    effects = {
        Crash.ASSERTION: b.check(b.op(Op.LT, now, b.number(after)), "counted too far"),
        Crash.UNWRAP: b.bind(local, b.op(Op.UNWRAP, b.read(maybe))),
        Crash.DIVISION: b.bind(local, division),
        Crash.MODULO: b.bind(local, b.op(Op.MOD, b.number(1), nothing)),
        Crash.RANGE: b.assign(n, b.op(Op.ADD, now, b.number(1))),
        Crash.POSITION: b.bind(local, b.read(queue, nothing)),
        Crash.STORE_POSITION: b.assign(queue, b.number(1), nothing),
        Crash.EMPTY: b.assign(queue, b.op(Op.REST, b.read(queue))),
        Crash.LENGTH: b.assign(queue, full),
        Crash.MINIMUM: b.bind(local, b.fold(Quantifier.MIN, local, b.ref(local), domain=nobody)),
        Crash.LOOP: b.loop(b.eq(nothing, b.number(0)), b.bind(local, b.number(1))),
    }
    at_end = b.eq(now, b.number(after))
    count = b.assign(n, b.op(Op.ADD, now, b.number(1)))
    b.action("count", count, guard=b.op(Op.LT, now, b.number(after)))
    broken = b.eq(division, b.number(1))
    if how in effects:
        b.action("crash", effects[how], guard=at_end)
    if how is Crash.GUARD:
        b.action("crash", guard=b.all_of(at_end, broken))
    if how is Crash.INVARIANT:
        b.require(PropertyKind.INVARIANT, "sound", b.implies(at_end, broken))
    return b.build(b.guard(broken) if how is Crash.INIT else NOTHING, terminal=at_end)


def deadlocker(threads: int = 2) -> System:
    """Processes that each take two locks, in opposite orders by parity: a deadly embrace.

    A thread rests at `first`, `second`, `inside`, `end`.
    """
    b = Builder("deadlocker")
    ids = IntType(0, threads - 1)
    worker = b.process("worker", ids, ("first", "second", "inside", "end"), can_end=True)
    owner = b.variable("owner", MapType(IntType(0, 1), OptionType(ids)))
    me = Local("self", ids)
    self_ref = b.ref(me)
    which = b.op(Op.MOD, self_ref, b.number(2))
    other = b.op(Op.SUB, b.number(1), which)

    def control(point: str) -> Expr:
        return b.literal(point, EnumType("worker.control", ("first", "second", "inside", "end")))

    def step(source: str, target: str, *effects: tuple[Expr, Expr | None]) -> None:
        guards = [b.eq(b.read(worker.control, self_ref), control(source))]
        updates = [b.assign(worker.control, control(target), self_ref)]
        for lock, value in effects:
            key = b.convert(lock, IntType(0, 1))
            none = b.literal(None, OptionType(ids))
            if value is not None:
                guards.append(b.eq(b.read(owner, key), none))
            updates.append(b.assign(owner, none if value is None else value, key))
        b.action(
            f"worker.{source}",
            *updates,
            params=(me,),
            guard=b.all_of(*guards),
            step_of=(worker, source),
        )

    step("first", "second", (which, self_ref))
    step("second", "inside", (other, self_ref))
    step("inside", "end", (which, None), (other, None))
    return b.build()


def spin_lock(threads: int = 2, *, broken: bool = False) -> System:
    """Processes over a symmetric sort around a test-and-set lock; `broken` tests and sets apart.

    `worker[c] at inside` is the critical section; the invariant `mutual_exclusion` is about it.
    """
    b = Builder("spin_lock")
    cpu = SortType("Cpu", threads)
    points = ("idle", "try@acquire", "set@acquire", "inside")
    worker = b.process("worker", cpu, points)
    names = EnumType("worker.control", tuple(point.partition("@")[0] for point in points))
    held = b.variable("held", BOOL)
    me = Local("self", cpu)

    def at(point: str, local: Local) -> Expr:
        return b.eq(b.read(worker.control, b.ref(local)), b.literal(point, names))

    def go(point: str) -> Seq:
        return Seq((b.assign(worker.control, b.literal(point, names), b.ref(me)),))

    def step(source: str, *effects: Seq) -> None:
        b.action(
            f"worker.{source}",
            *effects,
            params=(me,),
            guard=at(source, me),
            step_of=(worker, source),
        )

    lock = Seq((b.assign(held, b.true),))
    unlock = Seq((b.assign(held, b.literal(False, BOOL)),))
    free = Seq((b.guard(b.negate(b.read(held))),))
    step("idle", go("try"))
    step("try", free, *((go("set"),) if broken else (lock, go("inside"))))
    step("set", lock, go("inside"))
    step("inside", unlock, go("idle"))
    a, c = Local("a", cpu), Local("b", cpu)
    differ = b.negate(b.eq(b.ref(a), b.ref(c)))
    apart = b.implies(differ, b.negate(b.all_of(at("inside", a), at("inside", c))))
    exclusion = b.fold(Quantifier.FORALL, a, b.fold(Quantifier.FORALL, c, apart))
    b.require(PropertyKind.INVARIANT, "mutual_exclusion", exclusion)
    inside = b.fold(Quantifier.EXISTS, a, at("inside", a))
    b.require(PropertyKind.INVARIANT, "held_inside", b.implies(inside, b.read(held)))
    b.require(PropertyKind.REACHABLE, "entered", inside)
    return b.build()


def composite(size: int = 2) -> System:
    """One variable of every composite type, changed in every way that a path can go."""
    b = Builder("composite")
    node = SortType("Node", size)
    kind = EnumType("Kind", ("ask", "answer"))
    message = RecordType("Msg", (("kind", kind), ("source", node), ("ack", OptionType(node))))
    mail = b.variable("mail", SeqType(2, message))
    seen = b.variable("seen", SetType(node))
    pair = b.variable("pair", TupleType((BOOL, IntType(0, 1))))
    last = b.variable("last", OptionType(message))
    table = b.variable(
        "table", MapType(node, RecordType("Row", (("n", IntType(0, 1)), ("s", BOOL))))
    )
    n = Local("n", node)
    me = b.ref(n)
    ask = b.construct(message, b.literal("ask", kind), me, b.literal(None, OptionType(node)))
    head = b.op(Op.FIRST, b.read(mail))
    waiting = b.op(Op.LT, b.number(0), b.op(Op.LEN, b.read(mail)))
    b.action(
        "send",
        b.assign(mail, b.op(Op.APPEND, b.read(mail), ask)),
        b.assign(table, b.number(1), me, 0),
        params=(n,),
        guard=b.op(Op.LT, b.op(Op.LEN, b.read(mail)), b.number(2)),
    )
    b.action(
        "answer",
        b.guard(b.eq(b.at(head, 0), b.literal("ask", kind))),
        b.assign(mail, b.literal("answer", kind), b.number(0), 0),
        b.assign(mail, me, b.number(0), 2),
        params=(n,),
        guard=waiting,
    )
    receive = Seq(
        (
            b.assign(last, head),
            b.assign(seen, b.op(Op.UNION, b.read(seen), b.construct(SetType(node), b.at(head, 1)))),
            b.assign(mail, b.op(Op.REST, b.read(mail))),
        )
    )
    b.action("receive", receive, b.assign(pair, b.true, 0), guard=waiting)
    b.action(
        "forget",
        b.assign(seen, b.op(Op.MINUS, b.read(seen), b.construct(SetType(node), me))),
        b.assign(last, b.literal(None, OptionType(message))),
        b.assign(pair, b.construct(TupleType((BOOL, IntType(0, 1))), b.true, b.number(1))),
        params=(n,),
        guard=b.op(Op.IN, me, b.read(seen)),
    )
    known = b.implies(b.op(Op.IN, me, b.read(seen)), b.eq(b.read(table, me, 0), b.number(1)))
    b.require(PropertyKind.INVARIANT, "known", b.fold(Quantifier.FORALL, n, known))
    short = b.op(Op.LE, b.op(Op.LEN, b.read(mail)), b.number(2))
    b.require(PropertyKind.INVARIANT, "short", short)
    return b.build()
