"""Exploration by replay: every state is reached by running the real coroutines from the start.

Nothing is learned, nothing is packed, no step is ever taken from a table; a state is identified by
the values of all cells and by the frames of all threads, with all local variables. Slow (the work
grows with the length of the schedules) and independent of `checker.conform`: equal counts mean
that the learned automata are the threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from types import CoroutineType, GeneratorType
from typing import Any

from kernel_impl.port import Access, Cell, Configuration, Finished, Kind, resume


@dataclass(frozen=True, slots=True)
class Counted:
    states: int
    transitions: int
    deadlocks: int


class Values:
    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.values = [cell.initial for cell in cells]

    def read(self, cell: Cell) -> int:
        return self.values[cell.index]

    def write(self, cell: Cell, value: int) -> None:
        assert value in cell.domain
        self.values[cell.index] = value


class Run:
    """One run of all threads along a schedule of (thread, choice)."""

    def __init__(self, configuration: Configuration, schedule: tuple[tuple[int, int], ...]) -> None:
        self.threads = configuration.threads()
        self.memory = Values(configuration.cells())
        self.bodies = [thread.start() for thread in self.threads]
        self.pending: list[Access[Any] | None] = [None] * len(self.bodies)
        for number in range(len(self.bodies)):
            self._resume(number, None)
        for number, choice in schedule:
            access = self.pending[number]
            assert access is not None
            is_choice = access.kind is Kind.CHOOSE
            self._resume(number, choice if is_choice else access.perform(self.memory))

    def _resume(self, number: int, value: Any) -> None:
        paused = resume(self.bodies[number], value)
        self.pending[number] = None if isinstance(paused, Finished) else paused.access

    def moves(self) -> list[tuple[int, int]]:
        found = []
        for number, access in enumerate(self.pending):
            if access is None:
                continue
            gates = self.threads[number].gates
            if any(self.memory.read(gate.cell) not in gate.allowed for gate in gates):
                continue
            if access.is_enabled(self.memory):
                ways = int(str(access.args[0])) if access.kind is Kind.CHOOSE else 1
                found += [(number, way) for way in range(ways)]
        return found

    def key(self) -> Hashable:
        return tuple(self.memory.values), tuple(map(frames, self.bodies))

    def close(self) -> None:
        for body in self.bodies:
            body.close()


def frames(item: object) -> tuple[Hashable, ...]:
    found: list[Hashable] = []
    while isinstance(item, CoroutineType):
        frame = item.cr_frame
        if frame is None:
            return ()
        found.append((frame.f_code, frame.f_lasti, tuple(sorted(frame.f_locals.items()))))
        item = item.cr_await
    if isinstance(item, GeneratorType):
        assert item.gi_frame is not None
        found.append(item.gi_frame.f_locals["self"])
    return tuple(found)


def explore_by_replay(configuration: Configuration) -> Counted:
    """Counts the states that are told apart by all variables of the living frames."""
    first = Run(configuration, ())
    seen = {first.key()}
    first.close()
    todo: deque[tuple[tuple[int, int], ...]] = deque([()])
    transitions = deadlocks = 0
    while todo:
        schedule = todo.popleft()
        run = Run(configuration, schedule)
        moves = run.moves()
        is_over = all(
            a is None or t.is_daemon for a, t in zip(run.pending, run.threads, strict=True)
        )
        run.close()
        deadlocks += not moves and not is_over
        for move in moves:
            transitions += 1
            after = Run(configuration, (*schedule, move))
            key = after.key()
            after.close()
            if key not in seen:
                seen.add(key)
                todo.append((*schedule, move))
    return Counted(len(seen), transitions, deadlocks)
