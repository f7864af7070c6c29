"""LLVM text with constants folded as it is written.

LLVM would fold them too, but only after we have paid for writing, parsing and carrying them: what
is known here never becomes text. A `Number` is a value of `iN`: known, or held by a register. Of a
known number only its residue modulo 2^N matters; it is kept as it arose, so that comparisons of
signed numbers can be folded as well.

A `Function` is written front to back, one basic block after the other; `block` is the one being
written, which is what a phi has to name. Storage that outlives a block is taken from `slot`, always
in the entry block, and LLVM turns it into registers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WORD: Final = 64


@dataclass(frozen=True, slots=True)
class Number:
    """A value of type `i{width}`: `known`, or the register `register`."""

    width: int
    known: int | None = None
    register: str = ""

    @property
    def text(self) -> str:
        """The operand as LLVM reads it."""
        if self.known is None:
            return self.register
        if self.width == 1:
            return "true" if self.known & 1 else "false"
        return str(signed(self.known, self.width))

    @property
    def typed(self) -> str:
        """The operand with its type."""
        return f"i{self.width} {self.text}"


def known(number: int, width: int = WORD) -> Number:
    """Return a constant."""
    return Number(width, number)


TRUE: Final = known(1, 1)
FALSE: Final = known(0, 1)


def signed(number: int, width: int) -> int:
    """Return the number between -2^(width-1) and 2^(width-1) with the same residue."""
    number &= (1 << width) - 1
    return number - (1 << width) if number >> (width - 1) else number


def unsigned(number: int, width: int) -> int:
    """Return the residue modulo 2^width."""
    return number & ((1 << width) - 1)


def words(bits: int) -> int:
    """Return the number of words that hold so many bits, at least one."""
    return max(1, -(-bits // WORD))


@dataclass(slots=True)
class Function:
    """A function under construction.

    Attributes:
        slots: the storage of the function, one line each.
        lines: the body.
        targets: labels that a jump or a branch leads to.
    """

    head: str
    block: str = "entry"
    slots: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)
    _names: int = 0

    def finish(self) -> str:
        """Return the whole text."""
        return "\n".join([f"{self.head} {{", "entry:", *self.slots, *self.lines, "}", ""])

    # --- blocks

    def do(self, text: str) -> None:
        """Write an instruction without a result."""
        self.lines.append(f"  {text}")

    def let(self, text: str) -> str:
        """Write an instruction and return the register that holds its result."""
        name = self.name("%t")
        self.lines.append(f"  {name} = {text}")
        return name

    def name(self, prefix: str) -> str:
        """Return a name that nothing else has."""
        self._names += 1
        return f"{prefix}{self._names}"

    def label(self) -> str:
        """Return a new label, to be placed by `start`."""
        return self.name("b")

    def start(self, label: str) -> None:
        """Begin the block of that name; the one before must have ended."""
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        """End the block by going to another."""
        self.targets.add(label)
        self.do(f"br label %{label}")

    def branch(self, test: Number, then: str, otherwise: str) -> None:
        """End the block by going one of two ways."""
        if test.known is not None:
            self.jump(then if test.known & 1 else otherwise)
        else:
            self.targets.update((then, otherwise))
            self.do(f"br i1 {test.text}, label %{then}, label %{otherwise}")

    def fail_unless(self, test: Number, fail: str) -> None:
        """Go on in a new block if the test holds, else to `fail`."""
        if test.known is not None and test.known & 1:
            return
        label = self.label()
        self.branch(test, label, fail)
        self.start(label)

    def times(self, count: Number | int, write: Callable[[Number], None]) -> None:
        """Write code that is carried out for each number below `count`, which is given to it."""
        counter = self.slot("i64")
        self.store(known(0), counter)
        head, body, done = self.label(), self.label(), self.label()
        self.jump(head)
        self.start(head)
        at = self.load(counter)
        self.branch(self.test("ult", at, count), body, done)
        self.start(body)
        write(at)
        self.store(self.add(self.load(counter), 1), counter)
        self.jump(head)
        self.start(done)

    # --- storage

    def slot(self, of: str) -> str:
        """Return a pointer to storage of the LLVM type `of`."""
        name = self.name("%s")
        self.slots.append(f"  {name} = alloca {of}, align 8")
        return name

    def load(self, pointer: str, width: int = WORD) -> Number:
        """Read an integer."""
        return Number(width, None, self.let(f"load i{width}, ptr {pointer}, align {_align(width)}"))

    def store(self, number: Number, pointer: str) -> None:
        """Write an integer."""
        self.do(f"store {number.typed}, ptr {pointer}, align {_align(number.width)}")

    def at(self, pointer: str, index: Number, of: str = "i64") -> str:
        """Return the address of element `index` of an array of `of`."""
        if index.known == 0:
            return pointer
        return self.let(f"getelementptr {of}, ptr {pointer}, {index.typed}")

    # --- arithmetic

    def binary(self, op: str, left: Number, right: Number) -> Number:
        """Apply an operator of LLVM to two numbers of one width."""
        assert left.width == right.width, f"{op} {left} {right}"
        if left.known is not None and right.known is not None:
            return known(_FOLDS[op](left.known, right.known, left.width), left.width)
        simpler = _simplified(op, left, right)
        if simpler is not None:
            return simpler
        text = f"{op} {left.typed}, {right.text}"
        return Number(left.width, None, self.let(text))

    def add(self, left: Number, right: Number | int) -> Number:
        """Return the sum."""
        return self.binary("add", left, _as_number(right, left))

    def sub(self, left: Number, right: Number | int) -> Number:
        """Return the difference."""
        return self.binary("sub", left, _as_number(right, left))

    def mul(self, left: Number, right: Number | int) -> Number:
        """Return the product."""
        return self.binary("mul", left, _as_number(right, left))

    def conj(self, left: Number, right: Number | int) -> Number:
        """Return the bits that both have."""
        return self.binary("and", left, _as_number(right, left))

    def disj(self, left: Number, right: Number | int) -> Number:
        """Return the bits that either has."""
        return self.binary("or", left, _as_number(right, left))

    def flip(self, of: Number) -> Number:
        """Return the opposite of every bit."""
        if of.known is not None:
            return known(~of.known, of.width)
        return Number(of.width, None, self.let(f"xor {of.typed}, -1"))

    def shl(self, of: Number, amount: Number | int) -> Number:
        """Shift up; a known amount may be as great as it likes."""
        return self._shift("shl", of, amount)

    def shr(self, of: Number, amount: Number | int) -> Number:
        """Shift down without sign; a known amount may be as great as it likes."""
        return self._shift("lshr", of, amount)

    def _shift(self, op: str, of: Number, amount: Number | int) -> Number:
        count = _as_number(amount, of)
        if count.width != of.width:
            count = self.resize(count, of.width, is_signed=False)
        if count.known is not None and count.known >= of.width:
            return known(0, of.width)
        return self.binary(op, of, count)

    def test(self, how: str, left: Number, right: Number | int) -> Number:
        """Compare two numbers of one width by a predicate of `icmp`."""
        right = _as_number(right, left)
        assert left.width == right.width, f"{how} {left} {right}"
        if left.known is not None and right.known is not None:
            return known(int(_TESTS[how](left.known, right.known, left.width)), 1)
        return Number(1, None, self.let(f"icmp {how} {left.typed}, {right.text}"))

    def select(self, test: Number, then: Number, otherwise: Number) -> Number:
        """Return one of two numbers."""
        if test.known is not None:
            return then if test.known & 1 else otherwise
        if then == otherwise:
            return then
        if then.width == 1 and (then.known, otherwise.known) == (1, 0):
            return test
        text = f"select i1 {test.text}, {then.typed}, {otherwise.typed}"
        return Number(then.width, None, self.let(text))

    def resize(self, of: Number, width: int, *, is_signed: bool) -> Number:
        """Return the number at another width."""
        if of.width == width:
            return of
        if of.known is not None:
            exact = signed(of.known, of.width) if is_signed else unsigned(of.known, of.width)
            return known(exact, width)
        op = "trunc" if width < of.width else "sext" if is_signed else "zext"
        return Number(width, None, self.let(f"{op} {of.typed} to i{width}"))

    def call(self, name: str, of: Number, *, flag: bool) -> Number:
        """Call an intrinsic of one number, such as `ctpop`; some want a flag as well."""
        more = ", i1 false" if flag else ""
        text = f"call i{of.width} @llvm.{name}.i{of.width}({of.typed}{more})"
        return Number(of.width, None, self.let(text))

    def call_of(self, name: str, *of: Number) -> Number:
        """Call a function of words that returns a word."""
        given = ", ".join(number.typed for number in of)
        return Number(WORD, None, self.let(f"call i64 @{name}({given})"))

    def phi(self, width: int, ways: Sequence[tuple[Number, str]]) -> Number:
        """Return the number that the block from which we come has for us."""
        first = ways[0][0]
        if all(number == first for number, _ in ways):
            return first
        text = ", ".join(f"[ {number.text}, %{block} ]" for number, block in ways)
        return Number(width, None, self.let(f"phi i{width} {text}"))

    # --- control

    def conditional(
        self, test: Number, then: Callable[[], Number], otherwise: Callable[[], Number]
    ) -> Number:
        """Return one of two numbers, of which only that one is computed.

        Short straight code is computed for both, since a select is cheaper than a jump.
        """
        if test.known is not None:
            return then() if test.known & 1 else otherwise()
        here = self.block
        before = len(self.lines)
        first, second, join = self.label(), self.label(), self.label()
        self.branch(test, first, second)
        self.start(first)
        a, after_a, middle = then(), self.block, len(self.lines)
        self.jump(join)
        self.start(second)
        b, after_b, end = otherwise(), self.block, len(self.lines)
        body = self.lines[before + 2 : middle] + self.lines[middle + 2 : end]
        is_straight = after_a == first and after_b == second
        if is_straight and len(body) <= SHORT and not any(map(_must_be_guarded, body)):
            self.lines[before:] = body
            self.block = here
            return self.select(test, a, b)
        self.jump(join)
        self.start(join)
        return self.phi(a.width, ((a, after_a), (b, after_b)))


SHORT: Final = 10
"""So many instructions are computed for nothing rather than jumped over."""


def _must_be_guarded(line: str) -> bool:
    return "store" in line or "div " in line or "rem " in line


def _align(width: int) -> int:
    return 8 if width >= WORD else max(1, width // 8)


def _as_number(number: Number | int, like: Number) -> Number:
    return known(number, like.width) if isinstance(number, int) else number


_FOLDS: Final[dict[str, Callable[[int, int, int], int]]] = {
    "add": lambda a, b, _: a + b,
    "sub": lambda a, b, _: a - b,
    "mul": lambda a, b, _: a * b,
    "and": lambda a, b, _: a & b,
    "or": lambda a, b, _: a | b,
    "xor": lambda a, b, _: a ^ b,
    # What cannot be reached may shift by anything.
    "shl": lambda a, b, width: unsigned(a << min(unsigned(b, width), width), width),
    "lshr": lambda a, b, width: unsigned(a, width) >> min(unsigned(b, width), width),
}

_TESTS: Final[dict[str, Callable[[int, int, int], bool]]] = {
    "eq": lambda a, b, width: unsigned(a, width) == unsigned(b, width),
    "ne": lambda a, b, width: unsigned(a, width) != unsigned(b, width),
    "slt": lambda a, b, width: signed(a, width) < signed(b, width),
    "sle": lambda a, b, width: signed(a, width) <= signed(b, width),
    "ult": lambda a, b, width: unsigned(a, width) < unsigned(b, width),
    "ule": lambda a, b, width: unsigned(a, width) <= unsigned(b, width),
}


def _simplified(op: str, left: Number, right: Number) -> Number | None:
    """Return the result where one side is neutral or decides it."""
    a, b = left.known, right.known
    if b == 0 and op in {"add", "sub", "or", "xor", "shl", "lshr"}:
        return left
    if a == 0 and op in {"add", "or", "xor"}:
        return right
    if 0 in {a, b} and op in {"and", "mul"}:
        return known(0, left.width)
    if op == "mul" and 1 in {a, b}:
        return left if b == 1 else right
    return None
