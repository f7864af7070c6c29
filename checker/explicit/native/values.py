"""Names in expressions, and the operands they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.native.assembly import Number
from checker.explicit.native.cells import Located

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.explicit.native.cells import Memory
    from checker.model.ir import Implies, Local

MAX_WIDTH: Final = 4096
"""The widest value, in bits, that is ever held at once."""


class Unsupported(Exception):  # noqa: N818  # not an error: another engine takes over
    """The native engine leaves this system to the generated Python code; the text says why."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A number in storage that changes from time to time."""

    pointer: str
    width: int


Operand: TypeAlias = Number | Located
Bound: TypeAlias = Number | Located | Slot


@dataclass(frozen=True, slots=True)
class View:
    """What names in an expression stand for.

    Attributes:
        state: where the present state is.
        old: where the state before the step is.
        fail: the block to go to when the expression has no value.
        watched: bits of the mark words for the implications whose left side is to be recorded.
        marks: the register that holds the address of the mark words.
    """

    state: Memory
    fail: str
    old: Memory | None = None
    locals: Mapping[Local, Bound] = field(default_factory=dict)
    watched: Mapping[Implies, int] = field(default_factory=dict)
    marks: str = ""

    def bind(self, local: Local, to: Bound) -> View:
        """Return the view in which `local` stands for `to`."""
        return replace(self, locals={**self.locals, local: to})
