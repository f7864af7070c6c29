"""How a wide state is folded: which bits make up its left half, and which the right one.

A state is folded well if its halves take few values. What belongs to one thread is strongly
related, what belongs to different threads is not; but a layout keeps a variable of all threads
together. And what varies must not gather on one side, however much of a state is constant. So each
half gets half of the values of every index, with all that maps and sets hold for them, and half of
the variables that have no index. (In a protocol for hot swapping with 2 million states of 4 words,
halves of the state in the order of the layout take 1.3 million values together, halves by thread
0.2 million.)

The order of bits within a half does not matter. So a word of a half takes from every word of the
state a set of bits: one instruction where the processor can compress them, shifts of every run
where not.

Three functions are written: `gather` from states to halves, `scatter` back, and `step`, which
gathers successors and tells which of their halves differ from those of the state before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from checker.explicit.layout import components, is_dense, width
from checker.explicit.native.assembly import WORD, Function, Number, known, words
from checker.model.types import MapType, RecordType, SetType, TupleType, cardinality

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.native.unit import Unit
    from checker.model.ir import Variable
    from checker.model.system import System
    from checker.model.types import Type


class Source(NamedTuple):
    """Bits of one word of the state, which lie in a word of a half from bit `at` on."""

    word: int
    mask: int
    at: int


Half: TypeAlias = tuple[tuple[Source, ...], ...]
"""The words of a half of the state."""

_Family: TypeAlias = "list[list[int]]"
"""Bits by the values of one index, or by variable if they have no index."""


def halves(system: System, layout: Layout) -> tuple[Half, Half]:
    """Return the halves of a state, of as many words each."""
    assert layout.bits >= WORD
    left, right = _halves(_families(system, layout))
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


def _halves(families: list[_Family]) -> tuple[list[int], list[int]]:
    """Divide the values of each index, then what has none, as equally as possible."""
    *indexed, others = families
    left = [bit for family in indexed for bits in family[: len(family) // 2] for bit in bits]
    right = [bit for family in indexed for bits in family[(len(family) + 1) // 2 :] for bit in bits]
    # The middle one goes to the side that has fewer bits.
    for family in sorted(indexed, key=lambda each: -sum(map(len, each))):
        if len(family) % 2:
            (left if len(left) <= len(right) else right).extend(family[len(family) // 2])
    rest = [bit for bits in others for bit in bits]
    missing = max(0, (len(left) + len(right) + len(rest)) // 2 - len(left))
    return left + rest[:missing], rest[missing:] + right


# --- what belongs together ------------------------------------------------------------------------


def _families(system: System, layout: Layout) -> list[_Family]:
    """Return the bits of all variables by index and value; at the end those without an index."""
    by_index: dict[Type, _Family] = {}
    others: _Family = []
    for variable in system.variables:
        slot = layout.slots[variable]
        index, stride = _indexed(variable)
        if index is None:
            others.append(list(range(slot.offset, slot.offset + slot.width)))
            continue
        family = by_index.setdefault(index, [[] for _ in range(cardinality(index))])
        for at, bits in enumerate(family):
            start = slot.offset + at * stride
            bits.extend(range(start, start + stride))
    return [*by_index.values(), others]


def _indexed(variable: Variable) -> tuple[Type | None, int]:
    """Return the type by whose values the bits of a variable are in order, and bits per value."""
    match variable.type:
        case MapType(key, value) if is_dense(key):
            return key, width(value)
        case SetType(element) if is_dense(element):
            return element, 1
        case SetType(RecordType() | TupleType() as element):
            first = components(element)[0]
            if is_dense(first):
                return first, cardinality(element) // cardinality(first)
        case _:
            pass
    return None, 0


# --- as code --------------------------------------------------------------------------------------

GATHER: Final = "define void @gather(ptr noalias %states, i64 %n, ptr noalias %halves) nounwind"
SCATTER: Final = "define void @scatter(ptr noalias %halves, i64 %n, ptr noalias %states) nounwind"
STEP: Final = (
    "define i64 @step(ptr noalias %states, ptr noalias %ends, i64 %n, ptr noalias %level, "
    "ptr noalias %before, ptr noalias %keys, ptr noalias %halves, ptr noalias %changes) nounwind"
)


MAX_RUNS: Final = 2
"""So many runs of bits are moved one by one even if there is an instruction for all of them."""


def write_halves(unit: Unit, of: tuple[Half, Half], *, compresses: bool) -> None:
    """Write the functions that turn states into halves, left and right, and back.

    Args:
        compresses: whether the processor has instructions for that (BMI2 of x86).
    """
    both = (*of[0], *of[1])
    _write_gather(unit, both, compresses=compresses)
    _write_step(unit, both, compresses=compresses)
    _write_scatter(unit, both, compresses=compresses)
    if compresses:
        unit.functions += [
            f"declare i64 @llvm.x86.bmi.{name}.64(i64, i64)" for name in ("pext", "pdep")
        ]


def _write_gather(unit: Unit, of: Half, *, compresses: bool) -> None:
    code = Function(GATHER)

    def write(number: Number) -> None:
        _gathered(unit, code, of, number, compresses=compresses)

    code.times(Number(WORD, None, "%n"), write)
    code.do("ret void")
    unit.functions.append(code.finish())


def _gathered(
    unit: Unit, code: Function, of: Half, number: Number, *, compresses: bool
) -> list[Number]:
    """Write the words of both halves of a state to their place, and return them."""
    source, target = code.mul(number, unit.words), code.mul(number, len(of))
    state = [code.load(code.at("%states", code.add(source, at))) for at in range(unit.words)]
    results = []
    for at, sources in enumerate(of):
        result = known(0)
        for word, mask, start in sources:
            bits = _taken_out(code, state[word], mask, compresses=compresses)
            result = code.disj(result, code.shl(bits, start))
        code.store(result, code.at("%halves", code.add(target, at)))
        results.append(result)
    return results


def _write_step(unit: Unit, of: Half, *, compresses: bool) -> None:
    """Write what becomes of the successors of some states, those of each up to an address.

    The key of a successor is set to that of the state before. Halves that differ are listed.
    """
    code = Function(STEP)
    begin = Number(WORD, None, code.let("ptrtoint ptr %states to i64"))
    number, count = code.slot("i64"), code.slot("i64")
    code.store(known(0), number)
    code.store(known(0), count)

    def write(parent: Number) -> None:
        end = code.sub(code.load(code.at("%ends", parent)), begin)
        successors = code.sub(code.binary("udiv", end, known(8 * unit.words)), code.load(number))
        key, there = code.load(code.at("%level", parent)), code.mul(parent, len(of))
        before = [code.load(code.at("%before", code.add(there, at))) for at in range(len(of))]

        def follow(_: Number) -> None:
            here = code.load(number)
            after = _gathered(unit, code, of, here, compresses=compresses)
            code.store(key, code.at("%keys", here))
            size = len(of) // 2
            for half, first in enumerate((0, size)):
                place, own = code.add(code.mul(here, 2), half), slice(first, first + size)
                _list_changed(code, count, place, before[own], after[own])
            code.store(code.add(here, 1), number)

        code.times(successors, follow)

    code.times(Number(WORD, None, "%n"), write)
    code.do(f"ret {code.load(count).typed}")
    unit.functions.append(code.finish())


def _list_changed(
    code: Function, count: str, place: Number, before: list[Number], after: list[Number]
) -> None:
    """Write a half to the list, by its hash and its place, and count it if it has changed.

    Without a jump: whether it has depends on the action, and no processor foresees that.
    """
    entry = code.mul(code.load(count), 2)
    code.store(_hash(code, after), code.at("%changes", entry))
    code.store(place, code.at("%changes", code.add(entry, 1)))
    difference = known(0)
    for old, new in zip(before, after, strict=True):
        difference = code.disj(difference, code.binary("xor", new, old))
    differs = code.resize(code.test("ne", difference, 0), WORD, is_signed=False)
    code.store(code.add(code.load(count), differs), count)


def _hash(code: Function, half: list[Number]) -> Number:
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


def _write_scatter(unit: Unit, of: Half, *, compresses: bool) -> None:
    code = Function(SCATTER)

    def write(number: Number) -> None:
        source, target = code.mul(number, len(of)), code.mul(number, unit.words)
        state = [known(0)] * unit.words
        for at, sources in enumerate(of):
            stored = code.load(code.at("%halves", code.add(source, at)))
            for word, mask, start in sources:
                bits = _put_in(code, code.shr(stored, start), mask, compresses=compresses)
                state[word] = code.disj(state[word], bits)
        for at, whole in enumerate(state):
            code.store(whole, code.at("%states", code.add(target, at)))

    code.times(Number(WORD, None, "%n"), write)
    code.do("ret void")
    unit.functions.append(code.finish())


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
