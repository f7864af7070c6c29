"""The threads that expand a level.

They take chunks from one queue and put what they find into one store. In a round each may add so
many states; when one has used up what it was given all of them stop, the store makes room, and the
next round begins with what is left. Which thread finds a state first depends on chance, but not
that it is found in this level; and nothing but that is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from checker.explicit.engine import Pulse

if TYPE_CHECKING:
    from checker.explicit.native.compiler import Compiled
    from checker.explicit.native.pieces import Piece
    from checker.explicit.native.stores import Store
    from checker.explicit.native.worker import Worker

PULSE: Final = 0.01
"""Seconds between two looks at how far the threads are."""


@dataclass(slots=True)
class Job:
    """A level to expand.

    Attributes:
        queue: what is left of it.
        size: its states.
        distinct: states seen before.
        is_paused: whether the threads are to wait until the store has made room.
        is_stopped: whether the level is not to be finished.
    """

    queue: deque[Piece]
    size: int
    distinct: int
    pulse: Callable[[Pulse], bool]
    is_paused: bool = False
    is_stopped: bool = False


@dataclass(slots=True)
class Crew:
    """Threads, each with a worker's buffers."""

    workers: Sequence[Worker]
    actions: int
    _pool: ThreadPoolExecutor | None = field(default=None, init=False)

    def begin(self, compiled: Compiled) -> None:
        """Get ready for a level."""
        for worker in self.workers:
            worker.compiled = compiled
            worker.expanded = worker.new = 0
            worker.counters[:] = 0

    def run(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Carry out tasks with all threads."""
        if len(tasks) == 1 or len(self.workers) == 1:
            for task in tasks:
                task()
            return
        for each in [self._threads().submit(task) for task in tasks]:
            each.result()

    def work(self, job: Job, store: Store) -> None:
        """Let the threads work until the level is done or the store has to make room."""
        job.is_paused = False
        if len(job.queue) == 1:
            self._take(job, store, self.workers[0], shared=False)
            job.is_stopped = not self._look(job)
            return
        shared = len(self.workers) > 1
        running = [
            self._threads().submit(self._take, job, store, worker, shared=shared)
            for worker in self.workers
        ]
        pending: set[Future[None]] = set(running)
        try:
            while pending:
                _, pending = wait(pending, timeout=PULSE, return_when=FIRST_EXCEPTION)
                if not self._look(job):
                    job.is_stopped = True
        finally:
            # Even an interrupt lets every thread finish the chunk that it is at.
            job.is_stopped = job.is_stopped or bool(pending)
            wait(pending)
        for each in running:
            each.result()

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(len(self.workers))
        return self._pool

    def _look(self, job: Job) -> bool:
        """Tell how far the threads are; return whether to go on."""
        expanded = sum(worker.expanded for worker in self.workers)
        new = sum(worker.new for worker in self.workers)
        told = Pulse(expanded, sum(self.transitions()), job.distinct + new)
        return job.pulse(told) or expanded >= job.size

    def _take(self, job: Job, store: Store, worker: Worker, *, shared: bool) -> None:
        """Expand chunks from the queue until there are none or there is no room."""
        while not (job.is_stopped or job.is_paused):
            try:
                piece = job.queue.popleft()
            except IndexError:
                return
            done = store.sieve.work(worker, piece, shared=shared)
            if done < piece.size:
                job.queue.append(piece.behind(done))
                job.is_paused = True

    def transitions(self) -> list[int]:
        """Return the transitions of this level, by action."""
        total = np.sum([worker.counters for worker in self.workers], axis=0)
        return [int(count) for count in total[: self.actions]]
