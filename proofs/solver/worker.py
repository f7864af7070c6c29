"""Work that may hang or crash, done in a process that can be killed.

The child is a fork: it has all the work before it and needs nothing sent. It does one piece after
the other and sends each result; the parent waits for each at most as long as it is told, kills the
child when that is over, notes what happened to the piece, and starts another child with the rest.
How long a piece took decides only whether it is abandoned, never what its result is.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PATIENCE: Final = 120.0
"""Seconds that one piece may take; the limit of the solver stops it long before."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Done(Generic[_T]):
    """The piece was done."""

    result: _T


@dataclass(frozen=True, slots=True)
class Lost:
    """The piece was not done; the text says what became of the process."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Failed:
    """Our own program is wrong; `text` says where."""

    text: str


Outcome: TypeAlias = "Done[_T] | Lost"


def load_solver() -> None:
    """Import Z3 before processes are made that would each import it."""
    import proofs.solver.session  # noqa: F401


def run_all(
    count: int,
    work: Callable[[int], _T],
    *,
    patience: float = PATIENCE,
    told: Callable[[int], None] | None = None,
) -> Sequence[Outcome[_T]]:
    """Return `work(0)` to `work(count - 1)`, done in order in another process.

    Args:
        told: called with the number of each piece that is finished; it may raise KeyboardInterrupt,
            which ends the child.
    """
    outcomes: list[Outcome[_T]] = []
    context = multiprocessing.get_context("fork")
    while len(outcomes) < count:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(
            target=_serve, args=(sender, work, range(len(outcomes), count)), daemon=True
        )
        child.start()
        sender.close()
        try:
            while len(outcomes) < count:
                outcome: Outcome[_T] = _receive(receiver, patience)
                outcomes.append(outcome)
                if told is not None:
                    told(len(outcomes))
                if isinstance(outcome, Lost):
                    break
        finally:
            child.kill()
            child.join()
            receiver.close()
    return outcomes


def _serve(sender: Connection, work: Callable[[int], _T], numbers: range) -> None:
    # The terminal sends an interrupt to the whole group; the parent says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What was there before stays: looking through it for garbage takes a third of the time.
    gc.freeze()
    try:
        for number in numbers:
            sender.send(work(number))
    except Exception:  # whatever it is, the parent is the one to say it
        sender.send(_Failed(traceback.format_exc()))


def _receive(receiver: Connection, patience: float) -> Outcome[_T]:
    if not receiver.poll(patience):
        return Lost(f"it was stopped after {patience:g} s")
    try:
        result = receiver.recv()
    except EOFError:
        return Lost("the process of the solver ended")
    if isinstance(result, _Failed):
        raise RuntimeError(f"in the process of the solver:\n{result.text}")
    return Done(result)
