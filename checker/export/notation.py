"""Scalars as text, for targets whose expressions look like those of C.

What differs is in a `Notation`: how operators are spelled, and how the target writes a place, a
constant and a choice. Parentheses are set where the levels of C, Promela and Murphi do not all say
the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from checker.export.scalars import (
    All,
    AnyOf,
    Arithmetic,
    Choice,
    Compare,
    Constant,
    Holds,
    Narrowed,
    Not,
    OneIf,
    Operation,
    Quantified,
    Refused,
    Relation,
    Same,
    Stored,
    Symbol,
    Truth,
    TruthSymbol,
)

if TYPE_CHECKING:
    from checker.export.scalars import Formula, Number, Scalar

MAX_TEXT: Final = 200_000
"""The longest expression, in characters, that is handed to another tool."""

OPEN: Final = 0
"""Anything may stand here without parentheses."""

OR: Final = 1
AND: Final = 2
COMPARISON: Final = 3
SUM: Final = 4
PRODUCT: Final = 5
ATOM: Final = 6


class Target(Protocol):
    """What a target spells in its own way."""

    equal: str
    unequal: str
    conjunction: str
    disjunction: str
    then: str
    least: int
    greatest: int

    def constant(self, constant: Constant) -> str:
        """Return a number or the name of a value."""
        ...

    def stored(self, stored: Stored) -> str:
        """Return the number at a place."""
        ...

    def holds(self, holds: Holds) -> tuple[str, int]:
        """Return the truth value at a place, and its level."""
        ...

    def operand(self, number: Number, text: str) -> str:
        """Return the text of a number that is calculated with; it may be a member of an enum."""
        ...

    def note(self, low: int, high: int) -> None:
        """Take note of the bounds of a number that is written."""
        ...

    def one_if(self, formula: str) -> str:
        """Return a formula, whose text is given without parentheses, as a number."""
        ...

    def quantified(self, quantified: Quantified, body: str) -> str:
        """Return a quantified formula."""
        ...

    def special(self, formula: Formula, notation: Notation) -> tuple[str, int] | None:
        """Return a shorter text for a formula if the target has one."""
        ...


@dataclass(frozen=True, slots=True)
class Notation:
    """Writes scalars for a target."""

    target: Target

    def text(self, scalar: Scalar, level: int = OPEN) -> str:
        """Return the text, in parentheses if it binds less tightly than `level`."""
        text, own = self._leveled(scalar)
        if len(text) > MAX_TEXT:
            raise Refused("an expression that becomes too long when it is written out")
        return text if own >= level else f"({text})"

    def conditions(self, formula: Formula) -> list[str]:
        """Return the parts of a conjunction, to be written one below the other."""
        if isinstance(formula, All) and self.target.special(formula, self) is None:
            return [self.text(arg, AND + 1) for arg in self._shortened(formula)]
        return [self.text(formula, AND + 1)]

    def _leveled(self, scalar: Scalar) -> tuple[str, int]:
        match scalar:
            case Truth() | TruthSymbol() | Holds() | Compare() | Same() | Not() | All() | AnyOf():
                return self.target.special(scalar, self) or self._formula(scalar)
            case Quantified(_, _, body):
                return self.target.quantified(scalar, self.text(body)), ATOM
            case _:
                return self._number(scalar)

    def _formula(
        self, formula: Truth | TruthSymbol | Holds | Compare | Same | Not | All | AnyOf
    ) -> tuple[str, int]:
        target = self.target
        match formula:
            case Truth(value):
                return ("true" if value else "false"), ATOM
            case TruthSymbol(name):
                return name, ATOM
            case Holds():
                return target.holds(formula)
            case Compare(relation, left, right):
                return self._compared(self._spelled(relation), left, right)
            case Same(left, right):
                return self._compared(target.equal, left, right)
            case Not(Compare(Relation.EQ, left, right)) | Not(Same(left, right)):
                return self._compared(target.unequal, left, right)
            case Not(inner):
                return f"!{self.text(inner, ATOM)}", ATOM
            case All():
                return self._joined(target.conjunction, self._shortened(formula), AND)
            case AnyOf(args):
                return self._joined(target.disjunction, args, OR)
            case _:
                assert_never(formula)

    def _shortened(self, formula: All) -> tuple[Formula, ...]:
        """Leave out conditions that the one after them implies for the target."""
        kept = []
        for this, following in zip(formula.args, (*formula.args[1:], None), strict=True):
            pair = None if following is None else All((this, following))
            if pair is None or self.target.special(pair, self) is None:
                kept.append(this)
        return tuple(kept)

    def _joined(self, sign: str, args: tuple[Formula, ...], level: int) -> tuple[str, int]:
        if len(args) == 1:
            return self._leveled(args[0])
        return f" {sign} ".join(self.text(arg, level + 1) for arg in args), level

    def _spelled(self, relation: Relation) -> str:
        return self.target.equal if relation is Relation.EQ else relation.value

    def _compared(self, sign: str, left: Scalar, right: Scalar) -> tuple[str, int]:
        texts = (self.text(left, COMPARISON + 1), self.text(right, COMPARISON + 1))
        return f"{texts[0]} {sign} {texts[1]}", COMPARISON

    # --- numbers

    def _number(self, number: Number) -> tuple[str, int]:
        if number.low < self.target.least or number.high > self.target.greatest:
            raise Refused(f"a number as great as {max(number.high, -number.low):,}")
        self.target.note(number.low, number.high)
        match number:
            case Constant(value):
                return self.target.constant(number), ATOM if value >= 0 else SUM
            case Symbol(name):
                return name, ATOM
            case Stored():
                return self.target.stored(number), ATOM
            case Narrowed(inner):
                return self._number(inner)
            case OneIf(formula):
                return self.target.one_if(self.text(formula)), ATOM
            case Choice(condition, then, otherwise):
                texts = [self.text(part, OPEN + 1) for part in (condition, then, otherwise)]
                return f"({texts[0]} {self.target.then} {texts[1]} : {texts[2]})", ATOM
            case Arithmetic():
                return self._arithmetic(number)
            case _:
                assert_never(number)

    def _arithmetic(self, number: Arithmetic) -> tuple[str, int]:
        left, right = number.left, number.right
        match number.operation:
            case Operation.ADD:
                return f"{self._operand(left, SUM)} + {self._operand(right, SUM + 1)}", SUM
            case Operation.SUB:
                return f"{self._operand(left, SUM)} - {self._operand(right, SUM + 1)}", SUM
            case Operation.MUL:
                texts = (self._operand(left, PRODUCT), self._operand(right, PRODUCT + 1))
                return f"{texts[0]} * {texts[1]}", PRODUCT
            case Operation.DIV:
                return self._divided("/", left, right)
            case Operation.MOD:
                return self._divided("%", left, right)
            case _:
                assert_never(number.operation)

    def _operand(self, number: Number, level: int) -> str:
        return self.target.operand(number, self.text(number, level))

    def _divided(self, sign: str, left: Number, right: Number) -> tuple[str, int]:
        """Divide towards minus infinity, where the target divides towards zero."""
        a, b = self.text(left, PRODUCT), self.text(right, PRODUCT + 1)
        if left.low >= 0 and right.low >= 0:
            return f"{a} {sign} {b}", PRODUCT
        a, b = self.text(left, ATOM), self.text(right, ATOM)
        target = self.target
        is_off = f"{a} % {b} {target.unequal} 0"
        signs = f"({a} % {b} < 0) {target.unequal} ({b} < 0)"
        correction = b if sign == "%" else "-1"
        corrected = f"({is_off} {target.conjunction} {signs} {target.then} {correction} : 0)"
        return f"{a} {sign} {b} + {corrected}", SUM
