"""Steps with the elements of symmetric sorts renamed: parameters, and where they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.explicit.layout import decode, encode
from checker.explicit.python.exact import Transition
from checker.explicit.reductions.permute import renamed

if TYPE_CHECKING:
    from checker.explicit.reductions.canonical import Orbits, Renamed
    from checker.explicit.reductions.images import Places
    from checker.model.system import System


class RenamedSteps:
    """What a renaming makes of the states and steps of a system."""

    def __init__(self, system: System, orbits: Orbits) -> None:
        """Take the orbits of a system."""
        self._orbits = orbits
        self._params = [tuple(local.type for local in each.params) for each in system.actions]
        self._known: dict[tuple[int, tuple[int, ...], Places], tuple[int, ...]] = {}

    def representative(self, state: int) -> int:
        """Return the state that stands for a state."""
        return self._orbits.representative(state)

    def renamed(self, state: int) -> Renamed:
        """Return what stands for a state, and the renaming that leads there."""
        return self._orbits.renamed(state)

    def step(self, step: Transition, places: Places) -> Transition:
        """Return a step out of a state as one out of the renamed state."""
        after = self._orbits.images.under(places)(step.after)
        return Transition(step.action, self.parameters(step, places), after)

    def parameters(self, step: Transition, places: Places) -> tuple[int, ...]:
        """Return the codes of a step's parameters after a renaming."""
        key = (step.action, step.params, places)
        if key not in self._known:
            renaming = dict(zip(self._orbits.sorts, places, strict=True))
            types = self._params[step.action]
            self._known[key] = tuple(
                encode(of, renamed(of, decode(of, code), renaming))
                for of, code in zip(types, step.params, strict=True)
            )
        return self._known[key]


def inverse(places: Places) -> Places:
    """Return the renaming that undoes another."""
    return tuple(tuple(sorted(range(len(each)), key=each.__getitem__)) for each in places)
