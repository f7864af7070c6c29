"""Choice points: going back to where a step could go another way.

Code for a step is written once, from front to back; where it forks, the alternatives meet again and
what follows is shared. An execution that has come to its end, or died, goes back to the youngest
choice point that has an alternative left, restores what was true there, and goes on from there: the
search of Prolog, and with it the interpreter's order.

A choice point keeps its number's predecessor, a counter, the state, and all locals of the step. If
it is met once at most in an execution it keeps them in slots of its own, which LLVM turns into
registers. One inside a loop can be open many times at once and keeps them on a stack in scratch
memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from checker.explicit.native.assembly import WORD, Number, known
from checker.explicit.native.cells import Cell, Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.explicit.native.assembly import Function
    from checker.explicit.native.values import Slot

SCRATCH_WORDS: Final = 1 << 24
"""Room for open choice points; it is touched only where it is used."""


@dataclass(slots=True)
class Saved:
    """The storage of one choice point: pointers, fixed or computed at each use."""

    previous: str = ""
    counter: str = ""
    state: str = ""
    slots: list[str] = field(default_factory=list)


class Forks:
    """The choice points of one action in one function.

    Args:
        carried: everything besides the state that an execution carries along.
        overflow: the block to go to when the stack is full.
    """

    def __init__(
        self,
        code: Function,
        work: Cell | Words,
        state_words: int,
        carried: list[Slot],
        *,
        scratch: str,
        overflow: str,
    ) -> None:
        """Begin without a choice point; `done` is where the last execution goes."""
        self.code = code
        self.work = work
        self.state_words = state_words
        self.carried = carried
        self.overflow = overflow
        self.current = code.slot("i64")
        self.stack = code.slot("ptr")
        self.scratch = scratch
        self.dispatch = code.label()
        self._resumed: list[str] = []
        self._sizes = [max(1, slot.width // WORD) for slot in carried]
        self._size = 2 + state_words + sum(self._sizes)

    def begin(self) -> None:
        """Write the start of an action: nothing to go back to."""
        self.code.store(known(0), self.current)
        self.code.do(f"store ptr {self.scratch}, ptr {self.stack}, align 8")

    def end(self, done: str) -> None:
        """Write the block that goes back; `done` is for when there is nothing left."""
        code = self.code
        code.start(self.dispatch)
        number = code.load(self.current)
        ways = " ".join(f"i64 {n + 1}, label %{label}" for n, label in enumerate(self._resumed))
        code.do(f"switch i64 {number.text}, label %{done} [ {ways} ]")

    # --- one choice point

    def alternatives(
        self, count: int, write: Callable[[int], None], *, saves_state: bool, is_looped: bool
    ) -> None:
        """Write alternatives one by one; what is written next follows each of them."""
        code = self.code
        join = code.label()
        saved = self._open(saves_state=saves_state, is_looped=is_looped)
        resumed = ""
        for way in range(count):
            if way > 0:
                code.start(resumed)
                saved = self._reopen(saved, is_looped=is_looped)
                self._restore(saved, saves_state=saves_state)
            if way + 1 < count:
                resumed = code.label()
                code.store(known(self._number(resumed)), self.current)
            else:
                self._close(saved, is_looped=is_looped)
            write(way)
            code.jump(join)
        code.start(join)

    def _number(self, label: str) -> int:
        self._resumed.append(label)
        return len(self._resumed)

    def loop(
        self,
        advance: Callable[[Number, str], Number],
        write: Callable[[Number], None],
        *,
        saves_state: bool,
        is_looped: bool,
    ) -> None:
        """Write an alternative for each number that `advance` finds.

        Args:
            advance: writes code that returns the first number from the given one that is an
                alternative, or goes to the given block if there is none.
        """
        code = self.code
        saved = self._open(saves_state=saves_state, is_looped=is_looped)
        resumed = code.label()
        code.store(known(0), saved.counter)
        code.store(known(self._number(resumed)), self.current)
        test, exhausted = code.label(), code.label()
        start = code.slot("i64")
        code.store(known(0), start)
        code.jump(test)
        code.start(resumed)
        saved = self._reopen(saved, is_looped=is_looped)
        self._restore(saved, saves_state=saves_state)
        code.store(code.load(saved.counter), start)
        code.jump(test)
        code.start(test)
        number = advance(code.load(start), exhausted)
        saved = self._reopen(saved, is_looped=is_looped)
        code.store(code.add(number, 1), saved.counter)
        going_on = code.label()
        code.jump(going_on)
        code.start(exhausted)
        saved = self._reopen(saved, is_looped=is_looped)
        self._close(saved, is_looped=is_looped)
        code.jump(self.dispatch)
        code.start(going_on)
        write(number)

    # --- storage

    def _open(self, *, saves_state: bool, is_looped: bool) -> Saved:
        code = self.code
        if is_looped:
            base = code.let(f"load ptr, ptr {self.stack}, align 8")
            top = code.at(base, known(self._size))
            limit = code.at(self.scratch, known(SCRATCH_WORDS))
            fits = Number(1, None, code.let(f"icmp ule ptr {top}, {limit}"))
            code.fail_unless(fits, self.overflow)
            code.do(f"store ptr {top}, ptr {self.stack}, align 8")
            saved = self._frame(base)
        else:
            saved = Saved(
                code.slot("i64"),
                code.slot("i64"),
                code.slot(f"[{self.state_words} x i64]"),
                [code.slot(f"i{slot.width}") for slot in self.carried],
            )
        code.store(code.load(self.current), saved.previous)
        if saves_state:
            self._copy(saved.state, self._work())
        for slot, pointer in zip(self.carried, saved.slots, strict=True):
            code.store(code.load(slot.pointer, slot.width), pointer)
        return saved

    def _reopen(self, saved: Saved, *, is_looped: bool) -> Saved:
        """Return the storage of the youngest choice point, which is this one."""
        if not is_looped:
            return saved
        top = self.code.let(f"load ptr, ptr {self.stack}, align 8")
        return self._frame(self.code.at(top, known(-self._size)))

    def _frame(self, base: str) -> Saved:
        code = self.code
        saved = Saved(base, code.at(base, known(1)), code.at(base, known(2)))
        at = 2 + self.state_words
        for size in self._sizes:
            saved.slots.append(code.at(base, known(at)))
            at += size
        return saved

    def _restore(self, saved: Saved, *, saves_state: bool) -> None:
        if saves_state:
            self._copy(self._work(), saved.state)
        for slot, pointer in zip(self.carried, saved.slots, strict=True):
            self.code.store(self.code.load(pointer, slot.width), slot.pointer)

    def _close(self, saved: Saved, *, is_looped: bool) -> None:
        self.code.store(self.code.load(saved.previous), self.current)
        if is_looped:
            self.code.do(f"store ptr {saved.previous}, ptr {self.stack}, align 8")

    def _work(self) -> str:
        if isinstance(self.work, Cell):
            return self.work.pointer
        return self.code.let(f"load ptr, ptr {self.work.slot}, align 8")

    def _copy(self, to: str, source: str) -> None:
        copy_state(self.code, to, source, self.state_words)


def copy_state(code: Function, to: str, source: str, count: int) -> None:
    """Write the copy of a state."""
    if count == 1:
        code.store(code.load(source), to)
    else:
        code.do(
            f"call void @llvm.memcpy.p0.p0.i64(ptr align 8 {to}, ptr align 8 {source}, "
            f"i64 {8 * count}, i1 false)"
        )
