"""What is known of the state in the middle of a step, while code for the step is generated.

Assignments to different fields are gathered and carried out together. The present state is

    (base & keep | ors) + add

where `base` is a Python variable. A field that gets a constant while its old value is a known
constant costs nothing of its own: the difference is part of `add`. So a step that only moves
control is one addition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from checker.explicit.python.fragments import Bits, Constant, FieldTest, Junction

if TYPE_CHECKING:
    from checker.explicit.python.fragments import Fragment
    from checker.model.ir import Local


@dataclass(frozen=True, slots=True)
class Frame:
    """The present state and what else code at this point may use.

    Attributes:
        keep: the bits of `base` that remain.
        dirty: bits in which the state may differ from `base`.
        facts: codes that fields (offset, width) of the present state are known to have.
        out: the list that takes the states to which the step leads.
        taken: branches taken on the way here, as bits, as far as that is known.
        flags: a Python variable with further such bits.
    """

    base: str
    keep: int
    out: str
    add: int = 0
    ors: tuple[str, ...] = ()
    dirty: int = 0
    facts: Mapping[tuple[int, int], int] = field(default_factory=dict)
    locals: Mapping[Local, Fragment] = field(default_factory=dict)
    taken: int = 0
    flags: str | None = None

    def bind(self, local: Local, fragment: Fragment) -> Frame:
        """Return the frame in which `local` stands for `fragment`."""
        return replace(self, locals={**self.locals, local: fragment})

    def bind_all(self, bound: Mapping[Local, Fragment]) -> Frame:
        """Return the frame with several locals bound."""
        return replace(self, locals={**self.locals, **bound})

    def settled(self, name: str, whole: int) -> Frame:
        """Return the frame in which the variable `name` holds the present state."""
        return replace(self, base=name, keep=whole, add=0, ors=(), dirty=0)

    def state(self, whole: int) -> str:
        """Return the present state as text."""
        kept = self.base if self.keep == whole else f"{self.base} & {self.keep}"
        text = " | ".join([kept, *self.ors])
        if self.add == 0:
            return text
        sign = "+" if self.add > 0 else "-"
        plain = text.isidentifier()
        return f"{text if plain else f'({text})'} {sign} {abs(self.add)}"

    def is_plain(self) -> bool:
        """Tell whether `base` is the present state."""
        return not self.dirty

    def knows(self, offset: int, width: int) -> bool:
        """Tell whether the code of a field is known."""
        return (offset, width) in self.facts

    def store_known(self, offset: int, width: int, code: int) -> Frame:
        """Return the frame after a constant replaced a constant."""
        change = (code - self.facts[offset, width]) << offset
        mask = _mask(offset, width)
        facts = {**self.without(mask).facts, (offset, width): code}
        return replace(self, add=self.add + change, facts=facts, dirty=self.dirty | mask)

    def store(self, offset: int, width: int, code: Constant | str) -> Frame:
        """Return the frame after a write to a field that is not dirty; text must be an atom."""
        mask = _mask(offset, width)
        frame = replace(self.without(mask), keep=self.keep & ~mask, dirty=self.dirty | mask)
        if isinstance(code, str):
            shifted = code if offset == 0 else f"{code} << {offset}"
            return replace(frame, ors=(*frame.ors, shifted))
        facts = {**frame.facts, (offset, width): code.value}
        return replace(frame, add=frame.add + (code.value << offset), facts=facts)

    def without(self, mask: int) -> Frame:
        """Return the frame that knows nothing about the given bits."""
        facts = {at: code for at, code in self.facts.items() if not _mask(*at) & mask}
        return replace(self, facts=facts)

    def given(self, test: Fragment) -> Frame:
        """Return the frame in which a condition on the present state is known to hold."""
        facts = dict(self.facts)
        for offset, width, code in _equalities(test, self.base):
            if not _mask(offset, width) & self.dirty:
                facts[offset, width] = code
        return replace(self, facts=facts)


def _mask(offset: int, width: int) -> int:
    return ((1 << width) - 1) << offset


def _runs(mask: int) -> Iterable[tuple[int, int]]:
    """Yield offset and width of each run of ones: a test may be of several fields at once."""
    while mask:
        offset = (mask & -mask).bit_length() - 1
        width = (~(mask >> offset) & (mask >> offset) + 1).bit_length() - 1
        yield offset, width
        mask &= ~_mask(offset, width)


def _equalities(test: Fragment, base: str) -> Iterable[tuple[int, int, int]]:
    """Yield the fields that a condition fixes, with their codes."""
    match test:
        case FieldTest(name, mask, wanted, False) if name == base:
            for offset, width in _runs(mask):
                yield offset, width, wanted >> offset & (1 << width) - 1
        case FieldTest(name, mask, wanted, True) if name == base and mask.bit_count() == 1:
            offset = mask.bit_length() - 1
            yield offset, 1, 1 - (wanted >> offset)
        case Bits(name, int(offset), 1, 0) if name == base:
            yield offset, 1, 1
        case Junction("and", parts):
            for each in parts:
                yield from _equalities(each, base)
        case _:
            return
