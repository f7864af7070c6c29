"""One unit of generated code: its names, its constants and its functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.explicit.python.conversions import Fault
from checker.explicit.python.shape import Shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.explicit.layout import Layout
    from checker.explicit.python.budget import Budget
    from checker.model.ir import Local


def fault() -> int:
    """Fail; the value is promised to let generated code stand where a number is wanted."""
    raise Fault


class Unit:
    """Collects definitions and compiles them.

    Generated code is never printed to people or kept in files; it is text because that is what
    Python compiles.
    """

    def __init__(self, layout: Layout, budget: Budget, shapes: Shapes | None = None) -> None:
        """Start an empty unit for states of the given layout."""
        self.layout = layout
        self.budget = budget
        self.shapes = Shapes() if shapes is None else shapes
        self.globals: dict[str, object] = {"fault": fault}
        self._lines: list[str] = []
        self._names = 0
        self._constants: dict[int, str] = {}
        self._numbers: dict[Local, int] = {}

    def name(self, prefix: str) -> str:
        """Return a name that nothing else has."""
        self._names += 1
        return f"{prefix}{self._names}"

    def constant(self, thing: object) -> str:
        """Return the global name of a value that generated code uses."""
        if id(thing) not in self._constants:
            # The globals keep the value alive, so that its id stays its own.
            name = self.name("C")
            self._constants[id(thing)] = name
            self.globals[name] = thing
        return self._constants[id(thing)]

    def number(self, local: Local) -> int:
        """Return a number by which locals are ordered: the order of first mention."""
        return self._numbers.setdefault(local, len(self._numbers))

    def define(self, lines: list[str]) -> None:
        """Add a definition at the level of the unit."""
        self._lines.extend(lines)

    @property
    def source(self) -> str:
        """The text of everything defined so far."""
        return "\n".join(self._lines) + "\n"

    def compile(self) -> dict[str, Callable[..., Any]]:
        """Compile the definitions and return the functions by name."""
        exec(compile(self.source, "<generated>", "exec"), self.globals)
        return self.globals  # type: ignore[return-value]  # only functions are asked for
