"""How a wide state is folded: code between states and their halves.

The order of bits within a half does not matter. So a word of a half takes from every word of the
state a set of bits: one instruction where the processor can compress them, shifts of every run
where not. Which bits a half has is decided in `division`.

Three functions are written: `gather` from states to halves, `scatter` back, and `step`, which
gathers those halves of successors that differ from the halves of the state before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from checker.explicit.native.assembly import WORD, Function, Number, known, words

if TYPE_CHECKING:
    from checker.explicit.native.division import Division


class Source(NamedTuple):
    """Bits of one word of the state, which lie in a word of a half from bit `at` on."""

    word: int
    mask: int
    at: int


Half: TypeAlias = tuple[tuple[Source, ...], ...]
"""The words of a half of the state."""


def halves(division: Division) -> tuple[Half, Half]:
    """Return the halves of a state, of as many words each, given the bits of both."""
    left, right = division
    size = words(max(len(left), len(right)))
    return _half(left, size), _half(right, size)


def _half(bits: list[int], size: int) -> Half:
    return tuple(_word(bits[WORD * at : WORD * (at + 1)]) for at in range(size))


def _word(bits: list[int]) -> tuple[Source, ...]:
    sources = []
    at = 0
    for word in sorted({bit // WORD for bit in bits}):
        mask = sum(1 << bit % WORD for bit in bits if bit // WORD == word)
        sources.append(Source(word, mask, at))
        at += mask.bit_count()
    return tuple(sources)


# --- as code --------------------------------------------------------------------------------------

GATHER: Final = "define void @gather(ptr noalias %states, i64 %n, ptr noalias %halves) nounwind"
SCATTER: Final = "define void @scatter(ptr noalias %halves, i64 %n, ptr noalias %states) nounwind"
STEP: Final = (
    "define i64 @step(ptr noalias %states, ptr noalias %ends, i64 %n, ptr noalias %level, "
    "ptr noalias %before, ptr noalias %keys, ptr noalias %places, i64 %room, "
    "ptr noalias %halves, ptr noalias %changes) nounwind"
)

MAX_RUNS: Final = 2
"""So many runs of bits are moved one by one even if there is an instruction for all of them."""


def folding_text(of: tuple[Half, Half], width: int, *, compresses: bool) -> str:
    """Return the functions that turn states of so many words into halves, and back.

    Args:
        compresses: whether the processor has instructions for that (BMI2 of x86).
    """
    writer = _Writer(of, width, compresses)
    functions = [writer.gather(), writer.step(), writer.scatter()]
    if compresses:
        functions += [f"declare i64 @llvm.x86.bmi.{name}.64(i64, i64)" for name in ("pext", "pdep")]
    return "\n".join(functions)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes functions for states of `width` words."""

    of: tuple[Half, Half]
    width: int
    compresses: bool

    @property
    def size(self) -> int:
        """The words of a half."""
        return len(self.of[0])

    def gather(self) -> str:
        code = Function(GATHER)

        def write(number: Number) -> None:
            state = self._state(code, "%states", number)
            target = code.mul(number, 2 * self.size)
            for at, sources in enumerate((*self.of[0], *self.of[1])):
                word = self._taken(code, state, sources)
                code.store(word, code.at("%halves", code.add(target, at)))

        code.times(Number(WORD, None, "%n"), write)
        code.do("ret void")
        return code.finish()

    def _state(self, code: Function, states: str, number: Number) -> list[Number]:
        """Write loads of the words of a state."""
        first = code.mul(number, self.width)
        return [code.load(code.at(states, code.add(first, at))) for at in range(self.width)]

    def _taken(self, code: Function, state: Sequence[Number], sources: Sequence[Source]) -> Number:
        """Write one word of a half."""
        result = known(0)
        for word, mask, start in sources:
            bits = _taken_out(code, state[word], mask, compresses=self.compresses)
            result = code.disj(result, code.shl(bits, start))
        return result

    def step(self) -> str:
        """Write what becomes of the successors of some states, those of each up to an address.

        First the key of each is set to that of the state before, and the numbers of those whose
        left or right half differs are listed. Then these halves are gathered, side by side, and
        their hashes and places told.
        """
        code = Function(STEP)
        counts = self._list_changed(code)
        for half, (first, count) in enumerate(((known(0), counts[0]), (counts[0], counts[1]))):
            self._gather_listed(code, half, first, count)
        code.do(f"ret {code.add(*counts).typed}")
        return code.finish()

    def _list_changed(self, code: Function) -> tuple[Number, Number]:
        begin = Number(WORD, None, code.let("ptrtoint ptr %states to i64"))
        number, counts = code.slot("i64"), (code.slot("i64"), code.slot("i64"))
        for slot in (number, *counts):
            code.store(known(0), slot)

        def write(parent: Number) -> None:
            end = code.sub(code.load(code.at("%ends", parent)), begin)
            successors = code.sub(
                code.binary("udiv", end, known(8 * self.width)), code.load(number)
            )
            key = code.load(code.at("%level", parent))
            before = self._state(code, "%before", parent)

            def follow(_: Number) -> None:
                here = code.load(number)
                code.store(key, code.at("%keys", here))
                after = self._state(code, "%states", here)
                changed = [code.binary("xor", *each) for each in zip(before, after, strict=True)]
                for half in range(2):
                    self._list_if_changed(code, changed, half, here, counts[half])
                code.store(code.add(here, 1), number)

            code.times(successors, follow)

        code.times(Number(WORD, None, "%n"), write)
        return code.load(counts[0]), code.load(counts[1])

    def _list_if_changed(
        self, code: Function, changed: Sequence[Number], half: int, here: Number, count: str
    ) -> None:
        """Write the number of a successor to a list, and count it if the half has changed.

        Without a jump: whether it has depends on the action, and no processor foresees that.
        """
        listed = code.load(count)
        at = listed if half == 0 else code.add(Number(WORD, None, "%room"), listed)
        code.store(here, code.at("%places", at))
        difference = known(0)
        for word, mask in _masks(self.of[half]).items():
            difference = code.disj(difference, code.conj(changed[word], mask))
        differs = code.resize(code.test("ne", difference, 0), WORD, is_signed=False)
        code.store(code.add(listed, differs), count)

    def _gather_listed(self, code: Function, half: int, first: Number, count: Number) -> None:
        def write(at: Number) -> None:
            listed = at if half == 0 else code.add(Number(WORD, None, "%room"), at)
            here = code.load(code.at("%places", listed))
            state = self._state(code, "%states", here)
            words = [self._taken(code, state, sources) for sources in self.of[half]]
            entry = code.add(first, at)
            target, told = code.mul(entry, self.size), code.mul(entry, 2)
            for number, word in enumerate(words):
                code.store(word, code.at("%halves", code.add(target, number)))
            code.store(_hash(code, words), code.at("%changes", told))
            place = code.add(code.mul(here, 2), half)
            code.store(place, code.at("%changes", code.add(told, 1)))

        code.times(count, write)

    def scatter(self) -> str:
        code = Function(SCATTER)

        def write(number: Number) -> None:
            source, target = code.mul(number, 2 * self.size), code.mul(number, self.width)
            state = [known(0)] * self.width
            for at, sources in enumerate((*self.of[0], *self.of[1])):
                stored = code.load(code.at("%halves", code.add(source, at)))
                for word, mask, start in sources:
                    shifted = code.shr(stored, start)
                    bits = _put_in(code, shifted, mask, compresses=self.compresses)
                    state[word] = code.disj(state[word], bits)
            for at, whole in enumerate(state):
                code.store(whole, code.at("%states", code.add(target, at)))

        code.times(Number(WORD, None, "%n"), write)
        code.do("ret void")
        return code.finish()


def _masks(half: Half) -> dict[int, int]:
    """Return the bits that a half has of each word of the state."""
    masks: dict[int, int] = {}
    for word, mask, _ in (source for sources in half for source in sources):
        masks[word] = masks.get(word, 0) | mask
    return masks


def _hash(code: Function, half: Sequence[Number]) -> Number:
    """Write what `kernels.fold.hash_half` computes."""
    result = known(0)
    for at, word in enumerate(half):
        mixed = word
        if at:
            mixed = code.binary("xor", code.binary("xor", code.shr(result, 29), result), word)
        mixed = code.mul(mixed, 0x9E3779B97F4A7C15)
        mixed = code.binary("xor", mixed, code.shr(mixed, 32))
        result = code.mul(mixed, 0xD6E8FEB86659FD93)
    return code.disj(result, 1)


def _taken_out(code: Function, word: Number, mask: int, *, compresses: bool) -> Number:
    """Write the bits of a mask side by side."""
    runs = list(_runs(mask))
    if compresses and len(runs) > MAX_RUNS:
        return code.call_of("llvm.x86.bmi.pext.64", word, known(mask))
    result, at = known(0), 0
    for start, size in runs:
        bits = code.conj(code.shr(word, start), (1 << size) - 1)
        result = code.disj(result, code.shl(bits, at))
        at += size
    return result


def _put_in(code: Function, bits: Number, mask: int, *, compresses: bool) -> Number:
    """Write the lowest bits of a number where a mask has its bits; the inverse of `_taken_out`."""
    runs = list(_runs(mask))
    if compresses and len(runs) > MAX_RUNS:
        return code.call_of("llvm.x86.bmi.pdep.64", bits, known(mask))
    result, at = known(0), 0
    for start, size in runs:
        part = code.conj(code.shr(bits, at), (1 << size) - 1)
        result = code.disj(result, code.shl(part, start))
        at += size
    return result


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """Yield first bit and length of every run of bits in a mask, lowest first."""
    at = 0
    while mask >> at:
        at += ((mask >> at) & -(mask >> at)).bit_length() - 1
        size = (~(mask >> at) & ((mask >> at) + 1)).bit_length() - 1
        yield at, size
        at += size
