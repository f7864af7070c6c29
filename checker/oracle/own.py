"""Our own answer: every reachable state, without reductions, whatever is wrong on the way."""

from __future__ import annotations

from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import TYPE_CHECKING

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.depth import room_for
from checker.explicit.layout import Layout
from checker.explicit.python.exact import Exact
from checker.explicit.usage import memory_in_use
from checker.export.exported import Wrong
from checker.oracle.answers import Answer, Cut
from checker.oracle.process import KIB

if TYPE_CHECKING:
    from checker.explicit.engine import Expansion, Pulse
    from checker.model.system import System
    from checker.oracle.process import Limits


def own_answer(system: System, limits: Limits) -> Answer | Cut:
    """Search to the very end."""
    with room_for(system):
        return _Search(system, limits).run()


class _Search:
    def __init__(self, system: System, limits: Limits) -> None:
        self._limits = limits
        self._start = perf_counter()
        self._states = 0
        self._wrongs: set[Wrong] = set()
        layout = Layout(system)
        self._exact = Exact(system, layout)
        self._engine = engine_maker(EngineOptions())(system, layout, self._exact)

    def run(self) -> Answer | Cut:
        states, failures = self._exact.initial()
        self._wrongs |= {Wrong(each.kind, each.name) for each in failures}
        level, expansion = self._engine.admit(states)
        self._take(expansion)
        while expansion.new:
            if not self._goes_on():
                return Cut(f"stopped at {self._states:,} states")
            level, expansion = self._engine.expand(level, self._pulse)
            self._take(expansion)
            if not expansion.finished:
                return Cut(f"stopped at {self._states:,} states")
        return Answer(
            states=self._states,
            wrongs=frozenset(self._wrongs),
            looks_on=True,
            seconds=perf_counter() - self._start,
            peak_bytes=getrusage(RUSAGE_SELF).ru_maxrss * KIB,
        )

    def _take(self, expansion: Expansion) -> None:
        self._states += expansion.new
        self._wrongs |= {
            Wrong(subject.kind, subject.name)
            for subject in expansion.sightings
            if subject.kind is not None
        }

    def _pulse(self, _: Pulse) -> bool:
        return self._goes_on()

    def _goes_on(self) -> bool:
        seconds, memory = self._limits.seconds, self._limits.memory_bytes
        if seconds is not None and perf_counter() - self._start > seconds:
            return False
        return memory is None or memory_in_use() <= memory
