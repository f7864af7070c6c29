"""What a step stores as values of TLA+: one equation for each variable.

The stores of a step take place at once and are given in terms of the state before it, as in a
primed equation; so they need no order but their own, in which a later one to the same place wins.
Where they cover a value it is written anew, otherwise what was there `EXCEPT` what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final, assert_never, cast

from checker.export.formulas import NONE, is_plain_option
from checker.export.scalars import (
    Bit,
    Constant,
    Content,
    Flag,
    Holds,
    Key,
    Length,
    Operation,
    Part,
    Slot,
    Stored,
    Truth,
    is_number,
    plain,
)
from checker.export.views import parts_of
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
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from checker.export.formulas import Formulas
    from checker.export.scalars import Formula, Number, Selector
    from checker.export.writes import Store
    from checker.model.ir import Variable
    from checker.model.types import Type

_LETTERS: Final = f"{ascii_letters}{digits}_"

AT: Final = "@"
"""What was there, within EXCEPT."""


@dataclass(frozen=True, slots=True)
class Tail:
    """A store, and the selectors that are still to be followed from where one stands."""

    selectors: tuple[Selector, ...]
    store: Store

    @property
    def first(self) -> Selector:
        """The next selector."""
        return self.selectors[0]

    @property
    def rest(self) -> Tail:
        """The store as seen from one level further in."""
        return replace(self, selectors=self.selectors[1:])


@dataclass(frozen=True, slots=True)
class Updates:
    """Writes the values of variables after stores.

    Attributes:
        elements: names for the positions in sequences, one for each level of nesting.
    """

    formulas: Formulas
    elements: tuple[str, ...]

    def value(self, variable: Variable, stores: Iterable[Store]) -> str:
        """Return the value of a variable after the stores to it."""
        tails = [Tail(each.location.selectors, each) for each in stores]
        return self.updated(variable.type, self.formulas.variables[variable], tails, 0)

    def updated(self, of: Type, base: str, tails: Sequence[Tail], depth: int) -> str:
        """Return a value after stores into it; `base` is what it was."""
        if not tails:
            return base
        match of:
            case BoolType() | IntType() | EnumType() | SortType():
                return self._scalar(of, base, tails)
            case OptionType(element):
                if is_plain_option(of):
                    return self._scalar(element, base, tails)
                return self._option(element, base, tails, depth)
            case RecordType() | TupleType():
                return self._product(of, base, tails, depth)
            case MapType():
                return self._map(of, base, tails, depth)
            case SetType():
                return self._set(of, base, tails)
            case SeqType():
                return self._sequence(of, base, tails, depth)
            case _:
                assert_never(of)

    # --- scalars and options

    def _scalar(self, of: Type, base: str, tails: Sequence[Tail]) -> str:
        text = base
        for tail in tails:
            store = tail.store
            is_optional = bool(tail.selectors) and isinstance(tail.first, Content)
            new = self._stored(of, store, is_optional=is_optional)
            text = self._if(store.when, new, text)
        return text

    def _stored(self, of: Type, store: Store, *, is_optional: bool) -> str:
        text = self._text(of, store.value)
        # Where no option can be empty, whoever looks for what is absent has asked before.
        if not is_optional:
            return text
        if store.present is self.formulas.s.true:
            return text
        self.formulas.has_none = True
        return self._if(store.present, text, NONE)

    def _text(self, of: Type, value: Number | Formula) -> str:
        if is_number(value):
            return self.formulas.number(value, of if isinstance(of, EnumType | SortType) else None)
        return self.formulas.formula(_formula(value))

    def _if(self, condition: Formula, then: str, otherwise: str) -> str:
        if isinstance(condition, Truth):
            return then if condition.value else otherwise
        return (
            f"IF {self.formulas.formula(condition)} THEN {grouped(then)} ELSE {grouped(otherwise)}"
        )

    def _option(self, element: Type, base: str, tails: Sequence[Tail], depth: int) -> str:
        """Return an option of a composite value, whose flag is stored before its content."""
        self.formulas.has_none = True
        inner = [tail.rest for tail in tails if isinstance(tail.first, Content)]
        content = self.updated(element, base, inner, depth)
        flag = f"{grouped(base)} # {NONE}"
        for tail in tails:
            if isinstance(tail.first, Flag):
                store = tail.store
                flag = self._if(store.when, self._text(BoolType(), store.value), flag)
        if flag in {"TRUE", "FALSE"}:
            return content if flag == "TRUE" else NONE
        return f"IF {flag} THEN {grouped(content)} ELSE {NONE}"

    # --- records and maps

    def _product(
        self, of: RecordType | TupleType, base: str, tails: Sequence[Tail], depth: int
    ) -> str:
        groups = _grouped(tails)
        if not self.covers(of, tails):
            return self._except(of, base, groups, depth)
        by_part = {at.index: _inside(group) for at, group in groups if isinstance(at, Part)}
        texts = [
            self.updated(inner, base, by_part.get(i, []), depth)
            for i, inner in enumerate(parts_of(of))
        ]
        if isinstance(of, TupleType):
            return f"<<{', '.join(texts)}>>"
        names = self.formulas.fields_of(of)
        return f"[{', '.join(f'{n} |-> {t}' for n, t in zip(names, texts, strict=True))}]"

    def _map(self, of: MapType, base: str, tails: Sequence[Tail], depth: int) -> str:
        groups = _grouped(tails)
        if not self.covers(of, tails):
            return self._except(of, base, groups, depth)
        by_key: dict[int, list[Tail]] = {}
        for at, group in groups:
            assert isinstance(at, Key)
            assert isinstance(at.index, Constant)
            by_key.setdefault(at.index.value, []).extend(_inside(group))
        texts = {i: self.updated(of.value, base, by_key[i], depth + 1) for i in sorted(by_key)}
        if len(set(texts.values())) == 1:
            name = self._element(depth)
            return f"[{name} \\in {self.formulas.domain(of.key)} |-> {texts[0]}]"
        s = self.formulas.s
        keys = (self.formulas.index(of.key, s.number(i)) for i in texts)
        each = zip(keys, texts.values(), strict=True)
        return f"({' @@ '.join(f'({grouped(key)} :> {grouped(text)})' for key, text in each)})"

    def _except(
        self, of: Type, base: str, groups: Sequence[tuple[Selector, list[Tail]]], depth: int
    ) -> str:
        changes = [change for at, group in groups for change in self._changes(of, at, group, depth)]
        texts = ", ".join(f"!{path} = {text}" for path, text in changes)
        return f"[{grouped(base)} EXCEPT {texts}]"

    def _changes(
        self, of: Type, at: Selector, tails: list[Tail], depth: int
    ) -> list[tuple[str, str]]:
        """Return paths within EXCEPT with what becomes of what is there."""
        path = self.formulas.selected(at, of)
        inner = _selected_type(of, at)
        inside = _inside(tails)
        is_divisible = isinstance(inner, RecordType | TupleType | MapType)
        if is_divisible and not self.covers(inner, inside):
            return [
                (f"{path}{further}", text)
                for below, group in _grouped(inside)
                for further, text in self._changes(inner, below, group, depth)
            ]
        return [(path, self.updated(inner, AT, inside, depth))]

    # --- sets

    def _set(self, of: SetType, base: str, tails: Sequence[Tail]) -> str:
        if self.covers(of, tails):
            known = {_constant(tail.first): tail.store.value for tail in tails}
            return self._set_of(of, {i: v for i, v in known.items() if i is not None})
        text = base
        for tail in tails:
            text = self._with_member(of, text, tail)
        return text

    def _set_of(self, of: SetType, known: Mapping[int, Number | Formula]) -> str:
        """Return the set of those members for which a formula holds."""
        s = self.formulas.s
        certain: list[str] = []
        others: list[str] = []
        for i in sorted(known):
            member, value = self.formulas.index(of.element, s.number(i)), known[i]
            if value is s.true:
                certain.append(member)
            elif value is not s.false:
                others.append(f"({self._if(_formula(value), f'{{{member}}}', '{}')})")
        parts = [f"{{{', '.join(certain)}}}", *others]
        return " \\cup ".join(parts if certain or not others else others)

    def _with_member(self, of: SetType, base: str, tail: Tail) -> str:
        assert isinstance(tail.first, Bit)
        store = tail.store
        member = f"{{{self.formulas.index(of.element, tail.first.index)}}}"
        with_it, without = f"{grouped(base)} \\cup {member}", f"{grouped(base)} \\ {member}"
        new = self._if(_formula(store.value), with_it, without)
        return self._if(store.when, new, base)

    # --- sequences

    def _sequence(self, of: SeqType, base: str, tails: Sequence[Tail], depth: int) -> str:
        """Return a sequence by its length and its elements; those beyond it are not looked at."""
        known = self._known_sequence(of, base, tails, depth)
        if known is not None:
            return known
        length = f"Len({base})"
        for tail in tails:
            if isinstance(tail.first, Length):
                length = self._if(tail.store.when, self._text(of, tail.store.value), length)
        if length == "0":
            return "<<>>"
        name = self._element(depth)
        is_covered = self.covers(of, tails)
        text = "" if is_covered else f"{grouped(base)}[{name}]"
        for at, group in _grouped(tails):
            if isinstance(at, Slot):
                new = self.updated(of.element, text, _inside(group), depth + 1)
                here = self.formulas.selected(at, of)[1:-1]
                text = (
                    f"IF {name} = {grouped(here)} THEN {grouped(new)} ELSE {grouped(text)}"
                    if text
                    else new
                )
        return f"[{name} \\in 1..{grouped(length)} |-> {text}]"

    def _element(self, depth: int) -> str:
        name = self.elements[depth]
        self.formulas.binders.add(name)
        return name

    def _known_sequence(
        self, of: SeqType, base: str, tails: Sequence[Tail], depth: int
    ) -> str | None:
        """Return what becomes of a sequence in the words of the module `Sequences`, if it can."""
        s = self.formulas.s
        lengths = [tail for tail in tails if isinstance(tail.first, Length)]
        if len(lengths) != 1 or any(tail.store.when is not s.true for tail in tails):
            return None
        store = lengths[0].store
        before, after = s.stored(store.location), store.value
        assert is_number(after)
        slots = [(at.index, group) for at, group in _grouped(tails) if isinstance(at, Slot)]
        if plain(after) is plain(s.arithmetic(Operation.ADD, before, s.number(1))):
            if len(slots) == 1 and plain(slots[0][0]) is plain(before):
                inside = _inside(slots[0][1])
                if self.covers(of.element, inside):
                    return f"Append({base}, {self.updated(of.element, base, inside, depth)})"
            return None
        if plain(after) is not plain(s.arithmetic(Operation.SUB, before, s.number(1))):
            return None
        if all(self._comes_from(tail, 0) for tail in tails):
            return f"SubSeq({base}, 1, Len({base}) - 1)"
        is_moved = len(slots) == of.bound and all(self._comes_from(tail, 1) for tail in tails)
        return f"Tail({base})" if is_moved else None

    def _comes_from(self, tail: Tail, distance: int) -> bool:
        """Tell whether an element of a sequence comes from so many places behind its own."""
        s, store = self.formulas.s, tail.store
        if not isinstance(tail.first, Slot):
            return True
        place = store.location.selectors
        at = len(place) - len(tail.selectors)
        above = store.location.types[at]
        assert isinstance(above, SeqType)
        wanted = s.arithmetic(Operation.ADD, tail.first.index, s.number(distance))
        if wanted.low >= above.bound:
            return True  # nothing lies behind it, and the sequence ends before it
        value = plain(store.value) if is_number(store.value) else store.value
        if not isinstance(value, Stored | Holds):
            return False
        source = value.location.selectors
        if value.location.variable is not store.location.variable or len(source) != len(place):
            return False
        there = source[at]
        is_elsewhere = any(source[i] != place[i] for i in range(len(place)) if i != at)
        return not is_elsewhere and isinstance(there, Slot) and plain(there.index) is plain(wanted)

    # --- what is covered

    def covers(self, of: Type, tails: Sequence[Tail]) -> bool:
        """Tell whether stores write all of a value, whatever it was."""
        s = self.formulas.s
        match of:
            case BoolType() | IntType() | EnumType() | SortType():
                return any(tail.store.when is s.true for tail in tails)
            case OptionType(element):
                if is_plain_option(of):
                    return any(tail.store.when is s.true for tail in tails)
                flags = [tail for tail in tails if isinstance(tail.first, Flag)]
                inner = [tail.rest for tail in tails if isinstance(tail.first, Content)]
                return self.covers(BoolType(), flags) and self.covers(element, inner)
            case RecordType() | TupleType():
                return self._covers_each(tails, list(enumerate(parts_of(of))))
            case MapType(key, value):
                return self._covers_each(tails, [(i, value) for i in range(cardinality(key))])
            case SetType(element):
                each = [(i, BoolType()) for i in range(cardinality(element))]
                return self._covers_each(tails, each)
            case SeqType(bound, element):
                lengths = [tail for tail in tails if isinstance(tail.first, Length)]
                slots = [tail for tail in tails if isinstance(tail.first, Slot)]
                return self.covers(IntType(0, bound), lengths) and self._covers_each(
                    slots, [(i, element) for i in range(bound)]
                )
            case _:
                assert_never(of)

    def _covers_each(self, tails: Sequence[Tail], parts: Sequence[tuple[int, Type]]) -> bool:
        by_place: dict[int | None, list[Tail]] = {}
        for tail in tails:
            by_place.setdefault(_constant(tail.first), []).append(tail.rest)
        if None in by_place:
            return False
        return all(i in by_place and self.covers(of, by_place[i]) for i, of in parts)


def _constant(selector: Selector) -> int | None:
    """Return the position that a selector always selects, None if there is none such."""
    match selector:
        case Part(index):
            return index
        case Key(Constant(value)) | Bit(Constant(value)) | Slot(Constant(value)):
            return value
        case _:
            return None


def _grouped(tails: Sequence[Tail]) -> list[tuple[Selector, list[Tail]]]:
    """Put stores behind the same selector together, unless another may lie between them."""
    groups: list[tuple[Selector, list[Tail]]] = []
    for tail in tails:
        for at, group in reversed(groups):
            if at == tail.first:
                group.append(tail)
                break
            if _constant(at) is None or _constant(tail.first) is None:
                groups.append((tail.first, [tail]))
                break
        else:
            groups.append((tail.first, [tail]))
    return groups


def _inside(tails: Iterable[Tail]) -> list[Tail]:
    """Return stores as seen from one level further in."""
    return [tail.rest for tail in tails]


def _formula(value: Number | Formula) -> Formula:
    assert not is_number(value)
    return cast("Formula", value)


def _selected_type(of: Type, at: Selector) -> Type:
    match of, at:
        case MapType(_, value), Key():
            return value
        case ((RecordType() | TupleType()), Part(index)):
            return parts_of(of)[index]
        case _:
            raise AssertionError(f"{at} into {of}")


def grouped(text: str) -> str:
    """Put parentheses around what has operators in it."""
    is_bare = " " not in text or _is_one(text)
    return text if is_bare and not text.startswith("-") else f"({text})"


def _is_one(text: str) -> bool:
    """Tell whether a text is one pair of brackets, maybe behind the name of an operator."""
    start = len(text) - len(text.lstrip(_LETTERS))
    if text[start] not in "[({":
        return False
    depth = 0
    for i, sign in enumerate(text[start:], start):
        depth += (sign in "[({") - (sign in "])}")
        if depth == 0:
            return i == len(text) - 1
    return False
