"""The engine in Python, taking only the steps that must be taken.

Where all steps of a state are taken, or one of them fails, the generated code of the engine expands
it as it does without this reduction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
"""The part of the steps that must be left out, lest the engine give up."""

TRIAL: Final = 10_000
"""States that tell what the rest will be like."""


class PartialOrderEngine(PythonEngine):
    """See `checker.explicit.engine` for the laws; a level holds the states that are searched.

    Choosing takes many times as long as taking all. An engine on trial gives up, at the end of a
    level, if it leaves out little. From then on it takes all steps, which is right at any time.

    A state of a level need not be at the least distance from the initial ones. Looking back from a
    state (`predecessors`), all steps count, so that ways are shortest between levels.

    Attributes:
        is_reducing: whether steps are still left out.
        is_resumed: whether the search was begun in another run.
        expanded: states so far, while it was reducing.
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
        trial: int | None = None,
    ) -> None:
        """Analyse the system, and generate code.

        Args:
            trial: states after which the engine gives up if it leaves out little, None for never.
        """
        super().__init__(system, layout, exact)
        self._stubborn = Stubborn(system, exact, conditions)
        self._found: set[int] = set()
        self._trial = trial
        self._taken_steps = 0
        self.is_reducing = True
        self.is_resumed = False
        self.expanded = self.reduced = self.left = 0

    def expand(
        self, level: list[int], pulse: Callable[[Pulse], bool]
    ) -> tuple[list[int], Expansion]:
        """Expand a level chunk by chunk."""
        self._found.clear()
        if self._trial is not None and self.expanded >= self._trial:
            self.is_reducing &= self.left >= PAYS * (self.left + self._taken_steps)
        following, result = super().expand(level, pulse)
        self._taken_steps += sum(result.transitions)
        return following, result

    def restore(self, levels: Sequence[SavedLevel], reached: Collection[str]) -> list[list[int]]:
        """Take all states; what is counted here is counted from now on."""
        self.is_resumed = True
        return super().restore(levels, reached)

    def take_all(self) -> None:
        """Leave out nothing from now on, which is right at any time."""
        self.is_reducing = False

    def _expand(self, chunk: Sequence[int], result: Expansion) -> None:
        if not self.is_reducing:
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
