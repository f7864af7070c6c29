"""Random schedules of the kernel's own code, for sizes that cannot be explored.

Each walk starts afresh and lets the enabled thread of the highest rank move, step by step. Ranks
are drawn at the beginning; at a few *change points*, steps that are drawn as well, the thread that
has just moved gets the lowest rank of all. If a failure needs `d` steps to be ordered rightly among
`k` steps of `n` threads, one walk with `d - 1` change points finds it with a probability of at
least 1 / (n k^(d-1)). Between the ranked walks there are walks in which every step is drawn.

Finding nothing means nothing: the answer is bounded, and says how many walks there were. A walk
depends on the seed and its number alone.

Source: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with probabilistic
    guarantees of finding bugs", ASPLOS 2010.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, Protocol

from checker.conform.explore import is_true
from checker.conform.findings import Explored, Failure, FailureKind, Move
from checker.conform.replay import Player

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.conform.automata import Word
    from checker.conform.findings import Monitor
    from kernel_impl.port import Configuration

CHANGE_POINTS: Final = 3
"""Change points of a ranked walk: failures of depth up to 4."""


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """How to walk."""

    walks: int
    steps: int
    seed: int
    monitor: Monitor | None = None


class _Scheduler(Protocol):
    """Picks the next move among those that are possible."""

    def pick(self, moves: tuple[Move, ...], step: int) -> Move:
        """Return one of the moves."""
        ...


class _Drawn:
    """Every move is equally likely."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def pick(self, moves: tuple[Move, ...], step: int) -> Move:
        """Return any of the moves."""
        return moves[self._random.randrange(len(moves))]


class _Ranked:
    """The thread of the highest rank moves; at change points it falls to the lowest."""

    def __init__(self, random: Random, threads: int, steps: int) -> None:
        self._random = random
        self._ranks = list(range(CHANGE_POINTS, CHANGE_POINTS + threads))
        random.shuffle(self._ranks)
        self._changes = {random.randrange(max(steps, 1)): n for n in range(CHANGE_POINTS)}

    def pick(self, moves: tuple[Move, ...], step: int) -> Move:
        """Return a move of the highest thread, any of its choices."""
        thread = max((move.thread for move in moves), key=self._ranks.__getitem__)
        if step in self._changes:
            self._ranks[thread] = self._changes[step]
        mine = [move for move in moves if move.thread == thread]
        return mine[self._random.randrange(len(mine))]


def walk(
    configuration: Configuration,
    options: WalkOptions,
    progress: Callable[[int, int], None] | None = None,
) -> Explored:
    """Take random walks until one shows a failure or there were enough.

    Args:
        progress: is told the walks and steps so far, after each walk.
    """
    started = time.perf_counter()
    events: set[str] = set()
    steps, depth, done = 0, 0, 0
    longest = options.steps  # until the first walks have shown how long they are
    failure = None
    while failure is None and done < options.walks:
        random = Random(f"{options.seed}/{done}")
        threads = len(configuration.threads())
        is_ranked = done % 2 == 1
        scheduler = _Ranked(random, threads, longest) if is_ranked else _Drawn(random)
        taken, failure = _walk(configuration, scheduler, options, events)
        longest = max(depth, taken) if done else taken
        steps, depth, done = steps + taken, max(depth, taken), done + 1
        if progress is not None:
            progress(done, steps)
    return Explored(
        states=0,
        transitions=steps,
        depth=depth,
        nodes=0,
        runs=done * len(configuration.threads()),
        seconds=time.perf_counter() - started,
        events=frozenset(events),
        failure=failure,
        limit="" if failure else f"{done:,} random walks of at most {options.steps:,} steps",
    )


def _walk(
    configuration: Configuration, scheduler: _Scheduler, options: WalkOptions, events: set[str]
) -> tuple[int, Failure | None]:
    """Take one walk; return how many steps it had and what it found."""
    player = Player(configuration)
    try:
        return _follow(configuration, player, scheduler, options, events)
    finally:
        player.close()


def _follow(
    configuration: Configuration,
    player: Player,
    scheduler: _Scheduler,
    options: WalkOptions,
    events: set[str],
) -> tuple[int, Failure | None]:
    schedule: list[Move] = []
    spec = 0
    claims = configuration.invariants()
    while len(schedule) < options.steps:
        moves = player.enabled()
        if not moves:
            return len(schedule), _at_end(configuration, player, tuple(schedule))
        move = scheduler.pick(moves, len(schedule))
        schedule.append(move)
        taken = player.take(move)
        path = tuple(schedule) if taken.problem else ()
        if taken.problem:
            return len(schedule), Failure(FailureKind.CONTRACT, taken.problem, path)
        events.update(name for name, _ in taken.word)
        after = _followed(options.monitor, spec, taken.word)
        if after is None:
            path = tuple(schedule)
            word = _heard(options.monitor, taken.word)
            return len(schedule), Failure(FailureKind.REFINEMENT, "", path, spec, word)
        spec = after
        for claim in claims:
            if not is_true(claim, player.store):
                path = tuple(schedule)
                return len(schedule), Failure(FailureKind.INVARIANT, claim.name, path)
    return len(schedule), None


def _heard(monitor: Monitor | None, word: Word) -> Word:
    return tuple(event for event in word if monitor is not None and monitor.listens(event[0]))


def _followed(monitor: Monitor | None, spec: int, word: Word) -> int | None:
    heard = _heard(monitor, word)
    if monitor is None or not heard:
        return spec
    return monitor.step(spec, heard)


def _at_end(
    configuration: Configuration, player: Player, schedule: tuple[Move, ...]
) -> Failure | None:
    """Judge a state in which nobody can move."""
    daemons = {thread.name for thread in configuration.threads() if thread.is_daemon}
    stuck = [name for name in player.unfinished() if name not in daemons]
    if stuck:
        return Failure(FailureKind.DEADLOCK, ", ".join(stuck), schedule)
    for claim in configuration.final_invariants():
        if not is_true(claim, player.store):
            return Failure(FailureKind.LEAK, claim.name, schedule)
    return None
