"""The native engine: see `checker.explicit.engine` for the laws.

The levels are expanded by a crew of threads, states are kept in a store. About a state for which
the compiled code raises a flag, `Exact` tells what is the matter.

Of old levels `HISTORY` bytes are kept; to go back further, for a trace, the search is run once
more. Where memory does not suffice old levels are dropped first; then all states go to disk, levels
too, and none of these is dropped any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.engine import Evidence, Exhausted, Expansion, Pulse, Subject
from checker.explicit.native.compiler import Code
from checker.explicit.native.crew import Crew, Job
from checker.explicit.native.disk.files import Filed, WordFile
from checker.explicit.native.disk.store import DiskStore
from checker.explicit.native.folding import folder_for
from checker.explicit.native.kernels import back
from checker.explicit.native.kernels.expand import judge
from checker.explicit.native.kernels.jit import COMPILING_TAKES, is_compiled
from checker.explicit.native.levels import Levels, NativeLevel
from checker.explicit.native.lossy import lossy_store
from checker.explicit.native.memory import pack, unpack, zeros
from checker.explicit.native.module import MAX_REACHABLES, write_module
from checker.explicit.native.pieces import CHUNK
from checker.explicit.native.seen import Keys
from checker.explicit.native.sieve import Sieve
from checker.explicit.native.steps import FAILED, OVERFLOW, STUCK
from checker.explicit.native.stores import MemoryStore
from checker.explicit.native.values import Unsupported
from checker.explicit.native.worker import make_worker
from checker.explicit.python.exact import conjuncts
from checker.explicit.usage import Allowance
from checker.model.coverage_points import coverage_points
from checker.model.system import PropertyKind

if TYPE_CHECKING:
    from checker.explicit.checkpoint import SavedLevel
    from checker.explicit.layout import Layout
    from checker.explicit.native.lossy import StoreName
    from checker.explicit.native.memory import Array
    from checker.explicit.native.pieces import Piece
    from checker.explicit.native.stores import Store
    from checker.explicit.native.worker import Worker
    from checker.explicit.python.exact import Exact
    from checker.model.system import System
    from checker.model.verdict import Limit

HISTORY: Final = 128 << 20
"""Bytes of old levels that are kept."""

HISTORY_SHARE: Final = 8
"""Of a limit of memory only such a part is spent on old levels."""


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """What the native engine may use.

    Attributes:
        workers: threads.
        memory_bytes: of the whole process, None for no limit.
        folder: where states go that memory does not hold, None for the folder for temporary files.
        store: how much of a state is remembered.
        announce: is told what takes long before the first state.
    """

    workers: int = 1
    memory_bytes: int | None = None
    folder: Path | None = None
    store: StoreName = "exact"
    announce: Callable[[str], None] | None = None


class NativeEngine:
    """Compiled successors, exact states, and threads."""

    def __init__(
        self, system: System, layout: Layout, exact: Exact, options: NativeOptions | None = None
    ) -> None:
        """Compile the system.

        Raises:
            Unsupported: something in the system is too large for native code.
        """
        if exact.orbits is not None:
            raise Unsupported("symmetric sorts are reduced in Python only")
        self.name = "explicit, native"
        self._exact = exact
        self._options = options or NativeOptions()
        self._allowance = Allowance(self._options.memory_bytes)
        self._module = write_module(system, layout, coverage_points(system))
        self._code = Code(self._module.text, self._module.weight)
        self._reachables = [each.name for each in conjuncts(system, PropertyKind.REACHABLE)]
        self._wanted = np.ones(max(1, len(self._reachables)), np.int64)
        self._actions = len(system.actions)
        self._crew = Crew([self._worker() for _ in range(self._options.workers)], self._actions)
        words = self._module.words
        self._announce()
        self._lossy = lossy_store(self._options.store, words, self._allowance.bytes_left())
        self._new_folder = partial(folder_for, system, layout, words)
        self._keys = Keys(words, None)
        self._store: Store = self._new_store()
        self._levels = self._new_levels()
        self._distinct = 0
        self._initial: list[int] = []

    def _announce(self) -> None:
        """Say so if kernels have to be compiled."""
        is_exact = self._options.store == "exact"
        name = "folded" if self._module.words > 1 else "narrow"
        announce = self._options.announce
        if announce is not None and not is_compiled(f"expand_{name if is_exact else 'hashed'}"):
            text = "compiling the loops of native code, on this machine for the first time"
            announce(f"{text}: about {COMPILING_TAKES} s")

    def _worker(self) -> Worker:
        return make_worker(self._module, self._code.compiled, self._actions, self._wanted)

    def _begin(self, initial: Sequence[int]) -> None:
        """Take the initial states, from which it is learned how wide states are folded."""
        self._initial = list(initial)
        if self._module.words == 1 or self._lossy is not None or not initial:
            return
        folder = self._new_folder(self._worker(), pack(self._initial, self._module.words))
        for worker in self._crew.workers:
            worker.make_room_to_fold(folder.half_words)
        self._keys = Keys(self._module.words, folder)
        self._store = self._new_store()

    def _new_store(self) -> MemoryStore:
        seen = self._keys if self._lossy is None else self._lossy
        return MemoryStore(Sieve(self._module.words, seen), self._allowance)

    def _new_levels(self) -> Levels:
        limit = self._options.memory_bytes
        kept = HISTORY if limit is None else min(HISTORY, limit // HISTORY_SHARE)
        if self._lossy is None:
            return Levels(kept)
        # What was not remembered exactly may not be found again.
        return Levels(kept, Filed(WordFile(self._disk), self._module.words))

    @property
    def _disk(self) -> Path:
        """The folder for what memory does not hold."""
        return self._options.folder or Path(gettempdir())

    # --- the interface

    def admit(self, states: Sequence[int]) -> tuple[NativeLevel, Expansion]:
        """Take the initial states."""
        self._begin(states)
        return self._first()

    def _first(self) -> tuple[NativeLevel, Expansion]:
        piece = self._admit(pack(self._initial, self._module.words))
        self._judge(piece.rows())
        return self._enter([piece], Expansion(transitions=[0] * self._actions))

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
        self._begin(initial)
        self._want_all_but(reached)
        self._admit(pack(list(seen), self._module.words))
        self._distinct = len(seen)
        return self._add([self._admit(pack(level, self._module.words))], number)

    def _want_all_but(self, reached: Collection[str]) -> None:
        for at, name in enumerate(self._reachables):
            self._wanted[at] = name not in reached

    def _admit(self, states: Array) -> Piece:
        """Take states that were not seen before."""
        while not self._store.reserve(len(states) // self._module.words, self._crew.run):
            self._make_room()
        return self._store.admit(states, self._crew.run)

    def pack(self, level: NativeLevel) -> Iterator[bytes]:
        """Pack chunk by chunk."""
        for states in self._states(level):
            yield states.astype("<u8").tobytes()

    def restore(self, levels: Sequence[SavedLevel], reached: Collection[str]) -> list[NativeLevel]:
        """Take all states as if they had just been found."""
        self._begin(list(levels[0].states()))
        self._want_all_but(reached)
        for level in levels:
            pieces = [
                self._admit(np.frombuffer(data, "<u8").astype(np.uint64)) for data in level.chunks()
            ]
            self._add(pieces)
        return list(self._levels.all)

    def expand(
        self, level: NativeLevel, pulse: Callable[[Pulse], bool]
    ) -> tuple[NativeLevel, Expansion]:
        """Expand a level with all threads."""
        result = Expansion()
        assert level.pieces is not None, "only the last level is expanded"
        chunks = deque(chunk for piece in level.pieces for chunk in piece.chunks())
        job = Job(chunks, level.size, self._distinct, pulse)
        self._code.improve()
        self._crew.begin(self._code.compiled)
        try:
            while job.queue and not job.is_stopped:
                while not self._store.prepare(self._crew.workers, self._crew.run):
                    job.queue = self._make_room(job.queue)
                self._crew.work(job, self._store)
        except KeyboardInterrupt:
            result.interrupted = True
        result.finished = not (job.queue or result.interrupted)
        result.transitions = self._crew.transitions()
        return self._enter(self._store.close(self._judge, self._crew.run), result)

    def loss(self, distinct: int) -> Limit | None:
        """Ask the store."""
        return None if self._lossy is None else self._lossy.loss(distinct)

    def predecessors(self, level: NativeLevel, targets: Collection[int]) -> list[int]:
        """Expand a level again and look for targets among what follows."""
        words = self._module.words
        wanted = pack(list(targets), words)
        table = zeros(1 << (4 * len(targets)).bit_length())
        back.enter_targets(wanted, len(targets), words, table)
        worker = self._worker()
        found: list[int] = []
        for states in self._states(level):
            count = len(states) // words
            numbers = np.empty(count, np.int64)
            leading = back.leading_to(
                worker.calls(judges=False),
                states,
                0,
                count,
                words,
                table,
                wanted,
                worker.buffers,
                worker.limits,
                numbers,
            )
            found += unpack(states.reshape(-1, words)[numbers[:leading]].reshape(-1), words)
        return found

    def members(self, level: NativeLevel) -> Sequence[int]:
        """Return the states of a level."""
        return [
            state for states in self._states(level) for state in unpack(states, self._module.words)
        ]

    def _states(self, level: NativeLevel) -> Iterator[Array]:
        """Yield the states of a level, some at a time, found again if they are forgotten."""
        if level.pieces is None:
            self._repeat(level)
        assert level.pieces is not None
        for piece in level.pieces:
            for chunk in piece.chunks():
                yield self._store.sieve.seen.states(chunk.rows())

    # --- telling

    def _judge(self, keys: Array) -> None:
        """Inspect new states."""
        worker, words = self._crew.workers[0], self._module.words
        flags, info = worker.buffers[5], worker.buffers[6]
        calls = worker.calls(judges=True)
        for low in range(0, len(keys), CHUNK):
            states = self._store.sieve.seen.states(keys[low : low + CHUNK])
            count = len(states) // words
            notes = np.empty((count, 2), np.int64)
            noted = judge(calls, states, words, 0, count, flags, info, 0, notes, 0)
            rows = states.reshape(-1, words)[notes[:noted, 0]].reshape(-1)
            worker.seen += zip(unpack(rows, words), notes[:noted, 1].tolist(), strict=True)

    def _enter(self, pieces: list[Piece], result: Expansion) -> tuple[NativeLevel, Expansion]:
        """Complete the account of an expansion."""
        result.new = sum(piece.size for piece in pieces)
        for worker in self._crew.workers:
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
        return self._add(pieces), result

    def _add(self, pieces: list[Piece], number: int | None = None) -> NativeLevel:
        """Add a level, by default the one that follows the last."""
        level = self._levels.add(pieces, number)
        self._distinct += level.size
        self._store.sieve.recycle(self._levels.shrink())
        return level

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
        for worker in self._crew.workers:
            words = [int(word) for word in worker.marks[start:stop].tolist()]
            result |= sum(word << 64 * number for number, word in enumerate(words))
        return result

    # --- memory and history

    def _make_room(self, queue: Iterable[Piece] = ()) -> deque[Piece]:
        """Free memory: drop old levels, or else go to disk with everything.

        Returns:
            where the pieces of the queue, which are of the last level, are now.

        Raises:
            Exhausted: that is not possible.
        """
        if list(self._levels.shrink(is_short=True)):
            return deque(queue)
        if self._lossy is not None:
            limit = (self._options.memory_bytes or 0) / 2**20
            raise Exhausted(f"the memory limit of {limit:,.0f} MiB")
        passed = self._store.sieve.drain()
        store = DiskStore(self._store.sieve, self._keys, self._disk)
        moved: dict[int, tuple[Piece, Piece]] = {}
        for level in self._levels.all:
            for piece in level.pieces or ():
                moved[id(piece.source)] = (piece, store.keep(piece))
        for level in self._levels.all:
            if level.pieces is not None:
                level.pieces = [moved[id(piece.source)][1] for piece in level.pieces]
        rest = deque(each.moved(*moved[id(each.source)]) for each in queue)
        store.confirm(passed)
        moved.clear()
        passed.clear()
        store.settle(self._allowance, self._crew.workers)
        self._store = store
        return rest

    def _repeat(self, level: NativeLevel) -> None:
        """Search once more, up to a level that is forgotten, and keep all levels on the way."""
        assert self._lossy is None
        # Keys stay what they are, since the numbers of halves do.
        self._keys = Keys(self._module.words, self._keys.folder)
        self._store = self._new_store()
        forgotten = {each.number: each for each in self._levels.all if each.pieces is None}
        before, self._levels = self._levels, self._new_levels()
        distinct, self._distinct = self._distinct, 0
        before.keeps_all = self._levels.keeps_all = True
        now, _ = self._first()
        while True:
            if now.number in forgotten:
                forgotten[now.number].pieces = now.pieces
            if now.number == level.number:
                break
            now, _ = self.expand(now, lambda _: True)
        self._levels, self._distinct = before, distinct
