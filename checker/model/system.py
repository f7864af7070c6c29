"""The typed transition system: all that any engine receives.

A `System` is finite at the sizes of its sorts and constants, yet stays parametric in form: a
process over `Cpu` is one set of actions with the parameter `self: Cpu`, not one per processor, so
that an engine may unroll it (explicit search) or keep it symbolic (proof).

A state gives every variable a value, in the order of `System.variables`. The initial states are
what `init` yields from the state in which every variable has its type's default. An action is
possible in a state, for given parameters, when its guard holds and its body yields something; each
execution of the body is one transition. Transitions are counted per action, parameters and
execution, whether or not they lead to a new state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from checker.model.ir import TermTable
from checker.model.temporal import Fairness
from checker.model.types import EnumType

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local, Variable
    from checker.model.temporal import Bypass, Ranking, Refinement, TemporalProperty
    from checker.model.types import SortType, Type, Value
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """A place where a process rests between steps.

    Attributes:
        name: unique in its process: a label, or the procedure and a number; `end` is the last one.
        places: every dotted name that `at` may use for it: labels and enclosing procedures.
        site: the statement that the next step from here carries out.
    """

    name: str
    places: frozenset[str]
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A thread, or one thread per value of `index`.

    Attributes:
        control: the variable that holds the control point; a map from `index` when there is one.
        points: all control points, in the order of the members of `control`'s enum type.
        can_end: whether the body can finish; control then rests at the point `end` for ever.
        fairness: demanded of each of its threads, for all of its steps together but those that have
            a fairness of their own.
    """

    name: str
    index: Type | None
    control: Variable
    points: tuple[ControlPoint, ...]
    can_end: bool
    site: Span
    fairness: Fairness = Fairness.WEAK


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One guarded atomic step.

    Attributes:
        name: unique: `worker.critical` for a step of a process, the declared name otherwise.
        process: whose step it is; `params[0]` is then its `self` if the process has an index.
        source: control point from which a process step leaves, else None.
        guard: a necessary condition, cheap to test first; `body` may block further.
        fairness: demanded of this action, for each value of its parameters; None for a step of a
            process that has no fairness of its own, and for a declared action without any.
    """

    name: str
    process: Process | None
    source: ControlPoint | None
    params: tuple[Local, ...]
    guard: Expr
    body: Effect
    site: Span
    fairness: Fairness | None = None


class PropertyKind(Enum):
    """The kinds of properties of states and steps."""

    INVARIANT = "invariant"
    STEP = "step"
    REACHABLE = "reachable"


@dataclass(frozen=True, slots=True, eq=False)
class Conjunct:
    """One part of an invariant or step property that is reported by itself."""

    name: str
    expression: Expr
    site: Span


@dataclass(frozen=True, slots=True, eq=False)
class Property:
    """A named property; the conjunction of its parts (always one part for `reachable`).

    `is_lemma` marks an invariant that is there for the sake of proofs; it is checked like others.
    """

    kind: PropertyKind
    name: str
    conjuncts: tuple[Conjunct, ...]
    doc: str
    site: Span
    is_lemma: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Assumption:
    """A condition on the constants; it has no variables and is evaluated before any search."""

    name: str
    expression: Expr
    site: Span


@dataclass(frozen=True, slots=True)
class Setting:
    """One constant or sort size of this instance; `origin` tells who chose it.

    `origin` is "spec" (written in the file), "default" (the tool's choice, said on the verdict
    line) or "command" (`-c`).
    """

    name: str
    value: str
    origin: str
    is_size: bool


@dataclass(frozen=True, slots=True)
class AtomicityNote:
    """A step of procedural code that makes more than one shared access outside `atomic`."""

    site: Span
    accesses: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """A specification at given sizes, ready for any engine.

    Attributes:
        terminal: states in which having no successor is an end and not a deadlock, besides those in
            which every process is at `end`; None when the spec names none.
        settings: constants and sizes, for the verdict's scope line.
        atomicity: steps whose atomicity no machine gives; said on the verdict.
        sized: constants that may depend on the size of a sort; with any, the system says nothing
            about other sizes.
        temporal, bypasses, refinements: claims about whole runs.
        rankings: why some of the temporal claims hold; nothing is claimed by them.
    """

    name: str
    doc: str
    sorts: tuple[SortType, ...]
    variables: tuple[Variable, ...]
    processes: tuple[Process, ...]
    init: Effect
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    assumptions: tuple[Assumption, ...]
    terminal: Expr | None
    settings: tuple[Setting, ...]
    atomicity: tuple[AtomicityNote, ...]
    terms: TermTable = field(repr=False)
    sized: tuple[Span, ...] = ()
    temporal: tuple[TemporalProperty, ...] = ()
    bypasses: tuple[Bypass, ...] = ()
    refinements: tuple[Refinement, ...] = ()
    rankings: tuple[Ranking, ...] = ()

    @property
    def ghosts(self) -> tuple[Variable, ...]:
        """Variables that only properties read."""
        return tuple(v for v in self.variables if v.role.value == "ghost")

    @property
    def claims(self) -> tuple[str, ...]:
        """The names of everything that is claimed, by kind and then in the order of the text."""
        kinds = (self.properties, self.temporal, self.bypasses, self.refinements)
        return tuple(each.name for kind in kinds for each in kind)

    @property
    def speaks_of_runs(self) -> bool:
        """Whether something is claimed that takes more than single states and steps to judge."""
        return bool(self.temporal or self.bypasses or self.refinements)

    @property
    def ends_by_itself(self) -> bool:
        """Whether states in which every process is at `end` are ends.

        With actions but no process only `terminal` says what an end is; with neither, every state
        is one, since nothing was ever meant to happen.
        """
        return bool(self.processes) or not self.actions


State = tuple["Value", ...]
"""Values of `System.variables`, in order."""


def control_type(process: Process) -> EnumType:
    """Return the enum of the process's control points."""
    of = process.control.type
    inner = of if process.index is None else of.value  # type: ignore[union-attr]  # a map
    assert isinstance(inner, EnumType)
    return inner
