"""What is read off the code and what the search finds agree, on random programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest

from checker.model.explore import explore
from checker.model.verdict import FindingKind
from tests.checker.discipline.programs import body, locks, process
from tests.support.dice import Dice
from tests.support.texts import loaded


@dataclass(frozen=True, slots=True)
class Seen:
    """What is said of a program: in the code, by the invariant, and as a state without steps."""

    is_circle: bool
    is_closed: bool
    is_stuck: bool


def seen(text: str) -> Seen:
    """Look at a program in all three ways; it does nothing that could be wrong but wait."""
    system, diagnostics = loaded(text)
    assert system is not None, diagnostics
    codes = {each.code for each in diagnostics}
    assert codes <= {"K241", "K244", "K246"}, diagnostics
    found = explore(system)
    assert found.complete
    kinds = {finding.kind for finding in found.findings}
    assert kinds <= {FindingKind.DEADLOCK, FindingKind.INVARIANT}
    return Seen(
        bool(codes - {"K244"}), FindingKind.INVARIANT in kinds, FindingKind.DEADLOCK in kinds
    )


def judged(programs: list[str]) -> Counter[Seen]:
    """Hold the laws on every program, and count the cases."""
    cases: Counter[Seen] = Counter()
    for text in programs:
        one = seen(text)
        assert one.is_stuck == one.is_closed, f"the search and the invariant differ:\n{text}"
        assert one.is_circle or not one.is_closed, f"a circle was overlooked:\n{text}"
        cases[one] += 1
    return cases


REAL = Seen(True, True, True)
NONE = Seen(False, False, False)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_a_deadlock_is_reported_as_a_circle_and_no_circle_is_no_deadlock(seed: int) -> None:
    programs = []
    for number in range(24):
        dice = Dice(Random(1_000 * seed + number).randrange)
        names = ("A", "B", "C")[: 2 + dice.below(2)]
        text = locks(names)
        for thread in range(2 + dice.below(2)):
            text += process(f"process p{thread}", body(dice, names, 3 + dice.below(3)))
        programs.append(text)
    cases = judged(programs)
    assert cases[REAL] >= 8
    assert cases[NONE] >= 8
    # A circle that cannot be closed is reported only where what came before forbids it.
    assert cases.total() - cases[REAL] - cases[NONE] <= 1


def test_so_it_is_for_many_threads_of_one_process() -> None:
    programs = []
    for number in range(30):
        dice = Dice(Random(number).randrange)
        lines = [f"either {{ {' '.join(body(dice, 'AB', 3))} }} or {{ skip }}" for _ in "12"]
        programs.append(locks("AB") + "processors Cpu[2]\n" + process("process p on Cpu", lines))
    cases = judged(programs)
    assert cases[REAL] >= 5
    assert cases[NONE] >= 5


def test_so_it_is_for_locks_that_can_be_shared() -> None:
    programs = []
    for number in range(30):
        dice = Dice(Random(number).randrange)
        text = locks("A", "RS")
        for thread in range(2):
            text += process(f"process p{thread}", body(dice, "ARS", 4, "RS"))
        programs.append(text)
    cases = judged(programs)
    assert cases[REAL] >= 3
    assert cases[NONE] >= 5


@pytest.mark.parametrize(
    ("processors", "count"), [(1, 25), (2, 5), pytest.param(2, 60, marks=pytest.mark.slow)]
)
def test_so_it_is_with_interrupts(processors: int, count: int) -> None:
    programs = []
    for number in range(count):
        dice = Dice(Random(number).randrange)
        text = locks("AB") + f"processors Cpu[{processors}]\n"
        lines = body(dice, "AB", 3)
        for word in ("disable", "enable"):
            if dice.below(2):
                lines.insert(dice.below(len(lines) + 1) if dice.below(2) else 0, word)
        text += process("process p on Cpu", lines)
        text += process("interrupt tick on Cpu <= 1", body(dice, "AB", 1 + dice.below(2)))
        programs.append(text)
    cases = judged(programs)
    assert cases[REAL] >= count // 5
    assert cases[NONE] >= 1
