"""The engine in Python, taking only the steps that must be taken.

Where all steps of a state are taken, or one of them fails, the generated code of the engine expands
it as it does without this reduction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from checker.explicit.engine import Expansion, Pulse
from checker.explicit.python.engine import PythonEngine
from checker.explicit.reductions.order.stubborn import ALL_CONDITIONS, Chosen, Conditions, Stubborn

if TYPE_CHECKING:
    from checker.explicit.checkpoint import SavedLevel
    from checker.explicit.layout import Layout
    from checker.explicit.python.exact import Exact
    from checker.model.system import System


PAYS: Final = 0.1
"""The part of the steps that must be left out to be worth the time that choosing takes."""

LOOKED_AT: Final = 64
"""States of a level that tell what the rest of it will be like."""

POOR_LEVELS: Final = 3
"""After so many levels that were not worth it, one after the other, an engine on trial gives up."""

_SPREAD: Final = 0x9E3779B97F4A7C15
"""Multiplying by this odd number and taking the lower bits gives an order that means nothing."""


class PartialOrderEngine(PythonEngine):
    """See `checker.explicit.engine` for the laws; a level holds the states that are searched.

    Choosing takes many times as long as taking all. An engine on trial looks at a few states of
    each level first, and takes all steps where little would be left out; that is right at any time.
    After some such levels it gives up.

    A state of a level need not be at the least distance from the initial ones. Looking back from a
    state (`predecessors`), all steps count, so that ways are shortest between levels.

    Attributes:
        is_reducing: whether steps are still left out.
        is_resumed: whether the search was begun in another run.
        expanded: states so far in which it was chosen.
        reduced: those of them of which some possible step was left out.
        left: steps that were left out.
    """

    def __init__(
        self,
        system: System,
        layout: Layout,
        exact: Exact,
        conditions: Conditions = ALL_CONDITIONS,
        *,
        is_on_trial: bool = False,
    ) -> None:
        """Analyse the system, and generate code.

        Args:
            is_on_trial: whether to give up where little is left out.
        """
        super().__init__(system, layout, exact)
        self._stubborn = Stubborn(system, exact, conditions)
        self._found: set[int] = set()
        self._is_on_trial = is_on_trial
        self._poor_levels = 0
        self._is_choosing = True
        self.is_reducing = True
        self.is_resumed = False
        self.expanded = self.reduced = self.left = 0

    def expand(
        self, level: list[int], pulse: Callable[[Pulse], bool]
    ) -> tuple[list[int], Expansion]:
        """Expand a level chunk by chunk."""
        self._found.clear()
        self._is_choosing = self.is_reducing and self._is_worth_it(level)
        return super().expand(level, pulse)

    def _is_worth_it(self, level: list[int]) -> bool:
        """Tell whether to choose in a level, and give up if it was not worth it for long."""
        if not self._is_on_trial or len(level) < 4 * LOOKED_AT:
            return True
        left = taken = 0
        # The same states whatever the order of the level.
        for state in nsmallest(LOOKED_AT, level, key=lambda each: each * _SPREAD & 0xFFFFFFFF):
            taken += len(self._exact.transitions(state))
            chosen = self._stubborn.choose(state, self._is_later)
            left += 0 if chosen is None else chosen.left
        self._cover()
        self._poor_levels = 0 if left >= PAYS * taken else self._poor_levels + 1
        self.is_reducing = self._poor_levels < POOR_LEVELS
        return not self._poor_levels

    def restore(self, levels: Sequence[SavedLevel], reached: Collection[str]) -> list[list[int]]:
        """Take all states; what is counted here is counted from now on."""
        self.is_resumed = True
        return super().restore(levels, reached)

    def take_all(self) -> None:
        """Leave out nothing from now on, which is right at any time."""
        self.is_reducing = self._is_choosing = False

    def _expand(self, chunk: Sequence[int], result: Expansion) -> None:
        if not self._is_choosing:
            super()._expand(chunk, result)
            return
        chosen = [(state, self._stubborn.choose(state, self._is_later)) for state in chunk]
        # Looking closer at a state that fails forgets what was covered before.
        self._cover()
        super()._expand([state for state, steps in chosen if steps is None], result)
        for state, steps in chosen:
            if steps is not None:
                self._expand_in_part(state, steps, result)
        self.expanded += len(chunk)
        self._cover()

    def _expand_in_part(self, state: int, chosen: Chosen, result: Expansion) -> None:
        """Take some of the steps out of a state."""
        self.reduced += 1
        self.left += chosen.left
        for action, after in chosen.taken:
            self._code.lists.successors[action].extend(after)
            for each in dict.fromkeys(after):
                for subject, evidence in self._exact.judge_step(state, each):
                    result.see(subject, evidence)

    def _cover(self) -> None:
        taken, tested = self._exact.covered()
        self._taken |= taken
        self._tested |= tested

    def _is_later(self, state: int) -> bool:
        if self._representative is not None:
            state = self._representative(state)
        return state not in self._seen or state in self._found

    def _absorb(self, result: Expansion) -> list[int]:
        following = super()._absorb(result)
        self._found.update(following)
        return following
