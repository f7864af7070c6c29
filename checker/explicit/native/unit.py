"""What the functions of one native module share: facts about terms, and tables of constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.explicit.native.assembly import WORD, Number, words
from checker.explicit.python.shape import Shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.explicit.layout import Layout
    from checker.explicit.native.assembly import Function


class Unit:
    """One module under construction.

    Attributes:
        has_finish: whether successors go through the function `@finish` before they are written.
    """

    def __init__(
        self, layout: Layout, shapes: Shapes | None = None, *, has_finish: bool = False
    ) -> None:
        """Begin an empty module for states of a layout."""
        self.layout = layout
        self.has_finish = has_finish
        self.shapes = shapes or Shapes()
        self.functions: list[str] = []
        self._tables: dict[tuple[int, ...], str] = {}

    @property
    def is_narrow(self) -> bool:
        """Whether a state is one word."""
        return self.words == 1

    @property
    def words(self) -> int:
        """The number of words of a state, the bit that marks a slot of the table included."""
        return words(self.layout.bits + 1)

    def look_up(self, code: Function, table: Sequence[int], index: Number) -> Number:
        """Write an access to a table of constants."""
        key = tuple(table)
        name = self._tables.setdefault(key, f"@table{len(self._tables)}")
        base = f"getelementptr [{len(key)} x i64], ptr {name}, i64 0, {index.typed}"
        return code.load(code.let(base), WORD)

    def text(self) -> str:
        """Return the whole module."""
        tables = [
            f"{name} = private unnamed_addr constant [{len(values)} x i64] "
            f"[{', '.join(f'i64 {value}' for value in values)}]"
            for values, name in self._tables.items()
        ]
        return "\n".join([*tables, "", *self.functions])
