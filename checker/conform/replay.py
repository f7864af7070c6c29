"""A schedule carried out again on the kernel's own code, with nothing learned in between.

The coroutines are started afresh and moved by hand, one access at a time, over a plain list of
values. That is the same code that a machine would run; so a failure that is seen here is one of the
kernel and not of the exploration. For each step it is told which line it is, what it changed, what
it observed and what the variables of its function became; at the end, where everybody stands.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.conform.explore import is_true
from checker.conform.findings import FailureKind, Move
from checker.conform.frames import Place, place_of_error, standing
from kernel_impl.port import (
    Access,
    Cell,
    Configuration,
    ContractViolation,
    Finished,
    Kind,
    Observation,
    Paused,
    check_domain,
    resume,
)

if TYPE_CHECKING:
    from checker.conform.automata import Word
    from checker.conform.findings import Failure
    from checker.conform.frames import Standing
    from kernel_impl.port import Body


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """One step of the real code.

    Attributes:
        source: the text of the line.
        result: what the access gave the thread; None for nothing.
        changes: cells by name, with the values before and after.
        variables: those of the function that the step left with other values, as text.
        problem: why the thread could not go on, if it could not.
    """

    thread: str
    place: Place
    source: str
    result: object
    changes: tuple[tuple[str, int, int], ...]
    word: Word
    variables: tuple[tuple[str, str], ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an access gave its thread, what the thread observed, or why it could not go on."""

    result: object
    word: Word
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where a thread stands at the end, innermost frame last; empty when it has returned."""

    thread: str
    frames: tuple[Standing, ...]
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class Replayed:
    """A schedule as the real code carried it out.

    Attributes:
        values: of all cells at the end.
        disagreement: what differs from what the exploration claims; empty if nothing does.
    """

    steps: tuple[ReplayedStep, ...]
    end: tuple[Waiting, ...]
    values: tuple[int, ...]
    disagreement: str = ""


class Store:
    """Plain values of cells; satisfies `port.Memory`."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        """Begin with the initial values."""
        self.values = [cell.initial for cell in cells]
        self.changes: dict[int, tuple[int, int]] = {}

    def read(self, cell: Cell) -> int:
        """Return the value of a cell."""
        return self.values[cell.index]

    def write(self, cell: Cell, value: int) -> None:
        """Change a cell within its domain, and note it."""
        check_domain(cell, value)
        before, _ = self.changes.get(cell.index, (self.values[cell.index], 0))
        self.changes[cell.index] = (before, value)
        self.values[cell.index] = value


def replay(configuration: Configuration, failure: Failure) -> Replayed:
    """Carry out the schedule of a failure and see that it ends as claimed."""
    player = Player(configuration)
    steps = tuple(player.play(move) for move in failure.schedule)
    return Replayed(
        steps,
        player.waiting(),
        tuple(player.store.values),
        _disagreement(configuration, failure, player, steps[-1] if steps else None),
    )


def _disagreement(
    configuration: Configuration, failure: Failure, player: Player, last: ReplayedStep | None
) -> str:
    problem = last.problem if last is not None else player.problem
    match failure.kind:
        case FailureKind.CONTRACT | FailureKind.CRASH:
            return "" if problem and problem in failure.text else f"it ends with `{problem}`"
        case FailureKind.UNSOUND:
            return ""  # that it goes differently each time is what was claimed
        case FailureKind.REFINEMENT:
            said = last.word if last is not None else ()
            return "" if set(failure.word) <= set(said) else f"the last step observed {said}"
        case FailureKind.INVARIANT | FailureKind.LEAK:
            claims = (*configuration.invariants(), *configuration.final_invariants())
            broken = [c.name for c in claims if not is_true(c, player.store)]
            return "" if failure.text in broken else f"`{failure.text}` holds at the end"
        case FailureKind.DEADLOCK:
            free = [each.thread for each in player.waiting() if each.is_enabled]
            return f"at the end {', '.join(free)} can move" if free else ""


@dataclass(slots=True)
class _Runner:
    name: str
    body: Body
    gates: tuple[tuple[Cell, frozenset[int]], ...]
    access: Access[Any] | None = None


class Player:
    """The threads of a configuration, moved one access at a time."""

    def __init__(self, configuration: Configuration) -> None:
        """Start every thread up to its first access."""
        self.store = Store(configuration.cells())
        self.problem = ""
        self._cells = configuration.cells()
        self._runners = [
            _Runner(t.name, t.start(), tuple((g.cell, g.allowed) for g in t.gates))
            for t in configuration.threads()
        ]
        for runner in self._runners:
            try:
                self._advance(runner, None)
            except Exception as error:  # whatever kernel code raises is what is to be shown
                self.problem = _told(error)

    def enabled(self) -> tuple[Move, ...]:
        """Return the moves that are possible now."""
        found = []
        for number, runner in enumerate(self._runners):
            if self._is_enabled(runner):
                assert runner.access is not None
                is_choice = runner.access.kind is Kind.CHOOSE
                ways = int(str(runner.access.args[0])) if is_choice else 1
                found += [Move(number, way) for way in range(ways)]
        return tuple(found)

    def play(self, move: Move) -> ReplayedStep:
        """Take a step, which must be enabled, and tell about it."""
        runner = self._runners[move.thread]
        if runner.access is None:
            nowhere = Place("", 0, "")
            return ReplayedStep(runner.name, nowhere, "", None, (), (), (), self.problem)
        stood = standing(runner.body)
        self.store.changes = {}
        taken = self.take(move)
        place = stood[-1].place
        return ReplayedStep(
            thread=runner.name,
            place=place,
            source=statement_of(place),
            result=taken.result,
            changes=tuple(
                (self._cells[index].name, before, after)
                for index, (before, after) in sorted(self.store.changes.items())
                if before != after
            ),
            word=taken.word,
            variables=_changed(stood, runner),
            problem=taken.problem,
        )

    def take(self, move: Move) -> Taken:
        """Take a step, which must be enabled, without looking at how the thread stands."""
        runner = self._runners[move.thread]
        access = runner.access
        assert access is not None
        try:
            is_choice = access.kind is Kind.CHOOSE
            result = move.choice if is_choice else access.perform(self.store)
            return Taken(result, self._advance(runner, result))
        except Exception as error:  # whatever kernel code raises is what is to be shown
            return Taken(None, (), _told(error))

    def unfinished(self) -> tuple[str, ...]:
        """Return the threads that have not returned."""
        return tuple(runner.name for runner in self._runners if runner.access is not None)

    def waiting(self) -> tuple[Waiting, ...]:
        """Tell where every thread stands."""
        return tuple(
            Waiting(
                runner.name,
                standing(runner.body) if runner.access is not None else (),
                self._is_enabled(runner),
            )
            for runner in self._runners
        )

    def close(self) -> None:
        """End all coroutines."""
        for runner in self._runners:
            runner.body.close()

    def _is_enabled(self, runner: _Runner) -> bool:
        if runner.access is None:
            return False
        if any(self.store.read(cell) not in allowed for cell, allowed in runner.gates):
            return False
        return runner.access.is_enabled(self.store)

    def _advance(self, runner: _Runner, result: Any) -> Word:
        runner.access = None
        paused = resume(runner.body, result)
        match paused:
            case Paused(access, marks):
                runner.access = access
            case Finished(marks):
                pass
        return tuple((m.name, m.values) for m in marks if isinstance(m, Observation))


def statement_of(place: Place) -> str:
    """Return the source of a line, the following lines joined while brackets are open."""
    text = linecache.getline(place.path, place.line).strip()
    following = place.line + 1
    while text.count("(") > text.count(")") and following < place.line + 8:
        text += " " + linecache.getline(place.path, following).strip()
        following += 1
    return text.replace("( ", "(").replace(", )", ")")


def shown_path(place: Place) -> str:
    """Return the path of a line below the folder of its package, with the line."""
    parts = Path(place.path).parts
    if "kernel_impl" in parts:
        parts = parts[len(parts) - parts[::-1].index("kernel_impl") :]
    else:
        parts = parts[-1:]
    return f"{'/'.join(parts)}:{place.line}"


def _changed(stood: tuple[Standing, ...], runner: _Runner) -> tuple[tuple[str, str], ...]:
    """Return the variables with other values now, of the innermost frame that is still there."""
    if runner.access is None:
        return ()
    now = standing(runner.body)
    for before, after in zip(reversed(stood), reversed(now[: len(stood)]), strict=False):
        if before.place.function == after.place.function:
            known = dict(before.variables)
            return tuple((n, v) for n, v in after.variables if known.get(n) != v and n != "self")
    return ()


def _told(error: Exception) -> str:
    if isinstance(error, ContractViolation):
        return str(error)
    return f"{place_of_error(error)}: {type(error).__name__}: {error}"
