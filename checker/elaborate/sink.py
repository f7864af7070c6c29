"""Where the code of a block gathers while its statements are elaborated one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker.model.ir import Bind
from checker.steps.code import Block, Do

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.steps.code import Code
    from grammar.source import Span


@dataclass(slots=True)
class Sink:
    """The statements and locals of a block so far; `is_whole` until one of them has a mistake."""

    statements: list[Code] = field(default_factory=list)
    locals: list[Local] = field(default_factory=list)
    is_whole: bool = True

    def add(self, *codes: Code | None) -> None:
        """Append statements; None stands for one with a mistake."""
        for code in codes:
            if code is None:
                self.is_whole = False
            else:
                self.statements.append(code)

    def bind(self, local: Local, value: Expr | None, site: Span) -> None:
        """Declare a local and append the statement that gives it its value."""
        self.locals.append(local)
        self.add(None if value is None else Do(Bind(local, value, site), False, site))

    def block(self) -> Block | None:
        """Return the block, unless something in it has a mistake."""
        if not self.is_whole:
            return None
        return Block(tuple(self.statements), tuple(self.locals))
