"""View abstraction: a proof for every size, without any lemma, from small parts of states.

A *view* of size `k` is what one sees of a state through `k` of its elements: the variables that
belong to nobody, and the values that belong to each of the `k`, which have no names. A set of views
stands for all states, of any size, all of whose views are in it. Beginning with the views of the
initial states, a step is taken in every state that the set stands for, and the views of what comes
out are added, until nothing is new. Then the set stands for at least all reachable states; if
nothing is wrong in any state that it stands for, nothing is ever wrong (Abdulla, Haziza and Holík,
"All for the price of few", VMCAI 2013, and "Parameterized verification through view abstraction",
STTT 2016).

It is enough to take steps in states of `k` elements and as many more as one step may name or need
to see (`proofs.parametric`): a step of a larger state is one of its part with these elements. All
smaller sizes are searched one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model.findings import state_findings, step_findings
from checker.model.interpret import Moved, initial_states, successors
from checker.model.types import MapType, SetType, SortType, elements
from proofs.parametric import Fitting, Unfit, fitting

if TYPE_CHECKING:
    from checker.model.system import State, System
    from checker.model.types import Value

MAX_SIZE: Final = 3
MAX_STATES: Final = 20_000
"""States in which steps are taken; more take longer than they are worth."""

Owned: TypeAlias = "tuple[Value, ...]"
"""What belongs to one element."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some elements of a state without their names: those of the whole state, or a view."""

    common: tuple[Value, ...]
    owned: tuple[Owned, ...]


@dataclass(frozen=True, slots=True)
class Proved:
    """Nothing is wrong at any size.

    Attributes:
        size: of the views.
        views: how many there are at the fixed point.
        searched: the sizes below this one, and this one, were searched state by state.
    """

    size: int
    views: int
    searched: int


@dataclass(frozen=True, slots=True)
class Found:
    """At this size something is wrong in a reachable state."""

    size: int


@dataclass(frozen=True, slots=True)
class Vain:
    """No views of a size up to `size` are enough, or they are too many."""

    reason: str


Answer: TypeAlias = Proved | Found | Vain | Unfit


def abstract(system: System, load_at: Callable[[Mapping[str, int]], System | None]) -> Answer:
    """Try views of size 1, 2, ..."""
    fit = fitting(system)
    if isinstance(fit, Unfit):
        return fit
    for size in range(1, MAX_SIZE + 1):
        found = _at_size(size, fit, load_at)
        if found is not None:
            return found
    return Vain(f"views of up to {MAX_SIZE} elements admit states in which something is wrong")


def _at_size(
    size: int, fit: Fitting, load_at: Callable[[Mapping[str, int]], System | None]
) -> Answer | None:
    whole = max(size + fit.step, fit.claim)
    seen = 0
    largest: _Sized | None = None
    for number in range(1, whole + 1):
        system = load_at({fit.sort.name: number})
        if system is None:
            return Vain(f"there is no system with {fit.sort.name} = {number}")
        largest = _Sized(system)
        if not largest.search(MAX_STATES - seen):
            return Found(number) if largest.is_wrong else Vain("there are too many states")
        seen += len(largest.done)
    assert largest is not None
    fixpoint = _Fixpoint(largest, size)
    match fixpoint.run(MAX_STATES):
        case None:
            return Vain("there are too many views")
        case False:
            return None
        case True:
            return Proved(size, fixpoint.count, whole)


# --- states of one size ---------------------------------------------------------------------------


class _Sized:
    """A system at one size, its states without the names of elements."""

    def __init__(self, system: System) -> None:
        self.system = system
        (self.sort,) = system.sorts
        self.elements = tuple(elements(self.sort))
        self.is_wrong = False
        self.done: dict[Part, frozenset[Part]] = {}

    def part(self, state: State) -> Part:
        """Return a state without names."""
        common: list[Value] = []
        columns: list[tuple[Value, ...]] = []
        for variable, value in zip(self.system.variables, state, strict=True):
            match variable.type:
                case MapType(SortType()):
                    assert isinstance(value, tuple)
                    columns.append(value)
                case SetType(SortType()):
                    assert isinstance(value, frozenset)
                    columns.append(tuple(each in value for each in self.elements))
                case _:
                    common.append(value)
        rows: list[Owned] = list(zip(*columns, strict=True)) if columns else []
        rows = rows or [()] * len(self.elements)
        return Part(tuple(common), _sorted(rows))

    def state(self, part: Part) -> State:
        """Return a state of which this is the whole."""
        common, columns = iter(part.common), iter(zip(*part.owned, strict=True))
        values: list[Value] = []
        for variable in self.system.variables:
            match variable.type:
                case MapType(SortType()):
                    values.append(next(columns))
                case SetType(SortType()):
                    pairs = zip(self.elements, next(columns), strict=True)
                    values.append(frozenset(each for each, is_in in pairs if is_in))
                case _:
                    values.append(next(common))
        return tuple(values)

    def initial(self) -> Iterator[Part]:
        """Yield the initial states."""
        for outcome in initial_states(self.system):
            if isinstance(outcome, Moved):
                yield self.part(outcome.state)
            else:
                self.is_wrong = True

    def after(self, part: Part) -> frozenset[Part]:
        """Return what steps lead to; note whether anything is wrong here or in a step."""
        found = self.done.get(part)
        if found is None:
            found = self.done[part] = frozenset(self._steps(self.state(part)))
        return found

    def _steps(self, state: State) -> Iterator[Part]:
        self.is_wrong |= any(True for _ in state_findings(self.system, state))
        for outcome in successors(self.system, state):
            if not isinstance(outcome, Moved):
                self.is_wrong = True
                continue
            self.is_wrong |= any(True for _ in step_findings(self.system, state, outcome.state))
            yield self.part(outcome.state)

    def search(self, limit: int) -> bool:
        """Take all steps from the initial states; tell whether all of it was right."""
        pending = list(self.initial())
        while pending and not self.is_wrong:
            part = pending.pop()
            if part in self.done:
                continue
            if len(self.done) >= limit:
                return False
            pending += self.after(part)
        return not self.is_wrong


def _sorted(rows: list[Owned]) -> tuple[Owned, ...]:
    # Values of different types are not ordered; their texts are, and are the same for the same.
    return tuple(sorted(rows, key=_key))


def _key(owned: Owned) -> str:
    return repr(
        [sorted(map(repr, each)) if isinstance(each, frozenset) else each for each in owned]
    )


# --- the fixed point ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Fixpoint:
    """Views of one size, by what is common to all elements."""

    sized: _Sized
    size: int
    views: dict[tuple[Value, ...], set[tuple[Owned, ...]]] = field(default_factory=dict)

    def run(self, limit: int) -> bool | None:
        """Add views until none is new; tell whether nothing is wrong, None if they are too many."""
        reachable = [*self.sized.done, *(p for after in self.sized.done.values() for p in after)]
        fresh = {common for part in reachable for common in self.add(part)}
        while fresh:
            common = fresh.pop()
            for part in list(self.wholes(common)):
                for after in self.sized.after(part):
                    fresh.update(self.add(after))
                if self.sized.is_wrong:
                    return False
                if len(self.sized.done) > limit:
                    return None
        return True

    @property
    def count(self) -> int:
        """How many views there are."""
        return sum(map(len, self.views.values()))

    def add(self, part: Part) -> Iterator[tuple[Value, ...]]:
        """Add the views of a state; yield what is common in them if some are new."""
        known = self.views.setdefault(part.common, set())
        before = len(known)
        known.update(combinations(part.owned, self.size))
        if len(known) > before:
            yield part.common

    def wholes(self, common: tuple[Value, ...]) -> Iterator[Part]:
        """Yield the states, at the size of the system, all of whose views are known."""
        known = self.views[common]
        singles = sorted({owned for view in known for owned in view}, key=_key)
        grown = set(known)
        for _ in range(len(self.sized.elements) - self.size):
            grown = {
                _sorted([*whole, owned])
                for whole in grown
                for owned in singles
                if self._fits(whole, owned, known)
            }
        for whole in grown:
            yield Part(common, whole)

    def _fits(self, whole: tuple[Owned, ...], owned: Owned, known: set[tuple[Owned, ...]]) -> bool:
        """Tell whether all views with one more element are known."""
        others = combinations(whole, self.size - 1)
        return all(_sorted([*each, owned]) in known for each in others)
