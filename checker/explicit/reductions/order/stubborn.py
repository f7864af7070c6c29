"""Which steps out of a state have to be taken, and which can wait: stubborn sets.

A set of steps is *stubborn* in a state if, for each of its members,

* that is possible there, all steps that it does not commute with are in the set, and if it is
  visible, all visible steps are;
* that is not possible, all steps that could make it possible (or make it fail) are in the set.

Whatever the rest of the system does without the set, the possible members stay possible and
come to the same. So it is enough to take them first, and no deadlock is lost (Valmari, "Stubborn
sets for reduced state space generation", 1991; Godefroid, "Partial-Order Methods for the
Verification of Concurrent Systems", 1996). Since visible steps are taken all or none, their order
is kept, and with it all that properties of states see (Valmari's condition V, which is a little
weaker than Peled's C2, 1994).

A step may be put off for ever in this way, and what it would have shown never be seen. Therefore
the steps that are taken must lead to some state that is searched later than this one: Bosnacki and
Holzmann, "Improving Spin's partial-order reduction for breadth-first search", 2005. Here that is a
state of the next level, which does not depend on the order of visiting. By induction, backwards
over the levels and over the length of what is left to be done, everything that some way through the
whole space shows is shown by a way that is searched: what goes wrong in steps, deadlocks, what
invariants and `reachable`s say, which actions occur and which branches they take. Ways may be
longer than they need be.

A step out of the control point where a thread is not can be made possible only by steps of that
thread that lead there. Members of that kind are replaced at once by the steps that the thread can
take now, so that sets hold steps out of present control points only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from checker.explicit.layout import ones
from checker.explicit.python.budget import Budget
from checker.explicit.python.conversions import Fault
from checker.explicit.python.expressions import ExpressionWriter, View
from checker.explicit.python.fragments import Text, condition
from checker.explicit.python.unit import Unit
from checker.explicit.reductions.order.footprints import conjuncts_of
from checker.explicit.reductions.order.steps import steps
from checker.explicit.reductions.order.visible import visible

if TYPE_CHECKING:
    from checker.explicit.python.exact import Exact
    from checker.explicit.reductions.order.steps import Steps, Thread
    from checker.model.system import System


class Taken(NamedTuple):
    """A step that is taken, by the number of its action, and where it leads."""

    action: int
    after: Sequence[int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is done in a state.

    Attributes:
        taken: steps, with where they lead.
        left: how many possible steps are left out.
    """

    taken: tuple[Taken, ...]
    left: int


class Conditions(NamedTuple):
    """Which conditions are kept; all of them, but in tests that show what each is good for."""

    visibility: bool = True
    progress: bool = True


ALL_CONDITIONS: Final = Conditions()


class Stubborn:
    """Chooses the steps that are taken in a state."""

    def __init__(
        self, system: System, exact: Exact, conditions: Conditions = ALL_CONDITIONS
    ) -> None:
        """Analyse a system once for all of its states."""
        self._exact = exact
        self._steps: Steps = steps(system, exact.layout)
        self._visible = visible(system, exact.layout, self._steps.all)
        self._conditions = conditions
        self._guards = _guards(system, exact)
        self._sets: dict[tuple[int, int], int] = {}
        self._leads: dict[tuple[tuple[int, int], int, int], int] = {}
        self._of_thread = [
            sum(1 << number for at in each.at.values() for number in at)
            for each in self._steps.threads
        ]

    def choose(self, state: int, is_later: Callable[[int], bool]) -> Chosen | None:
        """Return the steps to take in a state; None if all are, or if some step fails.

        Args:
            is_later: tells whether a state is searched later than this one.
        """
        threads = self._steps.threads
        points = [(state & each.mask) >> each.offset for each in threads]
        present = [n for each, at in zip(threads, points, strict=True) for n in each.at.get(at, ())]
        present += ones(self._steps.free)
        after: dict[int, list[int]] = {}
        try:
            for number in present:
                each = self._steps.all[number]
                found = self._exact.attempt(each.number, each.params, state)
                if found:
                    after[number] = found
        except Fault:
            return None
        if len(after) < 2:
            return None
        closure = _Closure(self, state, points, after)
        options = sorted(closure.options(), key=lambda option: (len(option), option))
        for option in options:
            if not self._conditions.progress or any(
                is_later(to) for number in option for to in after[number]
            ):
                taken = tuple(Taken(self._steps.all[n].number, after[n]) for n in option)
                return Chosen(taken, len(after) - len(option))
        return None

    # --- sets of steps, told apart by a step and what is asked of it

    def wanted(self, number: int, state: int, points: Sequence[int], *, possible: bool) -> int:
        """Return the steps out of present control points that a member calls for."""
        key = (number, _POSSIBLE if possible else self._blocked_by(number, state))
        if key not in self._sets:
            self._sets[key] = self._set(*key)
        result = self._sets[key] & self._steps.free
        for at, of_thread in enumerate(self._of_thread):
            if self._sets[key] & of_thread:
                place = (key, at, points[at])
                if place not in self._leads:
                    self._leads[place] = self._leading(self._sets[key], at, points[at])
                result |= self._leads[place]
        return result

    def _set(self, number: int, why: int) -> int:
        each = self._steps.all[number]
        if why >= 0:
            bits = each.waits[why] if why < len(each.waits) else each.any_wait
            return self._steps.changing(bits)
        result = self._steps.disturbed_by(number)
        if self._conditions.visibility and self._visible >> number & 1:
            result |= self._visible
        return result

    def _blocked_by(self, number: int, state: int) -> int:
        """Return which conjunct of a guard does not hold; their number if it is the body."""
        each = self._steps.all[number]
        guards = self._guards[each.number]
        for at, test in enumerate(guards):
            if not test(state, *each.arguments):
                return at
        return len(guards)

    def _leading(self, wanted: int, at: int, point: int) -> int:
        """Return the steps of a thread, at a control point, that are wanted or lead to such."""
        thread: Thread = self._steps.threads[at]
        elsewhere = {
            code
            for code, numbers in thread.at.items()
            if code != point and any(wanted >> number & 1 for number in numbers)
        }
        return sum(
            1 << number
            for number in thread.at.get(point, ())
            if wanted >> number & 1
            or any(thread.leads[to] & elsewhere for to in self._steps.all[number].arrives)
        )


_POSSIBLE: Final = -1


@dataclass(slots=True)
class _Closure:
    """The stubborn sets of one state."""

    stubborn: Stubborn
    state: int
    points: Sequence[int]
    after: Mapping[int, Sequence[int]]
    _wanted: dict[int, int] = field(default_factory=dict)

    def options(self) -> Iterator[tuple[int, ...]]:
        """Yield the possible members of stubborn sets that leave something out."""
        found: set[tuple[int, ...]] = set()
        for seed in self.after:
            option = self._around(seed)
            if option is not None and option not in found:
                found.add(option)
                yield option

    def _around(self, seed: int) -> tuple[int, ...] | None:
        """Return the possible members of the smallest set with a step; None if it has all."""
        every = sum(1 << number for number in self.after)
        whole, pending = 1 << seed, [seed]
        while pending:
            number = pending.pop()
            if number not in self._wanted:
                self._wanted[number] = self.stubborn.wanted(
                    number, self.state, self.points, possible=number in self.after
                )
            more = self._wanted[number] & ~whole
            whole |= more
            if whole & every == every:
                return None
            # Those that are possible come next: they call for most.
            pending += ones(more & ~every)
            pending += ones(more & every)
        return tuple(ones(whole & every))


def _guards(system: System, exact: Exact) -> list[list[Callable[..., int]]]:
    """Return functions that evaluate the conjuncts of each action's guard."""
    unit = Unit(exact.layout, Budget())
    expressions = ExpressionWriter(unit)
    names = []
    for number, action in enumerate(system.actions):
        params = {local: Text(unit.name("x")) for local in action.params}
        view = View(locals=params)
        head = ", ".join(["s", *(each.text for each in params.values())])
        own = [f"g{number}_{at}" for at in range(len(conjuncts_of(action.guard)))]
        for name, part in zip(own, conjuncts_of(action.guard), strict=True):
            test = condition(expressions.render(part, view))
            unit.define([f"def {name}({head}): return {test}"])
        names.append(own)
    made = unit.compile()
    return [[made[name] for name in own] for own in names]
