"""Pieces of generated Python expressions whose form is still known.

An expression becomes text as late as possible: as long as we know that it is a constant, a field of
a state or a test of a field, it can be folded, narrowed, negated or merged with its neighbour. A
field is tested where it lies, without shifting it down, and neighbouring tests of one state become
one:

    x = 3 and y = 1    ->    s & 0x1f0 == 0x130

Every fragment stands for an integer: a truth value for 0 or 1, an integer for itself, anything else
for its code. `value` gives text for exactly that number, `condition` text that is true or false as
it is. Both are atoms or stand in parentheses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Constant:
    """A known number."""

    value: int


@dataclass(frozen=True, slots=True)
class Text:
    """Any expression; an atom or in parentheses."""

    text: str


@dataclass(frozen=True, slots=True)
class Bits:
    """`(base >> shift & mask) + low`: a field of the number in the atom `base`.

    `shift` is text where the field depends on an index.
    """

    base: str
    shift: int | str
    width: int
    low: int = 0

    @property
    def limit(self) -> int:
        """The greatest code."""
        return (1 << self.width) - 1


@dataclass(frozen=True, slots=True)
class FieldTest:
    """Whether `base & mask == value`, or whether not."""

    base: str
    mask: int
    value: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Junction:
    """A conjunction or disjunction that stops as soon as the answer is known.

    `word` is `and` or `or`.
    """

    word: str
    parts: tuple[Fragment, ...]


Fragment: TypeAlias = Constant | Text | Bits | FieldTest | Junction

TRUE: Final = Constant(1)
FALSE: Final = Constant(0)


def bits(base: str, shift: int | str, width: int, low: int = 0) -> Fragment:
    """Return a field; one without bits is a constant."""
    return Bits(base, shift, width, low) if width else Constant(low)


def part(whole: Fragment, offset: int | str, width: int, low: int = 0) -> Fragment:
    """Return a field within a composite value, `offset` from the lowest bit of the whole."""
    match whole:
        case Constant(code) if isinstance(offset, int):
            return Constant((code >> offset & ((1 << width) - 1)) + low)
        case Bits(base, shift, _, 0):
            return bits(base, add(shift, offset), width, low)
        case _:
            return bits(value(whole), offset, width, low)


def add(left: int | str, right: int | str) -> int | str:
    """Return the sum of two amounts, each a number or an atom."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    if right == 0:
        return left
    if left == 0:
        return right
    return f"({left} + {right})"


def scaled(index: Fragment, factor: int) -> int | str:
    """Return an index times a constant, as an amount to shift by."""
    if isinstance(index, Constant):
        return index.value * factor
    return value(index) if factor == 1 else f"({value(index)} * {factor})"


def merged(parts: Iterable[tuple[Fragment, int | str]]) -> Fragment:
    """Return numbers side by side: each shifted by its amount, all of them or-ed."""
    number = 0
    texts = []
    for fragment, shift in parts:
        if isinstance(fragment, Constant) and isinstance(shift, int):
            number |= fragment.value << shift
        else:
            texts.append(value(fragment) if shift == 0 else f"{value(fragment)} << {shift}")
    if not texts:
        return Constant(number)
    return Text(f"({' | '.join([*texts, *([str(number)] if number else [])])})")


# --- text -----------------------------------------------------------------------------------------


def value(fragment: Fragment) -> str:
    """Return the number as text."""
    match fragment:
        case Constant(number):
            return str(number) if number >= 0 else f"({number})"
        case Text(text):
            return text
        case Bits(base, shift, _, low):
            shifted = base if shift == 0 else f"{base} >> {shift}"
            field = f"({shifted} & {fragment.limit})"
            return field if low == 0 else f"({field} {_signed(low)})"
        case FieldTest(base, mask, wanted, negated):
            if mask.bit_count() == 1 and (wanted == 0) == negated:
                return value(Bits(base, mask.bit_length() - 1, 1))
            return f"({base} & {mask} {'!=' if negated else '=='} {wanted})"
        case Junction(word, parts):
            return f"({f' {word} '.join(value(each) for each in _merged(word, parts))})"
        case _:
            assert_never(fragment)


def condition(fragment: Fragment) -> str:
    """Return text that Python takes for true or false as it should."""
    match fragment:
        case FieldTest(base, mask, wanted, negated):
            if wanted == 0:
                return f"({base} & {mask})" if negated else f"(not {base} & {mask})"
            if wanted == mask and mask.bit_count() == 1:
                return condition(FieldTest(base, mask, 0, negated=not negated))
            return f"({base} & {mask} {'!=' if negated else '=='} {wanted})"
        case Bits(base, int(shift), width, 0):
            return condition(FieldTest(base, ((1 << width) - 1) << shift, 0, negated=True))
        case Junction(word, parts):
            return f"({f' {word} '.join(condition(each) for each in _merged(word, parts))})"
        case Constant() | Text() | Bits():
            return value(fragment)
        case _:
            assert_never(fragment)


def _signed(number: int) -> str:
    return f"+ {number}" if number >= 0 else f"- {-number}"


def _merged(word: str, parts: tuple[Fragment, ...]) -> list[Fragment]:
    """Join neighbouring tests of one number: `==` under `and`, `!=` under `or`, into one test.

    Of the others, neighbours that have bits in common begin with a test of those: where nothing is
    near, that is the only one.

        s & 0xff != 0x15 and s & 0xf0f != 0x305    ->    s & 0xf != 5 or (... and ...)
    """
    result: list[Fragment] = []
    run: list[FieldTest] = []
    for each in (_oriented(word, each) for each in parts):
        joins_run = isinstance(each, FieldTest) and each.negated is (word == "and")
        if run and not (joins_run and isinstance(each, FieldTest) and _common([*run, each])):
            result.append(_factored(word, run))
            run = []
        last = result[-1] if result else None
        if isinstance(each, FieldTest) and joins_run:
            run.append(each)
        elif (
            isinstance(each, FieldTest)
            and isinstance(last, FieldTest)
            and _are_joined(word, last, each)
        ):
            result[-1] = replace(last, mask=last.mask | each.mask, value=last.value | each.value)
        else:
            result.append(each)
    return [*result, _factored(word, run)] if run else result


def _oriented(word: str, part_: Fragment) -> Fragment:
    """Return a test of one bit so that it joins: is, under `and`; is not, under `or`."""
    match part_:
        case FieldTest(base, mask, wanted, negated) if mask.bit_count() == 1:
            if negated is (word == "or"):
                return part_
            return FieldTest(base, mask, mask ^ wanted, negated=not negated)
        case _:
            return part_


def _are_joined(word: str, left: FieldTest, right: FieldTest) -> bool:
    return (
        left.base == right.base
        and left.negated is right.negated is (word == "or")
        and left.mask & right.mask == 0
    )


def _common(tests: list[FieldTest]) -> int:
    """Return the bits for which all the tests want the same."""
    mask = tests[0].mask
    for each in tests:
        mask &= each.mask & ~(each.value ^ tests[0].value)
    return mask if all(each.base == tests[0].base for each in tests) else 0


def _factored(word: str, run: list[FieldTest]) -> Fragment:
    """Return tests joined by `word`, the bits that they have in common first."""
    if len(run) == 1:
        return run[0]
    common = _common(run)
    first = replace(run[0], mask=common, value=run[0].value & common)
    rest = [replace(each, mask=each.mask & ~common, value=each.value & ~common) for each in run]
    if not all(each.mask for each in rest):
        # One test is of the common bits alone and implies the others.
        return first
    other = "or" if word == "and" else "and"
    return Junction(other, (first, Junction(word, tuple(rest))))


# --- logic ----------------------------------------------------------------------------------------


def negation(fragment: Fragment) -> Fragment:
    """Return the opposite of a truth value."""
    match fragment:
        case Constant(number):
            return Constant(1 - number)
        case FieldTest():
            return replace(fragment, negated=not fragment.negated)
        case Bits(base, int(shift), 1, 0):
            return FieldTest(base, 1 << shift, 0)
        case Junction(word, parts):
            joined = _merged(word, parts)
            if len(joined) == 1 and isinstance(joined[0], FieldTest):
                return negation(joined[0])
            return Text(f"(not {condition(fragment)})")
        case Bits() | Text():
            return Text(f"(not {condition(fragment)})")
        case _:
            assert_never(fragment)


def conjunction(parts: Iterable[Fragment]) -> Fragment:
    """Return `and`, stopping at the first false."""
    return _junction("and", parts, neutral=TRUE)


def disjunction(parts: Iterable[Fragment]) -> Fragment:
    """Return `or`, stopping at the first true."""
    return _junction("or", parts, neutral=FALSE)


def _junction(word: str, parts: Iterable[Fragment], *, neutral: Constant) -> Fragment:
    # What was true (or false) a moment ago still is, so a repetition is left out.
    kept: dict[Fragment, None] = {}
    for each in parts:
        more = each.parts if isinstance(each, Junction) and each.word == word else (each,)
        kept.update((_as_test(test), None) for test in more if test != neutral)
        if isinstance(each, Constant) and each != neutral:
            # What follows is never evaluated; what stands before may still fail.
            if all(isinstance(test, FieldTest | Constant) for test in kept):
                return each
            break
    if not kept:
        return neutral
    return next(iter(kept)) if len(kept) == 1 else Junction(word, tuple(kept))


def _as_test(fragment: Fragment) -> Fragment:
    """Return a stored truth value as a test, which merges with others."""
    match fragment:
        case Bits(base, int(shift), 1, 0):
            return FieldTest(base, 1 << shift, 1 << shift)
        case _:
            return fragment


def equality(left: Fragment, right: Fragment) -> Fragment:
    """Compare two numbers."""
    match left, right:
        case Constant(a), Constant(b):
            return Constant(int(a == b))
        case (Constant(wanted), Bits(base, int(shift), width, low)) | (
            Bits(base, int(shift), width, low),
            Constant(wanted),
        ):
            code = wanted - low
            if not 0 <= code < 1 << width:
                return FALSE
            return FieldTest(base, ((1 << width) - 1) << shift, code << shift)
        case _:
            return Text(f"({value(left)} == {value(right)})")


def comparison(left: Fragment, operator: str, right: Fragment) -> Fragment:
    """Compare two numbers by `<` or `<=`."""
    match left, right:
        case Constant(a), Constant(b):
            return Constant(int(a < b if operator == "<" else a <= b))
        case Bits(_, int(), _, low), Constant(bound):
            return _below(left, bound - low + (operator == "<="))
        case Constant(bound), Bits(_, int(), _, low):
            return negation(_below(right, bound - low + (operator == "<")))
        case _:
            return Text(f"({value(left)} {operator} {value(right)})")


def _below(field: Bits, bound: int) -> Fragment:
    """Return whether the code of a field is less than a constant."""
    base, shift, width = field.base, field.shift, field.width
    assert isinstance(shift, int)
    ones = (1 << width) - 1
    if bound <= 0 or bound > ones:
        return Constant(int(bound > 0))
    if bound == ones:
        return FieldTest(base, ones << shift, ones << shift, negated=True)
    if bound.bit_count() == 1:
        # No bit from this one on is set.
        return FieldTest(base, (ones & -bound) << shift, 0)
    return Text(f"({base} & {ones << shift} < {bound << shift})")


def cannot_fail(fragment: Fragment) -> bool:
    """Tell whether evaluating the fragment raises nothing, however little it is."""
    match fragment:
        case Constant() | Bits(shift=int()) | FieldTest():
            return True
        case Junction(_, parts):
            return all(map(cannot_fail, parts))
        case Text() | Bits():
            return False
        case _:
            assert_never(fragment)
