"""The choice of an engine: generated Python for small spaces, native code for what goes on.

The search begins with the engine that needs no compiler and answers in milliseconds. When it has
seen `THRESHOLD` states it hands them over: the native engine takes the states seen and goes on
with the next level, so that nothing is done twice but the level in which that happens. What is
told is the same to the byte. Numba, llvmlite and NumPy are imported at that moment and not before.

What native code cannot take (see `Unsupported`) stays with Python.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.engine import Expansion, Pulse
from checker.explicit.native.values import Unsupported
from checker.explicit.python.engine import PythonEngine
from checker.explicit.usage import Allowance

if TYPE_CHECKING:
    from checker.explicit.checkpoint import SavedLevel
    from checker.explicit.layout import Layout
    from checker.explicit.native.engine import NativeEngine
    from checker.explicit.native.levels import NativeLevel
    from checker.explicit.native.lossy import StoreName
    from checker.explicit.python.exact import Exact
    from checker.explicit.search import EngineMaker
    from checker.model.system import System

THRESHOLD: Final = 60_000
"""So many states in Python take as long as starting native code."""

STARTUP_BYTES: Final = 150 << 20
"""The memory that native code takes before the first state."""

BURST: Final = 3
"""A level is broken off when this many times the threshold are seen within it."""


PythonMaker: TypeAlias = "Callable[[System, Layout, Exact], PythonEngine]"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Which engine, and what it may use.

    Attributes:
        name: `auto`, `python` or `native`.
        workers: threads of the native engine; None for as many as there are processors.
        memory_bytes: of the whole process; beyond it the native engine puts states on disk.
        folder: where they go, None for the folder for temporary files.
        store: how much of a state is remembered; of all engines only native code can do with less
            than everything.
        announce: is told what takes long.
        threshold: states seen after which the native engine is worth its start.
        python: makes the engine in Python.
    """

    name: str = "auto"
    workers: int | None = None
    memory_bytes: int | None = None
    folder: Path | None = None
    store: StoreName = "exact"
    announce: Callable[[str], None] | None = None
    threshold: int = THRESHOLD
    python: PythonMaker = PythonEngine


def engine_maker(options: EngineOptions) -> EngineMaker:
    """Return the maker of an engine.

    Making a native engine raises `Unsupported` if the system is beyond it.
    """
    if options.name == "python":
        assert options.store == "exact", "the engine in Python remembers everything"
        return options.python

    def native(system: System, layout: Layout, exact: Exact) -> NativeEngine:
        return _native(system, layout, exact, options)

    def automatic(system: System, layout: Layout, exact: Exact) -> AutomaticEngine:
        return AutomaticEngine(system, layout, exact, options)

    if options.name == "native" or options.store != "exact":
        return native
    assert options.name == "auto", f"no engine is called {options.name}"
    return automatic


def _native(system: System, layout: Layout, exact: Exact, options: EngineOptions) -> NativeEngine:
    from checker.explicit.native.engine import NativeEngine, NativeOptions

    using = NativeOptions(
        workers=options.workers or cpu_count() or 1,
        memory_bytes=options.memory_bytes,
        folder=options.folder,
        store=options.store,
        announce=options.announce,
    )
    return NativeEngine(system, layout, exact, using)


@dataclass(slots=True)
class AutoLevel:
    """A level of either engine."""

    number: int
    states: list[int] | NativeLevel


_Pulse: TypeAlias = "Callable[[Pulse], bool]"


class AutomaticEngine:
    """Python first, native code as soon as it pays; see `checker.explicit.engine` for the laws.

    Attributes:
        name: of the engine that has got furthest.
    """

    def __init__(
        self, system: System, layout: Layout, exact: Exact, options: EngineOptions
    ) -> None:
        """Begin in Python."""
        self._make_python = partial(options.python, system, layout, exact)
        self._make_native = partial(_native, system, layout, exact, options)
        self._threshold = options.threshold
        self._allowance = Allowance(options.memory_bytes)
        self._python = self._make_python()
        self._native: NativeEngine | None = None
        self.name = self._python.name
        self._prepared: NativeEngine | None = None
        self._is_native_possible = True
        self._levels: list[AutoLevel] = []
        self._taken_over = 0
        self._initial: list[int] = []
        self._distinct = 0
        self._taken = self._tested = 0
        self._reached: set[str] = set()

    # --- the interface

    def admit(self, states: Sequence[int]) -> tuple[AutoLevel, Expansion]:
        """Take the initial states."""
        self._initial = list(states)
        level, expansion = self._python.admit(states)
        return self._entered(level, expansion)

    def expand(self, level: AutoLevel, pulse: _Pulse) -> tuple[AutoLevel, Expansion]:
        """Expand a level with the engine whose turn it is."""
        if self._native is None and self._distinct >= self._threshold and self._is_native():
            self._hand_over(level, ())
        if self._native is None:
            told = self._expand_in_python(level, pulse)
            if told is not None:
                return told
        assert self._native is not None
        assert not isinstance(level.states, list)
        try:
            return self._entered(*self._native.expand(level.states, pulse))
        except Unsupported:
            self._return_to_python(level)
            return self.expand(level, pulse)

    def pack(self, level: AutoLevel) -> Iterator[bytes]:
        """Ask the engine that has the level."""
        if isinstance(level.states, list):
            return self._python.pack(level.states)
        assert self._native is not None
        return self._native.pack(level.states)

    def restore(self, levels: Sequence[SavedLevel], reached: Collection[str]) -> list[AutoLevel]:
        """Begin with the engine that pays for so many states."""
        self._initial = list(levels[0].states())
        self._distinct = sum(level.size for level in levels)
        self._reached.update(reached)
        restored: Sequence[list[int]] | Sequence[NativeLevel]
        if self._distinct >= self._threshold and self._is_native():
            assert self._prepared is not None
            self._native = self._prepared
            self.name = self._native.name
            restored = self._native.restore(levels, reached)
        else:
            restored = self._python.restore(levels, reached)
        for states in restored:
            self._levels.append(AutoLevel(len(self._levels), states))
        return list(self._levels)

    def loss(self, distinct: int) -> None:
        """Overlook nothing."""

    def predecessors(self, level: AutoLevel, targets: Collection[int]) -> list[int]:
        """Ask the engine that has the level."""
        if isinstance(level.states, list):
            return self._python.predecessors(level.states, targets)
        assert self._native is not None
        return self._native.predecessors(level.states, targets)

    def members(self, level: AutoLevel) -> Sequence[int]:
        """Ask the engine that has the level."""
        if isinstance(level.states, list):
            return level.states
        assert self._native is not None
        return self._native.members(level.states)

    # --- changing engines

    def _entered(
        self, level: list[int] | NativeLevel, expansion: Expansion
    ) -> tuple[AutoLevel, Expansion]:
        self._distinct += expansion.new
        self._taken |= expansion.taken
        self._tested |= expansion.tested
        expansion.taken, expansion.tested = self._taken, self._tested
        self._reached.update(each.name for each in expansion.sightings if each.kind is None)
        self._levels.append(AutoLevel(len(self._levels), level))
        return self._levels[-1], expansion

    def _expand_in_python(
        self, level: AutoLevel, pulse: _Pulse
    ) -> tuple[AutoLevel, Expansion] | None:
        """Expand a level; None if it was handed over in the middle, as it has grown too large."""
        assert isinstance(level.states, list)
        is_broken_off = False

        def watched(now: Pulse) -> bool:
            nonlocal is_broken_off
            if now.distinct >= BURST * self._threshold and self._is_native():
                is_broken_off = True
            return pulse(now) and not is_broken_off

        following, expansion = self._python.expand(level.states, watched)
        if not is_broken_off or expansion.finished or expansion.interrupted:
            return self._entered(following, expansion)
        self._hand_over(level, following)
        return None

    def _is_native(self) -> bool:
        """Tell whether there is a native engine that pays, made if there is none."""
        if self._python.is_reducing:
            return False
        if self._prepared is None and self._is_native_possible:
            if not self._allowance.allows(STARTUP_BYTES):
                # Python has room for more states than native code would leave.
                self._is_native_possible = False
                return False
            try:
                self._prepared = self._make_native()
            except (Unsupported, ImportError):
                self._is_native_possible = False
        return self._prepared is not None

    def _hand_over(self, level: AutoLevel, found_since: Collection[int]) -> None:
        """Let native code go on with a level, which is not expanded yet.

        Args:
            found_since: states that do not count as seen.
        """
        assert self._prepared is not None
        assert isinstance(level.states, list)
        self._taken_over = level.number
        seen = self._python.hand_over()
        seen.difference_update(found_since, level.states)
        self._native = self._prepared
        self.name = self._native.name
        level.states = self._native.take_over(
            self._initial,
            seen,
            level.states,
            number=level.number,
            reached=self._reached,
        )

    def _return_to_python(self, level: AutoLevel) -> None:
        """Search again in Python, up to a level that native code could not expand."""
        self._is_native_possible = False
        self._native = self._prepared = None
        self._python = self._make_python()
        self.name = self._python.name
        states, _ = self._python.admit(self._initial)
        for each in self._levels[: level.number]:
            if each.number == self._taken_over:
                self._python.take_all()
            each.states = states
            states, _ = self._python.expand(states, lambda _: True)
        if level.number == self._taken_over:
            self._python.take_all()
        level.states = states
