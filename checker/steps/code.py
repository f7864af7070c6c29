"""Stepwise code after typing and inlining, before it is cut into steps.

`checker.model.elaborate` turns the statements of processes, procedures and actions into this closed
set of nodes: names are resolved, expressions are typed IR, procedures are inlined at their call
sites. `checker.steps.cut` decides where control rests and makes actions of it.

Every local of the code (parameters, `var`, `let`, `choose`, results of calls) is one `ir.Local`:
read by `LocalRef`, written by `Bind`. Those that must survive between steps become state variables
later. Variables of a process's outermost scope are state variables from the start, since
properties name them; they are read as `Read`, under `Index` by `self` where the process has an
index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local
    from checker.model.temporal import Fairness
    from grammar.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Statements in order; `locals` exist in this block only."""

    statements: tuple[Code, ...]
    locals: tuple[Local, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Do:
    """Assignments, bindings or an assertion, done together.

    `is_primitive` marks a hardware primitive: its read and its write are one access by decree. The
    read of the old value is then bound to a local inside `effect`.
    """

    effect: Effect
    is_primitive: bool
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Pause:
    """A labelled `skip`: a step that moves control only."""

    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """`if`; `prelude` holds the primitive that the condition uses, if any."""

    prelude: Do | None
    condition: Expr
    then: Code
    otherwise: Code
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """`while`, `for` (already in terms of `while`) and, with no condition, `loop`."""

    prelude: Do | None
    condition: Expr | None
    body: Code
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Break:
    """Leave the innermost `Repeat` of the same procedure."""

    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Continue:
    """Go to the next round of the innermost `Repeat`."""

    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """`either`."""

    branches: tuple[Code, ...]
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """`choose`: bind the local to any value of its type (or `domain`) that fits the condition."""

    local: Local
    domain: Expr | None
    condition: Expr | None
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Wait:
    """`await`."""

    condition: Expr
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Atomic:
    """One step by the author's decision."""

    body: Code
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """Control rests before `body`, under this name; `fairness` is that of the step from there."""

    name: str
    body: Code
    site: Span
    fairness: Fairness | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Inline:
    """A procedure's body at one call site.

    `place` is the name for `at` (`Lock.acquire`). Arguments are bound by the `Do` before it; the
    result, if any, is bound to a local by `Return` and used after it. `locals` holds parameters.
    """

    place: str
    body: Code
    locals: tuple[Local, ...]
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    """Leave the innermost `Inline`, or end the process, after binding the result if any."""

    result: Do | None
    site: Span


Code: TypeAlias = (
    Block
    | Do
    | Pause
    | Branch
    | Repeat
    | Break
    | Continue
    | Fork
    | Pick
    | Wait
    | Atomic
    | Label
    | Inline
    | Return
)
