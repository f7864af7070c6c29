"""Steps of the system as LLVM code that appends their successors.

An effect is carried out in place, on the working state: the word of a narrow state, or for a wide
one the very slot of the output where the successor will stand, so that it is copied once and then
only its changes are written. Until the first change (guards mostly stand before it) there is no
copy and the state before the step is read.

What follows a branch is written once. Where an execution ends or dies, control goes back to the
youngest open choice point (see `forks`).

Agrees with: checker.model.interpret (tests/agreement/test_native.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from checker.explicit.layout import offsets
from checker.explicit.native import binders, conversions
from checker.explicit.native.assembly import WORD, Number, known
from checker.explicit.native.cells import (
    Cell,
    Located,
    Register,
    Words,
    code_width,
    register_width,
    write,
)
from checker.explicit.native.collections import bit
from checker.explicit.native.forks import Forks, copy_state
from checker.explicit.native.values import Slot, View
from checker.model.coverage_points import OTHERWISE, THEN
from checker.model.ir import (
    LOOP_LIMIT,
    Assert,
    Assign,
    Bind,
    Choose,
    Either,
    Guard,
    If,
    Seq,
    While,
)
from checker.model.rewrite import parts
from checker.model.types import MapType, RecordType, SeqType, SetType, TupleType, cardinality

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.explicit.native.assembly import Function
    from checker.explicit.native.cells import Memory
    from checker.explicit.native.terms import Terms
    from checker.explicit.native.values import Bound
    from checker.model.ir import Effect, Expr, Implies, Local, Place
    from checker.model.system import Action, Conjunct
    from checker.model.types import Type
    from grammar.source import Span

UNROLLED_CHOICES: Final = 16
UNROLLED_WEIGHT: Final = 800
"""Up to this many values, and operations in all, a choice is unrolled."""

FAILED: Final = 1
STUCK: Final = 2
OVERFLOW: Final = 4
"""Flags of a state: something is wrong, it may be a deadlock, it has too many successors."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a function that expands one state is given.

    Attributes:
        source: the state before the step.
        address: of that state in memory, if it is a wide one.
        work: the working state.
        out: slot that holds the address of the next successor.
        counters, marks, flag, scratch, limit: registers that hold addresses.
        branches: bits of the mark words by statement and way.
        steps: step properties and the mark bits of their implications.
    """

    source: Memory
    address: str
    work: Cell | Words
    out: str
    counters: str
    marks: str
    flag: str
    scratch: str
    limit: str
    branches: Mapping[tuple[Span, int], int]
    steps: tuple[tuple[Conjunct, Mapping[Implies, int]], ...]


class StepWriter:
    """Writes one action for one choice of known parameters."""

    def __init__(self, terms: Terms, around: Surroundings, action: Action) -> None:
        """Write into the function of `terms`; `action` is written by `write`."""
        self.terms = terms
        self.code = terms.code
        self.around = around
        self.action = action
        self.is_copied = False
        self.loops = 0
        self.locals: dict[Local, Bound] = {}
        self._slots: dict[Local, Slot] = {}
        self._rounds: dict[While, Slot] = {}
        self._domains: dict[Choose, Slot] = {}
        self._taken: dict[int, Slot] = {}
        self._is_forked = False
        self._unbounded = False

    # --- the whole

    def write(self, number: int, guard: tuple[Expr, ...], params: Mapping[Local, Number]) -> None:
        """Write the action: what of its guard is not known to hold, its body, its end."""
        code = self.code
        self._prepare(self.action.body)
        done, failed, overflow = code.label(), code.label(), code.label()
        groups = (self._slots, self._rounds, self._domains, self._taken)
        carried = [slot for group in groups for slot in group.values()]
        self.forks = Forks(
            code,
            self.around.work,
            self.terms.unit.words,
            carried,
            scratch=self.around.scratch,
            overflow=overflow,
        )
        self.retry = self.forks.dispatch if self._is_forked else done
        self.fail = failed
        if self._is_forked:
            self.forks.begin()
        for slot in carried:
            code.store(known(0, slot.width), slot.pointer)
        for local, value in params.items():
            self.locals[local] = value
        self._settle(self._slots)
        for test in guard:
            code.fail_unless(self.terms.truth(test, self.view), self.retry)
        self.run(self.action.body)
        self._finish(number)
        for label, flag in ((failed, FAILED), (overflow, OVERFLOW)):
            if label in code.targets:
                code.start(label)
                raise_flag(code, self.around.flag, flag)
                code.jump(self.retry)
        if self._is_forked:
            self.forks.end(done)
        code.start(done)

    def _prepare(self, effect: Effect, *, in_loop: bool = False) -> None:
        """Provide storage for whatever the effect changes besides the state."""
        match effect:
            case Bind(local) | Choose(local):
                if local not in self._slots:
                    of = register_width(local.type)
                    self._slots[local] = Slot(self.code.slot(f"i{of}"), of)
            case While():
                self._rounds[effect] = Slot(self.code.slot("i64"), WORD)
                in_loop = True
            case If(site=site):
                self._provide_marks(site, 2)
            case Either(branches, site):
                self._provide_marks(site, len(branches))
            case _:
                pass
        if isinstance(effect, Choose) and effect.domain is not None:
            of = code_width(SetType(effect.local.type))
            self._domains[effect] = Slot(self.code.slot(f"i{of}"), of)
        if isinstance(effect, Choose | Either):
            self._is_forked = True
            self._unbounded |= in_loop
        for part in parts(effect):
            self._prepare(part, in_loop=in_loop)

    def _provide_marks(self, site: Span, ways: int) -> None:
        for way in range(ways):
            bit = self.around.branches.get((site, way))
            if bit is not None and bit // WORD not in self._taken:
                self._taken[bit // WORD] = Slot(self.code.slot("i64"), WORD)

    @property
    def view(self) -> View:
        """What expressions see now."""
        state = self.around.work if self.is_copied else self.around.source
        return View(state, self.fail, locals=self.locals)

    def _finish(self, number: int) -> None:
        """Write the end of an execution: the working state is a successor."""
        self.copy()
        code, around = self.code, self.around
        for conjunct, watched in around.steps:
            self._check_step(conjunct, watched)
        if self.terms.unit.has_finish:
            self._call_finish()
        out = code.let(f"load ptr, ptr {around.out}, align 8")
        if self._unbounded:
            has_room = Number(1, None, code.let(f"icmp ult ptr {out}, {around.limit}"))
            code.fail_unless(has_room, self.forks.overflow)
        if isinstance(around.work, Cell):
            code.store(code.load(around.work.pointer), out)
        following = code.at(out, known(self.terms.unit.words))
        code.do(f"store ptr {following}, ptr {around.out}, align 8")
        counter = code.at(around.counters, known(number))
        code.store(code.add(code.load(counter), 1), counter)
        for word, slot in self._taken.items():
            pointer = code.at(around.marks, known(word))
            code.store(code.disj(code.load(pointer), code.load(slot.pointer)), pointer)
        code.jump(self.retry)

    def _call_finish(self) -> None:
        """Write that the successor is replaced by what `@finish` makes of it."""
        code, work = self.code, self.around.work
        if isinstance(work, Cell):
            before = code.load(work.pointer)
            after = code.let(f"call i64 @finish({before.typed})")
            code.store(Number(WORD, None, after), work.pointer)
        else:
            pointer = code.let(f"load ptr, ptr {work.slot}, align 8")
            code.do(f"call void @finish(ptr {pointer})")

    def _check_step(self, conjunct: Conjunct, watched: Mapping[Implies, int]) -> None:
        code = self.code
        broken, fine = code.label(), code.label()
        view = View(
            self.around.work,
            broken,
            old=self.around.source,
            watched=watched,
            marks=self.around.marks,
        )
        code.branch(self.terms.truth(conjunct.expression, view), fine, broken)
        code.start(broken)
        raise_flag(code, self.around.flag, FAILED)
        code.jump(fine)
        code.start(fine)

    # --- effects

    def run(self, effect: Effect) -> None:
        """Write an effect; what is written next follows each of its executions."""
        match effect:
            case Seq(effects):
                for each in effects:
                    self.run(each)
            case Assign(place, value):
                self._assign(place, value)
            case Bind(local, value):
                number = self.terms.number(value, self.view)
                number = conversions.adapted(self.terms, number, value.type, local.type)
                self.code.store(number, self._slots[local].pointer)
                self.locals[local] = self._slots[local]
            case Guard(condition):
                self.code.fail_unless(self.terms.truth(condition, self.view), self.retry)
            case Assert(condition):
                self.code.fail_unless(self.terms.truth(condition, self.view), self.fail)
            case If():
                self._if(effect)
            case While():
                self._while(effect)
            case Choose():
                self._choose(effect)
            case Either(branches, site):
                self._either(branches, site)
            case _:
                assert_never(effect)

    def copy(self) -> None:
        """Write that the working state begins as the state before the step, unless it did."""
        if self.is_copied:
            return
        self.is_copied = True
        work = self.around.work
        if isinstance(work, Words):
            to = self.code.let(f"load ptr, ptr {work.slot}, align 8")
            copy_state(self.code, to, self.around.address, self.terms.unit.words)
        else:
            assert isinstance(self.around.source, Register)
            self.code.store(self.around.source.number, work.pointer)

    def _settle(self, locals_: Mapping[Local, Slot]) -> None:
        """Move locals that will change from constants to storage."""
        for local, slot in locals_.items():
            bound = self.locals.get(local)
            if isinstance(bound, Number):
                self.code.store(bound, slot.pointer)
                self.locals[local] = slot

    def _settle_for(self, effect: Effect) -> None:
        binds = self.terms.unit.shapes.effect(effect).binds
        self._settle({local: slot for local, slot in self._slots.items() if local in binds})

    def _rejoin(self, effect: Effect) -> None:
        """Take locals from storage after ways on which they were bound differently."""
        for local in self.terms.unit.shapes.effect(effect).binds:
            self.locals[local] = self._slots[local]

    def _take(self, site: Span, way: int) -> None:
        bit = self.around.branches.get((site, way))
        if bit is not None:
            slot = self._taken[bit // WORD]
            marked = self.code.disj(self.code.load(slot.pointer), 1 << bit % WORD)
            self.code.store(marked, slot.pointer)

    def _if(self, effect: If) -> None:
        code = self.code
        test = self.terms.truth(effect.condition, self.view)
        if test.known is not None:
            holds = bool(test.known & 1)
            self._take(effect.site, THEN if holds else OTHERWISE)
            self.run(effect.then if holds else effect.otherwise)
            return
        self.copy()
        self._settle_for(effect)
        then, otherwise, join = code.label(), code.label(), code.label()
        code.branch(test, then, otherwise)
        before = dict(self.locals)
        code.start(then)
        self._take(effect.site, THEN)
        self.run(effect.then)
        code.jump(join)
        self.locals = before
        code.start(otherwise)
        self._take(effect.site, OTHERWISE)
        self.run(effect.otherwise)
        code.jump(join)
        code.start(join)
        self._rejoin(effect)

    def _while(self, effect: While) -> None:
        code = self.code
        self.copy()
        self._settle_for(effect)
        rounds = self._rounds[effect]
        code.store(known(0), rounds.pointer)
        head, body, done = code.label(), code.label(), code.label()
        code.jump(head)
        code.start(head)
        code.branch(self.terms.truth(effect.condition, self.view), body, done)
        code.start(body)
        count = code.load(rounds.pointer)
        code.fail_unless(code.test("ult", count, LOOP_LIMIT), self.fail)
        code.store(code.add(count, 1), rounds.pointer)
        self.loops += 1
        self.run(effect.body)
        self.loops -= 1
        code.jump(head)
        code.start(done)
        self._rejoin(effect)

    def _either(self, branches: tuple[Effect, ...], site: Span) -> None:
        if not branches:
            self._die()
            return
        copied, before = self.is_copied, dict(self.locals)
        for branch in branches:
            self._settle_for(branch)

        def way(number: int) -> None:
            self.is_copied, self.locals = copied, dict(before)
            self._take(site, number)
            self.run(branches[number])
            self.copy()

        self.forks.alternatives(len(branches), way, saves_state=copied, is_looped=self.loops > 0)
        for branch in branches:
            self._rejoin(branch)

    def _die(self) -> None:
        self.code.jump(self.retry)
        self.code.start(self.code.label())

    def _choose(self, effect: Choose) -> None:
        terms, local = self.terms, effect.local
        members = binders.domain_of(terms, local, effect.domain, self.view)
        if members is not None:
            assert isinstance(members.memory, Register)
            # Read again whenever control comes back, from where it is restored.
            self.code.store(members.memory.number, self._domains[effect].pointer)
        count = cardinality(local.type)
        self._settle_for(effect)
        weight = count * terms.unit.shapes.effect(effect.body).weight
        if count <= UNROLLED_CHOICES and weight <= UNROLLED_WEIGHT and members is None:
            copied, before = self.is_copied, dict(self.locals)
            constants = binders.constants(terms, local)

            def way(at: int) -> None:
                self.is_copied, self.locals = copied, dict(before)
                self._bind(local, constants[at])
                self.locals[local] = constants[at]
                self.run(effect.body)
                self.copy()

            self.forks.alternatives(count, way, saves_state=copied, is_looped=self.loops > 0)
        else:
            self._choose_in_loop(effect)
        self._rejoin(effect)

    def _bind(self, local: Local, value: Number) -> None:
        self.code.store(value, self._slots[local].pointer)
        self.locals[local] = self._slots[local]

    def _choose_in_loop(self, effect: Choose) -> None:
        terms, code, local = self.terms, self.code, effect.local
        count = cardinality(local.type)

        def advance(start: Number, exhausted: str) -> Number:
            at = code.slot("i64")
            code.store(start, at)
            head, found = code.label(), code.label()
            code.jump(head)
            code.start(head)
            candidate = code.load(at)
            code.fail_unless(code.test("ult", candidate, count), exhausted)
            if effect.domain is None:
                return candidate
            domain = self._domains[effect]
            mask = Register(code.load(domain.pointer, domain.width))
            members = Located(mask, known(0), SetType(local.type))
            code.store(code.add(candidate, 1), at)
            code.branch(bit(terms, members, candidate), found, head)
            code.start(found)
            return candidate

        def write(at: Number) -> None:
            self._bind(local, binders.value_at(terms, local, at))
            self.run(effect.body)

        self.forks.loop(advance, write, saves_state=self.is_copied, is_looped=self.loops > 0)

    # --- assignment

    def _assign(self, place: Place, value: Expr) -> None:
        located = self._resolve(place)
        number = self.terms.number(value, self.view)
        stored = self.terms.stored(number, value.type, place.type)
        self.copy()
        write(
            self.code,
            Located(self.around.work, located.offset, located.type, located.straddles),
            stored,
        )

    def _resolve(self, place: Place) -> Located:
        """Write the check of a place and return where it is."""
        of: Type = place.variable.type
        view = self.view
        offset = known(self.terms.layout.slots[place.variable].offset)
        located = Located(view.state, offset, of)
        for selector in place.path:
            match of:
                case MapType(key, element):
                    assert not isinstance(selector, int)
                    number = self.terms.number(selector, view)
                    at = self.terms.place(number, selector.type, key)
                    located = self.terms.element(located, of, at)
                    of = element
                case SeqType(_, element):
                    assert not isinstance(selector, int)
                    number = self.terms.number(selector, view)
                    located = self.terms.position(located, of, number, self.fail)
                    of = element
                case RecordType() | TupleType():
                    assert isinstance(selector, int)
                    inner = _component(of, selector)
                    located = located.inner(self.code, known(offsets(of)[selector]), inner)
                    of = inner
                case _:
                    raise AssertionError(f"a path leads into {of}")
        return located


def raise_flag(code: Function, flags: str, flag: int) -> None:
    """Write that something is to be said about the state before the step."""
    code.store(code.disj(code.load(flags), flag), flags)


def _component(of: RecordType | TupleType, index: int) -> Type:
    return of.fields[index][1] if isinstance(of, RecordType) else of.elements[index]


def most_executions(effect: Effect, *, in_loop: bool = False) -> int | None:
    """Return a bound on the number of executions of an effect, None if there is no small one."""
    match effect:
        case Seq(effects):
            total = 1
            for each in effects:
                inner = most_executions(each, in_loop=in_loop)
                if inner is None:
                    return None
                total *= inner
            return total
        case If(_, then, otherwise):
            both = [most_executions(each, in_loop=in_loop) for each in (then, otherwise)]
            return None if None in both else max(each for each in both if each is not None)
        case While(_, body):
            return 1 if most_executions(body, in_loop=True) is not None else None
        case Choose(local, _, body):
            inner = most_executions(body, in_loop=in_loop)
            return None if inner is None or in_loop else inner * cardinality(local.type)
        case Either(branches):
            each_way = [most_executions(each, in_loop=in_loop) for each in branches]
            if in_loop or None in each_way:
                return None
            return sum(each for each in each_way if each is not None)
        case Assign() | Bind() | Guard() | Assert():
            return 1
        case _:
            assert_never(effect)
