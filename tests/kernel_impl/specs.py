"""Specifications as small deterministic automata over observations, for the tests of the kernel.

A step returns the next state, or None to refuse. Events that a specification does not name are none
of its business.
"""

from __future__ import annotations

from kernel_impl.steps import Observation
from tests.support.mini_explorer import Monitor

Owner = int


def exclusive_step(owner: Owner, _: int, event: Observation) -> Owner | None:
    match event.name, event.values:
        case "acquire", (_, thread):
            return thread if owner == 0 else None
        case "release", (_, thread):
            return 0 if owner == thread else None
        case _:
            return owner


def ordered_step(queue: tuple[int, ...], _: int, event: Observation) -> tuple[int, ...] | None:
    """The owner stands in front of the queue; a request joins its end."""
    match event.name, event.values:
        case "request", (_, thread):
            return (*queue, thread)
        case "acquire", (_, thread):
            return queue if queue[:1] == (thread,) else None
        case "release", (_, thread):
            return queue[1:] if queue[:1] == (thread,) else None
        case _:
            return queue


EXCLUSIVE = Monitor(0, exclusive_step)
"""A lock has one owner."""

ORDERED = Monitor((), ordered_step)
"""A lock is owned in the order of requests."""
