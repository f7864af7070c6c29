"""The functions of one system as one LLVM module.

    expand(states, n, out, safe, limit, counters, marks, flags, scratch, info, ends)
        Returns how many states were expanded. Appends the successors of up to `n` states to
        `out`, as long as it begins before the address `safe`, and in no case at `limit` or behind
        it. ends[k] becomes the address behind
        the last one of state k, info[0] that behind the last of all, info[1] the union of the
        flags.

    inspect(states, n, flags, marks, wanted, info)
        Judges states. wanted[k] says whether anybody asks if `reachable` k holds. info[1] becomes
        the union of the flags.

Flags are bytes, one per state. Marks are bits in words: first those of the branches taken, then
those of the implications tested. Counters count transitions by action.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.layout import width
from checker.explicit.native.assembly import FALSE, TRUE, WORD, Function, Number, known
from checker.explicit.native.cells import Cell, Register, Words, read
from checker.explicit.native.parts import SHARED, PartWriter, instances
from checker.explicit.native.steps import FAILED, STUCK, most_executions
from checker.explicit.native.terms import Terms
from checker.explicit.native.unit import Unit
from checker.explicit.native.values import View
from checker.explicit.python.exact import conjuncts
from checker.model.system import PropertyKind, control_type
from checker.model.types import cardinality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.explicit.layout import Layout
    from checker.explicit.native.cells import Memory
    from checker.explicit.native.parts import Part
    from checker.model.coverage_points import CoveragePoints
    from checker.model.ir import Implies
    from checker.model.system import Conjunct, Process, System

MAX_REACHABLES: Final = 6
"""Of so many `reachable`s the flags of a state tell each; the last bit is for all others."""

MAX_SUCCESSORS: Final = 1 << 20
"""No state is expected to have more; if one has, another engine takes over."""


Finish: TypeAlias = "Callable[[Terms, Cell | Words], None]"
"""Writes code that changes the state in place."""


@dataclass(frozen=True, slots=True)
class Module:
    """The text, and what its user needs to know.

    Attributes:
        words: words of a state.
        most: a bound on the successors of one state.
        branch_words: words of marks of branches; those of implications follow.
        mark_words: words of all marks.
        weight: operations in it, roughly.
    """

    text: str
    words: int
    most: int
    branch_words: int
    mark_words: int
    weight: int


def write_module(
    system: System,
    layout: Layout,
    points: CoveragePoints,
    finish: Finish | None = None,
) -> Module:
    """Write the module of a system.

    Args:
        finish: changes each successor before it is told of, after step properties are checked.

    Raises:
        Unsupported: something in the system is too large for native code.
    """
    unit = Unit(layout, has_finish=finish is not None)
    if finish is not None:
        _write_finish(unit, finish)
    branch_words = -(-len(points.branches) // WORD)
    watched = _watched(points, branch_words * WORD)
    steps = conjuncts(system, PropertyKind.STEP)
    parts = PartWriter(
        unit,
        system,
        points.branch_numbers,
        tuple((each, watched.get(each, {})) for each in steps),
    )
    _write_ended(unit, system)
    _write_expand(unit, list(parts.write()))
    _write_inspect(unit, system, watched)
    return Module(
        text=unit.text(),
        words=unit.words,
        most=_most_successors(system),
        branch_words=branch_words,
        mark_words=branch_words + -(-len(points.implications) // WORD),
        weight=parts.weight,
    )


def _watched(points: CoveragePoints, first: int) -> Mapping[Conjunct, Mapping[Implies, int]]:
    """Return the mark bit of every implication, by conjunct."""
    result: dict[Conjunct, dict[Implies, int]] = {}
    for (conjunct, term), number in points.implication_numbers.items():
        result.setdefault(conjunct, {})[term] = first + number
    return result


def _most_successors(system: System) -> int:
    total = 0
    for action in system.actions:
        each = most_executions(action.body)
        if each is None:
            return MAX_SUCCESSORS
        total += each * instances(action.params)
    return max(1, min(total, MAX_SUCCESSORS))


def _write_finish(unit: Unit, finish: Finish) -> None:
    """Write the function through which every successor goes, by value if it is one word."""
    code = Function("")
    work: Cell | Words
    if unit.is_narrow:
        code.head = "define internal i64 @finish(i64 %state) nounwind"
        work = Cell(code.slot("i64"))
        code.store(Number(WORD, None, "%state"), work.pointer)
        finish(Terms(unit, code), work)
        code.do(f"ret {code.load(work.pointer).typed}")
    else:
        code.head = "define internal void @finish(ptr noalias %state) nounwind"
        work = Words(code.slot("ptr"))
        code.do(f"store ptr %state, ptr {work.slot}, align 8")
        finish(Terms(unit, code), work)
        code.do("ret void")
    unit.functions.append(code.finish())


# --- expand ---------------------------------------------------------------------------------------

EXPAND: Final = (
    "define i64 @expand(ptr noalias %states, i64 %n, ptr noalias %begin, ptr %safe, ptr %limit, "
    "ptr noalias %counters, ptr noalias %marks, ptr noalias %flags, ptr noalias %scratch, "
    "ptr noalias %info, ptr noalias %ends) nounwind"
)
INSPECT: Final = (
    "define void @inspect(ptr noalias %states, i64 %n, ptr noalias %flags, ptr noalias %marks, "
    "ptr noalias %wanted, ptr noalias %info) nounwind"
)


def _write_expand(unit: Unit, parts: list[Part]) -> None:
    code = Function(EXPAND)
    index, out, union = code.slot("i64"), code.slot("ptr"), code.slot("i64")
    code.slots.append("  %flag = alloca i64, align 8")
    code.store(known(0), index)
    code.store(known(0), union)
    code.do(f"store ptr %begin, ptr {out}, align 8")
    head, body, done = code.label(), code.label(), code.label()
    code.jump(head)
    code.start(head)
    at = code.load(index)
    before = code.let(f"load ptr, ptr {out}, align 8")
    is_left = code.test("ult", at, Number(WORD, None, "%n"))
    fits = Number(1, None, code.let(f"icmp ule ptr {before}, %safe"))
    code.branch(code.conj(is_left, fits), body, done)
    code.start(body)
    code.store(known(0), "%flag")
    state = _state(unit, code, at)
    for part in parts:
        _call(code, part, state, out)
    _flag_stuck(code, state, out, before)
    last = code.let(f"load ptr, ptr {out}, align 8")
    code.do(f"store ptr {last}, ptr {code.at('%ends', at)}, align 8")
    _note(code, at, code.load("%flag"), union)
    code.store(code.add(at, 1), index)
    code.jump(head)
    code.start(done)
    end = code.let(f"load ptr, ptr {out}, align 8")
    code.do(f"store ptr {end}, ptr %info, align 8")
    code.store(code.load(union), code.at("%info", known(1)))
    code.do(f"ret {code.load(index).typed}")
    unit.functions.append(code.finish())


def _state(unit: Unit, code: Function, at: Number) -> str:
    """Return a state as functions take it, from the array `%states`."""
    pointer = code.at("%states", code.mul(at, unit.words))
    return code.load(pointer).typed if unit.is_narrow else f"ptr {pointer}"


def _call(code: Function, part: Part, state: str, out: str) -> None:
    """Write a call, for all values of what the part takes as arguments."""

    def nested(at: int, arguments: tuple[str, ...]) -> None:
        if at == len(part.arguments):
            first = code.let(f"load ptr, ptr {out}, align 8")
            given = ", ".join([state, f"ptr {first}", *SHARED, *arguments])
            after = code.let(f"call ptr {part.name}({given})")
            code.do(f"store ptr {after}, ptr {out}, align 8")
            return
        count = cardinality(part.arguments[at].type)
        code.times(count, lambda now: nested(at + 1, (*arguments, now.typed)))

    nested(0, ())


def _flag_stuck(code: Function, state: str, out: str, before: str) -> None:
    """Write that a state without successors is to be looked at, unless it may be an end."""
    ask, tell, done = code.label(), code.label(), code.label()
    after = code.let(f"load ptr, ptr {out}, align 8")
    has_none = Number(1, None, code.let(f"icmp eq ptr {after}, {before}"))
    is_fine = code.test("eq", code.load("%flag"), 0)
    code.branch(code.conj(has_none, is_fine), ask, done)
    code.start(ask)
    ended = Number(1, None, code.let(f"call i1 @ended({state})"))
    code.branch(ended, done, tell)
    code.start(tell)
    code.store(known(STUCK), "%flag")
    code.jump(done)
    code.start(done)


def _note(code: Function, at: Number, flag: Number, union: str) -> None:
    byte = code.resize(flag, 8, is_signed=False)
    code.do(f"store {byte.typed}, ptr {code.at('%flags', at, 'i8')}, align 1")
    code.store(code.disj(code.load(union), flag), union)


def _source(unit: Unit, code: Function) -> tuple[str, Memory]:
    """Return the head of the argument `%state`, and the memory that it is."""
    if unit.is_narrow:
        return "i64 %state", Register(Number(WORD, None, "%state"))
    slot = code.slot("ptr")
    code.do(f"store ptr %state, ptr {slot}, align 8")
    return "ptr noalias readonly %state", Words(slot)


def _write_ended(unit: Unit, system: System) -> None:
    """Write the function that tells whether a state may have no successor; errors are a no."""
    code = Function("")
    head, source = _source(unit, code)
    code.head = f"define internal i1 @ended({head}) nounwind noinline"
    terms = Terms(unit, code)
    no = code.label()
    if system.ends_by_itself:
        other = code.label()
        at_end = TRUE
        for process in system.processes:
            at_end = code.conj(at_end, _at_end(terms, source, process))
        yes = code.label()
        code.branch(at_end, yes, other)
        code.start(yes)
        code.do("ret i1 true")
        code.start(other)
    if system.terminal is not None:
        may_end = terms.truth(system.terminal, View(source, no))
        code.do(f"ret {may_end.typed}")
    else:
        code.jump(no)
    code.start(no)
    code.do("ret i1 false")
    unit.functions.append(code.finish())


def _at_end(terms: Terms, source: Memory, process: Process) -> Number:
    """Write whether all threads of a process rest at its end."""
    if not process.can_end:
        return FALSE
    of = control_type(process)
    size, start = width(of), terms.layout.slots[process.control].offset
    count = 1 if process.index is None else cardinality(process.index)
    result = TRUE
    for number in range(count):
        rests = read(terms.code, source, known(start + number * size), size)
        here = terms.code.test("eq", rests, len(of.members) - 1)
        result = terms.code.conj(result, here)
    return result


# --- inspect --------------------------------------------------------------------------------------


def _write_inspect(
    unit: Unit, system: System, watched: Mapping[Conjunct, Mapping[Implies, int]]
) -> None:
    _write_judge(unit, system, watched)
    code = Function(INSPECT)
    union = code.slot("i64")
    code.store(known(0), union)

    def write(at: Number) -> None:
        state = _state(unit, code, at)
        flag = code.let(f"call i64 @judge({state}, ptr %marks, ptr %wanted)")
        _note(code, at, Number(WORD, None, flag), union)

    code.times(Number(WORD, None, "%n"), write)
    code.store(code.load(union), code.at("%info", known(1)))
    code.do("ret void")
    unit.functions.append(code.finish())


def _write_judge(
    unit: Unit, system: System, watched: Mapping[Conjunct, Mapping[Implies, int]]
) -> None:
    """Write the function that returns the flags of a state."""
    code = Function("")
    head, source = _source(unit, code)
    code.head = f"define internal i64 @judge({head}, ptr %marks, ptr %wanted) nounwind alwaysinline"
    terms = Terms(unit, code)
    flag = code.slot("i64")
    code.store(known(0), flag)
    for conjunct in conjuncts(system, PropertyKind.INVARIANT):
        broken, fine = code.label(), code.label()
        view = View(source, broken, watched=watched.get(conjunct, {}), marks="%marks")
        code.branch(terms.truth(conjunct.expression, view), fine, broken)
        code.start(broken)
        code.store(code.disj(code.load(flag), FAILED), flag)
        code.jump(fine)
        code.start(fine)
    for number, conjunct in enumerate(conjuncts(system, PropertyKind.REACHABLE)):
        _write_reachable(terms, source, number, conjunct, flag)
    code.do(f"ret {code.load(flag).typed}")
    unit.functions.append(code.finish())


def _write_reachable(
    terms: Terms, source: Memory, number: int, conjunct: Conjunct, flag: str
) -> None:
    code = terms.code
    ask, broken, reached, done = (code.label() for _ in range(4))
    wanted = code.load(code.at("%wanted", known(number)))
    code.branch(code.test("ne", wanted, 0), ask, done)
    code.start(ask)
    code.branch(terms.truth(conjunct.expression, View(source, broken)), reached, done)
    for label, bit in ((broken, FAILED), (reached, 2 << min(number, MAX_REACHABLES))):
        code.start(label)
        code.store(code.disj(code.load(flag), bit), flag)
        code.jump(done)
    code.start(done)
