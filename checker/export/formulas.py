"""Scalars as text of TLA+.

Unlike in C a value keeps its kind: a member of an enum and an element of a sort are strings, a set
is a set, a sequence a sequence. So a number that stands for a value is spelled as the value where
one is expected, and as its position where it is calculated with.

Operators stand in parentheses wherever they are operands, since most pairs of operators of TLA+
have no precedence between them that a reader knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

from checker.export.notation import MAX_TEXT
from checker.export.scalars import (
    All,
    AnyOf,
    Arithmetic,
    Bit,
    Choice,
    Compare,
    Constant,
    Flag,
    Holds,
    Key,
    Length,
    Narrowed,
    Not,
    OneIf,
    Operation,
    Part,
    Quantified,
    Refused,
    Relation,
    Same,
    Slot,
    Stored,
    Symbol,
    Truth,
    TruthSymbol,
    named_type,
    plain,
)
from checker.export.views import is_scalar
from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    cardinality,
    elements,
)

if TYPE_CHECKING:
    from checker.export.folding import Scalars
    from checker.export.names import Namer
    from checker.export.scalars import Formula, Location, Number, Selector
    from checker.model.ir import Variable
    from checker.model.types import Type

NONE: Final = "None"
"""The model value that stands for no value; it differs from every other value."""

LARGEST: Final = 2**31 - 1
"""TLC calculates with 32 bits."""


@dataclass(slots=True)
class Formulas:
    """Writes scalars, and gathers what has to be defined because of them.

    Attributes:
        variables: the text of each variable, primed for one of the state after a step.
        types: the names of sorts and enums in the order in which they were first needed.
        positions: names of the functions from the values of a type to their positions.
        binders: names that are bound somewhere, and must not be defined.
    """

    s: Scalars
    namer: Namer
    variables: dict[Variable, str]
    types: dict[EnumType | SortType, str] = field(default_factory=dict)
    positions: dict[EnumType | SortType, str] = field(default_factory=dict)
    fields: dict[RecordType, tuple[str, ...]] = field(default_factory=dict)
    binders: set[str] = field(default_factory=set)
    has_none: bool = False

    # --- types

    def name(self, of: EnumType | SortType) -> str:
        """Return the name of the set of all values of a type."""
        if of not in self.types:
            process, _, last = of.name.rpartition(".")
            wanted = f"{process}_points" if last == "at" else of.name
            self.types[of] = self.namer.fresh(wanted)
        return self.types[of]

    def members(self, of: EnumType | SortType) -> list[str]:
        """Return the values of a type in order."""
        return [quoted(str(value)) for value in elements(of)]

    def fields_of(self, of: RecordType) -> tuple[str, ...]:
        """Return the names of a record's components."""
        if of not in self.fields:
            self.fields[of] = tuple(self.namer.scope().fresh(name) for name, _ in of.fields)
        return self.fields[of]

    def domain(self, of: Type) -> str:
        """Return the set of what selects within something stored, for a type of keys or members.

        Composite keys are selected by their positions.
        """
        match of:
            case BoolType():
                return "BOOLEAN"
            case IntType(low, high):
                return f"{low}..{high}"
            case EnumType() | SortType():
                return self.name(of)
            case _:
                return f"0..{cardinality(of) - 1}"

    def type(self, of: Type) -> str:
        """Return the set of all values of a type; sequences may be longer than they are here."""
        match of:
            case BoolType() | IntType() | EnumType() | SortType():
                return f"({self.domain(of)})" if isinstance(of, IntType) else self.domain(of)
            case OptionType(element):
                self.has_none = True
                # TLC asks the sets in order, and some not about everything.
                return f"({{{NONE}}} \\cup {self.type(element)})"
            case MapType(key, value):
                return f"[{self.domain(key)} -> {self.type(value)}]"
            case SetType(element):
                domain = self.domain(element)
                return f"SUBSET ({domain})" if ".." in domain else f"SUBSET {domain}"
            case SeqType(_, element):
                return f"Seq({self.type(element)})"
            case RecordType(_, fields):
                names = self.fields_of(of)
                each = zip(names, fields, strict=True)
                return f"[{', '.join(f'{name}: {self.type(inner)}' for name, (_, inner) in each)}]"
            case TupleType(components):
                product = " \\X ".join(self.type(inner) for inner in components)
                return f"({product})"
            case _:
                assert_never(of)

    # --- places

    def place(self, location: Location) -> str:
        """Return what is at a place; for the content of an option, the option."""
        text = self.variables[location.variable]
        for selector, above in zip(location.selectors, location.types, strict=False):
            text += self.selected(selector, above)
        return text

    def selected(self, selector: Selector, above: Type) -> str:
        """Return how a part of a value is selected, as after a function or within EXCEPT."""
        match selector, above:
            case Key(index), MapType(key):
                return f"[{self.index(key, index)}]"
            case Slot(index), _:
                return f"[{self.number(self.s.arithmetic(Operation.ADD, index, self.s.number(1)))}]"
            case Part(index), RecordType():
                return f".{self.fields_of(above)[index]}"
            case Part(index), _:
                return f"[{index + 1}]"
            case _, OptionType():
                return ""
            case _:
                raise AssertionError(f"{selector} into {above}")

    def index(self, key: Type, position: Number) -> str:
        """Return the value that selects, from the position of a key or member."""
        s = self.s
        match key, position:
            case IntType(low, high), _:
                number = s.arithmetic(Operation.ADD, position, s.number(low))
                return self.number(s.narrowed(number, low, high))
            case BoolType(), OneIf(formula):
                return self.formula(formula)
            case BoolType(), _:
                return self.formula(s.equal(position, s.number(1)))
            case ((EnumType() | SortType()), _):
                return self.number(position, key)
            case _:
                return self.number(position)

    # --- formulas

    def formula(self, formula: Formula) -> str:
        """Return a formula, which may need parentheses to be an operand."""
        text = self._formula(formula)
        if len(text) > MAX_TEXT:
            raise Refused("an expression that becomes too long when it is written out")
        return text

    def operand(self, formula: Formula) -> str:
        """Return a formula as an operand."""
        text = self.formula(formula)
        is_bare = isinstance(formula, Truth | TruthSymbol) or (
            isinstance(formula, Holds) and not self._is_composed(formula.location)
        )
        return text if is_bare else f"({text})"

    def _is_composed(self, location: Location) -> bool:
        return bool(location.selectors) and isinstance(location.selectors[-1], Bit | Flag)

    def _formula(self, formula: Formula) -> str:
        match formula:
            case Truth(value):
                return "TRUE" if value else "FALSE"
            case TruthSymbol(name):
                return name
            case Holds(location):
                return self._holds(location, is_negated=False)
            case Compare(relation, left, right):
                return self._compared(relation, left, right)
            case Same(left, right):
                return f"{self.operand(left)} <=> {self.operand(right)}"
            case Not(Compare(Relation.EQ, left, right)):
                return self._compared(Relation.EQ, left, right, sign="#")
            case Not(Holds(location)) if self._is_composed(location):
                return self._holds(location, is_negated=True)
            case Not(inner):
                return f"~{self.operand(inner)}"
            case All(args):
                return " /\\ ".join(map(self.operand, args))
            case AnyOf(args):
                return " \\/ ".join(map(self.operand, args))
            case Quantified(is_forall, symbol, body):
                self.binders.add(symbol.name)
                word = "\\A" if is_forall else "\\E"
                return f"{word} {symbol.name} \\in {self.range(symbol)} : {self.operand(body)}"
            case _:
                assert_never(formula)

    def range(self, symbol: Symbol | TruthSymbol) -> str:
        """Return the set of the values that a symbol stands for."""
        return "BOOLEAN" if isinstance(symbol, TruthSymbol) else self.domain(symbol.of)

    def _holds(self, location: Location, *, is_negated: bool) -> str:
        last = location.selectors[-1] if location.selectors else None
        around = self.place_around(location)
        match last:
            case Bit(index):
                of = location.types[-2]
                assert isinstance(of, SetType)
                sign = "\\notin" if is_negated else "\\in"
                return f"{self._argument(self.index(of.element, index))} {sign} {around}"
            case Flag():
                self.has_none = True
                return f"{around} {'=' if is_negated else '#'} {NONE}"
            case _:
                return self.place(location)

    def place_around(self, location: Location) -> str:
        """Return the place of the composite value of which a location is the last part."""
        text = self.variables[location.variable]
        for selector, above in zip(location.selectors[:-1], location.types, strict=False):
            text += self.selected(selector, above)
        return text

    def _compared(self, relation: Relation, left: Number, right: Number, sign: str = "") -> str:
        shown = sign or {Relation.LE: "<="}.get(relation, relation.value)
        of = None
        if relation is Relation.EQ:
            of = named_type(plain(left)) or named_type(plain(right))
            if not (self._can_be(left, of) and self._can_be(right, of)):
                of = None
        return f"{self._term(left, of)} {shown} {self._term(right, of)}"

    def _can_be(self, number: Number, of: EnumType | SortType | None) -> bool:
        """Tell whether a number can be spelled as a value of a type."""
        match number:
            case Narrowed(inner):
                return self._can_be(inner, of)
            case Choice(_, then, otherwise):
                return self._can_be(then, of) and self._can_be(otherwise, of)
            case Constant(value, own):
                return own == of or (of is not None and 0 <= value < cardinality(of))
            case _:
                return named_type(number) == of

    # --- numbers

    def number(self, number: Number, of: EnumType | SortType | None = None) -> str:
        """Return a number, or the value of `of` that it stands for."""
        if max(number.high, -number.low) > LARGEST:
            raise Refused(f"a number as great as {max(number.high, -number.low):,}")
        match number:
            case Narrowed(inner):
                return self.number(inner, of)
            case Constant(value):
                return str(value) if of is None else self.members(of)[value]
            case Choice(condition, then, otherwise):
                texts = (self._term(then, of), self._term(otherwise, of))
                return f"IF {self.formula(condition)} THEN {texts[0]} ELSE {texts[1]}"
            case OneIf(formula):
                assert of is None
                return f"IF {self.formula(formula)} THEN 1 ELSE 0"
            case Arithmetic():
                assert of is None, f"a sum as a value of {of}"
                return self._arithmetic(number)
            case Symbol() | Stored():
                return self._value(number, of)
            case _:
                assert_never(number)

    def _value(self, number: Symbol | Stored, of: EnumType | SortType | None) -> str:
        own = named_type(number)
        match number:
            case Symbol(name):
                text = name
            case Stored(location):
                last = location.selectors[-1] if location.selectors else None
                is_length = isinstance(last, Length)
                text = f"Len({self.place_around(location)})" if is_length else self.place(location)
        if own is None or own == of:
            assert own == of, f"{text} as a value of {of}"
            return text
        assert of is None, f"{text} as a value of {of}"
        if own not in self.positions:
            self.positions[own] = self.namer.fresh(f"{self.name(own)}_position")
        return f"{self.positions[own]}[{text}]"

    def _term(self, number: Number, of: EnumType | SortType | None = None) -> str:
        return self._argument(self.number(number, of), number)

    def _argument(self, text: str, number: Number | None = None) -> str:
        """Put parentheses around what has operators in it."""
        inner = None if number is None else plain(number)
        if isinstance(inner, Symbol | Stored):
            return text
        if isinstance(inner, Constant) and not text.startswith("-"):
            return text
        if inner is None and " " not in text and not text.startswith("-"):
            return text
        return f"({text})"

    def _arithmetic(self, number: Arithmetic) -> str:
        left, right = number.left, number.right
        a, b = self._term(left), self._term(right)
        match number.operation:
            case Operation.ADD | Operation.SUB | Operation.MUL as operation:
                return f"{a} {operation.value} {b}"
            case Operation.DIV:
                return f"{a} \\div {b}"
            case Operation.MOD if right.low > 0:
                return f"{a} % {b}"
            case Operation.MOD:
                # TLC divides with remainder by positive numbers only.
                return f"{a} - ({b} * ({a} \\div {b}))"
            case _:
                assert_never(number.operation)


def quoted(text: str) -> str:
    """Return a string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def is_plain_option(of: Type) -> bool:
    """Tell whether the flag and the content of an option are one place."""
    return isinstance(of, OptionType) and is_scalar(of.element)
