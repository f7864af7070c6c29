"""The monitor finds fault exactly with the histories that no order of the calls explains.

The object here answers anything, so that its runs are all histories that two callers can have; each
is judged by trying every order of its calls, which is the definition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from checker.model.interpret import Moved, initial_states, successors
from checker.model.system import State, System
from tests.support.texts import system_of

TEXT = """
processors Cpu[1]
interface Count {
  var n: 0..4 = 0
  op inc() { n := n + 1 }
  op value(): 0..2 { if n > 2 { return 2 } return n }
}
clustered object Anything implements Count {
  root { var touched: bool = false }
  method inc() { root.touched := true }
  method value(): 0..2 {
    choose answer: 0..2
    root.touched := true
    return answer
  }
}
check Anything {
  clients = 2
}
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a history: from the `begin`-th to the `end`-th event."""

    operation: str
    answer: int | None
    begin: int
    end: int


def is_explained(calls: tuple[Call, ...]) -> bool:
    """Whether some order of the calls keeps theirs and gives their answers."""
    return any(map(_fits, permutations(calls)))


def _fits(order: tuple[Call, ...]) -> bool:
    counted = 0
    for place, call in enumerate(order):
        if any(later.end < call.begin for later in order[place + 1 :]):
            return False
        if call.operation == "inc":
            counted += 1
        elif call.answer != min(counted, 2):
            return False
    return True


def histories(system: System) -> Iterator[tuple[tuple[Call, ...], bool]]:
    """Yield the calls of every run to its end, and whether the monitor found fault."""
    names = [variable.name for variable in system.variables]
    pending, can_tell = names.index("check.pending"), names.index("check.can_tell")
    begun: dict[int, tuple[str, int]] = {}
    stack: list[tuple[State, tuple[Call, ...], dict[int, tuple[str, int]], int]] = [
        (move.state, (), begun, 0) for move in initial_states(system) if isinstance(move, Moved)
    ]
    while stack:
        state, calls, begun, time = stack.pop()
        moves = [move for move in successors(system, state) if isinstance(move, Moved)]
        if not moves:
            yield calls, bool(state[can_tell])
        for move in moves:
            done, open_calls = calls, dict(begun)
            before, after = state[pending], move.state[pending]
            assert isinstance(before, tuple)
            assert isinstance(after, tuple)
            for caller, (old, new) in enumerate(zip(before, after, strict=True)):
                if new not in {old, "nothing"}:
                    open_calls[caller] = (str(new), time)
                elif old != new:
                    operation, since = open_calls.pop(caller)
                    done += (Call(operation, _answer(move), since, time),)
            stack.append((move.state, done, open_calls, time + 1))


def _answer(move: Moved) -> int | None:
    found = [choice.value for choice in move.step.choices if choice.name == "answer"]
    if not found:
        return None
    assert isinstance(found[0], int)
    return found[0]


def test_it_finds_fault_with_exactly_what_no_order_explains() -> None:
    judged = {True: 0, False: 0}
    for history, is_told in histories(system_of(TEXT)):
        assert len(history) == 2
        assert is_told != is_explained(history), history
        judged[is_told] += 1
    assert all(judged.values())
