"""The MCS queue lock as a speed benchmark, made by hand as lowering makes it.

Ten steps per thread, one per row of the table in the project's conformance notes. Nothing is reset
when it is dead and symmetry is not used, so that the counts compare with other tools.

Distinct states and transitions, agreed by rumur, TLC (4 threads) and two independent searches:
2 threads 157 / 284, 3 threads 7,147 / 19,389, 4 threads 503,089 / 1,840,864,
5 threads 52,572,521 / 243,265,285.

Source: Mellor-Crummey, Scott, "Algorithms for scalable synchronization on shared-memory
    multiprocessors", ACM TOCS 9, 1991.
"""

from __future__ import annotations

from checker.model.ir import Effect, Expr, Local, Op, Quantifier, Role, Seq
from checker.model.system import PropertyKind, System
from checker.model.types import BOOL, EnumType, IntType, MapType, OptionType, SortType, Type
from tests.support.builder import Builder

POINTS = ("idle", "swap", "wait", "link", "spin", "critical", "check", "cas", "await", "hand")
COUNTS = {
    2: (157, 284),
    3: (7_147, 19_389),
    4: (503_089, 1_840_864),
    5: (52_572_521, 243_265_285),
}
"""States and transitions by the number of threads."""


def mcs_benchmark(threads: int, *, optional: bool = False) -> System:
    """Build the model.

    Args:
        optional: whether threads are a symmetric sort and pointers are options, instead of numbers
            of which 0 is nobody.
    """
    return _Model(threads, optional=optional).build()


class _Model:
    def __init__(self, threads: int, *, optional: bool) -> None:
        self.b = Builder("mcs_benchmark")
        self.optional = optional
        self.index: Type = SortType("Cpu", threads) if optional else IntType(1, threads)
        pointer = OptionType(self.index) if optional else IntType(0, threads)
        self.none = self.b.literal(None if optional else 0, pointer)
        b = self.b
        self.worker = b.process("worker", self.index, POINTS)
        self.tail = b.variable("tail", pointer)
        self.next = b.variable("next", MapType(self.index, pointer))
        self.pred = b.variable(
            "pred", MapType(self.index, pointer), role=Role.LOCAL, owner="worker"
        )
        self.locked = b.variable("locked", MapType(self.index, BOOL))
        self.self = Local("self", self.index)
        self.me = b.ref(self.self)

    def build(self) -> System:
        b, me = self.b, self.me
        old = Local("old", self.tail.type)
        was_free = b.eq(b.ref(old), self.none)
        mine = b.convert(me, self.tail.type)
        false = b.literal(False, BOOL)
        has_next = b.negate(b.eq(b.read(self.next, me), self.none))
        self.step("idle", b.assign(self.next, self.none, me), self.go("swap"))
        self.step(
            "swap",
            b.bind(old, b.read(self.tail)),
            b.assign(self.tail, mine),
            b.assign(self.pred, b.ref(old), me),
            b.branch(was_free, self.go("critical"), self.go("wait")),
        )
        self.step("wait", b.assign(self.locked, b.true, me), self.go("link"))
        before = self.target(b.read(self.pred, me))
        self.step("link", b.assign(self.next, mine, before), self.go("spin"))
        self.step("spin", b.guard(b.negate(b.read(self.locked, me))), self.go("critical"))
        self.step("critical", self.go("check"))
        self.step("check", b.branch(has_next, self.go("hand"), self.go("cas")))
        swapped = Seq((b.assign(self.tail, self.none), self.go("idle")))
        self.step("cas", b.branch(b.eq(b.read(self.tail), mine), swapped, self.go("await")))
        self.step("await", b.guard(has_next), self.go("hand"))
        after = self.target(b.read(self.next, me))
        self.step("hand", b.assign(self.locked, false, after), self.go("idle"))
        one, other = Local("a", self.index), Local("b", self.index)
        differ = b.negate(b.eq(b.ref(one), b.ref(other)))
        both = b.all_of(self.at("critical", b.ref(one)), self.at("critical", b.ref(other)))
        apart = b.implies(differ, b.negate(both))
        exclusion = b.fold(Quantifier.FORALL, one, b.fold(Quantifier.FORALL, other, apart))
        b.require(PropertyKind.INVARIANT, "mutual_exclusion", exclusion)
        waits = b.fold(Quantifier.EXISTS, one, b.read(self.locked, b.ref(one)))
        b.require(PropertyKind.REACHABLE, "contention", waits)
        return b.build()

    def target(self, pointer: Expr) -> Expr:
        if self.optional:
            return self.b.op(Op.UNWRAP, pointer)
        return self.b.convert(pointer, self.index)

    def at(self, point: str, who: Expr) -> Expr:
        return self.b.eq(self.b.read(self.worker.control, who), self.control(point))

    def go(self, point: str) -> Effect:
        return self.b.assign(self.worker.control, self.control(point), self.me)

    def control(self, point: str) -> Expr:
        return self.b.literal(point, EnumType("worker.control", POINTS))

    def step(self, source: str, *effects: Effect) -> None:
        self.b.action(
            f"worker.{source}",
            *effects,
            params=(self.self,),
            guard=self.at(source, self.me),
            step_of=(self.worker, source),
        )
