"""Channels: what arrives, in which order and how often, held to a model of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from checker.explicit.search import check
from checker.model.explore import explore
from checker.model.verdict import Verdict
from tests.support.texts import loaded, system_of

PROGRAM = """
channel wire[{capacity}]: 0..2{faults}
ghost var received: seq[4] of 0..2 = []
process sender {{
  for m: 0..2 {{ wire.send(m) }}
}}
process receiver {{
  for n: 0..3 {{
    let m = wire.receive()
    received := append(received, m)
  }}
}}
terminal over: true
"""


@dataclass(frozen=True, slots=True)
class Wire:
    """A channel, written again: what is in it, how much was sent, what came, faults so far."""

    queue: tuple[int, ...]
    sent: int
    came: tuple[int, ...]
    lost: int
    doubled: int
    swapped: int


def after(wire: Wire, capacity: int, most: tuple[int, int, int]) -> Iterator[Wire]:
    """Yield what can happen next; `most` is how often it loses, duplicates and reorders."""
    queue, sent, came = wire.queue, wire.sent, wire.came
    faults = wire.lost, wire.doubled, wire.swapped
    if sent < 3 and len(queue) < capacity:
        yield Wire((*queue, sent), sent + 1, came, *faults)
    if queue and len(came) < 4:
        yield Wire(queue[1:], sent, (*came, queue[0]), *faults)
    for at in range(len(queue)):
        if wire.lost < most[0]:
            left = (*queue[:at], *queue[at + 1 :])
            yield Wire(left, sent, came, wire.lost + 1, *faults[1:])
        if wire.doubled < most[1] and len(queue) < capacity:
            more = (*queue[:at], queue[at], *queue[at:])
            yield Wire(more, sent, came, wire.lost, wire.doubled + 1, wire.swapped)
        if wire.swapped < most[2] and at + 1 < len(queue):
            turned = (*queue[:at], queue[at + 1], queue[at], *queue[at + 2 :])
            yield Wire(turned, sent, came, *faults[:2], wire.swapped + 1)


def arrivals(capacity: int, most: tuple[int, int, int]) -> set[tuple[int, ...]]:
    seen = {Wire((), 0, (), 0, 0, 0)}
    pending = list(seen)
    while pending:
        for each in after(pending.pop(), capacity, most):
            if each not in seen:
                seen.add(each)
                pending.append(each)
    return {wire.came for wire in seen}


ENOUGH = 9
"""More faults of a kind than such a run has room for."""


@pytest.mark.parametrize("capacity", [1, 2, 3])
@pytest.mark.parametrize(
    ("faults", "most"),
    [
        ("", (0, 0, 0)),
        (" loses <= 1", (1, 0, 0)),
        (" loses", (ENOUGH, 0, 0)),
        (" duplicates <= 1", (0, 1, 0)),
        (" reorders <= 1", (0, 0, 1)),
        (" reorders", (0, 0, ENOUGH)),
        (" loses <= 1, duplicates <= 1, reorders", (1, 1, ENOUGH)),
    ],
)
def test_what_can_arrive(faults: str, most: tuple[int, int, int], capacity: int) -> None:
    system = system_of(PROGRAM.format(capacity=capacity, faults=faults))
    at = [variable.name for variable in system.variables].index("received")
    found = explore(system)
    assert not found.findings
    assert {state[at] for state in found.states} == arrivals(capacity, most)


def test_a_fault_that_is_given_no_room_does_not_happen() -> None:
    text = "const LOSSES = 0\n" + PROGRAM.format(capacity=2, faults=" loses <= LOSSES")
    plain = PROGRAM.format(capacity=2, faults="")
    counts = [check(system_of(each)).statistics.distinct for each in (text, plain)]
    assert counts[0] == counts[1]


def test_a_queue_for_each_processor() -> None:
    text = """
processors Cpu[2]
channel mail[1] on Cpu: Cpu
process worker on Cpu {
  choose c: Cpu where c != self
  mail.send(c, self)
  let sender = mail.receive(self)
  assert sender != self, "from the other one"
}
reachable both_full: forall c: Cpu. len(mail.queue[c]) = 1
"""
    assert check(system_of(text)).verdict is Verdict.HOLDS


@pytest.mark.parametrize("faults", ["looses", "loses, loses"])
def test_faults_that_no_channel_has(faults: str) -> None:
    system, diagnostics = loaded(f"channel wire[2]: bool {faults}\n")
    assert system is None
    assert [each.code for each in diagnostics] == ["K188"]
