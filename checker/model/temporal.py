"""Claims about whole runs: temporal properties, bypass, refinement, and fairness.

A *run* is a sequence of steps from an initial state that goes on for ever, or that ends in a state
which no fairness condition forces it to leave; the last state is then repeated. Among the runs the
*fair* ones count: see `Fairness` and `checker.model.lasso`, which is the meaning of everything
here.

A formula is evaluated at a position of a run, that is, in a state from which one step is about to
be taken. Quantifiers are rigid: the bound value stays what it is while time goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local, Quantifier
    from checker.model.system import Action, Process, System
    from grammar.source import Span


class Fairness(Enum):
    """What is demanded of a thread, of one of its steps, or of an action with given parameters.

    WEAK: not possible for ever without being taken. STRONG: not possible again and again without
    being taken. A step that changes nothing counts as taken, and as possible: fairness tells who
    gets to run, not how a thread that runs decides.
    """

    UNFAIR = "unfair"
    WEAK = "fair"
    STRONG = "strong fair"


# --- formulas -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Now:
    """The state has a property."""

    expression: Expr
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class TakesStep:
    """The step about to be taken is one of these.

    Attributes:
        process: whose step it is; None for a declared action.
        points: names of the control points that it leaves; None for any.
        action: name of the declared action; None for the step of a process.
        arguments: what its first parameters must be, as many as are given.
    """

    process: Process | None
    points: frozenset[str] | None
    action: str | None
    arguments: tuple[Expr, ...]
    site: Span

    def is_by(self, action: Action) -> bool:
        """Tell whether steps of an action can be meant, whatever the parameters."""
        if self.process is None:
            return action.process is None and action.name == self.action
        if action.process is None or action.process.name != self.process.name:
            return False
        return self.points is None or (
            action.source is not None and action.source.name in self.points
        )


@dataclass(frozen=True, slots=True, eq=False)
class Negation:
    """Not."""

    operand: Formula


@dataclass(frozen=True, slots=True, eq=False)
class AllOf:
    """Conjunction."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf:
    """Disjunction."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Implication:
    """`left -> right`; `site` is that of the left side."""

    left: Formula
    right: Formula
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Always:
    """From now on."""

    operand: Formula


@dataclass(frozen=True, slots=True, eq=False)
class Eventually:
    """Now or later."""

    operand: Formula


@dataclass(frozen=True, slots=True, eq=False)
class Until:
    """`right` holds now or later, and `left` up to then."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True, eq=False)
class LeadsTo:
    """Whenever `left` holds, `right` holds then or later; `site` is that of the left side."""

    left: Formula
    right: Formula
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Each:
    """FORALL or EXISTS over all values of a local's type."""

    quantifier: Quantifier
    local: Local
    body: Formula


Formula: TypeAlias = (
    Now
    | TakesStep
    | Negation
    | AllOf
    | AnyOf
    | Implication
    | Always
    | Eventually
    | Until
    | LeadsTo
    | Each
)


# --- claims ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class TemporalProperty:
    """`property name: formula`: holds at the beginning of every fair run."""

    name: str
    formula: Formula
    doc: str
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Bypass:
    """`bypass name <= bound: forall c: T. waiting ~> entering`: how often others overtake.

    One value of `local` waits while `waiting` holds of it and `entering` does not. An overtaking is
    a step by which `entering` becomes true meanwhile of another one, unless that has waited since
    before this one began. The greatest number of them in one wait is computed over all runs, fair
    or not; `bound` is None where it is only asked for.
    """

    name: str
    local: Local
    waiting: Expr
    entering: Expr
    bound: int | None
    doc: str
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """`refines Abstract with { ... }`: every step is one of the other system, or none at all.

    Attributes:
        abstract: the other system, without ghosts.
        images: what each of its variables is in terms of this system, in its order of variables.
        is_fair: whether fair runs of this system must be fair runs of the other one, too.
    """

    name: str
    abstract: System
    images: tuple[Expr, ...]
    is_fair: bool
    doc: str
    site: Span


# --- why something is reached ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Helper:
    """A thread, or an action with given parameters, whose step brings the awaited nearer.

    Attributes:
        process: None for a declared action.
        action: name of the declared action; None for a process.
        locals: the index of the thread, or the parameters of the action.
        condition: when the step helps, in terms of the ranking's and these locals.
        measures: what decreases, the first that changes counting: an integer becomes less, a set
            loses elements.
    """

    process: Process | None
    action: str | None
    locals: tuple[Local, ...]
    condition: Expr
    measures: tuple[Expr, ...]
    site: Span

    def is_by(self, action: Action) -> bool:
        """Tell whether steps of an action are demanded by the fairness that the helper rests on."""
        if self.process is None:
            is_fair = action.fairness in {Fairness.WEAK, Fairness.STRONG}
            return action.process is None and action.name == self.action and is_fair
        is_fair = self.process.fairness is not Fairness.UNFAIR
        return action.process is self.process and action.fairness is None and is_fair


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """`rank of name(...) { ... }`: why `forall locals. waiting ~> goal`, by what comes nearer.

    Attributes:
        name: the property that it is for.
        doc: the documentation of the ranking, not of the property.
    """

    name: str
    locals: tuple[Local, ...]
    waiting: Expr
    goal: Expr
    helpers: tuple[Helper, ...]
    doc: str
    site: Span
