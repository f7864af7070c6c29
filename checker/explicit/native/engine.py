"""The native engine: see `checker.explicit.engine` for the laws.

Threads take pieces of a level from one queue and put what they find into one store. In a round
each may add so many states; when that is used up all of them stop, the table grows, and the next
round begins with what is left. Which thread finds a state first depends on chance, but not that it
is found in this level; and nothing but that is told.

About a state for which the compiled code raises a flag, `Exact` tells what is the matter.

A level is a handle. The states of old levels are kept up to `HISTORY` bytes; to go back further,
for a trace, the search is run once more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from os import sysconf
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.engine import Evidence, Expansion, Pulse, Subject
from checker.explicit.native import kernels
from checker.explicit.native.compiler import compile_module
from checker.explicit.native.memory import pack, unpack, zeros
from checker.explicit.native.module import MAX_REACHABLES, write_module
from checker.explicit.native.steps import FAILED, OVERFLOW, STUCK
from checker.explicit.native.stores import NarrowStore, Piece, Store, WideStore, table_bits
from checker.explicit.native.values import Unsupported
from checker.explicit.native.worker import Worker, make_worker
from checker.explicit.python.exact import conjuncts
from checker.model.coverage_points import coverage_points
from checker.model.system import PropertyKind

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.python.exact import Exact
    from checker.model.system import System

HISTORY: Final = 128 << 20
"""Bytes of old levels that are kept."""

PULSE: Final = 0.01
"""Seconds between two looks at how far the threads are."""


@dataclass(slots=True)
class NativeLevel:
    """One level; `pieces` is None once its states are forgotten."""

    number: int
    size: int
    pieces: list[Piece] | None

    @property
    def nbytes(self) -> int:
        """The memory that the states take."""
        return sum(piece.array.nbytes for piece in self.pieces or ())


@dataclass(slots=True)
class _Round:
    """What the threads share while a level is expanded."""

    queue: deque[Piece]
    is_stopped: bool = False


class NativeEngine:
    """Compiled successors, a table of exact states, and threads."""

    def __init__(self, system: System, layout: Layout, exact: Exact, *, workers: int = 1) -> None:
        """Compile the system.

        Raises:
            Unsupported: something in the system is too large for native code.
        """
        self.name = "explicit, native"
        self._exact = exact
        points = coverage_points(system)
        self._module = write_module(system, layout, points)
        self._compiled = compile_module(self._module.text, weight=self._module.weight)
        self._reachables = [each.name for each in conjuncts(system, PropertyKind.REACHABLE)]
        self._actions = len(system.actions)
        wanted = np.ones(max(1, len(self._reachables)), np.int64)
        self._wanted = wanted
        self._workers = [
            make_worker(self._module, self._compiled, self._actions, wanted) for _ in range(workers)
        ]
        self._store = self._new_store()
        self._levels: list[NativeLevel] = []
        self._initial: list[int] = []
        self._keeps_all = False

    def _new_store(self) -> Store:
        if self._module.words == 1:
            return NarrowStore()
        total = sysconf("SC_PHYS_PAGES") * sysconf("SC_PAGE_SIZE")
        return WideStore(self._module.words, total // 8)

    # --- the interface

    def admit(self, states: Sequence[int]) -> tuple[NativeLevel, Expansion]:
        """Take the initial states."""
        self._initial = list(states)
        pieces = self._store.admit(states)
        for piece in pieces:
            self._judge_piece(piece)
        return self._enter(pieces, Expansion(transitions=[0] * self._actions))

    def take_over(
        self,
        initial: Sequence[int],
        seen: Collection[int],
        level: Sequence[int],
        *,
        number: int,
        reached: Collection[str],
    ) -> NativeLevel:
        """Go on where another engine stands: before it expands a level.

        Args:
            seen: states in all levels before.
            number: of the level.
            reached: names of `reachable`s that need not be looked for any more.
        """
        self._initial = list(initial)
        for at, name in enumerate(self._reachables):
            self._wanted[at] = name not in reached
        self._store.admit(list(seen))
        pieces = self._store.admit(level)
        self._levels.append(NativeLevel(number, len(level), pieces))
        return self._levels[-1]

    def expand(
        self, level: NativeLevel, pulse: Callable[[Pulse], bool]
    ) -> tuple[NativeLevel, Expansion]:
        """Expand a level with all threads."""
        result = Expansion()
        assert level.pieces is not None, "only the last level is expanded"
        for worker in self._workers:
            worker.expanded = worker.new = 0
            worker.counters[:] = 0
        before = self._store.distinct
        todo = _Round(deque(chunk for piece in level.pieces for chunk in piece.chunks()))
        try:
            while todo.queue and not todo.is_stopped:
                self._store.prepare(self._workers, self._run)
                self._round(todo, level, before, pulse)
                self._store.distinct = before + sum(worker.new for worker in self._workers)
        except KeyboardInterrupt:
            result.interrupted = True
        result.finished = not todo.queue
        result.transitions = self._transitions()
        return self._enter(self._store.close(), result)

    def predecessors(self, level: NativeLevel, targets: Collection[int]) -> list[int]:
        """Expand a level again and look for targets among what follows."""
        words = self._module.words
        wanted = pack(list(targets), words)
        bits = table_bits(2 * len(targets))
        table, shift = zeros(1 << bits), np.uint64(64 - bits)
        kernels.enter_targets(wanted, len(targets), words, table, shift)
        worker = self._scratch_worker()
        found: list[int] = []
        for piece in self._pieces(level):
            for chunk in piece.chunks():
                numbers = np.empty(chunk.high - chunk.low, np.int64)
                count = kernels.leading_to(
                    worker.calls,
                    chunk.array,
                    chunk.low,
                    chunk.high,
                    words,
                    table,
                    shift,
                    wanted,
                    worker.buffers,
                    worker.limits,
                    numbers,
                )
                rows = numbers[:count, None] * words + np.arange(words)
                found += unpack(chunk.array[rows.reshape(-1)], words)
        return found

    def members(self, level: NativeLevel) -> Sequence[int]:
        """Return the states of a level."""
        words = self._module.words
        return [
            state
            for piece in self._pieces(level)
            for state in unpack(piece.array[piece.low * words : piece.high * words], words)
        ]

    # --- threads

    def _round(
        self, todo: _Round, level: NativeLevel, before: int, pulse: Callable[[Pulse], bool]
    ) -> None:
        """Let the threads work until the level is done or the table has to grow."""

        def look() -> bool:
            expanded = sum(worker.expanded for worker in self._workers)
            new = sum(worker.new for worker in self._workers)
            told = Pulse(expanded, sum(self._transitions()), before + new)
            return pulse(told) or expanded >= level.size

        if len(todo.queue) == 1:
            self._take(todo, self._workers[0], shared=False)
            todo.is_stopped = not look()
            return
        shared = len(self._workers) > 1
        with ThreadPoolExecutor(len(self._workers)) as pool:
            running = [
                pool.submit(self._take, todo, worker, shared=shared) for worker in self._workers
            ]
            try:
                pending: set[Future[None]] = set(running)
                while pending:
                    _, pending = wait(pending, timeout=PULSE, return_when=FIRST_EXCEPTION)
                    if not look():
                        todo.is_stopped = True
            finally:
                todo.is_stopped = todo.is_stopped or bool(pending)
                # Even an interrupt lets every thread finish the piece that it is at.
        for each in running:
            each.result()

    def _take(self, todo: _Round, worker: Worker, *, shared: bool) -> None:
        """Expand pieces from the queue until there are none or there is no room."""
        while not todo.is_stopped and worker.budget > 0:
            try:
                piece = todo.queue.popleft()
            except IndexError:
                return
            stop = self._store.work(worker, piece, shared=shared)
            if stop < piece.high:
                todo.queue.append(Piece(piece.array, stop, piece.high))

    def _run(self, *_: object) -> None:
        """Do nothing: growth is not parallel."""

    def _transitions(self) -> list[int]:
        total = sum(worker.counters for worker in self._workers)
        return [int(count) for count in np.asarray(total)[: self._actions]]

    # --- telling

    def _judge_piece(self, piece: Piece) -> None:
        """Inspect the initial states."""
        worker = self._workers[0]
        _, _, flags, info = worker.buffers
        for low in range(piece.low, piece.high, kernels.BATCH):
            high = min(low + kernels.BATCH, piece.high)
            noted = kernels.judge(
                worker.calls,
                piece.array.ctypes.data,
                worker.words,
                low,
                high,
                flags,
                info,
                0,
                worker.findings,
                0,
            )
            for number, flag in worker.findings[:noted].tolist():
                at = number * worker.words
                state = unpack(piece.array[at : at + worker.words], worker.words)[0]
                worker.seen.append((state, flag))

    def _enter(self, pieces: list[Piece], result: Expansion) -> tuple[NativeLevel, Expansion]:
        """Complete the account of an expansion."""
        result.new = sum(piece.high - piece.low for piece in pieces)
        if not result.transitions:
            result.transitions = [0] * self._actions
        for worker in self._workers:
            for state, flag in worker.wrong:
                self._tell_wrong(state, flag, result)
            for state, flag in worker.seen:
                self._tell_seen(state, flag, result)
            worker.wrong.clear()
            worker.seen.clear()
        for number, name in enumerate(self._reachables):
            if Subject(None, name) in result.sightings:
                self._wanted[number] = 0
        split = self._module.branch_words
        result.taken, result.tested = self._marks(0, split), self._marks(split, None)
        number = self._levels[-1].number + 1 if self._levels else 0
        level = NativeLevel(number, result.new, pieces)
        self._levels.append(level)
        self._forget()
        return level, result

    def _tell_wrong(self, state: int, flag: int, result: Expansion) -> None:
        if flag & OVERFLOW:
            raise Unsupported("a state has too many successors")
        if flag & FAILED:
            for subject, evidence in self._exact.account(state).sightings:
                result.see(subject, evidence)
        elif flag & STUCK:
            for subject, evidence in self._exact.end(state):
                result.see(subject, evidence)

    def _tell_seen(self, state: int, flag: int, result: Expansion) -> None:
        if flag & FAILED:
            for subject in self._exact.judge(state)[0]:
                result.see(subject, Evidence(state))
        for number, name in enumerate(self._reachables):
            if flag & 2 << min(number, MAX_REACHABLES) and (
                number < MAX_REACHABLES or self._exact.reaches(number, state)
            ):
                result.see(Subject(None, name), Evidence(state))

    def _marks(self, start: int, stop: int | None) -> int:
        result = 0
        for worker in self._workers:
            words = [int(word) for word in worker.marks[start:stop].tolist()]
            result |= sum(word << 64 * number for number, word in enumerate(words))
        return result

    # --- history

    def _forget(self) -> None:
        """Drop the oldest levels beyond what may be kept; never the last."""
        if self._module.words > 1 or self._keeps_all:
            return
        kept = sum(level.nbytes for level in self._levels)
        for level in self._levels[:-1]:
            if kept <= HISTORY:
                return
            kept -= level.nbytes
            level.pieces = None

    def _pieces(self, level: NativeLevel) -> list[Piece]:
        """Return the states of a level, found again if they are forgotten."""
        if level.pieces is None:
            self._repeat(level)
        assert level.pieces is not None
        return level.pieces

    def _repeat(self, level: NativeLevel) -> None:
        """Search once more, up to a level that is forgotten, and keep all levels on the way."""
        self._store = self._new_store()
        forgotten = {each.number: each for each in self._levels if each.pieces is None}
        levels, self._levels = self._levels, []
        self._keeps_all = True
        now, _ = self.admit(self._initial)
        while True:
            if now.number in forgotten:
                forgotten[now.number].pieces = now.pieces
            if now.number == level.number:
                break
            now, _ = self.expand(now, lambda _: True)
        self._levels = levels

    def _scratch_worker(self) -> Worker:
        return make_worker(self._module, self._compiled, self._actions, self._wanted)
