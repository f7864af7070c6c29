"""What the threads of a run observed, as a log of JSON lines.

    {"event": "judged", "args": [1], "tick": 20480, "cpu": 0, "by": "monitor"}

A checker holds such a log against a specification that speaks of these events; so a run of any
length and size is checked, where exploring every interleaving is out of question.

Source: none in K42; the format is that of `k42 conform --log`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

LINT_DRIVER = True


@dataclass(frozen=True, slots=True)
class Heard:
    """One observation: when, on which processor, by which thread, and what."""

    tick: int
    cpu: int
    thread: str
    name: str
    values: tuple[int, ...]


def json_lines(heard: Iterable[Heard]) -> str:
    """Writes one line for each observation, in the order in which they happened."""
    return "".join(f"{json.dumps(line_of(each))}\n" for each in heard)


def line_of(heard: Heard) -> dict[str, object]:
    """Returns one line as an object."""
    return {
        "event": heard.name,
        "args": [int(value) for value in heard.values],
        "tick": heard.tick,
        "cpu": heard.cpu,
        "by": heard.thread,
    }
