"""Pieces of work spread over processes, each of which may run out of time or memory.

The children are forks: they have all the work before them and are sent only the number of the next
piece. One that ends is replaced, and its piece is lost, not the run. Which child does a piece makes
no difference to its result.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Failed:
    """Our own program is wrong; `text` says where."""

    text: str


@dataclass(slots=True)
class _Child:
    process: Any
    connection: Connection
    piece: int


def spread(
    pieces: Sequence[int], work: Callable[[int], T], workers: int
) -> Iterator[tuple[int, T | None]]:
    """Yield the number and the result of each piece when it is done, None if its process ended.

    Results come in the order in which they are finished.
    """
    crew = _Crew(work)
    waiting = list(reversed(pieces))
    try:
        while waiting or crew.busy:
            while waiting and len(crew.busy) < workers:
                crew.give(waiting.pop())
            yield from crew.gathered()
    finally:
        crew.dismiss()


class _Crew(Generic[T]):
    """The children; those in `busy` have a piece."""

    def __init__(self, work: Callable[[int], T]) -> None:
        self.work = work
        self.busy: list[_Child] = []
        self.idle: list[_Child] = []

    def give(self, piece: int) -> None:
        """Have somebody begin with a piece."""
        child = self.idle.pop() if self.idle else self.hired()
        child.piece = piece
        child.connection.send(piece)
        self.busy.append(child)

    def hired(self) -> _Child:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.work), daemon=True)
        process.start()
        theirs.close()
        return _Child(process, ours, -1)

    def gathered(self) -> Iterator[tuple[int, T | None]]:
        """Wait until somebody is done."""
        ready = wait([child.connection for child in self.busy])
        for child in [child for child in self.busy if child.connection in ready]:
            self.busy.remove(child)
            try:
                result = child.connection.recv()
            except EOFError:
                child.process.join()
                child.connection.close()
                yield child.piece, None
                continue
            if isinstance(result, _Failed):
                raise RuntimeError(f"in another process:\n{result.text}")
            self.idle.append(child)
            yield child.piece, result

    def dismiss(self) -> None:
        """End all children."""
        for child in (*self.busy, *self.idle):
            child.process.kill()
            child.process.join()
            child.connection.close()


def _serve(connection: Connection, work: Callable[[int], object]) -> None:
    # The terminal sends an interrupt to the whole group; the parent says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            connection.send(work(connection.recv()))
    except EOFError:
        pass
    except Exception:  # whatever it is, the parent is the one to say it
        connection.send(_Failed(traceback.format_exc()))
